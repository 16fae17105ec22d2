"""Terms of one's own: their sliders, and the boxes in which they are written, changed and removed.

What is in the boxes is kept in the session until it is saved, so that nothing is lost when a box closes.

Leaves out: the language itself (``reward.expression``).
"""

from typing import Any, Final

import streamlit as st

from playground.app.address import fits_link
from playground.app.now import Now
from playground.app.session import Session
from playground.app.sidebar.dials import draw_own_dial
from playground.app.texts import language, say, say_error
from playground.insight.columns import column_of
from playground.insight.library import library_of
from playground.reward.account import own_components
from playground.reward.design import Design
from playground.reward.expression.vocabulary import FUNCTIONS
from playground.reward.own import OwnTerm
from playground.reward.term import FORMS, WEIGHT_LIMIT
from playground.words.errors import InvalidInput
from playground.words.numbers import short
from playground.words.tables import to_markdown
from playground.worlds.lunar_lander.term_gallery import READY_TERMS
from playground.worlds.lunar_lander.world import WORLD as LANDER

NEW: Final = ""
"""Stands for the new term among the session's edits."""
BLANK: Final[dict[str, Any]] = {"name": "", "expression": "", "form": "state", "weight": 1.0}
READY: Final = {ready.term.name: ready for ready in READY_TERMS}


def draw_own_terms(now: Now) -> None:
    """A dial and the boxes of each own term, and the way to a new one."""
    state = now.state
    st.caption(say("own.title"))
    terms = {term.key: term for term in state.draft.terms}
    state.homes = {name: weight for name, weight in state.homes.items() if name in terms}
    for own in state.draft.own_terms:
        draw_own_dial(state, own, terms[own.name])
        with st.popover(
            say("own.edit", name=own.name),
            icon=":material/edit:",
            type="tertiary",
            key=f"edit_{own.name}",
            on_change="rerun",
        ) as panel:
            if panel.open:
                _boxes(now, own.name)
    if state.removed is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(say("own.removed", name=state.removed[1].name))
            st.button(say("own.undo"), key="undo_remove", icon=":material/undo:", on_click=_restore, args=(state,))
    if not fits_link(state):
        st.caption(say("share.too_long"))
    with st.popover(say("own.add"), icon=":material/add:", key="add_term", on_change="rerun", width="stretch") as panel:
        if panel.open:
            _boxes(now, NEW)


def _boxes(now: Now, name: str) -> None:
    """The boxes of one term, what is wrong with them or what they would pay, and the buttons."""
    state = now.state
    fields = _fields_of(state.draft, name) | state.edits.get(name, {})
    key = f"{name}_" if name else "new"

    def changed(field: str) -> None:
        state.edits.setdefault(name, {})[field] = st.session_state[f"own_{field}_{key}"]

    if name == NEW:
        _gallery(state)
    for field, value in fields.items():
        st.session_state[f"own_{field}_{key}"] = value
    st.text_input(say("own.name"), key=f"own_name_{key}", on_change=changed, args=("name",))
    st.text_area(
        say("own.expression"),
        key=f"own_expression_{key}",
        height=110,
        placeholder="-abs(vy) if y < 0.3 else 0",
        help=say("own.expression_help"),
        on_change=changed,
        args=("expression",),
    )
    trial = _try(now, name, fields)
    st.segmented_control(
        say("own.form"),
        FORMS,
        format_func=lambda form: say(f"form.{form}"),
        key=f"own_form_{key}",
        required=True,
        on_change=changed,
        args=("form",),
    )
    st.number_input(
        say("own.weight"),
        -WEIGHT_LIMIT,
        WEIGHT_LIMIT,
        step=0.1,
        format="%g",
        help=say("own.weight_help"),
        key=f"own_weight_{key}",
        on_change=changed,
        args=("weight",),
    )
    with st.container(horizontal=True):
        st.button(
            say("own.add_button" if name == NEW else "own.save"),
            key=f"own_save_{key}",
            type="primary",
            disabled=trial is None,
            on_click=_save,
            args=(state, name, trial),
        )
        if name != NEW:
            st.button(
                say("own.remove"),
                key=f"own_remove_{key}",
                icon=":material/delete:",
                on_click=_remove,
                args=(state, name),
            )
    _names(state.draft, key)


