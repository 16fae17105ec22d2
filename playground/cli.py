"""The command line: the playground's work without a browser.

Human output by default, ``--json`` for programs. Exit status: 0 done, 1 failed, 2 bad input.
Heavy libraries are imported by the command that needs them, so ``playground presets`` stays quick.
"""

import argparse
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import __version__
from playground.reward.errors import InvalidInput, shorten

if TYPE_CHECKING:
    from playground.training.entry import Branch, Intent
    from playground.training.spec import TrainSpec
    from playground.training.store import Model, ModelStore

DONE, FAILED, BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    argv = sys.argv[1:] if argv is None else list(argv)
    handed_on = argv[1:] if argv[:1] == ["app"] and not {"-h", "--help"} & set(argv[1:2]) else []
    arguments = build_parser().parse_args(argv[:1] if handed_on else argv)
    arguments.handed_on = [option for option in handed_on if option != "--"]
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except InvalidInput as error:
        return _fail(arguments, str(error), BAD_INPUT, code=error.code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (FloatingPointError, RuntimeError, ChildProcessError) as error:
        return _fail(arguments, str(error), FAILED, code="failed")
    except KeyboardInterrupt:
        return _fail(arguments, "stopped", FAILED, code="stopped")


def _fail(arguments: argparse.Namespace, message: str, status: int, code: str) -> int:
    if getattr(arguments, "json", False):
        print(json.dumps({"error": {"code": code, "message": message}}))
    print(f"playground: {message}", file=sys.stderr)
    return status


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="playground", description="Design a reward for LunarLander and see what it teaches."
    )
    parser.add_argument("--version", action="version", version=f"reward-playground {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(run=run)
        return command

    def with_json(command: argparse.ArgumentParser) -> None:
        command.add_argument("--json", action="store_true", help="print one JSON object, for programs")

    reward_help = "a preset's name or a reward JSON file"
    model_help = "a preset's name, a model's key or its first letters, or a folder"

    train = add("train", train_command, "Train PPO on a reward, or find the model that is there already.")
    what = train.add_mutually_exclusive_group(required=True)
    what.add_argument("reward", nargs="?", metavar="REWARD", help=reward_help)
    what.add_argument("--spec", type=Path, help="a whole train spec as JSON instead")
    for name, kind in _settings().items():
        train.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=kind.__name__.upper().strip("_"))
    train.add_argument("--budget", choices=["quick", "standard", "best"], help="quick: only until it lands")
    train.add_argument("--hypothesis", metavar="TEXT", default="", help="one line for the notebook: what it is to show")
    train.add_argument("--parent", metavar="KEY|PRESET", help="for the notebook: the design that it was changed from")
    train.add_argument("--out", type=Path, help="also copy the model's folder here")
    train.add_argument("--quiet", action="store_true", help="no progress")
    with_json(train)

    evaluate = add("evaluate", evaluate_command, "Fly a model over held-out seeds and print its scorecard.")
    evaluate.add_argument("model", metavar="MODEL", help=model_help)
    evaluate.add_argument("--episodes", type=int, default=100)
    evaluate.add_argument("--seed-start", type=int, default=1000)
    evaluate.add_argument("--gravity", type=float, default=-10.0, help="in m/s², above -12 and below 0")
    evaluate.add_argument("--wind-power", type=float, default=0.0, help="0 to 20; Gymnasium's own wind has 15")
    evaluate.add_argument("--turbulence-power", type=float, default=0.0, help="0 to 2; Gymnasium's own wind has 1.5")
    with_json(evaluate)

    breakdown = add("breakdown", breakdown_command, "What each component paid in one episode.")
    breakdown.add_argument("model", metavar="MODEL", help=model_help)
    breakdown.add_argument("--seed", type=int, default=1000)
    breakdown.add_argument("--reward", metavar="REWARD", help=f"score it under another reward: {reward_help}")
    breakdown.add_argument("--discounted", action="store_true", help="weigh step t by γ to the t")
    breakdown.add_argument("--csv", type=Path, help="write the table of all steps here")
    with_json(breakdown)

    record = add("record", record_command, "Record one episode as GIF, MP4 or PNG.")
    record.add_argument("model", metavar="MODEL", help=model_help)
    record.add_argument("out", type=Path, metavar="OUT.gif|OUT.mp4|OUT.png")
    record.add_argument("--seed", type=int, default=1000)
    record.add_argument("--step", type=int, help="for a PNG: the frame after this many steps (default: the last)")

    export = add("export", export_command, "Print a reward as Python that runs without this project, or as JSON.")
    export.add_argument("reward", metavar="REWARD", help=reward_help)
    export.add_argument("--to", choices=["python", "json"], default="python")
    export.add_argument("--gamma", type=float, default=0.995, help="the discount that the potential form needs")

    check = add("check", check_command, "What a reward would prefer, before any training. Exit status 0, 3 or 4.")
    check.add_argument("reward", metavar="REWARD", help=reward_help)
    check.add_argument("--gamma", type=float, default=0.995, help="the discount")
    with_json(check)

    repair = add("repair", repair_command, "The smallest change of a reward's weights after which landing pays best.")
    repair.add_argument("reward", metavar="REWARD", help=reward_help)
    repair.add_argument("--gamma", type=float, default=0.995, help="the discount")
    repair.add_argument("--out", type=Path, help="write the mended reward here, as JSON")
    with_json(repair)

    probes = add("probes", probes_command, "The recorded behaviours that a check ranks.")
    probes.add_argument("--record", action="store_true", help="fly them all anew and replace the shipped file")
    with_json(probes)

    models = add("models", models_command, "List the models at hand; delete a trained one.")
    models.add_argument("--delete", metavar="KEY", help="delete the trained model with this key")
    with_json(models)

    compared = add("compare", compare_command, "Hold models against the first of them; write a report.")
    compared.add_argument("models", nargs="+", metavar="MODEL", help=model_help)
    compared.add_argument("--out", type=Path, help="write the whole comparison here, as .html or .md")
    compared.add_argument("--seed", type=int, default=1000, help="of the episodes that the report shows")
    compared.add_argument("--lang", choices=["en", "zh"], default="en", help="of the words")
    with_json(compared)

    notebook = add("notebook", notebook_command, "What was tried: every training and comparison, and what came of it.")
    actions = notebook.add_subparsers(dest="action", required=True, metavar="ACTION")

    def act(name: str, help: str, key: bool = False) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help, description=help)
        if key:
            action.add_argument("key", metavar="KEY", help="an entry's key or its first letters")
        if name != "export":
            with_json(action)
        return action

    listed = act("list", "List the entries, newest first.")
    listed.add_argument(
        "--query", metavar="WORDS", default="", help="only with these in name, note, hypothesis, change"
    )
    listed.add_argument("--starred", action="store_true", help="only with a star")
    listed.add_argument("--all", action="store_true", help="archived ones, too")
    listed.add_argument("--tree", action="store_true", help="trainings only, each below the design it was changed from")
    act("show", "Show all that is known of an entry.", key=True)
    exported = act("export", "Write every entry as CSV. What a spreadsheet may run gets an apostrophe in front.")
    exported.add_argument("out", type=Path, nargs="?", metavar="OUT.csv", help="by default it is printed")
    act("rebuild", "Write the notebook again from the models; comparisons, names, notes and stars are kept.")
    noted = act("note", "Name, note, star or archive an entry.", key=True)
    noted.add_argument("--name", metavar="TEXT")
    noted.add_argument("--note", metavar="TEXT")
    noted.add_argument("--star", dest="starred", action=argparse.BooleanOptionalAction)
    noted.add_argument("--archive", dest="archived", action=argparse.BooleanOptionalAction)

    tested = add("robustness", robustness_command, "The overfit test: other seeds, another discount, other weather.")
    tested.add_argument("designs", nargs="+", metavar="MODEL|REWARD", help=f"{model_help}, or a reward JSON file")
    tested.add_argument("--seeds", type=int, default=5, help="trainings in all that differ in the seed (default: 5)")
    tested.add_argument("--gamma", help="other discounts, separated by commas (default: 0.99; '' for none)")
    tested.add_argument("--algorithms", help="separated by commas (default: all there are)")
    tested.add_argument("--conditions", default="all", help="names separated by commas (default: all)")
    tested.add_argument("--budget", choices=["quick", "standard", "best"], help="train all of them so long instead")
    tested.add_argument("--out", type=Path, help="also write the results as JSON here")
    tested.add_argument("--lang", choices=["en", "zh"], default="en", help="of the words")
    with_json(tested)

    with_json(add("presets", presets_command, "List the presets and what each one teaches."))

    imports = add(
        "import", import_command, "Import a Stable-Baselines3 PPO zip as a model, without running what is in it."
    )
    imports.add_argument("zip", type=Path, metavar="ZIP")
    imports.add_argument("--reward", metavar="REWARD", help=f"what it was trained on, if that is known: {reward_help}")
    imports.add_argument("--activation", choices=["tanh", "relu"], help="by default what the zip says, else tanh")
    imports.add_argument("--net-arch", type=_layers, metavar="64,64", help="its hidden layers")
    imports.add_argument("--out", type=Path, help="the model folder to make; by default it joins your models")
    with_json(imports)

    exports = add("export-model", export_model_command, "Write a model as one file for other tools.")
    exports.add_argument("model", metavar="MODEL", help=model_help)
    exports.add_argument(
        "--to",
        choices=["sb3", "card", "tensorboard"],
        required=True,
        help="Stable-Baselines3's zip, a model card, or the learning curve as an event file",
    )
    exports.add_argument("--out", type=Path, help="the file to make; by default the model's name, in this folder")
    with_json(exports)

    bench = add("bench", bench_command, "Measure the playground on this machine.")
    bench.add_argument("--full", action="store_true", help="with the peers' trainings, growth and many rewards: hours")
    bench.add_argument("--only", metavar="PART", help="one part, for instance steps, app, landing or rewards")
    bench.add_argument("--out", type=Path, help="write the results as JSON here")
    with_json(bench)

    add("app", app_command, "Open the app in a browser; further options go to `streamlit run`.")
    return parser


