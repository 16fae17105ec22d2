"""The names that an expression may use: a world's quantities, and the functions of every world.

Leaves out: grammar (``syntax``) and values (``program``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np

from playground.reward.term import Transitions

Kind = Literal["number", "count", "truth"]
"""A count is a whole number that starts at 0, so that it may stand as a condition: is there any?"""
Role = Literal["state", "action", "end", "reward", "clock", "constant"]
"""What a word is about; only a state has a value before the action, too."""


@dataclass(frozen=True, eq=False)
class Word:
    """One name with a value on every step."""

    name: str
    kind: Kind
    role: Role
    help: Mapping[str, str]
    """One plain sentence by language."""
    of: Callable[[Any], Any] | None = None
    """For a state from observations ``(…, n)``, else from `Transitions`; ``(…)``. None for what the program itself
    keeps: ``t``, ``prev_action`` and ``gamma``."""
    unit: str = ""
    """Empty for a number without one."""
    low: float = 0.0
    """The least value that is usual."""
    high: float = 1.0
    """The largest value that is usual."""
    python: str = ""
    """The same as `of` in an exported file: of a state from ``o``, else also from ``action``, ``reward``,
    ``terminated`` and ``truncated``."""


@dataclass(frozen=True)
class Function:
    """One function of the language."""

    arguments: tuple[int, int]
    """The fewest and the most."""
    help: str
    """The text is ``language.<help>``."""
    takes: Literal["number", "any", "truth"] = "number"
    """What its arguments are: ``number`` refuses truths, ``any`` takes them as 0 or 1."""
    gives: Kind = "number"
    remembers: bool = False
    """Its value depends on earlier steps of the episode."""


MANY: Final = 20
FUNCTIONS: Final[Mapping[str, Function]] = {
    "abs": Function((1, 1), "abs"),
    "sqrt": Function((1, 1), "sqrt"),
    "exp": Function((1, 1), "exp"),
    "log": Function((1, 1), "log"),
    "tanh": Function((1, 1), "tanh"),
    "sin": Function((1, 1), "sin"),
    "cos": Function((1, 1), "cos"),
    "atan2": Function((2, 2), "atan2"),
    "hypot": Function((2, 2), "hypot"),
    "sign": Function((1, 1), "sign"),
    "min": Function((2, MANY), "min", takes="any"),
    "max": Function((2, MANY), "max", takes="any"),
    "clip": Function((3, 3), "clip", takes="any"),
    "prev": Function((1, 1), "prev", takes="any"),
    "delta": Function((1, 1), "delta", takes="any"),
    "count": Function((1, 1), "count", takes="truth", gives="count", remembers=True),
    "total": Function((1, 1), "total", takes="any", remembers=True),
    "streak": Function((1, 1), "streak", takes="truth", gives="count", remembers=True),
    "ever": Function((1, 1), "ever", takes="truth", gives="truth", remembers=True),
    "once": Function((1, 1), "once", takes="truth", gives="truth", remembers=True),
}
"""The functions, in the order of the sheet that explains them."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of a world."""

    words: tuple[Word, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Word]:
        """The same by their names."""
        return {word.name: word for word in self.words}

    def __getitem__(self, name: str) -> Word:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Word]:
        return iter(self.words)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All that may stand in an expression: words, then functions."""
        return (*self.by_name, *FUNCTIONS)


def _terminated(steps: Transitions) -> Any:
    return np.asarray(steps.terminated, np.bool_)


def _timeout(steps: Transitions) -> Any:
    return np.zeros_like(_terminated(steps)) if steps.truncated is None else steps.truncated & ~_terminated(steps)


def any_world(max_steps: int, actions: int) -> tuple[Word, ...]:
    """The words that every world has: the action, the end, the clock, Gymnasium's reward and the discount.

    Args:
        max_steps: the time limit.
        actions: how many there are.
    """
    return (
        Word(
            "action",
            "number",
            "action",
            {"en": "The number of the action that was taken.", "zh": "所选动作的编号。"},
            lambda steps: np.asarray(steps.actions, np.float64),
            high=actions - 1,
            python="action",
        ),
        Word(
            "prev_action",
            "number",
            "clock",
            {
                "en": "The action of the step before; on the first step, this step's own.",
                "zh": "上一步的动作；第一步时就是这一步的动作。",
            },
            high=actions - 1,
        ),
        Word(
            "terminated",
            "truth",
            "end",
            {"en": "The episode ended by itself on this step.", "zh": "回合在这一步自行结束。"},
            _terminated,
            python="terminated",
        ),
        Word(
            "timeout",
            "truth",
            "end",
            {"en": "The time limit ended the episode on this step.", "zh": "回合在这一步因超时结束。"},
            _timeout,
            python="bool(truncated) and not terminated",
        ),
        Word(
            "done",
            "truth",
            "end",
            {"en": "The episode ended on this step, in whatever way.", "zh": "回合在这一步结束，不论以何种方式。"},
            lambda steps: _terminated(steps) | _timeout(steps),
            python="terminated or bool(truncated)",
        ),
        Word(
            "t",
            "number",
            "clock",
            {"en": "The number of the step: 1 on the first one.", "zh": "步数：第一步为 1。"},
            unit="steps",
            low=1,
            high=max_steps,
        ),
        Word(
            "env",
            "number",
            "reward",
            {"en": "Gymnasium's own reward of this step.", "zh": "Gymnasium 自己在这一步给出的奖励。"},
            lambda steps: np.asarray(steps.rewards, np.float64),
            low=-100,
            high=100,
            python="float(reward)",
        ),
        Word("gamma", "number", "constant", {"en": "The discount factor γ.", "zh": "折扣因子 γ。"}),
    )
