"""The world that an episode is flown in: gravity, wind and turbulence, by LunarLander's own options.

Policies train under the default conditions. Flown under others, they show what they learned about landing, and what
only about this one world.

Leaves out: the physics (``simulator``), and words for people (``app.texts``).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from playground.flight.world import DEFAULT
from playground.words.errors import InvalidInput

GRAVITIES: Final = (-12.0, 0.0)
"""LunarLander refuses both ends and what lies outside, in m/s²."""
WIND_POWERS: Final = (0.0, 20.0)
"""What Gymnasium recommends; it warns of more."""
TURBULENCE_POWERS: Final = (0.0, 2.0)
"""What Gymnasium recommends; it warns of more."""


@dataclass(frozen=True)
class Conditions:
    """LunarLander's options of the same names.

    Raises:
        InvalidInput: (a `ValueError`) names the field that is out of range.
    """

    gravity: float = -10.0
    """In m/s², above −12 and below 0."""
    wind_power: float = 0.0
    """Largest sideways force on the hull, until a leg touches the ground; 0 to 20."""
    turbulence_power: float = 0.0
    """Largest torque on the hull, until a leg touches the ground; 0 to 2."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidInput("not_a_number", field=name, value=value)
            if not math.isfinite(value):
                raise InvalidInput("not_finite", field=name, value=value)
        if not GRAVITIES[0] < self.gravity < GRAVITIES[1]:
            raise InvalidInput("not_between", field="gravity", low=-12, high=0, value=self.gravity)
        for name, (low, high) in (("wind_power", WIND_POWERS), ("turbulence_power", TURBULENCE_POWERS)):
            if not low <= getattr(self, name) <= high:
                raise InvalidInput("out_of_range", field=name, low=low, high=high, value=getattr(self, name))

    @property
    def windy(self) -> bool:
        """Gymnasium's ``enable_wind``: there is wind or turbulence."""
        return self.wind_power > 0 or self.turbulence_power > 0


CALM: Final = Conditions()
"""LunarLander's defaults, which policies train under."""
CONDITIONS: Final[Mapping[str, Conditions]] = {
    DEFAULT: CALM,
    "light-wind": Conditions(wind_power=5.0, turbulence_power=0.5),
    "strong-wind": Conditions(wind_power=15.0, turbulence_power=1.5),
    "weak-gravity": Conditions(gravity=-3.0),
    "strong-gravity": Conditions(gravity=-11.9),
}
"""Named conditions, the default first; the strong wind is as strong as Gymnasium's when it is only switched on."""


def parse_conditions(names: str) -> dict[str, Conditions]:
    """Some of the named conditions, the default always among them.

    Args:
        names: separated by commas, or ``all``.

    Raises:
        InvalidInput: there is no such name.

    >>> list(parse_conditions("weak-gravity"))
    ['default', 'weak-gravity']
    """
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name not in (*CONDITIONS, "all"):
            choices = ", ".join(("all", *CONDITIONS))
            raise InvalidInput("not_a_choice", field="conditions", value=name, choices=choices)
    return {name: it for name, it in CONDITIONS.items() if "all" in asked or name in (DEFAULT, *asked)}
