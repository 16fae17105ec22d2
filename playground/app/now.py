"""What is on screen now: made once a run of the page; everything in it is worked out at most once, when asked for.

Leaves out: how it is kept between runs (``session``, ``shared``), and drawing.
"""

from dataclasses import dataclass
from functools import cached_property

from playground.app import shared
from playground.app.episode.by_hand import chosen_flight
from playground.app.episode.films import accounted
from playground.app.session import Session, board, store
from playground.flight.trajectory import Trajectory
from playground.insight.breakdown import Breakdown, break_down
from playground.insight.check import FlightCheck
from playground.lab.models.model import Model
from playground.lab.queue.contract import Job
from playground.reward.account import own_components
from playground.reward.design import Design
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Now:
    """One run's view of a session.

    Anything may raise `InvalidInput`: the draft's settings do not fit together, or a model's folder is damaged.
    """

    state: Session

    @cached_property
    def spec(self) -> TrainSpec:
        """What the Train button would train."""
        return self.state.spec

    @cached_property
    def key(self) -> str:
        """Of the draft's spec."""
        return self.spec.key

    @cached_property
    def trained(self) -> Model | None:
        """The model of exactly the draft's spec, if there is one."""
        return store().find(self.key)

    @cached_property
    def job(self) -> Job | None:
        """The training of the draft's spec, if there is one."""
        return board().find(self.key)

    @cached_property
    def model(self) -> Model:
        """The model on screen."""
        return shared.shown_model(self.state)

    @cached_property
    def models(self) -> list[Model]:
        """All models that can be flown."""
        return shared.usable_models()

    @cached_property
    def parent(self) -> Model | None:
        """The model that the draft's training may start from."""
        return shared.start_of(self.spec, self.models)

    @cached_property
    def reward(self) -> Design:
        """What the parts on screen are paid by: the draft, without own terms that are no number in this episode."""
        draft = self.state.draft
        if not self.faults:
            return accounted(draft)
        return accounted(draft.changed(own_terms=tuple(own for own in draft.own_terms if own.name not in self.faults)))

    @cached_property
    def faults(self) -> dict[str, InvalidInput]:
        """By name, the own terms that are no number in the episode on screen, and what is wrong."""
        draft, steps, gamma = self.state.draft, self.episode.transitions, self.model.spec.gamma
        if not draft.own_terms:
            return {}
        faults: dict[str, InvalidInput] = {}
        try:
            own_components(steps, draft, gamma)
        except InvalidInput:
            for own in draft.own_terms:
                try:
                    own_components(steps, draft.changed(own_terms=(own,)), gamma)
                except InvalidInput as error:
                    faults[own.name] = error
        return faults

    @cached_property
    def episode(self) -> Trajectory:
        """The episode on screen: the policy's from the chosen seed, or one flown by hand."""
        flight = chosen_flight(self.state)
        return shared.episode_of(self.model, self.state.seed) if flight is None else flight.trajectory

    @cached_property
    def parts(self) -> Breakdown:
        """What each part of the draft paid in that episode."""
        return break_down(self.episode, self.reward, self.model.spec.gamma)

    @cached_property
    def check(self) -> FlightCheck:
        """The check of the draft."""
        return shared.check(self.state.draft, self.spec.gamma)

    @cached_property
    def bands(self) -> dict[str, list[tuple[float, float]]]:
        """For each weight of the draft, the stretches of its slider in which landing pays best."""
        return shared.bands(self.state.draft, self.spec.gamma)
