"""Which language the command line speaks: that of ``--lang``, else the locale's, else English.

Leaves out: the texts (``playground.words``).
"""

import argparse
from collections.abc import Mapping, Sequence

from playground.words.errors import InvalidInput
from playground.words.say import LANGUAGES, match_language

LOCALE: tuple[str, ...] = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where POSIX looks for the language of messages; the first one that is set decides."""


def locale_language(environment: Mapping[str, str]) -> str:
    """The language of a locale.

    >>> locale_language({"LANG": "zh_CN.UTF-8"}), locale_language({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    ('zh', 'en')
    """
    return match_language(next((environment[name] for name in LOCALE if environment.get(name)), None))


def take_language(argv: Sequence[str], default: str) -> tuple[str, list[str]]:
    """The language that a command line asks for, and the other words of it.

    It is read before everything else, since the help and the errors of all other options are in that language, too.

    Raises:
        InvalidInput: it asks for a language that is not spoken here.

    >>> take_language(["check", "article", "--lang", "zh"], "en")
    ('zh', ['check', 'article'])
    """
    parser = argparse.ArgumentParser(prog="playground", add_help=False)
    parser.add_argument("--lang", metavar="|".join(LANGUAGES), default=default)
    asked, others = parser.parse_known_args(argv)
    if asked.lang not in LANGUAGES:
        raise InvalidInput("not_a_choice", field="lang", choices=", ".join(LANGUAGES), value=asked.lang)
    return asked.lang, others
