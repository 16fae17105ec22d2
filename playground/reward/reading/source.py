"""Which part of a pasted file is the reward: a class with ``step`` or ``reward``, or a function.

Leaves out: what it computes (``execute``).
"""

import ast
import textwrap
import warnings
from dataclasses import dataclass
from typing import Any, Final

from playground.words.errors import InvalidInput

MAX_BYTES: Final = 200_000
MODULES: Final = {"numpy": "np", "math": "math", "numpy.linalg": "np.linalg"}


@dataclass(frozen=True)
class Source:
    """A file and the reward in it."""

    tree: ast.Module
    reward: ast.ClassDef | ast.FunctionDef


def find(text: str) -> Source:
    """The reward of a file.

    Raises:
        InvalidInput: it is no Python, or holds no reward, or several.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInput("reading_long", size=f"{len(text):,}", limit=f"{MAX_BYTES:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(textwrap.dedent(text))
    except SyntaxError as error:
        raise InvalidInput("reading_syntax", line=error.lineno or 1, reason=error.msg) from None
    except (RecursionError, MemoryError):
        raise InvalidInput("reading_nested") from None
    except ValueError as error:
        raise InvalidInput("reading_syntax", line=1, reason=str(error)) from None
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    own = {one.name: one for one in classes}
    paying = [one for one in classes if {"step", "reward"} & methods_of(one, own).keys()]
    paying = [
        one for one in paying if not any(isinstance(b, ast.Name) and b.id == one.name for c in paying for b in c.bases)
    ]
    if not paying:
        paying = [one for one in classes if reward_methods(methods_of(one, own))]
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    named = [one for one in functions if "reward" in one.name.lower() or one.name in ("step", "shaping")]
    if not named and len(functions) == 1 and functions[0].args.args:
        named = functions
    called = {
        n.func.id for f in functions for n in ast.walk(f) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    named = [one for one in named if one.name not in called] or named
    candidates: list[Any] = list(paying or named)
    if not candidates:
        raise InvalidInput("reading_nothing")
    if len(candidates) > 1:
        raise InvalidInput("reading_several", names=", ".join(f"{one.name} ({one.lineno})" for one in candidates))
    return Source(tree, candidates[0])


def methods_of(one: ast.ClassDef, own: dict[str, ast.ClassDef]) -> dict[str, ast.FunctionDef]:
    """A class's methods by name, those of its bases in the file included."""
    result: dict[str, ast.FunctionDef] = {}
    for base in one.bases:
        if isinstance(base, ast.Name) and base.id in own and base.id != one.name:
            result |= methods_of(own[base.id], {k: v for k, v in own.items() if k != one.name})
    return result | {item.name: item for item in one.body if isinstance(item, ast.FunctionDef)}


def reward_methods(methods: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """Methods that look like a reward, in a class that is no wrapper."""
    return [m for name, m in methods.items() if "reward" in name.lower() or name == "__call__"]
