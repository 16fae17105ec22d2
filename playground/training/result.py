"""What a training reports while it runs, and what it leaves when it ends, whatever its algorithm.

Leaves out: the learning curve (``curve``).
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import psutil
from safetensors.numpy import save as save_safetensors

from playground.flight.policy import Policy
from playground.flight.scorecard import Scorecard

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

SHOWN_UPDATES: Final = 16
"""Updates of which a model keeps what they learned from."""
SHOWN_SAMPLES: Final = 2048
"""Samples of each of them, drawn without order."""


class Stopped(Exception):
    """The training was asked to stop."""


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    steps: int
    """Flown so far, those of a rollout under way included."""
    total: int
    seconds: float
    """Spent training, evaluations included, over all resumes."""
    curve: list[dict[str, float]]
    policy: Policy | None
    """The newest one; None before the first update of a training from scratch."""


@dataclass(frozen=True)
class Result:
    """What a training made."""

    policy: bytes
    """safetensors"""
    model_zip: bytes
    """Stable-Baselines3's own file"""
    curve: list[dict[str, float]]
    scorecard: Scorecard
    steps: int
    seconds: float
    kept: int
    """Steps after which the policy was as it is: that of the best evaluation, or the last one."""
    checkpoints: bytes = b""
    """safetensors: policies of some evaluations, the first and the last among them; empty if there were none"""
    updates: bytes = b""
    """safetensors: what some updates learned from; empty if the algorithm does not say"""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More for the manifest."""


@dataclass(frozen=True)
class Learned:
    """What an update learned from, for those who want to look at it."""

    steps: int
    samples: Mapping[str, Any]
    """Float32 arrays by name, at most ``SHOWN_SAMPLES`` long."""
    limits: Mapping[str, float]
    """``clip_low`` and ``clip_high``, where the algorithm clips."""


def learned_from(steps: int, batch: Mapping[str, Any], metrics: Mapping[str, float], number: int) -> Learned:
    """Some samples of an update's batch.

    Args:
        steps: flown until then.
        batch: arrays of one length.
        metrics: of the update.
        number: how many came before it; decides which samples are drawn.
    """
    chosen = np.random.default_rng(number).permutation(min(map(len, batch.values())))[:SHOWN_SAMPLES]
    samples = {name: np.asarray(values, np.float32)[chosen] for name, values in batch.items()}
    return Learned(steps, samples, {n: metrics[n] for n in ("clip_low", "clip_high") if n in metrics})


def dump_updates(learned: Sequence[Learned]) -> bytes:
    """What updates learned from as safetensors: ``<number>.<what>``, and ``steps``; empty if there are none.

    Args:
        learned: in order; of more than ``SHOWN_UPDATES``, evenly spread ones are kept.
    """
    if not learned:
        return b""
    places = np.unique(np.linspace(0, len(learned) - 1, min(SHOWN_UPDATES, len(learned))).round().astype(int))
    tensors: dict[str, Any] = {"steps": np.array([learned[i].steps for i in places], np.int64)}
    for number, place in enumerate(places.tolist()):
        one = learned[place]
        tensors |= {f"{number}.{name}": np.asarray(values) for name, values in one.samples.items()}
        tensors |= {f"{number}.{name}": np.array([value], np.float32) for name, value in one.limits.items()}
    return save_safetensors(tensors)


def resident_bytes() -> int:
    """Memory of this process now."""
    resident: int = psutil.Process().memory_info().rss
    return resident


def grown_since(resident: int) -> int:
    """Bytes by which this process grew at most since it held so many; 0 where the system does not say."""
    if resource is None:  # Windows has no such count
        return 0
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
    return max(0, peak - resident)
