"""Many environments as one Stable-Baselines3 ``VecEnv`` that pays any reward.

All components are computed as arrays, once for the whole batch; there is no wrapper stack and no info
dictionary but where an episode ends. Time-outs are told apart from terminations, so PPO bootstraps there.
Any of Stable-Baselines3's learners can train on it. Environments are simulated only once it is reset.

Leaves out: reward normalisation, which is the learner's, and rendering.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from playground.flight.env_group import EnvGroup
from playground.flight.rollout import make_environment
from playground.reward.account import Meter
from playground.reward.design import Design
from playground.reward.term import Transitions
from playground.worlds import world_of


class RewardVecEnv(VecEnv):
    """``n_envs`` environments stepped one after the other in this process.

    Args:
        reward: what a step pays.
        gamma: the discount of the ``potential`` form.
        n_envs: how many environments.
    """

    def __init__(self, reward: Design, gamma: float, n_envs: int) -> None:
        self.reward = reward
        self.gamma = gamma
        world = world_of(reward)
        self.group = EnvGroup(world, n_envs)
        self.meter = Meter(reward, gamma, n_envs)
        one = make_environment(world)
        bounds = one.observation_space
        one.close()
        super().__init__(
            n_envs,
            spaces.Box(bounds.low, bounds.high, dtype=np.float32),
            spaces.Discrete(len(world.actions)),
        )
        self.episodes = n_envs
        """Begun so far."""
        self._actions: npt.NDArray[np.int64] = np.zeros(n_envs, np.int64)

    @property
    def simulators(self) -> list[Any]:
        """The bare environments."""
        return self.group.simulators

    def reset(self) -> Any:
        """Reset all environments, with the seeds of `seed` if it was called since; observations ``(n, size)``."""
        observations = self.group.reset(self._seeds)
        self.meter = Meter(self.reward, self.gamma, self.num_envs)
        self._reset_seeds()
        return observations

    def start(self, seed: int) -> Any:
        """Start all out of step with each other, all later episodes following from the seed; ``(n, size)``."""
        self.group.start(seed)
        self.meter = Meter(self.reward, self.gamma, self.num_envs)
        return self.group.observations.copy()

    def state(self) -> dict[str, Any]:
        """All that decides how the environments go on, as plain numbers, lists and text."""
        return {"group": self.group.state(), "episodes": self.episodes, "meter": self.meter.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self.group.load_state(state["group"])
        self.episodes = state["episodes"]
        self.meter.load_state(state.get("meter", {}))

    def step_async(self, actions: Any) -> None:
        """Take the actions ``(n,)`` of the next step."""
        self._actions = np.asarray(actions, np.int64)

    def step_wait(self) -> Any:
        """Step all environments: observations ``(n, size)``, rewards, dones ``(n,)`` and infos."""
        before = self.group.observations
        step = self.group.advance(self._actions)
        after = step.observations.copy()
        after[step.ended] = step.last_observations
        steps = Transitions(before, self._actions, after, step.rewards, step.terminated, step.truncated)
        rewards = self.meter.rewards(steps.as_rollout())[0]
        self.episodes += len(step.ended)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index, last in zip(step.ended.tolist(), step.last_observations, strict=True):
            truncated = bool(step.truncated[index])
            infos[index] = {"terminal_observation": last.copy(), "TimeLimit.truncated": truncated}
        return step.observations.copy(), rewards.astype(np.float32), step.terminated | step.truncated, infos

    def close(self) -> None:
        """Free the simulated worlds."""
        self.group.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the chosen environments."""
        return [getattr(self.simulators[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the chosen environments."""
        for i in self._get_indices(indices):
            setattr(self.simulators[i], attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call a method of the chosen environments."""
        return [getattr(self.simulators[i], method_name)(*args, **kwargs) for i in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> Sequence[bool]:  # type: ignore[override]
        """No environment is wrapped."""
        return [False for _ in self._get_indices(indices)]
