"""What may stand in a field of the notebook: texts of a length, plain objects, times in UTC.

Leaves out: which fields there are (``entry``, ``intent``).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from playground.words.errors import InvalidInput

LIMITS: Final = {"hypothesis": 300, "name": 80, "note": 4000}
"""Characters that people may write."""
OBJECT_LIMIT: Final = 64 * 1024
"""Characters of JSON in one field."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
CONTROL_IN_NOTES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""The same without tab and line feed."""


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def check_text(name: str, text: object) -> None:
    """Refuse what cannot stand in the notebook as the field ``name`` of ``LIMITS``.

    Raises:
        InvalidInput: no text, too long, or with a control character; only a note may have several lines.
    """
    if not isinstance(text, str):
        raise InvalidInput("not_text", field=name, value=text)
    if len(text) > LIMITS[name]:
        raise InvalidInput("too_long", field=name, limit=f"{LIMITS[name]:,}", size=f"{len(text):,}")
    if match := (CONTROL_IN_NOTES if name == "note" else CONTROL).search(text):
        raise InvalidInput("control_character", field=name, value=f"U+{ord(match[0]):04X}")


def dump_object(name: str, value: Mapping[str, Any]) -> str:
    """Canonical JSON of a field.

    Raises:
        InvalidInput: NaN, infinite, no plain values, or too large.
    """
    try:
        text = json.dumps(dict(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("not_plain", field=name) from None
    if len(text) > OBJECT_LIMIT:
        raise InvalidInput("too_long", field=name, limit=f"{OBJECT_LIMIT:,}", size=f"{len(text):,}")
    return text


def check_time(name: str, text: object) -> None:
    """Refuse what is no time in UTC.

    Raises:
        InvalidInput: it is not ISO 8601, or has another zone or none.
    """
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo != UTC:  # in one zone, the order of texts is the order of times
        raise InvalidInput("not_a_time", field=name, value=text)


def check_objects(value: object, *optional: object) -> None:
    """Refuse what is no JSON object.

    Args:
        value: must be one.
        optional: may be None instead.

    Raises:
        InvalidInput: one of them is something else.
    """
    for one in (value, *optional):
        if not isinstance(one, Mapping) and (one is not None or one is value):
            raise InvalidInput("not_an_object", value=one)
