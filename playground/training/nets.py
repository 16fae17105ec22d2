"""An actor and a critic whose numbers torch and numpy share, and their gradient by hand.

Small networks on a processor spend most of torch's time on its slow ``tanh`` and on bookkeeping. Here torch's
parameters are views into one flat numpy vector; so are the gradient and Adam's moments, under the names that
torch's own Adam gives them. What Stable-Baselines3 saves is therefore always up to date.

Leaves out: the loss. The tests hold gradient and step against torch's autograd and Adam.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from playground.flight.policy import ACTIVATIONS, Policy

Floats32 = npt.NDArray[np.float32]

BETAS: Final = (0.9, 0.999)
"""Adam's decay rates: torch's defaults."""
EPSILON: Final = 1e-5
"""Adam's denominator, as PPO's authors set it; SB3 does too."""


MODULES: Final[dict[str, type[torch.nn.Module]]] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
"""Torch's own of ``ACTIVATIONS``."""


def parts_of(policy: Any) -> tuple[torch.nn.Sequential, torch.nn.Sequential]:
    """The actor and the critic of SB3's ``ActorCriticPolicy``, sharing its parameters."""
    extractor = policy.mlp_extractor
    actor = torch.nn.Sequential(*extractor.policy_net, policy.action_net)
    return actor, torch.nn.Sequential(*extractor.value_net, policy.value_net)


class SharedNetwork:
    """The actor and the critic of an SB3 policy as numpy arrays in torch's own memory.

    Args:
        actor: torch's modules from observation to logits; only the linear ones count.
        critic: the same from observation to value.
        activation: a key of ``ACTIVATIONS``.
        optimizer: torch's Adam, whose moments become views too.
    """

    def __init__(
        self, actor: Iterable[Any], critic: Iterable[Any], activation: str, optimizer: torch.optim.Optimizer
    ) -> None:
        self.activation = activation
        parameters: list[Any] = []
        for module in (*actor, *critic):
            if isinstance(module, torch.nn.Linear):
                parameters += [module.weight, module.bias]
        size = sum(parameter.numel() for parameter in parameters)
        self.values, self.gradient, self.first, self.second = np.zeros((4, size), np.float32)
        self._cuts: list[tuple[slice, tuple[int, ...]]] = []
        states = [optimizer.state.get(parameter, {}) for parameter in parameters]
        self._steps = torch.tensor([float(state.get("step", 0.0)) for state in states])  # all the same
        views, start = [], 0
        for index, (parameter, state) in enumerate(zip(parameters, states, strict=True)):
            part, shape = slice(start, start + parameter.numel()), tuple(parameter.shape)
            start = part.stop
            self._cuts.append((part, shape))
            self.values[part] = parameter.detach().numpy().ravel()
            parameter.data = torch.from_numpy(self.values[part].reshape(shape))
            moments = {"exp_avg": self.first[part].reshape(shape), "exp_avg_sq": self.second[part].reshape(shape)}
            for name, moment in moments.items():
                moment[:] = state[name].numpy() if name in state else 0.0
            optimizer.state[parameter] = {
                "step": self._steps[index],
                **{name: torch.from_numpy(moment) for name, moment in moments.items()},
            }
            views.append((self.values[part].reshape(shape), self.gradient[part].reshape(shape)))
        layers = [(*views[i], *views[i + 1]) for i in range(0, len(views), 2)]
        self._depth = sum(isinstance(module, torch.nn.Linear) for module in actor)
        self.actor, self.critic = Mlp(layers[: self._depth], activation), Mlp(layers[self._depth :], activation)

    def policy(self, values: Floats32 | None = None) -> Policy:
        """Actor and critic as a policy that stays so while training goes on.

        Args:
            values: all weights, flat; by default those of now.
        """
        flat = self.values if values is None else values
        arrays = [flat[part].reshape(shape).copy() for part, shape in self._cuts]
        layers = tuple(zip(arrays[::2], arrays[1::2], strict=True))
        return Policy(layers[: self._depth], layers[self._depth :], self.activation)

    def clip_gradient(self, largest: float) -> None:
        """Shorten the gradient to this norm, as ``torch.nn.utils.clip_grad_norm_`` does."""
        norm = float(np.sqrt(self.gradient @ self.gradient))
        if norm > largest:
            self.gradient *= np.float32(largest / (norm + 1e-6))

    def adam(self, learning_rate: float) -> None:
        """One step of Adam (Kingma & Ba 2015) along the gradient."""
        self._steps += 1
        steps = float(self._steps[0])
        b1, b2 = BETAS
        self.first += np.float32(1 - b1) * (self.gradient - self.first)
        self.second *= np.float32(b2)
        self.second += np.float32(1 - b2) * (self.gradient * self.gradient)
        denominator = np.sqrt(self.second)
        denominator /= np.float32(np.sqrt(1 - b2**steps))
        denominator += np.float32(EPSILON)
        self.values -= np.float32(learning_rate / (1 - b1**steps)) * (self.first / denominator)


class Mlp:
    """A multilayer perceptron with its gradient.

    Args:
        layers: weight ``(out, in)``, its gradient, bias ``(out,)`` and its gradient of each layer.
        activation: a key of ``ACTIVATIONS``.
    """

    def __init__(self, layers: Sequence[tuple[Floats32, Floats32, Floats32, Floats32]], activation: str) -> None:
        self._layers = layers
        self._activate, self._tanh = ACTIVATIONS[activation], activation == "tanh"
        self._inputs: list[Floats32] = []

    def forward(self, x: Floats32) -> Floats32:
        """Outputs ``(n, out)`` for inputs ``(n, in)``; remembers what `backward` needs."""
        self._inputs = [x]
        for weight, _, bias, _ in self._layers[:-1]:
            x = x @ weight.T
            x += bias
            x = self._activate(x)
            self._inputs.append(x)
        weight, _, bias, _ = self._layers[-1]
        out: Floats32 = x @ weight.T + bias
        return out

    def backward(self, error: Floats32) -> None:
        """Write the gradient of a loss whose derivative by the last outputs is ``error (n, out)``."""
        ones = np.ones(len(error), np.float32)
        for index in range(len(self._layers) - 1, -1, -1):
            weight, weight_gradient, _, bias_gradient = self._layers[index]
            x = self._inputs[index]
            np.matmul(error.T, x, out=weight_gradient)
            np.matmul(ones, error, out=bias_gradient)
            if index:
                error = error @ weight
                if self._tanh:
                    slope = x * x
                    np.subtract(np.float32(1), slope, out=slope)
                    error *= slope
                else:
                    error *= x > 0
