"""A reward outside this project: as a formula to read, and as a Python file that runs.

The file is one wrapper class with the numbers in it. The functions of the terms are copied from the world's module as
they stand there, so it computes the same numbers; a test runs it beside `RewardShapingWrapper`.

Leaves out: terms whose weight is zero.
"""

import ast
import inspect
import textwrap
from typing import Any

from playground.reward.design import Design
from playground.reward.forms import RULES
from playground.reward.term import Term

HEAD = '''"""A reward for Gymnasium's {env_id}, exported from Reward Playground.

    env = DesignedReward(gymnasium.make("{env_id}"))
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


def to_formula(config: Design, gamma: float = 0.995) -> str:
    """A reward as a line of mathematics, and below it what its symbols mean.

    Args:
        config: the reward.
        gamma: the discount that the ``potential`` form needs.

    >>> from playground import RewardConfig
    >>> print(to_formula(RewardConfig(w_legs=10, w_crash=50, form="progress", replace_reward=True)))
    reward = 10·Δlegs − 50·crash
    <BLANKLINE>
    o: the observation before the action; o′: after it
    Δf = f(o′) − f(o)
    legs(o): How many legs touch the ground: 0, 1 or 2.
    crash: 1 where the episode terminates with Gymnasium's −100: a fall, or out of bounds.
    On a step that terminates, all terms but landing and crash are 0.
    """
    gymnasium = "r: Gymnasium's own reward"
    if not config.replace_reward:
        return f"reward = r\n\n{gymnasium}"
    used = [t for t in config.terms if getattr(config, t.weight) != 0]
    rule = RULES[config.form]
    products = [(t.sign * getattr(config, t.weight), rule.symbol.format(t.key) if t.potential else t.key) for t in used]
    if products and config.scale != 1:
        products = [(config.scale, f"({_sum(products)})")]
    if config.w_env:
        products.append((config.w_env, "r"))
    lines = [f"reward = {_sum(products) or 0}", "", "o: the observation before the action; o′: after it"]
    if rule.meaning and any(t.potential for t in used):
        lines.append(rule.meaning.format(gamma=gamma))
    for t in used:
        meaning = ((t.potential or t.event).__doc__ or "").splitlines()[0]
        lines.append(f"{t.key}(o): {meaning}" if t.potential else f"{t.key}: {meaning}")
    if config.w_env:
        lines.append(gymnasium)
    if rule.drops_last_step and not all(t.outcome for t in used):
        outcomes = " and ".join(t.key for t in config.terms if t.outcome)
        lines.append(f"On a step that terminates, all terms but {outcomes} are 0.")
    return "\n".join(lines)


def _sum(products: list[tuple[float, str]]) -> str:
    """A signed sum.

    >>> _sum([(-1, "a"), (2.5, "b"), (-3, "c")])
    '−a + 2.5·b − 3·c'
    """
    text = ""
    for factor, symbol in products:
        sign = ("−" if factor < 0 else "") if not text else (" − " if factor < 0 else " + ")
        text += sign + ("" if abs(factor) == 1 else f"{abs(factor):.12g}·") + symbol
    return text


def to_python(config: Design, gamma: float = 0.995) -> str:
    """The source of a self-contained wrapper that pays this reward.

    Args:
        config: the reward. If it only logs, the file pays Gymnasium's own reward.
        gamma: the discount that the ``potential`` form needs.

    >>> from playground import RewardConfig
    >>> "class DesignedReward" in to_python(RewardConfig(w_legs=10, replace_reward=True))
    True
    """
    used = [t for t in config.terms if config.replace_reward and getattr(config, t.weight) != 0]
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
        drops_last_step=RULES[config.form].drops_last_step,
        pay=RULES[config.form].python,
    )
    return HEAD.format(env_id=config.env_id) + ("\n" + sources if sources else "") + body


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


def _pairs(terms: list[Term], config: Design) -> str:
    pairs = [f"({(t.potential or t.event).__name__}, {t.sign * float(getattr(config, t.weight))!r})" for t in terms]  # type: ignore[union-attr]
    return "[" + ", ".join(pairs) + "]"
