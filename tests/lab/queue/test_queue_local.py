import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest
from filelock import Timeout

from playground.flight.cores import available_cores
from playground.lab.locks import lock
from playground.lab.models.store import ModelStore
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import FILE, Notebook
from playground.lab.queue.job_folder import STALE, JobFolder, Status, is_request
from playground.lab.queue.line import wait_for_slot
from playground.lab.queue.local import Local
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

TINY = TrainSpec(GYMNASIUM, steps=256, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))
ENDLESS = replace(TINY, steps=100_000_000)
LONG = replace(TINY, steps=128 * 600)
EXTRA = b'{"state": "queued", "submitted": 1, "heartbeat": 1, "colour": "red"}'


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def board(home, tmp_path):
    """A queue whose trainings are ended after the test, each by its own number."""
    board = Local(ModelStore(home, tmp_path / "shipped"), slots=1)
    yield board
    for path in home.glob("jobs/*"):
        pid = status.pid if (status := JobFolder(home, path.name).read()) else None
        if pid in (None, os.getpid()) or not psutil.pid_exists(pid):
            continue
        if str(home) in " ".join(psutil.Process(pid).cmdline()):
            os.kill(pid, signal.SIGKILL)


def wait_for(condition, seconds=40.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def is_in(board, spec, *states):
    job = board.find(spec.key)
    return job if job is not None and job.status.state in states else None


def is_running(board, spec):
    return (job := is_in(board, spec, "running")) is not None and job.status.steps > 0


def log_of(board, spec):
    return (board.folder(spec.key).path / "log.txt").read_text()


def put(board, spec, **changes):
    """A job's folder as some process might have left it."""
    board.open(spec)
    now = time.time()
    status = replace(Status("queued", submitted=now, heartbeat=now, total=spec.steps), **changes)
    board.folder(spec.key).write(status)
    return status


# Real processes.


def test_a_submitted_spec_becomes_a_model_and_its_job_is_gone(board, awake):
    job = board.submit(TINY, Intent("it lands", prediction={"landing": 0.5}))
    assert job.alive
    assert job.spec == TINY
    again = board.submit(TINY)
    assert (again.key, again.alive) == (job.key, True)
    wait_for(lambda: board.store.find(TINY.key))
    wait_for(lambda: not board.folder(TINY.key).path.exists(), 5)
    board.store.find(TINY.key).verify()
    assert board.list_jobs() == []
    assert board.submit(TINY) is None
    entry = Notebook(board.store).get(TINY.key)
    assert (entry.state, entry.hypothesis, entry.prediction) == ("done", "it lands", {"landing": 0.5})


def test_a_running_job_asked_for_again_is_one_job_and_stops_within_seconds_of_a_cancel(board, awake):
    first = board.submit(ENDLESS)
    wait_for(lambda: is_running(board, ENDLESS))
    pid = board.find(ENDLESS.key).status.pid
    assert board.submit(ENDLESS).status.pid == pid
    assert [job.key for job in board.list_jobs()] == [first.key]
    assert board.find(ENDLESS.key).seconds_left > 0
    board.cancel(ENDLESS.key)
    wait_for(lambda: is_in(board, ENDLESS, "cancelled"), 5)
    wait_for(lambda: not psutil.pid_exists(pid), 5)
    board.discard(ENDLESS.key)
    assert board.find(ENDLESS.key) is None


def trainings_of(home):
    """The command lines of trainings of this home."""
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(home) in line and " train " in line]


def test_a_job_that_waits_for_a_slot_has_no_process_and_is_cancelled_at_once(board, home, awake):
    with lock(board.store.home, "slot-0").acquire(timeout=0):
        board.submit(ENDLESS)
        wait_for(lambda: is_held(home, "scheduler"))
        time.sleep(0.6)
        assert board.find(ENDLESS.key).status.state == "queued"
        assert trainings_of(home) == []
        board.cancel(ENDLESS.key)
        assert is_in(board, ENDLESS, "cancelled")
        wait_for(lambda: not is_held(home, "scheduler"), 5)  # nothing lies in the queue any more
    assert not board.find(ENDLESS.key).resumable
    assert Notebook(board.store).get(ENDLESS.key).state == "cancelled"


def is_held(home, name):
    try:
        with lock(home, name).acquire(timeout=0):
            return False
    except Timeout:
        return True


