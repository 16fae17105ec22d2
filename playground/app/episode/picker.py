"""The row that picks an episode: by seed, one after the other, the best and the worst, and a second policy beside it.

Leaves out: what is done with the choice (``session``).
"""

import numpy as np
import streamlit as st

from playground.app.episode.by_hand import own_flights
from playground.app.now import Now
from playground.app.texts import language, say
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.names import labels_of
from playground.words.errors import InvalidInput


def draw_picker(now: Now) -> None:
    """All of the row but the downloads."""
    state, card = now.state, now.model.scorecard
    mine = [-1 - index for index in range(len(own_flights()))]

    def go(choice: int) -> None:
        if choice < 0:
            state.watch(own=-1 - choice)
        else:
            state.watch(int(choice))

    def move(steps: int) -> None:
        """From where it is when the click arrives, so that two quick clicks are two steps."""
        index = (EVALUATION_SEEDS.index(state.seed) + steps) % len(EVALUATION_SEEDS)
        go(EVALUATION_SEEDS[index])

    st.button(
        "", key="previous", icon=":material/chevron_left:", help=say("episode.previous"), on_click=move, args=(-1,)
    )
    chosen = -1 - state.own if state.own is not None and state.own < len(mine) else state.seed
    choices = [*reversed(mine), *EVALUATION_SEEDS]
    picker = f"episode_seed_{chosen}"

    def pick() -> None:
        """Ignores an old picker that still says its own value when a quick click arrives."""
        if st.session_state[picker] != chosen:
            go(st.session_state[picker])

    st.selectbox(
        say("episode.seed"),
        choices,
        index=choices.index(chosen),
        key=picker,
        format_func=lambda choice: str(choice) if choice >= 0 else say("episode.by_hand", number=-choice),
        label_visibility="collapsed",
        on_change=pick,
        width=130,
    )
    st.button("", key="next", icon=":material/chevron_right:", help=say("episode.next"), on_click=move, args=(1,))
    try:
        returns = card.returns(state.draft)
    except InvalidInput:  # an own term is no number in one of them, as the scorecard says
        returns = card.native_return
    best, worst = card.seeds[int(np.argmax(returns))], card.seeds[int(np.argmin(returns))]
    st.button(say("episode.best"), key="best", help=say("episode.best.help"), on_click=go, args=(best,))
    st.button(say("episode.worst"), key="worst", help=say("episode.worst.help"), on_click=go, args=(worst,))
    _ghost(now)


def _ghost(now: Now) -> None:
    """Another policy from the same start."""
    state = now.state
    labels = labels_of([model for model in now.models if model.key != now.model.key], language())
    st.session_state["ghost"] = state.ghost if state.ghost in labels else None

    def choose() -> None:
        state.ghost = st.session_state["ghost"]

    st.selectbox(
        say("episode.ghost"),
        list(labels),
        key="ghost",
        format_func=lambda key: labels[key],
        placeholder=say("episode.ghost"),
        label_visibility="collapsed",
        on_change=choose,
        width=210,
    )
