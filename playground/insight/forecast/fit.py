"""Fit the forecast on the table of outcomes, and judge it on rewards that were kept apart.

``python -m playground.insight.forecast.fit`` reads ``outcomes.csv`` (made by ``studies.forecast_data``), writes
``forecast.json``, ``FORECAST.md`` and ``calibration.svg`` beside it, and takes seconds: it has to be run again whenever
the recorded behaviours change. The regression is fitted to shares of outcomes, with a ridge penalty whose strength
cross-validation chooses; the kept-apart rewards are looked at for the report alone.

Leaves out: training the rewards.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from playground.insight.check import OTHERS
from playground.insight.comparison import ranks
from playground.insight.forecast.features import features
from playground.insight.forecast.predict import FORECAST, GAMMA, OUTCOMES, SPLIT, ForecastModel
from playground.insight.library import LANDINGS, load_library
from playground.insight.ranking import Ranking
from playground.reward.codec import fields_to_reward
from playground.reward.design import Design, defaults_of
from playground.reward.term import Floats
from playground.worlds.lunar_lander.terms import RewardConfig

FOLDER: Final = Path(__file__).resolve().parents[2] / "worlds" / "lunar_lander"
TABLE: Final = FOLDER / "outcomes.csv"
REPORT: Final = FOLDER / "FORECAST.md"
PICTURE: Final = FOLDER / "calibration.svg"
RIDGES: Final = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS: Final = 10
BINS: Final = 10
FAR: Final = 0.99
"""Share of the rewards learned from that are nearer to their nearest neighbour than what counts as far."""
ENOUGH: Final = 60
"""Rewards kept apart from which figures are no longer called few."""
OTHER_GAMMA: Final = 0.999
"""The discount of rl_zoo3's settings, with which rewards kept apart are trained once more."""
FEWEST: Final = 5
"""Rewards that land, and rewards that do not, from which it means something to tell them apart."""
RESAMPLES: Final = 2000
DIGITS: Final = 4
LEAST: Final = 0.01
"""Deviation of a feature that hardly ever changed."""


@dataclass(frozen=True)
class Tried:
    """One reward of the table with what came of its trainings."""

    purpose: str
    around: str
    reward: Design
    rates: Floats
    """``(seeds, 3)``: shares of `OUTCOMES`."""

    @property
    def mean(self) -> Floats:
        """``(3,)``: over the seeds."""
        result: Floats = self.rates.mean(axis=0)
        return result


def read_table(path: Path = TABLE) -> list[Tried]:
    """The rewards of a table, each with all of its seeds."""
    rows: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            rows[row["purpose"], int(row["draw"])].append(row)
    return [
        Tried(
            purpose,
            seeds[0]["around"],
            fields_to_reward(
                {name: _value(seeds[0][name]) for name in defaults_of(RewardConfig) if name in seeds[0]}, RewardConfig
            ),
            np.array([[float(row[name]) for name in OUTCOMES] for row in seeds]),
        )
        for (purpose, _), seeds in sorted(rows.items())
    ]


def _value(text: str) -> Any:
    if text in ("True", "False"):
        return text == "True"
    try:
        return float(text)
    except ValueError:
        return text


def fit(names: Sequence[str], values: Floats, shares: Floats, ridge: float) -> ForecastModel:
    """The regression that makes the shares most likely, its weights held small.

    Args:
        names: of the features.
        values: raw features ``(N, F)``.
        shares: of the outcomes ``(N, 3)``; each row sums to 1.
        ridge: how much half the squared weights cost, beside the summed log loss.
    """
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), LEAST)
    inputs = (values - mean) / deviation
    shape = (inputs.shape[1] + 1, shares.shape[1])

    def loss(flat: Floats) -> tuple[float, Floats]:
        table = flat.reshape(shape)
        logits = inputs @ table[:-1] + table[-1]
        logits = logits - logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        excess = np.exp(logs) - shares
        slope = np.concatenate([inputs.T @ excess + ridge * table[:-1], excess.sum(axis=0, keepdims=True)])
        return float(-(shares * logs).sum() + ridge / 2 * (table[:-1] ** 2).sum()), slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    table = found.x.reshape(shape)
    gaps = np.linalg.norm(inputs[:, None] - inputs[None], axis=2) + np.diag(np.full(len(inputs), np.inf))
    far = float(np.quantile(gaps.min(axis=1), FAR))
    return ForecastModel(tuple(names), mean, deviation, table[:-1], table[-1], inputs, far)


