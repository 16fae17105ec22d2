"""Checks whether a reward wants the world's goal, for worlds that say which recorded behaviours reach it.

They compare what the best of each group of behaviours is paid from the same start. Source of the order, the risk and
the attributes: Knox et al. 2021, "Reward (mis)design for autonomous driving".

Leaves out: what can be checked without knowing the goal (``checks_general``).
"""

from typing import Final

import numpy as np

from playground.flight.behaviours import Behaviours
from playground.insight.finding import CLOSE, DEAD, Finding, Status
from playground.insight.library import ProbeLibrary
from playground.insight.ranking import Ranking
from playground.reward.design import Design

RISKY: Final = 0.1
"""A reward that accepts a smaller share of failures than this would rather not try."""


def behaviours_of(library: ProbeLibrary) -> Behaviours:
    """What the recorded behaviours mean."""
    behaviours = library.world.behaviours
    assert behaviours is not None, "only a world that says what its behaviours mean has a goal to check"
    return behaviours


def margin(ranking: Ranking) -> float:
    """By how many deviations the best success pays more than the best of all else."""
    groups = behaviours_of(ranking.library).groups
    return ranking.duel(groups["success"], [*groups["failure"], *groups["timeout"]])[0]


def suicide(ranking: Ranking) -> Finding:
    """The best failure against the best success, in deviations; a warning where failing beats waiting."""
    behaviours = behaviours_of(ranking.library)
    failures = behaviours.groups["failure"]
    gap, episodes = ranking.duel(failures, behaviours.groups["success"])
    status: Status = "fail" if gap >= 0 else "warn" if ranking.duel(failures, [behaviours.safe])[0] >= 0 else "ok"
    return Finding("suicide", status, gap, {}, episodes)


def stalling(ranking: Ranking) -> Finding:
    """The best time-out against the best success, in deviations."""
    groups = behaviours_of(ranking.library).groups
    gap, episodes = ranking.duel(groups["timeout"], groups["success"])
    status: Status = "fail" if gap >= 0 else "warn" if gap > -CLOSE else "ok"
    return Finding("stalling", status, gap, {}, episodes)


def ordering(ranking: Ranking) -> Finding:
    """The wanted order of behaviours: Kendall's τ against it."""
    wanted = list(behaviours_of(ranking.library).wanted.items())
    pairs = [(i, j) for i in range(len(wanted)) for j in range(i + 1, len(wanted))]
    duels = {(i, j): ranking.duel(wanted[i][1], wanted[j][1]) for i, j in pairs}
    tau = sum(float(np.sign(gap)) for gap, _ in duels.values()) / len(duels)
    (good, bad), (gap, episodes) = min(duels.items(), key=lambda item: item[1][0])
    status: Status = "ok" if gap > 0 else "warn" if margin(ranking) > 0 else "fail"
    params = {"better": str(wanted[bad][0]), "worse": str(wanted[good][0])}
    return Finding("ordering", status, tau, params, episodes[::-1])


def risk(ranking: Ranking) -> Finding:
    """The p at which p·G(failure) + (1 − p)·G(success) = G(waiting): the risk of failing that it accepts."""
    behaviours = behaviours_of(ranking.library)
    gain, episodes = ranking.duel(behaviours.groups["success"], [behaviours.safe])
    loss, _ = ranking.duel(behaviours.groups["success"], behaviours.groups["failure"])
    accepted = 0.0 if gain <= 0 else 1.0 if loss <= gain else gain / loss
    status: Status = "fail" if gain <= 0 else "warn" if accepted < RISKY else "ok"
    return Finding("risk", status, accepted, {}, episodes[::-1])


def _own(design: Design, words: frozenset[str]) -> list[str]:
    """Keys of own terms that read one of these words."""
    return [own.name for own in design.own_terms if own.program(design.language).words & words]


def attributes(ranking: Ranking) -> Finding:
    """How much the return of a success moves with each of its attributes, in deviations."""
    keys, library = ranking.config.keys, ranking.library
    moves: dict[str, float] = {}
    episodes: tuple[int, ...] = ()
    for attribute in behaviours_of(ranking.library).attributes:
        if attribute.parts:
            columns = [keys.index(key) for key in (*attribute.parts, *_own(ranking.config, attribute.words))]
            paid = ranking.paid[library.succeeded][:, columns].sum(axis=1)
            moves[attribute.name] = float(paid.std() / ranking.unit)
        else:
            gap, shown = ranking.duel(attribute.better, attribute.worse)
            moves[attribute.name] = abs(gap)
            episodes = episodes or shown
    missing = [name for name, move in moves.items() if move < DEAD]
    params = {"missing": ", ".join(missing)}
    return Finding("attributes", "warn" if missing else "ok", min(moves.values()), params, episodes)
