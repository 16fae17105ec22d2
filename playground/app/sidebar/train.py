"""The one button, which says what it will do; how long to train, from which network, and what it is to show.

Leaves out: the training's progress (``jobs_panel``).
"""

import streamlit as st

from playground.app import shared
from playground.app.now import Now
from playground.app.session import Session, board
from playground.app.texts import language, say
from playground.lab.models.names import model_name
from playground.lab.notebook.fields import LIMITS, check_text
from playground.lab.notebook.intent import Intent
from playground.training.spec import BUDGETS, TrainSpec
from playground.words.errors import InvalidInput

ICONS = {
    "load": "folder_open",
    "shown": "check",
    "running": "hourglass_top",
    "train": "play_arrow",
    "resume": "play_arrow",
}


def draw_train(now: Now) -> None:
    """The button, and what may be chosen before it is pressed."""
    act = button_act(now)
    with st.container(key="act"):
        _button(now, act)
        if act in ("train", "resume"):
            _budget(now)
            _hypothesis(now.state)


def button_act(now: Now) -> str:
    """What the button does: show what is on screen already (nothing), load, wait, resume or train."""
    if now.trained is not None:
        return "shown" if now.state.shown == now.key else "load"
    if now.job is not None and now.job.alive:
        return "running"
    return "resume" if now.job is not None and now.job.resumable else "train"


def _button(now: Now, act: str) -> None:
    state, spec, key = now.state, now.spec, now.key

    def pressed() -> None:
        try:
            if act == "load":
                state.shown = key
                state.watch()
            else:
                board().submit(spec, _intent(state, spec))
                state.watching, state.hypothesis = key, ""
        except InvalidInput as error:
            state.problems.append(error)

    st.button(
        say(f"train.{act}"),
        key="train",
        type="primary",
        width="stretch",
        icon=f":material/{ICONS[act]}:",
        disabled=act in ("shown", "running"),
        help=f"{say(f'train.help.{act}', steps=f'{spec.steps:,}')} {_budget_help(spec) if act == 'train' else ''}",
        on_click=pressed,
    )


def _intent(state: Session, spec: TrainSpec) -> Intent:
    """For the notebook: what is expected of a training, and from which design it was changed."""
    prediction = shared.check(spec.reward, spec.gamma).prediction
    return Intent(state.hypothesis.strip(), state.shown or "", prediction=prediction)


def _hypothesis(state: Session) -> None:
    """One optional line for the notebook."""

    def written() -> None:
        try:
            check_text("hypothesis", st.session_state["hypothesis"])
            state.hypothesis = st.session_state["hypothesis"]
        except InvalidInput as error:
            state.problems.append(error)

    st.session_state["hypothesis"] = state.hypothesis
    st.text_input(
        say("train.hypothesis"),
        key="hypothesis",
        placeholder=say("train.hypothesis"),
        max_chars=LIMITS["hypothesis"],
        on_change=written,
        label_visibility="collapsed",
        help=say("train.hypothesis.help"),
    )


def _budget_help(spec: TrainSpec) -> str:
    """What the three budgets under the button mean."""
    standard, best = TrainSpec(spec.reward).steps, BUDGETS["best"]["steps"]
    return say("budget.help", steps=f"{standard:,}", best=f"{best:,}")


def _budget(now: Now) -> None:
    """How long to train, and whether from the network of another model."""
    state = now.state

    def chosen() -> None:
        state.choose_budget(st.session_state["budget"])

    st.session_state["budget"] = state.budget
    st.segmented_control(
        say("budget.title"),
        list(BUDGETS),
        format_func=lambda name: say(f"budget.{name}"),
        key="budget",
        on_change=chosen,
        label_visibility="collapsed",
        width="stretch",
    )
    parent = now.parent
    if parent is None:
        return

    def switched() -> None:
        state.set_setting("init_from", parent.key if st.session_state["warm"] else "")

    st.session_state["warm"] = bool(now.spec.init_from)
    name = model_name(parent, language())
    st.checkbox(say("warm.offer", name=name), key="warm", help=say("warm.help"), on_change=switched)
