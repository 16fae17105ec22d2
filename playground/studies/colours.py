"""One colour for each part and each outcome, in every chart and in both themes."""

from typing import Final

from playground.reward.design import ENV_KEY, Design
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.terms import RewardConfig

ENV_COLOUR: Final = "#c026d3"
NET_COLOUR: Final = "#7c66e6"
KEPT_COLOUR: Final = "#f97316"
MODEL_COLOURS: Final = (
    "#7c66e6",
    "#f97316",
    "#22a35a",
    "#3b82f6",
    "#e11d48",
    "#eab308",
    "#94a3b8",
    "#a855f7",
    "#c2410c",
    "#15803d",
    "#0891b2",
    "#be185d",
    "#65a30d",
    "#57534e",
)
"""Of compared models, in their order."""
BADGES: Final = (
    "violet",
    "orange",
    "green",
    "blue",
    "red",
    "yellow",
    "gray",
    "violet",
    "orange",
    "green",
    "blue",
    "red",
    "green",
    "gray",
)
"""The theme's names nearest to `MODEL_COLOURS`."""
TEXT_COLOUR: Final = "#8a8f98"
"""Of words and lines in pictures, readable on light and on dark."""
OUTCOME_COLOURS: Final[dict[str, str]] = {
    Outcome.LANDED: "#22a35a",
    Outcome.CRASHED: "#e11d48",
    Outcome.OUT_OF_BOUNDS: "#f97316",
    Outcome.TIMEOUT: "#94a3b8",
}


def colour_of(key: str, design: Design | None = None) -> str:
    """A part's colour.

    Args:
        key: of the part.
        design: whose part it is; the lander's own terms are known without one.
    """
    if key == ENV_KEY:
        return ENV_COLOUR
    terms = {term.key: term for term in (RewardConfig() if design is None else design).terms}
    return terms[key].colour if key in terms else TEXT_COLOUR
