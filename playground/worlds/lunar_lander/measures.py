"""How well a lander landed: scores of one episode that no weight can change."""

import numpy as np

from playground.flight.trajectory import Trajectory
from playground.flight.world import Measure
from playground.worlds.lunar_lander.geometry import PAD_HALF_WIDTH, speed
from playground.worlds.lunar_lander.outcomes import Outcome


def on_pad(trajectory: Trajectory) -> bool:
    """Landed with the body between the flags."""
    middle = abs(trajectory.observations[-1, 0]) <= np.float32(PAD_HALF_WIDTH)
    return bool(trajectory.outcome == Outcome.LANDED and middle)


def touchdown_speed(trajectory: Trajectory) -> float:
    """Speed in m/s on the last observation before a leg first touched; NaN if none ever did."""
    contact = (trajectory.observations[:, 6:8] > 0.5).any(axis=1)
    if not contact.any():
        return float("nan")
    return float(speed(trajectory.observations[max(int(contact.argmax()) - 1, 0)]))


def main_firings(trajectory: Trajectory) -> int:
    """Steps with the main engine on."""
    return int((trajectory.actions == 2).sum())


def side_firings(trajectory: Trajectory) -> int:
    """Steps with a side engine on."""
    return int(np.isin(trajectory.actions, (1, 3)).sum())


MEASURES = (
    Measure("on_pad", on_pad, "on_pad_rate", bool),
    Measure("touchdown_speed", touchdown_speed, "touchdown_speed_m_s"),
    Measure("main_firings", main_firings, "main_firings", int),
    Measure("side_firings", side_firings, "side_firings", int),
)
