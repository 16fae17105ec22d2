"""A training that was stopped goes on to the very policy that it would have made, whatever its algorithm."""

import hashlib
import io
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.store import ModelStore
from playground.training import curve as curves
from playground.training import train as loop
from playground.training.algorithms import ALGORITHMS
from playground.training.checkpoint import dump_checkpoint, read_checkpoint
from playground.training.learners import ppo
from playground.training.result import Stopped
from playground.training.spec import TrainSpec, changed_settings, parse_spec
from playground.worlds.lunar_lander.presets import GYMNASIUM

SMALL = {
    "ppo": {},
    "dqn": {"n_envs": 2, "learning_starts": 64, "buffer_size": 500, "train_freq": 8, "hidden": (8,)},
    "reinforce": {"episodes": 2, "hidden": (8,)},
    "actor-critic": {"n_envs": 2, "hidden": (8,)},
    "a2c": {"n_envs": 2, "hidden": (8,)},
    "trpo": {"n_envs": 2, "n_steps": 32, "batch_size": 32, "hidden": (8,)},
    "ppo-byhand": {"n_envs": 2, "update_timestep": 128, "k_epochs": 2, "hidden": (8,)},
    "ppo-article": {"update_timestep": 150, "hidden": (8,)},
    "grpo": {"starts": 1, "group_size": 2, "kl_coef": 0.1, "hidden": (8,)},
    "dapo": {"starts": 1, "group_size": 2, "hidden": (8,)},
    "dpo": {"pairs": 4, "rounds": 2, "epochs": 3, "batch_pairs": 1},
    "rlhf": {"pairs": 10, "sure": 0.0},
    "ppo-sb3": {"n_steps": 64, "n_epochs": 2, "hidden": (8,)},
    "ppo-zoo": {"n_envs": 2, "n_steps": 32, "hidden": (8,)},
}
STEPS = {"dpo": 10**6, "rlhf": 7_500}
TINY = {"steps": 1024, "n_envs": 2, "n_steps": 64, "batch_size": 64, "n_epochs": 2, "net_arch": (8,)}
HOME = Path(__file__).parents[1] / "data" / "old_home"
OLD = "9ae29f5156962518ef0c1109907bd07776680c47af231ca415c36832e3355eaf"

