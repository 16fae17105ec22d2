"""Scripted pilots: behaviours that need no training, to hold a reward against and to test with.

Each is a batch pilot without memory. `Heuristic` is the controller that Gymnasium ships with LunarLander.

Leaves out: what a reward thinks of them; that is the flight check's work.
"""

from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
from gymnasium.envs.box2d.lunar_lander import heuristic

from playground.lander.simulator import N_ACTIONS, Observations

Actions = npt.NDArray[np.int64]

_DISCRETE = SimpleNamespace(unwrapped=SimpleNamespace(continuous=False))
"""All that `heuristic` asks of an environment."""


class Heuristic:
    """Gymnasium's hand-written controller."""

    def act(self, observations: Observations) -> Actions:
        """Actions ``(n,)``; the controller looks at one lander at a time."""
        return np.array([heuristic(_DISCRETE, observation) for observation in observations], np.int64)


class Random:
    """Uniform actions.

    Args:
        rng: where they come from.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def act(self, observations: Observations) -> Actions:
        """Actions ``(n,)``."""
        return self.rng.integers(0, N_ACTIONS, len(observations))


class Constant:
    """The same action always: 0 falls freely, 2 burns the main engine until it leaves or falls.

    Args:
        action: 0 to 3.
    """

    def __init__(self, action: int) -> None:
        self.action = action

    def act(self, observations: Observations) -> Actions:
        """Actions ``(n,)``."""
        return np.full(len(observations), self.action)


class Hover:
    """Stays upright at a height above the pad until the time is up.

    Args:
        height: target y in LunarLander's units; 0 is the pad.
    """

    def __init__(self, height: float = 0.6) -> None:
        self.height = height

    def act(self, observations: Observations) -> Actions:
        """Actions ``(n,)``: tilt towards the pad's middle, burn when sinking below the height."""
        x, y, vx, vy, tilt, spin = observations[:, :6].T
        lean = tilt - np.clip(0.5 * x + vx, -0.4, 0.4)
        turn = 0.5 * lean + spin
        lift = self.height - y - vy
        actions = np.where(lift > 0.1, 2, 0)
        return np.where(turn > 0.1, 3, np.where(turn < -0.1, 1, actions)).astype(np.int64)
