"""MountainCar's terms and their weights.

Leaves out: how a form pays (``reward.forms``), weighing and summing (``reward.account``).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from playground.reward.design import Design
from playground.reward.own import OwnTerm
from playground.reward.term import Form, Slider, Transitions, weight


def height(obs: Any) -> Any:
    """Height above the valley's floor: 0 there, 1 on the hilltop.

    >>> float(height(np.array([-np.pi / 6, 0.0])))
    0.0
    """
    return (np.sin(3 * obs[..., 0]) + 1) / 2


def energy(obs: Any) -> Any:
    """The height that the car's speed would carry it to without its engine; 1 is the hilltop.

    The slope pulls with 0.0025·cos(3x), so height·2/3 is potential energy in units of 0.0025.

    >>> float(energy(np.array([-np.pi / 6, 0.0])))
    0.0
    """
    return (np.sin(3 * obs[..., 0]) + 1) / 2 + 300 * obs[..., 1] ** 2


def speed(obs: Any) -> Any:
    """The car's speed; 1 is the most that it can have.

    >>> float(speed(np.array([0.0, -0.07])))
    1.0
    """
    return np.abs(obs[..., 1]) / 0.07


def every_step(step: Transitions) -> Any:
    """1 always."""
    return np.ones(step.rewards.shape)


def reaches(step: Transitions) -> Any:
    """1 where the episode terminates: the car reached the flag."""
    return step.terminated * 1.0


@dataclass(frozen=True)
class MountainCarReward(Design):
    """How much each part of the reward counts.

    Raises:
        InvalidInput: (a `ValueError`) names the field that is not finite, too large or of a wrong type.
    """

    env_id: ClassVar[str] = "MountainCar-v0"

    w_height: float = weight(
        "height",
        +1,
        "#3b82f6",
        Slider(0, 100, 1),
        label={"en": "Height", "zh": "高度"},
        help={"en": "Being high pays.", "zh": "位置越高，得分越多。"},
        potential=height,
    )
    w_energy: float = weight(
        "energy",
        +1,
        "#a78bfa",
        Slider(0, 100, 1),
        label={"en": "Energy", "zh": "能量"},
        help={"en": "Height and speed pay, as physics adds them up.", "zh": "高度与速度按机械能相加得分。"},
        potential=energy,
    )
    w_speed: float = weight(
        "speed",
        +1,
        "#14b8a6",
        Slider(0, 100, 1),
        label={"en": "Speed", "zh": "速度"},
        help={"en": "Being fast pays.", "zh": "开得越快，得分越多。"},
        potential=speed,
    )
    penalty_time: float = weight(
        "time",
        -1,
        "#94a3b8",
        Slider(0, 5, 0.05),
        label={"en": "Time", "zh": "时间"},
        help={"en": "Every step costs.", "zh": "每一步都扣分。"},
        event=every_step,
    )
    replace_reward: bool = True
    """True: train on this reward. False: train on Gymnasium's and only log the components."""
    scale: float = 1.0
    """Multiplies all terms, but not ``w_env``."""
    form: Form = "state"
    w_flag: float = weight(
        "flag",
        +1,
        "#84cc16",
        Slider(0, 500, 1),
        label={"en": "Flag", "zh": "到达旗帜"},
        help={"en": "Paid once, when the car reaches the flag.", "zh": "小车到达旗帜时一次性得分。"},
        event=reaches,
        outcome=True,
    )
    w_env: float = 0.0
    """Weight of Gymnasium's own reward, added to the terms."""
    own_terms: tuple[OwnTerm, ...] = ()
    """Terms of one's own: expressions, each with its form and its weight."""
