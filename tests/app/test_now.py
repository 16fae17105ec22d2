"""A run of the page asks for everything once, and for nothing that is hidden."""

import sys
from collections import Counter
from functools import cached_property
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from playground.app.now import Now
from playground.insight import breakdown
from playground.lab.paths import app_script

OPENED: list[str] = []
LISTENING = [False]


def _listen(event: str, arguments: tuple) -> None:
    if LISTENING[0] and event in ("open", "os.listdir", "os.scandir"):
        OPENED.append(f"{event} {arguments[0]}")


sys.addaudithook(_listen)


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_file(str(app_script()), default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    return app.run()


def tick(app: AppTest, legs: float) -> Counter:
    """Move a slider; the files that were opened meanwhile, and how often."""
    app.slider(key="slide_legs").set_value(legs)
    OPENED.clear()
    LISTENING[0] = True
    try:
        app.run()
    finally:
        LISTENING[0] = False
    assert not app.exception
    script = Path(app_script()).name
    return Counter(name for name in OPENED if "/proc/" not in name and not name.endswith((script, ".pyc", ".py")))


def test_a_tick_opens_no_file_twice_and_no_shipped_model(app):
    tick(app, 20)
    files = tick(app, 21)
    assert all(count == 1 for count in files.values()), files
    assert not [name for name in files if "presets" in name]


def test_a_tick_works_everything_out_once_and_nothing_that_is_hidden(app, monkeypatch):
    counted: Counter = Counter()

    def counting(name, make):
        def counted_make(*arguments):
            counted[name] += 1
            return make(*arguments)

        return counted_make

    for name, value in list(vars(Now).items()):
        if isinstance(value, cached_property):
            wrapped = cached_property(counting(name, value.func))
            wrapped.__set_name__(Now, name)
            monkeypatch.setattr(Now, name, wrapped)
    down = counting("break_down", breakdown.break_down)
    monkeypatch.setattr("playground.app.now.break_down", down)
    monkeypatch.setattr("playground.app.episode.panel.break_down", down)
    monkeypatch.setattr("playground.app.episode.films.break_down", down)
    monkeypatch.setattr("playground.app.shared.repair_reward", counting("repair", lambda *_: None))
    tick(app, 22)
    assert set(counted.values()) == {1}, counted
    assert {"spec", "key", "trained", "job", "model", "parts", "check", "bands", "break_down"} <= set(counted)
    assert "repair" not in counted
