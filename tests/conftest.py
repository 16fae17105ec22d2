"""Fixtures that every room's tests share."""

import logging
import os
from pathlib import Path

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


settings.register_profile("ci", derandomize=True)  # the same examples each time; elsewhere new ones are tried
settings.load_profile("ci" if os.environ.get("CI") else "default")
logging.getLogger("streamlit").setLevel(logging.ERROR)  # "missing ScriptRunContext" is expected outside a server
