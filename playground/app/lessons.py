"""What the algorithms page shows of each algorithm: how data flows, its update rule, and where both stand in its file.

Words are in ``texts``; here is what has the same form in every language.

Leaves out: Streamlit.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from playground.training.algorithms import ALGORITHMS, LEARNERS

NETWORKS: Final = ("actor", "critic", "q_network", "target", "reference", "reward_model")
"""Nodes of a flow that are learned or were."""
LOSSES: Final = ("loss",)


@dataclass(frozen=True)
class Term:
    """A part of the update rule, and the lines that compute it."""

    formula: str
    """LaTeX"""
    name: str
    """Of the function or class."""
    file: str = ""
    """Another learner's file than the algorithm's own, in ``learners``, without ``.py``."""


@dataclass(frozen=True)
class Lesson:
    """One algorithm."""

    rule: str
    """LaTeX, a line each: what is made small, and what stands in it."""
    flow: tuple[tuple[str, str], ...]
    """Arrows between nodes, by their keys."""
    terms: tuple[Term, ...]


_RATIO: Final = r"\rho_t=\frac{\pi(a_t|s_t)}{\pi_{\mathrm{old}}(a_t|s_t)}"
_PPO: Final = (
    r"L=-\mathbb{E}_t\big[\min(\rho_t\hat A_t,\ \mathrm{clip}(\rho_t,1-\epsilon,1+\epsilon)\,\hat A_t)\big]"
    r" \\ {}+c_v\big(V(s_t)-\hat R_t\big)^2-c_e H \\ " + _RATIO
)
_PPO_FLOW: Final = (
    ("landers", "memory"),
    ("actor", "landers"),
    ("memory", "advantage"),
    ("critic", "advantage"),
    ("advantage", "loss"),
    ("loss", "actor"),
    ("loss", "critic"),
)
_LIBRARY: Final = (Term(r"\text{settings}", "Settings"), Term(r"\text{training}", "learn"))
_GROUP_FLOW: Final = (
    ("start", "group"),
    ("actor", "group"),
    ("group", "advantage"),
    ("advantage", "loss"),
    ("loss", "actor"),
)

LESSONS: Final[Mapping[str, Lesson]] = {
    "ppo": Lesson(
        _PPO,
        _PPO_FLOW,
        (
            Term(r"\nabla L", "policy_error"),
            Term(r"\log\pi", "log_softmax"),
            Term(r"\hat A_t,\hat R_t", "rollout_of"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "dqn": Lesson(
        r"L=\big(r+\gamma\max_{a'}Q_{\mathrm{target}}(s',a')-Q(s,a)\big)^2",
        (
            ("q_network", "landers"),
            ("landers", "replay"),
            ("replay", "loss"),
            ("target", "loss"),
            ("loss", "q_network"),
            ("q_network", "target"),
        ),
        _LIBRARY,
    ),
    "reinforce": Lesson(
        r"L=-\mathbb{E}_t\big[\log\pi(a_t|s_t)\,(G_t-b_t)\big]-c_e H \\ G_t=\sum_{k\ge 0}\gamma^k r_{t+k}",
        (
            ("actor", "landers"),
            ("landers", "episodes"),
            ("episodes", "returns"),
            ("returns", "advantage"),
            ("advantage", "loss"),
            ("loss", "actor"),
        ),
        (
            Term(r"G_t", "returns_to_go"),
            Term(r"G_t-b_t", "advantages"),
            Term(r"L", "loss_of"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "actor-critic": Lesson(
        r"L=-\mathbb{E}_t\big[\log\pi(a_t|s_t)\,(R_t-V(s_t))\big]+c_v\big(R_t-V(s_t)\big)^2-c_e H \\ "
        r"R_t=\sum_{k<n}\gamma^k r_{t+k}+\gamma^n V(s_{t+n})",
        (
            ("actor", "landers"),
            ("landers", "returns"),
            ("critic", "returns"),
            ("returns", "advantage"),
            ("critic", "advantage"),
            ("advantage", "loss"),
            ("loss", "actor"),
            ("loss", "critic"),
        ),
        (Term(r"R_t", "n_step_returns"), Term(r"L", "loss_of"), Term(r"\text{training}", "learn")),
    ),
    "a2c": Lesson(
        r"L=-\mathbb{E}_t\big[\log\pi(a_t|s_t)\,\hat A_t\big]+c_v\big(V(s_t)-\hat R_t\big)^2-c_e H",
        _PPO_FLOW,
        _LIBRARY,
    ),
    "trpo": Lesson(
        r"\max_\pi\ \mathbb{E}_t\big[\rho_t\hat A_t\big]\quad\text{s.t.}\quad "
        r"\mathbb{E}_t\big[\mathrm{KL}(\pi_{\mathrm{old}}\,\|\,\pi)\big]\le\delta \\ " + _RATIO,
        _PPO_FLOW,
        _LIBRARY,
    ),
    "ppo-byhand": Lesson(
        _PPO,
        _PPO_FLOW,
        (
            Term(r"\hat A_t,\hat R_t", "gae"),
            Term(r"\min(\rho\hat A,\mathrm{clip}(\rho)\hat A)", "clipped_loss"),
            Term(r"\pi,V", "ActorCriticDiscrete"),
            Term(r"L", "PPOAgent"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "ppo-article": Lesson(
        r"L=-\mathbb{E}_t\big[\min(\rho_t A_t,\ \mathrm{clip}(\rho_t,0.8,1.2)A_t)\big]"
        r"+\tfrac12\big(V(s_t)-\tilde G_t\big)^2-0.01 H \\ A_t=\tilde G_t-V(s_t) \\ "
        r"\tilde G=\frac{G-\bar G}{\sigma_G}",
        _PPO_FLOW,
        (
            Term(r"\tilde G", "normalized"),
            Term(r"\min(\rho A,\mathrm{clip}(\rho)A)", "clipped_loss"),
            Term(r"\text{settings}", "Settings"),
            Term(r"L", "PPOAgent"),
        ),
    ),
    "grpo": Lesson(
        r"L=-\frac1G\sum_{i=1}^{G}\frac1{T_i}\sum_{t=1}^{T_i}\min(\rho_{it}A_i,\ "
        r"\mathrm{clip}(\rho_{it},1-\epsilon,1+\epsilon)A_i)+\beta\,\mathrm{KL} \\ "
        r"A_i=\frac{R_i-\mathrm{mean}(R)}{\mathrm{std}(R)}",
        _GROUP_FLOW,
        (
            Term(r"A_i", "group_advantages"),
            Term(r"\tfrac1G\tfrac1{T_i}", "step_weights"),
            Term(r"\min(\rho A,\mathrm{clip}(\rho)A)", "clipped_loss"),
            Term(r"\mathrm{KL}", "kl_estimate"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "dapo": Lesson(
        r"L=-\frac1{\sum_i T_i}\sum_{i}\sum_{t}\min(\rho_{it}A_i,\ "
        r"\mathrm{clip}(\rho_{it},1-\epsilon_{\mathrm{low}},1+\epsilon_{\mathrm{high}})A_i) \\ "
        r"0<\mathrm{std}(R)",
        (*_GROUP_FLOW, ("group", "dropped"), ("dropped", "start")),
        (
            Term(r"\mathrm{clip}(\rho,1-\epsilon_{\mathrm{low}},1+\epsilon_{\mathrm{high}})", "clipped_loss"),
            Term(r"0<\mathrm{std}(R)", "teaches"),
            Term(r"\tfrac1{\sum_i T_i}", "step_weights"),
            Term(r"R_i", "soft_length_penalty"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "dpo": Lesson(
        r"L=-\log\sigma\Big(\beta\Big[\sum_t\log\frac{\pi(a^+_t|s^+_t)}{\pi_{\mathrm{ref}}(a^+_t|s^+_t)}"
        r"-\sum_t\log\frac{\pi(a^-_t|s^-_t)}{\pi_{\mathrm{ref}}(a^-_t|s^-_t)}\Big]\Big)",
        (
            ("reference", "pairs"),
            ("judge", "pairs"),
            ("pairs", "loss"),
            ("reference", "loss"),
            ("loss", "actor"),
        ),
        (
            Term(r"-\log\sigma(\beta[\ldots])", "preference_loss"),
            Term(r"\sum_t\log\pi/\pi_{\mathrm{ref}}", "Episodes"),
            Term(r"a^+\succ a^-", "by_scorecard", "preferences/pairs"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "rlhf": Lesson(
        r"\max_w\ \sum_{\mathrm{pairs}}\log\sigma\big(w^\top(\phi^+-\phi^-)\big)-\lambda\|w\|^2 \\ "
        r"\phi=\sum_t\gamma^t c_t \\ \text{PPO on } r_t=w^\top c_t",
        (
            ("reference", "pairs"),
            ("judge", "pairs"),
            ("pairs", "reward_model"),
            ("reward_model", "advantage"),
            ("actor", "landers"),
            ("landers", "advantage"),
            ("critic", "advantage"),
            ("advantage", "loss"),
            ("loss", "actor"),
            ("loss", "critic"),
        ),
        (
            Term(r"\max_w", "fit_bradley_terry", "preferences/reward_model"),
            Term(r"\phi", "features", "preferences/reward_model"),
            Term(r"r_t", "to_reward", "preferences/reward_model"),
            Term(r"\text{training}", "learn"),
        ),
    ),
    "ppo-sb3": Lesson(_PPO, _PPO_FLOW, _LIBRARY),
    "ppo-zoo": Lesson(_PPO, _PPO_FLOW, _LIBRARY),
}
"""By algorithm."""


@dataclass(frozen=True)
class Passage:
    """Lines of a file."""

    file: str
    first: int
    """Number of its first line, from 1."""
    code: str


@cache
def passage(algorithm: str, term: Term | None) -> Passage:
    """The lines that a term is computed in; the whole file for None.

    Raises:
        KeyError: the file has nothing of that name.
    """
    own = ALGORITHMS[algorithm].path
    path = LEARNERS / f"{term.file}.py" if term is not None and term.file else own
    source = path.read_text(encoding="utf-8")
    if term is None:
        return Passage(path.name, 1, source)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == term.name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines = source.splitlines()[first - 1 : node.end_lineno]
            return Passage(path.name, first, "\n".join(lines))
    raise KeyError(term.name)


def to_dot(flow: Sequence[tuple[str, str]], name_of: Callable[[str], str], network: str, line: str) -> str:
    """A flow as a picture in Graphviz's language.

    Args:
        flow: arrows.
        name_of: a node's words.
        network: colour of what is learned.
        line: of arrows and of the other nodes' words, readable on light and on dark.
    """
    nodes = dict.fromkeys(node for arrow in flow for node in arrow)
    lines = [
        'digraph { rankdir=LR; bgcolor="transparent"; nodesep=0.2; ranksep=0.25; margin=0;',
        f'node [fontname="sans-serif", fontsize=14, height=0.4, shape=box, style=rounded, color="{line}", '
        f'fontcolor="{line}"]; edge [color="{line}", arrowsize=0.7];',
    ]
    for node in nodes:
        label = name_of(node).replace('"', "'")
        style = ""
        if node in NETWORKS:
            style = f', style="rounded,filled", fillcolor="{network}", color="{network}", fontcolor="#ffffff"'
        elif node in LOSSES:
            style = ", shape=ellipse"
        lines.append(f'{node} [label="{label}"{style}];')
    lines += [f"{before} -> {after};" for before, after in flow]
    return "\n".join([*lines, "}"])
