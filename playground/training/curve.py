"""The learning curve: validation episodes flown between two updates, the best policy, and some on the way.

Leaves out: learning, and the scorecard of the final policy.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from playground.flight.policy import Checkpoint, Policy
from playground.flight.scorecard import score
from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose, discounts, reward_of
from playground.reward.design import Design
from playground.training.spec import TrainSpec

VALIDATION_SEEDS: Final = range(900, 916)
"""Flown for the learning curve; apart from the evaluation seeds, so looking at the curve costs no honesty."""
CURVE_POINTS: Final = 16
KEPT: Final = 10
"""Policies of evaluations that a model keeps, at most."""
KEPT_NUMBERS: Final = 1_000_000
"""Weights in all of them together; large networks keep fewer, but always the first and the last."""

Fly = Callable[[Policy, Sequence[int]], list[Trajectory]]
"""Whole episodes of a policy, one for each seed."""


class Curve:
    """The evaluations of a training so far.

    Args:
        spec: whose reward and discount score them.
        seeds: the validation episodes.
    """

    def __init__(self, spec: TrainSpec, seeds: Sequence[int] = VALIDATION_SEEDS) -> None:
        self.spec, self.seeds = spec, seeds
        self.rows: list[dict[str, float]] = []
        self.best: Policy | None = None
        self.best_steps = 0
        self.kept: list[Checkpoint] = []
        self.seconds = 0.0
        """Spent on evaluations."""

    def evaluate(
        self, policy: Policy, steps: int, seconds: Callable[[], float], fly: Fly, losses: Mapping[str, float]
    ) -> None:
        """Add a row, and remember the policy if none before was better by what the learner maximises.

        Args:
            policy: as it is now.
            steps: trained so far.
            seconds: spent so far, asked when the episodes are over.
            fly: flies them.
            losses: what the learner measured, by SB3's names.
        """
        reward, gamma, before = self.spec.reward, self.spec.gamma, time.perf_counter()
        trajectories = fly(policy, self.seeds)
        card = score(trajectories, gamma)
        discounted = float(np.mean([discounted_return(t, reward, gamma) for t in trajectories]))
        if all(discounted >= row["discounted_return"] for row in self.rows):
            self.best, self.best_steps = policy, steps
        row = {
            "steps": float(steps),
            "seconds": round(seconds(), 3),
            "designed_return": float(card.returns(reward).mean()),
            "discounted_return": discounted,
            "native_return": float(card.native_return.mean()),
            self.spec.world.success_rate: card.success_rate,
            **{f"part.{key}": value for key, value in card.part_means(reward).items()},
            **{f"train.{key}": value for key, value in losses.items()},
        }
        self.rows = with_same_columns([*self.rows, row])
        self.kept.append(Checkpoint(steps, policy))
        weights = sum(array.size for layer in (*policy.actor, *policy.critic) for array in layer)
        if len(self.kept) > max(2, min(KEPT, KEPT_NUMBERS // weights)):
            del self.kept[most_redundant([checkpoint.steps for checkpoint in self.kept])]
        self.seconds += time.perf_counter() - before


def discounted_return(trajectory: Trajectory, reward: Design, gamma: float) -> float:
    """Σ γᵗ·reward over an episode: what the learner maximises."""
    rewards = reward_of(decompose(trajectory.transitions, reward, gamma), reward)
    return float(rewards @ discounts(len(trajectory), gamma))


def most_redundant(steps: Sequence[int]) -> int:
    """Index of the entry to drop so that the rest stay spread out: never an end; of equals, the latest.

    >>> most_redundant([10, 20, 30, 50, 70])
    1
    """
    gaps = [after - before for before, after in zip(steps, steps[2:])]
    return max(range(len(gaps)), key=lambda i: (-gaps[i], i)) + 1


def with_same_columns(rows: Iterable[Mapping[str, float]]) -> list[dict[str, float]]:
    """The rows with all columns that any of them has; NaN where one lacks it.

    >>> with_same_columns([{"a": 1.0}, {"a": 2.0, "b": 3.0}])
    [{'a': 1.0, 'b': nan}, {'a': 2.0, 'b': 3.0}]
    """
    rows = list(rows)
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, math.nan) for name in names} for row in rows]
