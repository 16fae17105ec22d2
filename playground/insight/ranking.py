"""Recorded behaviours ranked by what a reward pays for them.

A return is linear in the weights, so the returns of all recorded episodes are a matrix of discounted component sums
times one vector. Starts differ in what can be had from them, so behaviours are compared from the same one.

Leaves out: what the ranking means (``flight_check``), and what PPO makes of it (``forecast``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.insight.columns import sums_of
from playground.insight.library import ProbeLibrary
from playground.reward.design import Design
from playground.reward.term import Floats

NOISE: Final = 1e-9
"""Returns that differ by less than this share of what is paid are alike: the rest is rounding."""


@dataclass(frozen=True)
class Ranked:
    """One behaviour as the reward sees it: its best-paid variant."""

    behaviour: str
    """One that was recorded; in a world without recorded behaviours, an outcome."""
    names: Mapping[str, str]
    """What the world calls it, by language; empty where the texts have its name."""
    outcome: str
    """How it ends, as the world calls it: for instance landing, crash or timeout."""
    probe: str
    """Which recording pays best among those that did this."""
    mean: float
    """Discounted return over its seeds."""
    spread: float
    """Standard deviation over its seeds, of how far it lies above what each start pays on average."""
    episode: int
    """Index in the library of its episode nearest the mean, for playing."""


class Ranking:
    """The library under one reward, start by start.

    Starts differ in what can be had from them, so behaviours are compared from the same one: the best-paid episode
    of each from each seed.
    """

    def __init__(self, config: Design, gamma: float, library: ProbeLibrary) -> None:
        self.config, self.gamma, self.library = config, gamma, library
        self.weights = config.factors
        self.paid: Floats = sums_of(library, config, gamma) * self.weights
        """``(E, parts)``: discounted."""
        self.returns: Floats = self.paid.sum(axis=1)
        self.starts = np.unique(library.seeds)
        levels = [float(self.returns[library.seeds == seed].mean()) for seed in self.starts]
        self.levels: Floats = np.array(levels)
        """``(S,)``: what a start pays on average."""
        above = self.returns - self.levels[np.searchsorted(self.starts, library.seeds)]
        self.above: Floats = above
        """``(E,)``: how far each episode lies above what its start pays on average."""
        self.noise = NOISE * float(np.abs(self.paid).sum(axis=1).max())
        """Below this, returns are alike."""
        largest = float(np.abs(above).max())
        self.deviation = largest * float((above / largest).std()) if largest > self.noise else 0.0
        """Of returns from the same start; divided first, since squares of tiny ones vanish."""
        self.rows = tuple(sorted((self._rank(b) for b in library.labels), key=lambda row: -row.mean))

    @property
    def unit(self) -> float:
        """The deviation, or 1 where all returns are alike."""
        return self.deviation or 1.0

    def best(self, of: Sequence[str]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """From each start the best return of some behaviours, ``(S,)``, NaN where none was flown; and its episode."""
        returns = np.array([self._best[behaviour][0] for behaviour in of])
        episodes = np.array([self._best[behaviour][1] for behaviour in of])
        first = np.where(np.isnan(returns), -np.inf, returns).argmax(axis=0)
        columns = np.arange(len(self.starts))
        return returns[first, columns], episodes[first, columns]

    @cached_property
    def _best(self) -> dict[str, tuple[list[float], list[int]]]:
        """The same for each behaviour alone."""
        found = {}
        for behaviour in self.library.labels:
            returns, episodes = [], []
            for indices in self.library.flown(behaviour):
                best = indices[self.returns[indices].argmax()] if len(indices) else -1
                episodes.append(int(best))
                returns.append(float(self.returns[best]) if len(indices) else np.nan)
            found[behaviour] = returns, episodes
        return found

    def _rank(self, behaviour: str) -> Ranked:
        returns, episodes = self.best([behaviour])
        above = returns - self.levels
        mean = float(np.nanmean(above))
        typical = int(np.nanargmin(np.abs(above - mean)))
        probe = str(self.library.names[episodes[typical]])
        level = float(self.levels.mean())
        world = self.library.world
        names = world.outcome_names.get(behaviour, {})
        return Ranked(
            behaviour,
            names,
            world.end_of(behaviour),
            probe,
            level + mean,
            float(np.nanstd(above)),
            int(episodes[typical]),
        )

    def duel(self, one: Sequence[str], other: Sequence[str]) -> tuple[float, tuple[int, int]]:
        """How much more the best of one kind pays than the best of the other, over common starts, in deviations.

        Returns:
            The mean difference, 0 where rounding alone tells them apart, and the two episodes from the start where it
            is most typical.
        """
        (a, a_episodes), (b, b_episodes) = self.best(one), self.best(other)
        gaps = a - b
        gaps = np.where(np.abs(gaps) <= self.noise, 0.0, gaps) / self.unit
        mean = float(np.nanmean(gaps))
        typical = int(np.nanargmin(np.abs(gaps - mean)))
        return mean, (int(a_episodes[typical]), int(b_episodes[typical]))
