"""The forecast: its arithmetic by hand, its fit on made-up data, its honesty about what it never saw."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.insight.check import check_reward
from playground.insight.forecast.features import features
from playground.insight.forecast.fit import choose_ridge, fit, log_loss
from playground.insight.forecast.judge import Judged, auc, calibration, calibration_error, judge_forecast
from playground.insight.forecast.predict import (
    FILE,
    FRACTIONS,
    Forecast,
    ForecastModel,
    forecast,
    load_model,
    outcomes_of,
)
from playground.insight.forecast.report import about_seeds, report
from playground.insight.forecast.table import Tried, read_table
from playground.insight.library import library_of
from playground.insight.ranking import Ranking
from playground.words.forecast import forecast_sentence
from playground.words.say import say
from playground.worlds.lunar_lander.behaviours import FORECAST
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET, PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def ranked(config: RewardConfig, gamma: float = 0.995) -> Ranking:
    return Ranking(config, gamma, library_of(LANDER))


def test_chances_are_a_softmax_of_standardised_features() -> None:
    model = ForecastModel(
        names=("only",),
        mean=np.array([1.0]),
        deviation=np.array([2.0]),
        weights=np.array([[1.0, 0.0, -1.0]]),
        offsets=np.array([0.0, 0.5, 0.0]),
        seen=np.array([[0.0], [3.0]]),
        far=1.0,
    )
    powers = np.exp([2.0, 0.5, -2.0])  # (5 − 1) / 2 = 2
    assert model.predict(np.array([5.0])) == pytest.approx(powers / powers.sum())
    assert model.distance(np.array([5.0])) == 1.0


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.sampled_from(["w_distance", "w_velocity", "w_angle", "w_legs", "w_landing", "w_crash", "penalty_main"]),
        st.floats(-1e6, 1e6, allow_nan=False),
    ),
    st.sampled_from(["state", "progress", "potential"]),
    st.sampled_from([0.0, 0.9, 0.995, 1.0]),
)
def test_any_reward_has_chances_that_sum_to_one_or_none(weights, form, gamma) -> None:
    config = RewardConfig(form=form, replace_reward=True, **weights)
    found = forecast(ranked(config, gamma))
    if found is None:
        assert not ranked(config, gamma).deviation
    else:
        assert sum(found.chances.values()) == pytest.approx(1)
        assert all(0 <= chance <= 1 for chance in found.chances.values())
        assert forecast_sentence(found, "en")


@given(st.floats(1e-3, 1e3))
def test_the_scale_changes_no_feature(scale: float) -> None:
    config = PRESET["legs-farm"].config
    one, other = (features(ranked(replace(config, scale=s)), FORECAST) for s in (1.0, scale))
    assert other == pytest.approx(one, rel=1e-6, abs=1e-6)
    assert len(one) == len(load_model(FORECAST.folder).names)


def test_all_zero_weights_have_no_forecast() -> None:
    assert check_reward(RewardConfig(replace_reward=True)).predicted is None


def test_a_reward_that_only_logs_has_gymnasiums_forecast() -> None:
    assert check_reward(RewardConfig(w_legs=50.0)).predicted == check_reward(GYMNASIUM).predicted


def test_another_discount_is_unfamiliar() -> None:
    near, far = (check_reward(GYMNASIUM, gamma).predicted for gamma in (0.995, 0.99))
    assert near is not None
    assert far is not None
    assert near.familiar
    assert not far.familiar
    assert forecast_sentence(far, "en") == say("forecast.unfamiliar", "en")


def test_a_reward_far_from_all_is_unfamiliar() -> None:
    found = check_reward(replace(GYMNASIUM, w_distance=-1e6, w_landing=-1e6)).predicted
    assert found is not None
    assert not found.familiar


def test_a_reward_beyond_what_was_learned_from_is_unfamiliar(monkeypatch) -> None:
    """How far is too far stands in the fitted model; with no distance allowed nothing new is familiar."""
    model, ranking = load_model(FORECAST.folder), Ranking(GYMNASIUM, 0.995, library_of(LANDER))
    values = np.array([features(ranking, FORECAST)[name] for name in model.names])
    for far, familiar in ((1.01 * model.distance(values), True), (0.99 * model.distance(values), False)):
        nearer = replace(model, far=far)
        monkeypatch.setattr("playground.insight.forecast.predict.load_model", lambda folder, nearer=nearer: nearer)
        found = forecast(ranking)
        assert found is not None
        assert found.familiar == familiar


def test_the_presets_come_out_as_they_were_trained_or_the_forecast_is_open() -> None:
    """Nothing was fitted on a preset itself; its trained model says what came of it."""
    from playground.lab.models.store import ModelStore

    wrong = []
    for preset in PRESETS:
        found = check_reward(preset.config).predicted
        assert found is not None
        summary = ModelStore().resolve(preset.slug).summary
        came = max(outcomes_of(LANDER), key=lambda outcome: summary[f"{outcome}_rate"])
        if found.kind in ("sure", "probable") and found.outcome != came:
            wrong.append(preset.slug)
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("chances", "familiar", "told"),
    [
        ((0.97, 0.02, 0.01), True, "almost certainly learn to land (97 %)"),
        ((0.05, 0.8, 0.15), True, "probably learn to crash (80 %)"),
        ((0.02, 0.02, 0.96), True, "almost certainly never finish"),
        ((0.65, 0.35, 0.0), True, "about 2 in 3 trainings"),
        ((0.27, 0.4, 0.33), True, "about 1 in 4 trainings"),
        ((0.1, 0.5, 0.4), True, "may land (10 %), crash (50 %) or never finish (40 %)"),
        ((0.97, 0.02, 0.01), False, "No forecast"),
    ],
)
def test_chances_in_words(chances, familiar, told) -> None:
    assert told in forecast_sentence(Forecast(dict(zip(outcomes_of(LANDER), chances, strict=True)), familiar), "en")


def test_fractions_are_in_lowest_terms() -> None:
    assert all(np.gcd(count, of) == 1 and count < of for count, of in FRACTIONS)


def test_the_fit_finds_the_rule_that_made_the_data() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(600, 4))
    logits = np.stack([2 * values[:, 0], np.zeros(600), -values[:, 1]], axis=1)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares = np.eye(3)[[rng.choice(3, p=p) for p in chances]]
    ridge, crossed = choose_ridge(values, shares)
    model = fit("abcd", values, shares, ridge)
    assert log_loss(model.predict(values), shares) < log_loss(chances, shares) + 0.02
    assert log_loss(crossed, shares) < 0.9 * log_loss(np.full((600, 3), 1 / 3), shares)
    gaps = model.weights[:, 0] - model.weights[:, 1]
    assert gaps[0] > 4 * abs(gaps[2:]).max()


def test_the_slope_of_the_fit_is_zero_where_it_ends() -> None:
    """Any other weights near the fitted ones are worse."""
    rng = np.random.default_rng(4)
    values, shares = rng.normal(size=(50, 2)), rng.dirichlet(np.ones(3), 50)
    model = fit("ab", values, shares, 1.0)

    def loss(weights, offsets) -> float:
        trial = ForecastModel(model.names, model.mean, model.deviation, weights, offsets, model.seen, 1.0)
        return 50 * log_loss(trial.predict(values), shares) + 0.5 * float((weights**2).sum())

    best = loss(model.weights, model.offsets)
    for _ in range(20):
        nudge = 1e-2 * rng.normal(size=(3, 3))
        assert loss(model.weights + nudge[:2], model.offsets + nudge[2]) > best - 1e-6


def test_auc_counts_pairs_and_halves_ties() -> None:
    scores, good = np.array([0.9, 0.5, 0.5, 0.1]), [True, True, False, False]
    assert auc(scores, good) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert auc(scores, [True] * 4) is None


def test_calibration_by_tenths() -> None:
    rows = calibration(np.array([0.05, 0.07, 0.95, 1.0]), np.array([0.0, 0.2, 1.0, 1.0]))
    assert rows == [(pytest.approx(0.06), pytest.approx(0.1), 2), (pytest.approx(0.975), 1.0, 2)]
    assert calibration_error(rows) == pytest.approx((0.04 + 0.025) / 2)


def test_judging_by_hand() -> None:
    def tried(*landing: float) -> Tried:
        return Tried("judge", "wide", GYMNASIUM, np.array([[p, 1 - p, 0.0] for p in landing]))

    chances = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    found = judge_forecast([tried(1.0, 0.8), tried(0.0, 0.6)], chances, np.array([1.0, -1.0]))
    assert (found.rewards, found.landing, found.auc, found.margin_auc, found.hits) == (2, 1, 1.0, 1.0, 1.0)
    assert found.brier == pytest.approx((0.0 + 0.01) / 2)
    assert found.ceiling == pytest.approx(2 / 3)  # for landing: 1.0, 0.8 and 0.0 (its other lands); against: 0.6
    assert found.ranges["brier"] == (0.0, pytest.approx(0.01))  # both twice, drawn again often enough
    assert found.fewer == 1


def test_the_seeds_of_uncertain_rewards_are_counted() -> None:
    def tried(*landing: float) -> Tried:
        return Tried("judge", "wide", GYMNASIUM, np.array([[p, 1 - p, 0.0] for p in landing]))

    chances = np.array([[0.5, 0.5, 0.0], [0.6, 0.4, 0.0], [0.95, 0.05, 0.0]])
    told = about_seeds([tried(1.0, 0.0), tried(0.9, 0.8), tried(1.0, 0.2)], chances, np.array([True, False, True]))
    assert "Of 3 rewards kept apart, 2 have trainings on both sides" in told
    assert "calls 2 uncertain: of those, 1 do, and 3 of their 4 trainings" in told
    assert "(forecast: 55% on average). 1 of all" in told


def test_figures_that_rest_on_too_little_are_left_out_of_the_report() -> None:
    few = Judged(30, 4, 0.9, 0.8, 0.7, 0.1, 0.05, {}, 0.9)
    told = report({"few": few, "enough": replace(few, landing=5)}, [], 10, 1.0)
    rows = {line.split(" | ")[0].strip("| "): line for line in told.splitlines() if line.startswith("| ")}
    assert rows["few"].count("–") == 3
    assert "0.900" in rows["enough"]


def test_the_shipped_model_belongs_to_the_shipped_table_and_recordings() -> None:
    import json

    value = json.loads((FORECAST.folder / FILE).read_text())
    learned = [one for one in read_table(LANDER) if one.purpose == "fit"]
    assert value["trainings"] == len(learned) == len(load_model(FORECAST.folder).seen)
    assert value["library"] == library_of(LANDER).fingerprint, "run python -m playground.insight.forecast.fit"
    assert value["features"] == list(features(ranked(GYMNASIUM), FORECAST))


def test_rewards_to_judge_by_were_not_learned_from() -> None:
    table = read_table(LANDER)
    learned = {one.reward for one in table if one.purpose == "fit"}
    apart = [one for one in table if one.purpose == "judge"]
    assert apart
    assert not learned & {one.reward for one in apart}
    assert {preset.config for preset in PRESETS}.isdisjoint(learned)
    assert all(one.rates.sum(axis=1) == pytest.approx(1.0) for one in table)


def test_a_forecast_survives_being_written_down() -> None:
    one = Forecast({"landing": 0.25, "crash": 0.5, "timeout": 0.25}, True)
    assert Forecast.from_json({"verdict": "sound", **one.to_json()}, LANDER) == one
    assert Forecast.from_json({"landing": 0.5}, LANDER) is None
    assert Forecast.from_json({**one.to_json(), "crash": "much"}, LANDER) is None


@pytest.mark.parametrize(
    "change", [{"w_landing": -100.0}, {"w_angle": -100.0}, {"penalty_main": -3.0}, {"scale": -1.0}]
)
def test_a_term_that_is_turned_round_is_unfamiliar(change) -> None:
    """No reward that it learned from had one."""
    found = check_reward(replace(GYMNASIUM, **change)).predicted
    assert found is not None
    assert not found.familiar
