"""The notebook's file: an SQLite database that several processes and threads read and write at once.

Every piece of work has a connection of its own and one short transaction, so nothing is shared between threads and a
file that is moved away is not written to any more. SQLite's write-ahead log lets readers and a writer go on together;
who finds the file locked tries again. The file's version is its ``user_version``: the number of migrations it has had.

Leaves out: what is in it (``notebook``).
"""

import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from playground.lab.files import explain_os_errors
from playground.words.errors import InvalidInput

T = TypeVar("T")
PATIENCE: Final = 10.0
"""Seconds to go on trying while others hold the file."""
ONE_TRY: Final = 0.2
"""Seconds that SQLite waits by itself. One long wait would not do: it is passed over where several processes make the
file and turn its log on at once, and then a write would be lost."""
LOCKED: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
DENIED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH}
FAILED: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT}
LOG_FILES: Final = ("-wal", "-shm")
"""Endings of the write-ahead log and its index, beside the file."""


class Database:
    """One SQLite file.

    Args:
        path: the file; it is made by the first write.
        migrations: the statements that lead from each version to the next, beginning with an empty file.
        patience: seconds to go on trying while others hold the file.
    """

    def __init__(self, path: Path, migrations: Sequence[Sequence[str]], patience: float = PATIENCE) -> None:
        self.path, self.migrations, self.patience = path, migrations, patience

    def read(self, work: Callable[[sqlite3.Connection], T], empty: T) -> T:
        """What ``work`` returns, or ``empty`` if the file does not exist yet.

        Raises:
            InvalidInput: locked, damaged, denied, or from a newer version.
        """
        with explain_os_errors(self.path.parent):
            if not self.path.exists():
                return empty
        return self._try(work, writing=False)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` in one transaction: all of it happens, or nothing.

        Raises:
            InvalidInput: locked, damaged, denied, disk full, or from a newer version.
        """
        with explain_os_errors(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        return self._try(work, writing=True)

    def check(self) -> None:
        """Look through the whole file.

        Raises:
            InvalidInput: locked, damaged, denied, or from a newer version.
        """
        answer = self.read(lambda connection: connection.execute("PRAGMA quick_check(1)").fetchone()[0], "ok")
        if answer != "ok":
            raise InvalidInput("notebook_damaged", file=str(self.path), reason=answer)

    def move_aside(self) -> Path:
        """Rename the file, its log with it, so that a new one can begin; the new name.

        Raises:
            InvalidInput: the folder cannot be written to.
        """
        stem = f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        aside = self.path.with_name(stem + self.path.suffix)
        with explain_os_errors(self.path.parent):
            for ending in (*LOG_FILES, ""):  # the log first: it must never meet a new file
                if (part := self.path.with_name(self.path.name + ending)).exists():
                    part.rename(aside.with_name(aside.name + ending))
        return aside

    def _try(self, work: Callable[[sqlite3.Connection], T], writing: bool) -> T:
        deadline = time.monotonic() + self.patience
        mode = "mode=rwc" if writing else "mode=rw"
        while True:
            try:
                with closing(self._connect(mode)) as connection:  # closing forgets what was not committed
                    self._migrate(connection)
                    if not writing:
                        return work(connection)
                    connection.execute("BEGIN IMMEDIATE")
                    result = work(connection)
                    connection.execute("COMMIT")
                    return result
            except sqlite3.Error as error:
                if code_of(error) in DENIED and mode == "mode=rw" and not self._log().exists():
                    mode = "immutable=1"  # no log can be made here, so nobody writes: the file is read as it stands
                elif code_of(error) not in LOCKED or time.monotonic() > deadline:
                    raise self._explain(error) from None
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - so that two do not meet again and again

    def _log(self) -> Path:
        return self.path.with_name(self.path.name + LOG_FILES[0])

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(address, uri=True, timeout=ONE_TRY, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        known = len(self.migrations)
        if self._version(connection) == known:
            return
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(self._version(connection), known):  # looked up again: another process may have been first
            for statement in self.migrations[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute("COMMIT")

    def _version(self, connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(self.migrations):
            raise InvalidInput("notebook_newer", file=str(self.path), value=version, known=len(self.migrations))
        return version

    def _explain(self, error: sqlite3.Error) -> InvalidInput:
        """The error in words that say what to do."""
        code, file = code_of(error), str(self.path)
        if code in LOCKED:
            return InvalidInput("notebook_locked", file=file)
        if code in DENIED:
            return InvalidInput("notebook_denied", file=file, reason=str(error))
        if code == sqlite3.SQLITE_FULL:
            return InvalidInput("disk_full", folder=str(self.path.parent))
        if code in FAILED:
            return InvalidInput("cannot_read", file=file, reason=str(error))
        return InvalidInput("notebook_damaged", file=file, reason=str(error))


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code; that of an error in the file where Python knows none, as for text that is none."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF
