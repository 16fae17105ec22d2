import csv
import io
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.lab.locks import lock
from playground.lab.models.model import MANIFEST
from playground.lab.models.store import ModelStore, write_model
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import KINDS, STATES, Entry, training_entry
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import FILE, MIGRATIONS, Notebook, Rebuilt
from playground.lab.queue.job_folder import JobFolder
from playground.lab.queue.local import Local
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM, steps=128)
SUMMARY = {"landing_rate": 0.5, "crash_rate": 0.25, "timeout_rate": 0.25, "native_return_mean": -12.5, "episodes": 4}
RESULT = {name: value for name, value in SUMMARY.items() if name != "episodes"} | {"steps": 128, "seconds": 1.5}


@pytest.fixture
def store(tmp_path):
    (tmp_path / "shipped").mkdir()
    return ModelStore(tmp_path / "home", tmp_path / "shipped")


@pytest.fixture
def notebook(store):
    return Notebook(store, patience=0.3)


def refusal(call, *arguments, **keywords):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def when(minute):
    return (datetime.fromisoformat("2026-01-01T00:00:00+00:00") + timedelta(minutes=minute)).isoformat()


def remark(key, minute=0, **fields):
    return Entry(key, "comparison", created=when(minute), **fields)


def train(store, spec, intent, folder=None):
    """A model as a training leaves it, and its entry; no policy in it."""
    manifest = {"created": when(99), "summary": SUMMARY, "steps": 128, "seconds": 1.5, "notebook": intent.to_json()}
    files = dict.fromkeys(("policy.safetensors", "scorecard.json", "curve.csv", "model.zip"), b"")
    write_model(folder or store.home / spec.key, spec.key, files | {"spec.json": dump_spec(spec)}, manifest)
    return training_entry(spec, intent, "done", RESULT)


def family(store, count=4):
    """Trained models, each with another seed than the one before, and their entries, newest first."""
    entries, before = [], None
    for seed in range(count):
        spec = replace(SPEC, seed=seed)
        change = {} if before is None else changes(before, spec)
        parent = "" if before is None else before.key
        intent = Intent(f"seed {seed} lands", parent, change, {"landing": 0.1 * seed}, when(seed))
        entries.append(train(store, spec, intent))
        before = spec
    return entries[::-1]


# round trip

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
OBJECTS = st.dictionaries(
    st.text(max_size=5).filter(str.isprintable),
    st.recursive(
        PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5
    ),
    max_size=4,
)
ENTRIES = st.builds(
    Entry,
    key=st.from_regex(r"[0-9a-z][0-9a-z-]{0,63}", fullmatch=True),
    kind=st.sampled_from(KINDS),
    state=st.sampled_from(STATES),
    created=st.integers(0, 10**6).map(when),
    hypothesis=TEXTS,
    parent=st.text("0123456789abcdef", max_size=64),
    change=OBJECTS,
    prediction=st.none() | OBJECTS,
    result=st.none() | OBJECTS,
    spec=st.just("") | st.just(dump_spec(SPEC).decode()),
    name=TEXTS,
    note=TEXTS,
    starred=st.booleans(),
    archived=st.booleans(),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=6, unique_by=lambda entry: entry.key))
def test_what_is_recorded_is_read_back(tmp_path_factory, entries):
    notebook = Notebook(ModelStore(tmp_path_factory.mktemp("home")))
    notebook.record(*entries)
    assert [notebook.get(entry.key) for entry in entries] == entries
    listed = notebook.entries(archived=None)
    assert sorted(listed, key=lambda entry: entry.key) == sorted(entries, key=lambda entry: entry.key)
    assert [entry.created for entry in listed] == sorted((entry.created for entry in entries), reverse=True)


