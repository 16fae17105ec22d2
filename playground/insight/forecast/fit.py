"""Fit the forecast on a world's table of trainings, and judge it on rewards that were kept apart.

``python -m playground.insight.forecast.fit`` reads ``outcomes.csv`` (made by ``studies.forecast_data``) in the world's
folder, writes ``forecast.json``, ``FORECAST.md`` and ``calibration.svg`` beside it, and takes seconds: run it again
whenever the recorded behaviours change. The regression is fitted to shares of outcomes, with a ridge penalty whose
strength cross-validation chooses; the kept-apart rewards serve the report alone.

Leaves out: training the rewards.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from playground.insight.checks_goal import margin
from playground.insight.forecast.features import features
from playground.insight.forecast.judge import calibration, judge_forecast
from playground.insight.forecast.predict import FILE, GAMMA, ForecastModel
from playground.insight.forecast.report import about_seeds, picture, report
from playground.insight.forecast.table import Tried, read_table
from playground.insight.library import ProbeLibrary, library_of
from playground.insight.ranking import Ranking
from playground.reward.term import FORMS, Floats
from playground.worlds import DEFAULT_ID, find_world

RIDGES: Final = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS: Final = 10
FAR: Final = 0.99
"""Share of the rewards learned from that are nearer to their nearest neighbour than what counts as far."""
PUBLISHED_GAMMA: Final = 0.999
"""The discount of rl_zoo3's settings, with which rewards kept apart are trained once more."""
DIGITS: Final = 4
LEAST: Final = 0.01
"""Deviation of a feature that hardly ever changed."""


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


def save(model: ForecastModel, trainings: int, ridge: float, library: ProbeLibrary, path: Path) -> None:
    """Write the fitted numbers, with what they were fitted on."""
    value: dict[str, Any] = {"features": list(model.names), "trainings": trainings, "ridge": ridge, "far": model.far}
    value["library"] = library.fingerprint
    for name in ("mean", "deviation", "weights", "offsets", "seen"):
        value[name] = np.round(getattr(model, name), DIGITS).tolist()
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def main() -> None:
    """Fit, judge, write."""
    parser = argparse.ArgumentParser(description="Fit a world's forecast and judge it.")
    parser.add_argument("--world", default=DEFAULT_ID, help="a registered world with a table of trainings")
    world = find_world(parser.parse_args().world)
    data, library = world.forecast, library_of(world)
    if data is None:
        raise SystemExit(f"{world.id} has no table of trainings to learn from")
    tried = read_table(world)
    rankings = [Ranking(one.reward, GAMMA, library) for one in tried]
    named = [features(ranking, data) for ranking in rankings]
    values = np.array([list(of.values()) for of in named])
    margins = np.array([margin(ranking) for ranking in rankings])
    purpose = np.array([one.purpose for one in tried])
    learned, apart = np.flatnonzero(purpose == "fit"), np.flatnonzero(purpose == "judge")
    shares = np.array([tried[i].mean for i in learned])
    ridge, crossed = choose_ridge(values[learned], shares)
    model = fit(list(named[0]), values[learned], shares, ridge)
    save(model, len(learned), ridge, library, data.folder / FILE)
    chances = model.predict(values)

    def apart_where(fits: Callable[[Tried], bool]) -> list[int]:
        return [int(i) for i in apart if fits(tried[i])]

    groups = {
        "kept apart": apart_where(lambda one: True),
        "… around presets": apart_where(lambda one: one.around != "wide"),
        "… wide": apart_where(lambda one: one.around == "wide"),
        **{f"… {form}": apart_where(lambda one, form=form: one.reward.form == form) for form in FORMS},  # type: ignore[misc]
    }
    table = {
        name: judge_forecast([tried[i] for i in places], chances[places], margins[places])
        for name, places in groups.items()
        if places
    }
    if others := [i for i, one in enumerate(tried) if one.purpose == "otherwise"]:
        theirs = [Ranking(tried[i].reward, PUBLISHED_GAMMA, library) for i in others]
        predicted = model.predict(np.array([list(features(ranking, data).values()) for ranking in theirs]))
        their_margins = np.array([margin(ranking) for ranking in theirs])
        table["kept apart, with rl_zoo3's settings"] = judge_forecast(
            [tried[i] for i in others], predicted, their_margins
        )
    table["learned from, cross-validated"] = judge_forecast([tried[i] for i in learned], crossed, margins[learned])
    rows = calibration(chances[apart, 0], np.array([tried[i].mean[0] for i in apart]))
    familiar = np.array([model.distance(values[i]) <= model.far for i in apart])
    seeds = about_seeds([tried[i] for i in apart], chances[apart], familiar)
    text = report(table, rows, len(learned), ridge, seeds)
    (data.folder / "FORECAST.md").write_text(text, encoding="utf-8")
    (data.folder / "calibration.svg").write_text(picture(rows), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
