"""The moments of an episode that are worth a look, found from its contacts, its engines and its payments.

Leaves out: words and marks on a time line (``app.player``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from playground.flight.trajectory import Trajectory
from playground.reward.term import Floats

Kind = Literal["contact", "burst", "payment", "lead"]

BURST: Final = 8
"""Fewer firings of the main engine in a row are no burst."""
BURSTS: Final = 3
PAYMENTS: Final = 3
APART: Final = 10
"""Two payments nearer than this are one moment; so are two contacts."""
LEAD_HOLDS: Final = 15
"""A part leads once it has been ahead for so many steps."""


@dataclass(frozen=True)
class Moment:
    """Something happened."""

    step: int
    """The step that paid for it, 0 to T − 1; the frame after it shows it."""
    kind: Kind
    part: str = ""
    """The part that it is about, for a payment and a lead."""
    amount: float = 0.0
    """What a payment paid, or how many steps a burst lasted."""


def find_moments(trajectory: Trajectory, paid: Floats, keys: Sequence[str]) -> list[Moment]:
    """Contacts, long burns of the main engine, the largest payments, and where another part takes the lead.

    Args:
        trajectory: an episode of T steps.
        paid: ``(T, parts)`` of any reward.
        keys: of the parts.

    Returns:
        In the order of time.
    """
    found = [*_contacts(trajectory), *_bursts(trajectory.actions), *_payments(paid, keys), *_leads(paid, keys)]
    return sorted(found, key=lambda moment: (moment.step, moment.kind))


def _contacts(trajectory: Trajectory) -> list[Moment]:
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


def _bursts(actions: npt.NDArray[np.int64]) -> list[Moment]:
    """The longest burns of the main engine."""
    firing = np.concatenate([[0], (actions == 2).astype(int), [0]])
    edges = np.diff(firing)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - starts
    longest = np.argsort(-lengths, kind="stable")[:BURSTS]
    return [Moment(int(starts[i]), "burst", amount=float(lengths[i])) for i in longest if lengths[i] >= BURST]


def _payments(paid: Floats, keys: Sequence[str]) -> list[Moment]:
    """The largest single payments, each with the part that it is mostly about."""
    sums = paid.sum(axis=1)
    chosen: list[int] = []
    for step in np.argsort(-np.abs(sums), kind="stable").tolist():
        if len(chosen) == PAYMENTS or sums[step] == 0:
            break
        if all(abs(step - other) >= APART for other in chosen):
            chosen.append(step)
    return [Moment(step, "payment", keys[int(np.abs(paid[step]).argmax())], float(paid[step].sum())) for step in chosen]


def _leads(paid: Floats, keys: Sequence[str]) -> list[Moment]:
    """Where the part that has paid or charged most so far changes, and stays changed for a while."""
    amounts = np.abs(paid.cumsum(axis=0))
    leader = np.where(amounts.any(axis=1), amounts.argmax(axis=1), -1)
    moments, now = [], -1
    starts = np.flatnonzero(np.diff(leader, prepend=-2))
    for start, end in zip(starts, np.append(starts[1:], len(leader)), strict=True):
        if leader[start] not in (now, -1) and end - start >= min(LEAD_HOLDS, len(leader) - start):
            if now != -1:
                moments.append(Moment(int(start), "lead", keys[leader[start]]))
            now = int(leader[start])
    return moments