@settings(max_examples=25, deadline=None)
@given(ENTRIES, st.data())
def test_an_entry_is_found_by_any_word_of_its_texts_in_any_case(tmp_path_factory, entry, data):
    notebook = Notebook(ModelStore(tmp_path_factory.mktemp("home")))
    notebook.record(entry, Entry("zzz-other", "training"))
    word = data.draw(st.sampled_from(f"{entry.name} {entry.hypothesis} {entry.note} {entry.key}".split()))
    start = data.draw(st.integers(0, len(word) - 1))
    for query in (word[start:], word[: start + 1].casefold(), f" {word}  {entry.key} "):
        assert entry in notebook.entries(query, archived=None)
    assert entry not in notebook.entries(f"{word} zzz-other", archived=None)


# reading


def test_an_empty_home_has_an_empty_notebook_and_reading_makes_no_file(notebook, store):
    assert notebook.entries() == notebook.tree() == []
    notebook.settle()
    assert refusal(notebook.get, "abcd") == "unknown_entry"
    assert not store.home.exists()


def test_entries_are_filtered_and_paged_newest_first(notebook):
    notebook.record(
        *(remark(f"c{i}", i, starred=i % 2 == 0, archived=i == 4) for i in range(6)),
        Entry("t", "training", created=when(9)),
    )

    def keys(**filters):
        return "".join(entry.key for entry in notebook.entries(**filters))

    assert keys() == "tc5c3c2c1c0"
    assert keys(archived=None) == "tc5c4c3c2c1c0"
    assert keys(archived=True) == "c4"
    assert keys(kind="comparison", starred=True) == "c2c0"
    assert keys(starred=False, kind="comparison", limit=2) == "c5c3"
    assert keys(limit=2, offset=3) == "c2c1"
    assert keys(limit=0) == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("legs", "ba"),
        ("LEGS", "ba"),
        ("legs farm", "a"),
        ("farm  legs", "a"),
        ("w_time", "b"),
        ("腿", "c"),
        ("ÄRGER", "c"),
        ("100%", "d"),
        ("%", "d"),
        ("_", "b"),
        ("'; DROP TABLE entries; --", ""),
        ("\udcff", ""),
        ("\0", ""),
        ("", "dcba"),
    ],
)
def test_a_query_is_words_that_must_all_occur(notebook, query, found):
    notebook.record(
        remark("a", 1, hypothesis="Legs alone farm contact"),
        remark("b", 2, name="no legs", change={"w_time": [0, 1]}),
        remark("c", 3, note="腿接触\nÄrger"),
        remark("d", 4, note="lands 100%"),
    )
    assert "".join(entry.key for entry in notebook.entries(query)) == found


def test_entries_of_one_moment_are_listed_last_recorded_first(notebook):
    notebook.record(*(remark(key) for key in "bca"))
    assert [entry.key for entry in notebook.entries()] == ["a", "c", "b"]


@pytest.mark.parametrize("prefix", ["abcd1", "abcd1f"])
def test_an_entry_is_found_by_the_first_letters_of_its_key(notebook, prefix):
    notebook.record(remark("abcd1fff"), remark("abcd2fff"), remark("abc"))
    assert notebook.get(prefix).key == "abcd1fff"
    assert notebook.get("abc").key == "abc"  # a whole key is no prefix


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("abcd", "ambiguous_entry"),
        ("a", "ambiguous_entry"),
        ("ffff", "unknown_entry"),
        ("", "unknown_entry"),
        ("%", "unknown_entry"),
        ("../x", "unknown_entry"),
        ("ABCD1", "unknown_entry"),
        ("\udcff\0", "unknown_entry"),
        ("a" * 1000, "unknown_entry"),
    ],
)
def test_an_unknown_or_ambiguous_key_is_told(notebook, key, code):
    notebook.record(remark("abcd1fff"), remark("abcd2fff"))
    assert refusal(notebook.get, key) == code
    assert refusal(notebook.edit, key, name="x") == code


