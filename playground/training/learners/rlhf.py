"""RLHF in small: fit a reward to preferences, then let PPO learn it. What ``dpo`` does without the way round.

The three models of the article's picture: a reward model, an actor and a critic. Here the reward model has a weight for
each component, which anybody can read (``reward_model``), and PPO is the one written out in ``ppo``.

Whoever prefers one episode to another has seen both to their ends, and does not care less for the end than for the
beginning. So the reward is fitted to plain sums, without a discount. PPO discounts it afterwards, as it does any other.
A judge that looks at a reward's return is taken at its own discount. The potential form cannot be fitted to plain sums:
they are the same for all episodes that end.

Which of two episodes used its side engines more hardly ever decides which is preferred, so the sign of that weight is
chance; and a policy finds out what pays. Where the sign came out wrong, it sat on the ground and puffed. So a weight
that the pairs leave open is not paid at all.

Leaves out: asking for more preferences while the policy changes.

Source: Christiano et al. 2017; Ouyang et al. 2022, Training language models to follow instructions with human feedback.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from playground.flight.policy import Policy
from playground.reward.design import Design
from playground.reward.term import FORMS, Form
from playground.training.learners import ppo
from playground.training.learners.preferences import PreferencePair, check_judge, judge_of, sample_pairs, steps_of
from playground.training.learners.reward_model import Fit, accuracy, differences_of, fit_bradley_terry, to_reward
from playground.training.learners.task import Task, Update, check_range
from playground.words.errors import InvalidInput


@dataclass(frozen=True)
class Settings:
    """What can be set; PPO has the settings of its own file."""

    pairs: int = 1000
    """Pairs of episodes that the reward is fitted to, a fifth of them kept apart to test it."""
    form: str = "progress"
    """How the fitted reward's potentials pay: ``state``, ``progress`` or ``potential``."""
    judge: str = "scorecard"
    """Who says which is better: the ``scorecard`` (a landing first, then Gymnasium's return), or the ``return``."""
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


def fit_reward(pairs: Sequence[PreferencePair], settings: Settings, gamma: float = 1.0) -> Learned:
    """Fit a reward to four fifths of the pairs and test it on the rest.

    Args:
        pairs: with their preferences.
        settings: how.
        gamma: the discount of the sums that the reward is fitted to: that of whoever judged.

    Raises:
        InvalidInput: the pairs leave every weight open.
    """
    kind, form = pairs[0].first.world.design, cast(Form, settings.form)
    differences, preferences = differences_of(pairs, form, gamma)
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
    pairs = sample_pairs(task, task.initial, judge_of(settings.judge, task), settings.pairs)
    before = steps_of(pairs)
    flown = task.share(before)  # of the budget; PPO's schedules begin after it
    if flown >= 1:
        raise InvalidInput("used_up", count=len(pairs), steps=before)
    learned = fit_reward(pairs, settings, 1.0 if settings.judge == "scorecard" else task.gamma)
    told = {"pair_accuracy": learned.accuracy}
    told |= {f"fitted.{term.weight}": getattr(learned.reward, term.weight) for term in task.world.terms}
    start = Policy(task.initial.actor, (), task.initial.activation)  # its critic guesses another reward

    def share(steps: int) -> float:
        return min(1.0, (task.share(steps + before) - flown) / max(1 - flown, 1e-9))

    onwards = replace(task, reward=learned.reward, initial=start, share=share)
    for update in ppo.learn(onwards, ppo.Settings()):
        yield replace(
            update,
            steps=update.steps + before,
            episodes=update.episodes + 2 * len(pairs),
            metrics={**update.metrics, **told},
            holds={"reward model": learned.fit.weights.nbytes, **update.holds},
        )
