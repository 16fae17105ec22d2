"""Trainings as a tree of designs, each below the one that it was changed from.

Leaves out: drawing it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from playground.lab.notebook.entry import Entry


@dataclass(frozen=True)
class Branch:
    """An entry in the tree of designs."""

    depth: int
    """0 for a root."""
    entry: Entry


def arrange(entries: Iterable[Entry]) -> list[Branch]:
    """Entries as a tree, written down line by line: each one after its parent, siblings from old to new.

    An entry whose parent is not among them is a root. A ring of parents is cut open at its oldest entry.
    """
    ordered = sorted(entries, key=lambda entry: (entry.created, entry.key))
    known = {entry.key for entry in ordered}
    children: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in ordered:
        children[entry.parent].append(entry)
    placed: set[str] = set()
    lines: list[Branch] = []
    for root in (*(entry for entry in ordered if entry.parent not in known), *ordered):  # the second round: rings
        waiting = [Branch(0, root)]
        while waiting:
            branch = waiting.pop()
            if branch.entry.key not in placed:
                placed.add(branch.entry.key)
                lines.append(branch)
                waiting += [Branch(branch.depth + 1, child) for child in reversed(children[branch.entry.key])]
    return lines
