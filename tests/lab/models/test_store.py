import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from playground.flight.rollout import run_episodes
from playground.flight.scorecard import score
from playground.lab.models.model import CHECKPOINTS, EVENTS, FILES, MANIFEST, open_model, read_curve, write_curve
from playground.lab.models.store import ModelStore, nearest_model, write_model
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.probes import Constant
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

ROOT = Path(__file__).parents[3]
SPEC = TrainSpec(RewardConfig(w_legs=1.0), steps=128)
KEY = SPEC.key
CURVE = [{"steps": 64.0, "landing_rate": 0.25}, {"steps": 128.0, "landing_rate": 0.1 + 0.2}]


@pytest.fixture(scope="module")
def card():
    return score(run_episodes(LANDER, Constant(0), [1, 2]), SPEC.gamma)


@pytest.fixture(scope="module")
def files(card):
    rng = np.random.default_rng(0)
    tensors = {
        "policy.0.weight": rng.normal(size=(4, 8)).astype(np.float32),
        "policy.0.bias": np.zeros(4, np.float32),
        "value.0.weight": rng.normal(size=(1, 8)).astype(np.float32),
        "value.0.bias": np.zeros(1, np.float32),
    }
    return {
        "spec.json": dump_spec(SPEC),
        "policy.safetensors": save_safetensors(tensors, metadata={"activation": "tanh"}),
        "scorecard.json": json.dumps(card.to_json()).encode(),
        "curve.csv": write_curve(CURVE).encode(),
        "model.zip": b"never opened here",
    }


@pytest.fixture(scope="module")
def manifest(card):
    return {"created": "2026-01-01T00:00:00+00:00", "steps": 128, "seconds": 1.0, "summary": card.summary}


@pytest.fixture
def store(tmp_path):
    (tmp_path / "shipped").mkdir()
    return ModelStore(tmp_path / "home", tmp_path / "shipped")


@pytest.fixture
def model(store, files, manifest):
    return store.add(KEY, files, manifest)


def ship(store, files, manifest, slug="gymnasium", key=KEY):
    return write_model(store.shipped / slug, key, files, manifest)


def content(home):
    """What lies in a home beside its locks."""
    return [path.name for path in home.iterdir() if path.name != "locks"]


def refusal(call, *arguments):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments)
    return caught.value


def test_what_was_written_is_found_whole(store, model, files):
    found = store.find(KEY)
    found.verify()
    assert found.key == KEY
    assert found.folder == store.home / KEY
    assert {name: (found.folder / name).read_bytes() for name in FILES} == files


def test_a_found_model_gives_back_what_went_in(store, model, card, files):
    found = store.find(KEY)
    assert found.spec == SPEC
    assert found.spec.key == found.key
    assert found.curve == CURVE
    assert dict(found.summary) == card.summary
    assert found.scorecard.native_return.tolist() == card.native_return.tolist()
    assert found.policy.act(np.zeros((3, 8), np.float32)).shape == (3,)


def test_the_manifest_holds_the_checksum_of_every_file(model, files):
    sums = json.loads((model.folder / MANIFEST).read_text())["sha256"]
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_the_manifest_is_written_last(store, files, manifest, monkeypatch):
    def die(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.lab.models.store.json.dumps", die)
    with pytest.raises(KeyboardInterrupt):
        store.add(KEY, files, manifest)
    monkeypatch.undo()
    assert store.find(KEY) is None
    assert content(store.home) == []


def test_a_folder_without_manifest_does_not_exist(store, model):
    (model.folder / MANIFEST).unlink()
    assert store.find(KEY) is None
    assert store.list_trained() == []
    assert refusal(open_model, model.folder).code == "model_incomplete"
    assert refusal(store.resolve, KEY).code == "unknown_model"


def test_a_new_model_takes_the_place_of_a_folder_without_manifest(store, model, files, manifest):
    (model.folder / MANIFEST).unlink()
    (model.folder / "policy.safetensors").write_bytes(b"half")
    store.add(KEY, files, manifest).verify()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"key": "x", "sha256": {}, "summary": {}}', '{"key": 3}', '{"key": "%s"}' % ("a" * 64)],
)
def test_a_manifest_that_is_none_is_no_model(store, model, text):
    (model.folder / MANIFEST).write_text(text)
    assert store.find(KEY) is None
    assert refusal(open_model, model.folder).code == "model_incomplete"


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_a_checksum_is_refused(store, model, name):
    path = model.folder / MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["sha256"][name]
    path.write_text(json.dumps(manifest))
    error = refusal(store.find(KEY).read, name)
    assert (error.code, error.params["file"]) == ("model_damaged", name)
    assert refusal(store.find(KEY).verify).code == "model_damaged"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told_by_name(store, model, name):
    (model.folder / name).unlink()
    error = refusal(store.find(KEY).verify)
    assert error.code == "model_incomplete"
    assert name in error.params["reason"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0, -1])