def test_a_thousand_entries_are_listed_within_a_fifth_of_a_second(notebook):
    notebook.record(
        *(remark(f"c{i}", i, hypothesis="x" * 200, change={"seed": [0, i]}, result=RESULT) for i in range(1000))
    )
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        assert len(notebook.entries("c99")) == 11
        assert len(notebook.entries()) == 1000
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.2


# writing


def test_people_add_a_name_a_note_a_star_and_put_away(notebook):
    notebook.record(remark("abcd", hypothesis="why"))
    edited = notebook.edit("ab", name="Mine", note="two\nlines", starred=True, archived=True)
    assert notebook.get("abcd") == edited
    assert (edited.name, edited.note, edited.starred, edited.archived) == ("Mine", "two\nlines", True, True)
    assert notebook.edit("abcd") == edited
    again = notebook.edit("abcd", name="", starred=False)
    assert notebook.get("abcd") == again == replace(edited, name="", starred=False)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"name": "a\nb"}, "control_character"),
        ({"note": "x" * 4001}, "too_long"),
        ({"name": "\ud800"}, "control_character"),
    ],
)
def test_texts_that_cannot_stand_in_the_notebook_change_nothing(notebook, texts, code):
    notebook.record(remark("abcd", name="before"))
    assert refusal(notebook.edit, "abcd", starred=True, **texts) == code
    assert notebook.get("abcd") == remark("abcd", name="before")


def test_an_entry_begun_anew_keeps_what_people_added_and_what_the_new_one_leaves_empty(notebook):
    parent = "ab" * 32
    first = training_entry(SPEC, Intent("why", parent, {"seed": [1, 0]}, {"landing": 1}, when(1)), "done", RESULT)
    notebook.record(first)
    notebook.edit(first.key, name="Mine", note="n", starred=True, archived=True)
    notebook.record(training_entry(SPEC, Intent(asked=when(2)), "running", None))
    expected = replace(first, name="Mine", note="n", starred=True, archived=True, state="running", result=None)
    assert notebook.get(first.key) == replace(expected, created=when(2))
    notebook.record(training_entry(SPEC, Intent("because", "cd" * 32, {}, {}, when(3)), "running", None))
    found = notebook.get(first.key)
    assert (found.hypothesis, found.parent, found.change, found.prediction) == ("because", "cd" * 32, {}, {})
    assert len(notebook.entries(archived=None)) == 1


def test_an_entry_ends_with_a_result(notebook):
    notebook.record(remark("abcd", state="running"))
    notebook.finish("abcd", {"wins": 3})
    assert notebook.get("abcd") == remark("abcd", result={"wins": 3})
    assert refusal(notebook.finish, "ffff", {}) == "unknown_entry"
    assert refusal(notebook.finish, "abcd", {}, "happy") == "not_a_choice"
    assert refusal(notebook.finish, "abcd", {"x": float("nan")}) == "not_plain"


def test_all_entries_of_one_call_are_recorded_or_none(notebook):
    assert refusal(notebook.record, remark("a"), remark("b", result={"x": float("inf")})) == "not_plain"
    assert notebook.entries() == []


# the tree and the CSV


def test_the_tree_names_what_each_child_changed(notebook, store):
    notebook.record(*family(store, 3), remark("comparison"))
    branches = notebook.tree()
    assert [(branch.depth, branch.entry.change) for branch in branches] == [
        (0, {}),
        (1, {"seed": [0, 1]}),
        (2, {"seed": [1, 2]}),
    ]
    notebook.edit(branches[1].entry.key, archived=True)
    assert [branch.depth for branch in notebook.tree()] == [0, 0]
    assert [branch.depth for branch in notebook.tree(archived=None)] == [0, 1, 2]


def test_the_csv_holds_every_entry_and_runs_nothing(notebook):
    notebook.record(remark("a", hypothesis="=1+1"), remark("b", 1, archived=True, result=RESULT))
    rows = list(csv.DictReader(io.StringIO(notebook.export_csv())))
    assert [(row["key"], row["hypothesis"], row["native_return_mean"]) for row in rows] == [
        ("b", "", "-12.5"),
        ("a", "'=1+1", ""),
    ]


