"""A job's folder: all that is known of a training that has not become a model.

``jobs/<key>/`` holds ``request.json`` (the spec), ``notebook.json`` (what was meant by it), ``status.json``,
``curve.csv``, ``policy.safetensors`` (the newest), ``checkpoint.pt``, ``log.txt`` and, when somebody asks to stop,
``cancel``. It is the truth, whichever queue works: no other file knows these names. Whoever trains a key holds the lock
of that name. A finished job's folder is removed: the model is in the store.

Leaves out: who works when (``line``, ``scheduler``). Loads neither numpy nor torch, so that a scheduler stays small.
"""

import json
import math
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from filelock import FileLock, Timeout

from playground.lab.files import explain_os_errors, read_json, write_atomically
from playground.lab.locks import lock
from playground.words.errors import InvalidInput

if TYPE_CHECKING:
    from playground.lab.notebook.intent import Intent

State = Literal["queued", "running", "cancelled", "failed", "interrupted"]
"""Queued: no process trains it yet. Interrupted: its process died."""
JOBS: Final = "jobs"
KEY: Final = re.compile(r"[0-9a-f]{64}")
STALE: Final = 10.0
"""Seconds without a heartbeat after which a process counts as dead where locks cannot be made."""


@dataclass(frozen=True)
class Status:
    """What a job last said of itself."""

    state: State
    submitted: float
    """Unix time; jobs start in this order."""
    heartbeat: float
    """Unix time of this status."""
    pid: int | None = None
    """Of the process that waits or trains; None as long as the job only lies in the queue."""
    steps: int = 0
    total: int = 0
    seconds: float = 0.0
    """Spent training, over all resumes."""
    message: str = ""
    """Why it failed."""
    lane: str = ""
    """Which batch asked for it; empty if somebody asked for it by itself. Those go first."""
    width: int = 0
    """So many jobs of its lane may run at once; 0 for as many as there are slots."""


class JobFolder:
    """The folder of one key.

    Args:
        home: the user's folder.
        key: of the spec.
    """

    def __init__(self, home: Path, key: str) -> None:
        self.home, self.key = home, key
        self.path = home / JOBS / key

    @property
    def request(self) -> Path:
        """The file that holds the spec."""
        return self.path / "request.json"

    @property
    def checkpoint(self) -> Path:
        """The file that a resume goes on from."""
        return self.path / "checkpoint.pt"

    @property
    def events(self) -> Path:
        """The folder of TensorBoard's files while it trains."""
        return self.path / "tensorboard"

    @property
    def log(self) -> Path:
        """The file that gets what its process prints."""
        return self.path / "log.txt"

    @property
    def curve(self) -> Path:
        """The learning curve so far, as CSV."""
        return self.path / "curve.csv"

    @property
    def policy(self) -> Path:
        """The newest policy, as safetensors."""
        return self.path / "policy.safetensors"

    @property
    def lock(self) -> FileLock:
        """Held by whoever trains this key.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        return lock(self.home, self.key)

    def open(self, spec: bytes, status: Status, intent: "Intent") -> None:
        """Write the folder of a job that is asked for; a checkpoint stays, and so does what was meant by it before.

        Raises:
            InvalidInput: the home folder cannot be written to.
        """
        with explain_os_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self.forget_cancel()
        write_atomically(self.request, spec)
        self.note(intent)
        self.write(status)

    def read(self) -> Status | None:
        """The job's status; None if the file is missing or unreadable."""
        value = read_json(self.path / "status.json")
        if value is None or value.get("state") not in get_args(State):
            return None
        try:
            status = Status(**value)
            numbers = (status.submitted, status.heartbeat, status.steps, status.total, status.seconds, status.width)
            plain = all(isinstance(n, int | float) and math.isfinite(n) for n in (*numbers, status.pid or 0))
        except (TypeError, OverflowError):
            return None
        return status if plain and isinstance(status.message, str) and isinstance(status.lane, str) else None

    def write(self, status: Status) -> None:
        """Replace the job's status in one step.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        write_atomically(self.path / "status.json", json.dumps(asdict(status)).encode())

    def note(self, intent: "Intent") -> "Intent":
        """Add to what is meant by the job; all that is meant by it now.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        from playground.lab.notebook.fields import now
        from playground.lab.notebook.intent import Intent

        before = self.intent()
        if intent.parent == self.key:  # a design was not changed from itself
            intent = replace(intent, parent="")
        after = before.updated(intent).updated(Intent(asked=now()))
        if after != before:
            write_atomically(self.path / "notebook.json", json.dumps(after.to_json()).encode())
        return after

    def intent(self) -> "Intent":
        """What is meant by the job; an empty intent if nobody said."""
        from playground.lab.notebook.intent import Intent

        return Intent.from_json(read_json(self.path / "notebook.json"))

    def ask_to_stop(self) -> None:
        """Leave a wish to stop for the process that works on it.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        with explain_os_errors(self.path):
            self._cancel.touch()

    def forget_cancel(self) -> None:
        """Take a wish to stop back.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        with explain_os_errors(self.path):
            self._cancel.unlink(missing_ok=True)

    @property
    def cancelling(self) -> bool:
        """Somebody asked it to stop."""
        return self._cancel.exists()

    @property
    def must_stop(self) -> bool:
        """Somebody asked it to stop, or removed its folder."""
        return self.cancelling or not self.request.exists()

    @property
    def _cancel(self) -> Path:
        return self.path / "cancel"

    def held(self, status: Status) -> bool:
        """Whether a process works on this key."""
        try:
            with self.lock.acquire(timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, InvalidInput):  # locks cannot be made here: go by the heartbeat
            return abs(time.time() - status.heartbeat) < STALE

    def look(self) -> Status | None:
        """The job's status, as interrupted if its process has died."""
        status = self.read()
        if status is None or not _at_work(status) or self._lies(status) or self.held(status):
            return status
        status = self.read() or status  # it may have ended between the two looks
        if not _at_work(status) or self._lies(status):
            return status
        return replace(status, state="interrupted" if status.pid is not None else "cancelled")

    def _lies(self, status: Status) -> bool:
        """It only lies in the queue: no process has said that it works on it, and nobody asked to stop."""
        return status.pid is None and not self.cancelling

    def remove(self) -> None:
        """Forget the job, for instance because it has become a model."""
        shutil.rmtree(self.path, ignore_errors=True)


def _at_work(status: Status) -> bool:
    return status.state in ("queued", "running")


def job_folders(home: Path) -> Iterator[JobFolder]:
    """The folders of all jobs of a home."""
    try:
        names = [path.name for path in (home / JOBS).iterdir()]
    except OSError:
        names = []
    return (JobFolder(home, name) for name in names if KEY.fullmatch(name))


def is_request(home: Path, file: Path, key: str) -> bool:
    """Whether a spec was read from its job's folder, so that the queue asks for it.

    Args:
        home: the user's folder.
        file: where the spec was read from.
        key: the spec's.

    Raises:
        InvalidInput: it is the request of another key: a version that reads specs otherwise asked for it. The job is
            marked as failed.
    """
    folder = JobFolder(home, file.absolute().parent.name)
    if not KEY.fullmatch(folder.key) or file.absolute() != folder.request.absolute():
        return False
    if folder.key == key:
        return True
    error = InvalidInput("other_version", folder=str(folder.path))
    status = folder.read()
    if status is not None:
        folder.write(replace(status, state="failed", message=str(error)))
    raise error
