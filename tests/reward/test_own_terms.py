"""Own terms in a design, its files and its links: names, weights, what is refused, and what never changes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import OwnTerm, RewardConfig, RewardShapingWrapper
from playground.reward.account import decompose, reward_of
from playground.reward.codec import dump_reward, from_query, parse_reward, to_query
from playground.reward.design import defaults_of
from playground.words.errors import InvalidInput, error_words
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESETS

SOFT = OwnTerm("soft", "max(0, -vy - 0.3) if y < 0.3 else 0", weight=-5.0)
SPIN = OwnTerm("spin", "-abs(omega)", "potential", 2.5)
DESIGN = GYMNASIUM.changed(own_terms=(SOFT, SPIN))


def refused(terms, **fields):
    with pytest.raises(InvalidInput) as caught:
        RewardConfig(own_terms=terms, **fields)
    return caught.value


def test_own_terms_stand_after_the_worlds_and_before_gymnasium_reward():
    assert DESIGN.keys == (*GYMNASIUM.keys[:-1], "soft", "spin", "env_reward")
    assert DESIGN.factors.tolist() == [*GYMNASIUM.factors[:-1].tolist(), -5.0, 2.5, 0.0]
    assert [part.key for part in DESIGN.parts] == list(DESIGN.keys)
    assert DESIGN.part_name("spin", "zh") == "spin"
    assert DESIGN.weight_names("en")["soft"] == "soft"


def test_scale_multiplies_them_and_log_only_pays_none():
    assert DESIGN.changed(scale=3.0).factors[-3:-1].tolist() == [-15.0, 7.5]
    assert not DESIGN.changed(replace_reward=False).factors[:-1].any()


def test_a_weight_is_read_and_changed_by_the_name_of_its_term():
    assert DESIGN.value("soft") == -5.0
    assert DESIGN.value("w_legs") == 10.0
    changed = DESIGN.changed(soft=1.0, w_legs=2.0)
    assert (changed.value("soft"), changed.value("w_legs"), changed.value("spin")) == (1.0, 2.0, 2.5)
    assert [changed.weight_of(term) for term in changed.terms][-2:] == [1.0, 2.5]
    with pytest.raises(KeyError):
        DESIGN.value("hard")


def test_designs_with_other_terms_are_other_designs():
    assert len({DESIGN, DESIGN.changed(soft=1.0), DESIGN.changed(own_terms=(SPIN, SOFT)), GYMNASIUM}) == 4
    assert GYMNASIUM.changed(own_terms=(SOFT, SPIN)) == DESIGN


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("speed", "own_name_taken"),
        ("sqrt", "own_name_taken"),
        ("distance", "own_name_taken"),
        ("w_legs", "own_name_taken"),
        ("env_reward", "own_name_taken"),
        ("scale", "own_name_taken"),
        ("shaped", "own_name_taken"),
        ("if", "own_name_keyword"),
        ("match", "own_name_keyword"),
        ("", "own_name"),
        ("2fast", "own_name"),
        ("a-b", "own_name"),
        ("速度", "own_name"),
        ("x" * 31, "own_name"),
        ("_a", "own_name"),
    ],
)
def test_a_name_that_a_term_cannot_have_is_refused(name, code):
    assert refused((OwnTerm(name, "x"),)).code == code


def test_two_terms_of_one_name_sixty_terms_and_no_terms_at_all_are_refused():
    assert refused((SOFT, SOFT)).code == "own_name_twice"
    assert refused(tuple(OwnTerm(f"t{i}", "x") for i in range(60))).code == "too_many_terms"
    assert refused([SOFT]).code == "not_own_terms"
    assert refused(("soft",)).code == "not_own_terms"


def test_an_expression_that_cannot_be_read_names_its_term_in_every_language():
    error = refused((SPIN, OwnTerm("odd", "angel * 2")))
    assert error.code == "in_term"
    assert str(error) == "term odd: line 1, column 1: there is no quantity called angel; did you mean angle?"
    assert "是否想写 angle" in error_words(error, "zh")


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e7, "1", None, True])
def test_a_weight_that_is_no_number_is_refused_by_name(weight):
    with pytest.raises(InvalidInput) as caught:
        OwnTerm("soft", "x", weight=weight)
    assert caught.value.params["field"] == "soft.weight"


# ----------------------------------------------------------------------------------------------------------- files

TERMS = st.lists(
    st.builds(
        OwnTerm,
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["x", "-speed", "legs * 2", "# a note\nabs(vy)", "dist # 距离"]),
        st.sampled_from(["state", "progress", "potential"]),
        st.floats(-1e6, 1e6),
    ),
    unique_by=lambda own: own.name,
    max_size=3,
).map(tuple)


@settings(max_examples=100, deadline=None)
@given(TERMS, TERMS)
def test_files_and_links_bring_back_the_same_design(terms, other):
    design, base = GYMNASIUM.changed(own_terms=terms), GYMNASIUM.changed(own_terms=other)
    assert parse_reward(dump_reward(design), RewardConfig) == design
    assert json.loads(dump_reward(design))["schema"] == (2 if terms else 1)
    found, problems = from_query(to_query(design, base), base)
    assert (found, problems) == (design, [])


def test_a_file_without_own_terms_is_the_file_it_always_was():
    for preset in PRESETS:
        assert json.loads(dump_reward(preset.config))["schema"] == 1
        assert "terms" not in dump_reward(preset.config)


GOOD = {"name": "soft", "expression": "x"}


@pytest.mark.parametrize(
    ("terms", "code", "named"),
    [
        ("soft", "terms_not_a_list", "soft"),
        ({}, "terms_not_a_list", "{}"),
        ([1], "not_an_object", "1"),
        ([{"name": "soft"}], "missing_field", "terms[0].expression"),
        ([GOOD, {"expression": "x"}], "missing_field", "terms[1].name"),
        ([GOOD | {"colour": "red"}], "unknown_field", "terms[0].colour"),
        ([GOOD | {"weight": "5"}], "not_a_number", "soft.weight"),
        ([GOOD | {"weight": True}], "not_a_number", "soft.weight"),
        ([GOOD | {"form": "State"}], "not_a_choice", "State"),
        ([GOOD | {"name": 5}], "not_text", "name"),
        ([GOOD | {"expression": None}], "not_text", "expression"),
        ([GOOD | {"name": "speed"}], "own_name_taken", "speed"),
        ([GOOD, GOOD], "own_name_twice", "soft"),
        ([GOOD | {"name": f"t{i}"} for i in range(60)], "too_many_terms", "60"),
        ([GOOD | {"expression": "__import__('os')"}], "in_term", "soft"),
    ],
)
def test_bad_terms_are_refused_by_name_in_files_and_in_links(terms, code, named):
    with pytest.raises(InvalidInput) as caught:
        parse_reward(json.dumps({"schema": 2, "terms": terms}), RewardConfig)
    assert caught.value.code == code
    assert named in str(caught.value)
    kept, problems = from_query({"terms": json.dumps(terms), "w_legs": "3"}, DESIGN)
    assert [problem.code for problem in problems] == [code]
    assert kept == DESIGN.changed(w_legs=3.0)  # nothing is lost


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, "nan", "x" * 70_000])
def test_a_damaged_link_keeps_the_draft(text):
    kept, problems = from_query({"terms": text}, DESIGN)
    assert kept == DESIGN
    assert len(problems) == 1


def test_fields_know_nothing_of_own_terms():
    assert "own_terms" not in defaults_of(RewardConfig)


# --------------------------------------------------------------------------------------------------------- wrapper


def test_the_wrapper_pays_terms_that_remember_and_forgets_them_at_a_reset():
    import gymnasium as gym
    import numpy as np

    from playground.flight.rollout import run_episode
    from playground.worlds.lunar_lander.probes import Constant
    from playground.worlds.lunar_lander.world import WORLD

    design = RewardConfig(replace_reward=True, own_terms=(OwnTerm("fuel", "count(fires) + t + total(y)"), SPIN))
    episode = run_episode(WORLD, Constant(2), 5)
    expected = reward_of(decompose(episode.transitions, design, 0.9), design)
    env = RewardShapingWrapper(gym.make("LunarLander-v3"), design, gamma=0.9)
    for _ in range(2):
        env.reset(seed=5)
        paid = [env.step(2) for _ in range(len(episode))]
        np.testing.assert_allclose([step[1] for step in paid], expected, rtol=1e-12)
        assert paid[0][4]["reward_components"]["spin"] != 0
