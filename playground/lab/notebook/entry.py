"""What the notebook says of one training or comparison, and what was meant by a training before it began.

An `Intent` lies in its job's folder and then in its model's manifest, so a lost notebook can be written again from the
models alone. An `Entry` is one row of the notebook. Both refuse texts that are too long or hold control characters.

Leaves out: the file that keeps entries (``database``) and the questions asked of it (``notebook``).
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final

from playground.reward.codec import to_fields
from playground.training.spec import KEY, TrainSpec, dump_spec, hyperparameters
from playground.words.errors import InvalidInput

KINDS: Final = ("training", "comparison", "robustness")
STATES: Final = ("running", "done", "failed", "cancelled", "interrupted", "deleted")
"""Running: asked for and not ended, its wait in the queue included. Interrupted: its process died. Deleted: it was
done, and its model is gone."""
LIMITS: Final = {"hypothesis": 300, "name": 80, "note": 4000}
"""Characters that people may write."""
OBJECT_LIMIT: Final = 64 * 1024
"""Characters of JSON in one field."""
ENTRY_KEY: Final = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
"""The key of a model, or the id of a comparison."""
RESULTS: Final = ("landing_rate", "crash_rate", "timeout_rate", "native_return_mean", "steps", "seconds")
"""Figures that every finished training has, and columns of the CSV."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
CONTROL_IN_NOTES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""The same without tab and line feed."""
FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""How a cell begins that a spreadsheet may take for a formula."""


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def check_text(name: str, text: object) -> None:
    """Refuse what cannot stand in the notebook as the field ``name`` of ``LIMITS``.

    Raises:
        InvalidInput: no text, too long, or with a control character; only a note may have several lines.
    """
    if not isinstance(text, str):
        raise InvalidInput("not_text", field=name, value=text)
    if len(text) > LIMITS[name]:
        raise InvalidInput("too_long", field=name, limit=f"{LIMITS[name]:,}", size=f"{len(text):,}")
    if found := (CONTROL_IN_NOTES if name == "note" else CONTROL).search(text):
        raise InvalidInput("control_character", field=name, value=f"U+{ord(found[0]):04X}")


