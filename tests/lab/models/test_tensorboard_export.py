"""TensorBoard's event files, read back with TensorBoard's own reader."""

from functools import partial

import numpy as np
import pytest

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models import tensorboard_export as events
from playground.lab.models.model import EVENTS
from playground.lab.models.store import ModelStore
from playground.lab.models.tensorboard_export import EventLog, event_file, to_scalars
from playground.lab.queue import job_runner as work
from playground.lab.queue.job_runner import Cancelled, make_model
from playground.lab.queue.local import Local
from playground.training import train as training
from playground.training.spec import TrainSpec
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM, steps=512, n_envs=2, n_steps=64, batch_size=64, n_epochs=1, net_arch=(8,))
CURVE = [
    {"steps": 128.0, "seconds": 0.5, "designed_return": -3.25, "landing_rate": 0.0, "train.value_loss": 2.0},
    {"steps": 256.0, "seconds": 1.0, "designed_return": 7.5, "landing_rate": 0.25, "train.value_loss": 1.0},
]


train = partial(training.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    monkeypatch.setattr(work, "train", train)


def read(folder):
    """Steps and values by name."""
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = reader.EventAccumulator(str(folder))
    found.Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_tensorboard_reads_the_rows_of_a_curve(tmp_path):
    pytest.importorskip("tensorboard")
    (tmp_path / EVENTS).write_bytes(event_file(CURVE))
    assert read(tmp_path) == {
        "eval/mean_reward": [(128, -3.25), (256, 7.5)],
        "eval/success_rate": [(128, 0.0), (256, 0.25)],
        "train/value_loss": [(128, 2.0), (256, 1.0)],
        "time/total_timesteps": [(128, 128.0), (256, 256.0)],
        "time/time_elapsed": [(128, 0.5), (256, 1.0)],
        "time/fps": [(128, 256.0), (256, 256.0)],
    }


def test_a_curve_that_grows_is_written_row_by_row(tmp_path):
    pytest.importorskip("tensorboard")
    log = EventLog(tmp_path / "new" / "folder")
    log.write(CURVE[:1])
    assert read(tmp_path / "new" / "folder")["eval/mean_reward"] == [(128, -3.25)]
    log.write(CURVE)
    log.write(CURVE)
    log.close()
    assert read(tmp_path / "new" / "folder")["eval/mean_reward"] == [(128, -3.25), (256, 7.5)]


def test_no_curve_makes_no_file():
    assert event_file([]) == b""


def test_a_row_without_seconds_passed_has_a_speed_all_the_same():
    assert np.isfinite(to_scalars({"steps": 128.0, "seconds": 0.0})["time/fps"])


def test_a_trained_model_carries_its_curve_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    model = make_model(SPEC, ModelStore(tmp_path / "home", tmp_path / "shipped"))
    found = read(model.folder)
    for column, name in (("native_return", "eval/mean_native_reward"), ("train.entropy_loss", "train/entropy_loss")):
        assert [step for step, _ in found[name]] == [128, 256, 384, 512]
        np.testing.assert_allclose([value for _, value in found[name]], [row[column] for row in model.curve], rtol=1e-6)


def test_a_training_is_followed_live_and_a_resume_writes_no_row_twice(tmp_path):
    pytest.importorskip("tensorboard")
    store = ModelStore(tmp_path / "home", tmp_path / "shipped")
    board = Local(store)
    folder = board.folder(SPEC.key).events

    def cancel_at_256(status, curve):
        if status.steps == 256:
            board.cancel(SPEC.key)

    with pytest.raises(Cancelled):
        make_model(SPEC, store, cancel_at_256)
    assert [step for step, _ in read(folder)["eval/mean_reward"]] == [128, 256]
    seen = []
    make_model(SPEC, store, lambda status, curve: seen.append(read(folder)["eval/mean_reward"]))
    assert [step for step, _ in seen[-1]] == [128, 256, 384, 512]
    assert not folder.exists()


def test_a_training_without_tensorboard_makes_a_whole_model(tmp_path, monkeypatch):
    monkeypatch.setattr(events.logger, "SummaryWriter", None)
    model = make_model(SPEC, ModelStore(tmp_path / "home", tmp_path / "shipped"))
    model.verify()
    assert EVENTS not in model.files
    assert EVENTS not in work.model_files(SPEC, train(SPEC))
