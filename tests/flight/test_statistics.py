"""The interquartile mean by hand, and the bootstrap against normal theory and scipy's own."""

import numpy as np
import pytest
from scipy import stats

from playground.flight.statistics import bootstrap_interval, interquartile_mean, resampled_counts, resampled_indices


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([8, 1, 2, 7, 3, 6, 5, 4], 4.5),  # 3, 4, 5, 6
        ([1, 2, 3, 4, 100], 3),  # a quarter of five is one at each end
        ([5], 5),
        ([0, 1, 2, 3, 4, 50, 1000], 12),  # a quarter of seven is one at each end, never two
        ([1, 9], 5),
        ([0, 10, 20], 10),
        ([-1e9, 0, 2, 1e9], 1),
    ],
)
def test_interquartile_mean_by_hand(values: list[float], expected: float) -> None:
    assert interquartile_mean(np.array(values, np.float64)) == pytest.approx(expected)


def test_bootstrap_interval_holds_the_mean_and_is_reproducible() -> None:
    for seed in range(5):
        values = np.random.default_rng(seed).normal(50, 100, 100)
        low, high = bootstrap_interval(values)
        assert low < values.mean() < high
        assert bootstrap_interval(values) == (low, high)
        assert bootstrap_interval(values, seed=1) != (low, high)
        # the normal theory's ± 1.96 s/√n, which resampling comes close to
        half = 1.96 * values.std() / 10
        assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)


def test_bootstrap_interval_of_equal_values_is_that_value() -> None:
    assert bootstrap_interval(np.full(10, 7.0)) == (7.0, 7.0)
    assert bootstrap_interval(np.array([3.0])) == (3.0, 3.0)


def test_a_narrower_level_is_a_narrower_interval() -> None:
    values = np.random.default_rng(0).normal(size=50)
    wide, narrow = bootstrap_interval(values, 0.99), bootstrap_interval(values, 0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_the_interval_is_scipys_percentile_bootstrap_within_its_noise() -> None:
    values = np.random.default_rng(4).exponential(30.0, 80)
    ours = bootstrap_interval(values)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(1))
    width = ours[1] - ours[0]
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=0.05 * width)


def test_counts_are_those_of_the_indices_and_other_seeds_draw_others() -> None:
    indices, counts = resampled_indices(7, 3, 50), resampled_counts(7, 3, 50)
    np.testing.assert_array_equal(counts, [np.bincount(row, minlength=7) for row in indices])
    assert (resampled_indices(7, 4, 50) != indices).any()
