"""Pasted Python as a design: the reward of a file, split into terms.

A function's parameters and a class's ``reset`` and ``step`` get symbolic values; what ``step`` pays is a sum, and each
addend becomes a term with its factor as the weight. Nothing is run. What is handed back pays the same on every step, up
to rounding; anything else is refused with its line.

Leaves out: files that ``export`` wrote, as designs with the built-in terms; they are read like any other file.
"""

import ast
import keyword
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from playground.reward.design import ENV_KEY, Design, by_key, defaults_of
from playground.reward.expression.vocabulary import FUNCTIONS, Vocabulary
from playground.reward.own import MAX_TERMS, OwnTerm
from playground.reward.reading import algebra as al
from playground.reward.reading import source as src
from playground.reward.reading.algebra import Node
from playground.reward.reading.execute import (
    NEVER,
    RUNNING,
    Array,
    Execution,
    Function,
    State,
    Thing,
    Unreadable,
    refuse,
)
from playground.reward.reading.fields import Fields, NotShifted, deltas, summands, whole
from playground.reward.reading.write import Writer
from playground.words.errors import InvalidInput

AFTER: Final = (
    "next_obs",
    "next_state",
    "next_observation",
    "obs2",
    "s2",
    "s_next",
    "new_obs",
    "new_state",
    "obs_next",
)
BEFORE: Final = ("prev_obs", "prev_state", "previous_obs", "last_obs", "old_obs", "prev_observation", "last_state")
EITHER: Final = ("obs", "state", "s", "observation", "o")
GUESSES: Final = (
    ("landed", "landing_bonus"), ("crashed", "crash_cost"), ("timeout", "timeout_cost"), ("terminated", "end_pay"),
    ("done", "end_pay"), ("t", "step_pay"), ("main", "main_fuel"), ("side", "side_fuel"), ("fires", "fuel"),
    ("legs", "contact"), ("left", "contact"), ("right", "contact"), ("dist", "closeness"), ("speed", "slowness"),
    ("omega", "spin"), ("angle", "tilt"), ("x", "offset"), ("y", "height"), ("vx", "drift"), ("vy", "descent"),
    ("env", "env_part"),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What was read."""

    terms: tuple[OwnTerm, ...]
    w_env: float
    """Weight of Gymnasium's own reward."""
    design: Design
    notes: tuple[str, ...] = ()
    """What was assumed; each is worded as ``reading.<note>``."""


def read_python(text: str, kind: type[Design]) -> Reading:
    r"""The reward of a Python file.

    Args:
        text: a function of observations and an action, or a class with ``step`` or ``reward``; other code around it
            is left alone.
        kind: of the world's designs.

    Raises:
        InvalidInput: what is in the way, with its line.

    >>> from playground import RewardConfig
    >>> reading = read_python("def reward(obs, action):\n    return -2 * abs(obs[0])", RewardConfig)
    >>> [(term.expression, term.weight) for term in reading.terms]
    [('abs(x)', -2.0)]
    """
    al.fresh()
    try:
        return _read(text, kind)
    except (RecursionError, MemoryError):
        raise InvalidInput("reading_nested") from None
    except (al.TooLarge, OverflowError):
        raise InvalidInput("reading_large", line=1, value="") from None


def _read(text: str, kind: type[Design]) -> Reading:
    vocabulary = kind.vocabulary
    if vocabulary is None:
        raise InvalidInput("no_language")
    found = src.find(text)
    classes = {one.name: one for one in found.tree.body if isinstance(one, ast.ClassDef)}
    owner = found.reward if isinstance(found.reward, ast.ClassDef) else None
    methods = src.methods_of(owner, classes) if owner else {}
    run = Execution({}, methods, coordinates(vocabulary))
    _module(run, found.tree)
    states = frozenset(one.name for one in vocabulary if one.role == "state")
    value = _class(run, owner, states) if owner else _function(run, found.reward)
    if isinstance(value, Unreadable):
        raise value.error()
    if not isinstance(value, Node):
        raise InvalidInput("reading_no_value", line=found.reward.lineno)
    return _split(value, run, kind, vocabulary, states)


def coordinates(vocabulary: Vocabulary) -> tuple[Node, ...]:
    """The words of an observation in its order: those that are one of its numbers, as it stands."""
    size, result = 32, []
    probes = np.concatenate([np.eye(size), 2.0 * np.eye(size)])
    for index in range(size):
        for one in vocabulary:
            if one.role != "state" or one.of is None:
                continue
            values = np.asarray(one.of(probes), np.float64)
            wanted = np.eye(size)[index]
            if np.array_equal(values, np.concatenate([wanted, wanted if one.kind == "truth" else 2 * wanted])):
                result.append(al.word(one.name, one.kind == "truth"))
                break
    return tuple(result)


def _module(run: Execution, tree: ast.Module) -> None:
    """Imports, constants and functions at the top of the file."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for one in tree.body:
        if isinstance(one, ast.Import):
            for name in one.names:
                if name.name not in src.MODULES and (name.asname or name.name) in ("np", "math", "numpy"):
                    run.module[name.asname or name.name] = Unreadable("reading_call", one.lineno, name.name)
                elif name.name in src.MODULES:
                    run.module[name.asname or name.name.split(".")[0]] = Thing(src.MODULES[name.name])
        elif isinstance(one, ast.ImportFrom) and one.module in src.MODULES:
            from playground.reward.reading.execute import BUILTINS

            for name in one.names:
                run.module[name.asname or name.name] = (
                    al.const(float(np.pi))
                    if name.name == "pi"
                    else Thing(name.name)
                    if (name.asname or name.name) == name.name
                    and name.name in BUILTINS | {"sqrt", "exp", "tanh", "sin", "cos", "hypot", "log", "fabs", "atan2"}
                    else Unreadable("reading_call", one.lineno, name.name)
                )
        elif isinstance(one, ast.ImportFrom):
            for name in one.names:
                run.module[name.asname or name.name] = Unreadable("reading_call", one.lineno, name.name)
        elif isinstance(one, ast.FunctionDef):
            run.module[one.name] = Function(one)
        elif isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                if isinstance(target, ast.Name) and stored.count(target.id) == 1:
                    try:
                        run.module[target.id] = run.value(one.value, State())
                    except InvalidInput:
                        run.module[target.id] = Unreadable("reading_value", one.lineno, target.id)
    for module in ("np", "math", "numpy"):
        run.module.setdefault(module, Thing("math" if module == "math" else "np"))


def _parameters(run: Execution, function: Any, skip: int) -> dict[str, Any]:
    """Symbolic values of a function's parameters, by the names that people use."""
    arguments = function.args
    positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    names = [*positional[skip:], *(one.arg for one in arguments.kwonlyargs)]
    after = [name for name in names if name in AFTER]
    before = [name for name in names if name in BEFORE]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    known: dict[str, Any] = {"info": Thing("info"), "infos": Thing("info"), "gamma": al.word("gamma")}
    for name in ("action", "a", "act"):
        known[name] = run.action
    for name in ("reward", "r", "env_reward", "rew", "original_reward", "base_reward"):
        known[name] = al.word("env")
    known |= {"terminated": al.word("terminated", truth=True), "truncated": al.word("timeout", truth=True)}
    known |= {"done": al.word("done", truth=True), "t": al.word("t"), "step": al.word("t")}
    result: dict[str, Any] = {}
    for name in names:
        if name in after or name in before:
            result[name] = run.after if name in after else run.before
        elif name in EITHER:
            result[name] = run.before if after else run.after
            if not after and not before:
                run.notes.add("one_observation")
        elif name in known and not (name in ("gamma", "step", "t") and name in defaults):
            result[name] = known[name]
            if name in ("step", "t"):
                run.notes.add("clock")
        elif name in defaults:
            result[name] = run.value(defaults[name], State())
            run.notes.add("defaults")
        else:
            result[name] = Unreadable("reading_parameter", function.lineno, name)
    return result


def _function(run: Execution, function: Any) -> Any:
    result = run.run(list(function.body), State(_parameters(run, function, 0)))
    return None if result in (RUNNING, NEVER) else result


def _class(run: Execution, owner: ast.ClassDef, states: frozenset[str]) -> Any:
    """What a class pays on a step, without fields."""
    constants = State()
    for one in owner.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                if isinstance(target, ast.Name):
                    constants.names[target.id] = run.value(one.value, constants)
    started = State({}, dict(constants.names))
    if (init := run.methods.get("__init__")) is not None:
        names = {"self": Thing("self"), **_parameters(run, init, 1)}
        names[[a.arg for a in init.args.args][1] if len(init.args.args) > 1 else "env"] = Thing("env")
        run.notes.discard("one_observation")
        inner = State(names, started.fields)
        run.run(list(init.body), inner)
        started.fields = inner.fields
    started.fields.pop("env", None)
    initial = dict(started.fields)
    reset: set[str] = set()
    if (method := run.methods.get("reset")) is not None:
        run.assigned.clear()
        inner = State({"self": Thing("self"), **_parameters(run, method, 1)}, dict(started.fields))
        for extra in (method.args.kwarg, method.args.vararg):
            if extra is not None:
                inner.names[extra.arg] = Thing("options")
        run.run(list(method.body), inner)
        reset, started.fields = set(run.assigned), inner.fields
    sniff = State({}, dict(started.fields))
    run.assigned.clear()
    _step(run, owner, sniff)
    changed = set(run.assigned)
    if method is not None:  # a second reset, after some steps, must leave the same
        again = State({"self": Thing("self"), **_parameters(run, method, 1)}, dict(started.fields))
        for name in changed:
            again.fields[name] = Unreadable("reading_not_reset", run.lines.get(name, 1), f"self.{name}")
        for extra in (method.args.kwarg, method.args.vararg):
            if extra is not None:
                again.names[extra.arg] = Thing("options")
        run.run(list(method.body), again)
        for name in reset:
            if again.fields[name] is not started.fields[name] and again.fields[name] != started.fields[name]:
                line = run.lines.get(name, method.lineno)
                started.fields[name] = Unreadable("reading_not_reset", line, f"self.{name}")
    kinds = {name: [started.fields.get(name), *run.assigned[name]] for name in changed}
    fields = dict(started.fields)
    for name in changed:
        if name not in started.fields:
            fields[name] = Unreadable("reading_unset", run.lines.get(name, 1), f"self.{name}")
            continue
        missing = any(one is None for one in kinds[name])
        array = next((one for one in kinds[name] if isinstance(one, Array)), None)
        if array is not None:
            fields[name] = Array(
                tuple(
                    al.node("field", value=(f"{name}.{i}", name, missing), truth=isinstance(v, Node) and v.truth)
                    for i, v in enumerate(array.items)
                ),
                array.numpy,
            )
        else:
            truths = [one.truth for one in kinds[name] if isinstance(one, Node)]
            fields[name] = al.node("field", value=(name, name, missing), truth=bool(truths) and all(truths))
    run.env_steps = 0
    run.hints.clear()
    final = State({}, dict(fields))
    value = _step(run, owner, final)
    if not isinstance(value, Node):
        return value
    starts: dict[str, Any] = {}
    updates: dict[str, Any] = {}
    for name in changed:
        begin, end = started.fields.get(name), final.fields[name]
        if isinstance(fields[name], Array):
            for index in range(len(fields[name].items)):
                starts[f"{name}.{index}"] = begin.items[index] if isinstance(begin, Array) else begin
                updates[f"{name}.{index}"] = end.items[index] if isinstance(end, Array) else end
        else:
            starts[name], updates[name] = begin, end
    solver = Fields(starts, updates, run.lines, states)
    result = solver.resolve(value)
    for used in {name.split(".")[0] for name in solver.solved} - reset:
        end = final.fields[used]
        ended = al.replace(end, {id(al.word("done", truth=True)): al.const(True)}) if isinstance(end, Node) else end
        if ended is not initial.get(used) and end is not fields[used]:
            raise solver.refuse(used, "reading_not_reset")
    return result


def _step(run: Execution, owner: ast.ClassDef, state: State) -> Any:
    """What ``step`` pays; fields are left in ``state``."""
    step = run.methods.get("step")
    if step is None:
        method = run.methods.get("reward") or src.reward_methods(run.methods)[0]
        names = {"self": Thing("self"), **_parameters(run, method, 1)}
        inner = State(names, state.fields)
        result = run.run(list(method.body), inner)
        state.fields = inner.fields
        return result if isinstance(result, Node | Unreadable) else None
    if len(step.args.args) != 2:
        refuse("reading_signature", step, "step")
    inner = State({"self": Thing("self"), step.args.args[1].arg: run.action}, state.fields)
    result = run.run(list(step.body), inner)
    state.fields = inner.fields
    if not isinstance(result, Array) or len(result.items) not in (4, 5):
        refuse("reading_signature", step, "step")
    same = result.items[0] == run.after and (
        len(result.items) == 4
        or (result.items[2] is al.word("terminated", truth=True) and result.items[3] is al.word("timeout", truth=True))
    )
    if not same:
        refuse("reading_changes", step, "step")
    return result.items[1]


def _split(value: Node, run: Execution, kind: type[Design], vocabulary: Vocabulary, states: frozenset[str]) -> Reading:
    """The terms of what a step pays."""
    if any(leaf.value == "timeout" for leaf in al.leaves(value)):
        run.notes.add("timeout")
    addends = summands(value)
    if len(addends) > MAX_TERMS:
        addends = summands(value, split=False)
    addends = deltas(addends)
    w_env = sum(k for k, part in addends if part is al.word("env"))
    addends = [(k, part) for k, part in addends if part is not al.word("env")]
    if len(addends) > MAX_TERMS:
        addends = [*addends[: MAX_TERMS - 1], (1.0, whole(addends[MAX_TERMS - 1 :]))]
    quantities = frozenset([*vocabulary.by_name, *FUNCTIONS])
    taken = {*quantities, *by_key(kind), *defaults_of(kind), ENV_KEY, "own_terms", "shaped"}
    writer = Writer(states, run.hints, quantities)
    terms = []
    for k, part in addends:
        try:
            expression = writer.text(part)
        except NotShifted:
            raise InvalidInput("reading_streak") from None
        name = _name(part, run.hints, taken)
        taken.add(name)
        terms.append(OwnTerm(name, expression, "state", float(k)))
    design = kind(own_terms=tuple(terms), w_env=float(w_env), replace_reward=True)  # type: ignore[call-arg]
    return Reading(tuple(terms), float(w_env), design, tuple(sorted(run.notes)))


def _name(part: Node, hints: dict[int, str], taken: set[str]) -> str:
    """A name that no other term has."""
    hint, paid = hints.get(id(part), ""), part
    while paid.op == "if":  # named by what it pays, not by when
        paid = paid.args[2] if al.is_const(paid.args[1]) else paid.args[1]
    hint = hint or hints.get(id(paid), "")
    words = {one.value for one in al.nodes_of(part if al.is_const(paid) else paid) if one.op in ("word", "before")}
    base = next((guess for one, guess in GUESSES if one in words), "every_step" if not words else "own")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,24}", hint) and hint not in ("reward", "shaped", "total", "r"):
        base = hint
    base = base.strip("_") or "own"
    name, number = base, 2
    while name in taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        name, number = f"{base}_{number}", number + 1
    return name
