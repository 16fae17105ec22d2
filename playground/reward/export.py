"""A reward as a Python file that runs without this project: one wrapper class with the numbers in it.

The functions of the terms are copied from ``terms`` as they stand there, so the file computes the same
numbers; a test runs it beside `RewardShapingWrapper`.

Leaves out: terms whose weight is zero.
"""

import ast
import inspect
import textwrap
from typing import Any

from playground.reward.terms import TERMS, RewardConfig, Term

HEAD = '''"""A reward for Gymnasium's LunarLander, exported from Reward Playground.

    env = DesignedReward(gymnasium.make("LunarLander-v3"))
"""

from typing import NamedTuple

import gymnasium
import numpy as np

'''

BODY = '''

class Step(NamedTuple):
    """One transition; reward is Gymnasium's own."""

    observations: np.ndarray
    actions: np.ndarray
    next_observations: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray


class DesignedReward(gymnasium.Wrapper):
    """Replaces the reward; form: {form}."""

    gamma = {gamma!r}
    scale = {scale!r}
    env_weight = {env_weight!r}  # of Gymnasium's own reward
    potentials = {potentials}  # (function, signed weight)
    events = {events}
    outcomes = {outcomes}
    drops_last_step = {drops_last_step}  # as Gymnasium does: on the last step only the outcome pays

    def reset(self, **kwargs):
        self._before, info = self.env.reset(**kwargs)
        return self._before, info

    def step(self, action):
        after, reward, terminated, truncated, info = self.env.step(action)
        before, self._before = self._before, after
        step = Step(
            np.asarray(before, np.float64),
            np.asarray(action),
            np.asarray(after, np.float64),
            np.asarray(float(reward)),
            np.asarray(terminated),
        )
        shaped = sum(weight * float(event(step)) for event, weight in self.outcomes)
        if not (terminated and self.drops_last_step):
            shaped += sum(weight * float(event(step)) for event, weight in self.events)
            shaped += sum(weight * self.pay(potential, step) for potential, weight in self.potentials)
        return after, self.scale * shaped + self.env_weight * float(reward), terminated, truncated, info

    def pay(self, potential, step):
        {pay}
'''

PAY = {
    "state": "return float(potential(step.next_observations))",
    "progress": "return float(potential(step.next_observations) - potential(step.observations))",
    "potential": (
        "after = 0.0 if step.terminated else float(potential(step.next_observations))\n"
        "        return self.gamma * after - float(potential(step.observations))"
    ),
}


def to_python(config: RewardConfig, gamma: float = 0.995) -> str:
    """The source of a self-contained wrapper that pays this reward.

    Args:
        config: the reward. If it only logs, the file pays Gymnasium's own reward.
        gamma: the discount that the ``potential`` form needs.

    >>> "class DesignedReward" in to_python(RewardConfig(w_legs=10, replace_reward=True))
    True
    """
    used = [t for t in TERMS if config.replace_reward and getattr(config, t.weight) != 0]
    functions: list[Any] = [t.potential or t.event for t in used]
    sources = "\n\n".join(_source(function) for function in dict.fromkeys(functions))
    body = BODY.format(
        form=config.form,
        gamma=float(gamma),
        scale=float(config.scale),
        env_weight=float(config.w_env) if config.replace_reward else 1.0,
        potentials=_pairs([t for t in used if t.potential], config),
        events=_pairs([t for t in used if t.event and not t.outcome], config),
        outcomes=_pairs([t for t in used if t.outcome], config),
        drops_last_step=config.form == "progress",
        pay=PAY[config.form],
    )
    return HEAD + ("\n" + sources if sources else "") + body


def _source(function: Any) -> str:
    """A term's function as plain Python: no annotations, and the first line of its docstring."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    summary = (ast.get_docstring(definition) or function.__name__).splitlines()[0]
    definition.body[0] = ast.Expr(ast.Constant(summary))
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    return ast.unparse(definition) + "\n"


def _pairs(terms: list[Term], config: RewardConfig) -> str:
    pairs = [f"({(t.potential or t.event).__name__}, {t.sign * float(getattr(config, t.weight))!r})" for t in terms]  # type: ignore[union-attr]
    return "[" + ", ".join(pairs) + "]"
