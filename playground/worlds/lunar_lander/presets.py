"""Rewards worth knowing, each with the lesson that it teaches.

Leaves out: the trained models, which lie in ``models/presets/<slug>/`` and are made from this table
by ``python -m playground.lab.models.pretrain``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from playground.reward.preset import Preset
from playground.worlds.lunar_lander.terms import RewardConfig

GYMNASIUM: Final = RewardConfig(
    form="progress",
    w_distance=100.0,
    w_velocity=100.0,
    w_angle=100.0,
    w_legs=10.0,
    penalty_main=0.3,
    penalty_side=0.03,
    w_landing=100.0,
    w_crash=100.0,
    replace_reward=True,
)
"""Equal to LunarLander's own reward on every step."""

ARTICLE: Final = RewardConfig(
    w_distance=200.0,
    w_velocity=50.0,
    w_angle=50.0,
    w_legs=10.0,
    penalty_main=0.3,
    penalty_side=0.03,
    replace_reward=True,
)
"""The custom reward of the article, as printed there."""
ARTICLE_REPAIRED: Final = replace(ARTICLE, w_landing=50_000.0, w_crash=50_000.0)
"""The article's weights with an end of the size of what is at stake: a crash saves tens of thousands in steps."""

PRESETS: Final[tuple[Preset, ...]] = (
    Preset(
        "gymnasium",
        GYMNASIUM,
        {"en": "Gymnasium's own", "zh": "Gymnasium 默认"},
        {
            "en": "It pays for progress, and ±100 at the end. Lingering gains nothing, so the policy lands.",
            "zh": "只为进步给分，结局再给 ±100：拖延没有好处，所以它会着陆。",
        },
    ),
    Preset(
        "article",
        ARTICLE,
        {"en": "The article's custom reward", "zh": "文章的自定义奖励"},
        {
            "en": "Every step costs and nothing pays at the end, so the sooner it crashes, the better.",
            "zh": "每一步都在扣分，结尾又没有奖励，于是越早坠毁越划算。",
        },
    ),
    Preset(
        "article-repaired",
        ARTICLE_REPAIRED,
        {"en": "The article's idea, made to land", "zh": "文章的想法，改到能着陆"},
        {
            "en": "The same weights, but the end counts: ±50,000 outweighs all the steps that a crash saves.",
            "zh": "权重不变，但结局算数：±50,000 超过了坠毁省下的所有扣分。",
        },
    ),
    Preset(
        "legs-farm",
        RewardConfig(w_distance=5.0, w_velocity=5.0, w_legs=10.0, w_crash=2000.0, replace_reward=True),
        {"en": "Leg farming", "zh": "靠支腿刷分"},
        {
            "en": "A bonus for each step on the ground pays for staying, so it stays with engines firing.",
            "zh": "触地的每一步都给分，奖励的是逗留而不是完成：只要不熄火停稳就一直有分，于是它赖在地上不结束。",
        },
    ),
    Preset(
        "fuel-miser",
        replace(GYMNASIUM, penalty_main=6.0, penalty_side=0.6),
        {"en": "Fuel miser", "zh": "极度省油"},
        {
            "en": "With fuel twenty times as expensive, braking costs more than a crash: it saves fuel and falls.",
            "zh": "燃料贵二十倍后，减速比坠毁还贵：它省下燃料，然后坠落。",
        },
    ),
    Preset(
        "sparse",
        RewardConfig(form="progress", w_landing=100.0, w_crash=100.0, replace_reward=True),
        {"en": "Sparse: only the outcome", "zh": "稀疏：只看结局"},
        {
            "en": "The right goal, but no hints on the way: it learns not to crash long before it ever sees a landing.",
            "zh": "目标正确，但途中没有提示：还没见过着陆，就先学会了不坠毁。",
        },
    ),
    Preset(
        "potential",
        replace(GYMNASIUM, form="potential"),
        {"en": "Gymnasium's, potential-based", "zh": "Gymnasium 势能版"},
        {
            "en": "The same hints with the discount built in. Landing stays optimal, but haste gains nothing.",
            "zh": "同样的提示，但把折扣计算在内：着陆仍是最优，但没有什么催促它，所以它在悬停。",
        },
    ),
)
PRESET: Final[Mapping[str, Preset]] = {preset.slug: preset for preset in PRESETS}
