"""Recorded behaviours, so that any reward's opinion of them is a dot product.

The scripted probes of the world and the shipped policies, several seeds each, lie in one file;
``playground probes --record`` makes it anew. An episode is labelled by what it did, as measured, not by what it tried.

Leaves out: opinions (``flight_check``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.trajectory import Trajectory
from playground.flight.world import World
from playground.reward.account import decompose_terms
from playground.reward.term import Floats, Form, Transitions
from playground.worlds.lunar_lander.geometry import MAX_STEPS, PAD_HALF_WIDTH
from playground.worlds.lunar_lander.measures import touchdown_speed
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.world import WORLD as LANDER

LIBRARY: Final = Path(__file__).resolve().parents[1] / "worlds" / "lunar_lander" / "probes.npz"
SEEDS: Final = range(5000, 5004)
"""Of the recorded episodes; neither training nor evaluation uses them."""
SOON: Final = 130
"""Steps before which a crash is no more than falling."""
LOOP: Final = 50
"""Steps that a loop takes at least."""
NEARLY: Final = 0.02
"""How far apart two states of a loop's ends may be, in any of LunarLander's units."""
HARD: Final = 1.5
"""Touchdown speed in metres a second from which a landing is hard."""


class Behaviour(StrEnum):
    """What an episode did."""

    SOFT_LANDING = "soft_landing"
    HARD_LANDING = "hard_landing"
    OFF_PAD_LANDING = "off_pad_landing"
    CRASH_SOON = "crash_soon"
    CRASH_LATE = "crash_late"
    OUT_OF_BOUNDS = "out_of_bounds"
    HOVERING = "hovering"
    CIRCLING = "circling"
    FLYING_AWAY = "flying_away"
    SITTING = "sitting"
    """On the ground, never asleep, to the time-out."""
    TAPPING = "tapping"
    """Up and down on the ground, to the time-out."""

    @property
    def outcome(self) -> str:
        """How it ends: landing, crash or timeout."""
        return "landing" if self in LANDINGS else "crash" if self in CRASHES else "timeout"


LANDINGS: Final = (Behaviour.SOFT_LANDING, Behaviour.HARD_LANDING, Behaviour.OFF_PAD_LANDING)
LINGERING: Final = (Behaviour.HOVERING, Behaviour.CIRCLING, Behaviour.FLYING_AWAY, Behaviour.SITTING, Behaviour.TAPPING)
CRASHES: Final = (Behaviour.CRASH_SOON, Behaviour.CRASH_LATE, Behaviour.OUT_OF_BOUNDS)


def behaviour_of(episode: Trajectory) -> Behaviour:
    """What an episode did, from its observations alone."""
    x, y = episode.observations[:, 0], episode.observations[:, 1]
    if episode.outcome == Outcome.LANDED:
        if abs(x[-1]) > PAD_HALF_WIDTH:
            return Behaviour.OFF_PAD_LANDING
        return Behaviour.HARD_LANDING if touchdown_speed(episode) >= HARD else Behaviour.SOFT_LANDING
    if episode.outcome == Outcome.OUT_OF_BOUNDS:
        return Behaviour.OUT_OF_BOUNDS
    if episode.outcome == Outcome.CRASHED:
        return Behaviour.CRASH_SOON if len(episode) < SOON else Behaviour.CRASH_LATE
    later = slice(len(y) // 2, None)
    contact = episode.observations[later, 6:].any(axis=1).mean()
    if contact > 0.7:
        return Behaviour.SITTING
    if contact > 0.02:
        return Behaviour.TAPPING
    if y[-1] > 1.5:
        return Behaviour.FLYING_AWAY
    travelled = np.hypot(np.ptp(x[later]), np.ptp(y[later]))
    return Behaviour.CIRCLING if travelled > 0.4 else Behaviour.HOVERING


def loop_of(episode: Trajectory) -> tuple[int, int] | None:
    """First and last step of the closest return to an earlier state in an episode's second half; None if none is."""
    middle = len(episode) // 2
    late = episode.observations[middle:].astype(np.float64)
    gaps = np.abs(late[:, None, :] - late[None, :, :]).max(axis=2)
    apart = np.subtract.outer(np.arange(len(late)), np.arange(len(late))) <= -LOOP
    gaps[~apart] = np.inf
    first, last = np.unravel_index(gaps.argmin(), gaps.shape)
    return (middle + int(first), middle + int(last)) if gaps[first, last] < NEARLY else None


