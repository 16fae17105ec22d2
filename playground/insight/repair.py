"""Inverse sliders: the smallest change of the weights after which a reward is sound, and where each slider may stand.

The return of a recorded behaviour is linear in the weights, so "this landing pays more than that crash" is a linear
constraint on them. The smallest relative change that meets such constraints is a least-distance problem, solved as a
non-negative least-squares one (Lawson & Hanson 1974, ch. 23). What pays best changes with the weights, so constraints
are added until none is broken.

Leaves out: what makes a reward sound (``flight_check``), and whether PPO then learns it.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.insight.check import CLOSE, RISKY, FlightCheck, check_reward
from playground.insight.library import CRASHES, LANDINGS, LINGERING, Behaviour, ProbeLibrary, load_library
from playground.reward.design import Design
from playground.reward.term import WEIGHT_LIMIT, Floats

TARGET: Final = 0.2
"""Deviations by which landing shall pay more than crashing and than lingering."""
ROUNDS: Final = 60
LONGER: Final = 1.15
"""A change of fewer weights may be longer than the shortest by this factor."""
REMAIN: Final = (0.1, 1e-4)
"""What must remain of the returns' deviation, tried in turn: a reward that pays next to nothing is hardly mended."""
NUDGE: Final = 0.05
"""A weight of 0 counts as what would make its term this share of the returns' deviation."""
LESS: Final = (0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0)
"""Shares of its weight that a farmed term is brought to, in turn."""
GRID: Final = 81
DIGITS: Final = 3
"""Significant digits of a mended weight."""

NEEDED: Final = 2
"""Landing beats crashing and lingering."""
ALL: Final = 3
"""And hovering beats crashing, so that who cannot land yet does not learn to crash."""
RISK: Final = 4
"""And landing beats hovering by enough to be tried where many tries crash."""

