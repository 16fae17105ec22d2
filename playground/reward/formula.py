"""A reward as one line of mathematics, with its numbers in it.

``o`` is the observation before the action, ``o′`` the one after it, ``r`` Gymnasium's own reward.

Leaves out: what the terms measure (``terms``), and code (``export``).
"""

from playground.reward.terms import TERMS, RewardConfig


def to_formula(config: RewardConfig, gamma: float = 0.995) -> str:
    """The reward of a step.

    Args:
        config: the reward; terms whose weight is zero are left out.
        gamma: the discount that the ``potential`` form needs.

    >>> to_formula(RewardConfig(w_distance=100, penalty_main=0.3, form="progress", replace_reward=True))
    'reward = 100·[distance(o′) − distance(o)] − 0.3·pen_main'
    >>> to_formula(RewardConfig(w_legs=10))
    'reward = r'
    """
    if not config.replace_reward:
        return "reward = r"
    pays = {
        "state": "{key}(o′)",
        "progress": "[{key}(o′) − {key}(o)]",
        "potential": f"[{gamma:g}·{{key}}(o′) − {{key}}(o)]",
    }[config.form]
    shaped = _sum(
        [
            (term.sign * getattr(config, term.weight), pays.format(key=term.key) if term.potential else term.key)
            for term in TERMS
        ]
    )
    if config.scale != 1 and shaped:
        shaped = f"{config.scale:g}·({shaped})".replace("-", "−")
    own = _sum([(config.w_env, "r")])
    both = " + ".join(part for part in (shaped, own) if part) if config.scale else own
    return f"reward = {both or '0'}".replace("+ −", "− ")


def _sum(parts: list[tuple[float, str]]) -> str:
    """Weighted things in a row, those without weight left out.

    >>> _sum([(2.0, "a"), (0.0, "b"), (-0.5, "c")])
    '2·a − 0.5·c'
    """
    told = ""
    for weight, name in parts:
        if weight:
            sign = ("−" if weight < 0 else "") if not told else (" − " if weight < 0 else " + ")
            told += f"{sign}{abs(weight):g}·{name}"
    return told
