"""What every component paid in one episode, step by step, exactly.

`break_down` needs no policy and no simulator: any reward can be laid over any flown episode.

Leaves out: drawing (``studies.charts``) and verdicts.
"""

import csv
import io
from dataclasses import dataclass

import numpy as np

from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose, discounts, weigh
from playground.reward.design import Design
from playground.reward.term import Floats


@dataclass(frozen=True, eq=False)
class Breakdown:
    """An episode of T steps under one reward; columns are its parts."""

    keys: tuple[str, ...]
    """Of the parts."""
    raw: Floats
    """``(T, parts)``: unweighted components."""
    paid: Floats
    """``(T, parts)``: weighted, and discounted if that was asked for. The sum of a row is the step's reward."""

    @property
    def rewards(self) -> Floats:
        """``(T,)``: what the step paid."""
        result: Floats = self.paid.sum(axis=1)
        return result

    @property
    def total(self) -> float:
        """The return."""
        return float(self.paid.sum())

    @property
    def totals(self) -> dict[str, float]:
        """What each part paid over the episode."""
        return dict(zip(self.keys, self.paid.sum(axis=0).tolist(), strict=True))

    @property
    def raw_totals(self) -> dict[str, float]:
        """Each raw component summed over the episode."""
        return dict(zip(self.keys, self.raw.sum(axis=0).tolist(), strict=True))

    @property
    def shares(self) -> dict[str, float]:
        """Each part's share of all that was paid or charged, step by step; they sum to 1, or all are 0."""
        amounts = np.abs(self.paid).sum(axis=0)
        whole = amounts.sum()
        return dict(zip(self.keys, (amounts / whole if whole else amounts).tolist(), strict=True))

    @property
    def cumulative(self) -> Floats:
        """``(T, parts)``: paid so far."""
        result: Floats = self.paid.cumsum(axis=0)
        return result


def break_down(trajectory: Trajectory, config: Design, gamma: float, discounted: bool = False) -> Breakdown:
    """What each part of a reward paid in an episode.

    Args:
        trajectory: the episode, whatever it was trained on.
        config: the reward to lay over it.
        gamma: the discount; used by the ``potential`` form, and by the discounted view.
        discounted: weigh step t by γᵗ, as the learner does.
    """
    raw = decompose(trajectory.transitions, config, gamma)
    paid = weigh(raw, config)
    if discounted:
        paid = paid * discounts(len(trajectory), gamma)[:, None]
    return Breakdown(config.keys, raw, paid)


def to_npz(trajectory: Trajectory, breakdown: Breakdown) -> bytes:
    """An episode as numpy arrays: all of the trajectory, and raw and paid parts with their keys."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        seed=trajectory.seed,
        observations=trajectory.observations,
        actions=trajectory.actions,
        rewards=trajectory.rewards,
        terminated=trajectory.terminated,
        raw=breakdown.raw,
        paid=breakdown.paid,
        parts=np.array(breakdown.keys),
    )
    return out.getvalue()


def to_csv(trajectory: Trajectory, breakdown: Breakdown) -> str:
    """One row a step: time, action, raw and paid parts, the reward and Gymnasium's own, and the return so far."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["step", "seconds", "action", *(f"raw.{k}" for k in breakdown.keys), *(f"paid.{k}" for k in breakdown.keys)]
    writer.writerow([*head, "reward", "native_reward", "return_so_far"])
    so_far = breakdown.rewards.cumsum()
    for step in range(len(trajectory)):
        writer.writerow(
            [
                step + 1,
                (step + 1) / trajectory.world.steps_per_second,
                trajectory.world.actions[trajectory.actions[step]],
                *breakdown.raw[step].tolist(),
                *breakdown.paid[step].tolist(),
                breakdown.rewards[step].item(),
                trajectory.rewards[step].item(),
                so_far[step].item(),
            ]
        )
    return out.getvalue()