def _settings() -> dict[str, Any]:
    """Options of ``train``: every setting of a spec that a command line can give."""
    from playground.training.spec import TrainSpec

    kinds: dict[str, Any] = {"int": int, "float": float, "str": str}
    plain = {
        f.name: kinds[getattr(f.type, "__name__", str(f.type))]
        for f in fields(TrainSpec)
        if f.type in (int, float, str)
    }
    return {name: kind for name, kind in plain.items() if name != "env"} | {"net_arch": _layers}


def _layers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of layer widths like 64,64") from None


def _print(arguments: argparse.Namespace, value: Any, lines: Sequence[str]) -> None:
    print(json.dumps(value) if arguments.json else "\n".join(lines))


def _table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Rows of cells as aligned lines: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) for row in cells
    ]


def train_command(arguments: argparse.Namespace) -> int:
    """``playground train``."""
    from playground.training.jobs import JobBoard, check_request
    from playground.training.store import ModelStore

    store, spec = ModelStore(), _spec(arguments)
    if arguments.spec:
        check_request(arguments.spec.absolute().parent, spec)
    found = store.find(spec.key)
    if found:
        JobBoard(store).forget(spec.key)  # what a crash or a second request left behind
    model = found or _train(spec, store, _intent(arguments, spec, store), arguments.quiet or arguments.json)
    if model is None:
        return _fail(
            arguments, "the training was cancelled; the same command goes on from its checkpoint", FAILED, "cancelled"
        )
    if arguments.out:
        _copy(model, arguments.out)
    value = {
        "key": model.key,
        "folder": str(arguments.out or model.folder),
        "found": found is not None,
        "steps": model.manifest["steps"],
        "seconds": model.manifest["seconds"],
        "scorecard": dict(model.summary),
    }
    how = "found, not trained" if found else f"trained {value['steps']:,} steps in {value['seconds']} s"
    _print(
        arguments,
        value,
        [f"model {model.key[:8]}: {how}", *scorecard_lines(model.summary), f"folder: {value['folder']}"],
    )
    return DONE


