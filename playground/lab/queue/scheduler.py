"""A small process that starts the trainings in a home's queue: ``python -m playground.lab.queue.scheduler HOME``.

A job that waits is a folder and nothing else. Whoever asks for one, or sees one wait, calls `ensure_scheduler`; of
those that are started, one holds the home's lock and the others end. It starts a job's training when it is that job's
turn, as a process of its own that outlives it, and ends when nothing lies in the queue any more. Killed, it takes
nothing with it: the next look starts another.

Leaves out: the order (``line``), and training. Loads neither numpy nor torch: it may live as long as the longest queue.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from filelock import Timeout

from playground.lab.files import explain_os_errors
from playground.lab.locks import lock
from playground.lab.queue.job_folder import JOBS, JobFolder
from playground.lab.queue.line import LOOK, Place, free_slots, look_at, next_in_line, slots_here
from playground.lab.queue.processes import start_detached
from playground.words.errors import InvalidInput

LOCK: Final = "scheduler"
BREATH: Final = 2.0
"""Seconds in which one process starts no second scheduler for a home: the first may not hold the lock yet."""

_started: dict[Path, float] = {}
"""When this process last started a scheduler, by home."""


def ensure_scheduler(home: Path, slots: int) -> None:
    """See to it that a scheduler is at work on a home.

    Args:
        home: the user's folder.
        slots: how many trainings may run at once; one that is at work already keeps its own number.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    if time.monotonic() - _started.get(home, -BREATH) < BREATH:
        return
    try:
        with explain_os_errors(home), lock(home, LOCK).acquire(timeout=0):
            pass
    except Timeout:
        return
    _started[home] = time.monotonic()
    with explain_os_errors(home):
        (home / JOBS).mkdir(parents=True, exist_ok=True)
    process = start_detached(
        "playground.lab.queue.scheduler", [str(home)], home / JOBS / "scheduler.log", {"PLAYGROUND_SLOTS": str(slots)}
    )
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left


def start_training(folder: JobFolder, slots: int) -> subprocess.Popen[bytes]:
    """Start the command line on a job.

    Raises:
        InvalidInput: the job's folder cannot be written to.
    """
    environment = {"PLAYGROUND_HOME": str(folder.home), "PLAYGROUND_SLOTS": str(slots)}
    arguments = ["train", "--spec", str(folder.request), "--quiet"]
    return start_detached("playground", arguments, folder.log, environment)


class Scheduler:
    """What one scheduler knows: the home, and the processes that it started.

    Args:
        home: the user's folder.
        slots: how many trainings may run at once.
        start: starts the training of a job.
    """

    def __init__(
        self,
        home: Path,
        slots: int,
        start: Callable[[JobFolder, int], subprocess.Popen[bytes]] = start_training,
    ) -> None:
        self.home, self.slots, self.start = home, slots, start
        self.started: dict[str, tuple[float, subprocess.Popen[bytes]]] = {}
        """When the job was submitted, and its process, by key."""
        self.failed: set[tuple[str, float]] = set()
        """Key and time of jobs whose process ended before it could say anything of itself."""

    def step(self) -> bool:
        """Start the trainings whose turn it is; whether anything still lies in the queue."""
        waiting, running = look_at(self.home)
        self._reap([place for place in waiting if place.lies])
        waiting = [place for place in waiting if (place.key, place.status.submitted) not in self.failed]
        if not any(place.lies for place in waiting):
            return False
        starting = [place for place in waiting if place.key in self.started]
        others = [place for place in waiting if place.key not in self.started]
        free = free_slots(self.home, self.slots) - len(starting)
        for place in next_in_line(others, (*running, *starting), free):
            if place.lies:
                with suppress(InvalidInput, OSError):  # a full disk, or a folder that is gone: it is tried again
                    self._begin(place)
        return True

    def _begin(self, place: Place) -> None:
        folder = JobFolder(self.home, place.key)
        if not folder.held(place.status):  # else one is at work that has not said so yet
            self.started[place.key] = place.status.submitted, self.start(folder, self.slots)

    def _reap(self, lying: Iterable[Place]) -> None:
        """Forget processes that ended; a job whose process never said anything is not tried again and again."""
        silent = {place.key: place.status for place in lying}
        for key, (submitted, process) in list(self.started.items()):
            if process.poll() is None:
                continue
            del self.started[key]
            status = silent.get(key)
            if status is not None and status.submitted == submitted:
                self.failed.add((key, submitted))
                with suppress(InvalidInput, OSError):
                    JobFolder(self.home, key).write(replace(status, state="interrupted", pid=process.pid))

    def run(self) -> None:
        """Work until nothing lies in the queue."""
        while self.step():
            time.sleep(LOOK)


def serve(home: Path, slots: int) -> None:
    """Be the home's scheduler, unless there is one, until nothing lies in its queue."""
    scheduler = Scheduler(home, slots)
    while True:
        try:
            with lock(home, LOCK).acquire(timeout=0):
                scheduler.run()
        except (Timeout, InvalidInput, OSError):
            return
        # Whoever asked for a job while the lock was held relies on this process, so it looks once more.
        waiting, _ = look_at(home)
        if not any(place.lies and (place.key, place.status.submitted) not in scheduler.failed for place in waiting):
            return


if __name__ == "__main__":
    serve(Path(sys.argv[1]), slots_here())
