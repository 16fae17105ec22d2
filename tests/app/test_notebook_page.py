"""The notebook's page, and what the app writes into it."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from playground.cli import main
from playground.lab.models.store import ModelStore
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import Entry, training_entry
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import FILE, Notebook, entry_of
from playground.lab.queue.local import Local


def page() -> AppTest:
    def script():
        from playground.app.pages import notebook
        from playground.app.texts import language

        language()
        notebook.draw()

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = "en"
    return app.run()


def told(app: AppTest) -> str:
    return "\n".join(box.value for kind in ("markdown", "caption", "info", "error") for box in app.get(kind))


@pytest.fixture
def book(sibling, own_home) -> Notebook:
    """A model changed from a preset, with a hypothesis, and a failed training."""
    store = ModelStore()
    parent = store.resolve("gymnasium")
    model = sibling("article", own_home, seed=4)
    book = Notebook(store)
    intent = Intent("it will crash", parent.key, changes(parent.spec, model.spec), {"landing": 0.03})
    result = {"landing_rate": 0.0, "native_return_mean": -112.0}
    book.record(training_entry(model.spec, intent, "done", result), Entry("failed-one", "training", "failed"))
    return book


def test_an_empty_notebook_says_what_will_stand_there(own_home):
    app = page()
    assert not app.exception
    assert "press Train" in told(app)


def test_an_entry_shows_hypothesis_change_forecast_and_result(book):
    app = page()
    assert not app.exception
    text = told(app)
    for words in (
        "**it will crash**",
        "landed 0 of 100",
        "return −112",
        "forecast: 3 % landing",
        "Distance 100 → 200",
    ):
        assert words in text


def test_stars_search_and_archive(book):
    app = page()
    key = next(entry.key for entry in book.entries(query="crash"))
    app.button(key=f"star_{key}").click().run()
    assert book.get(key).starred
    app.toggle(key="notebook_starred").set_value(True).run()
    assert "failed-o" not in told(app)
    app.toggle(key="notebook_starred").set_value(False).run()
    app.text_input(key="notebook_find").set_value("no such words").run()
    assert "No matches" in told(app)
    app.text_input(key="notebook_find").set_value("").run()
    book.edit(key, archived=True)
    assert "it will crash" not in told(app.run())
    assert "it will crash" in told(app.toggle(key="notebook_archived").set_value(True).run())


def test_the_tree_and_a_deleted_model(book):
    app = page()
    app.segmented_control(key="notebook_view").set_value("tree").run()
    assert not app.exception
    assert "it will crash" in told(app)
    entry = next(entry for entry in book.entries(query="crash"))
    shutil.rmtree(book.store.home / entry.key)
    assert "model deleted" in told(app.run())


def test_a_damaged_notebook_is_told_and_made_anew(own_home):
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / FILE).write_bytes(b"this is no database at all" * 100)
    app = page()
    assert not app.exception
    assert "damaged" in app.error[0].value
    app.button(key="rebuild").click().run()
    assert not app.error
    assert list(own_home.glob("*damaged*"))


def test_pressing_train_tells_the_notebook_what_was_expected(start, own_home, monkeypatch):
    submitted = []
    monkeypatch.setattr(Local, "submit", lambda self, spec, intent=None, **lane: submitted.append((spec, intent)))
    app = start(w_legs="23")
    app.text_input(key="hypothesis").set_value("legs matter little").run()
    app.button(key="train").click().run()
    assert not app.exception
    spec, intent = submitted[0]
    assert spec.reward.w_legs == 23
    assert intent.hypothesis == "legs matter little"
    assert intent.parent == ModelStore().resolve("gymnasium").key
    assert intent.prediction["verdict"] == "sound"
    assert app.text_input(key="hypothesis").value == ""


def test_a_comparison_on_the_command_line_is_noted_and_opens(own_home, capsys):
    assert main(["compare", "gymnasium", "article"]) == 0
    entries = Notebook().entries(kind="comparison")
    assert len(entries) == 1
    assert entries[0].result["models"] == [ModelStore().resolve(slug).key for slug in ("gymnasium", "article")]
    app = page()
    assert not app.exception
    assert "A · Gymnasium's own / B · The article's custom reward" in told(app)
    assert "100 fewer out of 100" in told(app)
    assert main(["compare", "gymnasium", "article"]) == 0
    assert len(Notebook().entries(kind="comparison")) == 1


def test_what_the_folder_says_is_what_the_page_says(book):
    model = next(iter(ModelStore().list_trained()))
    assert entry_of(model) is not None
