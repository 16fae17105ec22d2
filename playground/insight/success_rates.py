"""How often policies succeed: intervals over training seeds and starts, and what other settings or conditions change.

One policy's landing rate has a Wilson interval (Wilson 1927). A design's rate over training seeds is a mean, and its
interval a bootstrap over seeds and starts at once, because another training would have another seed and another day
other starts. A few seeds resampled understate how seeds differ, so the percentiles are moved outwards as Hesterberg
("What Teachers Should Know About the Bootstrap", 2015) does. Simulated, such an interval of five seeds holds the true
rate at least 93 times of 100. Formulas are scipy's where it has them; it is imported where it is needed, because it
takes half a second.

Leaves out: training and flying the variants (``studies.robustness``), and words.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final, Literal

import numpy as np

from playground.flight.scorecard import Scorecard
from playground.flight.statistics import resampled_counts
from playground.flight.world import DEFAULT
from playground.insight.comparison import Difference
from playground.reward.term import Floats
from playground.words.errors import InvalidInput

Cards = Mapping[str, Scorecard]
"""One policy's scorecards by condition, all over the same starts."""
Setting = Literal["seed", "gamma", "algorithm"]
LEVEL: Final = 0.95
RESAMPLES: Final = 5000
"""More than elsewhere, because percentiles that are moved outwards rest on few resamples."""
FURTHEST: Final = 0.001
"""No percentile lies further out than this one, which five seeds ask for: beyond it resamples run out."""
LANDS: Final = 0.1
"""A design that lands less often has nothing that weather could break."""
CHANCE: Final = 0.05
"""Seeds differ if chance alone would make them differ so much less often than this."""


@dataclass(frozen=True)
class Landing:
    """One policy's landing rate under one condition."""

    rate: float
    low: float
    """Lower end of the 95 % Wilson interval."""
    high: float
    episodes: int


@dataclass(frozen=True)
class SeedSpread:
    """A design's landing rate over training seeds under one condition."""

    mean: float
    low: float
    """Lower end of the mean's 95 % interval: what other seeds and other starts might give."""
    high: float
    median: float
    first_quartile: float
    third_quartile: float
    lowest: float
    highest: float
    seeds: int


@dataclass(frozen=True, eq=False)
class Flown:
    """A variant of a design and its flights."""

    setting: Setting
    """What makes it differ from the design; its seed, for the design's own model, too."""
    value: float | str
    cards: Cards


@dataclass(frozen=True)
class Effect:
    """What a condition does to a design."""

    gap: Difference
    """Landings of 100 more than under the default, over the same seeds and starts."""
    verdict: Literal["holds", "worse", "breaks", "better", "nothing"]
    """``breaks``: clearly fewer than half as many; ``nothing``: it does not land under the default either."""


@dataclass(frozen=True)
class Change:
    """What another discount or algorithm does, under one condition."""

    setting: Setting
    value: float | str
    condition: str
    landing: Landing
    gap: Difference
    """Landings of 100 more than the design's first seed, over the same starts."""
    verdict: Literal["above", "below", "within"]
    """``within``: no clear difference from the first seed, or no more than seeds alone make."""


@dataclass(frozen=True)
class Robustness:
    """All that the flights of one design say; every mapping is by condition, the default first."""

    rows: tuple[tuple[Setting, float | str, Mapping[str, Landing]], ...]
    """Each variant's landing rates."""
    over_seeds: Mapping[str, SeedSpread]
    seeds_differ: bool
    """Under the default, more than chance makes them."""
    effects: Mapping[str, Effect]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Duel:
    """Two designs, the one that lands more under the default first."""

    first: str
    second: str
    leads: Mapping[str, Difference]
    """Landings of 100 that the first is ahead, by condition."""

    @property
    def flips(self) -> dict[str, bool]:
        """The conditions under which the second lands more, and whether that is certain.

        It is certain where the intervals of both differences, the default's and this one, leave out 0.
        """
        default = self.leads[DEFAULT]
        turned = {name: lead for name, lead in self.leads.items() if default.mean > 0 > lead.mean}
        return {name: default.clear and lead.clear for name, lead in turned.items()}

    @property
    def parted(self) -> list[str]:
        """The conditions that clearly set the two apart, where the default does not."""
        return [name for name, lead in self.leads.items() if lead.clear and not self.leads[DEFAULT].clear]


