"""Tables of words and numbers: as Markdown, or aligned for a terminal."""

import unicodedata
from collections.abc import Collection, Sequence


def to_markdown(rows: Sequence[Sequence[str]]) -> str:
    r"""Cells as a Markdown table, its head first; the first column to the left, the others to the right.

    >>> print(to_markdown([["model", "landed"], ["A|B", "97"]]))
    | model | landed |
    | :-- | --: |
    | A\|B | 97 |
    """
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| :-- |" + " --: |" * (len(rows[0]) - 1), *lines[1:]])


def to_lines(rows: Sequence[Sequence[object]], left: Collection[int] = (0,)) -> list[str]:
    """Cells as aligned lines for a terminal.

    Args:
        rows: of as many cells each.
        left: the columns that are aligned to the left; the others are to the right.

    >>> to_lines([["model", "landed"], ["A", 97]])
    ['model  landed', 'A          97']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    lines = [
        "  ".join(_padded(cell, wide, i in left) for i, (cell, wide) in enumerate(zip(row, widths))) for row in cells
    ]
    return [line.rstrip() for line in lines]


def width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a Chinese character.

    >>> width("a着")
    3
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(cell: str, wide: int, left: bool) -> str:
    space = " " * (wide - width(cell))
    return cell + space if left else space + cell
