"""A home that the version before left behind: two models, a notebook, and a training that was killed."""

import hashlib
import shutil
import time
from pathlib import Path

import pytest

from playground.flight.rollout import run_episodes
from playground.flight.scorecard import score
from playground.insight.breakdown import break_down
from playground.lab.models.model import FILES
from playground.lab.models.store import ModelStore
from playground.lab.notebook.notebook import FILE, Notebook, entry_of
from playground.lab.queue.local import Local
from playground.training.spec import dump_spec

OLD = Path(__file__).parents[1] / "data" / "old_home"
GRPO = "87c7c655d6b7857dfe246e23d444607aee2cb093e49dd0ff2dfb843c37b092ab"
PPO = "e810ade603a072e7fda375a57538191b5bb8872899bdeee5e134125319d43b58"
KILLED = "9ae29f5156962518ef0c1109907bd07776680c47af231ca415c36832e3355eaf"


@pytest.fixture
def home(own_home):
    shutil.copytree(OLD, own_home)
    return own_home


@pytest.fixture
def store(home):
    return ModelStore(home)


@pytest.fixture
def queue(store):
    return Local(store, slots=1)


def contents(folder):
    """Checksum of every file, by its place in the folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_kept_home_itself_has_no_logs_of_a_database_that_was_opened():
    assert not list(OLD.glob("*-wal")) + list(OLD.glob("*-shm"))


def test_the_models_are_listed_whole_and_can_be_read(store):
    assert {model.key for model in store.list_trained()} == {GRPO, PPO}
    for model in store.list_trained():
        model.verify()
        assert model.spec.key == model.key
        assert dump_spec(model.spec) == model.read("spec.json")
        assert set(FILES) < set(model.files)
        assert len(model.curve) > 0
        assert len(model.checkpoints) > 0
        assert model.summary["episodes"] == len(model.scorecard.outcomes) == 100
        assert store.resolve(model.key[:8]).key == model.key
    assert (store.find(GRPO).spec.algorithm, store.find(PPO).spec.algorithm) == ("grpo", "ppo")


def test_the_old_policies_fly_as_they_did(store):
    for model in store.list_trained():
        seeds = model.scorecard.seeds[:3].tolist()
        again = score(run_episodes(model.spec.world, model.policy, seeds), model.spec.gamma)
        assert again.native_return.tolist() == model.scorecard.native_return[:3].tolist()
        (episode,) = run_episodes(model.spec.world, model.policy, seeds[:1])
        parts = break_down(episode, model.spec.reward, model.spec.gamma)
        assert sum(parts.totals.values()) == pytest.approx(model.scorecard.returns(model.spec.reward)[0])


def test_the_notebook_has_its_entries_with_what_people_added(store):
    notebook = Notebook(store)
    entries = {entry.key: entry for entry in notebook.entries()}
    assert set(entries) == {GRPO, PPO, KILLED}
    named = entries[GRPO]
    assert (named.name, named.note, named.starred, named.state) == ("first try", "an old note", True, "done")
    assert (entries[PPO].hypothesis, entries[PPO].state) == ("It should land", "done")
    assert entries[PPO].result["landing_rate"] == store.find(PPO).summary["landing_rate"]
    notebook.settle()
    assert notebook.get(KILLED).state == "interrupted"
    notebook.edit(PPO, note="a new note")
    assert notebook.get(PPO).note == "a new note"
    assert notebook.get(GRPO) == named


def test_a_lost_notebook_is_written_again_from_the_old_models(store, home):
    before = {entry.key: entry for entry in Notebook(store).entries()}
    for path in home.glob(f"{FILE}*"):
        path.unlink()
    Notebook(store).rebuild()
    for key in (GRPO, PPO):
        entry = Notebook(store).get(key)
        assert entry == entry_of(store.find(key))
        assert (entry.hypothesis, entry.created) == (before[key].hypothesis, before[key].created)


def test_the_killed_training_is_interrupted_and_can_go_on(queue):
    (job,) = queue.list_jobs()
    assert (job.key, job.status.state, job.status.steps) == (KILLED, "interrupted", 351_232)
    assert job.resumable
    assert not job.alive
    assert job.spec.key == KILLED
    assert job.curve[-1]["steps"] <= job.status.steps
    assert job.intent.prediction["verdict"] == "sound"
    assert queue.submit(job.spec).alive
    assert queue.find(KILLED).resumable


def test_looking_at_an_old_home_changes_none_of_its_files(store, queue, home):
    before = contents(home)
    for model in store.list_trained():
        _ = model.verify(), model.policy, model.scorecard, model.curve, model.checkpoints
    queue.list_jobs()
    queue.events(KILLED)
    Notebook(store).entries()
    kept = {name: checksum for name, checksum in contents(home).items() if not name.startswith("locks")}
    logs = {f"{FILE}-wal", f"{FILE}-shm"}
    assert {name: checksum for name, checksum in kept.items() if name not in logs} == before


def test_the_pages_open_on_an_old_home(home):
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(OLD.parents[2] / "streamlit_app.py"), default_timeout=60)
    page.query_params["lang"] = "en"
    page.query_params["model"] = PPO
    page.run()
    assert not page.exception
    assert page.session_state["session"].shown == PPO


@pytest.mark.slow
def test_the_killed_training_goes_on_to_the_end_from_where_it_was(queue, store, awake):
    job = queue.find(KILLED)
    before = job.curve
    queue.submit(job.spec)
    deadline = time.monotonic() + 120
    while queue.result(KILLED) is None or queue.find(KILLED) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    model = queue.result(KILLED)
    assert model.manifest["steps"] == 400_128
    same = [row for row in model.curve if row["steps"] <= before[-1]["steps"]]
    assert [row["steps"] for row in same] == [row["steps"] for row in before]
    for column in ("native_return", "seconds"):  # the time, too: these rows were not made again
        assert [row[column] for row in same] == [row[column] for row in before]
    assert Notebook(store).get(KILLED).state == "done"
