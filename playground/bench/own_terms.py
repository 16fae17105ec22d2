"""What a reward costs whose terms are expressions, beside the same work for the world's own terms.

Leaves out: the page's part of it (``app``).
"""

import time
from collections.abc import Callable
from typing import Any, Final

from playground.bench.figures import Figure
from playground.flight.rollout import run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS, score
from playground.insight.check import check_reward
from playground.insight.columns import column_of
from playground.insight.library import library_of
from playground.reward.design import Design
from playground.reward.expression.program import program_of, read_cached
from playground.reward.own import OwnTerm
from playground.worlds import find_world
from playground.worlds.lunar_lander.presets import GYMNASIUM

GAMMA: Final = 0.995
FIVE: Final = (
    OwnTerm("falling", "max(0, -vy - 0.3) if y < 0.3 else 0", weight=-5.0),
    OwnTerm("spin", "abs(omega)", weight=-1.0),
    OwnTerm("waiting", "max(0, streak(speed < 0.1) - 50)", weight=-0.5),
    OwnTerm("quick", "max(0, 1 - t/1000) if landed else 0", weight=100.0),
    OwnTerm("near", "exp(-5*dist)", "potential", weight=20.0),
)
"""A hinge, a coordinate, a memory, an end and a potential."""
EXPRESSIONS: Final = (
    OwnTerm("my_distance", "-sqrt(x**2 + y**2)", "progress", 100.0),
    OwnTerm("my_velocity", "-sqrt(vx**2 + vy**2)", "progress", 100.0),
    OwnTerm("my_angle", "-abs(angle)", "progress", 100.0),
    OwnTerm("my_legs", "left + right", "progress", 10.0),
    OwnTerm("my_main", "main and not terminated", weight=-0.3),
    OwnTerm("my_side", "side and not terminated", weight=-0.03),
    OwnTerm("my_landing", "landed", weight=100.0),
    OwnTerm("my_crash", "crashed", weight=-100.0),
)
"""Gymnasium's own reward."""


def as_expressions() -> Design:
    """Gymnasium's reward without any of the world's terms."""
    return type(GYMNASIUM)(replace_reward=True, own_terms=EXPRESSIONS)


def measure_own_terms(repeats: int, steps: int) -> list[Figure]:
    """Speeds with own terms.

    Args:
        repeats: of each measurement.
        steps: of each training.
    """
    from playground.training.spec import TrainSpec  # torch, for the trainings alone
    from playground.training.train import train

    library = library_of(find_world())
    card = score(run_episodes(library.world, _Heuristic(), EVALUATION_SEEDS), GAMMA)
    design = GYMNASIUM.changed(own_terms=FIVE)

    def new_term(number: int) -> None:
        term = OwnTerm("new", f"max(0, speed - {number}/1000) if y < 0.5 and not left else streak(main)*0.01")
        column_of(library, term.expression, term.form, GAMMA, GYMNASIUM.language)
        card.sums(GYMNASIUM.changed(own_terms=(term,)))

    check_reward(GYMNASIUM, GAMMA)
    card.sums(GYMNASIUM)

    def forgotten_check(number: int) -> None:
        column_of.cache_clear()
        program_of.cache_clear()
        read_cached.cache_clear()
        check_reward(design, GAMMA)

    def train_on(reward: Design) -> float:
        start = time.perf_counter()
        result = train(TrainSpec(reward, steps=steps))
        return result.steps / (time.perf_counter() - start)

    train_on(GYMNASIUM)  # what is loaded once
    pairs = [(train_on(as_expressions()), train_on(GYMNASIUM)) for _ in range(repeats)]
    return [
        Figure("a new expression over the recorded behaviours and 100 episodes", _times(new_term, repeats), "ms"),
        Figure("a check with five new own terms", _times(forgotten_check, repeats), "ms"),
        Figure(
            "a check with five own terms after that",
            _times(lambda number: check_reward(design, GAMMA), repeats),
            "ms",
            "the same without them",
            _times(lambda number: check_reward(GYMNASIUM, GAMMA), repeats),
        ),
        Figure(
            "steps of training on Gymnasium's reward written as expressions",
            [mine for mine, _ in pairs],
            "/s",
            "the same with the lander's terms",
            [theirs for _, theirs in pairs],
        ),
    ]


def _times(work: Callable[[int], Any], repeats: int) -> list[float]:
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        work(number)
        times.append(1e3 * (time.perf_counter() - start))
    return times


class _Heuristic:
    """Fires the main engine where it falls fast: episodes of the usual length."""

    def act(self, observations: Any) -> Any:
        """Actions ``(n,)``."""
        return (observations[:, 3] < -0.2) * 2
