"""The session's state: the draft design and what is on screen; on a first run it is read from the address bar.

The *draft* is what the sidebar says; the *shown* model was trained on some design. They differ as soon as a
slider moves, and nothing here ever makes the one follow the other without being asked.

Leaves out: writing the address bar (``address``), what is worked out from the state (``now``), and drawing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import streamlit as st

from playground.app.address import SETTINGS, read_setting
from playground.flight.scorecard import EVALUATION_SEEDS
from playground.lab.models.model import SHORT, Model
from playground.lab.models.names import nearest_preset
from playground.lab.models.store import ModelStore
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue.contract import Queue
from playground.lab.queue.local import Local
from playground.reward.codec import changed_fields, from_query
from playground.reward.design import Design
from playground.reward.own import OwnTerm
from playground.training.algorithms import ALGORITHMS
from playground.training.spec import BUDGETS, TrainSpec, hyperparameters
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID
from playground.worlds.lunar_lander.presets import PRESET, PRESETS
from playground.worlds.lunar_lander.world import WORLD as LANDER

FIRST_PRESET: Final = PRESETS[0].slug
BUDGET_FIELDS: Final = frozenset(name for changes in BUDGETS.values() for name in changes)
COMPARED: Final = 10
"""At most so many models are compared at once."""


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
    repaired: tuple[Design, Design] | None = None
    """The draft before the last repair and after it, for undoing."""
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was changed in the boxes of own terms and not saved yet, by the term's name; the new term's under ""."""
    homes: dict[str, float] = field(default_factory=dict)
    """The weight that each own term was written with, to go back to."""
    removed: tuple[int, OwnTerm] | None = None
    """The own term that was removed last, and where it stood."""
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
        """Start from a preset: its reward as the draft, and its model on screen if there is one."""
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
        st.session_state["session"] = read_address(st.query_params.to_dict())
    return cast(Session, st.session_state["session"])


def read_address(query: Mapping[str, str]) -> Session:
    """The state that an address leads to; what is wrong with it is in the state's ``problems``.

    Args:
        query: the parameters that ``address.address_of`` writes, of this version or an older one.
    """
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
                model = store().resolve(name)
                if not listed(model):
                    raise InvalidInput("unknown_model", value=name)
                state.compared.append(model.key)
            except InvalidInput as error:
                state.problems.append(error)
    linked = store().find(query.get("model", ""))
    if linked is not None and not listed(linked):
        linked = None
    if "model" in query and linked is None:
        state.problems.append(InvalidInput("unknown_model", value=query["model"][:SHORT]))
    trained = store().find(state.spec.key)
    shown = linked or trained
    if shown is not None:
        state.shown = shown.key
    if trained is None and (job := board().find(state.spec.key)) is not None and job.alive:
        state.watching = job.key  # it comes on screen by itself, whatever is there until then
    return state


def store() -> ModelStore:
    """The shipped and the trained models."""
    return ModelStore(env=DEFAULT_ID)


def listed(model: Model) -> bool:
    """Whether the pages show a model: the lander's, and damaged ones, of which they say so."""
    try:
        return model.spec.world is LANDER
    except InvalidInput:
        return True


def notebook() -> Notebook:
    """The lab notebook."""
    return Notebook(store())


def board() -> Queue:
    """The queue of trainings."""
    return Local(store())
