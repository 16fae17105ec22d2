import numpy as np
import pytest
import torch

from playground.training.learners.actor_critic import Settings, loss_of, n_step_returns
from playground.words.errors import InvalidInput


def test_returns_by_hand_with_an_end_in_the_midst():
    """γ = 0.5. Lander 0 goes on: 1 + 0.5·(2 + 0.5·(3 + 0.5·8)). Lander 1 ends with its second step."""
    rewards = np.float32([[1, 10], [2, 20], [3, 30]])
    dones = np.array([[False, False], [False, True], [False, False]])
    returns = n_step_returns(rewards, dones, np.float32([8, 4]), 0.5)
    np.testing.assert_allclose(returns[:, 0], [1 + 0.5 * 5.5, 2 + 0.5 * 7, 3 + 0.5 * 8])
    np.testing.assert_allclose(returns[:, 1], [10 + 0.5 * 20, 20, 30 + 0.5 * 4])


def test_the_actor_does_not_learn_through_the_critic():
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    log_probs = torch.tensor([-1.0, -2.0], requires_grad=True)
    loss_of(log_probs, values, torch.tensor([3.0, 1.0]), torch.zeros(2), 0.5, 0.0).backward()
    torch.testing.assert_close(log_probs.grad, torch.tensor([-1.0, 0.5]))  # −advantage / 2
    torch.testing.assert_close(values.grad, torch.tensor([-1.0, 0.5]))  # vf_coef·2·(V − return) / 2


@pytest.mark.parametrize("name", ["n_envs", "n_steps"])
def test_no_landers_and_no_steps_are_refused(name):
    with pytest.raises(InvalidInput, match=name):
        Settings(**{name: 0})
