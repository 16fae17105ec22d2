import base64
import io
import json
import os
import pickle
import random
import time
import warnings
import zipfile
from dataclasses import replace
from functools import partial

import cloudpickle
import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.save_util import json_to_data

from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models import sb3_import
from playground.lab.models.sb3_import import MAX_UNPACKED, activation_in, check_zip
from playground.lab.models.store import ModelStore
from playground.training.sb3_io import sb3_ppo
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM

SPEC = TrainSpec(GYMNASIUM, activation="tanh", net_arch=(8,))


@pytest.fixture(scope="module")
def foreign():
    """A PPO that plain SB3 made and trained for a moment, with SB3's own default settings but for the size."""
    env = gym.make("LunarLander-v3")
    model = PPO("MlpPolicy", env, n_steps=64, policy_kwargs={"net_arch": [8]}, seed=1, device="cpu")
    model.learn(128)
    return model


@pytest.fixture(scope="module")
def members(foreign):
    """The files of its zip, by name."""
    buffer = io.BytesIO()
    foreign.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


import_zip = partial(sb3_import.import_zip, evaluation=EVALUATION_SEEDS[:2])


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def refusal(path, spec=SPEC, code="bad_zip"):
    out = path.parent / "out"
    with pytest.raises(InvalidInput) as caught:
        import_zip(path, spec, out)
    assert not out.exists()
    assert caught.value.code == code
    return caught.value


