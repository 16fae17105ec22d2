"""The pulse of a training: its status stays fresh while the learner is busy, and a wish to stop is heard in time.

Leaves out: what is done about either (``job_runner``).
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from playground.lab.queue.job_folder import JobFolder, Status
from playground.words.errors import InvalidInput

BEAT: Final = 0.2
"""Seconds between two looks for a wish to stop."""
FRESH: Final = 1.0
"""Seconds after which a status is written again though nothing was reported."""
PATIENCE: Final = 1.2
"""Seconds that a learner has to stop by itself: with the time to look and to end, less than two."""


class Pulse:
    """A thread that lives as long as a training; a context manager.

    Args:
        folder: the job's.
        status: what it says of itself now.
        too_late: called when the learner has not stopped in time; by default it may take as long as it likes.
    """

    def __init__(self, folder: JobFolder, status: Status, too_late: Callable[[], None] | None = None) -> None:
        self.folder, self._status, self._too_late = folder, status, too_late
        self.reported = 0.0
        """Unix time of the last report."""
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def report(self, steps: int, total: int, seconds: float) -> Status:
        """Write how far the training is; the status.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        self.reported = time.time()
        return self._write(steps=steps, total=total, seconds=seconds)

    def _write(self, **changes: float) -> Status:
        with self._writing:
            self._status = replace(self._status, heartbeat=time.time(), **changes)  # type: ignore[arg-type]
            self.folder.write(self._status)
            return self._status

    def _beat(self) -> None:
        asked: float | None = None
        while not self._over.wait(BEAT):
            if not self.folder.must_stop:  # also when the wish was taken back
                asked = None
                if time.time() - self._status.heartbeat >= FRESH:
                    with suppress(InvalidInput, OSError):  # a full disk is the learner's to report
                        self._write()
                continue
            asked = time.monotonic() if asked is None else asked
            if self._too_late is not None and time.monotonic() - asked >= PATIENCE:
                with self._writing:  # nothing is reported any more
                    self._too_late()
                return
