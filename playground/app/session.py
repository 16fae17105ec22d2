"""The session's state: the draft design, what is on screen, and the address bar that mirrors both.

The *draft* is what the sidebar says; the *shown* model was trained on some design. They differ as soon as a
slider moves, and nothing here ever makes the one follow the other without being asked.

Leaves out: widgets and drawing.
"""

from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, cast

import streamlit as st

from playground.flight.rollout import run_episode
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.flight.trajectory import Trajectory
from playground.lab.model import Model, open_model
from playground.lab.model_names import nearest_preset
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue import Queue
from playground.lab.queue_local import Local
from playground.lab.store import ModelStore, nearest_model
from playground.reward.codec import changed_fields, from_query, to_query
from playground.reward.design import Design
from playground.training.algorithms import ALGORITHMS
from playground.training.spec import BUDGETS, TrainSpec, hyperparameters
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.presets import PRESET, PRESETS

FIRST_PRESET: Final = PRESETS[0].slug
NOT_SET: Final = ("reward", "algorithm", "env", "settings", "seconds")
"""Fields of a spec that the sidebar does not set: it trains with this project's own engine."""
SETTINGS: Final = tuple(f.name for f in fields(TrainSpec) if f.name not in NOT_SET)


BUDGET_FIELDS: Final = frozenset(name for changes in BUDGETS.values() for name in changes)
LINKED: Final = 12
"""Letters of a key in the address bar where several stand there."""
COMPARED: Final = 10
"""At most so many models are compared at once."""
STARTS: Final = 30
"""So many of the newest trained models are looked at for a start that is not from scratch."""


@dataclass
class Session:
    """Everything that one browser tab is about."""

    preset: str = FIRST_PRESET
    draft: Design = PRESETS[0].config
    settings: dict[str, Any] = field(default_factory=dict)
    """Training settings that differ from the default."""
    shown: str | None = None
    """Key of the model on screen."""
    watching: str | None = None
    """Key of a training that this tab waits for."""
    seed: int = EVALUATION_SEEDS.start
    own: int | None = None
    """Which of this tab's flights by hand is on screen instead of the policy's."""
    hand: Any = None
    """The flight by hand that is under way."""
    ghost: str | None = None
    """Key of the model that flies beside the one on screen."""
    evidence: tuple[int, ...] = ()
    """Recorded behaviours that are on screen instead of the policy's episode, by their place in the library."""
    mended: tuple[Design, Design] | None = None
    """The draft before the last repair and after it, for undoing."""
    why: tuple[str, int, int] | None = None
    """Which episode and step was last asked about, and the number of the question."""
    problems: list[InvalidInput] = field(default_factory=list)
    """What was wrong with the link."""
    compared: list[str] | None = None
    """Keys of the models on the compare page, the one that the others are compared with first; None until somebody
    chooses."""
    hypothesis: str = ""
    """What the next training is to show, in one line."""
    notice: str = ""

    @property
    def spec(self) -> TrainSpec:
        """What the Train button would train."""
        return TrainSpec(reward=self.draft, **self.settings)

    def set_field(self, name: str, value: Any) -> None:
        """Change one field of the draft."""
        self.draft = self.draft.changed(**{name: value})

    def set_setting(self, name: str, value: Any) -> None:
        """Change one training setting.

        Raises:
            InvalidInput: the value is out of range; nothing is changed.
        """
        rest = {n: v for n, v in self.settings.items() if n != name}
        default = getattr(TrainSpec(reward=self.draft), name)
        trial = rest if value == default else {**rest, name: value}
        TrainSpec(reward=self.draft, **trial)
        self.settings = trial

    @property
    def budget(self) -> str | None:
        """Which of `BUDGETS` the settings are; None if none of them."""
        now = {name: self.settings[name] for name in BUDGET_FIELDS if name in self.settings}
        return next((name for name, changes in BUDGETS.items() if changes == now), None)

    def choose_budget(self, name: str | None) -> None:
        """Train as long as one of `BUDGETS` says; None changes nothing."""
        if name is not None:
            rest = {n: v for n, v in self.settings.items() if n not in BUDGET_FIELDS}
            self.settings = rest | BUDGETS[name]

    def choose_preset(self, slug: str) -> None:
        """Start from a preset: its reward as the draft, and its model on screen if one is at hand."""
        self.preset, self.draft = slug, PRESET[slug].config
        self.settings = {}
        model = store().find(self.spec.key)
        if model is not None:
            self.shown = model.key
            self.watch()

    def watch(self, seed: int | None = None, own: int | None = None, evidence: tuple[int, ...] = ()) -> None:
        """Put another episode on screen; whatever was there gives way.

        Args:
            seed: of the policy's episode; as it is by default.
            own: which flight by hand instead.
            evidence: which recorded behaviours instead.
        """
        self.own, self.evidence, self.hand = own, evidence, None
        if seed is not None:
            self.seed = seed

    def show(self, model: Model) -> None:
        """Put a model on screen, and its design into the sidebar."""
        self.shown, self.draft = model.key, model.spec.reward
        self.watch()
        self.preset = model.slug if model.slug is not None and model.slug in PRESET else nearest_preset(self.draft).slug
        default, spec = hyperparameters(TrainSpec(reward=self.draft)), model.spec
        own = ALGORITHMS[spec.algorithm].in_spec
        names = default if own else ("seed", "gamma")  # settings of the sidebar that this algorithm has, too
        self.settings = {n: getattr(spec, n) for n in names if n in SETTINGS and getattr(spec, n) != default[n]}

    def changes(self) -> dict[str, Any]:
        """Fields in which the draft differs from its preset."""
        return changed_fields(self.draft, PRESET[self.preset].config)


