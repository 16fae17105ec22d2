"""``playground race``: several algorithms trained on one reward with the same budget, one after the other."""

import argparse
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cli.options import (
    add_json,
    add_reward,
    add_world,
    check_target,
    read_setting,
    split_commas,
    start_key,
    translated,
    world_of,
    write_text,
)
from playground.cli.printing import DONE, FAILED, put
from playground.cli.studies.robustness import BAR
from playground.words.say import say
from playground.words.tables import to_lines, to_markdown

if TYPE_CHECKING:
    from playground.flight.world import World
    from playground.studies.race import Entrant
    from playground.training.spec import TrainSpec


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """Who races, on what, for how long, and what is written."""
    from playground.training.algorithms import HALF_TRAINED

    add_reward(parser, lang)
    add_world(parser, lang)
    parser.add_argument("--algorithms", metavar="A,B", help=translated("cli.race.algorithms", lang))
    parser.add_argument("--seconds", type=float, default=0.0, help=translated("cli.race.seconds", lang))
    parser.add_argument("--steps", type=int, default=0, help=translated("cli.race.steps", lang))
    parser.add_argument("--seeds", type=int, default=3, help=translated("cli.race.seeds", lang))
    parser.add_argument(
        "--vary", metavar="'NAME=VALUE …'", action="append", default=[], help=translated("cli.race.vary", lang)
    )
    parser.add_argument("--gamma", type=float, help=translated("cli.race.gamma", lang))
    start = translated("cli.race.start", lang, default=HALF_TRAINED)
    parser.add_argument("--start", metavar="MODEL", help=start)
    parser.add_argument("--out", type=Path, help=translated("cli.race.out", lang))
    parser.add_argument("--figure", type=Path, metavar="FILE.svg", help=translated("cli.race.figure", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Train what is missing and print the table.

    Returns:
        1 if a training failed, else 0.
    """
    from tqdm import tqdm

    from playground.lab.models.store import ModelStore
    from playground.lab.queue.batch import Batch, train_all
    from playground.lab.queue.local import Local
    from playground.studies.charts import svg_library
    from playground.studies.race import entrants, plan_race, race_table
    from playground.training.algorithms import ALGORITHMS, HALF_TRAINED
    from playground.worlds import find_world, load_reward

    lang, store = arguments.lang, ModelStore()
    check_target(arguments.out)
    check_target(arguments.figure)
    if arguments.figure:
        svg_library()  # a race takes long, so what is missing is said before it
    world = world_of(arguments)
    reward = load_reward(arguments.reward, world)
    needing_start = [name for name, algorithm in ALGORITHMS.items() if algorithm.needs_start]
    if arguments.algorithms is not None:
        names = split_commas(arguments.algorithms)
    elif arguments.start is None and world is not find_world():  # the shipped start plays in the default world
        names = [name for name in ALGORITHMS if name not in needing_start]
    else:
        names = list(ALGORITHMS)
    if arguments.start is not None or set(names) & set(needing_start):
        start = start_key(store, arguments.start or HALF_TRAINED, world)
    else:
        start = ""
    specs = plan_race(
        reward,
        names,
        arguments.seeds,
        seconds=arguments.seconds,
        steps=arguments.steps,
        gamma=arguments.gamma,
        start=start,
        variations=[dict(map(read_setting, text.split())) for text in arguments.vary],
    )
    batch = Batch(Local(store), specs, width=1)
    quiet = arguments.json or not sys.stderr.isatty()
    with tqdm(total=100, bar_format=BAR, disable=quiet, leave=False) as bar:

        def show(now: Any) -> None:
            running = ", ".join(_training(batch.specs[key], lang) for key in now.running)
            text = say("algorithms.racing", lang, done=len(now.done), count=len(specs), running=running)
            bar.set_postfix_str(text, refresh=False)
            bar.update(100 * now.share - bar.n)
            bar.refresh()

        trained = train_all(batch, show)
    models = {key: model for key in trained.done if (model := store.find(key)) is not None}
    field = entrants(specs, models)
    if arguments.out:
        write_text(arguments.out, to_markdown(race_table(field, lang)) + "\n")
    if arguments.figure:
        write_text(arguments.figure, _figure(field, world, lang))
    failures = [(batch.specs[failure.key], failure.message or failure.state) for failure in trained.failed]
    value = {
        "entrants": [entrant.to_json() for entrant in field],
        "failed": [f"{_training(spec, 'en')}: {reason}" for spec, reason in failures],
    }
    lines = [
        say("algorithms.failed", lang, algorithm=_training(spec, lang), reason=reason) for spec, reason in failures
    ]
    put(arguments, value, [*to_lines(race_table(field, lang)), *lines])
    return FAILED if failures else DONE


def _training(spec: "TrainSpec", lang: str) -> str:
    """One training of a race in words."""
    return f"{spec.algorithm}, {say('compare.seed', lang, seed=spec.seed)}"


def _figure(field: "Sequence[Entrant]", world: "World", lang: str) -> str:
    """Success rates against steps as SVG, every entrant's median over its seeds as a line."""
    from playground.studies.charts import Series, compared_curves, to_svg
    from playground.studies.colours import MODEL_COLOURS

    series = [
        Series(entrant.name_in(lang), colour, [model.curve for model in entrant.models])
        for entrant, colour in zip(field, itertools.cycle(MODEL_COLOURS))
    ]
    rate = world.success_rate
    title = say("curve.landing" if rate == "landing_rate" else "curve.success", lang)
    chart = compared_curves(series, rate, "steps", title, lang, legend=True)
    shown = chart.properties(width=560, height=280, background="white").configure_legend(symbolOpacity=1)
    return to_svg(shown)
