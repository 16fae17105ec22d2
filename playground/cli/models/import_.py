"""``playground import``: a Stable-Baselines3 PPO zip becomes a model, without running what is in it."""

import argparse
from dataclasses import replace
from pathlib import Path

from playground.cli.options import add_json, layers_reader, translated
from playground.cli.printing import DONE, put
from playground.words.say import say
from playground.words.scorecard import rows as score_rows
from playground.words.tables import to_lines


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The file, and what is known of it."""
    parser.add_argument("zip", type=Path, metavar="ZIP", help=translated("cli.import.zip", lang))
    parser.add_argument("--reward", metavar="REWARD", help=translated("cli.import.reward", lang))
    parser.add_argument("--activation", choices=["tanh", "relu"], help=translated("cli.import.activation", lang))
    parser.add_argument(
        "--net-arch", type=layers_reader(lang), metavar="64,64", help=translated("cli.import.net_arch", lang)
    )
    parser.add_argument("--out", type=Path, help=translated("cli.import.out", lang))
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Import the zip, score it and print its scorecard."""
    from playground.lab.models.model import SHORT
    from playground.lab.models.sb3_import import activation_in, import_zip
    from playground.training.spec import TrainSpec
    from playground.worlds import find_world, load_reward

    lang = arguments.lang
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
    head = "cli.import.reward_known" if model.reward_known else "cli.import.reward_unknown"
    scores = to_lines(score_rows(model.summary, lang), left=(0, 2))
    folder = say("cli.folder", lang, folder=model.folder)
    put(arguments, value, [say(head, lang, key=model.key[:SHORT]), *scores, folder])
    return DONE
