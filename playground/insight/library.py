"""Recorded behaviours, so that what any reward pays for them is a dot product.

For a world with `Behaviours`, its scripted probes and shipped policies, several seeds each, lie in one file, which
``playground probes --record`` writes. An episode is labelled by what it did, as measured, not by what it tried. For any
other world the probes fly when they are first asked for, and an episode's label is its outcome.

Leaves out: what a reward makes of them (``ranking``, ``check``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.probes import simple_probes
from playground.flight.rollout import run_episode
from playground.flight.trajectory import Trajectory
from playground.flight.world import World
from playground.reward.account import decompose_terms
from playground.reward.term import Floats, Form, Transitions

SEEDS: Final = range(5000, 5004)
"""Of the recorded episodes; neither training nor evaluation uses them."""


def loop_of(episode: Trajectory) -> tuple[int, int] | None:
    """First and last step of the closest return to an earlier state in an episode's second half; None if none is."""
    middle = len(episode) // 2
    late = episode.observations[middle:].astype(np.float64)
    near = np.array([quantity.near for quantity in episode.world.quantities])
    gaps = (np.abs(late[:, None, :] - late[None, :, :]) / near).max(axis=2)
    apart = np.subtract.outer(np.arange(len(late)), np.arange(len(late))) <= -episode.world.loop_steps
    gaps[~apart] = np.inf
    first, last = np.unravel_index(gaps.argmin(), gaps.shape)
    return (middle + int(first), middle + int(last)) if gaps[first, last] < 1 else None


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
    """``(S + E, n)``: each episode's, its reset observation first."""
    actions: npt.NDArray[np.int8]
    """``(S,)``"""
    rewards: npt.NDArray[np.float64]
    """``(S,)``: Gymnasium's."""
    terminated: npt.NDArray[np.bool_]
    """``(E,)``"""
    behaviours: npt.NDArray[np.str_]
    """``(E,)``: what each did, one of the world's behaviours or, where it has none, an outcome."""
    loops: npt.NDArray[np.int64]
    """``(L, 3)``: episode, first and last step (as a slice of all steps) of each stretch that ends nearly where it
    began, one at most in each episode that neither terminated nor succeeded."""

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

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The behaviours that were recorded, in the world's order."""
        known = self.world.outcomes if self.world.behaviours is None else self.world.behaviours.names
        recorded = set(self.behaviours.tolist())
        return tuple(name for name in known if name in recorded)

    @cached_property
    def succeeded(self) -> npt.NDArray[np.bool_]:
        """``(E,)``: which episodes reached the world's goal."""
        return np.array([self.world.kind_of(name) == "success" for name in self.behaviours.tolist()])

    def flown(self, behaviour: str) -> list[npt.NDArray[np.int64]]:
        """Episodes of a behaviour, an array for each seed in their order."""
        return self._flown[behaviour]

    @cached_property
    def _flown(self) -> dict[str, list[npt.NDArray[np.int64]]]:
        return {
            behaviour: [
                np.flatnonzero((self.behaviours == behaviour) & (self.seeds == seed)) for seed in np.unique(self.seeds)
            ]
            for behaviour in self.labels
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
    fade = gamma ** np.arange(int(library.lengths.max()))
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
    loops, start = [], 0
    for index, episode in enumerate(episodes):
        if not episode.terminated and not episode.succeeded and (loop := loop_of(episode)) is not None:
            loops.append((index, start + loop[0], start + loop[1]))
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
        behaviours=np.array([_label(episode) for episode in episodes]),
        loops=np.array(loops, np.int64).reshape(-1, 3),
    )


def _label(episode: Trajectory) -> str:
    behaviours = episode.world.behaviours
    return episode.outcome if behaviours is None else str(behaviours.label(episode))


def record_library(world: World) -> ProbeLibrary:
    """Episodes of a world's probes, and of pilots that any world has, flown now."""
    pilots = {**simple_probes(world.actions), **world.probes()}
    return make_library((name, run_episode(world, make(seed), seed)) for name, make in pilots.items() for seed in SEEDS)


def save_library(library: ProbeLibrary, path: Path) -> None:
    """Write it as one compressed file."""
    np.savez_compressed(path, **{name: getattr(library, name) for name in ARRAYS})


def load_library(path: Path, world: World) -> ProbeLibrary:
    """The library in a file."""
    with np.load(path, allow_pickle=False) as file:
        return ProbeLibrary(world, **{name: file[name] for name in ARRAYS})


@cache
def library_of(world: World) -> ProbeLibrary:
    """The recordings that rewards of a world are checked with: the shipped ones, or some that are made now."""
    return record_library(world) if world.behaviours is None else load_library(world.behaviours.recordings, world)
