"""How numbers are written: one minus sign, no more digits than a number deserves, and its unit.

Leaves out: numbers that programs read, which JSON and CSV write in full.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from statistics import median

MINUS = "−"
NOTHING = "–"
"""Stands where there is no number."""


def fixed(value: float, digits: int = 0, *, sign: bool = False) -> str:
    """A number with so many decimals; what rounds to zero has no sign.

    >>> fixed(-1234.56, 1), fixed(-0.04, 1), fixed(3, 0, sign=True)
    ('−1,234.6', '0.0', '+3')
    """
    text = f"{abs(value):,.{digits}f}"
    if not any(digit in "123456789" for digit in text):
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def short(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """A number with at most so many significant digits; whole numbers below 10,000 keep all of theirs.

    >>> short(1234.5), short(0.012345), short(-12.0), short(2_500_000.0), short(1.5e-7), short(0.0)
    ('1,234', '0.0123', '−12', '2,500,000', '1.5e−7', '0')
    """
    if value == 0:
        return "0"
    mark = MINUS if value < 0 else "+" if sign else ""
    size = abs(value)
    rounded = float(f"{size:.{digits - 1}e}")
    if rounded < 1e-4 or rounded >= 1e9:
        base, power = f"{rounded:.{digits - 1}e}".split("e")
        return f"{mark}{float(base):g}e{power[0] if power[0] == '-' else ''}{int(power[1:])}".replace("-", MINUS)
    if rounded >= 10 ** (digits - 1):
        return mark + f"{round(size) if size < 1e4 else round(rounded):,}"
    return mark + f"{rounded:.{digits + 4}f}".rstrip("0").rstrip(".")


def amount_words(value: float, sign: bool = True) -> str:
    """What a part paid, as the player writes it (``paidNumber`` in ``app/player/numbers.js``): halves are rounded up.

    >>> amount_words(1234567.0), amount_words(-0.5), amount_words(12.345, sign=False), amount_words(2.5e9)
    ('+1,234,567', '−0.500', '12.35', '+2.50e9')
    """
    size = abs(value)
    mark = MINUS if value < 0 else "+" if sign and value > 0 else ""
    if size == 0:
        return "0"
    exact = Decimal(size)
    with localcontext(rounding=ROUND_HALF_UP):
        if size >= 1e9 or size < 1e-3:
            return mark + f"{exact:.{2 if size >= 1 else 1}e}".replace("e+", "e").replace("-", MINUS)
        digits = 0 if size >= 1e4 else 1 if size >= 100 else 2 if size >= 1 else 3
        return mark + f"{exact:,.{digits}f}"


def signed(value: float, plain: bool) -> str:
    """A count of episodes, with its sign unless the sentence says it.

    >>> signed(12.0, True), signed(-3.0, False)
    ('12', '−3')
    """
    return fixed(value, sign=not plain)


def amount(value: float) -> str:
    """A return: whole from 100 on, else one decimal.

    >>> amount(-1234.5), amount(3.14159)
    ('−1,234', '3.1')
    """
    return fixed(value, 0 if abs(value) >= 100 else 1)


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage.

    >>> percent(0.975), percent(1.0)
    ('98 %', '100 %')
    """
    return f"{fixed(100 * share, digits)} %"


def duration(seconds: float) -> str:
    """A time as minutes and seconds.

    >>> duration(65.4), duration(5)
    ('1:05', '0:05')
    """
    whole = max(round(seconds), 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def size(number: float) -> str:
    """Bytes.

    >>> size(20_480), size(3_500_000), size(12)
    ('20 KiB', '3.3 MiB', '12 B')
    """
    if number < 1024:
        return f"{number:.0f} B"
    return f"{number / 1024:,.0f} KiB" if number < 2**20 else f"{number / 2**20:,.1f} MiB"


def spread(values: Sequence[float], digits: int = 0, to: str = "–") -> str:
    """Median, and the lowest and highest in brackets where they differ.

    >>> spread([3.0, 1.0, 2.0]), spread([])
    ('2 (1–3)', '–')
    """
    if not values:
        return NOTHING
    low, high = min(values), max(values)
    middle = fixed(float(median(values)), digits)
    return middle if low == high else f"{middle} ({fixed(low, digits)}{to}{fixed(high, digits)})"


def with_unit(value: float | None, unit: str, digits: int = 1) -> str:
    """A measure with its unit; a dash where there is none.

    >>> with_unit(1.234, "m/s", 2), with_unit(None, "s")
    ('1.23 m/s', '–')
    """
    return NOTHING if value is None or value != value else f"{fixed(value, digits)} {unit}"
