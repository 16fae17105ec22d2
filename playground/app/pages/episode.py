"""The episode on the first page: which one, the player, its questions and answers, and flights by hand.

Leaves out: drawing (``app.player``), and the scorecard below (``views.playground``).
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st

from playground.app.player import Film, draw_player, make_film, scene_data, to_html
from playground.app.session import Session, episode_of, load, other_models
from playground.app.texts import language, say
from playground.flight.fork import CONTINUATIONS, fork
from playground.flight.rollout import Flight, refly, run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import Breakdown, break_down, to_csv
from playground.insight.explain import Explanation, explain
from playground.insight.library import library_of
from playground.lab.model import SHORT, Model
from playground.lab.model_names import labels_of, model_name
from playground.reward.design import Design
from playground.worlds.lunar_lander.geometry import MAX_STEPS, N_ACTIONS
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.world import WORLD as LANDER

CHUNK: Final = 4
"""Steps of a flight by hand that the server simulates at a time; 0.08 s of the lander's time."""
PACE: Final = 0.5
"""A flight by hand runs at half speed: people are slower than policies."""


@dataclass
class HandFlight:
    """A flight by hand that is under way."""

    id: str
    flight: Flight
    actions: str = ""
    ended: bool = False


def chosen_episode(state: Session, model: Model) -> Trajectory:
    """The episode on screen: the policy's from the chosen seed, or one flown by hand."""
    own = chosen_flight(state)
    return episode_of(model, state.seed) if own is None else own.trajectory


def own_flights() -> list[Film]:
    """This session's flights by hand that are over."""
    flights: list[Film] = st.session_state.setdefault("own_flights", [])
    return flights


def chosen_flight(state: Session) -> Film | None:
    """The flight by hand that is on screen, if one is."""
    flights = own_flights()
    return flights[state.own] if state.own is not None and state.own < len(flights) else None


def draw_episode(state: Session, model: Model, episode: Trajectory) -> None:
    """The row that picks an episode, and the player."""
    if state.evidence:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(say("evidence.title"))
            st.button(say("evidence.close"), key="close_evidence", on_click=state.watch)
    else:
        _pick(state, model, episode)
    reward = state.draft
    if not reward.replace_reward:
        st.caption(say("parts.logged"))
    if not _paying(seen_as(reward)):
        unscaled = reward.scale == 0 and any(getattr(reward, term.weight) for term in reward.terms)
        st.info(say("parts.scale_zero" if unscaled else "parts.none"))
    _player(state, model)


@st.fragment
def _player(state: Session, model: Model) -> None:
    """The player in a fragment of its own, so that a question or a flight runs nothing else."""
    if state.hand is not None:
        data = hand_data(state, model, state.hand)
    elif st.session_state.pop("flight_over", False):
        st.rerun()
    else:
        data = player_data(state, model)
    draw_player(data, "player", lambda: _asked(state, model), lambda: _flown(state, model))


def player_data(state: Session, model: Model) -> dict[str, Any]:
    """Everything that the player shows now."""
    reward = seen_as(state.draft)
    gamma = model.spec.gamma
    if state.evidence:
        return evidence_data(state.evidence, state.draft, state.spec.gamma)
    shown, name = chosen_flight(state), say("episode.by_hand", number=(state.own or 0) + 1)
    if shown is None:
        shown, name = film_of(model, state.seed), _label(model)
    films, names = [shown], [name]
    ghost = next((m for m in other_models(model) if m.key == state.ghost), None)
    if ghost is not None:
        films.append(film_of(ghost, shown.trajectory.seed))
        names.append(_label(ghost))
    why = None
    if state.why is not None and state.why[0] == shown.data["id"]:
        why = state.why[2], state.why[1], _explain(model, shown.trajectory, state.why[1], reward)
    return scene_of(films, names, reward, gamma, file_stem(state, model), why=why, can_ask=True, can_fly=True)


def scene_of(
    films: list[Film], names: list[str], reward: Design, gamma: float, file: str, **more: Any
) -> dict[str, Any]:
    """Films for the player, and what a reward pays them."""
    paid = [break_down(film.trajectory, reward, gamma).paid for film in films]
    return scene_data(films, names, paid, reward.keys, _paying(reward), gamma, file, **more)


def evidence_data(places: tuple[int, ...], reward: Design, gamma: float) -> dict[str, Any]:
    """Recorded behaviours, and what the draft would pay them, as the check sees them."""
    library = library_of(LANDER)
    films = [_recorded(place) for place in places]
    names = [say(f"behaviour.{library.behaviours[place]}") for place in places]
    return scene_of(films, names, reward, gamma, "behaviours")


