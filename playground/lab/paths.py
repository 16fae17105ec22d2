"""Where models and jobs live on disk, and how files are written there.

Shipped models lie in ``models/presets`` of a checkout, or inside the installed package. What a user trains
goes to ``$PLAYGROUND_HOME``, else to ``models/cache`` of the checkout, else to the user's data folder.

Leaves out: what the files mean.
"""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import platformdirs
import psutil

from playground.words.errors import InvalidInput

PACKAGE: Final = Path(__file__).resolve().parent.parent
CHECKOUT: Final = PACKAGE.parent


def shipped_folder() -> Path:
    """The folder of the shipped models."""
    installed = PACKAGE / "_shipped" / "presets"
    return installed if installed.is_dir() else CHECKOUT / "models" / "presets"


def app_script() -> Path:
    """The file that ``streamlit run`` starts."""
    installed = PACKAGE / "_shipped" / "streamlit_app.py"
    return installed if installed.is_file() else CHECKOUT / "streamlit_app.py"


def home_folder() -> Path:
    """The folder of everything that a user makes; it need not exist yet."""
    if home := os.environ.get("PLAYGROUND_HOME"):
        return Path(home).expanduser().absolute()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "models" / "cache"
    return platformdirs.user_data_path("reward-playground")


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


def available_cores() -> int:
    """Cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if psutil.LINUX else psutil.cpu_count() or 1
