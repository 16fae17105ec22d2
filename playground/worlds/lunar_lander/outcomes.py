"""How a lander's episode ends.

Leaves out: how well it was flown (``measures``).
"""

from enum import StrEnum
from typing import Any

import numpy.typing as npt


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


def outcome_of(terminated: bool, last_reward: float, last_observation: npt.NDArray[Any]) -> Outcome:
    """The outcome that an episode's last step shows."""
    if not terminated:
        return Outcome.TIMEOUT
    if last_reward > 0:
        return Outcome.LANDED
    return Outcome.OUT_OF_BOUNDS if abs(last_observation[0]) >= 1 else Outcome.CRASHED