@st.cache_resource(max_entries=64, show_spinner=False)
def _recorded(place: int) -> Film:
    """A behaviour of the library as the browser gets it."""
    trajectory = library_of(LANDER).episodes[place]
    try:
        scene = film(trajectory)
    except RuntimeError:  # another processor's arithmetic: what these actions do here
        trajectory = refly(LANDER, trajectory.actions, trajectory.seed)
        scene = film(trajectory)
    return make_film(f"recorded-{place}", trajectory, scene, None)


def hand_data(state: Session, model: Model, hand: HandFlight) -> dict[str, Any]:
    """A flight by hand so far, and what it was paid."""
    name = say("episode.by_hand", number=len(own_flights()) + 1)
    flight = {"id": hand.id, "actions": hand.actions, "ended": hand.ended, "chunk": CHUNK, "pace": PACE}
    return scene_of([_film_of_hand(hand)], [name], seen_as(state.draft), model.spec.gamma, name, flight=flight)


def _paying(reward: Design) -> list[str]:
    """The parts with a weight."""
    return [key for key, factor in zip(reward.keys, reward.factors.tolist(), strict=True) if factor != 0]


def _label(model: Model) -> str:
    return model_name(model, language())


def seen_as(reward: Design) -> Design:
    """The reward; or, if it only logs, what its terms would have paid."""
    return reward if reward.replace_reward else reward.changed(replace_reward=True, w_env=0.0)


def film_of(model: Model, seed: int) -> Film:
    """A model's episode as the browser gets it."""
    return _film(str(model.folder), model.key, model.slug, seed)


def checkpoint_film(model: Model, steps: int, seed: int) -> Film:
    """An episode of the policy that a model was after so many steps, one of its checkpoints."""
    return _checkpoint_film(str(model.folder), model.key, model.slug, steps, seed)


@st.cache_resource(max_entries=64, show_spinner=False)
def _checkpoint_film(folder: str, key: str, slug: str | None, steps: int, seed: int) -> Film:
    policy = next(kept.policy for kept in load(folder, key, slug).checkpoints if kept.steps == steps)
    trajectory = run_episode(LANDER, policy, seed)
    return make_film(f"{key[:SHORT]}-{steps}-{seed}", trajectory, film(trajectory), policy)


@st.cache_resource(max_entries=256, show_spinner=False)
def _film(folder: str, key: str, slug: str | None, seed: int) -> Film:
    """A model's episode as the browser gets it, made once for all sessions."""
    model = load(folder, key, slug)
    trajectory = episode_of(model, seed)
    return make_film(f"{key[:SHORT]}-{seed}", trajectory, film(trajectory), model.policy)


@st.cache_resource(max_entries=64, show_spinner=False)
def _branches(folder: str, key: str, slug: str | None, seed: int, step: int, actions: bytes) -> Any:
    """The fork of an episode, flown once for all sessions."""
    trajectory = refly(LANDER, np.frombuffer(actions, np.uint8), seed)
    return fork(trajectory, step, load(folder, key, slug).policy, CONTINUATIONS)


def _explain(model: Model, trajectory: Trajectory, step: int, reward: Design) -> Explanation:
    actions = trajectory.actions.astype(np.uint8).tobytes()
    branches = _branches(str(model.folder), model.key, model.slug, trajectory.seed, step, actions)
    return explain(branches, int(trajectory.actions[step]), reward, model.spec.gamma)


def _asked(state: Session, model: Model) -> None:
    """Somebody wants to know why."""
    asked = st.session_state["player"].get("why")
    if not isinstance(asked, dict):
        return
    length = len(chosen_episode(state, model))
    step, number = asked.get("step"), asked.get("asked")
    if isinstance(step, int) and isinstance(number, int) and 0 <= step < length:
        state.why = (str(asked.get("episode")), step, number)


def _flown(state: Session, model: Model) -> None:
    """The arrow keys have chosen a few more actions."""
    sent = st.session_state["player"].get("fly")
    if not isinstance(sent, dict) or not isinstance(sent.get("id"), str):
        return
    hand: HandFlight | None = state.hand
    ours = hand is not None and hand.id == sent["id"]
    actions = str(sent.get("actions", ""))
    if sent.get("stop"):
        state.hand = None
        st.session_state["flight_over"] = True
    elif sent.get("done"):
        if hand is not None and ours and hand.ended:
            _keep(state, hand)
    elif hand is not None and ours:
        steer(hand, actions)
    elif not actions:  # else it was given up, and its last message comes late
        state.hand = HandFlight(sent["id"], Flight(LANDER, chosen_episode(state, model).seed))


def steer(hand: HandFlight, actions: str) -> None:
    """Fly on with the actions that are new; what is no action is ignored."""
    new = actions[len(hand.actions) :] if actions.startswith(hand.actions) else ""
    for letter in new:
        if hand.ended or letter not in "0123"[:N_ACTIONS]:
            break
        hand.flight.step(int(letter))
        hand.actions += letter
        hand.ended = hand.flight.terminated or len(hand.actions) >= MAX_STEPS


