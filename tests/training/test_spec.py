import dataclasses
import hashlib
import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.lab.models.store import ModelStore
from playground.reward.codec import changed_fields
from playground.reward.own import OwnTerm
from playground.reward.term import FORMS
from playground.training.algorithms import ALGORITHMS
from playground.training.spec import (
    BOUNDS,
    MAX_LAYERS,
    TrainSpec,
    changed_settings,
    dump_spec,
    for_algorithm,
    hyperparameters,
    parse_spec,
)
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig

PLAIN = TrainSpec(RewardConfig())

OTHER_VALUES = {
    "reward": RewardConfig(w_legs=1.0),
    "seed": 1,
    "steps": 499_999,
    "gamma": 0.99,
    "learning_rate": 1e-3,
    "schedule": "constant",
    "net_arch": (64,),
    "activation": "tanh",
    "n_envs": 31,
    "n_steps": 129,
    "batch_size": 511,
    "n_epochs": 5,
    "gae_lambda": 0.97,
    "clip_range": 0.1,
    "ent_coef": 0.01,
    "persistence": 0.9,
    "vf_coef": 0.4,
    "max_grad_norm": 0.4,
    "normalize_reward": False,
    "keep_best": False,
    "until_landing": 0.9,
    "init_from": "0" * 64,
    "algorithm": "a2c",
    "seconds": 1.5,
}
ONE_CHOICE = {"env", "settings"}
"""``ppo`` has no settings of its own; those of others are tried apart."""


def numbers(low, high, whole):
    return st.integers(int(low), int(high)) if whole else st.floats(low, high, allow_nan=False)


weights = st.floats(-1e6, 1e6, allow_nan=False)
rewards = st.builds(
    RewardConfig,
    w_distance=weights,
    w_crash=weights,
    penalty_time=weights,
    scale=weights,
    form=st.sampled_from(FORMS),
    replace_reward=st.booleans(),
)
specs = st.builds(
    TrainSpec,
    reward=rewards,
    schedule=st.sampled_from(["linear", "constant"]),
    activation=st.sampled_from(["tanh", "relu"]),
    normalize_reward=st.booleans(),
    keep_best=st.booleans(),
    net_arch=st.lists(st.integers(1, 1024), max_size=MAX_LAYERS).map(tuple),
    **{name: numbers(bounds.low, bounds.high, bounds.whole) for name, bounds in BOUNDS.items()},
)


def as_file(**changes):
    values = json.loads(dump_spec(PLAIN)) | changes
    return json.dumps(values)


def refusal(make, *arguments, **keywords):
    with pytest.raises(InvalidInput) as caught:
        make(*arguments, **keywords)
    return caught.value


def test_every_field_of_a_spec_is_tried_below():
    names = {f.name for f in dataclasses.fields(TrainSpec)}
    assert set(OTHER_VALUES) | ONE_CHOICE == names


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_each_field_changes_the_key(name):
    assert dataclasses.replace(PLAIN, **{name: OTHER_VALUES[name]}).key != PLAIN.key


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(RewardConfig)])
def test_each_field_of_the_reward_changes_the_key(name):
    own = (OwnTerm("soft", "-speed"),)
    other = {"form": "progress", "replace_reward": True, "own_terms": own}.get(name, 0.25)
    assert TrainSpec(RewardConfig(**{name: other})).key != PLAIN.key


def test_the_key_is_the_sha256_of_the_canonical_bytes():
    assert hashlib.sha256(dump_spec(PLAIN)).hexdigest() == PLAIN.key
    assert len(PLAIN.key) == 64


def test_canonical_json_holds_every_setting_sorted_and_without_spaces():
    text = dump_spec(TrainSpec(PRESETS[0].config)).decode()
    values = json.loads(text)
    assert set(values) == {f.name for f in dataclasses.fields(TrainSpec)} - {"settings", "seconds"} | {"schema"}
    assert " " not in text
    assert text == json.dumps(values, sort_keys=True, separators=(",", ":"))


def test_a_whole_number_and_its_float_are_one_key():
    whole = TrainSpec(RewardConfig(w_distance=100, scale=2), gamma=1, ent_coef=0, vf_coef=1, max_grad_norm=1)
    floats = TrainSpec(RewardConfig(w_distance=100.0, scale=2.0), gamma=1.0, ent_coef=0.0, vf_coef=1.0, max_grad_norm=1)
    assert whole.key == floats.key
    assert dump_spec(whole) == dump_spec(floats)


def test_minus_zero_is_zero():
    minus = TrainSpec(RewardConfig(w_legs=-0.0, w_env=-0.0), gamma=-0.0, ent_coef=-0.0)
    plus = TrainSpec(RewardConfig(w_legs=0.0, w_env=0.0), gamma=0.0, ent_coef=0.0)
    assert minus.key == plus.key


