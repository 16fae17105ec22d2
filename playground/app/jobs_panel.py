"""The trainings as people see them: progress, curves while it runs, cancel, resume. Polled from a fragment.

Leaves out: the work itself; this only asks the queue.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from playground.app.now import Now
from playground.app.session import board, session, store
from playground.app.texts import language, say, say_error
from playground.lab.models.names import reward_name
from playground.lab.queue.contract import Job
from playground.words.errors import InvalidInput
from playground.words.numbers import duration

POLL_SECONDS = 1.0
CURVES = {"designed_return": "curve.designed", "native_return": "curve.native", "landing_rate": "curve.landing"}


def draw_watched_job(now: Now) -> None:
    """The training that this tab waits for, or the one of the draft, above the episode."""
    watched, job = now.state.watching, None
    if watched is not None and watched != now.key and store().find(watched) is None:
        job = board().find(watched)
    if job is None and now.trained is None:
        job = now.job
    if job is not None:
        _polled(job.key, "watched", run_every=POLL_SECONDS if job.alive else None)


def finish_watching() -> None:
    """Put the model that this tab waited for on screen."""
    state = session()
    if state.watching is not None and store().find(state.watching) is not None:
        state.shown, state.watching = state.watching, None
        state.watch()
        state.notice = say("train.done")


def draw_job(key: str, where: str) -> None:
    """One training in a list."""
    job = board().find(key)
    if job is not None:
        _polled(key, where, run_every=POLL_SECONDS if job.alive else None)


def _polled(key: str, where: str, run_every: float | None) -> None:
    st.fragment(_panel, run_every=run_every)(key, where, run_every is not None)


def _panel(key: str, where: str, was_alive: bool) -> None:
    """The panel's content; when the job's state changes, the whole page runs again."""
    job = board().find(key)
    if store().find(key) is not None or job is None or job.alive != was_alive or session().problems:
        st.rerun()
    with st.container(border=True):
        try:
            name = reward_name(job.spec.reward, language())
        except InvalidInput as error:
            name = say_error(error)
        if job.alive:
            _running(job, name, where)
        else:
            _ended(job, name, where)
        if job.curve and where == "watched":
            draw_curves(job.curve, where)
        elif job.alive and job.status.state == "running" and where == "watched":
            st.caption(say("job.waiting_curve"))


def draw_curves(rows: Sequence[Mapping[str, float]], where: str, kept: float | None = None) -> None:
    """The two returns and the landing rate against steps, side by side; ``kept`` is ringed."""
    from playground.studies.charts import learning_curve  # Altair and pandas take longer to load than the first screen

    for column, (measure, title) in zip(st.columns(3), CURVES.items(), strict=True):
        chart = learning_curve(rows, measure, say(title), language(), kept)
        column.altair_chart(chart, key=f"{where}_{measure}", width="stretch")


def _running(job: Job, name: str, where: str) -> None:
    s = job.status
    asked = job.cancelling
    words, button = st.columns([5, 1], vertical_alignment="center")
    if s.state == "queued":
        words.progress(
            0.0,
            f"**{say('job.title', name=name)}** — "
            + (say("job.starting") if job.starting else say("job.queued", count=job.position)),
        )
    else:
        left = job.seconds_left
        remaining = say("job.left_unknown") if left is None else duration(left)
        kind = "progress_until" if until_it_lands(job) else "progress"
        text = say(f"job.{kind}", steps=f"{s.steps:,}", total=f"{s.total:,}", left=remaining)
        words.progress(min(s.steps / max(s.total, 1), 1.0), f"**{say('job.title', name=name)}** — {text}")
    label = say("job.cancelling") if asked else say("job.cancel")
    button.button(
        label,
        key=f"cancel_{where}_{job.key}",
        disabled=asked,
        on_click=_guarded(board().cancel),
        args=(job.key,),
        width="stretch",
    )


def _ended(job: Job, name: str, where: str) -> None:
    s = job.status
    words, again, away = st.columns([4, 1, 1], vertical_alignment="center")
    text = say(f"job.{s.state}", steps=f"{s.steps:,}", message=s.message)
    (words.error if s.state == "failed" else words.warning)(f"**{name}.** {text}")
    label = say("job.resume") if job.resumable else say("job.retry")
    again.button(label, key=f"resume_{where}_{job.key}", on_click=_guarded(_resume), args=(job.key,), width="stretch")
    away.button(
        say("job.discard"),
        key=f"discard_{where}_{job.key}",
        on_click=_guarded(board().discard),
        args=(job.key,),
        width="stretch",
    )


def _resume(key: str) -> None:
    job = board().find(key)
    if job is not None:
        board().submit(job.spec)
        session().watching = key


def _guarded(act: Callable[[str], object]) -> Callable[[str], None]:
    """A callback whose bad input becomes a message."""

    def run(key: str) -> None:
        try:
            act(key)
        except InvalidInput as error:
            session().problems.append(error)

    return run


def until_it_lands(job: Job) -> bool:
    """Whether a training may end long before its last step."""
    try:
        return job.spec.until_landing > 0
    except InvalidInput:
        return False
