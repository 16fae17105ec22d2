"""How well a lander landed: scores of one episode that no weight can change."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from playground.flight.trajectory import Trajectory
from playground.flight.world import Measure
from playground.reward.term import Floats
from playground.worlds.lunar_lander.geometry import PAD_HALF_WIDTH, STEPS_PER_SECOND, speed
from playground.worlds.lunar_lander.outcomes import Outcome

if TYPE_CHECKING:
    from playground.flight.scorecard import Scorecard


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


def _of_100(card: "Scorecard", *outcomes: Outcome) -> Floats:
    """100 where an episode ended in one of these ways, else 0."""
    return np.where(np.isin(card.outcomes, outcomes), 100.0, 0.0)


SCORES: Final[Mapping[str, Callable[["Scorecard"], Floats]]] = {
    "landed": lambda card: _of_100(card, Outcome.LANDED),
    "native": lambda card: card.native_return,
    "crashed": lambda card: _of_100(card, Outcome.CRASHED, Outcome.OUT_OF_BOUNDS),
    "timeout": lambda card: _of_100(card, Outcome.TIMEOUT),
    "touchdown": lambda card: card.measured["touchdown_speed"],
    "fuel": lambda card: np.asarray(card.measured["main_firings"] + card.measured["side_firings"], np.float64),
    "time": lambda card: np.where(card.outcomes == Outcome.LANDED, card.steps / STEPS_PER_SECOND, np.nan),
}
"""What is compared, each ``(n,)`` by episode: three outcomes in episodes of a hundred, Gymnasium's return, m/s at
touchdown, engine firings, and seconds until it landed. NaN where an episode has no such value."""
