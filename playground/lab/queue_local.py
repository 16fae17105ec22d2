"""Training jobs: one process for each spec, a folder as the truth, locks that the system frees on any death.

``jobs/<key>/`` holds ``request.json`` (the spec), ``notebook.json`` (what was meant by it), ``status.json``,
``curve.csv``, ``log.txt``, ``checkpoint.pt`` and, when somebody asks to stop, ``cancel``. Whoever trains a key holds
``locks/<key>.lock``; a training that runs holds one of ``locks/slot-<i>.lock``, of which there are as many as cores. A
finished job's folder is removed: the model is in the store.

Leaves out: the training (``work``). This module starts processes and reads files; it never loads torch.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from filelock import FileLock, Timeout

from playground.flight.cores import available_cores
from playground.lab.files import explain_os_errors, read_json, write_atomically
from playground.lab.model import read_curve
from playground.lab.notebook.fields import now
from playground.lab.notebook.intent import Intent
from playground.lab.store import ModelStore
from playground.training.spec import KEY, TrainSpec, dump_spec, parse_spec
from playground.words.errors import InvalidInput

State = Literal["queued", "running", "cancelled", "failed", "interrupted"]
STARTING: Final = 20.0
"""Seconds that a new process may take before it holds its lock."""
STALE: Final = 10.0
"""Seconds without a heartbeat after which a waiting job no longer counts in the queue."""


@dataclass(frozen=True)
class Status:
    """What a job last said of itself."""

    state: State
    submitted: float
    """Unix time; jobs start in this order."""
    heartbeat: float
    pid: int | None = None
    steps: int = 0
    total: int = 0
    seconds: float = 0.0
    """Spent training, over all resumes."""
    message: str = ""
    """Why it failed."""


@dataclass(frozen=True)
class Job:
    """A training that is asked for, running, or ended without a model."""

    key: str
    folder: Path
    status: Status
    position: int = 0
    """How many jobs are ahead in the queue."""

    @property
    def alive(self) -> bool:
        """It is running or will run."""
        return self.status.state in ("queued", "running")

    @property
    def spec(self) -> TrainSpec:
        """What it trains.

        Raises:
            InvalidInput: the request is damaged.
        """
        try:
            return parse_spec((self.folder / "request.json").read_bytes())
        except OSError as error:
            raise InvalidInput("cannot_read", file="request.json", reason=error.strerror) from None

    @property
    def curve(self) -> list[dict[str, float]]:
        """The learning curve so far."""
        try:
            return read_curve((self.folder / "curve.csv").read_text())
        except (OSError, ValueError):
            return []

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the speed so far; None before the first rollout."""
        s = self.status
        return s.seconds / s.steps * (s.total - s.steps) if s.steps else None

    @property
    def resumable(self) -> bool:
        """A checkpoint is there to go on from."""
        return (self.folder / "checkpoint.pt").is_file()


