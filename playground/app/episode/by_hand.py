"""Flights by hand: the browser sends the keys that are held, the server simulates, a few steps at a time.

Leaves out: the keys (``player.js``).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from playground.app.episode.films import scene_of
from playground.app.player import Film, make_film
from playground.app.session import Session
from playground.app.texts import say
from playground.flight.rollout import Flight
from playground.worlds.lunar_lander.geometry import MAX_STEPS, N_ACTIONS
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.world import WORLD as LANDER

if TYPE_CHECKING:
    from playground.app.now import Now

CHUNK: Final = 4
"""Steps that the server simulates at a time; 0.08 s of the lander's time."""
PACE: Final = 0.5
"""It runs at half speed: people are slower than policies."""


@dataclass
class HandFlight:
    """A flight by hand that is under way."""

    id: str
    flight: Flight
    actions: str = ""
    ended: bool = False


def own_flights() -> list[Film]:
    """This session's flights by hand that are over."""
    flights: list[Film] = st.session_state.setdefault("own_flights", [])
    return flights


def chosen_flight(state: Session) -> Film | None:
    """The flight by hand that is on screen, if one is."""
    if state.own is None:
        return None
    flights = own_flights()
    return flights[state.own] if state.own < len(flights) else None


def hand_data(now: "Now", hand: HandFlight) -> dict[str, Any]:
    """A flight so far, and what it was paid, for the player."""
    name = say("episode.by_hand", number=len(own_flights()) + 1)
    flight = {"id": hand.id, "actions": hand.actions, "ended": hand.ended, "chunk": CHUNK, "pace": PACE}
    return scene_of([_film_so_far(hand)], [name], now.reward, now.model.spec.gamma, name, flight=flight)


def take_actions(now: "Now") -> None:
    """The browser has sent a few more actions: begin a flight, fly on, keep it, or give it up."""
    sent = st.session_state["player"].get("fly")
    if not isinstance(sent, dict) or not isinstance(sent.get("id"), str):
        return
    state = now.state
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
        state.hand = HandFlight(sent["id"], Flight(LANDER, now.episode.seed))


def steer(hand: HandFlight, actions: str) -> None:
    """Fly on with the actions that are new; what is no action is ignored."""
    new = actions[len(hand.actions) :] if actions.startswith(hand.actions) else ""
    for letter in new:
        if hand.ended or letter not in "0123"[:N_ACTIONS]:
            break
        hand.flight.step(int(letter))
        hand.actions += letter
        hand.ended = hand.flight.terminated or len(hand.actions) >= MAX_STEPS


def _film_so_far(hand: HandFlight) -> Film:
    """A flight so far; before its first step it stands still."""
    if not hand.actions:
        waiting = Flight(LANDER, hand.flight.seed)
        waiting.step(0)
        trajectory = waiting.finish()
        first = make_film(hand.id, trajectory, film(trajectory), None)
        return Film(first.trajectory, first.data | {"steps": 0, "actions": ""})
    trajectory = hand.flight.so_far()
    return make_film(hand.id, trajectory, film(trajectory), None)


def _keep(state: Session, hand: HandFlight) -> None:
    """A flight is over: it becomes an episode like any other."""
    trajectory = hand.flight.finish()
    flights = own_flights()
    flights.append(make_film(f"own-{hand.id}", trajectory, film(trajectory), None))
    st.session_state["flight_over"] = True
    state.watch(own=len(flights) - 1)
