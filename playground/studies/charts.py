"""Charts: functions from numbers to ``alt.Chart``. What a part paid is drawn by the ``player``.

Leaves out: Streamlit. Titles come in as words, so the same chart speaks both languages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from playground.studies.colours import KEPT_COLOUR, NET_COLOUR, TEXT_COLOUR
from playground.words.errors import InvalidInput
from playground.words.numbers import amount_words, short
from playground.words.say import say

AROUND: Final = 60
"""Pixels of a chart's height that its title and padding take on the page."""
LABELS: Final = alt.Axis(labelOverlap=False, labelLimit=110, ticks=False, domain=False, labelFontSize=12)


def learning_curve(
    rows: Sequence[Mapping[str, float]], column: str, title: str, lang: str, kept: float | None = None
) -> Any:
    """One measure against steps, with a ring around the evaluation whose policy was kept."""
    data = pd.DataFrame({"steps": [r["steps"] for r in rows], "value": [r[column] for r in rows]})
    rate = column.endswith("_rate")
    y = _vertical(column, data["value"])
    x = _horizontal("steps", say("curve.steps", lang), data["steps"])
    tip = [alt.Tooltip("steps:Q", format=","), alt.Tooltip("value:Q", format=".0%" if rate else ",.1f", title=title)]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tip)
    chart = base.mark_line(color=NET_COLOUR, strokeWidth=2) + base.mark_circle(color=NET_COLOUR, size=40)
    if kept is not None:
        ring = alt.Chart(data[data["steps"] == kept]).mark_point(color=KEPT_COLOUR, size=180, strokeWidth=2.5)
        chart += ring.encode(x=x, y=y, tooltip=tip)
    return chart.properties(height=180, title=alt.TitleParams(title, fontSize=13, anchor="start"))


