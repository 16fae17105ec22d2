"""``playground breakdown``: what each component paid in one episode."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from playground.cli.options import add_json, add_model, add_seed, check_range, translated, write_text
from playground.cli.printing import DONE, put
from playground.words.numbers import fixed, percent
from playground.words.say import name_of, say
from playground.words.tables import to_lines


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The model, the episode, and how it is counted."""
    add_model(parser, lang)
    add_seed(parser, lang)
    parser.add_argument("--reward", metavar="REWARD", help=translated("cli.breakdown.reward", lang))
    parser.add_argument("--discounted", action="store_true", help=translated("cli.breakdown.discounted", lang))
    parser.add_argument("--csv", type=Path, help=translated("cli.breakdown.csv", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Fly the episode, decompose its reward and print the parts."""
    from playground.flight.rollout import run_episode
    from playground.insight.breakdown import break_down, to_csv
    from playground.lab.models.store import ModelStore
    from playground.worlds import load_reward

    lang = arguments.lang
    check_range("seed", arguments.seed, 0, 2**31)
    model = ModelStore().resolve(arguments.model)
    world = model.spec.world
    reward = load_reward(arguments.reward, world) if arguments.reward else model.spec.reward
    episode = run_episode(world, model.policy, arguments.seed)
    parts = break_down(episode, reward, model.spec.gamma, arguments.discounted)
    if arguments.csv:
        write_text(arguments.csv, to_csv(episode, parts))
    native = float(episode.rewards.sum())
    value = {
        "key": model.key,
        "seed": arguments.seed,
        "outcome": str(episode.outcome),
        "steps": len(episode),
        "discounted": arguments.discounted,
        "return": parts.total,
        "native_return": native,
        "parts": parts.totals,
        "raw": parts.raw_totals,
        "shares": parts.shares,
    }
    rows: list[Sequence[object]] = [[say(f"cli.breakdown.{head}", lang) for head in ("part", "paid", "share", "raw")]]
    for key, paid in parts.totals.items():
        rows.append((key, fixed(paid, 2), percent(parts.shares[key]), fixed(parts.raw_totals[key], 3)))
    rows.append((say("cli.breakdown.return", lang), fixed(parts.total, 2), "", ""))
    rows.append((say("cli.breakdown.native", lang), fixed(native, 2), "", ""))
    outcome = name_of("outcome", episode.outcome, lang).lower()  # inside a sentence
    head = say("cli.breakdown.episode", lang, seed=arguments.seed, outcome=outcome, count=len(episode))
    put(arguments, value, [head, *to_lines(rows)])
    return DONE
