"""Rewards for CartPole, each with the lesson that it teaches.

Leaves out: the trained models, which lie in ``models/presets/`` and are made by
``python -m playground.lab.models.pretrain``.
"""

from typing import Final

from playground.reward.preset import Preset
from playground.worlds.cart_pole.terms import CartPoleReward

GYMNASIUM: Final = CartPoleReward(w_alive=1.0)
"""Equal to CartPole's own reward on every step."""

PRESETS: Final[tuple[Preset, ...]] = (
    Preset(
        "gymnasium",
        GYMNASIUM,
        {"en": "Gymnasium's own", "zh": "Gymnasium 默认"},
        {
            "en": "1 for every step: staying upright is all that pays, so the policy learns to balance.",
            "zh": "每一步得 1 分：只有保持平衡才有收益，于是策略学会了平衡。",
        },
    ),
    Preset(
        "centred",
        CartPoleReward(w_alive=1.0, w_centred=0.4),
        {"en": "Centred", "zh": "居中"},
        {
            "en": "A small cost for distance keeps the cart near the middle; a step still pays more than it costs.",
            "zh": "距离的小额扣分让小车留在中央附近；每一步的收益仍大于扣分。",
        },
    ),
    Preset(
        "upright",
        CartPoleReward(w_alive=1.0, w_upright=4.0),
        {"en": "Upright", "zh": "直立"},
        {
            "en": "Tilt costs, but less than the step pays anywhere on the track: it balances with a straighter pole.",
            "zh": "倾斜要扣分，但始终少于每步的收益：它会平衡，而且杆更直。",
        },
    ),
    Preset(
        "only-costs",
        CartPoleReward(w_upright=4.0, w_centred=1.0, w_calm=1.0),
        {"en": "Only costs", "zh": "只有扣分"},
        {
            "en": "Every step costs and a fall ends the costs, so the quickest fall is the best deal.",
            "zh": "每一步都在扣分，而倒下就不再扣分，于是尽快倒下最划算。",
        },
    ),
)
