"""The report's chart of weights where designs have own terms, and not the same ones."""

from types import SimpleNamespace

import pytest

from playground import RewardConfig
from playground.reward.own import OwnTerm
from playground.studies import report
from playground.studies.compare import Comparison

SLOW = OwnTerm("slow", "-speed", weight=2.0)
NEAR = OwnTerm("near", "-dist", weight=-3.0)


def weights_drawn(monkeypatch, *designs):
    """What the chart is given, for designs side by side."""
    contestants = [SimpleNamespace(reward=d, letter=letter) for d, letter in zip(designs, "AB", strict=True)]
    comparison = SimpleNamespace(contestants=contestants, others=(), lang="en", say=lambda key: key)
    comparison.weights = lambda: Comparison.weights(comparison)
    drawn = {}

    def chart(values, letters, names, colours):
        drawn.update(values)
        assert set(names) == set(colours) == set(values)

    monkeypatch.setattr(report, "compared_parts", chart)
    monkeypatch.setattr(report, "_drawn", lambda *_: report.Block("text", ""))
    report._designs(comparison)
    return drawn


@pytest.mark.parametrize("turned", [False, True])
def test_a_term_that_only_one_design_has_is_drawn_and_the_other_pays_nothing(monkeypatch, turned):
    designs = [RewardConfig(w_legs=10, own_terms=(SLOW,)), RewardConfig(w_legs=20, own_terms=(NEAR,))]
    expected = {"legs": [10.0, 20.0], "slow": [2.0, 0.0], "near": [0.0, -3.0]}
    if turned:
        designs.reverse()
        expected = {key: pair[::-1] for key, pair in expected.items()}
    assert weights_drawn(monkeypatch, *designs) == expected


def test_a_term_without_weight_in_either_is_not_drawn(monkeypatch):
    idle = OwnTerm("slow", "-speed", weight=0.0)
    drawn = weights_drawn(monkeypatch, RewardConfig(w_legs=1, own_terms=(idle,)), RewardConfig(w_legs=1))
    assert drawn == {"legs": [1.0, 1.0]}
