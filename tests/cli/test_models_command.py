import json
import shutil

from command_line import run, run_json

from playground.lab.models.store import open_model


def test_models_are_listed(capsys, key, home):
    (value,) = run_json(capsys, "models")["models"]
    assert (value["key"], value["preset"], value["seed"]) == (key, None, 0)
    assert value["folder"] == str(home / key)
    assert value["scorecard"]["episodes"] == 100
    status, out, _ = run(capsys, "models")
    assert status == 0
    assert out.splitlines()[1].split()[:2] == ["trained", key[:8]]


def test_a_shipped_model_is_listed_by_its_slug_and_not_deleted(capsys, key, home, tmp_path):
    (tmp_path / "shipped").mkdir()
    (home / key).rename(tmp_path / "shipped" / "gymnasium")
    (value,) = run_json(capsys, "models")["models"]
    assert value["preset"] == "gymnasium"
    assert run_json(capsys, "evaluate", "gymnasium", "--episodes", 1)["key"] == key
    status, out, _ = run(capsys, "models", "--delete", "gymnasium", "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "shipped_model"
    assert (tmp_path / "shipped" / "gymnasium").is_dir()


def test_without_models_the_list_is_empty(capsys, home):
    shutil.rmtree(home)
    assert run_json(capsys, "models") == {"models": []}
    assert run(capsys, "models")[0] == 0


def test_a_model_is_deleted_by_the_first_letters_of_its_key(capsys, key, home):
    assert run_json(capsys, "models", "--delete", key[:8]) == {"deleted": key}
    assert not (home / key).exists()
    assert run(capsys, "models", "--delete", key)[0] == 2


def test_a_deletion_is_told(capsys, key):
    assert run(capsys, "models", "--delete", key) == (0, f"deleted {key[:8]}\n", "")


def test_a_damaged_model_does_not_hide_the_others(capsys, key, home):
    other = "0" * 64
    shutil.copytree(home / key, home / other)
    (home / other / "manifest.json").write_text((home / key / "manifest.json").read_text().replace(key, other))
    (home / other / "spec.json").write_text("{")
    assert key in [value["key"] for value in run_json(capsys, "models")["models"]]


def test_a_manifest_without_its_numbers_does_not_end_the_list(capsys, key, home):
    path = home / key / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"summary": {}}))
    assert run(capsys, "models")[0] in (0, 2)


def test_a_deletion_of_a_folder_without_the_home_is_refused(capsys, key, home, tmp_path):
    """A model outside the home can be flown, but is not the store's to delete."""
    (home / key).rename(tmp_path / "mine")
    assert run(capsys, "models", "--delete", tmp_path / "mine")[0] == 2
    open_model(tmp_path / "mine").verify()
