"""Gymnasium's MountainCar-v0, as a value."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.probes import Probes
from playground.flight.trajectory import Observations, Trajectory
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


class Swing:
    """Pushes the way that the car rolls, so that it swings higher and higher.

    Args:
        stop: it pushes back to the left beyond this place, and so never reaches a flag to the right of it.
    """

    def __init__(self, stop: float = 1.0) -> None:
        self.stop = stop

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)``."""
        x, vx = observations.T
        return np.where((vx < 0) | (x > self.stop), 0, 2).astype(np.int64)


def probes() -> Probes:
    """Pilots that swing, to the flag or short of it."""
    return {"swing": lambda seed: Swing(), "swing_low": lambda seed: Swing(-0.2), "swing_high": lambda seed: Swing(0.1)}


WORLD: Final = World(
    id=MountainCarReward.env_id,
    module=__name__,
    design=MountainCarReward,
    presets=PRESETS,
    quantities=(
        Quantity(
            "x",
            "",
            near=0.03,
            help={"en": "Place on the track; the flag is at 0.5.", "zh": "轨道上的位置；旗帜在 0.5。"},
        ),
        Quantity("vx", "per step", near=0.003, help={"en": "Speed to the right.", "zh": "向右的速度。"}),
    ),
    actions=("left", "coast", "right"),
    max_steps=200,
    steps_per_second=30,
    make=make,
    outcomes={"reached": "success", "timeout": "timeout"},
    outcome_of=outcome_of,
    rates={"reach_rate": ("reached",), "timeout_rate": ("timeout",)},
    outcome_names={
        "reached": {"en": "reaching the flag", "zh": "到达旗帜"},
        "timeout": {"en": "driving until time is up", "zh": "一直开到时间用完"},
    },
    measures=(Measure("height", greatest_height, "greatest_height"),),
    probes=probes,
    loop_steps=20,
    training={"steps": 500_000, "persistence": 0.0},
)
