"""A reward in numbers that a forecast can learn from: what it prefers, what it is made of, and how it pays.

All are free of the reward's scale. Preferences are differences of returns between recorded behaviours in standard
deviations, squashed, because beyond a few deviations more makes no odds. What the best behaviours are paid is not all:
PPO has to find its way from bad to better, so it counts, too, whether the better of two crashes, by Gymnasium's reward,
is the one that pays more.

Leaves out: which behaviours are compared (the world's ``ForecastData``), and what follows (``predict``).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.behaviours import ForecastData
from playground.insight.comparison import ranks
from playground.insight.library import ProbeLibrary
from playground.insight.ranking import Ranking
from playground.reward.design import Design
from playground.reward.term import FORMS, Floats

Bools = npt.NDArray[np.bool_]

SHARE: Final = "share of "
SQUASH: Final = 0.25
"""Deviations up to which a difference counts in full."""


def features(ranking: Ranking, data: ForecastData) -> dict[str, float]:
    """The library's returns under one reward as named numbers of the size of one.

    Args:
        ranking: the recorded behaviours under the reward.
        data: which behaviours are compared.
    """
    gaps = [ranking.duel(one, other)[0] for one, other in data.duels.values()]
    squashed = np.arcsinh(np.array(gaps) / SQUASH).tolist()
    spread = ranking.paid.std(axis=0)
    shares = np.sqrt(spread / (spread.sum() or 1.0)).tolist()
    return {
        **dict(zip(data.duels, squashed, strict=True)),
        **{name: agreement(ranking, among) for name, among in data.orders.items()},
        **{f"{SHARE}{key}": share for key, share in zip(ranking.config.keys, shares, strict=True)},
        **{f"form {form}": float(ranking.config.form == form) for form in FORMS},
    }


def agreement(ranking: Ranking, among: Sequence[str]) -> float:
    """Rank correlation (Spearman) of a reward with Gymnasium's over recorded episodes, each from its start's average.

    Returns that differ by rounding alone are ties; 0 where the reward, or Gymnasium's, tells no two apart.

    Args:
        ranking: the library under the reward.
        among: only episodes that did one of these.
    """
    of = np.isin(ranking.library.behaviours, list(among))
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
