import ast
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from playground import __version__
from playground.cli import main
from playground.lab.model import open_model
from playground.lab.store import ModelStore
from playground.reward.codec import dump_reward, parse_reward
from playground.reward.design import keys_of, terms_of
from playground.training.spec import dump_spec, parse_spec
from playground.worlds.lunar_lander.presets import PRESET, PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig

PART_KEYS = keys_of(terms_of(RewardConfig))

SIZE = {"--steps": 256, "--n-envs": 2, "--n-steps": 64, "--batch-size": 64, "--n-epochs": 1, "--net-arch": 8}
TINY = [str(word) for option in SIZE.items() for word in option]
COMMANDS = [
    "train",
    "evaluate",
    "breakdown",
    "record",
    "export",
    "check",
    "repair",
    "probes",
    "models",
    "notebook",
    "presets",
    "import",
    "export-model",
]
COMMANDS += ["robustness", "algorithms", "race", "bench", "app"]
SEED = 1002


def run(capsys, *arguments):
    """Exit status, output and error output of a command."""
    capsys.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def run_json(capsys, *arguments):
    status, out, err = run(capsys, *arguments, "--json")
    assert status == 0, err
    assert out.count("\n") == 1  # one line, one object
    return json.loads(out)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A home with one tiny model, and what ``train --json`` printed of it."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "shipped").mkdir()
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_HOME", str(folder / "home"))
        patch.setattr("playground.lab.store.shipped_folder", lambda: folder / "shipped")
        patch.setattr(sys, "stdout", out)
        assert main(["train", "gymnasium", *TINY, "--json"]) == 0
    return folder / "home", json.loads(out.getvalue())


@pytest.fixture(autouse=True)
def home(trained, tmp_path, monkeypatch):
    """A copy of that home; no shipped models."""
    shutil.copytree(trained[0], tmp_path / "home")
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("playground.lab.store.shipped_folder", lambda: tmp_path / "shipped")
    return tmp_path / "home"


@pytest.fixture
def key(trained):
    return trained[1]["key"]


# train


def test_a_training_prints_key_folder_scorecard_and_that_it_was_not_there(trained, home):
    value = trained[1]
    assert set(value) == {"key", "folder", "found", "steps", "seconds", "scorecard"}
    assert (value["found"], value["steps"]) == (False, 256)
    assert value["scorecard"]["episodes"] == 100
    model = ModelStore().find(value["key"])
    model.verify()
    assert model.spec.net_arch == (8,)
    assert model.spec.reward == PRESET["gymnasium"].config


def test_the_same_training_again_is_found(capsys, trained):
    value = run_json(capsys, "train", "gymnasium", *TINY)
    assert value["found"] is True
    assert value["key"] == trained[1]["key"]
    assert value["scorecard"] == trained[1]["scorecard"]


def test_the_same_training_from_a_spec_file_is_found(capsys, trained, home, tmp_path):
    (tmp_path / "spec.json").write_bytes((home / trained[1]["key"] / "spec.json").read_bytes())
    assert run_json(capsys, "train", "--spec", tmp_path / "spec.json")["found"] is True


def test_the_same_training_from_a_reward_file_is_found(capsys, tmp_path):
    (tmp_path / "reward.json").write_text(dump_reward(PRESET["gymnasium"].config))
    assert run_json(capsys, "train", tmp_path / "reward.json", *TINY)["found"] is True


def test_a_found_training_reads_well(capsys, key):
    status, out, err = run(capsys, "train", "gymnasium", *TINY)
    assert (status, err) == (0, "")
    assert out.startswith(f"model {key[:8]}: found, not trained")
    assert "landed" in out
    assert "Gymnasium return" in out


def test_a_new_training_tells_its_progress_and_another_seed_is_another_model(capsys, home, key, monkeypatch):
    few_episodes(monkeypatch)
    status, out, err = run(capsys, "train", "gymnasium", *TINY, "--seed", 5)
    assert status == 0
    assert "trained 256 steps in" in out
    assert [line.split()[0] for line in err.splitlines()] == ["128", "256"]
    assert len(ModelStore().list_trained()) == 2


def test_a_quiet_training_prints_no_progress(capsys, monkeypatch):
    few_episodes(monkeypatch)
    status, out, err = run(capsys, "train", "gymnasium", *TINY, "--seed", 6, "--quiet")
    assert (status, err) == (0, "")
    assert out