@pytest.mark.slow
def test_a_killed_job_is_interrupted_at_once_and_goes_on_from_its_checkpoint(board, home, tmp_path, awake):
    board.submit(LONG)
    wait_for(lambda: (job := board.find(LONG.key)).resumable and job.status.steps > 2560)
    pid = board.find(LONG.key).status.pid
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: is_in(board, LONG, "interrupted"), 2)
    killed = board.find(LONG.key)
    assert killed.resumable
    assert killed.status.steps > 0
    assert len(killed.curve) > 0

    resumed = board.submit(LONG)
    assert resumed.alive
    wait_for(lambda: (job := board.find(LONG.key)) and job.status.state == "running" and job.status.pid != pid)
    first_seen = wait_for(lambda: board.find(LONG.key).status.steps)
    assert first_seen >= 2560  # the step of the first checkpoint: it did not begin again
    model = wait_for(lambda: board.store.find(LONG.key), 90)

    from playground.training.train import train

    whole = train(LONG)
    assert (model.folder / "policy.safetensors").read_bytes() == whole.policy
    assert [row["steps"] for row in model.curve] == [row["steps"] for row in whole.curve]


@pytest.mark.slow
def test_with_one_slot_the_second_job_starts_after_the_first(board, awake):
    second, third = replace(TINY, seed=2), replace(TINY, seed=3)
    board.submit(ENDLESS)
    wait_for(lambda: is_running(board, ENDLESS))
    board.submit(second)
    time.sleep(0.05)
    board.submit(third)
    waiting = [board.find(spec.key) for spec in (second, third)]
    assert [job.status.state for job in waiting] == ["queued", "queued"]
    assert [job.position for job in waiting] == [0, 1]
    time.sleep(1)
    assert board.find(second.key).status.state == "queued"
    board.cancel(ENDLESS.key)
    wait_for(lambda: board.store.find(second.key) and board.store.find(third.key))
    created = [board.store.find(spec.key).folder.stat().st_mtime for spec in (second, third)]
    assert created == sorted(created)


