"""The languages of the command line: which one is spoken, that all of it is, and that JSON is in none."""

import json
import re

import pytest
from command_line import run, shell

from playground.cli.commands import COMMANDS
from playground.cli.language import locale_language, take_language
from playground.words.errors import InvalidInput
from playground.words.say import LANGUAGES

CJK = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile("[A-Za-z]{2,} [a-z]{2,} [a-z]{2,} [a-z]{2,}")
"""Four English words in a row: a sentence, or a part of one."""

SPOKEN = [
    ["evaluate", "MODEL", "--episodes", "2"],
    ["breakdown", "MODEL"],
    ["record", "MODEL", "OUT.png", "--step", "0"],
    ["models"],
    ["models", "--delete", "MODEL"],
    ["export-model", "MODEL", "--to", "card", "--out", "OUT.md"],
    ["presets"],
    ["algorithms", "dapo"],
    ["check", "article"],
    ["check", "gymnasium"],
    ["repair", "fuel-miser"],
    ["repair", "gymnasium"],
    ["probes"],
    ["worlds"],
    ["compare", "MODEL", "MODEL"],
    ["robustness", "MODEL", "--seeds", "1", "--gamma", "", "--conditions", "default"],
    ["notebook", "list"],
    ["notebook", "show", "MODEL"],
    ["notebook", "note", "MODEL", "--star"],
    ["notebook", "rebuild"],
    ["notebook", "export", "OUT.csv"],
]
"""Commands whose output is sentences and tables, with what they need to print them."""

REPEATABLE = [words for words in SPOKEN if not {"record", "export", "export-model", "--delete"} & set(words)]
"""Those that have JSON and do the same when they are run again."""


@pytest.fixture
def filled(key, tmp_path):
    """Put the model and a file's place into a command line."""
    return lambda words: [word.replace("MODEL", key).replace("OUT", str(tmp_path / "out")) for word in words]


@pytest.mark.parametrize("words", SPOKEN, ids=" ".join)
def test_a_command_speaks_chinese_and_no_english(capsys, filled, words):
    status, out, err = run(capsys, *filled(words), "--lang", "zh")
    assert (status in (0, 3, 4), err) == (True, "")
    assert CJK.search(out)
    assert not ENGLISH.search(out), ENGLISH.findall(out)


@pytest.mark.parametrize("words", REPEATABLE, ids=" ".join)
def test_json_is_the_same_in_every_language(capsys, filled, words):
    english, chinese = (run(capsys, *filled(words), "--json", "--lang", lang)[1] for lang in ("en", "zh"))
    assert json.loads(english) == json.loads(chinese)
    assert english == chinese


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_help_of_every_command_is_in_the_language(capsys, command, lang):
    """All but argparse's own \"usage\"."""
    status, out, _ = run(capsys, command, "--help", "--lang", lang)
    assert status == 0
    explained = out[out.index("\n\n") :]
    assert bool(CJK.search(explained)) == (lang == "zh")
    assert lang == "en" or not ENGLISH.search(explained), ENGLISH.findall(explained)
    assert "--lang" in out


def test_every_option_has_a_help_text(capsys):
    for command in COMMANDS:
        out = run(capsys, command, "--help")[1]
        lines = out[out.index("\n\n") :].splitlines()
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if re.match(r"  (--?[a-z]|[A-Z]+)", line) and line.strip() != "ACTION":
                assert re.search(r"\S  +\S", line) or after.startswith("     "), f"{command}: {line}"


def test_errors_are_in_the_language_and_their_json_is_not(capsys):
    english = run(capsys, "check", "no-such-reward")[2]
    status, out, err = run(capsys, "check", "no-such-reward", "--json", "--lang", "zh")
    assert status == 2
    assert CJK.search(err)
    assert json.loads(out)["error"]["message"] == english.removeprefix("playground: ").strip()


@pytest.mark.parametrize("words", [["--lang", "fr", "presets"], ["presets", "--lang=fr"], ["presets", "--lang", ""]])
def test_a_language_that_is_not_spoken_is_refused_with_those_that_are(capsys, words):
    status, out, err = run(capsys, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "en, zh" in err
    status, out, _ = run(capsys, *words, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "not_a_choice")


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_locale_decides_where_no_language_is_asked_for(environment, lang):
    assert locale_language(environment) == lang


def test_the_program_speaks_the_language_of_the_locale(home, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert CJK.search(shell("presets", home=home).stdout)
    assert not CJK.search(shell("presets", "--lang", "en", home=home).stdout)


@pytest.mark.parametrize(
    "words", [["--lang", "zh", "check", "x"], ["check", "x", "--lang=zh"], ["check", "--lang", "zh", "x"]]
)
def test_the_language_may_stand_anywhere(words):
    assert take_language(words, "en") == ("zh", ["check", "x"])


def test_a_terminal_that_has_no_such_letters_gets_their_codes(home, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = shell("presets", "--lang", "zh", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" in done.stdout


def test_a_hypothesis_may_speak_of_the_option():
    words = ["train", "article", "--hypothesis", "what --lang fr does"]
    assert take_language(words, "en") == ("en", words)


def test_an_unknown_language_is_bad_input():
    with pytest.raises(InvalidInput, match="lang"):
        take_language(["--lang", "klingon"], "en")
