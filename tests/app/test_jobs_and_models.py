"""Trainings and models on the pages, from files as a training process leaves them."""

import shutil
import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from playground.lab.models.store import ModelStore
from playground.lab.queue.job_folder import Status
from playground.lab.queue.local import Local
from playground.training.spec import TrainSpec, dump_spec
from playground.words.say import say
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(replace(GYMNASIUM, w_legs=20.0))


def left_behind(state: str, **more) -> Local:
    """A job of SPEC whose process is gone."""
    board = Local(ModelStore())
    board.open(SPEC)
    status = Status(state, submitted=1.0, heartbeat=1.0, pid=1, steps=4096, total=8192, seconds=3.0, **more)
    board.folder(SPEC.key).write(status)
    return board


def models_page() -> AppTest:
    def script():
        from playground.app.pages import models

        models.draw()

    return AppTest.from_function(script, default_timeout=60).run()


def words(app: AppTest) -> str:
    return " ".join(box.value for kind in ("warning", "error") for box in app.get(kind))


@pytest.mark.parametrize(
    ("state", "more", "told"),
    [
        ("running", {}, "was killed"),
        ("cancelled", {}, "Cancelled after 4,096 steps"),
        ("failed", {"message": "the disk is full"}, "the disk is full"),
    ],
)
def test_an_ended_training_says_why_and_offers_to_go_on(start, own_home, state, more, told):
    left_behind(state, **more)
    app = start(w_legs="20")
    assert not app.exception
    assert told in words(app)
    key = SPEC.key
    assert app.button(key=f"resume_watched_{key}").label == "Try again"  # there is no checkpoint
    app.button(key=f"discard_watched_{key}").click().run()
    assert Local(ModelStore()).find(key) is None
    assert told not in words(app)


def test_a_training_with_a_checkpoint_is_resumed_not_begun_again(start, own_home):
    board = left_behind("cancelled")
    (board.folder(SPEC.key).path / "checkpoint.pt").write_bytes(b"anything")
    app = start(w_legs="20")
    assert app.button(key="train").label == say("train.resume", "en")
    assert app.button(key=f"resume_watched_{SPEC.key}").label == "Resume"


def test_a_training_that_has_just_been_asked_for_is_starting(start, own_home):
    board = Local(ModelStore())
    board.open(SPEC)
    app = start(w_legs="20")
    assert not app.exception
    assert app.button(key="train").disabled
    assert app.button(key=f"cancel_watched_{SPEC.key}").label == "Cancel"
    app.button(key=f"cancel_watched_{SPEC.key}").click().run()
    assert (board.folder(SPEC.key).path / "cancel").exists()


def test_a_training_that_ends_after_the_page_was_loaded_again_comes_on_screen_by_itself(start, own_home):
    """The address still names the model that was on screen when the training began."""
    board = Local(ModelStore())
    board.open(SPEC)
    for before in ("gymnasium", "article"):
        app = start(w_legs="20", model=ModelStore().resolve(before).key)
        assert not app.exception
        assert app.session_state["session"].shown == ModelStore().resolve(before).key
        assert app.session_state["session"].watching == SPEC.key
    trained(own_home)
    board.folder(SPEC.key).remove()
    app.run()
    assert not app.exception
    assert app.session_state["session"].shown == SPEC.key
    assert app.session_state["session"].watching is None
    assert app.button(key="train").label == say("train.shown", "en")
    assert app.button(key="train").disabled
    assert "model" not in app.query_params
    assert [toast.value for toast in app.toast] == [say("train.done", "en")]
    app.run()
    assert not app.toast


def test_a_training_that_is_asked_for_here_comes_on_screen_when_it_ends(start, own_home):
    app = start(w_legs="20")
    shown = app.session_state["session"].shown
    app.button(key="train").click().run()
    assert not app.exception
    assert Local(ModelStore()).find(SPEC.key).alive
    assert app.session_state["session"].shown == shown
    trained(own_home)
    Local(ModelStore()).folder(SPEC.key).remove()
    app.run()
    assert app.session_state["session"].shown == SPEC.key


def test_damaged_job_files_do_not_break_the_page(start, own_home):
    board = left_behind("failed", message="x")
    (board.folder(SPEC.key).path / "request.json").write_bytes(b"\x00{")
    (board.folder(SPEC.key).path / "curve.csv").write_bytes(b"\xff\xfe")
    app = start(w_legs="20")
    assert not app.exception
    assert not models_page().exception


def trained(own_home, **more) -> str:
    """A trained model: the shipped one's files under another key."""
    shipped = ModelStore().resolve("gymnasium")
    own_home.mkdir(parents=True, exist_ok=True)
    store, manifest = ModelStore(), dict(shipped.manifest)
    files = {name: shipped.read(name) for name in manifest["sha256"]}
    files["spec.json"] = dump_spec(SPEC)
    drop = ("key", "sha256", "schema")
    return store.add(SPEC.key, files, {k: v for k, v in manifest.items() if k not in drop} | more).key


def test_a_trained_model_is_listed_found_and_deleted(own_home):
    key = trained(own_home)
    page = models_page()
    assert not page.exception
    assert any(key[:8] in caption.value for caption in page.caption)
    page.text_input(key="find").set_value("no such model").run()
    assert not any(key[:8] in caption.value for caption in page.caption)
    page.text_input(key="find").set_value("Legs 20").run()
    page.button(key=f"delete_{key}").click().run()
    assert ModelStore().find(key) is None


def test_an_imported_model_is_not_said_to_be_trained_on_a_reward_that_nobody_named(own_home):
    trained(own_home, imported="theirs.zip", reward="unknown")
    assert any(text.value == "**theirs.zip, reward unknown**" for text in models_page().markdown)


def test_a_model_at_hand_is_loaded_not_trained(start, own_home):
    trained(own_home)
    app = start(w_legs="20")
    assert app.button(key="train").disabled  # the link's own model is on screen
    app.slider(key="slide_legs").set_value(10.0).run()
    assert app.button(key="train").label == "Load"
    app.button(key="train").click().run()
    assert app.button(key="train").disabled
    assert not (own_home / "jobs").exists()


def test_a_model_that_vanishes_while_it_is_on_screen_gives_way_to_a_shipped_one(start, own_home):
    key = trained(own_home)
    app = start(w_legs="20")
    shutil.rmtree(own_home / key)
    app.button(key="next").click().run()
    assert not app.exception
    assert app.button(key="train").label == "Train"
    assert any("the old policy" in box.value for box in app.info)


def test_the_list_of_a_thousand_models_is_cut(own_home):
    key = trained(own_home)
    for number in range(40):
        other = f"{number:064x}"
        folder = own_home / other
        shutil.copytree(own_home / key, folder)
        manifest = (folder / "manifest.json").read_text().replace(key, other)
        (folder / "manifest.json").write_text(manifest)
    began = time.perf_counter()
    page = models_page()
    assert not page.exception
    assert any("11 more" in caption.value for caption in page.caption), time.perf_counter() - began
