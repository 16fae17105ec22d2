"""The reward's fields and terms: names, order, defaults, and what is refused by name."""

import dataclasses
import re

import numpy as np
import pytest

from playground import RewardConfig
from playground.reward.design import by_key, check_field, keys_of, terms_of
from playground.reward.term import Transitions
from playground.words.errors import InvalidInput

TERMS = terms_of(RewardConfig)
TERM = by_key(RewardConfig)
TERM_KEYS = keys_of(terms_of(RewardConfig))[:-1]

FIELDS = {
    "w_distance": 0.0,
    "w_velocity": 0.0,
    "w_angle": 0.0,
    "w_legs": 0.0,
    "penalty_main": 0.0,
    "penalty_side": 0.0,
    "replace_reward": False,
    "scale": 1.0,
    "form": "state",
    "w_landing": 0.0,
    "w_crash": 0.0,
    "penalty_time": 0.0,
    "w_env": 0.0,
}
NUMBERS = [name for name in FIELDS if name not in ("replace_reward", "form")]
WEIGHT_OF = {
    "distance": "w_distance",
    "velocity": "w_velocity",
    "angle": "w_angle",
    "legs": "w_legs",
    "pen_main": "penalty_main",
    "pen_side": "penalty_side",
    "time": "penalty_time",
    "landing": "w_landing",
    "crash": "w_crash",
}
BAD_NUMBERS = [
    float("nan"),
    float("inf"),
    float("-inf"),
    1e309,
    1e6 + 0.001,
    -1e6 - 0.001,
    10**400,
    "10",
    "",
    None,
    True,
    False,
    [1.0],
    {},
    1j,
    np.float64("nan"),
    np.float32("inf"),
    np.bool_(True),
    np.array([1.0]),
]


def test_fields_keep_their_order_and_defaults() -> None:
    declared = [(f.name, f.default) for f in dataclasses.fields(RewardConfig)]
    assert declared == [*FIELDS.items(), ("own_terms", ())]
    config = RewardConfig()
    for name, default in FIELDS.items():
        assert getattr(config, name) == default
        assert type(getattr(config, name)) is type(default)


def test_the_first_eight_fields_can_be_given_by_position() -> None:
    config = RewardConfig(1, 2, 3, 4, 5, 6, True, 8)
    assert (config.w_distance, config.w_velocity, config.w_angle, config.w_legs) == (1, 2, 3, 4)
    assert (config.penalty_main, config.penalty_side, config.replace_reward, config.scale) == (5, 6, True, 8)


def test_a_config_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RewardConfig().w_legs = 1.0


