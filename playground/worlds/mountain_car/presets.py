"""Rewards for MountainCar, each with the lesson that it teaches.

Leaves out: the trained models, which lie in ``models/presets/`` and are made by
``python -m playground.lab.models.pretrain``.
"""

from typing import Final

from playground.reward.preset import Preset
from playground.worlds.mountain_car.terms import MountainCarReward

GYMNASIUM: Final = MountainCarReward(penalty_time=1.0)
"""Equal to MountainCar's own reward on every step."""

PRESETS: Final[tuple[Preset, ...]] = (
    Preset(
        "gymnasium",
        GYMNASIUM,
        {"en": "Gymnasium's own", "zh": "Gymnasium 默认"},
        {
            "en": "Every step costs 1 until chance finds the flag, so a short training usually learns nothing.",
            "zh": "每一步扣 1 分，直到碰巧到达旗帜，而这几乎从不发生：短时间的训练通常学不到东西。",
        },
    ),
    Preset(
        "potential",
        MountainCarReward(form="potential", w_energy=50.0, penalty_time=1.0),
        {"en": "Potential of energy", "zh": "能量势函数"},
        {
            "en": "Gaining energy pays and losing it costs as much: the hint leads to the flag and changes no optimum.",
            "zh": "能量增加得分、减少扣同样的分：提示引向旗帜，而不改变最优策略。",
        },
    ),
    Preset(
        "height-farm",
        MountainCarReward(w_height=1.0),
        {"en": "Height farmed", "zh": "刷高度分"},
        {
            "en": "Each step up high pays and the flag ends the pay: the car swings high and stays away from the flag.",
            "zh": "在高处的每一步都得分，而到达旗帜就不再得分：小车荡到高处，却避开旗帜。",
        },
    ),
)