def run_cli(home, *arguments):
    environment = os.environ | {"PLAYGROUND_HOME": str(home), "PLAYGROUND_SLOTS": "2"}
    command = [sys.executable, "-m", "playground", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.slow
def test_two_command_lines_with_one_spec_make_one_training(home, tmp_path):
    from playground.training.spec import dump_spec

    spec = replace(TINY, steps=128 * 60)
    (tmp_path / "spec.json").write_bytes(dump_spec(spec))
    processes = [run_cli(home, "train", "--spec", tmp_path / "spec.json", "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=90) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    values = [json.loads(out) for out, _ in outputs]
    assert [value["key"] for value in values] == [spec.key] * 2
    assert values[0]["seconds"] == values[1]["seconds"]  # both read the manifest of one training
    assert values[0]["scorecard"] == values[1]["scorecard"]
    assert [p.name for p in home.iterdir() if p.name not in ("jobs", "locks", FILE)] == [spec.key]
    assert list((home / "jobs").iterdir()) == []


@pytest.mark.slow
def test_when_the_working_command_line_dies_the_waiting_one_takes_over(home, tmp_path, board):
    from playground.training.spec import dump_spec

    spec = replace(TINY, steps=128 * 2400)  # not done on a fast machine before the second one is up
    (tmp_path / "spec.json").write_bytes(dump_spec(spec))
    first = run_cli(home, "train", "--spec", tmp_path / "spec.json", "--json")
    wait_for(lambda: (job := board.find(spec.key)) and job.resumable)
    second = run_cli(home, "train", "--spec", tmp_path / "spec.json", "--json")
    time.sleep(4)
    assert second.poll() is None
    assert board.find(spec.key).status.pid == first.pid
    first.kill()
    first.communicate()
    out, problems = second.communicate(timeout=90)
    assert second.returncode == 0, problems
    assert json.loads(out)["key"] == spec.key


# What a board reads from folders, without processes.


def test_what_is_meant_by_a_job_lies_in_its_folder_and_stays_when_it_is_asked_for_again(board):
    board.open(TINY, Intent("legs farm", "ab" * 32, prediction={"landing": 0.5}))
    first = board.folder(TINY.key).intent()
    assert (first.hypothesis, first.parent, first.prediction) == ("legs farm", "ab" * 32, {"landing": 0.5})
    assert first.asked
    board.open(TINY)
    assert board.folder(TINY.key).intent() == first
    board.open(TINY, Intent("legs do not farm"))
    assert board.folder(TINY.key).intent() == replace(first, hypothesis="legs do not farm")
    assert board.find(TINY.key).spec == TINY


def test_a_design_is_not_its_own_parent(board):
    board.open(TINY, Intent(parent=TINY.key))
    assert board.folder(TINY.key).intent().parent == ""


def test_a_hypothesis_for_a_job_that_runs_is_added_to_it(board):
    put(board, TINY, state="running", pid=os.getpid())
    with lock(board.store.home, TINY.key).acquire(timeout=0):
        board.submit(TINY, Intent("late thought"))
    assert board.folder(TINY.key).intent().hypothesis == "late thought"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"hypothesis": 3}', b'{"parent": "x"}', b'{"hypothesis": "a\nb"}']
)
def test_a_damaged_intent_is_an_empty_one_and_is_written_again(board, data):
    board.open(TINY, Intent("x"))
    (board.folder(TINY.key).path / "notebook.json").write_bytes(data)
    assert board.folder(TINY.key).intent() == Intent()
    board.open(TINY, Intent("y"))
    assert board.folder(TINY.key).intent().hypothesis == "y"


def test_a_job_whose_process_is_gone_is_interrupted(board):
    put(board, TINY, state="running", pid=2**22 - 1)
    assert board.find(TINY.key).status.state == "interrupted"
    assert not board.find(TINY.key).alive


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_job_whose_lock_is_held_is_alive(board, state):
    put(board, TINY, state=state, pid=os.getpid())
    with lock(board.store.home, TINY.key).acquire(timeout=0):
        assert board.find(TINY.key).status.state == state
        assert board.find(TINY.key).alive
    assert board.find(TINY.key).status.state == "interrupted"


def test_a_job_that_lies_in_the_queue_waits_as_long_as_it_takes(board):
    put(board, TINY)
    assert board.find(TINY.key).starting
    for submitted in (time.time() - 3600, time.time() + 3600):  # the clock may have been corrected
        put(board, TINY, submitted=submitted, heartbeat=submitted)
        assert board.find(TINY.key).status.state == "queued"
        assert not board.find(TINY.key).starting
    put(board, TINY, pid=2**22 - 1)
    assert board.find(TINY.key).status.state == "interrupted"


@pytest.mark.parametrize("state", ["cancelled", "failed", "interrupted"])
def test_an_ended_job_keeps_its_state_and_can_be_discarded(board, state):
    put(board, TINY, state=state, message="why")
    assert (board.find(TINY.key).status.state, board.find(TINY.key).status.message) == (state, "why")
    board.discard(TINY.key)
    assert not board.folder(TINY.key).path.exists()


def test_a_job_that_is_alive_is_not_discarded(board):
    put(board, TINY)
    board.discard(TINY.key)
    assert board.find(TINY.key).alive


def test_cancelling_a_dead_job_marks_it_at_once(board):
    put(board, TINY, state="running", pid=2**22 - 1)
    board.cancel(TINY.key)
    assert board.find(TINY.key).status.state == "cancelled"


def test_cancelling_what_is_not_there_does_nothing(board):
    board.cancel(TINY.key)
    board.discard(TINY.key)
    assert not board.folder(TINY.key).path.exists()


def test_jobs_are_listed_oldest_first_and_counted_in_line(board):
    now = time.time()
    for seed, age in ((1, 2.0), (2, 3.0), (3, 1.0)):
        put(board, replace(TINY, seed=seed), submitted=now - age)
    jobs = board.list_jobs()
    assert [job.spec.seed for job in jobs] == [2, 1, 3]
    assert [job.position for job in jobs] == [0, 1, 2]


def test_a_waiting_job_without_heartbeat_is_not_waited_for(board):
    now = time.time()
    put(board, replace(TINY, seed=1), submitted=now - 60, heartbeat=now - STALE - 1, pid=2**22 - 1)
    put(board, TINY, submitted=now)
    assert board.find(TINY.key).position == 0


def test_the_first_in_line_gets_the_slot(board):
    now = time.time()
    put(board, TINY, submitted=now - 1)
    later = replace(TINY, seed=1)
    put(board, later, submitted=now)
    give_up = threading.Event()
    threading.Timer(0.5, give_up.set).start()
    assert wait_for_slot(board.folder(later.key), 1, lambda: not give_up.is_set()) is None
    lock = wait_for_slot(board.folder(TINY.key), 1)
    assert lock is not None
    lock.release()


def test_there_are_as_many_slots_as_asked_for(board, monkeypatch):
    board = Local(board.store, slots=2)
    locks = []
    for seed in range(2):
        spec = replace(TINY, seed=seed)
        put(board, spec)
        locks.append(wait_for_slot(board.folder(spec.key), 2))
        board.folder(spec.key).write(replace(board.folder(spec.key).read(), state="running"))
    assert all(locks)
    put(board, replace(TINY, seed=2))
    give_up = threading.Event()
    threading.Timer(0.5, give_up.set).start()
    assert wait_for_slot(board.folder(replace(TINY, seed=2).key), 2, lambda: not give_up.is_set()) is None
    for held in locks:
        held.release()


def test_slots_come_from_the_environment_or_the_cores(board, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_SLOTS", "3")
    assert Local(board.store).slots == 3
    monkeypatch.delenv("PLAYGROUND_SLOTS")
    assert Local(board.store).slots == available_cores() == len(os.sched_getaffinity(0))


def test_time_left_is_unknown_before_the_first_rollout_and_then_an_estimate(board):
    put(board, TINY, state="running")
    assert board.find(TINY.key).seconds_left is None
    put(board, TINY, state="running", steps=64, total=256, seconds=2.0)
    assert board.find(TINY.key).seconds_left == pytest.approx(6.0)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b"null", b'{"state": 3}', b'{"state": []}', b'{"state": "queued"}', EXTRA],
)
def test_a_damaged_status_is_no_job_and_does_not_hide_the_others(board, data):
    other = replace(TINY, seed=1)
    put(board, other)
    put(board, TINY)
    (board.folder(TINY.key).path / "status.json").write_bytes(data)
    assert board.find(TINY.key) is None
    assert [job.key for job in board.list_jobs()] == [other.key]
    assert board.find(other.key).position == 0


