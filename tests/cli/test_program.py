import json
import subprocess
import sys

import pytest
from command_line import TINY, reward_file, run, shell

from playground.lab.models.store import open_model
from playground.training.spec import dump_spec, parse_spec


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


@pytest.mark.parametrize("words", [["export", "gymnasium"], ["algorithms", "ppo-byhand"]])
def test_a_reader_that_takes_one_line_causes_no_traceback(home, words):
    """Output that is not written line by line is still in memory when the command is done."""
    command = [sys.executable, "-m", "playground", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    err = process.stderr.read()
    assert (process.wait(20), err) == (1, "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_ctrl_c_stops_with_a_word_and_status_1(capsys, monkeypatch, lang):
    def interrupt(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.insight.check.check_reward", interrupt)
    status, out, err = run(capsys, "check", "gymnasium", "--json", "--lang", lang)
    assert (status, json.loads(out)["error"]) == (1, {"code": "stopped", "message": "stopped"})
    assert err == {"en": "playground: stopped\n", "zh": "playground: 已停止\n"}[lang]


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