def test_the_order_of_the_fields_in_the_file_does_not_matter():
    values = json.loads(dump_spec(PLAIN))
    values["reward"] = dict(reversed(values["reward"].items()))
    turned = json.dumps(dict(reversed(values.items())), indent=4)
    assert turned.encode() != dump_spec(PLAIN)
    assert parse_spec(turned).key == PLAIN.key


def test_how_a_number_is_spelled_in_the_file_does_not_matter():
    text = as_file().replace('"learning_rate": 0.0015', '"learning_rate": 1.5e-3').replace("0.995", "0.99500")
    assert "1.5e-3" in text
    assert parse_spec(text).key == PLAIN.key


def test_settings_left_out_take_their_default():
    assert parse_spec('{"schema": 1, "reward": {}}') == PLAIN
    assert parse_spec('{"schema": 1, "reward": {"w_legs": 3}, "seed": 7}') == TrainSpec(
        RewardConfig(w_legs=3.0), seed=7
    )


def test_presets_have_different_keys():
    keys = {TrainSpec(preset.config).key for preset in PRESETS}
    assert len(keys) == len(PRESETS)


@given(specs)
def test_a_spec_comes_back_from_its_file_with_its_key(spec):
    again = parse_spec(dump_spec(spec))
    assert again == spec
    assert again.key == spec.key
    assert dump_spec(again) == dump_spec(spec)


@given(specs, specs)
def test_specs_have_the_same_key_only_if_they_are_equal(one, other):
    assert (one.key == other.key) == (one == other)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_as_bad_input_and_nothing_else(data):
    with pytest.raises(InvalidInput):
        parse_spec(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*OTHER_VALUES, *ONE_CHOICE, "schema"]), JSON_VALUES)
def test_any_json_value_in_any_field_is_read_or_refused_as_bad_input(name, value):
    try:
        spec = parse_spec(as_file(**{name: value}))
    except InvalidInput:
        return
    assert parse_spec(dump_spec(spec)) == spec


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("outside", ["low", "high"])
def test_a_number_outside_its_bounds_names_its_field(name, outside):
    bounds = BOUNDS[name]
    step = 1 if bounds.whole else 1e-9
    value = int(bounds.low) - 1 if bounds.whole else bounds.low - step
    if outside == "high":
        value = int(bounds.high) + 1 if bounds.whole else bounds.high + 1e-6
    error = refusal(dataclasses.replace, PLAIN, **{name: value})
    assert (error.code, error.params["field"]) == ("out_of_range", name)
    assert name in str(error)


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("edge", ["low", "high"])
def test_the_bounds_themselves_are_allowed(name, edge):
    value = getattr(BOUNDS[name], edge)
    value = int(value) if BOUNDS[name].whole else value
    assert getattr(dataclasses.replace(PLAIN, **{name: value}), name) == value


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_what_is_no_number_names_its_field(name, value):
    error = refusal(dataclasses.replace, PLAIN, **{name: value})
    assert (error.code, error.params["field"]) == ("not_a_number", name)


@pytest.mark.parametrize("name", [name for name, bounds in BOUNDS.items() if bounds.whole])
def test_a_fraction_where_a_whole_number_belongs_names_its_field(name):
    error = refusal(dataclasses.replace, PLAIN, **{name: 64.0})
    assert (error.code, error.params["field"]) == ("not_an_integer", name)


@pytest.mark.parametrize("name", [name for name, bounds in BOUNDS.items() if not bounds.whole])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_name_their_field(name, value):
    error = refusal(dataclasses.replace, PLAIN, **{name: value})
    assert (error.code, error.params["field"]) == ("not_finite", name)


@pytest.mark.parametrize("name", ["schedule", "activation", "algorithm"])
@pytest.mark.parametrize("value", ["", "LINEAR", 1, None, []])
def test_an_unknown_choice_names_its_field_and_the_choices(name, value):
    error = refusal(dataclasses.replace, PLAIN, **{name: value})
    assert (error.code, error.params["field"]) == ("not_a_choice", name)
    assert error.params["choices"]


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_normalize_reward_takes_true_or_false_only(value):
    error = refusal(dataclasses.replace, PLAIN, normalize_reward=value)
    assert (error.code, error.params["field"]) == ("not_a_bool", "normalize_reward")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ((8,) * (MAX_LAYERS + 1), "out_of_range"),
        ([64, 64], "out_of_range"),
        ((0,), "out_of_range"),
        ((1025,), "out_of_range"),
        ((8.0,), "not_an_integer"),
        (("8",), "not_a_number"),
        ((True,), "not_a_number"),
    ],
)
def test_impossible_layers_name_net_arch(value, code):
    error = refusal(dataclasses.replace, PLAIN, net_arch=value)
    assert error.code == code
    assert error.params["field"].startswith("net_arch")


