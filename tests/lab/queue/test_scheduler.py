"""The process that starts waiting trainings: with made-up processes, and a few times for real."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
from filelock import Timeout

from playground.lab.locks import lock
from playground.lab.models.store import ModelStore
from playground.lab.queue import scheduler as module
from playground.lab.queue.job_folder import JobFolder
from playground.lab.queue.line import look_at
from playground.lab.queue.local import Local
from playground.lab.queue.scheduler import LOCK, Scheduler, ensure_scheduler, serve
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

TINY = TrainSpec(GYMNASIUM, steps=256, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))


class FakeProcess:
    """A training's process that lives until it is told to end."""

    pid = 2**22 - 1

    def __init__(self):
        self.code = None

    def poll(self):
        return self.code


class Starter:
    """Starts made-up processes."""

    def __init__(self):
        self.processes = {}
        self.order = []
        self.locks = []

    def __call__(self, folder, slots):
        self.order.append(folder.key)
        self.processes[folder.key] = FakeProcess()
        return self.processes[folder.key]

    def begin(self, queue, spec, slot):
        """The process has taken its locks and says that it trains."""
        folder = queue.folder(spec.key)
        self.locks += [folder.lock, lock(queue.store.home, f"slot-{slot}")]
        for held in self.locks[-2:]:
            held.acquire(timeout=0)
        folder.write(replace(folder.read(), state="running", pid=os.getpid()))


@pytest.fixture
def queue(own_home, tmp_path):
    return Local(ModelStore(own_home, tmp_path / "shipped"), slots=2)


@pytest.fixture
def starter():
    starter = Starter()
    yield starter
    for held in starter.locks:
        held.release()


@pytest.fixture
def scheduler(queue, starter):
    return Scheduler(queue.store.home, 2, starter)


def seeds(count, first=0):
    return [replace(TINY, seed=first + i) for i in range(count)]


def submit(queue, specs, **lane):
    for spec in specs:
        queue.submit(spec, **lane)
        time.sleep(0.002)


def keys(specs):
    return [spec.key for spec in specs]


def test_jobs_start_in_the_order_in_which_they_were_asked_for_as_many_as_there_are_slots(queue, scheduler, starter):
    specs = seeds(4)
    submit(queue, specs)
    assert scheduler.step()
    assert starter.order == keys(specs[:2])
    assert scheduler.step()  # they have not said anything yet
    assert starter.order == keys(specs[:2])
    starter.begin(queue, specs[0], 0)
    starter.begin(queue, specs[1], 1)
    assert scheduler.step()
    assert starter.order == keys(specs[:2])
    starter.locks[0].release()
    starter.locks[1].release()
    scheduler.step()
    assert starter.order == keys(specs[:3])


def test_what_somebody_asked_for_by_itself_goes_before_a_batch(queue, scheduler, starter):
    batch, single = seeds(3), seeds(1, 10)
    submit(queue, batch, lane="batch")
    submit(queue, single)
    assert [place.key for place in look_at(queue.store.home)[0]] == keys(single + batch)
    assert [queue.find(key).position for key in keys(single + batch)] == [0, 1, 2, 3]
    scheduler.step()
    assert starter.order == keys(single + batch[:1])
    queue.submit(batch[2])  # somebody wants this one now
    assert queue.find(batch[2].key).position < queue.find(batch[1].key).position


def test_of_a_narrow_lane_one_trains_at_a_time_and_others_pass(queue, scheduler, starter):
    race, others = seeds(3), seeds(2, 10)
    submit(queue, race, lane="race", width=1)
    submit(queue, others, lane="other")
    scheduler.step()
    assert starter.order == [race[0].key, others[0].key]
    starter.begin(queue, race[0], 0)
    starter.processes[others[0].key].code = 0
    queue.folder(others[0].key).remove()
    scheduler.step()
    assert starter.order == [race[0].key, others[0].key, others[1].key]


def test_a_scheduler_has_nothing_to_do_when_nothing_lies_in_the_queue(queue, scheduler, starter):
    assert not scheduler.step()
    submit(queue, seeds(1))
    assert scheduler.step()
    starter.begin(queue, TINY, 0)
    assert not scheduler.step()


def test_a_cancelled_job_is_not_started(queue, scheduler, starter):
    submit(queue, seeds(2))
    queue.cancel(TINY.key)
    scheduler.step()
    assert starter.order == keys(seeds(2)[1:])
    assert queue.find(TINY.key).status.state == "cancelled"


def test_a_job_at_which_a_process_works_that_has_not_said_so_is_not_started_again(queue, scheduler, starter):
    submit(queue, seeds(1))
    with queue.folder(TINY.key).lock.acquire(timeout=0):
        assert scheduler.step()
    assert starter.order == []


def test_a_process_that_ends_before_it_says_anything_is_not_started_over_and_over(queue, scheduler, starter):
    submit(queue, seeds(1))
    scheduler.step()
    starter.processes[TINY.key].code = 1
    assert not scheduler.step()
    assert starter.order == [TINY.key]
    assert queue.find(TINY.key).status.state == "interrupted"
    queue.submit(TINY)  # somebody asks again
    assert scheduler.step()
    assert starter.order == [TINY.key] * 2


def test_a_full_disk_keeps_a_dead_process_from_being_noted_and_still_nothing_is_started_over(
    queue, scheduler, starter, monkeypatch
):
    submit(queue, seeds(1))
    scheduler.step()
    starter.processes[TINY.key].code = 1

    def full(*arguments):
        raise InvalidInput("disk_full", folder="/")

    monkeypatch.setattr(JobFolder, "write", full)
    assert not scheduler.step()
    assert not scheduler.step()
    assert starter.order == [TINY.key]


