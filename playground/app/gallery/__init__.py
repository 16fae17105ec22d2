"""The evaluation episodes as small pictures, coloured by outcome, to sort by any score and to pick from.

Leaves out: flying them, and what is done with the picked one (``views.playground``).
"""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Final

import numpy as np
import streamlit as st

from playground.app.texts import say
from playground.flight.scorecard import Scorecard
from playground.flight.trajectory import Trajectory
from playground.reward.design import Design
from playground.studies.colours import OUTCOME_COLOURS
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.geometry import HALF_HEIGHT, HALF_WIDTH, PAD_HALF_WIDTH, STEPS_PER_SECOND
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.scene import WORLD_HEIGHT, WORLD_WIDTH

POINTS: Final = 28
"""Of a path, at most."""
PAD_HEIGHT: Final = WORLD_HEIGHT / 4
"""Where LunarLander puts its pad, in metres; the observation's origin lies a leg above it."""
ORDERS: Final = {
    "seed": ("", 0),
    "your_return": ("", 1),
    "native": ("", 1),
    "touchdown": (" m/s", 2),
    "fuel": ("", 0),
    "time": (" s", 1),
}
"""What episodes are sorted by, with unit and digits."""


def _source(kind: str) -> str:
    return files(__name__).joinpath(f"gallery.{kind}").read_text("utf-8")


_component = st.components.v2.component("episode_gallery", html=_source("html"), css=_source("css"), js=_source("js"))


def gallery_data(
    card: Scorecard, reward: Design, paths: Sequence[list[tuple[float, float]]], chosen: int
) -> dict[str, Any]:
    """What the gallery shows, in the session's language.

    Args:
        card: of n episodes.
        reward: the one that "your return" is under.
        paths: of the same episodes, each a list of points in metres.
        chosen: the seed on screen.
    """
    try:
        returns = card.returns(reward)
    except InvalidInput:  # an own term is no number in one of them, as the scorecard says
        returns = np.full(len(card), np.nan)
    scores = {
        "seed": card.seeds,
        "your_return": returns,
        "native": card.native_return,
        "touchdown": card.measured["touchdown_speed"],
        "fuel": card.measured["main_firings"] + card.measured["side_firings"],
        "time": card.steps / STEPS_PER_SECOND,
    }
    names = {outcome: say(f"outcome.{outcome}") for outcome in Outcome}
    return {
        "words": {"sort": say("gallery.sort"), "label": say("more.episodes"), "seed": say("episode.seed")},
        "world": [WORLD_WIDTH, WORLD_HEIGHT],
        "pad": [
            [WORLD_WIDTH / 2 - PAD_HALF_WIDTH * HALF_WIDTH, PAD_HEIGHT],
            [WORLD_WIDTH / 2 + PAD_HALF_WIDTH * HALF_WIDTH, PAD_HEIGHT],
        ],
        "chosen": chosen,
        "orders": [
            {"key": key, "name": say(f"gallery.{key}"), "unit": unit, "digits": digits}
            for key, (unit, digits) in ORDERS.items()
        ],
        "outcomes": [
            {"name": names[outcome], "colour": OUTCOME_COLOURS[outcome], "count": int((card.outcomes == outcome).sum())}
            for outcome in Outcome
            if (card.outcomes == outcome).any()
        ],
        "episodes": [
            {
                "seed": int(card.seeds[i]),
                "outcome": names[Outcome(card.outcomes[i])],
                "colour": OUTCOME_COLOURS[Outcome(card.outcomes[i])],
                "path": paths[i],
                "scores": {key: _plain(values[i]) for key, values in scores.items()},
            }
            for i in range(len(card))
        ],
    }


def _plain(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def path_of(trajectory: Trajectory) -> list[tuple[float, float]]:
    """Where an episode went, in metres from the picture's lower left corner, in a few points."""
    picks = np.unique(np.linspace(0, len(trajectory), min(POINTS, len(trajectory) + 1)).astype(int))
    x = trajectory.observations[picks, 0] * HALF_WIDTH + WORLD_WIDTH / 2
    y = trajectory.observations[picks, 1] * HALF_HEIGHT + PAD_HEIGHT
    return [(round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True)]


def draw_gallery(data: dict[str, Any], key: str, on_picked: Callable[[], None]) -> None:
    """The gallery on the page; ``on_picked`` is called with the seed in the session state under ``key``."""
    _component(key=key, data=data, on_picked_change=on_picked)
