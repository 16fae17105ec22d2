"""A network in each of its forms: numpy's `Policy`, torch modules, an SB3 policy, and the bytes that are stored.

Every conversion is written once, here. Weights have torch's layout, ``(out, in)``, everywhere.

Leaves out: learning. `numpy_net` has the gradient by hand, ``flight.policy`` reads the stored bytes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save as save_safetensors
from torch import Tensor, nn

from playground.flight.policy import Checkpoint, Layers, Policy, policy_tensors
from playground.flight.world import World

MODULES: Final[dict[str, type[nn.Module]]] = {"tanh": nn.Tanh, "relu": nn.ReLU}
"""Torch's modules by the names of ``flight.policy.ACTIVATIONS``."""
DIVERGED: Final = "training diverged: the network's weights became NaN; lower the learning rate or the reward's scale"

Floats32 = npt.NDArray[np.float32]


def mlp(inputs: int, hidden: Sequence[int], outputs: int, gain: float = 1.0, activation: str = "relu") -> nn.Sequential:
    """A fresh network from an observation to ``outputs`` numbers, with orthogonal weights.

    Args:
        inputs: how many numbers an observation has.
        hidden: widths of the layers between.
        outputs: how many numbers.
        gain: scale of the last layer's weights; small ones make a policy that tries everything at first.
        activation: between the layers, a key of ``MODULES``.
    """
    layers: list[nn.Module] = []
    sizes = [inputs, *hidden, outputs]
    for index, (before, after) in enumerate(pairwise(sizes)):
        layer = nn.Linear(before, after)
        last = index == len(hidden)
        nn.init.orthogonal_(layer.weight, gain if last else 2**0.5)
        nn.init.zeros_(layer.bias)
        layers += [layer] if last else [layer, MODULES[activation]()]
    return nn.Sequential(*layers)


def fresh_policy(world: World, hidden: Sequence[int], activation: str, seed: int) -> Policy:
    """The actor and critic with which Stable-Baselines3's ``ActorCriticPolicy`` starts after ``set_random_seed(seed)``.

    SB3 makes all layers before it draws their orthogonal weights, so the order of draws is not that of `mlp`.
    """
    torch.manual_seed(seed)
    size, actions = world.observation_size, len(world.actions)
    widths = [size, *hidden]
    actor, critic = ([nn.Linear(a, b) for a, b in pairwise(widths)] for _ in range(2))
    heads = nn.Linear(widths[-1], actions), nn.Linear(widths[-1], 1)
    gains = [*((layer, 2**0.5) for layer in (*actor, *critic)), (heads[0], 0.01), (heads[1], 1.0)]
    for layer, gain in gains:
        nn.init.orthogonal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
    return Policy(_layers([*actor, heads[0]]), _layers([*critic, heads[1]]), activation)


def actor_of(world: World, hidden: Sequence[int], initial: Policy | None) -> nn.Sequential:
    """An actor, a logit for each action from an observation: a fresh one, or that of ``initial``."""
    size, outputs = world.observation_size, len(world.actions)
    return mlp(size, hidden, outputs, gain=0.01) if initial is None else to_torch(initial.actor, initial.activation)


def networks_of(world: World, hidden: Sequence[int], initial: Policy | None) -> tuple[nn.Sequential, nn.Sequential]:
    """An actor and a critic, fresh or those of ``initial``; its critic is fresh if it has none."""
    actor, size = actor_of(world, hidden, initial), world.observation_size
    if initial is None:
        return actor, mlp(size, hidden, 1)
    if not initial.critic:
        return actor, mlp(size, hidden, 1, activation=initial.activation)
    return actor, to_torch(initial.critic, initial.activation)


def to_torch(layers: Layers, activation: str) -> nn.Sequential:
    """Numpy layers as a torch network that can learn."""
    modules: list[nn.Module] = []
    for weight, bias in layers:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = torch.tensor(weight), torch.tensor(bias)
        modules += [linear, MODULES[activation]()]
    return nn.Sequential(*modules[:-1])


def to_policy(actor: nn.Sequential, critic: nn.Sequential | None = None) -> Policy:
    """A copy of torch networks for numpy; the originals may go on learning."""
    activation = "tanh" if any(isinstance(module, nn.Tanh) for module in actor) else "relu"
    return Policy(_layers(actor), () if critic is None else _layers(critic), activation)


