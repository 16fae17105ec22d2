"""A reward from preferences: the weights of the components that explain best which episodes were preferred.

Bradley and Terry's model: the first of two episodes is preferred with the probability σ(R₁ − R₂). With a reward that is
linear in its components, R is a dot product, so this is a logistic regression on the difference of two episodes'
discounted components. Newton's method finds its one optimum; the curvature there says how sure each weight is.

A small ridge keeps weights finite where the pairs are told apart without any error. The scale of a reward does not
matter to what it teaches, so the fitted one is brought to a largest weight of 100.

Leaves out: networks as reward models, which language models need because they have no components.

Source: Bradley & Terry 1952; Christiano et al. 2017, Deep reinforcement learning from human preferences; for the
uncertainty MacKay 1992, The evidence framework applied to classification networks (Laplace's approximation).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose_terms, discounts
from playground.reward.design import Design, terms_of
from playground.reward.term import Form
from playground.training.learners.preferences.pairs import PreferencePair

Floats = npt.NDArray[np.float64]

LARGEST: Final = 100.0
"""The fitted reward's largest weight."""
NEWTON_STEPS: Final = 100


@dataclass(frozen=True)
class Fit:
    """Weights of a Bradley–Terry model."""

    weights: Floats
    """``(k,)``"""
    deviations: Floats
    """``(k,)``: how uncertain each is (one standard deviation)."""

    def probabilities(self, differences: Floats) -> Floats:
        """That the first of each pair is preferred, for the differences ``(n, k)`` of their features."""
        return sigmoid(differences @ self.weights)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e⁻ˣ), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def fit_bradley_terry(differences: Floats, preferences: Floats, ridge: float = 1e-3) -> Fit:
    """Weights under which the preferences are most probable.

    Args:
        differences: ``(n, k)``: features of the first less those of the second.
        preferences: ``(n,)``: probability that the first is preferred; a tie is 0.5.
        ridge: pull towards zero, on features brought to deviation 1.
    """
    spread = np.sqrt((differences**2).mean(axis=0))
    differs = spread > 1e-9 * np.maximum(1.0, np.abs(differences).max(initial=0.0))
    spread = np.where(differs, spread, 1.0)
    x = np.where(differs, differences / spread, 0.0)  # what differs by rounding alone keeps weight 0
    weights = np.zeros(x.shape[1])
    penalty = ridge * len(x)
    for _ in range(NEWTON_STEPS):
        chances = sigmoid(x @ weights)
        gradient = x.T @ (chances - preferences) + penalty * weights
        curvature = (x * (chances * (1 - chances))[:, None]).T @ x + penalty * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    deviations = np.sqrt(np.diag(np.linalg.inv(curvature)))
    return Fit(weights / spread, deviations / spread)


def features(trajectory: Trajectory, form: Form, gamma: float) -> Floats:
    """Discounted sum of every term over an episode ``(terms,)``."""
    columns = decompose_terms(trajectory.transitions, trajectory.world.terms, form, gamma)[:, :-1]
    return np.asarray(discounts(len(trajectory), gamma) @ columns)


def differences_of(
    pairs: Sequence[PreferencePair], form: Form, gamma: float, tick: Callable[[], None] = lambda: None
) -> tuple[Floats, Floats]:
    """Features of the first less those of the second ``(n, terms)``, and the preferences ``(n,)``.

    Args:
        pairs: n of them.
        form: how the terms pay.
        gamma: the discount of the sums.
        tick: called before each pair.
    """
    rows = []
    for pair in pairs:
        tick()
        rows.append(features(pair.first, form, gamma) - features(pair.second, form, gamma))
    return np.stack(rows), np.array([pair.preference for pair in pairs])


def accuracy(fit: Fit, differences: Floats, preferences: Floats) -> float:
    """Share of the pairs, ties left out, whose better episode the weights rank first; NaN if all are ties."""
    clear = preferences != 0.5
    right = (differences[clear] @ fit.weights > 0) == (preferences[clear] > 0.5)
    return float(right.mean()) if clear.any() else float("nan")


def to_reward(fit: Fit, kind: type[Design], form: Form) -> tuple[Design, dict[str, float]]:
    """The fitted weights as a reward with a largest weight of 100, and the deviation of each by the same names."""
    factor = LARGEST / max(float(np.abs(fit.weights).max()), 1e-300)
    terms, fitted = terms_of(kind), cast(Any, kind)
    values = {term.weight: term.sign * float(w) * factor + 0.0 for term, w in zip(terms, fit.weights, strict=True)}
    deviations = {term.weight: float(d) * factor for term, d in zip(terms, fit.deviations, strict=True)}
    return fitted(form=form, replace_reward=True, **values), deviations
