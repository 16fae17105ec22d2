import dataclasses
import functools
import io
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_safetensors
from stable_baselines3 import PPO

from playground.flight.policy import Policy, load_checkpoints, load_policy
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.store import ModelStore
from playground.lab.queue.job_runner import make_model
from playground.training import curve as curves
from playground.training import result as results
from playground.training import train as loop
from playground.training.algorithms import ALGORITHMS
from playground.training.learners.task import Update
from playground.training.result import Stopped
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

SMALL = {
    "dqn": {"n_envs": 2, "learning_starts": 64, "buffer_size": 500, "hidden": (8,)},
    "reinforce": {"episodes": 4, "hidden": (8,)},
    "actor-critic": {"n_envs": 2, "hidden": (8,)},
    "a2c": {"n_envs": 2, "hidden": (8,)},
    "trpo": {"n_envs": 2, "n_steps": 32, "batch_size": 32, "hidden": (8,)},
    "ppo-byhand": {"n_envs": 2, "update_timestep": 128, "k_epochs": 2, "hidden": (8,)},
    "ppo-article": {"update_timestep": 300, "hidden": (8,)},
    "grpo": {"starts": 2, "group_size": 2, "hidden": (8,)},
    "dapo": {"starts": 2, "group_size": 2, "hidden": (8,)},
    "dpo": {"pairs": 4, "rounds": 2, "epochs": 2},
    "rlhf": {"pairs": 10, "sure": 0.0},
    "ppo-sb3": {"n_steps": 64, "n_epochs": 2, "hidden": (8,)},
    "ppo-zoo": {"n_envs": 2, "n_steps": 32, "hidden": (8,)},
}
STEPS = {"dpo": 10**6, "rlhf": 12_000}
"""Where 700 are not enough for the pairs."""
NAMES = [name for name in ALGORITHMS if name != "ppo"]


