"""Statistics of a few hundred numbers that need nothing but numpy: the interquartile mean and the bootstrap.

Every resampling is seeded, so the same values always have the same interval.

Leaves out: intervals of success rates over training seeds, which need scipy (``insight.success_rates``).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.reward.term import Floats

RESAMPLES: Final = 2000
"""Enough for the 2.5th and the 97.5th percentile."""


def interquartile_mean(values: Floats) -> Floats:
    """Mean of the middle half along the last axis, a quarter cut off at each end (Agarwal et al. 2021, as in rliable).

    >>> float(interquartile_mean(np.array([0.0, 1.0, 3.0, 100.0])))
    2.0
    """
    ordered = np.sort(values, axis=-1)
    cut = int(0.25 * values.shape[-1])
    middle: Floats = ordered[..., cut : values.shape[-1] - cut].mean(axis=-1)
    return middle


def bootstrap_interval(
    values: Floats, level: float = 0.95, seed: int = 0, of: Callable[[Floats], Floats] | None = None
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean, or of another statistic, the same for the same values.

    Args:
        values: ``(n,)``.
        level: how often such an interval holds the true value.
        seed: of the resampling.
        of: the statistic, along the last axis; by default the mean.
    """
    n = len(values)
    means = resampled_counts(n, seed) @ values / n if of is None else of(values[resampled_indices(n, seed)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=16)
def resampled_indices(n: int, seed: int = 0, resamples: int = RESAMPLES) -> npt.NDArray[np.int64]:
    """Which of ``n`` values each resample draws, with replacement: ``(resamples, n)``."""
    return np.random.default_rng(seed).integers(0, n, (resamples, n))


@lru_cache(maxsize=16)
def resampled_counts(n: int, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """How often each resample draws every one of ``n`` values: ``(resamples, n)``."""
    counts = np.zeros((resamples, n))
    np.add.at(counts, (np.arange(resamples)[:, None], resampled_indices(n, seed, resamples)), 1.0)
    return counts
