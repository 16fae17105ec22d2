"""Commands about one model: train, evaluate, breakdown, record, list and delete, import and export.

Leaves out: options (``playground.cli``), and several models at once (``studies``).
"""

import argparse
import ast
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cli.printing import DONE, FAILED, check_range, fail, put, read_file, table
from playground.words.errors import InvalidInput

if TYPE_CHECKING:
    from playground.lab.model import Model
    from playground.lab.notebook.intent import Intent
    from playground.lab.store import ModelStore
    from playground.training.spec import TrainSpec


def train_settings() -> dict[str, Any]:
    """Options of ``train``: every setting of a spec that a command line can give."""
    from playground.training.spec import TrainSpec

    kinds: dict[str, Any] = {"int": int, "float": float, "str": str}
    plain = {
        f.name: kinds[getattr(f.type, "__name__", str(f.type))]
        for f in fields(TrainSpec)
        if f.type in (int, float, str)
    }
    return {name: kind for name, kind in plain.items() if name != "env"} | {"net_arch": layers}


def layers(text: str) -> tuple[int, ...]:
    """The widths in a text like ``64,64``.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of layer widths like 64,64") from None


def train_command(arguments: argparse.Namespace) -> int:
    """``playground train``."""
    from playground.lab.queue_local import JobBoard, check_request
    from playground.lab.store import ModelStore

    store, spec = ModelStore(), _spec(arguments)
    if arguments.spec:
        check_request(arguments.spec.absolute().parent, spec)
    found = store.find(spec.key)
    if found:
        JobBoard(store).forget(spec.key)  # what a crash or a second request left behind
    model = found or _train(spec, store, _intent(arguments, spec, store), arguments.quiet or arguments.json)
    if model is None:
        return fail(
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
    put(
        arguments,
        value,
        [f"model {model.key[:8]}: {how}", *scorecard_lines(model.summary), f"folder: {value['folder']}"],
    )
    return DONE


def _spec(arguments: argparse.Namespace) -> "TrainSpec":
    from playground.lab.store import ModelStore
    from playground.training.algorithms import ALGORITHMS, HALF_TRAINED
    from playground.training.spec import BUDGETS, MOST_STEPS, TrainSpec, changed_settings, for_algorithm, parse_spec
    from playground.worlds import find_world, load_reward

    spec = (
        parse_spec(read_file(arguments.spec))
        if arguments.spec
        else TrainSpec(load_reward(arguments.reward, find_world()))
    )
    given = {name: getattr(arguments, name) for name in train_settings() if getattr(arguments, name) is not None}
    asked = ALGORITHMS.get(given.get("algorithm", ""))
    if start := given.get("init_from") or (HALF_TRAINED if asked is not None and asked.needs_start else ""):
        given["init_from"] = ModelStore().resolve(start).key
        spec = replace(spec, init_from=given["init_from"]) if spec.algorithm == "ppo" else spec
    if "algorithm" in given:
        spec = for_algorithm(spec, given.pop("algorithm"))
    if arguments.budget:
        given = BUDGETS[arguments.budget] | given
    if arguments.set:
        chosen = dict(spec.settings) | dict(map(read_setting, arguments.set))
        given["settings"] = changed_settings(spec.algorithm, chosen)
    if given.get("seconds") and "steps" not in given and spec.algorithm != "ppo":
        given["steps"] = MOST_STEPS  # the clock alone decides
    return replace(spec, **given)


def read_setting(text: str) -> tuple[str, Any]:
    """Name and value of a text like ``group_size=8``; a value that is no number, switch or list is text.

    Raises:
        InvalidInput: it is nothing of the kind.

    >>> read_setting("hidden=64,64"), read_setting("clip_higher=false"), read_setting("judge=return")
    (('hidden', (64, 64)), ('clip_higher', False), ('judge', 'return'))
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InvalidInput("not_a_setting", value=text)
    words = {"true": True, "false": False}
    if value.strip().lower() in words:
        return name.strip(), words[value.strip().lower()]
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        return name.strip(), value.strip()


def _intent(arguments: argparse.Namespace, spec: "TrainSpec", store: "ModelStore") -> "Intent":
    """What is meant by a training; the check's prediction, unless the page that submitted it left one."""
    from playground.insight.check import check_reward
    from playground.lab.notebook.intent import Intent
    from playground.lab.notebook.notebook import Notebook
    from playground.lab.queue_local import JobBoard

    parent = Notebook(store).find_design(arguments.parent) if arguments.parent else ""
    prediction = None
    if JobBoard(store).intent(spec.key).prediction is None:
        prediction = check_reward(spec.reward, spec.gamma).prediction
    return Intent(arguments.hypothesis.strip(), parent, prediction=prediction)


