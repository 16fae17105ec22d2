import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import Entry, result_of, training_entry
from playground.lab.notebook.fields import LIMITS, OBJECT_LIMIT, check_text, dump_object, now
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.spreadsheet import to_csv
from playground.lab.notebook.tree import arrange
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM)
PARENT = "ab" * 32
TIMES = [f"2026-01-{day:02}T00:00:00+00:00" for day in range(1, 29)]


def refusal(call, *arguments, **keywords):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments, **keywords)
    return caught.value.code


# texts


@pytest.mark.parametrize("text", ["", "Legs alone farm contact.", "腿接触会被刷分吗？", "a\u200db 🚀", "x" * 300])
def test_plain_text_of_any_language_may_be_a_hypothesis(text):
    assert Intent(text).hypothesis == text


@pytest.mark.parametrize("character", ["\n", "\t", "\r", "\0", "\x1b", "\x7f", "\x9b", "\u2028", "\ud800"])
def test_a_control_character_is_refused_and_named(character):
    with pytest.raises(InvalidInput) as caught:
        Intent(f"a{character}b")
    assert caught.value.code == "control_character"
    assert f"U+{ord(character):04X}" in str(caught.value)


@pytest.mark.parametrize("name", LIMITS)
def test_a_text_over_its_limit_is_refused(name):
    check_text(name, "x" * LIMITS[name])
    assert refusal(check_text, name, "x" * (LIMITS[name] + 1)) == "too_long"
    assert refusal(check_text, name, 3) == "not_text"


def test_only_a_note_has_lines():
    check_text("note", "one\n\ttwo")
    assert refusal(check_text, "name", "one\ntwo") == "control_character"
    assert refusal(check_text, "note", "one\x1b[31mtwo") == "control_character"


# intents


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("parent", "abcd", "not_a_key"),
        ("parent", None, "not_a_key"),
        ("change", None, "not_an_object"),
        ("change", [], "not_an_object"),
        ("prediction", "landing", "not_an_object"),
        ("prediction", {"landing": float("nan")}, "not_plain"),
        ("prediction", {"landing": object()}, "not_plain"),
        ("prediction", {"landing": "x" * OBJECT_LIMIT}, "too_long"),
        ("asked", "yesterday", "not_a_time"),
        ("asked", "2026-01-01T00:00:00", "not_a_time"),
        ("asked", "2026-01-01T00:00:00+02:00", "not_a_time"),
        ("asked", [], "not_a_time"),
    ],
)
def test_an_intent_that_cannot_be_is_refused_and_read_from_a_file_as_an_empty_one(field, value, code):
    assert refusal(Intent, **{field: value}) == code
    assert Intent.from_json({"hypothesis": "x", field: value}) == Intent()


def test_an_intent_comes_back_from_its_json():
    intent = Intent("legs farm", PARENT, {"w_legs": [0.0, 10.0]}, {"landing": 0.8}, now())
    assert Intent.from_json(json.loads(json.dumps(intent.to_json()))) == intent


@pytest.mark.parametrize("value", [None, [], "text", 3, {}, {"colour": "red"}])
def test_what_is_no_intent_is_read_as_an_empty_one(value):
    assert Intent.from_json(value) == Intent()


def test_a_newer_intent_wins_where_it_says_something():
    old = Intent("old", PARENT, {"seed": [0, 1]}, {"landing": 0.1}, TIMES[0])
    assert old.updated(Intent(asked=TIMES[1])) == old
    newer = old.updated(Intent("new", prediction={}))
    assert newer == replace(old, hypothesis="new", prediction={})
    assert old.updated(Intent(parent="cd" * 32)).change == {}  # the change was against the other parent


# changes


def test_changes_name_fields_of_the_reward_and_hyperparameters_with_both_values():
    other = replace(SPEC, reward=replace(GYMNASIUM, w_legs=20, form="state"), gamma=0.99, net_arch=(8, 8))
    assert changes(SPEC, other) == {
        "w_legs": [10.0, 20.0],
        "form": ["progress", "state"],
        "gamma": [0.995, 0.99],
        "net_arch": [[64, 64], [8, 8]],
    }
    assert changes(SPEC, SPEC) == {}


def test_changes_read_well():
    entry = Entry("ab", "training", change={"w_legs": [10.0, 20.0], "net_arch": [[64, 64], [8]], "odd": 3})
    assert entry.change_in_words == "w_legs 10 → 20, net_arch [64, 64] → [8]"
    assert entry.title == entry.change_in_words
    assert replace(entry, hypothesis="why").title == "why"
    assert replace(entry, hypothesis="why", name="mine").title == "mine"


def test_an_entry_in_words_leaves_out_what_is_empty():
    entry = Entry("ab", "training", created=TIMES[0], change={"seed": [0, 1]}, result={"steps": 64, "seconds": 1.25})
    words = {"key": "ab", "kind": "training", "state": "done", "created": TIMES[0], "change": "seed 0 → 1"}
    assert entry.in_words() == words | {"result": "steps 64, seconds 1.25"}
    assert replace(entry, starred=True).in_words()["starred"] == "yes"