def log_loss(chances: Floats, shares: Floats) -> float:
    """Mean cross entropy of shares under chances, both ``(N, 3)``."""
    return float(-(shares * np.log(np.maximum(chances, 1e-12))).sum(axis=1).mean())


def choose_ridge(values: Floats, shares: Floats) -> tuple[float, Floats]:
    """The ridge with the least cross-validated log loss, and the chances that it gave rewards it had not seen."""
    folds = np.random.default_rng(0).permutation(len(values)) % FOLDS  # draws alternate between two kinds
    tried = {}
    for ridge in RIDGES:
        chances = np.zeros(shares.shape)
        for fold in range(FOLDS):
            model = fit([""] * values.shape[1], values[folds != fold], shares[folds != fold], ridge)
            chances[folds == fold] = model.predict(values[folds == fold])
        tried[ridge] = chances
    best = min(RIDGES, key=lambda ridge: log_loss(tried[ridge], shares))
    return best, tried[best]


def auc(scores: Floats, good: npt.ArrayLike) -> float | None:
    """Chance that one of the good scores higher than one of the others, ties counted half; None without both.

    >>> auc(np.array([0.9, 0.1, 0.5]), [True, False, False])
    1.0
    """
    marks = np.asarray(good, bool)
    n, m = int(marks.sum()), int((~marks).sum())
    if not n or not m:
        return None
    return float((ranks(scores)[marks].sum() - n * (n + 1) / 2) / (n * m))


def calibration(chances: Floats, shares: Floats) -> list[tuple[float, float, int]]:
    """By tenths of the chance: mean chance, mean share, and how many; empty tenths left out.

    Args:
        chances: of landing ``(N,)``.
        shares: that landed ``(N,)``.
    """
    tenths = np.minimum((chances * BINS).astype(int), BINS - 1)
    rows = []
    for tenth in range(BINS):
        own = tenths == tenth
        if own.any():
            rows.append((float(chances[own].mean()), float(shares[own].mean()), int(own.sum())))
    return rows


def calibration_error(rows: Sequence[tuple[float, float, int]]) -> float:
    """Expected calibration error: the mean gap between chance and share, weighted by how many.

    >>> round(calibration_error([(0.1, 0.2, 5), (0.9, 0.9, 5)]), 3)
    0.05
    """
    return sum(abs(chance - share) * n for chance, share, n in rows) / sum(n for _, _, n in rows)


@dataclass(frozen=True)
class Judged:
    """How the forecast did on some rewards."""

    rewards: int
    landing: int
    """Of these, so many land at least half of the time, over their seeds."""
    auc: float | None
    margin_auc: float | None
    """Of the check's landing margin alone."""
    ceiling: float | None
    """Of one seed's landing rate for whether the other seeds land at least half of the time."""
    brier: float
    """Mean squared gap between the chance of landing and the share that landed."""
    error: float
    """Expected calibration error of the chance of landing."""
    ranges: dict[str, tuple[float, float]]
    """Of the AUC, the Brier score and the calibration error, the middle 95 % over rewards drawn again."""
    hits: float
    """How often the most probable outcome was the most frequent one."""

    @property
    def fewer(self) -> int:
        """Rewards of the rarer kind: that land, or that do not."""
        return min(self.landing, self.rewards - self.landing)