def few_episodes(monkeypatch):
    from playground.training import engine, progress

    monkeypatch.setattr(progress, "VALIDATION_SEEDS", range(900, 902))
    monkeypatch.setattr(engine, "EVALUATION_SEEDS", range(1000, 1002))


def test_a_training_that_diverged_exits_with_1(capsys, monkeypatch):
    def diverge(*arguments, **keywords):
        raise FloatingPointError("training diverged: lower the learning rate")

    monkeypatch.setattr("playground.lab.job_runner.train", diverge)
    status, out, err = run(capsys, "train", "article", *TINY, "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "failed"
    assert "diverged" in err


def test_a_cancelled_training_exits_with_1(capsys, monkeypatch):
    def interrupt(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.lab.job_runner.train", interrupt)
    status, out, err = run(capsys, "train", "article", *TINY, "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "cancelled"
    assert "goes on from its checkpoint" in err


def test_out_copies_the_model(capsys, trained, tmp_path):
    value = run_json(capsys, "train", "gymnasium", *TINY, "--out", tmp_path / "copy")
    copy = open_model(tmp_path / "copy")
    copy.verify()
    assert value["folder"] == str(tmp_path / "copy")
    assert (copy.key, copy.manifest["created"]) == (value["key"], ModelStore().find(value["key"]).manifest["created"])
    assert run(capsys, "evaluate", tmp_path / "copy", "--episodes", 1)[0] == 0


def test_out_leaves_a_folder_with_other_files_alone(capsys, tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "thesis.txt").write_text("years of work")
    run(capsys, "train", "gymnasium", *TINY, "--out", tmp_path / "documents")
    assert (tmp_path / "documents" / "thesis.txt").exists()


def test_out_does_not_pass_another_model_off_as_this_one(capsys, tmp_path, home, key):
    shutil.copytree(home / key, tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(key, "0" * 64))
    status, *_ = run(capsys, "train", "gymnasium", *TINY, "--out", tmp_path / "out")
    assert status == 2 or open_model(tmp_path / "out").key == key


# what is refused


def reward_file(tmp_path, text):
    path = tmp_path / "reward.json"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ('{"schema": 1, "w_legs": NaN}', "not_finite", "w_legs"),
        ('{"schema": 1, "w_legs": 1e999}', "not_finite", "w_legs"),
        ('{"schema": 1, "w_legs": 1e7}', "too_large", "w_legs"),
        ('{"schema": 1, "w_legs": "1"}', "not_a_number", "w_legs"),
        ('{"schema": 1, "w_leg": 1}', "unknown_field", "w_leg"),
        ('{"schema": 2}', "newer_schema", "2"),
        ('{"w_legs": 1}', "missing_schema", "schema"),
        ("[1]", "not_an_object", "object"),
        ("{", "not_json", "JSON"),
        ("", "not_json", "JSON"),
    ],
)
@pytest.mark.parametrize("command", ["train", "export"])
def test_a_bad_reward_file_exits_with_2_and_names_what_is_wrong(capsys, tmp_path, command, text, code, word):
    path = reward_file(tmp_path, text)
    status, out, err = run(capsys, command, path)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")
    assert word in err
    if command == "train":
        status, out, _ = run(capsys, command, path, "--json")
        assert status == 2
        assert json.loads(out) == {"error": {"code": code, "message": err.removeprefix("playground: ").strip()}}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "no-such-preset"], "unknown_preset"),
        (["train", "--spec", "no-such-file.json"], "cannot_read"),
        (["train", "--spec", "."], "cannot_read"),
        (["train", "gymnasium", "--gamma", "1.5"], "out_of_range"),
        (["train", "gymnasium", "--gamma", "nan"], "not_finite"),
        (["train", "gymnasium", "--steps", "0"], "out_of_range"),
        (["train", "gymnasium", "--schedule", "cosine"], "not_a_choice"),
        (["train", "gymnasium", "--net-arch", "0"], "out_of_range"),
        (["evaluate", "no-such-model"], "unknown_model"),
        (["evaluate", "MODEL", "--episodes", "0"], "out_of_range"),
        (["evaluate", "MODEL", "--seed-start", "-1"], "out_of_range"),
        (["breakdown", "no-such-model"], "unknown_model"),
        (["breakdown", "MODEL", "--seed", "-1"], "out_of_range"),
        (["breakdown", "MODEL", "--reward", "no-such-preset"], "unknown_preset"),
        (["breakdown", "MODEL", "--csv", "no/such/folder/steps.csv"], "cannot_write"),
        (["train", "gymnasium", "--seed", "9", "--hypothesis", "two\nlines"], "control_character"),
        (["train", "gymnasium", "--seed", "9", "--hypothesis", "x" * 301], "too_long"),
        (["train", "gymnasium", "--seed", "9", "--parent", "no-such-model"], "unknown_model"),
        (["models", "--delete", "no-such-model"], "unknown_model"),
        (["notebook", "show", "ffff"], "unknown_entry"),
        (["notebook", "note", "ffff", "--star"], "unknown_entry"),
        (["notebook", "note", "MODEL", "--name", "two\nlines"], "control_character"),
        (["import", "no-such-file.zip", "--out", "imported"], "bad_zip"),
        (["import", "."], "bad_zip"),
        (["export-model", "no-such-model", "--to", "sb3"], "unknown_model"),
        (["export-model", "MODEL", "--to", "sb3", "--out", "."], "file_taken"),
        (["export-model", "MODEL", "--to", "card", "--out", "no/such/folder/card.md"], "cannot_write"),
        (["import", "no-such-file.zip", "--reward", "no-such-preset", "--out", "imported"], "unknown_preset"),
    ],
)
def test_bad_input_exits_with_2_in_words_and_as_json(capsys, tmp_path, monkeypatch, key, arguments, code):
    monkeypatch.chdir(tmp_path)
    arguments = [key if argument == "MODEL" else argument for argument in arguments]
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")
    assert err.count("\n") == 1
    status, out, _ = run(capsys, *arguments, "--json")
    assert status == 2
    assert json.loads(out)["error"] == {"code": code, "message": err.removeprefix("playground: ").strip()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["record", "MODEL", "film.avi"],
        ["record", "MODEL", "film"],
        ["record", "MODEL", "no/such/folder/film.gif"],
        ["record", "MODEL", "film.png", "--step", "100000"],
        ["record", "MODEL", "film.png", "--seed", "-1"],
        ["record", "no-such-model", "film.gif"],
        ["export", "no-such-preset"],
        ["notebook", "export", "no/such/folder/notebook.csv"],
    ],
)
def test_bad_input_of_a_command_without_json_exits_with_2(capsys, tmp_path, monkeypatch, key, arguments):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *[key if argument == "MODEL" else argument for argument in arguments])
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")
    assert not list(tmp_path.glob("film*"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train"],
        ["train", "gymnasium", "--steps", "many"],
        ["train", "gymnasium", "--net-arch", "a,b"],
        ["train", "gymnasium", "--spec", "x.json"],
        ["export", "gymnasium", "--to", "cobol"],
        ["notebook"],
        ["notebook", "burn"],
        ["notebook", "show"],
        ["import"],
        ["export-model", "gymnasium"],
        ["export-model", "gymnasium", "--to", "onnx"],
    ],
)
def test_a_wrong_command_line_exits_with_2_and_shows_the_usage(capsys, arguments):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "usage: playground" in err