# entries


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("key", "", "not_an_entry_key"),
        ("key", "A" * 64, "not_an_entry_key"),
        ("key", "a" * 65, "not_an_entry_key"),
        ("key", "../a", "not_an_entry_key"),
        ("kind", "dream", "not_a_choice"),
        ("state", "queued", "not_a_choice"),
        ("created", "now", "not_a_time"),
        ("hypothesis", "a\nb", "control_character"),
        ("change", [1], "not_an_object"),
        ("result", 3, "not_an_object"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(field, value, code):
    entry = Entry("ab", "training")
    assert refusal(replace, entry, **{field: value}) == code


def test_a_trainings_entry_says_what_was_meant_and_when():
    intent = Intent("legs farm", PARENT, {"seed": [0, 1]}, {"landing": 0.8}, TIMES[3])
    entry = training_entry(SPEC, intent, "running", None)
    assert (entry.key, entry.kind, entry.state, entry.created) == (SPEC.key, "training", "running", TIMES[3])
    assert (entry.hypothesis, entry.parent, entry.change) == ("legs farm", PARENT, {"seed": [0, 1]})
    assert entry.to_json()["spec"]["gamma"] == SPEC.gamma


def test_a_result_is_taken_from_the_manifest():
    summary = {"landing_rate": 0.5, "crash_rate": 0.25, "timeout_rate": 0.25, "native_return_mean": -3.5, "episodes": 4}
    manifest = {"summary": summary, "steps": 128, "seconds": 1.5, "created": "x"}
    expected = {name: value for name, value in summary.items() if name != "episodes"} | {"steps": 128, "seconds": 1.5}
    assert result_of(manifest) == expected


@pytest.mark.parametrize("value", [{1: float("inf")}, {"x": {"y": float("nan")}}, {"x": {1, 2}}])
def test_objects_that_are_no_json_are_refused(value):
    assert refusal(dump_object, "result", value) == "not_plain"


# the tree


def grow(parents):
    """Trainings ``a``, ``b``, … with these parents, oldest first."""
    return [
        Entry(chr(97 + i), "training", created=TIMES[i], parent=parent, change={"seed": [0, i]})
        for i, parent in enumerate(parents)
    ]


def drawn(entries):
    return " ".join(f"{branch.depth}{branch.entry.key}" for branch in arrange(entries))


def test_children_stand_below_their_parent_from_old_to_new():
    entries = grow(["", "a", "", "a", "b"])
    assert drawn(entries) == drawn(entries[::-1]) == "0a 1b 2e 1d 0c"
    assert arrange(entries)[2].entry.change == {"seed": [0, 4]}


def test_a_child_of_an_unknown_parent_is_a_root():
    assert drawn(grow(["", "z", "b"])) == "0a 0b 1c"


def test_a_ring_of_parents_is_cut_open_at_its_oldest():
    assert drawn(grow(["c", "a", "b", "", "c"])) == "0d 0a 1b 2c 3e"
    assert drawn(grow(["a"])) == "0a"


def test_a_thousand_generations_are_a_tree():
    entries = [Entry(f"k{i}", "training", created=TIMES[0], parent=f"k{i - 1}" if i else "") for i in range(1500)]
    assert [branch.depth for branch in arrange(entries)] == list(range(1500))


@given(st.lists(st.integers(-1, 11), min_size=1, max_size=12))
def test_any_tree_holds_every_entry_once_below_its_parent(parents):
    entries = grow(["" if p < 0 else chr(97 + p) for p in parents])
    branches = arrange(entries)
    assert sorted(branch.entry.key for branch in branches) == [entry.key for entry in entries]
    path = []
    for branch in branches:
        assert branch.depth <= len(path)
        path = path[: branch.depth]
        assert branch.depth == 0 or path[-1] == branch.entry.parent
        path.append(branch.entry.key)


# CSV


def rows_of(*entries):
    return list(csv.DictReader(io.StringIO(to_csv(entries), newline="")))


def test_a_csv_row_has_the_result_in_columns():
    entry = Entry(
        "ab", "training", note='two\nlines, "quoted"', result={"landing_rate": 0.5, "native_return_mean": -3.5}
    )
    (row,) = rows_of(entry)
    assert (row["key"], row["landing_rate"], row["native_return_mean"]) == ("ab", "0.5", "-3.5")
    assert row["note"] == entry.note
    assert (row["steps"], row["starred"], row["change"]) == ("", "False", "{}")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "=cmd|' /C calc'!A0", "＝1", "－1", "\u3000=1", "=", "\t=1", "\n=1"]
)
def test_a_text_that_a_spreadsheet_may_run_gets_an_apostrophe(text):
    entry = Entry("ab", "training", note=text)
    assert rows_of(entry)[0]["note"] == f"'{text}"


def test_other_texts_stand_in_a_csv_as_they_are():
    texts = ["1 = 1", "a-b", "腿", "'quoted'", "{}"]
    assert [row["note"] for row in rows_of(*(Entry("ab", "training", note=text) for text in texts))] == texts


@given(st.text(alphabet=st.sampled_from("=+-@ ab,;\"'\n\t1"), max_size=12))
def test_no_cell_of_a_csv_begins_like_a_formula(text):
    (row,) = rows_of(Entry("ab", "training", note=text))
    assert not row["note"].lstrip(" ").startswith(("=", "+", "-", "@"))
    assert row["note"].removeprefix("'") == text.removeprefix("'")
