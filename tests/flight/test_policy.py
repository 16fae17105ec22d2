"""The numpy policy: its arithmetic, its file, and the same actions as Stable-Baselines3."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from playground.flight.policy import Policy, load_checkpoints, load_policy
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.world import WORLD as LANDER

Tensors = dict[str, np.ndarray]


def tensors(hidden: tuple[int, ...] = (5, 3), seed: int = 0) -> Tensors:
    """A random actor and critic in the file's layout."""
    rng = np.random.default_rng(seed)
    result = {}
    for part, outputs in (("policy", 4), ("value", 1)):
        sizes = (8, *hidden, outputs)
        for i, (inputs, width) in enumerate(pairwise(sizes)):
            result[f"{part}.{i}.weight"] = rng.normal(size=(width, inputs)).astype(np.float32)
            result[f"{part}.{i}.bias"] = rng.normal(size=width).astype(np.float32)
    return result


def saved(folder: Path, values: Tensors, metadata: dict[str, str] | None = None) -> Path:
    path = folder / "policy.safetensors"
    save_file(values, path, metadata={"activation": "tanh"} if metadata is None else metadata)
    return path


def forward(values: Tensors, part: str, x: list[float], activation: str) -> list[float]:
    """An MLP in plain loops."""
    count = sum(name.startswith(part) and name.endswith("weight") for name in values)
    for layer in range(count):
        weight, bias = values[f"{part}.{layer}.weight"].tolist(), values[f"{part}.{layer}.bias"].tolist()
        x = [b + sum(w * v for w, v in zip(row, x)) for row, b in zip(weight, bias)]
        if layer < count - 1:
            x = [math.tanh(v) if activation == "tanh" else max(v, 0.0) for v in x]
    return x


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(), (5,), (5, 3), (4, 4, 4, 4)])
def test_a_saved_network_computes_what_the_loops_compute(
    activation: str, hidden: tuple[int, ...], tmp_path: Path
) -> None:
    values = tensors(hidden)
    policy = load_policy(saved(tmp_path, values, {"activation": activation}), LANDER)
    seen = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    expected = np.array([forward(values, "policy", row, activation) for row in seen.tolist()])
    np.testing.assert_allclose(policy.logits(seen), expected, atol=1e-4)
    np.testing.assert_array_equal(policy.act(seen), expected.argmax(axis=1))
    odds = np.exp(expected)
    np.testing.assert_allclose(policy.probabilities(seen), odds / odds.sum(axis=1, keepdims=True), atol=1e-4)
    assert [w.shape[0] for w, _ in policy.critic] == [*hidden, 1]


def test_the_two_activations_differ(tmp_path: Path) -> None:
    seen = np.ones((1, 8), np.float32)
    one = load_policy(saved(tmp_path, tensors(), {"activation": "tanh"}), LANDER).logits(seen)
    other = load_policy(saved(tmp_path, tensors(), {"activation": "relu"}), LANDER).logits(seen)
    assert np.abs(one - other).max() > 0.1


def test_actions_by_hand() -> None:
    weight = np.zeros((4, 8), np.float32)
    weight[1, 0], weight[3, 0] = 1.0, -1.0  # right of the pad: left engine; left of it: right engine
    layer = ((weight, np.array([0, 0, 0.5, 0], np.float32)),)
    policy = Policy(layer, ((np.zeros((1, 8), np.float32), np.zeros(1, np.float32)),))
    seen = np.zeros((3, 8), np.float32)
    seen[:, 0] = [1.0, 0.0, -1.0]
    actions = policy.act(seen)
    assert actions.tolist() == [1, 2, 3]
    assert actions.dtype == np.int64


def test_probabilities_of_huge_logits_are_finite() -> None:
    layer = ((np.zeros((4, 8), np.float32), np.array([1e4, 0, -1e4, 1e4], np.float32)),)
    chances = Policy(layer, layer).probabilities(np.zeros((1, 8), np.float32))
    np.testing.assert_allclose(chances, [[0.5, 0, 0, 0.5]])


