"""Commands about a reward that need no model: check, repair, export, presets, and the behaviours that a check ranks.

Leaves out: options (``playground.cli``).
"""

import argparse
import functools
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from playground.cli.printing import DONE, check_range, put, table
from playground.words.check import finding_sentence, notes, ranking_rows, verdict_sentence
from playground.words.forecast import forecast_sentence
from playground.words.tables import to_lines
from playground.worlds.lunar_lander.world import WORLD as LANDER

if TYPE_CHECKING:
    from playground.insight.check import FlightCheck
    from playground.lab.model import Model


VERDICTS = {"sound": DONE, "doubtful": 3, "broken": 4}
"""Exit status of ``playground check``, so that a script can refuse a reward."""


def check_command(arguments: argparse.Namespace) -> int:
    """``playground check``."""
    from playground.insight.check import check_reward
    from playground.worlds import find_world, load_reward

    reward = load_reward(arguments.reward, find_world())
    check_range("gamma", arguments.gamma, 0, 1)
    found = check_reward(reward, arguments.gamma)
    marks = {"ok": "  ok  ", "warn": " warn ", "fail": " FAIL "}
    lines = [f"{found.verdict}: {verdict_sentence(found, 'en')} (landing margin {found.landing_margin:+.2f})"]
    lines += [f"forecast: {forecast_sentence(found.predicted, 'en') or 'none'}"]
    lines += [*(f"note: {note}" for note in notes(found, "en")), ""]
    lines += [f"{marks[finding.status]} {finding_sentence(finding, reward, 'en')}" for finding in found.checks]
    put(arguments, found.to_json(), [*lines, "", *to_lines(ranking_rows(found, "en"))])
    return VERDICTS[found.verdict]


def repair_command(arguments: argparse.Namespace) -> int:
    """``playground repair``."""
    from playground.insight.repair import repair_reward
    from playground.lab.files import explain_os_errors
    from playground.reward.codec import dump_reward
    from playground.worlds import find_world, load_reward

    reward = load_reward(arguments.reward, find_world())
    check_range("gamma", arguments.gamma, 0, 1)
    found = repair_reward(reward, arguments.gamma)
    changes = found.changes(reward)
    if arguments.out and (found.after is not None or not found.needed):
        with explain_os_errors(arguments.out.parent):
            arguments.out.write_text(dump_reward(found.config) + "\n", encoding="utf-8")

    def told(which: str, check: "FlightCheck") -> list[str]:
        chances = [f"  forecast: {forecast_sentence(check.predicted, 'en')}"] if check.predicted else []
        return [f"{which}: {check.verdict}. {verdict_sentence(check, 'en')}", *chances]

    lines = told("before", found.before)
    lines += [f"  {name}: {before:g} → {after:g}" for name, (before, after) in changes.items()]
    if found.after is not None:
        lines += told("after", found.after)
    elif not found.needed:
        lines.append("nothing to mend")
    elif found.before.verdict == "doubtful":
        lines.append("no weights within the sliders' ranges settle the doubt")
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
    put(arguments, value, lines)
    return VERDICTS[(found.after or found.before).verdict]


def export_command(arguments: argparse.Namespace) -> int:
    """``playground export``."""
    from playground.reward.codec import dump_reward
    from playground.reward.export import to_python
    from playground.worlds import find_world, load_reward

    reward = load_reward(arguments.reward, find_world())
    check_range("gamma", arguments.gamma, 0, 1)
    print(to_python(reward, arguments.gamma) if arguments.to == "python" else dump_reward(reward))
    return DONE


def presets_command(arguments: argparse.Namespace) -> int:
    """``playground presets``."""
    from playground.reward.codec import changed_fields
    from playground.worlds.lunar_lander.presets import PRESETS

    values = [{"slug": p.slug, "lesson": p.lesson["en"], "reward": changed_fields(p.config)} for p in PRESETS]
    width = max(len(p.slug) for p in PRESETS)
    put(arguments, {"presets": values}, [f"{p.slug:<{width}}  {p.lesson['en']}" for p in PRESETS])
    return DONE


def probes_command(arguments: argparse.Namespace) -> int:
    """``playground probes``."""
    from playground.flight.rollout import run_episode
    from playground.insight.library import LIBRARY, SEEDS, load_library, make_library, save_library
    from playground.lab.files import explain_os_errors
    from playground.lab.store import ModelStore
    from playground.worlds.lunar_lander.presets import PRESET
    from playground.worlds.lunar_lander.probes import PROBES

    if arguments.record:
        pilots: dict[str, Callable[[int], Any]] = dict(PROBES)
        for slug in PRESET:
            pilots[slug] = functools.partial(_policy_of, ModelStore().resolve(slug))
        flown = ((name, run_episode(LANDER, pilot(seed), seed)) for name, pilot in pilots.items() for seed in SEEDS)
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
    put(arguments, {"probes": values}, table(rows))
    return DONE


def _policy_of(model: "Model", seed: int) -> Any:
    return model.policy
