"""Fixtures that every room's tests share."""

import logging
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing that a test trains lands among the user's models."""
    home = tmp_path / "home"
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    return home


logging.getLogger("streamlit").setLevel(logging.ERROR)  # "missing ScriptRunContext" is expected outside a server
