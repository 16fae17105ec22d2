"""Functions that people call in rewards: numpy's, ``math``'s, Python's own, the environment's, and the file's.

Leaves out: statements and operators (``execute``).
"""

import ast
from typing import TYPE_CHECKING, Any, Final

from playground.reward.reading import algebra as al
from playground.reward.reading.algebra import Node
from playground.reward.reading.execute import (
    MAX_CALLS,
    NEVER,
    RUNNING,
    Array,
    Function,
    State,
    Thing,
    Unreadable,
    mapped,
    refuse,
    shown,
)

if TYPE_CHECKING:
    from playground.reward.reading.execute import Execution

FORBIDDEN: Final = frozenset(
    {
        "exec",
        "eval",
        "compile",
        "open",
        "input",
        "__import__",
        "globals",
        "locals",
        "vars",
        "getattr",
        "setattr",
        "delattr",
        "breakpoint",
    }
)
SAME: Final = {
    "abs": "abs", "absolute": "abs", "fabs": "abs", "sqrt": "sqrt", "exp": "exp", "log": "log", "tanh": "tanh",
    "sin": "sin", "cos": "cos", "arctan2": "atan2", "atan2": "atan2", "hypot": "hypot", "sign": "sign",
}  # fmt: skip
AS_IT_IS: Final = frozenset(
    {
        "float",
        "float32",
        "float64",
        "asarray",
        "array",
        "item",
        "squeeze",
        "ravel",
        "flatten",
        "copy",
        "astype",
        "atleast_1d",
    }
)


def call(run: "Execution", at: ast.Call, state: State) -> Any:
    """What a call gives."""
    function, unknown = at.func, Unreadable("reading_value", at.lineno, shown(at))
    if isinstance(function, ast.Name) and function.id in FORBIDDEN and function.id not in state.names:
        if function.id == "getattr" and len(at.args) == 3 and isinstance(at.args[1], ast.Constant):
            owner = run.value(at.args[0], state)
            if owner != Thing("self"):
                return unknown
            return state.fields.get(str(at.args[1].value), run.value(at.args[2], state))
        refuse("reading_forbidden", at)
    name = getattr(function, "attr", getattr(function, "id", ""))
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Call) and shown(function.value.func) == "super":
            of: Any = Thing("env")
        else:
            of = run.value(function.value, state)
        if "random" in shown(function).split("."):
            return Unreadable("reading_random", at.lineno, shown(at))
        if of == Thing("env"):
            return _environment(run, name, at, state) if name in ("step", "reset") else unknown
        if of == Thing("info") or isinstance(of, dict):
            return _of_dictionary(run, of, name, at, state)
        if of == Thing("self") and name in run.methods:
            return follow(run, Function(run.methods[name], bound=True), at, state)
        if isinstance(of, Node | Array) and name in AS_IT_IS:
            return of
        if isinstance(of, Array) and name in ("sum", "max", "min", "all", "any"):
            return _numeric(run, name, [of], at)
        if isinstance(of, Thing) and of.name.split(".")[0] in ("np", "math"):
            return _numeric(run, name, [run.value(one, state) for one in at.args], at)
        if isinstance(of, Unreadable):
            return (
                Unreadable("reading_call", at.lineno, shown(at))
                if of.code not in ("reading_random", "reading_mixed")
                else of
            )
        return Unreadable("reading_call", at.lineno, shown(at))
    target = run.value(function, state)
    if isinstance(target, Function):
        return follow(run, target, at, state)
    if name == "hasattr" and len(at.args) == 2 and isinstance(at.args[1], ast.Constant):
        return al.const(at.args[1].value in state.fields)
    if target == Thing(name):
        return _numeric(run, name, [run.value(one, state) for one in at.args], at)
    return Unreadable("reading_call", at.lineno, shown(at))


