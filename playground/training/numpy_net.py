"""An actor and a critic in numpy, with their gradient and Adam written out by hand.

Small networks on a processor spend most of torch's time on its slow ``tanh`` and on bookkeeping. Here all weights lie
in one flat vector, in the order of ``nets.flat_weights``; so do the gradient and Adam's two moments.

Leaves out: the loss. The tests compare gradient and step with torch's autograd and Adam.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from playground.flight.policy import ACTIVATIONS, Policy
from playground.training.nets import flat_weights, with_weights

Floats32 = npt.NDArray[np.float32]

BETAS: Final = (0.9, 0.999)
"""Adam's decay rates: torch's defaults."""
EPSILON: Final = 1e-5
"""Adam's denominator, as PPO's authors set it; SB3 does too."""


class NumpyNetwork:
    """The networks of a policy, able to learn.

    Args:
        policy: whose weights it starts with; it has a critic.
    """

    def __init__(self, policy: Policy) -> None:
        self._shape = policy
        flat = flat_weights(policy)
        self.values, self.gradient, self.first, self.second = np.zeros((4, flat.size), np.float32)
        self.values[:] = flat
        self.steps = 0
        """Steps that Adam has taken."""
        views, start = [], 0
        for array in (array for layer in (*policy.actor, *policy.critic) for array in layer):
            part = slice(start, start + array.size)
            start = part.stop
            views.append((self.values[part].reshape(array.shape), self.gradient[part].reshape(array.shape)))
        layers = [(*views[i], *views[i + 1]) for i in range(0, len(views), 2)]
        depth = len(policy.actor)
        self.actor, self.critic = Mlp(layers[:depth], policy.activation), Mlp(layers[depth:], policy.activation)

    def policy(self) -> Policy:
        """A copy of actor and critic that stays as it is while training goes on."""
        return with_weights(self._shape, self.values)

    def clip_gradient(self, largest: float) -> None:
        """Shorten the gradient to this norm, as ``torch.nn.utils.clip_grad_norm_`` does."""
        norm = float(np.sqrt(self.gradient @ self.gradient))
        if norm > largest:
            self.gradient *= np.float32(largest / (norm + 1e-6))

    def adam(self, learning_rate: float) -> None:
        """One step of Adam (Kingma & Ba 2015) along the gradient."""
        self.steps += 1
        b1, b2 = BETAS
        self.first += np.float32(1 - b1) * (self.gradient - self.first)
        self.second *= np.float32(b2)
        self.second += np.float32(1 - b2) * (self.gradient * self.gradient)
        denominator = np.sqrt(self.second)
        denominator /= np.float32(np.sqrt(1 - b2**self.steps))
        denominator += np.float32(EPSILON)
        self.values -= np.float32(learning_rate / (1 - b1**self.steps)) * (self.first / denominator)

    def state(self) -> dict[str, Any]:
        """Weights and Adam's moments."""
        return {"values": self.values, "first": self.first, "second": self.second, "steps": self.steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from the weights and moments of a network of the same shape."""
        self.values[:], self.first[:], self.second[:] = (np.asarray(state[n]) for n in ("values", "first", "second"))
        self.steps = int(state["steps"])


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

    @property
    def size(self) -> int:
        """Bytes of the weights."""
        return sum(weight.nbytes + bias.nbytes for weight, _, bias, _ in self._layers)

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
