"""A scorecard as lines for a terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground.words.numbers import fixed, percent, short
from playground.words.say import name_of, say
from playground.words.tables import to_lines

if TYPE_CHECKING:
    from playground.flight.world import World


def scorecard_lines(summary: Mapping[str, Any], world: "World", lang: str) -> list[str]:
    """The shares of the outcomes, the environment's own return, and the world's measures."""
    low, high = fixed(summary["native_return_low95"], 1), fixed(summary["native_return_high95"], 1)
    iqm = fixed(summary["native_return_iqm"], 1)
    interval = say("cli.score.interval", lang, low=low, high=high, iqm=iqm)
    rows = [(name_of("cli.score", name, lang), percent(summary[name]), "") for name in world.rates]
    rows.append((say("cli.breakdown.native", lang), fixed(summary["native_return_mean"], 1), interval))
    for name in (*(measure.summary for measure in world.measures), world.success_time):
        value = summary[name]
        text = say("score.never", lang) if value is None else percent(value) if name.endswith("_rate") else short(value)
        rows.append((name_of("cli.score", name, lang), text, ""))
    return to_lines(rows)
