"""Designs held against each other: on the same starts, under each other's rewards, and over their own training.

Two policies flew the same hundred starts, so their differences are taken start by start; the interval is a percentile
bootstrap over starts (Efron & Tibshirani 1993, ch. 13). Over training seeds the middle is the interquartile mean and
what is resampled is seeds (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical Precipice").

Leaves out: which models there are, and drawing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from playground.flight.scorecard import Scorecard
from playground.flight.statistics import bootstrap_interval, interquartile_mean
from playground.flight.world import World
from playground.reward.design import Design
from playground.reward.term import Floats
from playground.words.errors import InvalidInput


def scores_of(world: World) -> Mapping[str, Callable[[Scorecard], Floats]]:
    """What is compared between policies of a world, each ``(n,)`` by episode; NaN where an episode has no value."""
    return world.scores or {
        "succeeded": lambda card: np.where(card.succeeded, 100.0, 0.0),
        "native": lambda card: card.native_return,
        **{m.key: partial(_measured, key=m.key) for m in world.measures},
        "time": lambda card: np.where(card.succeeded, card.steps / world.steps_per_second, np.nan),
    }


def _measured(card: Scorecard, key: str) -> Floats:
    return np.asarray(card.measured[key], np.float64)


FELL: Final = 0.3
"""By how much the landing rate must fall before it is called a divergence; 16 episodes alone scatter by a good 0.1."""


@dataclass(frozen=True)
class Difference:
    """The second's mean minus the first's."""

    mean: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    pairs: int
    """Starts on which both have a value."""

    @property
    def clear(self) -> bool:
        """The interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired_difference(first: Floats, second: Floats) -> Difference | None:
    """How much more the second has than the first, start by start.

    Args:
        first: ``(n,)``, NaN where an episode has no value.
        second: ``(n,)``, the same starts.

    Returns:
        None where no start has both values.

    >>> paired_difference(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    Difference(mean=1.0, low=1.0, high=1.0, pairs=2)
    """
    gaps = second - first
    gaps = gaps[~np.isnan(gaps)]
    if not len(gaps):
        return None
    return Difference(float(gaps.mean()), *bootstrap_interval(gaps), len(gaps))


def compare_cards(first: Scorecard, second: Scorecard) -> dict[str, Difference | None]:
    """Every score's difference on the same starts.

    Raises:
        InvalidInput: the two flew other starts.
    """
    if not np.array_equal(first.seeds, second.seeds):
        raise InvalidInput("other_starts")
    return {name: paired_difference(of(first), of(second)) for name, of in scores_of(first.world).items()}


@dataclass(frozen=True)
class Spread:
    """One score over the training seeds of a design."""

    middle: float
    """Interquartile mean."""
    low: float
    """Lower end of the 95 % interval, seeds resampled; the score itself where there is one seed."""
    high: float
    seeds: int


def over_seeds(values: Sequence[float]) -> Spread:
    """A score's middle over training seeds, with what other seeds might have given.

    Args:
        values: one a seed, at least one.

    >>> over_seeds([0.9])
    Spread(middle=0.9, low=0.9, high=0.9, seeds=1)
    """
    scores = np.asarray(values, np.float64)
    low, high = bootstrap_interval(scores, of=interquartile_mean)
    return Spread(float(interquartile_mean(scores)), low, high, len(scores))


def cross_table(cards: Sequence[Scorecard], rewards: Sequence[Design]) -> Floats:
    """Mean undiscounted return of every card's episodes under every reward: ``(cards, rewards)``."""
    return np.array([[card.returns(reward).mean() for reward in rewards] for card in cards])


@dataclass(frozen=True)
class Beaten:
    """A design whose own policy earns less of its reward than another policy does."""

    design: int
    by: int
    difference: Difference


def beaten_designs(cards: Sequence[Scorecard], rewards: Sequence[Design]) -> list[Beaten]:
    """Designs that another's policy serves clearly better than their own: their training has not converged.

    Args:
        cards: of each design's own policy.
        rewards: of each design, in the same order.
    """
    found = []
    for design, reward in enumerate(rewards):
        best: Beaten | None = None
        for by, card in enumerate(cards):
            gap = paired_difference(cards[design].returns(reward), card.returns(reward))
            if gap is not None and gap.low > 0 and (best is None or gap.mean > best.difference.mean):
                best = Beaten(design, by, gap)
        found += [best] if best is not None else []
    return found


@dataclass(frozen=True)
class Divergence:
    """More of the designed return, fewer landings: between two evaluations of one training."""

    turned: float
    """Steps at the evaluation from which landings fell."""
    worst: float
    """Steps at the evaluation where they had fallen most."""
    landing: tuple[float, float]
    """Landing rate there and then."""
    designed: tuple[float, float]
    """Designed return there and then."""


def divergence(curve: Sequence[Mapping[str, float]]) -> Divergence | None:
    """Where the designed return went on rising while the lander stopped landing; None if it never did.

    Args:
        curve: rows with ``steps``, ``designed_return`` and ``landing_rate``. Each row holds a few episodes only, so
            both are smoothed by the median of three rows.
    """
    steps = [row["steps"] for row in curve]
    designed, landing = (_median_of_three([row[name] for row in curve]) for name in ("designed_return", "landing_rate"))
    worst: tuple[float, int, int] | None = None
    for later in range(len(curve)):
        for before in range(later):
            fall = landing[before] - landing[later]
            if fall >= FELL and designed[later] > designed[before] and (worst is None or fall > worst[0]):
                worst = fall, before, later
    if worst is None:
        return None
    _, before, later = worst
    return Divergence(
        steps[before], steps[later], (landing[before], landing[later]), (designed[before], designed[later])
    )


def _median_of_three(values: Sequence[float]) -> list[float]:
    """Each value's median with its neighbours; the ends as they are."""
    middle = [sorted(values[i - 1 : i + 2])[1] for i in range(1, len(values) - 1)]
    return [*values[:1], *middle, *values[max(len(values) - 1, 1) :]]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's ρ; None where either never changes.

    >>> rank_correlation([1.0, 2.0, 3.0], [10.0, 20.0, 15.0])
    0.5
    """
    ordered = [ranks(np.asarray(values)) for values in (first, second)]
    if len(first) < 2 or any(np.ptp(r) == 0 for r in ordered):
        return None
    return float(np.corrcoef(ordered[0], ordered[1])[0, 1])


def ranks(values: Floats) -> Floats:
    """From 1; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    result: Floats = (last - (counts - 1) / 2)[places]
    return result
