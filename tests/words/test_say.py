"""Every language has the same texts, every text that is asked for exists, and every text is asked for."""

import ast
import re
import shutil
import string
from pathlib import Path

import pytest

import playground
from playground.reward.design import terms_of
from playground.words import say as words
from playground.words.errors import InvalidInput, error_words
from playground.words.say import LANGUAGES, find_languages, label, load_texts, match_language, say
from playground.worlds.lunar_lander.presets import PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import QUANTITIES

TREES = [ast.parse(path.read_text()) for path in Path(playground.__file__).parent.rglob("*.py")]
"""The whole package; keys are read from its syntax, so that digits and hyphens in them count."""
FORMS = tuple(f".{form}" for form in words.FORMS.values())
LOOKED_UP = ("translated", "say", "text", "has", "template")
KEY = re.compile(r"[a-z]+\.[^ ]")
SAME_EVERYWHERE = {
    "episode.gif",
    "episode.mp4",
    "list.comma",
    "score.count",
    "settings.gae_lambda",
    "formula.term",
    "list.between",
    "repair.change",
}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def pattern(node: ast.JoinedStr) -> re.Pattern[str]:
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values]
    return re.compile("".join(parts))


def calls() -> list[ast.Call]:
    return [node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def keys_in(node: ast.expr) -> list[ast.expr]:
    return [*keys_in(node.body), *keys_in(node.orelse)] if isinstance(node, ast.IfExp) else [node]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_keys_of_english(lang):
    """Which counts need a form of their own is a language's own affair."""
    assert {k for k in load_texts(lang) if not k.endswith(FORMS)} == {
        k for k in load_texts("en") if not k.endswith(FORMS)
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_fills_in_the_same_values(lang):
    english = load_texts("en")
    texts = {k: t for k, t in load_texts(lang).items() if not k.endswith(FORMS)}
    assert {k: names(t) for k, t in texts.items()} == {k: names(english[k]) for k in texts}
    for key in load_texts(lang).keys() - texts.keys():
        assert names(load_texts(lang)[key]) <= names(english[key.rpartition(".")[0]])


def test_every_key_that_is_asked_for_exists():
    asked = [key for call in calls() if called(call) in LOOKED_UP and call.args for key in keys_in(call.args[0])]
    literal = {node.value for node in asked if isinstance(node, ast.Constant) and KEY.match(node.value)}
    assert len(literal) > 150
    assert not literal - load_texts("en").keys()
    built = [pattern(node) for node in asked if isinstance(node, ast.JoinedStr)]
    built = [p for p in built if KEY.match(p.pattern.replace("\\", ""))]
    assert not [p.pattern for p in built if not any(p.fullmatch(key) for key in load_texts("en"))]


def test_every_key_is_asked_for():
    nodes = [node for tree in TREES for node in ast.walk(tree)]
    literal = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    built = [p for node in nodes if isinstance(node, ast.JoinedStr) if (p := pattern(node)).pattern[:6] != "error\\"]
    built = [p for p in built if re.match(r"[a-z]+\\\.", p.pattern)]
    first = [call.args[0] for call in calls() if called(call) == "name_of"]
    kinds = {key.value for key in first if isinstance(key, ast.Constant)}
    built += [re.compile(rf"{re.escape(kind)}\..+") for kind in kinds]
    keys = {key.removesuffix(".one").removesuffix(".zero") for key in load_texts("en")} - {"language"}
    unused = {key for key in keys - literal if not any(p.fullmatch(key) for p in built)}
    assert not {key for key in unused if key.removeprefix("error.") not in literal}


def test_every_error_that_is_raised_has_a_text():
    codes = {
        code.value
        for call in calls()
        if called(call) == "InvalidInput" and call.args
        for code in keys_in(call.args[0])
        if isinstance(code, ast.Constant)
    }
    assert len(codes) > 40
    assert not {code for code in codes if f"error.{code}" not in load_texts("en")}


def test_an_error_is_english_for_programs_and_speaks_every_language():
    error = InvalidInput("not_finite", field="w_legs", value="nan")
    assert str(error) == "w_legs must be finite, got nan"
    assert error_words(error, "zh") == "w_legs 必须是有限数，收到的是 nan"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terms_presets_and_quantities_have_words_in_every_language(lang):
    for term in terms_of(RewardConfig):
        assert term.label[lang].strip()
        assert term.help[lang].strip()
    for preset in PRESETS:
        assert preset.name[lang].strip()
        assert preset.lesson[lang].strip()
    for quantity in QUANTITIES:
        assert quantity.help[lang].strip()


def test_chinese_texts_are_chinese():
    for key, text in load_texts("zh").items():
        assert key in SAME_EVERYWHERE or re.search(r"[\u4e00-\u9fff]", text), key


def test_one_thing_has_one_word_in_chinese():
    """Each of these once stood beside the word that all texts use now."""
    doubles = re.compile(r"飞船|平台|付分|屏幕|过拟合测试|(?<!演员-)评论家|演员(?!-评论家)|[0-9}]%")
    assert not {key: text for key, text in load_texts("zh").items() if doubles.search(text)}


def test_english_has_no_private_vocabulary():
    private = re.compile(
        r"\b(mend\w*|at hand|anew|foretold|told(?! apart)|nobody|held against)\b|[0-9}]%", re.IGNORECASE
    )
    assert not {key: text for key, text in load_texts("en").items() if private.search(text)}


def test_a_third_language_is_one_more_file(tmp_path, monkeypatch):
    for file in words.FOLDER.glob("*.toml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "de.toml").write_text('language = "Deutsch"\n\n[train]\ntrain = "Trainieren"\n', encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    monkeypatch.setattr(words, "LANGUAGES", find_languages(tmp_path))
    load_texts.cache_clear()
    try:
        assert words.LANGUAGES == {"en": "English", "de": "Deutsch", "zh": "中文"}
        assert match_language("de_AT.UTF-8") == "de"
        assert say("train.train", "de") == "Trainieren"
        assert say("compare.seed", "de", seed=3) == "seed 3", "a missing text is English"
        assert label({"en": "Legs", "zh": "支腿"}, "de") == "Legs"
    finally:
        load_texts.cache_clear()


@pytest.mark.parametrize("lang", ["", "../en", "xx", "en.toml"])
def test_an_unknown_language_is_english(lang):
    assert say("train.train", lang) == "Train"


def test_a_text_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        say("no.such.text", "zh")


def test_one_has_a_form_of_its_own():
    assert say("design.changed", "en", count=1) == "1 setting differs from the preset."
    assert say("design.changed", "en", count=2) == "2 settings differ from the preset."
    assert "1" in say("design.changed", "zh", count=1)
