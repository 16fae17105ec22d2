"""Symbolic values: what a piece of somebody's Python computes, as a graph of operations that simplifies itself.

Equal nodes are one object, so that they compare by identity. Every rule here keeps the value on every step; a truth
counts as 0 or 1 in arithmetic. Beside the words of the language there are nodes that only stand in between:

- ``field``: what ``self.name`` holds when a step begins; ``absent``: whether it is None then;
- ``earlier``: a word that remembers, as it was before this step: ``earlier(count(c))``.

Leaves out: where the nodes come from (``execute``), and how they are written (``write``).
"""

import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

MEMORY: Final = ("count", "total", "streak", "ever", "once")
COMPARISONS: Final[Mapping[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "lt": ("ge", lambda a, b: a < b),
    "le": ("gt", lambda a, b: a <= b),
    "gt": ("le", lambda a, b: a > b),
    "ge": ("lt", lambda a, b: a >= b),
    "eq": ("ne", lambda a, b: a == b),
    "ne": ("eq", lambda a, b: a != b),
}
"""By name: its opposite, and what it computes."""
IMPLIES: Final[Mapping[str, Mapping[str, bool]]] = {
    "landed": {"terminated": True, "done": True, "crashed": False, "timeout": False, "out_of_bounds": False},
    "crashed": {"terminated": True, "done": True, "landed": False, "timeout": False},
    "out_of_bounds": {"crashed": True, "terminated": True, "done": True, "landed": False, "timeout": False},
    "terminated": {"done": True, "timeout": False},
    "timeout": {"done": True, "terminated": False, "landed": False, "crashed": False, "out_of_bounds": False},
}
"""What else is known where one of these words is true."""
LARGEST: Final = 4000
"""Nodes of one value, counted without sharing."""


class TooLarge(Exception):
    """A value with more parts than any term could have."""


class Node:
    """One operation; made by `node` alone."""

    __slots__ = ("args", "op", "size", "truth", "value")
    size: int

    def __init__(self, op: str, args: "tuple[Node, ...]", value: Any, truth: bool) -> None:
        self.op, self.args, self.value, self.truth = op, args, value, truth
        self.size = 1 + sum(arg.size for arg in args)
        if self.size > LARGEST:
            raise TooLarge


_nodes: ContextVar[dict[tuple[Any, ...], Node]] = ContextVar("nodes")


def fresh() -> None:
    """Forget the nodes of an earlier reading."""
    _nodes.set({})


def node(op: str, *args: Node, value: Any = None, truth: bool = False) -> Node:
    """The node of these parts, as they stand."""
    try:
        known = _nodes.get()
    except LookupError:
        fresh()
        known = _nodes.get()
    key = (op, args, value, type(value), truth)
    if key not in known:
        known[key] = Node(op, args, value, truth)
    return known[key]


def const(value: float | bool) -> Node:
    """A number or a truth."""
    if isinstance(value, bool):
        return node("const", value=value, truth=True)
    return node("const", value=float(value) + 0.0)


def word(name: str, truth: bool = False, before: bool = False) -> Node:
    """A quantity of the language, after or before the action."""
    return node("before" if before else "word", value=name, truth=truth)


def is_const(one: Node, *values: float) -> bool:
    """Whether it is a number, or one of these."""
    return one.op == "const" and (not values or one.value in values)


def negative(a: Node) -> Node:
    """−a."""
    if is_const(a):
        return const(-float(a.value))
    if a.op == "neg":
        return a.args[0]
    if a.op == "sub":
        return subtract(a.args[1], a.args[0])
    if a.op in ("mul", "div") and is_const(a.args[0]):
        return node(a.op, const(-float(a.args[0].value)), a.args[1])
    return node("neg", a)


def add(a: Node, b: Node) -> Node:
    """A + b."""
    if is_const(a) and is_const(b):
        return const(float(a.value) + float(b.value))
    if is_const(a, 0) and not b.truth:
        return b
    if is_const(b, 0) and not a.truth:
        return a
    if b.op == "neg":
        return subtract(a, b.args[0])
    if is_const(b) and b.value < 0:
        return subtract(a, const(-b.value))
    if a.op in ("word", "before") and {a.value, b.value} == {"left", "right"} and a.op == b.op:
        return node(a.op, value="legs")
    return _cancelled(a, b, 1.0) or node("add", a, b)


def subtract(a: Node, b: Node) -> Node:
    """A − b."""
    if is_const(a) and is_const(b):
        return const(float(a.value) - float(b.value))
    if is_const(b, 0) and not a.truth:
        return a
    if is_const(a, 0):
        return negative(b)
    if a is b:
        return const(0)
    if b.op == "neg":
        return add(a, b.args[0])
    if is_const(b) and b.value < 0:
        return add(a, const(-b.value))
    if b.op == "mul" and is_const(b.args[0]) and b.args[0].value < 0:
        return add(a, negative(b))
    return _cancelled(a, b, -1.0) or node("sub", a, b)


def flat_sum(one: Node, factor: float = 1.0) -> list[tuple[float, Node]]:
    """Its addends as they are written, each with its factor."""
    result: list[tuple[float, Node]] = []
    stack = [(factor, one)]
    while stack:
        k, top = stack.pop()
        if top.op == "add":
            stack += [(k, top.args[1]), (k, top.args[0])]
        elif top.op == "sub":
            stack += [(-k, top.args[1]), (k, top.args[0])]
        elif top.op == "neg":
            stack.append((-k, top.args[0]))
        elif top.op == "mul" and is_const(top.args[0]):
            stack.append((k * float(top.args[0].value), top.args[1]))
        elif top.op == "const":
            result.append((k * float(top.value), const(1)))
        else:
            result.append((k, top))
    return result


def _cancelled(a: Node, b: Node, sign: float) -> Node | None:
    """The sum where parts of it cancel; None where none do. ``count(c) - c + c`` is ``count(c)``."""
    one, other = flat_sum(a), flat_sum(b, sign)
    if not {id(part) for _, part in one} & {id(part) for _, part in other}:
        return None
    factors: dict[int, tuple[float, Node]] = {}
    for k, part in (*one, *other):
        before = factors.get(id(part), (0.0, part))[0]
        factors[id(part)] = (before + k, part)
    kept = [(k, part) for k, part in factors.values() if k]
    if len(kept) == len(factors) and not (is_const(one[-1][1], 1) and is_const(other[-1][1], 1)):
        return None
    total: Node | None = None
    for k, part in kept:
        total = scaled(k, part) if total is None else _joined(total, k, part)
    return const(0) if total is None else total


def _joined(total: Node, k: float, part: Node) -> Node:
    positive = scaled(abs(k), part)
    return node("add" if k > 0 else "sub", total, positive)


def scaled(k: float, part: Node) -> Node:
    """A number times a part."""
    if is_const(part):
        return const(k * float(part.value))
    if k == 1:
        return part if not part.truth else node("mul", const(1), part)
    return negative(part) if k == -1 else node("mul", const(k), part)


def multiply(a: Node, b: Node) -> Node:
    """A · b."""
    if is_const(a) and is_const(b):
        return const(float(a.value) * float(b.value))
    if is_const(b):
        a, b = b, a
    if is_const(a):
        if a.value == 0:
            return const(0)
        if a.value == 1 and not b.truth:
            return b
        if a.value == -1:
            return negative(b)
        if b.op == "neg":
            return multiply(const(-float(a.value)), b.args[0])
        if b.op == "mul" and is_const(b.args[0]):
            return multiply(const(float(a.value) * float(b.args[0].value)), b.args[1])
        return node("mul", const(float(a.value)), b)
    for one, other in ((a, b), (b, a)):  # numbers go to the front
        if one.op == "neg":
            return negative(multiply(one.args[0], other))
        if one.op == "mul" and is_const(one.args[0]):
            return multiply(one.args[0], multiply(one.args[1], other))
    if a.truth and b.truth:
        return both(a, b)
    return power(a, const(2)) if a is b else node("mul", a, b)


def divide(a: Node, b: Node) -> Node:
    """A / b."""
    if is_const(b) and b.value != 0:
        if is_const(a):
            return const(float(a.value) / float(b.value))
        if b.value == 1 and not a.truth:
            return a
    if a.op == "neg":
        return negative(divide(a.args[0], b))
    return node("div", a, b)


def modulo(a: Node, b: Node) -> Node:
    """A % b."""
    if is_const(a) and is_const(b) and b.value:
        return const(float(a.value) % float(b.value))
    return node("mod", a, b)


def power(a: Node, b: Node) -> Node:
    """A ** b."""
    if is_const(a) and is_const(b):
        try:
            return const(float(a.value) ** float(b.value))
        except (ArithmeticError, TypeError):
            return node("pow", a, b)
    if is_const(b, 0.5):
        return call("sqrt", a)
    if is_const(b, 1) and not a.truth:
        return a
    if is_const(b) and b.value % 2 == 0:
        if a.op == "neg":
            return power(a.args[0], b)
        if a.op == "call" and a.value == "abs":
            return power(a.args[0], b)
    return node("pow", a, b)


DISTANCES: Final = {("x", "y"): "dist", ("vx", "vy"): "speed"}
EVALUATED: Final[Mapping[str, Callable[..., float]]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "atan2": math.atan2,
    "hypot": math.hypot,
    "sign": lambda v: float((v > 0) - (v < 0)),
    "min": min,
    "max": max,
    "clip": lambda v, low, high: min(max(v, low), high),
}


def call(name: str, *args: Node) -> Node:
    """A function of the language; none of those that remember."""
    if all(is_const(arg) for arg in args):
        try:
            return const(float(EVALUATED[name](*(float(arg.value) for arg in args))))
        except (ArithmeticError, ValueError):
            return node("call", *args, value=name)
    if name == "abs":
        inner = args[0]
        if inner.truth or (inner.op == "call" and inner.value in ("abs", "sqrt", "hypot", "exp")):
            return inner
        if inner.op in ("word", "before") and inner.value in ("dist", "speed", "legs"):
            return inner
        if inner.op == "neg":
            return call("abs", inner.args[0])
    if name == "sqrt" and args[0].op == "add" and all(is_square(part) for part in args[0].args):
        return call("hypot", args[0].args[0].args[0], args[0].args[1].args[0])
    if name == "sqrt" and is_square(args[0]):
        return call("abs", args[0].args[0])
    if name == "hypot" and args[0].op == args[1].op and args[0].op in ("word", "before"):
        for pair, meant in DISTANCES.items():
            if {args[0].value, args[1].value} == set(pair):
                return node(args[0].op, value=meant)
    return node("call", *args, value=name)


def is_square(one: Node) -> bool:
    """Whether it is e**2."""
    return one.op == "pow" and is_const(one.args[1], 2)


def remember(name: str, argument: Node) -> Node:
    """A word that remembers, this step included."""
    return node("call", argument, value=name, truth=name in ("ever", "once"))


def earlier(of: Node) -> Node:
    """A word that remembers, as it was before this step; of a sum or a count that is the word less this step."""
    name, argument = of.value, of.args[0]
    if name in ("count", "total"):
        return subtract(of, argument)
    return node("earlier", of, truth=of.truth)


def compare(name: str, a: Node, b: Node) -> Node:
    """A comparison."""
    if is_const(a) and is_const(b):
        return const(COMPARISONS[name][1](a.value, b.value))
    if is_const(a):  # 0.1 > x is x < 0.1
        mirrored = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}.get(name, name)
        return compare(mirrored, b, a)
    if a.truth and is_const(b):
        when_true, when_false = (COMPARISONS[name][1](side, b.value) for side in (1, 0))
        if when_true == when_false:
            return const(when_true)
        return a if when_true else opposite(a)
    return node(name, a, b, truth=True)


