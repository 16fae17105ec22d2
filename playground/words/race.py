"""The table of a race of algorithms: a line an algorithm, over its seeds.

Leaves out: racing (``studies.race``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from playground.words.numbers import NOTHING, fixed, size, spread
from playground.words.say import has, say, text

COLUMNS: Final = (
    "algorithm",
    "landed",
    "return",
    "goal",
    "goal_steps",
    "flown",
    "networks",
    "optimizer",
    "batch",
)
FEW: Final = 5
"""Seeds of which each is shown."""


def algorithm_name(name: str, title: str, lang: str) -> str:
    """An algorithm's name; most have the same one in every language, which is its title.

    >>> algorithm_name("grpo", "GRPO", "zh"), algorithm_name("ppo-byhand", "PPO by hand", "zh")
    ('GRPO', '手写 PPO')
    """
    key = f"algorithms.name.{name.replace('-', '_')}"
    return text(key, lang) if has(key) else title


def race_rows(entrants: Sequence[Mapping[str, Any]], lang: str) -> list[list[str]]:
    """A race as cells, the head first: medians over the seeds, the lowest and the highest behind them.

    Args:
        entrants: each as ``Entrant.to_json`` gives it, with its ``title``; and, where landings shall have an interval,
            ``landing``: their ``mean``, ``low`` and ``high``.
        lang: of the words.
    """
    rows = [[say(f"algorithms.{name}", lang) for name in COLUMNS]]
    for one in entrants:
        reached, seeds, memory = one["seconds_to_goal"], len(one["keys"]), one["memory"]
        some = "" if len(reached) == seeds else f" ({say('algorithms.some_seeds', lang, some=len(reached), all=seeds)})"
        rows.append(
            [
                one["title"],
                _landed(one),
                spread(one["native_return"]),
                (f"{spread(reached)} s" if reached else NOTHING) + some,
                spread(one["steps_to_goal"]),
                spread(one["steps"]),
                *(size(memory[name]) if name in memory else NOTHING for name in ("networks", "optimizer", "batch")),
            ]
        )
    return rows


def _landed(one: Mapping[str, Any]) -> str:
    if (landing := one.get("landing")) is not None:
        return f"{fixed(landing['mean'])} ({fixed(landing['low'])}–{fixed(landing['high'])})"
    return each(one["landings"])


def each(values: Sequence[float]) -> str:
    """All of them while they are few, seed by seed; else median, lowest and highest.

    >>> each([98.0, 100.0])
    '98, 100'
    """
    return ", ".join(fixed(value) for value in values) if 0 < len(values) <= FEW else spread(values)
