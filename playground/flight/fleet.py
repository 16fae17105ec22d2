"""Landers flown side by side with a policy that samples its actions, in this process or in others.

A rollout needs only the policy's weights, so half of the landers can fly in a second process while the first flies
the rest. Groups, their seeds and the noise in their actions do not depend on where a group flies: one core and two
make the same rollout, byte for byte.

Leaves out: rewards, which are computed from a whole rollout afterwards, and learning.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from playground.flight.policy import Pilot, Policy
from playground.flight.rollout import make_environment, run_episodes
from playground.flight.trajectory import Observations, Trajectory
from playground.flight.world import World, load_world
from playground.reward.term import Transitions

PERSISTENT_ONE_IN: Final = 8
"""Of so many landers of a fleet, the last one explores persistently."""
GROUPS: Final = 2
"""Into how many groups a fleet is split, on any machine."""


class Advance(NamedTuple):
    """One step of n landers."""

    observations: Observations
    """``(n, size)``: after the step, of the new episode where one ended."""
    rewards: npt.NDArray[np.float64]
    """``(n,)``: Gymnasium's."""
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    ended: npt.NDArray[np.int64]
    """``(k,)``: which landers' episodes ended."""
    last_observations: Observations
    """``(k, size)``: the last ones of those episodes."""


class Flown(NamedTuple):
    """T steps of n landers."""

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
    """``(k, 2)``: step and lander of each episode that ended."""
    last_observations: Observations
    """``(k, size)``: the last ones of those episodes."""

    @property
    def transitions(self) -> Transitions:
        """All steps with leading shape ``(T, n)``; an episode's last one leads to its own last observation."""
        after = self.observations[1:].copy()
        after[self.ended[:, 0], self.ended[:, 1]] = self.last_observations
        return Transitions(self.observations[:-1], self.actions, after, self.rewards, self.terminated)


@dataclass
class _Past:
    """What brought a lander to where it is."""

    episodes: int = 0
    actions: list[int] = field(default_factory=list)


def _episode_seeds(entropy: Sequence[int]) -> Iterator[int]:
    """Seeds without end."""
    rng = np.random.default_rng(entropy)
    while True:
        yield int(rng.integers(2**32))


