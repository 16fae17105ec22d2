"""What each part of a design amounts to over recorded behaviours: the world's terms and one's own alike.

A world's terms are computed once for each form (``library``). An own term is one pass over all recorded steps, kept by
its expression, so that a weight, a name or another term may change without another pass.

Leaves out: weights (``ranking``).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from playground.insight.library import ProbeLibrary
from playground.reward.design import Design
from playground.reward.expression.program import Fault, program_of
from playground.reward.expression.vocabulary import Vocabulary
from playground.reward.forms import RULES
from playground.reward.term import Floats, Form
from playground.words.errors import InvalidInput


class Column(NamedTuple):
    """One own term over E episodes with S steps and L loops, unweighted."""

    sums: Floats
    """``(E,)``: discounted, what it pays an episode."""
    amount: float
    """All that it pays or charges, whatever its sign."""
    rates: Floats
    """``(L,)``: what it pays a step, on average, over each loop."""
    residual: float
    """How far its payment is from Ng's γ·Φ(s') − Φ(s), at most on any step that is not the last; of one that is no
    function of the state, how much it pays there at most."""
    low: float
    """The least that it pays on a step."""
    mean: float
    high: float
    """The most that it pays on a step."""


def sums_of(library: ProbeLibrary, design: Design, gamma: float) -> Floats:
    """Discounted sums of every episode's raw components, ``(E, parts)``: times factors, its return.

    Raises:
        InvalidInput: an own term is no number somewhere on the recorded behaviours.
    """
    return _insert(library.sums(design.form, gamma), [column.sums for column in own_columns(library, design, gamma)])


def amounts_of(library: ProbeLibrary, design: Design, gamma: float) -> Floats:
    """What each raw component amounts to over all steps, whatever its sign, ``(parts,)``."""
    own = [np.asarray(column.amount) for column in own_columns(library, design, gamma)]
    return _insert(library.amounts(design.form, gamma), own)


def loop_rates_of(library: ProbeLibrary, design: Design, gamma: float) -> Floats:
    """What each raw component pays a step, on average, over each of the loops, ``(L, parts)``.

    It is 0 for parts whose form makes loops pay nothing once they are discounted.
    """
    built_in = library.loop_rates(design.form, gamma).copy()
    if RULES[design.form].cancels_in_loops:
        built_in *= np.array([*(term.potential is None for term in library.world.terms), True])
    rates = [
        np.zeros_like(column.rates) if RULES[own.form].cancels_in_loops else column.rates
        for own, column in zip(design.own_terms, own_columns(library, design, gamma), strict=True)
    ]
    return _insert(built_in, rates)


def residuals_of(library: ProbeLibrary, design: Design, gamma: float) -> Floats:
    """How far each part's payment is from Ng's, ``(parts,)``, unweighted; 0 for the world's events."""
    own = [np.asarray(column.residual) for column in own_columns(library, design, gamma)]
    return _insert(library.residuals(design.form, gamma), own)


def _insert(built_in: Floats, own: list[Floats]) -> Floats:
    """Columns of own terms before the last one, which is Gymnasium's reward."""
    if not own:
        return built_in
    return np.concatenate([built_in[..., :-1], np.stack(own, axis=-1), built_in[..., -1:]], axis=-1)


def own_columns(library: ProbeLibrary, design: Design, gamma: float) -> list[Column]:
    """A column for each own term of a design.

    Raises:
        InvalidInput: one is no number somewhere; names the term, the recorded behaviour, the step and the place.
    """
    found = []
    for own in design.own_terms:
        try:
            found.append(column_of(library, own.expression, own.form, gamma, design.language))
        except InvalidInput as error:
            raise InvalidInput("in_term", term=own.name, reason=error) from None
    return found


@lru_cache(maxsize=256)
def column_of(library: ProbeLibrary, expression: str, form: Form, gamma: float, vocabulary: Vocabulary) -> Column:
    """One expression over all recorded behaviours.

    Raises:
        InvalidInput: it cannot be read, or it is no number somewhere.
    """
    program = program_of(((expression, form),), vocabulary)
    steps = library.transitions
    paid = program.evaluate(steps, gamma)[..., 0]
    fault = program.fault(steps, gamma)
    if fault is not None:
        raise _no_number(library, fault)
    starts = np.concatenate([[0], np.cumsum(library.lengths)[:-1]])
    ages = np.concatenate([np.arange(length) for length in library.lengths])
    fade = gamma ** np.arange(int(library.lengths.max()))
    return Column(
        sums=np.add.reduceat(paid * fade[ages], starts),
        amount=float(np.abs(paid).sum()),
        rates=np.array([paid[first:last].mean() for _, first, last in library.loops.tolist()], np.float64),
        residual=_residual(paid, library, expression, gamma, vocabulary) if form != "potential" else 0.0,
        low=float(paid.min()),
        mean=float(paid.mean()),
        high=float(paid.max()),
    )


def _residual(paid: Floats, library: ProbeLibrary, expression: str, gamma: float, vocabulary: Vocabulary) -> float:
    last = library.transitions.terminated
    ideal: Floats = np.zeros(len(paid))
    if program_of(((expression, "state"),), vocabulary).of_state:
        shaped = program_of(((expression, "potential"),), vocabulary)
        ideal = shaped.evaluate(library.transitions, gamma)[..., 0]
    return float(np.abs(paid - ideal)[~last].max())


def _no_number(library: ProbeLibrary, fault: Fault) -> InvalidInput:
    ends = np.cumsum(library.lengths)
    episode = int(np.searchsorted(ends, fault.step[0], side="right"))
    step = fault.step[0] - int(ends[episode] - library.lengths[episode]) + 1
    where = {"line": fault.line, "column": fault.column, "step": step}
    return InvalidInput("term_no_number_there", behaviour=str(library.names[episode]).replace("_", " "), **where)