def test_a_flipped_byte_is_told_by_file(store, model, name, where):
    path = model.folder / name
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    error = refusal(store.find(KEY).verify)
    assert (error.code, error.params["file"]) == ("model_damaged", name)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_told_by_file(store, model, name):
    path = model.folder / name
    path.write_bytes(path.read_bytes()[:-1])
    error = refusal(store.find(KEY).verify)
    assert (error.code, error.params["file"]) == ("model_damaged", name)


@pytest.mark.parametrize(
    ("name", "part"),
    [("spec.json", "spec"), ("policy.safetensors", "policy"), ("scorecard.json", "scorecard"), ("curve.csv", "curve")],
)
def test_damaged_parts_are_refused_where_they_are_used(store, model, name, part):
    path = model.folder / name
    path.write_bytes(path.read_bytes()[:-1])
    error = refusal(getattr, store.find(KEY), part)
    assert (error.code, error.params["file"]) == ("model_damaged", name)


def test_a_flipped_byte_of_the_manifest_is_bad_input_at_worst(store, model):
    path = model.folder / MANIFEST
    good = path.read_bytes()
    refused = 0
    for where in range(0, len(good), 7):
        path.write_bytes(good[:where] + bytes([good[where] ^ 4]) + good[where + 1 :])
        try:
            open_model(model.folder).verify()
        except InvalidInput:
            refused += 1
    assert refused > 10


def test_a_scorecard_from_before_a_term_was_added_is_flown_again(store, files, manifest, card):
    value = card.to_json()
    del value["totals"]["state"]["distance"]
    model = store.add(KEY, files | {"scorecard.json": json.dumps(value).encode()}, manifest)
    again = model.scorecard
    assert again.seeds.tolist() == card.seeds.tolist()
    assert again.totals["state"].shape == card.totals["state"].shape


def test_a_scorecard_that_lacks_its_episodes_is_told_apart_from_damage(store, files, manifest, card):
    value = card.to_json()
    del value["episodes"]
    model = store.add(KEY, files | {"scorecard.json": json.dumps(value).encode()}, manifest)
    model.verify()
    error = refusal(getattr, model, "scorecard")
    assert error.code == "model_incomplete"
    assert "episodes" in error.params["reason"]


def test_a_model_under_another_models_key_is_not_that_model(store, model):
    other = "0" * 64
    shutil.copytree(model.folder, store.home / other)
    assert store.find(other) is None


def test_trained_models_are_listed_newest_first(store, files, manifest):
    for day, letter in ((2, "b"), (3, "c"), (1, "a")):
        store.add(letter * 64, files, manifest | {"created": f"2026-01-0{day}T00:00:00+00:00"})
    assert [m.key[0] for m in store.list_trained()] == ["c", "b", "a"]


def test_jobs_locks_and_leftovers_are_not_models(store, model):
    for name in ("jobs", "locks", ".new-abc", "readme.txt"):
        shutil.copytree(model.folder, store.home / name, dirs_exist_ok=True)
    assert [m.folder.name for m in store.list_trained()] == [KEY]


def test_a_home_that_is_not_there_holds_nothing(store):
    assert store.list_trained() == []
    assert store.list_shipped() == []
    assert store.find(KEY) is None
    assert not store.home.exists()


def test_shipped_models_are_found_by_key_and_slug(store, files, manifest):
    ship(store, files, manifest)
    assert store.find(KEY).slug == "gymnasium"
    assert store.resolve("gymnasium").key == KEY
    assert store.resolve(KEY).slug == "gymnasium"


def test_a_model_resolves_by_key_by_prefix_and_by_folder(store, model):
    names = [KEY, KEY[:8], KEY[:4], str(model.folder)]
    assert [store.resolve(name).key for name in names] == [KEY] * 4


def test_a_prefix_of_two_models_is_ambiguous(store, files, manifest):
    keys = ["abcd" + "0" * 60, "abcd" + "1" * 60]
    for key in keys:
        store.add(key, files, manifest)
    error = refusal(store.resolve, "abcd")
    assert (error.code, error.params["value"]) == ("ambiguous_model", "abcd")
    assert [store.resolve(f"abcd{digit}").key for digit in "01"] == keys


def test_one_model_that_is_both_shipped_and_trained_is_not_ambiguous(store, model, files, manifest):
    ship(store, files, manifest)
    assert store.resolve(KEY[:8]).key == KEY


