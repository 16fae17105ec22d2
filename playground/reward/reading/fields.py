"""What a class keeps in ``self`` from step to step, as words of the language that remember.

A field's update in ``step`` and its value after ``reset`` make a recurrence. Those with a word for them are solved: the
value of the step before (``prev``), a count, a sum, a streak, a flag. An episode ends with its last step, so that
within an episode the updates before a step had no end in them.

Leaves out: all other recurrences, which are refused with the line of the update.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from playground.reward.reading import algebra as al
from playground.reward.reading.algebra import Node
from playground.words.errors import InvalidInput

ENDS: Final = ("landed", "crashed", "out_of_bounds", "timeout", "terminated", "done")
ENGINES: Final = {
    "idle": (0,), "left_engine": (1,), "main": (2,), "right_engine": (3,), "side": (1, 3), "fires": (1, 2, 3),
}  # fmt: skip
ABSENT: Final = object()


class NotShifted(Exception):
    """A value that has no name one step later."""


@dataclass
class Fields:
    """Recurrences by field, to be solved as they are needed."""

    starts: dict[str, Any]
    """After ``reset``: a node, or None."""
    updates: dict[str, Any]
    """At the end of ``step``: a node, or None."""
    lines: dict[str, int]
    states: frozenset[str] = frozenset()
    """Words of one observation."""
    solved: dict[str, tuple[Node | None, Node]] = field(default_factory=dict)
    """By field: its value, and whether it is None, as a step begins."""
    open: list[str] = field(default_factory=list)

    def refuse(self, name: str, code: str = "reading_field") -> InvalidInput:
        """The refusal of a field."""
        return InvalidInput(code, line=self.lines.get(name.split(".")[0], 1), value=f"self.{name.split('.')[0]}")

    def resolve(self, value: Node) -> Node:
        """A value without fields in it."""
        known: dict[int, Node] = {}
        for leaf in al.leaves(value):
            if leaf.op == "field":
                held, _ = self.solve(leaf.value[0])
                known[id(leaf)] = al.const(0) if held is None else held  # never read: it is None on every step
            elif leaf.op == "absent":
                name = leaf.value if leaf.value in self.starts else f"{leaf.value}.0"
                known[id(leaf)] = self.solve(name)[1]
        return al.replace(value, known, inside_memory=True)

    def solve(self, name: str) -> tuple[Node | None, Node]:
        """A field's value as a step begins, and whether it is None."""
        if name in self.solved:
            return self.solved[name]
        if name in self.open or name not in self.starts:
            raise self.refuse(name)
        self.open.append(name)
        self.solved[name] = self._solve(name)
        self.open.remove(name)
        return self.solved[name]

    def _solve(self, name: str) -> tuple[Node | None, Node]:
        start, update = self.starts[name], self.updates[name]
        never = al.const(False)
        if start is not None and not isinstance(start, Node) and hasattr(start, "error"):
            raise start.error()
        if update is None and start is None:
            return None, al.const(True)
        if not isinstance(update, Node):
            error = getattr(update, "error", None)
            raise error() if error else self.refuse(name)
        update = al.replace(update, {id(al.word(end, truth=True)): al.const(False) for end in ENDS})
        own = next((leaf for leaf in al.leaves(update) if leaf.op == "field" and leaf.value[0] == name), None)
        if update is own:
            if isinstance(start, Node) and start.op == "const":
                return start, never
            if start is None:
                return None, al.const(True)
            raise self.refuse(name)
        if own is None and not any(leaf.op == "absent" and leaf.value == name for leaf in al.leaves(update)):
            try:
                past = shifted(self.resolve(update), self.states)
            except NotShifted:
                raise self.refuse(name) from None
            first = al.compare("eq", al.word("t"), al.const(1))
            if start is None:
                return past, first
            if not isinstance(start, Node):
                raise start.error() if hasattr(start, "error") else self.refuse(name)
            return al.choose(al.compare("gt", al.word("t"), al.const(1)), past, start), never
        if not isinstance(start, Node) or start.op != "const" or own is None:
            raise self.refuse(name)
        if update.truth and (flag := self._flag(update, own)) is not None:
            return (al.const(True) if start.value else al.earlier(al.remember("ever", flag))), never
        if (streak := self._streak(update, own)) is not None and start.value == 0:
            return al.earlier(al.remember("streak", self.resolve(streak))), never
        rest = [(k, part) for k, part in summands(update) if part is not own]
        kept = sum(k for k, part in summands(update) if part is own)
        if kept != 1 or any(own in al.leaves(part) for _, part in rest):
            raise self.refuse(name)
        return self._sum(start, rest), never

    def _flag(self, update: Node, own: Node) -> Node | None:
        """The condition that sets a flag for good."""
        parts = al.members("or", update)
        if own not in parts:
            return None
        rest = al.either(*(part for part in parts if part is not own))
        return None if own in al.leaves(rest) else self.resolve(rest)

    @staticmethod
    def _streak(update: Node, own: Node) -> Node | None:
        """The condition whose failure sets a counter back to 0."""
        if update.op != "if":
            return None
        condition, one, other = update.args
        longer = al.add(own, al.const(1))
        if own in al.leaves(condition):
            return None
        if one is longer and al.is_const(other, 0):
            return condition
        return al.opposite(condition) if other is longer and al.is_const(one, 0) else None

    def _sum(self, start: Node, addends: list[tuple[float, Node]]) -> Node:
        result, rest = start, None
        for k, part in addends:
            part = self.resolve(part)
            if al.is_const(part):
                passed = al.subtract(al.word("t"), al.const(1))
                result = al.add(result, al.multiply(al.const(k * float(part.value)), passed))
            elif part.truth:
                result = al.add(result, al.multiply(al.const(k), al.earlier(al.remember("count", part))))
            else:
                addend = al.scaled(k, part)
                rest = addend if rest is None else al.add(rest, addend)
        return result if rest is None else al.add(result, al.earlier(al.remember("total", rest)))