def _spec(arguments: argparse.Namespace) -> "TrainSpec":
    from playground.reward.presets import load_reward
    from playground.training.spec import BUDGETS, TrainSpec, parse_spec

    spec = parse_spec(_read(arguments.spec)) if arguments.spec else TrainSpec(load_reward(arguments.reward))
    given = {name: getattr(arguments, name) for name in _settings() if getattr(arguments, name) is not None}
    return replace(spec, **(BUDGETS[arguments.budget] if arguments.budget else {}) | given)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput("cannot_read", file=str(path), reason=error.strerror) from None


def _intent(arguments: argparse.Namespace, spec: "TrainSpec", store: "ModelStore") -> "Intent":
    """What is meant by a training; the check's prediction, unless the page that submitted it left one."""
    from playground.insight.flight_check import check_reward
    from playground.training.entry import Intent
    from playground.training.jobs import JobBoard
    from playground.training.notebook import Notebook

    parent = Notebook(store).find_design(arguments.parent) if arguments.parent else ""
    prediction = None
    if JobBoard(store).intent(spec.key).prediction is None:
        prediction = check_reward(spec.reward, spec.gamma).foretold
    return Intent(arguments.hypothesis.strip(), parent, prediction=prediction)


def _train(spec: "TrainSpec", store: "ModelStore", intent: "Intent", quiet: bool) -> "Model | None":
    from tqdm import tqdm

    from playground.training.work import Cancelled, make_model

    terminal = sys.stderr.isatty()
    bar = tqdm(total=spec.steps, unit=" steps", unit_scale=True, disable=quiet or not terminal, leave=False)
    shown = 0

    def report(status: Any, curve: Sequence[dict[str, float]]) -> None:
        nonlocal shown
        bar.total = max(status.total, 1)
        bar.update(min(status.steps, bar.total) - bar.n)
        if len(curve) > shown:
            shown, last = len(curve), curve[-1]
            bar.set_postfix_str(f"landed {last['landing_rate']:.0%}, Gymnasium return {last['native_return']:.0f}")
            if not quiet and not terminal:
                print(
                    f"{last['steps']:>10,.0f} steps  {last['seconds']:6.1f} s  landed {last['landing_rate']:4.0%}  "
                    f"your return {last['designed_return']:.1f}  Gymnasium return {last['native_return']:.1f}",
                    file=sys.stderr,
                    flush=True,
                )

    try:
        return make_model(spec, store, report, intent=intent)
    except Cancelled:
        return None
    finally:
        bar.close()


