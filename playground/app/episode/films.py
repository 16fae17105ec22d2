"""Episodes as the browser gets them, made once for all sessions, and what a reward pays them.

Leaves out: which of them are on screen.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from playground.app.player import Film, make_film, scene_data
from playground.app.shared import episode_of, load
from playground.app.texts import say
from playground.flight.rollout import refly, run_episode
from playground.insight.breakdown import break_down
from playground.insight.library import library_of
from playground.lab.models.model import SHORT, Model
from playground.reward.design import Design
from playground.reward.term import Floats
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.world import WORLD as LANDER


def film_of(model: Model, seed: int) -> Film:
    """A model's episode."""
    return _film(str(model.folder), model.key, model.slug, seed)


@st.cache_resource(max_entries=256, show_spinner=False)
def _film(folder: str, key: str, slug: str | None, seed: int) -> Film:
    model = load(folder, key, slug)
    trajectory = episode_of(model, seed)
    return make_film(f"{key[:SHORT]}-{seed}", trajectory, film(trajectory), model.policy)


def checkpoint_film(model: Model, steps: int, seed: int) -> Film:
    """An episode of the policy that a model was after so many steps, one of its checkpoints."""
    return _checkpoint_film(str(model.folder), model.key, model.slug, steps, seed)


@st.cache_resource(max_entries=64, show_spinner=False)
def _checkpoint_film(folder: str, key: str, slug: str | None, steps: int, seed: int) -> Film:
    policy = next(kept.policy for kept in load(folder, key, slug).checkpoints if kept.steps == steps)
    trajectory = run_episode(LANDER, policy, seed)
    return make_film(f"{key[:SHORT]}-{steps}-{seed}", trajectory, film(trajectory), policy)


@st.cache_resource(max_entries=64, show_spinner=False)
def recorded_film(place: int) -> Film:
    """A behaviour of the library, by its place in it."""
    trajectory = library_of(LANDER).episodes[place]
    try:
        scene = film(trajectory)
    except RuntimeError:  # another processor's arithmetic: what these actions do here
        trajectory = refly(LANDER, trajectory.actions, trajectory.seed)
        scene = film(trajectory)
    return make_film(f"recorded-{place}", trajectory, scene, None)


def evidence_data(places: Sequence[int], reward: Design, gamma: float) -> dict[str, Any]:
    """Recorded behaviours for the player, and what the draft would pay them, as the check sees them."""
    library = library_of(LANDER)
    films = [recorded_film(place) for place in places]
    names = [say(f"behaviour.{library.behaviours[place]}") for place in places]
    return scene_of(films, names, reward, gamma, "behaviours")


def scene_of(
    films: Sequence[Film],
    names: Sequence[str],
    reward: Design,
    gamma: float,
    file: str,
    paid: Sequence[Floats] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Films for the player, and what a reward pays them.

    Args:
        films: one or two.
        names: whose they are.
        reward: that pays.
        gamma: the discount of the discounted view.
        file: name of what is downloaded, without its ending.
        paid: for each film ``(T, parts)``, if it was broken down already.
        **more: of `playground.app.player.scene_data`.
    """
    if paid is None:
        paid = [break_down(film.trajectory, reward, gamma).paid for film in films]
    return scene_data(films, names, paid, reward.keys, paying_parts(reward), gamma, file, design=reward, **more)


def paying_parts(reward: Design) -> list[str]:
    """The keys of the parts with a weight."""
    return [key for key, factor in zip(reward.keys, reward.factors.tolist(), strict=True) if factor != 0]


def accounted(reward: Design) -> Design:
    """The reward whose parts are shown: itself; or, if it only logs, what its terms would have paid."""
    return reward if reward.replace_reward else reward.changed(replace_reward=True, w_env=0.0)