@pytest.mark.parametrize("name", ["nothing", "abc", "f" * 64, "ABCD", "a\0b", "*"])
def test_an_unknown_name_is_told(store, model, name):
    error = refusal(store.resolve, name)
    assert error.code == "unknown_model"


def test_a_very_long_name_is_unknown(store):
    assert refusal(store.resolve, "a" * 300).code == "unknown_model"


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_folder_that_holds_no_model_is_told(store, model, name):
    assert refusal(store.resolve, name).code in ("model_incomplete", "unknown_model")


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../..", "../victim", "/etc", f"{'a' * 64}/../../victim", "jobs", "A" * 64]
)
def test_keys_that_are_none_are_refused_before_they_are_paths(store, model, files, manifest, key):
    victim = write_model(store.home.parent / "victim", KEY, files, manifest)
    (store.home / "jobs").mkdir()
    assert store.find(key) is None
    assert refusal(store.delete, key).code == "unknown_model"
    victim.verify()
    model.verify()
    assert (store.home / "jobs").is_dir()


def test_a_deleted_model_is_gone(store, model):
    store.delete(KEY)
    assert store.find(KEY) is None
    assert content(store.home) == []
    assert refusal(store.delete, KEY).code == "unknown_model"


def test_a_shipped_model_is_not_deleted(store, files, manifest):
    shipped = ship(store, files, manifest)
    assert refusal(store.delete, KEY).code == "shipped_model"
    shipped.verify()


def test_a_deletion_that_breaks_off_leaves_no_model(store, model, files, manifest, monkeypatch):
    def die(path):
        raise OSError(5, "input/output error")

    monkeypatch.setattr("playground.lab.models.store.shutil.rmtree", die)
    assert refusal(store.delete, KEY).code == "cannot_write"
    monkeypatch.undo()
    assert store.find(KEY) is None
    store.delete(KEY)
    assert content(store.home) == []


def test_the_first_of_two_models_with_one_key_stays(store, model, files, manifest):
    second = store.add(KEY, files | {"model.zip": b"later"}, manifest)
    second.verify()
    assert (second.folder / "model.zip").read_bytes() == files["model.zip"]
    assert content(store.home) == [KEY]


def write_from_threads(store, files, manifest, key, writers=6):
    """What went wrong in threads that add one key at the same moment."""
    barrier = threading.Barrier(writers)
    problems = []

    def write(number):
        barrier.wait()
        try:
            store.add(key, files | {"model.zip": bytes([number]) * 1000}, manifest).verify()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_many_threads_that_write_one_key_leave_one_whole_model(store, files, manifest):
    for turn in range(10):
        assert write_from_threads(store, files, manifest, f"{turn:064x}") == []
        store.find(f"{turn:064x}").verify()
    assert [p.name for p in store.home.iterdir() if p.name.startswith(".")] == []


def test_the_rest_of_a_deletion_in_the_way_of_many_threads_ends_as_one_whole_model(store, files, manifest):
    for turn in range(10):
        (store.home / f"{turn:064x}").mkdir(parents=True)
        problems = write_from_threads(store, files, manifest, f"{turn:064x}")
        assert {type(problem) for problem in problems} <= {InvalidInput}
        store.find(f"{turn:064x}").verify()
    assert [p.name for p in store.home.iterdir() if p.name.startswith(".")] == []


WRITER = """
import json, sys, time
from pathlib import Path
from playground.lab.models.model import FILES
from playground.lab.models.store import nearest_model, ModelStore
home, source, go, mark = map(Path, sys.argv[1:])
store = ModelStore(home, home.parent / "shipped")
manifest = json.loads((source / "manifest.json").read_text())
key = manifest.pop("key")
del manifest["sha256"]
files = {name: (source / name).read_bytes() for name in FILES} | {"model.zip": mark.name.encode() * 100_000}
mark.touch()
while not go.exists():
    time.sleep(0.001)
store.add(key, files, manifest).verify()
"""


def test_two_processes_that_write_one_key_leave_one_whole_model(store, files, manifest, tmp_path):
    source = write_model(tmp_path / "source", KEY, files, manifest).folder
    go = tmp_path / "go"
    marks = [tmp_path / "one", tmp_path / "two"]
    arguments = [[sys.executable, "-c", WRITER, store.home, source, go, mark] for mark in marks]
    writers = [subprocess.Popen(command) for command in arguments]
    while not all(mark.exists() for mark in marks):
        assert all(writer.poll() is None for writer in writers)
        time.sleep(0.01)
    go.touch()
    assert [writer.wait(30) for writer in writers] == [0, 0]
    store.find(KEY).verify()
    assert content(store.home) == [KEY]


