"""The parts sum to the reward on every step of hundreds of episodes, however they ended.

The expectation is a plain loop over single steps, written from the definition of the reward and not from the
package's arrays. Full thrust is held to a looser bound of its own: it climbs so high that float32 observations cost
more than 1e-4.
"""

import math
from collections import Counter
from dataclasses import fields, replace

import gymnasium as gym
import numpy as np
import pytest

from playground import RewardConfig, RewardShapingWrapper
from playground.flight.rollout import run_episodes
from playground.flight.trajectory import Trajectory
from playground.reward.account import decompose_terms, reward_of, weigh
from playground.reward.design import keys_of, terms_of
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Constant, Heuristic, Hover, Random
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))

GAMMA = 0.97
FORMS = ("state", "progress", "potential")
ORDER = ["distance", "velocity", "angle", "legs", "pen_main", "pen_side", "time", "landing", "crash", "env_reward"]
COLUMNS = [PART_KEYS.index(key) for key in ORDER]


def potentials(o: list[float]) -> tuple[float, float, float, float]:
    x, y, vx, vy, angle, _, left, right = o
    legs = (1 if left > 0.5 else 0) + (1 if right > 0.5 else 0)
    return -math.sqrt(x * x + y * y), -math.sqrt(vx * vx + vy * vy), -abs(angle), legs


def expected_parts(
    c: RewardConfig, gamma: float, before: list[float], action: int, after: list[float], r: float, terminated: bool
) -> list[float]:
    """What each part pays on one step, in ``ORDER``."""
    if not c.replace_reward:
        return [0.0] * 9 + [r]
    if c.form == "state":
        paid = list(potentials(after))
    elif c.form == "progress":
        paid = [new - old for old, new in zip(potentials(before), potentials(after))]
    else:
        new_values = (0.0, 0.0, 0.0, 0.0) if terminated else potentials(after)
        paid = [gamma * new - old for old, new in zip(potentials(before), new_values)]
    main = 1 if action == 2 else 0
    side = 1 if action in (1, 3) else 0
    time = 1
    if c.form == "progress" and terminated:
        paid, main, side, time = [0.0] * 4, 0, 0, 0
    landing = 1 if terminated and r == 100 else 0
    crash = 1 if terminated and r == -100 else 0
    return [
        c.scale * c.w_distance * paid[0],
        c.scale * c.w_velocity * paid[1],
        c.scale * c.w_angle * paid[2],
        c.scale * c.w_legs * paid[3],
        -c.scale * c.penalty_main * main,
        -c.scale * c.penalty_side * side,
        -c.scale * c.penalty_time * time,
        c.scale * c.w_landing * landing,
        -c.scale * c.w_crash * crash,
        c.w_env * r,
    ]


def random_config(rng: np.random.Generator, form: str, replace_reward: bool) -> RewardConfig:
    names = [f.name for f in fields(RewardConfig) if f.name.startswith(("w_", "penalty_"))]
    weights = {name: float(rng.uniform(-300, 300)) for name in names}
    return RewardConfig(**weights, scale=float(rng.uniform(-3, 3)), replace_reward=replace_reward, form=form)


@pytest.fixture(scope="module")
def episodes() -> list[Trajectory]:
    return [
        *run_episodes(LANDER, Random(np.random.default_rng(0)), range(120)),
        *run_episodes(LANDER, Heuristic(), range(200, 300)),
        *run_episodes(LANDER, Constant(0), range(400, 480)),
        *run_episodes(LANDER, Hover(), range(600, 604)),
    ]


def test_the_episodes_end_in_every_way(episodes: list[Trajectory]) -> None:
    endings = Counter(str(e.outcome) for e in episodes)
    assert len(episodes) >= 300
    assert set(endings) == {"landed", "crashed", "out_of_bounds", "timeout"}
    assert min(endings.values()) >= 3
    fired = np.unique(np.concatenate([e.actions for e in episodes]))
    assert fired.tolist() == [0, 1, 2, 3]


