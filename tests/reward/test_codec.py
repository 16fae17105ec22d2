"""Rewards as JSON and as URL parameters: exact round trips, and nothing hostile gets past by name or by crash."""

import contextlib
import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.reward.codec import (
    MAX_BYTES,
    changed_fields,
    dump_reward,
    fields_to_reward,
    from_query,
    parse_reward,
    to_fields,
    to_query,
)
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.terms import RewardConfig

NUMBERS = (
    "w_distance",
    "w_velocity",
    "w_angle",
    "w_legs",
    "penalty_main",
    "penalty_side",
    "scale",
    "w_landing",
    "w_crash",
    "penalty_time",
    "w_env",
)
ALL = (*NUMBERS, "replace_reward", "form")
weights = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-(10**6), 10**6)
configs = st.builds(
    RewardConfig,
    **dict.fromkeys(NUMBERS, weights),
    replace_reward=st.booleans(),
    form=st.sampled_from(("state", "progress", "potential")),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def refusal(text: str | bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_reward(text, RewardConfig)
    return caught.value


def with_field(name: str, literal: str) -> str:
    return f'{{"schema": 1, "{name}": {literal}}}'


@settings(max_examples=200, deadline=None)
@given(configs)
def test_json_round_trip_keeps_every_digit(config: RewardConfig) -> None:
    assert parse_reward(dump_reward(config), RewardConfig) == config
    assert parse_reward(dump_reward(config).encode(), RewardConfig) == config


@settings(max_examples=100, deadline=None)
@given(configs)
def test_plain_fields_round_trip(config: RewardConfig) -> None:
    fields = to_fields(config)
    assert sorted(fields) == sorted(ALL)
    assert all(type(fields[name]) is float for name in NUMBERS)
    assert fields_to_reward(fields, RewardConfig) == config
    assert fields_to_reward(json.loads(json.dumps(fields)), RewardConfig) == config


@settings(max_examples=100, deadline=None)
@given(configs)
def test_equal_configs_are_written_alike(config: RewardConfig) -> None:
    as_floats = replace(config, **{name: float(getattr(config, name)) for name in NUMBERS})
    assert dump_reward(as_floats) == dump_reward(config)


def test_minus_zero_is_written_as_zero() -> None:
    assert dump_reward(RewardConfig(w_legs=-0.0)) == dump_reward(RewardConfig())
    assert str(to_fields(RewardConfig(w_legs=-0.0))["w_legs"]) == "0.0"


def test_written_json_by_hand() -> None:
    config = RewardConfig(w_legs=10, form="progress", replace_reward=True, penalty_main=0.3)
    assert json.loads(dump_reward(config)) == {
        "schema": 1,
        "w_legs": 10.0,
        "penalty_main": 0.3,
        "replace_reward": True,
        "form": "progress",
    }
    assert json.loads(dump_reward(RewardConfig())) == {"schema": 1}


def test_fields_left_out_take_their_default() -> None:
    assert parse_reward('{"schema": 1}', RewardConfig) == RewardConfig()
    assert parse_reward('{"schema": 1, "w_legs": 3}', RewardConfig) == RewardConfig(w_legs=3.0)


def test_whole_numbers_and_a_byte_order_mark_are_read() -> None:
    config = parse_reward(b'\xef\xbb\xbf{"schema": 1, "w_legs": 3}', RewardConfig)
    assert config.w_legs == 3.0
    assert type(config.w_legs) is float


def test_an_unknown_field_is_named() -> None:
    for name in ("w_leg", "W_LEGS", "gamma", "__class__", "self", "w_legs "):
        error = refusal(with_field(name, "1"))
        assert (error.code, error.params["field"]) == ("unknown_field", name)
        assert name in str(error)


def test_a_field_given_twice_is_named() -> None:
    error = refusal('{"schema": 1, "w_legs": 1, "w_legs": 1}')
    assert (error.code, error.params["field"]) == ("duplicate_field", "w_legs")
    assert refusal('{"schema": 1, "schema": 1}').code == "duplicate_field"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "missing_schema"),
        ('{"w_legs": 1}', "missing_schema"),
        ('{"schema": 3}', "newer_schema"),
        ('{"schema": 1' + "0" * 4000 + "}", "newer_schema"),
        ('{"schema": 0}', "out_of_range"),
        ('{"schema": -1}', "out_of_range"),
        ('{"schema": "1"}', "not_an_integer"),
        ('{"schema": 1.0}', "not_an_integer"),
        ('{"schema": true}', "not_an_integer"),
        ('{"schema": null}', "not_an_integer"),
        ('{"schema": 1e999}', "not_an_integer"),
        ('{"schema": NaN}', "not_an_integer"),
        ("[]", "not_an_object"),
        ("1", "not_an_object"),
        ("null", "not_an_object"),
        ('"schema"', "not_an_object"),
        ("NaN", "not_an_object"),
        ("", "not_json"),
        ("{", "not_json"),
        ("{'schema': 1}", "not_json"),
        ('{"schema": 1}}', "not_json"),
        ('{"schema": 1,}', "not_json"),
        ("\x00", "not_json"),
        ("\ud800", "not_json"),
        (b"\xff\xfe{\x00}\x00", "not_json"),
        (b"\x80", "not_json"),
    ],
)
def test_what_is_no_reward_file_is_refused_with_its_reason(text: str | bytes, code: str) -> None:
    assert refusal(text).code == code


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ("NaN", "not_finite"),
        ("Infinity", "not_finite"),
        ("-Infinity", "not_finite"),
        ("1e309", "not_finite"),
        ("-1e309", "not_finite"),
        ("1000000.1", "too_large"),
        ("-1e7", "too_large"),
        ("1" + "0" * 4000, "too_large"),
        ('"1"', "not_a_number"),
        ("true", "not_a_number"),
        ("null", "not_a_number"),
        ("[1]", "not_a_number"),
        ('{"value": 1}', "not_a_number"),
    ],
)
def test_a_bad_number_is_named(name: str, literal: str, code: str) -> None:
    error = refusal(with_field(name, literal))
    assert (error.code, error.params["field"]) == (code, name)
    assert len(str(error)) < 300


