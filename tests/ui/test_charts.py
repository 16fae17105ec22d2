import pytest

from playground.reward.account import PART_KEYS
from playground.reward.terms import TERMS
from playground.training.store import ModelStore
from playground.ui.charts import learning_curve
from playground.ui.colours import KEPT_COLOUR, colour_of
from playground.ui.texts import TEXTS


def say(key, **values):
    return TEXTS["en"][key].format(**values)


def test_no_two_parts_share_a_colour():
    colours = [colour_of(key) for key in PART_KEYS]
    assert len(set(colours)) == len(colours) == len(TERMS) + 1


@pytest.mark.parametrize("column", ["designed_return", "native_return", "landing_rate"])
def test_the_curve_shows_every_evaluation_and_rings_the_kept_one(column):
    rows = ModelStore().resolve("gymnasium").curve
    kept = rows[-2]["steps"]
    spec = learning_curve(rows, column, "title", say, kept).to_dict()
    datasets = sorted(spec["datasets"].values(), key=len)
    assert [row["value"] for row in datasets[-1]] == [row[column] for row in rows]
    assert [row["steps"] for row in datasets[0]] == [kept]
    assert KEPT_COLOUR in str(spec)
