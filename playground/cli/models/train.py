"""``playground train``: train a policy on a reward, or take the model that exists already."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cli.options import (
    add_json,
    add_world,
    layers_reader,
    read_file,
    read_setting,
    start_key,
    translated,
    world_of,
)
from playground.cli.printing import DONE, fail, put
from playground.words.errors import InvalidInput
from playground.words.numbers import fixed, percent
from playground.words.say import has, say
from playground.words.scorecard import rows as score_rows
from playground.words.tables import to_lines

if TYPE_CHECKING:
    from playground.lab.models.model import Model
    from playground.lab.models.store import ModelStore
    from playground.lab.notebook.intent import Intent
    from playground.training.spec import TrainSpec


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """What to train on, every setting of a spec, and what becomes of the model."""
    from playground.training.spec import BUDGETS

    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("reward", nargs="?", metavar="REWARD", help=translated("cli.option.reward", lang))
    what.add_argument("--spec", type=Path, help=translated("cli.train.spec", lang))
    add_world(parser, lang)
    for name, kind in spec_settings(lang).items():
        key = f"settings.{name}" if has(f"settings.{name}") else f"cli.train.{name}"
        metavar = "64,64" if name == "net_arch" else kind.__name__.upper()
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=translated(key, lang))
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", help=translated("cli.train.set", lang))
    parser.add_argument("--budget", choices=list(BUDGETS), help=translated("cli.train.budget", lang))
    parser.add_argument("--hypothesis", metavar="TEXT", default="", help=translated("cli.train.hypothesis", lang))
    parser.add_argument("--parent", metavar="KEY|PRESET", help=translated("cli.train.parent", lang))
    parser.add_argument("--out", type=Path, help=translated("cli.train.out", lang))
    parser.add_argument("--quiet", action="store_true", help=translated("cli.train.quiet", lang))
    add_json(parser, lang)


def spec_settings(lang: str) -> dict[str, Any]:
    """By name, what reads the value of every setting of a spec that a command line can give."""
    from playground.training.spec import TrainSpec

    kinds: dict[str, Any] = {"int": int, "float": float, "str": str}
    plain = {
        f.name: kinds[getattr(f.type, "__name__", str(f.type))]
        for f in fields(TrainSpec)
        if f.type in (int, float, str) and f.name != "env"
    }
    return plain | {"net_arch": layers_reader(lang)}


def run(arguments: argparse.Namespace) -> int:
    """Train unless the model exists, copy it, and print its scorecard."""
    from playground.lab.models.model import SHORT
    from playground.lab.models.store import ModelStore
    from playground.lab.queue.job_folder import JobFolder, is_request

    lang, store = arguments.lang, ModelStore()
    spec = read_spec(arguments)
    queued = arguments.spec is not None and is_request(store.home, arguments.spec, spec.key)
    existing = store.find(spec.key)
    if existing:
        JobFolder(store.home, spec.key).remove()  # what a crash or a second request left behind
    model = existing or _train(spec, store, _intent(arguments, spec, store), arguments, queued)
    if model is None:
        return fail(arguments, "cancelled", lambda lang: say("cli.train.cancelled", lang))
    if arguments.out:
        _copy(model, arguments.out)
    value = {
        "key": model.key,
        "folder": str(arguments.out or model.folder),
        "found": existing is not None,
        "steps": model.manifest["steps"],
        "seconds": model.manifest["seconds"],
        "scorecard": dict(model.summary),
    }
    names = {"key": model.key[:SHORT], "steps": f"{value['steps']:,}", "seconds": value["seconds"]}
    head = say("cli.train.existing" if existing else "cli.train.trained", lang, **names)
    folder = say("cli.folder", lang, folder=value["folder"])
    put(arguments, value, [head, *to_lines(score_rows(model.summary, lang), left=(0, 2)), folder])
    return DONE


def read_spec(arguments: argparse.Namespace) -> "TrainSpec":
    """The spec that the options describe.

    Raises:
        InvalidInput: they describe none.
    """
    from playground.lab.models.store import ModelStore
    from playground.training.algorithms import ALGORITHMS, HALF_TRAINED
    from playground.training.spec import BUDGETS, MOST_STEPS, changed_settings, default_spec, for_algorithm, parse_spec
    from playground.worlds import load_reward

    world = world_of(arguments)
    if arguments.spec:
        spec = parse_spec(read_file(arguments.spec))
        if arguments.world is not None and world is not spec.world:
            raise InvalidInput("other_world", value=spec.env, known=world.id)
    else:
        spec = default_spec(load_reward(arguments.reward, world))
    names = spec_settings(arguments.lang)
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    wanted = ALGORITHMS.get(given.get("algorithm", ""))
    if start := given.get("init_from") or (HALF_TRAINED if wanted is not None and wanted.needs_start else ""):
        given["init_from"] = start_key(ModelStore(), start, spec.world)
        spec = replace(spec, init_from=given["init_from"]) if ALGORITHMS[spec.algorithm].in_spec else spec
    if "algorithm" in given:
        spec = for_algorithm(spec, given.pop("algorithm"))
    if arguments.budget:
        given = BUDGETS[arguments.budget] | given
    if arguments.set:
        chosen = dict(spec.settings) | dict(map(read_setting, arguments.set))
        given["settings"] = changed_settings(spec.algorithm, chosen)
    if given.get("seconds") and "steps" not in given and not ALGORITHMS[spec.algorithm].in_spec:
        given["steps"] = MOST_STEPS  # the clock alone decides
    return replace(spec, **given)


def _intent(arguments: argparse.Namespace, spec: "TrainSpec", store: "ModelStore") -> "Intent":
    """What is meant by a training; with the check's prediction, unless the page that submitted it left one."""
    from playground.insight.check import check_reward
    from playground.lab.notebook.intent import Intent
    from playground.lab.notebook.notebook import Notebook
    from playground.lab.queue.job_folder import JobFolder

    parent = Notebook(store).find_design(arguments.parent) if arguments.parent else ""
    prediction = None
    if JobFolder(store.home, spec.key).intent().prediction is None:
        prediction = check_reward(spec.reward, spec.gamma).prediction
    return Intent(arguments.hypothesis.strip(), parent, prediction=prediction)