def _gallery(state: Session) -> None:
    def picked() -> None:
        ready = READY.get(st.session_state["own_gallery"])
        if ready is not None:
            state.edits[NEW] = ready.term.to_fields()

    lang = language()
    chosen = st.selectbox(
        say("own.gallery"),
        list(READY),
        index=None,
        format_func=lambda name: READY[name].label[lang],
        placeholder=say("own.gallery_pick"),
        key="own_gallery",
        on_change=picked,
    )
    if chosen is not None:
        st.caption(READY[chosen].help[lang])


def _fields_of(draft: Design, name: str) -> dict[str, Any]:
    return next((own.to_fields() for own in draft.own_terms if own.name == name), dict(BLANK))


def _with(draft: Design, name: str, own: OwnTerm) -> Design:
    """A draft with a term added, or put in the place of the one of that name.

    Raises:
        InvalidInput: the draft cannot have it.
    """
    if name == NEW:
        return draft.changed(own_terms=(*draft.own_terms, own))
    return draft.changed(own_terms=tuple(own if old.name == name else old for old in draft.own_terms))


def _try(now: Now, name: str, fields: dict[str, Any]) -> OwnTerm | None:
    """What the boxes say, if the draft can have it; says what is wrong, or what the term is worth."""
    if fields["weight"] is None or not (fields["name"] or fields["expression"]):
        return None
    try:
        own = OwnTerm(**fields)
        _with(now.state.draft, name, own)
    except InvalidInput as error:
        reason = error.params.get("reason")
        st.error(say_error(reason if isinstance(reason, InvalidInput) else error))
        return None
    rows = [[say("own.over"), say("own.least"), say("own.mean"), say("own.most")]]
    alone = now.state.draft.changed(own_terms=(own,))
    try:
        paid = own_components(now.episode.transitions, alone, now.model.spec.gamma)
        rows.append([say("own.this_episode"), *map(_number, (paid.min(), paid.mean(), paid.max()))])
    except InvalidInput as error:
        st.warning(say_error(error))
    try:
        column = column_of(library_of(LANDER), own.expression, own.form, now.spec.gamma, alone.language)
        rows.append([say("own.recorded"), *map(_number, (column.low, column.mean, column.high))])
    except InvalidInput as error:
        st.warning(say_error(error))
    if len(rows) > 1:
        st.markdown(to_markdown(rows))
    return own


def _number(value: float) -> str:
    return short(float(value), 3)


def _save(state: Session, name: str, own: OwnTerm | None) -> None:
    if own is None:
        return
    try:
        state.draft = _with(state.draft, name, own)
    except InvalidInput as error:
        state.problems.append(error)
        return
    state.edits.pop(name, None)
    state.homes.pop(name, None)
    state.homes[own.name] = own.weight
    if name == NEW:
        st.session_state["own_gallery"] = None


def _remove(state: Session, name: str) -> None:
    for place, own in enumerate(state.draft.own_terms):
        if own.name == name:
            state.removed = place, own
            state.draft = state.draft.changed(own_terms=tuple(o for o in state.draft.own_terms if o is not own))
            state.edits.pop(name, None)
            state.homes.pop(name, None)


def _restore(state: Session) -> None:
    """Put the removed term back where it stood."""
    if state.removed is None:
        return
    place, own = state.removed
    terms = state.draft.own_terms
    try:
        state.draft = state.draft.changed(own_terms=(*terms[:place], own, *terms[place:]))
        state.removed = None
    except InvalidInput as error:
        state.problems.append(error)


def _names(draft: Design, key: str) -> None:
    """The sheet of the names and functions that an expression may use."""
    with st.expander(say("own.names"), key=f"own_names_{key}", on_change="rerun") as panel:
        if panel.open:
            lang = language()
            rows = [
                [f"`{word.name}`", " ".join(filter(None, (word.help[lang], _unit(word.unit))))]
                for word in draft.language
            ]
            st.markdown(to_markdown([[say("own.quantity"), say("own.meaning")], *rows]))
            functions = [[f"`{name}`", say(f"language.{function.help}")] for name, function in FUNCTIONS.items()]
            st.markdown(to_markdown([[say("own.function"), say("own.meaning")], *functions]))


def _unit(unit: str) -> str:
    return f"({unit})" if unit else ""
