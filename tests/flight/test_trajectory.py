"""A flown episode: its shapes, its last step, and the outcome that it shows."""

from typing import Any

import numpy as np
import pytest

from playground.flight.trajectory import Trajectory
from playground.worlds.lunar_lander.outcomes import Outcome, outcome_of
from playground.worlds.lunar_lander.world import WORLD as LANDER


def flight(steps: int = 3, terminated: bool = True, last_reward: float = -100.0, x: float = 0.0) -> Trajectory:
    observations = np.arange((steps + 1) * 8, dtype=np.float32).reshape(steps + 1, 8)
    observations[-1, 0] = x
    rewards = np.ones(steps)
    rewards[-1] = last_reward
    return Trajectory(LANDER, 7, observations, np.arange(steps) % 4, rewards, terminated)


def test_transitions_pair_each_observation_with_the_next() -> None:
    episode = flight(3)
    steps = episode.transitions
    np.testing.assert_array_equal(steps.observations[:, 1], [1, 9, 17])
    np.testing.assert_array_equal(steps.next_observations[:, 1], [9, 17, 25])
    np.testing.assert_array_equal(steps.actions, [0, 1, 2])
    np.testing.assert_array_equal(steps.rewards, [1, 1, -100])


def test_only_the_last_step_terminates_and_only_if_the_episode_did() -> None:
    assert flight(3, terminated=True).transitions.terminated.tolist() == [False, False, True]
    assert flight(3, terminated=False).transitions.terminated.tolist() == [False, False, False]
    assert flight(1, terminated=True).transitions.terminated.tolist() == [True]


@pytest.mark.parametrize(
    ("terminated", "reward", "x", "outcome"),
    [
        (True, 100.0, 0.0, Outcome.LANDED),
        (True, 100.0, 0.9, Outcome.LANDED),
        (True, -100.0, 0.0, Outcome.CRASHED),
        (True, -100.0, 0.999, Outcome.CRASHED),
        (True, -100.0, -0.999, Outcome.CRASHED),
        (True, -100.0, 1.0, Outcome.OUT_OF_BOUNDS),
        (True, -100.0, -1.0, Outcome.OUT_OF_BOUNDS),
        (True, -100.0, 1.7, Outcome.OUT_OF_BOUNDS),
        (False, -1.0, 0.0, Outcome.TIMEOUT),
        (False, 100.0, 0.0, Outcome.TIMEOUT),
        (False, -100.0, 1.5, Outcome.TIMEOUT),
    ],
)
def test_the_last_step_shows_the_outcome(terminated: bool, reward: float, x: float, outcome: Outcome) -> None:
    assert flight(3, terminated, reward, x).outcome is outcome
    assert outcome_of(terminated, reward, np.array([x] + [0.0] * 7)) is outcome


def test_fifty_steps_are_one_second() -> None:
    assert flight(50).seconds == 1.0
    assert flight(125).seconds == 2.5
    assert len(flight(125)) == 125


@pytest.mark.parametrize(
    "wrong",
    [
        {"observations": np.zeros((3, 8), np.float32)},
        {"observations": np.zeros((4, 7), np.float32)},
        {"observations": np.zeros(8, np.float32)},
        {"rewards": np.zeros(4)},
        {"rewards": np.zeros((3, 1))},
        {"actions": np.zeros(0, np.int64)},
        {"actions": np.zeros(4, np.int64)},
    ],
    ids=lambda wrong: "-".join(f"{k}{v.shape}" for k, v in wrong.items()),
)
def test_arrays_that_do_not_fit_together_are_refused(wrong: dict[str, Any]) -> None:
    fitting = {"observations": np.zeros((4, 8), np.float32), "actions": np.zeros(3, np.int64), "rewards": np.zeros(3)}
    assert len(Trajectory(LANDER, 0, **fitting, terminated=False)) == 3
    with pytest.raises(ValueError, match=r"at least one step|actions need"):
        Trajectory(LANDER, 0, **(fitting | wrong), terminated=False)