def test_a_reward_that_is_out_of_range_names_the_weight():
    error = refusal(parse_spec, as_file(reward={"w_angle": 1e7}))
    assert (error.code, error.params["field"]) == ("too_large", "w_angle")


@pytest.mark.parametrize("value", [None, 3, "gymnasium", []])
def test_a_spec_without_a_reward_object_is_refused(value):
    assert refusal(parse_spec, as_file(reward=value)).code == "not_an_object"


def test_an_unknown_setting_names_itself():
    error = refusal(parse_spec, as_file(learning_rat=1e-3))
    assert (error.code, error.params["field"]) == ("unknown_field", "learning_rat")


def test_an_unknown_field_of_the_reward_names_itself():
    error = refusal(parse_spec, as_file(reward={"w_speed": 1}))
    assert (error.code, error.params["field"]) == ("unknown_field", "w_speed")


@pytest.mark.parametrize("env", ["LunarLander-v2", "Acrobot-v1", "", None])
def test_another_environment_is_refused(env):
    assert refusal(parse_spec, as_file(env=env)).code == "other_environment"


def test_a_reward_of_another_world_than_the_file_names_is_refused():
    error = refusal(parse_spec, as_file(env="CartPole-v1", reward={"w_legs": 1.0}))
    assert (error.code, error.params["field"]) == ("unknown_field", "w_legs")


@pytest.mark.parametrize(
    ("schema", "code"), [(3, "newer_schema"), (0, "out_of_range"), (True, "not_an_integer"), ("1", "not_an_integer")]
)
def test_another_schema_is_refused(schema, code):
    assert refusal(parse_spec, as_file(schema=schema)).code == code


def test_a_file_without_schema_is_refused():
    assert refusal(parse_spec, '{"reward": {}}').code == "missing_schema"


def test_a_field_that_stands_twice_is_refused():
    error = refusal(parse_spec, '{"schema": 1, "reward": {}, "seed": 1, "seed": 2}')
    assert (error.code, error.params["field"]) == ("duplicate_field", "seed")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_file_with_nan_or_infinity_names_the_field(word):
    error = refusal(parse_spec, as_file(gamma="?").replace('"?"', word))
    assert (error.code, error.params["field"]) == ("not_finite", "gamma")


def test_hyperparameters_are_every_field_but_the_reward():
    table = hyperparameters(PLAIN)
    assert set(table) == {f.name for f in dataclasses.fields(TrainSpec)} - {"reward", "settings", "seconds"}
    assert table["n_envs"] == PLAIN.n_envs


def test_fields_that_came_later_left_every_older_key_as_it_was():
    """The key of the shipped Gymnasium model, and its file, were made before there was another algorithm."""
    model = ModelStore().resolve("gymnasium")
    assert dump_spec(model.spec) == model.read("spec.json")
    assert model.spec.key == model.key


OTHERS = [name for name, algorithm in ALGORITHMS.items() if not algorithm.in_spec]
START = "0" * 64


def other(name, **changes):
    start = {"init_from": START} if ALGORITHMS[name].needs_start else {}
    return TrainSpec(RewardConfig(), algorithm=name, **start, **changes)


@pytest.mark.parametrize("name", OTHERS)
def test_every_setting_of_another_algorithm_is_in_its_file_and_changes_the_key(name):
    plain = other(name)
    written = json.loads(dump_spec(plain))
    assert written["settings"] == json.loads(json.dumps({n: s.default for n, s in ALGORITHMS[name].settings.items()}))
    assert not {"clip_range", "n_envs", "net_arch", "schedule"} & set(written)
    keys = {plain.key}
    for setting, described in ALGORITHMS[name].settings.items():
        value = described.default
        changed = not value if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else None
        changed = {tuple: (7,), str: "state"}.get(type(value), changed)
        keys.add(other(name, settings=((setting, changed),)).key)
    assert len(keys) == 1 + len(ALGORITHMS[name].settings)


@pytest.mark.parametrize("name", OTHERS)
def test_a_spec_of_another_algorithm_survives_its_file(name):
    values = {"hidden": (3, 4), "learning_rate": 0.5}
    for settings in ((), tuple((n, values[n]) for n in values if n in ALGORITHMS[name].settings)):
        spec = other(name, settings=settings, seconds=2.0)
        assert parse_spec(dump_spec(spec)) == spec


