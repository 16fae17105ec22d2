"""Carry one spec to a model: wait for its turn, train, store. What every ``playground train`` does.

Two processes that are asked for the same spec end with one training: the second follows the first and
takes its model; if the first dies, the second goes on from its checkpoint. Who trains writes that into the notebook
when it begins and when it ends. Torch is loaded when the turn has come, not before.

Leaves out: starting processes (``scheduler``), and training.
"""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from playground.lab.files import explain_os_errors, write_atomically
from playground.lab.models.model import CHECKPOINTS, EVENTS, UPDATES, Model, write_curve
from playground.lab.models.store import ModelStore
from playground.lab.notebook.entry import result_of
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.log import TrainingLog
from playground.lab.queue.job_folder import Status
from playground.lab.queue.line import wait_for_slot
from playground.lab.queue.local import Local
from playground.lab.queue.pulse import Pulse
from playground.training.spec import TrainSpec, dump_spec
from playground.worlds import DEFAULT_ID

if TYPE_CHECKING:
    from playground.training.result import Progress, Result

LIBRARIES: Final = ("gymnasium", "box2d", "stable-baselines3", "sb3-contrib", "torch", "numpy", "reward-playground")
REPORTS: Final = 0.5
"""Least seconds between two status files, and between two newest policies."""

OnStatus = Callable[[Status, list[dict[str, float]]], None]


class Cancelled(Exception):
    """The job was asked to stop."""


def train(*arguments: Any, **named: Any) -> "Result":
    """The trainer, which takes seconds and a quarter of a gigabyte to load."""
    from playground.training.train import train

    return train(*arguments, **named)


def end_process() -> None:
    """End this process at once, whatever its other threads do; the system frees its locks."""
    print("playground: cancelled while the learner was busy", file=sys.stderr, flush=True)
    os._exit(1)


def make_model(
    spec: TrainSpec,
    store: ModelStore,
    on_status: OnStatus = lambda status, curve: None,
    slots: int | None = None,
    intent: Intent | None = None,
    *,
    queued: bool = False,
    give_up: Callable[[], None] | None = None,
) -> Model:
    """The model of a spec: from the store, or trained now, or made by another process meanwhile.

    Args:
        spec: what to train.
        store: where models and jobs are.
        on_status: called with the status and the learning curve as they change.
        slots: how many trainings may run at once.
        intent: what is meant by the training, for the notebook.
        queued: only if its job is still in the queue; a person who asks for a cancelled job means that it goes on.
        give_up: ends this process. Called when a learner does not stop in time though somebody asked it to; by default
            there is no hurry.

    Raises:
        Cancelled: somebody asked to stop.
        InvalidInput: the home folder cannot be written to.
        FloatingPointError: the training diverged.
    """
    queue = Local(store, slots)
    folder = queue.folder(spec.key)
    following = False
    while (model := store.find(spec.key)) is None:
        try:
            with explain_os_errors(store.home):
                lock = folder.lock
                lock.acquire(timeout=0.2)
        except Timeout:
            following = True
            status = folder.look()
            if status is not None:
                on_status(status, queue_curve(queue, spec.key))
            time.sleep(REPORTS)
            continue
        try:
            status = folder.read()
            over = status is not None and status.state == "cancelled"
            if (following and over) or (queued and (status is None or status.state != "queued")):
                raise Cancelled
            return store.find(spec.key) or _Run(spec, queue, on_status, intent, give_up).make()
        finally:
            lock.release()
    folder.remove()  # what a crash or a second request left behind
    return model


def queue_curve(queue: Local, key: str) -> list[dict[str, float]]:
    """The learning curve of a job, as far as it has come."""
    job = queue.find(key)
    return [] if job is None else job.curve


