"""A trained policy as numpy arrays: what inference needs, and nothing that could run code.

The file is safetensors: ``policy.<i>.weight``, ``policy.<i>.bias`` for the actor and ``value.<i>.…`` for the
critic, with the activation in the metadata. Without a critic there is one empty tensor ``value``; a Q-network has the
names ``q.<i>.…`` alone. Weights have torch's layout, ``(out, in)``. A file of checkpoints has the same names, a leading
axis by checkpoint, and ``steps``.

Leaves out: training. The tests hold the actions against Stable-Baselines3's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from playground.flight.trajectory import Observations
from playground.flight.world import World
from playground.words.errors import InvalidInput

Layers = tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...]


def relu(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The positive part."""
    return np.maximum(x, np.float32(0))


ACTIVATIONS: Final[Mapping[str, Callable[[Any], Any]]] = {"tanh": np.tanh, "relu": relu}


class Pilot(Protocol):
    """Whatever chooses actions for a batch of environments."""

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """Actions ``(n,)`` for observations ``(n, size)``."""
        ...


class Policy:
    """An actor and perhaps a critic, both small MLPs.

    Args:
        actor: layers from observation to a logit for each action.
        critic: layers from observation to one value, in the units that training normalised to; none if the algorithm
            has no critic.
        activation: a key of ``ACTIVATIONS``.
        q_values: the actor's numbers are what the actions are worth, not logits; the best one is always taken.
    """

    def __init__(self, actor: Layers, critic: Layers, activation: str = "tanh", q_values: bool = False) -> None:
        self.actor = actor
        self.critic = critic
        self.activation = activation
        self.q_values = q_values
        self._activate = ACTIVATIONS[activation]

    def act(self, observations: Observations) -> npt.NDArray[np.int64]:
        """The most probable actions ``(n,)`` for observations ``(n, size)``."""
        return np.asarray(self.logits(observations).argmax(axis=-1), np.int64)

    def logits(self, observations: Observations) -> npt.NDArray[np.float32]:
        """Unnormalised log probabilities ``(n, actions)``."""
        return self._forward(self.actor, observations)

    def probabilities(self, observations: Observations) -> npt.NDArray[np.float32]:
        """Probability of each action ``(n, actions)``."""
        logits = self.logits(observations)
        if self.q_values:
            best: npt.NDArray[np.float32] = np.eye(logits.shape[-1], dtype=np.float32)[logits.argmax(axis=-1)]
            return best
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        chances: npt.NDArray[np.float32] = odds / odds.sum(axis=-1, keepdims=True)
        return chances

    @property
    def guesses(self) -> bool:
        """Whether it can say what is still to come: it has a critic, or is a Q-network."""
        return bool(self.critic) or self.q_values

    def values(self, observations: Observations) -> npt.NDArray[np.float32]:
        """The critic's estimates ``(n,)``, in the units that training normalised to; NaN without a critic."""
        if self.q_values:
            return np.asarray(self.logits(observations).max(axis=-1))
        if not self.guesses:
            return np.full(len(observations), np.nan, np.float32)
        return self._forward(self.critic, observations)[:, 0]

    def _forward(self, layers: Layers, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        for weight, bias in layers[:-1]:
            x = self._activate(x @ weight.T + bias)
        weight, bias = layers[-1]
        out: npt.NDArray[np.float32] = x @ weight.T + bias
        return out


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A policy as it was on the way."""

    steps: int
    """Trained until then."""
    policy: Policy


def load_policy(path: Path, world: World) -> Policy:
    """The policy in a safetensors file.

    Raises:
        InvalidInput: the file is missing, damaged, or not an MLP from the world's observations to its actions.
    """
    tensors, activation = _read(path)
    return _policy(tensors, activation, path, world)


def load_checkpoints(path: Path, world: World) -> list[Checkpoint]:
    """The policies in a safetensors file of checkpoints, in the order of their steps.

    Raises:
        InvalidInput: the file is missing, damaged, or one of its policies would not fly.
    """
    tensors, activation = _read(path)
    steps = tensors.pop("steps", np.zeros((0, 0)))
    if steps.dtype != np.int64 or steps.ndim != 1 or any(t.shape[:1] != steps.shape for t in tensors.values()):
        raise InvalidInput("cannot_read", file=path.name, reason="its tensors do not go with its steps")
    return [
        Checkpoint(int(count), _policy({name: t[k] for name, t in tensors.items()}, activation, path, world))
        for k, count in enumerate(steps)
    ]


def policy_tensors(policy: Policy) -> dict[str, npt.NDArray[np.float32]]:
    """The weights by the names of ``policy.safetensors``."""
    parts = {"q" if policy.q_values else "policy": policy.actor, "value": policy.critic}
    tensors = {
        f"{part}.{index}.{name}": array
        for part, layers in parts.items()
        for index, layer in enumerate(layers)
        for name, array in zip(("weight", "bias"), layer, strict=True)
    }
    return tensors if policy.critic or policy.q_values else tensors | {"value": np.zeros(0, np.float32)}


def _read(path: Path) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """A file's tensors and activation; all but ``steps`` are finite float32."""
    try:
        with safe_open(str(path), framework="numpy") as file:
            activation = (file.metadata() or {}).get("activation", "")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError, TypeError, AttributeError, ValueError) as error:  # numpy lacks some of its types
        raise InvalidInput("cannot_read", file=path.name, reason=error) from None
    if any(t.dtype != np.float32 or not np.isfinite(t).all() for name, t in tensors.items() if name != "steps"):
        raise InvalidInput("cannot_read", file=path.name, reason="its numbers are not finite float32")
    if activation not in ACTIVATIONS:
        raise InvalidInput("cannot_read", file=path.name, reason=f"unknown activation {activation!r}")
    return tensors, activation


def _policy(tensors: Mapping[str, Any], activation: str, path: Path, world: World) -> Policy:
    q_values = "q.0.weight" in tensors
    without = q_values or "value" in tensors
    critic = () if without else _layers(tensors, "value", 1, path, world)
    actor = _layers(tensors, "q" if q_values else "policy", len(world.actions), path, world)
    return Policy(actor, critic, activation, q_values)


def _layers(tensors: Mapping[str, Any], part: str, outputs: int, path: Path, world: World) -> Layers:
    layers: list[tuple[Any, Any]] = []
    while f"{part}.{len(layers)}.weight" in tensors:
        name = f"{part}.{len(layers)}"
        layers.append((tensors[f"{name}.weight"], tensors.get(f"{name}.bias", np.zeros(0, np.float32))))
    sizes = [world.observation_size, *(w.shape[0] for w, _ in layers if w.ndim == 2)]
    chained = all(w.ndim == 2 and w.shape[1] == size and b.shape == w.shape[:1] for size, (w, b) in zip(sizes, layers))
    if not layers or not chained or sizes[-1] != outputs:
        raise InvalidInput("cannot_read", file=path.name, reason=f"{part!r} is not a network that fits {world.id}")
    return tuple(layers)