def _vertical(column: str, values: Iterable[Any]) -> Any:
    """The axis of a measure: 0 to 1 for a rate, else as wide as the values, and never of a single point.

    Vega has no step to round an axis of one point to, and labels it with all the digits of the value.
    """
    known = [float(value) for value in values if np.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    size = max(abs(low), abs(high), 1.0)
    if column.endswith("_rate"):
        scale, form = alt.Scale(domain=[0, 1]), "%"
    else:
        flat = high - low < 1e-6 * size
        scale = alt.Scale(domain=[low - size / 10, high + size / 10]) if flat else alt.Scale(zero=False)
        form = "~s" if size >= 1000 else ",~f"
    return alt.Y("value:Q", title=None, axis=alt.Axis(format=form), scale=scale)


def _horizontal(name: str, title: str, values: Iterable[Any]) -> Any:
    """The axis of steps or seconds; from 0 if there is one point or none."""
    known = set(values)
    scale = alt.Undefined if len(known) > 1 else alt.Scale(domain=[0, max(known, default=0) or 1], nice=True)
    return alt.X(f"{name}:Q", title=title, axis=alt.Axis(format="~s", tickCount=5), scale=scale)


@dataclass(frozen=True)
class Series:
    """One design's learning curves, one a training seed."""

    label: str
    colour: str
    curves: Sequence[Sequence[Mapping[str, float]]]


def compared_curves(
    series: Sequence[Series], column: str, against: str, title: str, lang: str, legend: bool = False
) -> Any:
    """One measure of several designs: evaluations as points, their median over seeds as a line, the middle half shaded.

    Args:
        series: the designs.
        column: the measure, a column of ``curve.csv``.
        against: ``steps`` or ``seconds``.
        title: of the chart, in words.
        lang: of the words.
        legend: name the designs; a page has badges for that.
    """
    points = [
        {"x": row[against], "value": row[column], "design": one.label, "steps": row["steps"], "seed": seed}
        for one in series
        for seed, curve in enumerate(one.curves)
        for row in curve
    ]
    lines = []
    for one in series:
        by_look: dict[int, list[tuple[float, float]]] = {}  # at like shares of the budget; steps may differ a little
        for curve in one.curves:
            for look, row in enumerate(curve):
                by_look.setdefault(look, []).append((row[against], row[column]))
        for pairs in by_look.values():
            if len(pairs) == len(one.curves):  # a seed that stopped early would pull the median about
                values = np.array(pairs)
                low, middle, high = np.quantile(values[:, 1], [0.25, 0.5, 0.75])
                x = float(np.median(values[:, 0]))
                lines.append({"x": x, "value": middle, "low": low, "high": high, "design": one.label})
    rate = column.endswith("_rate")
    colours = alt.Scale(domain=[one.label for one in series], range=[one.colour for one in series])
    names = alt.Legend(title=None, orient="bottom", columns=1, labelLimit=400) if legend else None
    colour = alt.Color("design:N", scale=colours, legend=names)
    x_axis = _horizontal("x", say(f"curve.{against}", lang), [point["x"] for point in points])
    tip = [
        alt.Tooltip("design:N", title=say("compare.model", lang)),
        alt.Tooltip("steps:Q", format=","),
        alt.Tooltip("value:Q", format=".0%" if rate else ",.1f", title=title),
    ]
    dots = (
        alt.Chart(pd.DataFrame(points, columns=["x", "value", "design", "steps", "seed"]))
        .mark_circle(size=26, opacity=0.45)
        .encode(x=x_axis, y=_vertical(column, [point["value"] for point in points]), color=colour, tooltip=tip)
    )
    middles = alt.Chart(pd.DataFrame(lines, columns=["x", "value", "low", "high", "design"]))
    line = middles.mark_line(strokeWidth=2).encode(x="x:Q", y="value:Q", color=colour)
    band = middles.mark_area(opacity=0.15).encode(x="x:Q", y="low:Q", y2="high:Q", color=colour)
    return (band + dots + line).properties(height=200, title=alt.TitleParams(title, fontSize=13, anchor="start"))


def histogram(values: Any, title: str, limits: Sequence[float], colour: str, outside: str, bins: int = 48) -> Any:
    """How often each value occurs; what lies beyond the limits has another colour, and the limits are lines.

    Args:
        values: one number a sample; a hundredth at either end is gathered in the outermost bars.
        title: in words.
        limits: two, or none.
        colour: of the bars.
        outside: of the bars beyond the limits.
        bins: bars.
    """
    flat = np.asarray(values, np.float64)
    flat = flat[np.isfinite(flat)]
    ends = np.quantile(flat, [0.005, 0.995]) if len(flat) else np.zeros(2)
    low, high = min(ends[0], *limits, ends[0]), max(ends[1], *limits, ends[1])
    low, high = (low - 0.5, high + 0.5) if high <= low else (low, high)
    counts, edges = np.histogram(flat.clip(low, high), bins, (low, high))
    beyond = [bool(limits) and (left < limits[0] - 1e-9 or right > limits[1] + 1e-9) for left, right in pairwise(edges)]
    data = pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "count": counts,
            "none": 0,
            "colour": [outside if out else colour for out in beyond],
        }
    )
    bars = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X("low:Q", title=None, scale=alt.Scale(domain=[low, high], nice=False), axis=alt.Axis(tickCount=6)),
            x2="high:Q",
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickCount=4)),
            y2="none:Q",
            color=alt.Color("colour:N", scale=None),
            tooltip=[alt.Tooltip("low:Q", format=".3f"), alt.Tooltip("high:Q", format=".3f"), alt.Tooltip("count:Q")],
        )
    )
    rules = alt.Chart(pd.DataFrame({"x": list(limits)})).mark_rule(color=outside, strokeDash=[4, 3]).encode(x="x:Q")
    chart = bars + rules if limits else bars
    return chart.properties(height=180, title=alt.TitleParams(title, fontSize=13, anchor="start", limit=460))


