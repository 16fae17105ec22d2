"""The hand-written gradient and Adam against torch's own."""

import itertools

import numpy as np
import pytest
import torch

from playground.training.nets import EPSILON, SharedNetwork


def pair(activation, sizes=(8, 16, 12, 4)):
    """The same actor and critic twice: ours on shared memory, and torch's alone."""

    def modules(outputs):
        module = torch.nn.Tanh if activation == "tanh" else torch.nn.ReLU
        layers = []
        widths = [*sizes[:-1], outputs]
        for a, b in itertools.pairwise(widths):
            layers += [torch.nn.Linear(a, b), module()]
        return torch.nn.Sequential(*layers[:-1])

    torch.manual_seed(0)
    ours = [modules(4), modules(1)]
    theirs = [modules(4), modules(1)]
    for a, b in zip(ours, theirs, strict=True):
        b.load_state_dict(a.state_dict())
    optimizers = [torch.optim.Adam([p for m in both for p in m.parameters()], eps=EPSILON) for both in (ours, theirs)]
    return SharedNetwork(ours[0], ours[1], activation, optimizers[0]), ours, theirs, optimizers


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradient_is_autograds(activation):
    net, _, theirs, _ = pair(activation)
    x, up_actor, up_critic = numbers(1, 50, 8), numbers(2, 50, 4), numbers(3, 50, 1)
    for mlp, module, up in ((net.actor, theirs[0], up_actor), (net.critic, theirs[1], up_critic)):
        out = module(torch.from_numpy(x))
        np.testing.assert_allclose(mlp.forward(x), out.detach().numpy(), atol=1e-5)
        mlp.backward(up)
        out.backward(torch.from_numpy(up))
    wanted = np.concatenate([p.grad.numpy().ravel() for module in theirs for p in module.parameters()])
    np.testing.assert_allclose(net.gradient, wanted, atol=2e-4, rtol=1e-4)
    assert np.abs(wanted).max() > 1


def test_adam_takes_torchs_steps_and_keeps_torchs_moments():
    net, ours, theirs, (mine, reference) = pair("tanh")
    for step in range(20):
        net.gradient[:] = numbers(step, len(net.gradient))
        start = 0
        for parameter in (p for module in theirs for p in module.parameters()):
            parameter.grad = torch.from_numpy(
                net.gradient[start : start + parameter.numel()].reshape(parameter.shape).copy()
            )
            start += parameter.numel()
        for group in reference.param_groups:
            group["lr"] = 1e-2 / (step + 1)
        net.adam(1e-2 / (step + 1))
        reference.step()
    for a, b in zip(
        (p for m in ours for p in m.parameters()), (p for m in theirs for p in m.parameters()), strict=True
    ):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=2e-6)
        for name in ("exp_avg", "exp_avg_sq", "step"):
            np.testing.assert_allclose(mine.state[a][name].numpy(), reference.state[b][name].numpy(), atol=1e-6)


@pytest.mark.parametrize("largest", [0.5, 1e6])
def test_clipping_is_torchs(largest):
    net, _, _, _ = pair("relu")
    net.gradient[:] = gradient = numbers(4, len(net.gradient))
    parameter = torch.nn.Parameter(torch.zeros(len(gradient)))
    parameter.grad = torch.from_numpy(gradient.copy())
    torch.nn.utils.clip_grad_norm_([parameter], largest)
    net.clip_gradient(largest)
    np.testing.assert_allclose(net.gradient, parameter.grad.numpy(), rtol=1e-5)
    assert np.array_equal(net.gradient, gradient) == (largest == 1e6)


def test_torch_sees_what_numpy_writes_and_the_other_way_round():
    net, ours, _, _ = pair("tanh")
    net.values[:] = 0
    assert all(not parameter.any() for module in ours for parameter in module.parameters())
    ours[1][-1].bias.data.fill_(3.0)
    assert net.values[-1] == 3.0
    assert net.policy().values(np.ones((1, 8), np.float32)).item() == 3.0


def test_a_policy_stays_while_training_goes_on():
    net, _, _, _ = pair("tanh")
    policy, x = net.policy(), numbers(5, 3, 8)
    before = policy.logits(x)
    net.gradient[:] = 1
    net.adam(0.1)
    np.testing.assert_array_equal(policy.logits(x), before)
    assert not np.array_equal(net.policy().logits(x), before)
