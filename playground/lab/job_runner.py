"""Carry one spec to a model: wait for its turn, train, store. What every ``playground train`` does.

Two processes that are asked for the same spec end with one training: the second follows the first and
takes its model; if the first dies, the second goes on from its checkpoint. Who trains writes that into the notebook
when it begins and when it ends.

Leaves out: starting processes (``jobs``).
"""

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from playground.lab.files import explain_os_errors, write_atomically
from playground.lab.model import CHECKPOINTS, EVENTS, UPDATES, Model, write_curve
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import result_of, training_entry
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue_local import JobBoard, Status, read_status, write_status
from playground.lab.store import ModelStore
from playground.lab.tensorboard_export import EventLog, available, event_file
from playground.training.result import Progress, Result, Stopped
from playground.training.spec import TrainSpec, dump_spec
from playground.training.train import train

LIBRARIES: Final = ("gymnasium", "box2d", "stable-baselines3", "sb3-contrib", "torch", "numpy", "reward-playground")
HEARTBEAT: Final = 0.5
"""Least seconds between two status files."""


class Cancelled(Exception):
    """The job was asked to stop."""


def make_model(
    spec: TrainSpec,
    store: ModelStore,
    on_status: Callable[[Status, list[dict[str, float]]], None] = lambda status, curve: None,
    slots: int | None = None,
    intent: Intent | None = None,
) -> Model:
    """The model of a spec: found, or trained now, or made by another process meanwhile.

    Args:
        spec: what to train.
        store: where models and jobs are.
        on_status: called with the status and the learning curve as they change.
        slots: how many trainings may run at once.
        intent: what is meant by the training, for the notebook.

    Raises:
        Cancelled: somebody asked to stop.
        InvalidInput: the home folder cannot be written to.
        FloatingPointError: the training diverged.
    """
    board = JobBoard(store, slots)
    lock = board.lock(spec.key)
    following = False
    while (model := store.find(spec.key)) is None:
        try:
            with explain_os_errors(store.home):
                lock.acquire(timeout=0.2)
        except Timeout:
            following = True
            job = board.find(spec.key)
            if job is not None:
                on_status(job.status, job.curve)
            time.sleep(HEARTBEAT)
            continue
        try:
            status = read_status(board.folder(spec.key))
            if following and status is not None and status.state == "cancelled":
                raise Cancelled
            return store.find(spec.key) or _work(spec, board, on_status, intent or Intent())
        finally:
            lock.release()
    board.forget(spec.key)  # what a crash or a second request left behind
    return model


def _work(
    spec: TrainSpec,
    board: JobBoard,
    on_status: Callable[[Status, list[dict[str, float]]], None],
    intent: Intent,
) -> Model:
    """Train while holding the key's lock."""
    folder = board.folder(spec.key)
    before = read_status(folder)
    if before is None or before.state != "queued":  # a wish to stop counts for a job that was just queued only
        board.open(spec)
    page = _Page(spec, board, intent)
    status = replace(_status(board, spec), state="queued", pid=os.getpid(), message="", heartbeat=time.time())
    write_status(folder, status)
    slot = None
    try:
        page.write("running")
        slot = board.wait_for_slot(spec.key)
        if slot is None:
            raise Cancelled
        result = _train(spec, board, on_status)
        manifest = manifest_of(result) | {"notebook": page.intent().to_json()}
        model = board.store.add(spec.key, model_files(spec, result, folder), manifest)
    except (Stopped, Cancelled, KeyboardInterrupt):
        status = replace(_status(board, spec), state="cancelled")
        write_status(folder, status)
        page.write("cancelled", {"steps": status.steps, "seconds": status.seconds})
        raise Cancelled from None
    except Exception as error:
        status = replace(_status(board, spec), state="failed", message=str(error) or repr(error))
        write_status(folder, status)
        page.write("failed", {"steps": status.steps, "seconds": status.seconds, "message": status.message})
        raise
    finally:
        if slot is not None:
            slot.release()
    page.write("done", result_of(model.manifest))
    board.forget(spec.key)
    return model


class _Page:
    """A training's page in the notebook. What goes wrong with it is told once and stops nothing."""

    def __init__(self, spec: TrainSpec, board: JobBoard, intent: Intent) -> None:
        self.spec, self.board = spec, board
        self.notebook = Notebook(board.store)
        self.told = False
        self.meant = board.note(spec.key, intent)
        self.meant = board.note(spec.key, self.intent())  # its parent may be deleted meanwhile, the change stays

    def intent(self) -> Intent:
        """What is meant by the training, with what somebody added meanwhile and with what was changed."""
        self.meant = self.meant.updated(self.board.intent(self.spec.key))
        if self.meant.parent and not self.meant.change:
            parent = self.notebook.spec_of(self.meant.parent)
            if parent is not None:
                self.meant = replace(self.meant, change=changes(parent, self.spec))
        return self.meant

    def write(self, state: str, result: Mapping[str, Any] | None = None) -> None:
        """Record the training as it is now."""
        try:
            self.notebook.record(training_entry(self.spec, self.intent(), state, result))
        except Exception as error:  # whatever it is, the training matters more
            if not self.told:
                print(f"playground: this training is not in the notebook: {error}", file=sys.stderr, flush=True)
            self.told = True


def _train(spec: TrainSpec, board: JobBoard, on_status: Callable[[Status, list[dict[str, float]]], None]) -> Result:
    folder = board.folder(spec.key)
    path = folder / "checkpoint.pt"
    status = replace(_status(board, spec), state="running", pid=os.getpid())
    rows = 0
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)  # a resume writes its earlier rows again
    log = EventLog(folder / "tensorboard") if available() else None

    def report(progress: Progress) -> None:
        nonlocal status, rows
        now = time.time()
        if len(progress.curve) > rows:
            rows = len(progress.curve)
            write_atomically(folder / "curve.csv", write_curve(progress.curve).encode())
            if log is not None:
                log.write(progress.curve)
        elif now - status.heartbeat < HEARTBEAT:
            return
        steps = {"steps": progress.steps, "total": progress.total, "seconds": progress.seconds}
        status = replace(status, heartbeat=now, **steps)  # type: ignore[arg-type]
        write_status(folder, status)
        on_status(status, progress.curve)

    parent = board.store.resolve(spec.init_from) if spec.init_from else None
    try:
        return train(
            spec,
            report,
            initial=None if parent is None else parent.policy,
            checkpoint=path.read_bytes() if path.is_file() else None,
            on_checkpoint=lambda data: write_atomically(path, data),
            should_stop=lambda: (folder / "cancel").exists() or not (folder / "request.json").exists(),
        )
    finally:
        if log is not None:
            log.close()


def _status(board: JobBoard, spec: TrainSpec) -> Status:
    now = time.time()
    return read_status(board.folder(spec.key)) or Status("queued", submitted=now, heartbeat=now, total=spec.steps)


def model_files(spec: TrainSpec, result: Result, place: Path | None = None) -> dict[str, bytes]:
    """The bytes of a model's files by name; ``place`` is a folder to write in meanwhile."""
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


def manifest_of(result: Result) -> dict[str, Any]:
    """What a manifest records besides the key and the checksums."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "steps": result.steps,
        "kept_steps": result.kept,
        "seconds": round(result.seconds, 1),
        "summary": result.scorecard.summary,
        **result.extra,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
