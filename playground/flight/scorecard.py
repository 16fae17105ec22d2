"""The task scorecard: how well a policy does the world's task, over fixed seeds, whatever it was rewarded for.

No weight enters a score. Beside the scores, the card keeps the raw component totals of every episode in
every form, so that any reward's return on these hundred episodes is a dot product.

Leaves out: comparisons between policies, and everything about one episode's steps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot
from playground.flight.rollout import run_episodes
from playground.flight.statistics import bootstrap_interval, interquartile_mean
from playground.flight.trajectory import Trajectory
from playground.flight.world import World
from playground.reward.account import decompose_terms, own_components
from playground.reward.design import Design, keys_of
from playground.reward.term import FORMS, Floats, Form

EVALUATION_SEEDS: Final = range(1000, 1100)
"""Held out: training draws its seeds elsewhere."""
BATCH: Final = 500
"""Environments that are alive at once."""


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Scores of n episodes of one world."""

    world: World
    seeds: npt.NDArray[np.int64]
    """``(n,)``"""
    outcomes: npt.NDArray[np.str_]
    """``(n,)``: keys of ``world.outcomes``."""
    steps: npt.NDArray[np.int64]
    """``(n,)``"""
    native_return: Floats
    """``(n,)``: Gymnasium's own return."""
    measured: Mapping[str, npt.NDArray[Any]]
    """By the key of each of ``world.measures``, ``(n,)``; NaN where an episode has no such value."""
    gamma: float
    """The discount that the ``potential`` totals were computed with."""
    totals: dict[Form, Floats]
    """Per form ``(n, parts)``: raw components of the world's terms summed over each episode, undiscounted."""
    fly: Callable[[], Sequence[Trajectory]] = list
    """Gives its episodes, in order; they are asked for where a reward has own terms."""
    _own: dict[Any, Floats] = field(default_factory=dict, repr=False)
    """Sums of own terms' components by expression."""

    def __len__(self) -> int:
        return len(self.seeds)

    def rate(self, *outcomes: str) -> float:
        """Share of the episodes that ended in one of these ways."""
        return float(np.isin(self.outcomes, outcomes).mean())

    @property
    def succeeded(self) -> npt.NDArray[np.bool_]:
        """``(n,)``: which episodes ended as the world's task wants it."""
        return self.world.succeeded(self.outcomes)

    @property
    def success_rate(self) -> float:
        """Share of the episodes that did."""
        return float(self.succeeded.mean())

    def returns(self, config: Design) -> Floats:
        """Every episode's undiscounted return under any reward of the world: ``(n,)``."""
        result: Floats = self.sums(config) @ config.factors
        return result

    def sums(self, config: Design) -> Floats:
        """Raw components of a reward's parts summed over each episode, undiscounted: ``(n, parts)``.

        Raises:
            InvalidInput: an own term is no number on some step.
        """
        totals = self.totals[config.form]
        if not config.own_terms:
            return totals
        if config.expressions not in self._own:
            flown = (own_components(episode.transitions, config, self.gamma) for episode in self.episodes)
            self._own[config.expressions] = np.stack([components.sum(axis=0) for components in flown])
        return np.concatenate([totals[:, :-1], self._own[config.expressions], totals[:, -1:]], axis=1)

    @cached_property
    def episodes(self) -> Sequence[Trajectory]:
        """The episodes that were scored.

        Raises:
            RuntimeError: the card was read without a way to fly them again.
        """
        flown = self.fly()
        if len(flown) != len(self):
            raise RuntimeError(f"{len(self)} episodes were scored, but {len(flown)} can be had")
        return flown

    def part_means(self, config: Design) -> dict[str, float]:
        """What each part paid an episode on average under any reward of the world."""
        means = self.sums(config).mean(axis=0) * config.factors
        return dict(zip(config.keys, means.tolist(), strict=True))

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The scores that are shown, with units in their names; None where no episode has the value."""
        low, high = bootstrap_interval(self.native_return)
        seconds = self.steps[self.succeeded] / self.world.steps_per_second
        return {
            "episodes": len(self),
            **{name: self.rate(*outcomes) for name, outcomes in self.world.rates.items()},
            "native_return_mean": float(self.native_return.mean()),
            "native_return_iqm": float(interquartile_mean(self.native_return)),
            "native_return_low95": low,
            "native_return_high95": high,
            **{measure.summary: _mean(self.measured[measure.key]) for measure in self.world.measures},
            self.world.success_time: float(seconds.mean()) if len(seconds) else None,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``scorecard.json``."""
        return {
            "schema": 1,
            "gamma": self.gamma,
            "summary": self.summary,
            "episodes": {
                "seed": self.seeds.tolist(),
                "outcome": self.outcomes.tolist(),
                "steps": self.steps.tolist(),
                "native_return": self.native_return.tolist(),
                **{
                    key: [None if v != v else v for v in values.tolist()]  # NaN alone differs from itself
                    for key, values in self.measured.items()
                },
            },
            "totals": {
                form: dict(zip(keys_of(self.world.terms), columns.T.tolist(), strict=True))
                for form, columns in self.totals.items()
            },
        }

    @classmethod
    def from_json(
        cls, value: dict[str, Any], world: World, fly: Callable[[], Sequence[Trajectory]] = list
    ) -> "Scorecard":
        """The card that `to_json` wrote.

        Args:
            value: what it wrote.
            world: where it was flown.
            fly: gives the episodes again.

        Raises:
            KeyError: a field or a term is missing, for instance a term added after the card was made.
        """
        e, keys = value["episodes"], keys_of(world.terms)
        return cls(
            world=world,
            seeds=np.array(e["seed"], np.int64),
            outcomes=np.array(e["outcome"], np.str_),
            steps=np.array(e["steps"], np.int64),
            native_return=np.array(e["native_return"], np.float64),
            measured={m.key: np.array([np.nan if v is None else v for v in e[m.key]], m.dtype) for m in world.measures},
            gamma=value["gamma"],
            totals={form: np.array([value["totals"][form][key] for key in keys]).T for form in FORMS},
            fly=fly,
        )


def _mean(values: npt.NDArray[Any]) -> float | None:
    """The mean of what is there; None if nothing is."""
    there = values[~np.isnan(values.astype(np.float64))]
    return float(there.mean()) if len(there) else None


def score(trajectories: Sequence[Trajectory], gamma: float) -> Scorecard:
    """The scorecard of flown episodes.

    Args:
        trajectories: at least one, all of the same world.
        gamma: the discount of the ``potential`` form.
    """
    world = trajectories[0].world
    return Scorecard(
        world=world,
        seeds=np.array([t.seed for t in trajectories], np.int64),
        outcomes=np.array([t.outcome for t in trajectories], np.str_),
        steps=np.array([len(t) for t in trajectories], np.int64),
        native_return=np.array([t.rewards.sum() for t in trajectories]),
        measured={m.key: np.array([m.of(t) for t in trajectories], m.dtype) for m in world.measures},
        gamma=gamma,
        totals={
            form: np.stack([decompose_terms(t.transitions, world.terms, form, gamma).sum(axis=0) for t in trajectories])
            for form in FORMS
        },
        fly=lambda: trajectories,
    )


def evaluate(
    world: World, pilot: Pilot, gamma: float, seeds: Sequence[int] = EVALUATION_SEEDS, conditions: Any = None
) -> Scorecard:
    """Fly one episode for each seed and score them."""
    batches = (seeds[i : i + BATCH] for i in range(0, len(seeds), BATCH))
    return score([t for batch in batches for t in run_episodes(world, pilot, batch, None, conditions)], gamma)
