"""Every command with garbage gives one sentence and exit status 2, never a traceback."""

import json

import pytest
from command_line import run

from playground.cli.commands import COMMANDS

GARBAGE = ["", "no-such-thing", ".", "\udcff", "x" * 5000, "notes.txt", "notes.json"]
"""Nothing, a name, a folder, no UTF-8, too long, a file of bytes, and JSON that is no object."""

TAKES = {
    "train": [
        ["GARBAGE"],
        ["--spec", "GARBAGE"],
        ["gymnasium", "--world", "GARBAGE"],
        ["article", "--parent", "GARBAGE"],
    ],
    "evaluate": [["GARBAGE"]],
    "breakdown": [["GARBAGE"], ["MODEL", "--reward", "GARBAGE"]],
    "record": [["GARBAGE", "out.png"], ["MODEL", "GARBAGE"]],
    "models": [["--delete", "GARBAGE"]],
    "import": [["GARBAGE"]],
    "export-model": [["GARBAGE", "--to", "card"]],
    "presets": [["--world", "GARBAGE"]],
    "check": [["GARBAGE"], ["gymnasium", "--world", "GARBAGE"]],
    "repair": [["GARBAGE"]],
    "export": [["GARBAGE"]],
    "import-reward": [["GARBAGE"]],
    "probes": [["--world", "GARBAGE"]],
    "worlds": [["--lang", "GARBAGE"]],
    "compare": [["MODEL", "GARBAGE"], ["GARBAGE", "GARBAGE"]],
    "robustness": [["GARBAGE"], ["gymnasium", "--gamma", "xGARBAGE"], ["gymnasium", "--conditions", "xGARBAGE"]],
    "algorithms": [["GARBAGE"]],
    "race": [["GARBAGE", "--steps", "100"], ["gymnasium", "--steps", "100", "--start", "GARBAGE"]],
    "notebook": [["show", "GARBAGE"], ["note", "GARBAGE", "--star"]],
    "bench": [["--only", "GARBAGE"]],
    "app": [["--lang", "GARBAGE"]],
}
"""By command, the command lines into which garbage is put."""
MEANT = {("train", 3, ""), ("breakdown", 1, "")}
"""Where nothing is what stands for the default."""


def test_every_command_gets_garbage():
    assert TAKES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda text: ascii(text[:24]))
@pytest.mark.parametrize(
    ("command", "place"), [(name, i) for name, lines in TAKES.items() for i in range(len(lines))], ids=str
)
def test_garbage_gives_one_sentence_and_status_2(capsys, tmp_path, monkeypatch, key, command, place, garbage):
    if (command, place, garbage) in MEANT:
        pytest.skip("this is no garbage here")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_bytes(bytes(range(256)))
    (tmp_path / "notes.json").write_text('[{"schema": [1e999, null]}]')
    words = [word.replace("MODEL", key).replace("GARBAGE", garbage) for word in TAKES[command][place]]
    status, out, err = run(capsys, command, *words)
    assert (status, out) == (2, "")
    assert err.startswith("playground: ")
    assert err.count("\n") == 1
    if command not in ("record", "export", "app"):
        status, out, _ = run(capsys, command, *words, "--json")
        assert status == 2
        message = json.loads(out)["error"]["message"].encode(errors="backslashreplace").decode()
        assert message == err.removeprefix("playground: ").removesuffix("\n")


@pytest.mark.parametrize(
    "words",
    [
        ["train", "gymnasium", "--steps", "1e999"],
        ["evaluate", "MODEL", "--episodes", "many"],
        ["evaluate", "MODEL", "--gravity", "strong"],
        ["check", "gymnasium", "--gamma", "near one"],
        ["robustness", "gymnasium", "--seeds", "few"],
        ["race", "gymnasium", "--seconds", "soon"],
    ],
    ids=" ".join,
)
def test_a_number_that_is_none_is_bad_input(capsys, key, words):
    status, out, err = run(capsys, *[word.replace("MODEL", key) for word in words])
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("playground ")


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "MODEL", "--gravity", "nan"],
        ["evaluate", "MODEL", "--wind-power", "inf"],
        ["check", "gymnasium", "--gamma", "inf"],
        ["race", "gymnasium", "--seconds", "nan"],
        ["train", "gymnasium", "--learning-rate", "nan"],
    ],
    ids=" ".join,
)
def test_a_number_that_is_not_finite_is_bad_input(capsys, key, words):
    status, out, err = run(capsys, *[word.replace("MODEL", key) for word in words])
    assert (status, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    "words",
    [
        ["race", "gymnasium", "--steps", "100", "--algorithms", "ppo", "--out"],
        ["race", "gymnasium", "--steps", "100", "--algorithms", "ppo", "--figure"],
        ["robustness", "gymnasium", "--out"],
        ["bench", "--out"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("place", [".", "no/such/folder/file.md"])
def test_a_file_that_cannot_be_written_is_refused_before_the_work(capsys, monkeypatch, words, place):
    def work(*arguments, **keywords):
        raise AssertionError("it worked for nothing")

    monkeypatch.setattr("playground.bench.run_bench", work)
    monkeypatch.setattr("playground.lab.queue.local.Local.submit", work)
    status, out, err = run(capsys, *words, place)
    assert (status, out, err.count("\n")) == (2, "", 1)