def opposite(a: Node) -> Node:
    """Not a."""
    if a.op == "const":
        return const(not a.value)
    if a.op == "not":
        return a.args[0]
    if a.op in COMPARISONS:
        return node(COMPARISONS[a.op][0], *a.args, truth=True)
    if a.op == "word" and a.value in ("fires", "idle"):
        return word("idle" if a.value == "fires" else "fires", truth=True)
    return node("not", a, truth=True)


def as_truth(a: Node) -> Node:
    """What a condition makes of a value."""
    return a if a.truth else compare("ne", a, const(0))


def members(op: str, one: Node) -> tuple[Node, ...]:
    """Of an ``and`` or an ``or``; of anything else itself."""
    return one.args if one.op == op else (one,)


def both(*values: Node) -> Node:
    """All of some truths."""
    parts: list[Node] = []
    for value in values:
        for part in members("and", value):
            if part.op == "const":
                if not part.value:
                    return const(False)
            elif part not in parts:
                parts.append(part)
    for part in parts:
        if opposite(part) in parts:
            return const(False)
        for name, known in implied(part).items():
            for other in list(parts):
                if other.op == "word" and other.value == name and other in parts:
                    if not known:
                        return const(False)
                    parts.remove(other)
                elif (
                    other.op == "not" and other.args[0].op == "word" and other.args[0].value == name and other in parts
                ):
                    if known:
                        return const(False)
                    parts.remove(other)
    for part in list(parts):  # c, and never before this step: once(c)
        past = part.args[0] if part.op == "not" else part
        if past.op == "earlier" and past.args[0].value == "ever" and part.op == "not":
            wanted = members("and", past.args[0].args[0])
            if all(one in parts for one in wanted):
                parts[parts.index(part)] = remember("once", past.args[0].args[0])
                parts = [one for one in parts if one not in wanted]
            elif remember("ever", past.args[0].args[0]) in parts:
                parts[parts.index(part)] = remember("once", past.args[0].args[0])
                parts.remove(remember("ever", past.args[0].args[0]))
    return _join("and", parts)


