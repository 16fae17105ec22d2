"""What a reward would prefer, before any training: recorded behaviours ranked by their return, and twelve checks.

A return is linear in the weights, so the whole check is a matrix of discounted component sums times one vector. It says
what pays best among behaviours that were flown, not what an optimiser will find: exploration may fail where the optimum
lands, and an optimiser may find what nobody recorded. The checks follow Knox et al. 2021 ("Reward (mis)design"), Ng,
Harada & Russell 1999, and common failures of LunarLander's rewards.

Leaves out: repairing a reward (``repair``), forecasting what training makes of it (``forecast``), and words
(``words.check``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from playground.insight.forecast.predict import Forecast, forecast
from playground.insight.library import (
    CRASHES,
    LANDINGS,
    LINGERING,
    Behaviour,
    ProbeLibrary,
    load_library,
)
from playground.insight.ranking import Ranked, Ranking
from playground.reward.account import reversed_parts
from playground.reward.design import Design
from playground.reward.term import Floats
from playground.words.check import finding_sentence, notes, verdict_sentence
from playground.words.say import FALLBACK, say
from playground.worlds.lunar_lander.geometry import MAX_STEPS, STEPS_PER_SECOND

Status = Literal["ok", "warn", "fail"]
Verdict = Literal["sound", "doubtful", "broken"]

CLOSE: Final = 0.05
"""A margin under this share of a deviation is no preference worth the name."""
DEAD: Final = 1e-3
DOMINANT: Final = 0.8
ALIKE: Final = 0.95
RISKY: Final = 0.1
"""A reward that accepts fewer crashes than this would rather not try."""
FAR: Final = 0.05
"""Share of a payment at landing that the discount must leave."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    id: str
    status: Status
    value: float
    params: dict[str, Any]
    """What its sentence names: behaviours (``better``, ``worse``), attributes (``missing``, separated by commas) and
    else parts, all by key."""
    episodes: tuple[int, ...] = ()
    """Indices in the library of the two episodes that show it."""


@dataclass(frozen=True)
class FlightCheck:
    """All that can be said of a reward without training."""

    verdict: Verdict
    landing_margin: float
    """Best landing over best other behaviour, in standard deviations of the library's returns; negative: something else
    pays best."""
    ranking: tuple[Ranked, ...]
    """Best first."""
    checks: tuple[Finding, ...]
    logged_only: bool
    """The terms are only logged, so Gymnasium's own reward was checked."""
    negative: tuple[str, ...]
    """Terms whose weight is below 0."""
    predicted: Forecast | None
    """What PPO will probably make of it; None where there is nothing to learn from."""
    design: Design
    """The reward."""

    @property
    def favourite(self) -> Ranked:
        """What pays best."""
        return self.ranking[0]

    @property
    def prediction(self) -> dict[str, Any]:
        """What the notebook keeps until the training is over: the verdict, what pays best, and the forecast."""
        chances = {} if self.predicted is None else self.predicted.to_json()
        best = self.favourite.behaviour.replace("_", " ")
        return {"verdict": self.verdict, "pays_best": best, "margin": self.landing_margin, **chances}

    @property
    def leading(self) -> Finding | None:
        """The first failure, else the first warning that makes a reward doubtful.

        Where nothing is paid, or nothing ahead counts, that comes first: all else follows from it.
        """
        failures = [check for check in self.checks if check.status == "fail"]
        failed = next((check for check in failures if check.id in PREMISES), None) or next(iter(failures), None)
        return failed or next((c for c in self.checks if c.status == "warn" and c.id in DOUBTS), None)

    def __getitem__(self, id: str) -> Finding:
        return next(check for check in self.checks if check.id == id)

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs; sentences are English."""
        return {
            "verdict": self.verdict,
            "landing_margin": self.landing_margin,
            "predicted": self.predicted and self.predicted.to_json(),
            "logged_only": self.logged_only,
            "notes": notes(self, FALLBACK),
            "checks": [
                {
                    "id": check.id,
                    "status": check.status,
                    "message": finding_sentence(check, self.design, FALLBACK),
                    "value": check.value,
                }
                for check in self.checks
            ],
            "ranking": [
                {
                    "behaviour": str(row.behaviour),
                    "outcome": row.outcome,
                    "return": row.mean,
                    "spread": row.spread,
                    "probe": row.probe,
                }
                for row in self.ranking
            ],
        }


def check_reward(config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None) -> FlightCheck:
    """Hold a reward against the recorded behaviours.

    Args:
        config: any reward. With ``replace_reward=False`` training sees Gymnasium's reward, so that is checked.
        gamma: the discount, 0 to 1.
        library: the behaviours; by default the shipped ones.

    Raises:
        ValueError: the discount is out of range.
    """
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie between 0 and 1, got {gamma}")
    ranking = Ranking(config, gamma, library or load_library())
    margin, _ = ranking.duel(LANDINGS, OTHERS)
    checks = tuple(check(ranking) for check in CHECKS)
    statuses = {check.status for check in checks}
    if margin < 0 or "fail" in statuses:
        verdict: Verdict = "broken"
    elif margin < CLOSE or any(check.status == "warn" and check.id in DOUBTS for check in checks):
        verdict = "doubtful"
    else:
        verdict = "sound"
    logged, negative = not config.replace_reward, reversed_parts(config)
    return FlightCheck(verdict, margin, ranking.rows, checks, logged, negative, forecast(ranking), config)


OTHERS: Final = (*CRASHES, *LINGERING)


def _ordering(ranking: Ranking) -> Finding:
    """Soft landing, off the pad, hovering, crash: Kendall's τ against that order."""
    wanted = ([Behaviour.SOFT_LANDING], [Behaviour.OFF_PAD_LANDING], [Behaviour.HOVERING], CRASHES)
    words = (Behaviour.SOFT_LANDING, Behaviour.OFF_PAD_LANDING, Behaviour.HOVERING, "crashing")
    duels = {(i, j): ranking.duel(wanted[i], wanted[j]) for i in range(4) for j in range(i + 1, 4)}
    tau = sum(float(np.sign(gap)) for gap, _ in duels.values()) / len(duels)
    (good, bad), (gap, episodes) = min(duels.items(), key=lambda item: item[1][0])
    lands = ranking.duel(LANDINGS, OTHERS)[0] > 0
    status: Status = "ok" if gap > 0 else "warn" if lands else "fail"
    params = {"better": str(words[bad]), "worse": str(words[good])}
    return Finding("ordering", status, tau, params, episodes[::-1])