def dump_object(name: str, value: Mapping[str, Any]) -> str:
    """Canonical JSON of a field.

    Raises:
        InvalidInput: NaN, infinite, no plain values, or too large.
    """
    try:
        text = json.dumps(dict(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("not_plain", field=name) from None
    if len(text) > OBJECT_LIMIT:
        raise InvalidInput("too_long", field=name, limit=f"{OBJECT_LIMIT:,}", size=f"{len(text):,}")
    return text


def _check_time(name: str, text: object) -> None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo != UTC:  # in one zone, the order of texts is the order of times
        raise InvalidInput("not_a_time", field=name, value=text)


@dataclass(frozen=True)
class Intent:
    """What was meant by a training before it began.

    Raises:
        InvalidInput: a text that cannot stand in the notebook, or a parent that is no model's key.
    """

    hypothesis: str = ""
    """What the training is to show, in one line."""
    parent: str = ""
    """Key of the design that it was changed from."""
    change: Mapping[str, Any] = field(default_factory=dict)
    """Before and after of every setting that differs from the parent's; filled in when the training begins."""
    prediction: Mapping[str, Any] | None = None
    """What the check foretold."""
    asked: str = ""
    """When it was first asked for; filled in by the job."""

    def __post_init__(self) -> None:
        check_text("hypothesis", self.hypothesis)
        if not isinstance(self.parent, str) or (self.parent and not KEY.fullmatch(self.parent)):
            raise InvalidInput("not_a_key", field="parent", value=self.parent)
        _check_objects(self)
        for name in ("change", "prediction"):
            dump_object(name, getattr(self, name) or {})
        if self.asked != "":
            _check_time("asked", self.asked)

    def updated(self, newer: "Intent") -> "Intent":
        """This with what ``newer`` says; what it leaves empty stays, and so does the time."""
        parent = newer if newer.parent else self
        return Intent(
            newer.hypothesis or self.hypothesis,
            parent.parent,
            parent.change,
            self.prediction if newer.prediction is None else newer.prediction,
            self.asked or newer.asked,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the job's folder and the manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> "Intent":
        """The intent in a job's folder or a manifest; an empty one where there is none or it is damaged."""
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{name: v for name, v in value.items() if name in known}) if isinstance(value, dict) else cls()
        except InvalidInput:
            return cls()


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
        _check_objects(self)
        _check_time("created", self.created)

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


def _check_objects(owner: Intent | Entry) -> None:
    results = (owner.result,) if isinstance(owner, Entry) else ()
    if not isinstance(owner.change, Mapping):
        raise InvalidInput("not_an_object", value=owner.change)
    for value in (owner.prediction, *results):
        if not isinstance(value, Mapping | None):
            raise InvalidInput("not_an_object", value=value)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def result_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of ``RESULTS`` in a model's manifest."""
    values = {**manifest["summary"], **manifest}
    return {name: values[name] for name in RESULTS if name in values}


def changes(before: TrainSpec, after: TrainSpec) -> dict[str, list[Any]]:
    """Before and after of every field of the reward and every hyperparameter that both have and that differs.

    >>> from playground import RewardConfig
    >>> changes(TrainSpec(RewardConfig(w_legs=10)), TrainSpec(RewardConfig(w_legs=20), net_arch=(8,)))
    {'w_legs': [10.0, 20.0], 'net_arch': [[64, 64], [8]]}
    """
    old, new = _settings(before), _settings(after)
    return {name: [old[name], new[name]] for name in new if name in old and old[name] != new[name]}


def _settings(spec: TrainSpec) -> dict[str, Any]:
    values = to_fields(spec.reward) | hyperparameters(spec)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def training_entry(spec: TrainSpec, intent: Intent, state: str, result: Mapping[str, Any] | None) -> Entry:
    """The entry of a training."""
    entry = Entry(spec.key, "training", state, result=result, spec=dump_spec(spec).decode())
    told = {name: getattr(intent, name) for name in ("hypothesis", "parent", "change", "prediction")}
    return replace(entry, **told, created=intent.asked or entry.created)


@dataclass(frozen=True)
class Branch:
    """An entry in the tree of designs."""

    depth: int
    """0 for a root."""
    entry: Entry


def arrange(entries: Iterable[Entry]) -> list[Branch]:
    """Entries as a tree, written down line by line: each one after its parent, siblings from old to new.

    An entry whose parent is not among them is a root. A ring of parents is cut open at its oldest entry.
    """
    ordered = sorted(entries, key=lambda entry: (entry.created, entry.key))
    known = {entry.key for entry in ordered}
    children: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in ordered:
        children[entry.parent].append(entry)
    placed: set[str] = set()
    lines: list[Branch] = []
    for root in (*(entry for entry in ordered if entry.parent not in known), *ordered):  # the second round: rings
        waiting = [Branch(0, root)]
        while waiting:
            branch = waiting.pop()
            if branch.entry.key not in placed:
                placed.add(branch.entry.key)
                lines.append(branch)
                waiting += [Branch(branch.depth + 1, child) for child in reversed(children[branch.entry.key])]
    return lines


COLUMNS: Final = tuple(f.name for f in fields(Entry) if f.name not in ("result", "spec"))


def to_csv(entries: Iterable[Entry]) -> str:
    """Entries as CSV, a result's figures in columns of their own.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *RESULTS, "message", "spec"])
    for entry in entries:
        result = entry.result or {}
        own = [getattr(entry, name) for name in COLUMNS]
        writer.writerow([_cell(v) for v in (*own, *(result.get(name) for name in (*RESULTS, "message")), entry.spec)])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, Mapping | list):
        value = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
