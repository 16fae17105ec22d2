"""A scorecard in words: how well a policy does its task, as one headline and as one line a score.

A scorecard is the mapping that ``Scorecard.summary`` makes, which is also what a model's files and the command line's
JSON hold. A score that has no text of its own, because another world measures it, is shown under its own name.

Leaves out: comparing scorecards (``comparison``), and what an episode was paid.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from playground.words.numbers import amount, fixed, percent, short, with_unit
from playground.words.say import has, label, name_of, say

Labels = Mapping[str, Mapping[str, str]]
"""By the name of a score in a summary, its label by language."""
RATES: Final[Mapping[str, Mapping[str, str]]] = {
    "landing_rate": {"pad": "on_pad_rate"},
    "crash_rate": {"falls": "fall_rate", "out": "out_of_bounds_rate"},
    "timeout_rate": {},
}
"""Shares of episodes that have a text of their own, with the shares that its details name."""
TEXTS: Final = {"landing_rate": "landed", "crash_rate": "crashed", "timeout_rate": "timeout"}
DIGITS: Final = {
    "landed": 0,
    "succeeded": 0,
    "crashed": 0,
    "timeout": 0,
    "native": 1,
    "touchdown": 2,
    "fuel": 0,
    "time": 1,
}
UNITS: Final = {"touchdown": "m/s", "time": "s"}
NATIVE: Final = ("native_return_mean", "native_return_iqm", "native_return_low95", "native_return_high95")
WHOLE: Final = 1e5
"""Returns from here on have no decimals."""
OFTEN, MOSTLY, ENOUGH = 0.9, 0.6, 0.6
"""Shares from which a headline says that it lands, that it mostly lands, and that it crashes or never finishes."""


class Score(NamedTuple):
    """One line of a scorecard."""

    key: str
    label: str
    value: str
    """With its unit."""
    detail: str
    """What more there is to say, in a few words; may be empty."""
    help: str
    """What the score is, in a sentence; empty where the score has no text of its own."""


def headline(summary: Mapping[str, Any], lang: str, success: str = "landing_rate") -> str:
    """What a policy does, in one sentence.

    Args:
        summary: of its scorecard.
        lang: of the words.
        success: the name in the summary of the share of episodes that succeed.
    """
    episodes = summary["episodes"]
    if "landing_rate" not in summary:
        return say("verdict.succeeds", lang, succeeded=round(summary[success] * episodes), episodes=episodes)
    rates = {name: summary[f"{name}_rate"] for name in ("landing", "crash", "timeout")}
    counts = {name: round(rate * episodes) for name, rate in rates.items()}
    kind = kind_of(**rates)
    return say(
        f"verdict.{kind}",
        lang,
        landed=counts["landing"],
        crashed=counts["crash"],
        timeouts=counts["timeout"],
        episodes=episodes,
    )


def kind_of(landing: float, crash: float, timeout: float) -> str:
    """Which headline fits a scorecard.

    >>> kind_of(0.97, 0.03, 0.0), kind_of(0.2, 0.8, 0.0), kind_of(0.4, 0.3, 0.3)
    ('lands', 'crashes', 'mixed')
    """
    if landing >= OFTEN:
        return "lands"
    if landing >= MOSTLY:
        return "mostly"
    if crash >= ENOUGH:
        return "crashes"
    return "timeouts" if timeout >= ENOUGH else "mixed"


def scores(summary: Mapping[str, Any], lang: str, labels: Labels | None = None) -> list[Score]:
    """Every score of a scorecard.

    Args:
        summary: of the scorecard.
        lang: of the words.
        labels: of scores that a world declares.
    """
    episodes = summary["episodes"]
    known = {"episodes", *NATIVE}
    lines = []
    for name, parts in RATES.items():
        if name in summary:
            known |= {name, *parts.values()}
            counts = {part: round(summary[rate] * episodes) for part, rate in parts.items()}
            lines.append(_worded(TEXTS[name], count_words(summary[name], episodes, lang), lang, counts, episodes))
    for name in [name for name in summary if name.endswith("_rate") and name not in known]:
        known.add(name)
        value = count_words(summary[name], episodes, lang)
        lines.append(Score(name, _label(name, lang, labels), value, "", ""))
    native = {part: return_words(summary[f"native_return_{part}"]) for part in ("iqm", "low95", "high95")}
    interval = {"iqm": native["iqm"], "low": native["low95"], "high": native["high95"]}
    lines.append(_worded("native", return_words(summary["native_return_mean"]), lang, interval, episodes))
    if "touchdown_speed_m_s" in summary:
        lines.append(_worded("touchdown", measure("touchdown", summary["touchdown_speed_m_s"], lang), lang))
    if "main_firings" in summary:
        firings = {name: fixed(summary[f"{name}_firings"]) for name in ("main", "side")}
        lines.append(_worded("fuel", f"{firings['main']} + {firings['side']}", lang, firings))
    if "seconds_to_land" in summary:
        lines.append(_worded("time", measure("time", summary["seconds_to_land"], lang), lang))
    known |= {"touchdown_speed_m_s", "main_firings", "side_firings", "seconds_to_land"}
    for name in [name for name in summary if name not in known]:
        value = say("score.never", lang) if summary[name] is None else short(float(summary[name]))
        lines.append(Score(name, _label(name, lang, labels), value, "", ""))
    return lines


def _worded(
    key: str, value: str, lang: str, parts: Mapping[str, object] | None = None, episodes: int | None = None
) -> Score:
    """A score that has texts of its own."""
    values = {**(parts or {}), "episodes": episodes}
    detail = say(f"score.{key}.detail", lang, **values) if has(f"score.{key}.detail") else ""
    return Score(key, say(f"score.{key}", lang), value, detail, say(f"score.{key}.help", lang, **values))


def _label(name: str, lang: str, labels: Labels | None) -> str:
    if labels and name in labels:
        return label(labels[name], lang)
    return name_of("score", name.removesuffix("_rate"), lang)


def rows(summary: Mapping[str, Any], lang: str, labels: Labels | None = None) -> list[list[str]]:
    """A scorecard as cells: label, value, detail."""
    return [[score.label, score.value, score.detail] for score in scores(summary, lang, labels)]


def own_return(mean: float, lang: str, logged: bool = False) -> Score:
    """The mean return under a person's own reward; Gymnasium's where their terms are only logged."""
    key = "your_return_log" if logged else "your_return"
    return _worded(key, return_words(mean), lang)


def return_words(value: float) -> str:
    """A mean return, with one decimal more than elsewhere: sliders that move a little must be seen to.

    >>> return_words(285.16), return_words(-123456.7)
    ('285.2', '−123,457')
    """
    return fixed(value, 1 if abs(value) < WHOLE else 0)


def count_words(share: float, episodes: int, lang: str) -> str:
    """A share as a count of episodes."""
    return say("score.count", lang, number=round(share * episodes), episodes=episodes)


def measure(key: str, value: float | None, lang: str) -> str:
    """A measured score with its unit; ``never`` where no episode has the value.

    >>> measure("touchdown", 1.234, "en"), measure("time", None, "en")
    ('1.23 m/s', 'never')
    """
    if value is None or value != value:
        return say("score.never", lang)
    return with_unit(value, UNITS[key], DIGITS[key]) if key in UNITS else fixed(value, DIGITS[key])


def listed(models: Sequence[Mapping[str, Any]], lang: str) -> list[list[str]]:
    """Models as cells, their head first.

    Args:
        models: each with ``name``, ``key``, ``summary``, and ``steps`` and ``seed``, None for an imported one.
        lang: of the words.
    """
    table = [[say(f"models.column.{name}", lang) for name in ("model", "key", "landed", "native", "steps", "seed")]]
    for model in models:
        summary = model["summary"]
        success = next((name for name in summary if name.endswith("_rate")), "")
        known = [f"{model['steps']:,}", str(model["seed"])] if model["steps"] is not None else ["–", "–"]
        rate = percent(summary[success]) if success else "–"
        table.append([model["name"], model["key"], rate, amount(summary["native_return_mean"]), *known])
    return table
