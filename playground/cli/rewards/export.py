"""``playground export``: a reward as Python that runs without this project, or as JSON."""

import argparse

from playground.cli.options import add_gamma, add_reward, add_world, check_range, translated, world_of
from playground.cli.printing import DONE


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The reward, its world, and the format."""
    add_reward(parser, lang)
    add_world(parser, lang)
    parser.add_argument("--to", choices=["python", "json"], default="python", help=translated("cli.export.to", lang))
    add_gamma(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Print the reward."""
    from playground.reward.codec import dump_reward
    from playground.reward.export import to_python
    from playground.worlds import load_reward

    reward = load_reward(arguments.reward, world_of(arguments))
    check_range("gamma", arguments.gamma, 0, 1)
    print(to_python(reward, arguments.gamma, arguments.lang) if arguments.to == "python" else dump_reward(reward))
    return DONE
