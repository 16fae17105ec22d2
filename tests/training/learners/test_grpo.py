import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.training.learners.grpo import Settings, clipped_loss, group_advantages, kl_estimate, step_weights
from playground.words.errors import InvalidInput


def test_advantages_by_hand():
    """1, 2, 3: mean 2, deviation √(2/3)."""
    wanted = np.array([-1, 0, 1]) / np.sqrt(2 / 3)
    np.testing.assert_allclose(group_advantages(np.array([[1.0, 2.0, 3.0]]))[0], wanted)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=16), st.floats(0.1, 100), st.floats(-1e3, 1e3))
def test_only_the_order_and_the_distances_within_the_group_count(returns, factor, shift):
    group = np.array([returns])
    if group.std() < 1e-3 * max(1.0, np.abs(group).max()):
        return
    np.testing.assert_allclose(group_advantages(group), group_advantages(factor * group + shift), atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e5])
def test_a_group_whose_returns_are_all_alike_teaches_nothing(value):
    np.testing.assert_array_equal(group_advantages(np.full((1, 7), value)), 0)


def test_groups_do_not_see_each_other():
    alone = group_advantages(np.array([[1.0, 5.0, 2.0]]))
    beside = group_advantages(np.array([[1.0, 5.0, 2.0], [1e6, -1e6, 0.0]]))
    np.testing.assert_array_equal(alone[0], beside[0])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_every_episode_weighs_the_same_however_long_it_is(lengths):
    weights = step_weights(lengths)
    parts = np.split(weights, np.cumsum(lengths)[:-1])
    np.testing.assert_allclose([part.sum() for part in parts], 1 / len(lengths))


def test_the_clip_is_that_of_ppo():
    ratio, advantage = torch.tensor([1.5, 0.5, 1.5, 0.5]), torch.tensor([2.0, 2.0, -2.0, -2.0])
    torch.testing.assert_close(clipped_loss(ratio, advantage, 0.2), torch.tensor([-2.4, -1.0, 3.0, 1.6]))


def test_the_estimate_of_the_divergence_is_right_on_average_and_never_negative():
    probs, reference = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.4, 0.3, 0.2, 0.1])
    each = kl_estimate(probs.log(), reference.log())
    assert (each >= 0).all()
    torch.testing.assert_close((probs * each).sum(), (probs * (probs / reference).log()).sum())


@pytest.mark.parametrize("changes", [{"group_size": 1}, {"starts": 0}, {"k_epochs": 0}, {"batch_size": 0}])
def test_a_group_of_one_and_other_nonsense_is_refused(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        Settings(**changes)
