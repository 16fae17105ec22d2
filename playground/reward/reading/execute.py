"""Symbolic execution of a step: every path of somebody's code, joined into one value a variable.

Branches run on copies of the state and are joined by conditions; loops over literals are unrolled; functions of the
file are followed. What is unknown becomes `Unreadable` and is refused only where the reward needs it.

Leaves out: what becomes of fields that are kept from step to step (``fields``), and the functions (``calls``).
"""

import ast
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from playground.reward.reading import algebra as al
from playground.reward.reading.algebra import Node
from playground.words.errors import InvalidInput

MAX_STATEMENTS: Final = 5000
MAX_UNROLLED: Final = 64
MAX_CALLS: Final = 20
RECORDING: Final = frozenset(
    {
        "append",
        "extend",
        "add",
        "log",
        "record",
        "debug",
        "info",
        "warning",
        "write",
        "add_scalar",
        "print",
    }
)
"""Calls that only keep or print something."""


@dataclass(frozen=True, eq=False)
class Unreadable:
    """A value that cannot be read, and why."""

    code: str
    line: int
    what: str = ""

    def error(self) -> InvalidInput:
        """The refusal."""
        return InvalidInput(self.code, line=self.line, value=self.what)


@dataclass(frozen=True)
class Array:
    """A numpy array, a tuple or a list of values."""

    items: tuple[Any, ...]
    numpy: bool = False


