"""GRPO: the other episodes from the same start take the critic's place.

From each start a group of episodes is flown with the same policy. An episode is as good as its return against those of
its group, and every one of its steps gets that one number as its advantage: there is no critic to train or to hold in
memory. The update is PPO's: clipped ratios, a few passes over the same episodes.

On language models an episode is an answer, and a start is a question. Here a start is a seed of LunarLander: its
terrain and the first push. One advantage for hundreds of steps says little about each, so groups must be large. And a
landing comes at the end: where the discount is strong it hardly counts in that one number, and training may end in
hovering.

Leaves out: what ``dapo`` improves.

Source: Shao et al. 2024, DeepSeekMath, 4.1, with the outcome's advantage; the estimate of the KL divergence is eq. 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from playground.flight.trajectory import Trajectory
from playground.training.learners.task import Count, Task, Update, check_range
from playground.training.nets import actor_of, clip_gradient, size_of, to_policy, to_tensor, to_torch

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What can be set."""

    starts: int = 8
    """Different starts in one update."""
    group_size: int = 16
    """Episodes from each of them."""
    k_epochs: int = 4
    """Passes over their steps in one update."""
    batch_size: int = 4096
    """Steps in one gradient."""
    learning_rate: float = 2e-3
    """Adam's step, falling to zero over the training."""
    eps_clip: float = 0.2
    """How far the ratio of new to old probability may leave 1 and still gain anything."""
    kl_coef: float = 0.0
    """Weight of the KL divergence from the policy that training began with, which ties it to that one."""
    ent_coef: float = 0.005
    """Weight of the entropy; it falls to zero at half of the training."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the actor's hidden layers."""

    def __post_init__(self) -> None:
        check_range(self, 2, 10_000, "group_size")  # one alone has nothing to be compared with
        check_range(self, 1, 10_000, "starts", "k_epochs")
        check_range(self, 1, 10**6, "batch_size")
        check_range(self, 0, 1, "learning_rate", "eps_clip", "ent_coef")
        check_range(self, 0, 1000, "kl_coef")


