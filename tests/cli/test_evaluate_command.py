import json

import pytest
from command_line import run, run_json

from playground.words.numbers import fixed


def test_evaluate_flies_the_asked_episodes(capsys, key):
    value = run_json(capsys, "evaluate", key[:8], "--episodes", 5)
    assert set(value) == {"key", "seed_start", "conditions", "designed_return_mean", "scorecard"}
    assert (value["key"], value["seed_start"], value["scorecard"]["episodes"]) == (key, 1000, 5)
    # trained on Gymnasium's own reward, so both returns are one
    assert value["designed_return_mean"] == pytest.approx(value["scorecard"]["native_return_mean"], abs=0.01)


def test_evaluate_prints_the_same_numbers_for_people(capsys, key):
    value = run_json(capsys, "evaluate", key, "--episodes", 5)
    status, out, err = run(capsys, "evaluate", key, "--episodes", 5)
    assert (status, err) == (0, "")
    assert fixed(value["scorecard"]["native_return_mean"], 1) in out
    assert fixed(value["designed_return_mean"], 1) in out


def test_other_seeds_are_other_episodes(capsys, key):
    one = run_json(capsys, "evaluate", key, "--episodes", 2)
    other = run_json(capsys, "evaluate", key, "--episodes", 2, "--seed-start", 5000)
    assert one["scorecard"] != other["scorecard"]


def test_a_damaged_model_is_bad_input(capsys, key, home):
    path = home / key / "policy.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    status, out, _ = run(capsys, "evaluate", key, "--episodes", 1, "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "model_damaged"