@pytest.mark.parametrize("command", ["train", "evaluate", "breakdown", "export"])
def test_a_very_long_name_is_bad_input(capsys, command):
    assert run(capsys, command, "a" * 300)[0] == 2


def test_help_names_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for command in COMMANDS:
        assert command in out
        assert run(capsys, command, "--help")[0] == 0


def test_version_is_the_packages(capsys):
    assert run(capsys, "--version")[:2] == (0, f"reward-playground {__version__}\n")


# evaluate


def test_evaluate_flies_the_asked_episodes(capsys, key):
    value = run_json(capsys, "evaluate", key[:8], "--episodes", 5)
    assert set(value) == {"key", "seed_start", "conditions", "designed_return_mean", "scorecard"}
    assert (value["key"], value["seed_start"], value["scorecard"]["episodes"]) == (key, 1000, 5)
    # trained on Gymnasium's own reward, so both returns are one
    assert value["designed_return_mean"] == pytest.approx(value["scorecard"]["native_return_mean"], abs=0.01)


def test_evaluate_prints_the_same_numbers_for_people(capsys, key):
    value = run_json(capsys, "evaluate", key, "--episodes", 5)
    status, out, err = run(capsys, "evaluate", key, "--episodes", 5)
    assert (status, err) == (0, "")
    assert f"{value['scorecard']['native_return_mean']:.1f}" in out
    assert f"{value['designed_return_mean']:.1f}" in out


