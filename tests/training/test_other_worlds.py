"""Every algorithm trains in any world: sizes, time limits and successes are the world's."""

import io
from functools import partial
from itertools import product

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO

from playground.flight.policy import load_policy
from playground.training import train as loop
from playground.training.algorithms import ALGORITHMS
from playground.training.nets import fresh_policy
from playground.training.spec import TrainSpec, changed_settings
from playground.worlds import find_world

FEW = ["ppo", "dapo", "dqn"]
"""Enough to see that the sizes are the other world's."""
SMALL = {
    "dqn": {"n_envs": 2, "learning_starts": 64, "buffer_size": 500, "hidden": (8,)},
    "reinforce": {"episodes": 4, "hidden": (8,)},
    "actor-critic": {"n_envs": 2, "hidden": (8,)},
    "a2c": {"n_envs": 2, "hidden": (8,)},
    "trpo": {"n_envs": 2, "n_steps": 32, "batch_size": 32, "hidden": (8,)},
    "ppo-byhand": {"n_envs": 2, "update_timestep": 128, "k_epochs": 2, "hidden": (8,)},
    "ppo-article": {"update_timestep": 300, "hidden": (8,)},
    "grpo": {"starts": 2, "group_size": 2, "hidden": (8,)},
    "dapo": {"starts": 2, "group_size": 2, "hidden": (8,)},
    "dpo": {"pairs": 10, "rounds": 2, "epochs": 2},
    "rlhf": {"pairs": 10, "sure": 0.0},
    "ppo-sb3": {"n_steps": 64, "n_epochs": 2, "hidden": (8,)},
    "ppo-zoo": {"n_envs": 2, "n_steps": 32, "hidden": (8,)},
}
PPO_SIZE = {"n_envs": 2, "n_steps": 64, "batch_size": 64, "n_epochs": 2, "net_arch": (8,)}

train = partial(loop.train, validation=range(900, 902), evaluation=range(1000, 1003))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("playground.training.learners.library.sb3.CHUNK", 256)


def spec_of(env, name, **changes):
    world = find_world(env)
    size = PPO_SIZE if ALGORITHMS[name].in_spec else {"settings": changed_settings(name, SMALL[name])}
    start = {"init_from": "a" * 64} if ALGORITHMS[name].needs_start else {}
    steps = {"dpo": 10**6, "rlhf": 12_000}.get(name, 512)
    given = {"env": env, "algorithm": name, "steps": steps, "gamma": 0.99} | size | start | changes
    return TrainSpec(world.presets[0].config, **given)


@pytest.mark.parametrize(("env", "name"), [*product(["CartPole-v1"], ALGORITHMS), *product(["MountainCar-v0"], FEW)])
def test_every_algorithm_trains_in_every_world(env, name, tmp_path):
    spec, world = spec_of(env, name), find_world(env)
    initial = fresh_policy(world, (8,), "relu", 0) if spec.init_from else None
    result = train(spec, initial=initial)
    (tmp_path / "policy.safetensors").write_bytes(result.policy)
    policy = load_policy(tmp_path / "policy.safetensors", world)
    assert policy.actor[0][0].shape[1] == world.observation_size
    assert len(policy.actor[-1][1]) == len(world.actions)
    assert world.success_rate in result.curve[0]
    assert "landing_rate" not in result.curve[0]
    assert len(result.scorecard) == 3
    observations = np.random.default_rng(0).normal(0, 0.1, (50, world.observation_size)).astype(np.float32)
    model = PPO.load(io.BytesIO(result.model_zip), env=gym.make(env), device="cpu")
    np.testing.assert_array_equal(model.predict(observations, deterministic=True)[0], policy.act(observations))


@pytest.mark.parametrize("name", ["ppo", "a2c", "ppo-byhand", "actor-critic", "dqn"])
def test_a_training_in_another_world_resumes_exactly(name):
    spec, checkpoints = spec_of("CartPole-v1", name, keep_best=False), []
    whole = train(spec, on_checkpoint=checkpoints.append)
    assert checkpoints
    assert {train(spec, checkpoint=checkpoint).policy for checkpoint in checkpoints} == {whole.policy}


@pytest.mark.slow
def test_a_reward_of_one_a_step_teaches_cart_pole_to_balance():
    spec = TrainSpec(find_world("CartPole-v1").presets[0].config, env="CartPole-v1", steps=200_000)
    result = loop.train(spec)
    assert result.scorecard.native_return.mean() >= 475
