"""The numbers of LunarLander's world, known without loading it; a test compares them with Gymnasium's.

Leaves out: the physics (``simulator``).
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

MAX_STEPS: Final = 1000
"""Gymnasium's time limit for LunarLander-v3."""
STEPS_PER_SECOND: Final = 50
"""Gymnasium's ``FPS``."""
OBSERVATION_SIZE: Final = 8
N_ACTIONS: Final = 4
ACTION_NAMES: Final = ("idle", "left", "main", "right")
HALF_WIDTH: Final = 600 / 30 / 2
"""World metres per unit of x: half of Gymnasium's ``VIEWPORT_W / SCALE``."""
HALF_HEIGHT: Final = 400 / 30 / 2
"""World metres per unit of y: half of ``VIEWPORT_H / SCALE``."""
PAD_HALF_WIDTH: Final = 0.2
"""The flags stand at x = ±0.2: two of eleven terrain chunks, each a tenth of the screen."""


def velocity(observations: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Velocity in world metres a second.

    LunarLander scales its velocities by half the viewport and the frame rate, differently in x and y.

    Args:
        observations: ``(…, 8)``.

    Returns:
        ``(…, 2)``: sideways and upwards.
    """
    units = np.asarray(observations[..., 2:4], np.float64)
    result: npt.NDArray[np.float64] = units * STEPS_PER_SECOND / np.array([HALF_WIDTH, HALF_HEIGHT])
    return result


def speed(observations: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Speed in world metres a second, ``(…)`` for observations ``(…, 8)``."""
    v = velocity(observations)
    return np.hypot(v[..., 0], v[..., 1])
