"""The hand-written gradient and Adam against torch's own."""

import numpy as np
import pytest
import torch

from playground.training.nets import mlp, to_policy
from playground.training.numpy_net import EPSILON, NumpyNetwork


def pair(activation, hidden=(16, 12)):
    """The same actor and critic twice: ours in numpy, and torch's."""
    torch.manual_seed(0)
    theirs = [mlp(8, hidden, outputs, activation=activation) for outputs in (4, 1)]
    for module in theirs:
        for parameter in module.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    optimizer = torch.optim.Adam([p for m in theirs for p in m.parameters()], eps=EPSILON)
    return NumpyNetwork(to_policy(*theirs)), theirs, optimizer


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradient_is_autograds(activation):
    net, theirs, _ = pair(activation)
    x, up_actor, up_critic = numbers(1, 50, 8), numbers(2, 50, 4), numbers(3, 50, 1)
    for ours, module, up in ((net.actor, theirs[0], up_actor), (net.critic, theirs[1], up_critic)):
        out = module(torch.from_numpy(x))
        np.testing.assert_allclose(ours.forward(x), out.detach().numpy(), atol=1e-5)
        ours.backward(up)
        out.backward(torch.from_numpy(up))
    wanted = np.concatenate([p.grad.numpy().ravel() for module in theirs for p in module.parameters()])
    np.testing.assert_allclose(net.gradient, wanted, atol=2e-4, rtol=1e-4)
    assert np.abs(wanted).max() > 1


def test_adam_takes_torchs_steps_and_keeps_torchs_moments():
    net, theirs, reference = pair("tanh")
    parameters = [p for module in theirs for p in module.parameters()]
    for step in range(20):
        net.gradient[:] = numbers(step, len(net.gradient))
        start = 0
        for parameter in parameters:
            parameter.grad = torch.from_numpy(
                net.gradient[start : start + parameter.numel()].reshape(parameter.shape).copy()
            )
            start += parameter.numel()
        for group in reference.param_groups:
            group["lr"] = 1e-2 / (step + 1)
        net.adam(1e-2 / (step + 1))
        reference.step()

    def flat(arrays):
        return np.concatenate([array.detach().numpy().ravel() for array in arrays])

    np.testing.assert_allclose(net.values, flat(parameters), atol=2e-6)
    np.testing.assert_allclose(net.first, flat([reference.state[p]["exp_avg"] for p in parameters]), atol=1e-6)
    np.testing.assert_allclose(net.second, flat([reference.state[p]["exp_avg_sq"] for p in parameters]), atol=1e-6)
    assert {float(reference.state[p]["step"]) for p in parameters} == {float(net.steps)}


@pytest.mark.parametrize("largest", [0.5, 1e6])
def test_clipping_is_torchs(largest):
    net, _, _ = pair("relu")
    net.gradient[:] = gradient = numbers(4, len(net.gradient))
    parameter = torch.nn.Parameter(torch.zeros(len(gradient)))
    parameter.grad = torch.from_numpy(gradient.copy())
    torch.nn.utils.clip_grad_norm_([parameter], largest)
    net.clip_gradient(largest)
    np.testing.assert_allclose(net.gradient, parameter.grad.numpy(), rtol=1e-5)
    assert np.array_equal(net.gradient, gradient) == (largest == 1e6)


def test_the_layers_see_what_is_written_into_the_flat_weights():
    net, _, _ = pair("tanh")
    net.values[:] = 0
    net.values[-1] = 3.0  # the critic's last bias
    assert net.critic.forward(np.ones((1, 8), np.float32)).item() == 3.0
    assert not net.actor.forward(np.ones((1, 8), np.float32)).any()
    assert net.policy().values(np.ones((1, 8), np.float32)).item() == 3.0


def test_a_policy_stays_while_training_goes_on():
    net, _, _ = pair("tanh")
    policy, x = net.policy(), numbers(5, 3, 8)
    before = policy.logits(x)
    net.gradient[:] = 1
    net.adam(0.1)
    np.testing.assert_array_equal(policy.logits(x), before)
    assert not np.array_equal(net.policy().logits(x), before)


def test_a_network_goes_on_from_anothers_state():
    first, _, _ = pair("relu")
    for step in range(3):
        first.gradient[:] = numbers(step, len(first.gradient))
        first.adam(0.01)
    second, _, _ = pair("relu")
    second.load_state({name: np.copy(value) for name, value in first.state().items()})
    for net in (first, second):
        net.gradient[:] = 0.5
        net.adam(0.01)
    np.testing.assert_array_equal(first.values, second.values)
