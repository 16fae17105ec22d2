"""How good a forecast was: its chances against what came of trainings that it did not learn from.

Leaves out: fitting (``fit``) and what is written about it (``report``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.statistics import resampled_indices
from playground.insight.comparison import ranks
from playground.insight.forecast.table import Tried
from playground.reward.term import Floats

BINS: Final = 10


def auc(scores: Floats, good: npt.ArrayLike) -> float | None:
    """Chance that one of the good scores higher than one of the others, ties counted half; None without both.

    >>> auc(np.array([0.9, 0.1, 0.5]), [True, False, False])
    1.0
    """
    marks = np.asarray(good, bool)
    n, m = int(marks.sum()), int((~marks).sum())
    if not n or not m:
        return None
    return float((ranks(scores)[marks].sum() - n * (n + 1) / 2) / (n * m))


def calibration(chances: Floats, shares: Floats) -> list[tuple[float, float, int]]:
    """By tenths of the chance: mean chance, mean share, and how many; empty tenths left out.

    Args:
        chances: of landing ``(N,)``.
        shares: that landed ``(N,)``.
    """
    tenths = np.minimum((chances * BINS).astype(int), BINS - 1)
    rows = []
    for tenth in range(BINS):
        own = tenths == tenth
        if own.any():
            rows.append((float(chances[own].mean()), float(shares[own].mean()), int(own.sum())))
    return rows


def calibration_error(rows: Sequence[tuple[float, float, int]]) -> float:
    """Expected calibration error: the mean gap between chance and share, weighted by how many.

    >>> round(calibration_error([(0.1, 0.2, 5), (0.9, 0.9, 5)]), 3)
    0.05
    """
    return sum(abs(chance - share) * n for chance, share, n in rows) / sum(n for _, _, n in rows)


@dataclass(frozen=True)
class Judged:
    """How the forecast did on some rewards."""

    rewards: int
    landing: int
    """Of these, so many land at least half of the time, over their seeds."""
    auc: float | None
    margin_auc: float | None
    """Of the check's landing margin alone."""
    ceiling: float | None
    """Of one seed's landing rate for whether the other seeds land at least half of the time."""
    brier: float
    """Mean squared gap between the chance of landing and the share that landed."""
    error: float
    """Expected calibration error of the chance of landing."""
    ranges: dict[str, tuple[float, float]]
    """Of the AUC, the Brier score and the calibration error, the middle 95 % over rewards drawn again."""
    hits: float
    """How often the most probable outcome was the most frequent one."""

    @property
    def fewer(self) -> int:
        """Rewards of the rarer kind: that land, or that do not."""
        return min(self.landing, self.rewards - self.landing)


def judge_forecast(tried: Sequence[Tried], chances: Floats, margins: Floats) -> Judged:
    """How forecasts ``(N, 3)`` and the check's margins ``(N,)`` compare with what came of the trainings."""
    shares = np.array([one.mean for one in tried])
    lands = shares[:, 0] >= 0.5
    pairs = [
        (float(rate), float(np.delete(one.rates[:, 0], i).mean()) >= 0.5)
        for one in tried
        for i, rate in enumerate(one.rates[:, 0])
        if len(one.rates) > 1
    ]

    def brier(of: npt.NDArray[np.int64]) -> float:
        return float(((chances[of, 0] - shares[of, 0]) ** 2).mean())

    def error(of: npt.NDArray[np.int64]) -> float:
        return calibration_error(calibration(chances[of, 0], shares[of, 0]))

    everything = np.arange(len(tried))
    again = resampled_indices(len(everything))
    drawn: dict[str, list[float | None]] = {
        "auc": [auc(chances[of, 0], lands[of]) for of in again],
        "brier": [brier(of) for of in again],
        "error": [error(of) for of in again],
    }
    ranges = {
        name: (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975)))
        for name, values in drawn.items()
        if (known := [value for value in values if value is not None])
    }
    return Judged(
        len(tried),
        int(lands.sum()),
        auc(chances[:, 0], lands),
        auc(margins, lands),
        auc(np.array([rate for rate, _ in pairs]), [good for _, good in pairs]) if pairs else None,
        brier(everything),
        error(everything),
        ranges,
        float((chances.argmax(axis=1) == shares.argmax(axis=1)).mean()),
    )
