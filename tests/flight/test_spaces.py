"""Which environments are refused as a world, and that the reason is said."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from playground.flight.fork import fork
from playground.flight.probes import Constant
from playground.flight.rollout import make_environment, run_episode
from playground.flight.spaces import check_spaces
from playground.training.spec import TrainSpec
from playground.words.errors import InvalidInput
from playground.worlds import REGISTRY, find_world

CART = find_world("CartPole-v1")
NUMBERS = spaces.Box(-1.0, 1.0, (4,), np.float32)


class Fake(gym.Env):
    def __init__(self, seen, acts):
        self.observation_space, self.action_space = seen, acts


@pytest.mark.parametrize("id", REGISTRY)
def test_every_world_is_what_it_declares(id):
    world = find_world(id)
    environment = make_environment(world)
    check_spaces(environment, world)
    made = gym.make(id)
    assert made.observation_space == environment.observation_space
    assert made.spec.max_episode_steps == world.max_steps


@pytest.mark.parametrize(
    ("seen", "acts", "code", "reason"),
    [
        (spaces.Box(0, 255, (96, 96, 3), np.uint8), spaces.Discrete(2), "unsupported_observations", "(96, 96, 3)"),
        (spaces.Dict({"goal": NUMBERS}), spaces.Discrete(2), "unsupported_observations", "Dict"),
        (spaces.Discrete(16), spaces.Discrete(2), "unsupported_observations", "Discrete"),
        (NUMBERS, spaces.Box(-1.0, 1.0, (2,)), "unsupported_actions", "Box of shape (2,)"),
        (NUMBERS, spaces.MultiDiscrete([2, 2]), "unsupported_actions", "MultiDiscrete"),
        (NUMBERS, spaces.Discrete(2, start=1), "unsupported_actions", "from 1"),
        (NUMBERS, spaces.Discrete(3), "other_sizes", "3 actions"),
        (spaces.Box(-1.0, 1.0, (5,), np.float32), spaces.Discrete(2), "other_sizes", "5 numbers"),
    ],
)
def test_other_spaces_are_refused_with_the_reason_wherever_the_world_is_flown(seen, acts, code, reason):
    world = replace(CART, make=lambda conditions, render_mode: Fake(seen, acts))
    for use in (lambda: check_spaces(Fake(seen, acts), world), lambda: run_episode(world, Constant(0), 1)):
        with pytest.raises(InvalidInput) as refusal:
            use()
        assert refusal.value.code == code
        assert reason in str(refusal.value)
        assert "CartPole-v1" in str(refusal.value)


def test_a_reward_of_another_world_is_no_spec():
    with pytest.raises(InvalidInput, match=r"MountainCar-v0.*CartPole-v1"):
        TrainSpec(find_world("MountainCar-v0").presets[0].config, env="CartPole-v1")


def test_only_a_world_that_can_be_taken_back_is_forked():
    episode = run_episode(CART, Constant(0), 1)
    with pytest.raises(InvalidInput, match="CartPole-v1"):
        fork(episode, 0, Constant(0))
