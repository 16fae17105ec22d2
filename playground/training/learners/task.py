"""What a learner is given, and what it gives after every update.

Also the two things that every learner does in the same way: build a small network, and hand its weights over as a
`Policy` that numpy flies.

Leaves out: learning.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from playground.flight.fleet import Fleet
from playground.flight.policy import Layers, Policy
from playground.flight.trajectory import Trajectory
from playground.flight.world import World
from playground.reward.account import decompose, reward_of
from playground.reward.design import Design
from playground.reward.term import Transitions
from playground.training.nets import MODULES
from playground.training.progress import DIVERGED, discounted_return
from playground.words.errors import InvalidInput


@dataclass(frozen=True)
class Task:
    """What to learn, and with what."""

    reward: Design
    gamma: float
    seed: int
    fleet: Fleet
    """Flies whole episodes, on two cores where there are two."""
    share: Callable[[int], float]
    """How much of the budget is used after so many steps, 0 to 1: what schedules go by."""
    initial: Policy | None = None
    """The policy to start from, if the spec names one."""

    @property
    def world(self) -> World:
        """Where it is learned."""
        return self.fleet.world

    def left(self, steps: int, batch: int) -> float:
        """How much of the budget is still to come, and for the last update how much it took: it shall learn, too.

        Args:
            steps: flown so far.
            batch: of these, what the update is about to learn from.
        """
        return max(1 - self.share(steps), self.share(steps) - self.share(steps - batch))

    def returns(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.float64]:
        """Discounted return of each episode ``(n,)``: what is to be raised."""
        return np.array([discounted_return(t, self.reward, self.gamma) for t in trajectories])

    def rewards(self, steps: Transitions) -> npt.NDArray[np.float64]:
        """The designed reward of each step, in the steps' own shape."""
        return reward_of(decompose(steps, self.reward, self.gamma), self.reward)

    def episode_seeds(self, count: int, update: int) -> list[int]:
        """Starts of an update's episodes, apart from those that scorecards use."""
        rng = np.random.default_rng((self.seed, update))
        return [int(seed) for seed in rng.integers(10_000, 2**31, size=count)]


@dataclass(frozen=True)
class Update:
    """What one update did."""

    steps: int
    """Environment steps flown so far."""
    episodes: int
    """Begun so far."""
    policy: Policy
    metrics: Mapping[str, float] = field(default_factory=dict)
    """By the names that SB3 logs under ``train/``, where it has one."""
    batch: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    """What the update learned from, one number a sample: ``ratio``, ``advantage`` and the like."""
    holds: Mapping[str, int] = field(default_factory=dict)
    """Bytes that the algorithm keeps, by what for: networks, optimiser, batch."""
    share: float | None = None
    """How much of the work is done, for a learner whose work is not steps."""


def check_range(settings: object, low: float, high: float, *names: str) -> None:
    """Refuse a learner's settings that are out of range.

    Raises:
        InvalidInput: names the first of them.
    """
    for name in names:
        if not low <= (value := getattr(settings, name)) <= high:
            raise InvalidInput("out_of_range", field=name, low=low, high=high, value=value)


def clip_gradient(parameters: Iterable[nn.Parameter], most: float) -> float:
    """Shorten the gradient to a norm of ``most``; the norm that it had.

    Raises:
        FloatingPointError: it is not a number, so the training has diverged.
    """
    norm = float(torch.nn.utils.clip_grad_norm_(list(parameters), most))
    if not math.isfinite(norm):
        raise FloatingPointError(DIVERGED)
    return norm


def mlp(inputs: int, hidden: Sequence[int], outputs: int, gain: float = 1.0, activation: str = "relu") -> nn.Sequential:
    """A network from an observation to ``outputs`` numbers.

    Args:
        inputs: how many numbers an observation has.
        hidden: widths of the layers between.
        outputs: how many numbers.
        gain: scale of the last layer's weights; small ones make a policy that tries everything at first.
        activation: between the layers, ``relu`` or ``tanh``.
    """
    layers: list[nn.Module] = []
    sizes = [inputs, *hidden, outputs]
    for index, (before, after) in enumerate(pairwise(sizes)):
        layer = nn.Linear(before, after)
        last = index == len(hidden)
        nn.init.orthogonal_(layer.weight, gain if last else 2**0.5)
        nn.init.zeros_(layer.bias)
        layers += [layer] if last else [layer, MODULES[activation]()]
    return nn.Sequential(*layers)


def actor_of(world: World, hidden: Sequence[int], initial: Policy | None) -> nn.Sequential:
    """An actor: a logit for each action from an observation; that of ``initial`` if there is one."""
    size, outputs = world.observation_size, len(world.actions)
    return mlp(size, hidden, outputs, gain=0.01) if initial is None else to_torch(initial.actor, initial.activation)


def networks_of(world: World, hidden: Sequence[int], initial: Policy | None) -> tuple[nn.Sequential, nn.Sequential]:
    """An actor and a critic, fresh or those of ``initial``; its critic is fresh if it has none."""
    actor, size = actor_of(world, hidden, initial), world.observation_size
    if initial is None:
        return actor, mlp(size, hidden, 1)
    if not initial.critic:
        return actor, mlp(size, hidden, 1, activation=initial.activation)
    return actor, to_torch(initial.critic, initial.activation)


def to_torch(layers: Layers, activation: str) -> nn.Sequential:
    """A numpy network as one that can learn."""
    modules: list[nn.Module] = []
    for weight, bias in layers:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = torch.tensor(weight), torch.tensor(bias)
        modules += [linear, MODULES[activation]()]
    return nn.Sequential(*modules[:-1])


def to_policy(actor: nn.Sequential, critic: nn.Sequential | None = None) -> Policy:
    """The networks as they are now, for numpy; they may go on learning."""
    activation = "tanh" if any(isinstance(module, nn.Tanh) for module in actor) else "relu"
    return Policy(_layers(actor), () if critic is None else _layers(critic), activation)


def _layers(network: nn.Sequential) -> Layers:
    linear = [module for module in network if isinstance(module, nn.Linear)]
    return tuple((m.weight.detach().numpy().copy(), m.bias.detach().numpy().copy()) for m in linear)


def to_tensor(array: Any) -> Tensor:
    """A float32 tensor of an array."""
    return torch.as_tensor(np.asarray(array, np.float32))


def size_of(*parts: nn.Module | torch.optim.Optimizer | Tensor | npt.NDArray[Any]) -> int:
    """Bytes of networks, an optimiser's state or arrays."""
    total = 0
    for part in parts:
        if isinstance(part, nn.Module):
            total += sum(p.numel() * p.element_size() for p in part.parameters())
        elif isinstance(part, torch.optim.Optimizer):
            held = [value for state in part.state.values() for value in state.values()]
            total += sum(v.numel() * v.element_size() for v in held if isinstance(v, Tensor))
        else:
            total += part.numel() * part.element_size() if isinstance(part, Tensor) else part.nbytes
    return total
