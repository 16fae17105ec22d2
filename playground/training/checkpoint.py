"""A training that can go on: its state as bytes, and back.

The bytes are plain tensors, numbers and text, read without unpickling code.

Leaves out: what the state consists of; the loop and the learners know that.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from playground.flight.policy import Checkpoint, Policy, policy_tensors
from playground.training.curve import Curve
from playground.training.nets import fresh_policy, with_weights
from playground.training.result import Learned
from playground.training.spec import TrainSpec

FORMAT: Final = 2
"""Of the bytes; the first one had no number and knew PPO alone."""


def dump_checkpoint(state: Mapping[str, Any]) -> bytes:
    """The bytes of a state; arrays become tensors."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **_plain(state)}, buffer)
    return buffer.getvalue()


def read_checkpoint(data: bytes, spec: TrainSpec) -> Mapping[str, Any] | None:
    """The state in a checkpoint's bytes; None if they are damaged or cannot be used.

    Args:
        data: what `dump_checkpoint` gave, or the first format's bytes.
        spec: of the training that they are from.
    """
    try:
        state = torch.load(io.BytesIO(data), weights_only=True)
        if not isinstance(state, dict):
            return None
        if state.get("format") == FORMAT:
            return state
        return _from_first_format(state, spec) if "format" not in state and "kept" in state else None
    except Exception:  # torch raises whatever the damaged bytes happen to lead to
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return torch.tensor(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(one) for one in value)
    return value


def curve_state(curve: Curve) -> dict[str, Any]:
    """What a curve has to remember over a stop."""
    return {
        "rows": curve.rows,
        "best": None if curve.best is None else _policy_state(curve.best),
        "best_steps": curve.best_steps,
        "kept": [(one.steps, _policy_state(one.policy)) for one in curve.kept],
        "seconds": curve.seconds,
    }


def load_curve(curve: Curve, state: Mapping[str, Any]) -> None:
    """Put a curve back to where it was."""
    curve.rows, curve.best_steps, curve.seconds = list(state["rows"]), state["best_steps"], state["seconds"]
    curve.best = None if state["best"] is None else _policy(state["best"])
    curve.kept = [Checkpoint(steps, _policy(one)) for steps, one in state["kept"]]


def learned_state(learned: list[Learned]) -> list[Any]:
    """What updates learned from, as plain values."""
    return [[one.steps, one.samples, one.limits] for one in learned]


def load_learned(state: list[Any]) -> list[Learned]:
    """What updates learned from, from plain values."""
    return [Learned(steps, {n: v.numpy() for n, v in samples.items()}, limits) for steps, samples, limits in state]


def _policy_state(policy: Policy) -> dict[str, Any]:
    return {"activation": policy.activation, "q_values": policy.q_values, "tensors": policy_tensors(policy)}


def _policy(state: Mapping[str, Any]) -> Policy:
    tensors = state["tensors"]

    def layers(part: str) -> Any:
        depth = sum(name.startswith(f"{part}.") for name in tensors) // 2
        return tuple((tensors[f"{part}.{i}.weight"].numpy(), tensors[f"{part}.{i}.bias"].numpy()) for i in range(depth))

    actor = layers("q" if state["q_values"] else "policy")
    return Policy(actor, layers("value"), state["activation"], state["q_values"])


def _from_first_format(old: Mapping[str, Any], spec: TrainSpec) -> dict[str, Any]:
    """A PPO training's state in the first format, as it would be in this one.

    It held SB3's own state dictionaries of the policy and of Adam, whose moments are listed in the order of the
    policy's parameters, and the flat weights of the best and the kept policies.
    """
    shape = fresh_policy(spec.world, spec.net_arch, spec.activation, spec.seed)
    names = list(old["policy"])
    heads = {"mlp_extractor.policy_net": 0, "action_net": 1, "mlp_extractor.value_net": 2, "value_net": 3}
    order = sorted(range(len(names)), key=lambda i: heads[names[i].removesuffix(names[i].split("_net", 1)[1])])
    moments = old["optimizer"]["state"]

    def flat(of: list[Any]) -> Any:
        return torch.cat([of[i].flatten() for i in order])

    flight, rows, groups = old["flight"], old["curve"], old["flight"]["landers"]
    return {
        "steps": old["steps"],
        "episodes": sum(episodes for group in groups for episodes, _, _ in group),
        "seconds": old["seconds"],
        "curve": {
            "rows": rows,
            "best": _plain(_policy_state(with_weights(shape, old["best"]))) if rows else None,
            "best_steps": old["best_steps"],
            "kept": [(steps, _plain(_policy_state(with_weights(shape, w)))) for steps, w in old["kept"]],
            "seconds": 0.0,
        },
        "learned": [],
        "learner": {
            "net": {
                "values": flat(list(old["policy"].values())),
                "first": flat([moments[i]["exp_avg"] for i in range(len(names))]),
                "second": flat([moments[i]["exp_avg_sq"] for i in range(len(names))]),
                "steps": int(moments[0]["step"]),
            },
            "scale": {"running": flight["running_returns"], "moments": flight["return_moments"]},
            "fleet": [
                {"entropy": [spec.seed, index], "environments": group, "starts": [0] * len(group), "noise": ""}
                for index, group in enumerate(groups)
            ],
            "count": {
                "steps": old["steps"],
                "episodes": sum(episodes for group in groups for episodes, _, _ in group),
                "updates": old["updates"],
            },
            "torch": torch.get_rng_state(),
        },
    }
