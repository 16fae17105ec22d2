"""How to repair a reward whose check objects: the smallest change of its weights, and where each slider may stand.

Start with ``search``; ``contest`` → ``least_change`` is the mathematics below it, ``bands`` stands beside it.
"""

from playground.insight.repair.bands import sound_bands
from playground.insight.repair.contest import slider_bounds, with_weight
from playground.insight.repair.least_change import NUDGE, TARGET
from playground.insight.repair.search import Repair, repair_reward

__all__ = ["NUDGE", "TARGET", "Repair", "repair_reward", "slider_bounds", "sound_bands", "with_weight"]
