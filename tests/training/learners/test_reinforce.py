import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical

from playground.training.learners.reinforce import Settings, advantages, loss_of, returns_to_go
from playground.words.errors import InvalidInput

rewards = st.lists(st.floats(-100, 100), min_size=1, max_size=20).map(np.array)


@given(rewards, st.floats(0, 1))
def test_returns_to_go_are_the_sums_written_out(rewards, gamma):
    wanted = [sum(gamma**k * r for k, r in enumerate(rewards[t:])) for t in range(len(rewards))]
    np.testing.assert_allclose(returns_to_go(rewards, gamma), wanted, atol=1e-6)


def test_an_episode_that_is_over_counts_as_zero_in_the_baseline():
    """Step 0: mean of 3 and 1 is 2. Step 1: mean of 1 and nothing is 0.5. Deviation: √((1 + 1 + 0.25)/3)."""
    long, short = advantages([np.array([3.0, 1.0]), np.array([1.0])])
    deviation = np.sqrt((1 + 1 + 0.25) / 3)
    np.testing.assert_allclose(long, np.array([1.0, 0.5]) / deviation)
    np.testing.assert_allclose(short, np.array([-1.0]) / deviation)


def test_returns_that_are_all_alike_move_nothing():
    for advantage in advantages([np.array([5.0, 2.0])] * 3):
        np.testing.assert_array_equal(advantage, 0.0)


@given(st.floats(1e-3, 1e3))
def test_the_scale_of_the_reward_does_not_matter(factor):
    returns = [np.array([3.0, 1.0]), np.array([1.0]), np.array([2.0, 0.5, 7.0])]
    for a, b in zip(advantages(returns), advantages([factor * r for r in returns]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-9)


def test_the_gradient_raises_what_paid():
    """For one sample the gradient by the logits is advantage·(π − one-hot)."""
    logits = torch.tensor([[0.1, -0.3, 0.5, 0.0]], requires_grad=True)
    policy = Categorical(logits=logits)
    loss_of(policy.log_prob(torch.tensor([2])), torch.tensor([1.5]), policy.entropy(), 0.0).backward()
    wanted = 1.5 * (torch.softmax(logits.detach(), -1) - torch.tensor([[0.0, 0.0, 1.0, 0.0]]))
    torch.testing.assert_close(logits.grad, wanted)


def test_a_batch_of_one_episode_is_refused():
    with pytest.raises(InvalidInput, match="episodes"):
        Settings(episodes=1)