class _Run:
    """One training, while its process holds the key's lock."""

    def __init__(
        self,
        spec: TrainSpec,
        queue: Local,
        on_status: OnStatus,
        intent: Intent | None,
        give_up: Callable[[], None] | None,
    ) -> None:
        self.spec, self.queue, self.on_status, self.give_up = spec, queue, on_status, give_up
        self.folder = queue.folder(spec.key)
        status = self.folder.read()
        if status is None or status.state != "queued":  # a wish to stop counts for a job that was just queued only
            queue.open(spec, intent)
        self.log = TrainingLog(spec, self.folder, queue.store, intent, _warn)
        self.folder.write(replace(self.status(), state="queued", pid=os.getpid(), message="", heartbeat=time.time()))

    def status(self) -> Status:
        """What the job said last."""
        now = time.time()
        return self.folder.read() or Status("queued", submitted=now, heartbeat=now, total=self.spec.steps)

    def make(self) -> Model:
        """Wait for a slot, train, store."""
        slot: FileLock | None = None
        self.log.write("running")
        try:
            slot = wait_for_slot(self.folder, self.queue.slots, nudge=self.queue.wake)
            if slot is None:
                raise Cancelled
            result = self._train()
            manifest = manifest_of(result) | {"notebook": self.log.intent().to_json()}
            model = self.queue.store.add(self.spec.key, model_files(self.spec, result, self.folder.path), manifest)
        except (Cancelled, KeyboardInterrupt):
            self._end("cancelled")
            raise Cancelled from None
        except Exception as error:
            self._end("failed", str(error) or repr(error))
            raise
        finally:
            if slot is not None:
                slot.release()
        self.log.write("done", result_of(model.manifest))
        self.folder.remove()
        return model

    def _end(self, state: Any, message: str = "") -> None:
        """Say how it ended without a model."""
        status = replace(self.status(), state=state, message=message, heartbeat=time.time())
        self.folder.write(status)
        said = {"message": message} if message else {}
        self.log.write(state, {"steps": status.steps, "seconds": status.seconds, **said})

    def _too_late(self) -> None:
        """End this process: the learner did not stop when it was asked to. Its last checkpoint stays."""
        if self.give_up is not None:
            self._end("cancelled")
            self.give_up()

    def _train(self) -> "Result":
        folder, spec = self.folder, self.spec
        status = replace(self.status(), state="running", pid=os.getpid())
        with Pulse(folder, status, None if self.give_up is None else self._too_late) as pulse:
            from playground.lab.models.tensorboard_export import EventLog, available  # loads torch
            from playground.training.nets import dump_policy
            from playground.training.result import Stopped

            shutil.rmtree(folder.events, ignore_errors=True)  # a resume writes its earlier rows again
            log = EventLog(folder.events) if available() else None
            rows, newest = 0, 0.0

            def report(progress: "Progress") -> None:
                nonlocal rows, newest
                now = time.time()
                if len(progress.curve) > rows:
                    rows = len(progress.curve)
                    write_atomically(folder.curve, write_curve(progress.curve).encode())
                    if log is not None:
                        log.write(progress.curve)
                elif now - pulse.reported < REPORTS:
                    return
                if progress.policy is not None and now - newest >= REPORTS:
                    newest = now
                    write_atomically(folder.policy, dump_policy(progress.policy))
                said = pulse.report(progress.steps, progress.total, progress.seconds)
                self.on_status(said, progress.curve)

            parent = self.queue.store.resolve(spec.init_from) if spec.init_from else None
            try:
                return train(
                    spec,
                    report,
                    initial=None if parent is None else parent.policy,
                    checkpoint=folder.checkpoint.read_bytes() if folder.checkpoint.is_file() else None,
                    on_checkpoint=lambda data: write_atomically(folder.checkpoint, data),
                    should_stop=lambda: folder.must_stop,
                )
            except Stopped:
                raise Cancelled from None
            finally:
                if log is not None:
                    log.close()


def _warn(words: str) -> None:
    print(f"playground: this training is not in the notebook: {words}", file=sys.stderr, flush=True)


def model_files(spec: TrainSpec, result: "Result", place: Path | None = None) -> dict[str, bytes]:
    """The bytes of a model's files by name; ``place`` is a folder to write in meanwhile."""
    from playground.lab.models.tensorboard_export import available, event_file

    card: Any = result.scorecard.to_json()
    optional = {
        CHECKPOINTS: result.checkpoints,
        EVENTS: event_file(result.curve, place) if available() else b"",
        UPDATES: result.updates,
    }
    return {
        "spec.json": dump_spec(spec),
        "policy.safetensors": result.policy,
        "scorecard.json": json.dumps(card).encode(),
        "curve.csv": write_curve(result.curve).encode(),
        "model.zip": result.model_zip,
        **{name: data for name, data in optional.items() if data},
    }


def manifest_of(result: "Result") -> dict[str, Any]:
    """What a manifest records besides the key and the checksums."""
    world = result.scorecard.world.id
    return {
        **({} if world == DEFAULT_ID else {"env": world}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "steps": result.steps,
        "kept_steps": result.kept,
        "seconds": round(result.seconds, 1),
        "summary": result.scorecard.summary,
        **result.extra,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
