"""The models at hand and the trainings that have not become one.

Leaves out: comparing them.
"""

import streamlit as st

from playground.app.expected import expected_against_outcome
from playground.app.jobs_panel import draw_job
from playground.app.session import board, listed, session, store
from playground.app.texts import language, say, say_error
from playground.lab.models.model import SHORT, Model
from playground.lab.models.names import model_name
from playground.words.errors import InvalidInput
from playground.words.numbers import amount

PAGE = 30


def draw() -> None:
    """The page."""
    st.header(say("models.title"), anchor=False)
    jobs = board().list_jobs()
    if jobs:
        st.subheader(say("models.jobs"), anchor=False)
        for job in jobs:
            draw_job(job.key, "list")
    wanted = st.text_input(say("models.find"), key="find", help=say("models.find.help"), icon=":material/search:")
    st.subheader(say("models.trained"), anchor=False)
    trained = [model for model in store().list_trained() if listed(model)]
    _list(trained, wanted)
    if not trained:
        st.caption(say("models.none"))
    st.subheader(say("models.shipped"), anchor=False)
    _list([model for model in store().list_shipped() if listed(model)], wanted)


def _list(models: list[Model], wanted: str) -> None:
    described = [(model, *_describe(model)) for model in models]
    fitting = [d for d in described if wanted.lower() in f"{d[1]} {d[2]} {d[0].slug} {d[0].key}".lower()]
    for model, name, line, broken in fitting[:PAGE]:
        _row(model, name, line, broken)
    if len(fitting) > PAGE:
        st.caption(say("models.more", count=len(fitting) - PAGE))


def _describe(model: Model) -> tuple[str, str, str]:
    """Name, line of figures, and what is wrong with it, if anything."""
    try:
        line = say(
            "models.line",
            landed=round(100 * model.summary["landing_rate"]),
            native=amount(model.summary["native_return_mean"]),
            steps=f"{model.manifest['steps']:,}",
            seed=model.spec.seed,
            key=model.key[:SHORT],
        )
        return model_name(model, language()), line, ""
    except InvalidInput as error:
        return model.key[:SHORT], "", say_error(error)


def _row(model: Model, name: str, line: str, broken: str) -> None:
    """One model."""
    with st.container(border=True):
        words, show, away = st.columns([6, 1, 1], vertical_alignment="center")
        words.markdown(f"**{name}**")
        words.caption(say("models.broken", reason=broken) if broken else f"{line} · {expected_against_outcome(model)}")
        if not broken and show.button(say("models.show"), key=f"show_{model.key}", width="stretch"):
            session().show(model)
            st.switch_page(st.session_state["pages"]["playground"])
        if model.slug is None:
            with away.popover(say("models.delete"), width="stretch"):
                st.write(say("models.delete.sure"))
                st.button(
                    say("models.delete"),
                    key=f"delete_{model.key}",
                    type="primary",
                    on_click=_delete,
                    args=(model.key, name),
                )


def _delete(key: str, name: str) -> None:
    state = session()
    try:
        store().delete(key)
        state.notice = say("models.deleted", name=name)
    except InvalidInput as error:
        state.problems.append(error)
