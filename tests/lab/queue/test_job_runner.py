import json
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

import pytest

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.locks import lock
from playground.lab.models.model import CHECKPOINTS, FILES, OPTIONAL
from playground.lab.models.store import ModelStore
from playground.lab.notebook import log
from playground.lab.notebook.entry import training_entry
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue import job_runner as work
from playground.lab.queue.job_runner import Cancelled, make_model
from playground.lab.queue.local import Local
from playground.training import train as training
from playground.training.result import Result
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM, steps=512, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))


train = partial(training.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    monkeypatch.setattr(work, "train", train)


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home", tmp_path / "shipped")


@pytest.fixture
def board(store):
    return Local(store, slots=1)


def count_trainings(monkeypatch):
    trainings = []
    real = work.train

    def train(spec, *arguments, **keywords):
        trainings.append(keywords["checkpoint"] is not None)
        return real(spec, *arguments, **keywords)

    monkeypatch.setattr(work, "train", train)
    return trainings


def test_a_spec_becomes_a_whole_model_and_its_job_is_gone(store, board):
    model = make_model(SPEC, store)
    model.verify()
    assert (model.key, model.spec) == (SPEC.key, SPEC)
    assert board.find(SPEC.key) is None
    assert not board.folder(SPEC.key).path.exists()


def test_the_manifest_records_what_a_reader_needs_later(store):
    manifest = make_model(SPEC, store).manifest
    assert manifest["steps"] == 512
    assert manifest["seconds"] >= 0
    assert manifest["summary"]["episodes"] == 2
    assert {"python", "torch", "stable-baselines3", "gymnasium", "numpy"} <= set(manifest["versions"])
    assert {*FILES, CHECKPOINTS} <= set(manifest["sha256"]) <= {*FILES, *OPTIONAL}


def test_a_model_that_is_there_is_not_trained_again(store, monkeypatch):
    trainings = count_trainings(monkeypatch)
    first = make_model(SPEC, store)
    again = make_model(SPEC, store)
    assert trainings == [False]
    assert again.manifest == first.manifest


def test_status_and_curve_are_told_and_written_on_the_way(store, board):
    told, written = [], []

    def hear(status, curve):
        told.append((status.state, status.steps, len(curve)))
        job = board.find(SPEC.key)
        written.append((job.status.state, job.status.steps, len(job.curve), job.status.pid, job.status.total))

    make_model(SPEC, store, hear)
    assert told == [("running", 128 * n, n) for n in (1, 2, 3, 4)]
    assert written == [("running", 128 * n, n, os.getpid(), 512) for n in (1, 2, 3, 4)]


def test_two_callers_at_once_make_one_training(store, monkeypatch):
    trainings = count_trainings(monkeypatch)
    models = []
    threads = [threading.Thread(target=lambda: models.append(make_model(SPEC, store, slots=2))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [model.key for model in models] == [SPEC.key] * 3
    assert trainings == [False]


def test_one_who_waits_hears_of_the_progress_of_the_one_who_works(store, monkeypatch):
    gate, heard = threading.Event(), []
    real = work.train

    def slow(spec, on_progress, **keywords):
        def report(progress):
            on_progress(progress)
            gate.wait(20)

        return real(spec, report, **keywords)

    monkeypatch.setattr(work, "train", slow)
    worker = threading.Thread(target=make_model, args=(SPEC, store))
    worker.start()

    def hear(status, curve):
        heard.append(status)
        if status.state == "running" and status.steps:
            gate.set()

    follower = threading.Thread(target=make_model, args=(SPEC, store, hear))
    while not (store.home / "jobs" / SPEC.key / "curve.csv").exists():
        time.sleep(0.01)
    follower.start()
    follower.join(30)
    worker.join(30)
    assert gate.is_set()
    assert any(status.steps == 128 for status in heard)


def test_a_wish_to_stop_ends_the_training_and_keeps_its_checkpoint(store, board, monkeypatch):
    def cancel_at_the_second_report(status, curve):
        if status.steps == 256:
            board.cancel(SPEC.key)

    whole = train(SPEC)
    with pytest.raises(Cancelled):
        make_model(SPEC, store, cancel_at_the_second_report)
    job = board.find(SPEC.key)
    assert job.status.state == "cancelled"
    assert job.resumable
    assert store.find(SPEC.key) is None

    trainings = count_trainings(monkeypatch)
    model = make_model(SPEC, store)
    assert trainings == [True]
    assert (model.folder / "policy.safetensors").read_bytes() == whole.policy
    assert (model.folder / CHECKPOINTS).read_bytes() == whole.checkpoints


def test_a_job_cancelled_before_its_process_began_is_not_trained(store, board, monkeypatch):
    trainings = count_trainings(monkeypatch)
    board.open(SPEC)
    board.cancel(SPEC.key)
    with pytest.raises(Cancelled):
        make_model(SPEC, store, queued=True)
    assert trainings == []
    assert board.find(SPEC.key).status.state == "cancelled"


def test_an_old_wish_to_stop_does_not_stop_a_new_request(store, board):
    board.open(SPEC)
    board.cancel(SPEC.key)
    with pytest.raises(Cancelled):
        make_model(SPEC, store, queued=True)
    assert make_model(SPEC, store).key == SPEC.key


def test_ctrl_c_leaves_a_cancelled_job_that_can_go_on(store, board):
    def interrupt(status, curve):
        if status.steps == 256:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled):
        make_model(SPEC, store, interrupt)
    assert board.find(SPEC.key).status.state == "cancelled"
    assert board.find(SPEC.key).resumable


def test_a_training_that_fails_says_why_and_frees_its_locks(store, board, monkeypatch):
    def fail(*arguments, **keywords):
        raise FloatingPointError("training diverged")

    monkeypatch.setattr(work, "train", fail)
    with pytest.raises(FloatingPointError):
        make_model(SPEC, store, slots=1)
    job = board.find(SPEC.key)
    assert (job.status.state, job.status.message) == ("failed", "training diverged")
    assert not job.alive
    monkeypatch.setattr(work, "train", train)
    assert make_model(SPEC, store, slots=1).key == SPEC.key


def test_a_training_waits_for_its_slot(store, board):
    other = lock(board.store.home, "slot-0")
    other.acquire(timeout=0)
    done = threading.Event()
    states = []

    def run():
        make_model(SPEC, store, slots=1)
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        deadline = time.time() + 10
        while (job := board.find(SPEC.key)) is None or job.status.pid is None:
            assert time.time() < deadline
            time.sleep(0.01)
        time.sleep(0.4)
        states.append(board.find(SPEC.key).status.state)
        assert not done.is_set()
    finally:
        other.release()
    assert done.wait(20)
    assert states == ["queued"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_training_gives_its_slot_back_before_anybody_forgets_it(store, monkeypatch, fails):
    slots = []
    real = work.wait_for_slot

    def remember(*arguments, **keywords):
        slots.append(real(*arguments, **keywords))  # held here, so it is not freed by being forgotten
        return slots[-1]

    monkeypatch.setattr(work, "wait_for_slot", remember)
    if fails:
        monkeypatch.setattr(work, "train", lambda *arguments, **keywords: 1 / 0)
    with suppress(ZeroDivisionError):
        make_model(SPEC, store, slots=1)
    assert [slot.is_locked for slot in slots] == [False]


def test_the_slot_is_free_again_after_a_training(store, board):
    make_model(SPEC, store, slots=1)
    with lock(board.store.home, "slot-0").acquire(timeout=0):
        pass
    with lock(board.store.home, SPEC.key).acquire(timeout=0):
        pass


def test_a_damaged_checkpoint_does_not_stop_a_spec_from_being_trained(store, board):
    board.open(SPEC)
    (board.folder(SPEC.key).path / "checkpoint.pt").write_bytes(b"half a file")
    assert make_model(SPEC, store).key == SPEC.key


@pytest.mark.parametrize("text", ["{", '{"state": "queued"}'])
def test_a_damaged_status_does_not_stop_a_training(store, board, text):
    board.open(SPEC)
    (board.folder(SPEC.key).path / "status.json").write_text(text)
    assert make_model(SPEC, store).key == SPEC.key


def test_a_full_disk_fails_the_job_in_words(store, board, monkeypatch):
    def full(*arguments):
        raise InvalidInput("disk_full", folder="/home")

    monkeypatch.setattr(ModelStore, "add", full)
    with pytest.raises(InvalidInput, match="full"):
        make_model(SPEC, store)
    assert board.find(SPEC.key).status.state == "failed"
    assert "full" in board.find(SPEC.key).status.message


def test_a_home_that_denies_writing_is_told_before_the_training(store, monkeypatch):
    trainings = count_trainings(monkeypatch)
    store.home.write_text("a file where the folder should be")
    with pytest.raises(InvalidInput) as caught:
        make_model(SPEC, store)
    assert caught.value.code == "cannot_write"
    assert trainings == []


def test_model_files_are_the_specs_and_the_results(store):
    result = train(SPEC)
    files = work.model_files(SPEC, result)
    assert {*FILES, CHECKPOINTS} <= set(files) <= {*FILES, *OPTIONAL}
    assert files[CHECKPOINTS] == result.checkpoints
    assert files["spec.json"] == dump_spec(SPEC)
    assert files["policy.safetensors"] == result.policy
    assert json.loads(files["scorecard.json"])["summary"] == result.scorecard.summary
    assert len(files["curve.csv"].splitlines()) == 1 + len(result.curve)


def test_a_model_without_a_curve_has_no_optional_file():
    card = train(SPEC).scorecard
    result = Result(b"", b"", [], card, steps=0, seconds=0.0, kept=0)
    assert set(work.model_files(SPEC, result)) == set(FILES)


def test_the_manifest_tells_the_steps_of_the_kept_policy_from_those_that_were_trained():
    result = Result(b"", b"", [], train(SPEC).scorecard, steps=512, seconds=1.26, kept=128)
    manifest = work.manifest_of(result)
    assert (manifest["steps"], manifest["kept_steps"], manifest["seconds"]) == (512, 128, 1.3)


def test_every_checkpoint_of_a_model_has_its_row_of_the_curve(store):
    model = make_model(SPEC, store)
    assert [checkpoint.steps for checkpoint in model.checkpoints] == [row["steps"] for row in model.curve]


def test_the_time_that_a_job_was_submitted_survives_its_training(store, board):
    board.open(SPEC)
    folder = board.folder(SPEC.key)
    folder.write(replace(folder.read(), submitted=12345.0))
    seen = []
    make_model(SPEC, store, lambda status, curve: seen.append(status.submitted))
    assert set(seen) == {12345.0}


# the notebook


@pytest.fixture
def notebook(store):
    return Notebook(store, patience=0.3)


def test_a_training_leaves_an_entry_with_what_was_meant_and_what_came_of_it(store, notebook):
    seen = []
    intent = Intent("two legs are enough", prediction={"landing": 0.8})
    model = make_model(SPEC, store, lambda status, curve: seen.append(notebook.get(SPEC.key)), intent=intent)
    assert {(entry.state, entry.result) for entry in seen} == {("running", None)}
    (entry,) = notebook.entries()
    assert (entry.key, entry.kind, entry.state) == (SPEC.key, "training", "done")
    assert (entry.hypothesis, entry.prediction) == ("two legs are enough", {"landing": 0.8})
    assert entry.result["landing_rate"] == model.summary["landing_rate"]
    assert (entry.result["steps"], entry.result["seconds"]) == (512, model.manifest["seconds"])
    assert entry.spec.encode() == dump_spec(SPEC)
    assert model.key == SPEC.key  # what was meant is no part of the key

    notebook.database.path.unlink()
    notebook.rebuild()
    assert notebook.entries() == [entry]


def test_a_model_that_is_found_makes_no_entry(store, notebook):
    make_model(SPEC, store)
    notebook.database.path.unlink()
    make_model(SPEC, store, intent=Intent("again"))
    assert notebook.entries() == []


def test_a_training_names_what_was_changed_against_its_parent(store, notebook):
    parent = replace(SPEC, seed=7, steps=128)
    make_model(parent, store)
    child = make_model(SPEC, store, intent=Intent(parent=parent.key))
    change = {"seed": [7, 0], "steps": [128, 512]}
    assert notebook.get(SPEC.key).change == child.manifest["notebook"]["change"] == change
    assert [(branch.depth, branch.entry.key) for branch in notebook.tree()] == [(0, parent.key), (1, SPEC.key)]


def test_a_parent_that_was_never_finished_is_compared_with_by_its_entry(store, notebook):
    parent = replace(SPEC, seed=7)
    notebook.record(training_entry(parent, Intent(), "cancelled", None))
    make_model(SPEC, store, intent=Intent(parent=parent.key))
    assert notebook.get(SPEC.key).change == {"seed": [7, 0]}


def test_a_cancelled_training_leaves_an_entry_that_its_resume_goes_on_with(store, board, notebook):
    def cancel_at_the_second_report(status, curve):
        if status.steps == 256:
            board.cancel(SPEC.key)

    with pytest.raises(Cancelled):
        make_model(SPEC, store, cancel_at_the_second_report, intent=Intent("it lands"))
    (cancelled,) = notebook.entries()
    assert (cancelled.state, cancelled.hypothesis, cancelled.result["steps"]) == ("cancelled", "it lands", 256)
    notebook.edit(SPEC.key, starred=True)
    make_model(SPEC, store)
    (done,) = notebook.entries()
    assert (done.state, done.hypothesis, done.starred, done.created) == ("done", "it lands", True, cancelled.created)
    assert store.find(SPEC.key).manifest["notebook"]["hypothesis"] == "it lands"


def test_a_job_cancelled_before_it_began_leaves_an_entry(store, board, notebook):
    board.open(SPEC, Intent("it lands"))
    board.cancel(SPEC.key)
    with pytest.raises(Cancelled):
        make_model(SPEC, store, queued=True)
    assert [(entry.state, entry.hypothesis) for entry in notebook.entries()] == [("cancelled", "it lands")]


def test_a_failed_training_leaves_an_entry_that_says_why(store, notebook, monkeypatch):
    def fail(*arguments, **keywords):
        raise FloatingPointError("training diverged")

    monkeypatch.setattr(work, "train", fail)
    with pytest.raises(FloatingPointError):
        make_model(SPEC, store, intent=Intent("it lands"))
    (entry,) = notebook.entries()
    assert (entry.state, entry.hypothesis, entry.result["message"]) == ("failed", "it lands", "training diverged")


def test_a_thought_that_comes_while_it_trains_is_written_down(store, board, notebook):
    def think(status, curve):
        if status.steps == 256:
            board.note(SPEC.key, Intent("now I see"))

    model = make_model(SPEC, store, think)
    assert notebook.get(SPEC.key).hypothesis == model.manifest["notebook"]["hypothesis"] == "now I see"


def spoil(path, how):
    """A notebook that cannot be written, as left by others; what to close afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if how == "garbage":
        path.write_bytes(b"garbage" * 999)
    elif how == "folder":
        path.mkdir()
    connection = sqlite3.connect(path if path.is_file() or how in ("newer", "locked") else ":memory:")
    if how == "newer":
        connection.execute("PRAGMA user_version = 99")
    elif how == "locked":
        connection.execute("BEGIN EXCLUSIVE")
    return closing(connection)


@pytest.mark.parametrize("how", ["garbage", "folder", "newer", "locked"])
def test_a_notebook_that_cannot_be_written_stops_no_training_and_is_told_once(store, how, capsys, monkeypatch):
    monkeypatch.setattr(log, "Notebook", partial(Notebook, patience=0.1))
    with spoil(Notebook(store).database.path, how):
        make_model(SPEC, store, intent=Intent("it lands")).verify()
    told = capsys.readouterr().err
    assert told.count("notebook:") == told.count("\n") == 1
    assert store.find(SPEC.key).manifest["notebook"]["hypothesis"] == "it lands"