def test_a_home_that_denies_writing_is_told(store, files, manifest, monkeypatch):
    def deny(*arguments, **keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", deny)
    error = refusal(store.add, KEY, files, manifest)
    assert error.code == "no_permission"
    assert str(store.home) in error.params["folder"]


def test_a_read_only_home_is_told_and_still_read(store, model, files, manifest):
    store.home.chmod(0o555)
    try:
        if os.access(store.home, os.W_OK):
            pytest.skip("this user writes anywhere")
        assert refusal(store.add, "0" * 64, files, manifest).code == "no_permission"
        assert refusal(store.delete, KEY).code == "no_permission"
        store.find(KEY).verify()
    finally:
        store.home.chmod(0o755)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_was_there_stays_whole(small_disk, tmp_path, files, manifest):
    store = ModelStore(small_disk / "home", tmp_path / "shipped")
    store.add(KEY, files, manifest)
    big = files | {"model.zip": os.urandom(2 * 1024 * 1024)}
    error = refusal(store.add, "0" * 64, big, manifest)
    assert error.code == "disk_full"
    assert content(store.home) == [KEY]
    store.find(KEY).verify()
    store.add("1" * 64, files, manifest).verify()


def test_a_read_only_disk_is_told(small_disk, tmp_path, files, manifest):
    store = ModelStore(small_disk / "home", tmp_path / "shipped")
    store.add(KEY, files, manifest)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert refusal(store.add, "0" * 64, files, manifest).code == "no_permission"
    assert refusal(store.delete, KEY).code == "no_permission"
    store.find(KEY).verify()


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path, files, manifest):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    error = refusal(write_model, folder, KEY, files, manifest)
    assert str(folder) in str(error)
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_another_model_in_the_way_is_told(tmp_path, files, manifest):
    write_model(tmp_path / "out", "0" * 64, files, manifest)
    refusal(write_model, tmp_path / "out", KEY, files, manifest)
    assert open_model(tmp_path / "out").key == "0" * 64


def test_a_file_in_the_way_is_told_and_stays(tmp_path, files, manifest):
    (tmp_path / "out").write_text("mine")
    assert refusal(write_model, tmp_path / "out", KEY, files, manifest).code == "cannot_write"
    assert (tmp_path / "out").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_curve_comes_back_with_every_digit():
    assert read_curve(write_curve(CURVE)) == CURVE
    assert write_curve(CURVE).splitlines()[0] == "steps,landing_rate"


def test_an_empty_curve_has_no_rows():
    assert write_curve([]) == ""
    assert read_curve("") == []


@pytest.mark.parametrize("end", ["192.0", "192.0,", "192.0,x", "192.0,0.5,0.5"])
def test_a_last_line_that_is_still_being_written_is_left_out(end):
    assert read_curve(write_curve(CURVE) + end) == CURVE


def test_the_nearest_model_is_the_one_whose_episodes_the_reward_pays_best():
    everything = ModelStore().list_shipped()
    assert len({model.env for model in everything}) > 1
    assert nearest_model(everything, TrainSpec(GYMNASIUM)).env == "LunarLander-v3"
    shipped = ModelStore(env="LunarLander-v3").list_shipped()
    for reward in (GYMNASIUM, RewardConfig(w_crash=-5.0, form="progress", replace_reward=True)):
        spec = TrainSpec(reward)
        nearest = nearest_model(shipped, spec)
        pays = {model.key: model.scorecard.returns(reward).mean() for model in shipped}
        assert pays[nearest.key] == max(pays.values())
    assert nearest_model(shipped, TrainSpec(GYMNASIUM)).summary["landing_rate"] > 0.9


def test_a_model_with_another_network_is_no_start():
    shipped = ModelStore().list_shipped()
    assert nearest_model(shipped, TrainSpec(GYMNASIUM, net_arch=(32,))) is None
    assert nearest_model([], TrainSpec(GYMNASIUM)) is None


@pytest.fixture
def checkpoints(files):
    """Two networks, the second with every number doubled."""
    tensors = load_safetensors(files["policy.safetensors"])
    stacked = {name: np.stack([value, 2 * value]) for name, value in tensors.items()}
    return save_safetensors(stacked | {"steps": np.array([64, 128])}, metadata={"activation": "tanh"})


def test_a_model_without_the_optional_files_is_whole(model):
    model.verify()
    assert model.files == FILES
    assert model.checkpoints == []


