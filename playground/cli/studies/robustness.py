"""``playground robustness``: the overfit test with other seeds, another discount and other conditions."""

import argparse
import json
import sys
from pathlib import Path

from playground.cli.options import (
    add_json,
    check_default_world,
    check_target,
    read_number,
    split_commas,
    translated,
    write_text,
)
from playground.cli.printing import DONE, put
from playground.words.say import FALLBACK, say
from playground.words.tables import to_lines

BAR = "{percentage:3.0f} %|{bar}| {elapsed} {postfix}"
"""How tqdm draws a bar of per cent."""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The designs, and what is varied."""
    from playground.training.spec import BUDGETS

    parser.add_argument("designs", nargs="+", metavar="MODEL|REWARD", help=translated("cli.robustness.designs", lang))
    parser.add_argument("--seeds", type=int, default=5, help=translated("cli.robustness.seeds", lang))
    parser.add_argument("--gamma", help=translated("cli.robustness.gamma", lang))
    parser.add_argument("--algorithms", help=translated("cli.robustness.algorithms", lang))
    parser.add_argument("--conditions", default="all", help=translated("cli.robustness.conditions", lang))
    parser.add_argument("--budget", choices=list(BUDGETS), help=translated("cli.robustness.budget", lang))
    parser.add_argument("--out", type=Path, help=translated("cli.robustness.out", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Train and fly what is missing, and print what came of it."""
    from tqdm import tqdm

    from playground.lab.models.store import ModelStore
    from playground.lab.queue.local import Local
    from playground.studies.overfit_test import overfit_test
    from playground.studies.robustness import find_design, other_gamma, plan_variants, run_test
    from playground.worlds.lunar_lander.conditions import parse_conditions

    check_target(arguments.out)
    lang, store, conditions = arguments.lang, ModelStore(), parse_conditions(arguments.conditions)
    gammas = None if arguments.gamma is None else [read_number("gamma", part) for part in split_commas(arguments.gamma)]
    algorithms = [] if arguments.algorithms is None else split_commas(arguments.algorithms)
    plans = {}
    for design in (find_design(store, name, arguments.budget) for name in arguments.designs):
        others = [other_gamma(design.spec)] if gammas is None else gammas
        plans[design] = plan_variants(design, arguments.seeds, others, algorithms)
    check_default_world("robustness", (design.spec for design in plans))
    plan = [variant for variants in plans.values() for variant in variants]
    quiet = arguments.json or not sys.stderr.isatty()
    with tqdm(total=100, bar_format=BAR, disable=quiet, leave=False) as bar:

        def show(percent: float, key: str, done: int, count: int) -> None:
            bar.set_postfix_str(say(key, lang, done=done, count=count), refresh=False)
            bar.update(percent - bar.n)
            bar.refresh()

        trained, flights = run_test(
            Local(store),
            plan,
            conditions,
            lambda now: show(90 * now.share, "overfit.training", len(now.done), len(plan)),
            lambda done, count: show(90 + 10 * done / max(count, 1), "overfit.flying", done, count),
        )
    english = overfit_test(plans, flights, trained.failed, FALLBACK)
    value = english.to_json()
    if arguments.out:
        write_text(arguments.out, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    test = english if lang == FALLBACK else overfit_test(plans, flights, trained.failed, lang)
    lines = [test.caption]
    for name in test.designs:
        lines += ["", name, "", *to_lines(test.rows(name)), "", *test.sentences(name)]
    put(arguments, value, [*lines, *([""] if test.duels else []), *test.duel_sentences()])
    return DONE
