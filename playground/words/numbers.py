"""How numbers are written: a real minus sign, no more digits than an amount deserves, and tables of them."""

from collections.abc import Sequence


def amount_words(value: float, sign: bool = True) -> str:
    """An amount as the player writes it.

    >>> amount_words(1234567.0), amount_words(-0.5), amount_words(12.345, sign=False)
    ('+1,234,567', '−0.500', '12.35')
    """
    size = abs(value)
    mark = "−" if value < 0 else "+" if sign and value > 0 else ""
    if size == 0:
        return "0"
    digits = 0 if size >= 1e4 else 1 if size >= 100 else 2 if size >= 1 else 3
    return mark + (f"{size:,.{digits}f}" if size >= 1e-3 else f"{size:.1e}".replace("-", "−"))


def signed(value: float, plain: bool) -> str:
    """A count of episodes, with its sign unless the sentence says it.

    >>> signed(12.0, True), signed(-3.0, False)
    ('12', '−3')
    """
    return f"{value:.0f}" if plain else f"{value:+.0f}".replace("-", "−")


def amount(value: float) -> str:
    """A return: no more digits than it deserves.

    >>> amount(-1234.5), amount(3.14159)
    ('−1,234', '3.1')
    """
    return f"{value:,.{0 if abs(value) >= 100 else 1}f}".replace("-", "−")


def table(rows: Sequence[Sequence[str]]) -> str:
    r"""Cells as a Markdown table, its head first; the first column to the left, the others to the right.

    >>> print(table([["model", "landed"], ["A|B", "97"]]))
    | model | landed |
    | :-- | --: |
    | A\|B | 97 |
    """
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| :-- |" + " --: |" * (len(rows[0]) - 1), *lines[1:]])
