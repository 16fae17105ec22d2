"""What stands between a slider and its verdict: a check of the reward, its repair, and the green bands.

Leaves out: drawing them (``app``).
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import gymnasium

from playground.bench.figures import Figure
from playground.insight.check import check_reward
from playground.insight.library import ProbeLibrary, library_of
from playground.insight.repair import repair_reward, sound_bands
from playground.reward.design import Design
from playground.studies.forecast_data import draw_reward
from playground.worlds import find_world

GAMMA: Final = 0.995


def measure_checking(rewards: int) -> list[Figure]:
    """Milliseconds for one random reward each, after a first that loads libraries and recordings.

    Args:
        rewards: so many are drawn as the forecast's table draws them.
    """
    drawn = [draw_reward("fit", number)[1] for number in range(rewards + 1)]
    library = library_of(find_world())

    def timed(work: Callable[[Design], object], of: Sequence[Design] = drawn) -> list[float]:
        times = []
        for reward in of:
            start = time.perf_counter()
            work(reward)
            times.append(1e3 * (time.perf_counter() - start))
        return times

    checks = timed(lambda reward: check_reward(reward, GAMMA))
    flights = timed(lambda reward: _fly(library), drawn[:1])
    repairs = timed(lambda reward: repair_reward(reward, GAMMA))
    bands = timed(lambda reward: sound_bands(reward, GAMMA))
    peer = "the same behaviours flown once in gymnasium.make"
    return [
        Figure("a reward checked before training", checks[1:], "ms", peer, flights),
        Figure("a reward repaired, or found to need none", repairs[1:], "ms"),
        Figure("its first repair, with the library that it needs", repairs[:1], "ms"),
        Figure("the green bands of all sliders", bands[1:], "ms"),
    ]


def _fly(library: ProbeLibrary) -> None:
    """Every recorded episode again, as somebody would who has no recordings."""
    env = gymnasium.make("LunarLander-v3")
    for episode in library.episodes:
        env.reset(seed=episode.seed)
        for action in episode.actions.tolist():
            env.step(action)
    env.close()
