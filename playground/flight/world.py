"""What a world is: the contract between an environment and everything that plays, scores or explains it.

A world is a value. It is handed in wherever an episode is flown or read, so no room above names one. Each world is a
folder in ``worlds`` whose module declares it as ``WORLD``, and a row in the registry there.

Leaves out: any particular world.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.behaviours import KINDS, Behaviours, ForecastData, Kind
from playground.reward.design import Design, terms_of
from playground.reward.preset import Preset
from playground.reward.term import Floats, Term

if TYPE_CHECKING:
    from playground.flight.moment import Moment
    from playground.flight.probes import Probes
    from playground.flight.scorecard import Scorecard
    from playground.flight.trajectory import Trajectory

DEFAULT: Final = "default"
"""Name of the conditions that policies train under, in every world."""


@dataclass(frozen=True)
class Quantity:
    """One number of an observation."""

    name: str
    unit: str
    """Empty for a number without one."""
    help: Mapping[str, str]
    """One plain sentence by language."""
    near: float = 0.02
    """Two values that differ by less count as the same where an episode is searched for loops."""


@dataclass(frozen=True)
class Measure:
    """A score of one episode that no reward can change."""

    key: str
    """Its name in a scorecard's file."""
    of: Callable[["Trajectory"], float]
    """NaN where the episode has no such value."""
    summary: str
    """The name of its mean in the summary, with its unit."""
    dtype: type = float
    """``bool``, ``int`` or ``float``."""


@dataclass(frozen=True, eq=False)
class World:
    """An environment with discrete actions and observations of n numbers."""

    id: str
    """Gymnasium's."""
    module: str
    """Where it is declared as ``WORLD``."""
    design: type[Design]
    """Whose fields are the weights of its terms."""
    presets: tuple[Preset, ...]
    """Named rewards, the first one Gymnasium's own."""
    quantities: tuple[Quantity, ...]
    """``(n,)``: what the numbers of an observation are."""
    actions: tuple[str, ...]
    """Names of the actions, in their order."""
    max_steps: int
    """Gymnasium's time limit."""
    steps_per_second: float
    """Simulated steps in a second, at which films play."""
    make: Callable[[Any, str | None], Any]
    """A bare environment from conditions and a render mode; it knows no time limit."""
    outcomes: Mapping[str, Kind]
    """The ways in which an episode can end."""
    outcome_of: Callable[[bool, float, npt.NDArray[Any]], str]
    """Which of them, from ``terminated``, the last reward and the last observation."""
    rates: Mapping[str, tuple[str, ...]]
    """Names in a scorecard's summary, and the outcomes whose share each is; the first one counts the successes."""
    outcome_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By outcome and language, what pays where an episode ends like that; needed only without ``behaviours``."""
    measures: tuple[Measure, ...] = ()
    success_time: str = "seconds_to_success"
    """The name in a scorecard's summary of the mean seconds that a successful episode takes."""
    conditions: Mapping[str, Any] = field(default_factory=lambda: {DEFAULT: None})
    """By name, the default first; what ``make`` takes."""
    probes: "Callable[[], Probes]" = dict
    """Scripted pilots that know the world, beside those of ``flight.probes``."""
    loop_steps: int = 50
    """A return to an earlier state is a loop if it takes at least so many steps."""
    behaviours: Behaviours | None = None
    """Recorded behaviours, by which a reward's goal is checked; None where nobody recorded any."""
    forecast: ForecastData | None = None
    """Trainings from which a forecast was learned; None where nobody made them."""
    highlights: "Callable[[Trajectory], list[Moment]]" = lambda trajectory: []
    """Moments of an episode worth a look, whatever the reward."""
    scores: "Mapping[str, Callable[[Scorecard], Floats]]" = field(default_factory=dict)
    """What is compared between policies, each ``(n,)`` by episode, NaN where an episode has no such value; by default
    ``insight.comparison`` takes the outcomes, Gymnasium's return and the measures."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a train spec whose defaults do not suit the world, with the values that do."""
    can_fork: bool = False
    """Its environment has ``reseed_noise``, and flown again it goes the same way."""
    finish_frame: Callable[[Any], None] = lambda environment: None
    """What its renderer does to the environment beside drawing, for a step that is not drawn."""

    @property
    def observation_size(self) -> int:
        """How many numbers an observation has."""
        return len(self.quantities)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Those of its design."""
        return terms_of(self.design)

    @property
    def calm(self) -> Any:
        """The default conditions."""
        return self.conditions[DEFAULT]

    @property
    def success_rate(self) -> str:
        """The name in a scorecard's summary of the share of episodes that succeed."""
        return next(iter(self.rates))

    @property
    def slug(self) -> str:
        """The name of its folder, for names of files."""
        return self.module.split(".")[-2].replace("_", "-")

    @property
    def kind_rates(self) -> tuple[str, ...]:
        """The names in a scorecard's summary that count all successes, all failures, or all time-outs."""
        kinds = [set(self.of_kind(kind)) for kind in KINDS]
        return tuple(name for name, outcomes in self.rates.items() if set(outcomes) in kinds)

    def of_kind(self, kind: Kind) -> tuple[str, ...]:
        """The outcomes of a kind."""
        return tuple(name for name, it in self.outcomes.items() if it == kind)

    def succeeded(self, outcomes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of these outcomes are successes, in the same shape."""
        return np.isin(outcomes, self.of_kind("success"))

    def kind_of(self, behaviour: str) -> Kind:
        """How a recorded behaviour ends; without recorded behaviours, an outcome."""
        return self.outcomes[behaviour] if self.behaviours is None else self.behaviours.ends[behaviour]

    def end_of(self, behaviour: str) -> str:
        """The same as the world calls it, for instance landing, crash or timeout."""
        kind = self.kind_of(behaviour)
        return kind if self.behaviours is None else self.behaviours.kinds[kind]

    def __reduce__(self) -> tuple[Callable[[str], "World"], tuple[str]]:
        """Pickled by its name: another process has the same module."""
        return load_world, (self.module,)


def load_world(module: str) -> World:
    """The world that a module declares."""
    world: World = importlib.import_module(module).WORLD
    return world