@dataclass(frozen=True)
class Thing:
    """Something known by its name: ``self``, ``env``, a module, ``info``."""

    name: str


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the file."""

    node: Any
    bound: bool = False


@dataclass
class State:
    """What the variables hold."""

    names: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> "State":
        """The same, to be changed alone."""
        return State(dict(self.names), dict(self.fields))


RUNNING: Final = object()
"""A block ended without ``return``."""
NEVER: Final = object()
"""A path that raises."""


def refuse(code: str, at: Any, what: str = "") -> NoReturn:
    """Refuse the whole text because of a place in it."""
    raise InvalidInput(code, line=getattr(at, "lineno", 1), value=what or shown(at))


def shown(at: Any) -> str:
    """A piece of code as a message shows it."""
    try:
        return ast.unparse(at)[:60]
    except (AttributeError, RecursionError, ValueError):
        return ""


def joined(condition: Node, a: Any, b: Any, line: int = 1) -> Any:
    """A value that is a where the condition holds, else b."""
    if a is b or a == b:
        return a
    if a is NEVER or b is NEVER:
        return b if a is NEVER else a
    if isinstance(a, Node) and isinstance(b, Node):
        return al.choose(condition, a, b)
    if isinstance(a, Array) and isinstance(b, Array) and len(a.items) == len(b.items):
        items = tuple(joined(condition, x, y, line) for x, y in zip(a.items, b.items, strict=True))
        return Array(items, a.numpy)
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return {key: joined(condition, a.get(key, b.get(key)), b.get(key, a.get(key)), line) for key in {**a, **b}}
    if isinstance(a, Unreadable) or isinstance(b, Unreadable):
        return a if isinstance(a, Unreadable) else b
    return Unreadable("reading_mixed", line)


class Execution:
    """The code of one file.

    Args:
        module: names at the top of the file, and what is known of them.
        methods: of the class that is read, by name.
        coordinates: the words of an observation, in its order.
    """

    def __init__(self, module: dict[str, Any], methods: dict[str, Any], coordinates: tuple[Node, ...]) -> None:
        self.module, self.methods = module, methods
        self.after = Array(coordinates, True)
        self.before = Array(tuple(al.word(c.value, c.truth, before=True) for c in coordinates), True)
        self.statements = self.depth = self.env_steps = 0
        self.action: Any = al.word("action")
        self.hints: dict[int, str] = {}
        self.assigned: dict[str, list[Any]] = {}
        self.lines: dict[str, int] = {}
        self.notes: set[str] = set()
        self.lent: list[Any] = []
        """Lists and dictionaries that were handed to a function, which must not change them."""
        self.info_written = False

    # Statements

    def run(self, body: list[Any], state: State) -> Any:
        """Execute statements; what they return, with ``state`` as it is at their end."""
        for index, one in enumerate(body):
            self.statements += 1
            if self.statements > MAX_STATEMENTS:
                refuse("reading_large", one)
            rest = body[index + 1 :]
            match one:
                case ast.Return(value=value):
                    return None if value is None else self.value(value, state)
                case ast.If(test=test, body=yes, orelse=no):
                    condition = self.truth(test, state)
                    if isinstance(condition, Unreadable):
                        raise condition.error()
                    if condition.op == "const":
                        return self.run([*(yes if condition.value else no), *rest], state)
                    exits = any(
                        isinstance(n, ast.Return | ast.Raise) for b in (yes, no) for s in b for n in ast.walk(s)
                    )
                    tail = rest if exits else []
                    other = state.copy()
                    a, b = self.run([*yes, *tail], state), self.run([*no, *tail], other)
                    result = b if a is NEVER else a if b is NEVER else joined(condition, a, b, one.lineno)
                    if a is NEVER:
                        state.names, state.fields = other.names, other.fields
                    elif b is not NEVER:
                        for mine, theirs in ((state.names, other.names), (state.fields, other.fields)):
                            for key in {**mine, **theirs}:
                                x, y = mine.get(key, theirs.get(key)), theirs.get(key, mine.get(key))
                                mine[key] = joined(condition, x, y, one.lineno)
                    if exits:
                        return result
                case ast.For(target=target, iter=source, body=inner, orelse=[]):
                    if any(isinstance(n, ast.Break | ast.Continue) for s in inner for n in ast.walk(s)):
                        refuse("reading_loop", one)
                    items = self.value(source, state)
                    if not isinstance(items, Array) or len(items.items) > MAX_UNROLLED:
                        refuse("reading_loop", one, shown(source))
                    unrolled: list[Any] = []
                    for item in items.items:
                        unrolled += [(target, item), *inner]
                    return self.run([*unrolled, *rest], state)
                case (target, item):
                    self.assign(target, item, state)
                case ast.Assign(targets=targets, value=value):
                    result = self.value(value, state)
                    for target in targets:
                        self.assign(target, result, state)
                case ast.AnnAssign(target=target, value=value):
                    if value is not None:
                        self.assign(target, self.value(value, state), state)
                case ast.AugAssign(target=target, op=op, value=value):
                    old = self.value(as_load(target), state)
                    if isinstance(old, Array) and old.numpy:
                        refuse("reading_statement", one)
                    added = self.value(value, state)
                    if isinstance(added, Node) and isinstance(value, ast.Name):
                        self.hints.setdefault(id(added), value.id)
                    self.assign(target, self.binary(op, old, added, one), state, hint=False)
                case ast.Raise():
                    return NEVER
                case ast.Expr(value=ast.Call() as call):
                    self.statement_call(call, state)
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assert() | ast.Import() | ast.ImportFrom():
                    pass
                case _:
                    refuse("reading_loop" if isinstance(one, ast.While | ast.For) else "reading_statement", one)
        return RUNNING

    def statement_call(self, call: ast.Call, state: State) -> None:
        """A call whose value is not used: it may only print or record, or be a function of the file."""
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        target = getattr(call.func, "value", None)
        if name == "append" and isinstance(target, ast.Name) and isinstance(state.names.get(target.id), Array):
            old = state.names[target.id]
            self.check_own(old, state, call)
            state.names[target.id] = Array((*old.items, self.value(call.args[0], state)))
            return
        own = name in self.methods if getattr(target, "id", "") == "self" else name in self.module and target is None
        held = state.names.get(target.id) if isinstance(target, ast.Name) else None
        if isinstance(held, dict | Array):
            refuse("reading_statement", call)
        if held == Thing("info"):
            self.info_written = True
            return
        if not own and (name == "__init__" or name in RECORDING):
            for argument in call.args:
                self.aside(argument, state)
            if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                state.fields[target.attr] = Unreadable("reading_field", call.lineno, f"self.{target.attr}")
            return
        result = self.value(call, state)
        if isinstance(result, Unreadable):
            raise result.error()

    def assign(self, target: Any, value: Any, state: State, hint: bool = True) -> None:
        """Give a target its value."""
        match target:
            case ast.Name(id=name):
                state.names[name] = value
                if hint and isinstance(value, Node):
                    self.hints.setdefault(id(value), name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                state.fields[name] = value
                self.assigned.setdefault(name, []).append(value)
                self.lines[name] = target.lineno
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                if isinstance(value, Unreadable):
                    value = Array((value,) * len(targets))
                stars = [i for i, one in enumerate(targets) if isinstance(one, ast.Starred)]
                if isinstance(value, Array) and stars:
                    start, more = stars[0], len(value.items) - len(targets) + 1
                    items = value.items
                    value = Array((*items[:start], Array(items[start : start + more]), *items[start + more :]))
                if not isinstance(value, Array) or len(value.items) != len(targets):
                    count = len(value.items) if isinstance(value, Array) else 1
                    refuse("reading_unpack", target, f"{len(targets)} ≠ {count}")
                for one, item in zip(targets, value.items, strict=True):
                    self.assign(one.value if isinstance(one, ast.Starred) else one, item, state)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                holder, at = state.names.get(name), self.value(key, state)
                if isinstance(holder, dict) and isinstance(at, str):
                    self.check_own(holder, state, target)
                    state.names[name] = {**holder, at: value}
                elif holder == Thing("info"):
                    self.info_written = True
                else:
                    refuse("reading_statement", target)
            case _:
                refuse("reading_statement", target)

    def check_own(self, value: Any, state: State, at: Any) -> None:
        """Refuse to change a list or a dictionary that has a second name, which would change, too."""
        held = [*state.names.values(), *state.fields.values(), *self.lent]
        if sum(one is value for one in held) > 1 or any(one is value for one in self.lent):
            refuse("reading_statement", at)

    # Expressions

    def truth(self, at: ast.expr, state: State) -> Any:
        """An expression as a condition."""
        return self.condition(self.value(at, state), at)

    def condition(self, value: Any, at: Any) -> Any:
        """What a condition makes of a value."""
        if isinstance(value, Node):
            if value.op == "field" and value.value[2]:
                return al.both(al.opposite(al.node("absent", value=value.value[0], truth=True)), al.as_truth(value))
            return al.as_truth(value)
        if value is None or isinstance(value, str | dict):
            return al.const(bool(value))
        if isinstance(value, Array) and not value.numpy:
            return al.const(bool(value.items))
        return value if isinstance(value, Unreadable) else Unreadable("reading_value", at.lineno, shown(at))

    def aside(self, at: ast.expr, state: State) -> Any:
        """An operand that may not be evaluated: it may change nothing."""
        copy = state.copy()
        value = self.value(at, copy)
        if copy.fields != state.fields:
            refuse("reading_statement", at)
        return value

    def value(self, at: Any, state: State) -> Any:
        """What an expression is."""
        unknown = Unreadable("reading_value", getattr(at, "lineno", 1), shown(at))
        match at:
            case ast.Constant(value=bool() | int() | float() as number):
                return al.const(number)
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name):
                if name in state.names:
                    return state.names[name]
                return self.module.get(name, Thing(name) if name in BUILTINS else unknown)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand, state)
                return al.opposite(inner) if isinstance(inner, Node) else inner
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return mapped(lambda v: al.negative(v), self.value(operand, state), unknown)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand, state)
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(op, self.value(left, state), self.value(right, state), at)
            case ast.BoolOp(op=op, values=values):
                parts: list[Any] = []
                for one in values:
                    part = self.aside(one, state)
                    if isinstance(part, Node) and not part.truth and part.op != "const":
                        return self.operands(at, state)
                    if not isinstance(part, Node) or not (part.truth or part.op == "const"):
                        part = self.condition(part, one)
                    if isinstance(part, Unreadable):
                        if parts and al.is_const(al.both(*parts) if isinstance(op, ast.And) else al.either(*parts)):
                            break
                        return part
                    parts.append(al.as_truth(part))
                    if part.op == "const" and bool(part.value) is isinstance(op, ast.Or):
                        break
                return al.both(*parts) if isinstance(op, ast.And) else al.either(*parts)
            case ast.Compare(left=left, ops=ops, comparators=others):
                values = [self.value(one, state) for one in (left, *others)]
                links = [self.comparison(op, values[i], values[i + 1], at) for i, op in enumerate(ops)]
                bad = next((one for one in links if isinstance(one, Unreadable)), None)
                return bad or al.both(*links)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition = self.truth(test, state)
                if isinstance(condition, Unreadable):
                    return condition
                if condition.op == "const":
                    return self.value(body if condition.value else orelse, state)
                return joined(condition, self.aside(body, state), self.aside(orelse, state), at.lineno)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                if any(isinstance(one, ast.Starred) for one in elements):
                    return unknown
                return Array(tuple(self.value(one, state) for one in elements))
            case ast.Dict(keys=keys, values=values) if all(isinstance(k, ast.Constant) for k in keys):
                return {str(k.value): self.value(v, state) for k, v in zip(keys, values, strict=True)}  # type: ignore[union-attr]
            case ast.Subscript(value=of, slice=key):
                return self.item(self.value(of, state), key, state, at)
            case ast.Attribute(value=of, attr=name):
                if name.startswith("__"):
                    refuse("reading_forbidden", at)
                return self.attribute(self.value(of, state), name, state, at)
            case ast.Lambda() if not state.names:
                return Function(at)
            case ast.Call():
                from playground.reward.reading.calls import call

                return call(self, at, state)
        return unknown

    def operands(self, at: ast.BoolOp, state: State) -> Any:
        """``a and b`` or ``a or b`` of numbers, which is one of them."""
        values = [self.aside(one, state) for one in at.values]
        result = values[-1]
        for number in range(len(values) - 2, -1, -1):
            condition = self.condition(values[number], at.values[number])
            if isinstance(condition, Unreadable):
                return condition
            pair = (result, values[number]) if isinstance(at.op, ast.And) else (values[number], result)
            result = joined(condition, *pair, at.lineno)
        return result

    def attribute(self, of: Any, name: str, state: State, at: ast.Attribute) -> Any:
        """``of.name``."""
        if of == Thing("self"):
            if name in state.fields:
                return state.fields[name]
            if name in self.methods:
                return Function(self.methods[name], bound=True)
            if name in ("env", "unwrapped"):
                return Thing("env")
            if name == "lander":
                return Thing("lander")
            code = "reading_game_over" if name == "game_over" else "reading_unknown_field"
            return Unreadable(code, at.lineno, f"self.{name}")
        if of == Thing("env") and name in ("env", "unwrapped", "lander"):
            return Thing("lander" if name == "lander" else "env")
        if of == Thing("lander") and name == "awake":
            return al.opposite(al.word("landed", truth=True))
        if isinstance(of, Thing) and of.name in ("np", "math"):
            import math

            return al.const(math.pi) if name == "pi" else Thing(f"{of.name}.{name}")
        if isinstance(of, Thing) and of.name == "np.linalg":
            return Thing(f"np.{name}")
        if isinstance(of, Unreadable):
            return of
        return Unreadable("reading_value", at.lineno, shown(at))

    def item(self, of: Any, key: ast.expr, state: State, at: ast.Subscript) -> Any:
        """``of[key]``."""
        if isinstance(key, ast.Tuple) and len(key.elts) == 2 and shown(key.elts[0]) in ("...", "Ellipsis"):
            key = key.elts[1]
        if isinstance(of, Array):
            if isinstance(key, ast.Slice):
                bounds = [None if b is None else self.value(b, state) for b in (key.lower, key.upper, key.step)]
                if all(b is None or (isinstance(b, Node) and b.op == "const") for b in bounds):
                    cut = slice(*(None if b is None else int(b.value) for b in bounds))
                    return Array(of.items[cut], of.numpy)
            index = self.value(key, state) if not isinstance(key, ast.Slice) else None
            if isinstance(index, Node) and index.op == "const" and float(index.value).is_integer():
                place = int(index.value)
                if not -len(of.items) <= place < len(of.items):
                    return Unreadable("reading_index", at.lineno, f"{shown(at)} ({len(of.items)})")
                return of.items[place]
        if isinstance(of, Node) and of is self.action:
            return Unreadable("reading_throttle", at.lineno, shown(at))
        name = self.value(key, state) if not isinstance(key, ast.Slice) else None
        if isinstance(of, dict) and name in of:
            return of[name]
        if of == Thing("info"):
            return Unreadable("reading_info", at.lineno, shown(at))
        return of if isinstance(of, Unreadable) else Unreadable("reading_value", at.lineno, shown(at))

    def binary(self, op: ast.operator, a: Any, b: Any, at: Any) -> Any:
        """Arithmetic, elementwise on arrays."""
        unknown = Unreadable("reading_value", getattr(at, "lineno", 1), shown(at))
        for one in (a, b):
            if isinstance(one, Unreadable):
                return one
        if isinstance(a, Array) and isinstance(b, Array) and not a.numpy and not b.numpy and isinstance(op, ast.Add):
            return Array(a.items + b.items)
        if (
            isinstance(op, ast.BitAnd | ast.BitOr)
            and isinstance(a, Node)
            and isinstance(b, Node)
            and a.truth
            and b.truth
        ):
            return al.both(a, b) if isinstance(op, ast.BitAnd) else al.either(a, b)
        if type(op) not in OPERATORS:
            return unknown
        return mapped(OPERATORS[type(op)], a, unknown, b)

    def comparison(self, op: ast.cmpop, a: Any, b: Any, at: Any) -> Any:
        """One link of a comparison."""
        unknown = Unreadable("reading_value", at.lineno, shown(at))
        for one in (a, b):
            if isinstance(one, Unreadable):
                return one
        if isinstance(op, ast.In | ast.NotIn):
            if b == Thing("info") and self.info_written:
                return Unreadable("reading_info", at.lineno, shown(at))
            if isinstance(a, str) and (b == Thing("info") or isinstance(b, dict)):
                found = al.const(isinstance(b, dict) and a in b)
            elif isinstance(b, Array) and isinstance(a, Node) and all(isinstance(i, Node) for i in b.items):
                found = self.among(a, b.items)
            else:
                return unknown
            return found if isinstance(op, ast.In) else al.opposite(found)
        if a is None or b is None:
            one = b if a is None else a
            negated = isinstance(op, ast.IsNot | ast.NotEq)
            if one is None:
                missing = al.const(True)
            elif isinstance(one, Array) and one.items and isinstance(one.items[0], Node) and one.items[0].op == "field":
                missing = self.absent(one.items[0])
            else:
                missing = self.absent(one) if isinstance(one, Node) else al.const(False)
            return al.opposite(missing) if negated else missing
        if isinstance(a, str) and isinstance(b, str):
            return al.const((a == b) is isinstance(op, ast.Eq))
        if not isinstance(a, Node) or not isinstance(b, Node) or type(op) not in LINKS:
            return unknown
        if isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot) and a.op == "word" and a.value == "action":
            found = self.among(a, (b,))
            return found if isinstance(op, ast.Eq | ast.Is) else al.opposite(found)
        if a.op == "word" and a.value == "action" and al.is_const(b):
            held = [i for i in range(4) if al.COMPARISONS[LINKS[type(op)]][1](i, b.value)]
            return self.among(a, tuple(al.const(i) for i in held))
        return al.compare(LINKS[type(op)], a, b)

    @staticmethod
    def absent(one: Node) -> Node:
        """Whether a field is None when the step begins."""
        if one.op == "field" and one.value[2]:
            return al.node("absent", value=one.value[0], truth=True)
        return al.const(False)

    @staticmethod
    def among(a: Node, items: tuple[Node, ...]) -> Node:
        """``a in items``."""
        if a.op == "word" and a.value == "action" and all(one.op == "const" for one in items):
            chosen = frozenset(one.value for one in items) & {0, 1, 2, 3}
            if chosen in ACTIONS:
                return al.word(ACTIONS[chosen], truth=True)
            if not chosen or len(chosen) == 4:
                return al.const(bool(chosen))
            return al.either(*(al.word(ACTIONS[frozenset({one})], truth=True) for one in sorted(chosen)))
        return al.either(*(al.compare("eq", a, one) for one in items))


def as_load(target: Any) -> ast.expr:
    """A target as an expression."""
    result: ast.expr = ast.copy_location(ast.parse(ast.unparse(target), mode="eval").body, target)
    for inner in ast.walk(result):
        if hasattr(inner, "lineno"):
            inner.lineno = target.lineno
    return result


def mapped(function: Any, a: Any, unknown: Any, *more: Any) -> Any:
    """A function of nodes, elementwise where arrays are among its arguments."""
    values = (a, *more)
    for one in values:
        if isinstance(one, Unreadable):
            return one
    arrays = [one for one in values if isinstance(one, Array)]
    if arrays:
        size = len(arrays[0].items)
        if any(len(one.items) != size for one in arrays) or not any(one.numpy for one in arrays):
            return unknown
        rows = zip(*(one.items if isinstance(one, Array) else (one,) * size for one in values), strict=True)
        return Array(tuple(mapped(function, row[0], unknown, *row[1:]) for row in rows), True)
    return function(*values) if all(isinstance(one, Node) for one in values) else unknown


ACTIONS: Final = {
    frozenset({0}): "idle",
    frozenset({1}): "left_engine",
    frozenset({2}): "main",
    frozenset({3}): "right_engine",
    frozenset({1, 3}): "side",
    frozenset({1, 2, 3}): "fires",
}
OPERATORS: Final[dict[type, Any]] = {
    ast.Add: al.add,
    ast.Sub: al.subtract,
    ast.Mult: al.multiply,
    ast.Div: al.divide,
    ast.Mod: al.modulo,
    ast.Pow: al.power,
}
LINKS: Final[dict[type, str]] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Is: "eq",
    ast.IsNot: "ne",
}
BUILTINS: Final = frozenset(
    {
        "abs",
        "min",
        "max",
        "sum",
        "float",
        "int",
        "bool",
        "len",
        "all",
        "any",
        "pow",
        "super",
        "print",
        "range",
        "zip",
        "enumerate",
        "list",
        "tuple",
        "hasattr",
    }
)