def test_checkpoints_are_given_back_as_policies_that_fly(store, files, manifest, checkpoints):
    model = store.add(KEY, files | {CHECKPOINTS: checkpoints, EVENTS: b"for TensorBoard"}, manifest)
    model.verify()
    assert model.files == (*FILES, CHECKPOINTS, EVENTS)
    assert [checkpoint.steps for checkpoint in model.checkpoints] == [64, 128]
    seen = np.ones((1, 8), np.float32)
    for checkpoint, factor in zip(model.checkpoints, (1, 2), strict=True):
        np.testing.assert_allclose(checkpoint.policy.logits(seen), factor * model.policy.logits(seen), rtol=1e-5)


@pytest.mark.parametrize("name", [CHECKPOINTS, EVENTS])
def test_damaged_and_lost_optional_files_are_told_by_name(store, files, manifest, checkpoints, name):
    model = store.add(KEY, files | {CHECKPOINTS: checkpoints, EVENTS: b"events"}, manifest)
    path = model.folder / name
    path.write_bytes(path.read_bytes()[:-1])
    error = refusal(model.verify)
    assert (error.code, error.params["file"]) == ("model_damaged", name)
    path.unlink()
    assert refusal(model.verify).code == "model_incomplete"


def test_damaged_checkpoints_are_refused_where_they_are_used(store, files, manifest, checkpoints):
    model = store.add(KEY, files | {CHECKPOINTS: checkpoints}, manifest)
    (model.folder / CHECKPOINTS).write_bytes(checkpoints[:-1])
    assert refusal(getattr, model, "checkpoints").code == "model_damaged"


@pytest.mark.parametrize("change", [{"notes.txt": b""}, {"../escape": b""}])
def test_files_that_no_model_has_are_not_written(store, files, manifest, change):
    with pytest.raises(ValueError, match="may have"):
        store.add(KEY, files | change, manifest)
    with pytest.raises(ValueError, match="may have"):
        store.add(KEY, {name: data for name, data in files.items() if name != "curve.csv"}, manifest)


def test_a_reward_is_known_unless_the_manifest_denies_it(store, files, manifest):
    assert store.add(KEY, files, manifest).reward_known
    assert store.add("1" * 64, files, manifest | {"reward": "given"}).reward_known
    assert not store.add("2" * 64, files, manifest | {"reward": "unknown"}).reward_known


# Users who share a machine, and files that are not read again.


def test_storing_creates_nothing_outside_the_home(store, files, manifest, monkeypatch, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    store.add(KEY, files, manifest)
    assert list(shared.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "shared", "shipped"}


AS_ANOTHER_USER = """
import json, os, sys, time
import playground.lab.models.store  # before the change: the other user may not be able to read this installation
uid = int(sys.argv.pop(1))
os.setgroups([]), os.setgid(uid), os.setuid(uid)
exec(sys.argv.pop(1))
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becoming another user needs root")
def test_two_users_of_one_machine_store_the_same_design(files, manifest):
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o777)
        source = write_model(Path(place, "source"), KEY, files, manifest).folder
        go = Path(place, "go")
        go.touch()
        for uid in (64001, 64002):
            home = Path(place, f"home-{uid}")
            command = [sys.executable, "-c", AS_ANOTHER_USER, str(uid), WRITER, home, source, go, Path(place, str(uid))]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=ROOT)
            assert done.returncode == 0, done.stderr
            ModelStore(home, Path(place, "shipped")).find(KEY).verify()


def test_finding_a_model_again_opens_no_manifest(store, model, files, manifest, monkeypatch):
    ship(store, files, manifest, "other", "a" * 64)
    long_ago = time.time() - 60
    os.utime(store.shipped, (long_ago, long_ago))
    first = store.find(KEY), store.find("a" * 64)
    opened = []
    monkeypatch.setattr("playground.lab.models.store.open_model", opened.append)
    again = store.find(KEY), store.find("a" * 64)
    assert opened == []
    assert all(one is other for one, other in zip(first, again, strict=True))  # so what is read of it is read once


def test_a_model_that_is_replaced_is_opened_again(store, model, files, manifest):
    assert store.find(KEY).manifest["steps"] == 128
    store.delete(KEY)
    store.add(KEY, files, manifest | {"steps": 1280})
    assert store.find(KEY).manifest["steps"] == 1280


def test_a_shipped_model_that_comes_or_goes_is_noticed(store, files, manifest):
    assert store.list_shipped() == []
    folder = ship(store, files, manifest).folder
    assert [model.slug for model in store.list_shipped()] == ["gymnasium"]
    shutil.rmtree(folder)
    assert store.list_shipped() == []
    assert store.find(KEY) is None