train = functools.partial(loop.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("playground.training.learners.library.sb3.CHUNK", 256)
    monkeypatch.setattr("playground.lab.queue.job_runner.train", train)


def start():
    return ModelStore().resolve("gymnasium")


def spec_of(name, **changes):
    needs = {"init_from": start().key} if ALGORITHMS[name].needs_start else {}
    given = {"steps": STEPS.get(name, 700), "settings": tuple(sorted(SMALL[name].items()))} | needs | changes
    return TrainSpec(GYMNASIUM, algorithm=name, **given)


@functools.cache
def trained(name):
    return trained_anew(name)


def trained_anew(name, **changes):
    spec = spec_of(name, **changes)
    return train(spec, initial=start().policy if spec.init_from else None)


@pytest.mark.parametrize("name", NAMES)
def test_every_algorithm_makes_a_model_that_numpy_flies_and_sb3_loads(name, tmp_path):
    result = trained(name)
    path = tmp_path / "policy.safetensors"
    path.write_bytes(result.policy)
    policy = load_policy(path, LANDER)
    assert result.steps > 0
    assert len(result.scorecard) == 2
    observations = np.random.default_rng(0).normal(0, 0.7, (500, 8)).astype(np.float32)
    theirs, _ = PPO.load(io.BytesIO(result.model_zip), device="cpu").predict(observations, deterministic=True)
    np.testing.assert_array_equal(policy.act(observations), theirs)
    assert len({tuple(row) for row in result.curve}) == 1  # the same columns in every row
    assert [row["steps"] for row in result.curve] == sorted(row["steps"] for row in result.curve)
    memory = result.extra["memory"]
    assert memory["optimizer"] > 0
    assert {"actor", "Q-network"} & set(memory)
    (tmp_path / "checkpoints.safetensors").write_bytes(result.checkpoints)
    assert len(load_checkpoints(tmp_path / "checkpoints.safetensors", LANDER)) == min(len(result.curve), curves.KEPT)


@pytest.mark.parametrize("name", [name for name in NAMES if not ALGORITHMS[name].library])
def test_the_same_spec_makes_the_same_policy_byte_for_byte(name):
    first, second = trained(name), trained_anew(name)
    assert first.policy == second.policy
    assert first.updates == second.updates


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_so_do_the_libraries_and_another_seed_makes_another_policy(name):
    assert trained(name).policy == trained_anew(name).policy
    assert trained_anew(name, seed=1).policy != trained(name).policy


@pytest.mark.parametrize("name", ["grpo", "actor-critic", "dpo"])
def test_one_core_and_two_make_the_same_policy(name, monkeypatch):
    policies = []
    for remote in (0, 1):
        monkeypatch.setattr(loop, "remote_groups", lambda spec, remote=remote: remote)
        policies.append(trained_anew(name).policy)
    assert policies[0] == policies[1]


def test_algorithms_without_a_critic_hold_none_and_dqn_holds_two_q_networks(tmp_path):
    for name in ("reinforce", "grpo", "dapo", "dpo"):
        result = trained(name)
        assert "critic" not in result.extra["memory"]
        assert load_safetensors(result.policy)["value"].size == 0
    held = trained("dqn").extra["memory"]
    assert held["Q-network"] == held["target network"] == 4 * (8 * 8 + 8 + 8 * 4 + 4)
    assert trained("rlhf").extra["memory"]["reward model"] == 8 * 9


def test_a_policy_of_q_values_says_so_and_always_takes_the_best(tmp_path):
    path = tmp_path / "policy.safetensors"
    path.write_bytes(trained("dqn").policy)
    policy = load_policy(path, LANDER)
    observations = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    assert policy.q_values
    np.testing.assert_array_equal(policy.probabilities(observations).argmax(axis=1), policy.act(observations))
    np.testing.assert_array_equal(policy.probabilities(observations).sum(axis=1), 1)
    np.testing.assert_array_equal(policy.values(observations), policy.logits(observations).max(axis=1))


def test_what_an_update_learned_from_is_kept():
    tensors = load_safetensors(trained_anew("grpo", steps=3000).updates)
    count = len(tensors["steps"])
    assert 1 < count <= results.SHOWN_UPDATES
    for number in range(count):
        ratio = tensors[f"{number}.ratio"]
        assert len(ratio) == len(tensors[f"{number}.advantage"]) <= results.SHOWN_SAMPLES
        assert (ratio > 0).all()
        assert tensors[f"{number}.clip_low"] == np.float32(0.8)


class Fake:
    """A learner that flies nothing: its n-th update says 100·n steps."""

    @dataclasses.dataclass(frozen=True)
    class Settings:
        episodes: int = 32
        learning_rate: float = 5e-3
        ent_coef: float = 0.01
        hidden: tuple[int, ...] = (64, 64)

    def __init__(self, share=None, count=10**9):
        self.policies, self.share, self.count = [], share, count

    def learn(self, task, settings):
        rng = np.random.default_rng(task.seed)
        for n in range(1, self.count + 1):
            layers = ((rng.normal(size=(4, 8)).astype(np.float32), np.zeros(4, np.float32)),)
            self.policies.append(Policy(layers, (), "relu"))
            yield Update(100 * n, n, self.policies[-1], share=None if self.share is None else n * self.share)


@pytest.fixture
def fake(monkeypatch):
    def put(**arguments):
        learner = Fake(**arguments)
        monkeypatch.setattr(loop, "learner_of", lambda algorithm: learner)
        return learner

    return put


def test_the_budget_ends_it_with_sixteen_looks_and_the_last_one_at_the_end(fake):
    learner = fake()
    result = train(TrainSpec(GYMNASIUM, algorithm="reinforce", steps=6400))
    assert result.steps == 6400
    assert len(learner.policies) == 64
    assert [row["steps"] for row in result.curve] == [400.0 * n for n in range(1, 17)]


def test_a_learner_that_says_how_far_it_is_ends_by_that(fake):
    learner = fake(share=0.25, count=4)
    result = train(TrainSpec(GYMNASIUM, algorithm="reinforce", steps=10**8))
    assert len(learner.policies) == len(result.curve) == 4
    assert result.steps == 400


def test_steps_end_a_learner_that_says_how_far_it_is_if_they_are_fewer(fake):
    fake(share=0.25, count=4)
    assert train(TrainSpec(GYMNASIUM, algorithm="reinforce", steps=200)).steps == 200


def test_the_clock_ends_it_if_there_is_one(fake, monkeypatch):
    learner = fake()
    monkeypatch.setattr(loop.time, "perf_counter", lambda: 0.5 * len(learner.policies))  # half a second an update
    result = train(TrainSpec(GYMNASIUM, algorithm="reinforce", steps=10**8, seconds=30.0))
    assert len(learner.policies) == 60
    assert result.steps == 6000


@pytest.mark.parametrize("name", ["dqn", "a2c", "ppo-byhand", "grpo"])
def test_episodes_are_counted(name):
    """A random policy's hardly last a hundred steps each, nor fewer than twenty."""
    result = trained(name)
    assert 0 < result.extra["episodes"] <= result.steps / 20 + 4


def test_a_model_that_values_actions_cannot_be_gone_on_from():
    values = Policy(start().policy.actor, (), "relu", q_values=True)
    with pytest.raises(InvalidInput, match="name another model"):
        train(spec_of("grpo", init_from=start().key), initial=values)


def test_hidden_layers_that_the_model_has_not_are_refused():
    spec = TrainSpec(GYMNASIUM, algorithm="grpo", settings=(("hidden", (8,)),), init_from=start().key)
    with pytest.raises(InvalidInput, match="hidden layers"):
        train(spec, initial=start().policy)


def test_the_best_policy_is_kept_or_the_last_one(fake, monkeypatch, tmp_path):
    for keep_best, index in ((True, 0), (False, -1)):
        learner, scores = fake(), iter(range(0, -10_000, -1))
        monkeypatch.setattr(curves, "discounted_return", lambda *_, scores=scores: float(next(scores)))
        spec = TrainSpec(GYMNASIUM, algorithm="reinforce", steps=1600, keep_best=keep_best)
        (tmp_path / "p.safetensors").write_bytes(train(spec).policy)
        kept = load_policy(tmp_path / "p.safetensors", LANDER)
        np.testing.assert_array_equal(kept.actor[0][0], learner.policies[index].actor[0][0])


def test_a_network_that_became_nan_ends_the_training(fake, monkeypatch):
    broken = Policy(((np.full((4, 8), np.nan, np.float32), np.zeros(4, np.float32)),), (), "relu")
    fake().learn = lambda task, settings: (Update(100, 1, policy) for policy in [broken])
    with pytest.raises(FloatingPointError, match="diverged"):
        train(TrainSpec(GYMNASIUM, algorithm="reinforce"))


def test_it_stops_when_asked(fake):
    learner = fake()
    with pytest.raises(Stopped):
        train(TrainSpec(GYMNASIUM, algorithm="reinforce"), should_stop=lambda: len(learner.policies) == 3)
    assert len(learner.policies) == 3


def test_a_setting_out_of_range_names_itself():
    with pytest.raises(InvalidInput, match="group_size"):
        train(TrainSpec(GYMNASIUM, algorithm="grpo", settings=(("group_size", 1),)))


NUMBERS = [
    (name, setting.name, kind(value))
    for name, algorithm in ALGORITHMS.items()
    for setting in algorithm.settings.values()
    if (kind := type(setting.default)) in (int, float)
    for value in (-1, 10**9)
]


@pytest.mark.parametrize(("name", "setting", "value"), NUMBERS)
def test_every_number_has_a_range_that_its_refusal_names(name, setting, value):
    with pytest.raises(InvalidInput) as caught:
        train(dataclasses.replace(spec_of(name), settings=((setting, value),)))
    error = caught.value
    assert (error.code, error.params["field"]) == ("out_of_range", setting)
    assert not float(error.params["low"]) <= value <= float(error.params["high"])


def test_a_reward_that_pays_nothing_trains_to_its_end():
    nothing = RewardConfig(replace_reward=True)
    for name in ("grpo", "dapo", "reinforce"):
        assert train(dataclasses.replace(spec_of(name), reward=nothing)).steps >= 700


@pytest.mark.parametrize("name", ["grpo", "dpo"])
def test_the_ordinary_job_stores_it_as_a_model(name, tmp_path):
    store = ModelStore(tmp_path)
    model = make_model(spec_of(name), store)
    assert model.key == spec_of(name).key
    assert store.find(model.key).spec == spec_of(name)
    assert "updates.safetensors" in model.files
    assert model.manifest["memory"]["actor"] > 0
    assert 0 < model.curve[-1]["steps"] <= model.manifest["steps"]
    model.verify()
    assert isinstance(model.folder, Path)


@pytest.mark.parametrize("name", ["grpo", "a2c", "dqn"])
def test_every_algorithm_stops_when_it_succeeds_if_asked_to(name, monkeypatch):
    looked = []

    def succeeds(fleet, policy, wanted, seeds):
        looked.append(wanted)
        return len(looked) == 2

    monkeypatch.setattr(loop, "LOOK_EVERY", 300)
    monkeypatch.setattr(loop, "succeeds", succeeds)
    result = trained_anew(name, steps=100_000, until_landing=0.75)
    assert looked == [0.75, 0.75]
    assert result.steps == result.kept < 20_000