def session() -> Session:
    """This tab's state; on its first run it is read from the address bar."""
    if "session" not in st.session_state:
        st.session_state["session"] = _from_url()
    return cast(Session, st.session_state["session"])


def _from_url() -> Session:
    query = st.query_params.to_dict()
    state = Session()
    slug = query.get("preset", FIRST_PRESET)
    if slug not in PRESET:
        state.problems.append(InvalidInput("unknown_preset", value=slug, choices=", ".join(PRESET)))
        slug = FIRST_PRESET
    state.choose_preset(slug)
    state.draft, problems = from_query(query, state.draft)
    state.problems += problems
    for name in SETTINGS:
        if name in query:
            try:
                state.set_setting(name, read_setting(name, query[name]))
            except InvalidInput as error:
                state.problems.append(error)
    seeds = {str(seed): seed for seed in EVALUATION_SEEDS}
    state.seed = seeds.get(query.get("episode", ""), state.seed)
    if names := [name for name in query.get("compare", "").split(".") if name][:COMPARED]:
        state.compared = []
        for name in names:
            try:
                state.compared.append(store().resolve(name).key)
            except InvalidInput as error:
                state.problems.append(error)
    model = store().find(query.get("model", "")) or store().find(state.spec.key)
    if model is not None:
        state.shown = model.key
    elif (job := board().find(state.spec.key)) is not None and job.alive:
        state.watching = job.key
    return state


def read_setting(name: str, text: str) -> Any:
    """A training setting as the address bar writes it.

    Raises:
        InvalidInput: the text is not of the setting's type.
    """
    default = next(f.default for f in fields(TrainSpec) if f.name == name)
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise InvalidInput("not_a_bool", field=name, value=text)
        return text == "true"
    try:
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.split(",") if part.strip())
        return int(text) if isinstance(default, int) else float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None


def write_setting(value: Any) -> str:
    """A training setting as text for the address bar."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def sync_url(state: Session) -> None:
    """Write the design into the address bar, so that copying the address shares it."""
    wanted = {"preset": state.preset, **to_query(state.draft, PRESET[state.preset].config)}
    names = [n for n in SETTINGS if n in state.settings]
    wanted |= {name: write_setting(getattr(state.spec, name)) for name in names}
    if state.shown is not None and state.shown != state.spec.key:
        wanted["model"] = state.shown
    if state.compared:
        wanted["compare"] = ".".join(key[:LINKED] for key in state.compared)
    if state.seed != EVALUATION_SEEDS.start:
        wanted["episode"] = str(state.seed)
    wanted["lang"] = str(st.session_state["lang"])
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def store() -> ModelStore:
    """The models at hand."""
    return ModelStore()


def notebook() -> Notebook:
    """The lab notebook."""
    return Notebook(store())


def board() -> Queue:
    """The queue of trainings."""
    return Local(store())


def shown_model(state: Session) -> Model:
    """The model on screen; the first shipped one if what was there is gone.

    Raises:
        InvalidInput: not even that one can be read.
    """
    model = store().find(state.shown) if state.shown else None
    if model is None:
        model = store().resolve(FIRST_PRESET)
        state.shown = model.key
    return load(str(model.folder), model.key, model.slug)


@st.cache_resource(max_entries=64, show_spinner=False)
def load(folder: str, key: str, slug: str | None) -> Model:
    """A model whose spec, policy and scorecard are read once for all sessions.

    Raises:
        InvalidInput: it is damaged.
    """
    model = open_model(Path(folder), slug)
    _ = model.spec, model.policy, model.scorecard, model.curve
    return model


@st.cache_resource(max_entries=256, show_spinner=False)
def fly(folder: str, key: str, slug: str | None, seed: int) -> Trajectory:
    """One episode of a model, flown once for all sessions."""
    return run_episode(load(folder, key, slug).spec.world, load(folder, key, slug).policy, seed)


def episode_of(model: Model, seed: int) -> Trajectory:
    """The model's episode from a seed."""
    return fly(str(model.folder), model.key, model.slug, seed)


def other_models(model: Model) -> list[Model]:
    """What may fly beside a model."""
    return [other for other in models_at_hand() if other.key != model.key]


def models_at_hand() -> list[Model]:
    """The shipped models that can be read, and the newest that were trained here."""
    home = store().home
    stamp = home.stat().st_mtime_ns if home.is_dir() else 0
    return [*_shipped(), *_newest(str(home), stamp)]


def start_of(state: Session, spec: TrainSpec) -> Model | None:
    """The model that a training may start from: the chosen one, else the nearest at hand."""
    if spec.init_from:
        return store().find(spec.init_from)
    return nearest_model(models_at_hand(), spec)


@st.cache_resource(show_spinner=False)
def _shipped() -> list[Model]:
    return _readable(store().list_shipped())


@st.cache_resource(max_entries=4, show_spinner=False)
def _newest(home: str, stamp: int) -> list[Model]:
    """The newest trained models; ``stamp`` changes whenever one comes or goes."""
    return _readable(ModelStore(Path(home)).list_trained()[:STARTS])


def _readable(models: list[Model]) -> list[Model]:
    loaded = []
    for model in models:
        with suppress(InvalidInput):
            loaded.append(load(str(model.folder), model.key, model.slug))
    return loaded
