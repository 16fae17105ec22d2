"""What an overfit test says: how seeds differ, what weather and other settings do, and which design holds up better.

Leaves out: training and flying (``studies.robustness``), and the statistics (``insight.seed_statistics``).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from playground.words.comparison import Gap, gap_values
from playground.words.numbers import fixed
from playground.words.say import join, name_of, say


class Landing(Protocol):
    """A landing rate and its 95 % interval."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


class SeedSpread(Landing, Protocol):
    """Landing rates over training seeds."""

    @property
    def median(self) -> float:
        """Of the seeds."""

    @property
    def first_quartile(self) -> float:
        """Of the seeds."""

    @property
    def third_quartile(self) -> float:
        """Of the seeds."""

    @property
    def lowest(self) -> float:
        """Of the seeds."""

    @property
    def highest(self) -> float:
        """Of the seeds."""

    @property
    def seeds(self) -> int:
        """How many there are."""


class Duel(Protocol):
    """Two designs, the one that lands more by default first."""

    @property
    def first(self) -> str:
        """Its name."""

    @property
    def second(self) -> str:
        """The other one's name."""

    @property
    def leads(self) -> Mapping[str, Gap]:
        """Landings of 100 that the first is ahead, by condition."""

    @property
    def flips(self) -> Mapping[str, bool]:
        """Conditions under which the second lands more, and whether that is certain."""

    @property
    def parted(self) -> Sequence[str]:
        """Conditions that clearly set the two apart where the default does not."""


def condition_name(condition: str, lang: str) -> str:
    """A condition's name."""
    return name_of("condition", condition, lang)


def row_name(setting: str, value: object, lang: str) -> str:
    """What sets a variant apart from its design."""
    return say(f"robustness.row.{setting}", lang, value=f"{value:g}" if isinstance(value, float) else value)


def landing_cell(rate: float, landing: Landing) -> str:
    """A landing rate of 100 with its interval."""
    return f"{_of_100(rate)} ({_of_100(landing.low)}–{_of_100(landing.high)})"


def seeds_sentence(spread: SeedSpread, differ: bool, lang: str) -> str:
    """How a design's seeds differ by default.

    Args:
        spread: over the seeds.
        differ: more than by chance.
        lang: of the words.
    """
    kind = "single" if spread.seeds == 1 else "differ" if differ else "alike"
    return say(
        f"robustness.seeds.{kind}",
        lang,
        count=spread.seeds,
        lowest=_of_100(spread.lowest),
        highest=_of_100(spread.highest),
        median=_of_100(spread.median),
        q1=_of_100(spread.first_quartile),
        q3=_of_100(spread.third_quartile),
    )


def effect_sentence(condition: str, verdict: str, before: float, now: float, gap: Gap, lang: str) -> str:
    """What a condition does to a design.

    Args:
        condition: its key.
        verdict: ``holds``, ``worse``, ``breaks`` or ``better``.
        before: landing rate by default.
        now: landing rate under the condition.
        gap: landings of 100.
        lang: of the words.
    """
    rates = {"before": _of_100(before), "now": _of_100(now)}
    name = condition_name(condition, lang)
    return say(f"robustness.effect.{verdict}", lang, condition=name, **rates, **gap_values(gap) | {"n": _size(gap)})


def no_effect_sentence(conditions: Sequence[str], before: float, lang: str) -> str:
    """That a design lands too seldom by default for some conditions to matter."""
    names = join([condition_name(name, lang) for name in conditions], lang)
    return say("robustness.effect.nothing", lang, before=_of_100(before), conditions=names)


def change_sentence(
    change: str, condition: str, verdict: str, rate: float, landing: Landing, gap: Gap, seed: object, lang: str
) -> str:
    """What another training setting does under one condition.

    Args:
        change: the setting, as `row_name` puts it.
        condition: its key.
        verdict: ``above``, ``below`` or ``within``; ``alone`` where there is one seed.
        rate: landing rate with the change.
        landing: its interval.
        gap: landings of 100 more than the design's first seed.
        seed: the design's first one.
        lang: of the words.
    """
    return say(
        f"robustness.change.{verdict}",
        lang,
        change=change,
        condition=condition_name(condition, lang),
        now=_of_100(rate),
        from_low=_of_100(landing.low),
        from_high=_of_100(landing.high),
        seed=seed,
        **gap_values(gap) | {"n": _size(gap)},
    )


def failure_sentence(row: str, state: str, reason: str, lang: str) -> str:
    """Why a variant is left out.

    Args:
        row: the variant, as `row_name` puts it.
        state: ``failed``, ``cancelled``, ``interrupted`` or ``gone``.
        reason: the training's own message.
        lang: of the words.
    """
    return say(f"robustness.failed.{state}", lang, row=row, reason=reason)


def duel_sentences(duel: Duel, default: str, lang: str) -> list[str]:
    """Which of two designs lands more by default, and under which conditions that changes."""
    names = {"first": duel.first, "second": duel.second}
    lead = duel.leads[default]
    lines = [say(f"robustness.duel.{'clear' if lead.clear else 'unclear'}", lang, **names, **_values(lead))]
    flipped = {condition: certain for condition, certain in duel.flips.items() if condition not in duel.parted}
    for condition, certain in flipped.items():
        key = f"robustness.flip.{'certain' if certain else 'uncertain'}"
        values = {"condition": condition_name(condition, lang), **names, **_values(duel.leads[condition])}
        lines.append(say(key, lang, **values))
    for condition in duel.parted:
        lead = duel.leads[condition]
        ahead, behind = (duel.first, duel.second) if lead.mean > 0 else (duel.second, duel.first)
        values = {"condition": condition_name(condition, lang), "ahead": ahead, "behind": behind, **_values(lead)}
        lines.append(say("robustness.parted", lang, **values))
    if not flipped and not duel.parted:
        lines.append(say("robustness.flip.none", lang, **names))
    return lines


def _of_100(rate: float) -> str:
    return fixed(100 * rate)


def _size(gap: Gap) -> str:
    return fixed(abs(gap.mean))


def _values(gap: Gap) -> dict[str, str]:
    return gap_values(gap) | {"n": _size(gap)}
