import itertools

import numpy as np
import pytest

from playground.flight.rollout import refly, run_episode
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import break_down
from playground.insight.highlights import APART, find_moments
from playground.lab.models.store import ModelStore
from playground.reward.design import keys_of, terms_of
from playground.worlds.lunar_lander.highlights import BURST
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))


def episode_of(actions, contacts=()):
    steps = len(actions)
    observations = np.zeros((steps + 1, 8), np.float32)
    observations[list(contacts), 6] = 1
    return Trajectory(LANDER, 0, observations, np.array(actions, np.int64), np.zeros(steps), True)


def paid_of(steps, **columns):
    paid = np.zeros((steps, len(PART_KEYS)))
    for key, values in columns.items():
        paid[:, PART_KEYS.index(key)] = values
    return paid


def test_a_long_burn_is_a_moment_and_a_short_one_is_not():
    actions = [0] * 5 + [2] * BURST + [0] * 5 + [2] * (BURST - 1) + [0]
    (moment,) = find_moments(episode_of(actions), paid_of(len(actions)), PART_KEYS)
    assert (moment.kind, moment.step, moment.amount) == ("burst", 5, BURST)


def test_a_contact_is_the_step_that_brought_it():
    moments = find_moments(episode_of([0] * 60, contacts=[20, 21, 24, 25, 50]), paid_of(60), PART_KEYS)
    assert [(m.kind, m.step) for m in moments] == [("contact", 19), ("contact", 49)]


def test_the_largest_payments_are_apart_and_name_their_part():
    paid = paid_of(100)
    paid[30, PART_KEYS.index("crash")] = -100
    paid[30, PART_KEYS.index("legs")] = 10
    paid[31, PART_KEYS.index("crash")] = -80
    paid[60, PART_KEYS.index("legs")] = 20
    found = [m for m in find_moments(episode_of([0] * 100), paid, PART_KEYS) if m.kind == "payment"]
    assert [(m.step, m.part, m.amount) for m in found] == [(30, "crash", -90.0), (60, "legs", 20.0)]
    assert all(b.step - a.step >= APART for a, b in itertools.pairwise(found))


def test_the_lead_changes_where_another_part_has_paid_more_so_far():
    moments = find_moments(
        episode_of([0] * 100), paid_of(100, distance=1.0, velocity=np.r_[np.zeros(50), np.full(50, -3.0)]), PART_KEYS
    )
    leads = [(m.step, m.part) for m in moments if m.kind == "lead"]
    assert leads == [(75, "velocity")]  # 3 · 26 > 76


def test_nothing_paid_and_nothing_done_is_no_moment():
    assert find_moments(episode_of([0]), paid_of(1), PART_KEYS) == []


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_episodes_of_any_length(steps):
    episode = refly(LANDER, [2] * steps, 5)
    found = find_moments(episode, break_down(episode, GYMNASIUM, 0.99).paid, PART_KEYS)
    assert all(0 <= m.step < len(episode) for m in found)


def test_a_landing_shows_touchdown_and_the_end():
    episode = run_episode(LANDER, ModelStore().resolve("gymnasium").policy, 1001)
    found = find_moments(episode, break_down(episode, GYMNASIUM, 0.99).paid, PART_KEYS)
    assert any(m.kind == "contact" for m in found)
    last = found[-1]
    assert (last.kind, last.part, last.step) == ("payment", "landing", len(episode) - 1)
