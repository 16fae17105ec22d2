import re
import string
from pathlib import Path

import pytest

import playground
from playground.app.texts import TEXTS
from playground.reward.design import terms_of
from playground.words.errors import MESSAGES
from playground.worlds.lunar_lander.presets import PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig

TERMS = terms_of(RewardConfig)

ROOMS = [Path(playground.__file__).parent / room for room in ("app", "studies", "lab")]
SOURCES = [*(path for room in ROOMS for path in room.rglob("*.py")), Path(__file__).parents[2] / "streamlit_app.py"]


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys():
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()


def test_both_languages_fill_in_the_same_values():
    assert {k: names(t) for k, t in TEXTS["en"].items()} == {k: names(t) for k, t in TEXTS["zh"].items()}


def test_every_error_is_worded_in_both_languages():
    for texts in TEXTS.values():
        assert {f"error.{code}" for code in MESSAGES} <= texts.keys()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_terms_and_presets_have_words_in_both_languages(language):
    for term in TERMS:
        assert term.label[language].strip()
        assert term.help[language].strip()
    for preset in PRESETS:
        assert preset.name[language].strip()
        assert preset.lesson[language].strip()


def test_chinese_texts_are_chinese():
    latin = {"episode.gif", "episode.mp4", "list.comma", "score.of_100", "settings.gae_lambda"}
    for key, text in TEXTS["zh"].items():
        assert key in latin or re.search(r"[\u4e00-\u9fff]", text), key


def test_every_key_that_the_pages_ask_for_exists():
    """Literal keys, and prefixes of keys that are put together."""
    asked = {key for path in SOURCES for key in re.findall(r'say\(\s*"([a-z_.]+)"', path.read_text())}
    prefixes = {p for path in SOURCES for p in re.findall(r'say\(\s*f"([a-z_.]+)\{', path.read_text())}
    assert len(asked) > 50
    assert not {key for key in asked if key not in TEXTS["en"]}
    assert not {p for p in prefixes if not any(key.startswith(p) for key in TEXTS["en"])}


def test_every_key_is_used_somewhere():
    sources = "\n".join(
        path.read_text() for path in SOURCES if "texts/en" not in str(path) and "texts/zh" not in str(path)
    )
    prefixes = tuple(re.findall(r'f"([a-z_.]+)\{', sources))
    unused = {k for k in TEXTS["en"] if f'"{k}"' not in sources and not k.startswith(prefixes)}
    assert not unused
