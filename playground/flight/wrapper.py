"""The environment for those who have their own training loop: one Gymnasium wrapper.

Training here uses a vectorised environment with the same accounting, which is faster.

Leaves out: registering worlds. The wrapper needs a design alone, which names its environment.
"""

from collections.abc import Iterator
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import load_env_creator, registry
from gymnasium.utils import RecordConstructorArgs

from playground.flight.spaces import describe
from playground.reward.account import decompose, reward_of, shaped_of
from playground.reward.design import Design
from playground.reward.expression.memory import Memory
from playground.reward.term import Transitions
from playground.words.errors import InvalidInput

Env = gym.Env[Any, Any]


class RewardShapingWrapper(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Pay `Design` instead of Gymnasium's reward, or only log what it would have paid.

    A design is for one environment, ``config.env_id``: `RewardConfig` is for LunarLander-v3 with discrete actions. Its
    terms read the environment's own observations, actions and rewards, so wrappers that change one of them belong
    outside of this one.

    ``info["reward_components"]`` holds each term's raw, unweighted value, ``env_reward`` (Gymnasium's
    own) and ``shaped`` (the weighted sum of the terms).

    Args:
        env: the environment of the design, made by ``gymnasium.make`` or bare.
        config: the reward.
        gamma: the discount; only the ``potential`` form depends on it.

    Raises:
        InvalidInput: (a `ValueError`) another environment, continuous actions, or a wrapper in between that changes
            what the terms read.

    >>> from playground import RewardConfig, RewardShapingWrapper
    >>> reward = RewardConfig(w_landing=100.0, penalty_time=0.5, replace_reward=True)
    >>> env = RewardShapingWrapper(gym.make("LunarLander-v3"), reward)
    >>> observation, info = env.reset(seed=1)
    >>> observation, paid, terminated, truncated, info = env.step(2)
    >>> paid, info["reward_components"]["time"]
    (-0.5, 1.0)
    >>> again = gym.make(env.spec)  # the wrapper is in the spec
    >>> again.unwrapped.spec.id, again.get_wrapper_attr("config") == reward
    ('LunarLander-v3', True)
    """

    def __init__(self, env: Env, config: Design, gamma: float = 0.995) -> None:
        RecordConstructorArgs.__init__(self, config=config, gamma=gamma)
        check_environment(env, config.env_id)
        gym.Wrapper.__init__(self, env)
        self.config = config
        self.gamma = gamma
        self._observation: Any = None
        self._memory = Memory(1)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and remember the observation that the first step starts from."""
        self._observation, info = self.env.reset(seed=seed, options=options)
        self._memory = Memory(1)
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
            truncated=np.asarray(truncated),
        )
        components = decompose(steps, self.config, self.gamma, self._memory)
        self._observation = observation
        info["reward_components"] = {
            **dict(zip(self.config.keys[:-1], components[:-1].tolist(), strict=True)),
            "env_reward": float(reward),
            "shaped": float(shaped_of(components, self.config)),
        }
        return observation, float(reward_of(components, self.config)), terminated, truncated, info


def check_environment(env: Env, env_id: str) -> None:
    """Refuse an environment that a reward is not for.

    Args:
        env: bare or wrapped.
        env_id: Gymnasium's id of the environment that the reward is for.

    Raises:
        InvalidInput: names what is in the way.
    """
    bare = env.unwrapped
    name = type(bare).__name__ if bare.spec is None else bare.spec.id
    if (bare.spec is not None and name != env_id) or not _is_of_class(bare, env_id):
        raise InvalidInput("other_wrapped", value=name, wanted=env_id)
    if not isinstance(env.action_space, spaces.Discrete):
        raise InvalidInput("unsupported_actions", env=name, value=describe(env.action_space))
    for layer in _layers(env):
        changes = isinstance(layer, gym.ObservationWrapper | gym.ActionWrapper | gym.RewardWrapper)
        if changes or layer.observation_space != bare.observation_space or layer.action_space != bare.action_space:
            raise InvalidInput("changed_inside", value=type(layer).__name__, env=env_id)


def _is_of_class(bare: Env, env_id: str) -> bool:
    """Whether an environment is of the class behind an id; true for an id that Gymnasium does not know."""
    if env_id not in registry or (entry := registry[env_id].entry_point) is None:
        return True
    kind = load_env_creator(entry) if isinstance(entry, str) else entry
    return isinstance(bare, kind) if isinstance(kind, type) else True


def _layers(env: Env) -> Iterator[gym.Wrapper[Any, Any, Any, Any]]:
    """The wrappers around an environment, the outermost first."""
    while isinstance(env, gym.Wrapper):
        yield env
        env = env.env
