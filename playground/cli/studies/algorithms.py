"""``playground algorithms``: the algorithms that can train, or the settings of one."""

import argparse
from typing import TYPE_CHECKING, Any

from playground.cli.options import add_json, translated
from playground.cli.printing import DONE, put
from playground.words.errors import InvalidInput
from playground.words.say import FALLBACK, has, say, text
from playground.words.tables import width

if TYPE_CHECKING:
    from playground.training.algorithms import Setting


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """Which one."""
    parser.add_argument("name", nargs="?", metavar="NAME", help=translated("cli.algorithms.name", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    from playground.lab.models.names import algorithm_name
    from playground.training.algorithms import ALGORITHMS

    lang, name = arguments.lang, arguments.name
    if name is None:
        algorithms = ALGORITHMS.values()
        value: Any = [
            {"name": a.name, "title": a.title, "family": a.family, "source": a.source, "library": a.library}
            for a in algorithms
        ]
        rows = [
            (
                a.name,
                algorithm_name(a.name, lang),
                say(f"cli.algorithms.family.{a.family}", lang),
                a.library or say("cli.algorithms.by_hand", lang),
                a.source,
            )
            for a in algorithms
        ]
        widths = [max(width(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join([*(c + " " * (w - width(c)) for c, w in zip(row, widths)), row[-1]]) for row in rows]
    else:
        if name not in ALGORITHMS:
            raise InvalidInput("not_a_choice", field="NAME", choices=", ".join(ALGORITHMS), value=name)
        settings = ALGORITHMS[name].settings.values()
        value = [{"name": s.name, "default": s.default, "meaning": s.meaning} for s in settings]
        lines = [f"{s.name}={_written(s.default)}\n    {meaning(name, s, lang)}" for s in settings]
        lines = lines or [say("cli.algorithms.own_options", lang)]
    put(arguments, value, lines)
    return DONE


def meaning(algorithm: str, setting: "Setting", lang: str) -> str:
    """What a setting does: in English as the learner's file says it, else by the setting's name if it has a text."""
    if lang == FALLBACK:
        return setting.meaning
    keys = (f"cli.setting.{algorithm}.{setting.name}", f"cli.setting.{setting.name}")
    return next((text(key, lang) for key in keys if has(key)), setting.meaning)


def _written(value: Any) -> str:
    """A setting's value as ``--set`` takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
