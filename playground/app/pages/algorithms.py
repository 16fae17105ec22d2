"""Every algorithm of the article: how its data flow, its rule beside its own source, what one update did, and a race.

Leaves out: what there is to say of each (``lessons``), and the queue (``studies.race``).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from playground.app.lessons import LESSONS, Term, passage, to_dot
from playground.app.session import Session, board, session, store
from playground.app.shared import loaded, usable_models
from playground.app.texts import language, say, say_error
from playground.insight.success_rates import spread_over
from playground.lab.models.model import UPDATES, Model
from playground.lab.models.names import algorithm_name, names_of
from playground.lab.queue.batch import Batch, Failure, Progress
from playground.studies.colours import BADGES, MODEL_COLOURS, NET_COLOUR, TEXT_COLOUR
from playground.studies.race import GOAL, Entrant, entrants, plan_race
from playground.training.algorithms import ALGORITHMS, HALF_TRAINED, Algorithm
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.words.numbers import percent
from playground.words.race import race_rows
from playground.words.tables import to_markdown
from playground.worlds.lunar_lander.presets import GYMNASIUM

if TYPE_CHECKING:
    from playground.studies.charts import Series

FIRST: Final = "ppo-byhand"
"""The algorithm that is shown first: the one of the article."""
RACERS: Final = ("ppo", "ppo-byhand", "grpo")
TICK: Final = 1.0
"""Seconds between two looks at the queue."""


def draw() -> None:
    """The page."""
    state = session()
    st.header(say("algorithms.title"), anchor=False)
    st.caption(say("algorithms.about"))
    names = {name: algorithm_name(name, language()) for name in ALGORITHMS}
    name = st.pills(
        say("algorithms.choose"),
        list(ALGORITHMS),
        default=FIRST,
        key="algorithm",
        format_func=lambda name: names[name],
        label_visibility="collapsed",
        required=True,
    )
    _lesson(ALGORITHMS[name])
    _update(ALGORITHMS[name])
    _race(state)


def _lesson(algorithm: Algorithm) -> None:
    """What it does: in a sentence, a picture, a formula and its own lines."""
    lesson = LESSONS[algorithm.name]
    who = say("algorithms.library", library=algorithm.library) if algorithm.library else say("algorithms.by_hand")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(say(f"algorithms.family.{algorithm.family.replace('-', '_')}"))
        st.badge(who, color="gray")
        st.caption(algorithm.source, width="content")
    st.markdown(say(f"algorithms.idea.{algorithm.name.replace('-', '_')}"))
    flow, rule = st.columns(2, gap="medium", vertical_alignment="center")
    dot = to_dot(lesson.flow, lambda node: say(f"algorithms.node.{node}"), NET_COLOUR, TEXT_COLOUR)
    flow.graphviz_chart(dot, width="stretch")
    rule.latex(rf"\begin{{gathered}}{lesson.rule}\end{{gathered}}")
    st.caption(say("algorithms.rule_note"))
    _source(algorithm, lesson.terms)


def _source(algorithm: Algorithm, terms: Sequence[Term]) -> None:
    """The lines of a term, or the whole file."""
    places = [*range(len(terms)), None]
    labels = [*(f"${term.formula}$" for term in terms), say("algorithms.whole_file")]
    place = st.pills(
        say("algorithms.term"),
        places,
        default=0,
        key=f"term_{algorithm.name}",
        format_func=lambda p: labels[-1 if p is None else p],
        required=True,
    )
    lines = passage(algorithm.name, None if place is None else terms[place])
    last = lines.first + lines.code.count("\n")
    st.caption(say("algorithms.lines", file=lines.file, first=lines.first, last=last))
    st.code(lines.code, language="python", height=380)


def _update(algorithm: Algorithm) -> None:
    """What one update of a model at hand did, with a slider over those that were kept."""
    told = [m for m in usable_models() if m.spec.algorithm == algorithm.name and UPDATES in m.files]
    if not told:
        return
    st.subheader(say("algorithms.update"), anchor=False)
    names = dict(zip((m.key for m in told), names_of(told, language()), strict=True))
    key = told[0].key
    if len(told) > 1:
        key = st.selectbox(say("algorithms.model"), list(names), key="update_of", format_func=lambda key: names[key])
    model = next((m for m in told if m.key == key), told[0])
    try:
        tensors = load_tensors(model.read(UPDATES))
        steps = [int(s) for s in tensors["steps"]]
        numbers = list(range(len(steps)))
        number = numbers[len(numbers) // 2]
        if len(numbers) > 1:
            at = f"update_{model.key}"
            place = st.session_state.get(at, number)
            label = say("algorithms.after", number=place + 1, count=len(numbers), steps=f"{steps[place]:,}")
            st.session_state[at] = place
            number = st.select_slider(label, numbers, key=at, format_func=lambda n: f"{steps[n]:,}")
        _one_update(model, {k.split(".", 1)[1]: v for k, v in tensors.items() if k.startswith(f"{number}.")}, number)
    except (InvalidInput, SafetensorError, KeyError, ValueError) as error:
        st.error(say_error(error) if isinstance(error, InvalidInput) else say("algorithms.no_updates"))


def _one_update(model: Model, batch: dict[str, "object"], number: int) -> None:
    from playground.studies.charts import histogram  # Altair and pandas take longer to load than the first screen

    limits = [float(batch[name][0]) for name in ("clip_low", "clip_high") if name in batch]  # type: ignore[index]
    kinds = [kind for kind in ("ratio", "advantage", "margin") if kind in batch]
    for column, kind in zip(st.columns(len(kinds)), kinds, strict=True):
        title = say(f"algorithms.batch.{kind}")
        chart = histogram(batch[kind], title, limits if kind == "ratio" else [], NET_COLOUR, MODEL_COLOURS[1])
        column.altair_chart(chart, key=f"update_{kind}", width="stretch")
    if limits:
        st.caption(say("algorithms.clip_note"))
    rows = [row for row in model.curve if any(name.startswith("train.") for name in row)]
    places = len(rows)
    row = rows[min(number, places - 1)] if rows else {}
    shown = [("entropy_loss", -1.0), ("approx_kl", 1.0), ("clip_fraction", 1.0), ("gradient_norm", 1.0)]
    told = [(name, sign * row[f"train.{name}"]) for name, sign in shown if f"train.{name}" in row]
    if told:
        for column, (name, value) in zip(st.columns(len(told)), told, strict=True):
            column.metric(say(f"algorithms.metric.{name}"), f"{value:.3g}", help=say(f"algorithms.metric_help.{name}"))


def _race(state: Session) -> None:
    """Several algorithms on the draft, with the same budget."""
    st.subheader(say("algorithms.race"), anchor=False)
    st.caption(say("algorithms.race_about"))
    free = {name: algorithm_name(name, language()) for name in ALGORITHMS}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = st.multiselect(
            say("algorithms.racers"),
            list(free),
            default=list(RACERS),
            key="racers",
            format_func=lambda name: free[name],
        )
        by = st.segmented_control(
            say("algorithms.budget"),
            ["seconds", "steps"],
            default="seconds",
            key="race_by",
            format_func=lambda by: say(f"algorithms.by.{by}"),
            required=True,
        )
        seconds = steps = 0
        if by == "seconds":
            seconds = st.number_input(say("algorithms.seconds"), 5, 3600, 60, 5, key="race_seconds", width=150)
        else:
            steps = st.number_input(say("algorithms.steps"), 1_000, 10**8, 300_000, 10_000, key="race_steps", width=170)
        seeds = st.number_input(say("algorithms.seeds"), 1, 10, 1, key="race_seeds", width=120)
    if not names:
        st.info(say("algorithms.choose_racers"))
        return
    half = store().resolve(HALF_TRAINED).key if any(ALGORITHMS[name].needs_start for name in names) else ""
    specs = plan_race(state.draft, names, int(seeds), seconds=float(seconds), steps=int(steps), start=half)
    batch = Batch(board(), specs, width=1)  # one training at a time, so that none races beside another
    now = batch.progress()
    racing = batch.started and not now.settled
    if racing:
        st.button(say("algorithms.stop"), key="stop_race", icon=":material/stop:", on_click=_guarded(batch.cancel))
    elif missing := len(batch.missing):
        minutes = missing * float(seconds) / 60
        label = say("algorithms.start_steps", count=missing)
        if seconds:
            label = say("algorithms.start", count=missing, minutes=f"{minutes:.0f}" if minutes >= 1 else "< 1")
        st.button(label, key="start_race", icon=":material/play_arrow:", on_click=_guarded(batch.start))
    for failure in now.failed if batch.started and now.settled else ():
        st.warning(_failure_words(batch, failure), icon=":material/error:")
    st.fragment(_look, run_every=TICK if racing else None)(batch, specs, racing)


def _look(batch: Batch, specs: Sequence[TrainSpec], racing: bool) -> None:
    """How far a race is, and what came of it so far."""
    try:
        if racing:
            now = batch.progress()
            if now.settled:
                st.rerun()
            st.progress(min(now.share, 1.0), _progress_words(batch, now))
        _results(specs)
    except InvalidInput as error:
        st.error(say_error(error))


def _guarded(act: Callable[[], None]) -> Callable[[], None]:
    """A callback whose bad input becomes a message."""

    def run() -> None:
        try:
            act()
        except InvalidInput as error:
            session().problems.append(error)

    return run


def _failure_words(batch: Batch, failure: Failure) -> str:
    name = algorithm_name(batch.specs[failure.key].algorithm, language())
    return say("algorithms.failed", algorithm=name, reason=failure.message or failure.state)


def _progress_words(batch: Batch, now: Progress) -> str:
    running = ", ".join(algorithm_name(batch.specs[key].algorithm, language()) for key in now.running)
    count = len(batch.specs)
    return say("algorithms.racing", done=len(now.done), count=count, running=running or say("algorithms.waiting"))


def _results(specs: Sequence[TrainSpec]) -> None:
    """A line an algorithm, and the curves."""
    models: dict[str, Model] = {}
    for spec in specs:
        found = store().find(spec.key)
        if found is not None:
            models[spec.key] = loaded(found)
    field = [entrant for entrant in entrants(specs, models) if entrant.models]
    if not field:
        st.caption(say("algorithms.shipped_race"))
        field = _shipped_field()
    st.markdown(to_markdown(race_rows([_row(entrant) for entrant in field], language())))
    st.caption(say("algorithms.table_note", goal=percent(GOAL)))
    _curves(field)


def _shipped_field() -> list[Entrant]:
    """The shipped models on the default reward, one an algorithm."""
    by_name: dict[str, Model] = {}
    for model in usable_models():
        if model.slug not in (None, HALF_TRAINED) and model.spec.reward == GYMNASIUM:
            by_name.setdefault(model.spec.algorithm, model)
    return [Entrant(name, (by_name[name],)) for name in ALGORITHMS if name in by_name]


def _row(entrant: Entrant) -> dict[str, Any]:
    """A line of the table, its landings with an interval over seeds and starts."""
    landed = spread_over([model.scorecard for model in entrant.models])
    landing = {"mean": 100 * landed.mean, "low": 100 * landed.low, "high": 100 * landed.high}
    return entrant.to_json() | {"title": entrant.name_in(language()), "landing": landing}


def _curves(field: Sequence[Entrant]) -> None:
    from playground.studies.charts import compared_curves

    axes = ["seconds", "steps"]
    if all("train.episodes" in row for e in field for m in e.models for row in m.curve):
        axes.append("train.episodes")
    against = st.segmented_control(
        say("algorithms.against"),
        axes,
        default="seconds",
        key="race_axis",
        format_func=lambda axis: say(f"curve.{axis.removeprefix('train.')}"),
        required=True,
    )
    series = _series(field)
    st.markdown("  ".join(f":{badge}-badge[{one.label}]" for one, badge in zip(series, BADGES)))
    columns = st.columns(2)
    for column, measure in zip(columns, ("landing_rate", "native_return"), strict=True):
        title = say("curve.landing" if measure == "landing_rate" else "curve.native")
        chart = compared_curves(series, measure, against, title, language())
        column.altair_chart(chart, key=f"race_{measure}", width="stretch")


def _series(field: Sequence[Entrant]) -> "list[Series]":
    from playground.studies.charts import Series

    return [
        Series(algorithm_name(entrant.name, language()), colour, [model.curve for model in entrant.models])
        for entrant, colour in zip(field, MODEL_COLOURS)
    ]
