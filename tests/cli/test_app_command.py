import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run


@pytest.fixture
def started(monkeypatch):
    """The commands of processes that would have been started; each ends with status 3."""
    commands = []

    def start(command, **keywords):
        commands.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", start)
    return commands


def test_app_starts_streamlit_on_the_script_and_ends_with_its_status(capsys, started):
    assert run(capsys, "app")[0] == 3
    (command,) = started
    script = Path(command[command.index("run") + 1])
    assert command[:3] == [sys.executable, "-m", "streamlit"]
    assert script.name == "streamlit_app.py"
    assert script.is_file()


def test_app_hands_its_options_on_to_streamlit(capsys, started):
    assert run(capsys, "app", "--server.port", "1234")[0] == 3
    assert started[0][-2:] == ["--server.port", "1234"]
