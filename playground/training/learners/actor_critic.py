"""Actor-critic: a second network guesses what is still to come, so nobody waits for the end of the episode.

The critic V(s) learns the return from s on. The actor is raised by the advantage: what was paid over the next few steps
plus the critic's guess of the rest, less its guess from the start. Errors of the guess take the place of the noise of
whole episodes. That one bad update can still throw the policy off a cliff is why ``ppo`` exists.

Leaves out: more than one update from the same steps (``ppo``).

Source: Sutton & Barto 2018, Reinforcement Learning, 13.5, with n steps instead of one; Mnih et al. 2016.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.distributions import Categorical

from playground.training.learners.task import Count, Task, Update, check_range
from playground.training.nets import clip_gradient, networks_of, size_of, to_policy, to_tensor
from playground.training.reward_scale import RewardScale

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """What can be set."""

    n_envs: int = 32
    """Environments that fly side by side."""
    n_steps: int = 16
    """Steps of each between two updates, and how far ahead the rewards that were really paid count."""
    learning_rate: float = 2e-3
    """Adam's step for both networks, falling to zero over the training."""
    ent_coef: float = 0.01
    """Weight of the entropy; it falls to zero at half of the training."""
    vf_coef: float = 0.5
    """Weight of the critic's squared error."""
    max_grad_norm: float = 0.5
    """Longer gradients are shortened to this."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers of each network."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "n_envs", "n_steps")
        check_range(self, 0, 1, "learning_rate", "ent_coef")
        check_range(self, 0, 10, "vf_coef")
        check_range(self, 0.01, 100, "max_grad_norm")


def n_step_returns(rewards: Floats, dones: npt.NDArray[np.bool_], last_values: Floats, gamma: float) -> Floats:
    """What was paid from each step to the end of the rollout, plus the critic's guess of what comes after it.

    Args:
        rewards: ``(T, n)``; where the time limit cut an episode off, γ·V of its last state is already in them.
        dones: ``(T, n)``: the episode ended with this step.
        last_values: ``(n,)``: the critic's guess of the state after the rollout.
        gamma: the discount.

    >>> rewards, ended = np.float32([[1.0], [2.0]]), np.array([[False], [False]])
    >>> n_step_returns(rewards, ended, np.float32([8.0]), 0.5)[:, 0].tolist()
    [4.0, 6.0]
    """
    returns = np.empty_like(rewards)
    running = last_values
    for t in reversed(range(len(rewards))):
        running = rewards[t] + np.float32(gamma) * np.where(dones[t], np.float32(0), running)
        returns[t] = running
    return returns


def loss_of(
    log_probs: Tensor, values: Tensor, returns: Tensor, entropy: Tensor, vf_coef: float, ent_coef: float
) -> Tensor:
    """The actor's loss, the critic's squared error and the entropy bonus, from ``(n,)`` each."""
    advantage = (returns - values).detach()
    return -(log_probs * advantage).mean() + vf_coef * (returns - values).square().mean() - ent_coef * entropy.mean()


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever; one `Update` a rollout."""
    actor, critic = networks_of(task.world, settings.hidden, task.initial)
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=settings.learning_rate, eps=1e-5)
    scale = RewardScale(settings.n_envs, task.gamma)
    meter = task.meter(settings.n_envs)
    count = Count(episodes=settings.n_envs)
    task.fleet.start(task.seed)
    task.keep(actor=actor, critic=critic, optimizer=optimizer, scale=scale, meter=meter, fleet=task.fleet, count=count)
    while True:
        # fly
        flown = task.fleet.fly(to_policy(actor, critic), settings.n_steps)
        dones = flown.terminated | flown.truncated
        count.steps += dones.size
        count.episodes += int(dones.sum())
        rewards = scale.divide(meter.rewards(flown.transitions), dones)

        # guess what comes after the rollout, and after a time-out, which is not an end
        with torch.no_grad():
            last_values = critic(to_tensor(flown.observations[-1]))[:, 0].numpy()
            beyond = critic(to_tensor(flown.last_observations))[:, 0].numpy()
        for (t, i), value in zip(flown.ended.tolist(), beyond, strict=True):
            if flown.truncated[t, i]:
                rewards[t, i] += task.gamma * value
        returns = n_step_returns(rewards.astype(np.float32), dones, last_values, task.gamma)

        # one step along the gradient of both networks
        left = task.left(count.steps, dones.size)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * left
        b_observations = to_tensor(flown.observations[:-1]).flatten(0, 1)
        b_actions, b_returns = torch.as_tensor(flown.actions).flatten(), to_tensor(returns).flatten()
        policy, values = Categorical(logits=actor(b_observations)), critic(b_observations)[:, 0]
        entropy = policy.entropy()
        ent_coef = settings.ent_coef * max(0.0, 2 * left - 1)
        loss = loss_of(policy.log_prob(b_actions), values, b_returns, entropy, settings.vf_coef, ent_coef)
        optimizer.zero_grad()
        loss.backward()
        norm = clip_gradient([*actor.parameters(), *critic.parameters()], settings.max_grad_norm)
        optimizer.step()
        advantage = (b_returns - values).detach()
        yield Update(
            count.steps,
            count.episodes,
            to_policy(actor, critic),
            {
                "loss": float(loss.detach()),
                "value_loss": float(advantage.square().mean()),
                "entropy_loss": -float(entropy.detach().mean()),
                "gradient_norm": float(norm),
            },
            {"advantage": advantage.numpy()},
            {
                "actor": size_of(actor),
                "critic": size_of(critic),
                "optimizer": size_of(optimizer),
                "batch": size_of(b_observations, b_actions, b_returns),
            },
        )
