"""What one check of a reward found.

Leaves out: the checks (``checks_general``, ``checks_goal``) and words (``words.check``).
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

Status = Literal["ok", "warn", "fail"]

CLOSE: Final = 0.05
"""A margin under this share of a deviation is no preference worth the name."""
DEAD: Final = 1e-3
"""Deviations, or share of all that is paid, below which something makes no difference."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    id: str
    status: Status
    value: float
    params: dict[str, Any]
    """What its sentence names: behaviours (``better``, ``worse``), attributes (``missing``, separated by commas) and
    else parts, all by key."""
    episodes: tuple[int, ...] = ()
    """Indices in the library of the two episodes that show it."""
