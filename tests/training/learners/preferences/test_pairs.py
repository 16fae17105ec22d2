from contextlib import closing

import numpy as np
import pytest
import torch

from playground.flight.fleet import Fleet
from playground.flight.trajectory import Trajectory
from playground.training.learners.preferences.pairs import (
    PreferencePair,
    by_scorecard,
    check_pairs,
    judge_of,
    sample_pairs,
    steps_of,
)
from playground.training.learners.task import Task
from playground.training.nets import mlp, to_policy
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def episode(last, total=0.0, seed=1, terminated=True, steps=2):
    """An episode that pays ``total`` in all and ends with ``last``."""
    rewards = np.zeros(steps)
    rewards[0], rewards[-1] = total - last, last
    return Trajectory(
        LANDER, seed, np.zeros((steps + 1, 8), np.float32), np.zeros(steps, np.int64), rewards, terminated
    )


def test_a_landing_beats_everything_else_even_with_less_return():
    landed, hovers, crashed = episode(100, total=-500), episode(0, total=300, terminated=False), episode(-100, total=50)
    assert by_scorecard(landed, hovers) == by_scorecard(landed, crashed) == 1
    assert by_scorecard(crashed, landed) == 0


def test_of_two_that_did_not_land_the_return_decides_and_equal_ones_tie():
    assert by_scorecard(episode(-100, total=5), episode(-100, total=4)) == 1
    assert by_scorecard(episode(-100, total=5), episode(-100, total=5)) == 0.5


def test_a_reward_judges_by_its_own_discounted_return():
    """It pays nothing but a cost for every step, so the shorter episode is better."""
    costly = RewardConfig(penalty_time=1.0, replace_reward=True)
    judge = judge_of("return", Task(costly, 0.9, 0, None, lambda steps: 0.0))
    assert judge(episode(-100, steps=2), episode(-100, steps=5)) == 1
    assert judge(episode(-100, steps=5), episode(100, steps=2)) == 0
    assert judge(episode(-100, steps=3), episode(100, steps=3)) == 0.5


def test_pairs_start_from_one_seed_and_are_the_same_for_the_same_numbers():
    torch.manual_seed(0)
    policy = to_policy(mlp(8, (8,), 4))
    with closing(Fleet(LANDER, 2)) as fleet:
        task = Task(GYMNASIUM, 0.99, 0, fleet, lambda steps: 0.0)
        first, again, other = (sample_pairs(task, policy, by_scorecard, 3, n) for n in (0, 0, 1))
    assert len({pair.first.seed for pair in first}) == 3
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.first.actions, b.first.actions)
        assert a.preference == b.preference
    assert {pair.first.seed for pair in first}.isdisjoint(pair.first.seed for pair in other)
    assert any(not np.array_equal(p.first.actions, p.second.actions) for p in first)
    assert steps_of(first) == sum(len(p.first) + len(p.second) for p in first)


def test_a_pair_of_two_starts_or_a_preference_that_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="seed"):
        PreferencePair(episode(100, seed=1), episode(100, seed=2), 1.0)
    with pytest.raises(ValueError, match="probability"):
        PreferencePair(episode(100), episode(100), 1.5)


def test_ties_alone_teach_nothing_and_no_judge_is_none():
    tie = PreferencePair(episode(100), episode(100), 0.5)
    with pytest.raises(InvalidInput, match="pairs"):
        check_pairs([tie, tie])
    check_pairs([tie, PreferencePair(episode(100), episode(-100), 1.0)])
    with pytest.raises(InvalidInput, match="judge"):
        judge_of("nobody", Task(GYMNASIUM, 0.9, 0, None, lambda steps: 0.0))
