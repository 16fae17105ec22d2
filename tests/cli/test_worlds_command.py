"""Worlds on the command line: the list of them, and ``--world`` where a reward is named."""

import json

import pytest
from command_line import run, run_json

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
