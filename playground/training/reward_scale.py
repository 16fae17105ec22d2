"""Rewards in units of the return's deviation, so that a design's scale does not become the learner's.

Leaves out: the mean, which a reward may not lose (a cost for every step teaches to end soon), and any clipping.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.running_mean_std import RunningMeanStd


class RewardScale:
    """The running deviation of the discounted return of ``n`` environments.

    Args:
        n: how many environments.
        gamma: the discount.
    """

    def __init__(self, n: int, gamma: float) -> None:
        self.gamma = gamma
        self.moments = RunningMeanStd(shape=())
        self.running = np.zeros(n)

    def divide(self, rewards: npt.NDArray[Any], dones: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        """Rewards ``(T, n)`` over the deviation, which these steps have moved already."""
        returns = np.empty_like(rewards)
        running = self.running
        for t in range(len(rewards)):
            running = running * self.gamma + rewards[t]
            returns[t] = running
            running = np.where(dones[t], 0.0, running)
        self.running = running
        self.moments.update(returns.reshape(-1))
        return np.asarray(rewards / np.sqrt(self.moments.var + 1e-8))

    def state(self) -> dict[str, Any]:
        """The returns under way and the moments of all so far."""
        moments = self.moments
        return {"running": self.running, "moments": [float(moments.mean), float(moments.var), float(moments.count)]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self.running = np.array(state["running"])
        mean, var, self.moments.count = state["moments"]
        # arrays, because numpy would take a plain float for a float32 beside float32 rewards
        self.moments.mean, self.moments.var = np.array(mean), np.array(var)