def _copy(model: "Model", out: Path) -> None:
    from playground.training.store import write_model

    given = {"key", "sha256", "schema"}
    manifest = {name: value for name, value in model.manifest.items() if name not in given}
    write_model(out, model.key, {name: model.read(name) for name in model.files}, manifest)


def scorecard_lines(summary: Any) -> list[str]:
    """The scorecard in words."""

    def shown(value: float | None, unit: str) -> str:
        return "never" if value is None else f"{value:.2f} {unit}"

    s = summary
    return _table(
        [
            ("landed", f"{s['landing_rate']:.0%}", f"on the pad {s['on_pad_rate']:.0%}"),
            (
                "crashed",
                f"{s['crash_rate']:.0%}",
                f"fell {s['fall_rate']:.0%}, left the screen {s['out_of_bounds_rate']:.0%}",
            ),
            ("timed out", f"{s['timeout_rate']:.0%}", ""),
            (
                "Gymnasium return",
                f"{s['native_return_mean']:.1f}",
                f"95 % {s['native_return_low95']:.1f} to {s['native_return_high95']:.1f}, "
                f"IQM {s['native_return_iqm']:.1f}",
            ),
            ("touchdown speed", shown(s["touchdown_speed_m_s"], "m/s"), ""),
            ("fuel", f"{s['main_firings']:.0f} main", f"{s['side_firings']:.0f} side firings"),
            ("time to land", shown(s["seconds_to_land"], "s"), ""),
        ]
    )