def test_a_lander_alone_is_flown_as_in_a_batch(tmp_path: Path) -> None:
    policy = load_policy(saved(tmp_path, tensors()), LANDER)
    seen = np.random.default_rng(2).normal(size=(50, 8)).astype(np.float32)
    assert policy.act(seen).tolist() == [int(policy.act(row[None])[0]) for row in seen]


def refused(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        load_policy(path, LANDER)
    assert caught.value.code == "cannot_read"
    assert path.name in str(caught.value)
    return str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "policy.safetensors")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    refused(tmp_path)


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_a_truncated_file_is_refused(keep: int, tmp_path: Path) -> None:
    path = saved(tmp_path, tensors())
    path.write_bytes(path.read_bytes()[:keep])
    refused(path)


def test_a_file_of_noise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.safetensors"
    for seed in range(20):
        path.write_bytes(np.random.default_rng(seed).bytes(500))
        refused(path)


@pytest.mark.parametrize("metadata", [{}, {"activation": "gelu"}, {"activation": "__import__"}, {"other": "tanh"}])
def test_an_unknown_activation_is_refused(metadata: dict[str, str], tmp_path: Path) -> None:
    assert "activation" in refused(saved(tmp_path, tensors(), metadata))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("policy.0.weight", (5, 7)),
        ("policy.0.weight", (5,)),
        ("policy.0.weight", (5, 8, 1)),
        ("policy.0.weight", ()),
        ("policy.0.bias", (4,)),
        ("policy.0.bias", (5, 1)),
        ("policy.1.weight", (3, 6)),
        ("policy.2.weight", (5, 3)),
        ("policy.2.weight", (0, 3)),
        ("value.2.weight", (2, 3)),
        ("value.0.bias", ()),
    ],
    ids=str,
)
def test_a_network_that_does_not_fit_is_refused(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    refused(saved(tmp_path, tensors() | {name: np.zeros(shape, np.float32)}))


@pytest.mark.parametrize(
    "missing",
    ["policy.0.weight", "policy.1.weight", "policy.2.weight", "policy.0.bias", "value.2.bias", "policy", "value"],
)
def test_a_network_with_a_part_missing_is_refused(missing: str, tmp_path: Path) -> None:
    refused(saved(tmp_path, {name: value for name, value in tensors().items() if not name.startswith(missing)}))


@pytest.mark.parametrize(("dtype", "size"), [("BF16", 2), ("F8_E4M3", 1)])
def test_numbers_that_numpy_does_not_have_are_refused(dtype: str, size: int, tmp_path: Path) -> None:
    """A whole network of the right shapes, as other tools may save it."""
    header: dict[str, Any] = {"__metadata__": {"activation": "tanh"}}
    end = 0
    for name, value in tensors().items():
        start, end = end, end + value.size * size
        header[name] = {"dtype": dtype, "shape": value.shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path = tmp_path / "policy.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))
    refused(path)


def test_an_actor_with_five_actions_is_refused(tmp_path: Path) -> None:
    wide = {"policy.2.weight": np.zeros((5, 3), np.float32), "policy.2.bias": np.zeros(5, np.float32)}
    assert "LunarLander" in refused(saved(tmp_path, tensors() | wide))


def perturbed_model(activation: str) -> Any:
    """An SB3 PPO whose logits are far from the near-zero ones of a fresh network."""
    import torch

    from playground.training.sb3_io import sb3_ppo
    from playground.training.spec import TrainSpec
    from playground.worlds.lunar_lander.terms import RewardConfig

    spec = TrainSpec(RewardConfig(), activation=activation, n_envs=1)
    model = sb3_ppo(spec)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_actions_are_those_of_stable_baselines3(activation: str, tmp_path: Path) -> None:
    from playground.training.nets import dump_policy, parts_of, to_policy

    model = perturbed_model(activation)
    path = tmp_path / "policy.safetensors"
    path.write_bytes(dump_policy(to_policy(*parts_of(model.policy))))
    policy = load_policy(path, LANDER)
    seen = np.random.default_rng(3).normal(size=(10_000, 8)).astype(np.float32)
    seen[:, 6:] = seen[:, 6:] > 0
    theirs, _ = model.predict(seen, deterministic=True)
    np.testing.assert_array_equal(policy.act(seen), theirs)
    assert min(np.bincount(theirs, minlength=4)) > 100  # no action is trivially rare


def stacked(*networks: Tensors) -> Tensors:
    return {name: np.stack([network[name] for network in networks]) for name in networks[0]}


def test_checkpoints_are_the_policies_that_went_in(tmp_path: Path) -> None:
    networks = [tensors(seed=seed) for seed in range(3)]
    path = saved(tmp_path, stacked(*networks) | {"steps": np.array([64, 128, 4096])})
    found = load_checkpoints(path, LANDER)
    assert [checkpoint.steps for checkpoint in found] == [64, 128, 4096]
    seen = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    for checkpoint, network in zip(found, networks, strict=True):
        alone = load_policy(saved(tmp_path, network), LANDER)
        np.testing.assert_array_equal(checkpoint.policy.logits(seen), alone.logits(seen))
        np.testing.assert_array_equal(checkpoint.policy.values(seen), alone.values(seen))
    assert np.abs(found[0].policy.logits(seen) - found[1].policy.logits(seen)).max() > 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"steps": np.array([1])},
        {"steps": np.array([1, 2, 3])},
        {"steps": np.array([[1], [2]])},
        {"steps": np.array([1.0, 2.0])},
        {"steps": np.array(2)},
        {"policy.0.bias": np.zeros((3, 5), np.float32)},
        {"policy.0.weight": np.zeros((2, 5, 9), np.float32)},
        {"value.0.bias": np.full((2, 5), np.nan, np.float32)},
    ],
)
def test_checkpoints_that_do_not_fit_together_are_refused(change: Tensors, tmp_path: Path) -> None:
    good = stacked(tensors(), tensors(seed=1)) | {"steps": np.array([1, 2])}
    assert len(load_checkpoints(saved(tmp_path, good), LANDER)) == 2
    with pytest.raises(InvalidInput) as caught:
        load_checkpoints(saved(tmp_path, good | change), LANDER)
    assert caught.value.code == "cannot_read"


