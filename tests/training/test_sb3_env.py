import dataclasses

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from playground import RewardConfig, RewardShapingWrapper
from playground.reward.term import FORMS
from playground.training.sb3_env import RewardVecEnv
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Constant, Heuristic, Hover
from playground.worlds.lunar_lander.simulator import make_simulator

N = 4
STEPS = 350
GAMMA = 0.97
EVERYTHING = RewardConfig(
    w_distance=3.0,
    w_velocity=2.0,
    w_angle=1.5,
    w_legs=0.7,
    penalty_main=0.3,
    penalty_side=0.1,
    penalty_time=0.05,
    w_landing=11.0,
    w_crash=13.0,
    w_env=0.5,
    scale=0.25,
    replace_reward=True,
)


class Mixed:
    """Two landers that try to land, one that falls, one at random: all ends but the time limit."""

    def __init__(self):
        self.rng = np.random.default_rng(5)

    def act(self, observations):
        actions = Heuristic().act(observations)
        actions[2] = 0
        actions[3] = self.rng.integers(4)
        return actions


def fly_both(config, steps=STEPS, pilot=None, n=N, seed=40):
    """The same actions in the batch and in the article's wrapper, episode after episode."""
    pilot = pilot or Mixed()
    batch = RewardVecEnv(config, GAMMA, n)
    wrapped = [RewardShapingWrapper(TimeLimit(make_simulator(), 1000), config, GAMMA) for _ in range(n)]
    batch.seed(seed)
    observations = batch.reset()
    singles = np.stack([env.reset(seed=seed + index)[0] for index, env in enumerate(wrapped)])
    assert np.array_equal(observations, singles)
    for _ in range(steps):
        actions = pilot.act(observations)
        observations, paid, dones, infos = batch.step(actions)
        rows = [env.step(action) for env, action in zip(wrapped, actions.tolist(), strict=True)]
        yield observations, paid, dones, infos, rows
        for index, env in enumerate(wrapped):
            if dones[index]:
                reset, _ = env.reset()
                assert np.array_equal(observations[index], reset)
            else:
                assert np.array_equal(observations[index], rows[index][0])
    batch.close()
    for env in wrapped:
        env.close()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("replace_reward", [True, False])
def test_the_batch_pays_what_the_wrapper_pays(form, replace_reward):
    config = dataclasses.replace(EVERYTHING, form=form, replace_reward=replace_reward)
    ends = 0
    for _, paid, dones, _, rows in fly_both(config):
        wanted = np.array([reward for _, reward, *_ in rows])
        np.testing.assert_allclose(paid, wanted, rtol=1e-6, atol=1e-6)
        assert dones.tolist() == [terminated or truncated for _, _, terminated, truncated, _ in rows]
        ends += int(dones.sum())
    assert ends > 3


def test_the_flights_above_end_in_landings_and_in_crashes():
    last = [row[1] for *_, dones, _, rows in fly_both(RewardConfig()) for row, done in zip(rows, dones) if done]
    assert {100.0, -100.0} <= set(last)


@pytest.mark.parametrize("form", FORMS)
def test_the_first_episode_is_the_one_that_gymnasiums_own_environment_flies(form):
    config = dataclasses.replace(EVERYTHING, form=form)
    batch, env = RewardVecEnv(config, GAMMA, 1), RewardShapingWrapper(gym.make("LunarLander-v3"), config, GAMMA)
    batch.seed(7)
    observations, (single, _) = batch.reset(), env.reset(seed=7)
    assert np.array_equal(observations[0], single)
    terminated = False
    while not terminated:
        actions = Heuristic().act(observations)
        observations, paid, dones, infos = batch.step(actions)
        single, reward, terminated, truncated, _ = env.step(int(actions[0]))
        assert paid[0] == pytest.approx(reward, rel=1e-6, abs=1e-6)
        assert dones[0] == terminated
        assert not truncated
        assert np.array_equal(infos[0].get("terminal_observation", observations[0]), single)


def test_gymnasiums_reward_is_paid_by_its_preset():
    for _, paid, _, _, rows in fly_both(GYMNASIUM):
        native = [info["reward_components"]["env_reward"] for *_, info in rows]
        np.testing.assert_allclose(paid, native, atol=1e-4)


def test_an_end_shows_the_last_observation_and_the_reset_one():
    ends = 0
    for observations, _, dones, infos, rows in fly_both(EVERYTHING, steps=200):
        for index in range(N):
            if dones[index]:
                ends += 1
                assert np.array_equal(infos[index]["terminal_observation"], rows[index][0])
                assert not np.array_equal(infos[index]["terminal_observation"], observations[index])
                assert infos[index]["TimeLimit.truncated"] is False
            else:
                assert infos[index] == {}
    assert ends > 0


@pytest.mark.parametrize("form", FORMS)
def test_a_time_out_is_flagged_and_pays_like_the_wrappers(form):
    config = dataclasses.replace(EVERYTHING, form=form)
    flights = fly_both(config, steps=1001, pilot=Hover(), n=1)
    for step, (_, paid, dones, infos, rows) in enumerate(flights, start=1):
        _, reward, terminated, truncated, _ = rows[0]
        assert paid[0] == pytest.approx(reward, rel=1e-6, abs=1e-6)
        assert bool(dones[0]) == (step == 1000) == truncated
        assert not terminated
        if step == 1000:
            assert infos[0]["TimeLimit.truncated"] is True


def test_a_lander_that_ends_early_starts_a_full_episode():
    """The step count of a lander starts again with its episode, or later time-outs come too soon."""
    env = RewardVecEnv(RewardConfig(), GAMMA, 1)
    env.seed(0)
    observations = env.reset()
    steps = 0
    done = False
    while not done:  # a fall first
        observations, _, (done,), (info,) = env.step(Constant(0).act(observations))
        steps += 1
    assert not info["TimeLimit.truncated"]
    assert steps < 200
    done, hovered = False, 0
    while not done:
        observations, _, (done,), (info,) = env.step(Hover().act(observations))
        hovered += 1
    assert info["TimeLimit.truncated"]
    assert hovered == 1000


def test_what_a_step_returns_is_not_changed_by_the_next():
    env = RewardVecEnv(EVERYTHING, GAMMA, 2)
    env.seed(3)
    reset = env.reset()
    kept = reset.copy()
    first, *_ = env.step(np.array([2, 2]))
    copy = first.copy()
    env.step(np.array([0, 1]))
    assert np.array_equal(reset, kept)
    assert np.array_equal(first, copy)


def test_the_spaces_are_gymnasiums():
    env, original = RewardVecEnv(RewardConfig(), GAMMA, 1), gym.make("LunarLander-v3")
    assert env.observation_space == original.observation_space
    assert env.action_space == original.action_space


def test_attributes_and_methods_reach_the_chosen_landers():
    env = RewardVecEnv(RewardConfig(), GAMMA, 3)
    env.set_attr("gravity", -3.0, indices=[1])
    assert env.get_attr("gravity") == [-10.0, -3.0, -10.0]
    assert len(env.env_method("reset", indices=0, seed=1)) == 1
    assert env.env_is_wrapped(gym.Wrapper) == [False] * 3
