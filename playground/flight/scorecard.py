"""The task scorecard: how well a policy lands, over fixed seeds, whatever it was rewarded for.

No weight enters a score. Beside the scores, the card keeps the raw component totals of every episode in
every form, so that any reward's return on these hundred episodes is a dot product.

Leaves out: comparisons between policies, and everything about one episode's steps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot
from playground.flight.rollout import run_episodes
from playground.flight.trajectory import Outcome, Trajectory
from playground.reward.account import PART_KEYS, decompose, weights
from playground.reward.terms import FORMS, Floats, Form, RewardConfig
from playground.worlds.lunar_lander.conditions import CALM, Conditions
from playground.worlds.lunar_lander.simulator import MAX_STEPS, PAD_HALF_WIDTH, STEPS_PER_SECOND, speed

EVALUATION_SEEDS: Final = range(1000, 1100)
"""Held out: training draws its seeds elsewhere."""
RESAMPLES: Final = 2000
BATCH: Final = 500
"""Landers that are alive at once; each holds a Box2D world."""


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Scores of n episodes, each field ``(n,)`` by episode."""

    seeds: npt.NDArray[np.int64]
    outcomes: npt.NDArray[np.str_]
    """Values of `Outcome`."""
    on_pad: npt.NDArray[np.bool_]
    """Landed with the body between the flags."""
    steps: npt.NDArray[np.int64]
    native_return: Floats
    """Gymnasium's own return."""
    touchdown_speed: Floats
    """Metres a second just before the first leg touched; NaN where none did."""
    main_firings: npt.NDArray[np.int64]
    side_firings: npt.NDArray[np.int64]
    gamma: float
    """The discount that the ``potential`` totals were computed with."""
    totals: dict[Form, Floats]
    """Per form ``(n, len(PART_KEYS))``: raw components summed over each episode, undiscounted."""

    def __len__(self) -> int:
        return len(self.seeds)

    def rate(self, *outcomes: Outcome) -> float:
        """Share of the episodes that ended in one of these ways."""
        return float(np.isin(self.outcomes, outcomes).mean())

    def returns(self, config: RewardConfig) -> Floats:
        """Every episode's undiscounted return under any reward: ``(n,)``."""
        result: Floats = self.totals[config.form] @ weights(config)
        return result

    def part_means(self, config: RewardConfig) -> dict[str, float]:
        """What each part paid an episode on average under any reward."""
        means = self.totals[config.form].mean(axis=0) * weights(config)
        return dict(zip(PART_KEYS, means.tolist(), strict=True))

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The scores that are shown, with units in their names; None where no episode has the value."""
        landed = self.outcomes == Outcome.LANDED
        touched = self.touchdown_speed[~np.isnan(self.touchdown_speed)]
        low, high = bootstrap_interval(self.native_return)
        return {
            "episodes": len(self),
            "landing_rate": self.rate(Outcome.LANDED),
            "on_pad_rate": float(self.on_pad.mean()),
            "crash_rate": self.rate(Outcome.CRASHED, Outcome.OUT_OF_BOUNDS),
            "fall_rate": self.rate(Outcome.CRASHED),
            "out_of_bounds_rate": self.rate(Outcome.OUT_OF_BOUNDS),
            "timeout_rate": self.rate(Outcome.TIMEOUT),
            "native_return_mean": float(self.native_return.mean()),
            "native_return_iqm": float(interquartile_mean(self.native_return)),
            "native_return_low95": low,
            "native_return_high95": high,
            "touchdown_speed_m_s": float(touched.mean()) if len(touched) else None,
            "main_firings": float(self.main_firings.mean()),
            "side_firings": float(self.side_firings.mean()),
            "seconds_to_land": float(self.steps[landed].mean()) / STEPS_PER_SECOND if landed.any() else None,
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
                "on_pad": self.on_pad.tolist(),
                "steps": self.steps.tolist(),
                "native_return": self.native_return.tolist(),
                "touchdown_speed": [None if np.isnan(v) else v for v in self.touchdown_speed.tolist()],
                "main_firings": self.main_firings.tolist(),
                "side_firings": self.side_firings.tolist(),
            },
            "totals": {
                form: dict(zip(PART_KEYS, columns.T.tolist(), strict=True)) for form, columns in self.totals.items()
            },
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Scorecard":
        """The card that `to_json` wrote.

        Raises:
            KeyError: a field or a term is missing, for instance a term added after the card was made.
        """
        e = value["episodes"]
        return cls(
            seeds=np.array(e["seed"], np.int64),
            outcomes=np.array(e["outcome"], np.str_),
            on_pad=np.array(e["on_pad"], np.bool_),
            steps=np.array(e["steps"], np.int64),
            native_return=np.array(e["native_return"], np.float64),
            touchdown_speed=np.array([np.nan if v is None else v for v in e["touchdown_speed"]], np.float64),
            main_firings=np.array(e["main_firings"], np.int64),
            side_firings=np.array(e["side_firings"], np.int64),
            gamma=value["gamma"],
            totals={form: np.array([value["totals"][form][key] for key in PART_KEYS]).T for form in FORMS},
        )


def score(trajectories: Sequence[Trajectory], gamma: float) -> Scorecard:
    """The scorecard of flown episodes.

    Args:
        trajectories: at least one.
        gamma: the discount of the ``potential`` form.
    """
    outcomes = np.array([t.outcome for t in trajectories], np.str_)
    middle = np.array([abs(t.observations[-1, 0]) <= np.float32(PAD_HALF_WIDTH) for t in trajectories])
    return Scorecard(
        seeds=np.array([t.seed for t in trajectories], np.int64),
        outcomes=outcomes,
        on_pad=(outcomes == Outcome.LANDED) & middle,
        steps=np.array([len(t) for t in trajectories], np.int64),
        native_return=np.array([t.rewards.sum() for t in trajectories]),
        touchdown_speed=np.array([touchdown_speed(t) for t in trajectories]),
        main_firings=np.array([(t.actions == 2).sum() for t in trajectories], np.int64),
        side_firings=np.array([np.isin(t.actions, (1, 3)).sum() for t in trajectories], np.int64),
        gamma=gamma,
        totals={
            form: np.stack([decompose(t.transitions, form, gamma).sum(axis=0) for t in trajectories]) for form in FORMS
        },
    )


def evaluate(
    pilot: Pilot, gamma: float, seeds: Sequence[int] = EVALUATION_SEEDS, conditions: Conditions = CALM
) -> Scorecard:
    """Fly one episode for each seed and score them."""
    batches = (seeds[i : i + BATCH] for i in range(0, len(seeds), BATCH))
    return score([t for batch in batches for t in run_episodes(pilot, batch, MAX_STEPS, conditions)], gamma)


def touchdown_speed(trajectory: Trajectory) -> float:
    """Speed in m/s on the last observation before a leg first touched; NaN if none ever did."""
    contact = (trajectory.observations[:, 6:8] > 0.5).any(axis=1)
    if not contact.any():
        return float("nan")
    return float(speed(trajectory.observations[max(int(contact.argmax()) - 1, 0)]))


def interquartile_mean(values: Floats) -> Floats:
    """Mean of the middle half along the last axis, a quarter cut off at each end (Agarwal et al. 2021, as in rliable).

    >>> float(interquartile_mean(np.array([0.0, 1.0, 3.0, 100.0])))
    2.0
    """
    ordered = np.sort(values, axis=-1)
    cut = int(0.25 * values.shape[-1])
    middle: Floats = ordered[..., cut : values.shape[-1] - cut].mean(axis=-1)
    return middle


def bootstrap_interval(
    values: Floats, level: float = 0.95, seed: int = 0, of: Callable[[Floats], Floats] | None = None
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean, or of another statistic, the same for the same values.

    Args:
        values: ``(n,)``.
        level: how often such an interval holds the true value.
        seed: of the resampling.
        of: the statistic, along the last axis; by default the mean.
    """
    means = _counts(len(values), seed) @ values / len(values) if of is None else of(values[_picks(len(values), seed)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=16)
def _picks(n: int, seed: int) -> npt.NDArray[np.int64]:
    """Which of ``n`` values each resampling draws: ``(RESAMPLES, n)``."""
    return np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))


@lru_cache(maxsize=16)
def _counts(n: int, seed: int) -> Floats:
    """How often each resampling draws every value: ``(RESAMPLES, n)``."""
    counts = np.zeros((RESAMPLES, n))
    np.add.at(counts, (np.arange(RESAMPLES)[:, None], _picks(n, seed)), 1.0)
    return counts
