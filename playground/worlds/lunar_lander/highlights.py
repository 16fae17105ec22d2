"""The moments of a lander's episode: its contacts with the ground, and long burns of the main engine.

Leaves out: what a reward paid (``insight.highlights``).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from playground.flight.moment import Moment
from playground.flight.trajectory import Trajectory

BURST: Final = 8
"""Fewer firings of the main engine in a row are no burst."""
BURSTS: Final = 3
APART: Final = 10
"""Two contacts nearer than this are one."""


def highlights(trajectory: Trajectory) -> list[Moment]:
    """Contacts and bursts."""
    return [*contacts(trajectory), *bursts(trajectory.actions)]


def contacts(trajectory: Trajectory) -> list[Moment]:
    """Where a leg touches after none did for a while."""
    touching = np.asarray((trajectory.observations[:, 6:8] > 0.5).any(axis=1))
    began = np.flatnonzero(touching[1:] & ~touching[:-1])
    ended = np.flatnonzero(~touching[1:] & touching[:-1])
    moments = []
    for step in began.tolist():
        before = ended[ended < step]
        if not len(before) or step - before[-1] >= APART:
            moments.append(Moment(step, "contact"))
    return moments


def bursts(actions: npt.NDArray[np.int64]) -> list[Moment]:
    """The longest burns of the main engine."""
    firing = np.concatenate([[0], (actions == 2).astype(int), [0]])
    edges = np.diff(firing)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - starts
    longest = np.argsort(-lengths, kind="stable")[:BURSTS]
    return [Moment(int(starts[i]), "burst", amount=float(lengths[i])) for i in longest if lengths[i] >= BURST]
