"""How commands print and fail: words by default, one JSON object with ``--json``.

Leaves out: the commands.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playground.words.errors import InvalidInput

DONE, FAILED, BAD_INPUT = 0, 1, 2
"""Exit statuses."""


def fail(arguments: argparse.Namespace, message: str, status: int, code: str) -> int:
    """Say what went wrong, to people and, with ``--json``, to programs; the exit status."""
    if getattr(arguments, "json", False):
        print(json.dumps({"error": {"code": code, "message": message}}))
    print(f"playground: {message}", file=sys.stderr)
    return status


def put(arguments: argparse.Namespace, value: Any, lines: Sequence[str]) -> None:
    """Print the value as JSON if that was asked for, else the lines."""
    print(json.dumps(value) if arguments.json else "\n".join(lines))


def table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Rows of cells as aligned lines: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) for row in cells
    ]


def read_file(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput("cannot_read", file=str(path), reason=error.strerror) from None


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse an option that is out of range.

    Raises:
        InvalidInput: names it.
    """
    if not low <= value <= high:
        raise InvalidInput("out_of_range", field=name, low=low, high=high, value=value)
