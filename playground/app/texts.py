"""The texts in the language of the session: ``say("train.train")``.

Leaves out: the texts, and every language but the session's (``words.say``).
"""

import streamlit as st

from playground.reward.design import Design
from playground.words import say as words
from playground.words.errors import InvalidInput, error_words
from playground.worlds.lunar_lander.terms import RewardConfig


def language() -> str:
    """The session's language: chosen, else in the URL, else the browser's."""
    try:
        return str(st.session_state["lang"])  # one look-up: a page asks two hundred times
    except KeyError:
        st.session_state["lang"] = words.match_language(st.query_params.get("lang") or st.context.locale)
        return str(st.session_state["lang"])


def say(key: str, /, **values: object) -> str:
    """The text of a key, with its ``{names}`` filled in."""
    return words.say(key, language(), **values)


def say_error(error: InvalidInput) -> str:
    """Bad input, in the session's language."""
    return error_words(error, language())


def part_name(key: str, design: Design | None = None) -> str:
    """A part's short name: a term's label, or Gymnasium's own reward.

    Args:
        key: of the part.
        design: whose part it is; the lander's built-in terms are known without one.
    """
    return (RewardConfig() if design is None else design).part_name(key, language())
