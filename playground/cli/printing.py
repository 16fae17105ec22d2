"""How commands print and fail: text by default, one JSON object with ``--json``.

Leaves out: the commands.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from playground.words.say import FALLBACK

DONE, FAILED, BAD_INPUT = 0, 1, 2
"""Exit statuses."""


def put(arguments: argparse.Namespace, value: Any, lines: Sequence[str]) -> None:
    """Print the value as JSON if that was asked for, else the lines."""
    print(json.dumps(value) if arguments.json else "\n".join(line.rstrip() for line in lines))


def fail(arguments: argparse.Namespace, code: str, message: Callable[[str], str], status: int = FAILED) -> int:
    """Print what went wrong: to people in their language and, with ``--json``, to programs in English.

    Args:
        arguments: of the command.
        code: what programs know it by.
        message: the sentence in a language.
        status: to return.
    """
    if arguments.json:
        print(json.dumps({"error": {"code": code, "message": message(FALLBACK)}}))
    print(f"playground: {message(arguments.lang)}", file=sys.stderr)
    return status
