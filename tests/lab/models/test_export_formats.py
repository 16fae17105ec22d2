import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from playground.lab.models import tensorboard_export as events
from playground.lab.models.card import write_card
from playground.lab.models.export_formats import FORMATS, export_model
from playground.lab.models.store import ModelStore, write_model
from playground.words.errors import InvalidInput

ALONE = """
import sys
sys.modules["playground"] = None  # importing it fails
import numpy as np
from stable_baselines3 import PPO
model = PPO.load(sys.argv[1], device="cpu")
actions, _ = model.predict(np.load(sys.argv[2]), deterministic=True)
print(*actions.tolist())
"""


@pytest.fixture
def model():
    return ModelStore().resolve("gymnasium")


def refusal(*arguments):
    with pytest.raises(InvalidInput) as caught:
        export_model(*arguments)
    return caught.value


@pytest.mark.slow
def test_stable_baselines3_alone_loads_the_zip_and_acts_like_the_model(model, tmp_path):
    path = export_model(model, "sb3", tmp_path / "lander.zip")
    observations = np.random.default_rng(0).normal(0, 0.7, (500, 8)).astype(np.float32)
    np.save(tmp_path / "observations.npy", observations)
    command = [sys.executable, "-I", "-c", ALONE, path, tmp_path / "observations.npy"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    actions = [int(word) for word in done.stdout.split()]
    assert actions == model.policy.act(observations).tolist()
    assert set(actions) == {0, 1, 2, 3}


def test_the_card_is_the_models(model, tmp_path):
    assert export_model(model, "card", tmp_path / "README.md").read_text() == write_card(model)


def test_a_shipped_models_curve_goes_to_tensorboard(model, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    export_model(model, "tensorboard", tmp_path / "run.tfevents")
    found = reader.EventAccumulator(str(tmp_path))
    found.Reload()
    steps = [event.step for event in found.Scalars("eval/success_rate")]
    assert steps == [row["steps"] for row in model.curve]


@pytest.mark.parametrize(("to", "name"), [("sb3", "gymnasium.zip"), ("card", "gymnasium.md")])
def test_without_a_path_it_is_the_models_name_in_this_folder(model, tmp_path, monkeypatch, to, name):
    monkeypatch.chdir(tmp_path)
    assert export_model(model, to) == Path(name)
    assert (tmp_path / name).is_file()


@pytest.mark.parametrize("to", ["sb3", "card"])
def test_a_file_and_a_folder_in_the_way_stay(model, tmp_path, to):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder"):
        assert refusal(model, to, tmp_path / name).code == "file_taken"
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/folder/x.zip", "file/x.zip", "a" * 300])
def test_a_place_that_cannot_be_written_is_told(model, tmp_path, name):
    (tmp_path / "file").write_text("mine")
    assert refusal(model, "sb3", tmp_path / name).code == "cannot_write"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_no_half_file(model, tmp_path, monkeypatch):
    class Full:
        def __init__(self, path):
            self.file = real(path, "xb")

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            self.file.write(data[:10])
            raise OSError(errno.ENOSPC, "no space left")

    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: Full(path) if mode == "xb" else real(path, mode))
    assert refusal(model, "sb3", tmp_path / "x.zip").code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def copy_of(model, folder, **manifest):
    kept = {k: v for k, v in model.manifest.items() if k not in ("key", "sha256", "schema")}
    return write_model(folder, model.key, {name: model.read(name) for name in model.files}, kept | manifest)


@pytest.mark.parametrize(("to", "name"), [("sb3", "model.zip"), ("card", "scorecard.json")])
def test_a_model_without_the_file_and_one_with_a_damaged_file_export_nothing(model, tmp_path, to, name):
    copy = copy_of(model, tmp_path / "copy")
    path = copy.folder / name
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(copy, to, tmp_path / "out").code == "model_damaged"
    path.unlink()
    assert refusal(copy, to, tmp_path / "out").code == "model_incomplete"
    assert not (tmp_path / "out").exists()


def test_without_tensorboard_it_is_told_how_to_get_it(model, tmp_path, monkeypatch):
    monkeypatch.setattr(events.logger, "SummaryWriter", None)
    error = refusal(model, "tensorboard", tmp_path / "x.tfevents")
    assert (error.code, error.params["package"]) == ("not_installed", "tensorboard")
    assert "pip install 'reward-playground[tensorboard]'" in str(error)


def test_a_model_without_a_curve_has_nothing_for_tensorboard(model, tmp_path, monkeypatch):
    monkeypatch.setattr(events.logger, "SummaryWriter", object)
    monkeypatch.setattr(type(model), "curve", [])
    assert refusal(replace(model), "tensorboard", tmp_path / "x.tfevents").code == "no_curve"


def test_the_formats_are_those_that_the_command_line_offers():
    assert set(FORMATS) == {"sb3", "card", "tensorboard"}
