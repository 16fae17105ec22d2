"""The formula pays what the code pays."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.reward.account import decompose, reward_of
from playground.reward.formula import to_formula
from playground.reward.terms import FORMS, TERM, TERMS, RewardConfig, Transitions

WEIGHTS = st.sampled_from([0.0, 1.0, -2.5, 100.0, 0.03])


def evaluate(formula: str, step: Transitions, gamma: float) -> float:
    """What a formula says, read as arithmetic."""
    text = formula.removeprefix("reward = ").replace("−", "-").replace("·", "*").replace("[", "(").replace("]", ")")
    names = {"r": float(step.rewards)}

    def value(match: re.Match[str]) -> str:
        key, prime = match[1], match[2]
        potential = TERM[key].potential
        assert potential is not None
        return f"({float(potential(step.next_observations if prime else step.observations))!r})"

    text = re.sub(r"(\w+)\(o(′?)\)", value, text)
    for term in TERMS:
        if term.event is not None:
            names[term.key] = float(term.event(step))
    return float(eval(text, {"__builtins__": {}}, names))


@given(st.lists(WEIGHTS, min_size=len(TERMS), max_size=len(TERMS)), st.sampled_from(FORMS), WEIGHTS, WEIGHTS)
def test_a_formula_read_as_arithmetic_is_the_reward(weights, form, scale, w_env):
    fields = {term.weight: value for term, value in zip(TERMS, weights, strict=True)}
    config = RewardConfig(form=form, replace_reward=True, scale=scale, w_env=w_env, **fields)
    rng = np.random.default_rng(1)
    step = Transitions(rng.normal(size=8), np.array(2), rng.normal(size=8), np.array(-0.7), np.array(False))
    batch = Transitions(*(np.asarray(column)[None] for column in step))
    expected = float(reward_of(decompose(batch, form, 0.9), config)[0])
    assert evaluate(to_formula(config, 0.9), step, 0.9) == pytest.approx(expected, abs=1e-9)


def test_a_reward_that_only_logs_is_gymnasiums():
    assert to_formula(RewardConfig(w_legs=3)) == "reward = r"
