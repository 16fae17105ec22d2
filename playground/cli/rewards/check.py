"""``playground check``: what a reward would prefer, before any training."""

import argparse
from collections.abc import Mapping
from typing import Final

from playground.cli.options import add_gamma, add_json, add_reward, add_world, check_range, world_of
from playground.cli.printing import DONE, put
from playground.words.say import say
from playground.words.tables import to_lines

STATUSES: Final[Mapping[str, int]] = {"sound": DONE, "unchecked": DONE, "doubtful": 3, "broken": 4}
"""Exit status by verdict, so that a script can refuse a reward."""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """The reward, its world and its discount."""
    add_reward(parser, lang)
    add_world(parser, lang)
    add_gamma(parser, lang)
    add_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Check the reward and print the verdict, the findings and the ranking."""
    from playground.insight.check import check_reward
    from playground.words.check import finding_sentence, notes, ranking_rows, verdict_sentence
    from playground.words.forecast import forecast_sentence
    from playground.words.numbers import fixed
    from playground.worlds import load_reward

    lang = arguments.lang
    reward = load_reward(arguments.reward, world_of(arguments))
    check_range("gamma", arguments.gamma, 0, 1)
    check = check_reward(reward, arguments.gamma)
    verdict, sentence = say(f"check.verdict.{check.verdict}", lang), verdict_sentence(check, lang)
    if check.margin is None:
        lines = [say("cli.check.unchecked", lang, verdict=verdict, sentence=sentence, world=reward.env_id)]
    else:
        margin = fixed(check.margin, 2, sign=True)
        lines = [say("cli.check.verdict", lang, verdict=verdict, sentence=sentence, margin=margin)]
    forecast = forecast_sentence(check.predicted, lang) or say("cli.check.no_forecast", lang)
    lines.append(say("cli.check.forecast", lang, sentence=forecast))
    lines += [say("cli.check.note", lang, sentence=note) for note in notes(check, lang)]
    findings = [(say(f"cli.check.{it.status}", lang), finding_sentence(it, reward, lang)) for it in check.checks]
    lines += ["", *(f"{mark}  {sentence}" for mark, sentence in findings)]
    put(arguments, check.to_json(), [*lines, "", *to_lines(ranking_rows(check, lang))])
    return STATUSES[check.verdict]
