"""The queue's contract: what pages, commands and studies may ask of whoever trains.

A key is that of a spec. Whichever queue works, a job's folder on this side is the truth, so `Job` and `Events` only
read it, and a process that comes later sees what one that is gone has asked for.

Leaves out: who trains where (``queue_local``), and the order (``line``).
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from playground.lab.models.model import Model, read_curve
from playground.lab.models.store import ModelStore
from playground.lab.notebook.intent import Intent
from playground.lab.queue.job_folder import JobFolder, State, Status
from playground.training.spec import TrainSpec, parse_spec
from playground.words.errors import InvalidInput

if TYPE_CHECKING:
    from playground.flight.policy import Policy

STARTING: Final = 10.0
"""Seconds that the process of the first job in the queue may take to say that it trains."""
__all__ = ["Events", "Job", "Queue", "State", "Status"]


@dataclass(frozen=True)
class Job:
    """A training that is asked for, running, or ended without a model, as it was when somebody looked."""

    folder: JobFolder
    status: Status
    position: int = 0
    """How many jobs go before it in the queue."""

    @property
    def key(self) -> str:
        """Of its spec."""
        return self.folder.key

    @property
    def alive(self) -> bool:
        """It is running or will run."""
        return self.status.state in ("queued", "running")

    @property
    def starting(self) -> bool:
        """It is the first in the queue and was asked for just now."""
        s = self.status
        return s.state == "queued" and not self.position and abs(time.time() - s.submitted) < STARTING

    @property
    def cancelling(self) -> bool:
        """Somebody asked it to stop, and it has not stopped yet."""
        return self.alive and self.folder.cancelling

    @property
    def resumable(self) -> bool:
        """It has a checkpoint to go on from."""
        return self.folder.checkpoint.is_file()

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the speed so far; None before the first step."""
        s = self.status
        return s.seconds / s.steps * (s.total - s.steps) if s.steps else None

    @property
    def spec(self) -> TrainSpec:
        """What it trains.

        Raises:
            InvalidInput: the request is damaged.
        """
        try:
            return parse_spec(self.folder.request.read_bytes())
        except OSError as error:
            raise InvalidInput("cannot_read", file=self.folder.request.name, reason=error.strerror) from None

    @property
    def intent(self) -> Intent:
        """What is meant by it."""
        return self.folder.intent()

    @property
    def curve(self) -> list[dict[str, float]]:
        """The learning curve so far."""
        try:
            return read_curve(self.folder.curve.read_text())
        except (OSError, ValueError):
            return []

    @property
    def policy(self) -> "Policy | None":
        """What it would fly with now; None before the first update."""
        from playground.flight.policy import load_policy

        try:
            return load_policy(self.folder.policy, self.spec.world) if self.folder.policy.is_file() else None
        except (OSError, ValueError):  # also InvalidInput: it is being replaced, or damaged
            return None


@dataclass(frozen=True)
class Events:
    """What a training has reported so far."""

    status: Status
    """Steps, seconds and, if it failed, why."""
    curve: list[dict[str, float]]
    """The learning curve, one row an evaluation."""
    policy: "Policy | None"
    """What it would fly with now; None before the first update."""


class Queue(Protocol):
    """Trainings of one home folder, as any process may see and change them.

    Whoever is refused by the home folder gets an `InvalidInput` that says why.
    """

    store: ModelStore
    """Where finished models are; its home holds the jobs, too."""

    def submit(self, spec: TrainSpec, intent: Intent | None = None, *, lane: str = "", width: int = 0) -> Job | None:
        """Have a spec trained; None if its model already exists.

        The same spec asked for twice is one job. One that was cancelled or killed goes on from its checkpoint. It
        returns at once: that process may end, and the training goes on.

        Args:
            spec: what to train.
            intent: what is meant by it, for the notebook; added to what was meant by it before.
            lane: the batch that asks for it. Jobs without one go first.
            width: so many jobs of the lane may run at once; 0 for as many as there are slots.
        """
        ...

    def find(self, key: str) -> Job | None:
        """The state of a training that has not become a model; None if nobody asked for it."""
        ...

    def list_jobs(self) -> list[Job]:
        """Every training that has not become a model, oldest first."""
        ...

    def events(self, key: str) -> Events | None:
        """What a training has reported so far: progress, curve and newest policy; None if no such job exists."""
        ...

    def cancel(self, key: str) -> None:
        """Stop a training within two seconds, also before its first update; its checkpoint stays."""
        ...

    def discard(self, key: str) -> None:
        """Forget a training that ended without a model, and its checkpoint. One that is alive stays."""
        ...

    def note(self, key: str, intent: Intent) -> Intent:
        """Add to what is meant by a training; all that is meant by it now."""
        ...

    def result(self, key: str) -> Model | None:
        """The model that a training made; None as long as it has not made one."""
        ...
