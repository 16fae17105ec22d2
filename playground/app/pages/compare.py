"""Models held against the first of them: what differs, what came of it, and the episodes side by side.

Leaves out: the words and numbers (``comparing``) and the charts (``charts``).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import streamlit as st

from playground.app.episode.films import accounted, checkpoint_film, film_of, paying_parts, scene_of
from playground.app.pages.overfit import draw_overfit
from playground.app.player import draw_player
from playground.app.session import COMPARED, Session, listed, notebook, session, store
from playground.app.shared import loaded, usable_models
from playground.app.texts import language, say, say_error
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.insight.comparison import Divergence
from playground.lab.models.model import SHORT, Model
from playground.lab.models.names import labels_of, names_of
from playground.studies.colours import BADGES, MODEL_COLOURS, colour_of
from playground.studies.compare import Comparison, Contestant, compare
from playground.words.errors import InvalidInput
from playground.words.tables import to_markdown as table

if TYPE_CHECKING:
    from playground.studies.charts import Series

MANY: Final = 3
"""Models from which their designed returns are shown only when asked for."""
MEASURES: Final = {
    "landing_rate": "curve.landing",
    "native_return": "curve.native",
    "designed_return": "curve.designed",
}


def draw() -> None:
    """The page."""
    state = session()
    st.header(say("compare.title"), anchor=False)
    models = _choose(state)
    if len(models) < 2:
        st.info(say("compare.choose"))
        return
    comparison = compare(models, usable_models(), names_of(models, language()), language())
    try:
        _verdict(comparison)
    except InvalidInput as error:
        st.error(say_error(error))
        return
    _side_by_side(state, comparison)
    _designs(comparison)
    _scores(comparison)
    _curves(comparison)
    _parts(comparison)
    _cross(comparison)
    draw_overfit(comparison)


def _choose(state: Session) -> list[Model]:
    """The chosen models, in the order in which they were chosen; those that are gone are dropped, and it says so."""
    available = {model.key: model for model in usable_models()}
    if state.compared is None:
        shown = [state.shown] if state.shown in available else []
        keys = list(dict.fromkeys([*shown, *available]))[:2]
    else:
        keys = state.compared
    for key in keys:
        if key not in available and (found := store().find(key)) is not None and listed(found):
            with suppress(InvalidInput):
                available[key] = loaded(found)
    if gone := [key for key in keys if key not in available]:
        st.warning(say("compare.gone", keys=", ".join(key[:SHORT] for key in gone)))
        state.compared = keys = [key for key in keys if key in available]
    st.session_state["compared"] = keys
    labels = labels_of(list(available.values()), language())

    def choose() -> None:
        state.compared = list(st.session_state["compared"])

    st.multiselect(
        say("compare.models"),
        list(available),
        key="compared",
        format_func=lambda key: labels[key],
        max_selections=COMPARED,
        on_change=choose,
        label_visibility="collapsed",
        placeholder=say("compare.choose"),
    )
    return [available[key] for key in keys]


def _verdict(comparison: Comparison) -> None:
    """The differences in landings, and what speaks against believing them."""
    for line in comparison.headlines():
        st.markdown(f"#### {line}")
    for line in comparison.warnings():
        st.warning(line, icon=":material/science:")
    for letter, turn in comparison.divergences().items():
        st.warning(comparison.divergence_words(letter, turn), icon=":material/call_split:")
        one = next(one for one in comparison.contestants if one.letter == letter)
        if one.model.checkpoints:
            label = say("compare.turn", letter=letter)
            with st.expander(label, icon=":material/movie:", key=f"turn_{one.model.key}", on_change="rerun") as panel:
                if panel.open:
                    _turn(one, turn)


def _turn(one: Contestant, turn: Divergence) -> None:
    """The policies before and after, from the same start on one playhead."""
    seed = st.session_state.get("compare_seed", EVALUATION_SEEDS.start)
    kept = [
        min(one.model.checkpoints, key=lambda checkpoint: abs(checkpoint.steps - steps))
        for steps in (turn.turned, turn.worst)
    ]
    films = [checkpoint_film(one.model, checkpoint.steps, seed) for checkpoint in kept]
    names = [say("compare.after", steps=f"{checkpoint.steps:,}") for checkpoint in kept]
    data = scene_of(films, names, accounted(one.reward), one.model.spec.gamma, f"turn-seed{seed}")
    draw_player(data, f"turn_player_{one.letter}", _nothing, _nothing)


def _picked(comparison: Comparison, key: str, label: str, among: tuple[Contestant, ...]) -> Contestant:
    """One of the contestants, by letter; no control where there is no choice."""
    if len(among) == 1:
        return among[0]
    letters = [one.letter for one in among]
    letter = st.segmented_control(label, letters, default=letters[0], key=f"{key}_{''.join(letters)}", required=True)
    return next(one for one in among if one.letter == letter)


def _side_by_side(state: Session, comparison: Comparison) -> None:
    """The first and another from the same start, on one playhead."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rival = _picked(comparison, "rival", say("compare.rival"), comparison.others)
        owner = _picked(comparison, "paid_by", say("compare.paid_by"), comparison.contestants)
        st.selectbox(say("episode.seed"), EVALUATION_SEEDS, key="compare_seed", width=130)
        _report(comparison)
    seed = st.session_state["compare_seed"]
    pair = (comparison.first, rival)
    films = [film_of(one.model, seed) for one in pair]
    names = [one.label for one in pair]
    gamma = owner.model.spec.gamma
    data = scene_of(films, names, accounted(owner.reward), gamma, f"compare-seed{seed}")
    draw_player(data, "compare_player", _nothing, _nothing)


