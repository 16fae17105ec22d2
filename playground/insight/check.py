"""What a reward would prefer, before any training: recorded behaviours ranked by their return, and twelve checks.

A return is linear in the weights, so the whole check is a matrix of discounted component sums times one vector. It says
what pays best among behaviours that were flown, not what an optimiser will find: exploration may fail where the optimum
lands, and an optimiser may find what nobody recorded. The checks follow Knox et al. 2021 ("Reward (mis)design"), Ng,
Harada & Russell 1999, and common failures of shaped rewards. Where a world has no recorded behaviours, only the general
checks run.

Leaves out: repairing a reward (``repair``), forecasting what training makes of it (``forecast``), and words
(``words.check``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from playground.insight import checks_general, checks_goal
from playground.insight.finding import CLOSE, Finding
from playground.insight.forecast.predict import Forecast, forecast
from playground.insight.library import ProbeLibrary, library_of
from playground.insight.ranking import Ranked, Ranking
from playground.reward.account import reversed_parts
from playground.reward.design import Design
from playground.words.check import finding_sentence, notes, verdict_sentence
from playground.words.say import FALLBACK, say
from playground.worlds import world_of

Verdict = Literal["sound", "unchecked", "doubtful", "broken"]
"""``unchecked``: no check objects, but whether the reward wants the world's goal was not checked."""


@dataclass(frozen=True)
class FlightCheck:
    """All that can be said of a reward without training."""

    verdict: Verdict
    margin: float | None
    """Best success over best other behaviour, in standard deviations of the library's returns; negative: something else
    pays best. None where the goal was not checked."""
    ranking: tuple[Ranked, ...]
    """Best first."""
    checks: tuple[Finding, ...]
    logged_only: bool
    """The terms are only logged, so Gymnasium's own reward was checked."""
    negative: tuple[str, ...]
    """Terms whose weight is below 0."""
    predicted: Forecast | None
    """What PPO will probably make of it; None where there is nothing to learn from."""
    design: Design
    """The reward."""

    @property
    def checked_goal(self) -> bool:
        """Whether the world has recorded behaviours, so that its goal was checked; else only the general checks ran."""
        return self.margin is not None

    @property
    def favourite(self) -> Ranked:
        """What pays best."""
        return self.ranking[0]

    @property
    def prediction(self) -> dict[str, Any]:
        """What the notebook keeps until the training is over: the verdict, what pays best, and the forecast."""
        chances = {} if self.predicted is None else self.predicted.to_json()
        best = self.favourite.behaviour.replace("_", " ")
        return {"verdict": self.verdict, "pays_best": best, "margin": self.margin, **chances}

    @property
    def leading(self) -> Finding | None:
        """The first failure, else the first warning that makes a reward doubtful.

        Where nothing is paid, or nothing ahead counts, that comes first: all else follows from it.
        """
        failures = [check for check in self.checks if check.status == "fail"]
        failed = next((check for check in failures if check.id in PREMISES), None) or next(iter(failures), None)
        return failed or next((c for c in self.checks if c.status == "warn" and c.id in DOUBTS), None)

    def __getitem__(self, id: str) -> Finding:
        return next(check for check in self.checks if check.id == id)

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs; sentences are English."""
        return {
            "verdict": self.verdict,
            "checked_goal": self.checked_goal,
            "landing_margin": self.margin,
            "predicted": self.predicted and self.predicted.to_json(),
            "logged_only": self.logged_only,
            "notes": notes(self, FALLBACK),
            "checks": [
                {
                    "id": check.id,
                    "status": check.status,
                    "message": finding_sentence(check, self.design, FALLBACK),
                    "value": check.value,
                }
                for check in self.checks
            ],
            "ranking": [
                {
                    "behaviour": str(row.behaviour),
                    "outcome": row.outcome,
                    "return": row.mean,
                    "spread": row.spread,
                    "probe": row.probe,
                }
                for row in self.ranking
            ],
        }


def check_reward(config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None) -> FlightCheck:
    """Compare what a reward pays for the recorded behaviours.

    Args:
        config: any reward. With ``replace_reward=False`` training sees Gymnasium's reward, so that is checked.
        gamma: the discount, 0 to 1.
        library: the behaviours; by default those of the reward's world.

    Raises:
        ValueError: the discount is out of range.
    """
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie between 0 and 1, got {gamma}")
    library = library or library_of(world_of(config))
    ranking = Ranking(config, gamma, library)
    knows_goal = library.world.behaviours is not None
    margin = checks_goal.margin(ranking) if knows_goal else None
    wanted = (check for check in CHECKS if knows_goal or check.__module__ != checks_goal.__name__)
    checks = tuple(check(ranking) for check in wanted)
    statuses = {check.status for check in checks}
    if "fail" in statuses or (margin is not None and margin < 0):
        verdict: Verdict = "broken"
    elif any(check.status == "warn" and check.id in DOUBTS for check in checks) or (
        margin is not None and margin < CLOSE
    ):
        verdict = "doubtful"
    else:
        verdict = "unchecked" if margin is None else "sound"
    logged, negative = not config.replace_reward, reversed_parts(config)
    return FlightCheck(verdict, margin, ranking.rows, checks, logged, negative, forecast(ranking), config)


CHECKS: Final[tuple[Callable[[Ranking], Finding], ...]] = (
    checks_goal.suicide,
    checks_goal.stalling,
    checks_general.farming,
    checks_goal.ordering,
    checks_goal.risk,
    checks_general.dominance,
    checks_general.dead,
    checks_general.redundancy,
    checks_goal.attributes,
    checks_general.horizon,
    checks_general.scale,
    checks_general.invariance,
)
"""In the order in which failures are named."""
DOUBTS: Final = frozenset({"suicide", "stalling", "farming", "risk", "horizon", "scale"})
"""Checks whose warning makes a reward doubtful; the others' are for information."""
PREMISES: Final = frozenset({"dominance", "horizon"})
"""Checks without which the others say nothing."""


def assert_reward_sound(
    config: Design, gamma: float = 0.995, *, doubtful: bool = False, logged: bool = False, unchecked: bool = False
) -> None:
    """Fail a test whose reward would prefer something else to the world's goal.

    Args:
        config: the reward.
        gamma: the discount, 0 to 1.
        doubtful: whether a doubtful reward passes too.
        logged: whether one passes whose terms are only logged; training sees Gymnasium's reward then.
        unchecked: whether one passes whose world has no recorded behaviours, so that its goal was not checked.

    Raises:
        AssertionError: what is wrong with the reward, in words.

    >>> from playground import find_world
    >>> gymnasium, article, *_ = find_world("LunarLander-v3").presets
    >>> assert_reward_sound(gymnasium.config)
    >>> assert_reward_sound(article.config)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    AssertionError: the reward is broken: Crashing pays more than landing: the sooner it crashes, the better. ...
    """
    check = check_reward(config, gamma)
    if check.logged_only and not logged:
        said = say("check.logged_only", FALLBACK)
        raise AssertionError(f"the reward is not used: {said} Set replace_reward, or pass logged=True.")
    if check.verdict == "unchecked" and not unchecked:
        raise AssertionError(
            f"the goal of {config.env_id} was not checked, because the world has no recorded behaviours; "
            "pass unchecked=True if the general checks are enough"
        )
    if check.verdict == "broken" or (check.verdict == "doubtful" and not doubtful):
        failures = [finding_sentence(found, config, FALLBACK) for found in check.checks if found.status == "fail"]
        reasons = failures or [verdict_sentence(check, FALLBACK)]
        raise AssertionError(f"the reward is {check.verdict}: {' '.join(reasons)}")
