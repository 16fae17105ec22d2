"""Exact accounting: raw components of any steps, then one weighing, and the parts sum to the reward.

A return is linear in the weights. So an episode is decomposed once, and any reward's return on it
is a dot product: no simulation, no training.

Leaves out: simulation. Everything here is a pure function of arrays.
"""

import numpy as np

from playground.reward.design import Design
from playground.reward.forms import RULES
from playground.reward.term import Floats, Form, Term, Transitions


def decompose(steps: Transitions, design: Design, gamma: float) -> Floats:
    """Raw, unweighted components of each step: one column for each of ``design.parts``.

    Args:
        steps: transitions with leading shape ``(…)``.
        design: whose terms, in whose form; its weights do not matter.
        gamma: the discount; only the ``potential`` form depends on it.

    Returns:
        ``(…, parts)`` float64. The last column is Gymnasium's own reward.

    >>> from playground import RewardConfig
    >>> o, o2 = np.zeros((1, 8)), np.zeros((1, 8))
    >>> o[0, 1], o2[0, 1] = 1.0, 0.5  # half way down
    >>> step = Transitions(o, np.array([2]), o2, np.array([1.0]), np.array([False]))
    >>> reward = RewardConfig(form="progress")
    >>> dict(zip(reward.keys, decompose(step, reward, 0.99)[0].tolist()))["distance"]
    0.5
    """
    return decompose_terms(steps, design.terms, design.form, gamma)


def decompose_terms(steps: Transitions, terms: tuple[Term, ...], form: Form, gamma: float) -> Floats:
    """The same for a list of terms in one form, for what is computed once for all weights.

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
            assert term.event is not None
            columns[..., column] = term.event(steps)
        if rule.drops_last_step and not term.outcome:
            columns[..., column] = np.where(terminated, 0.0, columns[..., column])
    columns[..., -1] = steps.rewards
    return columns


def reversed_parts(design: Design) -> tuple[str, ...]:
    """Keys of the parts whose sign a negative weight, or a negative scale, reverses.

    >>> from playground import RewardConfig
    >>> reversed_parts(RewardConfig(replace_reward=True, w_legs=-1.0, penalty_main=1.0))
    ('legs',)
    """
    return tuple(part.key for part in design.parts if part.factor * (part.term.sign if part.term else 1) < 0)


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
