import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.flight.fork import fork
from playground.flight.rollout import run_episode
from playground.insight.explain import explain, sufficient
from playground.lab.models.store import ModelStore
from playground.reward.account import decompose_terms, discounts, reward_of
from playground.reward.design import keys_of, terms_of
from playground.reward.own import OwnTerm
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))

GAPS = st.lists(st.floats(-100, 100), min_size=len(PART_KEYS), max_size=len(PART_KEYS))


def column(key):
    return PART_KEYS.index(key)


@given(GAPS)
def test_sufficient_parts_outweigh_all_that_speaks_against_and_no_fewer_do(values):
    gaps = np.array(values)
    if gaps.sum() < 0:
        gaps = -gaps
    plus, minus = sufficient(gaps, PART_KEYS)
    against = -gaps[gaps < 0].sum()
    chosen = [gaps[column(key)] for key in plus]
    if not (gaps > 0).any():
        assert plus == ()
        return
    assert sum(chosen) >= against - 1e-9
    largest = np.sort(gaps[gaps > 0])[::-1][: len(plus) - 1]
    assert largest.sum() <= against + 1e-9  # one fewer, even the largest, would not do
    assert all(gaps[column(key)] < 0 for key in minus)
    if minus and len(minus) < (gaps < 0).sum():
        assert -sum(gaps[column(key)] for key in minus) > sum(chosen) - chosen[-1]


def test_an_action_without_drawbacks_needs_its_best_part_alone():
    gaps = np.zeros(len(PART_KEYS))
    gaps[column("landing")], gaps[column("legs")] = 100.0, 3.0
    assert sufficient(gaps, PART_KEYS) == (("landing",), ())


@pytest.fixture(scope="module")
def flown():
    model = ModelStore().resolve("gymnasium")
    episode = run_episode(LANDER, model.policy, 1003)
    return episode, fork(episode, 50, model.policy, continuations=4)


def test_parts_sum_to_the_discounted_return_of_the_branches(flown):
    episode, branches = flown
    found = explain(branches, int(episode.actions[50]), GYMNASIUM, 0.99)
    assert found.parts.sum(axis=1) == pytest.approx(found.means, rel=1e-9)
    branch = branches[1][2]
    rewards = reward_of(decompose_terms(branch.transitions, terms_of(RewardConfig), "progress", 0.99), GYMNASIUM)
    assert found.returns[1, 2] == pytest.approx(discounts(len(branch), 0.99) @ rewards)
    assert found.difference(found.chosen).tolist() == [0.0] * len(PART_KEYS)
    assert found.difference(3).sum() == pytest.approx(found.means[found.chosen] - found.means[3])


def test_for_and_against_change_places_with_the_actions(flown):
    _, branches = flown
    one, other = explain(branches, 0, GYMNASIUM, 0.99), explain(branches, 2, GYMNASIUM, 0.99)
    assert one.reasons(2) == other.reasons(0)[::-1]


def test_the_same_noise_makes_the_difference_surer_than_its_parts(flown):
    _, branches = flown
    found = explain(branches, 0, GYMNASIUM, 0.99)
    assert found.difference_error(0) == 0.0
    assert found.difference_error(2) > 0
    alone = explain([flights[:1] for flights in branches], 0, GYMNASIUM, 0.99)
    assert alone.difference_error(2) == 0.0
    assert alone.spreads.tolist() == [0.0] * 4


def test_own_terms_remember_the_episode_before_the_fork(flown):
    episode, branches = flown
    reward = RewardConfig(replace_reward=True, own_terms=(OwnTerm("clock", "t"),))
    found = explain(branches, 0, reward, 1.0, episode.transitions.before(50))
    for action, of_one_action in enumerate(branches):
        by_hand = np.mean([sum(range(51, 51 + len(branch))) for branch in of_one_action])
        assert found.parts[action, -2] == by_hand