def test_other_seeds_are_other_episodes(capsys, key):
    one = run_json(capsys, "evaluate", key, "--episodes", 2)
    other = run_json(capsys, "evaluate", key, "--episodes", 2, "--seed-start", 5000)
    assert one["scorecard"] != other["scorecard"]


def test_a_damaged_model_is_bad_input(capsys, key, home):
    path = home / key / "policy.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    status, out, _ = run(capsys, "evaluate", key, "--episodes", 1, "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "model_damaged"


# breakdown


def test_the_parts_of_a_breakdown_sum_to_the_return(capsys, key):
    value = run_json(capsys, "breakdown", key, "--seed", SEED)
    assert set(value["parts"]) == set(value["raw"]) == set(value["shares"]) == set(PART_KEYS)
    assert sum(value["parts"].values()) == pytest.approx(value["return"])
    assert sum(value["shares"].values()) == pytest.approx(1.0)
    assert value["return"] == pytest.approx(value["native_return"], abs=0.01)
    assert (value["seed"], value["discounted"]) == (SEED, False)


def test_a_breakdown_under_another_reward_keeps_the_episode(capsys, key, tmp_path):
    own = run_json(capsys, "breakdown", key)
    other = run_json(capsys, "breakdown", key, "--reward", "article")
    path = reward_file(tmp_path, '{"schema": 1, "penalty_time": 1, "replace_reward": true}')
    counted = run_json(capsys, "breakdown", key, "--reward", path)
    assert own["steps"] == other["steps"] == counted["steps"]
    assert own["native_return"] == other["native_return"]
    assert other["return"] != own["return"]
    assert counted["return"] == -own["steps"]


def test_a_discounted_breakdown_weighs_later_steps_less(capsys, key, tmp_path):
    path = reward_file(tmp_path, '{"schema": 1, "penalty_time": 1, "replace_reward": true}')
    value = run_json(capsys, "breakdown", key, "--reward", path, "--discounted")
    gamma = ModelStore().find(key).spec.gamma
    assert value["return"] == pytest.approx(-sum(gamma**t for t in range(value["steps"])))


def test_a_breakdown_reads_well(capsys, key):
    value = run_json(capsys, "breakdown", key)
    status, out, _ = run(capsys, "breakdown", key)
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == f"seed 1000: {value['outcome']} after {value['steps']} steps"
    assert [line.split()[0] for line in lines[2 : 2 + len(PART_KEYS)]] == list(PART_KEYS)
    assert f"{value['return']:.2f}" in lines[-2]


