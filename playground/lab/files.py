"""Read and write small files: in one step, and with words for what goes wrong.

Leaves out: where files are (``paths``) and what they mean.
"""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playground.words.errors import InvalidInput


@contextmanager
def explain_os_errors(folder: Path) -> Iterator[None]:
    """Turn a failed write into words that say what to do.

    Raises:
        InvalidInput: no permission, disk full, or the system's own reason.
    """
    try:
        yield
    except TimeoutError:  # a lock that is held is no fault of the folder
        raise
    except PermissionError:
        raise InvalidInput("no_permission", folder=str(folder)) from None
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS):
            raise InvalidInput("no_permission", folder=str(folder)) from None
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InvalidInput("disk_full", folder=str(folder)) from None
        raise InvalidInput("cannot_write", folder=str(folder), reason=error.strerror or repr(error)) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new ones, never half.

    Raises:
        InvalidInput: the folder cannot be written to.
    """
    with explain_os_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a small JSON file; None if it is missing or not whole."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
