"""Terms of one's own that are ready to be taken, as examples of what the language can say.

Leaves out: the terms that the world declares (``terms``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from playground.reward.own import OwnTerm


@dataclass(frozen=True)
class ReadyTerm:
    """One ready term."""

    term: OwnTerm
    label: Mapping[str, str]
    """Its name by language."""
    help: Mapping[str, str]
    """One sentence by language: what it pays for."""


def _ready(term: OwnTerm, en: tuple[str, str], zh: tuple[str, str]) -> ReadyTerm:
    return ReadyTerm(term, {"en": en[0], "zh": zh[0]}, {"en": en[1], "zh": zh[1]})


READY_TERMS: Final = (
    _ready(
        OwnTerm("falling", "max(0, -vy - 0.3) if y < 0.3 else 0", weight=-1.0),
        ("Falling fast near the ground", "Charges for sinking faster than 0.3 when the pad is close."),
        ("近地快速下落", "接近地面时，下降速度超过 0.3 的部分要扣分。"),
    ),
    _ready(
        OwnTerm("soft_touch", "once(left or right) * max(0, 1 - speed)", weight=20.0),
        ("Soft touch", "Pays once, when a leg first touches the ground: more for a lower speed."),
        ("轻柔触地", "支腿第一次触地时给一次分，速度越低给得越多。"),
    ),
    _ready(
        OwnTerm("funnel", "-max(0, abs(x) - 0.1 - 0.5 * max(y, 0))", form="potential", weight=50.0),
        ("Stay in the funnel", "Pays for coming back into a funnel that narrows towards the pad."),
        ("留在漏斗内", "漏斗越靠近着陆区越窄，回到漏斗内就给分。"),
    ),
    _ready(
        OwnTerm("no_spin", "omega ** 2", weight=-1.0),
        ("No spin", "Charges for turning, the square of its rate."),
        ("不要旋转", "按角速度的平方扣分。"),
    ),
    _ready(
        OwnTerm("smooth_thrust", "action != prev_action", weight=-0.1),
        ("Smooth thrust", "Charges for every change of action."),
        ("平稳推力", "每次改变动作都扣分。"),
    ),
    _ready(
        OwnTerm("quick_landing", "1 - t / 1000 if landed else 0", weight=100.0),
        ("Quick landing", "Pays for a landing, more for an early one."),
        ("尽快着陆", "着陆时给分，越早给得越多。"),
    ),
    _ready(
        OwnTerm("fuel_left", "max(0, 1 - count(main) / 300) if landed else 0", weight=100.0),
        (
            "Fuel left at landing",
            "Pays for a landing, more if the main engine fired less; 300 firings use up the bonus.",
        ),
        ("着陆时的剩余燃料", "着陆时给分，主引擎点火越少给得越多；点火满 300 次则不给分。"),
    ),
    _ready(
        OwnTerm("hover", "streak(abs(vy) < 0.05 and y > 0.1) > 50", weight=-1.0),
        ("Hovering", "Charges for every step of hovering after more than 50 such steps in a row."),
        ("悬停", "连续悬停超过 50 步后，每多悬停一步都扣分。"),
    ),
)
"""In the order in which they are offered."""
