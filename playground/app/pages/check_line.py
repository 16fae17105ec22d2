"""The check of the draft before any training: one line above the episode, the evidence on demand.

Leaves out: what was trained (``expected``, ``pages.playground``).
"""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground.app.now import Now
from playground.app.session import Session
from playground.app.shared import repair
from playground.app.texts import language, say, say_error
from playground.insight.check import FlightCheck
from playground.insight.forecast.predict import load_model
from playground.insight.repair import with_weight
from playground.reward.design import Design
from playground.words.check import finding_sentence, notes, ranking_rows, verdict_sentence
from playground.words.errors import InvalidInput
from playground.words.forecast import chances, forecast_sentence
from playground.words.repair import change_words, consequence, introduction, other_singles, single_words
from playground.words.tables import to_markdown
from playground.worlds.lunar_lander.world import WORLD as LANDER

COLOURS: Final = {"sound": "green", "doubtful": "orange", "broken": "red"}
MARKS: Final = {"ok": ":green[:material/check:]", "warn": ":orange[:material/info:]", "fail": ":red[:material/close:]"}


def check_place() -> DeltaGenerator:
    """Where `draw_check` will draw."""
    return st.container(horizontal=True, vertical_alignment="center", key="flight_check")


def draw_check(now: Now, place: DeltaGenerator) -> None:
    """The verdict on the draft, and behind a button what it rests on."""
    try:
        found = now.check
    except InvalidInput as error:
        place.error(say_error(error))
        return
    with place:
        badge = f":{COLOURS[found.verdict]}-badge[{say(f'check.verdict.{found.verdict}')}]"
        expected = forecast_sentence(found.predicted, language())
        if found.predicted is not None and found.predicted.familiar and not now.spec.usual:
            expected += f" {say('forecast.unusual')}"
        verdict = verdict_sentence(found, language())
        st.markdown(f"{badge} {say('check.before')} {verdict}  \n{expected}", width="stretch")
        with st.container(horizontal=True, width="content"):
            _buttons(now)


def _buttons(now: Now) -> None:
    """A repair or the way back from one, where there is something to repair; and the evidence."""
    state, found = now.state, now.check
    if state.repaired is not None and state.draft == state.repaired[1]:
        st.button(say("repair.undo"), key="undo_repair", icon=":material/undo:", on_click=_undo, args=(state,))
    elif found.verdict != "sound" and not found.logged_only:
        with st.popover(say("repair.title"), icon=":material/build:", key="repair", on_change="rerun") as panel:
            if panel.open:
                _repair(state, now.spec.gamma)
    with st.popover(say("check.why"), icon=":material/fact_check:", key="evidence", on_change="rerun") as panel:
        if panel.open:
            _evidence(state, found)


def _repair(state: Session, gamma: float) -> None:
    """The smallest change, to be applied with one click; and the single sliders that would do."""
    repaired, lang = repair(state.draft, gamma), language()
    changes, names = repaired.changes(state.draft), state.draft.weight_names(lang)
    st.markdown(introduction(repaired, names, lang))
    if changes:
        st.markdown("\n".join(f"- {change_words(names[name], *pair, lang)}" for name, pair in changes.items()))
        assert repaired.after is not None
        st.caption(consequence(repaired.after, lang))
        st.button(
            say("repair.apply"), key="apply_repair", type="primary", on_click=_apply, args=(state, repaired.config)
        )
    singles = other_singles(repaired, changes)
    if singles:
        st.markdown(say("repair.singles"))
        for name, value in singles.items():
            one = with_weight(state.draft, name, value)
            st.button(single_words(names[name], value), key=f"repair_{name}", on_click=_apply, args=(state, one))


def _apply(state: Session, repaired: Design) -> None:
    state.repaired = (state.draft, repaired)
    state.draft = repaired


def _undo(state: Session) -> None:
    if state.repaired is not None:
        state.draft, state.repaired = state.repaired[0], None


def _play(state: Session, name: str, episodes: tuple[int, ...]) -> None:
    """A button that puts recorded behaviours on screen."""
    st.button(
        "",
        key=f"play_{name}",
        icon=":material/play_circle:",
        help=say("check.play"),
        type="tertiary",
        on_click=lambda: state.watch(evidence=episodes),
    )


def _evidence(state: Session, found: FlightCheck) -> None:
    for note in notes(found, language()):
        st.caption(note)
    if found.predicted is not None:
        words = chances if found.predicted.familiar else forecast_sentence
        st.markdown(f"**{say('forecast.title')}**: {words(found.predicted, language())}")
        assert LANDER.forecast is not None
        st.caption(say("forecast.note", count=len(load_model(LANDER.forecast.folder).seen)))
    worst_first = sorted(found.checks, key=lambda finding: list(MARKS).index(finding.status), reverse=True)
    for finding in worst_first:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{MARKS[finding.status]} {finding_sentence(finding, found.design, language())}")
            if finding.episodes and finding.status != "ok":
                _play(state, finding.id, finding.episodes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{say('check.ranking')}**")
        _play(state, "favourite", (found.favourite.episode,))
    st.markdown(to_markdown(ranking_rows(found, language())))
    st.caption(say("check.note"))
