"""Charts: functions from numbers to ``alt.Chart``, one colour per term in all of them.

Leaves out: Streamlit. Titles and legends come in as words, so the same chart speaks both languages.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from playground.lander.simulator import STEPS_PER_SECOND
from playground.lander.trajectory import Outcome
from playground.reward.account import ENV_KEY, PART_KEYS
from playground.reward.terms import TERM, Floats

ENV_COLOUR: Final = "#c026d3"
NET_COLOUR: Final = "#7c66e6"
KEPT_COLOUR: Final = "#f97316"
OUTCOME_COLOURS: Final = {
    Outcome.LANDED: "#22a35a",
    Outcome.CRASHED: "#e11d48",
    Outcome.OUT_OF_BOUNDS: "#f97316",
    Outcome.TIMEOUT: "#94a3b8",
}
OUTCOME_SHAPES: Final = {
    Outcome.LANDED: "circle",
    Outcome.CRASHED: "cross",
    Outcome.OUT_OF_BOUNDS: "triangle-right",
    Outcome.TIMEOUT: "square",
}
BINS: Final = 50
HEIGHT: Final = 340

Say = Callable[..., str]


def colour_of(key: str) -> str:
    """A part's colour."""
    return ENV_COLOUR if key == ENV_KEY else TERM[key].colour


def _colours(keys: Sequence[str], name: Callable[[str], str], **more: Any) -> alt.Color:
    scale = alt.Scale(domain=[name(k) for k in keys], range=[colour_of(k) for k in keys])
    return alt.Color("part:N", scale=scale, **more)


def waterfall(totals: Mapping[str, float], name: Callable[[str], str], say: Say, total: str | None = None) -> Any:
    """Horizontal bars, each starting where the last one ended; the lowest bar is the return."""
    rows, start = [], 0.0
    for key, value in totals.items():
        end = start + value
        rows.append({"part": name(key), "paid": value, "from": start, "to": end, "colour": colour_of(key)})
        start = end
    rows.append({"part": total or say("parts.return"), "paid": start, "from": 0.0, "to": start, "colour": NET_COLOUR})
    data = pd.DataFrame(rows)
    data["text"] = [f"{v:+,.1f}" if abs(v) < 1e4 else f"{v:+,.0f}" for v in data["paid"]]
    data["high"] = data[["from", "to"]].max(axis=1)
    y = alt.Y("part:N", sort=None, title=None, axis=alt.Axis(labelLimit=160, ticks=False, domain=False, labelPadding=8))
    span = float(data["high"].max() - data[["from", "to"]].to_numpy().min()) or 1.0
    low, high = float(data[["from", "to"]].to_numpy().min()), float(data["high"].max())
    x = alt.X(
        "from:Q", title=say("parts.paid"), scale=alt.Scale(domain=[low - 0.02 * span, high + 0.2 * span], nice=False)
    )
    base = alt.Chart(data)
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.72}).encode(
        y=y,
        x=x,
        x2="to:Q",
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("part:N", title=say("parts.component")),
            alt.Tooltip("paid:Q", title=say("parts.paid"), format="+,.3f"),
        ],
    )
    labels = base.mark_text(align="left", dx=5, fontSize=12, color="gray").encode(y=y, x="high:Q", text="text:N")
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color="gray", opacity=0.5).encode(x="x:Q")
    return (zero + bars + labels).properties(height=max(160, 30 * len(data) + 40))


def share_bars(shares: Mapping[str, float], name: Callable[[str], str], say: Say) -> Any:
    """Each part's share of everything paid or charged, the largest on top."""
    rows = [{"part": name(k), "share": v, "colour": colour_of(k), "text": f"{v:.0%}"} for k, v in shares.items()]
    data = pd.DataFrame(rows)
    y = alt.Y("part:N", sort="-x", title=None, axis=alt.Axis(labelLimit=160, ticks=False, domain=False, labelPadding=8))
    x = alt.X("share:Q", title=say("parts.share"), axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(data).encode(y=y, x=x)
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.72}).encode(
        color=alt.Color("colour:N", scale=None), tooltip=["part:N", alt.Tooltip("share:Q", format=".1%")]
    )
    labels = base.mark_text(align="left", dx=5, fontSize=12, color="gray").encode(text="text:N")
    return (bars + labels).properties(height=max(160, 30 * len(data) + 40))