@pytest.mark.parametrize("literal", ["1", "0", '"true"', "null", "[]", "{}"])
def test_replace_reward_takes_json_booleans_only(literal: str) -> None:
    error = refusal(with_field("replace_reward", literal))
    assert (error.code, error.params["field"]) == ("not_a_bool", "replace_reward")


@pytest.mark.parametrize("literal", ['"State"', '""', "1", "null", '["state"]', '{"state": 1}', "true"])
def test_form_takes_its_three_names_only(literal: str) -> None:
    error = refusal(with_field("form", literal))
    assert (error.code, error.params["field"]) == ("not_a_choice", "form")


def test_an_integer_of_a_million_digits_is_refused_at_once() -> None:
    start = time.perf_counter()
    assert refusal(with_field("w_legs", "9" * 60_000)).code == "not_json"
    assert refusal(with_field("w_legs", "9" * 1_000_000)).code == "too_big"
    assert time.perf_counter() - start < 0.5


def test_fifty_megabytes_are_refused_without_being_parsed() -> None:
    text = '{"schema": 1, "w_legs": 1' + " " * 50_000_000 + "}"
    for big in (text, text.encode()):
        start = time.perf_counter()
        error = refusal(big)
        assert time.perf_counter() - start < 0.1
        assert error.code == "too_big"


def test_a_file_of_exactly_the_limit_is_read() -> None:
    text = '{"schema": 1, "w_legs": 1}'
    assert parse_reward(text + " " * (MAX_BYTES - len(text)), RewardConfig).w_legs == 1.0
    assert refusal(text + " " * (MAX_BYTES - len(text) + 1)).code == "too_big"


