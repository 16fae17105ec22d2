"""Worlds on the command line: the list of them, and ``--world`` where a reward is named."""

import io
import json
import re
import sys

import pytest
from command_line import few_episodes, run, run_json

from playground.cli import main
from playground.worlds import REGISTRY, find_world


def test_every_registered_world_is_listed(capsys):
    worlds = run_json(capsys, "worlds")["worlds"]
    assert [world["id"] for world in worlds] == list(REGISTRY)
    for world in worlds:
        assert len(world["presets"]) >= 1
        assert len(world["actions"]) >= 2
    head, *lines = run(capsys, "worlds")[1].splitlines()
    assert [line.split()[0] for line in lines] == list(REGISTRY)
    assert len({len(line) for line in (head, *lines)}) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["presets"],
        ["check", "gymnasium"],
        ["repair", "gymnasium"],
        ["export", "gymnasium"],
        ["probes"],
        ["train", "gymnasium"],
        ["race", "gymnasium", "--steps", "100"],
    ],
    ids=" ".join,
)
def test_an_unregistered_world_is_refused_with_those_that_are_known(capsys, words):
    status, out, err = run(capsys, *words, "--world", "Acrobot-v1")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "Acrobot-v1" in err
    assert ", ".join(REGISTRY) in err


@pytest.mark.parametrize("world", REGISTRY)
def test_presets_are_the_worlds_own(capsys, world):
    presets = run_json(capsys, "presets", "--world", world)["presets"]
    assert [preset["slug"] for preset in presets] == [preset.slug for preset in find_world(world).presets]
    for preset in presets:
        status, out, _ = run(capsys, "export", preset["slug"], "--to", "json", "--world", world)
        assert status == 0
        assert json.loads(out).items() >= preset["reward"].items()


def test_the_default_world_is_lunar_lander(capsys):
    assert run(capsys, "presets") == run(capsys, "presets", "--world", "LunarLander-v3")


def test_a_spec_of_another_world_is_refused(capsys, key, home):
    words = ["train", "--spec", home / key / "spec.json", "--world"]
    assert run(capsys, *words, "LunarLander-v3")[0] == 0
    for world in list(REGISTRY)[1:]:
        status, _, err = run(capsys, *words, world)
        assert status == 2
        assert world in err


SIZE = ["--steps", 64, "--n-envs", 2, "--n-steps", 32, "--batch-size", 64, "--n-epochs", 1, "--net-arch", 8]
OTHERS = [world for world in REGISTRY if world != "LunarLander-v3"]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A home with a tiny model of every other world, and their keys."""
    folder = tmp_path_factory.mktemp("worlds")
    keys = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_HOME", str(folder / "home"))
        few_episodes(patch)
        for world in OTHERS:
            out = io.StringIO()
            patch.setattr(sys, "stdout", out)
            words = ["train", "gymnasium", "--world", world, *map(str, SIZE), "--json"]
            assert main(words) == 0
            keys[world] = json.loads(out.getvalue())["key"]
    return folder / "home", keys


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("world", OTHERS)
def test_every_command_about_a_model_works_in_every_world(capsys, played, monkeypatch, tmp_path, world, lang):
    home, keys = played
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    key, spoken = keys[world], ["--lang", lang]
    card = run_json(capsys, "evaluate", key, "--episodes", 3)["scorecard"]
    assert find_world(world).success_rate in card
    parts = run_json(capsys, "breakdown", key)
    assert sum(parts["parts"].values()) == pytest.approx(parts["return"])
    assert parts["return"] == pytest.approx(parts["native_return"])
    for words in (["evaluate", key, "--episodes", 3], ["breakdown", key], ["models"], ["notebook", "list"]):
        status, out, err = run(capsys, *words, *spoken)
        assert (status, err) == (0, "")
        assert len(out.splitlines()) > 1
        assert lang == "en" or not re.search("[a-z]{3,} [a-z]{2,}", out), out
    assert world in run(capsys, "models")[1]
    assert run(capsys, "record", key, tmp_path / "film.gif", *spoken)[0] == 0
    assert (tmp_path / "film.gif").read_bytes().startswith(b"GIF89a")
    assert run(capsys, "export-model", key, "--to", "card", "--out", tmp_path / "card.md")[0] == 0
    for command in ("compare", "robustness"):
        status, out, err = run(capsys, command, key, key, *spoken)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert world in err


@pytest.mark.parametrize("world", OTHERS)
def test_conditions_that_a_world_lacks_are_refused(capsys, played, monkeypatch, world):
    home, keys = played
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    for option in ("--gravity", "--wind-power", "--turbulence-power"):
        status, out, err = run(capsys, "evaluate", keys[world], option, "-1" if option == "--gravity" else "1")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert option.removeprefix("--") in err


def test_models_of_several_worlds_are_not_mixed(capsys, played, monkeypatch):
    home, keys = played
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    one, other = OTHERS[:2]
    for words in (["compare", keys[one], keys[other]], ["robustness", keys[one], keys[other]]):
        status, _, err = run(capsys, *words)
        assert status == 2
        assert one in err
        assert other in err
    status, _, err = run(capsys, "train", "gymnasium", "--world", one, "--init-from", keys[other])
    assert status == 2
    assert other in err


@pytest.mark.parametrize("world", OTHERS)
def test_a_reward_of_any_world_is_checked_as_far_as_the_world_allows(capsys, world):
    for preset in find_world(world).presets:
        status, out, _ = run(capsys, "check", preset.slug, "--world", world, "--json")
        assert (status in (0, 3, 4), json.loads(out)["checks"] != []) == (True, True)
    status, _, err = run(capsys, "repair", "gymnasium", "--world", world)
    assert (status == 2) == (find_world(world).behaviours is None)
    assert world in err or status != 2
    assert run(capsys, "probes", "--world", world)[0] == 0
