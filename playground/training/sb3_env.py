"""Many landers as one Stable-Baselines3 ``VecEnv`` that pays any reward.

All components are computed as arrays, once for the whole batch; there is no wrapper stack and no info
dictionary but where an episode ends. Time-outs are told apart from terminations, so PPO bootstraps there.
Any of Stable-Baselines3's learners can train on it; `FastPPO` takes its bounds from it and flies a `Fleet`.

Leaves out: reward normalisation, which is the learner's, and rendering.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from playground.flight.fleet import Landers
from playground.reward.account import decompose, reward_of
from playground.reward.design import Design
from playground.reward.term import Transitions
from playground.worlds import world_of


class LanderVecEnv(VecEnv):
    """``n_envs`` landers stepped one after the other in this process.

    Args:
        reward: what a step pays.
        gamma: the discount of the ``potential`` form.
        n_envs: how many landers.
    """

    def __init__(self, reward: Design, gamma: float, n_envs: int) -> None:
        self.reward = reward
        self.gamma = gamma
        self.landers = Landers(world_of(reward), n_envs)
        self.simulators = self.landers.simulators
        bounds = self.simulators[0].observation_space
        super().__init__(
            n_envs,
            spaces.Box(bounds.low, bounds.high, dtype=np.float32),
            spaces.Discrete(len(self.landers.world.actions)),
        )
        self.episodes = n_envs
        """Begun so far."""
        self._actions: npt.NDArray[np.int64] = np.zeros(n_envs, np.int64)

    def reset(self) -> Any:
        """Reset all landers, with the seeds of `seed` if it was called since; observations ``(n, 8)``."""
        observations = self.landers.reset(self._seeds)
        self._reset_seeds()
        return observations

    def start(self, seed: int) -> Any:
        """Start all landers out of step with each other, all later episodes following from the seed; ``(n, 8)``."""
        self.landers.start(seed)
        return self.landers.observations.copy()

    def step_async(self, actions: Any) -> None:
        """Take the actions ``(n,)`` of the next step."""
        self._actions = np.asarray(actions, np.int64)

    def step_wait(self) -> Any:
        """Step all landers: observations ``(n, 8)``, rewards, dones ``(n,)`` and infos."""
        before = self.landers.observations
        step = self.landers.advance(self._actions)
        after = step.observations.copy()
        after[step.ended] = step.last_observations
        steps = Transitions(before, self._actions, after, step.rewards, step.terminated)
        rewards = reward_of(decompose(steps, self.reward, self.gamma), self.reward)
        self.episodes += len(step.ended)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index, last in zip(step.ended.tolist(), step.last_observations, strict=True):
            truncated = bool(step.truncated[index])
            infos[index] = {"terminal_observation": last.copy(), "TimeLimit.truncated": truncated}
        return step.observations.copy(), rewards.astype(np.float32), step.terminated | step.truncated, infos

    def close(self) -> None:
        """Free the simulated worlds."""
        self.landers.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the chosen landers."""
        return [getattr(self.simulators[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the chosen landers."""
        for i in self._get_indices(indices):
            setattr(self.simulators[i], attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call a method of the chosen landers."""
        return [getattr(self.simulators[i], method_name)(*args, **kwargs) for i in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> Sequence[bool]:  # type: ignore[override]
        """No lander is wrapped."""
        return [False for _ in self._get_indices(indices)]