@pytest.mark.parametrize("name", ["submitted", "heartbeat"])
@pytest.mark.parametrize("value", ["soon", None, [], {}])
def test_a_status_with_values_of_other_types_is_no_job_and_does_not_hide_the_others(board, name, value):
    other = replace(TINY, seed=1)
    put(board, other)
    put(board, TINY)
    path = board.folder(TINY.key).path / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    assert [job.key for job in board.list_jobs()] == [other.key]
    assert board.find(other.key).position == 0


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"schema": 1}', b'{"schema": 9, "reward": {}}'])
def test_a_damaged_request_is_bad_input_where_it_is_read(board, data):
    put(board, TINY)
    (board.folder(TINY.key).path / "request.json").write_bytes(data)
    job = board.list_jobs()[0]
    with pytest.raises(InvalidInput):
        _ = job.spec


def test_a_missing_request_is_bad_input_where_it_is_read(board):
    put(board, TINY)
    (board.folder(TINY.key).path / "request.json").unlink()
    with pytest.raises(InvalidInput) as caught:
        _ = board.find(TINY.key).spec
    assert caught.value.code == "cannot_read"


def test_a_missing_curve_is_an_empty_one(board):
    put(board, TINY)
    assert board.find(TINY.key).curve == []


def test_a_curve_that_is_no_text_is_an_empty_one(board):
    put(board, TINY)
    (board.folder(TINY.key).path / "curve.csv").write_bytes(b"\xff\xfe\x00\x01")
    assert board.find(TINY.key).curve == []


def test_folders_that_are_no_keys_are_not_jobs(board):
    for name in ("tmp", "..a", "A" * 64):
        (board.store.home / "jobs" / name).mkdir(parents=True)
        (board.store.home / "jobs" / name / "status.json").write_text('{"state": "failed"}')
    assert board.list_jobs() == []


def test_a_damaged_job_can_be_submitted_again(board, monkeypatch):
    woken = []
    monkeypatch.setattr(board, "_wake", lambda home, slots: woken.append((home, slots)))
    put(board, TINY)
    for name in ("request.json", "status.json"):
        (board.folder(TINY.key).path / name).write_bytes(b"{")
    job = board.submit(TINY)
    assert (board.store.home, 1) in woken
    assert (job.status.state, job.spec) == ("queued", TINY)


def test_a_home_that_cannot_be_written_to_is_told(board, home):
    home.write_text("a file where the folder should be")
    with pytest.raises(InvalidInput) as caught:
        board.submit(TINY)
    assert caught.value.code == "cannot_write"


def test_a_job_asked_for_again_right_after_its_cancel_is_not_lost(board, monkeypatch):
    """The first process has not seen the cancel yet when the second request comes."""
    put(board, TINY, state="running", pid=os.getpid())
    with lock(board.store.home, TINY.key).acquire(timeout=0):
        board.cancel(TINY.key)
        board.submit(TINY)
    assert not board.folder(TINY.key).cancelling


def test_a_job_asked_for_by_a_version_with_other_keys_says_so(board):
    folder = board.folder("ab" * 32)
    now = time.time()
    folder.write(Status("queued", submitted=now, heartbeat=now))
    with pytest.raises(InvalidInput) as caught:
        is_request(board.store.home, folder.request, TINY.key)
    assert caught.value.code == "other_version"
    assert folder.read().state == "failed"
    assert is_request(board.store.home, board.folder(TINY.key).request, TINY.key)
    assert not is_request(board.store.home, board.store.home / "spec.json", TINY.key)