Bounds = dict[str, tuple[float, float]]
Good = Callable[[Design], bool]
Duel = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class Repair:
    """A reward and the nearest one in which landing pays best."""

    before: FlightCheck
    after: FlightCheck | None
    """None where nothing within the sliders' ranges mends it, or nothing needs mending."""
    config: Design
    """The mended reward; the given one where nothing was mended."""
    singles: Mapping[str, float]
    """Weights that mend it alone, each with its nearest value that does. One that mends what is broken may leave a
    doubt."""
    missing: str
    """If no weights within the ranges mend it: the weight that does beyond its range; empty if none does, or none is
    needed."""

    @property
    def needed(self) -> bool:
        """Whether something was wrong: landing did not pay best, or there was a doubt."""
        return self.before.verdict != "sound"

    def changes(self, original: Design) -> dict[str, tuple[float, float]]:
        """Each changed weight before and after."""
        fields = [term.weight for term in original.terms]
        pairs = {name: (getattr(original, name), getattr(self.config, name)) for name in fields}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class _Contest:
    """Landings against everything else, start by start, for many weightings at once."""

    def __init__(self, config: Design, gamma: float, library: ProbeLibrary, remain: float = REMAIN[0]) -> None:
        self.config = config
        sums = library.sums(config.form, gamma)
        size = abs(config.scale) or 1.0  # in units of the scale, which then changes nothing but Gymnasium's share
        self.fixed: Floats = sums[:, -1] * config.w_env / size
        """``(E,)``: what Gymnasium's own reward pays, which no slider of a term moves."""
        signs = np.array([np.sign(config.scale) * term.sign for term in config.terms])
        self.columns: Floats = sums[:, :-1] * signs
        """``(E, terms)``: what each field pays an episode for each unit of its weight."""
        self.start: npt.NDArray[np.int64] = np.unique(library.seeds, return_inverse=True)[1].reshape(-1)
        kinds = library.behaviours
        landings, crashes, lingering, hovering = (
            np.isin(kinds, group) for group in (LANDINGS, CRASHES, LINGERING, [Behaviour.HOVERING])
        )
        self.duels: tuple[Duel, ...] = (
            (landings, crashes),
            (landings, lingering),
            (hovering, crashes),
            (landings, hovering),
        )
        """Which shall beat which: two without which a reward is broken, and two without which it is doubtful."""
        first = self.spread(self.returns(_fields(config)[:, None]))[0]
        self.floor = remain * float(first) or 1.0
        self.starts = np.unique(self.start[landings]).tolist()
        self.centred = self._centred(self.columns), self._centred(self.fixed[:, None])[:, 0]
        """Columns and fixed share without the mean of each start."""

    def returns(self, weights: Floats) -> Floats:
        """``(E, N)`` for weights ``(terms, N)``."""
        result: Floats = self.columns @ weights + self.fixed[:, None]
        return result

    def deviation(self, returns: Floats) -> Floats:
        """``(N,)``: of returns from the same start, over all episodes; at least what must remain of it."""
        return np.maximum(self.spread(returns), self.floor)

    def spread(self, returns: Floats) -> Floats:
        """``(N,)``: of returns from the same start, over all episodes."""
        above = self._centred(returns)
        result: Floats = above.std(axis=0)
        return result

    def best(self, returns: Floats, group: npt.NDArray[np.bool_]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """From each start the best return of a group, ``(S, N)``, NaN where none was flown, and whose it is."""
        found = np.full((len(self.starts), returns.shape[1]), np.nan)
        which = np.full(found.shape, -1)
        for row, s in enumerate(self.starts):
            indices = np.flatnonzero(group & (self.start == s))
            if len(indices):
                which[row] = indices[returns[indices].argmax(axis=0)]
                found[row] = returns[indices].max(axis=0)
        return found, which

    def cuts(self, weights: Floats, duel: Duel, margin: float) -> list[tuple[Floats, float]]:
        """Constraints slope·weights + base ≥ 0 that hold where the present best of a duel keep a margin.

        One by a margin in deviations: they are a norm of the returns, so its tangent never exceeds it. One by a margin
        in what must remain of them.
        """
        returns = self.returns(weights[:, None])
        land, other = (self.best(returns, group)[1][:, 0] for group in duel)
        met = (land >= 0) & (other >= 0)
        gap = (self.columns[land[met]] - self.columns[other[met]]).mean(axis=0)
        fixed = float((self.fixed[land[met]] - self.fixed[other[met]]).mean())
        columns, constant = self.centred
        above = columns @ weights + constant
        above /= np.linalg.norm(above) * np.sqrt(len(above)) or 1.0
        relative = gap - margin * (above @ columns), fixed - margin * float(above @ constant)
        return [relative, (gap, fixed - margin * self.floor)]

    def _centred(self, values: Floats) -> Floats:
        """Without the mean of each start."""
        centred = values.copy()
        for s in range(int(self.start.max()) + 1):
            centred[self.start == s] -= values[self.start == s].mean(axis=0)
        return centred

    def gaps(self, weights: Floats, duels: int = NEEDED) -> Floats:
        """``(duels, N)``: by how many deviations the first of each duel pays more than the second."""
        returns = self.returns(weights)
        unit = self.deviation(returns)
        pairs = [(self.best(returns, one)[0], self.best(returns, other)[0]) for one, other in self.duels[:duels]]
        return np.stack([np.nanmean(good - bad, axis=0) / unit for good, bad in pairs])


def repair_reward(
    config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None, bounds: Bounds | None = None
) -> Repair:
    """The smallest relative change of the terms' weights after which landing pays best by `TARGET` deviations.

    A broken reward is mended even if a doubt remains; a doubtful one only if none does. The smallest change is that for
    the landings that pay best on the way there: another landing might be made the best one with less.

    Args:
        config: any reward.
        gamma: its discount, 0 to 1.
        library: the behaviours; by default the shipped ones.
        bounds: lowest and highest value of each weight; by default its slider's, widened to where it stands.

    Raises:
        ValueError: the discount is out of range.
    """
    library = library or load_library()
    before = check_reward(config, gamma, library)
    if before.verdict == "sound" or not config.replace_reward or config.scale == 0 or gamma == 0:
        return Repair(before, None, config, {}, "")

    def good(other: Design) -> bool:
        verdict = check_reward(other, gamma, library).verdict
        return verdict == "sound" or (verdict == "doubtful" and before.verdict == "broken")

    contests = [_Contest(config, gamma, library, remain) for remain in REMAIN]
    contest = contests[0]
    limits = bounds or slider_bounds(config)

    def alone(within: Bounds) -> dict[str, float]:
        return {
            name: value for name, value in _singles(contest, within).items() if good(with_weight(config, name, value))
        }

    singles = alone(limits)
    for duels, lenient in itertools.product((ALL, NEEDED), contests):
        mended = _mend(lenient, limits, good, duels)
        if mended is not None:
            return Repair(before, check_reward(mended, gamma, library), mended, singles, "")
    if singles:  # the search cuts corners; a single slider needs none
        problem = _Problem(contest, limits)
        one = min(singles, key=lambda name: problem.length(_fields(with_weight(config, name, singles[name]))))
        mended = with_weight(config, one, singles[one])
        return Repair(before, check_reward(mended, gamma, library), mended, singles, "")
    if before.verdict == "doubtful":
        less = _farmed_less(config, before, good)
        if less is None:
            return Repair(before, None, config, {}, "")
        return Repair(before, check_reward(less, gamma, library), less, {}, "")
    beyond = {name: (min(0.0, low), WEIGHT_LIMIT) for name, (low, _) in limits.items()}
    far = alone(beyond)
    missing = min(far, key=lambda name: far[name] / max(limits[name][1], 1e-9), default="")
    return Repair(before, None, config, singles, missing)


def slider_bounds(config: Design) -> Bounds:
    """Each weight's slider, widened to where the weight stands."""
    limits = {}
    for term in config.terms:
        slider, value = term.sliders[config.form], getattr(config, term.weight)
        limits[term.weight] = (min(slider.low, value), max(slider.high, value))
    return limits


def sound_bands(
    config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None
) -> dict[str, list[tuple[float, float]]]:
    """Where each slider may stand, the others as they are, so that landing pays best and is worth a try.

    Returns:
        For each weight the stretches of its slider in which landing pays more than crashing and than lingering,
        hovering pays more than crashing, and enough risk is accepted, to the grain of `GRID` places. Nothing for a
        reward that training does not see, or that looks no step ahead.
    """
    if not config.replace_reward or gamma == 0:
        return {}
    contest = _Contest(config, gamma, library or load_library())
    bands = {}
    for name, (low, high) in slider_bounds(config).items():
        places = np.linspace(low, high, GRID)
        gaps = contest.gaps(_varied(config, name, places), RISK)
        over_crash, over_hovering = gaps[0], gaps[3]
        good = (gaps[:NEEDED] >= CLOSE).all(axis=0) & (gaps[2] > 0) & (over_hovering >= RISKY * over_crash)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
        bands[name] = [(float(places[a]), float(places[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return bands


def with_weight(config: Design, name: str, value: float) -> Design:
    """The reward with one weight changed."""
    return config.changed(**{name: value})


def _fields(config: Design) -> Floats:
    return np.array([config.weight_of(term) for term in config.terms], np.float64)


def _varied(config: Design, name: str, places: Floats) -> Floats:
    """Weights ``(terms, N)`` with one of them at each place."""
    weights = np.repeat(_fields(config)[:, None], len(places), axis=1)
    weights[[term.weight for term in config.terms].index(name)] = places
    return weights


def _singles(contest: _Contest, limits: Bounds) -> dict[str, float]:
    """The nearest value of each weight that mends the reward alone."""
    found = {}
    for name, (low, high) in limits.items():
        now = float(getattr(contest.config, name))
        places = np.unique(np.concatenate([np.linspace(low, high, GRID), np.geomspace(1e-3, 1, GRID) * high]))
        places = places[(places >= low) & (places <= high)]
        good = (contest.gaps(_varied(contest.config, name, places)) >= TARGET).all(axis=0)
        if good.any():
            found[name] = _rounded(float(places[good][np.abs(places[good] - now).argmin()]))
    return found


def _farmed_less(config: Design, before: FlightCheck, good: Good) -> Design | None:
    """The reward with the most of a term that pays for going in a loop, so that nothing is in doubt."""
    farmed = next((term for term in config.terms if term.key == before["farming"].params["term"]), None)
    if farmed is None or before["farming"].status == "ok":
        return None
    now = float(getattr(config, farmed.weight))
    tried = (with_weight(config, farmed.weight, _rounded(share * now)) for share in LESS)
    return next((less for less in tried if good(less)), None)


def _mend(contest: _Contest, limits: Bounds, good: Good, duels: int) -> Design | None:
    """The smallest change within the limits, of no more weights than it needs; None if there is none."""
    problem = _Problem(contest, limits, duels)
    weights = problem.solve(problem.free)
    if weights is None:
        return None
    free = problem.free
    least = problem.length(weights)
    while free.sum() > 1:
        moved = np.where(free, np.abs(problem.steps(weights)), np.inf)
        fewer = free.copy()
        fewer[moved.argmin()] = False
        found = problem.solve(fewer)
        if found is None or problem.length(found) > LONGER * least:
            break
        free, weights = fewer, found
    return _tidy(contest, weights, good)


class _Problem:
    """The search for the nearest weights in which landing pays best, in steps relative to each weight's size."""

    def __init__(self, contest: _Contest, limits: Bounds, duels: int = NEEDED) -> None:
        self.contest = contest
        self.duels = duels
        self.origin = _fields(contest.config)
        deviation = float(contest.deviation(contest.returns(self.origin[:, None]))[0])
        influence = contest.columns.std(axis=0)
        sizes = np.maximum(np.abs(self.origin), NUDGE * deviation / np.where(influence > 0, influence, np.inf))
        self.lows, self.highs = (
            np.array([limits[term.weight][side] for term in contest.config.terms]) for side in (0, 1)
        )
        self.free: npt.NDArray[np.bool_] = (sizes > 0) & (self.highs > self.lows)
        self.sizes: Floats = np.where(self.free, sizes, 1.0)

    def steps(self, weights: Floats) -> Floats:
        """How far each weight has moved, relative to its size."""
        result: Floats = (weights - self.origin) / self.sizes
        return result

    def length(self, weights: Floats) -> float:
        """How far all have moved."""
        return float(np.linalg.norm(self.steps(weights)))

    def solve(self, free: npt.NDArray[np.bool_]) -> Floats | None:
        """The nearest weights when only some may move; None if none do."""
        corners = np.eye(len(free))[free]
        rows: list[Floats] = [*corners, *-corners]
        least: list[float] = [*self.steps(self.lows)[free], *-self.steps(self.highs)[free]]
        weights = self.origin
        for _ in range(ROUNDS):
            gaps = self.contest.gaps(weights[:, None], self.duels)[:, 0]
            if (gaps >= TARGET).all():
                return weights
            for duel, gap in zip(self.contest.duels, gaps, strict=False):
                if gap < TARGET:
                    for slope, base in self.contest.cuts(weights, duel, 1.05 * TARGET):
                        row = slope * self.sizes * free
                        size = float(np.linalg.norm(row)) or 1.0
                        rows.append(row / size)
                        least.append(-(base + float(slope @ self.origin)) / size)
            step = _least_distance(np.array(rows), np.array(least))
            if step is None:
                return None
            weights = np.clip(self.origin + self.sizes * step * free, self.lows, self.highs)
        return None


def _least_distance(rows: Floats, least: Floats) -> Floats | None:
    """The shortest x with ``rows @ x >= least``; None if there is none."""
    from scipy.optimize import nnls  # only here: it takes longer to import than all else of a first page

    matrix = np.vstack([rows.T, least])
    wanted = np.zeros(len(matrix))
    wanted[-1] = 1.0
    try:
        multipliers, residue = nnls(matrix, wanted, maxiter=50 * matrix.shape[1])
    except RuntimeError:  # it gave up
        return None
    rest = matrix @ multipliers - wanted
    if residue < 1e-8 or abs(rest[-1]) < 1e-12:
        return None
    result: Floats = -rest[:-1] / rest[-1]
    return result


def _tidy(contest: _Contest, weights: Floats, good: Good) -> Design | None:
    """The reward with these weights, in round numbers if they do; None if the whole check is not content with it."""
    origin = _fields(contest.config)
    close = np.where(np.abs(weights - origin) <= 1e-3 * np.abs(origin), origin, weights)
    close[np.abs(close) < 1e-9 * np.abs(close).max()] = 0.0
    for values in (np.array([v if v == o else _rounded(v) for v, o in zip(close, origin, strict=True)]), close):
        changes: dict[str, Any] = {term.weight: float(v) for term, v in zip(contest.config.terms, values, strict=True)}
        config = contest.config.changed(**changes)
        if good(config):
            return config
    return None


def _rounded(value: float) -> float:
    """To `DIGITS` significant digits.

    >>> _rounded(1234.5), _rounded(0.0)
    (1230.0, 0.0)
    """
    return float(f"{value:.{DIGITS}g}")
