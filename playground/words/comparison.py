"""What is said of models that are compared: who lands more, what speaks against believing it, how trainings went.

Leaves out: the statistics (``insight.comparison``).
"""

from collections.abc import Sequence
from typing import Protocol

from playground.words.numbers import NOTHING, amount, fixed, percent, signed
from playground.words.say import join, say
from playground.words.scorecard import DIGITS, UNITS


class Gap(Protocol):
    """How much more the second has than the first."""

    @property
    def mean(self) -> float:
        """Of the differences."""

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""

    @property
    def high(self) -> float:
        """Upper end."""

    @property
    def clear(self) -> bool:
        """The interval leaves out 0."""


def gap_values(gap: Gap) -> dict[str, str]:
    """A difference of landings as sentences want it: its size and interval, without signs where the sentence says them.

    Returns:
        ``n`` the size, ``signed`` the difference with its sign, ``low`` and ``high`` the ends of the interval.
    """
    ends = sorted((abs(gap.low), abs(gap.high))) if gap.clear else [gap.low, gap.high]
    return {
        "n": signed(abs(gap.mean) if gap.clear else gap.mean, gap.clear),
        "signed": signed(gap.mean, False),
        "low": signed(ends[0], gap.clear),
        "high": signed(ends[1], gap.clear),
    }


def headline(one: str, first: str, gap: Gap, count: int, lang: str, verb: str = "lands") -> str:
    """How many more or fewer episodes one model lands than the first.

    Args:
        one: its name.
        first: the first one's.
        gap: landings of 100.
        count: how many of 100 it lands.
        lang: of the words.
        verb: ``lands``, or ``succeeds`` where the task is another one.
    """
    if gap.mean == gap.low == gap.high == 0:
        return say(f"compare.{verb}_{'same' if count else 'none'}", lang, one=one, first=first, n=count)
    kind = "unclear" if not gap.clear else "more" if gap.mean > 0 else "fewer"
    values = {name: value for name, value in gap_values(gap).items() if name != "signed"}
    return say(f"compare.{verb}_{kind}", lang, one=one, first=first, **values)


def both_changed(one: str, first: str, settings: Sequence[str], lang: str) -> str:
    """A warning that reward and training differ at once."""
    return say("compare.both_changed", lang, one=one, first=first, settings=join(list(settings), lang))


def not_converged(design: str, by: str, gap: Gap, lang: str) -> str:
    """A warning that another model earns more of a design's own reward."""
    ends = {"gap": amount(gap.mean), "low": amount(gap.low), "high": amount(gap.high)}
    return say("compare.not_converged", lang, design=design, by=by, **ends)


def diverged(
    one: str, steps: tuple[float, float], landing: tuple[float, float], designed: tuple[float, float], lang: str
) -> str:
    """A warning that a training's designed return rose while its landings fell: both ends of each."""
    return say(
        "compare.diverged",
        lang,
        one=one,
        turned=fixed(steps[0]),
        worst=fixed(steps[1]),
        before=percent(landing[0]),
        after=percent(landing[1]),
        low=amount(designed[0]),
        high=amount(designed[1]),
    )


def correlation(one: str, rho: float | None, lang: str) -> str:
    """Whether more of the designed return went with more landings over a training, as Spearman's ρ."""
    if rho is None:
        return say("compare.correlation_none", lang, one=one)
    return say("compare.correlation", lang, one=one, rho=fixed(rho, 2, sign=True))


def over_seeds(one: str, rates: Sequence[float], middle: float, low: float, high: float, lang: str) -> str:
    """How a design's training seeds differ.

    Args:
        one: its name.
        rates: landings of 100, one a seed.
        middle: their interquartile mean.
        low: lower end of its 95 % interval.
        high: upper end.
        lang: of the words.
    """
    each = join([fixed(rate) for rate in sorted(rates)], lang)
    ends = {"middle": fixed(middle), "low": fixed(low), "high": fixed(high)}
    return say("compare.seeds", lang, one=one, seeds=len(rates), rates=each, **ends)


def score_cell(name: str, mean: float | None, gap: Gap | None) -> str:
    """A score and its difference from the first model's, bold where the interval leaves out 0.

    Args:
        name: of the score.
        mean: None where no episode has the value.
        gap: None for the first model, and where there is none.
    """
    if mean is None:
        return NOTHING
    digits, unit = DIGITS.get(name, 2), f" {UNITS[name]}" if name in UNITS else ""
    cell = fixed(mean, digits) + unit
    if gap is None:
        return cell
    if gap.mean == gap.low == gap.high == 0:
        return f"{cell} (=)"
    middle, low, high = (fixed(value, digits, sign=True) for value in (gap.mean, gap.low, gap.high))
    return f"{cell} ({f'**{middle}**' if gap.clear else middle}; {low} … {high})"


def cross_rows(
    names: Sequence[str], letters: Sequence[str], means: Sequence[Sequence[float]], lang: str
) -> list[list[str]]:
    """Every model's mean return under every design's reward as cells, head first, the highest of each column bold."""
    rows = [[say("compare.flown_by", lang), *(say("compare.paid_as", lang, letter=letter) for letter in letters)]]
    best = [max(range(len(means)), key=lambda row: means[row][column]) for column in range(len(letters))]
    for index, (name, row) in enumerate(zip(names, means, strict=True)):
        cells = [amount(value) for value in row]
        rows.append([name, *(f"**{cell}**" if best[i] == index else cell for i, cell in enumerate(cells))])
    return rows
