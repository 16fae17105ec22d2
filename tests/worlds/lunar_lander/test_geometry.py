"""The numbers of the world are Gymnasium's."""

import gymnasium as gym
from gymnasium.envs.box2d import lunar_lander

from playground.worlds.lunar_lander.geometry import (
    HALF_HEIGHT,
    HALF_WIDTH,
    MAX_STEPS,
    N_ACTIONS,
    OBSERVATION_SIZE,
    STEPS_PER_SECOND,
)
from playground.worlds.lunar_lander.world import WORLD


def test_the_numbers_are_those_of_gymnasium() -> None:
    assert STEPS_PER_SECOND == lunar_lander.FPS
    assert HALF_WIDTH == lunar_lander.VIEWPORT_W / lunar_lander.SCALE / 2
    assert HALF_HEIGHT == lunar_lander.VIEWPORT_H / lunar_lander.SCALE / 2
    env = gym.make(WORLD.id)
    assert env.spec is not None
    assert env.spec.max_episode_steps == MAX_STEPS == WORLD.max_steps
    assert env.observation_space.shape == (OBSERVATION_SIZE,) == (WORLD.observation_size,)
    assert env.action_space.n == N_ACTIONS == len(WORLD.actions)  # type: ignore[attr-defined]
