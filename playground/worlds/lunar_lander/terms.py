"""The lander's terms and their weights: the one file to touch when a term is added.

Each weight is a field of `RewardConfig`, and carries its term as the field's metadata: what the term measures, its
colour, its slider and its words. Sliders, charts, command line, checks, exports and both languages read them from
there, so a new field here appears in all of them.

The first four terms are potentials, functions of one observation, in LunarLander's normalised units. The others are
events of the step itself.

Leaves out: how a form pays (``reward.term``), weighing and summing (``reward.account``).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from playground.reward.design import Design
from playground.reward.expression.vocabulary import Vocabulary
from playground.reward.own import OwnTerm
from playground.reward.term import Form, Slider, Transitions, weight
from playground.worlds.lunar_lander.vocabulary import VOCABULARY


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


@dataclass(frozen=True)
class RewardConfig(Design):
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

    env_id: ClassVar[str] = "LunarLander-v3"
    vocabulary: ClassVar[Vocabulary | None] = VOCABULARY

    w_distance: float = weight(
        "distance",
        +1,
        "#3b82f6",
        Slider(0, 300, 1),
        label={"en": "Distance", "zh": "距离"},
        help={"en": "Costs more the further the lander is from the pad.", "zh": "离着陆区越远，扣得越多。"},
        potential=distance,
    )
    w_velocity: float = weight(
        "velocity",
        +1,
        "#14b8a6",
        Slider(0, 300, 1),
        label={"en": "Velocity", "zh": "速度"},
        help={"en": "Costs more the faster the lander moves.", "zh": "飞得越快，扣得越多。"},
        potential=velocity,
    )
    w_angle: float = weight(
        "angle",
        +1,
        "#a78bfa",
        Slider(0, 300, 1),
        label={"en": "Angle", "zh": "倾角"},
        help={
            "en": "Costs more the further the lander tilts (per radian).",
            "zh": "机身越倾斜，扣得越多（按弧度计）。",
        },
        potential=angle,
    )
    w_legs: float = weight(
        "legs",
        +1,
        "#22a35a",
        Slider(0, 50, 0.5),
        label={"en": "Legs", "zh": "支腿"},
        help={"en": "Pays for each leg on the ground.", "zh": "每条支腿触地得分。"},
        potential=legs,
    )
    penalty_main: float = weight(
        "pen_main",
        -1,
        "#f97316",
        Slider(0, 5, 0.05),
        label={"en": "Main engine", "zh": "主引擎"},
        help={"en": "Costs for each step with the main engine on.", "zh": "主引擎每点火一步都扣分。"},
        event=fires_main,
    )
    penalty_side: float = weight(
        "pen_side",
        -1,
        "#eab308",
        Slider(0, 5, 0.01),
        label={"en": "Side engines", "zh": "侧引擎"},
        help={"en": "Costs for each step with a side engine on.", "zh": "侧引擎每点火一步都扣分。"},
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
        label={"en": "Landing", "zh": "着陆"},
        help={"en": "Paid once, when the lander has come to rest.", "zh": "着陆器停稳时一次性得分。"},
        event=lands,
        outcome=True,
    )
    w_crash: float = weight(
        "crash",
        -1,
        "#e11d48",
        Slider(0, 300, 1),
        state=Slider(0, 100_000, 100),
        label={"en": "Crash", "zh": "坠毁"},
        help={"en": "Charged once, for a crash or for leaving the screen.", "zh": "坠毁或飞出画面时一次性扣分。"},
        event=crashes,
        outcome=True,
    )
    penalty_time: float = weight(
        "time",
        -1,
        "#94a3b8",
        Slider(0, 5, 0.01),
        label={"en": "Time", "zh": "时间"},
        help={"en": "Costs for every step.", "zh": "每一步都扣分。"},
        event=every_step,
    )
    w_env: float = 0.0
    """Weight of Gymnasium's own reward, added to the terms."""
    own_terms: tuple[OwnTerm, ...] = ()
    """Terms of one's own: expressions, each with its form and its weight."""
