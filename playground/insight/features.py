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
from playground.reward.terms import FORMS

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
SHARE: Final = "share of "
SQUASH: Final = 0.25
"""Deviations up to which a difference counts in full."""


def features(ranking: Ranking) -> dict[str, float]:
    """The library's returns under one reward as named numbers of the size of one."""
    gaps = [ranking.duel(one, other)[0] for one, other in DUELS.values()]
    squashed = np.arcsinh(np.array(gaps) / SQUASH).tolist()
    spread = ranking.paid.std(axis=0)
    shares = np.sqrt(spread / (spread.sum() or 1.0)).tolist()
    return {
        **dict(zip(DUELS, squashed, strict=True)),
        **{f"{SHARE}{key}": share for key, share in zip(PART_KEYS, shares, strict=True)},
        **{f"form {form}": float(ranking.config.form == form) for form in FORMS},
    }
