"""What the fit of a forecast found, as Markdown and a picture.

Leaves out: the figures themselves (``judge``).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from playground.insight.forecast.judge import Judged
from playground.insight.forecast.predict import SPLIT
from playground.insight.forecast.table import Tried
from playground.reward.term import Floats
from playground.words.errors import InvalidInput

ENOUGH: Final = 60
"""Rewards kept apart from which figures are no longer called few."""
FEWEST: Final = 5
"""Rewards that land, and rewards that do not, from which it means something to tell them apart."""


def picture(rows: Sequence[tuple[float, float, int]]) -> str:
    """Calibration as SVG: chance against share, a dot a tenth, its area how many rewards.

    Raises:
        InvalidInput: ``not_installed``, without the extra ``figures``.
    """
    try:
        import vl_convert  # for this picture alone
    except ImportError:
        raise InvalidInput("not_installed", package="vl-convert-python", extra="figures") from None
    dots = [{"chance": chance, "share": share, "rewards": n} for chance, share, n in rows]
    axes = {
        "x": {"field": "chance", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": "predicted landing"},
        "y": {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": "landed"},
    }
    diagonal = {
        "data": {"values": [{"chance": 0, "share": 0}, {"chance": 1, "share": 1}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "color": "#94a3b8"},
        "encoding": axes,
    }
    shown = {
        "data": {"values": dots},
        "mark": {"type": "circle", "color": "#7c66e6", "opacity": 0.9},
        "encoding": axes | {"size": {"field": "rewards", "type": "quantitative"}},
    }
    spec = {"width": 320, "height": 320, "layer": [diagonal, shown], "background": "white"}
    return str(vl_convert.vegalite_to_svg(spec))


def about_seeds(tried: Sequence[Tried], chances: Floats, familiar: npt.NDArray[np.bool_]) -> str:
    """How far the seeds of rewards kept apart agree, where the forecast is sure and where it is not."""
    open_ = (chances[:, 0] >= 1 - SPLIT) & (chances[:, 0] <= SPLIT)
    split = np.array([0 < (one.rates[:, 0] >= 0.5).mean() < 1 for one in tried])
    landed = [rate >= 0.5 for one, unsure in zip(tried, open_, strict=True) if unsure for rate in one.rates[:, 0]]
    meant = f" (forecast: {chances[open_, 0].mean():.0%} on average)" if landed else ""
    return (
        f"Of {len(tried)} rewards kept apart, {int(split.sum())} have trainings on both sides of one half. The "
        f"forecast calls {int(open_.sum())} uncertain: of those, {int(split[open_].sum())} do, and {sum(landed)} of "
        f"their {len(landed)} trainings land at least half of the time{meant}. {int((~familiar).sum())} of all lie too "
        "far from what it learned from, so the app gives no forecast for them; they are counted here all the same."
    )


def report(
    table: Mapping[str, Judged],
    rows: Sequence[tuple[float, float, int]],
    fitted: int,
    ridge: float,
    seeds: str = "",
) -> str:
    """The findings as Markdown."""

    def shown(found: Judged, name: str) -> str:
        value = getattr(found, name)
        if value is None or (("auc" in name or name == "ceiling") and found.fewer < FEWEST):
            return "–"
        low, high = found.ranges.get(name, (None, None))
        return f"{value:.3f}" + ("" if low is None else f" ({low:.3f} to {high:.3f})")

    lines = [
        "# What the forecast knows",
        "",
        f"Fitted on {fitted} random rewards, one training each with the default settings (ridge {ridge:g}); judged on "
        "rewards that were kept apart, three trainings each. What it looks at and how strongly it is held back were "
        "chosen by cross-validation on what it learned from. `python -m playground.studies.forecast_data N` makes the "
        "table, `python -m playground.insight.forecast.fit` this page.",
        *_few(table),
        "",
        "| rewards | how many | that land | AUC | of the margin alone | of another seed | Brier | calibration error | "
        "outcome right |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for name, found in table.items():
        cells = [shown(found, name) for name in ("auc", "margin_auc", "ceiling", "brier", "error")]
        lines.append(f"| {name} | {found.rewards} | {found.landing} | {' | '.join(cells)} | {found.hits:.0%} |")
    lines += [
        "",
        "*That land*: at least half of the held-out episodes, over all seeds. *AUC*: how often a reward that lands is "
        f"given a higher chance than one that does not; – where fewer than {FEWEST} of either kind are there. *Of "
        "another seed*: the same for one training's landing rate as the forecast of whether the other trainings land, "
        "so what a run of one's own would tell. *Brier*: mean squared gap between the chance of landing and the share "
        "that landed. *Calibration error*: the mean gap by tenths of the chance. In brackets the middle 95 % over "
        "rewards drawn again.",
        "",
        *([seeds, ""] if seeds else []),
        "![Calibration](calibration.svg)",
        "",
        "| predicted landing | landed | rewards |",
        "| --: | --: | --: |",
        *(f"| {chance:.2f} | {share:.2f} | {n} |" for chance, share, n in rows),
    ]
    return "\n".join(lines) + "\n"


def _few(table: Mapping[str, Judged]) -> list[str]:
    """A warning where figures rest on little."""
    count = next(iter(table.values())).rewards
    return [f"Only {count} rewards are kept apart so far: these figures may still change a good deal."] * (
        count < ENOUGH
    )