def evaluate_command(arguments: argparse.Namespace) -> int:
    """``playground evaluate``."""
    from playground.lander.conditions import Conditions
    from playground.lander.scorecard import evaluate
    from playground.training.store import ModelStore

    _check_range("episodes", arguments.episodes, 1, 10_000)
    _check_range("seed-start", arguments.seed_start, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    seeds = range(arguments.seed_start, arguments.seed_start + arguments.episodes)
    conditions = Conditions(arguments.gravity, arguments.wind_power, arguments.turbulence_power)
    card = evaluate(model.policy, model.spec.gamma, seeds, conditions)
    mean = float(card.returns(model.spec.reward).mean())
    value = {
        "key": model.key,
        "seed_start": seeds.start,
        "conditions": asdict(conditions),
        "designed_return_mean": mean,
        "scorecard": card.summary,
    }
    _print(arguments, value, [*scorecard_lines(card.summary), f"your return       {mean:.1f}"])
    return DONE


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidInput("out_of_range", field=name, low=low, high=high, value=value)


def breakdown_command(arguments: argparse.Namespace) -> int:
    """``playground breakdown``."""
    from playground.insight.breakdown import break_down, to_csv
    from playground.lander.rollout import run_episode
    from playground.reward.presets import load_reward
    from playground.training.home import explain_os_errors
    from playground.training.store import ModelStore

    _check_range("seed", arguments.seed, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    reward = load_reward(arguments.reward) if arguments.reward else model.spec.reward
    episode = run_episode(model.policy, arguments.seed)
    parts = break_down(episode, reward, model.spec.gamma, arguments.discounted)
    if arguments.csv:
        with explain_os_errors(arguments.csv.parent):
            arguments.csv.write_text(to_csv(episode, parts))
    value = {
        "key": model.key,
        "seed": arguments.seed,
        "outcome": str(episode.outcome),
        "steps": len(episode),
        "discounted": arguments.discounted,
        "return": parts.total,
        "native_return": float(episode.rewards.sum()),
        "parts": parts.totals,
        "raw": parts.raw_totals,
        "shares": parts.shares,
    }
    rows: list[Sequence[object]] = [("component", "paid", "share", "raw sum")]
    rows += [(k, f"{v:.2f}", f"{parts.shares[k]:.0%}", f"{parts.raw_totals[k]:.3f}") for k, v in parts.totals.items()]
    rows += [("return", f"{parts.total:.2f}", "", ""), ("Gymnasium return", f"{episode.rewards.sum():.2f}", "", "")]
    _print(arguments, value, [f"seed {arguments.seed}: {episode.outcome} after {len(episode)} steps", *_table(rows)])
    return DONE


def record_command(arguments: argparse.Namespace) -> int:
    """``playground record``."""
    from playground.lander.recording import check_suffix, record, to_png
    from playground.lander.rollout import run_episode
    from playground.training.home import explain_os_errors
    from playground.training.store import ModelStore

    check_suffix(arguments.out)
    _check_range("seed", arguments.seed, 0, 2**31)
    episode = run_episode(ModelStore().resolve(arguments.model).policy, arguments.seed)
    if arguments.step is not None:
        _check_range("step", arguments.step, 0, len(episode))
    picture = arguments.out.suffix.lower() == ".png"
    data = to_png(episode, arguments.step) if picture else record(episode, arguments.out)
    with explain_os_errors(arguments.out.parent):
        arguments.out.write_bytes(data)
    print(f"{arguments.out}: seed {arguments.seed}, {episode.outcome} after {len(episode)} steps, {len(data):,} bytes")
    return DONE


def export_command(arguments: argparse.Namespace) -> int:
    """``playground export``."""
    from playground.reward.codec import dump_reward
    from playground.reward.export import to_python
    from playground.reward.presets import load_reward

    reward = load_reward(arguments.reward)
    _check_range("gamma", arguments.gamma, 0, 1)
    print(to_python(reward, arguments.gamma) if arguments.to == "python" else dump_reward(reward))
    return DONE


VERDICTS = {"sound": DONE, "doubtful": 3, "broken": 4}
"""Exit status of ``playground check``, so that a script can refuse a reward."""


def check_command(arguments: argparse.Namespace) -> int:
    """``playground check``."""
    from playground.insight.flight_check import check_reward
    from playground.reward.presets import load_reward

    reward = load_reward(arguments.reward)
    _check_range("gamma", arguments.gamma, 0, 1)
    found = check_reward(reward, arguments.gamma)
    rows: list[Sequence[object]] = [("behaviour", "ends in", "discounted return", "± over starts")]
    rows += [(row.words, row.outcome, f"{row.mean:.1f}", f"{row.spread:.1f}") for row in found.ranking]
    marks = {"ok": "  ok  ", "warn": " warn ", "fail": " FAIL "}
    lines = [f"{found.verdict}: {found.sentence} (landing margin {found.landing_margin:+.2f})"]
    lines += [f"forecast: {found.predicted.message}" if found.predicted else "forecast: none", ""]
    lines += [f"{marks[check.status]} {check.message}" for check in found.checks]
    _print(arguments, found.to_json(), [*lines, "", *_table(rows)])
    return VERDICTS[found.verdict]


def repair_command(arguments: argparse.Namespace) -> int:
    """``playground repair``."""
    from playground.insight.repair import repair_reward
    from playground.reward.codec import dump_reward
    from playground.reward.presets import load_reward

    reward = load_reward(arguments.reward)
    _check_range("gamma", arguments.gamma, 0, 1)
    found = repair_reward(reward, arguments.gamma)
    changes = found.changes(reward)
    if arguments.out and (found.after is not None or not found.needed):
        arguments.out.write_text(dump_reward(found.config) + "\n", encoding="utf-8")
    lines = [f"before: {found.before.verdict}. {found.before.sentence}"]
    lines += [f"  {name}: {before:g} → {after:g}" for name, (before, after) in changes.items()]
    if found.after is not None:
        lines.append(f"after: {found.after.verdict}. {found.after.sentence}")
    elif not found.needed:
        lines.append("nothing to mend: landing pays best")
    else:
        lines.append("no weights within the sliders' ranges make landing pay best")
        if found.missing:
            lines.append(f"what is missing: more {found.missing} than its slider gives")
    lines += [f"alone: {name} = {value:g}" for name, value in found.singles.items()]
    value = {
        "before": found.before.to_json(),
        "after": None if found.after is None else found.after.to_json(),
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes.items()},
        "singles": dict(found.singles),
        "missing": found.missing,
        "reward": json.loads(dump_reward(found.config)),
    }
    _print(arguments, value, lines)
    return VERDICTS[(found.after or found.before).verdict]


def probes_command(arguments: argparse.Namespace) -> int:
    """``playground probes``."""
    from playground.insight.probe_library import LIBRARY, SEEDS, load_library, make_library, save_library
    from playground.lander.probes import PROBES
    from playground.lander.rollout import run_episode
    from playground.training.home import explain_os_errors
    from playground.training.store import ModelStore

    if arguments.record:
        pilots: dict[str, Callable[[int], Any]] = dict(PROBES)
        for model in ModelStore().list_shipped():
            pilots[str(model.slug)] = functools.partial(_policy_of, model)
        flown = ((name, run_episode(pilot(seed), seed)) for name, pilot in pilots.items() for seed in SEEDS)
        with explain_os_errors(LIBRARY.parent):
            save_library(make_library(flown))
        load_library.cache_clear()
    library = load_library()
    values = [
        {"probe": str(name), "seed": int(seed), "behaviour": str(did), "steps": int(steps)}
        for name, seed, did, steps in zip(
            library.names, library.seeds, library.behaviours, library.lengths, strict=True
        )
    ]
    rows: list[Sequence[object]] = [("probe", *(f"seed {seed}" for seed in SEEDS))]
    for name in dict.fromkeys(library.names.tolist()):
        rows.append((name, *(did.replace("_", " ") for did in library.behaviours[library.names == name].tolist())))
    _print(arguments, {"probes": values}, _table(rows))
    return DONE


def _policy_of(model: "Model", seed: int) -> Any:
    return model.policy


def models_command(arguments: argparse.Namespace) -> int:
    """``playground models``."""
    from playground.training.store import ModelStore

    store = ModelStore()
    if arguments.delete:
        model = store.resolve(arguments.delete)
        store.delete(model.key)
        _print(arguments, {"deleted": model.key}, [f"deleted {model.key[:8]}"])
        return DONE
    rows: list[Sequence[object]] = [("model", "key", "landed", "Gymnasium return", "steps", "seed")]
    values = []
    for model in (*store.list_shipped(), *store.list_trained()):
        try:
            s, seed = model.summary, model.spec.seed
        except InvalidInput as error:
            print(f"playground: {error}", file=sys.stderr)
            continue
        imported = model.manifest.get("imported")
        where = {"preset": model.slug, "imported": imported, "reward_known": model.reward_known}
        values.append({"key": model.key, **where, "seed": seed, "folder": str(model.folder), "scorecard": s})
        trained = ("–", "–") if imported else (f"{model.manifest['steps']:,}", seed)
        name = model.slug or ("imported" if imported else "trained")
        name += "" if model.reward_known else ", reward unknown"
        rows.append((name, model.key[:8], f"{s['landing_rate']:.0%}", f"{s['native_return_mean']:.0f}", *trained))
    _print(arguments, {"models": values}, _table(rows))
    return DONE


def compare_command(arguments: argparse.Namespace) -> int:
    """``playground compare``."""
    from playground.training.notebook import Notebook
    from playground.training.store import ModelStore
    from playground.ui.comparing import LETTERS, compare
    from playground.ui.state import names_of

    store = ModelStore()
    models = [store.resolve(name) for name in arguments.models]
    if not 2 <= len(models) <= len(LETTERS):
        raise InvalidInput("too_few_models", count=len(models), limit=len(LETTERS))
    at_hand = [*store.list_shipped(), *store.list_trained()]
    told = compare(models, at_hand, names_of(models, arguments.lang), arguments.lang)
    if arguments.out:
        from playground.ui.report import write_report

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
        *_table(rows),
        *seeds,
        "",
        *_table(cross),
    ]
    _print(arguments, told.to_json(), [*lines, *([f"report: {arguments.out}"] if arguments.out else [])])
    return DONE


