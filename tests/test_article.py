"""The tutorial that the project began with: its calls run when only its imports change.

``from playground import RewardConfig, RewardShapingWrapper`` stands in for its two class definitions, and
LunarLander-v3 for v2. The shapes of its calls are kept: positional configs, keyword weights, ``info`` keys.
"""

import gymnasium as gym
import imageio.v2 as imageio
import numpy as np
import pytest
from PIL import Image
from stable_baselines3 import PPO

from playground import RewardConfig, RewardShapingWrapper
from playground.worlds.lunar_lander.world import WORLD as LANDER

ENV_ID = "LunarLander-v3"
TOTAL_STEPS = 400
SEED = 42

log_only = RewardConfig()
custom_cfg = RewardConfig(
    w_distance=200.0,
    w_velocity=50.0,
    w_angle=50.0,
    w_legs=10.0,
    penalty_main=0.3,
    penalty_side=0.03,
    replace_reward=True,
)
configs = pytest.mark.parametrize("cfg", [log_only, custom_cfg], ids=["log_only", "custom"])


def make_env(cfg, render_mode=None):
    env = gym.make(ENV_ID, render_mode=render_mode)
    return RewardShapingWrapper(env, cfg)


def train_and_save(cfg, model_path):
    """As printed: it predicts and saves, and never calls learn."""
    env = make_env(cfg)
    model = PPO("MlpPolicy", env, verbose=0, seed=SEED)
    rewards = []
    obs, _ = env.reset(seed=SEED)
    total_reward = 0
    for _ in range(TOTAL_STEPS):
        action, _ = model.predict(obs, deterministic=True)
        obs, _reward, terminated, truncated, info = env.step(action)
        total_reward += info["reward_components"]["shaped"]
        if terminated or truncated:
            rewards.append(total_reward)
            total_reward = 0
            obs, _ = env.reset(seed=SEED)
    model.save(model_path)
    env.close()
    return rewards


def learn_and_save(cfg, model_path):
    """What the article meant: the same with a call of learn."""
    env = make_env(cfg)
    model = PPO("MlpPolicy", env, verbose=0, seed=SEED, n_steps=64)
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(total_timesteps=128)
    model.save(model_path)
    env.close()
    return [(p - q).abs().max().item() for p, q in zip(model.policy.parameters(), before, strict=True)]


def record_gif(cfg, model_path, gif_path, max_steps=1000, fps=30):
    env = make_env(cfg, render_mode="rgb_array")
    model = PPO.load(model_path, env=env)
    obs, _ = env.reset(seed=SEED)
    frames = [env.render()]
    for _ in range(max_steps):
        action, _ = model.predict(obs, deterministic=True)
        obs, _reward, terminated, truncated, _info = env.step(action)
        frames.append(env.render())
        if terminated or truncated:
            break
    env.close()
    imageio.mimsave(gif_path, frames, fps=fps)
    return len(frames)


@configs
def test_train_and_save_and_record_gif_run_as_printed(cfg, tmp_path):
    rewards = train_and_save(cfg, str(tmp_path / "ppo"))
    assert len(rewards) > 1
    assert np.isfinite(rewards).all()
    assert len(set(np.round(rewards, 6))) == 1  # never trained: each episode from the one seed is the same
    frames = record_gif(cfg, str(tmp_path / "ppo"), str(tmp_path / "ppo.gif"), max_steps=20)
    with Image.open(tmp_path / "ppo.gif") as gif:
        assert gif.size == (600, 400)
        assert gif.n_frames == frames == 21


@configs
def test_with_a_call_of_learn_the_network_changes_and_is_recorded(cfg, tmp_path):
    changes = learn_and_save(cfg, str(tmp_path / "ppo"))
    assert max(changes) > 1e-4
    assert record_gif(cfg, str(tmp_path / "ppo"), str(tmp_path / "ppo.gif"), max_steps=5) == 6
    assert (tmp_path / "ppo.gif").stat().st_size > 0


def test_the_custom_reward_is_the_shaped_sum_and_log_only_is_gymnasiums():
    envs = [make_env(log_only), make_env(custom_cfg), gym.make(ENV_ID)]
    observations = [env.reset(seed=SEED)[0] for env in envs]
    rng = np.random.default_rng(0)
    done = False
    while not done:
        action = int(rng.integers(4))
        (_, logged, *_, log_info), (obs, paid, *_, info), (_, native, terminated, truncated, _) = (
            env.step(action) for env in envs
        )
        done = terminated or truncated
        assert logged == pytest.approx(native)
        assert paid == info["reward_components"]["shaped"]
        assert info["reward_components"]["env_reward"] == pytest.approx(native)
        assert log_info["reward_components"]["shaped"] == 0
        assert paid == pytest.approx(by_hand(obs, action))
    assert len(observations) == 3


def by_hand(obs, action):
    """The article's formula with the article's numbers, written out."""
    x, y, vx, vy, angle, _, l_leg, r_leg = obs[:8]
    return (
        -200.0 * np.sqrt(x * x + y * y)
        - 50.0 * np.sqrt(vx * vx + vy * vy)
        - 50.0 * abs(angle)
        + 10.0 * ((l_leg > 0.5) * 1 + (r_leg > 0.5) * 1)
        - 0.3 * (action == 2)
        - 0.03 * (action in [1, 3])
    )


def test_info_holds_the_articles_components_in_its_signs():
    env = make_env(custom_cfg)
    env.reset(seed=SEED)
    obs, *_, info = env.step(2)
    components = info["reward_components"]
    keys = {"distance", "velocity", "angle", "legs", "pen_main", "pen_side", "env_reward", "shaped"}
    assert keys <= set(components)
    assert components["distance"] == pytest.approx(-float(np.hypot(obs[0], obs[1])))
    assert components["velocity"] == pytest.approx(-float(np.hypot(obs[2], obs[3])))
    assert components["angle"] == pytest.approx(-abs(float(obs[4])))
    assert (components["legs"], components["pen_main"], components["pen_side"]) == (0.0, 1.0, 0.0)
    assert all(type(value) is float for value in components.values())


def test_positional_weights_stand_in_the_articles_order():
    assert RewardConfig(200.0, 50.0, 50.0, 10.0, 0.3, 0.03, True, 2.0) == RewardConfig(
        w_distance=200.0,
        w_velocity=50.0,
        w_angle=50.0,
        w_legs=10.0,
        penalty_main=0.3,
        penalty_side=0.03,
        replace_reward=True,
        scale=2.0,
    )


def test_the_articles_reward_is_the_preset_of_its_name():
    from playground.worlds import load_reward

    assert load_reward("article", LANDER) == custom_cfg
