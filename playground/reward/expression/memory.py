"""Words that remember: counts, sums and streaks since the start of an episode, over arrays whose first axis is time.

What they have seen is kept between two calls, one number a column, so that a rollout may be cut anywhere: in pieces
the result is the same, bit for bit.

Leaves out: which operations there are (``lowering``).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Truths = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


class Memory:
    """What the steps so far have left behind, for n columns.

    Args:
        n: columns, for instance environments.
    """

    def __init__(self, n: int) -> None:
        self.fresh: Truths = np.ones(n, np.bool_)
        """``(n,)``: the next step is an episode's first."""
        self.kept: dict[str, Numbers] = {}
        """By operation, ``(n,)``: its value on the last step."""

    def copy(self) -> "Memory":
        """Another one that goes on from here."""
        other = Memory(len(self.fresh))
        other.load_state(self.state())
        return other

    def state(self) -> dict[str, Any]:
        """Plain arrays."""
        return {"fresh": self.fresh.copy(), **{f"op.{name}": values.copy() for name, values in self.kept.items()}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self.fresh = np.array(state["fresh"], np.bool_)
        self.kept = {
            name.removeprefix("op."): np.array(values, np.float64)
            for name, values in state.items()
            if name.startswith("op.")
        }


class Span:
    """T steps of n columns, cut into episodes.

    Args:
        done: ``(T, n)``: where an episode ends.
        memory: what came before; with none, every column begins an episode. It is moved on by `close`.
    """

    def __init__(self, done: Truths, memory: Memory | None) -> None:
        self.done = done
        self.memory = memory or Memory(done.shape[1])
        self.first = np.vstack([self.memory.fresh[None], done[:-1]])
        """``(T, n)``: the first steps of episodes."""
        steps = len(done)
        self._rows = np.arange(steps)[:, None]
        self._starts = np.maximum.accumulate(np.where(self.first, self._rows, -1), axis=0)
        """``(T, n)``: where each step's episode began; −1 before the span."""
        self._goes_on = self._starts < 0

    def close(self) -> None:
        """Remember where the span ends."""
        self.memory.fresh = self.done[-1].copy()

    def _carried(self, name: str) -> Numbers:
        return self.memory.kept.get(name, np.zeros(self.done.shape[1]))

    def _keep(self, name: str, values: Numbers) -> Numbers:
        self.memory.kept[name] = values[-1].copy()
        return values

    def clock(self) -> Numbers:
        """``(T, n)``: the number of each step in its episode, from 1."""
        carried = self._carried("t")
        return self._keep("t", np.where(self._goes_on, self._rows + 1 + carried, self._rows - self._starts + 1.0))

    def count(self, name: str, held: Truths) -> Numbers:
        """``(T, n)``: on how many steps of the episode a condition held, this one included."""
        sums = np.cumsum(held, axis=0, dtype=np.float64)  # whole numbers: exact
        padded = np.vstack([np.zeros(sums.shape[1]), sums])
        before = np.take_along_axis(padded, np.maximum(self._starts, 0), axis=0)
        return self._keep(name, sums - before + np.where(self._goes_on, self._carried(name), 0.0))

    def streak(self, name: str, held: Truths) -> Numbers:
        """``(T, n)``: for how many steps in a row it has held up to now."""
        missed = np.maximum.accumulate(np.where(held, -1, self._rows), axis=0)
        begun = np.maximum(missed, self._starts - 1)
        length = self._rows - begun.astype(np.float64)
        unbroken = self._goes_on & (missed < 0)
        return self._keep(name, np.where(unbroken, self._rows + 1 + self._carried(name), length))

    def total(self, name: str, values: Numbers) -> Numbers:
        """``(T, n)``: the sum over the episode up to now, added step by step, so that no rounding is shared."""
        result = np.empty_like(values)
        carried = self._carried(name)
        for column in range(values.shape[1]):
            cuts = np.flatnonzero(self.first[:, column])
            bounds = np.unique(np.concatenate([[0], cuts, [len(values)]]))
            for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
                piece = values[start:stop, column]
                if start == 0 and not self.first[0, column]:
                    result[start:stop, column] = np.cumsum(np.concatenate([[carried[column]], piece]))[1:]
                else:
                    result[start:stop, column] = np.cumsum(piece)
        return self._keep(name, result)

    def shifted(self, name: str, values: Numbers) -> Numbers:
        """``(T, n)``: the value of the step before; on an episode's first step its own."""
        carried = self._carried(name)
        before = np.vstack([carried[None], values[:-1]])
        self._keep(name, values)
        return np.where(self.first, values, before)
