"""Flying episodes: batched, alone, by hand through Gymnasium, and again from the actions."""

import gymnasium as gym
import numpy as np
import pytest

from playground.flight.policy import Pilot
from playground.flight.rollout import refly, run_episode, run_episodes
from playground.flight.trajectory import Trajectory
from playground.worlds.lunar_lander.probes import Constant, Heuristic, Hover
from playground.worlds.lunar_lander.world import WORLD as LANDER


def assert_same(ours: Trajectory, theirs: Trajectory) -> None:
    assert ours.seed == theirs.seed
    assert ours.terminated == theirs.terminated
    np.testing.assert_array_equal(ours.observations, theirs.observations)
    np.testing.assert_array_equal(ours.actions, theirs.actions)
    np.testing.assert_array_equal(ours.rewards, theirs.rewards)


def fly_by_hand(pilot: Pilot, seed: int) -> tuple[Trajectory, bool]:
    """An episode through ``gym.make``, and whether it was truncated."""
    env = gym.make("LunarLander-v3")
    observation, _ = env.reset(seed=seed)
    observations, actions, rewards = [observation], [], []
    while True:
        action = int(pilot.act(observation[None])[0])
        observation, reward, terminated, truncated, _ = env.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(float(reward))
        if terminated or truncated:
            env.close()
            flown = Trajectory(
                LANDER, seed, np.stack(observations), np.array(actions), np.array(rewards), bool(terminated)
            )
            return flown, truncated


def test_side_by_side_is_the_same_as_one_after_the_other() -> None:
    seeds = [3, 11, 3, 200, 42]
    batch = run_episodes(LANDER, Heuristic(), seeds)
    assert [episode.seed for episode in batch] == seeds
    assert len({len(episode) for episode in batch}) > 2  # they end at different times
    for seed, episode in zip(seeds, batch):
        assert_same(episode, run_episode(LANDER, Heuristic(), seed))


@pytest.mark.parametrize(("pilot", "seed"), [(Heuristic(), 200), (Constant(0), 4), (Constant(2), 5)])
def test_an_episode_is_what_gymnasium_gives_step_by_step(pilot: Pilot, seed: int) -> None:
    by_hand, truncated = fly_by_hand(pilot, seed)
    assert not truncated
    assert_same(run_episode(LANDER, pilot, seed), by_hand)


def test_an_episode_is_truncated_after_a_thousand_steps_like_gymnasium() -> None:
    by_hand, truncated = fly_by_hand(Hover(), 600)
    ours = run_episode(LANDER, Hover(), 600)
    assert truncated
    assert len(ours) == 1000
    assert not ours.terminated
    assert_same(ours, by_hand)


def test_a_shorter_time_limit_cuts_every_episode() -> None:
    full = run_episodes(LANDER, Constant(0), [1, 2])
    cut = run_episodes(LANDER, Constant(0), [1, 2], max_steps=20)
    for whole, part in zip(full, cut):
        assert len(part) == 20
        assert not part.terminated
        np.testing.assert_array_equal(part.observations, whole.observations[:21])


def test_landers_that_ended_are_not_asked_for_actions() -> None:
    sizes = []

    class Counting(Constant):
        def act(self, observations: np.ndarray) -> np.ndarray:
            sizes.append(len(observations))
            return super().act(observations)

    episodes = run_episodes(LANDER, Counting(0), range(5))
    lengths = sorted(len(episode) for episode in episodes)
    assert sizes == [sum(length > step for length in lengths) for step in range(lengths[-1])]


def test_no_seeds_are_no_episodes() -> None:
    assert run_episodes(LANDER, Constant(0), []) == []


@pytest.mark.parametrize("seed", [200, 3])
def test_reflying_the_actions_gives_the_very_episode(seed: int) -> None:
    episode = run_episode(LANDER, Heuristic(), seed)
    assert_same(refly(LANDER, episode.actions, seed), episode)
    assert_same(refly(LANDER, episode.actions.tolist(), seed), episode)


def test_reflying_stops_where_the_episode_ends_or_the_actions_do() -> None:
    episode = run_episode(LANDER, Constant(0), 4)
    assert_same(refly(LANDER, [0] * 1000, 4), episode)
    part = refly(LANDER, [0] * 10, 4)
    assert (len(part), part.terminated) == (10, False)


def test_another_seed_is_another_episode() -> None:
    one, other = run_episodes(LANDER, Constant(0), [1, 2])
    assert not np.array_equal(one.observations[0], other.observations[0])
