"""The table of trainings that a forecast is learned from: each reward with what came of it.

Leaves out: making the table (``studies.forecast_data``).
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from playground.flight.world import World
from playground.insight.forecast.predict import outcomes_of
from playground.reward.codec import fields_to_reward
from playground.reward.design import Design, defaults_of
from playground.reward.term import Floats

FILE: Final = "outcomes.csv"


@dataclass(frozen=True)
class Tried:
    """One reward of the table with what came of its trainings."""

    purpose: str
    around: str
    reward: Design
    rates: Floats
    """``(seeds, 3)``: shares of success, failure and time-out."""

    @property
    def mean(self) -> Floats:
        """``(3,)``: over the seeds."""
        result: Floats = self.rates.mean(axis=0)
        return result


def read_table(world: World) -> list[Tried]:
    """The rewards of a world's table, each with all of its seeds."""
    assert world.forecast is not None, "only a world with a table of trainings has a forecast"
    rows: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
    with (world.forecast.folder / FILE).open(newline="") as file:
        for row in csv.DictReader(file):
            rows[row["purpose"], int(row["draw"])].append(row)
    fields, outcomes = defaults_of(world.design), outcomes_of(world)
    return [
        Tried(
            purpose,
            seeds[0]["around"],
            fields_to_reward({name: _value(seeds[0][name]) for name in fields if name in seeds[0]}, world.design),
            np.array([[float(row[name]) for name in outcomes] for row in seeds]),
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
