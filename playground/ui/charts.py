"""Charts: functions from numbers to ``alt.Chart``. What a part paid is drawn by the ``player``.

Leaves out: Streamlit. Titles come in as words, so the same chart speaks both languages.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from playground.ui.colours import KEPT_COLOUR, NET_COLOUR

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
