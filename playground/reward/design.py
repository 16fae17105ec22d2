"""A design: a world's terms, each with its weight, and how they pay.

Each world declares a frozen dataclass that inherits `Design`. A field made by ``term.weight`` carries its term as
metadata, so that the class is the one place in which a term, its weight, its slider and its words stand together.
Everything downstream reads ``design.parts`` or ``terms_of(kind)``, never a list of its own.

Leaves out: accounting (``account``), and reading and writing (``codec``).
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, Self, TypeVar

import numpy as np

from playground.reward.term import FORMS, WEIGHT_LIMIT, Floats, Form, Term
from playground.words.errors import InvalidInput
from playground.words.say import label, say

ENV_KEY: Final = "env_reward"
"""The part that is Gymnasium's own reward."""


@dataclass(frozen=True, eq=False)
class Part:
    """One addend of the reward that training sees."""

    key: str
    term: Term | None
    """None for Gymnasium's own reward."""
    factor: float
    """Signed and scaled: the raw component times this is what the part pays."""


class Design:
    """What every world's reward has; a subclass is a frozen dataclass with these four fields and its weights."""

    env_id: ClassVar[str]
    """The Gymnasium environment that it is for."""
    replace_reward: bool
    """True: train on this reward. False: train on Gymnasium's and only log the components."""
    scale: float
    """Multiplies all terms, but not ``w_env``."""
    form: Form
    w_env: float
    """Weight of Gymnasium's own reward, added to the terms."""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():  # type: ignore[call-overload]
            check_field(type(self), name, value)

    @property
    def terms(self) -> tuple[Term, ...]:
        """In the order of tables and charts; the outcome terms come last."""
        return terms_of(type(self))

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the parts: the columns of every breakdown."""
        return keys_of(self.terms)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The terms and then Gymnasium's own reward, as training sees them."""
        return (
            *(
                Part(term.key, term, factor)
                for term, factor in zip(self.terms, self.factors[:-1].tolist(), strict=True)
            ),
            Part(ENV_KEY, None, float(self.factors[-1])),
        )

    @cached_property
    def factors(self) -> Floats:
        """``(parts,)``: signed factor of each part in the reward that training sees, scale included.

        With ``replace_reward=False`` only Gymnasium's reward counts.
        """
        if not self.replace_reward:
            return np.array([0.0] * len(self.terms) + [1.0])
        return np.append(self.shaping_factors, self.w_env)

    @cached_property
    def shaping_factors(self) -> Floats:
        """``(terms,)``: signed, scaled weight of each term, whether or not training sees it."""
        return np.array([self.scale * term.sign * self.weight_of(term) for term in self.terms], np.float64)

    def changed(self, **changes: Any) -> Self:
        """The design with some fields changed.

        Raises:
            InvalidInput: names the field that cannot have its new value.
        """
        design: Self = dataclasses.replace(self, **changes)  # type: ignore[type-var]
        return design

    def weight_of(self, term: Term) -> float:
        """The weight as its slider shows it, unsigned and unscaled."""
        return float(getattr(self, term.weight))

    def term(self, key: str) -> Term | None:
        """The term of a part; None for Gymnasium's own reward.

        Raises:
            KeyError: there is no such part.
        """
        return None if key == ENV_KEY else by_key(type(self))[key]

    def part_name(self, key: str, lang: str) -> str:
        """A part's short name: its term's label, or what Gymnasium's own reward is called.

        Raises:
            KeyError: there is no such part.
        """
        term = self.term(key)
        return say("part.env_reward", lang) if term is None else label(term.label, lang)

    def weight_names(self, lang: str) -> dict[str, str]:
        """By field, what each weight's term is called."""
        return {term.weight: label(term.label, lang) for term in self.terms}


T = TypeVar("T")


def _per_kind(make: Callable[[type[Design]], T]) -> Callable[[type[Design]], T]:
    """Computed once for each kind of design."""
    cached: Any = lru_cache(make)
    result: Callable[[type[Design]], T] = cached
    return result


@_per_kind
def terms_of(kind: type[Design]) -> tuple[Term, ...]:
    """The terms that a kind of design declares, the outcome terms last."""
    declared = [
        Term(weight=f.name, **f.metadata["term"])
        for f in dataclasses.fields(kind)  # type: ignore[arg-type]
        if "term" in f.metadata
    ]
    return tuple(t for t in declared if not t.outcome) + tuple(t for t in declared if t.outcome)


@_per_kind
def by_key(kind: type[Design]) -> Mapping[str, Term]:
    """The same by their keys."""
    return {term.key: term for term in terms_of(kind)}


@lru_cache
def keys_of(terms: tuple[Term, ...]) -> tuple[str, ...]:
    """Keys of the parts that some terms make, Gymnasium's own reward last."""
    return (*(term.key for term in terms), ENV_KEY)


@_per_kind
def defaults_of(kind: type[Design]) -> Mapping[str, Any]:
    """The fields of a kind of design with their defaults, in order."""
    return {f.name: f.default for f in dataclasses.fields(kind)}  # type: ignore[arg-type]


def check_field(kind: type[Design], name: str, value: object) -> None:
    """Refuse a value that a design cannot hold.

    Raises:
        InvalidInput: names the field and says what it must be.
    """
    if name == "replace_reward":
        if not isinstance(value, bool | np.bool_):
            raise InvalidInput("not_a_bool", field=name, value=value)
    elif name == "form":
        if not isinstance(value, str) or value not in FORMS:
            raise InvalidInput("not_a_choice", field=name, value=value, choices=", ".join(FORMS))
    elif isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidInput("not_a_number", field=name, value=value)
    elif isinstance(value, np.integer | np.floating):
        check_field(kind, name, value.item())
    elif not -WEIGHT_LIMIT <= value <= WEIGHT_LIMIT:  # false for NaN, too; whole numbers of any size compare
        finite = isinstance(value, int) or math.isfinite(value)
        code = "too_large" if finite else "not_finite"
        raise InvalidInput(code, field=name, value=value, limit="1,000,000")
