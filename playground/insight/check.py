"""What a reward would prefer, before any training: recorded behaviours ranked by their return, and twelve checks.

A return is linear in the weights, so the whole check is a matrix of discounted component sums times one vector. It says
what pays best among behaviours that were flown, not what an optimiser will find: exploration may fail where the optimum
lands, and an optimiser may find what nobody recorded. The checks follow Knox et al. 2021 ("Reward (mis)design"), Ng,
Harada & Russell 1999, and common failures of LunarLander's rewards.

Leaves out: mending, and how the forecast of what training makes of it is come by (``forecast``).
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
from playground.reward.design import ENV_KEY, Design, terms_of
from playground.reward.term import Floats
from playground.worlds.lunar_lander.geometry import MAX_STEPS, STEPS_PER_SECOND
from playground.worlds.lunar_lander.terms import RewardConfig

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

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "ordering": {
        "ok": "A soft landing pays more than landing off the pad, hovering and crashing.",
        "warn": "Landing pays best, but the rest is out of order: {better} pays more than {worse}.",
        "fail": "{better} pays more than {worse}.",
    },
    "suicide": {
        "tie": "Crashing pays exactly as much as landing: nothing is gained by landing.",
        "ok": "Crashing pays less than landing.",
        "warn": "Crashing pays less than landing, but no less than staying in the air.",
        "fail": "Crashing pays more than landing: the quickest way out is the best deal.",
    },
    "stalling": {
        "tie": "Lingering to the time-out pays exactly as much as landing: nothing is gained by finishing.",
        "ok": "Lingering to the time-out pays less than landing.",
        "warn": "Lingering to the time-out pays nearly as much as landing.",
        "fail": "Lingering to the time-out pays more than landing: nothing is gained by finishing.",
    },
    "farming": {
        "ok": "No term pays again and again for going round in a loop.",
        "warn": "{term} pays {amount} a second for going nowhere.",
        "fail": "{term} pays {amount} a second for going nowhere, and that is worth more than landing.",
    },
    "risk": {
        "ok": "Against hovering for ever, it would accept a landing attempt that crashes {percent:.0f} % of the time.",
        "warn": "Hovering for ever beats a landing attempt that crashes more than {percent:.0f} % of the time.",
        "fail": "Not even a sure landing beats hovering for ever.",
    },
    "dominance": {
        "ok": "No term drowns the others.",
        "warn": "{term} is {percent:.0f} % of all that is paid or charged.",
        "fail": "Nothing is paid at all: every weight is 0, or the scale is.",
    },
    "dead": {
        "ok": "Every term with a weight matters.",
        "warn": "{term} has a weight, but is under 0.1 % of all that is paid or charged.",
        "fail": "",
    },
    "redundancy": {
        "ok": "No two terms say the same.",
        "warn": "{first} and {second} rise and fall together ({value:.2f}): one would do.",
        "fail": "",
    },
    "attributes": {
        "ok": "Landing softly, on the pad and with little fuel makes a difference.",
        "warn": "The return hardly moves with {missing}.",
        "fail": "",
    },
    "horizon": {
        "ok": "A payment at the landing still counts {percent:.0f} % at the start.",
        "warn": "A payment at the landing counts {percent:.1f} % at the start: the discount looks ahead too little.",
        "fail": "With a discount of 0 nothing beyond the next step counts.",
    },
    "scale": {
        "ok": "Returns differ by about {amount}: the trainer brings any scale to one.",
        "warn": "All returns are alike: there is nothing to learn from.",
        "fail": "",
    },
    "invariance": {
        "ok": "No term but the outcome changes what is optimal: the shaping is potential-based, or absent.",
        "warn": "{term} changes what is optimal by up to {amount} a step: it is no potential-based shaping.",
        "fail": "",
    },
}
"""Wording by check and status; a failure by nothing at all may have words of its own."""
NOTES: Final = {
    "logged_only": "The terms are only logged, so Gymnasium's own reward was checked.",
    "negative": "A weight below 0 turns its term round, so that what it paid costs and what it cost pays: {terms}.",
}
"""What is worth knowing and neither right nor wrong."""
LABELS: Final = {**{term.key: term.label["en"] for term in terms_of(RewardConfig)}, ENV_KEY: "Gymnasium's own reward"}
"""What a wording calls a term."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    id: str
    status: Status
    value: float
    params: dict[str, Any]
    """What the wording names; behaviours and terms by key."""
    episodes: tuple[int, ...] = ()
    """Indices in the library of the two episodes that show it."""

    @property
    def numbers(self) -> dict[str, Any]:
        """The value in the ways that wordings show it."""
        amount = f"{self.value:,.0f}" if abs(self.value) >= 100 else f"{self.value:.2g}"
        return {"value": self.value, "percent": 100 * self.value, "amount": amount}

    @property
    def wording(self) -> str:
        """Which of `MESSAGES` tells it: by its status, or ``tie`` for a failure by nothing."""
        tie = self.status == "fail" and self.value == 0 and "tie" in MESSAGES[self.id]
        return "tie" if tie else self.status

    @property
    def message(self) -> str:
        """One plain sentence."""
        words = {name: LABELS.get(value) or value.replace("_", " ") for name, value in self.params.items()}
        text = MESSAGES[self.id][self.wording].format(**self.numbers, **words)
        return text[:1].upper() + text[1:]


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

    @property
    def favourite(self) -> Ranked:
        """What pays best."""
        return self.ranking[0]

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: the first failure, or what pays best, with the first doubt."""
        leading = self.leading
        best = f"{self.favourite.words.capitalize()} pays best."
        if leading is None:
            return best
        return leading.message if leading.status == "fail" else f"{best} {leading.message}"

    @property
    def foretold(self) -> dict[str, Any]:
        """What to remember of it until the training is over: the verdict, what pays best, and the forecast."""
        chances = {} if self.predicted is None else self.predicted.to_json()
        return {"verdict": self.verdict, "pays_best": self.favourite.words, "margin": self.landing_margin, **chances}

    @property
    def leading(self) -> Finding | None:
        """The first failure, else the first warning that makes a reward doubtful.

        Where nothing is paid, or nothing ahead counts, that comes first: all else follows from it.
        """
        failures = [check for check in self.checks if check.status == "fail"]
        failed = next((check for check in failures if check.id in PREMISES), None) or next(iter(failures), None)
        return failed or next((c for c in self.checks if c.status == "warn" and c.id in DOUBTS), None)

    @property
    def notes(self) -> list[str]:
        """What is worth knowing besides, a sentence each."""
        notes = [NOTES["logged_only"]] if self.logged_only else []
        turned = ", ".join(LABELS[key] for key in self.negative)
        return notes + ([NOTES["negative"].format(terms=turned)] if turned else [])

    def __getitem__(self, id: str) -> Finding:
        return next(check for check in self.checks if check.id == id)

    def to_json(self) -> dict[str, Any]:
        """Plain values for programs."""
        return {
            "verdict": self.verdict,
            "landing_margin": self.landing_margin,
            "predicted": self.predicted and self.predicted.to_json(),
            "logged_only": self.logged_only,
            "notes": self.notes,
            "checks": [
                {"id": check.id, "status": check.status, "message": check.message, "value": check.value}
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
    return FlightCheck(verdict, margin, ranking.rows, checks, logged, negative, forecast(ranking))


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
    found = check_reward(config, gamma)
    if found.logged_only and not logged:
        raise AssertionError(f"the reward is not used: {NOTES['logged_only']} Set replace_reward, or pass logged=True.")
    if found.verdict == "broken" or (found.verdict == "doubtful" and not doubtful):
        wrong = [check.message for check in found.checks if check.status == "fail"] or [found.sentence]
        raise AssertionError(f"the reward is {found.verdict}: {' '.join(wrong)}")
