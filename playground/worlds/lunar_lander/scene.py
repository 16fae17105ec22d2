"""Where everything was, frame by frame: what a picture of an episode needs, in world metres.

The episode is flown again from its seed and actions, without rendering, and Box2D is asked where the bodies are. So a
picture drawn from a `Scene` shows what Gymnasium's own renderer shows, but for the smoke.

Leaves out: drawing. The player draws in the browser, ``recording`` in Gymnasium's own colours.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gymnasium.envs.box2d.lunar_lander import (
    LANDER_POLY,
    LEG_H,
    LEG_W,
    SCALE,
    SIDE_ENGINE_AWAY,
    SIDE_ENGINE_HEIGHT,
    VIEWPORT_H,
    VIEWPORT_W,
)

from playground.flight.rollout import replay
from playground.flight.trajectory import Trajectory
from playground.worlds.lunar_lander.geometry import HALF_HEIGHT, HALF_WIDTH, STEPS_PER_SECOND, velocity

WORLD_WIDTH: Final = VIEWPORT_W / SCALE
WORLD_HEIGHT: Final = VIEWPORT_H / SCALE
BODY: Final = tuple((x / SCALE, y / SCALE) for x, y in LANDER_POLY)
"""The hull's corners around its own middle."""
LEG: Final = (2 * LEG_W / SCALE, 2 * LEG_H / SCALE)
"""Width and height of a leg."""
SIDE_ENGINE: Final = (SIDE_ENGINE_AWAY / SCALE, SIDE_ENGINE_HEIGHT / SCALE)
"""Of the engine on the hull's right; the other one mirrors it."""
SPIN_PER_UNIT: Final = STEPS_PER_SECOND / 20.0
"""Radians a second in one unit of the sixth observation."""

Positions = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """An episode of T steps as T + 1 frames, the reset first."""

    terrain: Positions
    """``(points, 2)``: the ground from the left edge to the right one."""
    pad: tuple[float, float, float]
    """Left flag, right flag, height."""
    body: Positions
    """``(T + 1, 3)``: x, y, angle of the hull."""
    legs: Positions
    """``(T + 1, 2, 3)``: x, y, angle of the leg with the first contact sensor, then of the other."""

    def __len__(self) -> int:
        return len(self.body)


def film(trajectory: Trajectory) -> Scene:
    """Fly an episode again and write down where everything is.

    Raises:
        RuntimeError: flown again, the lander went elsewhere, so the scene would not be of this episode.
    """
    body = np.empty((len(trajectory) + 1, 3), np.float32)
    legs = np.empty((len(trajectory) + 1, 2, 3), np.float32)
    for frame, simulator in enumerate(replay(trajectory)):
        body[frame], legs[frame] = _whereabouts(simulator)
        if frame == 0:
            ground = [polygon[0] for polygon in simulator.sky_polys] + [simulator.sky_polys[-1][1]]
            pad = (float(simulator.helipad_x1), float(simulator.helipad_x2), float(simulator.helipad_y))
    return Scene(np.array(ground, np.float32), pad, body, legs)


def _whereabouts(simulator: Any) -> tuple[Any, Any]:
    bodies = (simulator.lander, *simulator.legs)
    hull, *legs = [(*body.position, body.angle) for body in bodies]
    return hull, legs


def instruments(trajectory: Trajectory) -> dict[str, npt.NDArray[np.float64]]:
    """The observations in plain units, each ``(T + 1,)``.

    ``offset_m`` from the pad's middle, ``height_m`` above where it rests on the pad, ``speed_x_m_s``,
    ``speed_y_m_s``, ``tilt_deg`` (left is positive), ``spin_deg_s``, and ``push_x_m_s2``, ``push_y_m_s2``: what
    engines, ground and wind added to gravity's fall since the frame before (0 in the first frame).
    """
    o = np.asarray(trajectory.observations, np.float64)
    speed_x, speed_y = velocity(o).T
    push_x, push_y = np.zeros(len(o)), np.zeros(len(o))
    push_x[1:] = np.diff(speed_x) * STEPS_PER_SECOND
    push_y[1:] = np.diff(speed_y) * STEPS_PER_SECOND - trajectory.conditions.gravity
    return {
        "offset_m": o[:, 0] * HALF_WIDTH,
        "height_m": o[:, 1] * HALF_HEIGHT,
        "speed_x_m_s": speed_x,
        "speed_y_m_s": speed_y,
        "tilt_deg": np.degrees(o[:, 4]),
        "spin_deg_s": np.degrees(o[:, 5] * SPIN_PER_UNIT),
        "push_x_m_s2": push_x,
        "push_y_m_s2": push_y,
    }
