"""What one term of a reward is, in any world.

A term is a potential, a function of one observation, or an event of the step itself. Its design's form says how a
potential pays (``forms``); an event pays its own value.

Leaves out: weights (``design``), and the terms themselves, which belong to a world.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

Form = Literal["state", "progress", "potential"]
Floats = npt.NDArray[np.float64]

FORMS: Final[tuple[Form, ...]] = get_args(Form)
WEIGHT_LIMIT: Final = 1e6


class Transitions(NamedTuple):
    """Steps of one or many episodes, as arrays with the same leading shape ``(…)``."""

    observations: npt.NDArray[Any]
    """``(…, n)``: before the action."""
    actions: npt.NDArray[Any]
    """``(…)``"""
    next_observations: npt.NDArray[Any]
    """``(…, n)``: after the action."""
    rewards: npt.NDArray[Any]
    """``(…)``: Gymnasium's own reward."""
    terminated: npt.NDArray[np.bool_]
    """``(…)``: true where the episode ended by itself, never for a time-out."""
    truncated: npt.NDArray[np.bool_] | None = None
    """``(…)``: true where the time limit ended it; None where none did. Words that remember need it, since an episode
    begins after each end."""

    def before(self, step: int) -> "Transitions":
        """The steps before one of them, along the first axis."""
        return Transitions(*(None if column is None else column[:step] for column in self))  # type: ignore[arg-type]

    def as_rollout(self) -> "Transitions":
        """One step of n environments as a rollout of length 1: ``(1, n)`` for ``(n,)``."""
        truncated = None if self.truncated is None else self.truncated[None]
        return Transitions(
            self.observations[None],
            self.actions[None],
            self.next_observations[None],
            self.rewards[None],
            self.terminated[None],
            truncated,
        )


class Slider(NamedTuple):
    """The range that people usually want; typed numbers may go beyond it."""

    low: float
    high: float
    step: float


@dataclass(frozen=True, eq=False)
class Term:
    """One component of the reward."""

    key: str
    """The name in ``info``, in tables and in legends."""
    weight: str
    """The field of the design that weighs it; of an own term its name, which `Design.changed` takes like a field."""
    sign: int
    """+1 where the weight pays, −1 where it costs."""
    colour: str
    """One colour in every chart, readable on light and dark."""
    sliders: Mapping[Form, Slider]
    label: Mapping[str, str]
    """Short name by language."""
    help: Mapping[str, str]
    """One plain sentence by language."""
    potential: Callable[[Any], Any] | None = None
    """Φ: observations ``(…, n)`` to values ``(…)``; None for an event."""
    event: Callable[[Transitions], Any] | None = None
    """Steps to values ``(…)``; None for a potential."""
    outcome: bool = False
    """Paid on the terminating step in every form."""
    own: bool = False
    """A person wrote it, as an expression (``own``)."""


def weight(
    key: str,
    sign: int,
    colour: str,
    slider: Slider,
    *,
    state: Slider | None = None,
    label: Mapping[str, str],
    help: Mapping[str, str],
    **what: Any,
) -> Any:
    """A weight's dataclass field, 0 by default, with its term attached.

    Args:
        key: of the term.
        sign: +1 where the weight pays, −1 where it costs.
        colour: of the term in every chart.
        slider: its range in every form.
        state: its range in form ``state``, if another.
        label: short name by language.
        help: one plain sentence by language.
        **what: ``potential`` or ``event``, and ``outcome``.
    """
    sliders = {form: (state or slider) if form == "state" else slider for form in FORMS}
    parts = {"key": key, "sign": sign, "colour": colour, "sliders": sliders, "label": label, "help": help}
    return field(default=0.0, metadata={"term": {**parts, **what}})