def _train(
    spec: "TrainSpec", store: "ModelStore", intent: "Intent", arguments: argparse.Namespace, queued: bool
) -> "Model | None":
    """Train here and show the progress: a bar on a terminal, a line for each evaluation elsewhere.

    Args:
        spec: what to train.
        store: where models are.
        intent: for the notebook.
        arguments: how much to print, and in which language.
        queued: the queue started this process, and takes it back with the job.
    """
    from tqdm import tqdm

    from playground.lab.queue.job_runner import Cancelled, end_process, make_model

    lang, quiet = arguments.lang, arguments.quiet or arguments.json
    terminal = sys.stderr.isatty()
    unit = " " + say("cli.train.steps", lang)
    bar = tqdm(total=spec.steps, unit=unit, unit_scale=True, disable=quiet or not terminal, leave=False)
    shown = 0

    def report(status: Any, curve: Sequence[dict[str, float]]) -> None:
        nonlocal shown
        bar.total = max(status.total, 1)
        bar.update(min(status.steps, bar.total) - bar.n)
        if len(curve) > shown:
            shown, last = len(curve), curve[-1]
            values = {
                "rate": percent(last[spec.world.success_rate]),
                "native": fixed(last["native_return"], 1),
                "designed": fixed(last["designed_return"], 1),
                "steps": f"{last['steps']:>10,.0f}",
                "seconds": f"{last['seconds']:6.1f}",
            }
            bar.set_postfix_str(say("cli.train.bar", lang, **values))
            if not quiet and not terminal:
                print(say("cli.train.progress", lang, **values), file=sys.stderr, flush=True)

    try:
        return make_model(spec, store, report, intent=intent, queued=queued, give_up=end_process)
    except Cancelled:
        return None
    finally:
        bar.close()


def _copy(model: "Model", out: Path) -> None:
    from playground.lab.models.store import write_model

    computed = {"key", "sha256", "schema"}
    manifest = {name: value for name, value in model.manifest.items() if name not in computed}
    write_model(out, model.key, {name: model.read(name) for name in model.files}, manifest)