def either(*values: Node) -> Node:
    """Any of some truths."""
    parts: list[Node] = []
    for value in values:
        for part in members("or", value):
            if part.op == "const":
                if part.value:
                    return const(True)
            elif part not in parts:
                parts.append(part)
    for part in list(parts):
        if opposite(part) in parts:
            return const(True)
        inner = members("and", part)
        if len(inner) > 1:  # a or (not a and b) is a or b
            kept = [one for one in inner if opposite(one) not in parts]
            if len(kept) < len(inner):
                return either(*(both(*kept) if one is part else one for one in parts))
    names = {part.value for part in parts if part.op == "word"}
    if "done" in names or {"terminated", "timeout"} <= names:
        ends = {"done", "terminated", "timeout", "landed", "crashed", "out_of_bounds"}
        place = next(i for i, part in enumerate(parts) if part.op == "word" and part.value in ends)
        parts[place] = word("done", truth=True)
        parts = [one for one in parts if not (one.op == "word" and one.value in ends) or one.value == "done"]
        parts = list(dict.fromkeys(parts))
    if {"terminated"} <= names:
        parts = [p for p in parts if not (p.op == "word" and p.value in ("landed", "crashed", "out_of_bounds"))]
    if {"landed", "crashed"} <= {part.value for part in parts if part.op == "word"}:
        place = next(i for i, p in enumerate(parts) if p.op == "word" and p.value in ("landed", "crashed"))
        parts[place] = word("terminated", truth=True)
        parts = [p for p in parts if not (p.op == "word" and p.value in ("landed", "crashed", "out_of_bounds"))]
    for part in list(parts):  # c, or ever before this step: ever(c)
        if part.op == "earlier" and part.args[0].value == "ever":
            wanted = members("or", part.args[0].args[0])
            if all(one in parts for one in wanted):
                parts[parts.index(part)] = part.args[0]
                parts = [one for one in parts if one not in wanted]
    return _join("or", parts)