def test_a_setting_at_its_default_is_no_other_spec():
    default = ALGORITHMS["grpo"].settings["group_size"].default
    text = dump_spec(other("grpo")).decode()
    assert parse_spec(text) == other("grpo")
    assert changed_settings("grpo", {"group_size": default}) == ()
    assert (
        other("grpo", settings=changed_settings("grpo", {"learning_rate": 1})).key
        == other("grpo", settings=(("learning_rate", 1.0),)).key
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"settings": (("colour", 1),)}, "unknown_setting"),
        ({"settings": (("group_size", 2.5),)}, "not_an_integer"),
        ({"settings": (("group_size", "many"),)}, "not_a_number"),
        ({"settings": (("learning_rate", math.nan),)}, "not_finite"),
        ({"settings": (("hidden", ()),)}, "out_of_range"),
        ({"settings": (("hidden", (0,)),)}, "out_of_range"),
        ({"clip_range": 0.1}, "unknown_setting"),
        ({"n_envs": 4}, "unknown_setting"),
        ({"seconds": -1.0}, "out_of_range"),
    ],
)
def test_a_setting_that_grpo_cannot_have_names_itself(changes, code):
    error = refusal(other, "grpo", **changes)
    assert error.code == code
    assert error.params["field"].split()[0] in str(changes)


def test_settings_belong_to_other_algorithms_than_ppo():
    assert refusal(dataclasses.replace, PLAIN, settings=(("group_size", 4),)).code == "unknown_setting"


def test_an_algorithm_that_cannot_start_from_a_model_says_so_and_one_that_must_does_too():
    assert refusal(TrainSpec, RewardConfig(), algorithm="dqn", init_from=START).code == "no_start"
    assert refusal(TrainSpec, RewardConfig(), algorithm="dpo").code == "needs_start"


@pytest.mark.parametrize("value", [3, [], "group_size"])
def test_settings_that_are_no_object_are_refused(value):
    assert refusal(parse_spec, as_file(algorithm="grpo", settings=value)).code == "not_an_object"


def test_the_same_task_for_another_algorithm_keeps_what_all_have():
    spec = TrainSpec(RewardConfig(w_legs=3.0), seed=4, steps=999, gamma=0.9, n_envs=8, learning_rate=1e-4)
    there = for_algorithm(spec, "trpo")
    assert (there.reward, there.seed, there.steps, there.gamma) == (spec.reward, 4, 999, 0.9)
    assert there.settings == ()
    assert for_algorithm(spec, "ppo") == spec
    assert for_algorithm(spec, "ppo-article").gamma == 0.99


def test_an_algorithm_that_needs_more_steps_gets_them_unless_somebody_chose():
    usual = TrainSpec(RewardConfig())
    assert ALGORITHMS["grpo"].steps > usual.steps
    assert for_algorithm(usual, "grpo").steps == ALGORITHMS["grpo"].steps
    assert for_algorithm(usual, "trpo").steps == usual.steps
    assert for_algorithm(replace(usual, steps=999), "grpo").steps == 999


def test_tables_show_the_settings_that_the_algorithm_has():
    table = hyperparameters(other("grpo", settings=(("group_size", 4),)))
    assert table["group_size"] == 4
    assert "clip_range" not in table


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_the_reward_in_the_file_is_what_the_spec_changes(preset):
    """A term that is added later, at its default, must not change the keys of models that are there."""
    written = json.loads(dump_spec(TrainSpec(preset.config)))["reward"]
    assert written == changed_fields(preset.config)
    assert RewardConfig(**written) == preset.config
    assert json.loads(dump_spec(PLAIN))["reward"] == {}


@pytest.mark.parametrize(
    ("changes", "usual"),
    [
        ({"seed": 7, "gamma": 0.99}, True),
        ({"steps": 2_000_000}, True),
        ({"until_landing": 0.94}, True),
        ({"steps": 20_000}, False),
        ({"learning_rate": 1e-6}, False),
        ({"algorithm": "trpo"}, False),
        ({"init_from": "0" * 64}, False),
    ],
)
def test_a_forecast_speaks_of_the_usual_settings(changes, usual):
    assert TrainSpec(RewardConfig(w_legs=3.0), **changes).usual == usual


def test_when_another_algorithm_stops_early_is_in_its_file_only_if_it_does():
    """Older files of other algorithms have no such field, and their keys have to stay."""
    assert "until_landing" not in json.loads(dump_spec(other("grpo")))
    early = other("grpo", until_landing=0.5)
    assert json.loads(dump_spec(early))["until_landing"] == 0.5
    assert parse_spec(dump_spec(early)) == early
    assert json.loads(dump_spec(PLAIN))["until_landing"] == 0.0
