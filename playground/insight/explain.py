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

from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose, discounts, weigh
from playground.reward.design import Design
from playground.reward.expression.memory import Memory
from playground.reward.term import Floats, Transitions


@dataclass(frozen=True, eq=False)
class Explanation:
    """All actions from one state, by what they lead to."""

    keys: tuple[str, ...]
    """Of the parts."""
    chosen: int
    """The action that was taken."""
    returns: Floats
    """``(actions, n)``: discounted return of every branch, from the fork on."""
    parts: Floats
    """``(actions, parts)``: means of what each part paid."""
    succeeded: Floats
    """``(actions,)``: share of the branches that succeeded."""

    @property
    def means(self) -> Floats:
        """``(actions,)``: mean returns."""
        result: Floats = self.returns.mean(axis=1)
        return result

    @property
    def spreads(self) -> Floats:
        """``(actions,)``: standard deviation over branches; 0 for one branch."""
        n = self.returns.shape[1]
        result: Floats = self.returns.std(axis=1, ddof=1) if n > 1 else np.zeros(len(self.returns))
        return result

    def difference(self, other: int) -> Floats:
        """``(parts,)``: how much more each part pays for the chosen action than for another one (RDX)."""
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
            against, in_favour = sufficient(-gaps, self.keys)
            return in_favour, against
        return sufficient(gaps, self.keys)


def sufficient(gaps: Floats, keys: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """MSX⁺ and MSX⁻ of component differences whose sum is at least 0.

    MSX⁺ holds the fewest positive differences that together outweigh all negative ones. MSX⁻ holds the fewest
    negative ones that would outweigh MSX⁺ were its smallest member missing: they show why that one is needed.

    Args:
        gaps: ``(parts,)``.
        keys: of the parts.

    >>> gaps = np.array([5.0, 3.0, -4.0, -1.0])
    >>> sufficient(gaps, ("distance", "velocity", "angle", "legs"))
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
    return tuple(keys[i] for i in plus), tuple(keys[i] for i in minus)


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


def explain(
    branches: Sequence[Sequence[Trajectory]],
    chosen: int,
    reward: Design,
    gamma: float,
    past: Transitions | None = None,
) -> Explanation:
    """What the branches of a fork say about its actions.

    Args:
        branches: for each action as many.
        chosen: the action that was taken.
        reward: any reward.
        gamma: its discount.
        past: the episode's steps before the fork, which own terms may remember; None where there are none.
    """
    memory = Memory(1)
    if past is not None and len(past.rewards) and reward.remembers:
        reward.program.evaluate(past, gamma, memory)
    paid = np.array([[_paid(branch, reward, gamma, memory) for branch in flown] for flown in branches])
    returns = paid.sum(axis=2)
    succeeded = np.array([[branch.succeeded for branch in flown] for flown in branches]).mean(axis=1)
    return Explanation(reward.keys, chosen, returns, paid.mean(axis=1), succeeded)


def _paid(trajectory: Trajectory, reward: Design, gamma: float, memory: Memory) -> Floats:
    """What each part paid over an episode that goes on from a memory, discounted: ``(parts,)``."""
    paid = weigh(decompose(trajectory.transitions, reward, gamma, memory.copy()), reward)
    result: Floats = discounts(len(trajectory), gamma) @ paid
    return result