def _join(op: str, parts: list[Node]) -> Node:
    if not parts:
        return const(op == "and")
    return parts[0] if len(parts) == 1 else node(op, *parts, truth=True)


def implied(one: Node) -> Mapping[str, bool]:
    """What words are known to be where a truth holds."""
    return IMPLIES.get(one.value, {}) if one.op == "word" else {}


def choose(condition: Node, a: Node, b: Node) -> Node:
    """A where the condition holds, b elsewhere."""
    if condition.op == "const":
        return a if condition.value else b
    if condition.op == "not":
        return choose(condition.args[0], b, a)
    a, b = assume(a, condition, True), assume(b, condition, False)
    if a is b:
        return a
    if a.truth and b.truth:
        if a.op == "const":
            return either(condition, b) if a.value else both(opposite(condition), b)
        if b.op == "const":
            return either(opposite(condition), a) if b.value else both(condition, a)
    if is_const(a) and is_const(b):
        if (a.value, b.value) == (1, 0):
            return condition
        if (a.value, b.value) == (0, 1):
            return opposite(condition)
    if a.op == "if":
        inner, one, other = a.args
        if other is b:
            return choose(both(condition, inner), one, b)
        if one is b:
            return choose(both(condition, opposite(inner)), other, b)
    if b.op == "if":
        inner, one, other = b.args
        if one is a:
            return choose(either(condition, inner), a, other)
        if other is a:
            return choose(either(condition, opposite(inner)), a, one)
    for run, broken, held in ((a, b, condition), (b, a, opposite(condition))):  # c → run + 1, else → 0
        if not is_const(broken, 0):
            continue
        if run is node("call", held, value="streak"):
            return run
        if run.op == "add" and is_const(run.args[1], 1) and run.args[0].op == "earlier":
            past = run.args[0].args[0]
            if past.value == "streak" and past.args[0] is held:
                return past
    return node("if", condition, a, b, truth=a.truth and b.truth)


