"""Exact accounting: raw components of any steps, then one weighing, and the parts sum to the reward.

A return is linear in the weights. So an episode is decomposed once, and any reward's return on it
is a dot product: no simulation, no training.

Leaves out: simulation. Everything here is a pure function of arrays.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.reward.design import Design, terms_of
from playground.reward.expression.memory import Memory
from playground.reward.forms import RULES
from playground.reward.term import Floats, Form, Term, Transitions
from playground.words.errors import InvalidInput


def decompose(steps: Transitions, design: Design, gamma: float, memory: Memory | None = None) -> Floats:
    """Raw, unweighted components of each step: one column for each of ``design.parts``.

    Args:
        steps: transitions with leading shape ``(T, …)``. Where own terms remember, the first axis is time, and an
            episode begins with the first step and after each end.
        design: whose terms, in whose form; its weights do not matter.
        gamma: the discount; only the ``potential`` form, and own terms that name it, depend on it.
        memory: what own terms remember of earlier steps, for steps that go on with an episode; it is moved on.

    Returns:
        ``(T, …, parts)`` float64. The last column is Gymnasium's own reward.

    Raises:
        InvalidInput: an own term is no number on some step; names it and the place.

    >>> from playground import RewardConfig
    >>> o, o2 = np.zeros((1, 8)), np.zeros((1, 8))
    >>> o[0, 1], o2[0, 1] = 1.0, 0.5  # half way down
    >>> step = Transitions(o, np.array([2]), o2, np.array([1.0]), np.array([False]))
    >>> reward = RewardConfig(form="progress")
    >>> dict(zip(reward.keys, decompose(step, reward, 0.99)[0].tolist()))["distance"]
    0.5
    """
    built_in = decompose_terms(steps, terms_of(type(design)), design.form, gamma)
    if not design.own_terms:
        return built_in
    own = own_components(steps, design, gamma, memory)
    return np.concatenate([built_in[..., :-1], own, built_in[..., -1:]], axis=-1)


def own_components(steps: Transitions, design: Design, gamma: float, memory: Memory | None = None) -> Floats:
    """The columns of own terms alone: ``(T, …, own terms)``.

    Raises:
        InvalidInput: one is no number on some step; names it and the place.
    """
    columns = design.program.evaluate(steps, gamma, memory)
    if not np.isfinite(columns).all():
        raise no_number(columns, steps, design, gamma)
    return columns


def no_number(columns: Floats, steps: Transitions, design: Design, gamma: float) -> InvalidInput:
    """The error for own terms that are no numbers somewhere on these steps."""
    fault = design.program.fault(steps, gamma)
    if fault is None:  # it took what these steps remember of earlier ones to get there
        index = np.argwhere(~np.isfinite(columns))[0]
        name, step = design.own_terms[index[-1]].name, int(index[0]) + 1 if columns.ndim > 1 else 1
        return InvalidInput("term_no_number", term=name, line=1, column=1, step=step)
    step = fault.step[0] + 1 if fault.step else 1
    name = design.own_terms[fault.term].name
    return InvalidInput("term_no_number", term=name, line=fault.line, column=fault.column, step=step)


def decompose_terms(steps: Transitions, terms: tuple[Term, ...], form: Form, gamma: float) -> Floats:
    """The same for a world's terms in one form, for what is computed once for all weights.

    Returns:
        ``(…, len(terms) + 1)`` float64. The last column is Gymnasium's own reward.
    """
    rule = RULES[form]
    before = np.asarray(steps.observations, np.float64)
    after = np.asarray(steps.next_observations, np.float64)
    terminated = np.asarray(steps.terminated, np.bool_)
    columns = np.empty((*terminated.shape, len(terms) + 1))
    for column, term in enumerate(terms):
        if term.potential is not None:
            columns[..., column] = rule.pays(term.potential, before, after, terminated, gamma)
        else:
            assert term.event is not None, "own terms are expressions, which a design's program evaluates"
            columns[..., column] = term.event(steps)
        if rule.drops_last_step and not term.outcome:
            columns[..., column] = np.where(terminated, 0.0, columns[..., column])
    columns[..., -1] = steps.rewards
    return columns


class Meter:
    """Rewards of rollouts that are flown piece by piece: n environments whose episodes go on from call to call.

    Args:
        design: the reward.
        gamma: the discount.
        n: how many environments.
    """

    def __init__(self, design: Design, gamma: float, n: int) -> None:
        self.design, self.gamma = design, gamma
        self.memory = Memory(n) if design.remembers else None

    def rewards(self, steps: Transitions) -> Floats:
        """The designed reward of the next steps: ``(T, n)``.

        Raises:
            InvalidInput: an own term is no number on some step.
        """
        return reward_of(decompose(steps, self.design, self.gamma, self.memory), self.design)

    def state(self) -> dict[str, Any]:
        """What it remembers, as plain arrays."""
        return {} if self.memory is None else self.memory.state()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        if self.memory is not None and state:
            self.memory.load_state(state)


def reversed_parts(design: Design) -> tuple[str, ...]:
    """Keys of the parts whose sign a negative weight, or a negative scale, reverses; own terms have no other side.

    >>> from playground import RewardConfig
    >>> reversed_parts(RewardConfig(replace_reward=True, w_legs=-1.0, penalty_main=1.0))
    ('legs',)
    """
    parts = (part for part in design.parts if part.term is None or not part.term.own)
    return tuple(part.key for part in parts if part.factor * (part.term.sign if part.term else 1) < 0)


def weigh(components: Floats, design: Design) -> Floats:
    """What each part paid: the raw components times their factors.

    Args:
        components: ``(…, parts)`` from `decompose` of a design with the same terms and form, or sums of it.
        design: the reward.

    Returns:
        The same shape. Summed over the last axis it is the reward that training sees.
    """
    return components * design.factors


def reward_of(components: Floats, design: Design) -> Floats:
    """The reward that training sees, ``(…)``: the parts' sum."""
    total: Floats = components @ design.factors
    return total


def shaped_of(components: Floats, design: Design) -> Floats:
    """The terms' weighted sum without Gymnasium's reward, ``(…)``, also when it is only logged."""
    total: Floats = components[..., :-1] @ design.shaping_factors
    return total


def discounts(steps: int, gamma: float) -> Floats:
    """γ⁰, γ¹, …: ``(steps,)``.

    >>> discounts(3, 0.5).tolist()
    [1.0, 0.5, 0.25]
    """
    return np.asarray(gamma ** np.arange(steps), np.float64)
