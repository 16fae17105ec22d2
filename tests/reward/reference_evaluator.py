"""The reward language, evaluated in the slowest and most obvious way: one step after the other, with Python's floats.

It shares nothing with the package's evaluator but the definition of the language, so that each checks the other. What
the language does not define fails as it does in Python: a division by zero raises `ZeroDivisionError`, a root of a
negative number `ValueError`.

Leaves out: throttles, and what makes an expression unfit (units, sizes, forms).
"""

import ast
import math
from typing import Any

from playground.flight.trajectory import Trajectory

STATE = ("x", "y", "vx", "vy", "angle", "omega")
MEMORY = ("count", "total", "streak", "ever", "once")
FUNCTIONS = {
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "atan2": math.atan2,
    "hypot": math.hypot,
    "sign": lambda v: (v > 0) - (v < 0),
    "min": min,
    "max": max,
    "clip": lambda v, low, high: min(max(v, low), high),
}
BINARY = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
    ast.Mod: lambda a, b: a % b,
}
COMPARE = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def state_names(observation: Any) -> dict[str, Any]:
    """What can be said of one observation of the lander."""
    values: dict[str, Any] = {name: float(value) for name, value in zip(STATE, observation, strict=False)}
    values["left"], values["right"] = bool(observation[6] > 0.5), bool(observation[7] > 0.5)
    values["legs"] = int(values["left"]) + int(values["right"])
    values["dist"] = math.sqrt(values["x"] ** 2 + values["y"] ** 2)
    values["speed"] = math.sqrt(values["vx"] ** 2 + values["vy"] ** 2)
    return values


def step_names(trajectory: Trajectory, step: int, gamma: float) -> dict[str, Any]:
    """What else can be said of a step: the action, the end, its number, Gymnasium's reward, the discount."""
    last = step == len(trajectory) - 1
    terminated = last and trajectory.terminated
    action = int(trajectory.actions[step])
    env = float(trajectory.rewards[step])
    crashed = terminated and env <= 0
    return {
        "action": action,
        "prev_action": int(trajectory.actions[max(step - 1, 0)]),
        "main": action == 2,
        "side": action in (1, 3),
        "left_engine": action == 1,
        "right_engine": action == 3,
        "fires": action != 0,
        "idle": action == 0,
        "landed": terminated and env > 0,
        "crashed": crashed,
        "out_of_bounds": crashed and abs(float(trajectory.observations[step + 1][0])) >= 1,
        "timeout": last and not terminated,
        "terminated": terminated,
        "done": last,
        "t": step + 1,
        "env": env,
        "gamma": gamma,
    }


class Local:
    """A line ``name = expression``: evaluated where it is used, since ``prev`` asks for it one step earlier."""

    def __init__(self, node: ast.expr, scope: "dict[str, Local]") -> None:
        self.node, self.scope = node, scope


class Evaluator:
    """One episode; what the memory words remember is kept for each call in the text."""

    def __init__(self, text: str, trajectory: Trajectory, gamma: float) -> None:
        self.lines = ast.parse(text).body
        self.trajectory, self.gamma = trajectory, gamma
        self.kept: dict[ast.AST, float] = {}
        self.now: dict[ast.AST, float] = {}

    def step(self, number: int) -> float:
        """What the last line is on a step."""
        self.after = {
            **state_names(self.trajectory.observations[number + 1]),
            **step_names(self.trajectory, number, self.gamma),
        }
        self.before = {**state_names(self.trajectory.observations[number]), "gamma": self.gamma}
        scope: dict[str, Local] = {}
        for line in self.lines[:-1]:
            assert isinstance(line, ast.Assign)
            (target,) = line.targets
            assert isinstance(target, ast.Name)
            self.remember(line.value, scope)
            scope = {**scope, target.id: Local(line.value, scope)}
        last = self.lines[-1]
        assert isinstance(last, ast.Expr)
        self.remember(last.value, scope)
        return float(self.value(last.value, scope, self.after))

    def remember(self, node: ast.AST, scope: dict[str, Local]) -> None:
        """Update every memory word in a tree, innermost first: also those in a branch that is not taken."""
        for child in ast.iter_child_nodes(node):
            self.remember(child, scope)
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MEMORY):
            return
        value = self.value(node.args[0], scope, self.after)
        kept = self.kept.get(node, 0)
        match node.func.id:
            case "count":
                now = kept = kept + bool(value)
            case "total":
                now = kept = kept + value
            case "streak":
                now = kept = kept + 1 if value else 0
            case "ever":
                now = kept = bool(kept or value)
            case "once":
                now = bool(value) and not kept
                kept = kept or bool(value)
        self.kept[node], self.now[node] = kept, now

    def value(self, node: ast.expr, scope: dict[str, Local], names: dict[str, Any]) -> Any:
        """A number or a truth; ``names`` are of the observation after the step or of the one before it."""
        match node:
            case ast.Constant(value=constant):
                return constant
            case ast.Name(id=name):
                if name in scope:
                    return self.value(scope[name].node, scope[name].scope, names)
                return names[name]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand, scope, names)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand, scope, names)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return +self.value(operand, scope, names)
            case ast.BinOp(left=left, op=operator, right=right):
                return BINARY[type(operator)](self.value(left, scope, names), self.value(right, scope, names))
            case ast.BoolOp(op=ast.And(), values=values):
                return all(self.value(one, scope, names) for one in values)
            case ast.BoolOp(op=ast.Or(), values=values):
                return any(self.value(one, scope, names) for one in values)
            case ast.Compare(left=left, ops=operators, comparators=others):
                one = self.value(left, scope, names)
                for operator, other in zip(operators, others, strict=True):
                    two = self.value(other, scope, names)
                    if not COMPARE[type(operator)](one, two):
                        return False
                    one = two
                return True
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test, scope, names) else orelse, scope, names)
            case ast.Call(func=ast.Name(id="prev"), args=[argument]):
                return self.value(argument, scope, self.before)
            case ast.Call(func=ast.Name(id="delta"), args=[argument]):
                return self.value(argument, scope, self.after) - self.value(argument, scope, self.before)
            case ast.Call(func=ast.Name(id=name)) if name in MEMORY:
                if names is self.before:
                    raise ValueError(f"prev of {name}")
                return self.now[node]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return FUNCTIONS[name](*(self.value(one, scope, names) for one in arguments))
        raise ValueError(ast.unparse(node))


def reference(text: str, trajectory: Trajectory, gamma: float = 0.995) -> list[float]:
    """What an expression is on every step of an episode of the lander.

    Raises:
        KeyError: a name that the lander does not have.
    """
    evaluator = Evaluator(text, trajectory, gamma)
    return [evaluator.step(number) for number in range(len(trajectory))]
