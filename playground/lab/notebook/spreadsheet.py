"""The notebook as CSV, safe to open in a spreadsheet.

Leaves out: which entries (``notebook``).
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Final

from playground.lab.notebook.entry import RESULTS, Entry

FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""How a cell begins that a spreadsheet may take for a formula."""
COLUMNS: Final = tuple(f.name for f in fields(Entry) if f.name not in ("result", "spec"))


def to_csv(entries: Iterable[Entry]) -> str:
    """Entries as CSV, a result's figures in columns of their own.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *RESULTS, "message", "spec"])
    for entry in entries:
        result = entry.result or {}
        own = [getattr(entry, name) for name in COLUMNS]
        writer.writerow([_cell(v) for v in (*own, *(result.get(name) for name in (*RESULTS, "message")), entry.spec)])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, Mapping | list):
        value = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
