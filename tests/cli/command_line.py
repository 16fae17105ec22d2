"""How the tests of the commands run one."""

import functools
import json
import os
import subprocess
import sys

from playground.cli import main

SIZE = {"--steps": 256, "--n-envs": 2, "--n-steps": 64, "--batch-size": 64, "--n-epochs": 1, "--net-arch": 8}
TINY = [str(word) for option in SIZE.items() for word in option]


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


def few_episodes(monkeypatch):
    from playground.training.train import train

    quick = functools.partial(train, validation=range(900, 902), evaluation=range(1000, 1002))
    monkeypatch.setattr("playground.lab.queue.job_runner.train", quick)


def reward_file(tmp_path, text):
    path = tmp_path / "reward.json"
    path.write_text(text)
    return path


def shell(*arguments, home=None, **keywords):
    environment = os.environ | ({"PLAYGROUND_HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "playground", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **keywords)
