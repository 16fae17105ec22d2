"""The moments of an episode that are worth a look: the world's own, and the reward's largest payments and new leads.

Leaves out: the world's own (``World.highlights``), words and marks on a time line (``app.player``).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from playground.flight.moment import Moment
from playground.flight.trajectory import Trajectory
from playground.reward.term import Floats

PAYMENTS: Final = 3
APART: Final = 10
"""Two payments nearer than this are one moment."""
LEAD_HOLDS: Final = 15
"""A part leads once it has been ahead for so many steps."""


def find_moments(trajectory: Trajectory, paid: Floats, keys: Sequence[str]) -> list[Moment]:
    """The world's own moments, the largest payments, and where another part takes the lead.

    Args:
        trajectory: an episode of T steps.
        paid: ``(T, parts)`` of any reward.
        keys: of the parts.

    Returns:
        In the order of time.
    """
    moments = [*trajectory.world.highlights(trajectory), *_payments(paid, keys), *_leads(paid, keys)]
    return sorted(moments, key=lambda moment: (moment.step, moment.kind))


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
