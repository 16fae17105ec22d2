from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from stable_baselines3.common.buffers import RolloutBuffer

from playground.flight.fleet import Fleet
from playground.flight.policy import Policy
from playground.training.learners.ppo import (
    ActorCriticDiscrete,
    Memory,
    PPOAgent,
    Settings,
    clipped_loss,
    gae,
    normalized,
)
from playground.training.learners.task import Task
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.world import WORLD as LANDER

SMALL = Settings(n_envs=2, update_timestep=8, batch_size=4, k_epochs=2, hidden=(8,))


def task(initial: Policy | None = None) -> Task:
    return Task(GYMNASIUM, 0.5, 0, Fleet(LANDER, 2), lambda steps: 0.0, initial)


def test_advantages_by_hand_with_an_end_in_the_midst():
    """γ = λ = 0.5, V = 1 throughout, 4 behind the rollout; the second step ends the episode.

    δ₂ = 3 + 0.5·4 − 1 = 4; δ₁ = 2 − 1 = 1, cut off; δ₀ = 1 + 0.5·1 − 1 = 0.5, A₀ = 0.5 + 0.25·1.
    """
    values, dones = np.ones((3, 1), np.float32), np.array([[False], [True], [False]])
    advantages, returns = gae(np.float32([[1], [2], [3]]), values, dones, np.float32([4]), 0.5, 0.5)
    np.testing.assert_allclose(advantages[:, 0], [0.75, 1.0, 4.0])
    np.testing.assert_allclose(returns[:, 0], [1.75, 2.0, 5.0])


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_advantages_are_those_of_stable_baselines3(seed, gamma, gae_lambda):
    rng = np.random.default_rng(seed)
    steps, n = 7, 3
    rewards, values = rng.normal(size=(2, steps, n)).astype(np.float32)
    dones = rng.random((steps, n)) < 0.3
    last = rng.normal(size=n).astype(np.float32)
    buffer = RolloutBuffer(steps, spaces.Box(-1, 1, (8,)), spaces.Discrete(4), "cpu", gae_lambda, gamma, n)
    buffer.rewards[:], buffer.values[:] = rewards, values
    buffer.episode_starts[1:] = dones[:-1]
    buffer.compute_returns_and_advantage(torch.tensor(last), dones[-1])
    advantages, returns = gae(rewards, values, dones, last, gamma, gae_lambda)
    np.testing.assert_allclose(advantages, buffer.advantages, atol=1e-4)
    np.testing.assert_allclose(returns, buffer.returns, atol=1e-4)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_with_lambda_1_the_critic_learns_whole_returns(seed, gamma):
    rng = np.random.default_rng(seed)
    rewards, values = rng.normal(size=(2, 5, 1)).astype(np.float32)
    _, returns = gae(rewards, values, np.zeros((5, 1), bool), np.float32([2.0]), gamma, 1.0)
    wanted = sum(gamma**k * rewards[k, 0] for k in range(5)) + gamma**5 * 2.0
    assert returns[0, 0] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.5, 2.0, -2.4, 0.0),  # better action, risen too far already: flat
        (0.5, 2.0, -1.0, -2.0),  # better action that fell: pulled up
        (1.5, -2.0, 3.0, 2.0),  # worse action that rose: pushed down
        (0.5, -2.0, 1.6, 0.0),  # worse action, fallen too far already: flat
    ],
)
def test_clipping_in_all_four_corners(ratio, advantage, loss, slope):
    ratio = torch.tensor([ratio], requires_grad=True)
    value = clipped_loss(ratio, torch.tensor([advantage]), 0.2)
    value.sum().backward()
    assert value.item() == pytest.approx(loss)
    assert ratio.grad.item() == pytest.approx(slope)


def test_normalised_values_have_mean_0_and_deviation_1_and_equal_ones_become_0():
    values = np.random.default_rng(0).normal(3, 7, 100).astype(np.float32)
    assert normalized(values).mean() == pytest.approx(0, abs=1e-5)
    assert normalized(values).std(ddof=1) == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(normalized(np.full(5, 3.0, np.float32)), 0)


def filled(settings, timeouts):
    """Two landers, two steps, the first lander timed out with the first one."""
    agent = PPOAgent(task(), settings)
    agent.act(np.zeros((2, 8), np.float32))
    agent.step(np.float32([1, 2]), np.array([True, False]), timeouts)
    return agent


def test_after_a_timeout_the_critic_stands_for_the_rest():
    plain = replace(SMALL, scale_rewards=False)
    last = np.full(8, 0.5, np.float32)
    agent = filled(plain, {0: last})
    guess = agent.policy.guess(last[None])[0]
    np.testing.assert_allclose(agent.memory.rewards[0], [1 + 0.5 * guess, 2])
    assert agent.memory.is_terminals[0].tolist() == [True, False]


def test_the_article_takes_nothing_for_the_rest_and_forgets_the_timeout():
    cut = filled(replace(SMALL, scale_rewards=False, bootstrap=False), {0: np.ones(8, np.float32)})
    assert cut.memory.rewards[0].tolist() == [1, 2]
    assert cut.memory.is_terminals[0].tolist() == [True, False]
    leaks = filled(replace(SMALL, scale_rewards=False, mark_timeouts=False), {0: np.ones(8, np.float32)})
    assert leaks.memory.is_terminals[0].tolist() == [False, False]