# designs


def test_a_design_is_named_by_preset_or_key_even_when_its_model_is_gone(notebook, store):
    child, parent = family(store, 2)
    notebook.record(child, parent)
    train(store, SPEC, Intent(), store.shipped / "gymnasium")
    assert notebook.find_design("gymnasium") == SPEC.key
    assert notebook.find_design(child.key[:10]) == child.key
    store.delete(child.key)
    assert notebook.find_design(child.key[:10]) == child.key
    assert notebook.spec_of(child.key) == replace(SPEC, seed=1)
    assert notebook.spec_of(SPEC.key) == SPEC
    assert notebook.spec_of("ef" * 32) is None
    assert refusal(notebook.find_design, "no-such-design") == "unknown_model"
    notebook.record(replace(child, key="ffff0"), replace(child, key="ffff1"))
    assert refusal(notebook.find_design, "ffff") == "ambiguous_entry"


# settling


def test_a_training_whose_process_died_is_interrupted_and_a_living_one_runs_on(notebook, store):
    board = Local(store)
    dead, alive = replace(SPEC, seed=1), replace(SPEC, seed=2)
    for spec in (dead, alive):
        board.open(spec)
        board.folder(spec.key).write(replace(board.folder(spec.key).read(), state="running", pid=2**22 - 1))
    notebook.record(*(training_entry(spec, Intent(), "running", None) for spec in (dead, alive, SPEC)))
    with lock(board.store.home, alive.key).acquire(timeout=0):
        notebook.settle()
    states = {entry.key: entry.state for entry in notebook.entries()}
    assert states == {dead.key: "interrupted", alive.key: "running", SPEC.key: "interrupted"}


def test_a_model_that_is_gone_is_deleted_and_one_that_is_there_is_done(notebook, store):
    child, parent = family(store, 2)
    notebook.record(replace(child, state="interrupted", result=None), parent)
    store.delete(parent.key)
    notebook.settle()
    assert notebook.get(parent.key) == replace(parent, state="deleted")
    assert notebook.get(child.key) == child
    before = notebook.database.path.read_bytes()
    notebook.settle()
    assert notebook.database.path.read_bytes() == before


def test_settling_does_not_overwrite_what_a_training_wrote_meanwhile(notebook, store, monkeypatch):
    notebook.record(training_entry(SPEC, Intent(), "running", None))

    def ends_now(folder):
        notebook.finish(folder.key, RESULT)

    monkeypatch.setattr(JobFolder, "look", ends_now)
    notebook.settle()
    assert notebook.get(SPEC.key).state == "done"


# rebuilding


def test_a_lost_notebook_is_rebuilt_from_the_models(notebook, store):
    entries = family(store)
    notebook.record(*entries[::-1])
    assert notebook.entries() == entries
    notebook.database.path.unlink()
    assert notebook.rebuild() == Rebuilt(models=4, kept=0, aside=None)
    assert notebook.entries() == entries
    assert [branch.depth for branch in notebook.tree()] == [0, 1, 2, 3]


def test_a_rebuild_changes_nothing_where_all_is_well(notebook, store):
    notebook.record(*family(store), remark("comparison", 50))
    notebook.edit(SPEC.key, name="Mine", note="n", starred=True, archived=True)
    before = notebook.entries(archived=None)
    assert notebook.rebuild() == Rebuilt(models=4, kept=5, aside=None)
    assert notebook.entries(archived=None) == before
    assert notebook.rebuild().kept == 5


def test_a_rebuild_adds_what_is_missing_and_marks_what_is_gone(notebook, store):
    newest, *older = family(store, 3)
    notebook.record(*older)
    store.delete(older[0].key)
    notebook.rebuild()
    assert notebook.entries() == [newest, replace(older[0], state="deleted"), older[1]]


