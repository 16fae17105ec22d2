"""The command line's algorithms: the list, and a training with settings."""

import json
import re
from itertools import pairwise

import pytest
from command_line import run

from playground.cli.options import read_setting
from playground.lab.models.store import ModelStore
from playground.training.algorithms import ALGORITHMS, HALF_TRAINED
from playground.words.errors import InvalidInput

FAST = ["--set", "starts=2", "--set", "group_size=2", "--set", "hidden=8", "--steps", "300"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_list_names_every_algorithm_its_family_and_its_source(capsys):
    status, out, _ = run(capsys, "algorithms")
    assert status == 0
    for algorithm, line in zip(ALGORITHMS.values(), out.splitlines(), strict=True):
        assert line.startswith(algorithm.name)
        assert algorithm.source in line
        assert (algorithm.library or "by hand") in line
    values = json.loads(run(capsys, "algorithms", "--json")[1])
    assert [value["name"] for value in values] == list(ALGORITHMS)


def test_the_settings_of_one_algorithm_with_a_sentence_each(capsys):
    status, out, _ = run(capsys, "algorithms", "grpo")
    assert status == 0
    for setting in ALGORITHMS["grpo"].settings.values():
        assert f"{setting.name}=" in out
        assert setting.meaning in out
    assert "hidden=64,64" in out
    assert run(capsys, "algorithms", "ppo")[0] == 0
    status, _, err = run(capsys, "algorithms", "sac")
    assert status == 2
    assert "grpo" in err


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_setting_has_a_sentence_in_chinese(capsys, name):
    status, out, _ = run(capsys, "algorithms", name, "--lang", "zh")
    assert status == 0
    for head, sentence in pairwise(out.splitlines()):
        if "=" in head:
            assert re.search("[\u4e00-\u9fff]", sentence), head


def test_a_training_with_another_algorithm_and_its_settings(capsys):
    status, out, err = run(capsys, "train", "gymnasium", "--algorithm", "grpo", *FAST, "--quiet", "--json")
    assert status == 0, err
    model = ModelStore().find(json.loads(out)["key"])
    assert model.spec.algorithm == "grpo"
    assert model.spec.all_settings | {"starts": 2, "group_size": 2, "hidden": (8,)} == model.spec.all_settings
    again = json.loads(run(capsys, "train", "gymnasium", "--algorithm", "grpo", *FAST, "--quiet", "--json")[1])
    assert again["found"]
    assert run(capsys, "evaluate", model.key, "--episodes", 2)[0] == 0
    assert run(capsys, "breakdown", model.key)[0] == 0
    assert run(capsys, "models")[0] == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--algorithm", "sac"], "dapo"),
        (["--algorithm", "grpo", "--set", "group_size=1"], "group_size"),
        (["--algorithm", "grpo", "--set", "colour=red"], "batch_size"),
        (["--algorithm", "grpo", "--set", "group_size"], "name=value"),
        (["--algorithm", "grpo", "--set", "group_size=many"], "group_size"),
        (["--algorithm", "grpo", "--clip-range", "0.1"], "clip_range"),
        (["--set", "group_size=4"], "ppo"),
        (["--algorithm", "dqn", "--init-from", "gymnasium"], "dqn"),
        (["--algorithm", "dpo", "--init-from", "nobody"], "nobody"),
        (["--algorithm", "grpo", "--steps", "0"], "steps"),
        (["--algorithm", "grpo", "--seconds", "-1"], "seconds"),
    ],
)
def test_what_an_algorithm_cannot_do_is_told_with_status_2(capsys, options, told):
    status, _, err = run(capsys, "train", "gymnasium", *options, "--quiet")
    assert status == 2
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("start", "named"), [("gymnasium", ["--init-from", "gymnasium"]), (HALF_TRAINED, [])])
def test_a_model_to_start_from_is_named_like_any_model_and_else_the_half_trained_one(capsys, start, named):
    options = ["--algorithm", "dpo", *named, "--set", "pairs=2", "--set", "rounds=1"]
    status, out, err = run(capsys, "train", "gymnasium", *options, "--set", "epochs=1", "--quiet", "--json")
    assert status == 0, err
    store = ModelStore()
    assert store.find(json.loads(out)["key"]).spec.init_from == store.resolve(start).key


# options


def test_values_on_the_command_line_are_numbers_switches_lists_or_words():
    texts = ("a=1", "a=1e-3", "a=false", "a = True", "a=64,64", "a=8,", "a=return")
    values = [read_setting(text) for text in texts]
    assert values == [("a", value) for value in (1, 1e-3, False, True, (64, 64), (8,), "return")]
    for text in ("a", "=1", "a=", ""):
        with pytest.raises(InvalidInput):
            read_setting(text)