def test_the_csv_has_one_row_a_step_and_sums_to_the_return(capsys, key, tmp_path):
    value = run_json(capsys, "breakdown", key, "--csv", tmp_path / "steps.csv")
    with (tmp_path / "steps.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == value["steps"]
    assert sum(float(row["reward"]) for row in rows) == pytest.approx(value["return"])
    assert float(rows[-1]["return_so_far"]) == pytest.approx(value["return"])
    for name in PART_KEYS:
        assert sum(float(row[f"paid.{name}"]) for row in rows) == pytest.approx(value["parts"][name], abs=1e-9)


# record


@pytest.mark.parametrize(
    ("name", "magic"), [("a.gif", b"GIF89a"), ("a.mp4", b"ftyp"), ("a.png", b"\x89PNG"), ("B.PNG", b"\x89PNG")]
)
def test_a_recording_has_the_format_of_its_name(capsys, key, tmp_path, name, magic):
    status, out, err = run(capsys, "record", key, tmp_path / name, "--seed", SEED)
    assert (status, err) == (0, "")
    assert magic in (tmp_path / name).read_bytes()[:16]
    assert f"seed {SEED}" in out


def test_a_gif_shows_the_whole_episode(capsys, key, tmp_path):
    steps = run_json(capsys, "breakdown", key, "--seed", SEED)["steps"]
    run(capsys, "record", key, tmp_path / "a.gif", "--seed", SEED)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (600, 400)
        assert gif.n_frames >= steps // 2


def test_a_png_shows_the_asked_step(capsys, key, tmp_path):
    for step in ("0", "20"):
        assert run(capsys, "record", key, tmp_path / f"{step}.png", "--step", step)[0] == 0
    assert run(capsys, "record", key, tmp_path / "last.png")[0] == 0
    pictures = {(tmp_path / f"{name}.png").read_bytes() for name in ("0", "20", "last")}
    assert len(pictures) == 3


# export and presets


@pytest.mark.parametrize("slug", PRESET)
def test_every_preset_exports_as_json_that_comes_back(capsys, slug):
    status, out, _ = run(capsys, "export", slug, "--to", "json")
    assert status == 0
    assert parse_reward(out, RewardConfig) == PRESET[slug].config


@pytest.mark.parametrize("slug", PRESET)
def test_every_preset_exports_as_python_without_this_project(capsys, slug):
    status, out, _ = run(capsys, "export", slug)
    assert status == 0
    tree = ast.parse(out)
    assert "DesignedReward" in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert modules == {"typing", "gymnasium", "numpy"}
    assert run(capsys, "export", slug, "--to", "python")[1] == out


def test_presets_are_listed_with_their_lessons(capsys):
    status, out, _ = run(capsys, "presets")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [preset.slug for preset in PRESETS]
    assert all(preset.lesson["en"] in line for preset, line in zip(PRESETS, lines, strict=True))


def test_presets_as_json_hold_rewards_that_come_back(capsys):
    for value in run_json(capsys, "presets")["presets"]:
        reward = parse_reward(json.dumps({"schema": 1, **value["reward"]}), RewardConfig)
        assert reward == PRESET[value["slug"]].config
        assert value["lesson"] == PRESET[value["slug"]].lesson["en"]


# models


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


# import


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


# export-model


@pytest.mark.parametrize(("to", "suffix"), [("sb3", "zip"), ("card", "md")])
def test_a_model_is_exported_under_its_name_and_never_twice_over(capsys, key, home, tmp_path, monkeypatch, to, suffix):
    monkeypatch.chdir(tmp_path)
    value = run_json(capsys, "export-model", key[:8], "--to", to)
    assert value == {"key": key, "to": to, "file": f"{key[:8]}.{suffix}"}
    data = (tmp_path / value["file"]).read_bytes()
    assert data
    (tmp_path / value["file"]).write_bytes(b"mine")
    status, out, _ = run(capsys, "export-model", key[:8], "--to", to, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "file_taken")
    assert (tmp_path / value["file"]).read_bytes() == b"mine"
    status, out, err = run(capsys, "export-model", key[:8], "--to", to, "--out", "other")
    assert (status, err) == (0, "")
    assert (tmp_path / "other").read_bytes() == data


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


# check


@pytest.mark.parametrize(
    ("reward", "status", "verdict"),
    [("gymnasium", 0, "sound"), ("article-repaired", 3, "doubtful"), ("article", 4, "broken")],
)
def test_a_check_exits_with_its_verdict(capsys, reward, status, verdict):
    code, out, err = run(capsys, "check", reward)
    assert (code, err) == (status, "")
    assert out.startswith(verdict)
    code, out, _ = run(capsys, "check", reward, "--json")
    value = json.loads(out)
    assert (code, value["verdict"]) == (status, verdict)
    assert {"id", "status", "message", "value"} == set(value["checks"][0])
    assert {"behaviour", "outcome", "return", "spread"} <= set(value["ranking"][0])
    returns = [row["return"] for row in value["ranking"]]
    assert returns == sorted(returns, reverse=True)


@pytest.mark.parametrize(
    "arguments", [["no-such-reward"], ["gymnasium", "--gamma", "2"], ["gymnasium", "--gamma", "nan"]]
)
def test_a_check_refuses_bad_input(capsys, arguments):
    status, out, err = run(capsys, "check", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")


def test_a_repair_prints_what_to_change_and_writes_the_mended_reward(capsys, tmp_path):
    out_file = tmp_path / "mended.json"
    status, out, err = run(capsys, "repair", "fuel-miser", "--out", str(out_file))
    assert err == ""
    assert "penalty_main: 6 →" in out
    assert run(capsys, "check", str(out_file))[0] == status
    assert status in (0, 3)
    value = json.loads(run(capsys, "repair", "fuel-miser", "--json")[1])
    assert value["before"]["verdict"] == "broken"
    assert value["changes"]["penalty_main"]["before"] == 6
    assert value["reward"] == json.loads(out_file.read_text())


def test_a_repair_that_cannot_be_written_says_why(capsys, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    status, out, err = run(capsys, "repair", "fuel-miser", "--out", str(blocked / "mended.json"))
    assert (status, out) == (2, "")
    assert "mended" in err or str(blocked) in err


def test_the_check_says_that_a_logged_reward_was_not_checked(capsys, tmp_path):
    reward = tmp_path / "logged.json"
    reward.write_text('{"schema": 1, "form": "state", "w_distance": 200, "w_legs": -1}')
    status, out, _ = run(capsys, "check", str(reward))
    assert status == 0
    assert "only logged" in out
    assert json.loads(run(capsys, "check", str(reward), "--json")[1])["logged_only"]


def test_a_sound_reward_needs_no_repair(capsys):
    status, out, _ = run(capsys, "repair", "gymnasium")
    assert status == 0
    assert "nothing to mend" in out


@pytest.mark.parametrize("arguments", [["no-such-reward"], ["gymnasium", "--gamma", "2"]])
def test_a_repair_refuses_bad_input(capsys, arguments):
    status, out, err = run(capsys, "repair", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")


def test_probes_are_listed_by_what_they_did(capsys):
    status, out, _ = run(capsys, "probes")
    assert status == 0
    assert "hovering" in out
    (land,) = (row for row in run_json(capsys, "probes")["probes"] if (row["probe"], row["seed"]) == ("land", 5000))
    assert land["behaviour"].endswith("landing")


# bench and app: their own work is done elsewhere, here is what the command line asks of them


def test_bench_prints_and_writes_its_results(capsys, tmp_path, monkeypatch):
    asked = []

    def measure(full, say, only):
        asked.append((full, only))
        say("measuring")
        return {"steps_per_second": 5.0}

    monkeypatch.setattr("playground.bench.run_bench", measure, raising=False)
    monkeypatch.setattr("playground.bench.to_markdown", lambda results: f"| {results} |", raising=False)
    status, out, err = run(capsys, "bench", "--json", "--full", "--out", tmp_path / "bench.json")
    assert (status, asked) == (0, [(True, None)])
    assert json.loads(out) == json.loads((tmp_path / "bench.json").read_text()) == {"steps_per_second": 5.0}
    assert "measuring" in err
    assert run(capsys, "bench", "--only", "steps")[1].startswith("| {")
    assert asked == [(True, None), (False, "steps")]
    status, out, err = run(capsys, "bench", "--only", "everything")
    assert status == 2
    assert "landing" in err
    assert len(asked) == 2


def test_the_notebook_lists_what_was_trained(capsys, key):
    (entry,) = run_json(capsys, "notebook", "list")["entries"]
    assert (entry["key"], entry["state"], entry["spec"]["n_envs"]) == (key, "done", 2)
    assert entry["prediction"]["verdict"] == "sound"
    assert set(entry["result"]) >= {"landing_rate", "native_return_mean", "steps", "seconds"}
    assert run_json(capsys, "notebook", "list", "--query", "no such words") == {"entries": []}
    _, out, _ = run(capsys, "notebook", "list")
    head, line = out.splitlines()
    assert head.split() == ["entry", "kind", "state", "landed", "Gymnasium", "return", "created"]
    assert line.split()[:3] == [key[:8], "training", "done"]


def test_a_hypothesis_and_a_parent_stand_in_the_notebook_and_in_its_tree(capsys, key, monkeypatch):
    few_episodes(monkeypatch)
    options = ["--seed", 3, "--hypothesis", " seeds do not matter ", "--parent", key[:8]]
    child = run_json(capsys, "train", "gymnasium", *TINY, *options)["key"]
    entry = run_json(capsys, "notebook", "show", child[:10])
    assert (entry["hypothesis"], entry["parent"]) == ("seeds do not matter", key)
    assert entry["change"] == {"seed": [0, 3]}
    tree = run_json(capsys, "notebook", "list", "--tree")["entries"]
    assert [(entry["depth"], entry["key"]) for entry in tree] == [(0, key), (1, child)]
    assert "seeds do not matter" in run(capsys, "notebook", "list", "--tree")[1].splitlines()[2]
    _, out, _ = run(capsys, "notebook", "show", child)
    assert "hypothesis seeds do not matter" in out


def test_notes_stars_and_the_archive(capsys, key):
    entry = run_json(capsys, "notebook", "note", key[:8], "--name", "First", "--note", "keep", "--star")
    assert (entry["name"], entry["note"], entry["starred"]) == ("First", "keep", True)
    assert "★" in run(capsys, "notebook", "list", "--starred", "--query", "first")[1]
    run_json(capsys, "notebook", "note", key, "--archive", "--no-star")
    assert run_json(capsys, "notebook", "list") == {"entries": []}
    (entry,) = run_json(capsys, "notebook", "list", "--all")["entries"]
    assert (entry["starred"], entry["archived"], entry["name"]) == (False, True, "First")


def test_the_notebook_is_exported_and_a_formula_in_it_is_none(capsys, key, tmp_path):
    run(capsys, "notebook", "note", key, "--name", "=1+1")
    status, out, _ = run(capsys, "notebook", "export", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text()
    assert (status, f"{len(text.encode()):,} bytes" in out) == (0, True)
    assert run(capsys, "notebook", "export")[1] == text
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["key"], row["name"]) == (key, "'=1+1")


def test_a_damaged_notebook_is_told_and_rebuilt(capsys, key, home):
    before = run_json(capsys, "notebook", "show", key)
    (home / "notebook.sqlite3").write_bytes(b"garbage" * 999)
    status, _, err = run(capsys, "notebook", "list")
    assert (status, "playground notebook rebuild" in err) == (2, True)
    done = run_json(capsys, "notebook", "rebuild")
    assert (done["models"], done["kept"]) == (1, 0)
    assert Path(done["aside"]).read_bytes() == b"garbage" * 999
    assert run_json(capsys, "notebook", "show", key) == before
    assert run(capsys, "notebook", "rebuild")[1] == "models written: 1, entries kept: 1\n"


def test_a_deleted_model_stays_in_the_notebook(capsys, key):
    run(capsys, "models", "--delete", key)
    (entry,) = run_json(capsys, "notebook", "list")["entries"]
    assert (entry["key"], entry["state"]) == (key, "deleted")


def test_a_budget_changes_what_is_trained(capsys, tmp_path, monkeypatch):
    few_episodes(monkeypatch)
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    plain = run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8)
    quick = run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8, "--budget", "quick")
    assert plain["key"] != quick["key"]
    assert run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8, "--budget", "standard")["key"] == plain["key"]
    assert not quick["found"]


@pytest.fixture
def started(monkeypatch):
    """The commands of processes that would have been started; each ends with status 3."""
    commands = []

    def start(command, **keywords):
        commands.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", start)
    return commands


def test_app_starts_streamlit_on_the_script_and_ends_with_its_status(capsys, started):
    assert run(capsys, "app")[0] == 3
    (command,) = started
    script = Path(command[command.index("run") + 1])
    assert command[:3] == [sys.executable, "-m", "streamlit"]
    assert script.name == "streamlit_app.py"
    assert script.is_file()


def test_app_hands_its_options_on_to_streamlit(capsys, started):
    assert run(capsys, "app", "--server.port", "1234")[0] == 3
    assert started[0][-2:] == ["--server.port", "1234"]


# as a program


def shell(*arguments, home=None, **keywords):
    environment = os.environ | ({"PLAYGROUND_HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "playground", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **keywords)


def test_the_program_prints_one_json_object_and_nothing_else(home, key):
    done = shell("breakdown", key, "--json", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["key"] == key


def test_the_program_runs_from_any_folder(home, key, tmp_path):
    done = shell("evaluate", key, "--episodes", 1, home=home, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_program_exits_with_2_without_a_traceback(tmp_path, home):
    done = shell("train", reward_file(tmp_path, '{"schema": 1, "w_legs": NaN}'), "--json", home=home)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "not_finite"
    assert done.stderr == "playground: w_legs must be finite, got nan\n"


def test_a_reader_that_goes_away_causes_no_traceback(home):
    command = [sys.executable, "-u", "-m", "playground", "export", "gymnasium"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(20) == 1
    assert err == ""


@pytest.mark.slow
def test_a_whole_training_as_a_program_makes_a_model_that_flies(tmp_path):
    done = shell("train", "gymnasium", *TINY, "--json", home=tmp_path / "fresh")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert value["found"] is False
    folder = tmp_path / "fresh" / value["key"]
    assert {path.name for path in folder.iterdir()} == {*open_model(folder).files, "manifest.json"}
    spec = parse_spec((folder / "spec.json").read_bytes())
    assert dump_spec(spec) == (folder / "spec.json").read_bytes()
    assert json.loads(shell("train", "gymnasium", *TINY, "--json", home=tmp_path / "fresh").stdout)["found"] is True
    assert shell("evaluate", value["key"], "--episodes", 2, home=tmp_path / "fresh").returncode == 0
