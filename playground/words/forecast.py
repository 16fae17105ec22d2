"""What is said of a forecast: the chances in one sentence, and whether a training ended as forecast.

Leaves out: forecasting (``insight.forecast``).
"""

from collections.abc import Mapping
from typing import Protocol

from playground.words.say import say


class Forecast(Protocol):
    """Chances of how a training ends."""

    @property
    def kind(self) -> str:
        """``unfamiliar``, ``sure``, ``probable``, ``fraction`` or ``open``."""

    @property
    def outcome(self) -> str:
        """The most probable one."""

    @property
    def familiar(self) -> bool:
        """The reward is like those that the forecast learned from."""

    @property
    def numbers(self) -> Mapping[str, int]:
        """``percent`` of the most probable outcome, every outcome in percent, and ``count`` of ``of`` trainings."""


def forecast_sentence(forecast: Forecast | None, lang: str) -> str:
    """The forecast in one sentence; nothing where there is none."""
    if forecast is None:
        return ""
    wording = f"{forecast.kind}.{forecast.outcome}" if forecast.kind in ("sure", "probable") else forecast.kind
    return say(f"forecast.{wording}", lang, **forecast.numbers)


def chances(forecast: Forecast, lang: str) -> str:
    """The chance of every outcome."""
    return say("forecast.chances", lang, **forecast.numbers)


def outcome_against_forecast(forecast: Forecast, outcome: str, lang: str) -> str:
    """How a training ended, beside its forecast."""
    open_ = forecast.kind in ("fraction", "open")
    kind = "open" if open_ else "came" if outcome == forecast.outcome else "missed"
    ends = {"expected": say(f"check.ends.{forecast.outcome}", lang), "came": say(f"check.ends.{outcome}", lang)}
    return say(f"expected.{kind}", lang, **ends, **forecast.numbers)


def outcome_against_check(expected: str, outcome: str, lang: str) -> str:
    """How a training ended, beside what the check said would pay best.

    Args:
        expected: how the behaviour that pays best ends.
        outcome: how most episodes of the trained policy ended.
        lang: of the words.
    """
    kind = "hit" if outcome == expected else "miss_lands" if outcome == "landing" else "miss"
    ends = {"expected": say(f"check.ends.{expected}", lang), "came": say(f"check.ends.{outcome}", lang)}
    return say(f"expected.{kind}", lang, **ends)
