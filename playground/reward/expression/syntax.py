"""From a text to a checked tree: which Python an expression may be, and where it is wrong.

The grammar is Python's own, read by ``ast``; only what stands in `check` here passes, and nothing is ever run. Limits
on length, depth and size keep every text cheap to read and to evaluate.

Leaves out: the kinds of values (``lowering``), and evaluation (``program``).
"""

import ast
import difflib
import keyword
import re
import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NoReturn

from playground.reward.expression.vocabulary import FUNCTIONS, Vocabulary
from playground.words.errors import InvalidInput

MAX_CHARACTERS: Final = 4000
MAX_DEPTH: Final = 60
"""Of brackets, conditions and calls within each other; a sum of many terms has depth 1."""
MAX_NODES: Final = 2000
MAX_NUMBER: Final = 1e12
LOOKALIKES: Final = dict(
    zip(
        "асеорхуіѕԁһјѵԝАВСЕНІЈКМОРЅТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧοντ",
        "aceopxyisdhjvwABCEHIJKMOPSTXABEZHIKMNOPTYXovt",
        strict=True,
    )
)
"""Cyrillic and Greek letters that look like Latin ones."""
PUNCTUATION: Final = {
    "，": ",",
    "（": "(",
    "）": ")",
    "－": "-",
    "＋": "+",
    "＊": "*",
    "／": "/",
    "＝": "=",
    "＜": "<",
    "＞": ">",
    "、": ",",
    "。": ".",
    "×": "*",
    "÷": "/",
    "−": "-",
    "·": "*",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "²": "**2",
    "³": "**3",
    "√": "sqrt",
}
"""Characters from elsewhere, with what Python has for them."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line ``name = expression``, or the last one, whose name is empty."""

    name: str
    value: ast.expr


@dataclass(frozen=True, eq=False)
class Tree:
    """A text that passed: its lines, the last one the value."""

    text: str
    lines: tuple[Line, ...]

    @property
    def value(self) -> ast.expr:
        """The last line's expression."""
        return self.lines[-1].value


def refuse(code: str, text: str, node: ast.AST | tuple[int, int], **params: object) -> NoReturn:
    """Raise the error for a place of a text; lines and columns count from 1."""
    line, column = place(text, node)
    raise InvalidInput(code, line=line, column=column, **params)


def place(text: str, node: ast.AST | tuple[int, int]) -> tuple[int, int]:
    """Line and column of a node of a text, both from 1; ``ast`` counts bytes, people count characters.

    >>> place("é + x", ast.parse("é + x").body[0].value.right)
    (1, 5)
    """
    if isinstance(node, tuple):
        return node
    line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    lines = text.splitlines() or [""]
    row = lines[min(line, len(lines)) - 1].encode()
    return line, len(row[:offset].decode(errors="ignore")) + 1


def read(text: str, vocabulary: Vocabulary) -> Tree:
    r"""The tree of a text.

    Args:
        text: an expression, perhaps after lines ``name = expression``; blanks around it do not count.
        vocabulary: the world's names.

    Raises:
        InvalidInput: what is wrong, with line and column.

    >>> from playground import RewardConfig
    >>> read("low = y < 0.3\n-speed if low else 0", RewardConfig.vocabulary).lines[0].name
    'low'
    """
    if not isinstance(text, str):
        raise InvalidInput("not_text", field="expression", value=text)
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput("term_long", size=f"{len(text):,}", limit=f"{MAX_CHARACTERS:,}")
    text = text.strip()
    if not text:
        raise InvalidInput("term_empty")
    for row, content in enumerate(text.splitlines(), start=1):
        for column, character in enumerate(content, start=1):
            if character in PUNCTUATION:
                refuse("term_character", text, (row, column), value=character, instead=PUNCTUATION[character])
    module = _parse(text)
    _check_size(text, module)
    lines: list[Line] = []
    known: set[str] = set()
    for number, statement in enumerate(module.body):
        last = number == len(module.body) - 1
        if isinstance(statement, ast.Expr) and last:
            _check(text, statement.value, vocabulary, known)
            lines.append(Line("", statement.value))
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1 and not last:
            target = statement.targets[0]
            if not isinstance(target, ast.Name):
                refuse("term_target", text, target)
            _check(text, statement.value, vocabulary, known)
            lines.append(Line(target.id, statement.value))
            known.add(target.id)
        elif isinstance(statement, ast.Assign) and last:
            refuse("term_no_value", text, statement)
        elif isinstance(statement, ast.Expr):
            refuse("term_two_values", text, statement)
        else:
            refuse("term_statement", text, statement, value=STATEMENTS.get(type(statement), "a statement"))
    if not lines:
        raise InvalidInput("term_empty")
    return Tree(text, tuple(lines))


STATEMENTS: Final[dict[type, str]] = {
    ast.If: "if:",
    ast.For: "for",
    ast.While: "while",
    ast.Import: "import",
    ast.ImportFrom: "import",
    ast.FunctionDef: "def",
    ast.ClassDef: "class",
    ast.Return: "return",
    ast.AugAssign: "+=",
    ast.With: "with",
    ast.Try: "try",
    ast.Raise: "raise",
    ast.Delete: "del",
    ast.Assert: "assert",
    ast.Pass: "pass",
}
"""What a statement that does not belong here begins with."""


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd literals, which are refused below
            return ast.parse(text)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        rows = text.splitlines()
        near = rows[line - 1][column - 1 : column + 19].strip() if line <= len(rows) else ""
        if re.search(r"too many nested|too deep", error.msg or ""):
            raise InvalidInput("term_deep", limit=MAX_DEPTH) from None
        code = "term_syntax" if near else "term_unfinished"
        raise InvalidInput(code, line=line, column=column, value=near) from None
    except (RecursionError, MemoryError):
        raise InvalidInput("term_deep", limit=MAX_DEPTH) from None
    except ValueError as error:  # a null character, or a number of thousands of digits
        raise InvalidInput("term_unreadable", reason=str(error)) from None


