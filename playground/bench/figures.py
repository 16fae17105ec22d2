"""One measured thing, beside its peer, as JSON and as a row of Markdown.

Leaves out: measuring.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Repeats of one measurement, and those of a peer taken in turns with them."""

    what: str
    ours: Sequence[float]
    unit: str = "s"
    peer: str = ""
    peers: Sequence[float] = ()
    note: str = ""
    """What a number alone would hide: seeds that did not reach the goal, or why there is no number."""
    details: dict[str, Any] = field(default_factory=dict)
    """For the JSON only."""

    @property
    def ratio(self) -> float | None:
        """How many times better the median is than the peer's: speeds by size, times by smallness."""
        if not self.ours or not self.peers:
            return None
        ours, theirs = statistics.median(self.ours), statistics.median(self.peers)
        return ours / theirs if self.unit == "/s" else theirs / ours

    def to_json(self) -> dict[str, Any]:
        """Every value, with the medians and the ratio."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": list(self.ours),
            "peer": self.peer,
            "peers": list(self.peers),
            "ratio": self.ratio,
            "note": self.note,
            "details": self.details,
        }

    def to_markdown(self) -> str:
        """A row: measured, here, peer, ratio."""
        peer = f"{self.peer}: {shown(self.peers, self.unit)}" if self.peers else self.peer
        ratio = "" if self.ratio is None else f"{self.ratio:,.1f}"
        here = " ".join(part for part in (shown(self.ours, self.unit) if self.ours else "", self.note) if part)
        return f"| {self.what} | {here} | {peer} | {ratio} |"


def repeat(times: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Each measure's values, taken in turns so that a slow minute hits all of them."""
    rounds = [[measure() for measure in measures] for _ in range(times)]
    return [list(values) for values in zip(*rounds, strict=True)]


def shown(values: Sequence[float], unit: str) -> str:
    """Median, and lowest to highest where there are several."""

    def number(value: float) -> str:
        return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"

    unit = f" {unit}" if unit and unit != "/s" else unit
    if len(values) == 1:
        return f"{number(values[0])}{unit}"
    return f"{number(statistics.median(values))}{unit} ({number(min(values))} to {number(max(values))})"
