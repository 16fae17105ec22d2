"""``playground import-reward``, and Python files wherever a reward is named."""

import json
from pathlib import Path

import pytest

from playground.cli import main
from playground.reward.codec import parse_reward
from playground.worlds import find_world, load_reward
from playground.worlds.lunar_lander.terms import RewardConfig

WRAPPER = Path(__file__).parents[1] / "data" / "wrappers" / "s01_soft.py"


def test_prints_the_terms_and_writes_the_reward(tmp_path, capsys):
    assert main(["import-reward", str(WRAPPER), "--out", str(tmp_path / "soft.json"), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "abs(vx)" in printed
    assert "has weight 1." in printed
    written = parse_reward((tmp_path / "soft.json").read_text(), RewardConfig)
    assert written == load_reward(str(WRAPPER), find_world())


def test_json_holds_the_reward(capsys):
    assert main(["import-reward", str(WRAPPER), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reward"]["w_env"] == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_file_that_cannot_be_read_is_bad_input(tmp_path, capsys, lang):
    (tmp_path / "bad.py").write_text("def reward(obs):\n    return obs[9]\n")
    assert main(["import-reward", str(tmp_path / "bad.py"), "--lang", lang]) == 2
    assert "obs[9]" in capsys.readouterr().err
