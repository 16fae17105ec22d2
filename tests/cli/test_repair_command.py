import json

import pytest
from command_line import run


def test_a_repair_prints_what_to_change_and_writes_the_repaired_reward(capsys, tmp_path):
    out_file = tmp_path / "repaired.json"
    status, out, err = run(capsys, "repair", "fuel-miser", "--out", str(out_file))
    assert err == ""
    assert "Main engine: 6 →" in out
    assert run(capsys, "check", str(out_file))[0] == status
    assert status in (0, 3)
    value = json.loads(run(capsys, "repair", "fuel-miser", "--json")[1])
    assert value["before"]["verdict"] == "broken"
    assert value["changes"]["penalty_main"]["before"] == 6
    assert value["reward"] == json.loads(out_file.read_text())


def test_a_repair_that_cannot_be_written_says_why(capsys, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    status, out, err = run(capsys, "repair", "fuel-miser", "--out", str(blocked / "repaired.json"))
    assert (status, out) == (2, "")
    assert "repaired" in err or str(blocked) in err


def test_a_sound_reward_needs_no_repair(capsys):
    status, out, _ = run(capsys, "repair", "gymnasium")
    assert status == 0
    assert "Nothing to fix" in out


@pytest.mark.parametrize("arguments", [["no-such-reward"], ["gymnasium", "--gamma", "2"]])
def test_a_repair_refuses_bad_input(capsys, arguments):
    status, out, err = run(capsys, "repair", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")
