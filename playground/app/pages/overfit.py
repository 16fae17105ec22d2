"""The overfit test on the compare page: more seeds, another discount, other weather, as one queue with one progress.

The page only looks on: a process of its own queues the trainings, waits for them and flies the scorecards, and goes on
when the page is closed. Whatever was trained or flown stays, so a test that was stopped or killed continues.

Leaves out: the queue (``studies.robustness``), and what its flights say (``robustness``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from playground.app.session import board, session, store
from playground.app.texts import language, say, say_error
from playground.studies.compare import Comparison
from playground.studies.overfit_test import overfit_test
from playground.studies.robustness import (
    Design,
    Flights,
    Trained,
    Variant,
    attend_test,
    batch_of,
    find_design,
    fly_all,
    is_tested,
    other_gamma,
    plan_variants,
    start_test,
    trained,
    unflown,
)
from playground.words.errors import InvalidInput
from playground.words.tables import to_markdown as table
from playground.worlds.lunar_lander.conditions import CONDITIONS

TICK: Final = 1.0
"""Seconds between two looks at the queue."""
Plans = Mapping[Design, Sequence[Variant]]


def draw_overfit(comparison: Comparison) -> None:
    """The section, closed until asked for."""
    with st.expander(say("overfit.title"), icon=":material/air:", key="overfit", on_change="rerun") as panel:
        if panel.open:
            st.caption(say("overfit.about", conditions=len(CONDITIONS)))
            try:
                _section(comparison)
            except InvalidInput as error:
                st.error(say_error(error))


def _section(comparison: Comparison) -> None:
    plans: dict[Design, list[Variant]] = {}
    for one in comparison.contestants:
        design = replace(find_design(store(), one.model.key), name=one.label)
        plans[design] = plan_variants(design, gammas=[other_gamma(design.spec)])
    plan = list(dict.fromkeys(variant for variants in plans.values() for variant in variants))
    names = [one.model.key for one in comparison.contestants]
    batch, going_on = batch_of(board(), plan), _is_going_on(plan)
    if not going_on and (missing := len(batch.missing)):
        start = _guarded(lambda: start_test(board(), names, plan))
        st.button(say("overfit.run", count=missing), key="run_overfit", icon=":material/play_arrow:", on_click=start)
        if not batch.started:
            return
    elif going_on and batch.missing:
        st.button(say("overfit.stop"), key="stop_overfit", icon=":material/stop:", on_click=_guarded(batch.cancel))
    st.fragment(_look, run_every=TICK if going_on else None)(plans, plan, names, going_on)


def _is_going_on(plan: Sequence[Variant]) -> bool:
    """Whether something of a test trains, waits or still has to fly."""
    batch, now = batch_of(board(), plan), trained(board(), plan)
    if batch.missing and not batch.started:
        return False
    return not now.settled or bool(unflown(store(), now.done, CONDITIONS))


def _look(plans: Plans, plan: Sequence[Variant], names: Sequence[str], going_on: bool) -> None:
    """How far a test is, or what came of it."""
    try:
        if going_on and not is_tested(board(), plan):  # it was killed, or it flies models that existed before
            attend_test(board(), names, plan)
        if going_on and not _is_going_on(plan):
            st.rerun()
        now = trained(board(), plan)
        if not now.settled:
            st.progress(0.9 * now.share, say("overfit.training", done=len(now.done), count=len(plan)))
            return
        left, total = len(unflown(store(), now.done, CONDITIONS)), len(now.done) * len(CONDITIONS)
        if left:
            share = 0.9 + 0.1 * (total - left) / max(total, 1)
            st.progress(share, say("overfit.flying", done=total - left, count=total))
            return
        _results(plans, fly_all(store(), now.done, CONDITIONS), now)
    except InvalidInput as error:
        session().problems.append(error)
        st.error(say_error(error))


def _guarded(act: Callable[[], None]) -> Callable[[], None]:
    """A callback whose bad input becomes a message."""

    def run() -> None:
        try:
            act()
        except InvalidInput as error:
            session().problems.append(error)

    return run


def _results(plans: Plans, flights: Flights, now: Trained) -> None:
    test = overfit_test(plans, flights, now.failed, language())
    for name in test.designs:
        if len(test.designs) > 1:
            st.markdown(f"**{name}**")
        st.markdown(table(test.rows(name)))
        st.markdown("\n".join(f"- {line}" for line in test.sentences(name)))
    if test.duels:
        st.markdown("\n".join(f"- {line}" for line in test.duel_sentences()))
    st.caption(test.caption)
