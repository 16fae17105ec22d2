"""Own terms in the check: the same numbers as episode by episode, and as the world's terms in another notation."""

import numpy as np
import pytest

from playground.insight.check import check_reward
from playground.insight.columns import amounts_of, column_of, loop_rates_of, residuals_of, sums_of
from playground.insight.library import library_of
from playground.insight.repair import repair_reward, sound_bands
from playground.reward.account import decompose, discounts
from playground.reward.own import OwnTerm
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD

LIBRARY = library_of(WORLD)
GAMMA = 0.99
NOTATIONS = {
    "w_distance": "-dist",
    "w_velocity": "-sqrt(vx**2 + vy**2)",
    "w_angle": "-abs(angle)",
    "w_legs": "legs",
}


def own(*terms: OwnTerm, **fields: object) -> RewardConfig:
    return RewardConfig(replace_reward=True, own_terms=terms, **fields)  # type: ignore[arg-type]


def test_sums_are_those_of_every_episode_decomposed_by_itself():
    design = own(
        OwnTerm("low", "total(delta(y)) if y < 0.5 else streak(fires)"),
        OwnTerm("quick", "landed * (1000 - t) + once(left or right)"),
        OwnTerm("hint", "-dist", form="potential"),
        form="progress",
        w_legs=1.0,
    )
    sums = sums_of(LIBRARY, design, GAMMA)
    for index in range(0, len(LIBRARY), 5):
        episode = LIBRARY.episodes[index]
        by_hand = discounts(len(episode), GAMMA) @ decompose(episode.transitions, design, GAMMA)
        np.testing.assert_allclose(sums[index], by_hand, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_a_term_of_the_world_written_as_an_expression_is_the_same_term(form):
    weights = {"w_distance": 100.0, "w_velocity": 80.0, "w_angle": 60.0, "w_legs": 10.0}
    built_in = RewardConfig(form=form, replace_reward=True, w_landing=50.0, w_crash=70.0, **weights)
    terms = [OwnTerm(f"my_{name}", text, form, weights[name]) for name, text in NOTATIONS.items()]
    written = own(*terms, form=form, w_landing=50.0, w_crash=70.0)
    for of in (sums_of, amounts_of, loop_rates_of, residuals_of):
        mine, theirs = of(LIBRARY, written, GAMMA), of(LIBRARY, built_in, GAMMA)
        np.testing.assert_allclose(mine[..., 9:13], theirs[..., :4], rtol=1e-9, atol=1e-7)
    one, other = check_reward(written, GAMMA), check_reward(built_in, GAMMA)
    assert one.verdict == other.verdict
    assert one.margin == pytest.approx(other.margin, abs=1e-9)
    for name in ("suicide", "stalling", "farming", "ordering", "risk", "dominance", "redundancy", "horizon", "scale"):
        assert one[name].status == other[name].status
        assert one[name].value == pytest.approx(other[name].value, rel=1e-6, abs=1e-9)
    assert written.part_name("my_w_legs", "zh") == "my_w_legs"


def test_a_finding_names_the_own_term_that_is_farmed():
    check = check_reward(own(OwnTerm("rest", "left or right", weight=10.0), w_crash=100.0))
    assert check["farming"].status == "fail"
    assert check["farming"].params["term"] == "rest"


def test_fuel_counts_as_paid_for_where_an_own_term_charges_it():
    free, charged = (
        check_reward(GYMNASIUM.changed(penalty_main=0.0, penalty_side=0.0, own_terms=terms))
        for terms in ((), (OwnTerm("fuel", "fires", weight=-0.5),))
    )
    assert "fuel" in free["attributes"].params["missing"]
    assert "fuel" not in charged["attributes"].params["missing"]


def test_a_repair_may_change_own_weights_and_says_which():
    design = own(OwnTerm("cost", "-10*dist - 15*speed"), OwnTerm("end", "landed - crashed", weight=5.0))
    repair = repair_reward(design)
    assert repair.before.verdict == "broken"
    assert repair.after is not None
    assert repair.after.verdict != "broken"
    changes = repair.changes(design)
    assert "cost" in changes or "end" in changes
    assert design.changed(**{name: after for name, (_, after) in changes.items()}) == repair.config


def test_bands_stand_under_own_sliders():
    bands = sound_bands(GYMNASIUM.changed(own_terms=(OwnTerm("spin", "abs(omega)", weight=-0.1),)))
    assert bands["spin"]


def test_an_expression_that_is_no_number_names_the_behaviour_the_step_and_the_place():
    with pytest.raises(InvalidInput) as caught:
        check_reward(own(OwnTerm("odd", "a = 2\na / (left + right)")))
    error = caught.value
    assert error.code == "in_term"
    assert error.params["term"] == "odd"
    reason = error.params["reason"]
    assert reason.code == "term_no_number_there"
    assert (reason.params["line"], reason.params["step"]) == ("2", "1")
    name = LIBRARY.names[0].replace("_", " ")
    assert reason.params["behaviour"] == name


def test_a_column_tells_its_range():
    column = column_of(LIBRARY, "legs", "state", GAMMA, RewardConfig.vocabulary)
    assert (column.low, column.high) == (0.0, 2.0)
    assert 0 < column.mean < 2
