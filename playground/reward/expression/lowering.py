"""From a tree to operations: kinds are checked, repeated parts are shared, and ``prev`` is resolved.

An operation's arguments are earlier operations, so that a list of them is evaluated from first to last, without
recursion. Equal operations are one, also across the terms of a reward.

Leaves out: what an operation computes (``program``).
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from playground.reward.expression.syntax import Tree, place, refuse
from playground.reward.expression.vocabulary import FUNCTIONS, Kind, Vocabulary
from playground.reward.term import Form

COST: Final[Mapping[str, int]] = {"pow": 20, "exp": 5, "log": 5, "tanh": 5, "sin": 5, "cos": 5, "atan2": 8, "mod": 5}
MEMORY: Final = frozenset({"count", "total", "streak"})
MAX_COST: Final = 1500
"""Of all operations of a term; one of arithmetic costs 1."""
COSTLY_MEMORY: Final = 5


class Op(NamedTuple):
    """One operation."""

    name: str
    arguments: tuple[int, ...]
    """Earlier operations."""
    value: Any
    """A constant's value, a word's name."""
    kind: Kind


@dataclass
class Operations:
    """Operations that grow as terms are lowered; equal ones are shared."""

    vocabulary: Vocabulary
    ops: list[Op] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)
    """Of each operation: the term that brought it in, line and column there."""
    eager: list[int] = field(default_factory=list)
    """Operations whose value is needed on every step: the lines and the terms themselves."""
    _index: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def add(self, name: str, *arguments: int, value: Any = None, kind: Kind = "number", where: Any = (0, 1, 1)) -> int:
        """The index of an operation, a new one or an equal one that is there already."""
        key = (name, arguments, repr(value))  # 0.0 and -0.0 are equal, but not the same
        if key not in self._index:
            self._index[key] = len(self.ops)
            self.ops.append(Op(name, arguments, value, kind))
            self.places.append(where)
        return self._index[key]

    def number(self, index: int) -> int:
        """A value as a number: a truth becomes 0 or 1."""
        op = self.ops[index]
        return index if op.kind != "truth" else self.add("number", index, where=self.places[index])

    @property
    def remembers(self) -> bool:
        """Whether any of them depends on earlier steps."""
        return any(op.name in MEMORY or op.name in ("t", "prev_action") for op in self.ops)


def lower(tree: Tree, form: Form, operations: Operations, term: int = 0) -> int:
    """Add a term's operations.

    Args:
        tree: its expression.
        form: how it pays.
        operations: to add to.
        term: its number, for places of errors.

    Returns:
        The index of what it pays.

    Raises:
        InvalidInput: a wrong kind, a form that the expression cannot have, or too much work.
    """
    return _Lowering(tree, operations, term, form != "state").pays(form)


@dataclass
class _Lowering:
    tree: Tree
    operations: Operations
    term: int
    state_only: bool
    memo: dict[tuple[int, bool], int] = field(default_factory=dict)

    def pays(self, form: Form) -> int:
        add, start = self.operations.add, len(self.operations.ops)
        after = self.value(before=False)
        if form != "state":
            before = self.value(before=True)
            ended = add("word", value="terminated", kind="truth")
            if form == "progress":
                paid = add("if", ended, self.constant(0.0), add("sub", after, before))
            else:
                kept = add("if", ended, self.constant(0.0), after)
                paid = add("sub", add("mul", add("gamma"), kept), before)
        else:
            paid = after
        new = self.operations.ops[start:]
        work = sum(COST.get(op.name, COSTLY_MEMORY if op.name in MEMORY else 1) for op in new)
        if work > MAX_COST:
            refuse("term_costly", self.tree.text, (1, 1))
        self.operations.eager.append(paid)
        return paid

    def constant(self, value: float | bool) -> int:
        kind: Kind = "truth" if isinstance(value, bool) else "number"
        return self.operations.add("const", value=value, kind=kind)

    def value(self, before: bool) -> int:
        """The last line as a number, and the lines before it."""
        for number, line in enumerate(self.tree.lines[:-1]):
            if not before:
                self.operations.eager.append(self.line(number, line.value, False))
        return self.operations.number(self.line(len(self.tree.lines) - 1, self.tree.value, before))

    def line(self, number: int, node: ast.expr, before: bool) -> int:
        if (number, before) not in self.memo:
            self.memo[number, before] = self.lower(node, number, before)
        return self.memo[number, before]

    def refuse(self, code: str, node: ast.AST, **params: object) -> None:
        refuse(code, self.tree.text, node, **params)

    def lower(self, node: ast.expr, scope: int, before: bool) -> int:
        """One expression.

        Args:
            node: its tree.
            scope: the number of its line; it sees the names of the lines above.
            before: with the observation before the action, inside ``prev``.
        """
        add, where = self.operations.add, (self.term, *place(self.tree.text, node))
        match node:
            case ast.Constant(value=bool() as truth):
                return self.constant(truth)
            case ast.Constant(value=value):
                return self.constant(float(value))  # type: ignore[arg-type]
            case ast.Name(id=name):
                return self.name(node, name, scope, before)
            case ast.BinOp():
                chain = [node]
                while isinstance(chain[-1].left, ast.BinOp):  # a sum of many terms leans to the left
                    chain.append(chain[-1].left)
                left = self.lower(chain[-1].left, scope, before)
                for link in reversed(chain):
                    right = self.lower(link.right, scope, before)
                    left = self.binary(link, left, right)
                return left
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return add("not", self.condition(operand, scope, before), kind="truth", where=where)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.operations.number(self.lower(operand, scope, before))
                known = self.operations.ops[inner]
                return self.constant(-known.value) if known.name == "const" else add("neg", inner, where=where)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.operations.number(self.lower(operand, scope, before))
            case ast.BoolOp(op=op, values=values):
                return self.logic(values, isinstance(op, ast.And), scope, before, where)
            case ast.Compare():
                return self.comparison(node, scope, before)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                chosen = self.condition(test, scope, before)
                one, other = (self.lower(branch, scope, before) for branch in (body, orelse))
                kinds = {self.operations.ops[branch].kind for branch in (one, other)}
                if len(kinds) > 1:
                    one, other = self.operations.number(one), self.operations.number(other)
                kind: Kind = "number" if len(kinds) > 1 else kinds.pop()
                return add("if", chosen, one, other, kind=kind, where=where)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(node, name, arguments, scope, before)
        raise AssertionError(f"a checked tree has no {type(node).__name__}")

    def name(self, node: ast.Name, name: str, scope: int, before: bool) -> int:
        for number in range(scope - 1, -1, -1):
            if self.tree.lines[number].name == name:
                return self.line(number, self.tree.lines[number].value, before)
        word, where = self.operations.vocabulary[name], (self.term, *place(self.tree.text, node))
        if word.role not in ("state", "constant"):
            if self.state_only:
                self.refuse("term_not_of_state", node, value=name)
            if before:
                self.refuse("term_no_prev", node, value=name)
        if word.of is None:
            return self.operations.add(name, kind=word.kind, where=where)
        return self.operations.add("prev" if before else "word", value=name, kind=word.kind, where=where)

    def binary(self, node: ast.BinOp, left: int, right: int) -> int:
        name = BINARY[type(node.op)]
        one, other = self.operations.number(left), self.operations.number(right)
        where = (self.term, *place(self.tree.text, node.right if name in ("div", "mod", "pow") else node))
        power = self.operations.ops[other]
        if name == "pow" and power.name == "const" and power.value in (0.5, 1.0, 2.0):
            if power.value == 1.0:
                return one
            return self.operations.add("square" if power.value == 2.0 else "sqrt", one, where=where)
        kinds = {self.operations.ops[one].kind, self.operations.ops[other].kind}
        kind: Kind = "count" if name in ("add", "mul") and kinds == {"count"} else "number"
        return self.operations.add(name, one, other, kind=kind, where=where)

    def truth(self, index: int, where: tuple[int, int, int]) -> int:
        """A truth, or whether a count is above 0."""
        if self.operations.ops[index].kind == "truth":
            return index
        return self.operations.add("ne", index, self.constant(0.0), kind="truth", where=where)

    def condition(self, node: ast.expr, scope: int, before: bool) -> int:
        """What stands where only true or false makes sense."""
        index = self.lower(node, scope, before)
        if self.operations.ops[index].kind == "number":
            self.refuse("term_no_condition", node, value=ast.unparse(node))
        return self.truth(index, (self.term, *place(self.tree.text, node)))

    def logic(self, values: list[ast.expr], is_and: bool, scope: int, before: bool, where: tuple[int, int, int]) -> int:
        # Python's `legs and low` is `low` or 0; `low or legs` may be 2, so a count may stand only where it is the same
        result = -1
        for number, value in enumerate(values):
            part = self.lower(value, scope, before)
            kind = self.operations.ops[part].kind
            if kind == "number" or (kind == "count" and not (is_and and number < len(values) - 1)):
                self.refuse("term_no_condition", value, value=ast.unparse(value))
            part = self.truth(part, where)
            result = (
                part
                if result < 0
                else self.operations.add("and" if is_and else "or", result, part, kind="truth", where=where)
            )
        return result

    def comparison(self, node: ast.Compare, scope: int, before: bool) -> int:
        sides = [node.left, *node.comparators]
        parts = [self.lower(side, scope, before) for side in sides]
        result = -1
        for number, op in enumerate(node.ops):
            one, other = parts[number], parts[number + 1]
            self.check_comparison(node, sides[number : number + 2], one, other)
            where = (self.term, *place(self.tree.text, node))
            link = self.operations.add(
                COMPARE[type(op)], self.operations.number(one), self.operations.number(other), kind="truth", where=where
            )
            result = link if result < 0 else self.operations.add("and", result, link, kind="truth", where=where)
        return result

    def check_comparison(self, node: ast.Compare, sides: list[ast.expr], one: int, other: int) -> None:
        """Refuse a truth beside a number that it can never be on both sides of."""
        for truth, number, side in ((one, other, sides[0]), (other, one, sides[1])):
            a, b = self.operations.ops[truth], self.operations.ops[number]
            if a.kind == "truth" and b.kind != "truth" and not (b.name == "const" and 0 <= b.value <= 1):
                self.refuse("term_truth_compared", node, value=ast.unparse(side))

    def call(self, node: ast.Call, name: str, arguments: list[ast.expr], scope: int, before: bool) -> int:
        function, where = FUNCTIONS[name], (self.term, *place(self.tree.text, node))
        add, number = self.operations.add, self.operations.number
        if function.remembers:
            if self.state_only:
                self.refuse("term_not_of_state", node, value=name)
            if before:
                self.refuse("term_no_prev", node, value=name)
        if name in ("prev", "delta"):
            if before:
                self.refuse("term_prev_in_prev", node, value=name)
            if self.state_only:
                self.refuse("term_not_of_state", node, value=name)
            past = self.lower(arguments[0], scope, before=True)
            return (
                past
                if name == "prev"
                else add("sub", number(self.lower(arguments[0], scope, before=False)), number(past), where=where)
            )
        if function.takes == "truth":
            held = self.condition(arguments[0], scope, before)
            counted = add("streak" if name == "streak" else "count", held, kind="count", where=where)
            if name == "ever":
                return add("gt", counted, self.constant(0.0), kind="truth", where=where)
            if name == "once":
                first = add("eq", counted, self.constant(1.0), kind="truth", where=where)
                return add("and", held, first, kind="truth", where=where)
            return counted
        parts = [self.lower(argument, scope, before) for argument in arguments]
        for argument, part in zip(arguments, parts, strict=True):
            if function.takes == "number" and self.operations.ops[part].kind == "truth":
                self.refuse("term_truth_argument", argument, value=ast.unparse(argument), function=name)
        parts = [number(part) for part in parts]
        if name == "clip":
            return add("min", add("max", parts[0], parts[1], where=where), parts[2], where=where)
        if name in ("min", "max"):
            result = parts[0]
            for part in parts[1:]:
                result = add(name, result, part, where=where)
            return result
        return add(name, *parts, where=where)


BINARY: Final = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Mod: "mod", ast.Pow: "pow"}
COMPARE: Final = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
