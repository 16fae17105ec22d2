"""What rewards, settings and models are called.

Leaves out: which preset is the nearest, and what differs from it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from playground.words.numbers import NOTHING, short
from playground.words.say import has, join, say, text

MOST: Final = 3
"""So many changes are named; of more, only how many."""


def field_name(name: str, weights: Mapping[str, str], lang: str) -> str:
    """A field of a reward or a training setting.

    Args:
        name: of the field.
        weights: the weights' names, by field.
        lang: of the words.
    """
    if name in weights:
        return weights[name]
    return next((text(key, lang) for key in (f"field.{name}", f"settings.{name}") if has(key)), name)


def value_words(name: str, value: Any, lang: str) -> str:
    """A field's value.

    >>> value_words("form", "state", "zh"), value_words("net_arch", [64, 64], "en"), value_words("gamma", 0.995, "en")
    ('状态式', '64 × 64', '0.995')
    """
    if has(f"{name}.{value}"):
        return text(f"{name}.{value}", lang)
    if isinstance(value, bool):
        if name == "replace_reward":
            return text("design.mode.replace" if value else "design.mode.log", lang)
        return text("value.yes" if value else "value.no", lang)
    if isinstance(value, list | tuple):
        return " × ".join(map(str, value)) or NOTHING
    return short(value, 6) if isinstance(value, int | float) else str(value) or NOTHING


def change_words(changes: Mapping[str, Sequence[Any]], weights: Mapping[str, str], lang: str, mark: str = "") -> str:
    """What was changed, each field before and after.

    Args:
        changes: by field.
        weights: the weights' names, by field.
        lang: of the words.
        mark: put around the new values, for instance ``**``.
    """
    return join(
        [
            f"{field_name(name, weights, lang)} {value_words(name, before, lang)} → "
            f"{mark}{value_words(name, after, lang)}{mark}"
            for name, (before, after) in changes.items()
        ],
        lang,
    )


def reward_name(nearest: str, changes: Mapping[str, Any], weights: Mapping[str, str], lang: str) -> str:
    """The nearest preset and what was changed in it.

    >>> reward_name("Gymnasium's own", {"w_legs": 20.0}, {"w_legs": "Legs"}, "en")
    "Gymnasium's own · Legs 20"
    """
    named = [f"{field_name(n, weights, lang)} {value_words(n, value, lang)}" for n, value in changes.items()]
    more = f" +{len(named) - MOST}" if len(named) > MOST else ""
    return " · ".join([nearest, *([join(named[:MOST], lang) + more] if named else [])])


def with_seed(name: str, seed: int, lang: str) -> str:
    """A model that shares its name with another one."""
    return f"{name} · {say('compare.seed', lang, seed=seed)}"
