from contextlib import closing
from itertools import combinations

import numpy as np
import pytest
import torch

from playground.flight.fleet import Fleet
from playground.flight.rollout import run_episode
from playground.reward.account import decompose_terms, discounts, reward_of
from playground.reward.design import terms_of
from playground.training.learners import ppo
from playground.training.learners.preferences import rlhf
from playground.training.learners.preferences.pairs import PreferencePair
from playground.training.learners.task import Task
from playground.training.nets import mlp, to_policy
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Hover
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

KNOWN = RewardConfig(form="progress", w_distance=100.0, w_velocity=40.0, w_angle=80.0, w_legs=10.0, penalty_main=0.3)


@pytest.fixture(scope="module")
def episodes():
    """Hovering at many heights from many starts: of unlike lengths, so a discount would tell another story."""
    return [
        run_episode(LANDER, Hover(0.2 + 0.1 * (n % 8)), seed=n // 8, max_steps=40 + 60 * (n % 7)) for n in range(160)
    ]


def same_starts(episodes):
    return [(a, b) for start in range(0, len(episodes), 8) for a, b in combinations(episodes[start : start + 8], 2)]


def test_preferences_by_plain_sums_are_told_apart_without_a_discount(episodes):
    def total(episode):
        return reward_of(decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", 1.0), KNOWN).sum()

    pairs = [PreferencePair(a, b, float(total(a) > total(b))) for a, b in same_starts(episodes)]
    np.random.default_rng(0).shuffle(pairs)
    learned = rlhf.fit_reward(pairs, rlhf.Settings(ridge=1e-5, sure=0.0))
    assert learned.accuracy >= 0.95
    assert learned.reward.form == "progress"


def test_a_weight_that_the_pairs_leave_open_is_not_paid(episodes):
    """Preferences by a coin: most weights lie less than a deviation from zero, and those that do are zero."""
    coin = np.random.default_rng(1)
    pairs = [PreferencePair(a, b, float(coin.random() < 0.5)) for a, b in same_starts(episodes)]
    everything = rlhf.fit_reward(pairs, rlhf.Settings(sure=0.0))
    sure = rlhf.fit_reward(pairs, rlhf.Settings(sure=1.0))
    unsure = np.abs(everything.fit.weights) < everything.fit.deviations
    assert unsure.sum() >= len(unsure) / 2
    np.testing.assert_array_equal(sure.fit.weights, np.where(unsure, 0.0, everything.fit.weights))


def test_pairs_that_leave_every_weight_open_are_refused(episodes):
    pairs = [PreferencePair(a, b, 0.5) for a, b in same_starts(episodes)[:40]]
    with pytest.raises(InvalidInput, match="more pairs"):
        rlhf.fit_reward(pairs, rlhf.Settings(pairs=40))


def test_pairs_that_use_up_the_budget_are_refused_before_anything_is_learned():
    with closing(Fleet(LANDER, 2)) as fleet:
        torch.manual_seed(0)
        given = Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: min(1.0, steps / 500), to_policy(mlp(8, (8,), 4)))
        with pytest.raises(InvalidInput, match="raise the budget"):
            next(rlhf.learn(given, rlhf.Settings(pairs=10)))


def test_a_form_that_there_is_not_is_refused_before_anything_is_flown():
    with pytest.raises(InvalidInput, match="potential"):
        rlhf.Settings(form="foo")


def test_a_judge_by_return_is_taken_at_its_own_discount(episodes):
    def worth(episode):
        steps = decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", 0.9)
        return discounts(len(episode), 0.9) @ reward_of(steps, KNOWN)

    pairs = [PreferencePair(a, b, float(worth(a) > worth(b))) for a, b in same_starts(episodes)]
    np.random.default_rng(0).shuffle(pairs)
    settings = rlhf.Settings(ridge=1e-5, sure=0.0)
    assert rlhf.fit_reward(pairs, settings, 0.9).accuracy > rlhf.fit_reward(pairs, settings).accuracy


def test_the_schedules_of_the_second_half_begin_after_the_pairs(monkeypatch):
    """PPO's learning rate falls from its whole height to zero over what the pairs left of the budget."""
    given = []

    def learn(task, settings):
        given.append(task)
        yield from ()

    monkeypatch.setattr(ppo, "learn", learn)
    budget = 100_000
    with closing(Fleet(LANDER, 1)) as fleet:
        task = Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: min(1.0, steps / budget), to_policy(mlp(8, (8,), 4)))
        list(rlhf.learn(task, rlhf.Settings(pairs=10, sure=0.0)))
        pairs = rlhf.sample_pairs(task, task.initial, rlhf.judge_of("scorecard", task), 10)
    left = budget - rlhf.steps_of(pairs)
    assert 0 < left < budget
    share = given[0].share
    assert [share(0), share(left), share(2 * budget)] == pytest.approx([0, 1, 1])
    assert share(left // 2) == pytest.approx(0.5, abs=1e-3)
