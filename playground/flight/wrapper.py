"""The article's wrapper: a LunarLander whose reward is yours, with every component in ``info``.

Leaves out: speed. Training uses a vectorised environment with the same accounting.
"""

from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np

from playground.reward.account import decompose, reward_of, shaped_of
from playground.reward.design import Design
from playground.reward.term import Transitions


class RewardShapingWrapper(gym.Wrapper[Any, Any, Any, Any]):
    """Pay `Design` instead of Gymnasium's reward, or only log what it would have paid.

    ``info["reward_components"]`` holds each term's raw, unweighted value, ``env_reward`` (Gymnasium's
    own) and ``shaped`` (the weighted sum of the terms).

    Args:
        env: a LunarLander with discrete actions, made by ``gymnasium.make`` or bare.
        config: the reward.
        gamma: the discount; only the ``potential`` form depends on it.
    """

    def __init__(self, env: gym.Env[Any, Any], config: Design, gamma: float = 0.995) -> None:
        super().__init__(env)
        self.config = config
        self.gamma = gamma
        self._observation: Any = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and remember the observation that the first step starts from."""
        self._observation, info = self.env.reset(seed=seed, options=options)
        return self._observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment, decompose the step and pay the designed reward."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        steps = Transitions(
            observations=np.asarray(self._observation),
            actions=np.asarray(action),
            next_observations=np.asarray(observation),
            rewards=np.asarray(float(reward)),
            terminated=np.asarray(terminated),
        )
        components = decompose(steps, self.config, self.gamma)
        self._observation = observation
        info["reward_components"] = {
            **dict(zip(self.config.keys[:-1], components[:-1].tolist(), strict=True)),
            "env_reward": float(reward),
            "shaped": float(shaped_of(components, self.config)),
        }
        return observation, float(reward_of(components, self.config)), terminated, truncated, info
