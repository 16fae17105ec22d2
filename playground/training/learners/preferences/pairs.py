"""Preferences: which of two episodes from the same start is better, as a probability.

A judge is a function of two episodes, so it may be a scorecard, any reward, or a person.

Leaves out: learning from them (``dpo``, ``reward_model``), and asking people.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from playground.flight.policy import Policy
from playground.flight.trajectory import Trajectory
from playground.training.learners.task import Task
from playground.words.errors import InvalidInput

Judge = Callable[[Trajectory, Trajectory], float]
"""The probability that the first of two episodes is preferred, 0.5 for a tie."""
JUDGES: Final = ("scorecard", "return")


@dataclass(frozen=True, eq=False)
class PreferencePair:
    """Two episodes from the same start, and which of them is better."""

    first: Trajectory
    second: Trajectory
    preference: float
    """Probability that the first is preferred, 0.5 for a tie."""

    def __post_init__(self) -> None:
        if self.first.seed != self.second.seed:
            raise ValueError("a pair starts from one seed")
        if not 0 <= self.preference <= 1:
            raise ValueError(f"a preference is a probability, got {self.preference}")


def by_scorecard(first: Trajectory, second: Trajectory) -> float:
    """A success beats anything else; of two successes, or two failures, Gymnasium's return decides."""

    def worth(episode: Trajectory) -> tuple[bool, float]:
        return episode.succeeded, float(episode.rewards.sum())

    return _which(worth(first), worth(second))


def by_return(task: Task) -> Judge:
    """The higher discounted return under the task's reward wins."""

    def judge(first: Trajectory, second: Trajectory) -> float:
        a, b = task.returns([first, second]).tolist()
        return _which(a, b)

    return judge


def check_judge(name: str) -> None:
    """Refuse an unknown judge.

    Raises:
        InvalidInput: names the known ones.
    """
    if name not in JUDGES:
        raise InvalidInput("not_a_choice", field="judge", choices=", ".join(JUDGES), value=name)


def judge_of(name: str, task: Task) -> Judge:
    """One of ``JUDGES``.

    Raises:
        InvalidInput: there is no such judge.
    """
    check_judge(name)
    return by_scorecard if name == "scorecard" else by_return(task)


def sample_pairs(task: Task, policy: Policy, judge: Judge, count: int, *entropy: int) -> list[PreferencePair]:
    """Fly a policy twice from each of ``count`` starts, actions drawn, and ask the judge.

    Raises:
        InvalidInput: all of the pairs are ties, from which nothing can be learned.
    """
    seeds = np.repeat(task.episode_seeds(count, sum(entropy)), 2).tolist()
    flown = task.fleet.sample(policy, seeds, task.seed, *entropy)
    pairs, steps = [], sum(map(len, flown))
    for first, second in zip(flown[::2], flown[1::2], strict=True):
        task.tick(steps)
        pairs.append(PreferencePair(first, second, judge(first, second)))
    check_pairs(pairs)
    return pairs


def check_pairs(pairs: Sequence[PreferencePair]) -> None:
    """Refuse pairs that say nothing.

    Raises:
        InvalidInput: there are none, or all are ties.
    """
    if all(pair.preference == 0.5 for pair in pairs):
        raise InvalidInput("all_ties", count=len(pairs))


def steps_of(pairs: Sequence[PreferencePair]) -> int:
    """Steps in all episodes."""
    return sum(len(pair.first) + len(pair.second) for pair in pairs)


def _which(a: tuple[bool, float] | float, b: tuple[bool, float] | float) -> float:
    return 0.5 if a == b else float(a > b)  # type: ignore[operator]
