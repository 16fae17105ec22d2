"""A training's status while its learner is silent, and a wish to stop that it does not hear by itself."""

import subprocess
import sys
import threading
import time

import pytest

from playground.lab.models.store import ModelStore
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue import job_runner as work
from playground.lab.queue import pulse as module
from playground.lab.queue.job_folder import JobFolder, Status
from playground.lab.queue.job_runner import Cancelled, make_model
from playground.lab.queue.local import Local
from playground.lab.queue.pulse import Pulse
from playground.training.result import Stopped
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM, steps=512, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))
NOW = Status("running", submitted=1.0, heartbeat=1.0, pid=1, total=512)


@pytest.fixture
def queue(own_home, tmp_path):
    return Local(ModelStore(own_home, tmp_path / "shipped"), slots=1)


@pytest.fixture
def folder(queue):
    queue.open(SPEC)
    return queue.folder(SPEC.key)


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


def test_a_status_stays_fresh_while_nothing_is_reported(folder, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "FRESH", 0.05)
    with Pulse(folder, NOW):
        first = folder.read()
        assert (first.state, first.steps) == ("running", 0)
        assert time.time() - first.heartbeat < 5
        wait_for(lambda: folder.read().heartbeat > first.heartbeat)


def test_a_report_is_written_and_kept_by_the_pulse(folder, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "FRESH", 0.0)
    with Pulse(folder, NOW) as pulse:
        told = pulse.report(128, 512, 3.0)
        assert folder.read().steps == told.steps == 128
        wait_for(lambda: folder.read().heartbeat > told.heartbeat)
        assert (folder.read().steps, folder.read().seconds) == (128, 3.0)
    after = folder.read()
    time.sleep(0.1)
    assert folder.read() == after  # it ends with the training


def test_a_disk_that_is_full_for_a_while_stops_no_pulse(folder, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "FRESH", 0.0)
    with Pulse(folder, NOW):

        def full(self, status):
            raise InvalidInput("disk_full", folder="/")

        with monkeypatch.context() as context:
            context.setattr(JobFolder, "write", full)
            time.sleep(0.1)
        before = folder.read().heartbeat
        wait_for(lambda: folder.read().heartbeat > before)


def test_a_learner_that_does_not_stop_in_time_is_ended_within_two_seconds(folder):
    ended = threading.Event()
    with Pulse(folder, NOW, ended.set):
        folder.ask_to_stop()
        asked = time.monotonic()
        assert ended.wait(3)
        assert 1.0 < time.monotonic() - asked < 2.0


def test_a_wish_that_is_taken_back_in_time_ends_nothing(folder, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    ended = threading.Event()
    with Pulse(folder, NOW, ended.set):
        for _ in range(4):
            folder.ask_to_stop()
            time.sleep(0.15)
            folder.forget_cancel()
            time.sleep(0.05)
    assert not ended.is_set()


def test_a_removed_folder_is_not_made_again(folder, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    monkeypatch.setattr(module, "FRESH", 0.0)
    with Pulse(folder, NOW):
        time.sleep(0.05)
        folder.remove()
        time.sleep(0.1)
        assert not folder.path.exists()


def test_a_training_runs_from_the_moment_its_turn_has_come(queue, monkeypatch):
    seen = []

    def train(spec, report, *, should_stop, **rest):
        seen.append(queue.find(SPEC.key).status)
        queue.cancel(SPEC.key)
        assert should_stop()
        raise Stopped

    monkeypatch.setattr(work, "train", train)
    with pytest.raises(Cancelled):
        make_model(SPEC, queue.store, slots=1)
    assert [(status.state, status.steps) for status in seen] == [("running", 0)]
    assert queue.find(SPEC.key).status.state == "cancelled"


DEAF = """
import sys, time
from playground.lab.queue import job_runner
from playground.training.nets import dump_policy
def train(spec, report, *, on_checkpoint, **rest):
    on_checkpoint(b"what a resume needs")
    while True:
        time.sleep(60)
job_runner.train = train
from playground.cli import main
raise SystemExit(main())
"""


def test_a_deaf_learner_ends_with_its_process_and_leaves_its_checkpoint(queue, tmp_path):
    queue.open(SPEC, Intent("it lands"))
    command = [sys.executable, "-c", DEAF, "train", "--spec", str(queue.folder(SPEC.key).request), "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: (job := queue.find(SPEC.key)).resumable and job.status.state == "running", 30)
        queue.cancel(SPEC.key)
        asked = time.monotonic()
        assert process.wait(10) == 1
        assert time.monotonic() - asked < 2.0
    finally:
        process.kill()
    job = queue.find(SPEC.key)
    assert (job.status.state, job.resumable, job.cancelling) == ("cancelled", True, False)
    entry = Notebook(queue.store).get(SPEC.key)
    assert (entry.state, entry.hypothesis) == ("cancelled", "it lands")
    with queue.folder(SPEC.key).lock.acquire(timeout=0):
        pass


def test_the_newest_policy_and_the_curve_are_events_while_it_trains(queue, monkeypatch):
    seen = []

    def hear(status, curve):
        events = queue.events(SPEC.key)
        seen.append((events.status.steps, len(events.curve), events.policy))

    assert queue.events(SPEC.key) is None
    model = make_model(SPEC, queue.store, hear, slots=1)
    assert [steps for steps, _, policy in seen if policy is not None][0] <= 256
    steps, rows, policy = seen[-1]
    assert (steps, rows) == (512, 4)
    assert policy is not None
    assert policy.activation == model.policy.activation
    assert queue.events(SPEC.key) is None
    assert queue.result(SPEC.key).key == SPEC.key
