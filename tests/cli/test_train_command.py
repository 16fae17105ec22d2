import json
import shutil

from command_line import TINY, few_episodes, run, run_json

from playground.lab.models.store import ModelStore, open_model
from playground.reward.codec import dump_reward
from playground.worlds.lunar_lander.presets import PRESET


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
    assert "Landed" in out
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


def test_a_training_that_diverged_exits_with_1(capsys, monkeypatch):
    def diverge(*arguments, **keywords):
        raise FloatingPointError("training diverged: lower the learning rate")

    monkeypatch.setattr("playground.lab.queue.job_runner.train", diverge)
    status, out, err = run(capsys, "train", "article", *TINY, "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "failed"
    assert "diverged" in err


def test_a_cancelled_training_exits_with_1(capsys, monkeypatch):
    def interrupt(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.lab.queue.job_runner.train", interrupt)
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


def test_a_budget_changes_what_is_trained(capsys, tmp_path, monkeypatch):
    few_episodes(monkeypatch)
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    plain = run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8)
    quick = run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8, "--budget", "quick")
    assert plain["key"] != quick["key"]
    assert run_json(capsys, "train", "gymnasium", *TINY, "--seed", 8, "--budget", "standard")["key"] == plain["key"]
    assert not quick["found"]