def step_bars(paid: Floats, keys: Sequence[str], name: Callable[[str], str], say: Say) -> Any:
    """What a step paid over time, as means of about fifty bins: gains above zero, costs below, the net as a line."""
    steps = len(paid)
    width = max(1, -(-steps // BINS))
    edges = np.arange(0, steps, width)
    means = np.add.reduceat(paid, edges, axis=0) / np.diff(np.append(edges, steps))[:, None]
    starts, ends = edges / STEPS_PER_SECOND, np.minimum(edges + width, steps) / STEPS_PER_SECOND
    rows = [
        {"part": name(key), "start": s, "end": e, "paid": means[i, PART_KEYS.index(key)]}
        for key in keys
        for i, (s, e) in enumerate(zip(starts, ends, strict=True))
    ]
    net = pd.DataFrame({"middle": (starts + ends) / 2, "net": means.sum(axis=1)})
    pick = alt.selection_point(fields=["part"], bind="legend")
    scale = alt.Scale(domain=[0, steps / STEPS_PER_SECOND], nice=False)
    x = alt.X("start:Q", bin=alt.BinParams(binned=True), title=say("parts.step"), scale=scale)
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(binSpacing=0)
        .encode(
            x=x,
            x2="end:Q",
            y=alt.Y("paid:Q", title=say("parts.paid_per_step"), stack="zero"),
            color=_colours(keys, name, legend=alt.Legend(title=None, orient="bottom", columns=4)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.08)),
            tooltip=[
                "part:N",
                alt.Tooltip("start:Q", title=say("parts.step"), format=".2f"),
                alt.Tooltip("paid:Q", format="+,.3f"),
            ],
        )
        .add_params(pick)
    )
    line = alt.Chart(net).mark_line(color="gray", strokeWidth=1.5).encode(x="middle:Q", y="net:Q")
    return (bars + line).properties(height=HEIGHT)


def cumulative_lines(cumulative: Floats, keys: Sequence[str], name: Callable[[str], str], say: Say) -> Any:
    """What each part has paid so far, and their sum as a dashed line."""
    steps = len(cumulative)
    picks = np.unique(np.linspace(0, steps - 1, min(steps, 250)).astype(int))
    time = (picks + 1) / STEPS_PER_SECOND
    columns = {name(key): cumulative[picks, PART_KEYS.index(key)] for key in keys}
    data = pd.DataFrame({"time": time, **columns}).melt("time", var_name="part", value_name="paid")
    net = pd.DataFrame({"time": time, "paid": cumulative[picks].sum(axis=1)})
    pick = alt.selection_point(fields=["part"], bind="legend")
    x = alt.X("time:Q", title=say("parts.step"), scale=alt.Scale(nice=False))
    y = alt.Y("paid:Q", title=say("parts.paid_so_far"))
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=_colours(keys, name, legend=alt.Legend(title=None, orient="bottom", columns=4)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.1)),
            tooltip=["part:N", alt.Tooltip("time:Q", format=".2f"), alt.Tooltip("paid:Q", format="+,.2f")],
        )
        .add_params(pick)
    )
    total = alt.Chart(net).mark_line(strokeDash=[5, 4], color="gray", strokeWidth=2).encode(x=x, y=y)
    return (lines + total).properties(height=HEIGHT)


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


def episode_dots(seeds: Any, returns: Floats, outcomes: Sequence[str], chosen: int, say: Say) -> Any:
    """The evaluation episodes by seed and return, coloured and shaped by outcome, the chosen one ringed."""
    data = pd.DataFrame(
        {"seed": seeds, "value": returns, "outcome": [say(f"outcome.{o}") for o in outcomes], "chosen": seeds == chosen}
    )
    kinds = [o for o in Outcome if o in set(outcomes)]
    words = [say(f"outcome.{o}") for o in kinds]
    pick = alt.selection_point(name="episode", fields=["seed"], on="click", toggle=False)
    x = alt.X("seed:Q", title=say("episode.seed"), scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(format="d"))
    y = alt.Y("value:Q", title=say("score.your_return"), scale=alt.Scale(zero=False))
    legend = alt.Legend(title=None, orient="top")
    dots = (
        alt.Chart(data)
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "outcome:N", scale=alt.Scale(domain=words, range=[OUTCOME_COLOURS[o] for o in kinds]), legend=legend
            ),
            shape=alt.Shape(
                "outcome:N", scale=alt.Scale(domain=words, range=[OUTCOME_SHAPES[o] for o in kinds]), legend=legend
            ),
            tooltip=[
                alt.Tooltip("seed:Q", format="d"),
                alt.Tooltip("value:Q", format=",.1f", title=say("score.your_return")),
                "outcome:N",
            ],
        )
        .add_params(pick)
    )
    ring = (
        alt.Chart(data[data["chosen"]])
        .mark_point(filled=False, size=220, strokeWidth=2, color=NET_COLOUR)
        .encode(x=x, y=y)
    )
    return (dots + ring).properties(height=260)
