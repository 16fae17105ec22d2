"""What was expected of a training, beside what came of it.

Leaves out: the expectation itself (``insight.check``, ``insight.forecast``) and its wording (``words.forecast``).
"""

from collections.abc import Mapping
from typing import Any

from playground.app.session import notebook
from playground.app.shared import check
from playground.app.texts import language, say
from playground.insight.forecast.predict import Forecast, outcomes_of
from playground.lab.models.model import Model
from playground.words.errors import InvalidInput
from playground.words.forecast import outcome_against_check, outcome_against_forecast
from playground.worlds.lunar_lander.world import WORLD as LANDER


def expected_against_outcome(model: Model) -> str:
    """What was expected of a training when it began, beside what came of it: a hit or a miss, in words.

    Where nothing was noted it is worked out now, and that is said: a forecast that was improved since then would
    flatter itself.
    """
    spec = model.spec
    if not spec.usual:
        return say("expected.unusual")
    expected, hindsight = _noted(model.key), ""
    if expected is None:
        expected, hindsight = check(spec.reward, spec.gamma).prediction, f" {say('expected.hindsight')}"
    forecast = Forecast.from_json(expected, spec.world)
    if forecast is not None and forecast.familiar:
        return outcome_against_forecast(forecast, _outcome(model), language()) + hindsight
    outcome = "landing" if expected["margin"] > 0 else _end_of(expected["pays_best"])
    return outcome_against_check(outcome, _outcome(model), language()) + hindsight


def _noted(key: str) -> Mapping[str, Any] | None:
    """What the notebook has; None where it has nothing, or nothing whole."""
    try:
        value = notebook().get(key).prediction or {}
        _end_of(value["pays_best"])
        return {**value, "margin": float(value["margin"])}
    except (InvalidInput, KeyError, TypeError, ValueError):
        return None


def _end_of(words: object) -> str:
    """How a behaviour of the library ends."""
    return LANDER.end_of(str(words).replace(" ", "_"))


def _outcome(model: Model) -> str:
    """How most of a model's episodes end: landing, crash or timeout."""
    return max(outcomes_of(model.spec.world), key=lambda outcome: float(model.summary[f"{outcome}_rate"]))
