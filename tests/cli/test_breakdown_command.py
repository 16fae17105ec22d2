import csv

import pytest
from command_line import reward_file, run, run_json

from playground.lab.models.store import ModelStore
from playground.reward.design import keys_of, terms_of
from playground.words.numbers import fixed
from playground.words.say import name_of
from playground.worlds.lunar_lander.terms import RewardConfig

PART_KEYS = keys_of(terms_of(RewardConfig))
SEED = 1002


def test_the_parts_of_a_breakdown_sum_to_the_return(capsys, key):
    value = run_json(capsys, "breakdown", key, "--seed", SEED)
    assert set(value["parts"]) == set(value["raw"]) == set(value["shares"]) == set(PART_KEYS)
    assert sum(value["parts"].values()) == pytest.approx(value["return"])
    assert sum(value["shares"].values()) == pytest.approx(1.0)
    assert value["return"] == pytest.approx(value["native_return"], abs=0.01)
    assert (value["seed"], value["discounted"]) == (SEED, False)


def test_a_breakdown_under_another_reward_keeps_the_episode(capsys, key, tmp_path):
    own = run_json(capsys, "breakdown", key)
    other = run_json(capsys, "breakdown", key, "--reward", "article")
    path = reward_file(tmp_path, '{"schema": 1, "penalty_time": 1, "replace_reward": true}')
    counted = run_json(capsys, "breakdown", key, "--reward", path)
    assert own["steps"] == other["steps"] == counted["steps"]
    assert own["native_return"] == other["native_return"]
    assert other["return"] != own["return"]
    assert counted["return"] == -own["steps"]


def test_a_discounted_breakdown_weighs_later_steps_less(capsys, key, tmp_path):
    path = reward_file(tmp_path, '{"schema": 1, "penalty_time": 1, "replace_reward": true}')
    value = run_json(capsys, "breakdown", key, "--reward", path, "--discounted")
    gamma = ModelStore().find(key).spec.gamma
    assert value["return"] == pytest.approx(-sum(gamma**t for t in range(value["steps"])))


def test_a_breakdown_reads_well(capsys, key):
    value = run_json(capsys, "breakdown", key)
    status, out, _ = run(capsys, "breakdown", key)
    lines = out.splitlines()
    assert status == 0
    outcome = name_of("outcome", value["outcome"], "en").lower()
    assert lines[0] == f"seed 1000: {outcome} after {value['steps']} steps"
    assert [line.split()[0] for line in lines[2 : 2 + len(PART_KEYS)]] == list(PART_KEYS)
    assert fixed(value["return"], 2) in lines[-2]


def test_the_csv_has_one_row_a_step_and_sums_to_the_return(capsys, key, tmp_path):
    value = run_json(capsys, "breakdown", key, "--csv", tmp_path / "steps.csv")
    with (tmp_path / "steps.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == value["steps"]
    assert sum(float(row["reward"]) for row in rows) == pytest.approx(value["return"])
    assert float(rows[-1]["return_so_far"]) == pytest.approx(value["return"])
    for name in PART_KEYS:
        assert sum(float(row[f"paid.{name}"]) for row in rows) == pytest.approx(value["parts"][name], abs=1e-9)
