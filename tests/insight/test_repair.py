import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from playground.insight.check import assert_reward_sound, check_reward
from playground.insight.library import library_of
from playground.insight.repair import TARGET, repair_reward, slider_bounds, sound_bands
from playground.insight.repair.contest import Contest, weights_of
from playground.insight.repair.least_change import least_distance
from playground.reward.design import terms_of
from playground.reward.term import FORMS
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

TERMS = terms_of(RewardConfig)

BROKEN = ["article", "legs-farm", "fuel-miser"]
GAMMA = 0.995


@st.composite
def rewards(draw):
    form = draw(st.sampled_from(FORMS))
    weights = {}
    for term in TERMS:
        slider = term.sliders[form]
        weights[term.weight] = draw(st.sampled_from([0.0, 0.0, slider.high / 100, slider.high / 10, slider.high / 2]))
    w_env, scale = (
        draw(st.sampled_from([0.0, 0.0, 0.3, 1.0, -0.5])),
        draw(st.sampled_from([1.0, 1.0, 0.05, 30.0, -1.0])),
    )
    return RewardConfig(form=form, replace_reward=True, w_env=w_env, scale=scale, **weights)


def test_least_distance_is_the_foot_of_the_perpendicular():
    found = least_distance(np.array([[1.0, 1.0]]), np.array([2.0]))
    assert found == pytest.approx([1.0, 1.0])
    corner = least_distance(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([2.0, 0.5, 1.0]))
    assert corner == pytest.approx([2.0, 0.5])
    assert least_distance(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1.0, 1.0])) is None


@pytest.mark.parametrize("slug", BROKEN)
def test_a_broken_preset_is_mended_within_its_sliders(slug):
    config = PRESET[slug].config
    found = repair_reward(config)
    assert found.needed
    assert found.after is not None
    assert found.after.verdict != "broken"
    assert found.after == check_reward(found.config, GAMMA)
    limits = slider_bounds(config)
    assert found.changes(config)
    for name, (_, after) in found.changes(config).items():
        low, high = limits[name]
        assert low <= after <= high


def test_what_is_dear_is_made_cheaper():
    config = PRESET["fuel-miser"].config
    (change,) = repair_reward(config).changes(config).items()
    name, (before, after) = change
    assert name == "penalty_main"
    assert after < before


@pytest.mark.parametrize("slug", ["gymnasium", "potential", "sparse"])
def test_what_is_sound_is_left_alone(slug):
    config = PRESET[slug].config
    found = repair_reward(config)
    assert found.config == config
    assert not found.needed
    assert found.after is None


def test_a_term_that_is_farmed_a_little_is_made_smaller_until_nothing_is_in_doubt():
    config = PRESET["article-repaired"].config
    found = repair_reward(config)
    assert (found.before.verdict, found.before["farming"].status) == ("doubtful", "warn")
    assert found.needed
    assert found.after is not None
    assert found.after.verdict == "sound"
    ((name, (before, after)),) = found.changes(config).items()
    assert name == "w_legs"
    assert 0 < after < before


def test_a_doubt_that_no_weight_settles_is_left_alone():
    config = PRESET["gymnasium"].config
    found = repair_reward(config, 0.98)
    assert found.before["horizon"].status == "warn"
    assert (found.before.verdict, found.after, found.config) == ("doubtful", None, config)


@settings(max_examples=25, deadline=None)
@given(rewards())
def test_a_repaired_reward_passes_the_check_it_was_repaired_for(config):
    found = repair_reward(config)
    if found.after is not None:
        assert check_reward(found.config).verdict != "broken"
    else:
        assert not found.needed or found.config == config
    for name, value in found.singles.items():
        assert check_reward(dataclasses.replace(config, **{name: value})).verdict != "broken"


@settings(max_examples=10, deadline=None)
@given(rewards(), st.sampled_from([0.01, 3.0, 250.0]))
def test_the_scale_of_everything_paid_changes_no_repair(config, scale):
    assume(weights_of(config).any())  # where nothing is paid there is no size to keep
    larger = dataclasses.replace(config, scale=scale * config.scale, w_env=scale * config.w_env)
    one, other = repair_reward(config), repair_reward(larger)
    assert one.changes(config).keys() == other.changes(config).keys()
    for name, (_, value) in one.changes(config).items():
        assert other.changes(config)[name][1] == pytest.approx(value, rel=0.02)