def test_a_start_that_fails_is_tried_again(queue, monkeypatch):
    tries = []

    def start(folder, slots):
        tries.append(folder.key)
        if len(tries) < 3:
            raise InvalidInput("disk_full", folder="/")
        return FakeProcess()

    submit(queue, seeds(1))
    scheduler = Scheduler(queue.store.home, 1, start)
    assert all(scheduler.step() for _ in range(5))
    assert tries == [TINY.key] * 3


def test_a_home_that_is_gone_ends_the_scheduler_and_does_not_come_back(queue, scheduler, own_home):
    import shutil

    submit(queue, seeds(1))
    shutil.rmtree(own_home)
    assert not scheduler.step()
    assert not own_home.exists()


def test_of_two_schedulers_one_works(queue, monkeypatch):
    monkeypatch.setattr(Scheduler, "run", lambda self: pytest.fail("it works"))
    submit(queue, seeds(1))
    with lock(queue.store.home, LOCK).acquire(timeout=0):
        serve(queue.store.home, 1)


def test_a_job_that_comes_while_the_last_look_is_over_is_not_left_lying(queue, monkeypatch):
    runs = []

    def run(self):
        runs.append(len(look_at(self.home)[0]))
        if len(runs) == 1:
            submit(queue, seeds(1))  # asked for when the lock is still held and nothing is looked at any more
        else:
            queue.folder(TINY.key).remove()

    monkeypatch.setattr(Scheduler, "run", run)
    serve(queue.store.home, 1)
    assert runs == [0, 1]


def test_a_scheduler_is_started_once(queue, monkeypatch, own_home):
    started = []
    monkeypatch.setattr(module, "start_detached", lambda *arguments: started.append(arguments) or Ended())
    monkeypatch.setattr(module, "_started", {})
    ensure_scheduler(own_home, 3)
    ensure_scheduler(own_home, 3)
    assert [(a[0], a[1], a[3]["PLAYGROUND_SLOTS"]) for a in started] == [
        ("playground.lab.queue.scheduler", [str(own_home)], "3")
    ]
    module._started.clear()
    with lock(own_home, LOCK).acquire(timeout=0):
        ensure_scheduler(own_home, 3)
    assert len(started) == 1
    ensure_scheduler(own_home, 3)  # it was killed: the next look starts another
    assert len(started) == 2


class Ended:
    def wait(self):
        return 0


def test_every_look_at_a_waiting_job_wakes_a_scheduler(own_home, tmp_path):
    woken = []
    queue = Local(ModelStore(own_home, tmp_path / "shipped"), 2, lambda home, slots: woken.append((home, slots)))
    for look in (
        lambda: queue.submit(TINY),
        lambda: queue.find(TINY.key),
        queue.list_jobs,
        lambda: queue.events(TINY.key),
    ):
        woken.clear()
        look()
        assert (own_home, 2) in woken
    woken.clear()
    queue.cancel(TINY.key)
    woken.clear()
    queue.list_jobs()
    assert woken == []


def test_a_scheduler_and_a_training_that_waits_load_no_torch(own_home):
    """The scheduler not even numpy; a command that waits for its slot knows the reward, so it has numpy."""
    heavy = ("numpy", "torch", "gymnasium")
    code = f"import playground.lab.queue.scheduler, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    code = """
import sys
sys.argv = ["playground", "train", "gymnasium", "--steps", "64", "--quiet"]
from playground.lab.queue import job_runner
def wait(*arguments, **named):
    assert not {"torch", "stable_baselines3"} & set(sys.modules), "loaded before its turn"
    print("waiting", flush=True)
    raise SystemExit(7)
job_runner.wait_for_slot = wait
from playground.cli import main
main()
"""
    environment = os.environ | {"PLAYGROUND_HOME": str(own_home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout.strip()) == (7, "waiting"), done.stderr


# For real.


def wait_for(condition, seconds=40.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def schedulers_of(home):
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "playground.lab.queue.scheduler" in line and str(home) in line:
            found.append(process)
    return found


def is_held(home, name):
    try:
        with lock(home, name).acquire(timeout=0):
            return False
    except Timeout:
        return True


def test_a_killed_scheduler_is_replaced_at_the_next_look_and_nothing_is_lost(queue, own_home, awake, monkeypatch):
    monkeypatch.setattr(module, "BREATH", 0.2)
    slots = [lock(own_home, f"slot-{i}") for i in range(2)]
    for slot in slots:
        slot.acquire(timeout=0)
    submit(queue, seeds(2))
    wait_for(lambda: is_held(own_home, LOCK))
    (process,) = schedulers_of(own_home)
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not is_held(own_home, LOCK))
    for slot in slots:
        slot.release()
    time.sleep(0.5)
    assert [queue.folder(spec.key).look().state for spec in seeds(2)] == ["queued", "queued"]  # nobody looked
    queue.list_jobs()
    wait_for(lambda: all(queue.store.find(spec.key) for spec in seeds(2)))
    wait_for(lambda: not is_held(own_home, LOCK), 10)
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in schedulers_of(own_home))


@pytest.mark.slow
def test_two_schedulers_at_once_train_every_job_once(queue, own_home, awake):
    submit(queue, seeds(3))
    environment = os.environ | {"PLAYGROUND_HOME": str(own_home), "PLAYGROUND_SLOTS": "2"}
    command = [sys.executable, "-m", "playground.lab.queue.scheduler", str(own_home)]
    processes = [subprocess.Popen(command, env=environment) for _ in range(3)]
    wait_for(lambda: all(queue.store.find(spec.key) for spec in seeds(3)), 90)
    assert [process.wait(20) for process in processes] == [0, 0, 0]
    assert queue.list_jobs() == []
