"""What this project trains goes on learning in plain Stable-Baselines3."""

import io
from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.training import train as loop
from playground.training.learners.library.sb3 import actor_and_critic
from playground.training.nets import dump_policy, flat_weights, fresh_policy, with_weights
from playground.training.numpy_net import EPSILON, NumpyNetwork
from playground.training.sb3_env import RewardVecEnv
from playground.training.sb3_io import dump_actor_critic, dump_ppo, read_zip
from playground.training.spec import TrainSpec, changed_settings
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.world import WORLD as LANDER

SPEC = TrainSpec(GYMNASIUM, steps=512, n_envs=2, n_steps=64, batch_size=64, n_epochs=2, net_arch=(8,))
train = partial(loop.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


def test_a_zip_has_the_spec_as_its_hyperparameters_and_adams_state():
    result = train(SPEC)
    model = PPO.load(io.BytesIO(result.model_zip), device="cpu")
    assert (model.n_envs, model.n_steps, model.batch_size, model.n_epochs) == (2, 64, 64, 2)
    assert (model.gamma, model.gae_lambda, model.ent_coef) == (SPEC.gamma, SPEC.gae_lambda, SPEC.ent_coef)
    assert (model.num_timesteps, model._n_updates) == (512, 8)
    optimizer = model.policy.optimizer.state_dict()
    assert optimizer["param_groups"][0]["eps"] == EPSILON
    minibatches = 4 * 2 * 2  # rollouts, epochs, minibatches of each
    assert len(optimizer["state"]) == 8
    for moments in optimizer["state"].values():
        assert float(moments["step"]) == minibatches
        assert moments["exp_avg_sq"].abs().max() > 0


def test_adams_moments_belong_to_the_parameters_that_they_are_of():
    """Weights, first and second moments are the same numbers here, so they have to lie in the same places there."""
    policy = fresh_policy(LANDER, (8, 5), "relu", 0)
    numbers = np.arange(flat_weights(policy).size, dtype=np.float32)
    net = NumpyNetwork(policy)
    net.first[:], net.second[:], net.steps = numbers, numbers, 3
    data = dump_ppo(replace(SPEC, net_arch=(8, 5)), with_weights(policy, numbers), net, 512, 8)
    model = PPO.load(io.BytesIO(data), device="cpu")
    for parameter in model.policy.parameters():
        state = model.policy.optimizer.state[parameter]
        np.testing.assert_array_equal(state["exp_avg"], parameter.detach())
        np.testing.assert_array_equal(state["exp_avg_sq"], parameter.detach())


def test_plain_sb3_goes_on_learning_from_the_zip_with_adams_state():
    result = train(SPEC)
    model = PPO.load(io.BytesIO(result.model_zip), env=gym.make("LunarLander-v3"), device="cpu")
    before = dump_policy(actor_and_critic(model))
    steps = float(next(iter(model.policy.optimizer.state_dict()["state"].values()))["step"])
    model.learn(64, reset_num_timesteps=False)
    assert dump_policy(actor_and_critic(model)) != before
    assert float(next(iter(model.policy.optimizer.state_dict()["state"].values()))["step"]) > steps


def test_a_zip_that_was_read_is_the_policy_that_went_in(tmp_path):
    result = train(SPEC)
    path = tmp_path / "model.zip"
    path.write_bytes(result.model_zip)
    policy, again = read_zip(path, SPEC)
    assert dump_policy(policy) == result.policy
    assert dump_policy(actor_and_critic(PPO.load(io.BytesIO(again), device="cpu"))) == result.policy


def test_a_policy_without_a_critic_becomes_a_ppo_that_acts_the_same():
    policy = fresh_policy(LANDER, (8,), "tanh", 3)
    actor_only = replace_critic(policy)
    model = PPO.load(io.BytesIO(dump_actor_critic(SPEC, actor_only)), device="cpu")
    observations = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    np.testing.assert_array_equal(model.predict(observations, deterministic=True)[0], actor_only.act(observations))


def replace_critic(policy):
    from playground.flight.policy import Policy

    return Policy(policy.actor, (), policy.activation)


@pytest.mark.parametrize(("name", "n_envs"), [("ppo-sb3", 1), ("ppo-zoo", 2)])
def test_the_reference_is_stable_baselines3s_ppo_unchanged(name, n_envs):
    """The same steps by ``PPO.learn`` alone, in one go, with no settings but those that are named."""
    small = {"n_steps": 64, "n_epochs": 2} | ({"n_envs": n_envs} if n_envs > 1 else {})
    spec = TrainSpec(
        GYMNASIUM,
        seed=5,
        algorithm=name,
        steps=256 * n_envs,
        settings=changed_settings(name, small),
        keep_best=False,
        gamma=0.99,
    )
    zoo = {"gae_lambda": 0.98, "ent_coef": 0.01} if name == "ppo-zoo" else {}
    env = RewardVecEnv(GYMNASIUM, 0.99, n_envs)
    plain = PPO("MlpPolicy", env, seed=5, device="cpu", n_steps=64, n_epochs=2, **zoo)
    plain.learn(256 * n_envs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.training.learners.library.sb3.CHUNK", 64 * n_envs)
        result = train(spec)
    assert result.policy == dump_policy(actor_and_critic(plain))
    again = PPO.load(io.BytesIO(result.model_zip), device="cpu")
    assert dump_policy(actor_and_critic(again)) == result.policy
    assert again.num_timesteps == result.steps == 256 * n_envs
