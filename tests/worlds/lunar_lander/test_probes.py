"""The scripted pilots do what their names say."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.box2d.lunar_lander import heuristic

from playground.flight.rollout import run_episodes
from playground.worlds.lunar_lander.outcomes import Outcome
from playground.worlds.lunar_lander.probes import Constant, Heuristic, Hover, Random
from playground.worlds.lunar_lander.world import WORLD as LANDER


def seen(**values: float) -> np.ndarray:
    names = ("x", "y", "vx", "vy", "tilt", "spin", "left", "right")
    return np.array([[values.get(name, 0.0) for name in names]], np.float32)


def test_heuristic_is_gymnasiums_own_controller() -> None:
    env = gym.make("LunarLander-v3")
    observations = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    observations[:, 6:] = observations[:, 6:] > 0.5
    actions = Heuristic().act(observations)
    assert actions.tolist() == [heuristic(env.unwrapped, o) for o in observations]
    assert len(set(actions.tolist())) == 4


def test_heuristic_lands() -> None:
    outcomes = [episode.outcome for episode in run_episodes(LANDER, Heuristic(), range(200, 210))]
    assert outcomes.count(Outcome.LANDED) >= 8


def test_random_actions_are_uniform_and_follow_the_generator() -> None:
    actions = Random(np.random.default_rng(0)).act(np.zeros((40_000, 8), np.float32))
    assert np.abs(np.bincount(actions, minlength=4) - 10_000).max() < 400  # over four standard deviations
    again = Random(np.random.default_rng(0)).act(np.zeros((40_000, 8), np.float32))
    other = Random(np.random.default_rng(1)).act(np.zeros((40_000, 8), np.float32))
    assert actions.tolist() == again.tolist()
    assert actions.tolist() != other.tolist()


def test_random_actions_go_on_from_call_to_call() -> None:
    pilot = Random(np.random.default_rng(0))
    few = np.zeros((50, 8), np.float32)
    assert pilot.act(few).tolist() != pilot.act(few).tolist()


@pytest.mark.parametrize("action", range(4))
def test_constant_always_does_the_same(action: int) -> None:
    observations = np.random.default_rng(0).normal(size=(7, 8)).astype(np.float32)
    assert Constant(action).act(observations).tolist() == [action] * 7


def test_idle_falls_and_full_thrust_flies_away() -> None:
    assert {e.outcome for e in run_episodes(LANDER, Constant(0), range(5))} == {Outcome.CRASHED}
    assert {e.outcome for e in run_episodes(LANDER, Constant(2), range(5))} == {Outcome.OUT_OF_BOUNDS}


@pytest.mark.parametrize(
    ("observation", "action"),
    [
        (seen(y=0.2), 2),  # too low
        (seen(y=1.0), 0),  # too high
        (seen(y=0.6, vy=-0.3), 2),  # right there, sinking
        (seen(y=0.6, vy=0.3), 0),  # right there, climbing
        (seen(y=0.6, tilt=0.5), 3),  # turned counter-clockwise
        (seen(y=0.6, tilt=-0.5), 1),
        (seen(y=0.2, spin=0.2), 3),  # turning comes before burning
    ],
)
def test_hover_by_hand(observation: np.ndarray, action: int) -> None:
    assert Hover(0.6).act(observation).tolist() == [action]


def test_hover_stays_upright_at_its_height_until_the_time_is_up() -> None:
    for height in (0.4, 0.8):
        for episode in run_episodes(LANDER, Hover(height), range(600, 603)):
            assert episode.outcome is Outcome.TIMEOUT
            late = episode.observations[500:]
            assert np.abs(late[:, 1] - height).max() < 0.2
            assert np.abs(late[:, 0]).max() < 0.3
            assert np.abs(late[:, 4]).max() < 0.5
            assert not late[:, 6:].any()


def test_hover_treats_each_lander_by_itself() -> None:
    observations = np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)
    assert Hover().act(observations).tolist() == [int(Hover().act(o[None])[0]) for o in observations]