def notebook_command(arguments: argparse.Namespace) -> int:
    """``playground notebook``."""
    from playground.training.entry import Branch, arrange
    from playground.training.notebook import Notebook

    notebook = Notebook()
    if arguments.action == "rebuild":
        done = notebook.rebuild()
        lines = [f"models written: {done.models}, entries kept: {done.kept}"]
        lines += [f"the old notebook was damaged and is now {done.aside}"] if done.aside else []
        aside = None if done.aside is None else str(done.aside)
        _print(arguments, {"models": done.models, "kept": done.kept, "aside": aside}, lines)
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
        _print(arguments, {"entries": values}, _table([*rows, *(_entry_row(branch) for branch in branches)]))
    else:
        given = {name: getattr(arguments, name, None) for name in ("name", "note", "starred", "archived")}
        entry = notebook.edit(arguments.key, **given) if arguments.action == "note" else notebook.get(arguments.key)
        lines = [f"{name:<10} {text}" for name, text in entry.in_words().items()]
        _print(arguments, entry.to_json(), lines)
    return DONE


def _write_csv(text: str, out: Path | None) -> None:
    from playground.training.home import explain_os_errors

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


def robustness_command(arguments: argparse.Namespace) -> int:
    """``playground robustness``."""
    from tqdm import tqdm

    from playground.lander.conditions import parse_conditions
    from playground.training.home import explain_os_errors
    from playground.training.jobs import JobBoard
    from playground.training.robustness import find_design, fly_all, other_gamma, plan_variants, train_all
    from playground.training.spec import ALGORITHMS
    from playground.training.store import ModelStore
    from playground.ui.robustness import tell

    store, conditions = ModelStore(), parse_conditions(arguments.conditions)
    gammas = None if arguments.gamma is None else [_number("gamma", part) for part in _parts(arguments.gamma)]
    algorithms = ALGORITHMS if arguments.algorithms is None else _parts(arguments.algorithms)
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
        lines += ["", name, "", *_table(told.rows(name)), "", *told.sentences(name)]
    _print(arguments, value, [*lines, *([""] if told.duels else []), *told.duel_sentences()])
    return DONE


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None


