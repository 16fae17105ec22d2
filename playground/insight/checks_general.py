"""Checks that any world's rewards can have: what is paid too much, for nothing, twice, too late or again and again.

Source of several: Knox et al. 2021, "Reward (mis)design for autonomous driving"; of the invariance check: Ng, Harada &
Russell 1999.

Leaves out: whether a reward wants the world's goal (``checks_goal``).
"""

from typing import Final

import numpy as np

from playground.insight.columns import amounts_of, loop_rates_of, residuals_of
from playground.insight.finding import CLOSE, DEAD, Finding, Status
from playground.insight.ranking import Ranking
from playground.reward.design import ENV_KEY
from playground.reward.term import Floats

DOMINANT: Final = 0.8
ALIKE: Final = 0.95
FAR: Final = 0.05
"""Share of a payment at the goal that the discount must leave."""


def farming(ranking: Ranking) -> Finding:
    """The most that a shaping term pays a second over a loop: from a state to nearly the same state.

    It fails where lingering pays at least as much as the goal; in a world without recorded behaviours it only warns.
    """
    world = ranking.library.world
    paid = loop_rates_of(ranking.library, ranking.config, ranking.gamma) * ranking.weights
    rates = paid * world.steps_per_second
    if not rates.size or rates.max() <= 0:
        return Finding("farming", "ok", 0.0, {"term": ""})
    loop, part = np.unravel_index(rates.argmax(), rates.shape)
    value, term, index = float(rates[loop, part]), ranking.config.keys[part], int(ranking.library.loops[loop, 0])
    ahead = 1 / (1 - ranking.gamma) if ranking.gamma < 1 else float(world.max_steps)
    if value * ahead / world.steps_per_second <= CLOSE * ranking.deviation:
        return Finding("farming", "ok", value, {"term": term})
    if world.behaviours is None:
        return Finding("farming", "warn", value, {"term": term}, (index,))
    groups = world.behaviours.groups
    gap, (_, success) = ranking.duel(groups["timeout"], groups["success"])
    return Finding("farming", "fail" if gap >= 0 else "warn", value, {"term": term}, (index, success))


def _shares(ranking: Ranking) -> Floats:
    amounts = amounts_of(ranking.library, ranking.config, ranking.gamma) * np.abs(ranking.weights)
    total = amounts.sum()
    return np.asarray(amounts / total if total else amounts)


def dominance(ranking: Ranking) -> Finding:
    """The largest share of all that is paid or charged, in any behaviour."""
    shares = _shares(ranking)
    top = int(shares.argmax())
    status: Status = (
        "fail"
        if not shares.any()
        else "warn"
        if shares[top] > DOMINANT and ranking.config.keys[top] != ENV_KEY
        else "ok"
    )
    return Finding("dominance", status, float(shares[top]), {"term": ranking.config.keys[top]})


def dead(ranking: Ranking) -> Finding:
    """Terms with a weight that hardly pay; rare ones like the outcome count by the episodes' returns."""
    deviations = ranking.paid.std(axis=0) / ranking.unit
    shares = np.maximum(_shares(ranking), deviations)
    dead = [i for i in range(len(ranking.config.keys)) if ranking.weights[i] and shares[i] < DEAD]
    if not dead:
        return Finding("dead", "ok", 0.0, {})
    return Finding("dead", "warn", float(shares[dead[0]]), {"term": ranking.config.keys[dead[0]]})


def redundancy(ranking: Ranking) -> Finding:
    """The closest correlation of two weighted terms over the episodes' returns."""
    used = [i for i in range(len(ranking.config.keys)) if ranking.paid[:, i].std() > 1e-12]
    pairs = [(i, j) for k, i in enumerate(used) for j in used[k + 1 :]]
    if not pairs:
        return Finding("redundancy", "ok", 0.0, {})
    table = np.atleast_2d(np.corrcoef(ranking.paid[:, used].T))
    place = {column: row for row, column in enumerate(used)}
    i, j = max(pairs, key=lambda pair: abs(table[place[pair[0]], place[pair[1]]]))
    value = float(table[place[i], place[j]])
    status: Status = "warn" if abs(value) > ALIKE else "ok"
    return Finding("redundancy", status, value, {"first": ranking.config.keys[i], "second": ranking.config.keys[j]})


def horizon(ranking: Ranking) -> Finding:
    """What the discount leaves of a payment at a typical success; where none was recorded, at the time limit."""
    library = ranking.library
    lengths = library.lengths[library.succeeded] if library.succeeded.any() else [library.world.max_steps]
    left = float(ranking.gamma ** np.median(lengths))
    status: Status = "fail" if ranking.gamma == 0 else "warn" if left < FAR else "ok"
    return Finding("horizon", status, left, {})


def scale(ranking: Ranking) -> Finding:
    """The deviation of returns over all behaviours."""
    status: Status = "ok" if ranking.deviation else "warn"
    return Finding("scale", status, ranking.deviation, {})


def invariance(ranking: Ranking) -> Finding:
    """How far each potential's payment is from Ng's γ·Φ(s') − Φ(s), at most on any step, weighted."""
    gaps = residuals_of(ranking.library, ranking.config, ranking.gamma) * np.abs(ranking.weights)
    top = int(gaps.argmax())
    if gaps[top] <= ranking.noise:
        return Finding("invariance", "ok", float(gaps[top]), {"term": ""})
    return Finding("invariance", "warn", float(gaps[top]), {"term": ranking.config.keys[top]})