class JobBoard:
    """All jobs of one home folder, as any process may see and change them.

    Args:
        store: the models that jobs make; its home holds the jobs, too.
        slots: how many trainings run at once; by default ``PLAYGROUND_SLOTS`` or the number of cores.
    """

    def __init__(self, store: ModelStore, slots: int | None = None) -> None:
        self.store = store
        self.slots = slots or int(os.environ.get("PLAYGROUND_SLOTS", 0)) or available_cores()

    def folder(self, key: str) -> Path:
        """Where a job's files are."""
        return self.store.home / "jobs" / key

    def lock(self, name: str) -> FileLock:
        """The lock of a key or of a slot.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        folder = self.store.home / "locks"
        with explain_os_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock")

    def find(self, key: str) -> Job | None:
        """The job of a key, with a dead process told from a living one."""
        folder = self.folder(key)
        status = read_status(folder)
        if status is None:
            return None
        if status.state in ("queued", "running") and not self._held(key, status):
            status = read_status(folder) or status  # it may have ended between the two looks
            if status.state in ("queued", "running"):
                status = replace(status, state="interrupted")
        return Job(key, folder, status, self._position(status) if status.state == "queued" else 0)

    def list_jobs(self) -> list[Job]:
        """Every job that has not become a model, oldest first."""
        folder = self.store.home / "jobs"
        keys = [path.name for path in folder.iterdir() if KEY.fullmatch(path.name)] if folder.is_dir() else []
        jobs = [job for key in keys if self.store.find(key) is None and (job := self.find(key)) is not None]
        return sorted(jobs, key=lambda job: job.status.submitted)

    def submit(self, spec: TrainSpec, intent: Intent | None = None) -> Job | None:
        """Train a spec in a process of its own; None if the model is there already.

        The same spec asked twice is one job. A job that was cancelled or killed goes on from its checkpoint.

        Args:
            spec: what to train.
            intent: what is meant by it, for the notebook.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        if self.store.find(spec.key) is not None:
            return None
        job = self.find(spec.key)
        if job is None or not job.alive:
            self.open(spec, intent)
            self._start(spec.key)
            job = self.find(spec.key)
        else:
            if intent is not None:
                self.note(spec.key, intent)
            with explain_os_errors(job.folder):
                (job.folder / "cancel").unlink(missing_ok=True)  # a wish to stop that was not heard yet
        return job

    def open(self, spec: TrainSpec, intent: Intent | None = None) -> None:
        """Write a job's folder, queued; a checkpoint that is there stays, and so does what was meant by it.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        folder = self.folder(spec.key)
        now = time.time()
        with explain_os_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cancel").unlink(missing_ok=True)
        write_atomically(folder / "request.json", dump_spec(spec))
        self.note(spec.key, intent or Intent())
        write_status(folder, Status("queued", submitted=now, heartbeat=now, total=spec.steps))

    def note(self, key: str, intent: Intent) -> Intent:
        """Add to what is meant by a job; all that is meant by it now.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        before = self.intent(key)
        if intent.parent == key:  # a design was not changed from itself
            intent = replace(intent, parent="")
        after = before.updated(intent).updated(Intent(asked=now()))
        if after != before:
            write_atomically(self.folder(key) / "notebook.json", json.dumps(after.to_json()).encode())
        return after

    def intent(self, key: str) -> Intent:
        """What is meant by a job; an empty intent if nobody said."""
        return Intent.from_json(read_json(self.folder(key) / "notebook.json"))

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it does so within seconds. A dead one is marked at once."""
        job = self.find(key)
        if job is None:
            return
        with explain_os_errors(job.folder):
            (job.folder / "cancel").touch()
        if not job.alive:
            write_status(job.folder, replace(job.status, state="cancelled"))

    def discard(self, key: str) -> None:
        """Forget an ended job and its checkpoint."""
        job = self.find(key)
        if job is not None and not job.alive:
            self.forget(key)

    def forget(self, key: str) -> None:
        """Remove a job's folder, for instance because its model is there."""
        shutil.rmtree(self.folder(key), ignore_errors=True)

    def _start(self, key: str) -> None:
        """Start the command line on a job, detached from this process and its terminal."""
        folder = self.folder(key)
        command = [sys.executable, "-m", "playground", "train", "--spec", str(folder / "request.json"), "--quiet"]
        environment = os.environ | {"PLAYGROUND_HOME": str(self.store.home), "PLAYGROUND_SLOTS": str(self.slots)}
        with explain_os_errors(folder), (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).resolve().parents[2],
                env=environment,
                start_new_session=True,
            )
        threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left

    def _held(self, key: str, status: Status) -> bool:
        """A process works on this key, or has just been started to."""
        if status.pid is None and time.time() - status.submitted < STARTING:
            return True
        try:
            with self.lock(key).acquire(timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, InvalidInput):  # locks cannot be made here: go by the heartbeat
            return time.time() - status.heartbeat < STALE

    def _position(self, status: Status) -> int:
        now = time.time()
        folder = self.store.home / "jobs"
        others = [read_status(path) for path in folder.iterdir()] if folder.is_dir() else []
        waiting = [o for o in others if o and o.state == "queued" and now - o.heartbeat < STALE]
        return sum(other.submitted < status.submitted for other in waiting)

    def wait_for_slot(self, key: str, give_up: threading.Event | None = None) -> FileLock | None:
        """Wait in line until a training may run; the lock to hold meanwhile, or None if cancelled."""
        folder = self.folder(key)
        while not (folder / "cancel").exists() and not (give_up and give_up.is_set()):
            status = read_status(folder)
            if status is None:
                return None
            write_status(folder, replace(status, state="queued", heartbeat=time.time(), pid=os.getpid()))
            if self._position(status) == 0:
                for slot in range(self.slots):
                    lock = self.lock(f"slot-{slot}")
                    try:
                        lock.acquire(timeout=0)
                        return lock
                    except Timeout:
                        continue
            time.sleep(0.3)
        return None


def check_request(folder: Path, spec: TrainSpec) -> None:
    """Refuse to work on a job whose key is not its spec's: a version that reads specs otherwise asked for it.

    Raises:
        InvalidInput: says so; the job is marked as failed.
    """
    if KEY.fullmatch(folder.name) and folder.name != spec.key:
        error = InvalidInput("other_version", folder=str(folder))
        status = read_status(folder)
        if status is not None:
            write_status(folder, replace(status, state="failed", message=str(error)))
        raise error


def read_status(folder: Path) -> Status | None:
    """A job's status; None if there is none or it is unreadable."""
    value = read_json(folder / "status.json")
    if value is None or value.get("state") not in get_args(State):
        return None
    try:
        status = Status(**value)
    except TypeError:
        return None
    numbers = (status.submitted, status.heartbeat, status.steps, status.total, status.seconds, status.pid or 0)
    plain = all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
    return status if plain and isinstance(status.message, str) else None


def write_status(folder: Path, status: Status) -> None:
    """Replace a job's status in one step.

    Raises:
        InvalidInput: the folder cannot be written to.
    """
    value: Mapping[str, Any] = asdict(status)
    write_atomically(folder / "status.json", json.dumps(value).encode())
