from command_line import run

from playground import __version__
from playground.cli.commands import COMMANDS


def test_help_names_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for command in COMMANDS:
        assert command in out
        assert run(capsys, command, "--help")[0] == 0


def test_version_is_the_packages(capsys):
    assert run(capsys, "--version")[:2] == (0, f"reward-playground {__version__}\n")
