import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from playground.flight.rollout import run_episode
from playground.reward.account import decompose_terms, discounts, reward_of
from playground.reward.design import terms_of
from playground.training.learners.preferences.pairs import PreferencePair
from playground.training.learners.preferences.reward_model import (
    Fit,
    accuracy,
    differences_of,
    features,
    fit_bradley_terry,
    sigmoid,
    to_reward,
)
from playground.worlds.lunar_lander.probes import Hover
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

TERMS = terms_of(RewardConfig)

KNOWN = np.array([2.0, -1.0, 0.5, 0.0])


def simulated(n, ties=0.0, seed=0):
    """Pairs judged by Bradley and Terry's own coin under known weights; of some, nobody could say which is better."""
    rng = np.random.default_rng(seed)
    differences = rng.normal(size=(n, len(KNOWN)))
    preferences = (rng.random(n) < sigmoid(differences @ KNOWN)).astype(float)
    preferences[rng.random(n) < ties] = 0.5
    return differences, preferences


def test_known_weights_are_recovered_within_their_own_uncertainty():
    errors = []
    for seed in range(40):
        fit = fit_bradley_terry(*simulated(2000, seed=seed), ridge=1e-9)
        errors.append((fit.weights - KNOWN) / fit.deviations)
    assert np.abs(np.mean(errors, axis=0)).max() < 0.6  # 0.16 is one standard error
    assert np.abs(np.std(errors, axis=0) - 1).max() < 0.4


def test_ties_pull_towards_zero_but_leave_the_order():
    """With the share q of ties the best weights are those of the chances (1−q)·p + q/2: nearer to a toss-up."""
    plain, tied = (fit_bradley_terry(*simulated(5000, ties)).weights for ties in (0.0, 0.5))
    assert np.abs(tied[:3]).sum() < np.abs(plain[:3]).sum()
    assert np.argsort(tied).tolist() == np.argsort(plain).tolist() == np.argsort(KNOWN).tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-4, 1.0))
def test_newton_finds_what_a_general_optimiser_finds(seed, ridge):
    differences, preferences = simulated(200, ties=0.2, seed=seed)
    spread = np.sqrt((differences**2).mean(axis=0))
    x = differences / spread

    def loss(w):
        logits = x @ w
        each = np.logaddexp(0, logits) - preferences * logits
        return each.sum() + 0.5 * ridge * len(x) * w @ w

    wanted = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x / spread
    np.testing.assert_allclose(fit_bradley_terry(differences, preferences, ridge).weights, wanted, atol=1e-4)


def test_pairs_that_are_told_apart_without_error_keep_weights_finite():
    differences = np.random.default_rng(0).normal(size=(100, 2))
    fit = fit_bradley_terry(differences, (differences[:, 0] > 0).astype(float))
    assert np.isfinite(fit.weights).all()
    assert fit.weights[0] > 5 * abs(fit.weights[1])


def test_a_component_that_never_differs_keeps_weight_zero():
    differences, preferences = simulated(500)
    differences[:, 2] = 0
    assert fit_bradley_terry(differences, preferences).weights[2] == 0


def test_a_component_that_differs_by_rounding_alone_keeps_weight_zero():
    differences, preferences = simulated(200)
    differences[:, 0] = 1e-17 * np.sign(preferences - 0.5)
    assert fit_bradley_terry(differences, preferences).weights[0] == 0


def test_accuracy_leaves_ties_out():
    fit = Fit(np.array([1.0]), np.array([0.1]))
    differences, preferences = np.array([[1.0], [2.0], [-1.0], [3.0]]), np.array([1.0, 0.0, 0.0, 0.5])
    assert accuracy(fit, differences, preferences) == pytest.approx(2 / 3)
    assert np.isnan(accuracy(fit, differences[3:], preferences[3:]))


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_the_fitted_reward_pays_what_the_fit_says(form):
    """The return of an episode under the reward is its features times the weights, but for the common factor."""
    episode, gamma = run_episode(LANDER, Hover(), 2, max_steps=40), 0.97
    fit = Fit(np.linspace(-1, 1, len(TERMS)), np.ones(len(TERMS)))
    reward, deviations = to_reward(fit, RewardConfig, form)
    steps = decompose_terms(episode.transitions, terms_of(RewardConfig), form, gamma)
    paid = discounts(len(episode), gamma) @ reward_of(steps, reward)
    assert paid == pytest.approx(100 * features(episode, form, gamma) @ fit.weights)
    assert deviations == dict.fromkeys((term.weight for term in TERMS), 100.0)
    assert max(abs(getattr(reward, term.weight)) for term in TERMS) == 100


def test_differences_are_first_less_second():
    a, b = (run_episode(LANDER, Hover(), 2, max_steps=n) for n in (5, 9))
    rows, preferences = differences_of([PreferencePair(a, b, 1.0)], "progress", 0.9)
    np.testing.assert_array_equal(rows[0], features(a, "progress", 0.9) - features(b, "progress", 0.9))
    assert preferences.tolist() == [1.0]


def test_a_fit_of_nothing_but_zeros_is_a_reward_all_the_same():
    reward, _ = to_reward(Fit(np.zeros(len(TERMS)), np.ones(len(TERMS))), RewardConfig, "progress")
    assert isinstance(reward, RewardConfig)
