"""Recorded behaviours against each other, for many weightings of a reward's terms at once.

The return of a recorded behaviour is linear in the weights, so "this success pays more than that failure" is a linear
constraint on them.

Leaves out: searching for weights (``least_change``).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.behaviours import KINDS
from playground.insight.checks_goal import behaviours_of
from playground.insight.columns import sums_of
from playground.insight.library import ProbeLibrary
from playground.reward.design import Design
from playground.reward.term import Floats

REMAIN: Final = (0.1, 1e-4)
"""What must remain of the returns' deviation, tried in turn: a reward that pays next to nothing is hardly repaired."""
GRID: Final = 81
"""Places of a slider that are tried."""

NEEDED: Final = 2
"""Success beats failure and lingering."""
ALL: Final = 3
"""And waiting beats failure, so that who cannot succeed yet does not learn to fail."""
RISK: Final = 4
"""And success beats waiting by enough to be tried where many tries fail."""

Ranges = dict[str, tuple[float, float]]
"""Lowest and highest value of each weight."""
Pair = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
"""Two groups of episodes ``(E,)``, of which the first shall be paid more."""


class Contest:
    """Successes against everything else, start by start, for many weightings at once."""

    def __init__(self, config: Design, gamma: float, library: ProbeLibrary, remain: float = REMAIN[0]) -> None:
        self.config = config
        sums = sums_of(library, config, gamma)
        size = abs(config.scale) or 1.0  # in units of the scale, which then changes nothing but Gymnasium's share
        self.fixed: Floats = sums[:, -1] * config.w_env / size
        """``(E,)``: what Gymnasium's own reward pays, which no slider of a term moves."""
        signs = np.array([np.sign(config.scale) * term.sign for term in config.terms])
        self.columns: Floats = sums[:, :-1] * signs
        """``(E, terms)``: what each field pays an episode for each unit of its weight."""
        self.start: npt.NDArray[np.int64] = np.unique(library.seeds, return_inverse=True)[1].reshape(-1)
        behaviours = behaviours_of(library)
        groups = (*(behaviours.groups[kind] for kind in KINDS), [behaviours.safe])
        success, failure, lingering, waiting = (np.isin(library.behaviours, list(group)) for group in groups)
        self.duels: tuple[Pair, ...] = (
            (success, failure),
            (success, lingering),
            (waiting, failure),
            (success, waiting),
        )
        """Which shall beat which: two without which a reward is broken, and two without which it is doubtful."""
        first = self.spread(self.returns(weights_of(config)[:, None]))[0]
        self.floor = remain * float(first) or 1.0
        self.starts = np.unique(self.start[success]).tolist()
        self.centred = self._centred(self.columns), self._centred(self.fixed[:, None])[:, 0]
        """Columns and fixed share without the mean of each start."""

    def returns(self, weights: Floats) -> Floats:
        """``(E, N)`` for weights ``(terms, N)``."""
        result: Floats = self.columns @ weights + self.fixed[:, None]
        return result

    def deviation(self, returns: Floats) -> Floats:
        """``(N,)``: of returns from the same start, over all episodes; at least what must remain of it."""
        return np.maximum(self.spread(returns), self.floor)

    def spread(self, returns: Floats) -> Floats:
        """``(N,)``: of returns from the same start, over all episodes."""
        above = self._centred(returns)
        result: Floats = above.std(axis=0)
        return result

    def best(self, returns: Floats, group: npt.NDArray[np.bool_]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """From each start the best return of a group, ``(S, N)``, NaN where none was flown, and whose it is."""
        found = np.full((len(self.starts), returns.shape[1]), np.nan)
        which = np.full(found.shape, -1)
        for row, s in enumerate(self.starts):
            indices = np.flatnonzero(group & (self.start == s))
            if len(indices):
                which[row] = indices[returns[indices].argmax(axis=0)]
                found[row] = returns[indices].max(axis=0)
        return found, which

    def cuts(self, weights: Floats, duel: Pair, margin: float) -> list[tuple[Floats, float]]:
        """Constraints slope·weights + base ≥ 0 that hold where the present best of a duel keep a margin.

        One by a margin in deviations: they are a norm of the returns, so its tangent never exceeds it. One by a margin
        in what must remain of them.
        """
        returns = self.returns(weights[:, None])
        land, other = (self.best(returns, group)[1][:, 0] for group in duel)
        met = (land >= 0) & (other >= 0)
        gap = (self.columns[land[met]] - self.columns[other[met]]).mean(axis=0)
        fixed = float((self.fixed[land[met]] - self.fixed[other[met]]).mean())
        columns, constant = self.centred
        above = columns @ weights + constant
        above /= np.linalg.norm(above) * np.sqrt(len(above)) or 1.0
        relative = gap - margin * (above @ columns), fixed - margin * float(above @ constant)
        return [relative, (gap, fixed - margin * self.floor)]

    def _centred(self, values: Floats) -> Floats:
        """Without the mean of each start."""
        centred = values.copy()
        for s in range(int(self.start.max()) + 1):
            centred[self.start == s] -= values[self.start == s].mean(axis=0)
        return centred

    def gaps(self, weights: Floats, duels: int = NEEDED) -> Floats:
        """``(duels, N)``: by how many deviations the first of each duel pays more than the second."""
        returns = self.returns(weights)
        unit = self.deviation(returns)
        pairs = [(self.best(returns, one)[0], self.best(returns, other)[0]) for one, other in self.duels[:duels]]
        return np.stack([np.nanmean(good - bad, axis=0) / unit for good, bad in pairs])


def with_weight(config: Design, name: str, value: float) -> Design:
    """The reward with one weight changed."""
    return config.changed(**{name: value})


def weights_of(config: Design) -> Floats:
    """``(terms,)``: as the sliders show them."""
    return np.array([config.weight_of(term) for term in config.terms], np.float64)


def varied(config: Design, name: str, places: Floats) -> Floats:
    """Weights ``(terms, N)`` with one of them at each place."""
    weights = np.repeat(weights_of(config)[:, None], len(places), axis=1)
    weights[[term.weight for term in config.terms].index(name)] = places
    return weights


def slider_bounds(config: Design) -> Ranges:
    """Each weight's slider, widened to where the weight stands."""
    limits = {}
    for term in config.terms:
        slider, value = term.sliders[config.form], config.weight_of(term)
        limits[term.weight] = (min(slider.low, value), max(slider.high, value))
    return limits
