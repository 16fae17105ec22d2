import dataclasses
import functools
import io
import math
import os
import pickle
import types
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load as load_safetensors
from stable_baselines3 import PPO

from playground.flight.env_group import Flown
from playground.flight.policy import Policy, load_policy
from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS, evaluate
from playground.reward.design import keys_of, terms_of
from playground.training import curve as curves
from playground.training import train as loop
from playground.training.checkpoint import read_checkpoint
from playground.training.curve import Curve, discounted_return, most_redundant
from playground.training.learners import ppo_fast
from playground.training.learners.library.sb3 import actor_and_critic
from playground.training.learners.ppo_fast import rollout_of
from playground.training.learners.task import Task
from playground.training.nets import dump_policy, fresh_policy, parts_of, to_policy
from playground.training.result import Stopped
from playground.training.reward_scale import RewardScale
from playground.training.sb3_io import sb3_ppo
from playground.training.spec import BUDGETS, TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Hover
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))

ROLLOUT = 128
LOSSES = ("episodes", "policy_gradient_loss", "value_loss", "entropy_loss", "approx_kl", "clip_fraction")
LOSSES += ("explained_variance", "learning_rate")
SPEC = TrainSpec(GYMNASIUM, steps=512, n_envs=2, n_steps=64, batch_size=64, n_epochs=2, net_arch=(8,))


train = functools.partial(loop.train, validation=range(900, 902), evaluation=EVALUATION_SEEDS[:2])
"""Two episodes for the curve and two for the scorecard: what they cost is no part of these tests."""


@pytest.fixture(autouse=True)
def no_reports_within_updates(monkeypatch):
    """However slow the machine is."""
    monkeypatch.setattr(loop, "TICK", 600.0)


def some_observations(n=400):
    return np.random.default_rng(0).normal(0, 0.7, (n, 8)).astype(np.float32)


def test_the_same_spec_makes_the_same_policy_byte_for_byte():
    first, second = train(SPEC), train(SPEC)
    assert first.policy == second.policy
    assert [row["designed_return"] for row in first.curve] == [row["designed_return"] for row in second.curve]


def test_what_happened_before_in_the_process_does_not_change_the_policy():
    first = train(SPEC)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    torch.rand(10)
    assert train(SPEC).policy == first.policy


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"learning_rate": 1e-3}, {"reward": RewardConfig()}, {"gamma": 0.9}, {"activation": "tanh"}]
)
def test_another_spec_makes_another_policy(change):
    short = dataclasses.replace(SPEC, steps=256)
    assert train(dataclasses.replace(short, **change)).policy != train(short).policy


def test_training_changes_the_network():
    untrained = dump_policy(fresh_policy(LANDER, SPEC.net_arch, SPEC.activation, SPEC.seed))
    assert load_safetensors(untrained).keys() == load_safetensors(train(SPEC).policy).keys()
    assert untrained != train(SPEC).policy


@pytest.mark.parametrize(("schedule", "normalize_reward"), [("linear", True), ("constant", False)])
def test_a_training_resumed_at_any_checkpoint_makes_the_policy_of_an_uninterrupted_one(schedule, normalize_reward):
    spec = dataclasses.replace(SPEC, schedule=schedule, normalize_reward=normalize_reward, keep_best=False)
    checkpoints = []
    whole = train(spec, on_checkpoint=checkpoints.append)
    assert len(checkpoints) == 3
    for checkpoint in checkpoints:
        resumed = train(spec, checkpoint=checkpoint)
        assert resumed.policy == whole.policy
        assert resumed.checkpoints == whole.checkpoints
        assert resumed.steps == whole.steps
        columns = [name for name in whole.curve[0] if name != "seconds"]
        assert [[r[c] for c in columns] for r in resumed.curve] == [[r[c] for c in columns] for r in whole.curve]


def test_a_persistent_landers_training_resumes_exactly_too():
    spec = dataclasses.replace(SPEC, n_envs=16, n_steps=16, steps=1536, keep_best=False)
    checkpoints = []
    whole = train(spec, on_checkpoint=checkpoints.append)
    assert len(checkpoints) == 5
    for checkpoint in checkpoints:
        resumed = train(spec, checkpoint=checkpoint)
        assert (resumed.policy, resumed.checkpoints) == (whole.policy, whole.checkpoints)
    assert train(dataclasses.replace(spec, persistence=0.0)).policy != whole.policy


