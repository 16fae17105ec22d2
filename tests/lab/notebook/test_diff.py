"""What differs between two specs, own terms among it."""

from playground.lab.notebook.diff import changes
from playground.reward.own import OwnTerm
from playground.training.spec import TrainSpec
from playground.worlds.lunar_lander.presets import GYMNASIUM


def spec(*terms):
    return TrainSpec(GYMNASIUM.changed(own_terms=terms))


def test_a_weight_an_expression_and_a_form_are_named_by_the_term():
    before = spec(OwnTerm("soft", "-speed", weight=2.0), OwnTerm("same", "x"))
    after = spec(OwnTerm("soft", "-abs(vy)", "progress", 3.0), OwnTerm("same", "x"))
    assert changes(before, after) == {"soft": [2.0, 3.0], "soft.expression": ["-speed", "-abs(vy) (progress)"]}


def test_a_term_that_is_added_or_removed_weighed_nothing_before_or_after():
    bare, with_term = spec(), spec(OwnTerm("soft", "-speed", weight=2.0))
    assert changes(bare, with_term) == {"soft": [0.0, 2.0], "soft.expression": ["", "-speed"]}
    assert changes(with_term, bare) == {"soft": [2.0, 0.0], "soft.expression": ["-speed", ""]}


def test_the_order_of_terms_is_no_change():
    one, other = OwnTerm("one", "x"), OwnTerm("two", "y")
    assert changes(spec(one, other), spec(other, one)) == {}
