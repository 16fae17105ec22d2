"""What differs between two specs.

Leaves out: how a change is shown (``entry``).
"""

from typing import Any

from playground.reward.codec import TERMS, to_fields
from playground.training.spec import TrainSpec, hyperparameters


def changes(before: TrainSpec, after: TrainSpec) -> dict[str, list[Any]]:
    """Before and after of every field of the reward and every hyperparameter that both have and that differs.

    An own term that only one of them has weighs 0 in the other. What it pays for stands under ``<name>.expression``.

    >>> from playground import RewardConfig
    >>> changes(TrainSpec(RewardConfig(w_legs=10)), TrainSpec(RewardConfig(w_legs=20), net_arch=(8,)))
    {'w_legs': [10.0, 20.0], 'net_arch': [[64, 64], [8]]}
    """
    old, new = _settings(before), _settings(after)
    for one, other in ((old, new), (new, old)):
        absent = {f"{own.name}.expression": "" for own in (*before.reward.own_terms, *after.reward.own_terms)}
        one |= {name: value for name, value in absent.items() if name not in one and name in other}
        one |= {name.removesuffix(".expression"): 0.0 for name in absent if name.removesuffix(".expression") not in one}
    return {name: [old[name], new[name]] for name in new if name in old and old[name] != new[name]}


def _settings(spec: TrainSpec) -> dict[str, Any]:
    values = to_fields(spec.reward) | hyperparameters(spec)
    values.pop(TERMS, None)
    for own in spec.reward.own_terms:
        paid = own.expression if own.form == "state" else f"{own.expression} ({own.form})"
        values |= {own.name: float(own.weight), f"{own.name}.expression": paid}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