def test_an_interrupted_training_goes_on_with_the_checkpoints_that_it_wrote():
    """Stop after the second checkpoint, resume, stop after one more rollout, resume: still the same policy."""
    whole = train(SPEC)
    checkpoints = []
    with pytest.raises(Stopped):
        train(SPEC, on_checkpoint=checkpoints.append, should_stop=lambda: len(checkpoints) == 2)
    assert len(checkpoints) == 2
    with pytest.raises(Stopped):
        train(SPEC, checkpoint=checkpoints[-1], on_checkpoint=checkpoints.append, should_stop=lambda: True)
    resumed = train(SPEC, checkpoint=checkpoints[-1])
    assert resumed.policy == whole.policy
    assert resumed.checkpoints == whole.checkpoints


def test_seconds_go_on_counting_over_a_resume():
    checkpoints = []
    train(SPEC, on_checkpoint=checkpoints.append)
    before = torch.load(io.BytesIO(checkpoints[-1]), weights_only=True)["seconds"]
    assert train(SPEC, checkpoint=checkpoints[-1]).seconds > before > 0


def test_a_checkpoint_is_written_about_ten_times():
    checkpoints = []
    train(dataclasses.replace(SPEC, n_steps=4, steps=8 * 30), on_checkpoint=checkpoints.append)
    assert 8 <= len(checkpoints) <= 12


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def saved_by_torch(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def loaded_by_torch(data):
    return torch.load(io.BytesIO(data), weights_only=False)


@pytest.mark.parametrize(
    ("save", "load"), [(lambda value: pickle.dumps(value, 2), pickle.loads), (saved_by_torch, loaded_by_torch)]
)
def test_a_checkpoint_that_would_run_code_is_not_read(tmp_path, save, load):
    data = save(Canary(tmp_path / "canary"))
    assert read_checkpoint(data, SPEC) is None
    assert not (tmp_path / "canary").exists()
    load(data)  # the canary does sing where code is let in
    assert (tmp_path / "canary").is_dir()


def test_a_stop_ends_the_training_after_the_rollout():
    asked, seen = [], []
    with pytest.raises(Stopped):
        train(SPEC, lambda p: seen.append(p.steps), should_stop=lambda: asked.append(1) or len(asked) == 2)
    assert len(asked) == 2
    assert seen == [ROLLOUT]


def test_progress_is_told_after_every_rollout():
    seen = []
    result = train(SPEC, lambda p: seen.append((p.steps, p.total, len(p.curve), p.seconds)))
    assert [row[0] for row in seen] == [128, 256, 384, 512]
    assert {row[1] for row in seen} == {512}
    assert [row[2] for row in seen] == [1, 2, 3, 4]
    seconds = [row[3] for row in seen]
    assert seconds == sorted(seconds)
    assert result.seconds >= seconds[-1] > 0


def test_steps_are_rounded_up_to_whole_rollouts():
    result = train(dataclasses.replace(SPEC, steps=129))
    assert result.steps == 2 * ROLLOUT
    assert [row["steps"] for row in result.curve] == [128.0, 256.0]


def test_a_curve_row_has_the_documented_columns():
    result = train(SPEC)
    columns = ["steps", "seconds", "designed_return", "discounted_return", "native_return", "landing_rate"]
    for row in result.curve:
        assert list(row) == [*columns, *(f"part.{key}" for key in PART_KEYS), *(f"train.{name}" for name in LOSSES)]
        assert all(type(value) is float for value in row.values())
    assert [row["steps"] for row in result.curve] == [128.0, 256.0, 384.0, 512.0]


@pytest.mark.parametrize("reward", [GYMNASIUM, RewardConfig(), dataclasses.replace(GYMNASIUM, form="potential")])
def test_the_parts_of_a_curve_row_sum_to_its_designed_return(reward):
    for row in train(dataclasses.replace(SPEC, reward=reward)).curve:
        parts = sum(value for name, value in row.items() if name.startswith("part."))
        assert parts == pytest.approx(row["designed_return"], rel=1e-9)


def test_under_gymnasiums_reward_both_returns_of_the_curve_agree():
    for row in train(SPEC).curve:
        assert row["designed_return"] == pytest.approx(row["native_return"], abs=0.01)


def test_the_scorecard_is_the_trained_policys():
    result = train(SPEC)
    path_free = sb3_ppo(dataclasses.replace(SPEC, n_envs=1))
    path_free.set_parameters(io.BytesIO(result.model_zip), device="cpu")
    card = evaluate(LANDER, to_policy(*parts_of(path_free.policy)), SPEC.gamma, EVALUATION_SEEDS[:2])
    assert card.native_return.tolist() == result.scorecard.native_return.tolist()
    assert result.scorecard.gamma == SPEC.gamma


@pytest.mark.parametrize(("activation", "net_arch"), [("tanh", (8,)), ("relu", (16, 8)), ("tanh", ())])
def test_plain_sb3_loads_the_zip_and_acts_like_the_numpy_policy(tmp_path, activation, net_arch):
    result = train(dataclasses.replace(SPEC, steps=256, activation=activation, net_arch=net_arch))
    model = PPO.load(io.BytesIO(result.model_zip), device="cpu")
    (tmp_path / "policy.safetensors").write_bytes(result.policy)
    policy = load_policy(tmp_path / "policy.safetensors", LANDER)
    observations = some_observations()
    actions, _ = model.predict(observations, deterministic=True)
    assert actions.tolist() == policy.act(observations).tolist()
    assert len(set(actions.tolist())) > 1
    with torch.no_grad():
        wanted = model.policy.get_distribution(torch.as_tensor(observations)).distribution.probs.numpy()
        values = model.policy.predict_values(torch.as_tensor(observations)).numpy()
    np.testing.assert_allclose(policy.probabilities(observations), wanted, atol=1e-6)
    np.testing.assert_allclose(policy._forward(policy.critic, observations), values, atol=1e-5)


def test_plain_sb3_can_go_on_training_the_zip():
    result = train(dataclasses.replace(SPEC, steps=128))
    env = gym.make("LunarLander-v3")
    model = PPO.load(io.BytesIO(result.model_zip), env=env, device="cpu")
    before = dump_policy(actor_and_critic(model))
    model.learn(192)
    assert dump_policy(actor_and_critic(model)) != before


def test_a_time_out_is_bootstrapped_and_a_fall_is_not():
    """SB3 adds γ·V of the last observation to the reward where the time limit ended the episode."""
    plain = {"reward": RewardConfig(), "normalize_reward": False, "gamma": 0.9}
    spec = dataclasses.replace(SPEC, n_envs=1, n_steps=8, steps=8, batch_size=8, **plain)
    hover = run_episode(LANDER, Hover(), 1)
    assert len(hover) == 1000
    for truncated in (True, False):
        policy = fresh_policy(LANDER, spec.net_arch, spec.activation, 0)
        task = Task(spec.reward, spec.gamma, 0, types.SimpleNamespace(world=LANDER), lambda steps: 0.0)
        flown = one_step_episodes(8, truncated)
        rollout = rollout_of(flown, policy, task, spec, RewardScale(1, spec.gamma))
        (beyond,) = policy.values(np.full((1, 8), 0.5, np.float32))
        (start,) = policy.values(np.zeros((1, 8), np.float32))
        wanted = 1.0 + (0.9 * beyond if truncated else 0.0)
        np.testing.assert_allclose(rollout.advantages, wanted - start, rtol=1e-5)
        np.testing.assert_allclose(rollout.returns, wanted, rtol=1e-5)
        assert beyond != 0


def one_step_episodes(steps, truncated):
    """Every step pays 1 and ends the episode, by the time limit or by itself."""
    ends = np.full((steps, 1), truncated)
    return Flown(
        observations=np.zeros((steps + 1, 1, 8), np.float32),
        actions=np.zeros((steps, 1), np.int64),
        logits=np.zeros((steps, 1, 4), np.float32),
        rewards=np.ones((steps, 1)),
        terminated=~ends,
        truncated=ends,
        ended=np.stack([np.arange(steps), np.zeros(steps, np.int64)], axis=1),
        last_observations=np.full((steps, 8), 0.5, np.float32),
    )


@pytest.mark.parametrize("steps", [ROLLOUT, SPEC.steps])
def test_a_network_that_became_nan_in_an_update_ends_the_training(monkeypatch, steps):
    learn, seen = ppo_fast.update, []

    def break_at(net, rollout, *arguments):
        learn(net, rollout, *arguments)
        seen.append(len(rollout.actions))
        if sum(seen) == steps:
            net.values[:] = float("nan")

    monkeypatch.setattr(ppo_fast, "update", break_at)
    with pytest.raises(FloatingPointError, match="diverged"):
        train(SPEC)


@pytest.mark.slow
def test_the_default_spec_learns_to_land():
    result = loop.train(dataclasses.replace(TrainSpec(GYMNASIUM), steps=300_000))
    summary = result.scorecard.summary
    assert summary["episodes"] == 100
    assert summary["landing_rate"] >= 0.8
    assert result.curve[-1]["landing_rate"] > result.curve[0]["landing_rate"]


@pytest.mark.parametrize("keep_best", [True, False])
def test_the_policy_with_the_highest_discounted_return_is_kept_if_asked_for(monkeypatch, tmp_path, keep_best):
    """The score is made to fall from one evaluation to the next, so the first policy is the best."""
    observation = np.full((1, 8), 0.3, np.float32)
    curve, scores = [], iter(range(0, -10_000, -1))
    evaluate = Curve.evaluate

    def watched(self, policy, *args):
        evaluate(self, policy, *args)
        curve.append(policy.logits(observation))

    monkeypatch.setattr(Curve, "evaluate", watched)
    monkeypatch.setattr(curves, "discounted_return", lambda trajectory, reward, gamma: next(scores))
    result = train(dataclasses.replace(SPEC, keep_best=keep_best))
    (tmp_path / "policy.safetensors").write_bytes(result.policy)
    final = load_policy(tmp_path / "policy.safetensors", LANDER).logits(observation)
    assert len(curve) == len(result.curve) > 2
    assert not np.array_equal(curve[0], curve[-1])
    np.testing.assert_array_equal(final, curve[0] if keep_best else curve[-1])


def test_discounted_return_by_hand():
    """Three steps at a cost of 2 each with γ = 0.5: −2·(1 + 0.5 + 0.25)."""
    episode = run_episode(LANDER, Hover(), 1, max_steps=3)
    reward = RewardConfig(penalty_time=2.0, replace_reward=True)
    assert discounted_return(episode, reward, 0.5) == pytest.approx(-3.5)


def test_training_until_it_lands_ends_there_and_keeps_that_policy(monkeypatch):
    looked = []

    def lands(fleet, policy, wanted, seeds):
        looked.append((len(looked) + 1) * ROLLOUT)
        return looked[-1] == 3 * ROLLOUT

    scores = iter(range(0, -10_000, -1))  # by its return, every policy is worse than the one before
    monkeypatch.setattr(curves, "discounted_return", lambda *_: float(next(scores)))
    monkeypatch.setattr(loop, "LOOK_EVERY", ROLLOUT)
    monkeypatch.setattr(loop, "succeeds", lands)
    seen = {}
    spec = dataclasses.replace(SPEC, until_landing=0.9)
    result = train(spec, lambda progress: seen.setdefault(progress.steps, progress.policy))
    assert looked == [ROLLOUT, 2 * ROLLOUT, 3 * ROLLOUT]
    assert result.steps == result.kept == result.curve[-1]["steps"] == 3 * ROLLOUT
    weights = load_safetensors(result.policy)["policy.0.weight"]
    np.testing.assert_array_equal(weights, seen[3 * ROLLOUT].actor[0][0])
    assert not np.array_equal(weights, seen[2 * ROLLOUT].actor[0][0])


def test_a_training_that_never_lands_takes_all_its_steps():
    result = train(dataclasses.replace(SPEC, until_landing=1.0))
    assert result.steps == SPEC.steps


def test_the_other_practice_episodes_are_flown_only_if_the_first_few_all_land():
    flown, seeds = [], loop.LANDING_SEEDS

    def run(falls):
        class Episode:
            def __init__(self, seed):
                self.succeeded = seed not in falls

        def fly(policy, seeds):
            flown.append(len(seeds))
            return [Episode(seed) for seed in seeds]

        flown.clear()
        return loop.succeeds(types.SimpleNamespace(run=fly), None, BUDGETS["quick"]["until_landing"], seeds)

    assert not run(falls={seeds[0]})
    assert flown == [4]
    assert run(falls=set(seeds[4:7]))  # the page says: 61 of 64
    assert flown == [4, 60]
    assert not run(falls=set(seeds[4:8]))


def test_a_training_starts_from_the_network_it_is_given():
    parent = train(SPEC)
    policy = parse_policy(parent.policy)
    slow = dataclasses.replace(SPEC, steps=128, learning_rate=1e-7, init_from="ab" * 32)
    child = parse_policy(train(slow, initial=policy).policy)
    observations = some_observations()
    np.testing.assert_allclose(child.logits(observations), policy.logits(observations), atol=1e-4)
    np.testing.assert_allclose(child.values(observations), policy.values(observations), atol=1e-4)


def test_a_training_from_another_model_resumes_exactly_too():
    policy = parse_policy(train(dataclasses.replace(SPEC, seed=5)).policy)
    spec = dataclasses.replace(SPEC, init_from="ab" * 32)
    checkpoints = []
    whole = train(spec, initial=policy, on_checkpoint=checkpoints.append)
    assert train(spec, initial=policy, checkpoint=checkpoints[1]).policy == whole.policy
    assert whole.policy != train(SPEC).policy


@pytest.mark.parametrize("change", [{"net_arch": (9,)}, {"net_arch": (8, 8)}, {"activation": "tanh"}])
def test_a_network_of_another_shape_is_refused_in_words(change):
    policy = parse_policy(train(dataclasses.replace(SPEC, steps=128, **change)).policy)
    with pytest.raises(InvalidInput) as caught:
        train(SPEC, initial=policy)
    assert caught.value.code == "other_network"


def parse_policy(data):
    tensors = load_safetensors(data)

    def layers(part):
        count = sum(name.startswith(part) for name in tensors) // 2
        return tuple((tensors[f"{part}.{i}.weight"], tensors[f"{part}.{i}.bias"]) for i in range(count))

    return Policy(layers("policy"), layers("value"), "tanh" if b'"activation":"tanh"' in data[:200] else "relu")


def steps_of(data):
    return load_safetensors(data)["steps"].tolist()


def test_a_training_keeps_the_policies_of_its_evaluations():
    seen = {}
    result = train(SPEC, lambda progress: seen.setdefault(progress.steps, progress.policy))
    tensors = load_safetensors(result.checkpoints)
    assert tensors["steps"].tolist() == [row["steps"] for row in result.curve] == [128, 256, 384, 512]
    for k, steps in enumerate(tensors["steps"].tolist()):
        for i, (weight, bias) in enumerate(seen[steps].actor):
            np.testing.assert_array_equal(tensors[f"policy.{i}.weight"][k], weight)
            np.testing.assert_array_equal(tensors[f"policy.{i}.bias"][k], bias)
    last = load_safetensors(train(dataclasses.replace(SPEC, keep_best=False)).policy)
    for name, value in last.items():
        np.testing.assert_array_equal(tensors[name][-1], value)


def test_of_many_evaluations_ten_policies_are_kept_the_ends_included():
    result = train(dataclasses.replace(SPEC, n_steps=2, batch_size=4, n_epochs=1, steps=64))
    steps, rows = steps_of(result.checkpoints), [row["steps"] for row in result.curve]
    assert len(rows) == 16
    assert len(steps) == 10
    assert set(steps) <= set(rows)
    assert (steps[0], steps[-1]) == (rows[0], rows[-1])
    assert set(np.diff(steps).tolist()) == {4, 8}


def test_a_large_network_keeps_the_first_and_the_last(monkeypatch):
    monkeypatch.setattr(curves, "KEPT_NUMBERS", 10)
    result = train(SPEC)
    assert steps_of(result.checkpoints) == [128, 512]


def test_a_checkpoint_of_an_older_version_is_not_read():
    checkpoints = []
    train(SPEC, on_checkpoint=checkpoints.append)
    state = torch.load(io.BytesIO(checkpoints[-1]), weights_only=True)
    del state["format"]
    assert read_checkpoint(checkpoints[-1], SPEC) is not None
    assert read_checkpoint(saved_by_torch(state), SPEC) is None


@given(st.integers(3, 40), st.integers(2, 10))
def test_thinning_keeps_the_ends_and_leaves_no_wide_gap(count, most):
    kept = []
    for steps in range(count):
        kept.append(steps)
        if len(kept) > most:
            del kept[most_redundant(kept)]
    assert (kept[0], kept[-1]) == (0, count - 1)
    assert len(kept) == min(count, most)
    if most > 2:
        widest = max(after - before for before, after in pairwise(kept))
        assert widest <= 2 * math.ceil((count - 1) / (most - 2))
