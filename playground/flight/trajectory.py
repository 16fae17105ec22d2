"""One flown episode: observations, actions and Gymnasium's rewards, enough to rebuild any reward.

Leaves out: components and weights. `Trajectory.transitions` hands them to ``playground.reward``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.flight.world import World
from playground.reward.term import Transitions

Observations = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """An episode of T steps."""

    world: World
    seed: int
    """Seed of ``reset``, which fixes the start and, in most worlds, all noise."""
    observations: Observations
    """``(T + 1, n)`` float32, the reset observation first."""
    actions: npt.NDArray[np.int64]
    """``(T,)``"""
    rewards: npt.NDArray[np.float64]
    """``(T,)``, Gymnasium's own."""
    terminated: bool
    """True if the world ended the episode, false if the time limit did."""
    conditions: Any = None
    """Of the world; by default its own."""

    def __post_init__(self) -> None:
        if self.conditions is None:
            object.__setattr__(self, "conditions", self.world.calm)
        steps = len(self.actions)
        if steps == 0:
            raise ValueError("an episode has at least one step")
        shape = (steps + 1, self.world.observation_size)
        if self.observations.shape != shape or self.rewards.shape != (steps,):
            raise ValueError(
                f"{steps} actions need {shape} observations and {(steps,)} rewards, "
                f"got {self.observations.shape} and {self.rewards.shape}"
            )

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def transitions(self) -> Transitions:
        """The steps, each with leading shape ``(T,)``; only the last one ends the episode."""
        terminated, truncated = np.zeros((2, len(self)), np.bool_)
        terminated[-1], truncated[-1] = self.terminated, not self.terminated
        before, after = self.observations[:-1], self.observations[1:]
        return Transitions(before, self.actions, after, self.rewards, terminated, truncated)

    @property
    def outcome(self) -> str:
        """How the episode ended: one of ``world.outcomes``."""
        return self.world.outcome_of(self.terminated, float(self.rewards[-1]), self.observations[-1])

    @property
    def succeeded(self) -> bool:
        """It ended as the world's task wants it."""
        return self.world.outcomes[self.outcome] == "success"

    @property
    def seconds(self) -> float:
        """Simulated duration in seconds."""
        return len(self) / self.world.steps_per_second
