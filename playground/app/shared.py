"""What all sessions of the server share: models read once, episodes flown once, rewards checked once.

Everything here is a pure function of its arguments, and what it returns is never changed.

Leaves out: which of it is on screen (``now``).
"""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit as st

from playground.app.session import FIRST_PRESET, Session, listed, store
from playground.flight.rollout import run_episode
from playground.flight.trajectory import Trajectory
from playground.insight.check import FlightCheck, check_reward
from playground.insight.repair import Repair, repair_reward, sound_bands
from playground.lab.models.model import Model, open_model
from playground.lab.models.store import ModelStore, nearest_model
from playground.reward.design import Design
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID

STARTS: Final = 30
"""So many of the newest trained models are looked at for a start that is not from scratch."""


@lru_cache(maxsize=256)
def check(reward: Design, gamma: float) -> FlightCheck:
    """The check of a reward."""
    return check_reward(reward, gamma)


@lru_cache(maxsize=64)
def repair(reward: Design, gamma: float) -> Repair:
    """The nearest reward in which landing pays best."""
    return repair_reward(reward, gamma)


@lru_cache(maxsize=256)
def bands(reward: Design, gamma: float) -> dict[str, list[tuple[float, float]]]:
    """For each weight, the stretches of its slider in which landing pays best."""
    return sound_bands(reward, gamma)


@st.cache_resource(max_entries=64, show_spinner=False)
def load(folder: str, key: str, slug: str | None) -> Model:
    """A model whose spec, policy and scorecard are read once.

    Raises:
        InvalidInput: it is damaged.
    """
    model = open_model(Path(folder), slug)
    _ = model.spec, model.policy, model.scorecard, model.curve
    return model


def loaded(model: Model) -> Model:
    """The same model, read once.

    Raises:
        InvalidInput: it is damaged.
    """
    return load(str(model.folder), model.key, model.slug)


@st.cache_resource(max_entries=256, show_spinner=False)
def _fly(folder: str, key: str, slug: str | None, seed: int) -> Trajectory:
    model = load(folder, key, slug)
    return run_episode(model.spec.world, model.policy, seed)


def episode_of(model: Model, seed: int) -> Trajectory:
    """The model's episode from a seed."""
    return _fly(str(model.folder), model.key, model.slug, seed)


def shown_model(state: Session) -> Model:
    """The model on screen; the first shipped one if that is gone.

    Raises:
        InvalidInput: not even that one can be read.
    """
    model = store().find(state.shown) if state.shown else None
    if model is None:
        model = store().resolve(FIRST_PRESET)
        state.shown = model.key
    return loaded(model)


def usable_models() -> list[Model]:
    """The lander's shipped models that can be read, and the newest that were trained here."""
    home = store().home
    stamp = home.stat().st_mtime_ns if home.is_dir() else 0
    return [*_shipped(), *_newest(str(home), stamp)]


def start_of(spec: TrainSpec, models: list[Model]) -> Model | None:
    """The model that a training may start from: the chosen one, else the nearest."""
    return store().find(spec.init_from) if spec.init_from else nearest_model(models, spec)


@st.cache_resource(show_spinner=False)
def _shipped() -> list[Model]:
    return _readable(store().list_shipped())


@st.cache_resource(max_entries=4, show_spinner=False)
def _newest(home: str, stamp: int) -> list[Model]:
    """The newest trained models; ``stamp`` changes whenever one comes or goes."""
    return _readable(ModelStore(Path(home), env=DEFAULT_ID).list_trained()[:STARTS])


def _readable(models: list[Model]) -> list[Model]:
    readable = []
    for model in models:
        with suppress(InvalidInput):
            if listed(model):
                readable.append(loaded(model))
    return readable
