"""Operations over arrays of steps: many terms at once, whole episodes, rollouts in pieces, or one step after another.

Values that a condition leaves unused may be anything, as in Python, where they are not computed: `1/x if x > 0 else 0`
is 0 where x is. What is used and no number is a `Fault`.

Leaves out: weights and forms' meaning (``account``); forms are resolved when a term is lowered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.reward.expression.lowering import Op, Operations, lower
from playground.reward.expression.memory import Memory, Span
from playground.reward.expression.syntax import Tree, read
from playground.reward.expression.vocabulary import Vocabulary
from playground.reward.term import Floats, Form, Transitions

PLAIN: Final[Mapping[str, Callable[..., Any]]] = {
    "number": lambda truth: truth.astype(np.float64),
    "neg": np.negative,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "mod": np.mod,
    "pow": np.power,
    "square": np.square,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "if": np.where,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "sign": np.sign,
    "min": np.minimum,
    "max": np.maximum,
}
"""What each operation computes, elementwise."""


@dataclass(frozen=True)
class Fault:
    """A value that is no number where one is needed."""

    term: int
    """Which of the program's terms."""
    line: int
    column: int
    step: tuple[int, ...]
    """Index into the steps' shape: the first such step."""
    operation: str
    """What was computed there, for instance ``div``."""


