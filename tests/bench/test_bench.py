"""The yardstick itself: ratios, agreement, and that a race ends at its goal."""

import json

import pytest

from playground.bench import PARTS, run_bench, to_markdown
from playground.bench.app import running_app
from playground.bench.figures import Figure, repeat, shown
from playground.bench.learning import _Race, agreement, landing_rate
from playground.bench.rewards import TUNING, VALIDATION
from playground.worlds.lunar_lander.probes import Constant, Heuristic


def test_a_speed_is_better_when_larger_and_a_time_when_smaller():
    assert Figure("steps", [30.0], "/s", "peer", [10.0]).ratio == 3
    assert Figure("seconds", [10.0], "s", "peer", [30.0]).ratio == 3
    assert Figure("alone", [10.0]).ratio is None
    assert Figure("missed", [], "s", "peer", [30.0]).ratio is None


def test_a_row_shows_median_and_spread_of_both_and_the_ratio():
    row = Figure("x", [1.0, 2.0, 3.0], "s", "peer", [20.0], note="of 3").to_markdown()
    assert row == "| x | 2.00 s (1.00 to 3.00) of 3 | peer: 20.0 s | 10.0 |"
    assert shown([12_345.0], "/s") == "12,345/s"


def test_what_is_measured_takes_turns():
    order = []
    values = repeat(2, lambda: order.append("a") or 1.0, lambda: order.append("b") or 2.0)
    assert order == ["a", "b", "a", "b"]
    assert values == [[1.0, 1.0], [2.0, 2.0]]


def test_results_survive_json_and_become_a_table(monkeypatch):
    monkeypatch.setitem(PARTS, "steps", lambda full: [Figure("made up", [1.0 + full], "s", "peer", [4.0])])
    told = []
    results = json.loads(json.dumps(run_bench(True, told.append, only="steps")))
    assert told == ["measuring: steps"]
    assert "| made up | 2.00 s | peer: 4.00 s | 2.0 |" in to_markdown(results)
    assert f"{results['machine']['cores']} cores" in to_markdown(results)


def test_agreement_of_seeds_is_an_auc_over_ordered_pairs():
    assert agreement([[0.99, 0.97], [0.1, 0.0]]) == "AUC 1.00"
    assert agreement([[0.99, 0.1], [0.99, 0.1]]) == "AUC 0.00"  # one seed's landing tells that the other's does not
    assert agreement([[0.95, 0.92, 1.0]]) == "all land"
    assert agreement([[0.5, 0.5]]) == "none land"


def test_the_landing_rate_is_over_the_held_out_episodes():
    assert landing_rate(Constant(0)) == 0
    assert 0.5 < landing_rate(Heuristic()) < 1


def test_a_race_ends_where_the_pilot_lands_and_its_clock_stops_meanwhile(monkeypatch):
    rates = iter([0.2, 0.95])
    monkeypatch.setattr("playground.bench.learning.landing_rate", lambda pilot: next(rates))
    race = _Race(limit=60)
    assert race.go_on(100, object)  # too early to look
    assert race.go_on(race.next_check, object)
    steps = race.next_check
    assert not race.go_on(steps, object)
    assert race.result["steps"] == steps
    assert 0 <= race.result["seconds"] < 5
    assert race.result["best"] == 0.95


def test_a_race_is_given_up_at_its_limit():
    assert not _Race(limit=0.0).go_on(1, object)


def test_no_reward_is_both_chosen_on_and_reported_on():
    assert len(VALIDATION) >= 12
    assert not set(TUNING.values()) & set(VALIDATION.values())
    for rewards in (TUNING, VALIDATION):
        assert {reward.form for reward in rewards.values()} == {"state", "progress"}
        assert {reward.scale for reward in rewards.values()} > {1.0}
        assert any(reward.w_crash == 0 for reward in rewards.values())


def test_an_app_that_cannot_start_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("playground.lab.paths.app_script", lambda: tmp_path / "missing.py")
    with pytest.raises(RuntimeError, match="did not start"), running_app():
        pass