def _report(comparison: Comparison) -> None:
    """The page as a file."""

    def make() -> str:
        from playground.studies.report import report, to_html  # its libraries are not needed before

        return to_html(
            report(comparison, st.session_state.get("compare_seed", EVALUATION_SEEDS.start)), comparison.lang
        )

    def note() -> None:
        try:
            notebook().record(comparison.entry())
            session().notice = say("compare.noted")
        except InvalidInput as error:
            session().problems.append(error)

    st.button(say("compare.note"), key="note_comparison", icon=":material/bookmark_add:", on_click=note)
    st.download_button(
        say("report.download"),
        make,
        f"comparison-{'-'.join(one.model.slug or one.model.key[:SHORT] for one in comparison.contestants)}.html",
        "text/html",
        key="report",
        help=say("report.help"),
        icon=":material/description:",
        on_click="ignore",
    )


def _nothing() -> None:
    """Two policies are not asked why and not flown by hand here."""


def _designs(comparison: Comparison) -> None:
    """The rewards' weights as bars, and the settings that differ."""
    from playground.studies.charts import compared_parts  # Altair and pandas take longer to load than the first screen

    st.subheader(say("compare.designs"), anchor=False)
    letters = [one.letter for one in comparison.contestants]
    values, names, colours = comparison.weights()
    if values:
        st.altair_chart(compared_parts(values, letters, names, colours), key="compared_weights", width="stretch")
    for other in comparison.others:
        st.markdown(comparison.change_words(other))


def _scores(comparison: Comparison) -> None:
    """The scorecards side by side."""
    st.subheader(say("compare.scores"), anchor=False)
    head = [say("compare.score"), *(one.label for one in comparison.contestants)]
    st.markdown(table([head, *comparison.score_rows()]))
    st.caption(say("compare.scores_note"))
    for one in comparison.contestants:
        if len(one.siblings) > 1:
            st.markdown(comparison.seeds_words(one))


def _curves(comparison: Comparison) -> None:
    """How each got there, all seeds at hand."""
    from playground.studies.charts import Series, compared_curves

    st.subheader(say("compare.curves"), anchor=False)
    series = [
        Series(one.label, colour, [model.curve for model in one.siblings if model.curve])
        for one, colour in zip(comparison.contestants, MODEL_COLOURS)
        if one.model.curve
    ]
    if not series:
        st.caption(say("more.curve.none"))
        return
    against = st.segmented_control(
        say("compare.against"),
        ["steps", "seconds"],
        default="steps",
        key="compare_against",
        required=True,
        format_func=lambda name: say(f"curve.{name}"),
        label_visibility="collapsed",
    )
    st.markdown("  ".join(f":{BADGES[i]}-badge[{one.label}]" for i, one in enumerate(series)))
    shared = st.columns(2)
    for column, measure in zip(shared, ("landing_rate", "native_return")):
        chart = compared_curves(series, measure, against, say(MEASURES[measure]), language())
        column.altair_chart(chart, key=f"compare_{measure}", width="stretch")
    with st.expander(
        say("compare.own_curves"), key="compare_own", expanded=len(series) <= MANY, on_change="rerun"
    ) as panel:
        if panel.open:
            _own_curves(series, against)
    st.caption(say("compare.curves_note"))
    for one in comparison.contestants:
        if one.model.curve:
            st.markdown(comparison.agreement_words(one))


def _own_curves(series: "Sequence[Series]", against: str) -> None:
    """The designed returns, each in units of its own."""
    from playground.studies.charts import compared_curves

    columns = st.columns(max(2, min(len(series), 4)))
    for index, drawn in enumerate(series):
        chart = compared_curves(
            [drawn], "designed_return", against, f"{say('curve.designed')} · {drawn.label}", language()
        )
        columns[index % len(columns)].altair_chart(chart, key=f"compare_designed_{index}", width="stretch")


def _parts(comparison: Comparison) -> None:
    """What each part paid the first and another, mirrored."""
    from playground.studies.charts import mirrored_parts

    st.subheader(say("compare.parts"), anchor=False)
    with st.container(horizontal=True):
        rival = _picked(comparison, "parts_rival", say("compare.rival"), comparison.others)
        owner = _picked(comparison, "parts_paid_by", say("compare.paid_by"), comparison.contestants)
    reward = accounted(owner.reward)
    paying = paying_parts(reward)
    first, second = (one.model.scorecard.part_means(reward) for one in (comparison.first, rival))
    names = {key: reward.part_name(key, language()) for key in reward.keys}
    colours = {key: colour_of(key, reward) for key in reward.keys}
    labels = (comparison.first.label, rival.label)
    chart = mirrored_parts({k: first[k] for k in paying}, {k: second[k] for k in paying}, labels, names, colours)
    st.altair_chart(chart, key="compare_parts", width="stretch")
    st.caption(say("compare.parts_note", owner=owner.label))


def _cross(comparison: Comparison) -> None:
    """Every model's episodes under every design's reward."""
    st.subheader(say("compare.cross"), anchor=False)
    st.markdown(table(comparison.cross_rows()))
    st.caption(say("compare.cross_note"))
