"""What a training tells while it runs and leaves when it ends, whatever its algorithm.

`Curve` flies the validation episodes between two updates, remembers the best policy and some on the way.

Leaves out: learning.
"""

import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psutil
from safetensors.numpy import save as save_safetensors

from playground.flight.cores import available_cores
from playground.flight.policy import Checkpoint, Policy, policy_tensors
from playground.flight.scorecard import Scorecard, score
from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose, discounts, reward_of
from playground.reward.design import Design
from playground.training.spec import TrainSpec

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

VALIDATION_SEEDS: Final = range(900, 916)
"""Flown for the learning curve; apart from the evaluation seeds, so looking at the curve costs no honesty."""
CURVE_POINTS: Final = 16
KEPT: Final = 10
"""Policies of evaluations that a model keeps, at most."""
KEPT_NUMBERS: Final = 1_000_000
"""Weights in all of them together; large networks keep fewer, but always the first and the last."""
DIVERGED: Final = "training diverged: the network's weights became NaN; lower the learning rate or the reward's scale"

WORTH_A_PROCESS: Final = 50_000
"""Fewer steps than these are over before another process has started."""

Floats32 = npt.NDArray[np.float32]
Fly = Callable[[Policy, Sequence[int]], list[Trajectory]]
"""Whole episodes of a policy, one for each seed."""


class Stopped(Exception):
    """The training was asked to stop."""


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    steps: int
    total: int
    seconds: float
    """Spent training, evaluations included, over all resumes."""
    curve: list[dict[str, float]]
    policy: Policy
    """What it would fly with now."""


@dataclass(frozen=True)
class Result:
    """What a training made."""

    policy: bytes
    """safetensors"""
    model_zip: bytes
    """Stable-Baselines3's own file"""
    curve: list[dict[str, float]]
    scorecard: Scorecard
    steps: int
    seconds: float
    kept: int
    """Steps after which the policy was as it is: that of the best evaluation, or the last one."""
    checkpoints: bytes = b""
    """safetensors: policies of some evaluations, the first and the last among them; empty if there were none"""
    updates: bytes = b""
    """safetensors: what some updates learned from; empty if the algorithm tells nothing"""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More for the manifest."""


class Curve:
    """The evaluations of a training so far.

    Args:
        spec: whose reward and discount score them.
    """

    def __init__(self, spec: TrainSpec) -> None:
        self.spec = spec
        self.rows: list[dict[str, float]] = []
        self.best: Policy | None = None
        self.best_steps = 0
        self.kept: list[Checkpoint] = []
        self.seconds = 0.0
        """Spent on evaluations in this process."""

    def evaluate(
        self, policy: Policy, steps: int, seconds: Callable[[], float], fly: Fly, losses: Mapping[str, float]
    ) -> None:
        """Add a row, and remember the policy if none before was better by what the learner maximises.

        Args:
            policy: as it is now.
            steps: trained so far.
            seconds: spent so far, asked when the episodes are over.
            fly: flies them.
            losses: what the learner tells, by SB3's names.
        """
        reward, gamma, before = self.spec.reward, self.spec.gamma, time.perf_counter()
        trajectories = fly(policy, VALIDATION_SEEDS)
        card = score(trajectories, gamma)
        discounted = float(np.mean([discounted_return(t, reward, gamma) for t in trajectories]))
        if all(discounted >= row["discounted_return"] for row in self.rows):
            self.best, self.best_steps = policy, steps
        self.rows.append(
            {
                "steps": float(steps),
                "seconds": round(seconds(), 3),
                "designed_return": float(card.returns(reward).mean()),
                "discounted_return": discounted,
                "native_return": float(card.native_return.mean()),
                "landing_rate": card.success_rate,
                **{f"part.{key}": value for key, value in card.part_means(reward).items()},
                **{f"train.{key}": value for key, value in losses.items()},
            }
        )
        self.kept.append(Checkpoint(steps, policy))
        if len(self.kept) > max(2, min(KEPT, KEPT_NUMBERS // flat_weights(policy).size)):
            del self.kept[most_redundant([checkpoint.steps for checkpoint in self.kept])]
        self.seconds += time.perf_counter() - before


def discounted_return(trajectory: Trajectory, reward: Design, gamma: float) -> float:
    """Σ γᵗ·reward over an episode: what the learner maximises."""
    rewards = reward_of(decompose(trajectory.transitions, reward, gamma), reward)
    return float(rewards @ discounts(len(trajectory), gamma))


def flat_weights(policy: Policy) -> Floats32:
    """All weights one after the other: the actor's layers, then the critic's, each weight before its bias."""
    return np.concatenate([array.ravel() for layer in (*policy.actor, *policy.critic) for array in layer])


def check_finite(policy: Policy) -> None:
    """Refuse a network with a weight that is not a number.

    Raises:
        FloatingPointError: there is one.
    """
    if not np.isfinite(flat_weights(policy)).all():
        raise FloatingPointError(DIVERGED)


def dump_policy(policy: Policy) -> bytes:
    """The network as safetensors: all that inference needs."""
    return save_safetensors(policy_tensors(policy), metadata={"activation": policy.activation})


def dump_checkpoints(kept: Sequence[Checkpoint]) -> bytes:
    """Policies of one shape as safetensors: the names of `dump_policy`, a leading axis, and ``steps``."""
    each = [policy_tensors(checkpoint.policy) for checkpoint in kept]
    tensors: dict[str, Any] = {name: np.stack([one[name] for one in each]) for name in each[0]}
    tensors["steps"] = np.array([checkpoint.steps for checkpoint in kept], np.int64)
    return save_safetensors(tensors, metadata={"activation": kept[0].policy.activation})


def remote_groups(spec: TrainSpec) -> int:
    """How many groups of landers fly in another process: one, given a second core and steps worth its start."""
    return int(available_cores() > 1 and spec.steps >= WORTH_A_PROCESS)


def resident_bytes() -> int:
    """Memory of this process now."""
    resident: int = psutil.Process().memory_info().rss
    return resident


def grown_since(resident: int) -> int:
    """Bytes by which this process grew at most since it held so many; 0 where the system does not tell."""
    if resource is None:  # Windows has no such count
        return 0
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
    return max(0, peak - resident)


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
