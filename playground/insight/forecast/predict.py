"""What PPO will probably make of a reward: the chances of success, failure and time-out, before any training.

That the goal pays best does not mean that PPO finds it. So a few hundred random rewards were trained with the default
settings (``studies.forecast_data``), and a logistic regression on features of the check learned how they ended. The
fitted numbers lie in ``forecast.json`` in the world's folder, beside ``FORECAST.md``, which says how good they are.

Leaves out: fitting (``fit``), and words (``words.forecast``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from playground.flight.world import World
from playground.insight.forecast.features import features
from playground.insight.ranking import Ranking
from playground.reward.account import reversed_parts
from playground.reward.term import Floats

FILE: Final = "forecast.json"
GAMMA: Final = 0.995
"""The discount of all trainings that it learned from."""
HORIZON_RATIO: Final = 1.25
"""The horizon 1/(1−γ) may be so many times longer or shorter before a reward counts as unfamiliar; what the
forecast is worth further away was not measured."""
SURE: Final = 0.9
SPLIT: Final = 0.75
"""Between this chance of success and what it lacks to 1, some trainings succeed and some do not."""
FRACTIONS: Final = ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4))


@dataclass(frozen=True)
class Forecast:
    """Chances of how a held-out episode ends after a training with the default settings."""

    chances: Mapping[str, float]
    """By what the world calls its kinds of outcomes, success first; they sum to 1."""
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
        if 1 - SPLIT <= self.success <= SPLIT:
            return "fraction"
        return "probable" if highest >= SPLIT else "open"

    @property
    def numbers(self) -> dict[str, int]:
        """What wordings name: chances in percent, and landing as so many of so many trainings, in small numbers."""
        count, of = min(FRACTIONS, key=lambda pair: abs(pair[0] / pair[1] - self.success))
        percents = {name: round(100 * chance) for name, chance in self.chances.items()}
        return {"count": count, "of": of, "percent": percents[self.outcome], **percents}

    @property
    def outcome(self) -> str:
        """The most probable one."""
        return max(self.chances, key=lambda name: self.chances[name])

    @property
    def success(self) -> float:
        """The chance of the world's goal."""
        return next(iter(self.chances.values()))

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs."""
        return {**self.chances, "familiar": self.familiar}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], world: World) -> "Forecast | None":
        """What `to_json` made, among other values perhaps; None where it is not whole."""
        try:
            return cls({name: float(value[name]) for name in outcomes_of(world)}, bool(value["familiar"]))
        except (KeyError, TypeError, ValueError):
            return None


def outcomes_of(world: World) -> tuple[str, ...]:
    """What a world calls success, failure and time-out, in this order; none where it has no behaviours."""
    return () if world.behaviours is None else tuple(world.behaviours.kinds.values())


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
    world = ranking.library.world
    if world.forecast is None:
        return None
    if not ranking.config.replace_reward:
        return forecast(Ranking(world.presets[0].config, ranking.gamma, ranking.library))
    if not ranking.deviation:
        return None
    model = load_model(world.forecast.folder)
    named = features(ranking, world.forecast)
    values = np.array([named.get(name, 0.0) for name in model.names])
    chances = dict(zip(outcomes_of(world), model.predict(values).tolist(), strict=True))
    new = any(named[name] for name in named.keys() - set(model.names))  # a term that was added since
    horizons = (1 - GAMMA) / max(1 - ranking.gamma, 1e-12)
    known = 1 / HORIZON_RATIO <= horizons <= HORIZON_RATIO and not new and not reversed_parts(ranking.config)
    return Forecast(chances, known and model.distance(values) <= model.far)


@cache
def load_model(folder: Path) -> ForecastModel:
    """The model that was fitted for a world, from its folder."""
    value = json.loads((folder / FILE).read_text())
    arrays = {name: np.array(value[name], np.float64) for name in ("mean", "deviation", "weights", "offsets", "seen")}
    return ForecastModel(tuple(value["features"]), far=value["far"], **arrays)
