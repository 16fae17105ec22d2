"""Every visible text, through one lookup: ``say("train.train")`` in the language of the session.

English is in ``en``, Chinese in ``zh``, with the same keys (a test holds them together). Words of a term or of a
preset come from where the term or the preset is declared.
"""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from playground.reward.design import ENV_KEY, by_key
from playground.words.errors import InvalidInput
from playground.words.texts import en, zh
from playground.worlds.lunar_lander.terms import RewardConfig

LANGUAGES: Final = {"en": "English", "zh": "中文"}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {"en": en.TEXTS, "zh": zh.TEXTS}


def language() -> str:
    """The session's language: chosen, else in the URL, else the browser's."""
    if "lang" not in st.session_state:
        wanted = st.query_params.get("lang") or (st.context.locale or "en")
        st.session_state["lang"] = "zh" if wanted.lower().startswith("zh") else "en"
    return str(st.session_state["lang"])


def say(key: str, /, **values: object) -> str:
    """The text of a key, with its ``{names}`` filled in."""
    return TEXTS[language()][key].format(**values)


def say_error(error: InvalidInput) -> str:
    """Bad input, in the session's language."""
    return say(f"error.{error.code}", **error.params)


def part_name(key: str) -> str:
    """A part's short name: a term's label, or Gymnasium's own reward."""
    return say("part.env_reward") if key == ENV_KEY else by_key(RewardConfig)[key].label[language()]