class Landers:
    """``n`` bare landers, each reset when its episode ends.

    Args:
        world: where they are.
        n: how many.
        offset: how many of the fleet come before them.
    """

    def __init__(self, world: World, n: int, offset: int = 0) -> None:
        self.world = world
        self._persistent = np.flatnonzero((np.arange(n) + offset) % PERSISTENT_ONE_IN == PERSISTENT_ONE_IN - 1)
        self.simulators = [make_environment(world) for _ in range(n)]
        self.observations = np.zeros((n, world.observation_size), np.float32)
        self._steps = np.zeros(n, np.int64)
        self._seeds: list[Iterator[int | None]] = [repeat(None)] * n
        self._past: list[_Past] = [_Past() for _ in range(n)]
        self._noise = np.random.default_rng()

    def reset(self, seeds: Sequence[int | None]) -> Observations:
        """Start an episode with each lander, later ones without a seed; observations ``(n, size)``."""
        for index, seed in enumerate(seeds):
            self._seeds[index] = chain([seed], repeat(None))
            self._begin(index)
        self._steps[:] = 0
        return self.observations.copy()

    def start(self, *entropy: int) -> None:
        """Start all landers; every episode's seed follows from these numbers.

        The first episodes have time limits from 1/n of the usual one up, so that landers do not stay in step: a rollout
        in which all of them fall, and the next in which all of them land, is poor to learn from.
        """
        n = len(self.simulators)
        for index in range(n):
            self._past[index] = _Past()
            self._seeds[index] = _episode_seeds((*entropy, index))
            self._begin(index)
        self._steps[:] = np.arange(n) * self.world.max_steps // n
        self.seed_noise(*entropy)

    def seed_noise(self, *entropy: int) -> None:
        """Draw the actions' noise from these numbers on."""
        self._noise = np.random.default_rng(entropy)

    def snapshot(self) -> list[tuple[int, int, list[int]]]:
        """Where each lander is: episodes begun, time-limit count, actions of its episode so far."""
        return [
            (past.episodes, int(steps), list(past.actions)) for past, steps in zip(self._past, self._steps, strict=True)
        ]

    def restore(self, snapshot: Sequence[tuple[int, int, Sequence[int]]], *entropy: int) -> None:
        """Bring landers that were started from the same numbers to where they were, by flying their episodes again."""
        for index, (episodes, steps, actions) in enumerate(snapshot):
            self._past[index] = _Past(episodes - 1)
            self._seeds[index] = islice(_episode_seeds((*entropy, index)), episodes - 1, None)
            self._begin(index)
            for action in actions:
                self.observations[index] = self.simulators[index].step(action)[0]
            self._past[index].actions = list(actions)
            self._steps[index] = steps

    def _begin(self, index: int) -> None:
        """A lander's next episode."""
        past = self._past[index]
        past.episodes, past.actions = past.episodes + 1, []
        self.observations[index], _ = self.simulators[index].reset(seed=next(self._seeds[index]))

    def advance(self, actions: npt.NDArray[np.int64]) -> Advance:
        """Step all landers; those that end are reset.

        Args:
            actions: ``(n,)``
        """
        n = len(self.simulators)
        after = np.empty_like(self.observations)
        rewards = np.empty(n)
        terminated = np.zeros(n, np.bool_)
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
            persistence: how likely a persistent lander's noise stays the same for another step. Each of its actions
                is still a draw from the policy, but draws that follow each other are alike: it does long what others
                never do long, such as resting for the 25 steps that LunarLander calls a landing.
        """
        shape, size = (steps, len(self.simulators)), self.world.observation_size
        noise = self._draw_noise(shape, persistence)
        observations = np.empty((steps + 1, shape[1], size), np.float32)
        logits = np.empty((*shape, len(self.world.actions)), np.float32)
        actions = np.empty(shape, np.int64)
        rewards = np.empty(shape)
        terminated, truncated = np.empty(shape, np.bool_), np.empty(shape, np.bool_)
        ended, last = [np.empty((0, 2), np.int64)], [np.empty((0, size), np.float32)]
        observations[0] = self.observations
        for t in range(steps):
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
        """Gumbel noise ``(T, n, actions)``; in a persistent lander's column, rows repeat."""
        noise = self._noise.gumbel(size=(*shape, len(self.world.actions))).astype(np.float32)
        persistent = self._persistent
        if persistence and len(persistent):
            fresh = self._noise.random((shape[0], len(persistent))) >= persistence
            drawn_at = np.maximum.accumulate(np.where(fresh, np.arange(shape[0])[:, None], 0), axis=0)
            noise[:, persistent] = noise[drawn_at, persistent]
        return noise

    def run(self, pilot: Pilot, seeds: Iterable[int]) -> list[Trajectory]:
        """Whole episodes, apart from those that `fly` is in the midst of."""
        return run_episodes(self.world, pilot, seeds)

    def sample(self, policy: Policy, seeds: Sequence[int], *entropy: int) -> list[Trajectory]:
        """Whole episodes with actions drawn from the policy; the draws follow from the numbers after the seeds."""
        return run_episodes(self.world, _Sampler(policy, np.random.default_rng(entropy)), seeds)

    def close(self) -> None:
        """Free the simulated worlds."""
        for simulator in self.simulators:
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


