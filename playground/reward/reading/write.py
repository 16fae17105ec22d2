"""Symbolic values as text in the reward language, short and without needless brackets.

Leaves out: the rules by which values simplify (``algebra``).
"""

import ast
from collections.abc import Mapping
from typing import Final

from playground.reward.reading import algebra as al
from playground.reward.reading.algebra import Node
from playground.reward.reading.fields import NotShifted, present, shifted
from playground.words.errors import InvalidInput

BINARY: Final[Mapping[str, type[ast.operator]]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "div": ast.Div,
    "mod": ast.Mod,
    "pow": ast.Pow,
}
LINKS: Final[Mapping[str, type[ast.cmpop]]] = {
    "lt": ast.Lt,
    "le": ast.LtE,
    "gt": ast.Gt,
    "ge": ast.GtE,
    "eq": ast.Eq,
    "ne": ast.NotEq,
}
NUMBERS_ONLY: Final = ("abs", "sqrt", "exp", "log", "tanh", "sin", "cos", "atan2", "hypot", "sign")
LINE_FROM: Final = 6
"""Parts that a named value has at least, to become a line of its own."""
CAREFUL: Final = ("div", "mod", "pow")
"""Operations that may fail, and so stay inside their conditions."""


class Writer:
    """Writes the values of one reward.

    Args:
        states: words of one observation.
        hints: names that the code gave to values, by id.
        taken: names that a line may not have.
    """

    def __init__(self, states: frozenset[str], hints: Mapping[int, str], taken: frozenset[str]) -> None:
        self.states, self.hints, self.taken = states, hints, taken
        self.lines: dict[int, str] = {}

    def text(self, value: Node) -> str:
        """An expression; values that the code names, and that are used twice, become lines above it."""
        used: dict[int, int] = {}
        stack = [value]
        while stack:
            one = stack.pop()
            used[id(one)] = used.get(id(one), 0) + 1
            stack += one.args
        self.lines, rows = {}, []
        for one in al.nodes_of(value):
            name = self.hints.get(id(one), "")
            if one is value or used[id(one)] < 2 or one.size < LINE_FROM or not name.isidentifier():
                continue
            if name in self.taken or name in self.lines.values() or not name.isascii() or self._careful(one):
                continue
            rows.append(f"{name} = {ast.unparse(self.tree(one))}")
            self.lines[id(one)] = name
        rows.append(ast.unparse(self.tree(value)))
        return "\n".join(rows)

    @staticmethod
    def _careful(one: Node) -> bool:
        return any(n.op in CAREFUL or (n.op == "call" and n.value in ("sqrt", "log", "exp")) for n in al.nodes_of(one))

    def tree(self, one: Node) -> ast.expr:
        """An expression's tree."""
        if id(one) in self.lines:
            return ast.Name(self.lines[id(one)])
        if one.op == "const":
            value = one.value
            if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
                value = int(value)
            return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)
        if one.op == "word":
            return ast.Name(one.value)
        if self._past(one):
            return call("prev", self.tree(present(one)))
        if one.op == "sub" and self._past(one.args[1]) and present(one.args[1]) is one.args[0]:
            return call("delta", self.tree(one.args[0]))
        if one.op == "earlier":
            return self.tree(self._earlier(one))
        if one.op in BINARY:
            return ast.BinOp(self.number(one.args[0]), BINARY[one.op](), self.number(one.args[1]))
        if one.op in LINKS:
            return ast.Compare(self.number(one.args[0], True), [LINKS[one.op]()], [self.number(one.args[1], True)])
        if one.op == "neg":
            return ast.UnaryOp(ast.USub(), self.number(one.args[0]))
        if one.op == "not":
            return ast.UnaryOp(ast.Not(), self.tree(one.args[0]))
        if one.op in ("and", "or"):
            return ast.BoolOp(ast.And() if one.op == "and" else ast.Or(), [self.tree(arg) for arg in one.args])
        if one.op == "if":
            return ast.IfExp(*(self.tree(arg) for arg in one.args))
        if one.op == "call":
            return call(one.value, *(self.number(arg, one.value in NUMBERS_ONLY) for arg in one.args))
        raise AssertionError(one.op)

    def number(self, one: Node, strictly: bool = False) -> ast.expr:
        """A value where arithmetic needs a number."""
        if one.truth and strictly:
            return ast.IfExp(self.tree(one), ast.Constant(1), ast.Constant(0))
        return self.tree(one)

    def _past(self, one: Node) -> bool:
        """Whether it is about the observation before the action alone."""
        found = al.leaves(one)
        plain = all(leaf.op in ("before", "const") for leaf in found) and any(leaf.op == "before" for leaf in found)
        return plain and not any(al.is_memory(n) or n.op == "earlier" for n in al.nodes_of(one))

    def _earlier(self, one: Node) -> Node:
        of = one.args[0]
        if of.value == "ever":
            return al.node("and", of, al.node("not", al.remember("once", of.args[0]), truth=True), truth=True)
        try:
            past = shifted(of.args[0], self.states)
        except NotShifted:
            raise InvalidInput("reading_streak") from None
        return al.remember("streak", al.both(past, al.compare("gt", al.word("t"), al.const(1))))


def call(name: str, *args: ast.expr) -> ast.Call:
    """A call of a function of the language."""
    return ast.Call(ast.Name(name), list(args), [])