def presets_command(arguments: argparse.Namespace) -> int:
    """``playground presets``."""
    from playground.reward.codec import changed_fields
    from playground.reward.presets import PRESETS

    values = [{"slug": p.slug, "lesson": p.lesson["en"], "reward": changed_fields(p.config)} for p in PRESETS]
    width = max(len(p.slug) for p in PRESETS)
    _print(arguments, {"presets": values}, [f"{p.slug:<{width}}  {p.lesson['en']}" for p in PRESETS])
    return DONE


def import_command(arguments: argparse.Namespace) -> int:
    """``playground import``."""
    from playground.reward.presets import load_reward
    from playground.training.sb3_zip import activation_in, import_zip
    from playground.training.spec import TrainSpec

    reward = load_reward(arguments.reward or "gymnasium")  # something must score it
    spec = TrainSpec(reward, activation=arguments.activation or activation_in(arguments.zip))
    if arguments.net_arch is not None:
        spec = replace(spec, net_arch=arguments.net_arch)
    model = import_zip(arguments.zip, spec, arguments.out, reward_known=arguments.reward is not None)
    value = {
        "key": model.key,
        "folder": str(model.folder),
        "reward": model.manifest["reward"],
        "scorecard": dict(model.summary),
    }
    told = "as given" if model.reward_known else "unknown; scored by Gymnasium's"
    lines = [f"model {model.key[:8]}: imported, reward {told}", *scorecard_lines(model.summary)]
    _print(arguments, value, [*lines, f"folder: {model.folder}"])
    return DONE