def _check_size(text: str, module: ast.Module) -> None:
    """Refuse what is nested too deep or has too many parts, without recursion."""
    stack: list[tuple[ast.AST, int]] = [(module, 0)]
    nodes = 0
    while stack:
        node, depth = stack.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise InvalidInput("term_deep", limit=MAX_DEPTH)
        if nodes > MAX_NODES:
            raise InvalidInput("term_big", limit=f"{MAX_NODES:,}")
        for child in ast.iter_child_nodes(node):
            chained = isinstance(node, ast.BinOp) and child is node.left
            stack.append((child, depth + (isinstance(child, ast.expr) and not chained)))


def _check(text: str, root: ast.expr, vocabulary: Vocabulary, local: set[str]) -> None:
    """Refuse any construct, name or number that does not belong to the language."""
    stack: list[ast.AST] = [root]
    while stack:
        node = stack.pop()
        children: Iterable[ast.AST] = ast.iter_child_nodes(node)
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value):
                _check_number(text, node, value)
            case ast.Name(id=name):
                if name not in local and name not in vocabulary:
                    _refuse_name(text, node, name, vocabulary, local)
                children = ()
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Mod() | ast.Pow()):
                children = (node.left, node.right)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
                children = (node.operand,)
            case ast.BoolOp():
                children = node.values
            case ast.Compare(ops=ops) if all(isinstance(op, COMPARISONS) for op in ops):
                children = (node.left, *node.comparators)
            case ast.IfExp():
                pass
            case ast.Call(func=ast.Name(id=name)):
                _check_call(text, node, name, vocabulary, local)
                children = node.args
            case ast.Call(func=ast.Attribute(attr=name)) if name in FUNCTIONS or name in RENAMED:
                refuse("term_dotted", text, node.func, value=ast.unparse(node.func), instead=RENAMED.get(name, name))
            case _:
                refuse("term_not_allowed", text, node, value=_shown(text, node))
        stack.extend(children)


COMPARISONS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
RENAMED: Final = {
    "maximum": "max",
    "minimum": "min",
    "arctan2": "atan2",
    "absolute": "abs",
    "fabs": "abs",
    "square": "x**2",
    "where": "A if C else B",
    "norm": "hypot",
    "power": "x**y",
}
"""Functions of numpy and ``math`` that have another name here."""


def _check_number(text: str, node: ast.Constant, value: float) -> None:
    if not abs(value) <= MAX_NUMBER:
        refuse("term_number", text, node, limit=f"{MAX_NUMBER:,.0f}")


def _check_call(text: str, node: ast.Call, name: str, vocabulary: Vocabulary, local: set[str]) -> None:
    if name not in FUNCTIONS:
        if name in vocabulary or name in local:
            refuse("term_not_a_function", text, node, value=name)
        instead = RENAMED.get(name) or nearest(name, FUNCTIONS)
        refuse("term_function_near" if instead else "term_function", text, node, value=name, instead=instead)
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        refuse("term_keyword", text, node, value=name)
    fewest, most = FUNCTIONS[name].arguments
    if not fewest <= len(node.args) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest}–{most}"
        refuse("term_arguments", text, node, value=name, wanted=wanted, count=len(node.args))


def _refuse_name(text: str, node: ast.AST, name: str, vocabulary: Vocabulary, local: set[str]) -> NoReturn:
    latin = "".join(LOOKALIKES.get(letter, letter) for letter in name)
    if latin != name:
        odd = next(letter for letter in name if letter in LOOKALIKES)
        refuse("term_lookalike", text, node, value=name, letter=odd, meaning=unicodedata.name(odd, "?"), instead=latin)
    if name in FUNCTIONS:
        refuse("term_function_alone", text, node, value=name)
    instead = nearest(name, [*local, *vocabulary.by_name])
    refuse("term_name_near" if instead else "term_name", text, node, value=name, instead=instead)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that looks most like this one; empty if none does.

    >>> nearest("anlge", ["angle", "vx"])
    'angle'
    """
    lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower()[:40], list(lower), n=1, cutoff=0.6)
    return lower[found[0]] if found else ""


def _shown(text: str, node: ast.AST) -> str:
    segment = ast.get_source_segment(text, node) if hasattr(node, "lineno") else None
    return segment or type(node).__name__


def check_name(name: str, vocabulary: Vocabulary, taken: Iterable[str]) -> None:
    """Refuse a name that an own term cannot have.

    Args:
        name: of a term.
        vocabulary: the world's names, which it may not have.
        taken: other names that it may not have: terms, fields.

    Raises:
        InvalidInput: says which rule it breaks.
    """
    if not isinstance(name, str):
        raise InvalidInput("not_text", field="name", value=name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,29}", name):
        raise InvalidInput("own_name", value=name)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise InvalidInput("own_name_keyword", value=name)
    if name in vocabulary or name in FUNCTIONS or name in taken:
        raise InvalidInput("own_name_taken", value=name)
