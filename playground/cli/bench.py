"""``playground bench``: measure the playground on this machine."""

import argparse
import functools
import json
import sys
from pathlib import Path

from playground.cli.options import add_json, check_target, translated, write_text
from playground.cli.printing import DONE
from playground.words.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """How much to measure, and where the results go."""
    parser.add_argument("--full", action="store_true", help=translated("cli.bench.full", lang))
    parser.add_argument("--only", metavar="PART", help=translated("cli.bench.only", lang))
    parser.add_argument("--out", type=Path, help=translated("cli.bench.out", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Measure, write and print."""
    from playground.bench import PARTS, run_bench, to_markdown

    if arguments.only not in (None, *PARTS):
        raise InvalidInput("not_a_choice", field="only", value=arguments.only, choices=", ".join(PARTS))
    check_target(arguments.out)
    report = functools.partial(print, file=sys.stderr, flush=True)
    results = run_bench(arguments.full, report, arguments.only)
    if arguments.out:
        write_text(arguments.out, json.dumps(results, indent=2))
    print(json.dumps(results) if arguments.json else to_markdown(results))
    return DONE
