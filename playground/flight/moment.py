"""A moment of an episode that is worth a look.

Leaves out: finding them. A world finds its own (``World.highlights``), ``insight.highlights`` those of any reward.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """Something happened."""

    step: int
    """The step that paid for it, 0 to T − 1; the frame after it shows it."""
    kind: str
    """``payment`` or ``lead``, or a kind of the world's own."""
    part: str = ""
    """The part that it is about, for a payment and a lead."""
    amount: float = 0.0
    """What a payment paid, or how many steps something of the world's own lasted."""