def test_gymnasium_preset_pays_gymnasium_reward_on_every_step(episodes: list[Trajectory]) -> None:
    for episode in episodes:
        paid = weigh(decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", GAMMA), GYMNASIUM)
        np.testing.assert_allclose(paid.sum(axis=1), episode.rewards, rtol=0, atol=1e-4)
        assert np.all(paid[:, PART_KEYS.index("env_reward")] == 0)  # earned by the terms, not copied


def test_gymnasium_preset_pays_exactly_100_at_the_end(episodes: list[Trajectory]) -> None:
    for episode in episodes:
        last = reward_of(decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", GAMMA), GYMNASIUM)[-1]
        if episode.terminated:
            assert last == episode.rewards[-1]
            assert abs(last) == 100
        else:
            assert abs(last) < 50  # a time-out is a step like any other


def test_full_thrust_stays_within_a_float32_of_gymnasium_reward() -> None:
    for episode in run_episodes(LANDER, Constant(2), (1002, 1011, 1021)):
        assert episode.observations[:, 1].max() > 15  # the screen ends near 1.5
        paid = reward_of(decompose_terms(episode.transitions, terms_of(RewardConfig), "progress", GAMMA), GYMNASIUM)
        np.testing.assert_allclose(paid, episode.rewards, rtol=0, atol=1e-3)


@pytest.mark.parametrize("form", FORMS)
def test_parts_sum_to_the_reward_of_the_definition(form: str, episodes: list[Trajectory]) -> None:
    rng = np.random.default_rng(FORMS.index(form))
    configs = [
        random_config(rng, form, replace_reward=True),
        random_config(rng, form, replace_reward=True),
        replace(random_config(rng, form, replace_reward=True), w_env=0.0),
        random_config(rng, form, replace_reward=False),
    ]
    for number, episode in enumerate(episodes):
        config = configs[number % len(configs)]
        steps = zip(
            episode.observations[:-1].tolist(),
            episode.actions.tolist(),
            episode.observations[1:].tolist(),
            episode.rewards.tolist(),
            [False] * (len(episode) - 1) + [episode.terminated],
        )
        expected = np.array([expected_parts(config, GAMMA, *step) for step in steps])
        raw = decompose_terms(episode.transitions, terms_of(RewardConfig), form, GAMMA)
        parts = weigh(raw, config)
        np.testing.assert_allclose(parts[:, COLUMNS], expected, rtol=0, atol=1e-4)
        np.testing.assert_allclose(parts.sum(axis=1), expected.sum(axis=1), rtol=0, atol=1e-4)
        np.testing.assert_allclose(reward_of(raw, config), expected.sum(axis=1), rtol=0, atol=1e-4)


def test_log_only_pays_gymnasium_reward_to_the_bit(episodes: list[Trajectory]) -> None:
    config = random_config(np.random.default_rng(9), "state", replace_reward=False)
    for episode in episodes[::10]:
        paid = weigh(decompose_terms(episode.transitions, terms_of(RewardConfig), "state", GAMMA), config).sum(axis=1)
        np.testing.assert_array_equal(paid, episode.rewards)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limit", [40, None])
def test_wrapper_pays_the_reward_of_the_definition(form: str, limit: int | None) -> None:
    config = random_config(np.random.default_rng(17), form, replace_reward=True)
    env = RewardShapingWrapper(gym.make("LunarLander-v3", max_episode_steps=limit), config, gamma=GAMMA)
    rng = np.random.default_rng(3)
    before, _ = env.reset(seed=5)
    done = False
    while not done:
        action = int(rng.integers(4))
        after, reward, terminated, truncated, info = env.step(action)
        r = info["reward_components"]["env_reward"]
        parts = expected_parts(config, GAMMA, before.tolist(), action, after.tolist(), r, terminated)
        assert reward == pytest.approx(sum(parts), abs=1e-9)
        assert info["reward_components"]["shaped"] == pytest.approx(sum(parts[:-1]), abs=1e-9)
        before, done = after, terminated or truncated
    assert truncated == (limit == 40)
    env.close()
