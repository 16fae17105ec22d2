"""The reward's terms and their weights: the one file to touch when a term is added.

Each weight is a field of `RewardConfig`, and carries its term as the field's metadata: what the
term measures, its colour, its slider and its words. Sliders, charts, command line, checks, exports
and both languages read `TERMS`, so a new field here appears in all of them.

The first four terms are potentials, functions of one observation, in LunarLander's normalised units.
`RewardConfig.form` says how a potential Φ pays on the step from ``o`` to ``o'``:

========== ============================================================== ==============================
form       pays                                                           source
========== ============================================================== ==============================
state      Φ(o')                                                          plain per-step shaping
progress   Φ(o') − Φ(o)                                                   Gymnasium's LunarLander
potential  γ·Φ(o') − Φ(o), with Φ(o') = 0 on termination (not truncation) Ng, Harada & Russell 1999
========== ============================================================== ==============================

The other terms are events of the step itself. In form ``progress`` everything but the two outcome
terms is dropped on a terminating step, because Gymnasium overwrites that step's reward with ±100.

Leaves out: weighing and summing (``account``), reading and writing (``codec``).
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from playground.words.errors import InvalidInput

Form = Literal["state", "progress", "potential"]
Floats = npt.NDArray[np.float64]

FORMS: Final[tuple[Form, ...]] = get_args(Form)
WEIGHT_LIMIT: Final = 1e6


class Transitions(NamedTuple):
    """Steps of one or many episodes, as arrays with the same leading shape ``(…)``."""

    observations: npt.NDArray[Any]
    """``(…, 8)``: before the action."""
    actions: npt.NDArray[Any]
    """``(…)``: 0 nothing, 1 left engine, 2 main engine, 3 right engine."""
    next_observations: npt.NDArray[Any]
    """``(…, 8)``: after the action."""
    rewards: npt.NDArray[Any]
    """``(…)``: Gymnasium's own reward."""
    terminated: npt.NDArray[np.bool_]
    """``(…)``: true where the episode ended by itself, never for a time-out."""


class Slider(NamedTuple):
    """The range that people usually want; typed numbers may go beyond it."""

    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Term:
    """One component of the reward."""

    key: str
    """The name in ``info``, in tables and in legends."""
    weight: str
    """The field of `RewardConfig` that weighs it."""
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
    """Φ: observations ``(…, 8)`` to values ``(…)``; None for an event."""
    event: Callable[[Transitions], Any] | None = None
    """Steps to values ``(…)``; None for a potential."""
    outcome: bool = False
    """Paid on the terminating step in every form."""


def distance(obs: Any) -> Any:
    """Minus the distance to the middle of the pad.

    >>> float(distance(np.array([3.0, 4.0, 0, 0, 0, 0, 0, 0])))
    -5.0
    """
    return -np.sqrt(obs[..., 0] ** 2 + obs[..., 1] ** 2)


def velocity(obs: Any) -> Any:
    """Minus the speed.

    >>> float(velocity(np.array([0, 0, 0.0, -2.0, 0, 0, 0, 0])))
    -2.0
    """
    return -np.sqrt(obs[..., 2] ** 2 + obs[..., 3] ** 2)


def angle(obs: Any) -> Any:
    """Minus the tilt from upright, in radians.

    >>> float(angle(np.array([0, 0, 0, 0, -0.5, 0, 0, 0])))
    -0.5
    """
    return -np.abs(obs[..., 4])


def legs(obs: Any) -> Any:
    """How many legs touch the ground: 0, 1 or 2.

    >>> int(legs(np.array([0, 0, 0, 0, 0, 0, 1.0, 0])))
    1
    """
    return (obs[..., 6] > 0.5) * 1.0 + (obs[..., 7] > 0.5)


def fires_main(step: Transitions) -> Any:
    """1 where the main engine fires."""
    return step.actions == 2


def fires_side(step: Transitions) -> Any:
    """1 where a side engine fires."""
    return (step.actions == 1) | (step.actions == 3)


def every_step(step: Transitions) -> Any:
    """1 always."""
    return np.ones(step.rewards.shape)


def lands(step: Transitions) -> Any:
    """1 where the episode terminates with Gymnasium's +100: the lander came to rest."""
    return step.terminated & (step.rewards > 0)


def crashes(step: Transitions) -> Any:
    """1 where the episode terminates with Gymnasium's −100: a fall, or out of bounds."""
    return step.terminated & (step.rewards <= 0)


def weight(
    key: str,
    sign: int,
    colour: str,
    slider: Slider,
    *,
    state: Slider | None = None,
    label: tuple[str, str],
    help: tuple[str, str],
    **what: Any,
) -> Any:
    """A weight's dataclass field with its term attached; ``state`` overrides the slider in that form."""

    def words(pair: tuple[str, str]) -> Mapping[str, str]:
        return dict(zip(("en", "zh"), pair, strict=True))

    sliders = {form: (state or slider) if form == "state" else slider for form in FORMS}
    parts = {"key": key, "sign": sign, "colour": colour, "sliders": sliders, "label": words(label), "help": words(help)}
    return field(default=0.0, metadata={"term": {**parts, **what}})


