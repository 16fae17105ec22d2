"""``playground repair``: the smallest change of a reward's weights after which success pays best."""

import argparse
import json
from pathlib import Path

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
from playground.words.repair import repair_lines


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
    changes = repair.changes(reward)
    value = {
        "before": repair.before.to_json(),
        "after": None if repair.after is None else repair.after.to_json(),
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes.items()},
        "singles": dict(repair.singles),
        "missing": repair.missing,
        "reward": json.loads(dump_reward(repair.config)),
    }
    lang = arguments.lang
    put(arguments, value, repair_lines(repair, changes, reward.weight_names(lang), lang))
    return STATUSES[(repair.after or repair.before).verdict]