SHORT = partial(ppo.Settings, n_envs=2, update_timestep=256, k_epochs=2)
train = partial(loop.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("playground.training.learners.library.sb3.CHUNK", 128)
    monkeypatch.setattr(ppo, "Settings", SHORT)  # rlhf has no settings for its second half


def spec_of(name):
    if ALGORITHMS[name].in_spec:
        return TrainSpec(GYMNASIUM, **TINY)
    start = ModelStore().resolve("gymnasium").key if ALGORITHMS[name].needs_start else ""
    settings = changed_settings(name, SMALL[name])
    return TrainSpec(GYMNASIUM, algorithm=name, steps=STEPS.get(name, 1024), settings=settings, init_from=start)


@cache
def uninterrupted(name):
    checkpoints = []
    spec = spec_of(name)
    initial = ModelStore().resolve("gymnasium").policy if spec.init_from else None
    return spec, initial, train(spec, initial=initial, on_checkpoint=checkpoints.append), checkpoints


def columns(rows):
    """All numbers but the seconds, which differ from run to run."""
    return [[value for name, value in row.items() if name != "seconds"] for row in rows]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_resumed_training_makes_the_policy_of_an_uninterrupted_one(name):
    spec, initial, whole, checkpoints = uninterrupted(name)
    assert 2 <= len(checkpoints) <= 11
    for checkpoint in {checkpoints[0], checkpoints[len(checkpoints) // 2], checkpoints[-1]}:
        resumed = train(spec, initial=initial, checkpoint=checkpoint)
        assert resumed.policy == whole.policy
        assert resumed.checkpoints == whole.checkpoints
        assert resumed.updates == whole.updates
        assert (resumed.steps, resumed.kept) == (whole.steps, whole.kept)
        assert resumed.extra["episodes"] == whole.extra["episodes"]
        np.testing.assert_array_equal(columns(resumed.curve), columns(whole.curve))


@pytest.mark.parametrize("name", ["ppo", "grpo", "rlhf"])
def test_a_training_that_is_killed_again_and_again_still_makes_it(name):
    """Every run is stopped after its first checkpoint."""
    spec, initial, whole, _ = uninterrupted(name)
    saved = [None]
    for _ in range(20):
        before = len(saved)
        try:
            resumed = train(
                spec,
                initial=initial,
                checkpoint=saved[-1],
                on_checkpoint=saved.append,
                should_stop=lambda before=before: len(saved) > before,
            )
            break
        except Stopped:
            assert len(saved) == before + 1
    assert len(saved) > 2
    assert resumed.policy == whole.policy


def test_a_resumed_rlhf_flies_no_pairs_again(monkeypatch):
    spec, initial, whole, checkpoints = uninterrupted("rlhf")

    def refuse(*arguments):
        raise AssertionError("pairs were flown again")

    monkeypatch.setattr("playground.training.learners.preferences.rlhf.sample_pairs", refuse)
    assert train(spec, initial=initial, checkpoint=checkpoints[0]).policy == whole.policy


@pytest.mark.parametrize("name", ["ppo", "grpo"])
def test_which_steps_were_the_best_is_remembered_over_a_resume(name, monkeypatch):
    """The first evaluation is made the best one, and the training is stopped long after it."""
    spec = replace(spec_of(name), keep_best=True)

    def falling():
        scores = iter(range(0, -10_000, -1))
        monkeypatch.setattr(curves, "discounted_return", lambda *_: float(next(scores)))

    falling()
    checkpoints = []
    whole = train(spec, on_checkpoint=checkpoints.append)
    assert whole.kept == whole.curve[0]["steps"] < whole.steps
    falling()
    monkeypatch.setattr(curves, "discounted_return", lambda *_: -1e9)
    resumed = train(spec, checkpoint=checkpoints[-1])
    assert (resumed.kept, resumed.policy) == (whole.kept, whole.policy)


def test_time_that_an_earlier_run_took_is_counted():
    spec, _, _, checkpoints = uninterrupted("ppo")
    state = read_checkpoint(checkpoints[-1], spec)
    resumed = train(spec, checkpoint=dump_checkpoint({**state, "seconds": 1000.0}))
    assert 1000 < resumed.seconds < 1060
    assert resumed.curve[-1]["seconds"] > 1000


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04 torn"])
def test_a_damaged_checkpoint_is_ignored(data):
    spec, _, whole, _ = uninterrupted("ppo")
    assert train(spec, checkpoint=data).policy == whole.policy


def test_a_checkpoint_is_read_without_unpickling_code():
    for name in ("ppo", "dqn", "rlhf"):
        spec, _, _, checkpoints = uninterrupted(name)
        state = torch.load(io.BytesIO(checkpoints[-1]), weights_only=True)
        assert state.keys() == read_checkpoint(checkpoints[-1], spec).keys()


def old_job():
    folder = HOME / "jobs" / OLD
    spec = parse_spec((folder / "request.json").read_bytes())
    return spec, (folder / "checkpoint.pt").read_bytes()


def test_a_checkpoint_of_the_first_format_is_understood():
    spec, data = old_job()
    state = read_checkpoint(data, spec)
    assert state["steps"] == 361_728
    assert (len(state["curve"]["rows"]), len(state["curve"]["kept"])) == (14, 10)
    asked = []
    with pytest.raises(Stopped):
        train(spec, lambda p: asked.append(p.steps), checkpoint=data, should_stop=lambda: 362_240 in asked)
    assert 361_984 in asked  # one rollout after the checkpoint


@pytest.mark.slow
def test_a_job_of_the_version_before_goes_on_to_the_policy_that_it_would_have_made():
    spec, data = old_job()
    made = loop.train(spec, checkpoint=data)
    wanted = "c3bd82e5857e29c24bd8a703bc8ff3a74c35ce30a1a97995fcc094fbb7b7177f"
    assert hashlib.sha256(made.policy).hexdigest() == wanted
