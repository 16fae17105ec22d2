"""Fixtures that every room's tests share."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import settings


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing that a test trains lands among the user's models."""
    home = tmp_path / "home"
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak English, whatever the locale of the machine that runs the tests."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(autouse=True)
def asleep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test queues is trained, unless it asks for the fixture ``awake``."""
    if "awake" not in request.fixturenames:
        monkeypatch.setattr("playground.lab.queue.local.ensure_scheduler", lambda home, slots: None)


@pytest.fixture
def awake(own_home: Path) -> Iterator[None]:
    """What this test queues is trained; its processes are ended afterwards, each by its own number."""
    yield
    for process in psutil.process_iter(["cmdline"]):
        if str(own_home) in " ".join(process.info["cmdline"] or ()) and process.pid != os.getpid():
            with suppress(psutil.NoSuchProcess):
                process.kill()


settings.register_profile("ci", derandomize=True)  # the same examples each time; elsewhere new ones are tried
settings.load_profile("ci" if os.environ.get("CI") else "default")
logging.getLogger("streamlit").setLevel(logging.ERROR)  # "missing ScriptRunContext" is expected outside a server
