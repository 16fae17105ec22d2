"""Many trainings as one piece of work: queued whole, looked at as one, stopped as one.

``batches/<name>.json`` in the home folder says what was asked for, so any process can look at a batch, stop it, or ask
for it again: what is trained stays, what was killed goes on from its checkpoint, and what failed is tried once more.
The queue does the rest, so no page and no command has to stay.

Leaves out: what the trainings are for (``studies``).
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playground.lab.files import explain_os_errors, read_json, write_atomically
from playground.lab.queue.contract import Queue
from playground.training.spec import TrainSpec

FOLDER: Final = "batches"
POLL: Final = 0.5
"""Seconds between two looks at the queue."""


@dataclass(frozen=True)
class Failure:
    """A training that does not count, and why."""

    key: str
    state: Literal["failed", "cancelled", "interrupted", "gone"]
    """``gone``: neither a model nor a job exists."""
    message: str = ""


@dataclass(frozen=True)
class Progress:
    """Where the trainings of a batch stand, by key, each in the batch's order."""

    done: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    share: float = 0.0
    """Of all training, 0 to 1; one that failed counts as over."""

    @property
    def settled(self) -> bool:
        """Nothing trains or waits."""
        return not self.running and not self.waiting


class Batch:
    """Trainings that are one piece of work.

    Args:
        queue: who trains.
        specs: the trainings, in the order in which they are to begin.
        width: so many of them may train at once; 0 for as many as there are slots.
    """

    def __init__(self, queue: Queue, specs: Sequence[TrainSpec], width: int = 0) -> None:
        self.queue, self.width = queue, width
        self.specs = {spec.key: spec for spec in specs}
        self.name = hashlib.sha256(json.dumps([width, *self.specs]).encode()).hexdigest()[:16]

    @property
    def file(self) -> Path:
        """Where it is written down."""
        return self.queue.store.home / FOLDER / f"{self.name}.json"

    @property
    def started(self) -> bool:
        """Somebody asked for it, and nobody stopped it since."""
        return (read_json(self.file) or {}).get("keys") == list(self.specs)

    @property
    def missing(self) -> list[TrainSpec]:
        """The trainings that have no model yet."""
        return [spec for key, spec in self.specs.items() if self.queue.result(key) is None]

    def start(self) -> None:
        """Queue whatever is missing; also what failed, was cancelled or was killed before.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        value = {"schema": 1, "keys": list(self.specs), "width": self.width, "started": time.time()}
        write_atomically(self.file, json.dumps(value).encode())
        for spec in self.missing:
            self.queue.submit(spec, lane=self.name, width=self.width)

    def cancel(self) -> None:
        """Stop what it queued itself; what somebody asked for besides goes on.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        with explain_os_errors(self.file.parent):
            self.file.unlink(missing_ok=True)
        for key in self.specs:
            job = self.queue.find(key)
            if job is not None and job.alive and job.status.lane == self.name:
                self.queue.cancel(key)

    def progress(self) -> Progress:
        """Where every training stands; any process may ask."""
        places: dict[str, list[str]] = {"done": [], "running": [], "queued": []}
        failed: list[Failure] = []
        trained, started = 0.0, self.started
        for key in self.specs:
            job = None if self.queue.result(key) else self.queue.find(key)
            if job is not None and job.alive:
                places[job.status.state].append(key)
                trained += min(job.status.steps / max(job.status.total, 1), 1.0)
                continue
            if job is None and self.queue.result(key):  # looked at again: a job ends by becoming a model
                places["done"].append(key)
            elif job is not None:
                failed.append(Failure(key, job.status.state, job.status.message))  # type: ignore[arg-type]
            elif started:
                failed.append(Failure(key, "gone"))
            else:
                places["queued"].append(key)
                continue
            trained += 1
        done, running, waiting = (tuple(keys) for keys in places.values())
        return Progress(done, running, waiting, tuple(failed), trained / max(len(self.specs), 1))


def train_all(batch: Batch, on_progress: Callable[[Progress], None] = lambda progress: None) -> Progress:
    """Start a batch and wait until nothing of it trains any more.

    Stopped by Ctrl-C, it cancels what it queued itself; killed, it leaves the trainings to go on. Either way the next
    call goes on where things stand.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    try:
        batch.start()
        while True:
            now = batch.progress()
            on_progress(now)
            if now.settled:
                return now
            time.sleep(POLL)
    except KeyboardInterrupt:
        batch.cancel()
        raise
