"""A trained model: a folder that is whole if it has a manifest.

``spec.json`` says what was trained, ``policy.safetensors`` flies it, ``scorecard.json`` tells how well,
``curve.csv`` how it got there, ``model.zip`` is Stable-Baselines3's own file, and ``manifest.json``, written
last, holds the checksums. ``checkpoints.safetensors`` (policies on the way), ``events.tfevents`` (the curve for
TensorBoard) and ``updates.safetensors`` (what some updates learned from) may be missing.

Leaves out: many models, and writing one (``store``). Nothing here unpickles anything; ``model.zip`` is carried,
never opened.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from playground.flight.policy import Checkpoint, Policy, load_checkpoints, load_policy
from playground.flight.rollout import run_episodes
from playground.flight.scorecard import Scorecard, evaluate
from playground.flight.trajectory import Trajectory
from playground.lab.files import read_json
from playground.reward.design import keys_of
from playground.training.spec import KEY, TrainSpec, parse_spec
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID, find_world

MANIFEST: Final = "manifest.json"
FILES: Final = ("spec.json", "policy.safetensors", "scorecard.json", "curve.csv", "model.zip")
CHECKPOINTS: Final = "checkpoints.safetensors"
EVENTS: Final = "events.tfevents"
UPDATES: Final = "updates.safetensors"
OPTIONAL: Final = (CHECKPOINTS, EVENTS, UPDATES)
UNKNOWN: Final = "unknown"
"""The manifest's ``reward`` where nobody said what an imported policy was trained on."""
SHORT: Final = 8
"""Letters of a key that people see."""


@dataclass(frozen=True)
class Model:
    """A trained model: a folder that has a manifest."""

    folder: Path
    manifest: Mapping[str, Any]
    slug: str | None = None
    """The preset it ships with, or None for one that a user trained."""

    @property
    def key(self) -> str:
        """SHA-256 of the spec."""
        return str(self.manifest["key"])

    @property
    def env(self) -> str:
        """The id of its world, read with the manifest alone."""
        return str(self.manifest.get("env", DEFAULT_ID))

    @property
    def summary(self) -> Mapping[str, Any]:
        """The scorecard's summary, read with the manifest alone."""
        summary: Mapping[str, Any] = self.manifest["summary"]
        return summary

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files, without the manifest."""
        return (*FILES, *(name for name in OPTIONAL if name in self.manifest["sha256"]))

    @property
    def reward_known(self) -> bool:
        """Whether it was trained on its spec's reward; an imported one may not say what it was trained on."""
        return self.manifest.get("reward") != UNKNOWN

    @cached_property
    def spec(self) -> TrainSpec:
        """What was trained.

        Raises:
            InvalidInput: from another environment, of a newer schema, or damaged.
        """
        return parse_spec(self.read("spec.json"))

    @cached_property
    def policy(self) -> Policy:
        """The network that flies."""
        self.read("policy.safetensors")
        return load_policy(self.folder / "policy.safetensors", self.spec.world)

    @cached_property
    def scorecard(self) -> Scorecard:
        """The hundred evaluation episodes; flown again if a term was added after they were scored."""
        data = self.read("scorecard.json")
        try:
            value = json.loads(data)
            if any(
                term not in totals for totals in value["totals"].values() for term in keys_of(self.spec.world.terms)
            ):
                return evaluate(self.spec.world, self.policy, self.spec.gamma, value["episodes"]["seed"])
            seeds = list(value["episodes"]["seed"])
            return Scorecard.from_json(value, self.spec.world, lambda: self._fly_again(seeds))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(
                "model_incomplete", folder=str(self.folder), reason=f"scorecard.json: {error!r}"
            ) from None

    def _fly_again(self, seeds: Sequence[int]) -> list[Trajectory]:
        """The episodes that were scored; flown again, they go the same way."""
        return run_episodes(self.spec.world, self.policy, seeds)

    @cached_property
    def curve(self) -> list[dict[str, float]]:
        """The learning curve, one row an evaluation."""
        return read_curve(self.read("curve.csv").decode())

    @cached_property
    def checkpoints(self) -> list[Checkpoint]:
        """Policies on the way, by steps, the first and the last of the curve among them; none in older models."""
        if CHECKPOINTS not in self.files:
            return []
        self.read(CHECKPOINTS)
        return load_checkpoints(self.folder / CHECKPOINTS, self.spec.world)

    def verify(self) -> None:
        """Read every file once.

        Raises:
            InvalidInput: a file is missing or its checksum is wrong.
        """
        for name in self.files:
            self.read(name)

    def read(self, name: str) -> bytes:
        """A file's bytes, held against the manifest's checksum."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            raise InvalidInput("model_incomplete", folder=str(self.folder), reason=f"{name} is missing") from None
        if hashlib.sha256(data).hexdigest() != self.manifest["sha256"].get(name):  # a file without one is damaged, too
            raise InvalidInput("model_damaged", folder=str(self.folder), file=name)
        return data


def open_model(folder: Path, slug: str | None = None) -> Model:
    """The model in a folder.

    Raises:
        InvalidInput: the folder holds no model, its manifest is damaged, or its world is not registered.
    """
    manifest = read_json(folder / MANIFEST)
    if manifest is None:
        raise InvalidInput("model_incomplete", folder=str(folder), reason=f"{MANIFEST} is missing or unreadable")
    summary, sums = manifest.get("summary"), manifest.get("sha256")
    whole = isinstance(summary, dict) and isinstance(sums, dict) and isinstance(manifest.get("steps"), int)
    if whole:  # lists and verdicts read the scores from the manifest alone
        shown = (*find_world(manifest.get("env", DEFAULT_ID)).kind_rates, "native_return_mean")
        whole = all(isinstance(manifest["summary"].get(name), int | float) for name in shown)
    if not whole or not KEY.fullmatch(str(manifest.get("key"))):
        raise InvalidInput("model_incomplete", folder=str(folder), reason=f"{MANIFEST} lacks what lists show")
    return Model(folder, manifest, slug)


def write_curve(rows: Sequence[Mapping[str, float]]) -> str:
    """A learning curve as CSV."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def read_curve(text: str) -> list[dict[str, float]]:
    """The rows of a learning curve; a last line that is still being written is left out."""
    rows = []
    for row in csv.DictReader(io.StringIO(text)):
        try:
            rows.append({name: float(value) for name, value in row.items()})
        except (TypeError, ValueError):
            break
    return rows