def judge(tried: Sequence[Tried], chances: Floats, margins: Floats) -> Judged:
    """Hold forecasts ``(N, 3)`` and landing margins ``(N,)`` against what came of the trainings."""
    shares = np.array([one.mean for one in tried])
    lands = shares[:, 0] >= 0.5
    pairs = [
        (float(rate), float(np.delete(one.rates[:, 0], i).mean()) >= 0.5)
        for one in tried
        for i, rate in enumerate(one.rates[:, 0])
        if len(one.rates) > 1
    ]

    def brier(of: npt.NDArray[np.int64]) -> float:
        return float(((chances[of, 0] - shares[of, 0]) ** 2).mean())

    def error(of: npt.NDArray[np.int64]) -> float:
        return calibration_error(calibration(chances[of, 0], shares[of, 0]))

    everything = np.arange(len(tried))
    rng = np.random.default_rng(0)
    again = [rng.choice(everything, len(everything)) for _ in range(RESAMPLES)]
    drawn: dict[str, list[float | None]] = {
        "auc": [auc(chances[of, 0], lands[of]) for of in again],
        "brier": [brier(of) for of in again],
        "error": [error(of) for of in again],
    }
    ranges = {
        name: (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975)))
        for name, values in drawn.items()
        if (known := [value for value in values if value is not None])
    }
    return Judged(
        len(tried),
        int(lands.sum()),
        auc(chances[:, 0], lands),
        auc(margins, lands),
        auc(np.array([rate for rate, _ in pairs]), [good for _, good in pairs]) if pairs else None,
        brier(everything),
        error(everything),
        ranges,
        float((chances.argmax(axis=1) == shares.argmax(axis=1)).mean()),
    )


def save(model: ForecastModel, trainings: int, ridge: float, path: Path = FORECAST) -> None:
    """Write the fitted numbers, with what they were fitted on."""
    value: dict[str, Any] = {"features": list(model.names), "trainings": trainings, "ridge": ridge, "far": model.far}
    value["library"] = load_library().fingerprint
    for name in ("mean", "deviation", "weights", "offsets", "seen"):
        value[name] = np.round(getattr(model, name), DIGITS).tolist()
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def picture(rows: Sequence[tuple[float, float, int]]) -> str:
    """Calibration as SVG: chance against share, a dot a tenth, its area how many rewards."""
    import vl_convert  # for this picture alone

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


def main() -> None:
    """Fit, judge, write."""
    tried = read_table()
    rankings = [Ranking(one.reward, GAMMA, load_library()) for one in tried]
    named = [features(ranking) for ranking in rankings]
    values = np.array([list(of.values()) for of in named])
    margins = np.array([ranking.duel(LANDINGS, OTHERS)[0] for ranking in rankings])  # the check's landing margin
    purpose = np.array([one.purpose for one in tried])
    learned, apart = np.flatnonzero(purpose == "fit"), np.flatnonzero(purpose == "judge")
    shares = np.array([tried[i].mean for i in learned])
    ridge, crossed = choose_ridge(values[learned], shares)
    model = fit(list(named[0]), values[learned], shares, ridge)
    save(model, len(learned), ridge)
    chances = model.predict(values)

    def apart_where(fits: Callable[[Tried], bool]) -> list[int]:
        return [int(i) for i in apart if fits(tried[i])]

    groups = {
        "kept apart": apart_where(lambda one: True),
        "… around presets": apart_where(lambda one: one.around != "wide"),
        "… wide": apart_where(lambda one: one.around == "wide"),
        "… state": apart_where(lambda one: one.reward.form == "state"),
        "… progress": apart_where(lambda one: one.reward.form == "progress"),
        "… potential": apart_where(lambda one: one.reward.form == "potential"),
    }
    table = {
        name: judge([tried[i] for i in places], chances[places], margins[places])
        for name, places in groups.items()
        if places
    }
    if others := [i for i, one in enumerate(tried) if one.purpose == "otherwise"]:
        theirs = [Ranking(tried[i].reward, OTHER_GAMMA, load_library()) for i in others]
        foreseen = model.predict(np.array([list(features(ranking).values()) for ranking in theirs]))
        margin = np.array([ranking.duel(LANDINGS, OTHERS)[0] for ranking in theirs])
        table["kept apart, with rl_zoo3's settings"] = judge([tried[i] for i in others], foreseen, margin)
    table["learned from, cross-validated"] = judge([tried[i] for i in learned], crossed, margins[learned])
    rows = calibration(chances[apart, 0], np.array([tried[i].mean[0] for i in apart]))
    familiar = np.array([model.distance(values[i]) <= model.far for i in apart])
    seeds = about_seeds([tried[i] for i in apart], chances[apart], familiar)
    REPORT.write_text(report(table, rows, len(learned), ridge, seeds), encoding="utf-8")
    PICTURE.write_text(picture(rows), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
