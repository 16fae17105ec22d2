"""What a world is: the contract between an environment and everything that plays, scores or explains it.

A world is a value. It is handed in wherever an episode is flown or read, so no room above names one. Each world is a
folder in ``worlds`` whose module declares it as ``WORLD``, and a row in the registry there.

Leaves out: any particular world.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from playground.reward.design import Design, terms_of
from playground.reward.preset import Preset
from playground.reward.term import Term

if TYPE_CHECKING:
    from playground.flight.trajectory import Trajectory

Kind = Literal["success", "failure", "timeout"]
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
    measures: tuple[Measure, ...] = ()
    success_time: str = "seconds_to_success"
    """The name in a scorecard's summary of the mean seconds that a successful episode takes."""
    conditions: Mapping[str, Any] = field(default_factory=lambda: {DEFAULT: None})
    """By name, the default first; what ``make`` takes."""
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

    def of_kind(self, kind: Kind) -> tuple[str, ...]:
        """The outcomes of a kind."""
        return tuple(name for name, it in self.outcomes.items() if it == kind)

    def succeeded(self, outcomes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of these outcomes are successes, in the same shape."""
        return np.isin(outcomes, self.of_kind("success"))

    def __reduce__(self) -> tuple[Callable[[str], "World"], tuple[str]]:
        """Pickled by its name: another process has the same module."""
        return load_world, (self.module,)


def load_world(module: str) -> World:
    """The world that a module declares."""
    world: World = importlib.import_module(module).WORLD
    return world