def test_what_the_agent_remembers_is_what_the_policy_did():
    agent = PPOAgent(task(), SMALL)
    states = np.random.default_rng(0).normal(size=(2, 8)).astype(np.float32)
    actions = agent.act(states)
    memory = agent.memory
    np.testing.assert_array_equal(memory.actions[0], actions)
    log_probs, values, _ = agent.policy.evaluate(torch.tensor(states), torch.tensor(actions))
    np.testing.assert_allclose(memory.logprobs[0], log_probs.detach(), rtol=1e-5)
    np.testing.assert_allclose(memory.values[0], values.detach(), rtol=1e-5)


@pytest.mark.parametrize("normalize", ["advantages", "returns"])
def test_an_action_that_paid_becomes_more_probable(normalize):
    """Episodes of one step, paid 1 for the main engine and −1 for anything else."""
    torch.manual_seed(0)
    given = {"update_timestep": 256, "batch_size": 64, "scale_rewards": False, "ent_coef": 0.0, "learning_rate": 0.02}
    settings = replace(SMALL, **given, normalize=normalize)
    agent = PPOAgent(task(), settings)
    states = np.zeros((2, 8), np.float32)

    def chance():
        return torch.softmax(agent.policy.action_layer(torch.zeros(1, 8)), dim=1)[0, 2].item()

    before = chance()
    while not agent.step(np.where(agent.act(states) == 2, 1.0, -1.0).astype(np.float32), np.array([True, True]), {}):
        pass
    update = agent.update(states, 1.0, np.random.default_rng(0))
    assert chance() > before + 0.01
    assert update.metrics["approx_kl"] > 0


def test_entropy_pulls_towards_equal_odds_where_nothing_pays():
    torch.manual_seed(0)
    settings = replace(SMALL, update_timestep=256, batch_size=64, scale_rewards=False, ent_coef=1.0, vf_coef=0.0)
    agent = PPOAgent(task(), settings)
    with torch.no_grad():
        agent.policy.action_layer[-1].bias += torch.tensor([2.0, 0.0, 0.0, 0.0])
    states = np.zeros((2, 8), np.float32)

    def entropy():
        return torch.distributions.Categorical(logits=agent.policy.action_layer(torch.zeros(8))).entropy().item()

    before = entropy()
    agent.act(states)
    while not agent.step(np.zeros(2, np.float32), np.array([True, True]), {}):
        agent.act(states)
    agent.update(states, 1.0, np.random.default_rng(0))
    assert entropy() > before


def test_clearing_the_memory_leaves_no_row():
    memory = Memory()
    memory.rewards.append(np.zeros(2))
    memory.clear_memory()
    assert len(memory) == 0
    assert all(rows == [] for rows in vars(memory).values())


def test_one_network_or_two():
    from dataclasses import replace

    apart = ActorCriticDiscrete(LANDER, SMALL, None)
    shared = ActorCriticDiscrete(LANDER, replace(SMALL, shared_network=True), None)
    assert apart.action_layer[0] is not apart.value_layer[0]
    assert shared.action_layer[0] is shared.value_layer[0]
    assert shared.action_layer[-1] is not shared.value_layer[-1]
    hidden = 8 * 8 + 8
    assert sum(p.numel() for p in apart.parameters()) - sum(p.numel() for p in shared.parameters()) == hidden


@pytest.mark.parametrize(
    "changes",
    [{"n_envs": 0}, {"k_epochs": 0}, {"update_timestep": 63}, {"batch_size": 1}, {"normalize": "everything"}],
)
def test_settings_that_make_no_sense_name_themselves(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        Settings(**changes)


@pytest.mark.parametrize("bootstrap", [True, False])
def test_what_follows_the_end_of_the_batch_is_guessed_or_taken_for_nothing(bootstrap):
    """Nothing ends, γ = 0.5 and λ = 1: A₀ = 1 + 0.5·2 + 0.25·(guess or 0) − V₀, A₁ = 2 + 0.5·(guess or 0) − V₁."""
    torch.manual_seed(0)
    plain = {"scale_rewards": False, "normalize": "nothing", "gae_lambda": 1.0, "update_timestep": 4}
    agent = PPOAgent(task(), replace(SMALL, **plain, bootstrap=bootstrap))
    first, second, beyond = np.random.default_rng(0).normal(size=(3, 2, 8)).astype(np.float32)
    values = [agent.policy.guess(states) for states in (first, second)]
    rest = agent.policy.guess(beyond) * bootstrap
    assert np.abs(agent.policy.guess(beyond)).min() > 0.01
    for states, reward in ((first, 1.0), (second, 2.0)):
        agent.act(states)
        enough = agent.step(np.full(2, reward, np.float32), np.array([False, False]), {})
    assert enough
    advantages = agent.update(beyond, 1.0, np.random.default_rng(0)).batch["advantage"].reshape(2, 2)
    np.testing.assert_allclose(advantages[0], 2 + 0.25 * rest - values[0], rtol=1e-5)
    np.testing.assert_allclose(advantages[1], 2 + 0.5 * rest - values[1], rtol=1e-5)
