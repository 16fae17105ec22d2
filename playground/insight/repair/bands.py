"""Where each slider may stand, the others as they are, so that the world's goal pays best.

Leaves out: changing several weights (``search``).
"""

import numpy as np

from playground.insight.checks_goal import RISKY
from playground.insight.finding import CLOSE
from playground.insight.library import ProbeLibrary, library_of
from playground.insight.repair.contest import GRID, NEEDED, RISK, Contest, slider_bounds, varied
from playground.reward.design import Design
from playground.worlds import world_of


def sound_bands(
    config: Design, gamma: float = 0.995, library: ProbeLibrary | None = None
) -> dict[str, list[tuple[float, float]]]:
    """Where each slider may stand, the others as they are, so that success pays best and is worth a try.

    Returns:
        For each weight the stretches of its slider in which success pays more than failure and than lingering, waiting
        pays more than failure, and enough risk is accepted, to the grain of `GRID` places. Nothing for a reward that
        training does not see, that looks no step ahead, or whose world has no recorded behaviours.
    """
    library = library or library_of(world_of(config))
    if not config.replace_reward or gamma == 0 or library.world.behaviours is None:
        return {}
    contest = Contest(config, gamma, library)
    bands = {}
    for name, (low, high) in slider_bounds(config).items():
        places = np.linspace(low, high, GRID)
        gaps = contest.gaps(varied(config, name, places), RISK)
        over_failure, over_waiting = gaps[0], gaps[3]
        good = (gaps[:NEEDED] >= CLOSE).all(axis=0) & (gaps[2] > 0) & (over_waiting >= RISKY * over_failure)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
        bands[name] = [(float(places[a]), float(places[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return bands
