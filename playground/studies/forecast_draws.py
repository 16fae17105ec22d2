"""Random rewards with own terms, as a forecast has to know them: Gymnasium's reward plus something, and own sums.

Terms are drawn from templates of what people write: one coordinate, a hinge, a band, a bonus near the ground, legs as
logic, an end by how it ended, a time-out, a streak, progress and potentials. Numbers in them are random. A weight is
drawn by what its term then amounts to over the recorded behaviours, so that terms of any size meet.

Leaves out: training them (``forecast_data``).
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from playground.insight.columns import column_of
from playground.insight.library import library_of
from playground.reward.design import Design
from playground.reward.own import OwnTerm
from playground.reward.term import Form
from playground.worlds.lunar_lander.world import WORLD as LANDER

Kind = Literal["plus", "own"]
KINDS: Final[tuple[Kind, ...]] = ("plus", "own")
GAMMA: Final = 0.995
AMOUNTS: Final[dict[Kind, tuple[float, float]]] = {"plus": (1.0, 300.0), "own": (3.0, 300.0)}
"""What a drawn term amounts to in a recorded episode, on average and discounted: from, to, log-uniform."""
END_WEIGHTS: Final[dict[Kind, tuple[float, float]]] = {"plus": (10.0, 1000.0), "own": (30.0, 3000.0)}
"""The weight of a term that pays for an end."""
DIGITS: Final = 3


class Template(NamedTuple):
    """A family of terms."""

    name: str
    text: str
    """With a brace for each random number."""
    sign: int
    """+1 where people pay for it, −1 where they charge."""
    ranges: tuple[tuple[float, float], ...] = ()
    """Of the random numbers."""
    state: bool = False
    """A function of the state, which may pay as progress or as a potential, too."""


SHAPES: Final = (
    Template("off_centre", "abs(x)", -1, state=True),
    Template("height", "y", -1, state=True),
    Template("far", "dist", -1, state=True),
    Template("fast", "speed", -1, state=True),
    Template("sideways", "abs(vx)", -1, state=True),
    Template("vertical", "abs(vy)", -1, state=True),
    Template("tilt", "abs(angle)", -1, state=True),
    Template("tilt_squared", "angle**2", -1, state=True),
    Template("spin", "abs(omega)", -1, state=True),
    Template("capped", "tanh({}*dist)", -1, ((1, 5),), state=True),
    Template("near_pad", "exp(-{}*dist)", 1, ((1, 8),), state=True),
    Template("feet", "legs", 1, state=True),
    Template("funnel", "abs(x) < {}*y + {}", 1, ((0.2, 0.8), (0.05, 0.2)), state=True),
    Template("field", "hypot(vx + {}*x, vy + {}*y)", -1, ((0.3, 1.2), (0.3, 1.2)), state=True),
    Template("too_fast_low", "max(0, -vy - {}) if y < {} else 0", -1, ((0.05, 0.4), (0.2, 0.8)), state=True),
    Template("hinge", "max(0, speed - {})", -1, ((0.1, 0.6),), state=True),
    Template("leaning", "max(0, abs(angle) - {})", -1, ((0.1, 0.5),), state=True),
    Template("careful_low", "-speed - {}*abs(angle) if y < {} else 0", 1, ((0.5, 3), (0.2, 0.8)), state=True),
    Template("calm", "abs(vx) < {} and abs(vy) < {} and abs(angle) < {}", 1, ((0.1, 0.5),) * 2 + ((0.1, 0.4),)),
    Template("falling", "vy < -{}", 1, ((0.2, 0.6),)),
    Template("rising", "vy > {}", -1, ((0.0, 0.2),)),
    Template("hanging", "y > 0.1 and abs(vy) < {} and not left and not right", -1, ((0.03, 0.15),)),
    Template("waiting", "max(0, streak(speed < {}) - {:.0f})", -1, ((0.05, 0.2), (20, 100))),
    Template("flying", "not left and not right", -1),
    Template("both_feet", "left and right", 1),
    Template("first_touch", "once(left or right)", 1),
    Template("fuel", "fires", -1),
    Template("main_fuel", "main", -1),
    Template("switching", "action != prev_action", -1),
    Template("clock", "1", -1),
    Template("late", "max(0, t - {:.0f}) / 100", -1, ((200, 600),)),
    Template("edge", "abs(x) >= 1", -1),
)
"""What a step pays for."""
ENDS: Final = (
    Template("landed_bonus", "landed", 1),
    Template("crash_cost", "crashed", -1),
    Template("timeout_cost", "timeout", -1),
    Template("precise", "exp(-{}*abs(x)) if landed else 0", 1, ((1, 6),)),
    Template("on_pad", "landed and abs(x) < {}", 1, ((0.1, 0.3),)),
    Template("quick", "max(0, 1 - t/{:.0f}) if landed else 0", 1, ((400, 1000),)),
    Template("thrifty", "max(0, 1 - count(fires)/{:.0f}) if landed else 0", 1, ((200, 600),)),
    Template("by_rule", "legs == 2 and speed < {} and abs(angle) < {} and done", 1, ((0.2, 0.6), (0.1, 0.4))),
    Template("end_by_rule", "(1 if left and right else -1) if terminated else 0", 1),
)
"""What an end pays for."""


def draw_own_reward(kind: Kind, purpose: str, number: int) -> Design:
    """A random reward with own terms, the same for the same arguments.

    Args:
        kind: ``plus`` is Gymnasium's reward and one to four terms; ``own`` a sum of terms alone.
        purpose: ``fit`` or ``judge``.
        number: of the draw.
    """
    rng = np.random.default_rng([1 + KINDS.index(kind), ("fit", "judge").index(purpose), number])
    if kind == "plus":
        chosen = _some([*SHAPES, *ENDS], int(rng.integers(1, 5)), rng)
    else:
        ends = _some(ENDS, int(rng.integers(1, 4)), rng)
        chosen = [*_some(SHAPES, int(rng.integers(2, 6)), rng), *ends]
    terms = tuple(_draw(template, kind, rng) for template in chosen)
    fields: dict[str, Any] = {"replace_reward": True, "w_env": 1.0 if kind == "plus" else 0.0, "own_terms": terms}
    return LANDER.design(**fields)


def _some(of: Sequence[Template], count: int, rng: np.random.Generator) -> list[Template]:
    return [of[i] for i in rng.choice(len(of), count, replace=False)]


def _draw(template: Template, kind: Kind, rng: np.random.Generator) -> OwnTerm:
    """One term with random numbers, form and weight."""
    expression = template.text.format(*(_rounded(rng.uniform(*bounds)) for bounds in template.ranges))
    form: Form = "state"
    if template.state and rng.random() < 0.5:
        form = "progress" if rng.random() < 0.5 else "potential"
    library = library_of(LANDER)
    column = column_of(library, expression, form, GAMMA, LANDER.design().language)
    # what a difference pays sums to little, however much it moves on the way
    typical = max(float(np.abs(column.sums).mean()), column.amount / len(library) / 10)
    bounds, unit = (END_WEIGHTS, 1.0) if template in ENDS else (AMOUNTS, typical)
    size = 10 ** rng.uniform(*np.log10(bounds[kind])) / unit
    sign = template.sign if rng.random() < 0.95 else -template.sign
    return OwnTerm(template.name, expression, form, sign * _rounded(size))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
