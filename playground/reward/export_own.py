"""Own terms as methods of an exported wrapper: plain Python, one step after the other, with the same values.

A word of the state becomes an attribute of ``now``, the observation after the action, or of ``before``. What remembers
is computed first, in order, since it counts every step, whether or not a condition uses it there.

Leaves out: the class around the methods (``export``).
"""

import ast
import copy
from typing import Final

from playground.reward.expression.syntax import Tree
from playground.reward.expression.vocabulary import FUNCTIONS, Vocabulary
from playground.reward.own import OwnTerm

DOTTED: Final = {
    "sqrt": "math.sqrt",
    "exp": "math.exp",
    "log": "math.log",
    "tanh": "math.tanh",
    "sin": "math.sin",
    "cos": "math.cos",
    "atan2": "math.atan2",
    "hypot": "math.hypot",
    "sign": "np.sign",
    "clip": "np.clip",
    "abs": "abs",
    "min": "min",
    "max": "max",
}
KEPT: Final = """
    def count(self, key, held):
        self.kept[key] = self.kept.get(key, 0) + bool(held)
        return self.kept[key]

    def total(self, key, value):
        self.kept[key] = self.kept.get(key, 0) + value
        return self.kept[key]

    def streak(self, key, held):
        self.kept[key] = self.kept.get(key, 0) + 1 if held else 0
        return self.kept[key]

    def ever(self, key, held):
        return self.count(key, held) > 0

    def once(self, key, held):
        return self.count(key, held) == 1 and bool(held)
"""
"""Methods of the words that remember."""


def methods(terms: tuple[OwnTerm, ...], vocabulary: Vocabulary) -> str:
    """The source of the methods: what is known of a step, memory if it is needed, and a method a term."""
    written = [_method(own, own.tree(vocabulary)) for own in terms]
    kept = KEPT if any(f"self.{name}(" in text for text in written for name in MEMORY) else ""
    return _step_words(vocabulary) + kept + "".join(written)


MEMORY: Final = tuple(name for name, function in FUNCTIONS.items() if function.remembers)


def _step_words(vocabulary: Vocabulary) -> str:
    states = [f"{word.name}={word.python}" for word in vocabulary if word.role == "state"]
    events = [f"{word.name}={word.python}" for word in vocabulary if word.role not in ("state", "clock", "constant")]
    space = ",\n            "
    return f"""
    def state(self, o):
        o = [float(number) for number in o]
        return SimpleNamespace(
            gamma=self.gamma,
            {space.join(states)},
        )

    def words(self, o, action, reward, terminated, truncated):
        action, terminated = int(action), bool(terminated)
        now = self.state(o)
        vars(now).update(
            t=self.steps,
            prev_action=action if self.last_action is None else self.last_action,
            {space.join(events)},
        )
        return now
"""


def _method(own: OwnTerm, tree: Tree) -> str:
    writer = _Writer(tree, own.name)
    lines = writer.lines()
    comment = "".join(f"        # {line}\n" for line in own.expression.strip().splitlines())
    return f"\n    def term_{own.name}(self, now, before):\n{comment}" + "".join(f"        {line}\n" for line in lines)


class _Writer:
    """Writes one term's statements."""

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree, self.name = tree, name
        self.statements: list[str] = []
        self.remembered = 0

    def lines(self) -> list[str]:
        """The statements, the last one ``return``."""
        for number, line in enumerate(self.tree.lines[:-1]):
            value = self.write(line.value, number, before=False)
            self.statements.append(f"{_local(line.name, number)} = {ast.unparse(value)}")
        value = self.write(self.tree.value, len(self.tree.lines) - 1, before=False)
        return [*self.statements, f"return float({ast.unparse(value)})"]

    def write(self, node: ast.expr, scope: int, before: bool) -> ast.expr:
        """An expression in the file's own names."""
        match node:
            case ast.Name(id=name):
                return self.of_name(name, scope, before)
            case ast.Call(func=ast.Name(id="prev"), args=[argument]):
                return self.write(argument, scope, before=True)
            case ast.Call(func=ast.Name(id="delta"), args=[argument]):
                sides = (self.write(argument, scope, moment) for moment in (False, True))
                return ast.BinOp(next(sides), ast.Sub(), next(sides))
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in MEMORY:
                held = self.write(arguments[0], scope, before)
                self.remembered += 1
                key = f"_{self.name}_{self.remembered}"
                self.statements.append(f"{key} = self.{name}({key!r}, {ast.unparse(held)})")
                return ast.Name(key)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                written = [self.write(argument, scope, before) for argument in arguments]
                return ast.Call(ast.Name(DOTTED[name]), written, [])
        written_node = copy.copy(node)
        for field, value in ast.iter_fields(node):
            setattr(written_node, field, self._field(value, scope, before))
        return written_node

    def _field(self, value: object, scope: int, before: bool) -> object:
        if isinstance(value, list):
            return [self._field(one, scope, before) for one in value]
        return self.write(value, scope, before) if isinstance(value, ast.expr) else value

    def of_name(self, name: str, scope: int, before: bool) -> ast.expr:
        for number in range(scope - 1, -1, -1):
            if self.tree.lines[number].name == name:
                if before:
                    return self.write(self.tree.lines[number].value, number, before=True)
                return ast.Name(_local(name, number))
        return ast.Attribute(ast.Name("before" if before else "now"), name)


def _local(name: str, number: int) -> str:
    """A line's name, apart from all other names of the method."""
    return f"{name}_{number}" if name in ("self", "now", "before", "math", "np", "float", "abs", "min", "max") else name
