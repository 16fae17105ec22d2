"""Models on disk: a folder each, named by the key of its spec, whole if it has a manifest.

``spec.json`` says what was trained, ``policy.safetensors`` flies it, ``scorecard.json`` tells how well,
``curve.csv`` how it got there, ``model.zip`` is Stable-Baselines3's own file, and ``manifest.json``, written
last, holds the checksums. A folder is filled beside its place and then renamed into it. ``checkpoints.safetensors``
(policies on the way), ``events.tfevents`` (the curve for TensorBoard) and ``updates.safetensors`` (what some updates
learned from) may be missing.

Leaves out: training. Nothing here unpickles anything; ``model.zip`` is carried, never opened.
"""

import csv
import errno
import hashlib
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from playground.flight.policy import Checkpoint, Policy, load_checkpoints, load_policy
from playground.flight.scorecard import Scorecard, evaluate
from playground.lab.paths import explain_os_errors, home_folder, read_json, shipped_folder
from playground.reward.design import keys_of
from playground.training.spec import KEY, TrainSpec, parse_spec
from playground.words.errors import InvalidInput

MANIFEST: Final = "manifest.json"
FILES: Final = ("spec.json", "policy.safetensors", "scorecard.json", "curve.csv", "model.zip")
CHECKPOINTS: Final = "checkpoints.safetensors"
EVENTS: Final = "events.tfevents"
UPDATES: Final = "updates.safetensors"
OPTIONAL: Final = (CHECKPOINTS, EVENTS, UPDATES)
SHOWN: Final = ("landing_rate", "crash_rate", "timeout_rate", "native_return_mean")
"""Scores that lists and verdicts read from the manifest alone."""
UNKNOWN: Final = "unknown"
"""The manifest's ``reward`` where nobody said what an imported policy was trained on."""
SHORT: Final = 8
"""Letters of a key that people see."""


@dataclass(frozen=True)
class Model:
    """A trained model: a folder whose manifest is there."""

    folder: Path
    manifest: Mapping[str, Any]
    slug: str | None = None
    """The preset it ships with, or None for one that a user trained."""

    @property
    def key(self) -> str:
        """SHA-256 of the spec."""
        return str(self.manifest["key"])

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
            return Scorecard.from_json(value, self.spec.world)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(
                "model_incomplete", folder=str(self.folder), reason=f"scorecard.json: {error!r}"
            ) from None

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
        if hashlib.sha256(data).hexdigest() != self.manifest["sha256"].get(name):
            raise InvalidInput("model_damaged", folder=str(self.folder), file=name)
        return data


def open_model(folder: Path, slug: str | None = None) -> Model:
    """The model in a folder.

    Raises:
        InvalidInput: there is none, or its manifest is not one.
    """
    manifest = read_json(folder / MANIFEST)
    if manifest is None:
        raise InvalidInput("model_incomplete", folder=str(folder), reason=f"{MANIFEST} is missing or unreadable")
    summary, sums = manifest.get("summary"), manifest.get("sha256")
    whole = isinstance(summary, dict) and isinstance(sums, dict) and isinstance(manifest.get("steps"), int)
    whole = whole and all(isinstance(manifest["summary"].get(name), int | float) for name in SHOWN)
    if not whole or not KEY.fullmatch(str(manifest.get("key"))):
        raise InvalidInput("model_incomplete", folder=str(folder), reason=f"{MANIFEST} lacks what lists show")
    return Model(folder, manifest, slug)


