"""``playground repair``: the smallest change of a reward's weights after which success pays best."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from playground.cli.options import (
    add_gamma,
    add_json,
    add_reward,
    add_world,
    check_behaviours,
    check_range,
    translated,
    world_of,
    write_text,
)
from playground.cli.printing import put
from playground.cli.rewards.check import STATUSES
from playground.words.check import verdict_sentence
from playground.words.forecast import forecast_sentence
from playground.words.say import say

if TYPE_CHECKING:
    from playground.insight.check import FlightCheck
    from playground.insight.repair import Repair
    from playground.reward.design import Design


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The reward, its world and its discount, and a file for the result."""
    add_reward(parser, lang)
    add_world(parser, lang)
    add_gamma(parser, lang)
    parser.add_argument("--out", type=Path, help=translated("cli.repair.out", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Search for the repair and print it."""
    from playground.insight.repair import repair_reward
    from playground.reward.codec import dump_reward
    from playground.worlds import load_reward

    world = world_of(arguments)
    reward = load_reward(arguments.reward, world)
    check_behaviours(world)
    check_range("gamma", arguments.gamma, 0, 1)
    repair = repair_reward(reward, arguments.gamma)
    if arguments.out and (repair.after is not None or not repair.needed):
        write_text(arguments.out, dump_reward(repair.config) + "\n")
    changes = repair.changes(reward).items()
    value = {
        "before": repair.before.to_json(),
        "after": None if repair.after is None else repair.after.to_json(),
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes},
        "singles": dict(repair.singles),
        "missing": repair.missing,
        "reward": json.loads(dump_reward(repair.config)),
    }
    put(arguments, value, _lines(repair, reward, arguments.lang))
    return STATUSES[(repair.after or repair.before).verdict]


def _lines(repair: "Repair", reward: "Design", lang: str) -> list[str]:
    def verdict(which: str, check: "FlightCheck") -> list[str]:
        name = say(f"check.verdict.{check.verdict}", lang)
        lines = [say(f"cli.repair.{which}", lang, verdict=name, sentence=verdict_sentence(check, lang))]
        if check.predicted:
            lines.append("  " + say("cli.check.forecast", lang, sentence=forecast_sentence(check.predicted, lang)))
        return lines

    lines = verdict("before", repair.before)
    lines += [f"  {name}: {before:g} → {after:g}" for name, (before, after) in repair.changes(reward).items()]
    if repair.after is not None:
        lines += verdict("after", repair.after)
    elif not repair.needed:
        lines.append(say("cli.repair.unneeded", lang))
    else:
        lines.append(say("repair.doubt" if repair.before.verdict == "doubtful" else "repair.none", lang))
        if repair.missing:
            lines.append(say("repair.missing", lang, name=repair.missing))
    singles = repair.singles.items()
    return lines + [say("cli.repair.single", lang, name=name, value=f"{value:g}") for name, value in singles]