def test_checkpoints_without_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        load_checkpoints(saved(tmp_path, stacked(tensors(), tensors(seed=1))), LANDER)


def test_a_policy_without_a_critic_guesses_nothing(tmp_path: Path) -> None:
    plain = {name: value for name, value in tensors().items() if not name.startswith("value")}
    policy = load_policy(saved(tmp_path, plain | {"value": np.zeros(0, np.float32)}), LANDER)
    assert policy.critic == ()
    assert np.isnan(policy.values(np.zeros((3, 8), np.float32))).all()


def test_a_q_network_has_its_own_names(tmp_path: Path) -> None:
    renamed = {name.replace("policy", "q"): value for name, value in tensors().items() if name.startswith("policy")}
    policy = load_policy(saved(tmp_path, renamed), LANDER)
    assert policy.q_values
    observations = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_array_equal(policy.values(observations), policy.logits(observations).max(axis=1))
    np.testing.assert_array_equal(policy.probabilities(observations).argmax(axis=1), policy.act(observations))


@pytest.mark.parametrize("kind", ["q", "none", "both"])
def test_every_kind_of_policy_survives_its_file(kind: str, tmp_path: Path) -> None:
    from playground.training.nets import dump_policy

    whole = load_policy(saved(tmp_path, tensors()), LANDER)
    policy = Policy(whole.actor, whole.critic if kind == "both" else (), whole.activation, q_values=kind == "q")
    (tmp_path / "again.safetensors").write_bytes(dump_policy(policy))
    again = load_policy(tmp_path / "again.safetensors", LANDER)
    assert (again.q_values, len(again.critic)) == (policy.q_values, len(policy.critic))
    np.testing.assert_array_equal(again.actor[0][0], policy.actor[0][0])
