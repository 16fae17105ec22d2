"""The app's PPO against Stable-Baselines3's own code and against cases worked by hand."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger

from playground.flight.fleet import Fleet
from playground.training.learners.ppo_fast import (
    exploration,
    learning_rate,
    log_softmax,
    losses,
    policy_error,
    rollout_of,
    update,
)
from playground.training.learners.task import Task
from playground.training.nets import copy_layers, fresh_policy, parts_of, with_weights
from playground.training.numpy_net import NumpyNetwork
from playground.training.reward_scale import RewardScale
from playground.training.sb3_io import fill_buffer, sb3_ppo
from playground.training.spec import TrainSpec
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER


def spec_of(**settings):
    plain = {"n_envs": 4, "n_steps": 64, "batch_size": 256, "n_epochs": 1, "net_arch": (16, 16)}
    return TrainSpec(**({"reward": GYMNASIUM} | plain | settings))


def shaken(spec, amount=0.3):
    """A policy whose actions are far from equally likely."""
    fresh = fresh_policy(LANDER, spec.net_arch, spec.activation, 0)
    network = NumpyNetwork(fresh)
    noise = np.random.default_rng(2).normal(size=network.values.size).astype(np.float32)
    return with_weights(fresh, network.values + amount * noise)


def collected(spec, policy):
    """A rollout of the policy."""
    with closing(Fleet(LANDER, spec.n_envs)) as fleet:
        task = Task(spec.reward, spec.gamma, 1, fleet, lambda steps: 0.0)
        fleet.start(1)
        flown = fleet.fly(policy, spec.n_steps)
        return rollout_of(flown, policy, task, spec, RewardScale(spec.n_envs, spec.gamma))


def peer_of(spec, policy, rollout):
    """SB3's own PPO with the same network and the same rollout in its buffer."""
    model = sb3_ppo(spec)
    for layers, network in zip((policy.actor, policy.critic), parts_of(model.policy), strict=True):
        copy_layers(layers, network)
    model.set_logger(Logger(folder=None, output_formats=[]))
    fill_buffer(model, rollout)
    return model


def flat(model):
    return np.concatenate([p.detach().numpy().ravel() for part in parts_of(model.policy) for p in part.parameters()])


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_one_update_equals_stable_baselines3s_own(activation):
    """The same rollout as one minibatch, so that the order of its steps cannot matter."""
    spec = spec_of(activation=activation)
    policy = shaken(spec)
    rollout = collected(spec, policy)
    net, theirs = NumpyNetwork(policy), peer_of(spec, policy, rollout)
    update(net, rollout, spec, spec.learning_rate, spec.ent_coef, np.random.default_rng(0))
    before = flat(theirs)
    PPO.train(theirs)
    assert np.abs(flat(theirs) - before).max() > 1e-4
    np.testing.assert_allclose(net.values, flat(theirs), atol=2e-6)


def test_fresh_networks_are_those_that_stable_baselines3_draws():
    for seed, hidden, activation in ((0, (64, 64), "relu"), (3, (8,), "tanh"), (7, (), "relu"), (1, (9, 5, 7), "tanh")):
        spec = spec_of(seed=seed, net_arch=hidden, activation=activation)
        ours = NumpyNetwork(fresh_policy(LANDER, hidden, activation, seed))
        np.testing.assert_array_equal(ours.values, flat(sb3_ppo(spec)))


def test_a_rollout_holds_what_stable_baselines3s_policy_says():
    spec = spec_of()
    policy = shaken(spec)
    rollout = collected(spec, policy)
    with torch.no_grad():
        values, log_probs, _ = peer_of(spec, policy, rollout).policy.evaluate_actions(
            torch.from_numpy(rollout.observations), torch.from_numpy(rollout.actions)
        )
    np.testing.assert_allclose(rollout.values, values.numpy().ravel(), atol=1e-5)
    np.testing.assert_allclose(rollout.log_probs, log_probs.numpy(), atol=1e-5)


def test_actions_are_drawn_with_the_policys_probabilities():
    policy = shaken(spec_of())
    observation = np.zeros((1, 8), np.float32)
    wanted = policy.probabilities(observation)[0]
    noise = np.random.default_rng(0).gumbel(size=(20_000, 4))
    drawn = np.bincount((policy.logits(observation) + noise).argmax(axis=1), minlength=4) / 20_000
    np.testing.assert_allclose(drawn, wanted, atol=0.015)


def test_after_a_timeout_the_critic_stands_for_the_rest():
    """The same flight twice: once its first episode terminated, once the time limit cut it off."""
    spec = spec_of(reward=RewardConfig(), n_steps=200, normalize_reward=False)  # Gymnasium's reward, however it ended
    policy = shaken(spec)
    with closing(Fleet(LANDER, spec.n_envs)) as fleet:
        task = Task(spec.reward, spec.gamma, 1, fleet, lambda steps: 0.0)
        fleet.start(1)
        flown = fleet.fly(policy, spec.n_steps)
    t, i = flown.ended[0]
    terminated, truncated = flown.terminated.copy(), flown.truncated.copy()
    assert terminated[t, i]
    terminated[t, i], truncated[t, i] = False, True
    cut = flown._replace(terminated=terminated, truncated=truncated)
    scale = RewardScale(spec.n_envs, spec.gamma)
    returns, with_the_rest = (
        rollout_of(f, policy, task, spec, scale).returns.reshape(-1, spec.n_envs) for f in (flown, cut)
    )
    rest = spec.gamma * policy.values(flown.last_observations[:1])[0]
    assert (with_the_rest - returns)[t, i] == pytest.approx(rest, rel=1e-3)
    np.testing.assert_array_equal(with_the_rest[t + 1 :], returns[t + 1 :])


