"""The list of all commands, and the parser of the one that is asked for.

Leaves out: options and bodies, which stand in a command's own file.
"""

import argparse
import importlib
from collections.abc import Sequence
from typing import Final

from playground import __version__
from playground.cli.options import add_language, translated
from playground.words.say import say

COMMANDS: Final = {
    "train": "models.train",
    "evaluate": "models.evaluate",
    "breakdown": "models.breakdown",
    "record": "models.record",
    "models": "models.models",
    "import": "models.import_",
    "export-model": "models.export_model",
    "presets": "rewards.presets",
    "check": "rewards.check",
    "repair": "rewards.repair",
    "export": "rewards.export",
    "import-reward": "rewards.import_reward",
    "probes": "rewards.probes",
    "worlds": "rewards.worlds",
    "compare": "studies.compare",
    "robustness": "studies.robustness",
    "algorithms": "studies.algorithms",
    "race": "studies.race",
    "notebook": "studies.notebook",
    "bench": "bench",
    "app": "app",
}
"""Each command's module in this room, in the order of the help. A module has ``add_arguments(parser, lang)`` and
``run(arguments)``, which returns the exit status."""


def parse_arguments(argv: Sequence[str], arguments: argparse.Namespace) -> None:
    """Read a command line into ``arguments``, whose ``lang`` is the language of help and errors.

    Raises:
        SystemExit: help was asked for (status 0), or the command line is wrong (status 2).
    """
    lang = arguments.lang
    parser = argparse.ArgumentParser(prog="playground", description=translated("cli.about", lang), add_help=False)
    add_help(parser, lang)
    parser.add_argument(
        "--version",
        action="version",
        version=f"reward-playground {__version__}",
        help=translated("cli.version", lang),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title=say("cli.commands", lang))
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name, place in COMMANDS.items():
        about = translated(f"cli.{name}.about", lang)
        command = commands.add_parser(name, help=about, description=about, add_help=False)
        if name == asked:
            module = importlib.import_module(f"playground.cli.{place}")
            module.add_arguments(command, lang)
            add_help(command, lang)
            command.set_defaults(run=module.run)
    if asked == "app" and not {"-h", "--help"} & set(argv):
        arguments.handed_on = [word for word in argv[argv.index("app") + 1 :] if word != "--"]
        argv = argv[: argv.index("app") + 1]  # what follows is for Streamlit to read
    parser.parse_args(argv, arguments)


def add_help(parser: argparse.ArgumentParser, lang: str) -> None:
    """Give a parser, and those of its actions, the options that all have."""
    add_language(parser, lang)
    parser.add_argument("-h", "--help", action="help", help=translated("cli.help", lang))
    parser._positionals.title = say("cli.positionals", lang)
    parser._optionals.title = say("cli.optionals", lang)
