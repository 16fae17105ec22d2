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
from playground.reward.export_own import methods
from playground.reward.forms import RULES
from playground.reward.own import OwnTerm
from playground.reward.term import Term
from playground.words.say import FALLBACK, label, say, text

HEAD = '''"""{head}

    env = DesignedReward(gymnasium.make("{env_id}"))
"""

{imports}from typing import NamedTuple

import gymnasium
import numpy as np

'''

BODY = '''

class Step(NamedTuple):
    """{step}"""

    observations: np.ndarray
    actions: np.ndarray
    next_observations: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray


class DesignedReward(gymnasium.Wrapper):
    """{wrapper}"""

    gamma = {gamma!r}
    scale = {scale!r}
    env_weight = {env_weight!r}  # {of_env}
    potentials = {potentials}  # {pairs}
    events = {events}
    outcomes = {outcomes}
    drops_last_step = {drops_last_step}  # {drops}

    def reset(self, **kwargs):
        self._before, info = self.env.reset(**kwargs){forget}
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
{own}        return after, self.scale * shaped + self.env_weight * float(reward), terminated, truncated, info

    def pay(self, potential, step):
        {pay}
{methods}'''

OWN = """        self.steps += 1
        now = self.words(after, action, reward, terminated, truncated)
        before = self.state(before)
        shaped += (
            {sum}
        )
        self.last_action = int(action)
"""


def to_formula(config: Design, gamma: float = 0.995, lang: str = FALLBACK) -> str:
    """A reward as a line of mathematics, and below it what its symbols mean.

    Args:
        config: the reward.
        gamma: the discount that the ``potential`` form needs.
        lang: of the words.

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
    gymnasium = say("formula.env", lang)
    if not config.replace_reward:
        return f"reward = r\n\n{gymnasium}"
    used = [t for t in config.terms if config.weight_of(t) != 0]
    rule = RULES[config.form]
    products = [(t.sign * config.weight_of(t), _symbol(t, config)) for t in used]
    if products and config.scale != 1:
        products = [(config.scale, f"({_sum(products)})")]
    if config.w_env:
        products.append((config.w_env, "r"))
    lines = [f"reward = {_sum(products) or 0}", "", say("formula.observations", lang)]
    forms = [config.form] if any(t.potential for t in used) else []
    forms += [own.form for own in config.own_terms if own.weight != 0]
    for form in dict.fromkeys(forms):
        if RULES[form].explained:
            lines.append(say(f"formula.{form}", lang, gamma=f"{gamma:g}"))
    for t in used:
        symbol = f"{t.key}(o)" if t.potential else t.key
        if t.own:
            lines.append(say("formula.term", lang, symbol=t.key, meaning=label(t.help, lang)))
            continue
        lines.append(say("formula.term", lang, symbol=symbol, meaning=_meaning(t, lang)))
    if config.w_env:
        lines.append(gymnasium)
    if rule.drops_last_step and not all(t.outcome or t.own for t in used):
        outcomes = text("check.and", lang).join(t.key for t in config.terms if t.outcome)
        lines.append(say("formula.last_step", lang, outcomes=outcomes))
    return "\n".join(lines)


def _symbol(term: Term, config: Design) -> str:
    """What a term pays, in a formula."""
    if term.own:
        form = next(own.form for own in config.own_terms if own.name == term.key)
        return term.key if form == "state" else RULES[form].symbol.format(term.key)
    return RULES[config.form].symbol.format(term.key) if term.potential else term.key


def _meaning(term: Term, lang: str) -> str:
    """What a term measures: the first line of its function, which is English; elsewhere what its slider says."""
    if lang != FALLBACK:
        return label(term.help, lang)
    return ((term.potential or term.event).__doc__ or "").splitlines()[0]


def _sum(products: list[tuple[float, str]]) -> str:
    """A signed sum.

    >>> _sum([(-1, "a"), (2.5, "b"), (-3, "c")])
    '−a + 2.5·b − 3·c'
    """
    total = ""
    for factor, symbol in products:
        sign = ("−" if factor < 0 else "") if not total else (" − " if factor < 0 else " + ")
        total += sign + ("" if abs(factor) == 1 else f"{abs(factor):.12g}·") + symbol
    return total


def to_python(config: Design, gamma: float = 0.995, lang: str = FALLBACK) -> str:
    """The source of a self-contained wrapper that pays this reward.

    Args:
        config: the reward. If it only logs, the file pays Gymnasium's own reward.
        gamma: the discount that the ``potential`` form needs.
        lang: of its comments; what is copied from the terms is English.

    >>> from playground import RewardConfig
    >>> "class DesignedReward" in to_python(RewardConfig(w_legs=10, replace_reward=True))
    True
    """
    used = [t for t in config.terms if config.replace_reward and config.weight_of(t) != 0 and not t.own]
    own = [t for t in config.own_terms if config.replace_reward and t.weight != 0]
    functions: list[Any] = [t.potential or t.event for t in used]
    sources = "\n\n".join(_source(function) for function in dict.fromkeys(functions))
    body = BODY.format(
        step=say("export.step", lang),
        wrapper=say("export.wrapper", lang, form=config.form),
        of_env=say("export.of_env", lang),
        pairs=say("export.pairs", lang),
        drops=say("export.drops", lang),
        gamma=float(gamma),
        scale=float(config.scale),
        env_weight=float(config.w_env) if config.replace_reward else 1.0,
        potentials=_pairs([t for t in used if t.potential], config),
        events=_pairs([t for t in used if t.event and not t.outcome], config),
        outcomes=_pairs([t for t in used if t.outcome], config),
        drops_last_step=RULES[config.form].drops_last_step,
        pay=RULES[config.form].python,
        forget="\n        self.steps, self.last_action, self.kept = 0, None, {}" if own else "",
        own=OWN.format(sum="\n            + ".join(_pays(term) for term in own)) if own else "",
        methods=methods(tuple(own), config.language) if own else "",
    )
    imports = "import math\nfrom types import SimpleNamespace\n" if own else ""
    return (
        HEAD.format(env_id=config.env_id, head=say("export.head", lang, env_id=config.env_id), imports=imports)
        + ("\n" + sources if sources else "")
        + body
    )


def _pays(own: OwnTerm) -> str:
    """What an own term adds on a step."""
    return f"{float(own.weight)!r} * {RULES[own.form].own_python.format(own.name)}"


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
    pairs = [f"({(t.potential or t.event).__name__}, {t.sign * float(config.weight_of(t))!r})" for t in terms]  # type: ignore[union-attr]
    return "[" + ", ".join(pairs) + "]"
