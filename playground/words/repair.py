"""What is said of a repaired reward: what to change, what that leads to, and what could not be repaired.

Leaves out: finding the changes (``insight.repair``).
"""

from collections.abc import Mapping
from typing import Protocol

from playground.words import check as words_of_check
from playground.words.forecast import Forecast, forecast_sentence
from playground.words.numbers import short
from playground.words.say import say, together


class Check(words_of_check.Check, Protocol):
    """The check of a reward before or after its repair."""

    @property
    def verdict(self) -> str:
        """``sound``, ``doubtful`` or ``broken``."""

    @property
    def predicted(self) -> Forecast | None:
        """What training will probably make of it."""


class Repair(Protocol):
    """A reward and the nearest one that is better."""

    @property
    def before(self) -> Check:
        """Of the given reward."""

    @property
    def after(self) -> Check | None:
        """Of the repaired one, if there is one."""

    @property
    def needed(self) -> bool:
        """Whether something was wrong."""

    @property
    def singles(self) -> Mapping[str, float]:
        """Weights that alone would do, by field."""

    @property
    def missing(self) -> str:
        """The field whose slider does not reach far enough."""


def introduction(repair: Repair, weights: Mapping[str, str], lang: str) -> str:
    """What was found: a change, nothing to change, or no change that would do.

    Args:
        repair: of a reward.
        weights: the weights' names, by field.
        lang: of the words.
    """
    doubtful = repair.before.verdict == "doubtful"
    if repair.after is not None:
        return say("repair.settles" if doubtful else "repair.smallest", lang)
    if not repair.needed:
        return say("repair.not_needed", lang)
    words = say("repair.doubt" if doubtful else "repair.none", lang)
    missing = say("repair.missing", lang, name=weights[repair.missing]) if repair.missing else ""
    return together([words, missing], lang)


def change_words(name: str, before: float, after: float, lang: str) -> str:
    """One changed weight.

    >>> change_words("Legs", 10.0, 2.5, "en")
    'Legs: 10 → 2.5'
    """
    return say("repair.change", lang, name=name, before=short(before), after=short(after))


def single_words(name: str, value: float) -> str:
    """One weight that alone would do.

    >>> single_words("Landing", 11_500.0)
    'Landing → 11,500'
    """
    return f"{name} → {short(value)}"


def consequence(after: Check, lang: str) -> str:
    """What the repaired reward wants, and what training will probably make of it."""
    verdict = say(f"check.verdict.{after.verdict}", lang)
    then = say("repair.then", lang, verdict=verdict, sentence=words_of_check.verdict_sentence(after, lang))
    return together([then, forecast_sentence(after.predicted, lang)], lang)


def repair_lines(
    repair: Repair, changes: Mapping[str, tuple[float, float]], weights: Mapping[str, str], lang: str
) -> list[str]:
    """All of it, a line each.

    Args:
        repair: of a reward.
        changes: each changed weight before and after, by field.
        weights: the weights' names, by field.
        lang: of the words.
    """
    before = repair.before
    verdict = say(f"check.verdict.{before.verdict}", lang)
    now = say("repair.now", lang, verdict=verdict, sentence=words_of_check.verdict_sentence(before, lang))
    lines = [together([now, forecast_sentence(before.predicted, lang)], lang), introduction(repair, weights, lang)]
    lines += [f"  {change_words(weights[name], *pair, lang)}" for name, pair in changes.items()]
    if repair.after is not None:
        lines.append(consequence(repair.after, lang))
    singles = other_singles(repair, changes)
    if singles:
        lines.append(say("repair.singles", lang))
        lines += [f"  {single_words(weights[name], value)}" for name, value in singles.items()]
    return lines


def other_singles(repair: Repair, changes: Mapping[str, object]) -> dict[str, float]:
    """The weights that alone would do, without one that is the proposed change already."""
    return {name: value for name, value in repair.singles.items() if list(changes) != [name]}
