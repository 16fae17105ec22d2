"""DPO: learn from which of two episodes is better, and from nothing else.

There is no reward and no critic, only the policy, and a frozen copy of what it was as the reference. The loss is that
of a coin whose odds are the difference of two sums: how much more probable the policy has made the better episode's
actions than the reference did, less the same for the other one. It holds the policy near the reference by itself.

On language models an episode is one answer of like length as the other. Here one may be over after a hundred steps and
the other hover for a thousand, so the plain sum is drowned by the long ones: ``per_step`` divides it by the episode's
length, and ``discounted`` makes it the sum of contrastive preference learning. With ``rounds`` over 1 the pairs are not
all flown at once: fly some, learn from them, fly more with what came of it, which is the next reference.

The judge decides what is learned, not the designed reward; but of the policies that a training passes through, the one
that is kept is the best by that reward, as with every other algorithm. Where the two want different things, train with
``keep_best`` off.

Actions are drawn, so a judge that prefers successes has to find some among episodes of a policy that explores. A policy
that succeeds only when it takes its most probable action every time gives it nothing to see.

Leaves out: people's own choices, which come in as any other `Judge`; finding out what the reference never does.

Source: Rafailov et al. 2023, Direct preference optimization, eq. 7; Hejna et al. 2023, Contrastive preference learning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn.functional import logsigmoid

from playground.flight.trajectory import Trajectory
from playground.reward.account import discounts
from playground.training.learners.preferences.pairs import PreferencePair, check_judge, judge_of, sample_pairs, steps_of
from playground.training.learners.task import Count, Task, Update, check_range
from playground.training.nets import clip_gradient, size_of, to_policy, to_tensor, to_torch
from playground.words.errors import InvalidInput


@dataclass(frozen=True)
class Settings:
    """What can be set."""

    pairs: int = 2000
    """Pairs of episodes to learn from, in all."""
    rounds: int = 8
    """In so many rounds they are flown; with 1 all come from the reference, before any learning."""
    epochs: int = 4
    """Passes over a round's pairs."""
    batch_pairs: int = 32
    """Pairs in one gradient."""
    beta: float = 50.0
    """How soon a preference is content: the larger, the nearer to the reference. Sums per step want a large one."""
    learning_rate: float = 6e-4
    """Adam's step, falling to zero over all passes."""
    discounted: bool = False
    """Step t of an episode counts γ to the t."""
    per_step: bool = True
    """Sums are divided by the episode's length."""
    judge: str = "scorecard"
    """Who says which is better: the ``scorecard`` (a success first, then Gymnasium's return), or the ``return``."""

    def __post_init__(self) -> None:
        check_range(self, 1, 10_000, "rounds", "epochs", "batch_pairs")
        check_range(self, self.rounds, 10**6, "pairs")
        check_range(self, 0, 1, "learning_rate")
        check_range(self, 1e-6, 10**6, "beta")
        check_judge(self.judge)


def preference_loss(margin: Tensor, preference: Tensor, beta: float) -> Tensor:
    """−p·log σ(β·m) − (1−p)·log σ(−β·m) of each pair; log 2 where the policy is the reference (m = 0).

    Args:
        margin: ``(n,)``: Σ log π/π_ref over the first episode less the same over the second.
        preference: ``(n,)``: probability that the first is preferred.
        beta: β.

    >>> preference_loss(torch.tensor([0.0]), torch.tensor([1.0]), 0.1).tolist()
    [0.6931471824645996]
    """
    return -preference * logsigmoid(beta * margin) - (1 - preference) * logsigmoid(-beta * margin)


@dataclass(frozen=True)
class Episodes:
    """Steps of many episodes, one after the other."""

    observations: Tensor
    actions: Tensor
    reference_log_probs: Tensor
    weights: Tensor
    """Of each step in its episode's sum."""
    lengths: Tensor

    def ratios(self, actor: nn.Module) -> Tensor:
        """Weighted sum of log π/π_ref over each episode ``(episodes,)``."""
        log_probs = Categorical(logits=actor(self.observations)).log_prob(self.actions)
        each = self.weights * (log_probs - self.reference_log_probs)
        owner = torch.repeat_interleave(torch.arange(len(self.lengths)), self.lengths)
        return torch.zeros(len(self.lengths)).index_add(0, owner, each)