class ModelStore:
    """The models at hand: shipped ones and those in the user's home.

    Args:
        home: where trained models go; by default the user's.
        shipped: where shipped models are; by default this project's.
    """

    def __init__(self, home: Path | None = None, shipped: Path | None = None) -> None:
        self.home = home or home_folder()
        self.shipped = shipped or shipped_folder()

    def find(self, key: str) -> Model | None:
        """The whole model with this key, shipped or trained."""
        for model in self.list_shipped():
            if model.key == key:
                return model
        found = _try_open(self.home / key) if KEY.fullmatch(key) else None
        return found if found is not None and found.key == key else None

    def list_shipped(self) -> list[Model]:
        """The shipped models, by slug."""
        return list(_models_in(self.shipped, shipped=True))

    def list_trained(self) -> list[Model]:
        """What the user trained, newest first."""
        return sorted(_models_in(self.home, shipped=False), key=lambda m: str(m.manifest.get("created")), reverse=True)

    def resolve(self, name: str) -> Model:
        """A model by preset name, key, first letters of a key, or folder.

        Raises:
            InvalidInput: none or several fit, or the folder is not whole.
        """
        for model in self.list_shipped():
            if name in (model.slug, model.key):
                return model
        with suppress(OSError):  # not even a possible path
            if (folder := Path(name)).is_dir():
                return open_model(folder)
        if re.fullmatch(r"[0-9a-f]{4,64}", name):
            models = (*self.list_trained(), *self.list_shipped())
            fitting = {model.key: model for model in models if model.key.startswith(name)}
            if len(fitting) > 1:
                raise InvalidInput("ambiguous_model", value=name)
            if fitting:
                return fitting.popitem()[1]
        raise InvalidInput("unknown_model", value=name)

    def delete(self, key: str) -> None:
        """Remove a trained model.

        Raises:
            InvalidInput: it is shipped, unknown, or the folder cannot be written to.
        """
        if any(model.key == key for model in self.list_shipped()):
            raise InvalidInput("shipped_model", value=key[:SHORT])
        folder = self.home / key
        if not KEY.fullmatch(key) or not folder.is_dir():
            raise InvalidInput("unknown_model", value=key[:SHORT])
        with explain_os_errors(self.home):
            (folder / MANIFEST).unlink(missing_ok=True)  # from here on it does not exist
            shutil.rmtree(folder)

    def add(self, key: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Model:
        """Store a trained model in the user's home; if another process was first, keep that one."""
        with FileLock(Path(tempfile.gettempdir(), f"reward-playground-{key[:32]}.lock")):  # one writer at a time
            return write_model(self.home / key, key, files, manifest)


def nearest_model(models: Iterable[Model], spec: TrainSpec) -> Model | None:
    """Of the models with the spec's algorithm and network, the one whose hundred episodes its reward pays best.

    None if there is none; damaged models are passed over.
    """
    best: tuple[float, Model] | None = None
    for model in models:
        try:
            layers = model.spec.algorithm, model.spec.net_arch, model.spec.activation
            if layers == (spec.algorithm, spec.net_arch, spec.activation):
                pays = float(model.scorecard.returns(spec.reward).mean())
                if best is None or pays > best[0]:
                    best = pays, model
        except InvalidInput:
            continue
    return None if best is None else best[1]


def write_model(folder: Path, key: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Model:
    """Write a model folder beside its place and rename it into place.

    Args:
        folder: where the model belongs.
        key: of its spec.
        files: bytes by name, all of ``FILES`` and any of ``OPTIONAL``.
        manifest: what to record besides key and checksums; needs ``summary``.

    Raises:
        InvalidInput: no permission, no space, or a folder with something else in it; nothing half-written is left.
    """
    if not set(FILES) <= set(files) <= {*FILES, *OPTIONAL}:
        raise ValueError(f"a model has the files {FILES} and may have {OPTIONAL}, got {tuple(files)}")
    with explain_os_errors(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
        try:
            temporary.chmod(0o755)
            for name, data in files.items():
                (temporary / name).write_bytes(data)
            sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            whole = {"schema": 1, "key": key, "sha256": sums, **manifest}
            (temporary / MANIFEST).write_text(json.dumps(whole, indent=2))
            _move_into_place(temporary, folder, key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return _try_open(folder) or Model(folder, whole)


def _move_into_place(temporary: Path, folder: Path, key: str) -> None:
    """Rename, unless the same model is there already; whatever else is there stays, too."""
    there = read_json(folder / MANIFEST)
    if there is None and folder.name == key:
        shutil.rmtree(folder, ignore_errors=True)  # the rest of a deletion or of a crash: it does not exist
    try:
        temporary.rename(folder)  # onto nothing, or onto an empty folder
    except OSError as error:
        there = read_json(folder / MANIFEST)
        if there is not None and there.get("key") == key:
            return
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise InvalidInput("folder_taken", folder=str(folder)) from None
        raise


def _models_in(folder: Path, shipped: bool) -> Iterator[Model]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if shipped or KEY.fullmatch(path.name):
            model = _try_open(path, path.name if shipped else None)
            if model is not None:
                yield model


def _try_open(folder: Path, slug: str | None = None) -> Model | None:
    try:
        return open_model(folder, slug)
    except InvalidInput:
        return None


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
