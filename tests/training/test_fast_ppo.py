"""The learner against Stable-Baselines3's own code and against cases worked by hand."""

import copy

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from playground.flight.fleet import Fleet
from playground.training.engine import build_ppo
from playground.training.fast_ppo import log_softmax, to_numpy
from playground.training.spec import TrainSpec
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


class Nothing:
    """A callback that lets everything pass."""

    def on_rollout_start(self):
        pass

    def on_rollout_end(self):
        pass

    def on_step(self):
        return True

    def update_locals(self, local):
        pass


def collected(**settings):
    """A model with one rollout of four landers in its buffer."""
    plain = {"n_envs": 4, "n_steps": 64, "batch_size": 256, "n_epochs": 1, "net_arch": (16, 16)}
    spec = TrainSpec(GYMNASIUM, **(plain | settings))
    model = build_ppo(spec, Fleet(LANDER, spec.n_envs))
    model._setup_learn(spec.steps)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    model.start_episodes(seed=1)
    assert model.collect_rollouts(model.env, Nothing(), model.rollout_buffer, spec.n_steps)
    return model


def parameters(model):
    return {name: tensor.detach().numpy().copy() for name, tensor in model.policy.named_parameters()}


def test_one_update_equals_stable_baselines3s_own():
    """The same rollout as one minibatch, so that the order of its steps cannot matter."""
    ours = collected()
    ours.fleet = None
    before, theirs = parameters(ours), copy.deepcopy(ours)
    theirs.set_logger(ours.logger)
    ours.train()
    PPO.train(theirs)
    assert any(not np.allclose(before[name], value) for name, value in parameters(ours).items())
    for name, value in parameters(ours).items():
        np.testing.assert_allclose(value, parameters(theirs)[name], atol=2e-6, err_msg=name)


def test_the_buffer_holds_what_stable_baselines3s_policy_says():
    model = collected()
    buffer = model.rollout_buffer
    observations = torch.from_numpy(buffer.observations.reshape(-1, 8))
    actions = torch.from_numpy(buffer.actions.reshape(-1))
    with torch.no_grad():
        values, log_probs, _ = model.policy.evaluate_actions(observations, actions)
    np.testing.assert_allclose(buffer.values.reshape(-1), values.numpy().ravel(), atol=1e-5)
    np.testing.assert_allclose(buffer.log_probs.reshape(-1), log_probs.numpy(), atol=1e-5)


def test_actions_are_drawn_with_the_policys_probabilities():
    model = collected(n_envs=1)
    policy = to_numpy(model)
    observation = np.zeros((1, 8), np.float32)
    wanted = policy.probabilities(observation)[0]
    noise = np.random.default_rng(0).gumbel(size=(20_000, 4))
    drawn = np.bincount((policy.logits(observation) + noise).argmax(axis=1), minlength=4) / 20_000
    np.testing.assert_allclose(drawn, wanted, atol=0.015)


def test_normalisation_divides_by_the_deviation_of_the_discounted_return():
    """Two steps of one lander, γ = 0.5: the returns so far are 4, then 0.5·4 + 2 = 4: no spread but the prior's."""
    model = collected(n_envs=1, gamma=0.5)
    moments = model.scale.moments
    moments.mean, moments.var, moments.count = 0.0, 9.0, 1e12
    model.scale.running[:] = 0
    scaled = model.scale.divide(np.array([[4.0], [2.0]]), np.array([[False], [True]]))
    np.testing.assert_allclose(scaled.ravel(), [4 / 3, 2 / 3], rtol=1e-5)
    assert model.scale.running.tolist() == [0.0]  # the episode ended


def test_normalisation_cuts_nothing():
    model = collected(n_envs=1)
    moments = model.scale.moments
    moments.mean, moments.var, moments.count = 0.0, 1.0, 1e12
    assert model.scale.divide(np.array([[1e4]]), np.array([[True]])).item() == pytest.approx(1e4, rel=1e-3)


def test_without_normalisation_the_learner_sees_the_reward_itself():
    spec = TrainSpec(RewardConfig(penalty_time=7.0, replace_reward=True), normalize_reward=False, n_envs=2, n_steps=16)
    model = build_ppo(spec, Fleet(LANDER, spec.n_envs))
    model._setup_learn(spec.steps)
    model.start_episodes(0)
    model.collect_rollouts(model.env, Nothing(), model.rollout_buffer, spec.n_steps)
    assert set(model.rollout_buffer.rewards.ravel().tolist()) == {-7.0}


def test_log_softmax_of_huge_logits_is_finite():
    values = log_softmax(np.array([[1e4, 0.0, -1e4, 1e4]], np.float32))
    np.testing.assert_allclose(np.exp(values), [[0.5, 0, 0, 0.5]], atol=1e-6)


def test_the_losses_are_those_that_stable_baselines3_logs():
    """SB3 measures before each step: with one minibatch and tiny steps, that is the same policy."""
    ours = collected(learning_rate=1e-7, schedule="constant")
    with torch.no_grad():
        for parameter in ours.policy.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)  # so that ratios are not 1
    measured = ours.losses()
    PPO.train(ours)
    logged = ours.logger.name_to_value
    assert measured["clip_fraction"] > 0.01
    for name, value in measured.items():
        assert value == pytest.approx(logged[f"train/{name}"], rel=1e-3, abs=1e-6), name


def test_returns_that_do_not_vary_explain_nothing():
    model = collected()
    model.rollout_buffer.returns[:] = 3.0
    assert model.losses()["explained_variance"] == 0.0
