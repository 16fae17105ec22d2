"""Numbers as people read them: one minus sign, few digits, nothing lost that counts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.words.numbers import (
    amount,
    amount_words,
    duration,
    fixed,
    percent,
    short,
    signed,
    size,
    spread,
    with_unit,
)

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
WRITERS = [amount, amount_words, percent, short, lambda v: fixed(v, 2), lambda v: fixed(v, 1, sign=True)]
WRITERS += [lambda v: signed(v, False), lambda v: with_unit(v, "m/s"), lambda v: spread([v, 0.0])]


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("write", WRITERS)
@given(value=NUMBERS)
def test_the_minus_sign_is_always_the_same(write, value):
    assert "-" not in write(value)
    assert not re.match(r"−[0.,]*( |$)", write(value)), "nothing has no sign"


@given(value=NUMBERS)
def test_a_short_number_has_three_significant_digits_and_is_near(value):
    text = short(value)
    assert read(text) == pytest.approx(value, rel=0.00501, abs=1e-300)
    digits = re.sub(r"e.*|[−,.+]", "", text).strip("0")
    assert len(digits) <= (4 if 1000 <= abs(value) < 10_000 else 3)


@given(value=NUMBERS, digits=st.integers(0, 4))
def test_a_fixed_number_is_off_by_no_more_than_half_of_its_last_digit(value, digits):
    assert abs(read(fixed(value, digits)) - value) <= 0.5 * 10**-digits + 1e-15 * abs(value)


@given(value=st.floats(0, 1e12))
def test_sizes_and_durations_have_units(value):
    assert size(value).endswith((" B", " KiB", " MiB"))
    assert re.fullmatch(r"(\d+:\d\d|\d+):\d\d", duration(value))
