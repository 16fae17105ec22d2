"""What a lander's episode can be: its behaviours, how each is recognised, and which are better than which.

An episode is labelled by what it did, as measured, not by what it tried.

Leaves out: flying them (``probes``), and what a reward pays for them (``insight``).
"""

from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from playground.flight.behaviours import Attribute, Behaviours, ForecastData
from playground.flight.trajectory import Trajectory
from playground.worlds.lunar_lander.geometry import PAD_HALF_WIDTH
from playground.worlds.lunar_lander.measures import touchdown_speed
from playground.worlds.lunar_lander.outcomes import Outcome

FOLDER: Final = Path(__file__).resolve().parent
SOON: Final = 130
"""Steps before which a crash is no more than falling."""
HARD: Final = 1.5
"""Touchdown speed in metres a second from which a landing is hard."""


ENGINES: Final = frozenset(
    {"main", "side", "fires", "idle", "left_engine", "right_engine", "action", "prev_action", "env"}
)
"""Words that tell whether an engine fires, or whose value depends on it."""


class Behaviour(StrEnum):
    """What an episode did."""

    SOFT_LANDING = "soft_landing"
    HARD_LANDING = "hard_landing"
    OFF_PAD_LANDING = "off_pad_landing"
    CRASH_SOON = "crash_soon"
    CRASH_LATE = "crash_late"
    OUT_OF_BOUNDS = "out_of_bounds"
    HOVERING = "hovering"
    CIRCLING = "circling"
    FLYING_AWAY = "flying_away"
    SITTING = "sitting"
    """On the ground, never asleep, to the time-out."""
    TAPPING = "tapping"
    """Up and down on the ground, to the time-out."""


LANDINGS: Final = (Behaviour.SOFT_LANDING, Behaviour.HARD_LANDING, Behaviour.OFF_PAD_LANDING)
LINGERING: Final = (Behaviour.HOVERING, Behaviour.CIRCLING, Behaviour.FLYING_AWAY, Behaviour.SITTING, Behaviour.TAPPING)
CRASHES: Final = (Behaviour.CRASH_SOON, Behaviour.CRASH_LATE, Behaviour.OUT_OF_BOUNDS)


def behaviour_of(episode: Trajectory) -> Behaviour:
    """What an episode did, from its observations alone."""
    x, y = episode.observations[:, 0], episode.observations[:, 1]
    if episode.outcome == Outcome.LANDED:
        if abs(x[-1]) > PAD_HALF_WIDTH:
            return Behaviour.OFF_PAD_LANDING
        return Behaviour.HARD_LANDING if touchdown_speed(episode) >= HARD else Behaviour.SOFT_LANDING
    if episode.outcome == Outcome.OUT_OF_BOUNDS:
        return Behaviour.OUT_OF_BOUNDS
    if episode.outcome == Outcome.CRASHED:
        return Behaviour.CRASH_SOON if len(episode) < SOON else Behaviour.CRASH_LATE
    later = slice(len(y) // 2, None)
    contact = episode.observations[later, 6:].any(axis=1).mean()
    if contact > 0.7:
        return Behaviour.SITTING
    if contact > 0.02:
        return Behaviour.TAPPING
    if y[-1] > 1.5:
        return Behaviour.FLYING_AWAY
    travelled = np.hypot(np.ptp(x[later]), np.ptp(y[later]))
    return Behaviour.CIRCLING if travelled > 0.4 else Behaviour.HOVERING


B = Behaviour
BEHAVIOURS: Final = Behaviours(
    names=tuple(Behaviour),
    label=behaviour_of,
    groups={"success": LANDINGS, "failure": CRASHES, "timeout": LINGERING},
    kinds={"success": "landing", "failure": "crash", "timeout": "timeout"},
    safe=B.HOVERING,
    wanted={
        B.SOFT_LANDING: [B.SOFT_LANDING],
        B.OFF_PAD_LANDING: [B.OFF_PAD_LANDING],
        B.HOVERING: [B.HOVERING],
        "crashing": CRASHES,
    },
    attributes=(
        Attribute("landing_on_the_pad", [B.SOFT_LANDING], [B.OFF_PAD_LANDING]),
        Attribute("touchdown_speed", [B.SOFT_LANDING], [B.HARD_LANDING]),
        Attribute("fuel", parts=("pen_main", "pen_side", "env_reward"), words=ENGINES),
    ),
    recordings=FOLDER / "probes.npz",
)

FORECAST: Final = ForecastData(
    folder=FOLDER,
    duels={
        "landing over crash": (LANDINGS, CRASHES),
        "landing over lingering": (LANDINGS, LINGERING),
        "hovering over crash": ([B.HOVERING], CRASHES),
        "hovering over crashing soon": ([B.HOVERING], [B.CRASH_SOON]),
        "late over soon": ([B.CRASH_LATE], [B.CRASH_SOON]),
        "bounds over crashing soon": ([B.OUT_OF_BOUNDS], [B.CRASH_SOON]),
        "soft over hard": ([B.SOFT_LANDING], [B.HARD_LANDING]),
        "on over off the pad": ([B.SOFT_LANDING], [B.OFF_PAD_LANDING]),
        "landing over sitting": (LANDINGS, [B.SITTING]),
        "landing over hovering": (LANDINGS, [B.HOVERING]),
        "sitting over hovering": ([B.SITTING], [B.HOVERING]),
        "hard landing over crashing late": ([B.HARD_LANDING], [B.CRASH_LATE]),
    },
    orders={
        "order of crashes": CRASHES,
        "order of lingering": LINGERING,
        "order of landings": LANDINGS,
        "order of all": tuple(Behaviour),
    },
)
