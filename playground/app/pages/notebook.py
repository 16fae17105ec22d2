"""The lab notebook: what was tried, what was expected, what was changed, and what came of it.

Leaves out: the entries themselves (``lab.notebook.notebook``).
"""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from playground.app.session import listed, notebook, session, store
from playground.app.shared import loaded
from playground.app.texts import language, say, say_error
from playground.lab.models.model import SHORT
from playground.lab.models.names import model_name
from playground.lab.notebook.entry import Entry
from playground.lab.notebook.fields import LIMITS
from playground.lab.notebook.notebook import Notebook
from playground.lab.notebook.tree import Branch, arrange
from playground.words.errors import InvalidInput
from playground.words.model import change_words
from playground.words.numbers import amount
from playground.worlds.lunar_lander.world import WORLD as LANDER

PAGE: Final = 30
STATES: Final = {"running": "blue", "done": "green", "failed": "red"}


def draw() -> None:
    """The page."""
    st.header(say("notebook.title"), anchor=False)
    book = notebook()
    try:
        book.settle()
        branches, view = _chosen(book)
    except InvalidInput as error:
        st.error(say_error(error), icon=":material/menu_book:")
        if error.code == "notebook_damaged":
            st.button(say("notebook.rebuild"), key="rebuild", on_click=_guarded(book.rebuild))
        return
    if not branches:
        st.info(say("notebook.none_found" if view else "notebook.none"), icon=":material/menu_book:")
        return
    for branch in branches[:PAGE]:
        _draw(book, branch)
    if len(branches) > PAGE:
        st.caption(say("models.more", count=len(branches) - PAGE))


def _chosen(book: Notebook) -> tuple[list[Branch], bool]:
    """The entries that are asked for, and whether anything narrows them down."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(say("notebook.find"), key="notebook_find", icon=":material/search:", width="stretch")
        view = st.segmented_control(
            say("notebook.view"),
            ["list", "tree"],
            default="list",
            key="notebook_view",
            required=True,
            format_func=lambda name: say(f"notebook.{name}"),
            label_visibility="collapsed",
        )
        starred = st.toggle(say("notebook.starred"), key="notebook_starred")
        archived = st.toggle(say("notebook.archived"), key="notebook_archived")
        st.download_button(
            say("notebook.csv"), book.export_csv, "notebook.csv", "text/csv", key="notebook_csv", on_click="ignore"
        )
    kind = "training" if view == "tree" else None
    found = book.entries(query or "", kind=kind, starred=starred or None, archived=None if archived else False)
    branches = arrange(found) if view == "tree" else [Branch(0, entry) for entry in found]
    return branches, bool(query or starred)


def _draw(book: Notebook, branch: Branch) -> None:
    """One entry."""
    entry = branch.entry
    with st.container(horizontal=True, gap="small"):
        if branch.depth:
            st.space(24 * min(branch.depth, 6))
        with st.container(border=True):
            star, words, acts = st.columns([1, 18, 5], vertical_alignment="center")
            star.button(
                "★" if entry.starred else "☆",
                key=f"star_{entry.key}",
                type="tertiary",
                help=say("notebook.star"),
                on_click=_guarded(lambda: book.edit(entry.key, starred=not entry.starred)),
            )
            with words:
                _words(entry)
            with acts, st.container(horizontal=True, horizontal_alignment="right"):
                _acts(book, entry)


def _words(entry: Entry) -> None:
    title = entry.name or entry.hypothesis or _design(entry)
    st.markdown(f"**{title}**")
    told = [
        say(f"notebook.kind.{entry.kind}"),
        say(f"notebook.state.{entry.state}"),
        entry.created[:16].replace("T", " "),
    ]
    result = entry.result or {}
    if "landing_rate" in result:
        told.append(say("notebook.landed", count=round(100 * result["landing_rate"])))
        told.append(say("notebook.native", value=amount(result["native_return_mean"])))
    if entry.prediction and "landing" in entry.prediction:
        told.append(say("notebook.predicted", percent=round(100 * entry.prediction["landing"])))
    lines = [" · ".join([*told, entry.key[:SHORT]]), entry.hypothesis if entry.name else ""]
    if entry.change:
        changes = {name: pair for name, pair in entry.change.items() if isinstance(pair, list) and len(pair) == 2}
        weights = LANDER.presets[0].config.weight_names(language())
        lines.append(say("notebook.change", text=change_words(changes, weights, language())))
    lines += (entry.result or {}).get("headlines", [])
    st.caption("  \n".join(line for line in (*lines, entry.note) if line))


def _design(entry: Entry) -> str:
    """What was compared; or what was trained, as far as its model is still there."""
    names = (entry.result or {}).get("names")
    if isinstance(names, dict):
        return " / ".join(f"{letter} · {name}" for letter, name in names.items())
    model = store().find(entry.key)
    try:
        return entry.key[:SHORT] if model is None else model_name(model, language())
    except InvalidInput:
        return entry.key[:SHORT]


def _acts(book: Notebook, entry: Entry) -> None:
    """What can be done with it."""
    compared = (entry.result or {}).get("models") if entry.kind == "comparison" else None
    if isinstance(compared, list) and st.button(
        "", key=f"open_{entry.key}", icon=":material/balance:", help=say("models.show"), type="tertiary"
    ):
        session().compared = [str(key) for key in compared]
        st.switch_page(st.session_state["pages"]["compare"])
    model = store().find(entry.key) if entry.kind == "training" else None
    if model is not None and not listed(model):
        model = None  # of another world: the notebook knows it, the pages do not show it yet
    if model is not None and st.button(
        "", key=f"open_{entry.key}", icon=":material/play_circle:", help=say("models.show"), type="tertiary"
    ):
        state = session()
        try:
            state.show(loaded(model))
            st.switch_page(st.session_state["pages"]["playground"])
        except InvalidInput as error:
            st.error(say_error(error))
    parent = store().find(entry.parent) if entry.parent else None
    if (
        model is not None
        and parent is not None
        and st.button(
            "", key=f"against_{entry.key}", icon=":material/balance:", help=say("notebook.against"), type="tertiary"
        )
    ):
        session().compared = [parent.key, model.key]
        st.switch_page(st.session_state["pages"]["compare"])
    edit = st.popover("", icon=":material/edit:", help=say("notebook.edit"), type="tertiary", key=f"edit_{entry.key}")
    with edit, st.form(f"form_{entry.key}", border=False):
        name = st.text_input(say("notebook.name"), entry.name, max_chars=LIMITS["name"])
        note = st.text_area(say("notebook.note"), entry.note, max_chars=LIMITS["note"])
        archived = st.toggle(say("notebook.put_away"), entry.archived)
        if st.form_submit_button(say("notebook.save")):
            _guarded(lambda: book.edit(entry.key, name=name.strip(), note=note, archived=archived))()
            st.rerun()


def _guarded(act: Callable[[], Any]) -> Callable[[], None]:
    """What is refused becomes words on the page."""

    def run() -> None:
        try:
            act()
        except InvalidInput as error:
            session().problems.append(error)

    return run
