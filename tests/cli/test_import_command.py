import json
import zipfile

from command_line import run, run_json

from playground.lab.models.store import ModelStore, open_model
from playground.worlds.lunar_lander.presets import PRESET


def test_an_sb3_zip_is_imported(capsys, key, home, tmp_path):
    value = run_json(
        capsys, "import", home / key / "model.zip", "--net-arch", "8", "--reward", "article", "--out", tmp_path / "new"
    )
    model = open_model(tmp_path / "new")
    model.verify()
    assert value["folder"] == str(tmp_path / "new")
    assert model.spec.reward == PRESET["article"].config
    original = ModelStore().find(key)
    assert value["scorecard"]["native_return_mean"] == original.summary["native_return_mean"]
    assert value["reward"] == "given"


def test_a_zip_joins_the_models_at_hand_with_its_reward_unknown(capsys, key, home):
    status, out, err = run(capsys, "import", home / key / "model.zip", "--net-arch", "8")
    assert (status, err) == (0, "")
    assert "reward unknown" in out
    (row,) = [row for row in run_json(capsys, "models")["models"] if row["key"] != key]
    assert (row["imported"], row["reward_known"]) == ("model.zip", False)
    assert f"imported, reward unknown  {row['key'][:8]}" in run(capsys, "models")[1]
    assert run(capsys, "evaluate", row["key"][:8], "--episodes", 1)[0] == 0


def test_a_zip_of_another_size_is_refused(capsys, key, home, tmp_path):
    status, out, _ = run(capsys, "import", home / key / "model.zip", "--out", tmp_path / "new", "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "bad_zip"
    assert not (tmp_path / "new").exists()


def test_a_zip_bomb_is_refused(capsys, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("policy.pth", bytes(65 * 1024 * 1024))
    status, out, _ = run(capsys, "import", tmp_path / "bomb.zip", "--out", tmp_path / "new", "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "too_big"