@dataclass(frozen=True, eq=False)
class ProbeLibrary:
    """E episodes with S steps in all, laid end to end."""

    world: World
    names: npt.NDArray[np.str_]
    """``(E,)``: of the probe or the preset that flew."""
    seeds: npt.NDArray[np.int64]
    """``(E,)``"""
    lengths: npt.NDArray[np.int64]
    """``(E,)``: steps of each episode."""
    observations: npt.NDArray[np.float32]
    """``(S + E, 8)``: each episode's, its reset observation first."""
    actions: npt.NDArray[np.int8]
    """``(S,)``"""
    rewards: npt.NDArray[np.float64]
    """``(S,)``: Gymnasium's."""
    terminated: npt.NDArray[np.bool_]
    """``(E,)``"""
    behaviours: npt.NDArray[np.str_]
    """``(E,)``: what each did, values of `Behaviour`."""
    loops: npt.NDArray[np.int64]
    """``(L, 3)``: episode, first and last step (as a slice of all steps) of each stretch that ends nearly where it
    began, one at most in each episode that lingers."""

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def fingerprint(self) -> str:
        """Tells recordings apart: what is fitted to one library does not fit another."""
        whole = hashlib.sha256()
        for array in (self.seeds, self.lengths, self.observations, self.actions, self.rewards, self.terminated):
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()[:16]

    @cached_property
    def episodes(self) -> list[Trajectory]:
        """All of them."""
        starts = np.concatenate([[0], np.cumsum(self.lengths)])
        return [
            Trajectory(
                self.world,
                int(self.seeds[i]),
                self.observations[starts[i] + i : starts[i + 1] + i + 1],
                self.actions[starts[i] : starts[i + 1]].astype(np.int64),
                self.rewards[starts[i] : starts[i + 1]],
                bool(self.terminated[i]),
            )
            for i in range(len(self))
        ]

    @cached_property
    def transitions(self) -> Transitions:
        """All steps ``(S,)``."""
        parts = [episode.transitions for episode in self.episodes]
        return Transitions(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def flown(self, behaviour: Behaviour) -> list[npt.NDArray[np.int64]]:
        """Episodes of a behaviour, an array for each seed in their order."""
        return self._flown[behaviour]

    @cached_property
    def _flown(self) -> dict[Behaviour, list[npt.NDArray[np.int64]]]:
        return {
            behaviour: [
                np.flatnonzero((self.behaviours == behaviour) & (self.seeds == seed)) for seed in np.unique(self.seeds)
            ]
            for behaviour in Behaviour
        }

    def steps(self, form: Form, gamma: float) -> Floats:
        """Raw components of every step, ``(S, parts)``."""
        return _steps(self, form, gamma if form == "potential" else 0.0)

    def amounts(self, form: Form, gamma: float) -> Floats:
        """What each raw component amounts to over all steps, whatever its sign, ``(parts,)``."""
        return _amounts(self, form, gamma if form == "potential" else 0.0)

    def sums(self, form: Form, gamma: float) -> Floats:
        """Discounted sums of every episode's raw components, ``(E, parts)``: times weights, its return."""
        return _sums(self, form, gamma)

    def loop_rates(self, form: Form, gamma: float) -> Floats:
        """What each raw component pays a step, on average, over each of the loops, ``(L, parts)``."""
        return _loop_rates(self, form, gamma if form == "potential" else 0.0)

    def residuals(self, form: Form, gamma: float) -> Floats:
        """How far each potential's payment is from Ng's γ·Φ(s') − Φ(s), at most on any step that is not the last.

        Returns:
            ``(parts,)``, unweighted; 0 for events.
        """
        return _residuals(self, form, gamma)


@lru_cache(maxsize=4)
def _steps(library: ProbeLibrary, form: Form, gamma: float) -> Floats:
    return decompose_terms(library.transitions, library.world.terms, form, gamma)


@lru_cache(maxsize=4)
def _amounts(library: ProbeLibrary, form: Form, gamma: float) -> Floats:
    return np.asarray(np.abs(_steps(library, form, gamma)).sum(axis=0), np.float64)


@lru_cache(maxsize=16)
def _sums(library: ProbeLibrary, form: Form, gamma: float) -> Floats:
    ages = np.concatenate([np.arange(length) for length in library.lengths])
    starts = np.concatenate([[0], np.cumsum(library.lengths)[:-1]])
    fade = gamma ** np.arange(MAX_STEPS)
    sums: Floats = np.add.reduceat(library.steps(form, gamma) * fade[ages, None], starts, axis=0)
    return sums


@lru_cache(maxsize=16)
def _loop_rates(library: ProbeLibrary, form: Form, gamma: float) -> Floats:
    steps = _steps(library, form, gamma)
    rates = [steps[first:last].mean(axis=0) for _, first, last in library.loops.tolist()]
    return np.array(rates, np.float64).reshape(-1, steps.shape[1])


@lru_cache(maxsize=16)
def _residuals(library: ProbeLibrary, form: Form, gamma: float) -> Floats:
    columns = [i for i, term in enumerate(library.world.terms) if term.potential is not None]
    mine, ideal = (library.steps(one, gamma)[:, columns] for one in (form, "potential"))
    gaps: Floats = np.zeros(len(library.world.terms) + 1)
    gaps[columns] = np.abs(mine - ideal)[~library.transitions.terminated].max(axis=0)
    return gaps


ARRAYS: Final = tuple(name for name in ProbeLibrary.__dataclass_fields__ if name != "world")


def make_library(flown: Iterable[tuple[str, Trajectory]]) -> ProbeLibrary:
    """A library of named episodes."""
    names, episodes = zip(*flown, strict=True)
    behaviours = [behaviour_of(episode) for episode in episodes]
    loops, start = [], 0
    for index, episode in enumerate(episodes):
        if behaviours[index] in LINGERING and (found := loop_of(episode)) is not None:
            loops.append((index, start + found[0], start + found[1]))
        start += len(episode)
    return ProbeLibrary(
        world=episodes[0].world,
        names=np.array(names),
        seeds=np.array([episode.seed for episode in episodes], np.int64),
        lengths=np.array([len(episode) for episode in episodes], np.int64),
        observations=np.concatenate([episode.observations for episode in episodes]),
        actions=np.concatenate([episode.actions for episode in episodes]).astype(np.int8),
        rewards=np.concatenate([episode.rewards for episode in episodes]),
        terminated=np.array([episode.terminated for episode in episodes]),
        behaviours=np.array([str(behaviour) for behaviour in behaviours]),
        loops=np.array(loops, np.int64).reshape(-1, 3),
    )


def save_library(library: ProbeLibrary, path: Path = LIBRARY) -> None:
    """Write it as one compressed file."""
    np.savez_compressed(path, **{name: getattr(library, name) for name in ARRAYS})


@lru_cache(maxsize=2)
def load_library(path: Path = LIBRARY) -> ProbeLibrary:
    """The library in a file, by default the shipped one."""
    with np.load(path, allow_pickle=False) as file:
        return ProbeLibrary(LANDER, **{name: file[name] for name in ARRAYS})
