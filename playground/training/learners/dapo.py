"""DAPO: GRPO with four improvements, each a switch.

- ``clip_higher``: the ratio may rise further than it may fall, so that a rare action that paid can become common.
- ``dynamic_sampling``: a group whose returns are all alike teaches nothing; it is dropped, and another one is flown.
- ``per_step``: every step of the batch counts the same. GRPO's mean over each episode gives the steps of a long one
  less weight: in an episode three times as long, each step counts a third.
- ``length_penalty``: an episode that runs on towards the time limit pays for it, little at first.

With all four off and the same other settings this is GRPO; a test compares the two files.

Leaves out: the KL divergence, which DAPO drops, and filters on the answers of language models.

Source: Yu et al. 2025, DAPO: an open-source LLM reinforcement learning system at scale, 3.1 to 3.4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.distributions import Categorical

from playground.flight.trajectory import Trajectory
from playground.training.learners.task import Count, Task, Update, check_range
from playground.training.nets import actor_of, clip_gradient, size_of, to_policy, to_tensor
from playground.words.errors import InvalidInput

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
    eps_low: float = 0.2
    """How far the ratio of new to old probability may fall below 1 and still gain anything."""
    eps_high: float = 0.28
    """How far it may rise above 1, if it may rise further."""
    clip_higher: bool = True
    """It may rise further than it may fall; otherwise ``eps_low`` is the limit on both sides."""
    dynamic_sampling: bool = True
    """Groups whose returns are all alike are replaced."""
    alike: float = 0.01
    """Returns are alike if their deviation within a group is at most this share of that over all groups first flown. A
    reward that pays on every step hardly ever makes such a group; one that pays for the outcome alone does."""
    rounds: int = 3
    """So many times groups are flown for one update, at most; then it learns from what it has."""
    per_step: bool = True
    """Every step counts the same, not every episode."""
    length_penalty: bool = True
    """Episodes that run on towards the time limit pay for it."""
    length_from: int = 250
    """Steps that cost nothing; from there on the penalty grows in a straight line up to the time limit. In a world with
    a shorter limit than the default there is none."""
    length_weight: float = 2.0
    """What the whole time costs, in deviations of the return over all groups first flown."""
    ent_coef: float = 0.005
    """Weight of the entropy; it falls to zero at half of the training."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the actor's hidden layers."""

    def __post_init__(self) -> None:
        check_range(self, 2, 10_000, "group_size")  # one alone has nothing to be compared with
        check_range(self, 1, 10_000, "starts", "k_epochs", "rounds")
        check_range(self, 1, 10**6, "batch_size")
        check_range(self, 0, 1, "learning_rate", "eps_low", "alike", "ent_coef")
        check_range(self, 0, 10, "eps_high")
        check_range(self, 0, 10**6, "length_from")
        check_range(self, 0, 1000, "length_weight")


def group_advantages(returns: Floats) -> Floats:
    """(return − group's mean) / group's deviation, ``(groups, size)``; 0 where a group's returns are all the same."""
    mean, deviation = returns.mean(axis=1, keepdims=True), returns.std(axis=1, keepdims=True)
    same = deviation <= 1e-9 * np.maximum(1.0, np.abs(mean))
    result: Floats = np.where(same, 0.0, (returns - mean) / np.where(same, 1.0, deviation))
    return result


def teaches(returns: Floats, alike: float) -> npt.NDArray[np.bool_]:
    """Which groups ``(groups,)`` have returns that differ.

    Args:
        returns: ``(groups, size)``
        alike: deviation within a group up to which its returns count as alike.

    >>> teaches(np.array([[0.0, 10.0], [5.0, 5.0]]), 0.01).tolist()
    [True, False]
    """
    result: npt.NDArray[np.bool_] = returns.std(axis=1) > alike
    return result


def soft_length_penalty(lengths: npt.NDArray[np.int64], length_from: int, max_steps: int) -> Floats:
    """0 up to ``length_from`` steps, then in a straight line to −1 at the time limit.

    >>> soft_length_penalty(np.array([200, 500, 750, 1000]), 500, 1000).tolist()
    [0.0, 0.0, -0.5, -1.0]
    """
    return np.asarray(-np.clip((lengths - length_from) / (max_steps - length_from), 0.0, 1.0) + 0.0)


def step_weights(lengths: Sequence[int], per_step: bool) -> Floats:
    """Each step's share of the loss; they sum to 1.

    >>> step_weights([1, 3], per_step=True).tolist(), step_weights([1, 3], per_step=False).round(2).tolist()
    ([0.25, 0.25, 0.25, 0.25], [0.5, 0.17, 0.17, 0.17])
    """
    if per_step:
        return np.full(sum(lengths), 1 / sum(lengths))
    return np.concatenate([np.full(length, 1 / (length * len(lengths))) for length in lengths])


