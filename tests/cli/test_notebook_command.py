import csv
import io
from pathlib import Path

from command_line import TINY, few_episodes, run, run_json


def test_the_notebook_lists_what_was_trained(capsys, key):
    (entry,) = run_json(capsys, "notebook", "list")["entries"]
    assert (entry["key"], entry["state"], entry["spec"]["n_envs"]) == (key, "done", 2)
    assert entry["prediction"]["verdict"] == "sound"
    assert set(entry["result"]) >= {"landing_rate", "native_return_mean", "steps", "seconds"}
    assert run_json(capsys, "notebook", "list", "--query", "no such words") == {"entries": []}
    _, out, _ = run(capsys, "notebook", "list")
    head, line = out.splitlines()
    assert head.split() == ["entry", "kind", "state", "success", "Gymnasium", "return", "created"]
    assert line.split()[:3] == [key[:8], "training", "done"]


def test_a_hypothesis_and_a_parent_stand_in_the_notebook_and_in_its_tree(capsys, key, monkeypatch):
    few_episodes(monkeypatch)
    options = ["--seed", 3, "--hypothesis", " seeds do not matter ", "--parent", key[:8]]
    child = run_json(capsys, "train", "gymnasium", *TINY, *options)["key"]
    entry = run_json(capsys, "notebook", "show", child[:10])
    assert (entry["hypothesis"], entry["parent"]) == ("seeds do not matter", key)
    assert entry["change"] == {"seed": [0, 3]}
    tree = run_json(capsys, "notebook", "list", "--tree")["entries"]
    assert [(entry["depth"], entry["key"]) for entry in tree] == [(0, key), (1, child)]
    assert "seeds do not matter" in run(capsys, "notebook", "list", "--tree")[1].splitlines()[2]
    _, out, _ = run(capsys, "notebook", "show", child)
    assert "hypothesis seeds do not matter" in out


def test_notes_stars_and_the_archive(capsys, key):
    entry = run_json(capsys, "notebook", "note", key[:8], "--name", "First", "--note", "keep", "--star")
    assert (entry["name"], entry["note"], entry["starred"]) == ("First", "keep", True)
    assert "★" in run(capsys, "notebook", "list", "--starred", "--query", "first")[1]
    run_json(capsys, "notebook", "note", key, "--archive", "--no-star")
    assert run_json(capsys, "notebook", "list") == {"entries": []}
    (entry,) = run_json(capsys, "notebook", "list", "--all")["entries"]
    assert (entry["starred"], entry["archived"], entry["name"]) == (False, True, "First")


def test_the_notebook_is_exported_and_a_formula_in_it_is_none(capsys, key, tmp_path):
    run(capsys, "notebook", "note", key, "--name", "=1+1")
    status, out, _ = run(capsys, "notebook", "export", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text()
    assert (status, f"{len(text.encode()):,} bytes" in out) == (0, True)
    assert run(capsys, "notebook", "export")[1] == text
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["key"], row["name"]) == (key, "'=1+1")


def test_a_damaged_notebook_is_told_and_rebuilt(capsys, key, home):
    before = run_json(capsys, "notebook", "show", key)
    (home / "notebook.sqlite3").write_bytes(b"garbage" * 999)
    status, _, err = run(capsys, "notebook", "list")
    assert (status, "playground notebook rebuild" in err) == (2, True)
    done = run_json(capsys, "notebook", "rebuild")
    assert (done["models"], done["kept"]) == (1, 0)
    assert Path(done["aside"]).read_bytes() == b"garbage" * 999
    assert run_json(capsys, "notebook", "show", key) == before
    assert run(capsys, "notebook", "rebuild")[1] == "models written: 1, entries kept: 1\n"


def test_a_deleted_model_stays_in_the_notebook(capsys, key):
    run(capsys, "models", "--delete", key)
    (entry,) = run_json(capsys, "notebook", "list")["entries"]
    assert (entry["key"], entry["state"]) == (key, "deleted")