def test_normalisation_divides_by_the_deviation_of_the_discounted_return():
    """Two steps of one lander, γ = 0.5: the returns so far are 4, then 0.5·4 + 2 = 4: no spread but the prior's."""
    scale = RewardScale(1, 0.5)
    moments = scale.moments
    moments.mean, moments.var, moments.count = 0.0, 9.0, 1e12
    scaled = scale.divide(np.array([[4.0], [2.0]]), np.array([[False], [True]]))
    np.testing.assert_allclose(scaled.ravel(), [4 / 3, 2 / 3], rtol=1e-5)
    assert scale.running.tolist() == [0.0]  # the episode ended


def test_normalisation_cuts_nothing():
    scale = RewardScale(1, 0.995)
    moments = scale.moments
    moments.mean, moments.var, moments.count = 0.0, 1.0, 1e12
    assert scale.divide(np.array([[1e4]]), np.array([[True]])).item() == pytest.approx(1e4, rel=1e-3)


def test_without_normalisation_the_learner_sees_the_reward_itself():
    """With γ = 0 the critic learns the reward of the step alone."""
    costly = RewardConfig(penalty_time=7.0, replace_reward=True)
    spec = spec_of(reward=costly, normalize_reward=False, n_envs=2, n_steps=16, gamma=0.0)
    returns = collected(spec, shaken(spec)).returns
    np.testing.assert_allclose(returns, -7.0, rtol=1e-6)


def test_log_softmax_of_huge_logits_is_finite():
    values = log_softmax(np.array([[1e4, 0.0, -1e4, 1e4]], np.float32))
    np.testing.assert_allclose(np.exp(values), [[0.5, 0, 0, 0.5]], atol=1e-6)


def test_the_losses_are_those_that_stable_baselines3_logs():
    """SB3 measures before each step: with one minibatch and tiny steps, that is the same policy."""
    spec = spec_of(learning_rate=1e-7, schedule="constant")
    rollout = collected(spec, shaken(spec))
    policy = shaken(spec, 0.4)  # so that ratios are not 1
    measured = losses(policy, rollout, spec.clip_range, spec.learning_rate)
    theirs = peer_of(spec, policy, rollout)
    PPO.train(theirs)
    logged = theirs.logger.name_to_value
    assert measured["clip_fraction"] > 0.01
    for name, value in measured.items():
        assert value == pytest.approx(logged[f"train/{name}"], rel=1e-3, abs=1e-6), name


def test_returns_that_do_not_vary_explain_nothing():
    spec = spec_of()
    policy = shaken(spec)
    rollout = replace(collected(spec, policy), returns=np.full(256, 3.0, np.float32))
    assert losses(policy, rollout, 0.2, 1e-3)["explained_variance"] == 0.0


@pytest.mark.parametrize("ratio", [0.5, 0.79, 0.81, 1.0, 1.19, 1.21, 2.0])
@pytest.mark.parametrize("advantage", [1.0, -1.0])
def test_the_gradient_is_autograds_on_both_sides_of_both_clips(ratio, advantage):
    """The taken action has become more or less likely: flat above 1.2 if it was good, below 0.8 if it was bad.

    Two samples of opposite advantage, since they are brought to mean 0; the second one's ratio is 1.
    """
    logits = np.array([[0.3, -0.2, 0.5, 0.1], [0.0, 0.4, -0.3, 0.2]], np.float32)
    actions, advantages = np.array([2, 1]), np.array([advantage, -advantage], np.float32)
    now = log_softmax(logits)[np.arange(2), actions]
    old = (now - np.log([ratio, 1.0])).astype(np.float32)
    ours = policy_error(log_softmax(logits), actions, old, advantages, 0.2, 0.01)

    parameter = torch.tensor(logits, requires_grad=True)
    policy = torch.distributions.Categorical(logits=parameter)
    normalised = torch.tensor((advantages - advantages.mean()) / (advantages.std(ddof=1) + 1e-8))
    ratios = torch.exp(policy.log_prob(torch.tensor(actions)) - torch.tensor(old))
    gain = torch.min(ratios * normalised, ratios.clamp(0.8, 1.2) * normalised)
    (-gain.mean() - 0.01 * policy.entropy().mean()).backward()
    np.testing.assert_allclose(ours, parameter.grad, atol=1e-6)
    plain = policy_error(log_softmax(logits), actions, old, advantages, 0.2, 0.0)
    flat_here = ratio > 1.2 if advantage > 0 else ratio < 0.8
    assert np.allclose(plain[0], 0, atol=1e-7) == flat_here


def test_the_learning_rate_falls_to_a_last_update_that_still_learns():
    """Four updates from 1: 1 − ¼·¾, … down to ¼, and no further where the last rollout overshoots the budget."""
    spec = spec_of(learning_rate=1.0)
    rates = [learning_rate(spec, left, 4) for left in (1.0, 0.75, 0.5, 0.25, 0.0, -0.1)]
    assert rates == pytest.approx([1.0, 0.8125, 0.625, 0.4375, 0.25, 0.25])
    assert learning_rate(replace(spec, schedule="constant"), 0.0, 4) == 1.0


def test_exploration_ends_at_half_of_the_training_or_never():
    spec = spec_of()
    assert [exploration(spec, left) for left in (1.0, 0.75, 0.5, 0.1)] == [1.0, 0.5, 0.0, 0.0]
    assert exploration(replace(spec, schedule="constant"), 0.1) == 1.0