class Program:
    """Some terms' expressions, to be evaluated together.

    Args:
        terms: each an expression's tree and its form.
        vocabulary: of their world.

    Raises:
        InvalidInput: kinds that do not fit, or a form that an expression cannot have.
    """

    def __init__(self, terms: Sequence[tuple[Tree, Form]], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        operations = Operations(vocabulary)
        self.outputs = [lower(tree, form, operations, number) for number, (tree, form) in enumerate(terms)]
        self.ops: list[Op] = operations.ops
        self.places = operations.places
        self.eager = operations.eager
        self.remembers = operations.remembers
        """Whether a value depends on earlier steps of the episode."""

    @cached_property
    def of_state(self) -> bool:
        """Whether terms of form ``state`` are functions of the state alone, so that each could pay as a potential."""
        roles = {self.vocabulary[op.value].role for op in self.ops if op.name == "word"} - {"state"}
        return not roles and not self.remembers and not any(op.name == "prev" for op in self.ops)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that are read."""
        named = {op.value for op in self.ops if op.name in ("word", "prev")}
        return frozenset(named | {op.name for op in self.ops if op.name in ("t", "prev_action", "gamma")})

    @cached_property
    def _last_use(self) -> list[tuple[int, ...]]:
        """By operation, the values that nothing needs after it."""
        last = dict.fromkeys(range(len(self.ops)), -1)
        for index, op in enumerate(self.ops):
            last |= dict.fromkeys(op.arguments, index)
        dropped: list[list[int]] = [[] for _ in self.ops]
        for value, index in last.items():
            if index >= 0 and value not in self.outputs:
                dropped[index].append(value)
        return [tuple(values) for values in dropped]

    def evaluate(self, steps: Transitions, gamma: float, memory: Memory | None = None) -> Floats:
        """What each term pays on each step.

        Args:
            steps: with leading shape ``(T, …)``, the first axis time; a shape ``()`` is one step.
            gamma: the discount.
            memory: what came before, moved on by these steps; with none, each column starts an episode.

        Returns:
            ``(T, …, terms)``.
        """
        shape = np.shape(steps.rewards)
        values = self._values(steps, gamma, memory, keep=False)
        columns = [np.broadcast_to(np.asarray(values[index], np.float64), self._flat(shape)) for index in self.outputs]
        stacked = np.stack(columns, axis=-1) if columns else np.empty((*self._flat(shape), 0))
        return stacked.reshape(*shape, len(self.outputs))

    @staticmethod
    def _flat(shape: tuple[int, ...]) -> tuple[int, int]:
        steps = shape[0] if shape else 1
        return steps, int(np.prod(shape[1:], dtype=np.int64)) if shape else 1

    def _values(self, steps: Transitions, gamma: float, memory: Memory | None, keep: bool) -> list[Any]:
        shape = np.shape(steps.rewards)
        flat = self._flat(shape)
        flatten = _Flat(steps, flat)
        span = None
        if self.remembers:
            ended = flatten.steps.terminated
            truncated = flatten.steps.truncated
            span = Span(ended if truncated is None else ended | truncated, memory)
        values: list[Any] = [None] * len(self.ops)
        with np.errstate(all="ignore"):
            for index, op in enumerate(self.ops):
                values[index] = self._value(index, op, values, flatten, gamma, span)
                if not keep:
                    for unused in self._last_use[index]:
                        values[unused] = None
        if span is not None:
            span.close()
        return values

    def _value(self, index: int, op: Op, values: list[Any], flat: "_Flat", gamma: float, span: Span | None) -> Any:
        if (function := PLAIN.get(op.name)) is not None:
            return function(*(values[argument] for argument in op.arguments))
        if op.name == "const":
            return np.asarray(op.value)
        if op.name == "word":
            return flat.word(self.vocabulary, op.value, before=False)
        if op.name == "prev":
            return flat.word(self.vocabulary, op.value, before=True)
        if op.name == "gamma":
            return np.asarray(float(gamma))
        assert span is not None
        if op.name == "t":
            return span.clock()
        if op.name == "prev_action":
            return span.shifted("prev_action", np.asarray(flat.steps.actions, np.float64))
        argument = np.broadcast_to(values[op.arguments[0]], span.done.shape)
        return getattr(span, op.name)(str(index), argument)

    def fault(self, steps: Transitions, gamma: float) -> Fault | None:
        """The first value that is needed and no number; None if all are.

        A value is needed where the conditions around it hold, as Python would compute it; a line ``name = …`` and the
        arguments of words that remember are needed on every step.
        """
        shape = np.shape(steps.rewards)
        flat = self._flat(shape)
        values = self._values(steps, gamma, None, keep=True)
        needed = self._needed(values, flat)
        for index, op in enumerate(self.ops):
            value = values[index]
            if op.kind == "truth" or op.name in ("const", "word", "prev"):
                continue
            bad = needed[index] & ~np.isfinite(np.broadcast_to(value, flat))
            if bad.any():
                first = int(np.flatnonzero(bad.reshape(-1))[0])
                term, line, column = self.places[index]
                step = tuple(int(i) for i in np.unravel_index(first, shape)) if shape else ()
                return Fault(term, line, column, step, op.name)
        return None

    def _needed(self, values: list[Any], flat: tuple[int, int]) -> list[npt.NDArray[np.bool_]]:
        """By operation ``(T, n)``: on which steps its value is used."""
        everywhere, nowhere = np.ones(flat, np.bool_), np.zeros(flat, np.bool_)
        needed = [nowhere] * len(self.ops)
        for index in self.eager:
            needed[index] = everywhere
        for index in range(len(self.ops) - 1, -1, -1):
            op, mine = self.ops[index], needed[index]
            for position, argument in enumerate(op.arguments):
                share = mine
                if op.name in ("count", "total", "streak"):
                    share = everywhere
                elif position and op.name in ("if", "and", "or"):
                    condition = np.broadcast_to(values[op.arguments[0]], flat)
                    taken = condition if (op.name, position) in (("if", 1), ("and", 1)) else ~condition
                    share = mine & taken
                needed[argument] = needed[argument] | share
        return needed


class _Flat:
    """Steps as ``(T, n)``, with the values of words that were asked for."""

    def __init__(self, steps: Transitions, flat: tuple[int, int]) -> None:
        size = np.shape(steps.observations)[-1]
        self._before = np.asarray(steps.observations).reshape(*flat, size)
        self._after = np.asarray(steps.next_observations).reshape(*flat, size)
        truncated = None if steps.truncated is None else np.asarray(steps.truncated, np.bool_).reshape(flat)
        self.steps = Transitions(
            self._before,
            np.asarray(steps.actions).reshape(flat),
            self._after,
            np.asarray(steps.rewards, np.float64).reshape(flat),
            np.asarray(steps.terminated, np.bool_).reshape(flat),
            truncated,
        )
        self._doubles: dict[bool, Any] = {}

    def word(self, vocabulary: Vocabulary, name: str, before: bool) -> Any:
        """A word's values ``(T, n)``."""
        word = vocabulary[name]
        assert word.of is not None
        if word.role != "state":
            return word.of(self.steps)
        if before not in self._doubles:
            self._doubles[before] = np.asarray(self._before if before else self._after, np.float64)
        return word.of(self._doubles[before])


@lru_cache(maxsize=512)
def read_cached(text: str, vocabulary: Vocabulary) -> Tree:
    """`read`, once for each text."""
    return read(text, vocabulary)


@lru_cache(maxsize=256)
def program_of(terms: tuple[tuple[str, Form], ...], vocabulary: Vocabulary) -> Program:
    """The program of some expressions and their forms, built once.

    Raises:
        InvalidInput: one of them cannot be read.
    """
    return Program([(read_cached(text, vocabulary), form) for text, form in terms], vocabulary)
