"""A reward in numbers that a forecast can learn from: what it prefers, what it is made of, and how it pays.

All are free of the reward's scale. Preferences are differences of returns between recorded behaviours in standard
deviations, squashed, because beyond a few deviations more makes no odds.

Leaves out: what follows from them (``forecast``).
"""

from typing import Final

import numpy as np

from playground.insight.probe_library import CRASHES, LANDINGS, LINGERING, Behaviour
from playground.insight.ranking import Ranking
from playground.reward.account import PART_KEYS
from playground.reward.terms import FORMS, Floats

B = Behaviour
DUELS: Final = {
    "landing over crash": (LANDINGS, CRASHES),
    "landing over lingering": (LANDINGS, LINGERING),
    "hovering over crash": ([B.HOVERING], CRASHES),
    "hovering over crashing soon": ([B.HOVERING], [B.CRASH_SOON]),
    "late over soon": ([B.CRASH_LATE], [B.CRASH_SOON]),
    "bounds over crashing soon": ([B.OUT_OF_BOUNDS], [B.CRASH_SOON]),
    "soft over hard": ([B.SOFT_LANDING], [B.HARD_LANDING]),
    "on over off the pad": ([B.SOFT_LANDING], [B.OFF_PAD_LANDING]),
    "landing over sitting": (LANDINGS, [B.SITTING]),
    "landing over hovering": (LANDINGS, [B.HOVERING]),
    "sitting over hovering": ([B.SITTING], [B.HOVERING]),
    "hard landing over crashing late": ([B.HARD_LANDING], [B.CRASH_LATE]),
}
"""Which behaviours are held against each other, the best of each from the same start."""
SQUASH: Final = 0.25
"""Deviations up to which a difference counts in full."""
NAMES: Final = (
    *DUELS,
    *(f"share of {key}" for key in PART_KEYS),
    *(f"form {form}" for form in FORMS),
)


def features(ranking: Ranking) -> Floats:
    """``(len(NAMES),)``: the library's returns under one reward, as numbers of the size of one."""
    gaps = [ranking.duel(one, other)[0] for one, other in DUELS.values()]
    squashed = np.arcsinh(np.array(gaps) / SQUASH)
    spread = ranking.paid.std(axis=0)
    shares = np.sqrt(spread / (spread.sum() or 1.0))
    forms = np.array([ranking.config.form == form for form in FORMS], np.float64)
    return np.concatenate([squashed, shares, forms])
