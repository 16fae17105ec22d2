"""One flown episode: observations, actions and Gymnasium's rewards, enough to rebuild any reward.

Leaves out: components and weights. `Trajectory.transitions` hands them to ``playground.reward``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.reward.terms import Transitions
from playground.worlds.lunar_lander.conditions import CALM, Conditions
from playground.worlds.lunar_lander.simulator import OBSERVATION_SIZE, STEPS_PER_SECOND, Observations


class Outcome(StrEnum):
    """How an episode ended."""

    LANDED = "landed"
    """Came to rest: Gymnasium's +100."""
    CRASHED = "crashed"
    """The body touched the ground: Gymnasium's −100."""
    OUT_OF_BOUNDS = "out_of_bounds"
    """Left the screen sideways: Gymnasium's −100."""
    TIMEOUT = "timeout"
    """Still flying after 1,000 steps; truncated, not terminated."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """An episode of T steps."""

    seed: int
    """Seed of ``reset``, which fixes terrain, first push and engine noise."""
    observations: Observations
    """``(T + 1, 8)`` float32, the reset observation first."""
    actions: npt.NDArray[np.int64]
    """``(T,)``, 0 to 3."""
    rewards: npt.NDArray[np.float64]
    """``(T,)``, Gymnasium's own."""
    terminated: bool
    """True if the lander ended the episode, false if the time limit did."""
    conditions: Conditions = CALM
    """The world that it was flown in."""

    def __post_init__(self) -> None:
        steps = len(self.actions)
        if steps == 0:
            raise ValueError("an episode has at least one step")
        if self.observations.shape != (steps + 1, OBSERVATION_SIZE) or self.rewards.shape != (steps,):
            raise ValueError(
                f"{steps} actions need {(steps + 1, OBSERVATION_SIZE)} observations and {(steps,)} rewards, "
                f"got {self.observations.shape} and {self.rewards.shape}"
            )

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def transitions(self) -> Transitions:
        """The steps, each with leading shape ``(T,)``; only the last one can terminate."""
        terminated = np.zeros(len(self), np.bool_)
        terminated[-1] = self.terminated
        return Transitions(self.observations[:-1], self.actions, self.observations[1:], self.rewards, terminated)

    @property
    def outcome(self) -> Outcome:
        """How the episode ended."""
        return outcome_of(self.terminated, self.rewards[-1], self.observations[-1])

    @property
    def seconds(self) -> float:
        """Simulated duration in seconds."""
        return len(self) / STEPS_PER_SECOND


def outcome_of(terminated: bool, last_reward: float, last_observation: npt.NDArray[Any]) -> Outcome:
    """The outcome that an episode's last step shows."""
    if not terminated:
        return Outcome.TIMEOUT
    if last_reward > 0:
        return Outcome.LANDED
    return Outcome.OUT_OF_BOUNDS if abs(last_observation[0]) >= 1 else Outcome.CRASHED
