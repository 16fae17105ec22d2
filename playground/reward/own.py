"""A term of one's own: an expression with a name, a form and a weight.

Leaves out: the language (``expression``), and the terms that a world declares (``term``).
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from playground.reward.expression.program import Program, program_of, read_cached
from playground.reward.expression.syntax import Tree, check_name
from playground.reward.expression.vocabulary import Vocabulary
from playground.reward.term import FORMS, WEIGHT_LIMIT, Form, Slider, Term
from playground.words.errors import InvalidInput

MAX_TERMS: Final = 24
"""Of one's own, in one design."""
COLOURS: Final = ("#d946ef", "#06b6d4", "#a16207", "#f472b6", "#65a30d", "#6366f1", "#fb7185", "#0d9488")
"""Of own terms, in their order; they differ from those of the worlds' terms."""


@dataclass(frozen=True)
class OwnTerm:
    """One own term; whether its expression can be read is checked by the design that it belongs to.

    Raises:
        InvalidInput: a weight that is no number, or an unknown form.
    """

    name: str
    """Its key in ``info``, tables and legends."""
    expression: str
    """In the language of ``expression``."""
    form: Form = "state"
    """How it pays."""
    weight: float = 1.0
    """May be below 0."""

    def __post_init__(self) -> None:
        for field in ("name", "expression"):
            if not isinstance(getattr(self, field), str):
                raise InvalidInput("not_text", field=field, value=getattr(self, field))
        if self.form not in FORMS:
            raise InvalidInput("not_a_choice", field="form", value=self.form, choices=", ".join(FORMS))
        check_weight(f"{self.name}.weight", self.weight)

    def tree(self, vocabulary: Vocabulary) -> Tree:
        """Its expression, read.

        Raises:
            InvalidInput: what is wrong, with line and column.
        """
        return read_cached(self.expression, vocabulary)

    def program(self, vocabulary: Vocabulary) -> Program:
        """It alone, ready to be evaluated.

        Raises:
            InvalidInput: the expression cannot be read, or cannot pay in this form.
        """
        return program_of(((self.expression, self.form),), vocabulary)

    def to_fields(self) -> dict[str, Any]:
        """Plain values, as they stand in a file."""
        return {
            "name": self.name,
            "expression": self.expression,
            "form": self.form,
            "weight": float(self.weight) + 0.0,
        }


def check_weight(name: str, value: object) -> None:
    """Refuse a weight that a design cannot hold.

    Raises:
        InvalidInput: names it and says what it must be.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidInput("not_a_number", field=name, value=value)
    if isinstance(value, np.integer | np.floating):
        value = value.item()
    if not -WEIGHT_LIMIT <= value <= WEIGHT_LIMIT:  # false for NaN, too; whole numbers of any size compare
        finite = isinstance(value, int) or math.isfinite(value)
        raise InvalidInput("too_large" if finite else "not_finite", field=name, value=value, limit="1,000,000")


def term_of(own: OwnTerm, position: int) -> Term:
    """The term that tables, sliders and charts show."""
    size = 10.0 ** math.ceil(math.log10(max(abs(own.weight), 1.0)))
    slider = Slider(-size if own.weight < 0 else 0.0, size, size / 1000)
    return Term(
        key=own.name,
        weight=own.name,
        sign=1,
        colour=COLOURS[position % len(COLOURS)],
        sliders=dict.fromkeys(FORMS, slider),
        label={"en": own.name, "zh": own.name},
        help={"en": own.expression, "zh": own.expression},
        own=True,
    )


def check_own_terms(terms: object, vocabulary: Vocabulary | None, taken: frozenset[str]) -> None:
    """Refuse own terms that a design cannot have.

    Args:
        terms: what was given.
        vocabulary: of the design's world; None where a world has no language.
        taken: names that they may not have: built-in terms and fields.

    Raises:
        InvalidInput: which term, and what is wrong with it.
    """
    if not isinstance(terms, tuple) or not all(isinstance(term, OwnTerm) for term in terms):
        raise InvalidInput("not_own_terms", value=terms)
    if not terms:
        return
    if vocabulary is None:
        raise InvalidInput("no_language")
    if len(terms) > MAX_TERMS:
        raise InvalidInput("too_many_terms", count=len(terms), limit=MAX_TERMS)
    names: set[str] = set()
    for term in terms:
        check_name(term.name, vocabulary, taken)
        if term.name in names:
            raise InvalidInput("own_name_twice", value=term.name)
        names.add(term.name)
