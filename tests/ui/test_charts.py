import numpy as np
import pytest

from playground.lander.simulator import STEPS_PER_SECOND
from playground.reward.account import PART_KEYS
from playground.reward.terms import TERMS
from playground.ui import charts
from playground.ui.texts import TEXTS


def say(key, **values):
    return TEXTS["en"][key].format(**values)


def test_waterfall_bars_join_up_and_end_at_the_return():
    spec = charts.waterfall({"distance": 3.0, "velocity": -5.0, "legs": 1.0}, str.title, say).to_dict()
    rows = next(rows for rows in spec["datasets"].values() if any("from" in row for row in rows))
    ends = [(row["from"], row["to"]) for row in rows]
    assert ends == [(0, 3), (3, -2), (-2, -1), (0, -1)]


def test_a_term_has_one_colour_in_every_chart():
    paid = np.ones((120, len(PART_KEYS)))
    for chart in (charts.step_bars(paid, ["legs"], str, say), charts.cumulative_lines(paid, ["legs"], str, say)):
        scales = str(chart.to_dict())
        assert charts.colour_of("legs") in scales
    assert charts.colour_of("legs") in str(charts.waterfall({"legs": 1.0}, str, say).to_dict())


def test_no_two_parts_share_a_colour():
    colours = [charts.colour_of(key) for key in PART_KEYS]
    assert len(set(colours)) == len(colours) == len(TERMS) + 1


def test_step_bars_lose_nothing_in_their_bins():
    rng = np.random.default_rng(0)
    paid = rng.normal(size=(333, len(PART_KEYS)))
    spec = charts.step_bars(paid, PART_KEYS, str, say).to_dict()
    rows = next(rows for rows in spec["datasets"].values() if "part" in rows[0])
    steps_in = [round((row["end"] - row["start"]) * STEPS_PER_SECOND) for row in rows]
    assert sum(row["paid"] * steps for row, steps in zip(rows, steps_in, strict=True)) == pytest.approx(paid.sum())
    assert len({row["start"] for row in rows}) <= charts.BINS


@pytest.mark.parametrize("steps", [1, 2, 49, 51, 1000])
def test_charts_take_episodes_of_any_length(steps):
    paid = np.zeros((steps, len(PART_KEYS)))
    charts.step_bars(paid, PART_KEYS, str, say).to_dict()
    charts.cumulative_lines(paid, PART_KEYS, str, say).to_dict()
    charts.waterfall(dict.fromkeys(PART_KEYS, 0.0), str, say).to_dict()
