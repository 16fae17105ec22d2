"""Random rewards and the table of what came of them."""

import csv
from itertools import islice

import pytest

from playground.reward.design import terms_of
from playground.studies import forecast_data as outcomes
from playground.studies.forecast_data import FIT_PER_ROUND, JUDGE_SEEDS, draw_reward, draws, gather
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.terms import RewardConfig

TERMS = terms_of(RewardConfig)


def test_a_draw_depends_on_its_number_alone():
    assert draw_reward("fit", 5) == draw_reward("fit", 5)
    assert len({draw_reward(purpose, n) for purpose in ("fit", "judge") for n in range(50)}) == 100


def test_half_of_the_draws_lie_around_presets_within_a_factor_of_ten():
    near = 0
    for number in range(200):
        around, reward = draw_reward("fit", number)
        if around == "wide":
            assert reward.replace_reward
            continue
        near += 1
        base = PRESET[around].config
        assert reward.form == base.form
        for term in TERMS:
            before, after = getattr(base, term.weight), getattr(reward, term.weight)
            assert after == 0 if before == 0 else 0.0999 <= after / before <= 10.01
    assert near == 100


def test_a_table_that_is_cut_short_holds_both_kinds():
    first = list(islice(draws(), FIT_PER_ROUND + JUDGE_SEEDS + 1))
    assert [d.purpose for d in first] == ["fit"] * FIT_PER_ROUND + ["judge"] * JUDGE_SEEDS + ["otherwise"]
    assert [d.seed for d in first[FIT_PER_ROUND:]] == [*range(JUDGE_SEEDS), 0]
    assert len({d.reward for d in first[FIT_PER_ROUND:]}) == 1


def test_gathering_goes_on_where_it_ended(tmp_path, monkeypatch):
    asked = []

    class Pool:
        def __init__(self, *arguments):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def submit(self, function, draw):
            from concurrent.futures import Future

            asked.append((draw.purpose, draw.number, draw.seed))
            done = Future()
            done.set_result(
                {"purpose": draw.purpose, "draw": draw.number, "around": draw.around, "seed": draw.seed}
                | outcomes.to_fields(draw.reward)
                | dict.fromkeys(outcomes.MEASURED, 0.5)
            )
            return done

    monkeypatch.setattr(outcomes, "ProcessPoolExecutor", Pool)
    path = tmp_path / "table.csv"
    assert len(list(gather(path, 1, 3))) == 3
    assert len(list(gather(path, 1, 6))) == 3
    assert list(gather(path, 1, 6)) == []
    assert len(set(asked)) == 6
    some = list(gather(tmp_path / "judge.csv", 1, FIT_PER_ROUND + 1, "judge"))
    assert [row["purpose"] for row in some] == ["judge"]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    first = next(row for row in rows if row["purpose"] == "fit" and row["draw"] == "0")
    assert first["landing"] == "0.5"
    assert float(first["w_distance"]) == draw_reward("fit", 0)[1].w_distance


def test_what_is_judged_is_trained_with_other_settings_too(monkeypatch):
    asked = []

    def train(spec):
        asked.append(spec)
        raise InterruptedError

    monkeypatch.setattr(outcomes, "train", train)
    for draw in islice(draws(), FIT_PER_ROUND, FIT_PER_ROUND + JUDGE_SEEDS + 1):
        with pytest.raises(InterruptedError):
            outcomes.measure(draw)
    assert {spec.reward for spec in asked} == {draw_reward("judge", 0)[1]}
    assert [spec.gamma for spec in asked] == [0.995] * JUDGE_SEEDS + [0.999]
    assert [spec.n_envs * spec.n_steps for spec in asked] == [4096] * JUDGE_SEEDS + [16_384]


@pytest.mark.slow
def test_a_real_row(tmp_path, monkeypatch):
    monkeypatch.setattr(outcomes, "TrainSpec", lambda reward, seed: TrainSpec(reward, seed=seed, steps=4096))
    from playground.training.spec import TrainSpec

    row = outcomes.measure(next(draws()))
    assert row["landing"] + row["crash"] + row["timeout"] == pytest.approx(1)
    assert row["steps"] == 4096
