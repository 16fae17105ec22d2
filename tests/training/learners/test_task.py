"""What all learners share: budgets, gradients, networks."""

from contextlib import closing

import numpy as np
import pytest
import torch

from playground.flight.fleet import Fleet
from playground.training.learners import actor_critic, dapo, grpo, ppo, reinforce
from playground.training.learners.grpo import kl_estimate
from playground.training.learners.task import Task
from playground.training.nets import clip_gradient, flat_weights, mlp, networks_of, to_policy
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.world import WORLD as LANDER

SMALL = {
    reinforce: reinforce.Settings(episodes=4, hidden=(8,)),
    actor_critic: actor_critic.Settings(n_envs=2, hidden=(8,)),
    ppo: ppo.Settings(n_envs=2, update_timestep=64, hidden=(8,)),
    grpo: grpo.Settings(starts=2, group_size=3, hidden=(8,)),
    dapo: dapo.Settings(starts=2, group_size=3, hidden=(8,)),
}


def task(fleet=None, share=lambda steps: 0.0, initial=None):
    return Task(GYMNASIUM, 0.99, 0, fleet, share, initial)


def test_what_is_left_ends_with_the_share_of_the_last_batch():
    one = task(share=lambda steps: min(1.0, steps / 400))
    assert [one.left(steps, 100) for steps in (100, 200, 300, 400)] == pytest.approx([0.75, 0.5, 0.25, 0.25])
    assert one.left(1000, 1000) == 1


@pytest.mark.parametrize("learner", SMALL, ids=lambda learner: learner.__name__.rsplit(".", 1)[1])
def test_a_budget_of_one_batch_is_learned_from(learner):
    torch.manual_seed(0)
    start = to_policy(mlp(8, (8,), 4))
    with closing(Fleet(LANDER, 2)) as fleet:
        updates = learner.learn(task(fleet, lambda steps: min(1.0, steps / 10), start), SMALL[learner])
        after = next(updates).policy
        updates.close()
    gaps = [np.abs(a - b).max() for (a, _), (b, _) in zip(after.actor, start.actor, strict=True)]
    assert max(gaps) > 1e-5


def test_a_gradient_that_is_no_number_ends_the_training():
    network = torch.nn.Linear(2, 1)
    (network(torch.ones(2)) * float("nan")).backward()
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        clip_gradient(network.parameters(), 1.0)


def test_a_gradient_is_shortened_and_its_norm_told():
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3.0, 4.0])
    assert clip_gradient([weight], 1.0) == pytest.approx(5.0)
    assert weight.grad.norm().item() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_fresh_critic_beside_an_actor_of_either_activation_guesses_the_same_in_numpy(activation):
    start = to_policy(mlp(8, (8,), 4, activation=activation))
    actor, critic = networks_of(LANDER, (8,), start)
    states = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    stored = to_policy(actor, critic)
    assert stored.activation == activation
    with torch.no_grad():
        guessed = critic(torch.tensor(states))[:, 0].numpy()
    np.testing.assert_allclose(stored.values(states), guessed, atol=1e-6)


def test_at_the_reference_the_divergence_moves_nothing(monkeypatch):
    """Every return alike, so nothing but the divergence could pull, and its slope is 0 there."""
    monkeypatch.setattr(Task, "returns", lambda self, flown: np.zeros(len(flown)))
    torch.manual_seed(0)
    start = to_policy(mlp(8, (8,), 4))

    def after(kl_coef):
        settings = grpo.Settings(starts=2, group_size=3, hidden=(8,), ent_coef=0.0, kl_coef=kl_coef)
        with closing(Fleet(LANDER, 2)) as fleet:
            learning = grpo.learn(task(fleet, initial=start), settings)
            moved, pulled = next(learning).policy, next(learning).policy
            learning.close()
        return moved, pulled

    for policy in (*after(0.0), *after(1.0)):  # at the reference itself its slope is 0
        np.testing.assert_allclose(flat_weights(policy), flat_weights(start), atol=1e-6)


def test_the_divergence_pulls_towards_the_reference():
    """One state: the reference has equal odds, the policy has not; a step down the estimate evens them out."""
    logits = torch.nn.Parameter(torch.tensor([1.0, 0.0, 0.0, 0.0]))
    actions = torch.distributions.Categorical(logits=logits.detach()).sample((4000,))
    log_probs = torch.distributions.Categorical(logits=logits).log_prob(actions)
    reference = torch.full((4000,), -np.log(4.0))
    kl_estimate(log_probs, reference).mean().backward()
    assert logits.grad[0] > 0.05
    assert (logits.grad[1:] < 0).all()
