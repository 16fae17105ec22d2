"""One look-up for every text: ``say("train.train", "zh")``.

The texts of a language are one file beside this module: ``en.toml`` is English, the language that a missing text falls
back to. A file that is added is a language that can be chosen. Its first line says what the language calls itself.

Names that belong to data (a term's, a preset's, a quantity's) stay where the data is declared, as mappings by language;
`label` reads them.

Leaves out: which language is wanted (the page asks the browser, the command line the locale).
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent
FALLBACK: Final = "en"
FORMS: Final[Mapping[object, str]] = {0: "zero", 1: "one"}
"""Endings of keys whose text is for one count alone."""


def find_languages(folder: Path = FOLDER) -> dict[str, str]:
    """Every language that has a file, by its code, with the name it has for itself; the fallback first."""
    codes = sorted((path.stem for path in folder.glob("*.toml")), key=lambda code: (code != FALLBACK, code))
    return {code: _own_name(folder / f"{code}.toml") for code in codes}


def _own_name(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return str(tomllib.loads(file.readline())["language"])


LANGUAGES: Final[Mapping[str, str]] = find_languages()
"""Every language by its code, with the name it has for itself."""


@cache
def load_texts(lang: str) -> Mapping[str, str]:
    """All texts of a language by their dotted keys; none for an unknown language."""
    path = FOLDER / f"{lang}.toml"
    if not lang.isidentifier() or not path.is_file():
        return {}
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", str(value))]
    return pairs


def text(key: str, lang: str) -> str:
    """The text of a key with its ``{names}`` as they are, in English if the language lacks it.

    Raises:
        KeyError: English lacks it, too.
    """
    found = load_texts(lang).get(key)
    return load_texts(FALLBACK)[key] if found is None else found


def say(key: str, lang: str, /, **values: object) -> str:
    """The text of a key with its ``{names}`` filled in.

    A count of zero or one has a text of its own where a language needs one: ``{count}`` being 1, ``key.one`` is taken
    if it exists.

    Raises:
        KeyError: there is no such text, or a value that it names is missing.

    >>> say("compare.seed", "en", seed=3)
    'seed 3'
    """
    form = FORMS.get(values["count"]) if "count" in values else None
    special = load_texts(lang).get(f"{key}.{form}") if form else None
    return (text(key, lang) if special is None else special).format(**values)


def has(key: str) -> bool:
    """Whether there is a text for a key."""
    return key in load_texts(FALLBACK)


def name_of(kind: str, key: str, lang: str) -> str:
    """The name of something that is known by a key: the text ``kind.key``, else the key itself in plain letters.

    >>> name_of("behaviour", "soft_landing", "en"), name_of("behaviour", "pole_falls", "en")
    ('a soft landing', 'pole falls')
    """
    return text(f"{kind}.{key}", lang) if has(f"{kind}.{key}") else key.replace("_", " ").replace("-", " ")


def label(words: Mapping[str, str], lang: str) -> str:
    """The words of a language from a mapping that stays with its data, English for a language that is not in it.

    >>> label({"en": "Legs", "zh": "支腿"}, "zh"), label({"en": "Legs"}, "zh")
    ('支腿', 'Legs')
    """
    return words[lang] if lang in words else words[FALLBACK]


def join(parts: list[str], lang: str) -> str:
    """Several words as one list.

    >>> join(["a", "b"], "en"), join(["甲", "乙"], "zh")
    ('a, b', '甲、乙')
    """
    return text("list.comma", lang).join(parts)


def together(sentences: list[str], lang: str) -> str:
    """Sentences one after another, without those that are empty.

    >>> together(["One.", "", "Two."], "en"), together(["一。", "二。"], "zh")
    ('One. Two.', '一。二。')
    """
    return text("list.between", lang).join(sentence for sentence in sentences if sentence)


def sentence_case(words: str) -> str:
    """With a capital first letter.

    >>> sentence_case("a crash pays")
    'A crash pays'
    """
    return words[:1].upper() + words[1:]


def match_language(tag: str | None) -> str:
    """The language that fits a locale's or a browser's tag, else English.

    >>> match_language("zh_CN.UTF-8"), match_language("de-AT"), match_language(None)
    ('zh', 'en', 'en')
    """
    code = (tag or "").replace("_", "-").split("-")[0].split(".")[0].lower()
    return code if code in LANGUAGES else FALLBACK
