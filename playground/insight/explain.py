"""Why this action: what every part would have paid for the other ones, and which parts decide.

The difference of two actions' values, told apart by component, is a reward difference explanation (RDX). The
fewest components that outweigh everything against an action are its minimal sufficient explanation (MSX).
Source: Juozapaitis et al., "Explainable Reinforcement Learning via Reward Decomposition", 2019.

Values are means over branches flown in the simulator, so they are those of the policy as it is, not of a critic.

Leaves out: flying the branches (``flight.fork``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.flight.trajectory import Outcome, Trajectory
from playground.reward.account import PART_KEYS, decompose, discounts, weigh
from playground.reward.terms import Floats, RewardConfig


@dataclass(frozen=True, eq=False)
class Explanation:
    """The four actions from one state, by what they lead to."""

    chosen: int
    """The action that was taken."""
    returns: Floats
    """``(4, n)``: discounted return of every branch, from the fork on."""
    parts: Floats
    """``(4, len(PART_KEYS))``: means of what each part paid."""
    landed: Floats
    """``(4,)``: share of the branches that landed."""

    @property
    def means(self) -> Floats:
        """``(4,)``: mean returns."""
        result: Floats = self.returns.mean(axis=1)
        return result

    @property
    def spreads(self) -> Floats:
        """``(4,)``: standard deviation over branches; 0 for one branch."""
        n = self.returns.shape[1]
        result: Floats = self.returns.std(axis=1, ddof=1) if n > 1 else np.zeros(len(self.returns))
        return result

    def difference(self, other: int) -> Floats:
        """``(len(PART_KEYS),)``: how much more each part pays for the chosen action than for another one (RDX)."""
        result: Floats = self.parts[self.chosen] - self.parts[other]
        return result

    def difference_error(self, other: int) -> float:
        """Standard error of the whole difference, branch against branch with the same noise."""
        gaps = self.returns[self.chosen] - self.returns[other]
        return float(gaps.std(ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else 0.0

    def reasons(self, other: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The fewest parts that speak for the chosen action and against it: MSX⁺ and MSX⁻, reversed if it loses."""
        gaps = self.difference(other)
        if gaps.sum() < 0:
            against, in_favour = sufficient(-gaps)
            return in_favour, against
        return sufficient(gaps)


def sufficient(gaps: Floats) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """MSX⁺ and MSX⁻ of component differences whose sum is at least 0.

    MSX⁺ holds the fewest positive differences that together outweigh all negative ones. MSX⁻ holds the fewest
    negative ones that would outweigh MSX⁺ were its smallest member missing: they show why that one is needed.

    Args:
        gaps: ``(len(PART_KEYS),)``.

    >>> gaps = np.zeros(len(PART_KEYS))
    >>> gaps[:4] = 5.0, 3.0, -4.0, -1.0
    >>> sufficient(gaps)
    (('distance', 'velocity'), ('angle', 'legs'))
    """
    order = np.argsort(-gaps, kind="stable")
    positive = [i for i in order.tolist() if gaps[i] > 0]
    negative = [i for i in order[::-1].tolist() if gaps[i] < 0]
    plus = _fewest(gaps, positive, -float(gaps[negative].sum()))
    if not plus:
        return (), ()
    missing_one = float(gaps[plus].sum() - gaps[plus[-1]])
    minus = _fewest(-gaps, negative, missing_one) if negative else []
    return tuple(PART_KEYS[i] for i in plus), tuple(PART_KEYS[i] for i in minus)


def _fewest(amounts: Floats, order: Sequence[int], weight: float) -> list[int]:
    """The first of them, largest first, whose sum exceeds ``weight``; all of them if it never does."""
    taken: list[int] = []
    total = 0.0
    for index in order:
        taken.append(index)
        total += float(amounts[index])
        if total > weight:
            break
    return taken


def explain(branches: Sequence[Sequence[Trajectory]], chosen: int, reward: RewardConfig, gamma: float) -> Explanation:
    """What the branches of a fork say about its four actions.

    Args:
        branches: for each action as many.
        chosen: the action that was taken, 0 to 3.
        reward: any reward.
        gamma: its discount.
    """
    paid = np.array([[_paid(branch, reward, gamma) for branch in flown] for flown in branches])
    returns = paid.sum(axis=2)
    landed = np.array([[branch.outcome == Outcome.LANDED for branch in flown] for flown in branches]).mean(axis=1)
    return Explanation(chosen, returns, paid.mean(axis=1), landed)


def _paid(trajectory: Trajectory, reward: RewardConfig, gamma: float) -> Floats:
    """What each part paid over an episode, discounted: ``(len(PART_KEYS),)``."""
    paid = weigh(decompose(trajectory.transitions, reward.form, gamma), reward)
    result: Floats = discounts(len(trajectory), gamma) @ paid
    return result
