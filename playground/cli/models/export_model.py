"""``playground export-model``: a model as one file for other tools."""

import argparse
from pathlib import Path

from playground.cli.options import add_json, add_model, translated
from playground.cli.printing import DONE, put
from playground.words.say import say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The model, the format and the file."""
    add_model(parser, lang)
    choices = ["sb3", "card", "tensorboard"]
    parser.add_argument("--to", choices=choices, required=True, help=translated("cli.export-model.to", lang))
    parser.add_argument("--out", type=Path, help=translated("cli.export-model.out", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    from playground.lab.models.export_formats import export_model
    from playground.lab.models.store import ModelStore

    model = ModelStore().resolve(arguments.model)
    path = export_model(model, arguments.to, arguments.out, arguments.lang)
    written = say("cli.file", arguments.lang, file=path, bytes=f"{path.stat().st_size:,}")
    put(arguments, {"key": model.key, "to": arguments.to, "file": str(path)}, [written])
    return DONE