def wilson_interval(hits: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a proportion.

    Args:
        hits: 0 to ``trials``.
        trials: at least one.
        level: how often such an interval holds the true value.

    >>> [round(end, 3) for end in wilson_interval(97, 100)]
    [0.915, 0.99]
    """
    from scipy.stats import binomtest

    low, high = binomtest(hits, trials).proportion_ci(level, "wilson")
    return float(low), float(high)


def landing_of(card: Scorecard) -> Landing:
    """How often one policy landed."""
    landed = int(card.succeeded.sum())
    return Landing(landed / len(card), *wilson_interval(landed, len(card)), len(card))


def spread_over(cards: Sequence[Scorecard]) -> SeedSpread:
    """How often the seeds of a design landed, from one card each; one seed has its Wilson interval.

    Raises:
        InvalidInput: they flew other starts.
    """
    hits = _hits(cards)
    rates = hits.mean(axis=1)
    low, high = wilson_interval(int(hits.sum()), hits.size)
    if len(cards) > 1:
        resampled = _interval(hits)
        low, high = (
            min(low, resampled[0]),
            max(high, min(resampled[1], 1.0)),
        )  # all seeds alike: a bootstrap would see no doubt
    first, median, third = np.quantile(rates, [0.25, 0.5, 0.75]).tolist()
    return SeedSpread(
        float(rates.mean()), low, high, median, first, third, float(rates.min()), float(rates.max()), len(cards)
    )


def seeds_differ(cards: Sequence[Scorecard]) -> bool:
    """Whether seeds land more differently than chance makes them: the χ² test of equal proportions."""
    from scipy.stats import chi2_contingency

    hits = _hits(cards)
    if len(cards) < 2 or hits.mean() in (0.0, 1.0):
        return False
    counts = np.stack([hits.sum(axis=1), (1 - hits).sum(axis=1)])
    return bool(chi2_contingency(counts, correction=False).pvalue < CHANCE)


def landing_difference(first: Sequence[Scorecard], second: Sequence[Scorecard], same_seeds: bool) -> Difference:
    """How many of 100 more the second lands, from one card a seed each.

    Args:
        first: one design, or one condition.
        second: another one, over the same starts.
        same_seeds: the k-th cards are of one policy, so that differences are taken policy by policy.

    Raises:
        InvalidInput: they flew other starts.
    """
    _hits([*first, *second])
    one, other = 100 * _hits(first), 100 * _hits(second)
    low, high = _interval(other - one) if same_seeds else _interval(other, one)
    if math.isclose(low, high, abs_tol=1e-9):  # all starts alike: a bootstrap would see no doubt
        low, high = (100 * end for end in _newcombe_interval(_hits(first), _hits(second)))
    return Difference(float(other.mean() - one.mean()), low, high, one.shape[1])


def judge(flown: Sequence[Flown]) -> Robustness:
    """What the flights of one design's variants say.

    Args:
        flown: the seeds, the design's own first, and variants with another setting; all under the same conditions.

    Raises:
        InvalidInput: they flew other starts.
        ValueError: no seed is among them, or the conditions differ or lack the default.
    """
    seeds = [variant.cards for variant in flown if variant.setting == "seed"]
    conditions = list(flown[0].cards) if flown else []
    if not seeds or DEFAULT not in conditions or any(list(variant.cards) != conditions for variant in flown):
        raise ValueError("needs a seed, and every variant under the same conditions, the default among them")
    by_condition = {name: [cards[name] for cards in seeds] for name in conditions}
    spreads = {name: spread_over(cards) for name, cards in by_condition.items()}
    effects = {name: _effect(by_condition[DEFAULT], cards) for name, cards in by_condition.items() if name != DEFAULT}
    changes = [
        _change(variant, name, seeds[0][name], spreads[name])
        for variant in flown
        if variant.setting != "seed"
        for name in conditions
    ]
    rows = tuple((v.setting, v.value, {name: landing_of(card) for name, card in v.cards.items()}) for v in flown)
    return Robustness(rows, spreads, seeds_differ(by_condition[DEFAULT]), effects, tuple(changes))


def duels(designs: Mapping[str, Sequence[Cards]]) -> list[Duel]:
    """Every two designs held against each other under every condition.

    Args:
        designs: by name, the cards of each seed.

    Raises:
        InvalidInput: they flew other starts.
    """
    found = []
    for (one, ones), (other, others) in combinations(designs.items(), 2):
        leads = {
            name: landing_difference([c[name] for c in others], [c[name] for c in ones], same_seeds=False)
            for name in ones[0]
        }
        if leads[DEFAULT].mean < 0:
            one, other = other, one
            leads = {name: Difference(-gap.mean, -gap.high, -gap.low, gap.pairs) for name, gap in leads.items()}
        found.append(Duel(one, other, leads))
    return found


def _hits(cards: Sequence[Scorecard]) -> Floats:
    """``(seeds, starts)``: 1 where a seed landed."""
    if any(not np.array_equal(card.seeds, cards[0].seeds) for card in cards):
        raise InvalidInput("other_starts")
    return np.stack([card.succeeded for card in cards]).astype(np.float64)


def _newcombe_interval(first: Floats, second: Floats) -> tuple[float, float]:
    """Of the difference of two proportions, from their Wilson intervals (Newcombe 1998, method 10)."""
    (one, one_low, one_high), (other, other_low, other_high) = (
        (hits.mean(), *wilson_interval(int(hits.sum()), hits.size)) for hits in (first, second)
    )
    down, up = math.hypot(other - other_low, one_high - one), math.hypot(other_high - other, one - one_low)
    return float(other - one) - down, float(other - one) + up


def _effect(default: Sequence[Scorecard], there: Sequence[Scorecard]) -> Effect:
    gap = landing_difference(default, there, same_seeds=True)
    before = float(_hits(default).mean())
    if before < LANDS and not gap.low > 0:
        return Effect(gap, "nothing")
    if not gap.clear:
        return Effect(gap, "holds")
    if gap.mean > 0:
        return Effect(gap, "better")
    return Effect(gap, "breaks" if -gap.mean > 50 * before else "worse")


def _change(variant: Flown, condition: str, own: Scorecard, spread: SeedSpread) -> Change:
    landing = landing_of(variant.cards[condition])
    gap = landing_difference([own], [variant.cards[condition]], same_seeds=True)
    within = not gap.clear or spread.lowest <= landing.rate <= spread.highest
    verdict: Literal["above", "below", "within"] = "within" if within else "above" if gap.mean > 0 else "below"
    return Change(variant.setting, variant.value, condition, landing, gap, verdict)


def _interval(values: Floats, less: Floats | None = None) -> tuple[float, float]:
    """Bootstrap interval of a mean over seeds and starts, or of the difference of two.

    Args:
        values: ``(seeds, starts)``.
        less: ``(other seeds, the same starts)``, to be taken away.
    """
    starts = values.shape[1]
    sets = [values] if less is None else [values, less]
    means = [(_shares(len(it), index) @ it * _shares(starts, 2)).sum(axis=1) for index, it in enumerate(sets)]
    several = [len(it) for it in sets if len(it) > 1]
    tail = _tail(min(several, default=starts))
    low, high = np.quantile(means[0] if less is None else means[0] - means[1], [tail, 1 - tail]).tolist()
    return low, high


def _shares(n: int, seed: int) -> Floats:
    """``(RESAMPLES, n)``: what share of each resample every one of ``n`` has."""
    return resampled_counts(n, seed, RESAMPLES) / n


@cache
def _tail(n: int) -> float:
    """The percentile at which a 95 % interval of ``n`` resampled values ends."""
    from scipy.stats import norm, t

    if n < 2:
        return (1 - LEVEL) / 2
    wider = math.sqrt(n / (n - 1)) * t.ppf((1 + LEVEL) / 2, n - 1)
    return max(float(norm.cdf(-wider)), FURTHEST)
