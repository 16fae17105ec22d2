import json

import pytest
from command_line import run


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


def test_the_check_says_that_a_logged_reward_was_not_checked(capsys, tmp_path):
    reward = tmp_path / "logged.json"
    reward.write_text('{"schema": 1, "form": "state", "w_distance": 200, "w_legs": -1}')
    status, out, _ = run(capsys, "check", str(reward))
    assert status == 0
    assert "only logged" in out
    assert json.loads(run(capsys, "check", str(reward), "--json")[1])["logged_only"]