def compared_parts(
    values: Mapping[str, Sequence[float]], labels: Sequence[str], names: Mapping[str, str], colours: Mapping[str, str]
) -> Any:
    """What each part amounts to for each model: a row a part, in it a bar a model, each part on its own scale.

    Args:
        values: by part, one value a model.
        labels: the models, in a letter or two.
        names: of the parts, in words.
        colours: of the parts.
    """
    rows = []
    lowest = 0.0
    for key, amounts in values.items():
        largest = max(map(abs, amounts), default=0.0) or 1.0
        lowest = min(lowest, *(value / largest for value in amounts))
        for label, value in zip(labels, amounts, strict=True):
            text = f"{label}  {short(value, 6)}"
            rows.append(
                {"part": names[key], "model": label, "size": value / largest, "text": text, "colour": colours[key]}
            )
    base = alt.Chart(pd.DataFrame(rows, columns=["part", "model", "size", "text", "colour"])).encode(
        y=alt.Y("part:N", title=None, sort=[names[key] for key in values], axis=LABELS),
        yOffset=alt.YOffset("model:N", sort=list(labels)),
        x=alt.X("size:Q", axis=None, scale=alt.Scale(domain=[1.3 * lowest, 1.3])),
        tooltip=[alt.Tooltip("part:N"), alt.Tooltip("text:N")],
    )
    bars = base.mark_bar().encode(color=alt.Color("colour:N", scale=None))
    amounts_told = base.mark_text(align="left", dx=5, fontSize=11, color=TEXT_COLOUR).encode(text="text:N")
    return (bars + amounts_told).properties(height=(14 * len(labels) + 10) * len(values) + AROUND)


def mirrored_parts(
    first: Mapping[str, float],
    second: Mapping[str, float],
    labels: tuple[str, str],
    names: Mapping[str, str],
    colours: Mapping[str, str],
) -> Any:
    """What each part paid an episode: the first model's to the left of a middle line, the second's to the right.

    Bars have the amounts' sizes; what was charged is paler.

    Args:
        first: amount by part.
        second: the same parts.
        labels: of the two models.
        names: of the parts, in words.
        colours: of the parts.
    """
    largest = max((abs(v) for side in (first, second) for v in side.values()), default=0.0) or 1.0
    scale = alt.Scale(domain=[-1.35 * largest, 1.35 * largest])
    layers = []
    for side, values in ((-1, first), (1, second)):
        rows = [
            {
                "part": names[key],
                "size": side * abs(value),
                "text": amount_words(value),
                "colour": colours[key],
                "opacity": 1.0 if value >= 0 else 0.45,
            }
            for key, value in values.items()
        ]
        base = alt.Chart(pd.DataFrame(rows, columns=["part", "size", "text", "colour", "opacity"])).encode(
            x=alt.X("size:Q", scale=scale, axis=None),
            y=alt.Y("part:N", title=None, sort=[names[key] for key in first], axis=LABELS),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("text:N")],
        )
        layers.append(
            base.mark_bar(height=16).encode(
                color=alt.Color("colour:N", scale=None), opacity=alt.Opacity("opacity:Q", scale=None)
            )
        )
        align: Any = "right" if side < 0 else "left"
        layers.append(base.mark_text(align=align, dx=5 * side, fontSize=11, color=TEXT_COLOUR).encode(text="text:N"))
    title = alt.TitleParams(f"← {labels[0]}  |  {labels[1]} →", fontSize=13, anchor="middle")
    return alt.layer(*layers).properties(height=26 * len(first) + AROUND, title=title)


def to_svg(chart: Any) -> str:
    """A chart as SVG, drawn without a browser by the library that the pages draw with.

    Raises:
        InvalidInput: ``not_installed``, without the extra ``figures``.
    """
    return str(svg_library().vegalite_to_svg(chart.to_dict()))


def svg_library() -> Any:
    """The library that draws charts as SVG; asked for first where the drawing comes after long work.

    Raises:
        InvalidInput: ``not_installed``, without the extra ``figures``.
    """
    try:
        import vl_convert  # loads a whole JavaScript engine
    except ImportError:
        raise InvalidInput("not_installed", package="vl-convert-python", extra="figures") from None
    return vl_convert