def export_model_command(arguments: argparse.Namespace) -> int:
    """``playground export-model``."""
    from playground.training.exchange import export_model
    from playground.training.store import ModelStore

    model = ModelStore().resolve(arguments.model)
    path = export_model(model, arguments.to, arguments.out)
    value = {"key": model.key, "to": arguments.to, "file": str(path)}
    _print(arguments, value, [f"{path}: {path.stat().st_size:,} bytes"])
    return DONE


def bench_command(arguments: argparse.Namespace) -> int:
    """``playground bench``."""
    from playground.bench import PARTS, run_bench, to_markdown
    from playground.training.home import explain_os_errors

    if arguments.only not in (None, *PARTS):
        raise InvalidInput("not_a_choice", field="only", value=arguments.only, choices=", ".join(PARTS))
    say = functools.partial(print, file=sys.stderr, flush=True)
    results = run_bench(arguments.full, say, arguments.only)
    if arguments.out:
        with explain_os_errors(arguments.out.parent):
            arguments.out.write_text(json.dumps(results, indent=2))
    print(json.dumps(results) if arguments.json else to_markdown(results))
    return DONE


def app_command(arguments: argparse.Namespace) -> int:
    """``playground app``."""
    from playground.training.home import app_script, home_folder

    script = app_script()
    config = ["--browser.gatherUsageStats=false", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *config, *arguments.handed_on]
    environment = os.environ | {"PLAYGROUND_HOME": str(home_folder())}
    return subprocess.run(command, cwd=script.parent, env=environment, check=False).returncode
