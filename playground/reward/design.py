"""A design: a world's terms, each with its weight, and how they pay.

Each world declares a frozen dataclass that inherits `Design`. A field made by ``term.weight`` carries its term as
metadata, so that the class is the one place in which a term, its weight, its slider and its words stand together.
Everything downstream reads ``design.parts`` or ``terms_of(kind)``, never a list of its own.

Beside a world's terms a design may hold terms of one's own (``own``): expressions with a name, a form and a weight.

Leaves out: accounting (``account``), and reading and writing (``codec``).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, Self, TypeVar

import numpy as np

from playground.reward.expression.program import Program, program_of
from playground.reward.expression.vocabulary import Vocabulary
from playground.reward.own import OwnTerm, check_own_terms, check_weight, term_of
from playground.reward.term import FORMS, Floats, Form, Term
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
    """What every world's reward has; a subclass is a frozen dataclass with these five fields and its weights."""

    env_id: ClassVar[str]
    """The Gymnasium environment that it is for."""
    vocabulary: ClassVar[Vocabulary | None] = None
    """The names that own terms may use; None where a world has none."""
    replace_reward: bool
    """True: train on this reward. False: train on Gymnasium's and only log the components."""
    scale: float
    """Multiplies all terms, but not ``w_env``."""
    form: Form
    w_env: float
    """Weight of Gymnasium's own reward, added to the terms."""
    own_terms: tuple[OwnTerm, ...] = ()
    """Terms of one's own, each with its form and its weight; a subclass without this field has none."""

    def __post_init__(self) -> None:
        for name in defaults_of(type(self)):
            check_field(type(self), name, getattr(self, name))
        check_own_terms(self.own_terms, type(self).vocabulary, _taken(type(self)))
        if self.own_terms:
            self._check_expressions()

    def _check_expressions(self) -> None:
        vocabulary = self.language
        for own in self.own_terms:
            try:
                own.program(vocabulary)
            except InvalidInput as error:
                raise InvalidInput("in_term", term=own.name, reason=error) from None

    @property
    def language(self) -> Vocabulary:
        """The names that own terms may use.

        Raises:
            InvalidInput: the world has none.
        """
        if (vocabulary := type(self).vocabulary) is None:
            raise InvalidInput("no_language")
        return vocabulary

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """In the order of tables and charts: the world's, the outcome terms last, and then one's own."""
        own = (term_of(term, position) for position, term in enumerate(self.own_terms))
        return (*terms_of(type(self)), *own)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the parts: the columns of every breakdown."""
        return keys_of(self.terms)

    @cached_property
    def expressions(self) -> tuple[tuple[str, Form], ...]:
        """Of one's own terms: what they are beside their names and weights."""
        return tuple((own.expression, own.form) for own in self.own_terms)

    @property
    def program(self) -> Program:
        """All own terms, to be evaluated together."""
        return program_of(self.expressions, self.language)

    @property
    def remembers(self) -> bool:
        """Whether what a step pays depends on earlier steps of its episode."""
        return bool(self.own_terms) and self.program.remembers

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
        """The design with some fields, or weights of own terms, changed.

        Raises:
            InvalidInput: names the field that cannot have its new value.
        """
        weights = {own.name: changes.pop(own.name) for own in self.own_terms if own.name in changes}
        if weights:
            terms = changes.get("own_terms", self.own_terms)
            changes["own_terms"] = tuple(
                dataclasses.replace(own, weight=weights[own.name]) if own.name in weights else own for own in terms
            )
        design: Self = dataclasses.replace(self, **changes)  # type: ignore[type-var]
        return design

    def value(self, name: str) -> float:
        """A number by the name of its field, or the weight of the own term of that name.

        Raises:
            KeyError: there is neither.
        """
        if name in defaults_of(type(self)):
            return float(getattr(self, name))
        return float({own.name: own.weight for own in self.own_terms}[name])

    def weight_of(self, term: Term) -> float:
        """The weight as its slider shows it, unsigned and unscaled."""
        return self.value(term.weight)

    def term(self, key: str) -> Term | None:
        """The term of a part; None for Gymnasium's own reward.

        Raises:
            KeyError: there is no such part.
        """
        return None if key == ENV_KEY else {term.key: term for term in self.terms}[key]

    def part_name(self, key: str, lang: str) -> str:
        """A part's short name: its term's label, or what Gymnasium's own reward is called.

        Raises:
            KeyError: there is no such part.
        """
        term = self.term(key)
        return say("part.env_reward", lang) if term is None else label(term.label, lang)

    def weight_names(self, lang: str) -> dict[str, str]:
        """By field, or own term, what each weight's term is called."""
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
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    declared = [Term(weight=f.name, **f.metadata["term"]) for f in fields if "term" in f.metadata]
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
    """The fields of a kind of design with their defaults, in order; without own terms."""
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    return {f.name: f.default for f in fields if f.name != "own_terms"}


@_per_kind
def _taken(kind: type[Design]) -> frozenset[str]:
    """Names that an own term may not have."""
    return frozenset([*by_key(kind), *defaults_of(kind), ENV_KEY, "own_terms", "shaped"])


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
    else:
        check_weight(name, value)
