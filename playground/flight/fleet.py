"""Many environments flown side by side with a policy, half of them in a second process.

A rollout needs only the policy's weights, so half of the environments can fly in a second process while the first flies
the rest. Groups, their seeds and the noise in their actions do not depend on where a group flies: one core and two
make the same rollout, byte for byte.

Leaves out: how a group flies (``env_group``), and learning.
"""

import contextlib
import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from playground.flight.env_group import EnvGroup, Flown, Tick
from playground.flight.policy import Pilot, Policy
from playground.flight.trajectory import Trajectory
from playground.flight.world import World, load_world

GROUPS: Final = 2
"""Into how many groups a fleet is split, on any machine."""
WAIT: Final = 0.1
"""Seconds between two ticks while only the other process works."""


def _interleaved(parts: Sequence[Sequence[Trajectory]], count: int) -> list[Trajectory]:
    """What was dealt out in turn, in its first order."""
    return [parts[index % len(parts)][index // len(parts)] for index in range(count)]


class Fleet:
    """Environments in `GROUPS` groups of the same size, or nearly.

    Args:
        world: which environment.
        n: how many.
        remote: how many groups fly in processes of their own, at most all but one.
        tick: called now and then while the fleet flies.
    """

    def __init__(self, world: World, n: int, remote: int = 0, tick: Tick = lambda flown: None) -> None:
        self.world = world
        sizes = [len(part) for part in np.array_split(np.arange(n), min(GROUPS, n))]
        self._groups = len(sizes)
        remote = min(remote, self._groups - 1)
        parts = [(size, sum(sizes[:index])) for index, size in enumerate(sizes)]
        self._remote = [_RemoteGroup(world, *part) for part in parts[:remote]]
        self._local = [EnvGroup(world, *part) for part in parts[remote:]]
        self._tick = tick
        self._before = self._flown = 0
        for group in self._local:
            group.tick = self._tick_of_group

    def _tick_of_group(self, flown: int) -> None:
        """A tick of a group here; the groups elsewhere are taken to be as far."""
        self._flown = flown
        self._tick((self._before + flown) * self._groups // len(self._local))

    def start(self, *entropy: int) -> None:
        """Reset all environments from these numbers."""
        self._each([("start", (*entropy, index)) for index in range(self._groups)])

    def seed_noise(self, *entropy: int) -> None:
        """Draw the actions' noise from these numbers on."""
        self._each([("seed_noise", (*entropy, index)) for index in range(self._groups)])

    def snapshot(self) -> list[Any]:
        """Where every environment is, as plain lists and numbers."""
        return self._each([("snapshot", ())] * self._groups)

    def restore(self, snapshot: Sequence[Any], *entropy: int) -> None:
        """Bring a fleet to where one of the same size that was started from these numbers was."""
        self._each([("restore", (part, *entropy, index)) for index, part in enumerate(snapshot)])

    def state(self) -> list[Any]:
        """All that decides how the environments go on, as plain numbers, lists and text."""
        return self._each([("state", ())] * self._groups)

    def load_state(self, state: Sequence[Any]) -> None:
        """Go on from the state of a fleet of the same size."""
        self._each([("load_state", (part,)) for part in state])

    def fly(self, policy: Policy, steps: int, persistence: float = 0.0) -> Flown:
        """Go on with all environments; groups stand side by side along the second axis."""
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
        for group in self._local:
            group.close()
        for remote in self._remote:
            remote.close()

    def _each(self, calls: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """One call for each group, the remote ones first so that they work meanwhile."""
        for remote, call in zip(self._remote, calls):
            remote.ask(*call)
        local, self._before = [], 0
        for group, (name, args) in zip(self._local, calls[len(self._remote) :], strict=True):
            self._flown = 0
            local.append(getattr(group, name)(*args))
            self._before += self._flown
        flown = self._before * self._groups // len(self._local)
        return [remote.answer(lambda: self._tick(flown)) for remote in self._remote] + local


class _RemoteGroup:
    """An `EnvGroup` in a process of its own; pickles over its standard input and output.

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

    def answer(self, tick: Callable[[], None] = lambda: None) -> Any:
        """What the call returned, with ticks while it takes its time."""
        assert self._process.stdout is not None
        while os.name == "posix" and not select.select([self._process.stdout], [], [], WAIT)[0]:
            tick()
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
            f"the process that simulates half of the environments ended (exit code {self._process.poll()}), perhaps "
            "for lack of memory; train again and it goes on from the last checkpoint"
        )


def serve(module: str, n: int, offset: int) -> None:
    """Answer calls until the input ends, which it does when the process that asks is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    group = EnvGroup(load_world(module), n, offset)
    while True:
        try:
            name, args = pickle.load(sys.stdin.buffer)  # noqa: S301 (from our own process)
        except EOFError:
            return
        try:
            pickle.dump(getattr(group, name)(*args), answers, protocol=5)
            answers.flush()
        except BrokenPipeError:
            return
