"""Gymnasium's CartPole-v1, as a value."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.trajectory import Trajectory
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
    measures=(Measure("tilt", mean_tilt, "tilt_deg"), Measure("offset", mean_offset, "offset_m")),
    training={"steps": 200_000},
)
