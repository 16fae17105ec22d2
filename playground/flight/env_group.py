"""Environments of one process flown side by side, each reset when its episode ends.

A group draws its actions from a policy, knows where each of its environments is, and can be brought back to there.

Leaves out: rewards, which are computed from a whole rollout afterwards, and several processes (``fleet``).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice, repeat
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot, Policy
from playground.flight.rollout import make_environment, run_episodes
from playground.flight.trajectory import Observations, Trajectory
from playground.flight.world import World
from playground.reward.term import Transitions

PERSISTENT_ONE_IN: Final = 8
"""Of so many environments of a fleet, the last one explores persistently."""
TICK_EVERY: Final = 16
"""Steps of a group between two ticks."""

Tick = Callable[[int], None]
"""Called now and then with the steps that the call under way has flown so far. What it raises ends the call."""


class Advance(NamedTuple):
    """One step of n environments."""

    observations: Observations
    """``(n, size)``: after the step, of the new episode where one ended."""
    rewards: npt.NDArray[np.float64]
    """``(n,)``: Gymnasium's."""
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    ended: npt.NDArray[np.int64]
    """``(k,)``: in which environments an episode ended."""
    last_observations: Observations
    """``(k, size)``: the last ones of those episodes."""


class Flown(NamedTuple):
    """T steps of n environments."""

    observations: Observations
    """``(T + 1, n, size)``: what the policy saw, and what it would see next."""
    actions: npt.NDArray[np.int64]
    """``(T, n)``"""
    logits: npt.NDArray[np.float32]
    """``(T, n, actions)``: the policy's."""
    rewards: npt.NDArray[np.float64]
    """``(T, n)``: Gymnasium's."""
    terminated: npt.NDArray[np.bool_]
    """``(T, n)``"""
    truncated: npt.NDArray[np.bool_]
    """``(T, n)``"""
    ended: npt.NDArray[np.int64]
    """``(k, 2)``: step and environment of each episode that ended."""
    last_observations: Observations
    """``(k, size)``: the last ones of those episodes."""

    @property
    def transitions(self) -> Transitions:
        """All steps with leading shape ``(T, n)``; an episode's last one leads to its own last observation."""
        after = self.observations[1:].copy()
        after[self.ended[:, 0], self.ended[:, 1]] = self.last_observations
        return Transitions(self.observations[:-1], self.actions, after, self.rewards, self.terminated, self.truncated)


@dataclass
class _Past:
    """What brought an environment to where it is."""

    episodes: int = 0
    actions: list[int] = field(default_factory=list)
    start: int | str = 0
    """How the episode under way was reset: with this seed, or without one when its generator was in this state."""


def _episode_seeds(entropy: Sequence[int]) -> Iterator[int]:
    """Seeds without end.

    They are drawn from all of 2**32. That one of them is also a validation or evaluation seed, all of which lie below
    10,000, is not ruled out, but it happens to about one training episode in four million.
    """
    rng = np.random.default_rng(entropy)
    while True:
        yield int(rng.integers(2**32))


def _generator_of(simulator: Any) -> np.random.Generator:
    """The random generator of an environment, also where that one draws from it in blocks."""
    generator: np.random.Generator = getattr(simulator.np_random, "generator", simulator.np_random)
    return generator


