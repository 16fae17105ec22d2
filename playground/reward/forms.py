"""The three forms in which a potential Φ can pay on the step from ``o`` to ``o'``.

========== ============================================================== ==============================
form       pays                                                           source
========== ============================================================== ==============================
state      Φ(o')                                                          plain per-step shaping
progress   Φ(o') − Φ(o)                                                   Gymnasium's LunarLander
potential  γ·Φ(o') − Φ(o), with Φ(o') = 0 on termination (not truncation) Ng, Harada & Russell 1999
========== ============================================================== ==============================

In form ``progress`` every term but an outcome is 0 on a terminating step, because Gymnasium's LunarLander overwrites
that step's reward.

All that depends on the form stands here: accounting, formulas, exported Python and checks read it. Leaves out: events,
which pay the same in every form, and weights (``design``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.reward.term import Floats, Form

Potential = Callable[[Floats], Any]
"""Observations ``(…, n)`` to values ``(…)``."""


@dataclass(frozen=True)
class Rule:
    """How a form pays."""

    pays: Callable[[Potential, Floats, Floats, npt.NDArray[np.bool_], float], Floats]
    """From a potential, the observations before and after, ``terminated`` and the discount: ``(…)``."""
    symbol: str
    """Of what a term pays, in a formula; the term's key replaces the braces."""
    explained: bool
    """Its symbol needs the explanation that the text ``formula.<form>`` gives."""
    python: str
    """The body of an exported method that pays ``potential`` on ``step``."""
    own_python: str
    """What an exported own term pays; its name replaces the braces."""
    uses_gamma: bool = False
    drops_last_step: bool = False
    """On a terminating step only the outcome terms pay."""
    cancels_in_loops: bool = False
    """Discounted, what it pays on the way from a state back to the same state sums to nothing."""


def _state(potential: Potential, before: Floats, after: Floats, terminated: npt.NDArray[np.bool_], gamma: float) -> Any:
    return np.asarray(potential(after), np.float64)


def _progress(
    potential: Potential, before: Floats, after: Floats, terminated: npt.NDArray[np.bool_], gamma: float
) -> Any:
    return np.asarray(potential(after), np.float64) - np.asarray(potential(before), np.float64)


def _potential(
    potential: Potential, before: Floats, after: Floats, terminated: npt.NDArray[np.bool_], gamma: float
) -> Any:
    value = np.where(terminated, 0.0, np.asarray(potential(after), np.float64))
    return gamma * value - np.asarray(potential(before), np.float64)


RULES: Final[Mapping[Form, Rule]] = {
    "state": Rule(
        pays=_state,
        symbol="{}(o′)",
        explained=False,
        python="return float(potential(step.next_observations))",
        own_python="self.term_{0}(now, before)",
    ),
    "progress": Rule(
        pays=_progress,
        symbol="Δ{}",
        explained=True,
        python="return float(potential(step.next_observations) - potential(step.observations))",
        own_python="(0.0 if terminated else self.term_{0}(now, before) - self.term_{0}(before, before))",
        drops_last_step=True,
    ),
    "potential": Rule(
        pays=_potential,
        symbol="Δ{}",
        explained=True,
        python=(
            "after = 0.0 if step.terminated else float(potential(step.next_observations))\n"
            "        return self.gamma * after - float(potential(step.observations))"
        ),
        own_python=(
            "(self.gamma * (0.0 if terminated else self.term_{0}(now, before)) - self.term_{0}(before, before))"
        ),
        uses_gamma=True,
        cancels_in_loops=True,
    ),
}