def _suicide(ranking: Ranking) -> Finding:
    """The best crash against the best landing, in deviations."""
    gap, episodes = ranking.duel(CRASHES, LANDINGS)
    status: Status = "fail" if gap >= 0 else "warn" if ranking.duel(CRASHES, [Behaviour.HOVERING])[0] >= 0 else "ok"
    return Finding("suicide", status, gap, {}, episodes)


def _stalling(ranking: Ranking) -> Finding:
    """The best time-out against the best landing, in deviations."""
    gap, episodes = ranking.duel(LINGERING, LANDINGS)
    status: Status = "fail" if gap >= 0 else "warn" if gap > -CLOSE else "ok"
    return Finding("stalling", status, gap, {}, episodes)


def _farming(ranking: Ranking) -> Finding:
    """The most that a shaping term pays a second over a loop: from a state to nearly the same state."""
    counted = ranking.weights
    if ranking.config.form == "potential":  # its potentials sum to nothing over a loop, discounted as they are meant
        counted = counted * np.array([*(term.potential is None for term in ranking.config.terms), True])
    rates = ranking.library.loop_rates(ranking.config.form, ranking.gamma) * counted * STEPS_PER_SECOND
    if not rates.size or rates.max() <= 0:
        return Finding("farming", "ok", 0.0, {"term": ""})
    loop, part = np.unravel_index(rates.argmax(), rates.shape)
    value, term, index = float(rates[loop, part]), ranking.config.keys[part], int(ranking.library.loops[loop, 0])
    ahead = 1 / (1 - ranking.gamma) if ranking.gamma < 1 else float(MAX_STEPS)
    if value * ahead / STEPS_PER_SECOND <= CLOSE * ranking.deviation:
        return Finding("farming", "ok", value, {"term": term})
    gap, (_, landing) = ranking.duel(LINGERING, LANDINGS)
    return Finding("farming", "fail" if gap >= 0 else "warn", value, {"term": term}, (index, landing))


def _risk(ranking: Ranking) -> Finding:
    """The p at which p·G(crash) + (1 − p)·G(landing) = G(hover): the risk of crashing that it accepts."""
    gain, episodes = ranking.duel(LANDINGS, [Behaviour.HOVERING])
    loss, _ = ranking.duel(LANDINGS, CRASHES)
    accepted = 0.0 if gain <= 0 else 1.0 if loss <= gain else gain / loss
    status: Status = "fail" if gain <= 0 else "warn" if accepted < RISKY else "ok"
    return Finding("risk", status, accepted, {}, episodes[::-1])


def _shares(ranking: Ranking) -> Floats:
    amounts = ranking.library.amounts(ranking.config.form, ranking.gamma) * np.abs(ranking.weights)
    total = amounts.sum()
    return np.asarray(amounts / total if total else amounts)


