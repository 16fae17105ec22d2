"""A command imports what it needs: the list of commands and a short command start at once."""

import json
import subprocess
import sys

import pytest

NUMBERS = {"numpy", "scipy", "pandas"}
HEAVY = {"torch", "stable_baselines3", "streamlit", "gymnasium", "Box2D", "scipy", "pandas", "altair", "tqdm", "PIL"}


def loaded_by(*words):
    """Top names in sys.modules after a command ran in a fresh interpreter."""
    code = (
        "import contextlib, io, json, sys\n"
        "from playground.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    assert main({list(words)!r}) == 0\n"
        "print(json.dumps(sorted(name for name in sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def packages(names):
    return {name.split(".")[0] for name in names}


def test_the_list_of_commands_loads_no_numbers_and_no_command():
    names = loaded_by("--help")
    assert not packages(names) & (HEAVY | NUMBERS)
    assert not [name for name in names if name.startswith("playground.cli.studies.")]


@pytest.mark.parametrize("words", [["presets"], ["worlds"], ["export", "article"], ["algorithms"], ["train", "--help"]])
def test_a_short_command_loads_nothing_heavy_and_no_other_command(words):
    names = loaded_by(*words)
    assert not packages(names) & HEAVY
    assert "playground.cli.studies.race" not in names