def episodes_of(flown: Sequence[Trajectory], reference: nn.Module, settings: Settings, gamma: float) -> Episodes:
    """The steps of episodes with what the reference thinks of them."""
    observations = to_tensor(np.concatenate([t.observations[:-1] for t in flown]))
    actions = torch.as_tensor(np.concatenate([t.actions for t in flown]))
    with torch.no_grad():
        then = Categorical(logits=reference(observations)).log_prob(actions)
    weights = [discounts(len(t), gamma) if settings.discounted else np.ones(len(t)) for t in flown]
    if settings.per_step:
        weights = [w / len(w) for w in weights]
    lengths = torch.tensor([len(t) for t in flown])
    return Episodes(observations, actions, then, to_tensor(np.concatenate(weights)), lengths)


def learn(task: Task, settings: Settings) -> Iterator[Update]:
    """Train until the pairs are used up; one `Update` a pass over them.

    Raises:
        InvalidInput: there is no policy to start from, or all pairs are ties.
    """
    if task.initial is None:
        raise InvalidInput("needs_start", algorithm="dpo")
    actor = to_torch(task.initial.actor, task.initial.activation)
    optimizer = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate)
    judge = judge_of(settings.judge, task)
    rng = np.random.default_rng(task.seed)
    counts = [len(part) for part in np.array_split(np.arange(settings.pairs), settings.rounds)]
    count = Count()
    reference = to_torch(task.initial.actor, task.initial.activation)
    task.keep(actor=actor, reference=reference, optimizer=optimizer, rng=rng, count=count)
    begun = count.updates  # passes of an earlier run
    for index in range(begun // settings.epochs, settings.rounds):
        # fly pairs with the policy as it is, which becomes this round's reference
        again = begun - index * settings.epochs if index == begun // settings.epochs else 0
        if not again:
            reference.load_state_dict(actor.state_dict())
        pairs = sample_pairs(task, to_policy(reference), judge, counts[index], index)
        if not again:
            count.steps += steps_of(pairs)
            count.episodes += 2 * len(pairs)
        for epoch in range(again, settings.epochs):
            left = 1 - (index + epoch / settings.epochs) / len(counts)
            optimizer.param_groups[0]["lr"] = settings.learning_rate * left
            metrics, margins = _pass(actor, reference, optimizer, pairs, settings, task, rng)
            count.updates += 1
            yield Update(
                count.steps,
                count.episodes,
                to_policy(actor),
                metrics,
                {"margin": margins},
                {
                    "actor": size_of(actor),
                    "reference": size_of(reference),
                    "optimizer": size_of(optimizer),
                    "pairs": sum(t.observations.nbytes + t.actions.nbytes for p in pairs for t in (p.first, p.second)),
                },
                (index + (epoch + 1) / settings.epochs) / len(counts),
            )


def _pass(
    actor: nn.Module,
    reference: nn.Module,
    optimizer: torch.optim.Optimizer,
    pairs: Sequence[PreferencePair],
    settings: Settings,
    task: Task,
    rng: np.random.Generator,
) -> tuple[dict[str, float], np.ndarray]:
    """One pass over the pairs: what it did, and every pair's margin as it was met."""
    order = rng.permutation(len(pairs))
    losses, margins, norm = [], [], 0.0
    for start in range(0, len(order), settings.batch_pairs):
        task.tick(0)
        mb = [pairs[i] for i in order[start : start + settings.batch_pairs]]
        batch = episodes_of([t for pair in mb for t in (pair.first, pair.second)], reference, settings, task.gamma)
        ratios = batch.ratios(actor)
        margin = ratios[::2] - ratios[1::2]
        preference = to_tensor([pair.preference for pair in mb])
        loss = preference_loss(margin, preference, settings.beta).mean()
        optimizer.zero_grad()
        loss.backward()
        norm = clip_gradient(actor.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()) * len(mb))
        margins.append(((2 * preference - 1) * margin.detach()).numpy())
    flat = np.concatenate(margins)
    measured = {"loss": sum(losses) / len(pairs), "preferred_margin": float(flat.mean()), "gradient_norm": norm}
    return measured, flat