def _interleaved(parts: Sequence[Sequence[Trajectory]], count: int) -> list[Trajectory]:
    """What was dealt out in turn, in its first order."""
    return [parts[index % len(parts)][index // len(parts)] for index in range(count)]


class Fleet:
    """Landers in `GROUPS` groups of the same size, or nearly.

    Args:
        world: where they are.
        n: how many landers.
        remote: how many groups fly in processes of their own, at most all but one.
    """

    def __init__(self, world: World, n: int, remote: int = 0) -> None:
        self.world = world
        sizes = [len(part) for part in np.array_split(np.arange(n), min(GROUPS, n))]
        self._groups = len(sizes)
        remote = min(remote, self._groups - 1)
        parts = [(size, sum(sizes[:index])) for index, size in enumerate(sizes)]
        self._remote = [_RemoteLanders(world, *part) for part in parts[:remote]]
        self._local = [Landers(world, *part) for part in parts[remote:]]

    def start(self, *entropy: int) -> None:
        """Reset all landers from these numbers."""
        self._each([("start", (*entropy, index)) for index in range(self._groups)])

    def seed_noise(self, *entropy: int) -> None:
        """Draw the actions' noise from these numbers on."""
        self._each([("seed_noise", (*entropy, index)) for index in range(self._groups)])

    def snapshot(self) -> list[Any]:
        """Where every lander is, as plain lists and numbers."""
        return self._each([("snapshot", ())] * self._groups)

    def restore(self, snapshot: Sequence[Any], *entropy: int) -> None:
        """Bring a fleet to where one of the same size that was started from these numbers was."""
        self._each([("restore", (part, *entropy, index)) for index, part in enumerate(snapshot)])

    def fly(self, policy: Policy, steps: int, persistence: float = 0.0) -> Flown:
        """Go on with all landers; groups stand side by side along the second axis."""
        parts: list[Flown] = self._each([("fly", (policy, steps, persistence))] * self._groups)
        offset, ended = 0, []
        for part in parts:
            ended.append(part.ended + np.array([0, offset]))
            offset += part.actions.shape[1]
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in Flown._fields[:6]
        }
        return Flown(
            **joined,
            ended=np.concatenate(ended),
            last_observations=np.concatenate([part.last_observations for part in parts]),
        )

    def run(self, pilot: Pilot, seeds: Sequence[int]) -> list[Trajectory]:
        """Whole episodes, one for each seed."""
        parts = self._each([("run", (pilot, share)) for share in self._shares(seeds)])
        return _interleaved(parts, len(seeds))

    def sample(self, policy: Policy, seeds: Sequence[int], *entropy: int) -> list[Trajectory]:
        """Whole episodes with actions drawn from the policy, one for each seed; a seed may stand there many times."""
        shares = self._shares(seeds)
        parts = self._each([("sample", (policy, share, *entropy, index)) for index, share in enumerate(shares)])
        return _interleaved(parts, len(seeds))

    def _shares(self, seeds: Sequence[int]) -> list[list[int]]:
        """Every group's part of the seeds, dealt out in turn."""
        return [list(seeds[index :: self._groups]) for index in range(self._groups)]

    def close(self) -> None:
        """Free the worlds and end the other processes."""
        for landers in self._local:
            landers.close()
        for remote in self._remote:
            remote.close()

    def _each(self, calls: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """One call for each group, the remote ones first so that they work meanwhile."""
        for remote, call in zip(self._remote, calls):
            remote.ask(*call)
        rest = calls[len(self._remote) :]
        local = [getattr(group, name)(*args) for group, (name, args) in zip(self._local, rest, strict=True)]
        return [remote.answer() for remote in self._remote] + local


class _RemoteLanders:
    """`Landers` in a process of its own; pickles over its standard input and output.

    Not ``multiprocessing``, which imports the caller's main module again.
    """

    def __init__(self, world: World, n: int, offset: int) -> None:
        code = f"from {__name__} import serve; serve({world.module!r}, {n}, {offset})"
        found_like_here = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": found_like_here, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def ask(self, name: str, args: tuple[Any, ...]) -> None:
        """Start a call."""
        assert self._process.stdin is not None
        try:
            pickle.dump((name, args), self._process.stdin, protocol=5)
            self._process.stdin.flush()
        except OSError:
            raise self._lost() from None

    def answer(self) -> Any:
        """What the call returned."""
        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)  # noqa: S301 (from our own process)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise self._lost() from None

    def close(self) -> None:
        """End the process, whatever it is at; it holds nothing that is not here."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with contextlib.suppress(OSError):  # a call that it never read
            self._process.stdin.close()

    def _lost(self) -> ChildProcessError:
        return ChildProcessError(
            f"the process that simulates half of the landers ended (exit code {self._process.poll()}), perhaps for "
            "lack of memory; train again and it goes on from the last checkpoint"
        )


def serve(module: str, n: int, offset: int) -> None:
    """Answer calls until the input ends, which it does when whoever asked is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    landers = Landers(load_world(module), n, offset)
    while True:
        try:
            name, args = pickle.load(sys.stdin.buffer)  # noqa: S301 (from our own process)
        except EOFError:
            return
        try:
            pickle.dump(getattr(landers, name)(*args), answers, protocol=5)
            answers.flush()
        except BrokenPipeError:
            return
