"""The language of own terms: kinds, places of errors, memory cut anywhere, forms, and values that are no numbers."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.insight.library import library_of
from playground.reward.account import Meter, decompose, reward_of
from playground.reward.expression.memory import Memory
from playground.reward.expression.program import Program, program_of
from playground.reward.expression.syntax import MAX_CHARACTERS, nearest, read
from playground.reward.expression.vocabulary import FUNCTIONS
from playground.reward.own import OwnTerm
from playground.reward.term import Transitions
from playground.words.errors import InvalidInput
from playground.words.say import say
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD
from tests.reward.reference_evaluator import reference

VOCABULARY = RewardConfig.vocabulary
EPISODES = library_of(WORLD).episodes
SHORT = sorted(EPISODES, key=len)[3]
LONG = next(episode for episode in EPISODES if len(episode) == 1000)
GAMMA = 0.9
REMEMBERS = (
    "total(delta(y)) + count(fires) * 0.5 - streak(vy < -0.1) + once(y < 0.5) + ever(left) + t / 7 + prev_action"
)


def values(text, episode=SHORT, form="state", gamma=GAMMA):
    return Program([(read(text, VOCABULARY), form)], VOCABULARY).evaluate(episode.transitions, gamma)[:, 0]


def refusal(text, form="state"):
    with pytest.raises(InvalidInput) as caught:
        Program([(read(text, VOCABULARY), form)], VOCABULARY)
    return caught.value


# ---------------------------------------------------------------------------------------------------------- errors

PLACES = [
    ("angel", "term_name_near", 1, 1, "angle"),
    ("1 + spped * 2", "term_name_near", 1, 5, "speed"),
    ("zzzqq", "term_name", 1, 1, ""),
    ("a = 1\nb = a + q9\nb", "term_name", 2, 9, ""),
    ("sqroot(x)", "term_function_near", 1, 1, "sqrt"),
    ("maximum(x, y)", "term_function_near", 1, 1, "max"),
    ("np.maximum(x, 0)", "term_dotted", 1, 1, "max"),
    ("math.sqrt(dist)", "term_dotted", 1, 1, "sqrt"),
    ("x(2)", "term_not_a_function", 1, 1, None),
    ("sqrt + 1", "term_function_alone", 1, 1, None),
    ("min(x)", "term_arguments", 1, 1, None),
    ("clip(x, 0)", "term_arguments", 1, 1, None),
    ("abs(x=1)", "term_keyword", 1, 1, None),
    ("min(*x)", "term_keyword", 1, 1, None),
    ("х + y", "term_lookalike", 1, 1, "x"),
    ("speed，1", "term_character", 1, 6, ","),
    ("x ≤ 1", "term_character", 1, 3, "<="),
    ("x and left", "term_no_condition", 1, 1, None),
    ("1 if y else 0", "term_no_condition", 1, 6, None),
    ("not dist", "term_no_condition", 1, 5, None),
    ("count(speed)", "term_no_condition", 1, 7, None),
    ("left or legs", "term_no_condition", 1, 9, None),
    ("left and legs", "term_no_condition", 1, 10, None),
    ("landed > 100", "term_truth_compared", 1, 1, None),
    ("sqrt(left)", "term_truth_argument", 1, 6, None),
    ("prev(action)", "term_no_prev", 1, 6, None),
    ("prev(landed)", "term_no_prev", 1, 6, None),
    ("prev(prev(x))", "term_prev_in_prev", 1, 6, None),
    ("prev(total(x))", "term_no_prev", 1, 6, None),
    ("1e13 * x", "term_number", 1, 1, None),
    ("x = 1", "term_no_value", 1, 1, None),
    ("x\ny", "term_two_values", 1, 1, None),
    ("for i in x: i", "term_statement", 1, 1, None),
    ("import os", "term_statement", 1, 1, None),
    ("x, y = 1, 2\nx", "term_target", 1, 1, None),
    ("x.real", "term_not_allowed", 1, 1, None),
    ("[x]", "term_not_allowed", 1, 1, None),
    ("'x'", "term_not_allowed", 1, 1, None),
    ("x if left", "term_syntax", 1, 1, None),
    ("x +", "term_unfinished", 1, 4, None),
    ("x // 2", "term_not_allowed", 1, 1, None),
    ("(lambda: x)()", "term_not_allowed", 1, 1, None),
    ("x is y", "term_not_allowed", 1, 1, None),
    ("x.__class__", "term_not_allowed", 1, 1, None),
    ("eval('x')", "term_function", 1, 1, None),
    ("", "term_empty", None, None, None),
    ("x" * (MAX_CHARACTERS + 1), "term_long", None, None, None),
    ("(" * 10_000, "term_long", None, None, None),
    ("(" * 250 + "x" + ")" * 250, "term_deep", None, None, None),
    ("abs(" * 61 + "x" + ")" * 61, "term_deep", None, None, None),
    ("+".join(["x"] * 1500), "term_big", None, None, None),
    ("+".join(["x**y"] * 80).replace("x", "(x+1)", 1), "term_costly", 1, 1, None),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "instead"), PLACES)
def test_an_error_names_the_place_and_the_nearest_name(text, code, line, column, instead):
    if code == "term_costly":
        text = " + ".join(f"(x + {number})**y" for number in range(80))
    error = refusal(text)
    assert error.code == code
    if line is not None:
        assert error.params["line"] == str(line)
        assert "column" not in error.params or column is None or error.params["column"] == str(column)
    if instead is not None:
        assert error.params["instead"] == instead
    assert "{" not in str(error).replace(text[:20], "")


@pytest.mark.parametrize(
    ("text", "value"), [("main", "main"), ("t", "t"), ("prev(x)", "prev"), ("total(x)", "total"), ("env", "env")]
)
def test_only_a_function_of_the_state_pays_as_progress_or_as_a_potential(text, value):
    for form in ("progress", "potential"):
        error = refusal(f"x + {text}", form)
        assert (error.code, error.params["value"], error.params["column"]) == ("term_not_of_state", value, "5")
    assert values(f"x + {text}").shape == (len(SHORT),)


def test_the_nearest_name_is_none_where_nothing_is_near():
    assert nearest("qqqqq", ["x", "angle"]) == ""


def test_every_function_and_word_is_explained_in_both_languages():
    for lang in ("en", "zh"):
        assert all(word.help[lang] for word in VOCABULARY)
    assert set(FUNCTIONS) == set(FUNCTIONS) & {function.help for function in FUNCTIONS.values()}


# ---------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("word", [word.name for word in VOCABULARY])
def test_every_word_is_what_the_definition_says(word):
    for episode in (SHORT, EPISODES[0], EPISODES[40]):
        np.testing.assert_allclose(values(word, episode), reference(word, episode, GAMMA), rtol=0, atol=1e-12)


def test_truths_count_as_numbers_and_stand_as_conditions():
    np.testing.assert_array_equal(values("left * 2 + right"), values("2 * (1 if left else 0) + (1 if right else 0)"))
    np.testing.assert_array_equal(values("not legs"), values("legs == 0"))
    np.testing.assert_array_equal(values("legs and y < 1"), values("legs > 0 and y < 1"))
    np.testing.assert_array_equal(values("left > 0.5"), values("left"))
    np.testing.assert_array_equal(values("left + left"), 2 * values("left"))


def test_a_name_of_a_line_comes_before_a_quantity_and_sees_the_lines_above_alone():
    np.testing.assert_array_equal(values("idle = speed\nidle = idle * 2\nidle"), values("speed * 2"))
    np.testing.assert_array_equal(values("cos = x\ncos * cos(x)"), values("x * cos(x)"))
    assert refusal("a = b\nb = 1\na").code == "term_name"


def test_python_binds_as_ever():
    x = values("x")
    np.testing.assert_allclose(values("-x**2 % 3"), [-(v**2) % 3 for v in x.tolist()], atol=1e-12)
    np.testing.assert_array_equal(values("0 < x < 0.5"), (x > 0) & (x < 0.5))
    np.testing.assert_array_equal(values("x < 1 if left else 0"), values("(x < 1) if left else 0"))
    np.testing.assert_allclose(values("x**0.5 if x > 0 else 0"), np.sqrt(np.maximum(x, 0)), atol=1e-12)


# ---------------------------------------------------------------------------------------------------------- memory


def test_memory_by_hand():
    fires = LONG.actions != 0
    np.testing.assert_array_equal(values("count(fires)", LONG), np.cumsum(fires))
    np.testing.assert_array_equal(values("t", LONG), np.arange(1, 1001))
    run, expected = 0, []
    for held in fires.tolist():
        run = run + 1 if held else 0
        expected.append(run)
    np.testing.assert_array_equal(values("streak(fires)", LONG), expected)
    once = values("once(fires)", LONG)
    assert once.sum() == 1
    assert once[np.flatnonzero(fires)[0]] == 1
    np.testing.assert_array_equal(values("ever(fires)", LONG), np.cumsum(fires) > 0)
    np.testing.assert_allclose(values("total(x)", LONG), np.cumsum(values("x", LONG)), rtol=0, atol=0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=6), st.integers(0, 3))
def test_pieces_are_the_whole_bit_for_bit(cuts, which):
    """Several episodes side by side, flown on in pieces of any length."""
    chosen = [EPISODES[(which * 31 + 7 * k) % len(EPISODES)] for k in range(9)]
    columns = [_end_to_end(chosen[k::3], 500) for k in range(3)]
    steps = Transitions(*(np.stack(arrays, axis=1) for arrays in zip(*columns, strict=True)))
    program = program_of(((REMEMBERS, "state"), ("streak(not main)", "state")), VOCABULARY)
    whole = program.evaluate(steps, GAMMA, Memory(3))
    edges = sorted({0, 500, *(cut for cut in np.cumsum(cuts).tolist() if cut < 500)})
    memory, pieces = Memory(3), []
    for start, stop in itertools.pairwise(edges):
        piece = Transitions(*(column[start:stop] for column in steps))
        again = Memory(3)
        again.load_state(memory.state())
        pieces.append(program.evaluate(piece, GAMMA, again))
        memory = again
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def _end_to_end(episodes, length):
    parts = [episode.transitions for episode in episodes]
    whole = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    return [np.resize(column, (length, *column.shape[1:])) for column in whole]


def test_a_wrapper_sees_one_step_after_the_other_and_pays_the_same():
    design = RewardConfig(replace_reward=True, own_terms=(OwnTerm("memory", REMEMBERS, weight=2.0),))
    whole = reward_of(decompose(SHORT.transitions, design, GAMMA), design)
    meter = Meter(design, GAMMA, 1)
    one_by_one = [
        meter.rewards(Transitions(*(column[i : i + 1, None] for column in SHORT.transitions)))[0, 0]
        for i in range(len(SHORT))
    ]
    np.testing.assert_array_equal(one_by_one, whole)


# ----------------------------------------------------------------------------------------------------------- forms


def test_forms_by_hand():
    design = RewardConfig(
        replace_reward=True,
        own_terms=(
            OwnTerm("a", "-dist", "state"),
            OwnTerm("b", "-dist", "progress"),
            OwnTerm("c", "-dist", "potential"),
        ),
    )
    for episode in (SHORT, LONG):
        observations = episode.observations.astype(np.float64)
        phi = -np.sqrt(observations[:, 0] ** 2 + observations[:, 1] ** 2)
        paid = decompose(episode.transitions, design, GAMMA)[:, 9:12]
        last = np.arange(len(episode)) == len(episode) - 1
        ended = last & episode.terminated
        np.testing.assert_allclose(paid[:, 0], phi[1:], atol=1e-12)
        np.testing.assert_allclose(paid[:, 1], np.where(ended, 0, phi[1:] - phi[:-1]), atol=1e-12)
        np.testing.assert_allclose(paid[:, 2], GAMMA * np.where(ended, 0, phi[1:]) - phi[:-1], atol=1e-12)


# ------------------------------------------------------------------------------------------------------- no numbers


@pytest.mark.parametrize(
    ("text", "column", "operation"),
    [
        ("1 / (left + right)", 6, "div"),
        ("log(y - 100)", 1, "log"),
        ("2 + exp(1000 * t)", 5, "exp"),
        ("(0 - 1)**0.3", 10, "pow"),
        ("x % left", 5, "mod"),
    ],
)
def test_a_value_that_is_no_number_is_placed_on_its_first_step(text, column, operation):
    program = program_of(((text, "state"),), VOCABULARY)
    fault = program.fault(SHORT.transitions, GAMMA)
    assert (fault.line, fault.column, fault.operation, fault.step) == (1, column, operation, (0,))
    design = RewardConfig(replace_reward=True, own_terms=(OwnTerm("fine", "x"), OwnTerm("odd", text)))
    with pytest.raises(InvalidInput) as caught:
        decompose(SHORT.transitions, design, GAMMA)
    assert caught.value.code == "term_no_number"
    assert (caught.value.params["term"], caught.value.params["step"]) == ("odd", "1")
    assert say("error.term_no_number", "zh", **caught.value.params)


@pytest.mark.parametrize(
    "text",
    [
        "1 / legs if legs else 0",
        "legs and 1 / legs > 0.6",
        "not legs or 1 / legs > 0.6",
        "0.4 / abs(vy) if vy < 0 else 0",
    ],
)
def test_what_a_condition_leaves_out_may_be_anything(text):
    program = program_of(((text, "state"),), VOCABULARY)
    for episode in (SHORT, LONG):
        assert program.fault(episode.transitions, GAMMA) is None
        np.testing.assert_allclose(values(text, episode), reference(text, episode, GAMMA), rtol=0, atol=1e-9)


def test_a_line_and_what_is_remembered_are_needed_on_every_step():
    for text in ("part = 1 / legs\npart if legs else 0", "total(1 / legs) if legs else 0"):
        fault = program_of(((text, "state"),), VOCABULARY).fault(SHORT.transitions, GAMMA)
        assert fault is not None
        assert fault.operation == "div"


def test_minus_zero_is_not_zero():
    np.testing.assert_array_equal(values("atan2(-0.0, -1) + 0 * atan2(0.0, -1)"), -np.pi)


def test_a_fault_on_a_later_step_and_line_is_placed_there():
    step = int(np.flatnonzero(LONG.actions == 2)[0])
    fault = program_of((("a = 1\nb = a + 1 / (1 - main)\nb", "state"),), VOCABULARY).fault(LONG.transitions, GAMMA)
    assert (fault.line, fault.column, fault.step) == (2, 14, (step,))
