"""What episodes of a world do, by name: which behaviours succeed, fail or linger, and which are better than which.

A world whose goal can be checked declares `Behaviours` and ships recordings of them. `ForecastData` is for a world on
which many trainings were made to learn a forecast from. Both are data; what follows from them stands in ``insight``.

Leaves out: rewards, and any particular world's behaviours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from playground.flight.trajectory import Trajectory

Kind = Literal["success", "failure", "timeout"]
"""How an episode ends, in any world."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Group = Sequence[str]
"""Names of behaviours."""


@dataclass(frozen=True)
class Attribute:
    """A quality of a success that a reward should pay for."""

    name: str
    better: Group = ()
    worse: Group = ()
    """The same goal, reached with less of the quality."""
    parts: tuple[str, ...] = ()
    """Instead of two groups: keys of terms whose sum shows the quality among successes."""
    words: frozenset[str] = frozenset()
    """Own terms that read one of these count among them."""


@dataclass(frozen=True, eq=False)
class Behaviours:
    """The behaviours of a world that has recordings of them all."""

    names: tuple[str, ...]
    label: Callable[["Trajectory"], str]
    """Which of them an episode shows."""
    groups: Mapping[Kind, Group]
    """Each name once; the timeouts are those that linger."""
    kinds: Mapping[Kind, str]
    """What the world calls the three kinds, in files and forecasts."""
    safe: str
    """The one among the timeouts that whoever does not dare to try would choose."""
    wanted: Mapping[str, Group]
    """Groups by name, the best first: the order that a good reward pays them in."""
    attributes: tuple[Attribute, ...]
    recordings: Path
    """A file of ``insight.library``."""
    ends: Mapping[str, Kind] = field(init=False)
    """The kind of each name."""

    def __post_init__(self) -> None:
        kinds = {name: kind for kind, group in self.groups.items() for name in group}
        object.__setattr__(self, "ends", {name: kinds[name] for name in self.names})


@dataclass(frozen=True, eq=False)
class ForecastData:
    """What a forecast of trainings is learned from: its files, and how rewards are described to it."""

    folder: Path
    """Holds ``outcomes.csv``, from which ``insight.forecast`` makes the other files."""
    duels: Mapping[str, tuple[Group, Group]]
    """Pairs of groups whose difference in return describes a reward, by the feature's name."""
    orders: Mapping[str, Group]
    """Groups within which the order of returns is compared with that of Gymnasium's reward, by the feature's name."""
