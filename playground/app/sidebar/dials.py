"""The dials of the draft: a slider, its exact number and the way back to the preset for every weight; form and mode.

Leaves out: the bands under the sliders (``styles``).
"""

import math
from typing import Final

import streamlit as st

from playground.app.session import Session
from playground.app.styles import dial_key, own_slider
from playground.app.texts import language, say
from playground.reward.own import OwnTerm
from playground.reward.term import FORMS, WEIGHT_LIMIT, Slider, Term
from playground.worlds.lunar_lander.presets import PRESET

FACTOR: Final = Slider(0, 10, 0.1)
"""Of the scale and of Gymnasium's share."""


def draw_form(state: Session) -> None:
    """How the state terms pay."""

    def chosen() -> None:
        state.set_field("form", st.session_state["form"])

    st.session_state["form"] = state.draft.form
    st.segmented_control(
        say("design.form"),
        FORMS,
        format_func=lambda form: say(f"form.{form}"),
        key="form",
        required=True,
        on_change=chosen,
    )
    st.caption(say(f"form.{state.draft.form}.help"))


def draw_dial(state: Session, term: Term) -> None:
    """The dial of a term's weight."""
    _dial(state, term.weight, term.key, term.label[language()], term.help[language()], term.sliders[state.draft.form])


def draw_own_dial(state: Session, own: OwnTerm, term: Term) -> None:
    """The dial of an own term's weight; the way back leads to the weight that it was written with."""
    state.homes.setdefault(own.name, own.weight)
    text = f"```\n{own.expression}\n```"
    _dial(state, term.weight, dial_key(term), own.name, text, own_slider(own, state.homes))


def draw_mode(state: Session) -> None:
    """Replace Gymnasium's reward or only log; and, closed until asked for, the scale and Gymnasium's share."""

    def chosen() -> None:
        state.set_field("replace_reward", st.session_state["mode"] == "replace")

    st.session_state["mode"] = "replace" if state.draft.replace_reward else "log"
    st.segmented_control(
        say("design.mode"),
        ("replace", "log"),
        format_func=lambda mode: say(f"design.mode.{mode}"),
        key="mode",
        required=True,
        help=say("design.mode.help"),
        on_change=chosen,
    )
    defaults = type(state.draft)()
    touched = state.draft.scale != defaults.scale or state.draft.w_env != defaults.w_env
    with st.expander(say("design.more"), expanded=touched, key="more_design", on_change="rerun") as panel:
        if panel.open:
            _dial(state, "scale", "scale", say("design.scale"), "", FACTOR)
            _dial(state, "w_env", "env_reward", say("design.w_env"), "", FACTOR)


def _dial(state: Session, name: str, key: str, label: str, help: str, range_: Slider) -> None:
    value = state.draft.value(name)
    home = state.homes[name] if name in state.homes else PRESET[state.preset].config.value(name)
    slide_key, type_key = f"slide_{key}", f"type_{key}"

    def moved(widget: str) -> None:
        typed = st.session_state[widget]
        if typed is not None:
            state.set_field(name, float(typed))

    st.session_state[slide_key] = value
    st.session_state[type_key] = value
    step = float(range_.step)
    low, high = min(float(range_.low), value), max(float(range_.high), value)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"dial_{key}"):
        st.slider(
            f"**{label} ≠**" if value != home else label,
            low,
            high,
            step=step if high == range_.high else None,
            key=slide_key,
            help=help,
            format="compact" if range_.high >= 1000 else None,
            on_change=moved,
            args=(slide_key,),
        )
        st.number_input(
            say("design.typed", name=label),
            -WEIGHT_LIMIT,
            WEIGHT_LIMIT,
            step=step,
            format=f"%.{decimals(value)}f",
            key=type_key,
            label_visibility="collapsed",
            on_change=moved,
            args=(type_key,),
            width=118,
        )
        if value != home:
            st.button(
                "",
                key=f"reset_{key}",
                icon=":material/undo:",
                type="tertiary",
                help=say("design.reset_one", value=f"{home:g}"),
                on_click=state.set_field,
                args=(name, home),
            )


def decimals(value: float) -> int:
    """How many digits after the point show a value whole, at most six.

    >>> decimals(100.0), decimals(0.03), decimals(1e-9)
    (0, 2, 6)
    """
    if value == 0 or not math.isfinite(value):
        return 0
    text = f"{value:.6f}".rstrip("0")
    return len(text.partition(".")[2]) or (6 if abs(value) < 1e-6 else 0)
