"""Commands about several models, or all that was tried: compare, robustness, algorithms, race, notebook, bench.

Leaves out: options (``playground.cli``).
"""

import argparse
import functools
import itertools
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cli.printing import DONE, FAILED, put, table
from playground.words.errors import InvalidInput, shorten

if TYPE_CHECKING:
    from playground.lab.notebook.tree import Branch
    from playground.studies.race import Entrant


def compare_command(arguments: argparse.Namespace) -> int:
    """``playground compare``."""
    from playground.lab.model_names import names_of
    from playground.lab.notebook.notebook import Notebook
    from playground.lab.store import ModelStore
    from playground.studies.compare import LETTERS, compare

    store = ModelStore()
    models = [store.resolve(name) for name in arguments.models]
    if not 2 <= len(models) <= len(LETTERS):
        raise InvalidInput("too_few_models", count=len(models), limit=len(LETTERS))
    at_hand = [*store.list_shipped(), *store.list_trained()]
    told = compare(models, at_hand, names_of(models, arguments.lang), arguments.lang)
    if arguments.out:
        from playground.studies.report import write_report

        write_report(told, arguments.out, arguments.seed)
    with suppress(InvalidInput):  # a comparison is worth reading though it cannot be noted
        Notebook(store).record(told.entry())
    warnings = [*told.warnings(), *(told.divergence_words(*found) for found in told.divergences().items())]
    head = [told.say("compare.score"), *(one.label for one in told.contestants)]
    rows = [[cell.replace("**", "") for cell in row] for row in (head, *told.score_rows())]
    seeds = [told.seeds_words(one) for one in told.contestants if len(one.siblings) > 1]
    cross = [[cell.replace("**", "*") for cell in row] for row in told.cross_rows()]
    changes = [told.change_words(other).replace("**", "") for other in told.others]
    lines = [
        *told.headlines(),
        *(f"! {line}" for line in warnings),
        "",
        *changes,
        "",
        *table(rows),
        *seeds,
        "",
        *table(cross),
    ]
    put(arguments, told.to_json(), [*lines, *([f"report: {arguments.out}"] if arguments.out else [])])
    return DONE


def robustness_command(arguments: argparse.Namespace) -> int:
    """``playground robustness``."""
    from tqdm import tqdm

    from playground.lab.files import explain_os_errors
    from playground.lab.queue_local import JobBoard
    from playground.lab.store import ModelStore
    from playground.studies.robustness import find_design, fly_all, other_gamma, plan_variants, train_all
    from playground.studies.robustness_words import tell
    from playground.worlds.lunar_lander.conditions import parse_conditions

    store, conditions = ModelStore(), parse_conditions(arguments.conditions)
    gammas = None if arguments.gamma is None else [_number("gamma", part) for part in _parts(arguments.gamma)]
    algorithms = [] if arguments.algorithms is None else _parts(arguments.algorithms)
    plans = {}
    for design in (find_design(store, name, arguments.budget) for name in arguments.designs):
        others = [other_gamma(design.spec)] if gammas is None else gammas
        plans[design] = plan_variants(design, arguments.seeds, others, algorithms)
    plan = [variant for variants in plans.values() for variant in variants]
    quiet = arguments.json or not sys.stderr.isatty()
    form = "{percentage:3.0f} %|{bar}| {elapsed} {postfix}"
    with tqdm(total=100, bar_format=form, disable=quiet, leave=False) as bar:

        def show(percent: float, words: str) -> None:
            bar.set_postfix_str(words, refresh=False)
            bar.update(percent - bar.n)
            bar.refresh()

        trained = train_all(
            JobBoard(store), plan, lambda now: show(90 * now.share, f"trained {len(now.done)} of {len(plan)}")
        )
        flights = fly_all(
            store, trained.done, conditions, lambda n, total: show(90 + 10 * n / max(total, 1), f"flown {n} of {total}")
        )
    told = tell(plans, flights, trained.failed, arguments.lang)
    value = told.to_json()
    if arguments.out:
        with explain_os_errors(arguments.out.parent):
            arguments.out.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [told.caption]
    for name in told.designs:
        lines += ["", name, "", *table(told.rows(name)), "", *told.sentences(name)]
    put(arguments, value, [*lines, *([""] if told.duels else []), *told.duel_sentences()])
    return DONE


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None


