"""The sidebar: the reward's design, the way to share it, the training settings and the one button.

Every widget writes into the `Session` from its callback and is seeded from it before it is drawn, so presets, links,
files and sliders all change the same thing. A slider tick never trains.

Reading order: ``dials`` → ``own_terms`` → ``train`` → ``share`` → ``settings``.

Leaves out: what the design pays (``pages.playground``).
"""

from collections.abc import Callable
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground.app.now import Now
from playground.app.sidebar.dials import draw_dial, draw_form, draw_mode
from playground.app.sidebar.own_terms import draw_own_terms
from playground.app.sidebar.settings import draw_settings
from playground.app.sidebar.share import draw_preset, draw_share
from playground.app.sidebar.train import draw_train
from playground.app.styles import band_style, layout_style, term_style
from playground.app.texts import language, say
from playground.reward.term import Term
from playground.words.errors import InvalidInput
from playground.words.say import LANGUAGES

GROUPS: Final[dict[str, Callable[[Term], bool]]] = {
    "state": lambda term: term.potential is not None,
    "fuel": lambda term: term.event is not None and not term.outcome,
    "outcome": lambda term: term.outcome,
}


def draw_sidebar(now: Now) -> DeltaGenerator:
    """All of it but the bands.

    Returns:
        The place for `draw_bands`.
    """
    reward = now.state.draft
    st.html(f"<style>{layout_style()}{term_style(reward)}</style>")
    with st.sidebar:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(say("design.title"), anchor=False)
            _language_switch()
        draw_train(now)
        draw_preset(now)
        draw_share(now)
        draw_form(now.state)
        for group, belongs in GROUPS.items():
            st.caption(say(f"design.group.{group}"))
            for term in reward.terms:
                if belongs(term) and not term.own:
                    draw_dial(now.state, term)
        draw_own_terms(now)
        place = st.empty()
        draw_mode(now.state)
        draw_settings(now.state)
    return place


def draw_bands(now: Now, place: DeltaGenerator) -> None:
    """Green under the sliders where landing pays best, and what it means. The last thing that a run works out."""
    try:
        bands = now.bands
    except InvalidInput:  # an own term is no number somewhere, as the check says
        return
    if any(bands.values()):
        place.caption(say("design.bands"))
        st.html(f"<style>{band_style(now.state.draft, bands, now.state.homes)}</style>")


def _language_switch() -> None:
    language()
    st.segmented_control(
        say("sidebar.language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
    )
