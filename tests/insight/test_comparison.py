"""Differences, spreads, cross tables and divergences, held against hand-made cases, scipy and simulated data."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from playground.flight.scorecard import Scorecard
from playground.insight.comparison import (
    FELL,
    beaten_designs,
    compare_cards,
    cross_table,
    divergence,
    over_seeds,
    paired_difference,
    rank_correlation,
    scores_of,
)
from playground.lab.models.store import ModelStore
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.world import WORLD as LANDER


def card(slug: str) -> Scorecard:
    return ModelStore().resolve(slug).scorecard


def test_a_difference_is_taken_start_by_start() -> None:
    found = paired_difference(np.array([0.0, 100.0, np.nan, 0.0]), np.array([100.0, 100.0, 100.0, np.nan]))
    assert found is not None
    assert (found.mean, found.pairs) == (50.0, 2)
    assert found.low == 0.0
    assert found.high == 100.0
    assert not found.clear


def test_no_common_value_is_no_difference() -> None:
    assert paired_difference(np.array([np.nan, 1.0]), np.array([1.0, np.nan])) is None


@pytest.mark.parametrize("kind", ["landings", "returns"])
def test_the_interval_holds_the_truth_as_often_as_it_says(kind: str) -> None:
    """Simulated pairs of hundred episodes with a known difference: 95 % intervals hold it 93 to 97 % of the time."""
    rng = np.random.default_rng(7)
    held, trials = 0, 1000
    for _ in range(trials):
        if kind == "landings":
            easy = rng.random(100)  # starts differ in how hard they are, so the two are correlated
            first, second = (easy < 0.7) * 100.0, ((easy < 0.7) ^ (rng.random(100) < 0.15)) * 100.0
            truth = 100 * (0.7 * 0.85 + 0.3 * 0.15 - 0.7)
        else:
            level = rng.normal(0, 50, 100)
            first, second = level + rng.normal(200, 40, 100), level + 210 + rng.gamma(2, 30, 100)
            truth = 210 + 60 - 200
        found = paired_difference(first, second)
        assert found is not None
        held += found.low <= truth <= found.high
    assert 0.93 <= held / trials <= 0.97


def test_equal_policies_differ_by_nothing() -> None:
    same = compare_cards(card("gymnasium"), card("gymnasium"))
    assert set(same) == set(scores_of(LANDER))
    for difference in same.values():
        assert difference is None or (difference.mean, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_the_second_minus_the_first() -> None:
    found = compare_cards(card("article"), card("gymnasium"))
    landed = found["landed"]
    assert landed is not None
    expected = 100 * (card("gymnasium").summary["landing_rate"] - card("article").summary["landing_rate"])
    assert landed.mean == pytest.approx(expected)
    assert landed.clear
    assert landed.low > 50


def test_other_starts_cannot_be_compared() -> None:
    mine = card("gymnasium")
    with pytest.raises(InvalidInput, match="starts"):
        compare_cards(mine, replace(mine, seeds=mine.seeds + 1))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_the_middle_over_seeds_is_rliables_interquartile_mean(values: list[float]) -> None:
    """rliable's ``aggregate_iqm`` is ``scipy.stats.trim_mean(scores, 0.25)``."""
    found = over_seeds(values)
    assert found.middle == pytest.approx(float(stats.trim_mean(values, 0.25)), abs=1e-9)
    assert found.low - 1e-9 <= found.high
    assert min(values) - 1e-9 <= found.low
    assert found.high <= max(values) + 1e-9


def test_every_models_episodes_under_every_reward() -> None:
    slugs = ["gymnasium", "article", "fuel-miser"]
    cards, rewards = [card(slug) for slug in slugs], [PRESET[slug].config for slug in slugs]
    table = cross_table(cards, rewards)
    assert table.shape == (3, 3)
    assert table[1, 2] == pytest.approx(cards[1].returns(rewards[2]).mean())
    assert table[0, 0] == pytest.approx(cards[0].native_return.mean(), abs=0.1)


def test_a_design_that_another_policy_serves_better_is_named() -> None:
    good, bad = card("gymnasium"), card("article")
    reward = PRESET["gymnasium"].config
    beaten = beaten_designs([bad, good], [reward, reward])  # the article's policy as if it had been trained on this
    assert [(found.design, found.by) for found in beaten] == [(0, 1)]
    assert beaten[0].difference.low > 0
    assert not beaten_designs([good, good], [reward, reward])


def rows(landing: list[float], designed: list[float]) -> list[dict[str, float]]:
    return [
        {"steps": 1000.0 * (i + 1), "landing_rate": a, "designed_return": b}
        for i, (a, b) in enumerate(zip(landing, designed, strict=True))
    ]


def test_a_divergence_says_where_it_turned() -> None:
    found = divergence(rows([0.0, 0.5, 0.9, 0.9, 0.4, 0.1, 0.0], [0, 1, 2, 3, 4, 5, 6]))
    assert found is not None
    assert found.turned == 3000.0
    assert found.worst == 7000.0
    assert found.landing == (0.9, 0.0)
    assert found.designed == (2, 6)


@pytest.mark.parametrize(
    ("landing", "designed"),
    [
        ([0.0, 0.5, 0.9, 1.0, 1.0], [0.0, 1, 2, 3, 4]),  # both rise
        ([0.9, 0.9, 0.9, 0.2, 0.1], [4.0, 3, 2, 1, 0]),  # both fall: it forgot, the reward is not to blame
        ([0.9, 0.9, 0.1, 0.9, 0.9], [0.0, 1, 2, 3, 4]),  # one unlucky evaluation
        ([0.9, 0.9 - FELL / 2, 0.9 - FELL / 2], [0.0, 1, 2]),  # within the scatter
        ([], []),
        ([1.0], [1.0]),
    ],
)
def test_no_divergence(landing: list[float], designed: list[float]) -> None:
    assert divergence(rows(landing, designed)) is None


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=20))
def test_rank_correlation_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    first, second = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    found = rank_correlation(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(float(stats.spearmanr(first, second).statistic), abs=1e-9)
