"""Exact accounting: raw components of any steps, then one weighing, and the parts sum to the reward.

A return is linear in the weights. So an episode is decomposed once, and any reward's return on it
is a dot product: no simulation, no training.

Leaves out: simulation. Everything here is a pure function of arrays.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.reward.terms import TERM_KEYS, TERMS, Floats, Form, RewardConfig, Transitions

ENV_KEY: Final = "env_reward"
PART_KEYS: Final = (*TERM_KEYS, ENV_KEY)
"""Columns of `decompose` and of `weigh`: the terms, then Gymnasium's own reward."""


def decompose(steps: Transitions, form: Form, gamma: float) -> Floats:
    """Raw, unweighted components of each step.

    Args:
        steps: transitions with leading shape ``(…)``.
        form: how the potentials pay.
        gamma: the discount; only the ``potential`` form depends on it.

    Returns:
        ``(…, len(PART_KEYS))`` float64. The last column is Gymnasium's own reward.

    >>> o, o2 = np.zeros((1, 8)), np.zeros((1, 8))
    >>> o[0, 1], o2[0, 1] = 1.0, 0.5  # half way down
    >>> step = Transitions(o, np.array([2]), o2, np.array([1.0]), np.array([False]))
    >>> dict(zip(PART_KEYS, decompose(step, "progress", 0.99)[0].tolist()))["distance"]
    0.5
    """
    before = np.asarray(steps.observations, np.float64)
    after = np.asarray(steps.next_observations, np.float64)
    terminated = np.asarray(steps.terminated, np.bool_)
    columns = np.empty((*terminated.shape, len(PART_KEYS)))
    for column, term in enumerate(TERMS):
        if term.potential is not None:
            columns[..., column] = _pay(term.potential, before, after, terminated, form, gamma)
        else:
            assert term.event is not None
            columns[..., column] = term.event(steps)
        if form == "progress" and not term.outcome:
            columns[..., column] = np.where(terminated, 0.0, columns[..., column])
    columns[..., -1] = steps.rewards
    return columns


def _pay(
    potential: Any, before: Floats, after: Floats, terminated: npt.NDArray[np.bool_], form: Form, gamma: float
) -> Floats:
    """What one potential pays on each step in the given form."""
    value: Floats = np.asarray(potential(after), np.float64)
    if form == "state":
        return value
    if form == "progress":
        return value - np.asarray(potential(before), np.float64)
    return gamma * np.where(terminated, 0.0, value) - np.asarray(potential(before), np.float64)


def weights(config: RewardConfig) -> Floats:
    """Signed factor of each part in the reward that training sees, scale included.

    Returns:
        ``(len(PART_KEYS),)`` float64. With ``replace_reward=False`` only Gymnasium's reward counts.

    >>> weights(RewardConfig()).tolist()[-2:]
    [0.0, 1.0]
    """
    if not config.replace_reward:
        return np.array([0.0] * len(TERMS) + [1.0])
    return np.append(shaping_weights(config), config.w_env)


def shaping_weights(config: RewardConfig) -> Floats:
    """Signed, scaled weight of each term, whether or not training sees it.

    Returns:
        ``(len(TERMS),)`` float64.

    >>> shaping_weights(RewardConfig(penalty_main=0.5, scale=2))[TERM_KEYS.index("pen_main")].item()
    -1.0
    """
    return np.array([config.scale * term.sign * getattr(config, term.weight) for term in TERMS], np.float64)


def below_zero(config: RewardConfig) -> tuple[str, ...]:
    """Keys of the parts that a negative weight, or a negative scale, turns round.

    >>> below_zero(RewardConfig(replace_reward=True, w_legs=-1.0, penalty_main=1.0))
    ('legs',)
    """
    meant = np.array([*(term.sign for term in TERMS), 1.0])
    turned = np.flatnonzero(weights(config) * meant < 0)
    return tuple(PART_KEYS[i] for i in turned.tolist())


def weigh(components: Floats, config: RewardConfig) -> Floats:
    """What each part paid: the raw components times their weights.

    Args:
        components: ``(…, len(PART_KEYS))`` from `decompose` in the config's form, or sums of it.
        config: the reward.

    Returns:
        The same shape. Summed over the last axis it is the reward that training sees.
    """
    return components * weights(config)


def reward_of(components: Floats, config: RewardConfig) -> Floats:
    """The reward that training sees, ``(…)``: the parts' sum."""
    total: Floats = components @ weights(config)
    return total


def shaped_of(components: Floats, config: RewardConfig) -> Floats:
    """The terms' weighted sum without Gymnasium's reward, ``(…)``, also when it is only logged."""
    total: Floats = components[..., :-1] @ shaping_weights(config)
    return total


def discounts(steps: int, gamma: float) -> Floats:
    """γ⁰, γ¹, …: ``(steps,)``.

    >>> discounts(3, 0.5).tolist()
    [1.0, 0.5, 0.25]
    """
    return np.asarray(gamma ** np.arange(steps), np.float64)