def algorithms_command(arguments: argparse.Namespace) -> int:
    """``playground algorithms``."""
    from playground.training.algorithms import ALGORITHMS

    if arguments.name is None:
        value: Any = [
            {"name": a.name, "title": a.title, "family": a.family, "source": a.source, "library": a.library}
            for a in ALGORITHMS.values()
        ]
        shown = [(a.name, a.title, a.family, a.library or "by hand", a.source) for a in ALGORITHMS.values()]
        widths = [max(len(row[i]) for row in shown) for i in range(4)]
        lines = ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths)), row[-1]]) for row in shown]
    else:
        if arguments.name not in ALGORITHMS:
            choices = ", ".join(ALGORITHMS)
            raise InvalidInput("not_a_choice", field="NAME", choices=choices, value=arguments.name)
        settings = ALGORITHMS[arguments.name].settings.values()
        value = [{"name": s.name, "default": s.default, "meaning": s.meaning} for s in settings]
        lines = [f"{s.name}={_written(s.default)}\n    {s.meaning}" for s in settings]
        lines = lines or ["it has options of its own: see `playground train --help`"]
    put(arguments, value, lines)
    return DONE


def _written(value: Any) -> str:
    """A setting's value as ``--set`` takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def race_command(arguments: argparse.Namespace) -> int:
    """``playground race``."""
    from tqdm import tqdm

    from playground.cli.models import read_setting
    from playground.lab.files import explain_os_errors
    from playground.lab.queue_local import JobBoard
    from playground.lab.store import ModelStore
    from playground.studies.race import COLUMNS, entrants, plan_race, rows, to_markdown
    from playground.studies.robustness import Variant, train_all
    from playground.training.algorithms import ALGORITHMS
    from playground.worlds import find_world, load_reward

    store = ModelStore()
    names = list(ALGORITHMS) if arguments.algorithms is None else _parts(arguments.algorithms)
    start = store.resolve(arguments.start).key
    specs = plan_race(
        load_reward(arguments.reward, find_world()),
        names,
        arguments.seeds,
        seconds=arguments.seconds,
        steps=arguments.steps,
        gamma=arguments.gamma,
        start=start,
        variations=[dict(map(read_setting, text.split())) for text in arguments.vary],
    )
    plan = [Variant(spec, "algorithm") for spec in specs]
    quiet = arguments.json or not sys.stderr.isatty()
    form = "{percentage:3.0f} %|{bar}| {elapsed} {postfix}"
    with tqdm(total=100, bar_format=form, disable=quiet, leave=False) as bar:

        def show(now: Any) -> None:
            running = ", ".join(f"{v.spec.algorithm}, seed {v.spec.seed}" for v in now.running)
            bar.set_postfix_str(f"{len(now.done)} of {len(plan)} done; {running}", refresh=False)
            bar.update(100 * now.share - bar.n)
            bar.refresh()

        trained = train_all(JobBoard(store, slots=1), plan, show)
    models = {v.key: model for v in trained.done if (model := store.find(v.key)) is not None}
    field = entrants(specs, models)
    told = to_markdown(field)
    failures = [
        f"{f.variant.spec.algorithm}, seed {f.variant.spec.seed}: {f.message or f.state}" for f in trained.failed
    ]
    if arguments.out:
        with explain_os_errors(arguments.out.parent):
            arguments.out.write_text(told + "\n", encoding="utf-8")
    if arguments.figure:
        with explain_os_errors(arguments.figure.parent):
            arguments.figure.write_text(_race_figure(field), encoding="utf-8")
    value = {"entrants": [entrant.to_json() for entrant in field], "failed": failures}
    put(arguments, value, [*table([COLUMNS, *rows(field)]), *failures])
    return FAILED if failures else DONE


def _race_figure(field: "Sequence[Entrant]") -> str:
    """Landing rates against steps as SVG, every entrant's median over its seeds as a line."""
    import vl_convert

    from playground.studies.charts import Series, compared_curves
    from playground.studies.colours import MODEL_COLOURS
    from playground.words.say import say

    series = [
        Series(entrant.title, colour, [model.curve for model in entrant.models])
        for entrant, colour in zip(field, itertools.cycle(MODEL_COLOURS))
    ]
    title = say("curve.landing", "en")
    chart = compared_curves(series, "landing_rate", "steps", title, "en", legend=True)
    shown = chart.properties(width=560, height=280, background="white").configure_legend(symbolOpacity=1)
    return str(vl_convert.vegalite_to_svg(shown.to_dict()))