def _train(spec: "TrainSpec", store: "ModelStore", intent: "Intent", quiet: bool) -> "Model | None":
    from tqdm import tqdm

    from playground.lab.job_runner import Cancelled, make_model

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
    from playground.lab.store import write_model

    given = {"key", "sha256", "schema"}
    manifest = {name: value for name, value in model.manifest.items() if name not in given}
    write_model(out, model.key, {name: model.read(name) for name in model.files}, manifest)


def scorecard_lines(summary: Any) -> list[str]:
    """The scorecard in words."""

    def shown(value: float | None, unit: str) -> str:
        return "never" if value is None else f"{value:.2f} {unit}"

    s = summary
    return table(
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
    from playground.flight.scorecard import evaluate
    from playground.lab.store import ModelStore
    from playground.worlds.lunar_lander.conditions import Conditions

    check_range("episodes", arguments.episodes, 1, 10_000)
    check_range("seed-start", arguments.seed_start, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    seeds = range(arguments.seed_start, arguments.seed_start + arguments.episodes)
    conditions = Conditions(arguments.gravity, arguments.wind_power, arguments.turbulence_power)
    card = evaluate(model.spec.world, model.policy, model.spec.gamma, seeds, conditions)
    mean = float(card.returns(model.spec.reward).mean())
    value = {
        "key": model.key,
        "seed_start": seeds.start,
        "conditions": asdict(conditions),
        "designed_return_mean": mean,
        "scorecard": card.summary,
    }
    put(arguments, value, [*scorecard_lines(card.summary), f"your return       {mean:.1f}"])
    return DONE


def breakdown_command(arguments: argparse.Namespace) -> int:
    """``playground breakdown``."""
    from playground.flight.rollout import run_episode
    from playground.insight.breakdown import break_down, to_csv
    from playground.lab.files import explain_os_errors
    from playground.lab.store import ModelStore
    from playground.worlds import find_world, load_reward

    check_range("seed", arguments.seed, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    reward = load_reward(arguments.reward, find_world()) if arguments.reward else model.spec.reward
    episode = run_episode(model.spec.world, model.policy, arguments.seed)
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
    put(arguments, value, [f"seed {arguments.seed}: {episode.outcome} after {len(episode)} steps", *table(rows)])
    return DONE


def record_command(arguments: argparse.Namespace) -> int:
    """``playground record``."""
    from playground.flight.recording import check_suffix, record, to_png
    from playground.flight.rollout import run_episode
    from playground.lab.files import explain_os_errors
    from playground.lab.store import ModelStore

    check_suffix(arguments.out)
    check_range("seed", arguments.seed, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    episode = run_episode(model.spec.world, model.policy, arguments.seed)
    if arguments.step is not None:
        check_range("step", arguments.step, 0, len(episode))
    picture = arguments.out.suffix.lower() == ".png"
    data = to_png(episode, arguments.step) if picture else record(episode, arguments.out)
    with explain_os_errors(arguments.out.parent):
        arguments.out.write_bytes(data)
    print(f"{arguments.out}: seed {arguments.seed}, {episode.outcome} after {len(episode)} steps, {len(data):,} bytes")
    return DONE


def models_command(arguments: argparse.Namespace) -> int:
    """``playground models``."""
    from playground.lab.store import ModelStore

    store = ModelStore()
    if arguments.delete:
        model = store.resolve(arguments.delete)
        store.delete(model.key)
        put(arguments, {"deleted": model.key}, [f"deleted {model.key[:8]}"])
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
    put(arguments, {"models": values}, table(rows))
    return DONE


def import_command(arguments: argparse.Namespace) -> int:
    """``playground import``."""
    from playground.lab.sb3_import import activation_in, import_zip
    from playground.training.spec import TrainSpec
    from playground.worlds import find_world, load_reward

    reward = load_reward(arguments.reward or "gymnasium", find_world())  # something must score it
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
    put(arguments, value, [*lines, f"folder: {model.folder}"])
    return DONE


def export_model_command(arguments: argparse.Namespace) -> int:
    """``playground export-model``."""
    from playground.lab.export_formats import export_model
    from playground.lab.store import ModelStore

    model = ModelStore().resolve(arguments.model)
    path = export_model(model, arguments.to, arguments.out)
    value = {"key": model.key, "to": arguments.to, "file": str(path)}
    put(arguments, value, [f"{path}: {path.stat().st_size:,} bytes"])
    return DONE