def group_advantages(returns: Floats) -> Floats:
    """(return − group's mean) / group's deviation; 0 throughout a group whose returns are all alike.

    Args:
        returns: ``(starts, group_size)``

    >>> group_advantages(np.array([[1.0, 3.0], [5.0, 5.0]])).tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    mean, deviation = returns.mean(axis=1, keepdims=True), returns.std(axis=1, keepdims=True)
    alike = deviation <= 1e-9 * np.maximum(1.0, np.abs(mean))
    result: Floats = np.where(alike, 0.0, (returns - mean) / np.where(alike, 1.0, deviation))
    return result


def step_weights(lengths: Sequence[int]) -> Floats:
    """Each step's share of the loss: a mean over each episode's steps, then a mean over episodes; sums to 1.

    >>> step_weights([1, 2]).tolist()
    [0.5, 0.25, 0.25]
    """
    return np.concatenate([np.full(length, 1 / (length * len(lengths))) for length in lengths])


def clipped_loss(ratio: Tensor, advantage: Tensor, eps_clip: float) -> Tensor:
    """−min(ρ·A, clip(ρ, 1−ε, 1+ε)·A) of each step."""
    return -torch.min(ratio * advantage, torch.clamp(ratio, 1 - eps_clip, 1 + eps_clip) * advantage)


def kl_estimate(log_probs: Tensor, reference_log_probs: Tensor) -> Tensor:
    """π_ref/π − log(π_ref/π) − 1 of each step: never negative, right on average.

    >>> kl_estimate(torch.tensor([0.0]), torch.tensor([0.0])).tolist()
    [0.0]
    """
    log_ratio = reference_log_probs - log_probs
    return log_ratio.exp() - log_ratio - 1


@dataclass(frozen=True)
class Batch:
    """The steps of all episodes of an update, one after the other."""

    observations: Tensor
    actions: Tensor
    old_log_probs: Tensor
    reference_log_probs: Tensor
    advantages: Tensor
    weights: Tensor
    """Of each step in the loss; they sum to 1."""


def batch_of(
    flown: Sequence[Trajectory], advantages: Floats, weights: Floats, actor: nn.Module, reference: nn.Module | None
) -> Batch:
    """The steps of episodes with their log probabilities under the policy that flew them.

    Args:
        flown: n episodes.
        advantages: ``(n,)``, one for all steps of an episode.
        weights: one a step, over all episodes.
        actor: that flew them.
        reference: the policy that the KL divergence is taken from.
    """
    observations = to_tensor(np.concatenate([t.observations[:-1] for t in flown]))
    actions = torch.as_tensor(np.concatenate([t.actions for t in flown]))
    with torch.no_grad():
        old = Categorical(logits=actor(observations)).log_prob(actions)
        then = old if reference is None else Categorical(logits=reference(observations)).log_prob(actions)
    spread = to_tensor(np.repeat(advantages, [len(t) for t in flown]))
    return Batch(observations, actions, old, then, spread, to_tensor(weights))


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever; one `Update` for all groups of ``starts``."""
    actor = actor_of(task.world, settings.hidden, task.initial)
    reference = None
    if settings.kl_coef:
        frozen = to_policy(actor)
        reference = to_torch(frozen.actor, frozen.activation)
    optimizer = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate, eps=1e-5)
    rng = np.random.default_rng(task.seed)
    count = Count()
    task.keep(actor=actor, optimizer=optimizer, rng=rng, count=count)
    while True:
        # fly a group from every start
        seeds = np.repeat(task.episode_seeds(settings.starts, count.episodes), settings.group_size).tolist()
        flown = task.fleet.sample(to_policy(actor), seeds, task.seed, count.episodes)
        batch_steps = sum(map(len, flown))
        count.steps += batch_steps
        count.episodes += len(flown)

        # how good each episode is against its group
        returns = task.returns(flown).reshape(settings.starts, settings.group_size)
        advantages = group_advantages(returns)
        batch = batch_of(flown, advantages.ravel(), step_weights([len(t) for t in flown]), actor, reference)

        # several passes over their steps
        left = task.left(count.steps, batch_steps)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * left
        ent_coef = settings.ent_coef * max(0.0, 2 * left - 1)
        norm = 0.0
        for _ in range(settings.k_epochs):
            order = torch.as_tensor(rng.permutation(len(batch.actions)))
            for start in range(0, len(order), settings.batch_size):
                task.tick(0)
                mb = order[start : start + settings.batch_size]
                policy = Categorical(logits=actor(batch.observations[mb]))
                log_probs = policy.log_prob(batch.actions[mb])
                ratio = torch.exp(log_probs - batch.old_log_probs[mb])
                each = clipped_loss(ratio, batch.advantages[mb], settings.eps_clip)
                each = each - ent_coef * policy.entropy()
                if reference is not None:
                    each = each + settings.kl_coef * kl_estimate(log_probs, batch.reference_log_probs[mb])
                loss = (batch.weights[mb] * each).sum() * (len(order) / len(mb))
                optimizer.zero_grad()
                loss.backward()
                norm = clip_gradient(actor.parameters(), 1.0)
                optimizer.step()

        # what it did
        with torch.no_grad():
            policy = Categorical(logits=actor(batch.observations))
            log_ratio = policy.log_prob(batch.actions) - batch.old_log_probs
            ratio = log_ratio.exp()
        yield Update(
            count.steps,
            count.episodes,
            to_policy(actor),
            {
                "policy_gradient_loss": float(
                    (batch.weights * clipped_loss(ratio, batch.advantages, settings.eps_clip)).sum()
                ),
                "entropy_loss": -float(policy.entropy().mean()),
                "approx_kl": float((ratio - 1 - log_ratio).mean()),
                "clip_fraction": float(((ratio - 1).abs() > settings.eps_clip).float().mean()),
                "gradient_norm": norm,
                "groups_alike": float(np.mean((advantages == 0).all(axis=1))),
                "clip_low": 1 - settings.eps_clip,
                "clip_high": 1 + settings.eps_clip,
            },
            {"ratio": ratio.numpy(), "advantage": batch.advantages.numpy()},
            {
                "actor": size_of(actor),
                "reference": 0 if reference is None else size_of(reference),
                "optimizer": size_of(optimizer),
                "batch": size_of(*vars(batch).values()),
            },
        )
