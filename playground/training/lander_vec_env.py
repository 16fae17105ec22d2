"""Many landers as one Stable-Baselines3 ``VecEnv`` that pays any reward.

All components are computed as arrays, once for the whole batch; there is no wrapper stack and no info
dictionary but where an episode ends. Time-outs are told apart from terminations, so PPO bootstraps there.

Leaves out: reward normalisation, which is the learner's, and rendering.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from playground.lander.simulator import MAX_STEPS, N_ACTIONS, OBSERVATION_SIZE, Observations, make_simulator
from playground.reward.account import decompose, reward_of
from playground.reward.terms import RewardConfig, Transitions


class Advance(NamedTuple):
    """One step of n landers."""

    observations: Observations
    """``(n, 8)``: after the step, of the new episode where one ended."""
    rewards: npt.NDArray[np.float64]
    """``(n,)``: designed."""
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    ended: npt.NDArray[np.int64]
    """``(k,)``: which landers' episodes ended."""
    last_observations: Observations
    """``(k, 8)``: the last ones of those episodes."""


class LanderVecEnv(VecEnv):
    """``n_envs`` landers stepped one after the other in this process.

    Args:
        reward: what a step pays.
        gamma: the discount of the ``potential`` form.
        n_envs: how many landers.
    """

    def __init__(self, reward: RewardConfig, gamma: float, n_envs: int) -> None:
        self.reward = reward
        self.gamma = gamma
        self.simulators = [make_simulator() for _ in range(n_envs)]
        bounds = self.simulators[0].observation_space
        super().__init__(n_envs, spaces.Box(bounds.low, bounds.high, dtype=np.float32), spaces.Discrete(N_ACTIONS))
        self._observations = np.zeros((n_envs, OBSERVATION_SIZE), np.float32)
        self._steps = np.zeros(n_envs, np.int64)
        self._actions: npt.NDArray[np.int64] = np.zeros(n_envs, np.int64)

    def reset(self) -> Any:
        """Reset all landers, with the seeds of `seed` if it was called since; observations ``(n, 8)``."""
        for index, simulator in enumerate(self.simulators):
            self._observations[index], _ = simulator.reset(seed=self._seeds[index])
        self._steps[:] = 0
        self._reset_seeds()
        return self._observations.copy()

    def advance(self, actions: npt.NDArray[np.int64]) -> "Advance":
        """Step all landers; those that end are reset.

        Args:
            actions: ``(n,)``, 0 to 3.
        """
        after = np.empty_like(self._observations)
        rewards = np.empty(self.num_envs)
        terminated = np.zeros(self.num_envs, np.bool_)
        for index, action in enumerate(actions.tolist()):
            after[index], rewards[index], terminated[index], _, _ = self.simulators[index].step(action)
        self._steps += 1
        steps = Transitions(self._observations, actions, after, rewards, terminated)
        paid = reward_of(decompose(steps, self.reward.form, self.gamma), self.reward)

        truncated = ~terminated & (self._steps >= MAX_STEPS)
        ended = np.flatnonzero(terminated | truncated)
        last = after[ended]
        for index in ended.tolist():
            after[index], _ = self.simulators[index].reset()
        self._steps[ended] = 0
        self._observations = after
        return Advance(after, paid, terminated, truncated, ended, last)

    def step_async(self, actions: Any) -> None:
        """Take the actions ``(n,)`` of the next step."""
        self._actions = np.asarray(actions, np.int64)

    def step_wait(self) -> Any:
        """Step all landers: observations ``(n, 8)``, rewards, dones ``(n,)`` and infos."""
        step = self.advance(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index, last in zip(step.ended.tolist(), step.last_observations, strict=True):
            truncated = bool(step.truncated[index])
            infos[index] = {"terminal_observation": last.copy(), "TimeLimit.truncated": truncated}
        return step.observations.copy(), step.rewards.astype(np.float32), step.terminated | step.truncated, infos

    def seed_all(self, *entropy: int) -> None:
        """Give every lander a seed drawn from these numbers, for the next `reset`."""
        self._seeds = np.random.SeedSequence(entropy).generate_state(self.num_envs).tolist()

    def close(self) -> None:
        """Free the simulated worlds."""
        for simulator in self.simulators:
            simulator.close()

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
