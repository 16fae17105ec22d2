"""Whose turn it is: the order of the waiting jobs, and the slots, one for each training that may run at once.

A training that runs holds one of the locks ``slot-<i>``, whoever started it; so no more of them ever run. Jobs that
somebody asked for by themselves go before those of a batch, and each in the order in which they were asked for.

Leaves out: starting processes (``scheduler``).
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from playground.flight.cores import available_cores
from playground.lab.locks import lock
from playground.lab.queue.job_folder import JobFolder, Status, job_folders
from playground.words.errors import InvalidInput

LOOK: Final = 0.25
"""Seconds between two looks of one who waits."""


@dataclass(frozen=True)
class Place:
    """A job in the line, or one that runs."""

    key: str
    status: Status

    @property
    def lies(self) -> bool:
        """No process waits for it; a scheduler has to start one."""
        return self.status.pid is None


def slots_here() -> int:
    """How many trainings run at once: ``PLAYGROUND_SLOTS``, else the number of cores."""
    try:
        return max(0, int(os.environ.get("PLAYGROUND_SLOTS") or 0)) or available_cores()
    except ValueError:
        return available_cores()


def look_at(home: Path) -> tuple[list[Place], list[Place]]:
    """The jobs that wait, in their order, and those that run."""
    waiting, running = [], []
    for folder in job_folders(home):
        status = folder.look()
        if status is None or status.state not in ("queued", "running"):
            continue
        if status.state == "running":
            running.append(Place(folder.key, status))
        elif not folder.cancelling:
            waiting.append(Place(folder.key, status))
    return in_order(waiting), running


def in_order(waiting: Iterable[Place]) -> list[Place]:
    """Who asked for one training goes before a batch, and who asked earlier before who asked later."""
    return sorted(waiting, key=lambda place: (place.status.lane != "", place.status.submitted, place.key))


def next_in_line(waiting: Sequence[Place], working: Iterable[Place], free: int) -> list[Place]:
    """Those that may start now.

    Args:
        waiting: in order.
        working: who runs or starts, for the width of lanes.
        free: slots that nobody holds.
    """
    used = Counter(place.status.lane for place in working)
    chosen: list[Place] = []
    for place in waiting:
        if len(chosen) >= free:
            break
        lane, width = place.status.lane, place.status.width
        if not width or used[lane] < width:
            used[lane] += 1
            chosen.append(place)
    return chosen


def free_slots(home: Path, slots: int) -> int:
    """How many slots nobody holds."""
    return sum(_is_free(home, slot) for slot in range(slots))


def _is_free(home: Path, slot: int) -> bool:
    try:
        with lock(home, f"slot-{slot}").acquire(timeout=0):
            return True
    except (Timeout, OSError, InvalidInput):
        return False


def take_slot(home: Path, slots: int) -> FileLock | None:
    """The lock of a free slot, held now; None if all are taken."""
    for slot in range(slots):
        held = lock(home, f"slot-{slot}")
        try:
            held.acquire(timeout=0)
        except Timeout:
            continue
        return held
    return None


def wait_for_slot(
    folder: JobFolder,
    slots: int,
    keep_going: Callable[[], bool] = lambda: True,
    nudge: Callable[[], None] = lambda: None,
) -> FileLock | None:
    """Wait in line until a training may run; the slot's lock to hold meanwhile, or None if it was cancelled.

    Args:
        folder: the job.
        slots: how many trainings may run at once.
        keep_going: asked between two looks.
        nudge: called when others lie in the queue, so that somebody starts them.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    while not folder.must_stop and keep_going():
        status = folder.read()
        if status is None:
            return None
        folder.write(replace(status, state="queued", heartbeat=time.time(), pid=os.getpid()))
        waiting, running = look_at(folder.home)
        waiting = in_order([*(place for place in waiting if place.key != folder.key), Place(folder.key, status)])
        chosen = next_in_line(waiting, running, free_slots(folder.home, slots))
        if any(place.key == folder.key for place in chosen):
            slot = take_slot(folder.home, slots)
            if slot is not None:
                return slot
        if any(place.lies for place in waiting if place.key != folder.key):
            nudge()
        time.sleep(LOOK)
    return None
