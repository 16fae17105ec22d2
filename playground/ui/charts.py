"""Charts: functions from numbers to ``alt.Chart``. What a part paid is drawn by the ``player``.

Leaves out: Streamlit. Titles come in as words, so the same chart speaks both languages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from playground.ui.colours import KEPT_COLOUR, NET_COLOUR
from playground.ui.numbers import amount_words

Say = Callable[..., str]


def learning_curve(
    rows: Sequence[Mapping[str, float]], column: str, title: str, say: Say, kept: float | None = None
) -> Any:
    """One measure against steps, with a ring around the evaluation whose policy was kept."""
    data = pd.DataFrame({"steps": [r["steps"] for r in rows], "value": [r[column] for r in rows]})
    rate = column == "landing_rate"
    y = alt.Y(
        "value:Q",
        title=None,
        axis=alt.Axis(format="%" if rate else "~s"),
        scale=alt.Scale(domain=[0, 1]) if rate else alt.Scale(zero=False),
    )
    x = alt.X("steps:Q", title=say("curve.steps"), axis=alt.Axis(format="~s", tickCount=5))
    tip = [alt.Tooltip("steps:Q", format=","), alt.Tooltip("value:Q", format=".0%" if rate else ",.1f", title=title)]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tip)
    chart = base.mark_line(color=NET_COLOUR, strokeWidth=2) + base.mark_circle(color=NET_COLOUR, size=40)
    if kept is not None:
        ring = alt.Chart(data[data["steps"] == kept]).mark_point(color=KEPT_COLOUR, size=180, strokeWidth=2.5)
        chart += ring.encode(x=x, y=y, tooltip=tip)
    return chart.properties(height=180, title=alt.TitleParams(title, fontSize=13, anchor="start"))


@dataclass(frozen=True)
class Series:
    """One design's learning curves, one a training seed."""

    label: str
    colour: str
    curves: Sequence[Sequence[Mapping[str, float]]]


def compared_curves(series: Sequence[Series], column: str, against: str, title: str, say: Say) -> Any:
    """One measure of several designs: evaluations as points, their median over seeds as a line, the middle half shaded.

    Args:
        series: the designs.
        column: the measure, a column of ``curve.csv``.
        against: ``steps`` or ``seconds``.
        title: of the chart, in words.
        say: looks words up.
    """
    points = [
        {"x": row[against], "value": row[column], "design": one.label, "steps": row["steps"], "seed": seed}
        for one in series
        for seed, curve in enumerate(one.curves)
        for row in curve
    ]
    lines = []
    for one in series:
        by_steps: dict[float, list[tuple[float, float]]] = {}
        for curve in one.curves:
            for row in curve:
                by_steps.setdefault(row["steps"], []).append((row[against], row[column]))
        for pairs in by_steps.values():
            if len(pairs) == len(one.curves):  # a seed that stopped early would pull the median about
                values = np.array(pairs)
                low, middle, high = np.quantile(values[:, 1], [0.25, 0.5, 0.75])
                x = float(np.median(values[:, 0]))
                lines.append({"x": x, "value": middle, "low": low, "high": high, "design": one.label})
    rate = column == "landing_rate"
    scale = alt.Scale(domain=[0, 1]) if rate else alt.Scale(zero=False)
    axis = alt.Axis(format="%" if rate else "~s")
    colours = alt.Scale(domain=[one.label for one in series], range=[one.colour for one in series])
    colour = alt.Color("design:N", scale=colours, legend=None)
    x_axis = alt.X("x:Q", title=say(f"curve.{against}"), axis=alt.Axis(format="~s", tickCount=5))
    tip = [
        alt.Tooltip("design:N", title=say("compare.model")),
        alt.Tooltip("steps:Q", format=","),
        alt.Tooltip("value:Q", format=".0%" if rate else ",.1f", title=title),
    ]
    dots = (
        alt.Chart(pd.DataFrame(points, columns=["x", "value", "design", "steps", "seed"]))
        .mark_circle(size=26, opacity=0.45)
        .encode(x=x_axis, y=alt.Y("value:Q", title=None, axis=axis, scale=scale), color=colour, tooltip=tip)
    )
    middles = alt.Chart(pd.DataFrame(lines, columns=["x", "value", "low", "high", "design"]))
    line = middles.mark_line(strokeWidth=2).encode(x="x:Q", y="value:Q", color=colour)
    band = middles.mark_area(opacity=0.15).encode(x="x:Q", y="low:Q", y2="high:Q", color=colour)
    return (band + dots + line).properties(height=200, title=alt.TitleParams(title, fontSize=13, anchor="start"))


