"""CartPole's terms and their weights.

Leaves out: how a form pays (``reward.forms``), weighing and summing (``reward.account``).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from playground.reward.design import Design
from playground.reward.own import OwnTerm
from playground.reward.term import Form, Slider, Transitions, weight


def upright(obs: Any) -> Any:
    """Minus the pole's tilt, in radians.

    >>> float(upright(np.array([0, 0, -0.125, 0])))
    -0.125
    """
    return -np.abs(obs[..., 2])


def centred(obs: Any) -> Any:
    """Minus the cart's distance from the middle of the track, in metres.

    >>> float(centred(np.array([1.5, 0, 0, 0])))
    -1.5
    """
    return -np.abs(obs[..., 0])


def calm(obs: Any) -> Any:
    """Minus the cart's speed, in metres a second.

    >>> float(calm(np.array([0, -0.5, 0, 0])))
    -0.5
    """
    return -np.abs(obs[..., 1])


def every_step(step: Transitions) -> Any:
    """1 always."""
    return np.ones(step.rewards.shape)


def falls(step: Transitions) -> Any:
    """1 where the episode terminates: the pole fell, or the cart left the track."""
    return step.terminated * 1.0


@dataclass(frozen=True)
class CartPoleReward(Design):
    """How much each part of the reward counts.

    Raises:
        InvalidInput: (a `ValueError`) names the field that is not finite, too large or of a wrong type.
    """

    env_id: ClassVar[str] = "CartPole-v1"

    w_alive: float = weight(
        "alive",
        +1,
        "#22a35a",
        Slider(0, 10, 0.1),
        label={"en": "Balancing", "zh": "保持平衡"},
        help={"en": "Every step pays.", "zh": "每一步都得分。"},
        event=every_step,
    )
    w_upright: float = weight(
        "upright",
        +1,
        "#a78bfa",
        Slider(0, 50, 0.5),
        label={"en": "Upright", "zh": "杆直立"},
        help={"en": "Tilting the pole costs, per radian.", "zh": "杆越歪扣得越多（按弧度计）。"},
        potential=upright,
    )
    w_centred: float = weight(
        "centred",
        +1,
        "#3b82f6",
        Slider(0, 10, 0.1),
        label={"en": "Centred", "zh": "居中"},
        help={"en": "Distance from the middle of the track costs.", "zh": "小车离轨道中央越远，扣得越多。"},
        potential=centred,
    )
    w_calm: float = weight(
        "calm",
        +1,
        "#14b8a6",
        Slider(0, 10, 0.1),
        label={"en": "Calm", "zh": "平稳"},
        help={"en": "Speed of the cart costs.", "zh": "小车越快，扣得越多。"},
        potential=calm,
    )
    replace_reward: bool = True
    """True: train on this reward. False: train on Gymnasium's and only log the components."""
    scale: float = 1.0
    """Multiplies all terms, but not ``w_env``."""
    form: Form = "state"
    w_fall: float = weight(
        "fall",
        -1,
        "#e11d48",
        Slider(0, 500, 1),
        label={"en": "Fall", "zh": "倒下"},
        help={
            "en": "Charged once, when the pole falls or the cart leaves the track.",
            "zh": "杆倒下或小车驶出轨道时一次性扣分。",
        },
        event=falls,
        outcome=True,
    )
    w_env: float = 0.0
    """Weight of Gymnasium's own reward, added to the terms."""
    own_terms: tuple[OwnTerm, ...] = ()
    """Terms of one's own: expressions, each with its form and its weight."""
