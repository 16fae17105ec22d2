"""The overfit test on the compare page: more seeds, another discount, other weather, as one queue with one progress.

While somebody looks, each tick queues what may train next, or flies one more scorecard. Whatever was trained or flown
stays, so a page that is closed and opened again goes on.

Leaves out: the queue (``studies.robustness``), and what its flights say (``robustness``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from playground.app.session import board, session, store
from playground.app.texts import language, say, say_error
from playground.lab.store import ModelStore
from playground.studies.compare import Comparison
from playground.studies.robustness import (
    Design,
    Flights,
    Progress,
    Variant,
    feed,
    find_design,
    fly,
    fly_all,
    kept_card,
    model_of,
    other_gamma,
    plan_variants,
    progress,
)
from playground.studies.robustness_words import tell
from playground.words.errors import InvalidInput
from playground.words.tables import to_markdown as table
from playground.worlds.lunar_lander.conditions import CONDITIONS

TICK: Final = 1.0
"""Seconds between two looks at the queue."""
Plans = Mapping[Design, Sequence[Variant]]


def draw_overfit(told: Comparison) -> None:
    """The section, closed until asked for."""
    with st.expander(say("overfit.title"), icon=":material/air:", key="overfit", on_change="rerun") as panel:
        if panel.open:
            st.caption(say("overfit.about", conditions=len(CONDITIONS)))
            try:
                _section(told)
            except InvalidInput as error:
                st.error(say_error(error))


def _section(told: Comparison) -> None:
    plans: dict[Design, list[Variant]] = {}
    for one in told.contestants:
        design = replace(find_design(store(), one.model.key), name=one.label)
        plans[design] = plan_variants(design, gammas=[other_gamma(design.spec)])
    plan = list(dict.fromkeys(variant for variants in plans.values() for variant in variants))
    asked: dict[tuple[str, ...], set[str]] = st.session_state.setdefault("overfit_asked", {})
    key = tuple(variant.key for variant in plan)
    missing = sum(model_of(store(), variant) is None for variant in plan)
    if key in asked or not missing:
        running = key in asked and _left(store(), plan, progress(board(), plan, asked[key])) > 0
        st.fragment(_work, run_every=TICK if running or not missing else None)(
            plans, plan, asked.setdefault(key, set())
        )
        return

    def start() -> None:
        asked[key] = set()

    st.button(say("overfit.run", count=missing), key="run_overfit", icon=":material/play_arrow:", on_click=start)


def _left(models: ModelStore, plan: Sequence[Variant], now: Progress) -> int:
    """Trainings and scorecards that are still to come."""
    return len(now.running) + len(now.waiting) + sum(1 for _ in _unflown(models, now.done))


def _unflown(models: ModelStore, plan: Sequence[Variant]) -> list[tuple[Variant, str]]:
    """Which of the plan's models have not flown under which conditions."""
    found = []
    for variant in plan:
        model = model_of(models, variant)
        if model is not None:
            found += [(variant, name) for name, world in CONDITIONS.items() if kept_card(models, model, world) is None]
    return found


def _work(plans: Plans, plan: Sequence[Variant], asked: set[str]) -> None:
    """One step of the work and how far it is; or what came of it."""
    try:
        feed(board(), plan, asked)
        now = progress(board(), plan, asked)
        if not now.settled:
            names = {"done": len(now.done), "count": len(plan)}
            st.progress(0.9 * now.share, say("overfit.training", **names))
            return
        unflown = _unflown(store(), now.done)
        if unflown:
            variant, name = unflown[0]
            total = len(now.done) * len(CONDITIONS)
            share = 0.9 + 0.1 * (total - len(unflown)) / max(total, 1)
            st.progress(share, say("overfit.flying", done=total - len(unflown), count=total))
            model = model_of(store(), variant)
            if model is not None:
                fly(store(), model, CONDITIONS[name])
            return
        _results(plans, fly_all(store(), now.done, CONDITIONS), now)
    except InvalidInput as error:
        session().problems.append(error)
        st.error(say_error(error))


def _results(plans: Plans, flights: Flights, now: Progress) -> None:
    test = tell(plans, flights, now.failed, language())
    for name in test.designs:
        if len(test.designs) > 1:
            st.markdown(f"**{name}**")
        st.markdown(table(test.rows(name)))
        st.markdown("\n".join(f"- {line}" for line in test.sentences(name)))
    if test.duels:
        st.markdown("\n".join(f"- {line}" for line in test.duel_sentences()))
    st.caption(test.caption)
