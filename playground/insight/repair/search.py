"""Inverse sliders: the smallest change of the weights after which a reward is sound.

First the smallest change of all weights together, then of one alone, and of a farmed term in steps.

Leaves out: what makes a reward sound (``check``), and whether PPO then learns it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from playground.insight.check import FlightCheck, check_reward
from playground.insight.library import ProbeLibrary, library_of
from playground.insight.repair.contest import (
    ALL,
    GRID,
    NEEDED,
    REMAIN,
    Contest,
    Ranges,
    slider_bounds,
    varied,
    weights_of,
    with_weight,
)
from playground.insight.repair.least_change import TARGET, Good, Problem, rounded, smallest_change
from playground.reward.design import Design
from playground.reward.term import WEIGHT_LIMIT
from playground.worlds import world_of

LESS: Final = (0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0)
"""Shares of its weight that a farmed term is brought to, in turn."""


@dataclass(frozen=True)
class Repair:
    """A reward and the nearest one in which the world's goal pays best."""

    before: FlightCheck
    after: FlightCheck | None
    """None where no change within the sliders' ranges repairs it, or none is needed."""
    config: Design
    """The repaired reward; the given one where nothing was changed."""
    singles: Mapping[str, float]
    """Weights that each repair it alone, with the nearest value that does. One that repairs a broken reward may leave a
    doubt."""
    missing: str
    """If no weights within the ranges repair it: the weight that does beyond its range; empty if none does, or none is
    needed."""

    @property
    def needed(self) -> bool:
        """Whether a check objects to the reward."""
        return self.before.verdict in ("doubtful", "broken")

    def changes(self, original: Design) -> dict[str, tuple[float, float]]:
        """Each changed weight before and after."""
        fields = [term.weight for term in original.terms]
        pairs = {name: (original.value(name), self.config.value(name)) for name in fields}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def repair_reward(
    config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None, bounds: Ranges | None = None
) -> Repair:
    """The smallest relative change of the terms' weights after which success pays best by `TARGET` deviations.

    A broken reward is repaired even if a doubt remains; a doubtful one only if no doubt remains. The smallest change is
    that for the successes that pay best on the way there: another success might become the best one with less.

    Args:
        config: any reward; one of a world without recorded behaviours is never repaired.
        gamma: its discount, 0 to 1.
        library: the behaviours; by default those of the reward's world.
        bounds: lowest and highest value of each weight; by default its slider's, widened to where it stands.

    Raises:
        ValueError: the discount is out of range.
    """
    library = library or library_of(world_of(config))
    before = check_reward(config, gamma, library)
    hopeless = not config.replace_reward or config.scale == 0 or gamma == 0
    if before.verdict == "sound" or hopeless or not before.checked_goal:
        return Repair(before, None, config, {}, "")

    def good(other: Design) -> bool:
        verdict = check_reward(other, gamma, library).verdict
        return verdict == "sound" or (verdict == "doubtful" and before.verdict == "broken")

    contests = [Contest(config, gamma, library, remain) for remain in REMAIN]
    contest = contests[0]
    limits = bounds or slider_bounds(config)

    def alone(within: Ranges) -> dict[str, float]:
        changes = single_changes(contest, within)
        return {name: value for name, value in changes.items() if good(with_weight(config, name, value))}

    singles = alone(limits)
    for duels, lenient in itertools.product((ALL, NEEDED), contests):
        repaired = smallest_change(lenient, limits, good, duels)
        if repaired is not None:
            return Repair(before, check_reward(repaired, gamma, library), repaired, singles, "")
    if singles:  # the search cuts corners; a single slider needs none
        problem = Problem(contest, limits)
        one = min(singles, key=lambda name: problem.length(weights_of(with_weight(config, name, singles[name]))))
        repaired = with_weight(config, one, singles[one])
        return Repair(before, check_reward(repaired, gamma, library), repaired, singles, "")
    if before.verdict == "doubtful":
        less = weigh_farmed_less(config, before, good)
        if less is None:
            return Repair(before, None, config, {}, "")
        return Repair(before, check_reward(less, gamma, library), less, {}, "")
    beyond = {name: (min(0.0, low), WEIGHT_LIMIT) for name, (low, _) in limits.items()}
    far = alone(beyond)
    missing = min(far, key=lambda name: far[name] / max(limits[name][1], 1e-9), default="")
    return Repair(before, None, config, singles, missing)


def single_changes(contest: Contest, limits: Ranges) -> dict[str, float]:
    """The nearest value of each weight that repairs the reward alone."""
    found = {}
    for name, (low, high) in limits.items():
        now = contest.config.value(name)
        places = np.unique(np.concatenate([np.linspace(low, high, GRID), np.geomspace(1e-3, 1, GRID) * high]))
        places = places[(places >= low) & (places <= high)]
        good = (contest.gaps(varied(contest.config, name, places)) >= TARGET).all(axis=0)
        if good.any():
            found[name] = rounded(float(places[good][np.abs(places[good] - now).argmin()]))
    return found


def weigh_farmed_less(config: Design, before: FlightCheck, good: Good) -> Design | None:
    """The reward with the most of a term that pays for going in a loop, so that nothing is in doubt."""
    farmed = next((term for term in config.terms if term.key == before["farming"].params["term"]), None)
    if farmed is None or before["farming"].status == "ok":
        return None
    now = config.weight_of(farmed)
    tried = (with_weight(config, farmed.weight, rounded(share * now)) for share in LESS)
    return next((less for less in tried if good(less)), None)