def clipped_loss(ratio: Tensor, advantage: Tensor, eps_low: float, eps_high: float) -> Tensor:
    """−min(ρ·A, clip(ρ, 1−ε_low, 1+ε_high)·A) of each step.

    >>> clipped_loss(torch.tensor([1.5, 0.5]), torch.tensor([1.0, -1.0]), 0.2, 0.25).tolist()
    [-1.25, 0.800000011920929]
    """
    return -torch.min(ratio * advantage, torch.clamp(ratio, 1 - eps_low, 1 + eps_high) * advantage)


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train for ever; one `Update` for all groups of ``starts``.

    Raises:
        InvalidInput: the length penalty would begin after the world's time limit.
    """
    max_steps = task.world.max_steps
    penalised = settings.length_penalty and settings.length_from < max_steps
    if settings.length_from >= max_steps and settings.length_from != Settings.length_from:
        raise InvalidInput("out_of_range", field="length_from", low=0, high=max_steps - 1, value=settings.length_from)
    actor = actor_of(task.world, settings.hidden, task.initial)
    optimizer = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate, eps=1e-5)
    rng = np.random.default_rng(task.seed)
    eps_high = settings.eps_high if settings.clip_higher else settings.eps_low
    count = Count()
    task.keep(actor=actor, optimizer=optimizer, rng=rng, count=count)
    while True:
        # fly groups until there are enough that teach something
        kept: list[Trajectory] = []
        kept_returns: list[Floats] = []
        dropped = batch_steps = 0
        spread: float | None = None
        for _ in range(settings.rounds):
            wanted = settings.starts - len(kept_returns)
            seeds = np.repeat(task.episode_seeds(wanted, count.episodes), settings.group_size).tolist()
            flown = task.fleet.sample(to_policy(actor), seeds, task.seed, count.episodes)
            batch_steps += sum(map(len, flown))
            count.episodes += len(flown)
            returns = task.returns(flown)
            spread = float(returns.std()) if spread is None else spread  # of all groups; later rounds fly a few
            if penalised:
                lengths = np.array([len(t) for t in flown])
                penalty = soft_length_penalty(lengths, settings.length_from, max_steps)
                returns = returns + settings.length_weight * spread * penalty
            groups = returns.reshape(wanted, settings.group_size)
            good = teaches(groups, settings.alike * spread) if settings.dynamic_sampling else np.ones(wanted, np.bool_)
            for index in np.flatnonzero(good).tolist():
                kept += flown[index * settings.group_size : (index + 1) * settings.group_size]
                kept_returns.append(groups[index])
            dropped += int((~good).sum())
            if len(kept_returns) == settings.starts:
                break
        count.steps += batch_steps
        left = task.left(count.steps, batch_steps)
        if not kept:  # every episode pays the same: there is nothing to learn from
            metrics = {**_NOTHING, "groups_dropped": float(dropped)}
            holds = {"actor": size_of(actor), "optimizer": size_of(optimizer), "batch": 0}
            yield Update(count.steps, count.episodes, to_policy(actor), metrics, holds=holds)
            continue

        # how good each episode is against its group
        advantages = np.repeat(group_advantages(np.stack(kept_returns)).ravel(), [len(t) for t in kept])
        b_observations = to_tensor(np.concatenate([t.observations[:-1] for t in kept]))
        b_actions = torch.as_tensor(np.concatenate([t.actions for t in kept]))
        b_advantages, b_weights = (
            to_tensor(advantages),
            to_tensor(step_weights([len(t) for t in kept], settings.per_step)),
        )
        with torch.no_grad():
            b_log_probs = Categorical(logits=actor(b_observations)).log_prob(b_actions)

        # several passes over their steps
        optimizer.param_groups[0]["lr"] = settings.learning_rate * left
        ent_coef = settings.ent_coef * max(0.0, 2 * left - 1)
        norm = 0.0
        for _ in range(settings.k_epochs):
            order = torch.as_tensor(rng.permutation(len(b_actions)))
            for start in range(0, len(order), settings.batch_size):
                task.tick(0)
                mb = order[start : start + settings.batch_size]
                policy = Categorical(logits=actor(b_observations[mb]))
                ratio = torch.exp(policy.log_prob(b_actions[mb]) - b_log_probs[mb])
                each = clipped_loss(ratio, b_advantages[mb], settings.eps_low, eps_high) - ent_coef * policy.entropy()
                loss = (b_weights[mb] * each).sum() * (len(order) / len(mb))
                optimizer.zero_grad()
                loss.backward()
                norm = clip_gradient(actor.parameters(), 1.0)
                optimizer.step()

        # what it did
        with torch.no_grad():
            policy = Categorical(logits=actor(b_observations))
            log_ratio = policy.log_prob(b_actions) - b_log_probs
            ratio = log_ratio.exp()
        outside = (ratio < 1 - settings.eps_low) | (ratio > 1 + eps_high)
        yield Update(
            count.steps,
            count.episodes,
            to_policy(actor),
            {
                "policy_gradient_loss": float(
                    (b_weights * clipped_loss(ratio, b_advantages, settings.eps_low, eps_high)).sum()
                ),
                "entropy_loss": -float(policy.entropy().mean()),
                "approx_kl": float((ratio - 1 - log_ratio).mean()),
                "clip_fraction": float(outside.float().mean()),
                "gradient_norm": norm,
                "groups_dropped": float(dropped),
                "clip_low": 1 - settings.eps_low,
                "clip_high": 1 + eps_high,
            },
            {"ratio": ratio.numpy(), "advantage": b_advantages.numpy()},
            {
                "actor": size_of(actor),
                "optimizer": size_of(optimizer),
                "batch": size_of(b_observations, b_actions, b_log_probs, b_advantages, b_weights),
            },
        )


_NOTHING = dict.fromkeys(
    ("policy_gradient_loss", "entropy_loss", "approx_kl", "clip_fraction", "gradient_norm", "clip_low", "clip_high"),
    float("nan"),
)