def test_equal_configs_are_one_dictionary_key() -> None:
    assert {RewardConfig(w_legs=10): "a"}[RewardConfig(w_legs=10.0)] == "a"
    assert len({RewardConfig(), RewardConfig(w_legs=1), RewardConfig(form="progress"), RewardConfig()}) == 3


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", BAD_NUMBERS, ids=lambda value: repr(value)[:20])
def test_a_bad_number_is_refused_with_the_name_of_its_field(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must ") as caught:
        RewardConfig(**{name: value})
    assert isinstance(caught.value, InvalidInput)
    assert caught.value.params["field"] == name


@pytest.mark.parametrize("name", ["w_legs", "scale"])
def test_an_integer_too_long_to_print_is_refused_with_the_name_of_its_field(name: str) -> None:
    for value in (10**5000, -(10**5000)):
        with pytest.raises(ValueError, match=rf"^{name} must "):
            RewardConfig(**{name: value})


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("value", [np.float16("inf"), np.float16("-inf")], ids=repr)
def test_an_infinity_too_narrow_to_hold_the_limit_is_refused(value: np.float16) -> None:
    with pytest.raises(ValueError, match=r"^w_legs must "):
        RewardConfig(w_legs=value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [1e6, -1e6, 0, -0.0, 5e-324, 10**6, np.float32(0.5), np.float64(-2), np.int64(3)], ids=repr
)
def test_a_good_number_is_kept(name: str, value: float) -> None:
    assert getattr(RewardConfig(**{name: value}), name) == value


def test_the_message_tells_what_a_number_must_be() -> None:
    def told(value: object) -> str:
        with pytest.raises(InvalidInput) as caught:
            RewardConfig(w_angle=value)
        return str(caught.value)

    assert told(float("nan")) == "w_angle must be finite, got nan"
    assert told(2e6) == "w_angle must lie between -1,000,000 and 1,000,000, got 2000000.0"
    assert told("x") == "w_angle must be a number, got x"


@pytest.mark.parametrize("value", [1, 0, "true", None, 1.0, "", []], ids=repr)
def test_replace_reward_must_be_true_or_false(value: object) -> None:
    with pytest.raises(ValueError, match=r"^replace_reward must be true or false"):
        RewardConfig(replace_reward=value)


@pytest.mark.parametrize("value", ["State", "", "shaped", None, 1, True, ["state"], {"state": 1}], ids=repr)
def test_form_must_be_one_of_the_three(value: object) -> None:
    with pytest.raises(ValueError, match=r"^form must be one of state, progress, potential, got"):
        RewardConfig(form=value)


@pytest.mark.parametrize("form", ["state", "progress", "potential"])
def test_the_three_forms_are_accepted(form: str) -> None:
    assert RewardConfig(form=form).form == form


def test_a_changed_copy_is_checked_again() -> None:
    with pytest.raises(ValueError, match=r"^scale must be finite"):
        dataclasses.replace(RewardConfig(), scale=float("inf"))


def test_check_field_accepts_every_default() -> None:
    for name, default in FIELDS.items():
        check_field(RewardConfig, name, default)


def test_a_long_bad_value_does_not_fill_the_screen() -> None:
    with pytest.raises(InvalidInput) as caught:
        RewardConfig(w_legs="x" * 10_000)
    assert len(str(caught.value)) < 200


def test_every_term_has_its_weight_and_the_outcome_comes_last() -> None:
    assert {term.key: term.weight for term in TERMS} == WEIGHT_OF
    assert tuple(WEIGHT_OF) == TERM_KEYS
    assert list(TERM) == list(TERM_KEYS)
    assert [term.key for term in TERMS if term.outcome] == ["landing", "crash"]
    assert [term.key for term in TERMS if term.potential] == ["distance", "velocity", "angle", "legs"]


def test_weights_pay_and_penalties_cost() -> None:
    assert [term.key for term in TERMS if term.sign == -1] == ["pen_main", "pen_side", "time", "crash"]
    assert {term.sign for term in TERMS} == {1, -1}


def test_every_term_is_either_a_potential_or_an_event() -> None:
    for term in TERMS:
        assert (term.potential is None) != (term.event is None)


def test_every_term_has_words_a_colour_and_a_usable_slider() -> None:
    for term in TERMS:
        assert set(term.label) == set(term.help) == {"en", "zh"}
        assert all([*term.label.values(), *term.help.values()])
        assert re.fullmatch("#[0-9a-f]{6}", term.colour)
        assert set(term.sliders) == {"state", "progress", "potential"}
        for slider in term.sliders.values():
            assert 0 <= slider.low < slider.high <= 1e6
            assert 0 < slider.step < slider.high - slider.low
    assert len({term.colour for term in TERMS}) == len(TERMS)
    for language in ("en", "zh"):
        assert len({term.label[language] for term in TERMS}) == len(TERMS)


def test_potentials_by_hand() -> None:
    observation = np.array([0.6, -0.8, -0.3, 0.4, -0.7, 9.0, 1.0, 1.0])
    values = {key: float(TERM[key].potential(observation)) for key in ("distance", "velocity", "angle", "legs")}
    assert values == pytest.approx({"distance": -1.0, "velocity": -0.5, "angle": -0.7, "legs": 2.0})


@pytest.mark.parametrize(("left", "right", "count"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 2), (0.5, 0.5, 0)])
def test_a_leg_counts_when_its_contact_is_above_one_half(left: float, right: float, count: int) -> None:
    assert TERM["legs"].potential(np.array([0, 0, 0, 0, 0, 0, left, right])) == count


def test_events_by_hand() -> None:
    steps = Transitions(
        np.zeros((6, 8)),
        np.array([0, 1, 2, 3, 2, 0]),
        np.zeros((6, 8)),
        np.array([1.0, 1.0, 1.0, 100.0, -100.0, 100.0]),
        np.array([False, False, False, False, True, True]),
    )
    values = {term.key: np.asarray(term.event(steps), float).tolist() for term in TERMS if term.event}
    assert values == {
        "pen_main": [0, 0, 1, 0, 1, 0],
        "pen_side": [0, 1, 0, 1, 0, 0],
        "time": [1, 1, 1, 1, 1, 1],
        "landing": [0, 0, 0, 0, 0, 1],
        "crash": [0, 0, 0, 0, 1, 0],
    }
