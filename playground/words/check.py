"""What a check of a reward says: the verdict in one sentence, each finding, the notes, and what pays best.

Leaves out: how a verdict is reached (``insight.check``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from playground.words.numbers import fixed, short
from playground.words.say import has, join, label, name_of, say, sentence_case, text, together


class Names(Protocol):
    """A design, of which only the names of its parts are wanted."""

    def part_name(self, key: str, lang: str) -> str:
        """A part's short name."""


class Finding(Protocol):
    """What one check found."""

    @property
    def id(self) -> str:
        """Of the check."""

    @property
    def status(self) -> str:
        """``ok``, ``warn`` or ``fail``."""

    @property
    def value(self) -> float:
        """What was measured."""

    @property
    def params(self) -> Mapping[str, Any]:
        """Behaviours, parts and attributes that the sentence names, by their keys."""


class Ranked(Protocol):
    """One behaviour as a reward sees it."""

    @property
    def behaviour(self) -> str:
        """Its key."""

    @property
    def names(self) -> Mapping[str, str]:
        """What its world calls it, by language; empty where the texts have its name."""

    @property
    def outcome(self) -> str:
        """How it ends."""

    @property
    def mean(self) -> float:
        """Discounted return over its starts."""

    @property
    def spread(self) -> float:
        """Standard deviation over its starts."""


class Check(Protocol):
    """All that was found of a reward."""

    @property
    def design(self) -> Names:
        """The reward."""

    @property
    def leading(self) -> Finding | None:
        """The finding that decides, None where nothing is wrong."""

    @property
    def ranking(self) -> Sequence[Ranked]:
        """Best first."""

    @property
    def logged_only(self) -> bool:
        """Training sees Gymnasium's reward."""

    @property
    def negative(self) -> Sequence[str]:
        """Keys of parts whose weight is below 0."""


def verdict_sentence(check: Check, lang: str) -> str:
    """The verdict in one sentence: the first failure, else what pays best and the first doubt."""
    leading = check.leading
    best = sentence_case(say("check.best", lang, behaviour=behaviour_name(check.ranking[0], lang)))
    if leading is None:
        return best
    words = finding_sentence(leading, check.design, lang)
    return words if leading.status == "fail" else together([best, words], lang)


def finding_sentence(finding: Finding, design: Names, lang: str) -> str:
    """What one check found, in one sentence."""
    names = {name: _named(name, key, design, lang) for name, key in finding.params.items()}
    percent = 100 * finding.value
    numbers = {
        "value": fixed(finding.value, 2),
        "amount": short(finding.value, 2),
        "percent": fixed(percent, 1 if 0 < abs(percent) < 1 else 0),
    }
    return sentence_case(say(f"check.{finding.id}.{wording_of(finding)}", lang, **numbers, **names))


def wording_of(finding: Finding) -> str:
    """Which of a check's texts fits: that of its status, or ``tie`` for a failure by nothing."""
    tie = finding.status == "fail" and finding.value == 0 and has(f"check.{finding.id}.tie")
    return "tie" if tie else finding.status


def _named(name: str, key: str, design: Names, lang: str) -> str:
    """What a sentence calls a behaviour, a part, or a list of attributes."""
    if name in ("better", "worse"):
        return name_of("behaviour", key, lang)
    if name == "missing":
        return text("check.and", lang).join(name_of("attribute", one, lang) for one in key.split(", ") if one)
    return design.part_name(key, lang) if key else ""


def notes(check: Check, lang: str) -> list[str]:
    """What is worth knowing and neither right nor wrong, a sentence each."""
    lines = [say("check.logged_only", lang)] if check.logged_only else []
    if check.negative:
        terms = join([check.design.part_name(key, lang) for key in check.negative], lang)
        lines.append(say("check.negative", lang, terms=terms))
    return lines


def behaviour_name(row: Ranked, lang: str) -> str:
    """What a recorded behaviour is called."""
    return label(row.names, lang) if row.names else name_of("behaviour", row.behaviour, lang)


def ranking_rows(check: Check, lang: str) -> list[list[str]]:
    """What pays best as cells of a table, its head first."""
    rows = [[say(f"check.{head}", lang) for head in ("behaviour", "ends", "return", "spread")]]
    for row in check.ranking:
        ends = name_of("check.ends", row.outcome, lang)
        rows.append([behaviour_name(row, lang), ends, fixed(row.mean, 1), fixed(row.spread, 1)])
    return rows
