"""A home with one tiny model, for the tests of all commands."""

import io
import json
import shutil
import sys

import pytest
from command_line import TINY

from playground.cli import main


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A home with one tiny model, and what ``train --json`` printed of it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "shipped").mkdir()
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_HOME", str(folder / "home"))
        patch.setattr("playground.lab.models.store.shipped_folder", lambda: folder / "shipped")
        patch.setattr(sys, "stdout", out)
        assert main(["train", "gymnasium", *TINY, "--json"]) == 0
    return folder / "home", json.loads(out.getvalue())


@pytest.fixture(autouse=True)
def home(trained, tmp_path, monkeypatch):
    """A copy of that home; no shipped models."""
    shutil.copytree(trained[0], tmp_path / "home")
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("playground.lab.models.store.shipped_folder", lambda: tmp_path / "shipped")
    return tmp_path / "home"


@pytest.fixture
def key(trained):
    return trained[1]["key"]
