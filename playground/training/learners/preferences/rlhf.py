"""RLHF in small: fit a reward to preferences, then let PPO learn it. ``dpo`` does the same without the detour.

The three models of the article's picture: a reward model, an actor and a critic. Here the reward model has a weight for
each component, which can be read (``reward_model``), and PPO is the one written out in ``ppo``.

A judge has seen both episodes to their ends, and does not care less for the end than for the beginning. So the reward
is fitted to plain sums, without a discount. PPO discounts it afterwards, as it does any other. A judge that looks at a
reward's return is taken at its own discount. The potential form cannot be fitted to plain sums: they are the same for
all episodes that end.

Which of two episodes used its side engines more hardly ever decides which is preferred, so the sign of that weight is
chance; and a policy finds out what pays. Where the sign came out wrong, it sat on the ground and fired them. So a
weight that the pairs leave open is not paid at all.

Leaves out: asking for more preferences while the policy changes.

Source: Christiano et al. 2017; Ouyang et al. 2022, Training language models to follow instructions with human feedback.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from playground.flight.policy import Policy
from playground.reward.design import Design
from playground.reward.term import FORMS, Form
from playground.training.learners import ppo
from playground.training.learners.preferences.pairs import PreferencePair, check_judge, judge_of, sample_pairs, steps_of
from playground.training.learners.preferences.reward_model import (
    Fit,
    accuracy,
    differences_of,
    fit_bradley_terry,
    to_reward,
)
from playground.training.learners.task import Metrics, Task, Update, check_range
from playground.words.errors import InvalidInput


@dataclass(frozen=True)
class Settings:
    """What can be set; PPO has the settings of its own file."""

    pairs: int = 1000
    """Pairs of episodes that the reward is fitted to, a fifth of them kept apart to test it."""
    form: str = "progress"
    """How the fitted reward's potentials pay: ``state``, ``progress`` or ``potential``."""
    judge: str = "scorecard"
    """Who says which is better: the ``scorecard`` (a success first, then Gymnasium's return), or the ``return``."""
    ridge: float = 1e-3
    """Pull of the fitted weights towards zero."""
    sure: float = 2.0
    """Deviations that a weight must lie from zero to be paid; 0 pays whatever was fitted."""

    def __post_init__(self) -> None:
        check_range(self, 10, 10_000, "pairs")  # their episodes are held at once
        if self.form not in FORMS:
            raise InvalidInput("not_a_choice", field="form", choices=", ".join(FORMS), value=self.form)
        check_range(self, 1e-9, 1000, "ridge")
        check_range(self, 0, 100, "sure")
        check_judge(self.judge)


@dataclass(frozen=True)
class Learned:
    """A fitted reward and how far it can be trusted."""

    reward: Design
    deviations: dict[str, float]
    """By weight, one standard deviation."""
    fit: Fit
    accuracy: float
    """On the pairs kept apart."""


def fit_reward(
    pairs: Sequence[PreferencePair], settings: Settings, gamma: float = 1.0, tick: Callable[[], None] = lambda: None
) -> Learned:
    """Fit a reward to four fifths of the pairs and test it on the rest.

    Args:
        pairs: with their preferences.
        settings: how.
        gamma: the discount of the sums that the reward is fitted to: the judge's.
        tick: called now and then.

    Raises:
        InvalidInput: the pairs leave every weight open.
    """
    kind, form = pairs[0].first.world.design, cast(Form, settings.form)
    differences, preferences = differences_of(pairs, form, gamma, tick)
    cut = len(pairs) - len(pairs) // 5
    fit = fit_bradley_terry(differences[:cut], preferences[:cut], settings.ridge)
    fit = replace(fit, weights=np.where(np.abs(fit.weights) >= settings.sure * fit.deviations, fit.weights, 0.0))
    if not fit.weights.any():
        raise InvalidInput("nothing_sure", count=len(pairs), sure=settings.sure)
    reward, deviations = to_reward(fit, kind, form)
    return Learned(reward, deviations, fit, accuracy(fit, differences[cut:], preferences[cut:]))


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Ask, fit, then train for ever on what was fitted.

    Raises:
        InvalidInput: there is no policy whose episodes could be judged, or all pairs are ties.
    """
    if task.initial is None:
        raise InvalidInput("needs_start", algorithm="rlhf")
    fitted = task.saved("fitted") or ask_and_fit(task, task.initial, settings)
    task.keep(fitted=fitted)
    before, used = int(fitted["steps"]), float(fitted["used"])
    reward, _ = to_reward(_fit(fitted), task.world.design, cast(Form, settings.form))
    measured = {"pair_accuracy": fitted["accuracy"]}
    measured |= {f"fitted.{term.weight}": getattr(reward, term.weight) for term in task.world.terms}
    start = Policy(task.initial.actor, (), task.initial.activation)  # its critic learned another reward

    def share(steps: int) -> float:
        return min(1.0, (task.share(steps + before) - used) / max(1 - used, 1e-9))

    for update in ppo.learn(replace(task, reward=reward, initial=start, share=share), ppo.Settings()):
        yield replace(
            update,
            steps=update.steps + before,
            episodes=update.episodes + 2 * settings.pairs,
            metrics={**cast(Metrics, update.metrics), **measured},
            holds={"reward model": _fit(fitted).weights.nbytes, **update.holds},
        )


def ask_and_fit(task: Task, policy: Policy, settings: Settings) -> dict[str, Any]:
    """Fly pairs with a policy, have them judged, and fit a reward: what a resumed training need not do again.

    Raises:
        InvalidInput: the pairs use up the budget, are all ties, or leave every weight open.
    """
    pairs = sample_pairs(task, policy, judge_of(settings.judge, task), settings.pairs)
    steps = steps_of(pairs)
    used = task.share(steps)  # of the budget; PPO's schedules begin after it
    if used >= 1:
        raise InvalidInput("used_up", count=len(pairs), steps=steps)
    gamma = 1.0 if settings.judge == "scorecard" else task.gamma
    learned = fit_reward(pairs, settings, gamma, lambda: task.tick(steps))
    fit = learned.fit
    weights = {"weights": fit.weights, "deviations": fit.deviations}
    return {**weights, "accuracy": learned.accuracy, "steps": steps, "used": used}


def _fit(fitted: Mapping[str, Any]) -> Fit:
    return Fit(np.asarray(fitted["weights"]), np.asarray(fitted["deviations"]))
