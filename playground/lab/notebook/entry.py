"""One row of the notebook: a training, a comparison or an overfit test, and what came of it.

Leaves out: what was meant by it before (``intent``), the file that keeps entries (``database``), and the questions
asked of it (``notebook``).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from playground.lab.notebook.fields import LIMITS, check_objects, check_text, check_time, now
from playground.lab.notebook.intent import Intent
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput

KINDS: Final = ("training", "comparison", "robustness")
STATES: Final = ("running", "done", "failed", "cancelled", "interrupted", "deleted")
"""Running: asked for and not ended, its wait in the queue included. Interrupted: its process died. Deleted: it was
done, and its model is gone."""
ENTRY_KEY: Final = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
"""The key of a model, or the id of a comparison."""
RESULTS: Final = ("landing_rate", "crash_rate", "timeout_rate", "native_return_mean", "steps", "seconds")
"""Figures that every finished training has, and columns of the CSV."""


@dataclass(frozen=True)
class Entry:
    """One training or comparison in the notebook.

    Raises:
        InvalidInput: names the field that cannot stand in the notebook.
    """

    key: str
    """The model's key, or an id that a comparison chose."""
    kind: str
    """One of ``KINDS``."""
    state: str = "done"
    """One of ``STATES``."""
    created: str = field(default_factory=now)
    """UTC, ISO 8601."""
    hypothesis: str = ""
    parent: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)
    prediction: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    """A training that is done: ``RESULTS``. One that failed: its steps, seconds and message."""
    spec: str = ""
    """Canonical JSON: a training's spec."""
    name: str = ""
    note: str = ""
    starred: bool = False
    archived: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not ENTRY_KEY.fullmatch(self.key):
            raise InvalidInput("not_an_entry_key", value=self.key)
        for name, choices in (("kind", KINDS), ("state", STATES)):
            if getattr(self, name) not in choices:
                raise InvalidInput("not_a_choice", field=name, value=getattr(self, name), choices=", ".join(choices))
        for name in LIMITS:
            check_text(name, getattr(self, name))
        check_objects(self.change, self.prediction, self.result)
        check_time("created", self.created)

    @property
    def title(self) -> str:
        """What people call it: its name, else its hypothesis, else what was changed."""
        return self.name or self.hypothesis or self.change_in_words

    @property
    def change_in_words(self) -> str:
        """The change, for instance ``w_legs 10 → 20, seed 0 → 1``."""
        pairs = [(name, pair) for name, pair in self.change.items() if isinstance(pair, list) and len(pair) == 2]
        return ", ".join(f"{name} {_plain(before)} → {_plain(after)}" for name, (before, after) in pairs)

    def in_words(self) -> dict[str, str]:
        """What is known, by field; without the spec and what is empty."""
        texts = {"change": self.change_in_words}
        for name in ("prediction", "result"):
            texts[name] = ", ".join(f"{key} {_plain(value)}" for key, value in (getattr(self, name) or {}).items())
        known = {f.name: texts.get(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "spec"}
        return {name: "yes" if value is True else value for name, value in known.items() if value}

    def to_json(self) -> dict[str, Any]:
        """Plain values, the spec as an object."""
        return asdict(self) | {"spec": json.loads(self.spec) if self.spec else None}


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def result_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of ``RESULTS`` in a model's manifest; for a world without landings its own rates instead."""
    values = {**manifest["summary"], **manifest}
    rates = [name for name in manifest["summary"] if name.endswith("_rate")] if "landing_rate" not in values else []
    return {name: values[name] for name in (*rates, *RESULTS) if name in values}


def training_entry(spec: TrainSpec, intent: Intent, state: str, result: Mapping[str, Any] | None) -> Entry:
    """The entry of a training."""
    entry = Entry(spec.key, "training", state, result=result, spec=dump_spec(spec).decode())
    meant = {name: getattr(intent, name) for name in ("hypothesis", "parent", "change", "prediction")}
    return replace(entry, **meant, created=intent.asked or entry.created)
