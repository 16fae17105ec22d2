"""A race: what cannot be run, and the table of what was."""

import json

import pytest
from command_line import run


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--algorithms", "ppo"], "--seconds"),
        (["--algorithms", "ppo,sac", "--steps", "100"], "sac"),
        (["--algorithms", "dpo", "--start", "nobody", "--steps", "100"], "nobody"),
        (["--algorithms", "", "--steps", "100"], "algorithms"),
        (["--seeds", "0", "--steps", "100"], "seeds"),
        (["--algorithms", "ppo", "--seconds", "-1"], "seconds"),
    ],
)
def test_a_race_that_cannot_be_run_is_told_with_status_2(capsys, options, told):
    status, _, err = run(capsys, "race", "gymnasium", *options)
    assert status == 2
    assert told in err


@pytest.mark.slow
def test_a_race_trains_all_and_tells_the_table(capsys, home, awake):
    out, figure = home / "race.md", home / "race.svg"
    names = "reinforce,grpo"
    files = ["--out", out, "--figure", figure]
    status, told, err = run(
        capsys, "race", "gymnasium", "--algorithms", names, "--steps", 300, "--seeds", 2, *files, "--json"
    )
    assert status == 0, err
    field = json.loads(told)["entrants"]
    assert [entrant["algorithm"] for entrant in field] == ["reinforce", "grpo"]
    assert all(entrant["seeds"] == [0, 1] for entrant in field)
    assert all(entrant["memory"]["networks"] > 0 for entrant in field)
    assert out.read_text().count("\n") == 4
    drawn = figure.read_text()
    assert drawn.startswith("<svg")
    assert ">REINFORCE<" in drawn
    assert ">GRPO<" in drawn


@pytest.mark.slow
def test_a_race_in_another_world_counts_its_successes(capsys, home, awake):
    words = ["--world", "CartPole-v1", "--algorithms", "ppo,reinforce", "--steps", 300, "--seeds", 1]
    status, out, err = run(capsys, "race", "gymnasium", *words, "--figure", home / "race.svg", "--json")
    assert status == 0, err
    assert [len(entrant["landings"]) for entrant in json.loads(out)["entrants"]] == [1, 1]
    assert (home / "race.svg").read_text().startswith("<svg")


def test_in_another_world_the_algorithms_that_need_the_landers_start_stay_out(capsys, monkeypatch):
    planned = []

    def plan(reward, names, seeds, **keywords):
        planned.append((reward.env_id, tuple(names), keywords["start"]))
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.studies.race.plan_race", plan)
    run(capsys, "race", "gymnasium", "--world", "CartPole-v1", "--steps", 100)
    ((world, names, start),) = planned
    assert (world, start) == ("CartPole-v1", "")
    assert "ppo" in names
    assert "dpo" not in names
    status, _, err = run(capsys, "race", "gymnasium", "--world", "CartPole-v1", "--algorithms", "dpo", "--steps", 100)
    assert (status, "LunarLander-v3" in err) == (2, True)