def summands(value: Node, split: bool = True) -> list[tuple[float, Node]]:
    """A value as a sum: factor and part of each addend, with conditions moved into the addends.

    Args:
        value: of a step.
        split: also where a condition chooses between two sums.
    """
    result: dict[int, tuple[float, Node]] = {}

    def put(k: float, part: Node) -> None:
        before = result.pop(id(part), (0.0, part))[0]
        if before + k:
            result[id(part)] = (before + k, part)

    for k, part in al.flat_sum(value):
        if part.op == "mul" and any(arg.op in ("add", "sub", "if") for arg in part.args) and split:
            one, other = part.args
            if one.op not in ("add", "sub", "if"):
                one, other = other, one
            if other.op not in ("add", "sub", "if") and (one.op != "if" or other.truth):
                for factor, addend in summands(one):
                    put(k * factor, al.multiply(other, addend) if not al.is_const(addend, 1) else other)
                continue
        if part.op == "div" and al.is_const(part.args[1]) and part.args[1].value:
            for factor, addend in summands(part.args[0], split):
                put(k * factor / float(part.args[1].value), addend)
            continue
        if part.op != "if":
            put(k, part)
            continue
        condition, a, b = part.args
        ones, others = summands(a, split), summands(b, split)
        shared = {id(p): f for f, p in others}
        common = [(f, p) for f, p in ones if shared.get(id(p)) == f]
        for factor, addend in common:
            put(k * factor, addend)
        gone = {id(p) for _, p in common}
        ones, others = [s for s in ones if id(s[1]) not in gone], [s for s in others if id(s[1]) not in gone]
        plain = len(ones) == len(others) == 1
        if ones and others and (plain or not split):
            put(k, al.choose(condition, whole(ones), whole(others)))
            continue
        for factor, addend in deltas(ones):
            put(k * factor, al.choose(condition, addend, al.const(0)))
        for factor, addend in deltas(others):
            put(k * factor, al.choose(condition, al.const(0), addend))
    return list(result.values())


def deltas(addends: list[tuple[float, Node]]) -> list[tuple[float, Node]]:
    """A sum in which k·e and −k·prev(e) are one addend."""
    result = list(addends)
    for k, part in addends:
        if not any(leaf.op == "before" for leaf in al.leaves(part)):
            continue
        after = present(part)
        if (-k, after) in result:
            place = result.index((-k, after))
            result[place] = (-k, al.node("sub", after, part))
            result.remove((k, part))
    return result


def present(one: Node) -> Node:
    """The same of the observation after the action."""
    known = {id(leaf): al.word(leaf.value, leaf.truth) for leaf in al.leaves(one) if leaf.op == "before"}
    return al.replace(one, known)


def whole(addends: list[tuple[float, Node]]) -> Node:
    """The sum of some addends."""
    total = al.const(0)
    for k, part in addends:
        total = al.add(total, al.scaled(k, part))
    return total


def shifted(value: Node, states: frozenset[str]) -> Node:
    """A value of the step before, in words of this step; on the first step it means nothing.

    Raises:
        NotShifted: it has no name.
    """
    memo: dict[int, Node] = {}

    def visit(one: Node) -> Node:
        if id(one) not in memo:
            memo[id(one)] = step(one)
        return memo[id(one)]

    def step(one: Node) -> Node:
        if one.op == "word":
            if one.value in states:
                return al.word(one.value, one.truth, before=True)
            if one.value == "action":
                return al.word("prev_action")
            if one.value in ENGINES:
                past = al.word("prev_action")
                return al.either(*(al.compare("eq", past, al.const(i)) for i in ENGINES[one.value]))
            if one.value in ENDS:
                return al.const(False)
            if one.value == "t":
                return al.subtract(one, al.const(1))
            raise NotShifted
        if al.is_memory(one):
            if one.value == "once":
                raise NotShifted
            return al.earlier(one)
        if one.op in ("before", "earlier", "field", "absent"):
            raise NotShifted
        return al.rebuild(one, tuple(visit(arg) for arg in one.args)) if one.args else one

    return visit(value)
