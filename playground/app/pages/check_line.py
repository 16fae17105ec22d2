"""The check of the draft before any training: one line above the episode, the evidence on demand.

Leaves out: what was trained (``views.playground``).
"""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from playground.app.session import Session, notebook
from playground.app.texts import part_name, say
from playground.insight.check import Finding, FlightCheck, check_reward
from playground.insight.forecast.predict import OUTCOMES, Forecast, load_model
from playground.insight.library import Behaviour
from playground.insight.repair import Repair, repair_reward, with_weight
from playground.lab.model import Model
from playground.reward.design import Design, keys_of, terms_of
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.terms import RewardConfig

COLOURS: Final = {"sound": "green", "doubtful": "orange", "broken": "red"}
MARKS: Final = {"ok": ":green[:material/check:]", "warn": ":orange[:material/info:]", "fail": ":red[:material/close:]"}


def draw_check(state: Session) -> None:
    """The verdict on the draft, and behind a button what it rests on."""
    gamma = state.spec.gamma
    found = check(state.draft, gamma)
    with st.container(horizontal=True, vertical_alignment="center", key="flight_check"):
        badge = f":{COLOURS[found.verdict]}-badge[{say(f'check.verdict.{found.verdict}')}]"
        foretold = predicted_words(found.predicted)
        if found.predicted is not None and found.predicted.familiar and not state.spec.usual:
            foretold += f" {say('forecast.unusual')}"
        st.markdown(f"{badge} {say('check.before')} {sentence(found)}  \n{foretold}", width="stretch")
        if state.mended is not None and state.draft == state.mended[1]:
            st.button(say("repair.undo"), key="undo_repair", icon=":material/undo:", on_click=_undo, args=(state,))
        elif found.verdict != "sound" and not found.logged_only:
            with st.popover(say("repair.title"), icon=":material/build:", key="mend", on_change="rerun") as panel:
                if panel.open:
                    _repair(state, gamma)
        with st.popover(say("check.why"), icon=":material/fact_check:", key="evidence", on_change="rerun") as panel:
            if panel.open:
                _evidence(state, found)


@st.cache_data(max_entries=256, show_spinner=False)
def check(reward: Design, gamma: float) -> FlightCheck:
    """The check of a reward, kept for all sessions."""
    return check_reward(reward, gamma)


@st.cache_data(max_entries=64, show_spinner=False)
def repair(reward: Design, gamma: float) -> Repair:
    """The nearest reward in which landing pays best, kept for all sessions."""
    return repair_reward(reward, gamma)


def _repair(state: Session, gamma: float) -> None:
    """The smallest change, to be applied with one click; and the single sliders that would do."""
    found = repair(state.draft, gamma)
    changes = found.changes(state.draft)
    names = {term.weight: part_name(term.key) for term in terms_of(RewardConfig)}
    if changes:
        st.markdown(say("repair.settles" if found.before.verdict == "doubtful" else "repair.smallest"))
        lines = [f"- {names[name]}: {before:g} → **{after:g}**" for name, (before, after) in changes.items()]
        st.markdown("\n".join(lines))
        assert found.after is not None
        after = say(f"check.verdict.{found.after.verdict}")
        then = say("repair.then", verdict=after, sentence=sentence(found.after))
        st.caption(f"{then} {predicted_words(found.after.predicted)}")
        st.button(say("repair.apply"), key="apply_repair", type="primary", on_click=_apply, args=(state, found.config))
    else:
        none = say("repair.doubt" if found.before.verdict == "doubtful" else "repair.none")
        missing = say("repair.missing", name=names[found.missing]) if found.missing else ""
        st.markdown(f"{none} {missing}")
    singles = {name: value for name, value in found.singles.items() if list(changes) != [name]}
    if singles:
        st.markdown(say("repair.singles"))
        for name, value in singles.items():
            one = with_weight(state.draft, name, value)
            st.button(f"{names[name]} → {value:g}", key=f"repair_{name}", on_click=_apply, args=(state, one))


def _apply(state: Session, mended: Design) -> None:
    state.mended = (state.draft, mended)
    state.draft = mended


def _undo(state: Session) -> None:
    if state.mended is not None:
        state.draft, state.mended = state.mended[0], None


