"""A batch over the queue's contract alone: any implementation will do."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from playground.lab.queue.batch import Batch, Failure, train_all
from playground.lab.queue.contract import Job, Queue, Status
from playground.lab.queue.job_folder import JobFolder
from playground.training.spec import TrainSpec
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPECS = [TrainSpec(GYMNASIUM, seed=seed) for seed in range(4)]
KEYS = tuple(spec.key for spec in SPECS)


class FakeQueue:
    """A queue in memory, of which the tests say what becomes of each job."""

    def __init__(self, home):
        self.store: Any = SimpleNamespace(home=home)
        self.jobs: dict[str, Job] = {}
        self.models: set[str] = set()
        self.asked: list[tuple[str, str, int]] = []

    def submit(self, spec, intent=None, *, lane="", width=0):
        self.asked.append((spec.key, lane, width))
        if spec.key in self.jobs and self.jobs[spec.key].alive:
            return self.jobs[spec.key]
        return self.put(spec.key, "queued", lane=lane, width=width)

    def put(self, key, state, **more):
        status = Status(state, submitted=1.0, heartbeat=1.0, total=100, **more)
        self.jobs[key] = Job(JobFolder(self.store.home, key), status)
        return self.jobs[key]

    def find(self, key):
        return self.jobs.get(key)

    def list_jobs(self):
        return list(self.jobs.values())

    def events(self, key):
        return None

    def cancel(self, key):
        self.put(key, "cancelled")

    def discard(self, key):
        self.jobs.pop(key, None)

    def note(self, key, intent):
        return intent

    def result(self, key):
        return key if key in self.models else None


@pytest.fixture
def queue(own_home):
    queue: Queue = FakeQueue(own_home)  # it has all that the contract asks for
    return queue


def test_a_batch_is_written_down_and_queued_whole_with_its_lane(queue):
    queue.models.add(KEYS[0])
    batch = Batch(queue, SPECS, width=1)
    assert not batch.started
    batch.start()
    assert queue.asked == [(key, batch.name, 1) for key in KEYS[1:]]
    assert Batch(queue, SPECS, width=1).started
    assert not Batch(queue, SPECS).started  # as wide as the slots: another piece of work
    assert not Batch(queue, SPECS[:3], width=1).started


def test_where_every_training_stands(queue):
    batch = Batch(queue, SPECS)
    assert batch.progress().waiting == KEYS
    batch.start()
    queue.models.add(KEYS[0])
    queue.jobs.pop(KEYS[0])
    queue.put(KEYS[1], "running", steps=50)
    queue.put(KEYS[2], "failed", message="diverged")
    now = batch.progress()
    assert (now.done, now.running, now.waiting) == (KEYS[:1], KEYS[1:2], KEYS[3:])
    assert now.failed == (Failure(KEYS[2], "failed", "diverged"),)
    assert now.share == pytest.approx(2.5 / 4)
    assert not now.settled
    queue.jobs.pop(KEYS[3])
    queue.put(KEYS[1], "interrupted", steps=50)
    now = batch.progress()
    assert now.settled
    assert [failure.state for failure in now.failed] == ["interrupted", "failed", "gone"]


def test_a_stopped_batch_leaves_alone_what_somebody_asked_for_besides(queue):
    queue.put(KEYS[0], "running")
    batch = Batch(queue, SPECS)
    batch.start()
    batch.cancel()
    assert [queue.find(key).status.state for key in KEYS] == ["running", "cancelled", "cancelled", "cancelled"]
    assert not batch.started
    batch.start()
    assert [queue.find(key).alive for key in KEYS] == [True] * 4


def test_a_damaged_note_of_a_batch_is_none(queue):
    batch = Batch(queue, SPECS)
    batch.start()
    for data in (b"", b"[]", b"{}", b'{"keys": 3}'):
        batch.file.write_bytes(data)
        assert not batch.started


def test_waiting_for_a_batch_tells_how_far_it_is_until_nothing_trains(queue, monkeypatch):
    shares = []

    def end_one(seconds):
        key = next(key for key in KEYS if key not in queue.models)
        queue.models.add(key)
        queue.jobs.pop(key)

    monkeypatch.setattr("playground.lab.queue.batch.time.sleep", end_one)
    now = train_all(Batch(queue, SPECS), lambda progress: shares.append(progress.share))
    assert now.done == KEYS
    assert shares == [0, 0.25, 0.5, 0.75, 1]


def test_two_batches_share_a_training(queue):
    first, second = Batch(queue, SPECS[:3]), Batch(queue, SPECS[1:])
    first.start()
    second.start()
    second.cancel()
    assert [queue.find(key).status.state for key in KEYS] == ["queued", "queued", "queued", "cancelled"]
    assert first.progress().waiting == KEYS[:3]


def test_a_specs_order_is_the_batchs_own(queue):
    assert Batch(queue, SPECS).name != Batch(queue, SPECS[::-1]).name
    assert Batch(queue, [SPECS[0], replace(SPECS[0])]).specs.keys() == {KEYS[0]}
