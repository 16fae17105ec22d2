"""``playground import-reward``: the reward of a Python file, as terms with sliders."""

import argparse
from pathlib import Path

from playground.cli.options import add_json, add_world, check_target, read_file, translated, world_of, write_text
from playground.cli.printing import DONE, put
from playground.words.say import FALLBACK, say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The file, its world, and where to write the reward."""
    parser.add_argument("file", type=Path, metavar="FILE.py", help=translated("cli.import-reward.file", lang))
    parser.add_argument("--out", type=Path, metavar="JSON", help=translated("cli.import-reward.out", lang))
    add_world(parser, lang)
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Read the file and print its terms."""
    from playground.reward.codec import dump_reward, to_fields
    from playground.reward.reading.read import read_python

    lang = arguments.lang
    check_target(arguments.out)
    text = read_file(arguments.file).decode("utf-8-sig", errors="replace")
    reading = read_python(text, world_of(arguments).design)
    if arguments.out is not None:
        write_text(arguments.out, dump_reward(reading.design) + "\n")
    rows = [
        (
            say("cli.import-reward.term", lang),
            say("cli.import-reward.weight", lang),
            say("cli.import-reward.expression", lang),
        ),
        *((own.name, f"{own.weight:g}", own.expression) for own in reading.terms),
    ]
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    indent = "\n" + " " * (sum(wide) + 4)
    lines = [f"{name:<{wide[0]}}  {weight:>{wide[1]}}  {text.replace(chr(10), indent)}" for name, weight, text in rows]
    lines.append(say("cli.import-reward.env", lang, weight=f"{reading.w_env:g}"))
    lines += [say("cli.import-reward.note", lang, note=say(f"reading.{note}", lang)) for note in reading.notes]
    values = {
        "reward": to_fields(reading.design),
        "notes": [{"code": note, "message": say(f"reading.{note}", FALLBACK)} for note in reading.notes],
    }
    put(arguments, values, lines)
    return DONE
