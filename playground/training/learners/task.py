"""What a learner is given, what it gives after every update, and how it can go on after a stop.

A learner registers with `Task.keep` what it holds between two updates: networks, optimiser, random generators, counts.
The loop saves that at a checkpoint, and after a stop the same call puts it all back to where it was.

Leaves out: learning, and networks (``nets``).
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from playground.flight.fleet import Fleet
from playground.flight.policy import Policy
from playground.flight.trajectory import Trajectory
from playground.flight.world import World
from playground.reward.account import Meter, decompose, reward_of
from playground.reward.design import Design
from playground.reward.term import Transitions
from playground.training.curve import discounted_return
from playground.words.errors import InvalidInput


class Resumable(Protocol):
    """Anything that a learner keeps and that knows its own state."""

    def state(self) -> Any:
        """Plain numbers, text, lists, dictionaries, arrays and tensors."""
        ...

    def load_state(self, state: Any) -> None:
        """Go on from such a state."""
        ...


@dataclass
class Count:
    """How far a learner is."""

    steps: int = 0
    """Environment steps flown."""
    episodes: int = 0
    """Begun."""
    updates: int = 0
    """Learned from."""

    def state(self) -> dict[str, int]:
        """The three numbers."""
        return dict(vars(self))

    def load_state(self, state: Mapping[str, int]) -> None:
        """Go on counting from these numbers."""
        vars(self).update({name: int(state[name]) for name in vars(self)})


class Kept:
    """What a learner holds, by name.

    Args:
        saved: what `state` gave when the training was stopped; nothing for one that begins.
    """

    def __init__(self, saved: Mapping[str, Any] | None = None) -> None:
        self.saved = dict(saved or {})
        self.things: dict[str, Any] = {}

    def keep(self, things: Mapping[str, Any]) -> None:
        """Register things, and put those that were saved back to where they were."""
        for name, thing in things.items():
            self.things[name] = thing
            if name in self.saved:
                _load_state(thing, self.saved[name])
        if self.saved:
            torch.set_rng_state(self.saved["torch"])

    def state(self) -> dict[str, Any]:
        """The state of everything, and of torch's random numbers; empty if the learner keeps nothing."""
        if not self.things:
            return {}
        return {name: _state(thing) for name, thing in self.things.items()} | {"torch": torch.get_rng_state()}


def _state(thing: Any) -> Any:
    if isinstance(thing, nn.Module | torch.optim.Optimizer):
        return thing.state_dict()
    if isinstance(thing, np.random.Generator):
        return json.dumps(thing.bit_generator.state)  # its numbers have 128 bits
    if isinstance(thing, np.ndarray | dict):
        return thing
    return thing.state()


def _load_state(thing: Any, state: Any) -> None:
    if isinstance(thing, nn.Module | torch.optim.Optimizer):
        thing.load_state_dict(state)
    elif isinstance(thing, np.random.Generator):
        thing.bit_generator.state = json.loads(state)
    elif isinstance(thing, np.ndarray):
        thing[...] = np.asarray(state)
    elif isinstance(thing, dict):
        thing |= state
    else:
        thing.load_state(state)


@dataclass(frozen=True)
class Task:
    """What to learn, and with what."""

    reward: Design
    gamma: float
    seed: int
    fleet: Fleet
    """Flies rollouts and whole episodes, on two cores where there are two."""
    share: Callable[[int], float]
    """How much of the budget is used after so many steps, 0 to 1: what schedules go by."""
    initial: Policy | None = None
    """The policy to start from, if the spec names one."""
    steps: int = 1
    """The budget."""
    tick: Callable[[int], None] = lambda flown: None
    """To be called between two pieces of a long phase, with the steps flown since the last update. It reports progress
    and raises an exception if the training is to stop. The fleet does so by itself while it flies."""
    kept: Kept = field(default_factory=Kept)

    @property
    def world(self) -> World:
        """Where it is learned."""
        return self.fleet.world

    def keep(self, **things: nn.Module | torch.optim.Optimizer | np.random.Generator | npt.NDArray[Any] | Any) -> None:
        """Register what the learner holds between two updates; in a resumed training, also restore it.

        Called when all is set up and nothing is flown yet. Everything that decides how the learner goes on has to be
        among it: networks, optimisers, generators, arrays, dictionaries, and whatever is `Resumable`.
        """
        self.kept.keep(things)

    def saved(self, name: str) -> Any:
        """What was kept under a name when the training was stopped; None in one that begins."""
        return self.kept.saved.get(name)

    def left(self, steps: int, batch: int) -> float:
        """How much of the budget is still to come; for the last update how much it took, so that it learns, too.

        Args:
            steps: flown so far.
            batch: of these, what the update is about to learn from.
        """
        return max(1 - self.share(steps), self.share(steps) - self.share(steps - batch))

    def returns(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.float64]:
        """Discounted return of each episode ``(n,)``: what is to be raised."""
        return np.array([discounted_return(t, self.reward, self.gamma) for t in trajectories])

    def rewards(self, steps: Transitions) -> npt.NDArray[np.float64]:
        """The designed reward of each step of whole episodes, in the steps' own shape."""
        return reward_of(decompose(steps, self.reward, self.gamma), self.reward)

    def meter(self, n: int) -> Meter:
        """Rewards of rollouts in ``n`` environments, for a learner to `keep`: episodes go on from one to the next."""
        return Meter(self.reward, self.gamma, n)

    def episode_seeds(self, count: int, update: int) -> list[int]:
        """Starts of an update's episodes, apart from those that scorecards use."""
        rng = np.random.default_rng((self.seed, update))
        return [int(seed) for seed in rng.integers(10_000, 2**31, size=count)]


Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Update:
    """What one update did."""

    steps: int
    """Environment steps flown so far."""
    episodes: int
    """Begun so far."""
    policy: Policy
    metrics: Metrics | Callable[[], Metrics] = field(default_factory=dict)
    """By the names that SB3 logs under ``train/``, where it has one. A function is called only if they are wanted."""
    batch: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    """What the update learned from, one number a sample: ``ratio``, ``advantage`` and the like."""
    holds: Mapping[str, int] = field(default_factory=dict)
    """Bytes that the algorithm keeps, by what for: networks, optimiser, batch."""
    share: float | None = None
    """How much of the work is done, for a learner whose work is not steps."""
    to_zip: Callable[[Policy], bytes] | None = None
    """Makes Stable-Baselines3's own file for a policy of this training; by default without an optimiser's state."""


def whole_rollouts(steps: int, rollout: int, parts: int) -> int:
    """Steps between two of at most ``parts`` evenly spread moments that fall between rollouts.

    >>> whole_rollouts(1_000_000, 4096, 10)  # of 245 rollouts
    102400
    """
    return rollout * math.ceil(math.ceil(steps / rollout) / parts)


def check_range(settings: object, low: float, high: float, *names: str) -> None:
    """Refuse a learner's settings that are out of range.

    Raises:
        InvalidInput: names the first of them.
    """
    for name in names:
        if not low <= (value := getattr(settings, name)) <= high:
            raise InvalidInput("out_of_range", field=name, low=low, high=high, value=value)
