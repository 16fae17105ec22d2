"""Scripted pilots that fly any world: each action all the time, and actions drawn at random.

Leaves out: controllers that know a world (its own ``probes``).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot
from playground.flight.trajectory import Observations

Probes = Mapping[str, Callable[[int], Pilot]]
"""By name, what makes a pilot for one episode of a seed."""


class Constant:
    """The same action always.

    Args:
        action: its number.
    """

    def __init__(self, action: int) -> None:
        self.action = action

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)``."""
        return np.full(len(observations), self.action)


class Random:
    """Actions drawn at random, each kept for some steps. Flies one episode at a time if it keeps them.

    Args:
        rng: where they come from.
        actions: how many there are.
        keep: steps between two draws.
    """

    def __init__(self, rng: np.random.Generator, actions: int, keep: int = 1) -> None:
        self.rng, self.actions, self.keep = rng, actions, keep
        self._steps = 0
        self._drawn = np.zeros(0, np.int64)

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)``."""
        if self._steps % self.keep == 0:
            self._drawn = self.rng.integers(0, self.actions, len(observations))
        self._steps += 1
        return self._drawn


def simple_probes(actions: tuple[str, ...]) -> dict[str, Callable[[int], Pilot]]:
    """A pilot for each action, and random ones.

    Args:
        actions: names of the world's.
    """

    def constant(action: int, seed: int) -> Pilot:
        return Constant(action)

    def random(keep: int, seed: int) -> Pilot:
        return Random(np.random.default_rng(seed), len(actions), keep)

    probes: dict[str, Any] = {name: partial(constant, action) for action, name in enumerate(actions)}
    return {**probes, "random": partial(random, 1), "random_slow": partial(random, 10)}
