"""What differs between two specs.

Leaves out: how a change is shown (``entry``).
"""

from typing import Any

from playground.reward.codec import to_fields
from playground.training.spec import TrainSpec, hyperparameters


def changes(before: TrainSpec, after: TrainSpec) -> dict[str, list[Any]]:
    """Before and after of every field of the reward and every hyperparameter that both have and that differs.

    >>> from playground import RewardConfig
    >>> changes(TrainSpec(RewardConfig(w_legs=10)), TrainSpec(RewardConfig(w_legs=20), net_arch=(8,)))
    {'w_legs': [10.0, 20.0], 'net_arch': [[64, 64], [8]]}
    """
    old, new = _settings(before), _settings(after)
    return {name: [old[name], new[name]] for name in new if name in old and old[name] != new[name]}


def _settings(spec: TrainSpec) -> dict[str, Any]:
    values = to_fields(spec.reward) | hyperparameters(spec)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