def held_against(model: Model) -> str:
    """What was foretold of a training when it began, beside what came of it: a hit or a miss, in words.

    What nobody foretold is foretold now, and that is said: a forecast that was mended since would flatter itself.
    """
    spec = model.spec
    if not spec.usual:
        return say("expected.unusual")
    foretold, hindsight = _foretold(model.key), ""
    if foretold is None:
        foretold, hindsight = check(spec.reward, spec.gamma).foretold, f" {say('expected.hindsight')}"
    predicted = Forecast.from_json(foretold)
    if predicted is not None and predicted.familiar:
        return _against_forecast(model, predicted) + hindsight
    expected = "landing" if foretold["margin"] > 0 else _behaviour(foretold["pays_best"]).outcome
    came = _came_of(model)
    kind = "hit" if came == expected else "miss_lands" if came == "landing" else "miss"
    words = say(f"expected.{kind}", expected=say(f"check.ends.{expected}"), came=say(f"check.ends.{came}"))
    return words + hindsight


def _foretold(key: str) -> Mapping[str, Any] | None:
    """What the notebook has; None where it has nothing, or nothing whole."""
    try:
        value = notebook().get(key).prediction or {}
        _behaviour(value["pays_best"])
        return {**value, "margin": float(value["margin"])}
    except (InvalidInput, KeyError, TypeError, ValueError):
        return None


def _behaviour(words: object) -> Behaviour:
    return Behaviour(str(words).replace(" ", "_"))


def _came_of(model: Model) -> str:
    """How most of a model's episodes end: landing, crash or timeout."""
    return max(OUTCOMES, key=lambda outcome: float(model.summary[f"{outcome}_rate"]))


def _against_forecast(model: Model, predicted: Forecast) -> str:
    came = _came_of(model)
    ends = {"expected": say(f"check.ends.{predicted.outcome}"), "came": say(f"check.ends.{came}")}
    kind = "open" if predicted.kind in ("fraction", "open") else "came" if came == predicted.outcome else "missed"
    return say(f"expected.{kind}", **ends, **predicted.numbers)


def predicted_words(predicted: Forecast | None) -> str:
    """The forecast in one sentence; nothing where there is none."""
    return "" if predicted is None else say(f"forecast.{predicted.wording}", **predicted.numbers)


def sentence(found: FlightCheck) -> str:
    """The verdict in the session's language: the first failure, else what pays best and the first doubt."""
    leading = found.leading
    best = say("check.best", behaviour=say(f"behaviour.{found.favourite.behaviour}"))
    best = best[:1].upper() + best[1:]
    if leading is None:
        return best
    return worded(leading) if leading.status == "fail" else f"{best} {worded(leading)}"


def worded(finding: Finding) -> str:
    """What a check found, in the session's language."""
    words: dict[str, Any] = {name: _named(name, value) for name, value in finding.params.items()}
    text = say(f"check.{finding.id}.{finding.wording}", **finding.numbers, **words)
    return text[:1].upper() + text[1:]


def _named(name: str, value: Any) -> str:
    """A behaviour, a term or an attribute by its words."""
    if name in ("better", "worse"):
        return say(f"behaviour.{value}")
    if value in keys_of(terms_of(RewardConfig)):
        return part_name(value)
    return say("check.and").join(say(f"attribute.{key}") for key in value.split(", ") if key)


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
    if found.logged_only:
        st.caption(say("check.logged_only"))
    if found.negative:
        st.caption(say("check.negative", terms=say("check.and").join(part_name(key) for key in found.negative)))
    if found.predicted is not None:
        chances = say("forecast.chances", **found.predicted.numbers)
        st.markdown(
            f"**{say('forecast.title')}**: {chances if found.predicted.familiar else predicted_words(found.predicted)}"
        )
        st.caption(say("forecast.note", count=len(load_model().seen)))
    worst_first = sorted(found.checks, key=lambda finding: list(MARKS).index(finding.status), reverse=True)
    for finding in worst_first:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{MARKS[finding.status]} {worded(finding)}")
            if finding.episodes and finding.status != "ok":
                _play(state, finding.id, finding.episodes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{say('check.ranking')}**")
        _play(state, "favourite", (found.favourite.episode,))
    rows = []
    for row in found.ranking:
        words = say(f"behaviour.{row.behaviour}"), say(f"check.ends.{row.outcome}")
        rows.append(f"| {words[0]} | {words[1]} | {row.mean:,.1f} | {row.spread:,.1f} |")
    head = f"| {say('check.behaviour')} | {say('check.ends')} | {say('check.return')} | {say('check.spread')} |"
    st.markdown("\n".join([head, "| :-- | :-- | --: | --: |", *rows]))
    st.caption(say("check.note"))
