"""What PPO will probably make of a reward: the chances of landing, crash and time-out, before any training.

That landing pays best does not mean that PPO finds it. So a few hundred random rewards were trained with the default
settings (``studies.forecast_data``), and a logistic regression on features of the check learned how they ended. The
fitted numbers lie in ``forecast.json``; ``fit_forecast`` makes and judges them, ``FORECAST.md`` holds what it found.

Leaves out: fitting (``fit``), and words (``words.forecast``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from playground.insight.forecast.features import features
from playground.insight.ranking import Ranking
from playground.reward.account import reversed_parts
from playground.reward.term import Floats
from playground.worlds.lunar_lander.presets import GYMNASIUM

FORECAST: Final = Path(__file__).resolve().parents[2] / "worlds" / "lunar_lander" / "forecast.json"
OUTCOMES: Final = ("landing", "crash", "timeout")
GAMMA: Final = 0.995
"""The discount of all trainings that it learned from."""
OTHER_GAMMA: Final = 1.25
"""The horizon 1/(1−γ) may be so many times longer or shorter before a reward counts as unfamiliar: nobody measured how
the forecast does further away."""


SURE: Final = 0.9
SPLIT: Final = 0.75
"""Between this chance of landing and what it lacks to 1, some trainings land and some do not."""
FRACTIONS: Final = ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4))


@dataclass(frozen=True)
class Forecast:
    """Chances of how a held-out episode ends after a training with the default settings."""

    landing: float
    crash: float
    timeout: float
    familiar: bool
    """The reward lies among those that the forecast learned from, none with a weight below 0; else the chances mean
    little."""

    @property
    def kind(self) -> str:
        """How it is put in words: ``unfamiliar``, ``sure``, ``probable``, ``fraction`` of trainings, or ``open``."""
        highest = max(self.chances.values())
        if not self.familiar:
            return "unfamiliar"
        if highest >= SURE:
            return "sure"
        if 1 - SPLIT <= self.landing <= SPLIT:
            return "fraction"
        return "probable" if highest >= SPLIT else "open"

    @property
    def numbers(self) -> dict[str, int]:
        """What wordings name: chances in percent, and landing as so many of so many trainings, in small numbers."""
        count, of = min(FRACTIONS, key=lambda pair: abs(pair[0] / pair[1] - self.landing))
        percents = {name: round(100 * chance) for name, chance in self.chances.items()}
        return {"count": count, "of": of, "percent": percents[self.outcome], **percents}

    @property
    def outcome(self) -> str:
        """The most probable one."""
        return max(OUTCOMES, key=lambda name: self.chances[name])

    @property
    def chances(self) -> dict[str, float]:
        """By outcome; they sum to 1."""
        return {name: float(getattr(self, name)) for name in OUTCOMES}

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs."""
        return {**self.chances, "familiar": self.familiar}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Forecast | None":
        """What `to_json` made, among other values perhaps; None where it is not whole."""
        try:
            landing, crash, timeout = (float(value[name]) for name in OUTCOMES)
            return cls(landing, crash, timeout, bool(value["familiar"]))
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, eq=False)
class ForecastModel:
    """A multinomial logistic regression on F standardised features, and where its data lay."""

    names: tuple[str, ...]
    """Of the features."""
    mean: Floats
    """``(F,)``: of the features over the rewards that it learned from."""
    deviation: Floats
    """``(F,)``"""
    weights: Floats
    """``(F, 3)``: one column an outcome."""
    offsets: Floats
    """``(3,)``"""
    seen: Floats
    """``(N, F)``: the standardised features of those rewards."""
    far: float
    """A reward further than this from its nearest one is unfamiliar."""

    def predict(self, values: Floats) -> Floats:
        """Chances ``(…, 3)`` of the outcomes from raw features ``(…, F)``."""
        logits = self._standard(values) @ self.weights + self.offsets
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        chances: Floats = powers / powers.sum(axis=-1, keepdims=True)
        return chances

    def distance(self, values: Floats) -> float:
        """From raw features ``(F,)`` to the nearest reward that it learned from."""
        return float(np.linalg.norm(self.seen - self._standard(values), axis=1).min())

    def _standard(self, values: Floats) -> Floats:
        result: Floats = (values - self.mean) / self.deviation
        return result


def forecast(ranking: Ranking) -> Forecast | None:
    """The chances under a ranked reward; None if there is nothing to learn from. One that only logs is Gymnasium's.

    Args:
        ranking: the recorded behaviours under the reward and its discount.
    """
    if not ranking.config.replace_reward:
        return forecast(Ranking(GYMNASIUM, ranking.gamma, ranking.library))
    if not ranking.deviation:
        return None
    model = load_model()
    named = features(ranking)
    values = np.array([named.get(name, 0.0) for name in model.names])
    landing, crash, timeout = model.predict(values).tolist()
    new = any(named[name] for name in named.keys() - set(model.names))  # a term that was added since
    horizons = (1 - GAMMA) / max(1 - ranking.gamma, 1e-12)
    known = 1 / OTHER_GAMMA <= horizons <= OTHER_GAMMA and not new and not reversed_parts(ranking.config)
    return Forecast(landing, crash, timeout, known and model.distance(values) <= model.far)


@cache
def load_model() -> ForecastModel:
    """The shipped model."""
    value = json.loads(FORECAST.read_text())
    arrays = {name: np.array(value[name], np.float64) for name in ("mean", "deviation", "weights", "offsets", "seen")}
    return ForecastModel(tuple(value["features"]), far=value["far"], **arrays)
