"""Networks keep their numbers through every conversion."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_safetensors

from playground.flight.policy import Checkpoint, Policy
from playground.training.nets import (
    check_finite,
    copy_layers,
    dump_checkpoints,
    dump_policy,
    flat_weights,
    fresh_policy,
    hidden_widths,
    mlp,
    size_of,
    to_policy,
    to_torch,
    with_weights,
)
from playground.worlds.lunar_lander.world import WORLD as LANDER


@pytest.fixture
def policy():
    return fresh_policy(LANDER, (16, 8), "tanh", 3)


def test_torch_and_back_keeps_every_number(policy):
    again = to_policy(to_torch(policy.actor, "tanh"), to_torch(policy.critic, "tanh"))
    np.testing.assert_array_equal(flat_weights(again), flat_weights(policy))
    assert again.activation == "tanh"
    assert hidden_widths(again.actor) == [16, 8]


def test_flat_weights_and_back_keeps_every_number(policy):
    flat = np.arange(flat_weights(policy).size, dtype=np.float32)
    other = with_weights(policy, torch.tensor(flat))
    np.testing.assert_array_equal(flat_weights(other), flat)
    assert [b.shape for _, b in other.critic] == [b.shape for _, b in policy.critic]
    flat[:] = 0  # the policy has numbers of its own
    assert flat_weights(other).any()


def test_layers_are_copied_into_a_network_of_the_same_shape_only(policy):
    network = mlp(8, (16, 8), 4, activation="tanh")
    copy_layers(policy.actor, network)
    np.testing.assert_array_equal(flat_weights(to_policy(network)), flat_weights(Policy(policy.actor, ())))
    with pytest.raises((ValueError, RuntimeError)):
        copy_layers(policy.actor, mlp(8, (16,), 4))


def test_stored_checkpoints_are_the_stored_policies_stacked(policy):
    other = with_weights(policy, flat_weights(policy) + 1)
    stacked = load_safetensors(dump_checkpoints([Checkpoint(5, policy), Checkpoint(9, other)]))
    assert stacked.pop("steps").tolist() == [5, 9]
    for index, one in enumerate((policy, other)):
        for name, array in load_safetensors(dump_policy(one)).items():
            np.testing.assert_array_equal(stacked[name][index], array)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_no_number_is_refused(policy, value):
    flat = flat_weights(policy)
    check_finite(policy)
    flat[-1] = value
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        check_finite(with_weights(policy, flat))


def test_a_network_is_as_large_as_its_numbers():
    assert size_of(mlp(8, (5,), 4)) == 4 * (8 * 5 + 5 + 5 * 4 + 4)
    assert size_of(torch.zeros(3), np.zeros(2)) == 3 * 4 + 2 * 8