def follow(run: "Execution", function: Function, at: ast.Call, state: State) -> Any:
    """Execute a function of the file in place of its call."""
    arguments = function.node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    static = any(shown(one) == "staticmethod" for one in getattr(function.node, "decorator_list", []))
    if function.bound and not static:
        names = names[1:]
    if len(at.args) > len(names) or any(isinstance(one, ast.Starred) for one in at.args):
        return Unreadable("reading_call", at.lineno, shown(at))
    values = {name: run.value(one, state) for name, one in zip(names, at.args, strict=False)}
    values |= {one.arg: run.value(one.value, state) for one in at.keywords if one.arg}
    defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
    defaults |= {o.arg: d for o, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    for name, default in defaults.items():
        if name not in values:
            values[name] = run.value(default, State())
    if run.depth >= MAX_CALLS:
        refuse("reading_deep", at)
    inner = State({"self": Thing("self")} if function.bound else {}, state.fields)
    inner.names |= values
    run.lent += [one for one in values.values() if isinstance(one, dict | Array)]
    run.depth += 1
    if isinstance(function.node, ast.Lambda):
        result = run.value(function.node.body, inner)
    else:
        result = run.run(list(function.node.body), inner)
    run.depth -= 1
    state.fields = inner.fields
    if result is NEVER:
        return Unreadable("reading_call", at.lineno, shown(at))
    return None if result is RUNNING else result


def _environment(run: "Execution", name: str, at: ast.Call, state: State) -> Any:
    if name == "reset":
        return Array((run.before, Thing("info")))
    run.env_steps += 1
    if run.env_steps > 1:
        refuse("reading_two_steps", at)
    if len(at.args) != 1 or run.value(at.args[0], state) is not run.action:
        refuse("reading_other_action", at)
    ends = (al.word("terminated", truth=True), al.word("timeout", truth=True))
    return Array((run.after, al.word("env"), *ends, Thing("info")))


def _of_dictionary(run: "Execution", of: Any, name: str, at: ast.Call, state: State) -> Any:
    held = of if isinstance(of, dict) else {}
    if of == Thing("info") and run.info_written:
        return Unreadable("reading_info", at.lineno, shown(at))
    if name == "get" and at.args:
        key = run.value(at.args[0], state)
        if isinstance(key, str):
            if key in held:
                return held[key]
            return run.value(at.args[1], state) if len(at.args) > 1 else None
    if name in ("values", "items") and isinstance(of, dict):
        return Array(tuple(v if name == "values" else Array((k, v)) for k, v in of.items()))
    return Unreadable("reading_info", at.lineno, shown(at))


def _numeric(run: "Execution", name: str, args: list[Any], at: ast.Call) -> Any:
    """A function of numbers; numpy's, ``math``'s and Python's agree where they share a name."""
    unknown = Unreadable("reading_call", at.lineno, shown(at))
    for one in args:
        if isinstance(one, Unreadable):
            return one
    first = args[0] if args else None
    if name in AS_IT_IS and args:
        return Array(first.items, True) if isinstance(first, Array) else first
    if at.keywords and not all(one.arg in ("dtype", "axis") for one in at.keywords):
        return unknown
    if name in ("max", "min", "maximum", "minimum", "fmax", "fmin") and args:
        values = list(first.items) if isinstance(first, Array) and len(args) == 1 else args
        kind = "max" if "max" in name else "min"
        result = values[0] if values else unknown
        for value in values[1:]:
            result = mapped(lambda a, b: al.call(kind, a, b), result, unknown, value)
        return result
    if name in ("sum", "all", "any", "mean", "prod") and isinstance(first, Array) and len(args) == 1:
        return _folded(run, name, first, at)
    match name, len(args):
        case _, 1 | 2 if name in SAME and len(args) == (2 if SAME[name] in ("atan2", "hypot") else 1):
            return mapped(lambda *v: al.call(SAME[name], *v), first, unknown, *args[1:])
        case "square", 1:
            return mapped(lambda a: al.power(a, al.const(2)), first, unknown)
        case "log1p", 1:
            return mapped(lambda a: al.call("log", al.add(al.const(1), a)), first, unknown)
        case "power" | "pow", 2:
            return mapped(al.power, first, unknown, args[1])
        case "clip", 3:
            low, high = args[1:]
            value = first if low is None else mapped(lambda a, b: al.call("max", a, b), first, unknown, low)
            if low is not None and high is not None:
                return mapped(lambda a, b, c: al.call("clip", a, b, c), first, unknown, low, high)
            return value if high is None else mapped(lambda a, b: al.call("min", a, b), value, unknown, high)
        case "where", 3:
            return mapped(lambda c, a, b: al.choose(al.as_truth(c), a, b), first, unknown, args[1], args[2])
        case "logical_and", 2:
            return mapped(lambda a, b: al.both(al.as_truth(a), al.as_truth(b)), first, unknown, args[1])
        case "logical_or", 2:
            return mapped(lambda a, b: al.either(al.as_truth(a), al.as_truth(b)), first, unknown, args[1])
        case "logical_not", 1:
            return mapped(lambda a: al.opposite(al.as_truth(a)), first, unknown)
        case "bool", 1:
            return mapped(al.as_truth, first, unknown)
        case "norm", 1 if isinstance(first, Array) and all(isinstance(i, Node) for i in first.items):
            if len(first.items) == 2:
                return al.call("hypot", *first.items)
            squares = mapped(lambda a: al.power(a, al.const(2)), Array(first.items, True), unknown)
            return al.call("sqrt", _folded(run, "sum", squares, at))
        case "dot" | "inner", 2 if isinstance(first, Array):
            product = mapped(al.multiply, Array(first.items, True), unknown, args[1])
            return _folded(run, "sum", product, at) if isinstance(product, Array) else unknown
        case "int", 1 if isinstance(first, Node) and (
            first.truth or first.value in ("action", "legs") or (al.is_const(first) and first.value == int(first.value))
        ):
            return first
        case "len", 1 if isinstance(first, Array):
            return al.const(len(first.items))
        case "tuple" | "list", 1 if isinstance(first, Array):
            return Array(first.items)
        case (("deg2rad" | "radians"), 1):
            return mapped(lambda a: al.multiply(al.const(0.017453292519943295), a), first, unknown)
        case "range", 1 | 2 | 3 if all(isinstance(one, Node) and one.op == "const" for one in args):
            return Array(tuple(al.const(i) for i in range(*(int(one.value) for one in args))[:100]))
        case "zip", _ if all(isinstance(one, Array) for one in args):
            return Array(tuple(Array(row) for row in zip(*(one.items for one in args), strict=False)))
        case "enumerate", 1 if isinstance(first, Array):
            return Array(tuple(Array((al.const(i), one)) for i, one in enumerate(first.items)))
    return unknown


def _folded(run: "Execution", name: str, array: Array, at: ast.Call) -> Any:
    items = list(array.items)
    bad = next((one for one in items if not isinstance(one, Node)), None)
    if bad is not None or not items:
        return bad if isinstance(bad, Unreadable) else Unreadable("reading_call", at.lineno, shown(at))
    if name in ("all", "any"):
        return (al.both if name == "all" else al.either)(*(al.as_truth(one) for one in items))
    result = items[0]
    for one in items[1:]:
        result = al.multiply(result, one) if name == "prod" else al.add(result, one)
    return al.divide(result, al.const(len(items))) if name == "mean" else result
