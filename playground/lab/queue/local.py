"""The queue on this machine: a folder a job, a process a training, and a scheduler that starts them.

Leaves out: the order (``line``), the process that starts trainings (``scheduler``), and training (``job_runner``).
This module never loads torch.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from playground.lab.models.model import Model
from playground.lab.models.store import ModelStore
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.log import TrainingLog
from playground.lab.queue.contract import Events, Job
from playground.lab.queue.job_folder import JobFolder, Status, job_folders
from playground.lab.queue.line import look_at, slots_here
from playground.lab.queue.scheduler import ensure_scheduler
from playground.training.spec import KEY, TrainSpec, dump_spec
from playground.words.errors import InvalidInput


class Local:
    """The `Queue` of one home folder on this machine.

    Args:
        store: the models that jobs make; its home holds the jobs, too.
        slots: how many trainings run at once; by default ``PLAYGROUND_SLOTS`` or the number of cores.
        wake: sees to it that somebody starts what lies in the queue.
    """

    def __init__(
        self, store: ModelStore, slots: int | None = None, wake: Callable[[Path, int], None] | None = None
    ) -> None:
        self.store = store
        self.slots = slots or slots_here()
        self._wake = wake

    def folder(self, key: str) -> JobFolder:
        """Where a job's files are."""
        return JobFolder(self.store.home, key)

    def find(self, key: str) -> Job | None:
        """The state of a training that has not become a model; see `Queue.find`."""
        if not KEY.fullmatch(key):
            return None
        folder = self.folder(key)
        status = folder.look()
        if status is None or status.state != "queued":
            return None if status is None else Job(folder, status)
        waiting, _ = look_at(self.store.home)
        if any(place.lies for place in waiting):
            self.wake()
        return Job(folder, status, next((i for i, place in enumerate(waiting) if place.key == key), 0))

    def list_jobs(self) -> list[Job]:
        """Every training that has not become a model, oldest first."""
        waiting, _ = look_at(self.store.home)
        if any(place.lies for place in waiting):
            self.wake()
        positions = {place.key: position for position, place in enumerate(waiting)}
        jobs = [
            Job(folder, status, positions.get(folder.key, 0))
            for folder in job_folders(self.store.home)
            if self.store.find(folder.key) is None and (status := folder.look()) is not None
        ]
        return sorted(jobs, key=lambda job: job.status.submitted)

    def submit(self, spec: TrainSpec, intent: Intent | None = None, *, lane: str = "", width: int = 0) -> Job | None:
        """Have a spec trained by a process of its own; see `Queue.submit`."""
        if self.store.find(spec.key) is not None:
            return None
        folder, job = self.folder(spec.key), self.find(spec.key)
        if job is None or not job.alive:
            self.open(spec, intent, lane=lane, width=width)
            TrainingLog(spec, folder, self.store).write("running")
        else:
            if intent is not None:
                folder.note(intent)
            folder.forget_cancel()  # a wish to stop that nobody has heard yet
            if not lane and job.status.lane and job.status.pid is None:
                folder.write(replace(job.status, lane="", width=0))
        self.wake()
        return self.find(spec.key)

    def open(self, spec: TrainSpec, intent: Intent | None = None, *, lane: str = "", width: int = 0) -> JobFolder:
        """Write a job's folder, queued; a checkpoint stays, and so does what was meant by it.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        now = time.time()
        status = Status("queued", submitted=now, heartbeat=now, total=spec.steps, lane=lane, width=width)
        folder = self.folder(spec.key)
        folder.open(dump_spec(spec), status, intent or Intent())
        return folder

    def events(self, key: str) -> Events | None:
        """What a training has reported so far; see `Queue.events`."""
        job = self.find(key)
        return None if job is None else Events(job.status, job.curve, job.policy)

    def cancel(self, key: str) -> None:
        """Stop a training within two seconds; see `Queue.cancel`."""
        job = self.find(key)
        if job is None:
            return
        job.folder.ask_to_stop()
        status = job.folder.look()
        if status is None or status.state in ("queued", "running"):  # a process is at work, and stops
            return
        job.folder.write(replace(status, state="cancelled"))
        if job.alive:  # no process had begun with it that could say so
            with suppress(InvalidInput):
                TrainingLog(job.spec, job.folder, self.store).write("cancelled")

    def discard(self, key: str) -> None:
        """Forget a training that ended without a model; see `Queue.discard`."""
        job = self.find(key)
        if job is not None and not job.alive:
            job.folder.remove()

    def note(self, key: str, intent: Intent) -> Intent:
        """Add to what is meant by a training; all that is meant by it now."""
        return self.folder(key).note(intent)

    def result(self, key: str) -> Model | None:
        """The model that a training made; None as long as it has not made one."""
        return self.store.find(key)

    def wake(self) -> None:
        """See to it that somebody starts what lies in the queue; a home that cannot be written to has no such thing."""
        with suppress(InvalidInput):
            (self._wake or ensure_scheduler)(self.store.home, self.slots)