@pytest.mark.parametrize("depth", [100, 5_000, 20_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    for text in (
        "[" * depth + "]" * depth,
        "[" * depth,
        '{"a":' * min(depth, 10_000),
        with_field("w_legs", "[" * depth + "]" * depth),
    ):
        assert refusal(text).code in ("not_json", "not_an_object", "missing_schema", "not_a_number")


def test_nesting_of_every_depth_around_pythons_own_limit_is_refused() -> None:
    for depth in range(600, 1020):
        nest = "[" * depth + "]" * depth
        for text in (nest, with_field("w_legs", nest), f'{{"schema": {nest}}}', '{"a":' * depth + "1" + "}" * depth):
            try:
                parse_reward(text, RewardConfig)
            except InvalidInput:
                continue
            except RecursionError:
                pytest.fail(f"nesting {depth} deep in {text[:24]!r} raised RecursionError")
            pytest.fail(f"nesting {depth} deep was accepted")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(st.characters(), max_size=200))
def test_arbitrary_input_is_read_or_refused(text: str | bytes) -> None:
    with contextlib.suppress(InvalidInput):  # any other exception fails the test
        assert isinstance(parse_reward(text, RewardConfig), RewardConfig)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(ALL) | st.text(max_size=6), json_values, max_size=4), st.just(1) | json_values)
def test_arbitrary_json_objects_are_read_or_refused(fields: dict[str, object], schema: object) -> None:
    try:
        config = parse_reward(json.dumps(fields | {"schema": schema}), RewardConfig)
    except InvalidInput:
        return
    assert schema == 1
    assert set(fields) - {"schema"} <= set(ALL)
    for name in set(fields) - {"schema"}:
        assert getattr(config, name) == fields[name]


@settings(max_examples=200, deadline=None)
@given(configs, configs)
def test_url_round_trip_from_any_base(config: RewardConfig, base: RewardConfig) -> None:
    query = to_query(config, base)
    assert all(isinstance(value, str) for value in query.values())
    assert from_query(query, base) == (config, [])


def test_url_parameters_by_hand() -> None:
    base = RewardConfig(w_legs=10, replace_reward=True)
    config = replace(base, w_legs=0.1, w_angle=-3, replace_reward=False, form="potential", penalty_time=1e-7)
    assert to_query(config, base) == {
        "w_legs": "0.1",
        "w_angle": "-3",
        "replace_reward": "false",
        "form": "potential",
        "penalty_time": "1e-07",
    }
    assert to_query(base, base) == {}
    assert changed_fields(config, base)["w_angle"] == -3.0


def test_other_url_parameters_are_left_alone() -> None:
    config, problems = from_query({"preset": "sparse", "lang": "zh", "w_legs": "2"}, RewardConfig())
    assert (config, problems) == (RewardConfig(w_legs=2), [])


@pytest.mark.parametrize(
    "bad", ["", "ten", "nan", "inf", "-inf", "1e309", "1000001", "0x10", "1,5", "true", "1 2", "\x00"]
)
def test_a_bad_url_number_is_named_and_the_others_are_kept(bad: str) -> None:
    base = RewardConfig(w_angle=5)
    config, problems = from_query({"w_legs": "2", "w_angle": bad, "form": "progress"}, base)
    assert config == RewardConfig(w_legs=2, w_angle=5, form="progress")
    assert [p.params["field"] for p in problems] == ["w_angle"]


def test_each_bad_url_parameter_is_named() -> None:
    query = {"w_legs": "many", "replace_reward": "True", "form": "shaped", "scale": "nan", "w_crash": "7"}
    config, problems = from_query(query, RewardConfig())
    assert config == RewardConfig(w_crash=7)
    assert {p.params["field"]: p.code for p in problems} == {
        "w_legs": "not_a_number",
        "replace_reward": "not_a_bool",
        "form": "not_a_choice",
        "scale": "not_finite",
    }


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(ALL) | st.text(max_size=5), st.text(st.characters(), max_size=12), max_size=6),
    configs,
)
def test_arbitrary_urls_never_raise_and_change_only_what_they_could_name(
    query: dict[str, str], base: RewardConfig
) -> None:
    config, problems = from_query(query, base)
    named = {p.params["field"] for p in problems}
    assert named <= set(query) & set(ALL)
    for name in set(ALL) - (set(query) - named):
        assert getattr(config, name) == getattr(base, name)
