"""REINFORCE: raise the log probability of every action by how much was paid after it.

The oldest policy gradient, and the root of all others here. Fly some episodes, add up what was paid from each step on,
and step along Σ ∇log π(a|s)·advantage. There is no critic: the advantage is the return to go less a baseline, which
here is the mean over all episodes of the batch at the same step.

Leaves out: a critic (``actor_critic``), and more than one update from the same episodes (``ppo``), without which most
of what was flown is thrown away. A time-out counts as an end, because nobody can say what would have come after it.

Source: Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.distributions import Categorical

from playground.training.learners.task import Count, Task, Update, check_range
from playground.training.nets import actor_of, clip_gradient, size_of, to_policy, to_tensor

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What can be set."""

    episodes: int = 32
    """Episodes flown for each update."""
    learning_rate: float = 5e-3
    """Adam's step, falling to zero over the training."""
    ent_coef: float = 0.01
    """Weight of the entropy, which keeps the policy from settling; it falls to zero at half of the training."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the actor's hidden layers."""

    def __post_init__(self) -> None:
        check_range(self, 2, 10_000, "episodes")  # one alone is its own baseline
        check_range(self, 0, 1, "learning_rate", "ent_coef")


def returns_to_go(rewards: Floats, gamma: float) -> Floats:
    """Discounted sum of what is paid from each step on, ``(T,)`` for rewards ``(T,)``.

    >>> returns_to_go(np.array([1.0, 0.0, 4.0]), 0.5).tolist()
    [2.0, 2.0, 4.0]
    """
    returns = np.zeros(len(rewards))
    running = 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + gamma * running
        returns[t] = running
    return returns


def advantages(returns: Sequence[Floats]) -> list[Floats]:
    """Returns to go less their mean over all episodes at the same step, all divided by their deviation.

    An episode that is over has nothing more to be paid, so it counts as 0 in the mean of later steps.

    >>> [a.round(2).tolist() for a in advantages([np.array([3.0, 1.0]), np.array([1.0])])]
    [[1.15, 0.58], [-1.15]]
    """
    table = np.zeros((len(returns), max(map(len, returns))))
    for row, values in zip(table, returns, strict=True):
        row[: len(values)] = values
    baseline = table.mean(axis=0)
    raw = [values - baseline[: len(values)] for values in returns]
    deviation = float(np.sqrt(np.mean(np.concatenate(raw) ** 2)))
    return [values / (deviation + 1e-8) for values in raw]


def loss_of(log_probs: Tensor, advantage: Tensor, entropy: Tensor, ent_coef: float) -> Tensor:
    """−mean(log π(a|s)·advantage) less the entropy bonus, from ``(n,)`` each."""
    return -(log_probs * advantage).mean() - ent_coef * entropy.mean()


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever; one `Update` a batch of episodes."""
    actor = actor_of(task.world, settings.hidden, task.initial)
    optimizer = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate)
    count = Count()
    task.keep(actor=actor, optimizer=optimizer, count=count)
    while True:
        # fly
        seeds = task.episode_seeds(settings.episodes, count.episodes)
        flown = task.fleet.sample(to_policy(actor), seeds, task.seed, count.episodes)
        batch_steps = sum(map(len, flown))
        count.steps += batch_steps
        count.episodes += len(flown)

        # what was paid from each step on, against what is usual there
        advantage = advantages([returns_to_go(task.rewards(t.transitions), task.gamma) for t in flown])
        b_observations = to_tensor(np.concatenate([t.observations[:-1] for t in flown]))
        b_actions = torch.as_tensor(np.concatenate([t.actions for t in flown]))
        b_advantages = to_tensor(np.concatenate(advantage))

        # one step along the gradient
        left = task.left(count.steps, batch_steps)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * left
        policy = Categorical(logits=actor(b_observations))
        entropy = policy.entropy()
        loss = loss_of(policy.log_prob(b_actions), b_advantages, entropy, settings.ent_coef * max(0.0, 2 * left - 1))
        optimizer.zero_grad()
        loss.backward()
        norm = clip_gradient(actor.parameters(), 1.0)
        optimizer.step()
        yield Update(
            count.steps,
            count.episodes,
            to_policy(actor),
            {
                "loss": float(loss.detach()),
                "entropy_loss": -float(entropy.detach().mean()),
                "gradient_norm": norm,
            },
            {"advantage": b_advantages.numpy()},
            {
                "actor": size_of(actor),
                "optimizer": size_of(optimizer),
                "batch": size_of(b_observations, b_actions, b_advantages),
            },
        )