class Canary:
    """Unpickled, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_good_zip_imports_and_acts_like_sb3(foreign, members, tmp_path):
    model = import_zip(pack(tmp_path / "ppo.zip", members), SPEC, tmp_path / "out")
    model.verify()
    observations = np.random.default_rng(0).normal(0, 0.7, (500, 8)).astype(np.float32)
    actions, _ = foreign.predict(observations, deterministic=True)
    assert model.policy.act(observations).tolist() == actions.tolist()
    assert len(set(actions.tolist())) > 1
    with torch.no_grad():
        wanted = foreign.policy.get_distribution(torch.as_tensor(observations)).distribution.probs.numpy()
    np.testing.assert_allclose(model.policy.probabilities(observations), wanted, atol=1e-6)


def test_an_imported_model_says_where_it_came_from_and_how_it_flies(members, tmp_path):
    model = import_zip(pack(tmp_path / "ppo.zip", members), SPEC, tmp_path / "out")
    assert model.manifest["imported"] == "ppo.zip"
    assert model.manifest["reward"] == "unknown"
    assert not model.reward_known
    assert model.spec == SPEC
    assert model.curve == []
    assert model.scorecard.native_return.mean() == pytest.approx(model.summary["native_return_mean"])


def test_a_reward_that_is_given_is_known(members, tmp_path):
    model = import_zip(pack(tmp_path / "ppo.zip", members), SPEC, tmp_path / "out", reward_known=True)
    assert model.manifest["reward"] == "given"
    assert model.reward_known


def test_an_imported_model_joins_the_users_models(members, tmp_path):
    model = import_zip(pack(tmp_path / "ppo.zip", members), SPEC)
    model.verify()
    assert [m.key for m in ModelStore().list_trained()] == [model.key]
    assert model.folder == ModelStore().home / model.key


def test_an_imported_model_is_not_found_in_place_of_a_training(members, tmp_path):
    import_zip(pack(tmp_path / "ppo.zip", members), SPEC, reward_known=True)
    assert ModelStore().find(SPEC.key) is None


def test_two_zips_are_two_models_and_one_zip_twice_is_one(foreign, members, tmp_path):
    path = pack(tmp_path / "ppo.zip", members)
    state = torch.load(io.BytesIO(members["policy.pth"]), weights_only=True)
    state["action_net.bias"] += 1
    other = pack(tmp_path / "other.zip", members | {"policy.pth": saved(state)})
    keys = [import_zip(p, SPEC).key for p in (path, other, path)]
    assert keys[0] == keys[2] != keys[1]
    assert import_zip(path, SPEC, reward_known=True).key not in keys
    assert len(ModelStore().list_trained()) == 3


def test_a_folder_that_is_taken_is_left_alone(members, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidInput) as caught:
        import_zip(pack(tmp_path / "ppo.zip", members), SPEC, tmp_path / "out")
    assert caught.value.code == "folder_taken"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_the_zip_of_an_imported_model_is_written_anew(members, tmp_path):
    canary = members | {"extra.txt": b"from elsewhere"}
    model = import_zip(pack(tmp_path / "ppo.zip", canary), SPEC, tmp_path / "out")
    with zipfile.ZipFile(model.folder / "model.zip") as archive:
        assert "extra.txt" not in archive.namelist()
    PPO.load(model.folder / "model.zip", device="cpu")


def test_a_pickle_in_the_data_of_a_zip_is_never_run(members, tmp_path):
    canary = tmp_path / "canary"
    payload = base64.b64encode(cloudpickle.dumps(Canary(canary))).decode()
    data = json.loads(members["data"]) | {"policy_class": {":type:": "x", ":serialized:": payload}}
    hostile = members | {"data": json.dumps(data).encode()}

    import_zip(pack(tmp_path / "ppo.zip", hostile), SPEC, tmp_path / "out").verify()
    assert not canary.exists()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        json_to_data(hostile["data"].decode())  # what PPO.load does with it
    assert canary.is_dir()


@pytest.mark.parametrize("member", ["policy.pth", "policy.optimizer.pth", "pytorch_variables.pth", "more.pth"])
@pytest.mark.parametrize("kind", ["bare pickle", "torch file"])
def test_a_pickle_in_place_of_tensors_is_never_run(members, tmp_path, member, kind):
    canary = tmp_path / "canary"
    value = Canary(canary)
    payload = pickle.dumps(value, 2) if kind == "bare pickle" else saved(value)
    refusal(pack(tmp_path / "ppo.zip", members | {member: payload}))
    assert not canary.exists()

    if kind == "bare pickle":
        pickle.loads(payload)
    else:
        torch.load(io.BytesIO(payload), weights_only=False)
    assert canary.is_dir()


def test_a_zip_bomb_is_refused_quickly(members, tmp_path):
    zeros = bytes(MAX_UNPACKED + 1)
    path = pack(tmp_path / "ppo.zip", members | {"policy.pth": zeros}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    start = time.perf_counter()
    refusal(path, code="too_big")
    assert time.perf_counter() - start < 0.5


def test_many_members_are_counted_together(tmp_path):
    zeros = bytes(MAX_UNPACKED // 4)
    path = pack(tmp_path / "ppo.zip", {f"{n}.pth": zeros for n in range(5)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidInput) as caught:
        check_zip(path)
    assert caught.value.code == "too_big"


def test_a_member_that_lies_about_its_size_is_refused(members, tmp_path):
    """The directory says 100 bytes, the data goes on for 65 MiB: no more than it says is read."""
    path = pack(tmp_path / "ppo.zip", {"policy.pth": bytes(MAX_UNPACKED + 1)}, zipfile.ZIP_DEFLATED)
    size = (MAX_UNPACKED + 1).to_bytes(4, "little")
    data = path.read_bytes()
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    start = time.perf_counter()
    refusal(path)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04" + bytes(50), b"not a zip at all", b"\x80\x04N."])
def test_what_is_no_zip_is_refused(tmp_path, data):
    path = tmp_path / "ppo.zip"
    path.write_bytes(data)
    assert "ppo.zip" in str(refusal(path))


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    refusal(tmp_path / "folder")
    refusal(tmp_path / "nothing.zip")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_zip_is_refused(members, tmp_path, share):
    path = pack(tmp_path / "ppo.zip", members)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refusal(path)


@pytest.mark.parametrize("change", [{"net_arch": (9,)}, {"net_arch": (8, 8)}, {"net_arch": ()}])
def test_a_network_of_another_size_is_refused(members, tmp_path, change):
    error = refusal(pack(tmp_path / "ppo.zip", members), replace(SPEC, **change))
    assert "ppo.zip" in str(error)


def test_a_network_for_another_environment_is_refused(tmp_path):
    model = PPO("MlpPolicy", gym.make("CartPole-v1"), n_steps=64, policy_kwargs={"net_arch": [8]}, device="cpu")
    model.save(tmp_path / "ppo.zip")
    error = refusal(tmp_path / "ppo.zip", code="other_environment")
    assert str(error) == ("environment not supported: observations [4] and 2 actions; supported: LunarLander-v3")


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"{", b'{"observation_space": 3, "action_space": {"n": null}}', b"[" * 100_000]
)
def test_a_zip_that_describes_no_environment_is_told_by_its_tensors(members, tmp_path, data):
    import_zip(pack(tmp_path / "ppo.zip", members | {"data": data}), SPEC, tmp_path / "out").verify()


def test_a_refusal_is_one_line(members, tmp_path):
    error = refusal(pack(tmp_path / "ppo.zip", members), replace(SPEC, net_arch=(9,)))
    assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["policy.pth", "policy.optimizer.pth"])
def test_a_zip_without_its_tensors_is_refused(members, tmp_path, name):
    refusal(pack(tmp_path / "ppo.zip", {k: v for k, v in members.items() if k != name}))


@pytest.mark.parametrize("name", ["nonsense", "policy.nothing", "../../etc/passwd"])
def test_tensors_for_what_is_not_there_are_refused(members, tmp_path, name):
    refusal(pack(tmp_path / "ppo.zip", members | {f"{name}.pth": members["policy.pth"]}))


@pytest.mark.parametrize("name", ["env", "__class__"])
def test_tensors_for_what_holds_none_are_refused(members, tmp_path, name):
    refusal(pack(tmp_path / "ppo.zip", members | {f"{name}.pth": members["policy.pth"]}))


@pytest.mark.parametrize("name", ["policy.pth", "policy.optimizer.pth"])
@pytest.mark.parametrize("value", [{}, {"a": 1}])
def test_tensors_of_other_names_are_refused(members, tmp_path, name, value):
    refusal(pack(tmp_path / "ppo.zip", members | {name: saved(value)}))


@pytest.mark.parametrize("name", ["policy.pth", "policy.optimizer.pth"])
@pytest.mark.parametrize("value", [[], 3, None, "text", torch.zeros(3)], ids=str)
def test_other_values_in_place_of_tensors_are_refused(members, tmp_path, name, value):
    refusal(pack(tmp_path / "ppo.zip", members | {name: saved(value)}))


def test_flipped_bytes_are_refused_or_harmless(members, tmp_path):
    flip_bytes(members, tmp_path, zipfile.ZIP_STORED)


def test_flipped_bytes_of_a_compressed_zip_are_refused_or_harmless(members, tmp_path):
    flip_bytes(members, tmp_path, zipfile.ZIP_DEFLATED)


def flip_bytes(members, tmp_path, compression):
    path = pack(tmp_path / "ppo.zip", members, compression)
    good = path.read_bytes()
    rng = random.Random(0)
    refused = 0
    for turn in range(40):
        data = bytearray(good)
        for _ in range(3):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            import_zip(path, SPEC, tmp_path / f"out{turn}").verify()
        except InvalidInput:
            refused += 1
    assert refused > 10


def test_weights_that_are_not_numbers_are_refused(members, tmp_path):
    state = torch.load(io.BytesIO(members["policy.pth"]), weights_only=True)
    state["action_net.weight"][:] = float("nan")
    refusal(pack(tmp_path / "ppo.zip", members | {"policy.pth": saved(state)}))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_activation_is_read_from_the_zips_description(tmp_path, activation):
    spec = TrainSpec(GYMNASIUM, activation=activation, n_envs=1, net_arch=(8,))
    sb3_ppo(spec).save(tmp_path / "model.zip")
    assert activation_in(tmp_path / "model.zip") == activation


def test_a_zip_that_names_no_activation_has_sb3s_default(tmp_path):
    PPO("MlpPolicy", "LunarLander-v3", device="cpu").save(tmp_path / "plain.zip")
    assert activation_in(tmp_path / "plain.zip") == "tanh"
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("data", "[]")
    assert activation_in(tmp_path / "odd.zip") == "tanh"