@dataclass(frozen=True)
class RewardConfig:
    """How much each part of the reward counts.

    The first eight fields keep the order and the defaults of the tutorial that this project began
    with. ``RewardConfig()`` changes nothing: it only logs the components.

    Raises:
        InvalidInput: (a `ValueError`) names the field that is not finite, too large or of a wrong type.

    >>> RewardConfig(w_legs=float("nan"))
    Traceback (most recent call last):
        ...
    playground.words.errors.InvalidInput: w_legs must be finite, got nan
    """

    w_distance: float = weight(
        "distance",
        +1,
        "#3b82f6",
        Slider(0, 300, 1),
        label=("Distance", "距离"),
        help=("Being far from the pad costs.", "离着陆区越远，扣得越多。"),
        potential=distance,
    )
    w_velocity: float = weight(
        "velocity",
        +1,
        "#14b8a6",
        Slider(0, 300, 1),
        label=("Velocity", "速度"),
        help=("Being fast costs.", "飞得越快，扣得越多。"),
        potential=velocity,
    )
    w_angle: float = weight(
        "angle",
        +1,
        "#a78bfa",
        Slider(0, 300, 1),
        label=("Angle", "倾角"),
        help=("Being tilted costs, per radian.", "机身越歪扣得越多（按弧度计）。"),
        potential=angle,
    )
    w_legs: float = weight(
        "legs",
        +1,
        "#22a35a",
        Slider(0, 50, 0.5),
        label=("Legs", "支腿"),
        help=("Each leg on the ground pays.", "每条支腿触地得分。"),
        potential=legs,
    )
    penalty_main: float = weight(
        "pen_main",
        -1,
        "#f97316",
        Slider(0, 5, 0.05),
        label=("Main engine", "主引擎"),
        help=("Each step with the main engine on costs.", "主引擎每点火一步扣分。"),
        event=fires_main,
    )
    penalty_side: float = weight(
        "pen_side",
        -1,
        "#eab308",
        Slider(0, 5, 0.01),
        label=("Side engines", "侧引擎"),
        help=("Each step with a side engine on costs.", "侧引擎每点火一步扣分。"),
        event=fires_side,
    )
    replace_reward: bool = False
    """True: train on this reward. False: train on Gymnasium's and only log the components."""
    scale: float = 1.0
    """Multiplies all terms, but not ``w_env``."""
    form: Form = "state"
    w_landing: float = weight(
        "landing",
        +1,
        "#84cc16",
        Slider(0, 300, 1),
        state=Slider(0, 100_000, 100),
        label=("Landing", "着陆"),
        help=("Paid once, when the lander has come to rest.", "飞船停稳时一次性得分。"),
        event=lands,
        outcome=True,
    )
    w_crash: float = weight(
        "crash",
        -1,
        "#e11d48",
        Slider(0, 300, 1),
        state=Slider(0, 100_000, 100),
        label=("Crash", "坠毁"),
        help=("Charged once, for a fall or for leaving the screen.", "坠毁或飞出画面时一次性扣分。"),
        event=crashes,
        outcome=True,
    )
    penalty_time: float = weight(
        "time",
        -1,
        "#94a3b8",
        Slider(0, 5, 0.01),
        label=("Time", "时间"),
        help=("Every step costs.", "每一步都扣分。"),
        event=every_step,
    )
    w_env: float = 0.0
    """Weight of Gymnasium's own reward, added to the terms."""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            check_field(name, value)


def check_field(name: str, value: object) -> None:
    """Refuse a value that `RewardConfig` cannot hold.

    Raises:
        InvalidInput: names the field and says what it must be.
    """
    if name == "replace_reward":
        if not isinstance(value, bool | np.bool_):
            raise InvalidInput("not_a_bool", field=name, value=value)
    elif name == "form":
        if not isinstance(value, str) or value not in FORMS:
            raise InvalidInput("not_a_choice", field=name, value=value, choices=", ".join(FORMS))
    elif isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidInput("not_a_number", field=name, value=value)
    elif isinstance(value, np.integer | np.floating):
        check_field(name, value.item())
    elif not -WEIGHT_LIMIT <= value <= WEIGHT_LIMIT:  # false for NaN, too; whole numbers of any size compare
        finite = isinstance(value, int) or math.isfinite(value)
        code = "too_large" if finite else "not_finite"
        raise InvalidInput(code, field=name, value=value, limit="1,000,000")


def _term(config_field: dataclasses.Field[Any]) -> Term:
    return Term(weight=config_field.name, **config_field.metadata["term"])


_declared = [_term(f) for f in fields(RewardConfig) if "term" in f.metadata]

TERMS: Final = tuple(t for t in _declared if not t.outcome) + tuple(t for t in _declared if t.outcome)
"""Every term in the order of tables and charts; the outcome terms come last."""

TERM_KEYS: Final = tuple(term.key for term in TERMS)
TERM: Final[Mapping[str, Term]] = {term.key: term for term in TERMS}