def test_shipped_models_have_no_entries(notebook, store):
    train(store, SPEC, Intent(), store.shipped / "gymnasium")
    assert notebook.rebuild().models == 0
    assert notebook.entries() == []


def test_a_model_older_than_the_notebook_gets_an_entry_of_the_time_it_was_done(notebook, store):
    train(store, SPEC, Intent())
    path = store.home / SPEC.key / MANIFEST
    manifest = json.loads(path.read_text())
    for told in (None, {"hypothesis": "a\nb", "asked": 3}, "nonsense"):
        path.write_text(json.dumps(manifest | {"notebook": told}))
        notebook.rebuild()
        assert notebook.get(SPEC.key) == replace(training_entry(SPEC, Intent(), "done", RESULT), created=when(99))


def test_a_model_with_a_damaged_spec_does_not_stop_a_rebuild(notebook, store):
    entries = family(store, 2)
    (store.home / entries[1].key / "spec.json").write_bytes(b"{")
    assert notebook.rebuild().models == 1
    assert notebook.entries() == entries[:1]


def test_a_damaged_notebook_is_moved_aside_and_rebuilt(notebook, store):
    entries = family(store)
    notebook.record(*entries[::-1])
    path = notebook.database.path
    path.write_bytes(b"garbage" * 1000)
    assert refusal(notebook.entries) == "notebook_damaged"
    done = notebook.rebuild()
    assert (done.models, done.kept) == (4, 0)
    assert done.aside.read_bytes() == b"garbage" * 1000
    assert notebook.entries() == entries


def test_what_a_damaged_notebook_still_tells_is_kept(notebook, store):
    entries = family(store)
    notebook.record(*entries[::-1], *(remark(f"c{i}", 100 + i, note="n" * 400) for i in range(200)))
    notebook.edit(SPEC.key, name="Mine", starred=True)
    path = notebook.database.path
    data = path.read_bytes()
    middle = len(data) // 8192 * 4096
    path.write_bytes(data[:middle] + b"\xff" * 4096 + data[middle + 4096 :])
    assert refusal(notebook.database.check) == "notebook_damaged"
    done = notebook.rebuild()
    assert 150 < done.kept < 204
    assert (notebook.get(SPEC.key).name, notebook.get(SPEC.key).starred) == ("Mine", True)
    assert {entry.key for entry in notebook.entries(kind="training")} == {entry.key for entry in entries}
    assert done.aside.exists()
    notebook.database.check()


@pytest.mark.parametrize(
    "change",
    [
        "change = '{'",
        "change = '[1]'",
        "result = '3'",
        "kind = 'dream'",
        "created = 'once'",
        "note = CAST(x'ff00fe' AS TEXT)",
        "name = x'00'",
        "prediction = 'NaN'",
    ],
)
def test_a_row_that_somebody_else_wrote_is_damage_and_a_rebuild_keeps_the_others(notebook, change):
    notebook.record(*(remark(f"c{i}", i) for i in range(5)))
    with closing(sqlite3.connect(notebook.database.path)) as connection, connection:
        connection.execute(f"UPDATE entries SET {change} WHERE key = 'c2'")
    assert refusal(notebook.entries) == "notebook_damaged"
    notebook.rebuild()
    assert {"c0", "c1", "c3", "c4"} <= {entry.key for entry in notebook.entries()}


def test_a_rebuild_leaves_a_newer_or_locked_notebook_alone(notebook, store):
    family(store)
    notebook.record(remark("c"))
    path = notebook.database.path
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert refusal(notebook.rebuild) == "notebook_locked"
        connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    assert refusal(notebook.rebuild) == "notebook_newer"
    assert path.read_bytes() == before
    assert [p.name for p in store.home.glob("notebook*")] == [FILE]


def test_two_rebuilds_do_not_meet(notebook, store):
    with lock(store.home, "notebook").acquire(timeout=0):
        assert refusal(notebook.rebuild) == "notebook_locked"
