"""The episode with what every part paid for it: the row that picks one, and the player with its questions.

Leaves out: drawing the player (``app.player``), and the scorecard below (``pages.playground``).
"""

from typing import Any

import numpy as np
import streamlit as st

from playground.app.episode.by_hand import chosen_flight, hand_data, take_actions
from playground.app.episode.downloads import draw_downloads, file_stem
from playground.app.episode.films import evidence_data, film_of, paying_parts, scene_of
from playground.app.episode.picker import draw_picker
from playground.app.now import Now
from playground.app.player import draw_player
from playground.app.shared import load
from playground.app.texts import language, say, say_error
from playground.flight.fork import CONTINUATIONS, fork
from playground.flight.rollout import refly
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import break_down
from playground.insight.explain import Explanation, explain
from playground.lab.models.model import Model
from playground.lab.models.names import model_name
from playground.reward.design import Design
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.world import WORLD as LANDER


def draw_episode(now: Now) -> None:
    """The row that picks an episode, and the player."""
    state = now.state
    with st.container(horizontal=True, vertical_alignment="center"):
        if state.evidence:
            st.markdown(say("evidence.title"))
            st.button(say("evidence.close"), key="close_evidence", on_click=state.watch)
        else:
            draw_picker(now)
            draw_downloads(now, lambda: player_data(now))
    for fault in now.faults.values():
        st.warning(say("own.left_out", reason=say_error(fault)))
    reward = state.draft
    if not reward.replace_reward:
        st.caption(say("parts.logged"))
    if not paying_parts(now.reward):
        unscaled = reward.scale == 0 and any(reward.weight_of(term) for term in reward.terms)
        st.info(say("parts.scale_zero" if unscaled else "parts.none"))
    _player(now)


@st.fragment
def _player(now: Now) -> None:
    """The player in a fragment of its own, so that a question or a flight runs nothing else."""
    try:
        _play(now)
    except InvalidInput as error:  # an own term is no number in what flies beside the episode
        st.error(say_error(error))


def _play(now: Now) -> None:
    if now.state.hand is not None:
        data = hand_data(now, now.state.hand)
    elif st.session_state.pop("flight_over", False):
        st.rerun()
    else:
        data = player_data(now)
    draw_player(data, "player", lambda: _asked(now), lambda: take_actions(now))


def player_data(now: Now) -> dict[str, Any]:
    """Everything that the player shows now."""
    state, model, reward = now.state, now.model, now.reward
    if state.evidence:
        return evidence_data(state.evidence, now.reward, now.spec.gamma)
    own = chosen_flight(state)
    shown = film_of(model, state.seed) if own is None else own
    name = model_name(model, language()) if own is None else say("episode.by_hand", number=(state.own or 0) + 1)
    films, names, paid = [shown], [name], [now.parts.paid]
    ghost = next((one for one in now.models if one.key == state.ghost != model.key), None)
    if ghost is not None:
        films.append(film_of(ghost, shown.trajectory.seed))
        names.append(model_name(ghost, language()))
        paid.append(break_down(films[-1].trajectory, reward, model.spec.gamma).paid)
    why = None
    if state.why is not None and state.why[0] == shown.data["id"]:
        why = state.why[2], state.why[1], _explain(model, shown.trajectory, state.why[1], reward)
    return scene_of(films, names, reward, model.spec.gamma, file_stem(now), paid, why=why, can_ask=True, can_fly=True)


@st.cache_resource(max_entries=64, show_spinner=False)
def _branches(folder: str, key: str, slug: str | None, seed: int, step: int, actions: bytes) -> Any:
    """The fork of an episode, flown once for all sessions."""
    trajectory = refly(LANDER, np.frombuffer(actions, np.uint8), seed)
    return fork(trajectory, step, load(folder, key, slug).policy, CONTINUATIONS)


def _explain(model: Model, trajectory: Trajectory, step: int, reward: Design) -> Explanation:
    actions = trajectory.actions.astype(np.uint8).tobytes()
    branches = _branches(str(model.folder), model.key, model.slug, trajectory.seed, step, actions)
    past = trajectory.transitions.before(step)
    return explain(branches, int(trajectory.actions[step]), reward, model.spec.gamma, past)


def _asked(now: Now) -> None:
    """Somebody wants to know why."""
    asked = st.session_state["player"].get("why")
    if not isinstance(asked, dict):
        return
    step, number = asked.get("step"), asked.get("asked")
    if isinstance(step, int) and isinstance(number, int) and 0 <= step < len(now.episode):
        now.state.why = (str(asked.get("episode")), step, number)
