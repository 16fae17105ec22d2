import numpy as np
import pytest

from playground.flight.fork import fork
from playground.flight.rollout import refly, run_episode
from playground.lab.models.store import ModelStore
from playground.worlds.lunar_lander.geometry import MAX_STEPS, N_ACTIONS
from playground.worlds.lunar_lander.world import WORLD as LANDER


class Idle:
    """Never fires an engine, so that noise plays no part."""

    def act(self, observations):
        return np.zeros(len(observations), np.int64)


@pytest.fixture(scope="module")
def policy():
    return ModelStore().resolve("gymnasium").policy


@pytest.fixture(scope="module")
def episode(policy):
    return run_episode(LANDER, policy, 1001)


@pytest.mark.parametrize("step", [0, 60, -1])
def test_branches_leave_from_the_very_state(episode, policy, step):
    step = step % len(episode)
    branches = fork(episode, step, policy, continuations=2)
    assert len(branches) == N_ACTIONS
    for action, flown in enumerate(branches):
        for branch in flown:
            np.testing.assert_array_equal(branch.observations[0], episode.observations[step])
            assert branch.actions[0] == action
            assert step + len(branch) <= MAX_STEPS


def test_without_engines_the_branch_is_the_episode_itself():
    """The simulator is in the very state of the episode, not only at the same observation: it goes on alike."""
    fall = refly(LANDER, [2, 1, 2, 3, 2] + [0] * 200, 8)
    branch = fork(fall, 5, Idle(), continuations=1)[0][0]
    np.testing.assert_array_equal(branch.observations, fall.observations[5:])
    np.testing.assert_array_equal(branch.rewards[1:], fall.rewards[6:])
    assert branch.terminated == fall.terminated


def test_noise_differs_between_continuations_and_not_between_actions(episode, policy):
    branches = fork(episode, 100, policy, continuations=3)
    first = [flown[0].observations[1] for flown in branches]
    again = fork(episode, 100, policy, continuations=3)
    for flown, same in zip(branches, again, strict=True):
        for one, other in zip(flown, same, strict=True):
            np.testing.assert_array_equal(one.observations, other.observations)
    main = branches[2]
    assert not np.array_equal(main[0].observations[1], main[1].observations[1])
    assert len({tuple(o) for o in first}) == N_ACTIONS


def test_rewards_are_gymnasiums(episode, policy):
    """The first reward needs the potential of the state before the fork, which the simulator must still know."""
    step = int(np.flatnonzero(episode.actions == 0)[5])
    branch = fork(episode, step, policy, continuations=1)[0][0]
    assert branch.rewards[0] == pytest.approx(episode.rewards[step], abs=1e-9)


@pytest.mark.parametrize("step", [-1, 10_000])
def test_a_step_that_is_not_there_is_refused(episode, policy, step):
    with pytest.raises(ValueError, match="step must be"):
        fork(episode, step, policy)