def test_no_shorter_step_of_the_same_weights_does():
    """The change is the smallest: nine tenths of the way there is not enough."""
    config = PRESET["article"].config
    found = repair_reward(config)
    contest = Contest(config, GAMMA, library_of(LANDER))
    way = weights_of(found.config) - weights_of(config)
    near = contest.gaps((weights_of(config) + 0.9 * way)[:, None])[:, 0]
    assert near.min() < TARGET
    assert contest.gaps((weights_of(found.config))[:, None]).min() >= 0.98 * TARGET


@pytest.mark.parametrize("slug", [*BROKEN, "gymnasium"])
def test_bands_are_where_the_check_says_that_landing_pays_best(slug):
    config = PRESET[slug].config
    bands = sound_bands(config)
    for name, (low, high) in slider_bounds(config).items():
        for value in np.linspace(low, high, 81)[::8]:
            inside = any(first <= value <= last for first, last in bands[name])
            found = check_reward(dataclasses.replace(config, **{name: float(value)}))
            wrong = {check.id for check in found.checks if check.status != "ok"} & {"suicide", "stalling", "risk"}
            assert not (inside and wrong), (name, value)
            if not wrong and found.margin > 0.06:
                assert inside, (name, value)


def test_bands_leave_out_where_too_little_risk_is_accepted():
    """A landing pays w, hovering nothing, a crash costs 450: one crash in ten is accepted from w = 50 on."""
    config = RewardConfig(form="progress", replace_reward=True, w_landing=100.0, w_crash=450.0)
    bands = sound_bands(config, 1.0)
    ((first, last),) = bands["w_landing"]
    low, high = slider_bounds(config)["w_landing"]
    grain = (high - low) / 80
    assert 50 <= first <= 50 + grain
    assert last == high


def test_a_reward_that_training_does_not_see_has_no_bands():
    assert sound_bands(RewardConfig(w_legs=5.0)) == {}


@pytest.mark.parametrize(
    "config",
    [
        RewardConfig(replace_reward=True),
        RewardConfig(replace_reward=True, w_distance=-5.0),
        RewardConfig(replace_reward=True, w_distance=1e6, w_legs=1e-6),
        RewardConfig(replace_reward=True, form="progress", w_landing=-100.0, w_crash=-100.0),
        RewardConfig(replace_reward=True, w_legs=5.0, scale=0.0),
        RewardConfig(w_legs=5.0),
    ],
    ids=["all zero", "negative", "huge beside tiny", "reversed", "scale 0", "log only"],
)
@pytest.mark.parametrize("gamma", [0.0, 0.995, 1.0])
def test_odd_rewards_get_an_answer(config, gamma):
    found = repair_reward(config, gamma)
    assert found.after is None or found.after.verdict != "broken"
    assert set(found.singles) <= {term.weight for term in TERMS}


def test_nothing_within_the_ranges_names_what_is_missing():
    config = PRESET["article"].config
    now = {term.weight: getattr(config, term.weight) for term in TERMS}
    stuck = {name: (value, value) for name, value in now.items()} | {"w_landing": (0.0, 100.0)}
    found = repair_reward(config, bounds=stuck)
    assert found.after is None
    assert found.missing == "w_landing"


def test_the_assertion_for_other_peoples_tests_says_what_is_wrong():
    assert_reward_sound(PRESET["gymnasium"].config)
    assert_reward_sound(PRESET["article-repaired"].config, doubtful=True)
    with pytest.raises(AssertionError, match=r"broken.*the sooner it crashes"):
        assert_reward_sound(PRESET["article"].config)
    with pytest.raises(AssertionError, match="doubtful"):
        assert_reward_sound(PRESET["article-repaired"].config)


def test_the_assertion_refuses_a_reward_that_training_does_not_see():
    logged = dataclasses.replace(PRESET["article"].config, replace_reward=False)
    with pytest.raises(AssertionError, match=r"not used.*replace_reward"):
        assert_reward_sound(logged)
    assert_reward_sound(logged, logged=True)  # Gymnasium's own, which is sound