def _film_of_hand(hand: HandFlight) -> Film:
    """A flight by hand so far; before its first step it stands still."""
    if not hand.actions:
        waiting = Flight(LANDER, hand.flight.seed)
        waiting.step(0)
        trajectory = waiting.finish()
        return _cut(make_film(hand.id, trajectory, film(trajectory), None))
    trajectory = hand.flight.so_far()
    return make_film(hand.id, trajectory, film(trajectory), None)


def _cut(first: Film) -> Film:
    """Only the first frame of a film."""
    return Film(first.trajectory, first.data | {"steps": 0, "actions": ""})


def _keep(state: Session, hand: HandFlight) -> None:
    """A flight by hand is over: it becomes an episode like any other."""
    trajectory = hand.flight.finish()
    flights = own_flights()
    flights.append(make_film(f"own-{hand.id}", trajectory, film(trajectory), None))
    st.session_state["flight_over"] = True
    state.watch(own=len(flights) - 1)


def _pick(state: Session, model: Model, episode: Trajectory) -> None:
    """Which episode, what beside it, and what to take along."""
    returns = model.scorecard.returns(state.draft)
    seeds = model.scorecard.seeds
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

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "",
            key="previous",
            icon=":material/chevron_left:",
            help=say("episode.previous"),
            on_click=move,
            args=(-1,),
        )
        now = -1 - state.own if state.own is not None and state.own < len(mine) else state.seed
        choices = [*reversed(mine), *EVALUATION_SEEDS]
        picker = f"episode_seed_{now}"

        def pick() -> None:
            """Ignores an old picker that still says its own value when a quick click arrives."""
            if st.session_state[picker] != now:
                go(st.session_state[picker])

        st.selectbox(
            say("episode.seed"),
            choices,
            index=choices.index(now),
            key=picker,
            format_func=lambda choice: str(choice) if choice >= 0 else say("episode.by_hand", number=-choice),
            label_visibility="collapsed",
            on_change=pick,
            width=130,
        )
        st.button("", key="next", icon=":material/chevron_right:", help=say("episode.next"), on_click=move, args=(1,))
        best, worst = seeds[int(np.argmax(returns))], seeds[int(np.argmin(returns))]
        st.button(say("episode.best"), key="best", help=say("episode.best.help"), on_click=go, args=(best,))
        st.button(say("episode.worst"), key="worst", help=say("episode.worst.help"), on_click=go, args=(worst,))
        _ghost(state, model)
        with st.popover(
            "", icon=":material/download:", help=say("episode.download"), key="downloads", on_change="rerun"
        ) as panel:
            if panel.open:
                _downloads(state, model, episode)


def _ghost(state: Session, model: Model) -> None:
    """Another policy from the same start."""
    others = {other.key: other for other in other_models(model)}
    st.session_state["ghost"] = state.ghost if state.ghost in others else None
    labels = labels_of(list(others.values()), language())

    def choose() -> None:
        state.ghost = st.session_state["ghost"]

    st.selectbox(
        say("episode.ghost"),
        list(others),
        key="ghost",
        format_func=lambda key: labels[key],
        placeholder=say("episode.ghost"),
        label_visibility="collapsed",
        on_change=choose,
        width=210,
    )


def _downloads(state: Session, model: Model, episode: Trajectory) -> None:
    from playground.flight.recording import to_gif, to_mp4  # their libraries are not needed before

    stem = file_stem(state, model)
    parts = break_down(episode, seen_as(state.draft), model.spec.gamma)
    data = player_data(state, model)  # now: a download is made outside the session
    makers: dict[str, tuple[str, Callable[[], str | bytes]]] = {
        "html": ("text/html", lambda: to_html(data, f"Reward Playground · {stem}")),
        "gif": ("image/gif", lambda: to_gif(episode)),
        "mp4": ("video/mp4", lambda: to_mp4(episode)),
        "csv": ("text/csv", lambda: to_csv(episode, parts)),
        "npz": ("application/octet-stream", lambda: to_npz(episode, parts)),
    }
    for kind, (mime, make) in makers.items():
        st.download_button(
            say(f"episode.{kind}"), make, f"{stem}.{kind}", mime, key=f"download_{kind}", on_click="ignore", width=180
        )


def to_npz(episode: Trajectory, parts: Breakdown) -> bytes:
    """An episode as numpy arrays: all of the trajectory, and raw and paid parts with their keys."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        seed=episode.seed,
        observations=episode.observations,
        actions=episode.actions,
        rewards=episode.rewards,
        terminated=episode.terminated,
        raw=parts.raw,
        paid=parts.paid,
        parts=np.array(parts.keys),
    )
    return out.getvalue()


def file_stem(state: Session, model: Model) -> str:
    """The name of what is downloaded, without its ending."""
    if state.own is not None:
        return f"by-hand-{state.own + 1}"
    return f"{model.slug or model.key[:SHORT]}-seed{state.seed}"