def notebook_command(arguments: argparse.Namespace) -> int:
    """``playground notebook``."""
    from playground.lab.notebook.notebook import Notebook
    from playground.lab.notebook.tree import Branch, arrange

    notebook = Notebook()
    if arguments.action == "rebuild":
        done = notebook.rebuild()
        lines = [f"models written: {done.models}, entries kept: {done.kept}"]
        lines += [f"the old notebook was damaged and is now {done.aside}"] if done.aside else []
        aside = None if done.aside is None else str(done.aside)
        put(arguments, {"models": done.models, "kept": done.kept, "aside": aside}, lines)
        return DONE
    with suppress(InvalidInput):  # what cannot be corrected can still be read
        notebook.settle()
    if arguments.action == "export":
        _write_csv(notebook.export_csv(), arguments.out)
    elif arguments.action == "list":
        kind, archived = "training" if arguments.tree else None, None if arguments.all else False
        found = notebook.entries(arguments.query, kind=kind, starred=arguments.starred or None, archived=archived)
        branches = arrange(found) if arguments.tree else [Branch(0, entry) for entry in found]
        rows: list[Sequence[object]] = [("  entry", "kind", "state", "landed", "Gymnasium return", "created")]
        values = [{"depth": branch.depth, **branch.entry.to_json()} for branch in branches]
        put(arguments, {"entries": values}, table([*rows, *(_entry_row(branch) for branch in branches)]))
    else:
        given = {name: getattr(arguments, name, None) for name in ("name", "note", "starred", "archived")}
        entry = notebook.edit(arguments.key, **given) if arguments.action == "note" else notebook.get(arguments.key)
        lines = [f"{name:<10} {text}" for name, text in entry.in_words().items()]
        put(arguments, entry.to_json(), lines)
    return DONE


def _write_csv(text: str, out: Path | None) -> None:
    from playground.lab.files import explain_os_errors

    if out is None:
        print(text, end="")
        return
    with explain_os_errors(out.parent):
        out.write_text(text, encoding="utf-8")
    print(f"{out}: {len(text.encode()):,} bytes")


def _entry_row(branch: "Branch") -> Sequence[object]:
    """An entry in a list, indented as deep as it stands in the tree."""
    entry, result = branch.entry, branch.entry.result or {}
    title = f"{'★' if entry.starred else ' '} {'  ' * branch.depth}{entry.key[:8]} {shorten(entry.title, 48)}"
    landed, paid = result.get("landing_rate"), result.get("native_return_mean")
    figures = ("" if landed is None else f"{landed:.0%}", "" if paid is None else f"{paid:.0f}")
    return (title, entry.kind, entry.state, *figures, entry.created[:16])


def bench_command(arguments: argparse.Namespace) -> int:
    """``playground bench``."""
    from playground.bench import PARTS, run_bench, to_markdown
    from playground.lab.files import explain_os_errors

    if arguments.only not in (None, *PARTS):
        raise InvalidInput("not_a_choice", field="only", value=arguments.only, choices=", ".join(PARTS))
    say = functools.partial(print, file=sys.stderr, flush=True)
    results = run_bench(arguments.full, say, arguments.only)
    if arguments.out:
        with explain_os_errors(arguments.out.parent):
            arguments.out.write_text(json.dumps(results, indent=2))
    print(json.dumps(results) if arguments.json else to_markdown(results))
    return DONE
