import re

import pytest

from playground.lab.models.store import ModelStore
from playground.reward.design import keys_of, terms_of
from playground.studies.charts import Series, compared_curves, learning_curve, to_svg
from playground.studies.colours import BADGES, KEPT_COLOUR, MODEL_COLOURS, colour_of
from playground.training.algorithms import ALGORITHMS
from playground.worlds.lunar_lander.terms import RewardConfig

TERMS = terms_of(RewardConfig)
PART_KEYS = keys_of(terms_of(RewardConfig))


def test_no_two_parts_share_a_colour():
    colours = [colour_of(key) for key in PART_KEYS]
    assert len(set(colours)) == len(colours) == len(TERMS) + 1


def test_every_algorithm_can_race_in_a_colour_of_its_own():
    assert len(set(MODEL_COLOURS)) == len(MODEL_COLOURS) == len(BADGES) >= len(ALGORITHMS)


@pytest.mark.parametrize("column", ["designed_return", "native_return", "landing_rate"])
def test_the_curve_shows_every_evaluation_and_rings_the_kept_one(column):
    rows = ModelStore().resolve("gymnasium").curve
    kept = rows[-2]["steps"]
    spec = learning_curve(rows, column, "title", "en", kept).to_dict()
    datasets = sorted(spec["datasets"].values(), key=len)
    assert [row["value"] for row in datasets[-1]] == [row[column] for row in rows]
    assert [row["steps"] for row in datasets[0]] == [kept]
    assert KEPT_COLOUR in str(spec)


def look(steps, seconds, rate):
    return {"steps": steps, "seconds": seconds, "landing_rate": rate}


def test_the_line_joins_the_medians_of_like_looks_although_their_steps_differ():
    """Learners of whole episodes never stop at the same step twice, and DPO looks several times without flying."""
    curves = [
        [look(90, 1, 0.0), look(90, 2, 0.5), look(210, 3, 1.0)],
        [look(110, 2, 0.2), look(110, 3, 0.7), look(190, 5, 0.8), look(300, 9, 0.8)],
    ]
    chart = compared_curves([Series("GRPO", "#123456", curves)], "landing_rate", "seconds", "landed", "en").to_dict()
    rows = [row for rows in chart["datasets"].values() for row in rows]
    line = [(row["x"], row["value"]) for row in rows if "low" in row]
    assert line == [pytest.approx(pair) for pair in [(1.5, 0.1), (2.5, 0.6), (4.0, 0.9)]]
    assert sum("steps" in row for row in rows) == 7


def labels_of(chart):
    """What stands on a chart's axes, as a browser draws it."""
    pytest.importorskip("vl_convert")
    return re.findall(r"<text[^>]*>([−\-\d.,]+[kM%]?)</text>", to_svg(chart))


@pytest.mark.parametrize(
    "values", [[], [143.537645], [-0.123456789], [0.0], [143.537645] * 3, [1234567.891, 1234567.892]]
)
def test_an_axis_has_round_labels_however_few_points_there_are(values):
    rows = [
        {"steps": 4096.0 * (i + 1), "seconds": 1.234567 * (i + 1), "native_return": value, "landing_rate": 0.25}
        for i, value in enumerate(values)
    ]
    for chart in (
        learning_curve(rows, "native_return", "title", "en"),
        compared_curves([Series("a", "#000000", [rows])], "native_return", "steps", "title", "en"),
    ):
        labels = labels_of(chart)
        assert len(labels) >= 2
        assert max(map(len, labels)) <= 8, labels


def test_a_rate_has_the_same_axis_for_any_number_of_points():
    for count in (0, 1, 3):
        rows = [{"steps": 100.0 * i, "landing_rate": 0.123456} for i in range(count)]
        assert {"0%", "100%"} <= set(labels_of(learning_curve(rows, "landing_rate", "title", "en")))
