"""Random rewards with own terms: the same for the same number, of both kinds, readable, and unlike each other."""

import pytest

from playground.insight.check import check_reward
from playground.reward.codec import dump_reward, parse_reward
from playground.studies.forecast_data import fields_of, own_draws
from playground.studies.forecast_draws import ENDS, KINDS, SHAPES, draw_own_reward
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig


@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_depends_on_its_number_alone_and_reads_back(kind):
    drawn = [draw_own_reward(kind, "fit", number) for number in range(30)]
    assert drawn == [draw_own_reward(kind, "fit", number) for number in range(30)]
    assert len({dump_reward(one) for one in drawn}) == 30
    assert {one.w_env for one in drawn} == {1.0 if kind == "plus" else 0.0}
    for one in drawn:
        assert one.own_terms
        assert parse_reward(dump_reward(one), RewardConfig) == one
        check_reward(one)


def test_draws_to_judge_are_no_draws_to_fit_on():
    fit = {dump_reward(draw_own_reward("own", "fit", number)) for number in range(50)}
    assert not fit & {dump_reward(draw_own_reward("own", "judge", number)) for number in range(50)}


def test_every_template_is_drawn_sooner_or_later():
    names = {own.name for kind in KINDS for n in range(120) for own in draw_own_reward(kind, "fit", n).own_terms}
    assert names == {template.name for template in (*SHAPES, *ENDS)}


def test_a_round_holds_both_kinds_and_three_seeds_of_what_is_judged():
    taken = [draw for draw, _ in zip(own_draws(), range(12), strict=False)]
    assert [draw.around for draw in taken] == ["plus"] * 6 + ["own"] * 6
    assert [(draw.number, draw.seed) for draw in taken if draw.purpose == "judge"] == [(0, 0), (0, 1), (0, 2)] * 2


def test_a_reward_without_own_terms_keeps_its_columns():
    assert "w_distance" in fields_of(GYMNASIUM)
    assert list(fields_of(draw_own_reward("plus", "fit", 0))) == ["reward"]