def assume(value: Node, condition: Node, holds: bool) -> Node:
    """A value where a condition is known; words that remember keep their arguments, which are about other steps."""
    known: dict[int, Node] = {}
    parts = members("and", condition) if holds else members("or", condition)
    for part in parts:
        known[id(part)] = const(holds)
        known[id(opposite(part))] = const(not holds)
        positive = part.args[0] if part.op == "not" else part
        if (part.op != "not") == holds:
            for name, truth in implied(positive).items():
                known[id(word(name, truth=True))] = const(truth)
    if holds and condition.truth:
        for one in (condition, *parts):
            past = node("earlier", remember("streak", one))
            known[id(past)] = node("sub", remember("streak", one), const(1))
    known[id(condition)] = const(holds)
    if len(parts) == 1 and not holds and condition.op == "word" and condition.value == "done":
        for name in ("terminated", "timeout", "landed", "crashed", "out_of_bounds"):
            known[id(word(name, truth=True))] = const(False)
    if not holds and condition.op == "word" and condition.value == "terminated":
        for name in ("landed", "crashed", "out_of_bounds"):
            known[id(word(name, truth=True))] = const(False)
    return replace(value, known)


def replace(value: Node, known: Mapping[int, Node], inside_memory: bool = False) -> Node:
    """A value with some of its nodes replaced, by their ids."""
    memo: dict[int, Node] = dict(known)

    def visit(one: Node) -> Node:
        if id(one) in memo:
            return memo[id(one)]
        if not one.args or (not inside_memory and (one.op == "earlier" or is_memory(one))):
            return one
        args = tuple(visit(arg) for arg in one.args)
        result = one if all(a is b for a, b in zip(args, one.args, strict=True)) else rebuild(one, args)
        memo[id(one)] = result
        return result

    return visit(value)


def is_memory(one: Node) -> bool:
    """Whether it is a word that remembers."""
    return one.op == "call" and one.value in MEMORY


def rebuild(one: Node, args: tuple[Node, ...]) -> Node:
    """The same operation on other arguments."""
    if is_memory(one):
        return remember(one.value, *args)
    if one.op in BUILDERS:
        return BUILDERS[one.op](*args)
    if one.op in COMPARISONS:
        return compare(one.op, *args)
    return call(one.value, *args) if one.op == "call" else node(one.op, *args, value=one.value, truth=one.truth)


BUILDERS: Final[Mapping[str, Callable[..., Node]]] = {
    "neg": negative,
    "add": add,
    "sub": subtract,
    "mul": multiply,
    "div": divide,
    "mod": modulo,
    "pow": power,
    "and": both,
    "or": either,
    "not": opposite,
    "if": choose,
    "earlier": earlier,
}


def leaves(value: Node) -> set[Node]:
    """All nodes without arguments."""
    return {one for one in nodes_of(value) if not one.args}


def nodes_of(value: Node) -> list[Node]:
    """Every node once, arguments first."""
    seen: dict[int, Node] = {}
    stack = [(value, False)]
    order: list[Node] = []
    while stack:
        one, visited = stack.pop()
        if visited:
            order.append(one)
        elif id(one) not in seen:
            seen[id(one)] = one
            stack.append((one, True))
            stack += [(arg, False) for arg in reversed(one.args)]
    return order
