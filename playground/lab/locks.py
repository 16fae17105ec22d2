"""Locks that processes hold on a home folder; the system frees them when their process dies.

They live in the home folder itself: what lies in a folder that all users of a machine share can be taken by any of
them. Users who share a home share its locks.

Leaves out: what each lock means (``store``, ``queue_local``, ``scheduler``, ``notebook``).
"""

from pathlib import Path
from typing import Final

from filelock import FileLock

from playground.lab.files import explain_os_errors

FOLDER: Final = "locks"
SHARED: Final = 0o666
"""A lock's file may be opened by whoever may enter the home: the group that shares it, for instance."""


def lock(home: Path, name: str) -> FileLock:
    """A lock of a home folder, not held yet.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """
    folder = home / FOLDER
    with explain_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{name}.lock", mode=SHARED)
