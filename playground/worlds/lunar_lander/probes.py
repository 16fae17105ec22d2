"""Scripted pilots: behaviours that need no training, to hold a reward against and to test with.

Most are batch pilots without memory; those that remember fly one lander at a time. `Heuristic` is the controller that
Gymnasium ships with LunarLander. What a probe is called is what it tries; what it did is measured from its episode.

Leaves out: what a reward thinks of them; that is the work of ``insight.check``.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gymnasium.envs.box2d.lunar_lander import heuristic

from playground.flight.probes import Constant
from playground.flight.trajectory import Observations
from playground.worlds.lunar_lander.geometry import N_ACTIONS

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


class Autopilot:
    """Flies to a place and holds it, or comes down there: upright, sinking the slower the lower it is.

    Args:
        x: where to, in LunarLander's units; 0 is the pad's middle, ±1 the screen's edge.
        height: y to hold; below 0 it comes down.
        brake: how much faster it may sink a unit higher up; small is slow and dear, large is late and bold.
        touch: the sinking speed that it lets pass near the height.
    """

    def __init__(self, x: float = 0.0, height: float = -0.1, brake: float = 1.0, touch: float = 0.1) -> None:
        self.x, self.height, self.brake, self.touch = x, height, brake, touch

    def act(self, observations: Observations) -> Actions:
        """Actions ``(n,)``: tilt towards the place, burn when sinking too fast; engines rest on the ground."""
        x, y, vx, vy, tilt, spin = observations[:, :6].T
        lean = tilt - np.clip(0.5 * (x - self.x) + vx, -0.4, 0.4)
        turn = 0.5 * lean + spin
        lift = self.brake * (self.height - y) - self.touch - vy
        actions = np.where(lift > 0, 2, 0)
        actions = np.where(turn > 0.05, 3, np.where(turn < -0.05, 1, actions))
        down = observations[:, 6:].any(axis=1) & (self.height < 0)
        return np.where(down, np.where(vy < -0.2, 2, 0), actions).astype(np.int64)


class Restless:
    """Lands, but puffs before it falls asleep, so that its episode never ends. Flies one lander at a time.

    Args:
        every: steps between two puffs; the lander would rest after about 25.
        pilot: who flies it down.
        main: puff with the main engine, which lifts it, instead of the side engines in turn.
    """

    def __init__(self, every: int = 15, pilot: Autopilot | None = None, main: bool = False) -> None:
        self.every, self.pilot, self.main = every, pilot or Autopilot(brake=0.6, touch=0.05), main
        self._waited = self._puffs = 0

    def act(self, observations: Observations) -> Actions:
        """Actions ``(1,)``."""
        if not observations[0, 6:].any():
            return self.pilot.act(observations)
        self._waited += 1
        if self._waited % self.every:
            return np.zeros(1, np.int64)
        self._puffs += 1
        return np.array([2 if self.main else 1 if self._puffs % 2 else 3], np.int64)


class Tapping:
    """Touches the ground, lifts off, comes down again. Flies one lander at a time.

    Args:
        lift: steps of main engine after each touch.
    """

    def __init__(self, lift: int = 8) -> None:
        self.lift, self.pilot = lift, Autopilot(brake=0.6, touch=0.05)
        self._left = 0

    def act(self, observations: Observations) -> Actions:
        """Actions ``(1,)``."""
        if observations[0, 6:].any():
            self._left = self.lift
        if self._left:
            self._left -= 1
            return np.full(1, 2)
        return self.pilot.act(observations)


class Circling:
    """Flies between two places for ever. Flies one lander at a time.

    Args:
        places: x and height of each.
        stay: steps on the way to each.
    """

    def __init__(self, places: tuple[tuple[float, float], ...], stay: int = 100) -> None:
        self.pilots = [Autopilot(x, height, touch=0.0) for x, height in places]
        self.stay = stay
        self._steps = 0

    def act(self, observations: Observations) -> Actions:
        """Actions ``(1,)``."""
        pilot = self.pilots[self._steps // self.stay % len(self.pilots)]
        self._steps += 1
        return pilot.act(observations)


PROBES: Final[dict[str, Callable[[int], Any]]] = {
    "heuristic": lambda seed: Heuristic(),
    "land": lambda seed: Autopilot(),
    "land_gently": lambda seed: Autopilot(brake=0.6, touch=0.05),
    "land_slowly": lambda seed: Autopilot(brake=0.25, touch=0.05),
    "brake_late": lambda seed: Autopilot(brake=1.25, touch=0.05),
    "brake_too_late": lambda seed: Autopilot(brake=1.8),
    "land_hard": lambda seed: Autopilot(brake=0.6, touch=0.2),
    "land_left": lambda seed: Autopilot(x=-0.4, brake=0.35, touch=0.05),
    "land_right": lambda seed: Autopilot(x=0.4, brake=0.35, touch=0.05),
    "hover_low": lambda seed: Autopilot(height=0.2),
    "hover": lambda seed: Autopilot(height=0.6),
    "hover_high": lambda seed: Autopilot(height=1.2),
    "hover_aside": lambda seed: Autopilot(x=0.6, height=0.6),
    "puff": lambda seed: Restless(),
    "puff_often": lambda seed: Restless(every=4),
    "puff_aside": lambda seed: Restless(pilot=Autopilot(x=0.4, brake=0.35, touch=0.05)),
    "puff_main": lambda seed: Restless(every=20, main=True),
    "tap": lambda seed: Tapping(),
    "tap_softly": lambda seed: Tapping(lift=2),
    "circle_wide": lambda seed: Circling(((-0.5, 0.6), (0.5, 0.6)), stay=200),
    "circle_tall": lambda seed: Circling(((0.0, 0.3), (0.0, 0.9))),
    "fall": lambda seed: Constant(0),
    "spin_left": lambda seed: Constant(1),
    "spin_right": lambda seed: Constant(3),
    "thrust": lambda seed: Constant(2),
    "drift_left": lambda seed: Autopilot(x=-3.0, height=0.8),
    "drift_right": lambda seed: Autopilot(x=3.0, height=0.8),
    "rise": lambda seed: Autopilot(height=5.0),
    "random": lambda seed: Random(np.random.default_rng(seed)),
}
"""Scripted behaviours by name, each a pilot for one episode of a seed."""
