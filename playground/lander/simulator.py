"""LunarLander without wrappers, and the numbers of its world.

``gymnasium.make`` stacks an order check, a type check and a time limit around the lander. Everything
that flies many episodes here steps the bare class instead and counts to ``MAX_STEPS`` itself. Without
a render mode no smoke is simulated; the physics are the same (LunarLander's own comment says so).

Leaves out: rewards and policies.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gymnasium.envs.box2d.lunar_lander import FPS, SCALE, VIEWPORT_H, VIEWPORT_W, LunarLander

ENV_ID: Final = "LunarLander-v3"
MAX_STEPS: Final = 1000
"""Gymnasium's time limit for LunarLander-v3."""
STEPS_PER_SECOND: Final = FPS
OBSERVATION_SIZE: Final = 8
N_ACTIONS: Final = 4
ACTION_NAMES: Final = ("idle", "left", "main", "right")
HALF_WIDTH: Final = VIEWPORT_W / SCALE / 2
"""World metres per unit of x."""
HALF_HEIGHT: Final = VIEWPORT_H / SCALE / 2
"""World metres per unit of y."""
PAD_HALF_WIDTH: Final = 0.2
"""The flags stand at x = ±0.2: two of eleven terrain chunks, each a tenth of the screen."""

Observations = npt.NDArray[np.float32]


def make_simulator(render_mode: str | None = None) -> Any:
    """A bare LunarLander with discrete actions."""
    return LunarLander(render_mode=render_mode)


def speed(observations: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Speed in world metres a second.

    LunarLander scales its velocities by half the viewport and the frame rate, differently in x and y.

    Args:
        observations: ``(…, 8)``.

    Returns:
        ``(…)``.
    """
    vx = np.asarray(observations[..., 2], np.float64) * FPS / HALF_WIDTH
    vy = np.asarray(observations[..., 3], np.float64) * FPS / HALF_HEIGHT
    return np.hypot(vx, vy)
