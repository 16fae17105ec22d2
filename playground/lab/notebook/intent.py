"""What a training is meant to show, written down before it begins.

It lies in the job's folder and then in the model's manifest, so a lost notebook can be written again from the models.

Leaves out: what came of it (``entry``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from playground.lab.notebook.fields import check_objects, check_text, check_time, dump_object
from playground.training.spec import KEY
from playground.words.errors import InvalidInput


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
    """What the check predicts."""
    asked: str = ""
    """When it was first asked for; filled in by the job."""

    def __post_init__(self) -> None:
        check_text("hypothesis", self.hypothesis)
        if not isinstance(self.parent, str) or (self.parent and not KEY.fullmatch(self.parent)):
            raise InvalidInput("not_a_key", field="parent", value=self.parent)
        check_objects(self.change, self.prediction)
        for name in ("change", "prediction"):
            dump_object(name, getattr(self, name) or {})
        if self.asked != "":
            check_time("asked", self.asked)

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
        """The intent in a job's folder or a manifest; an empty one where it is missing or damaged."""
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{name: v for name, v in value.items() if name in known}) if isinstance(value, dict) else cls()
        except InvalidInput:
            return cls()
