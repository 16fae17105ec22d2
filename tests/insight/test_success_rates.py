"""Success rates: intervals by their formulas and by simulation, verdicts and rank flips by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chi2, norm

from playground.flight.scorecard import Scorecard
from playground.insight.success_rates import (
    Flown,
    duels,
    judge,
    landing_difference,
    landing_of,
    seeds_differ,
    spread_over,
    wilson_interval,
)
from playground.reward.term import FORMS
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.world import WORLD as LANDER


def card(landed: object, first_seed: int = 1000) -> Scorecard:
    """A card of episodes that landed or fell; a number lands so many of 100, the first ones."""
    hits = np.arange(100) < landed if isinstance(landed, int) else np.asarray(landed, np.bool_)
    n, nothing = len(hits), np.zeros(len(hits))
    counts = np.zeros(n, np.int64)
    return Scorecard(
        world=LANDER,
        seeds=np.arange(first_seed, first_seed + n),
        outcomes=np.where(hits, "landed", "crashed"),
        steps=counts + 1,
        native_return=nothing,
        measured={"on_pad": hits, "touchdown_speed": nothing, "main_firings": counts, "side_firings": counts},
        gamma=0.99,
        totals=dict.fromkeys(FORMS, np.zeros((n, 10))),
    )


def seeds(default: list[int], wind: list[int]) -> list[dict[str, Scorecard]]:
    return [{"default": card(a), "wind": card(b)} for a, b in zip(default, wind, strict=True)]


@pytest.mark.parametrize(("hits", "trials"), [(0, 100), (1, 100), (50, 100), (97, 100), (100, 100), (3, 7), (1, 1)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilsons_interval_is_his_formula(hits: int, trials: int, level: float) -> None:
    """The rates whose own z-test just allows what was seen: the roots of (p̂ − p)² = z²·p(1 − p)/n."""
    z2 = norm.ppf((1 + level) / 2) ** 2
    rate = hits / trials
    roots = sorted(np.roots([1 + z2 / trials, -(2 * rate + z2 / trials), rate**2]).real)
    assert wilson_interval(hits, trials, level) == pytest.approx(roots, abs=1e-9)
    assert (hits > 0) or wilson_interval(hits, trials, level)[0] == 0.0
    assert (hits < trials) or wilson_interval(hits, trials, level)[1] == 1.0


def test_a_card_becomes_its_rate_with_wilsons_interval() -> None:
    landing = landing_of(card(97))
    assert (landing.rate, landing.episodes) == (0.97, 100)
    assert (landing.low, landing.high) == wilson_interval(97, 100)


def test_the_spread_over_seeds_by_hand() -> None:
    spread = spread_over([card(n) for n in (90, 92, 94, 96, 98)])
    assert (spread.mean, spread.median, spread.lowest, spread.highest) == pytest.approx((0.94, 0.94, 0.90, 0.98))
    assert (spread.first_quartile, spread.third_quartile, spread.seeds) == pytest.approx((0.92, 0.96, 5))
    assert spread.low < 0.92 < 0.96 < spread.high


def test_one_seed_has_wilsons_interval_and_five_perfect_ones_still_leave_a_doubt() -> None:
    one, five = spread_over([card(90)]), spread_over([card(100)] * 5)
    assert (one.low, one.high) == wilson_interval(90, 100)
    assert (five.low, five.high) == wilson_interval(500, 500)


def test_the_interval_over_five_seeds_holds_the_true_rate_at_least_93_times_of_100() -> None:
    """Seeds differ and starts differ; what is sought is the rate of any seed from any start."""
    rng = np.random.default_rng(3)
    held = trials = 0
    for middle, by_seed, by_start in ((1.0, 1.0, 1.0), (3.0, 1.0, 1.0), (0.0, 2.0, 1.0)):
        true = expit(middle + by_seed * rng.normal(size=(3000, 1)) + by_start * rng.normal(size=3000)).mean()
        for _ in range(80):
            chances = expit(middle + by_seed * rng.normal(size=(5, 1)) + by_start * rng.normal(size=100))
            spread = spread_over([card(row) for row in rng.random((5, 100)) < chances])
            held += spread.low <= true <= spread.high
            trials += 1
    assert held / trials >= 0.93 - 0.033  # two standard errors of 240 trials


@pytest.mark.parametrize("landed", [[95, 97, 96, 94, 98], [98, 97, 60, 96, 98], [50, 58, 47], [0, 0, 3]])
def test_seeds_differ_where_the_chi_square_test_of_equal_proportions_says_so(landed: list[int]) -> None:
    mean = np.mean(landed)
    statistic = sum((n - mean) ** 2 * (1 / mean + 1 / (100 - mean)) for n in landed)
    assert seeds_differ([card(n) for n in landed]) == (chi2.sf(statistic, len(landed) - 1) < 0.05)


def test_seeds_that_all_land_or_stand_alone_do_not_differ() -> None:
    assert not seeds_differ([card(100)] * 3)
    assert not seeds_differ([card(40)])


def test_a_difference_is_taken_start_by_start_for_the_same_policies() -> None:
    """Every fourth start is lost: paired, nothing else varies; unpaired, the seeds do."""
    before = [card(np.arange(100) < n) for n in (50, 90)]
    after = [card((np.arange(100) < n) & (np.arange(100) % 4 > 0)) for n in (50, 90)]
    paired = landing_difference(before, after, same_seeds=True)
    free = landing_difference(before, after, same_seeds=False)
    assert paired.mean == free.mean == pytest.approx(-18.0)
    assert paired.clear
    assert not free.clear
    assert free.low < paired.low


def test_a_difference_without_any_scatter_still_leaves_a_doubt() -> None:
    """Newcombe's interval from Wilson's: 1 − 0.9630 at each end, both ends wide for the first one."""
    same = landing_difference([card(100)], [card(100)], same_seeds=True)
    assert (same.low, same.high) == pytest.approx((-3.70, 3.70), abs=0.01)
    total = landing_difference([card(0)], [card(100)], same_seeds=False)
    assert (total.low, total.high) == pytest.approx((100 - 3.70 * 2**0.5, 100), abs=0.01)


@pytest.mark.parametrize(
    ("default", "wind", "verdict"),
    [(100, 99, "holds"), (100, 80, "worse"), (100, 40, "breaks"), (60, 90, "better"), (3, 0, "nothing")],
)
def test_what_a_condition_does_is_named(default: int, wind: int, verdict: str) -> None:
    told = judge([Flown("seed", s, cards) for s, cards in enumerate(seeds([default] * 5, [wind] * 5))])
    assert list(told.effects) == ["wind"]
    assert told.effects["wind"].verdict == verdict


@pytest.mark.parametrize(("landed", "verdict"), [(95, "within"), (89, "within"), (60, "below"), (100, "above")])
def test_another_discount_counts_only_beyond_what_seeds_do(landed: int, verdict: str) -> None:
    own = [Flown("seed", s, c) for s, c in enumerate(seeds([88, 86, 89, 96, 90], [80] * 5))]
    told = judge([*own, Flown("gamma", 0.9, {"default": card(landed), "wind": card(80)})])
    assert [c.verdict for c in told.changes] == [verdict, "within"]
    assert told.rows[-1][:2] == ("gamma", 0.9)
    assert told.over_seeds["default"].seeds == 5  # the other discount is no seed


def test_a_rank_flip_by_hand() -> None:
    (duel,) = duels({"calm": seeds([98, 97, 99], [40, 45, 42]), "sturdy": seeds([80, 78, 79], [75, 76, 74])})
    assert (duel.first, duel.second) == ("calm", "sturdy")
    assert duel.leads["default"].mean == pytest.approx(19.0)
    assert duel.leads["wind"].mean == pytest.approx(-98 / 3)
    assert duel.flips == {"wind": True}
    assert duel.parted == []


def test_the_leader_by_default_is_named_first_whatever_the_order() -> None:
    (duel,) = duels({"sturdy": seeds([80], [75]), "calm": seeds([98], [40])})
    assert (duel.first, duel.second) == ("calm", "sturdy")
    assert duel.leads["default"].low < 18 < duel.leads["default"].high
    assert duel.flips == {"wind": True}


def test_a_flip_is_uncertain_where_one_difference_may_be_chance() -> None:
    (duel,) = duels({"a": seeds([98, 90, 95], [60, 70, 75]), "b": seeds([97, 89, 96], [90, 93, 91])})
    assert duel.flips == {"wind": False}
    (none,) = duels({"a": seeds([98], [60]), "b": seeds([90], [50])})
    assert none.flips == {}


def test_equals_by_default_may_be_parted_by_the_wind() -> None:
    (duel,) = duels({"a": seeds([100], [60]), "b": seeds([100], [85])})
    assert duel.flips == {}
    assert duel.parted == ["wind"]


def test_cards_of_other_starts_are_refused() -> None:
    with pytest.raises(InvalidInput):
        spread_over([card(90), card(90, first_seed=5)])
    with pytest.raises(InvalidInput):
        landing_difference([card(90)], [card(90, first_seed=5)], same_seeds=False)


def test_without_a_seed_or_with_other_conditions_nothing_is_judged() -> None:
    cards = {"default": card(90)}
    for flown in ([], [Flown("gamma", 0.9, cards)], [Flown("seed", 0, {"wind": card(9)})]):
        with pytest.raises(ValueError, match="default"):
            judge(flown)
    with pytest.raises(ValueError, match="default"):
        judge([Flown("seed", 0, cards), replace(Flown("seed", 1, cards), cards=cards | {"wind": card(1)})])
