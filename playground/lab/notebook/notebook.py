"""The lab notebook: every training and comparison, what was meant by it, what came of it, and what people add.

It is a database beside the models, and the models stay the truth: `Notebook.rebuild` writes it again from them.
A training writes its own entry when it begins and when it ends. A model found in the cache makes no entry, and shipped
models have none, as nobody trained them here; they may be parents.

Leaves out: the file and its locks (``database``), and what one entry is (``entry``).
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from playground.lab.locks import lock
from playground.lab.models.model import MANIFEST, Model
from playground.lab.models.store import ModelStore
from playground.lab.notebook.database import PATIENCE, Database
from playground.lab.notebook.entry import ENTRY_KEY, Entry, result_of, training_entry
from playground.lab.notebook.fields import dump_object
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.spreadsheet import to_csv
from playground.lab.notebook.tree import Branch, arrange
from playground.lab.queue.job_folder import JobFolder
from playground.training.spec import TrainSpec, parse_spec
from playground.words.errors import InvalidInput

FILE: Final = "notebook.sqlite3"
MIGRATIONS: Final = (
    (
        """CREATE TABLE entries (
            key TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            created TEXT NOT NULL,
            hypothesis TEXT NOT NULL,
            parent TEXT NOT NULL,
            change TEXT NOT NULL,
            prediction TEXT,
            result TEXT,
            spec TEXT NOT NULL,
            name TEXT NOT NULL,
            note TEXT NOT NULL,
            starred INTEGER NOT NULL,
            archived INTEGER NOT NULL
        )""",
        "CREATE INDEX entries_by_time ON entries (created)",
    ),
)
"""Only ever added to: a file's version says how many of these it has had."""

RECORD: Final = """
INSERT INTO entries VALUES (
    :key, :kind, :state, :created, :hypothesis, :parent, :change, :prediction, :result, :spec,
    :name, :note, :starred, :archived
)
ON CONFLICT (key) DO UPDATE SET
    kind = excluded.kind,
    state = excluded.state,
    created = excluded.created,
    hypothesis = iif(excluded.hypothesis = '', hypothesis, excluded.hypothesis),
    parent = iif(excluded.parent = '', parent, excluded.parent),
    change = iif(excluded.parent = '', change, excluded.change),
    prediction = coalesce(excluded.prediction, prediction),
    result = excluded.result,
    spec = excluded.spec
"""
"""What people added stays, and so does what the new entry leaves empty."""

