"""Gymnasium's MountainCar-v0, as a value."""

from typing import Any, Final

import numpy.typing as npt

from playground.flight.trajectory import Trajectory
from playground.flight.world import Measure, Quantity, World
from playground.worlds.mountain_car.presets import PRESETS
from playground.worlds.mountain_car.terms import MountainCarReward, height


def make(conditions: None, render_mode: str | None) -> Any:
    """A bare car in its valley."""
    from gymnasium.envs.classic_control.mountain_car import MountainCarEnv  # not needed to know the world

    return MountainCarEnv(render_mode=render_mode)


def outcome_of(terminated: bool, last_reward: float, last_observation: npt.NDArray[Any]) -> str:
    """The outcome that an episode's last step shows."""
    return "reached" if terminated else "timeout"


def greatest_height(trajectory: Trajectory) -> float:
    """The highest place that the car came to: 0 is the valley's floor, 1 the hilltop."""
    return float(height(trajectory.observations).max())


WORLD: Final = World(
    id=MountainCarReward.env_id,
    module=__name__,
    design=MountainCarReward,
    presets=PRESETS,
    quantities=(
        Quantity("x", "", {"en": "Place along the track; the flag is at 0.5.", "zh": "沿轨道的位置；旗帜在 0.5。"}),
        Quantity("vx", "per step", {"en": "Speed to the right.", "zh": "向右的速度。"}),
    ),
    actions=("left", "coast", "right"),
    max_steps=200,
    steps_per_second=30,
    make=make,
    outcomes={"reached": "success", "timeout": "timeout"},
    outcome_of=outcome_of,
    rates={"reach_rate": ("reached",), "timeout_rate": ("timeout",)},
    measures=(Measure("height", greatest_height, "greatest_height"),),
    training={"steps": 500_000, "persistence": 0.0},
)