def compared_parts(
    values: Mapping[str, Sequence[float]], labels: Sequence[str], names: Mapping[str, str], colours: Mapping[str, str]
) -> Any:
    """What each part amounts to for each model: a row a part, a bar a model, each part on its own scale.

    Args:
        values: by part, one value a model.
        labels: the models.
        names: of the parts, in words.
        colours: of the parts.
    """
    rows = [
        {"part": names[key], "model": label, "value": value, "colour": colours[key]}
        for key, amounts in values.items()
        for label, value in zip(labels, amounts, strict=True)
    ]
    data = pd.DataFrame(rows, columns=["part", "model", "value", "colour"])
    base = alt.Chart(data).encode(
        y=alt.Y("model:N", title=None, sort=list(labels), axis=alt.Axis(labelLimit=30, ticks=False, domain=False)),
        x=alt.X("value:Q", title=None, axis=None),
        tooltip=[alt.Tooltip("part:N"), alt.Tooltip("model:N"), alt.Tooltip("value:Q", format=",.6~g")],
    )
    bars = base.mark_bar(height={"band": 0.7}).encode(color=alt.Color("colour:N", scale=None))
    amounts = (
        base.mark_text(align="left", dx=4, fontSize=11)
        .encode(x=alt.X("end:Q"), text=alt.Text("value:Q", format=",.4~g"))
        .transform_calculate(end="max(datum.value, 0)")
    )
    chart = alt.layer(bars, amounts).properties(height=18 * len(labels), width=170)
    return chart.facet(
        facet=alt.Facet(
            "part:N", title=None, sort=[names[key] for key in values], header=alt.Header(labelAnchor="start")
        ),
        columns=4,
        spacing={"row": 10, "column": 34},
    ).resolve_scale(x="independent")


def mirrored_parts(
    first: Mapping[str, float],
    second: Mapping[str, float],
    labels: tuple[str, str],
    names: Mapping[str, str],
    colours: Mapping[str, str],
) -> Any:
    """What each part paid an episode, the first model's to the left and the second's to the right of its name.

    Amounts are drawn by size; what was charged is hatched by a paler colour.
    """
    largest = max((abs(v) for side in (first, second) for v in side.values()), default=0.0) or 1.0
    order = [names[key] for key in first]
    sides = []
    for side, label, values in (("left", labels[0], first), ("right", labels[1], second)):
        rows = [
            {
                "part": names[key],
                "size": abs(value),
                "value": value,
                "told": amount_words(value),
                "colour": colours[key],
                "opacity": 1.0 if value >= 0 else 0.45,
            }
            for key, value in values.items()
        ]
        scale = alt.Scale(domain=[largest * 1.25, 0] if side == "left" else [0, largest * 1.25])
        axis = alt.Axis(orient="right" if side == "left" else "left", title=None, ticks=False, domain=False)
        base = alt.Chart(pd.DataFrame(rows, columns=["part", "size", "value", "told", "colour", "opacity"])).encode(
            x=alt.X("size:Q", scale=scale, axis=None),
            y=alt.Y("part:N", sort=order, axis=axis if side == "right" else None),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("value:Q", format=",.2f")],
        )
        bars = base.mark_bar(height=16).encode(
            color=alt.Color("colour:N", scale=None), opacity=alt.Opacity("opacity:Q", scale=None)
        )
        text = base.mark_text(align="right" if side == "left" else "left", dx=-4 if side == "left" else 4, fontSize=11)
        told = text.encode(text="told:N")
        title = alt.TitleParams(label, fontSize=13, anchor="end" if side == "left" else "start")
        sides.append((bars + told).properties(width=300, height=24 * len(order), title=title))
    return alt.hconcat(*sides, spacing=6)
