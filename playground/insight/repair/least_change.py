"""The smallest relative change of the weights after which the world's goal pays best.

With linear constraints this is a least-distance problem, solved as a non-negative least-squares one (Lawson & Hanson
1974, ch. 23). What pays best changes with the weights, so constraints are added until none is broken.

Leaves out: what to do where this search fails (``search``).
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.insight.repair.contest import NEEDED, Contest, Ranges, weights_of
from playground.reward.design import Design
from playground.reward.term import Floats

TARGET: Final = 0.2
"""Deviations by which success shall pay more than failure and than lingering."""
ROUNDS: Final = 60
LONGER: Final = 1.15
"""A change of fewer weights may be longer than the shortest by this factor."""
NUDGE: Final = 0.05
"""A weight of 0 counts as what would make its term this share of the returns' deviation."""
DIGITS: Final = 3
"""Significant digits of a changed weight."""

Good = Callable[[Design], bool]
"""Whether the whole check is content with a reward."""


def smallest_change(contest: Contest, limits: Ranges, good: Good, duels: int) -> Design | None:
    """The smallest change within the limits, of no more weights than it needs; None if there is none."""
    problem = Problem(contest, limits, duels)
    weights = problem.solve(problem.free)
    if weights is None:
        return None
    free = problem.free
    least = problem.length(weights)
    while free.sum() > 1:
        moved = np.where(free, np.abs(problem.steps(weights)), np.inf)
        fewer = free.copy()
        fewer[moved.argmin()] = False
        found = problem.solve(fewer)
        if found is None or problem.length(found) > LONGER * least:
            break
        free, weights = fewer, found
    return _round_off(contest, weights, good)


class Problem:
    """The search for the nearest weights with which success pays best, in steps relative to each weight's size."""

    def __init__(self, contest: Contest, limits: Ranges, duels: int = NEEDED) -> None:
        self.contest = contest
        self.duels = duels
        self.origin = weights_of(contest.config)
        deviation = float(contest.deviation(contest.returns(self.origin[:, None]))[0])
        influence = contest.columns.std(axis=0)
        sizes = np.maximum(np.abs(self.origin), NUDGE * deviation / np.where(influence > 0, influence, np.inf))
        self.lows, self.highs = (
            np.array([limits[term.weight][side] for term in contest.config.terms]) for side in (0, 1)
        )
        self.free: npt.NDArray[np.bool_] = (sizes > 0) & (self.highs > self.lows)
        self.sizes: Floats = np.where(self.free, sizes, 1.0)

    def steps(self, weights: Floats) -> Floats:
        """How far each weight has moved, relative to its size."""
        result: Floats = (weights - self.origin) / self.sizes
        return result

    def length(self, weights: Floats) -> float:
        """How far all have moved."""
        return float(np.linalg.norm(self.steps(weights)))

    def solve(self, free: npt.NDArray[np.bool_]) -> Floats | None:
        """The nearest weights when only some may move; None if none do."""
        corners = np.eye(len(free))[free]
        rows: list[Floats] = [*corners, *-corners]
        least: list[float] = [*self.steps(self.lows)[free], *-self.steps(self.highs)[free]]
        weights = self.origin
        for _ in range(ROUNDS):
            gaps = self.contest.gaps(weights[:, None], self.duels)[:, 0]
            if (gaps >= TARGET).all():
                return weights
            for duel, gap in zip(self.contest.duels, gaps, strict=False):
                if gap < TARGET:
                    for slope, base in self.contest.cuts(weights, duel, 1.05 * TARGET):
                        row = slope * self.sizes * free
                        size = float(np.linalg.norm(row)) or 1.0
                        rows.append(row / size)
                        least.append(-(base + float(slope @ self.origin)) / size)
            step = least_distance(np.array(rows), np.array(least))
            if step is None:
                return None
            weights = np.clip(self.origin + self.sizes * step * free, self.lows, self.highs)
        return None


def least_distance(rows: Floats, least: Floats) -> Floats | None:
    """The shortest x with ``rows @ x >= least``; None if there is none."""
    from scipy.optimize import nnls  # only here: it takes longer to import than all else of a first page

    matrix = np.vstack([rows.T, least])
    wanted = np.zeros(len(matrix))
    wanted[-1] = 1.0
    try:
        multipliers, residue = nnls(matrix, wanted, maxiter=50 * matrix.shape[1])
    except RuntimeError:  # it did not converge
        return None
    rest = matrix @ multipliers - wanted
    if residue < 1e-8 or abs(rest[-1]) < 1e-12:
        return None
    result: Floats = -rest[:-1] / rest[-1]
    return result


def _round_off(contest: Contest, weights: Floats, good: Good) -> Design | None:
    """The reward with these weights, in round numbers if they do; None if the whole check is not content with it."""
    origin = weights_of(contest.config)
    close = np.where(np.abs(weights - origin) <= 1e-3 * np.abs(origin), origin, weights)
    close[np.abs(close) < 1e-9 * np.abs(close).max()] = 0.0
    for values in (np.array([v if v == o else rounded(v) for v, o in zip(close, origin, strict=True)]), close):
        changes: dict[str, Any] = {term.weight: float(v) for term, v in zip(contest.config.terms, values, strict=True)}
        config = contest.config.changed(**changes)
        if good(config):
            return config
    return None


def rounded(value: float) -> float:
    """To `DIGITS` significant digits.

    >>> rounded(1234.5), rounded(0.0)
    (1230.0, 0.0)
    """
    return float(f"{value:.{DIGITS}g}")
