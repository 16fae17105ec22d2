"""Models on disk: a folder each, named by the key of its spec.

A folder is filled beside its place and then renamed into it. What a home's other users and processes may do at the
same time is kept apart by locks in the home folder.

Leaves out: what is in a model's folder (``model``), and training.
"""

import errno
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from playground.lab.files import explain_os_errors, read_json
from playground.lab.locks import lock
from playground.lab.models.model import FILES, MANIFEST, OPTIONAL, SHORT, Model, open_model
from playground.lab.paths import home_folder, shipped_folder
from playground.training.spec import KEY, TrainSpec
from playground.words.errors import InvalidInput

JUST_NOW: Final = 2_000_000_000
"""Nanoseconds after a change in which a folder's time may not tell of the next one."""


class ModelStore:
    """All models: shipped ones and those in the user's home.

    Args:
        home: where trained models go; by default the user's.
        shipped: where shipped models are; by default this project's.
        env: the id of a world, if the models of all others shall not be seen.
    """

    def __init__(self, home: Path | None = None, shipped: Path | None = None, env: str | None = None) -> None:
        self.env = env
        self.home = home or home_folder()
        self.shipped = shipped or shipped_folder()

    def find(self, key: str) -> Model | None:
        """The whole model with this key, shipped or trained."""
        for model in self.list_shipped():
            if model.key == key:
                return model
        trained = _try_open(self.home / key) if KEY.fullmatch(key) else None
        return trained if trained is not None and trained.key == key and self._sees(trained) else None

    def _sees(self, model: Model) -> bool:
        return self.env in (None, model.env)

    def list_shipped(self) -> list[Model]:
        """The shipped models, by slug; looked up again only when their folder has changed."""
        try:
            changed = self.shipped.stat().st_mtime_ns
        except OSError:
            return []
        if time.time_ns() - changed < JUST_NOW:  # another change may follow that the clock cannot tell from this one
            return list(filter(self._sees, _models_in(self.shipped, shipped=True)))
        return list(filter(self._sees, _shipped_models(self.shipped, changed)))

    def list_trained(self) -> list[Model]:
        """What the user trained, newest first."""
        models = filter(self._sees, _models_in(self.home, shipped=False))
        return sorted(models, key=lambda model: str(model.manifest.get("created")), reverse=True)

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
        with explain_os_errors(self.home), lock(self.home, f"store-{key}"):  # one writer at a time
            return write_model(self.home / key, key, files, manifest)


def nearest_model(models: Iterable[Model], spec: TrainSpec) -> Model | None:
    """Of the models with the spec's world, algorithm and network, the one whose hundred episodes its reward pays best.

    None if no model has them; damaged models are passed over.
    """
    best: tuple[float, Model] | None = None
    for model in models:
        try:
            layers = model.env, model.spec.algorithm, model.spec.net_arch, model.spec.activation
            if layers == (spec.env, spec.algorithm, spec.net_arch, spec.activation):
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
    """Rename, unless the same model already exists; whatever else has the name stays, too."""
    existing = read_json(folder / MANIFEST)
    if existing is None and folder.name == key:
        shutil.rmtree(folder, ignore_errors=True)  # the rest of a deletion or of a crash: it does not exist
    try:
        temporary.rename(folder)  # onto nothing, or onto an empty folder
    except OSError as error:
        existing = read_json(folder / MANIFEST)
        if existing is not None and existing.get("key") == key:
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


@lru_cache(maxsize=4)
def _shipped_models(folder: Path, changed: int) -> tuple[Model, ...]:
    """The models of a folder that changed at that time."""
    return tuple(_models_in(folder, shipped=True))


def _try_open(folder: Path, slug: str | None = None) -> Model | None:
    try:
        manifest = (folder / MANIFEST).stat()
        return _opened(folder, slug, (manifest.st_mtime_ns, manifest.st_ino, manifest.st_size))
    except (OSError, ValueError):  # missing, or not whole
        return None


@lru_cache(maxsize=512)
def _opened(folder: Path, slug: str | None, manifest: tuple[int, ...]) -> Model:
    """A model that is opened once, and that keeps what was read of it, as long as its manifest stays the same."""
    return open_model(folder, slug)