def copy_layers(layers: Layers, network: Iterable[nn.Module]) -> None:
    """Write numpy layers into the linear layers of a torch network of the same shape."""
    linear = [module for module in network if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for (weight, bias), module in zip(layers, linear, strict=True):
            module.weight.copy_(torch.from_numpy(weight))
            module.bias.copy_(torch.from_numpy(bias))


def parts_of(policy: Any) -> tuple[nn.Sequential, nn.Sequential]:
    """The actor and the critic of SB3's ``ActorCriticPolicy``, sharing its parameters."""
    extractor = policy.mlp_extractor
    actor = nn.Sequential(*extractor.policy_net, policy.action_net)
    return actor, nn.Sequential(*extractor.value_net, policy.value_net)


def _layers(network: Iterable[nn.Module]) -> Layers:
    linear = [module for module in network if isinstance(module, nn.Linear)]
    return tuple((m.weight.detach().numpy().copy(), m.bias.detach().numpy().copy()) for m in linear)


def hidden_widths(layers: Layers) -> list[int]:
    """Widths of a network's hidden layers."""
    return [len(bias) for _, bias in layers[:-1]]


def flat_weights(policy: Policy) -> Floats32:
    """All weights one after the other: the actor's layers, then the critic's, each weight before its bias."""
    return np.concatenate([array.ravel() for layer in (*policy.actor, *policy.critic) for array in layer])


def with_weights(policy: Policy, flat: Any) -> Policy:
    """A policy of the same shape with other weights, which have the order of `flat_weights`."""
    left = np.asarray(flat, np.float32)
    layers: list[tuple[Floats32, Floats32]] = []
    for weight, bias in (*policy.actor, *policy.critic):
        size = weight.size + bias.size
        w, b = left[: weight.size].reshape(weight.shape).copy(), left[weight.size : size].copy()
        layers.append((w, b))
        left = left[size:]
    depth = len(policy.actor)
    return Policy(tuple(layers[:depth]), tuple(layers[depth:]), policy.activation, policy.q_values)


def check_finite(policy: Policy) -> None:
    """Refuse a network with a weight that is not a number.

    Raises:
        FloatingPointError: there is one.
    """
    if not np.isfinite(flat_weights(policy)).all():
        raise FloatingPointError(DIVERGED)


def clip_gradient(parameters: Iterable[nn.Parameter], most: float) -> float:
    """Shorten the gradient to a norm of ``most``; returns the norm that it had.

    Raises:
        FloatingPointError: it is not a number, so the training has diverged.
    """
    norm = float(torch.nn.utils.clip_grad_norm_(list(parameters), most))
    if not math.isfinite(norm):
        raise FloatingPointError(DIVERGED)
    return norm


def dump_policy(policy: Policy) -> bytes:
    """The network as safetensors: all that inference needs."""
    return save_safetensors(policy_tensors(policy), metadata={"activation": policy.activation})


def dump_checkpoints(kept: Sequence[Checkpoint]) -> bytes:
    """Policies of one shape as safetensors: the names of `dump_policy`, a leading axis, and ``steps``."""
    each: list[Mapping[str, Floats32]] = [policy_tensors(checkpoint.policy) for checkpoint in kept]
    tensors: dict[str, Any] = {name: np.stack([one[name] for one in each]) for name in each[0]}
    tensors["steps"] = np.array([checkpoint.steps for checkpoint in kept], np.int64)
    return save_safetensors(tensors, metadata={"activation": kept[0].policy.activation})


def to_tensor(array: Any) -> Tensor:
    """A float32 tensor of an array."""
    return torch.as_tensor(np.asarray(array, np.float32))


def size_of(*parts: nn.Module | torch.optim.Optimizer | Tensor | npt.NDArray[Any]) -> int:
    """Bytes of networks, an optimiser's state or arrays."""
    total = 0
    for part in parts:
        if isinstance(part, nn.Module):
            total += sum(p.numel() * p.element_size() for p in part.parameters())
        elif isinstance(part, torch.optim.Optimizer):
            held = [value for state in part.state.values() for value in state.values()]
            total += sum(v.numel() * v.element_size() for v in held if isinstance(v, Tensor))
        else:
            total += part.numel() * part.element_size() if isinstance(part, Tensor) else part.nbytes
    return total