FIND: Final = """
SELECT * FROM entries
WHERE (:kind IS NULL OR kind = :kind)
    AND (:starred IS NULL OR starred = :starred)
    AND (:archived IS NULL OR archived = :archived)
    AND (NOT :searching OR matches(name, hypothesis, note, key, change))
ORDER BY created DESC, rowid DESC
LIMIT :limit OFFSET :offset
"""
EDIT: Final = """
UPDATE entries SET
    name = coalesce(:name, name), note = coalesce(:note, note),
    starred = coalesce(:starred, starred), archived = coalesce(:archived, archived)
WHERE key = :key
"""
FINISH: Final = "UPDATE entries SET state = :state, result = :result WHERE key = :key"
SETTLE: Final = FINISH + " AND state = :before"  # another process may have ended it meanwhile


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild has written and kept."""

    models: int
    """Trained models whose entries were written."""
    kept: int
    """Entries that existed before."""
    aside: Path | None
    """Where the old file is, if it was damaged."""


class Notebook:
    """The notebook of one home folder, as any process and thread may read and write it.

    Every method raises `InvalidInput` if the file is locked for too long, damaged, denied, or from a newer version.

    Args:
        store: the models; its home holds the notebook.
        patience: seconds to go on trying while others hold the file.
    """

    def __init__(self, store: ModelStore | None = None, patience: float = PATIENCE) -> None:
        self.store = store or ModelStore()
        self.database = Database(self.store.home / FILE, MIGRATIONS, patience)

    def record(self, *entries: Entry) -> None:
        """Add entries, or begin them again; what people added stays, and so do hypothesis and parent if left empty."""
        rows = [_row(entry) for entry in entries]
        self.database.write(lambda connection: connection.executemany(RECORD, rows))

    def finish(self, key: str, result: Mapping[str, Any] | None, state: str = "done") -> None:
        """End an entry.

        Raises:
            InvalidInput: no entry has this key.
        """
        self._update(FINISH, _row(replace(self.get(key), result=result, state=state)))

    def edit(
        self,
        key: str,
        *,
        name: str | None = None,
        note: str | None = None,
        starred: bool | None = None,
        archived: bool | None = None,
    ) -> Entry:
        """Change what people add to an entry; None leaves it as it is.

        Raises:
            InvalidInput: no or several entries fit the key, or a text cannot stand in the notebook.
        """
        given: dict[str, Any] = {"name": name, "note": note, "starred": starred, "archived": archived}
        entry = self.get(key)
        edited = replace(entry, **{field: value for field, value in given.items() if value is not None})
        self._update(EDIT, given | {"key": entry.key})
        return edited

    def get(self, key: str) -> Entry:
        """The entry with a key that begins like this.

        Raises:
            InvalidInput: no entry fits, or several do.
        """
        if not ENTRY_KEY.fullmatch(key):
            raise InvalidInput("unknown_entry", value=key)
        find = "SELECT * FROM entries WHERE key >= ? AND key < ? || '~' ORDER BY key LIMIT 2"
        fitting = self._select(find, (key, key))
        if not fitting:
            raise InvalidInput("unknown_entry", value=key)
        if len(fitting) > 1 and fitting[0].key != key:
            raise InvalidInput("ambiguous_entry", value=key)
        return fitting[0]

    def entries(
        self,
        query: str = "",
        *,
        kind: str | None = None,
        starred: bool | None = None,
        archived: bool | None = False,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Entry]:
        """Entries, newest first.

        Args:
            query: words that must all occur in name, hypothesis, note, key or change, in any case.
            kind: one of ``KINDS``; None for all, as in the next two.
            starred: with or without a star.
            archived: put away or not.
            limit: at most so many.
            offset: leave out so many before.
        """
        words = query.encode(errors="replace").decode().casefold().split()
        values = {
            "kind": kind,
            "starred": starred,
            "archived": archived,
            "searching": bool(words),
            "limit": -1 if limit is None else limit,
            "offset": offset,
        }

        def matches(*texts: str) -> bool:
            text = "\n".join(texts).casefold()
            return all(word in text for word in words)

        return self._select(FIND, values, matches)

    def tree(self, archived: bool | None = False) -> list[Branch]:
        """The trainings as a tree of designs, line by line, each after its parent; what it changed is in the entry."""
        return arrange(self.entries(kind="training", archived=archived))

    def export_csv(self) -> str:
        """Every entry as CSV, newest first; see `to_csv` for cells that a spreadsheet would run."""
        return to_csv(self.entries(archived=None))

    def find_design(self, name: str) -> str:
        """The key of a design: a model by any of its names, or a training whose model is gone.

        Raises:
            InvalidInput: none or several fit.
        """
        try:
            return self.store.resolve(name).key
        except InvalidInput as unknown:
            if unknown.code != "unknown_model":
                raise
            try:
                return self.get(name).key
            except InvalidInput as error:
                raise (unknown if error.code == "unknown_entry" else error) from None

    def spec_of(self, key: str) -> TrainSpec | None:
        """The spec of a design, if its model or its entry still exists."""
        with suppress(InvalidInput):
            model = self.store.find(key)
            return model.spec if model is not None else parse_spec(self.get(key).spec)
        return None

    def settle(self) -> None:
        """Correct trainings that say running or done, where job and model say otherwise.

        A process that was killed cannot write that, and a folder that was removed does not either.
        """
        shipped = {model.key for model in self.store.list_shipped()}
        corrected = []
        for entry in self.entries(kind="training", archived=None):
            exists = entry.key in shipped or (self.store.home / entry.key / MANIFEST).is_file()
            state, result = entry.state, entry.result
            if exists and state != "done":
                model = self.store.find(entry.key)
                if model is not None:
                    state, result = "done", result_of(model.manifest)
            elif not exists and state == "done":
                state = "deleted"
            elif not exists and state == "running":
                job = JobFolder(self.store.home, entry.key).look()
                if job is None or job.state not in ("queued", "running"):
                    state = "interrupted" if job is None else job.state
            if state != entry.state:
                corrected.append(_row(replace(entry, state=state, result=result)) | {"before": entry.state})
        if corrected:
            self.database.write(lambda connection: connection.executemany(SETTLE, corrected))

    def rebuild(self) -> Rebuilt:
        """Write every trained model's entry again from its folder; comparisons and what people added are kept.

        A damaged file is moved aside, never deleted, and what can still be read of it goes into the new one.

        Raises:
            InvalidInput: another rebuild is at work.
        """
        try:
            with lock(self.store.home, "notebook").acquire(timeout=self.database.patience):
                kept, aside = self._rescue()
                made = [entry for model in reversed(self.store.list_trained()) if (entry := entry_of(model))]
                self.record(*(kept if aside else ()), *made)
                self.settle()
                return Rebuilt(len(made), len(kept), aside)
        except Timeout:
            raise InvalidInput("notebook_locked", file=str(self.database.path)) from None

    def _rescue(self) -> tuple[list[Entry], Path | None]:
        """The entries that can be read, and where the file is now if it was damaged."""
        try:
            self.database.check()
            return self.entries(archived=None), None
        except InvalidInput as error:
            if error.code != "notebook_damaged":
                raise
        kept: dict[str, Entry] = {}
        with suppress(InvalidInput):
            self.database.read(lambda connection: _salvage(connection, kept), None)
        return list(kept.values()), self.database.move_aside()

    def _select(self, find: str, values: Any, matches: Callable[..., bool] | None = None) -> list[Entry]:
        def work(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            if matches is not None:
                connection.create_function("matches", -1, matches)
            return connection.execute(find, values).fetchall()

        rows: list[sqlite3.Row] = self.database.read(work, [])
        try:
            return [_entry(row) for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("notebook_damaged", file=str(self.database.path), reason=str(error)) from None

    def _update(self, update: str, values: Mapping[str, Any]) -> None:
        if self.database.write(lambda connection: connection.execute(update, values).rowcount) == 0:
            raise InvalidInput("unknown_entry", value=values["key"])


def entry_of(model: Model) -> Entry | None:
    """The entry of a trained model, from its folder alone; None if its spec is damaged."""
    intent = Intent.from_json(model.manifest.get("notebook"))
    with suppress(InvalidInput):
        finished = Intent.from_json({"asked": model.manifest.get("created")})  # of models older than the notebook
        return training_entry(model.spec, intent.updated(finished), "done", result_of(model.manifest))
    return None


def _row(entry: Entry) -> dict[str, Any]:
    """An entry as the database holds it."""
    objects = {name: getattr(entry, name) for name in ("change", "prediction", "result")}
    texts = {name: None if value is None else dump_object(name, value) for name, value in objects.items()}
    return {**vars(entry), **texts}


def _entry(row: sqlite3.Row) -> Entry:
    """The entry in a row.

    Raises:
        InvalidInput: (or another `ValueError`, or `TypeError`) the row was not written by this class.
    """
    values = dict(row)
    for name in ("change", "prediction", "result"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return Entry(**values | {name: bool(values[name]) for name in ("starred", "archived")})


def _salvage(connection: sqlite3.Connection, kept: dict[str, Entry]) -> None:
    """Read a damaged file's rows from both ends up to the damage; rows that are none are passed over."""
    connection.text_factory = lambda text: text.decode(errors="replace")
    for direction in ("SELECT * FROM entries ORDER BY rowid", "SELECT * FROM entries ORDER BY rowid DESC"):
        with suppress(sqlite3.Error):
            for row in connection.execute(direction):
                with suppress(KeyError, TypeError, ValueError):
                    kept[row["key"]] = _entry(row)
