import json

import pytest
from command_line import reward_file, run


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ('{"schema": 1, "w_legs": NaN}', "not_finite", "w_legs"),
        ('{"schema": 1, "w_legs": 1e999}', "not_finite", "w_legs"),
        ('{"schema": 1, "w_legs": 1e7}', "too_large", "w_legs"),
        ('{"schema": 1, "w_legs": "1"}', "not_a_number", "w_legs"),
        ('{"schema": 1, "w_leg": 1}', "unknown_field", "w_leg"),
        ('{"schema": 3}', "newer_schema", "3"),
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
