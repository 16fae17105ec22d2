"""A reward in numbers that a forecast can learn from: what it prefers, what it is made of, and how it pays.

All are free of the reward's scale. Preferences are differences of returns between recorded behaviours in standard
deviations, squashed, because beyond a few deviations more makes no odds. What the best behaviours are paid is not all:
PPO has to find its way from bad to better, so it counts, too, whether the better of two crashes, by Gymnasium's reward,
is the one that pays more.

Leaves out: what follows from them (``forecast``).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.insight.comparison import ranks
from playground.insight.library import CRASHES, LANDINGS, LINGERING, Behaviour, ProbeLibrary
from playground.insight.ranking import Ranking
from playground.reward.design import Design
from playground.reward.term import FORMS, Floats

Bools = npt.NDArray[np.bool_]

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
AGREEMENTS: Final[dict[str, Sequence[Behaviour]]] = {
    "order of crashes": CRASHES,
    "order of lingering": LINGERING,
    "order of landings": LANDINGS,
    "order of all": tuple(Behaviour),
}
"""Among which behaviours the order is held against that of Gymnasium's reward."""
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
        **{name: agreement(ranking, among) for name, among in AGREEMENTS.items()},
        **{f"{SHARE}{key}": share for key, share in zip(ranking.config.keys, shares, strict=True)},
        **{f"form {form}": float(ranking.config.form == form) for form in FORMS},
    }


def agreement(ranking: Ranking, among: Sequence[Behaviour]) -> float:
    """Rank correlation (Spearman) of a reward with Gymnasium's over recorded episodes, each from its start's average.

    Returns that differ by rounding alone are ties; 0 where the reward, or Gymnasium's, tells no two apart.

    Args:
        ranking: the library under the reward.
        among: only episodes that did one of these.
    """
    of = np.isin(ranking.library.behaviours, [behaviour.value for behaviour in among])
    native = type(ranking.config)(replace_reward=True, w_env=1.0)  # type: ignore[call-arg]
    theirs = _ranked(native, ranking.gamma, ranking.library)
    return _correlation(_order(ranking, of), _order(theirs, of))


@lru_cache(maxsize=16)
def _ranked(config: Design, gamma: float, library: ProbeLibrary) -> Ranking:
    return Ranking(config, gamma, library)


def _order(ranking: Ranking, of: Bools) -> Floats:
    """Ranks of some episodes, ``(n,)``."""
    above = ranking.above[of]
    return ranks(np.round(above / ranking.noise) if ranking.noise else np.zeros(len(above)))


def _correlation(first: Floats, second: Floats) -> float:
    """Pearson's, 0 where one of them is constant."""
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else 0.0