def _dominance(ranking: Ranking) -> Finding:
    """The largest share of all that is paid or charged, in any behaviour."""
    shares = _shares(ranking)
    top = int(shares.argmax())
    status: Status = (
        "fail"
        if not shares.any()
        else "warn"
        if shares[top] > DOMINANT and ranking.config.keys[top] != "env_reward"
        else "ok"
    )
    return Finding("dominance", status, float(shares[top]), {"term": ranking.config.keys[top]})


def _dead(ranking: Ranking) -> Finding:
    """Terms with a weight that hardly pay; rare ones like the outcome count by the episodes' returns."""
    deviations = ranking.paid.std(axis=0) / ranking.unit
    shares = np.maximum(_shares(ranking), deviations)
    dead = [i for i in range(len(ranking.config.keys)) if ranking.weights[i] and shares[i] < DEAD]
    if not dead:
        return Finding("dead", "ok", 0.0, {})
    return Finding("dead", "warn", float(shares[dead[0]]), {"term": ranking.config.keys[dead[0]]})


def _redundancy(ranking: Ranking) -> Finding:
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


def _attributes(ranking: Ranking) -> Finding:
    """How much the return of a landing moves with each of three attributes, in deviations."""
    on_pad, episodes = ranking.duel([Behaviour.SOFT_LANDING], [Behaviour.OFF_PAD_LANDING])
    softness, _ = ranking.duel([Behaviour.SOFT_LANDING], [Behaviour.HARD_LANDING])
    landed = np.isin(ranking.library.behaviours, LANDINGS)
    columns = [ranking.config.keys.index(key) for key in ("pen_main", "pen_side", "env_reward")]
    fuel = ranking.paid[landed][:, columns].sum(axis=1).std() / ranking.unit
    moves = {"landing_on_the_pad": abs(on_pad), "touchdown_speed": abs(softness), "fuel": float(fuel)}
    missing = [name for name, move in moves.items() if move < DEAD]
    params = {"missing": ", ".join(missing)}
    return Finding("attributes", "warn" if missing else "ok", min(moves.values()), params, episodes)


def _horizon(ranking: Ranking) -> Finding:
    """What the discount leaves of a payment at a typical landing."""
    landed = np.isin(ranking.library.behaviours, LANDINGS)
    left = float(ranking.gamma ** np.median(ranking.library.lengths[landed]))
    status: Status = "fail" if ranking.gamma == 0 else "warn" if left < FAR else "ok"
    return Finding("horizon", status, left, {})


def _scale(ranking: Ranking) -> Finding:
    """The deviation of returns over all behaviours."""
    status: Status = "ok" if ranking.deviation else "warn"
    return Finding("scale", status, ranking.deviation, {})


def _invariance(ranking: Ranking) -> Finding:
    """How far each potential's payment is from Ng's γ·Φ(s') − Φ(s), at most on any step, weighted."""
    gaps = ranking.library.residuals(ranking.config.form, ranking.gamma) * np.abs(ranking.weights)
    top = int(gaps.argmax())
    if gaps[top] <= ranking.noise:
        return Finding("invariance", "ok", float(gaps[top]), {"term": ""})
    return Finding("invariance", "warn", float(gaps[top]), {"term": ranking.config.keys[top]})


CHECKS: Final[tuple[Callable[[Ranking], Finding], ...]] = (
    _suicide,
    _stalling,
    _farming,
    _ordering,
    _risk,
    _dominance,
    _dead,
    _redundancy,
    _attributes,
    _horizon,
    _scale,
    _invariance,
)
DOUBTS: Final = frozenset({"suicide", "stalling", "farming", "risk", "horizon", "scale"})
"""Checks whose warning makes a reward doubtful; the others' are for information."""
PREMISES: Final = frozenset({"dominance", "horizon"})
"""Checks without which the others say nothing."""


def assert_reward_sound(config: Design, gamma: float = 0.995, *, doubtful: bool = False, logged: bool = False) -> None:
    """Fail a test whose reward would prefer something else to landing.

    Args:
        config: the reward.
        gamma: the discount, 0 to 1.
        doubtful: whether a doubtful reward passes too.
        logged: whether one passes whose terms are only logged; training sees Gymnasium's reward then.

    Raises:
        AssertionError: what is wrong with the reward, in words.

    >>> from playground.worlds.lunar_lander.presets import GYMNASIUM
    >>> assert_reward_sound(GYMNASIUM)
    """
    check = check_reward(config, gamma)
    if check.logged_only and not logged:
        said = say("check.logged_only", FALLBACK)
        raise AssertionError(f"the reward is not used: {said} Set replace_reward, or pass logged=True.")
    if check.verdict == "broken" or (check.verdict == "doubtful" and not doubtful):
        failures = [finding_sentence(found, config, FALLBACK) for found in check.checks if found.status == "fail"]
        reasons = failures or [verdict_sentence(check, FALLBACK)]
        raise AssertionError(f"the reward is {check.verdict}: {' '.join(reasons)}")