class EnvGroup:
    """``n`` bare environments, each reset when its episode ends.

    Args:
        world: which environment.
        n: how many.
        offset: how many of the fleet come before them.
    """

    def __init__(self, world: World, n: int, offset: int = 0) -> None:
        self.world, self.n = world, n
        self.tick: Tick = lambda flown: None
        self._persistent = np.flatnonzero((np.arange(n) + offset) % PERSISTENT_ONE_IN == PERSISTENT_ONE_IN - 1)
        self.observations = np.zeros((n, world.observation_size), np.float32)
        self._steps = np.zeros(n, np.int64)
        self._entropy: tuple[int, ...] | None = None
        self._seeds: list[Iterator[int | None]] = [repeat(None)] * n
        self._past: list[_Past] = [_Past() for _ in range(n)]
        self._noise = np.random.default_rng()

    @cached_property
    def simulators(self) -> list[Any]:
        """The environments, made when they are first needed: a group that only flies whole episodes needs none."""
        return [make_environment(self.world) for _ in range(self.n)]

    def reset(self, seeds: Sequence[int | None]) -> Observations:
        """Start an episode in each environment, later ones without a seed; observations ``(n, size)``."""
        self._entropy = None
        for index, seed in enumerate(seeds):
            self._seeds[index] = chain([seed], repeat(None))
            self._begin(index)
        self._steps[:] = 0
        return self.observations.copy()

    def start(self, *entropy: int) -> None:
        """Start all environments; every episode's seed follows from these numbers.

        The first episodes have time limits from 1/n of the usual one up, so that environments do not stay in step: a
        rollout in which all of them fail, and the next in which all of them succeed, is poor to learn from.
        """
        self._entropy = entropy
        for index in range(self.n):
            self._past[index] = _Past()
            self._seeds[index] = _episode_seeds((*entropy, index))
            self._begin(index)
        self._steps[:] = np.arange(self.n) * self.world.max_steps // self.n
        self.seed_noise(*entropy)

    def seed_noise(self, *entropy: int) -> None:
        """Draw the actions' noise from these numbers on."""
        self._noise = np.random.default_rng(entropy)

    def snapshot(self) -> list[tuple[int, int, list[int]]]:
        """Where each environment is: episodes begun, time-limit count, actions of its episode so far."""
        return [
            (past.episodes, int(steps), list(past.actions)) for past, steps in zip(self._past, self._steps, strict=True)
        ]

    def restore(self, snapshot: Sequence[tuple[int, int, Sequence[int]]], *entropy: int) -> None:
        """Bring environments started from these numbers to where they were, by flying their episodes again."""
        self._entropy = entropy
        for index, (episodes, steps, actions) in enumerate(snapshot):
            self._past[index] = _Past(episodes - 1)
            self._seeds[index] = islice(_episode_seeds((*entropy, index)), episodes - 1, None)
            self._begin(index)
            self._fly_again(index, steps, actions)

    def state(self) -> dict[str, Any]:
        """All that decides how the environments go on, as plain numbers, lists and text."""
        return {
            "entropy": None if self._entropy is None else list(self._entropy),
            "environments": [list(one) for one in self.snapshot()],
            "starts": [past.start for past in self._past],
            "noise": json.dumps(self._noise.bit_generator.state),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        if state["entropy"] is not None:
            self.restore(state["environments"], *state["entropy"])
        else:
            self._entropy = None
            for index, (episodes, steps, actions) in enumerate(state["environments"]):
                start = state["starts"][index]
                self._past[index] = _Past(episodes - 1)
                if isinstance(start, str):
                    _generator_of(self.simulators[index]).bit_generator.state = json.loads(start)
                self._seeds[index] = chain([None if isinstance(start, str) else start], repeat(None))
                self._begin(index)
                self._fly_again(index, steps, actions)
        if state.get("noise"):
            self._noise.bit_generator.state = json.loads(state["noise"])

    def _fly_again(self, index: int, steps: int, actions: Sequence[int]) -> None:
        for action in actions:
            self.observations[index] = self.simulators[index].step(action)[0]
        self._past[index].actions = list(actions)
        self._steps[index] = steps

    def _begin(self, index: int) -> None:
        """An environment's next episode."""
        past, seed, simulator = self._past[index], next(self._seeds[index]), self.simulators[index]
        past.episodes, past.actions = past.episodes + 1, []
        past.start = json.dumps(_generator_of(simulator).bit_generator.state) if seed is None else seed
        self.observations[index], _ = simulator.reset(seed=seed)

    def advance(self, actions: npt.NDArray[np.int64]) -> Advance:
        """Step all environments; those whose episode ends are reset.

        Args:
            actions: ``(n,)``
        """
        after = np.empty_like(self.observations)
        rewards = np.empty(self.n)
        terminated = np.zeros(self.n, np.bool_)
        for index, action in enumerate(actions.tolist()):
            after[index], rewards[index], terminated[index], _, _ = self.simulators[index].step(action)
            self._past[index].actions.append(action)
        self._steps += 1
        truncated = ~terminated & (self._steps >= self.world.max_steps)
        ended = np.flatnonzero(terminated | truncated)
        last = after[ended]
        self.observations = after
        for index in ended.tolist():
            self._begin(index)
        self._steps[ended] = 0
        return Advance(after, rewards, terminated, truncated, ended, last)

    def fly(self, policy: Policy, steps: int, persistence: float = 0.0) -> Flown:
        """Go on for ``steps`` steps with actions drawn from the policy.

        Args:
            policy: whose actions.
            steps: how many.
            persistence: how likely a persistent environment's noise stays the same for another step. Each of its
                actions is still a draw from the policy, but consecutive draws are alike: it does for long what the
                others never do for long, such as resting for the 25 steps that LunarLander calls a landing.
        """
        shape, size = (steps, self.n), self.world.observation_size
        noise = self._draw_noise(shape, persistence)
        observations = np.empty((steps + 1, shape[1], size), np.float32)
        logits = np.empty((*shape, len(self.world.actions)), np.float32)
        actions = np.empty(shape, np.int64)
        rewards = np.empty(shape)
        terminated, truncated = np.empty(shape, np.bool_), np.empty(shape, np.bool_)
        ended, last = [np.empty((0, 2), np.int64)], [np.empty((0, size), np.float32)]
        observations[0] = self.observations
        for t in range(steps):
            if t % TICK_EVERY == 0:
                self.tick(t * self.n)
            logits[t] = policy.logits(observations[t])
            actions[t] = (logits[t] + noise[t]).argmax(axis=1)  # a sample of the softmax (Gumbel 1954)
            step = self.advance(actions[t])
            observations[t + 1], rewards[t] = step.observations, step.rewards
            terminated[t], truncated[t] = step.terminated, step.truncated
            if len(step.ended):
                ended.append(np.stack([np.full_like(step.ended, t), step.ended], axis=1))
                last.append(step.last_observations)
        return Flown(
            observations, actions, logits, rewards, terminated, truncated, np.concatenate(ended), np.concatenate(last)
        )

    def _draw_noise(self, shape: tuple[int, int], persistence: float) -> npt.NDArray[np.float32]:
        """Gumbel noise ``(T, n, actions)``; in a persistent environment's column, rows repeat."""
        noise = self._noise.gumbel(size=(*shape, len(self.world.actions))).astype(np.float32)
        persistent = self._persistent
        if persistence and len(persistent):
            fresh = self._noise.random((shape[0], len(persistent))) >= persistence
            drawn_at = np.maximum.accumulate(np.where(fresh, np.arange(shape[0])[:, None], 0), axis=0)
            noise[:, persistent] = noise[drawn_at, persistent]
        return noise

    def run(self, pilot: Pilot, seeds: Iterable[int]) -> list[Trajectory]:
        """Whole episodes, apart from those that `fly` is in the midst of. They are no training, so ticks count none."""
        return run_episodes(self.world, _Ticking(pilot, lambda flown: self.tick(0)), self._ticked(seeds))

    def sample(self, policy: Policy, seeds: Sequence[int], *entropy: int) -> list[Trajectory]:
        """Whole episodes with actions drawn from the policy; the draws follow from the numbers after the seeds."""
        sampler = _Sampler(policy, np.random.default_rng(entropy))
        return run_episodes(self.world, _Ticking(sampler, self.tick), self._ticked(seeds))

    def _ticked(self, seeds: Iterable[int]) -> Iterator[int]:
        """The seeds, with a tick before each: making the environments of a thousand episodes takes a while."""
        for seed in seeds:
            self.tick(0)
            yield seed

    def close(self) -> None:
        """Free the simulated worlds."""
        for simulator in self.__dict__.get("simulators", ()):
            simulator.close()


class _Sampler:
    """A pilot that draws its actions from a policy."""

    def __init__(self, policy: Policy, rng: np.random.Generator) -> None:
        self._policy, self._rng = policy, rng

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)`` for observations ``(n, size)``."""
        logits = self._policy.logits(observations)
        drawn: npt.NDArray[np.int64] = (logits + self._rng.gumbel(size=logits.shape)).argmax(axis=1)
        return drawn


class _Ticking:
    """A pilot that ticks before each of its actions."""

    def __init__(self, pilot: Pilot, tick: Tick) -> None:
        self._pilot, self._tick = pilot, tick
        self._flown = 0

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)`` for observations ``(n, size)``."""
        self._tick(self._flown)
        self._flown += len(observations)
        return self._pilot.act(observations)
