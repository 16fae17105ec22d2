"""Gymnasium's CartPole-v1, as a value."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.probes import Probes
from playground.flight.trajectory import Observations, Trajectory
from playground.flight.world import Measure, Quantity, World
from playground.worlds.cart_pole.presets import PRESETS
from playground.worlds.cart_pole.terms import CartPoleReward

TRACK_HALF_WIDTH: Final = 2.4
"""Metres from the middle of the track at which the episode ends."""


def make(conditions: None, render_mode: str | None) -> Any:
    """A bare cart with its pole."""
    from gymnasium.envs.classic_control.cartpole import CartPoleEnv  # not needed to know the world

    return CartPoleEnv(render_mode=render_mode)


def outcome_of(terminated: bool, last_reward: float, last_observation: npt.NDArray[Any]) -> str:
    """The outcome that an episode's last step shows."""
    if not terminated:
        return "balanced"
    return "off_track" if abs(last_observation[0]) > TRACK_HALF_WIDTH else "fell"


def mean_tilt(trajectory: Trajectory) -> float:
    """Mean tilt of the pole in degrees."""
    return float(np.degrees(np.abs(trajectory.observations[:, 2])).mean())


def mean_offset(trajectory: Trajectory) -> float:
    """Mean distance from the middle of the track in metres."""
    return float(np.abs(trajectory.observations[:, 0]).mean())


class Balance:
    """Pushes the cart under the pole.

    Args:
        pull: how strongly it goes back to the middle of the track.
    """

    def __init__(self, pull: float) -> None:
        self.pull = pull

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)``."""
        x, vx, angle, omega = observations.T
        return np.asarray(angle + 0.3 * omega + self.pull * (x + vx) > 0, np.int64)


def probes() -> Probes:
    """Pilots that balance."""
    return {"balance": lambda seed: Balance(0.02), "balance_carelessly": lambda seed: Balance(0.0)}


WORLD: Final = World(
    id=CartPoleReward.env_id,
    module=__name__,
    design=CartPoleReward,
    presets=PRESETS,
    quantities=(
        Quantity("x", "m", {"en": "The cart's distance right of the middle.", "zh": "小车相对轨道中央的位置。"}),
        Quantity("vx", "m/s", {"en": "The cart's speed to the right.", "zh": "小车向右的速度。"}),
        Quantity("angle", "rad", {"en": "The pole's tilt to the right.", "zh": "杆向右的倾角。"}),
        Quantity("omega", "rad/s", {"en": "The pole's rate of turning.", "zh": "杆的角速度。"}),
    ),
    actions=("left", "right"),
    max_steps=500,
    steps_per_second=50,
    make=make,
    outcomes={"balanced": "success", "fell": "failure", "off_track": "failure"},
    outcome_of=outcome_of,
    rates={"balanced_rate": ("balanced",), "fall_rate": ("fell",), "off_track_rate": ("off_track",)},
    outcome_names={
        "balanced": {"en": "balancing to the end", "zh": "坚持平衡到最后"},
        "fell": {"en": "letting the pole fall", "zh": "让杆倒下"},
        "off_track": {"en": "leaving the track", "zh": "驶出轨道"},
    },
    measures=(Measure("tilt", mean_tilt, "tilt_deg"), Measure("offset", mean_offset, "offset_m")),
    probes=probes,
    training={"steps": 200_000},
)
