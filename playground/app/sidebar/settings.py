"""The training settings, closed until asked for.

Leaves out: their meaning and their limits (``training.spec``).
"""

from dataclasses import fields
from typing import Any, Final

import streamlit as st

from playground.app.address import NOT_SET, read_setting, write_setting
from playground.app.session import Session
from playground.app.texts import say
from playground.training.spec import ACTIVATIONS, BOUNDS, SCHEDULES, TrainSpec
from playground.words.errors import InvalidInput

MAIN_SETTINGS: Final = ("seed", "steps", "gamma", "learning_rate")


def draw_settings(state: Session) -> None:
    """The main ones, and all others behind a button."""
    changed = bool(state.settings)
    label = say("settings.title") + (" ≠" if changed else "")
    with st.expander(label, expanded=False, key="settings", on_change="rerun") as panel:
        if not panel.open:
            return
        for name in MAIN_SETTINGS:
            _setting(state, name)
        with st.popover(say("settings.more"), width="stretch"):
            for item in fields(TrainSpec):
                if item.name not in (*MAIN_SETTINGS, *NOT_SET, "init_from"):
                    _setting(state, item.name)
        if changed:
            st.button(say("settings.reset"), key="reset_settings", on_click=lambda: setattr(state, "settings", {}))


def _setting(state: Session, name: str) -> None:
    """One training setting, checked before it is kept."""
    default = next(f.default for f in fields(TrainSpec) if f.name == name)
    value = state.settings.get(name, default)
    key, label = f"set_{name}", say(f"settings.{name}")

    def changed() -> None:
        given = st.session_state[key]
        try:
            state.set_setting(name, read_setting(name, given) if isinstance(default, tuple) else given)
        except InvalidInput as error:
            state.problems.append(error)

    st.session_state[key] = write_setting(value).replace(",", ", ") if isinstance(value, tuple) else value
    choices: Any = {"schedule": SCHEDULES, "activation": ACTIVATIONS}.get(name)
    if choices:
        st.selectbox(label, choices, key=key, on_change=changed)
    elif isinstance(default, bool):
        hint = say("settings.keep_best.help") if name == "keep_best" else None
        st.toggle(label, key=key, on_change=changed, help=hint)
    elif isinstance(default, tuple):
        st.text_input(label, key=key, on_change=changed, help=say("settings.net_arch.help"))
    else:
        bounds = BOUNDS[name]
        kind = int if bounds.whole else float
        horizon = "∞" if value == 1 else f"{1 / (1 - value):,.0f}" if name == "gamma" else ""
        helped = ("steps", "gamma", "until_landing", "persistence")
        words = say(f"settings.{name}.help", horizon=horizon) if name in helped else None
        steps: Any = {"steps": 50_000, "gamma": 0.001, "learning_rate": 1e-4}.get(name, 1 if kind is int else 0.01)
        shape = None if kind is int else "%.6g" if name == "learning_rate" else "%.4g"
        st.number_input(
            label, kind(bounds.low), kind(bounds.high), step=steps, format=shape, key=key, on_change=changed, help=words
        )
