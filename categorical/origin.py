"""Origins: where, in the user's own source, an object was written down.

Definition. An *origin* is a pair (code object, instruction offset) taken from the nearest frame of
the call stack that is not library code. It is captured in well under a microsecond and resolved
only when somebody asks: to a file, a range of lines and a range of columns (PEP 657), and the
source text there.

Laws. Capturing never reads a file. Resolving is a function of the pair: asking twice gives one
answer. A pickled origin is its resolved position.

Accepted: the expression that made the call, exactly as written.

>>> origin = here()
>>> origin.line, origin.text
(1, 'here()')

Rejected: a range without a source has no text, and says so instead of guessing.

>>> Origin.at("<stdin>", 1, 1, 1, 5).text is None
True
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from types import CodeType
from typing import Any, NamedTuple

PACKAGES = ("categorical", "synthesis", "backends", "proofs")

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SCRIPTS = (
    os.path.join(os.path.abspath(sys.prefix), "Scripts" if os.name == "nt" else "bin") + os.sep
)
_INSTALLED = ("site-packages", "dist-packages")
_RUNNERS = ("typeguard", "_pytest", "pytest", "pluggy", "hypothesis")


class Position(NamedTuple):
    """A range of source text: lines and columns count from 1, in characters, the end is exclusive.

    The columns are None where the interpreter kept no column table.
    """

    filename: str
    line: int
    column: int | None
    end_line: int
    end_column: int | None


class Origin:
    """A place in the user's source, captured cheaply and resolved lazily."""

    __slots__ = ("_code", "_lasti", "_part", "_position")

    def __init__(
        self,
        code: CodeType | None,
        lasti: int,
        part: str | None = None,
        position: Position | None = None,
    ) -> None:
        self._code = code
        self._lasti = lasti
        self._part = part
        self._position = position

    @classmethod
    def at(
        cls,
        filename: str,
        line: int,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
    ) -> Origin:
        """The origin at a known range (columns count from 1, the end is exclusive)."""
        last = line if end_line is None else end_line
        return cls(None, -1, None, Position(filename, line, column, last, end_column))

    @classmethod
    def of(cls, function: object) -> Origin | None:
        """The origin of a function's definition: the `def name` that a reader looks for."""
        return cls._of_part(function, "def")

    @classmethod
    def of_argument(cls, function: object, name: str) -> Origin | None:
        """The origin of one argument in a function's signature (with its annotation)."""
        return cls._of_part(function, "argument " + name)

    @classmethod
    def of_return(cls, function: object) -> Origin | None:
        """The origin of a function's return annotation, or of its definition if it has none."""
        return cls._of_part(function, "return")

    @classmethod
    def _of_part(cls, function: object, part: str) -> Origin | None:
        while hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        code = getattr(function, "__code__", None)
        return cls(code, -1, part) if isinstance(code, CodeType) else None

    @property
    def position(self) -> Position:
        """The resolved range (computed once)."""
        if self._position is None:
            if self._part is not None and self._code is not None:
                self._position = _resolve_part(self._code, self._part)
            else:
                self._position = _resolve(self._code, self._lasti)
        return self._position

    @property
    def filename(self) -> str:
        """The file as the interpreter knows it."""
        return self.position.filename

    @property
    def file(self) -> str:
        """The file as shown to people: relative to the current folder where it lies inside it."""
        return shown_path(self.filename)

    @property
    def line(self) -> int:
        """The first line, from 1."""
        return self.position.line

    @property
    def column(self) -> int | None:
        """The first column, from 1, in characters."""
        return self.position.column

    @property
    def end_line(self) -> int:
        """The last line, from 1."""
        return self.position.end_line

    @property
    def end_column(self) -> int | None:
        """The column just after the last character."""
        return self.position.end_column

    @property
    def source_line(self) -> str | None:
        """The first line as written, or None where there is no source."""
        lines = self.source_lines
        return lines[0] if lines else None

    @property
    def source_lines(self) -> list[str]:
        """All lines of the range as written; empty where there is no source."""
        where = self.position
        lines = [_source(where.filename, n) for n in range(where.line, where.end_line + 1)]
        return [line for line in lines if line is not None] if None not in lines else []

    @property
    def text(self) -> str | None:
        """The source text of exactly this range, or None where it is not known."""
        where, lines = self.position, self.source_lines
        if not lines or where.column is None or where.end_column is None:
            return None
        lines[-1] = lines[-1][: where.end_column - 1]
        lines[0] = lines[0][where.column - 1 :]
        return "\n".join(lines)

    def operands(self) -> tuple[str, str] | None:
        """The two sides of a binary expression such as `encode >> mix`, as written."""
        text = self.text
        if text is None:
            return None
        try:
            node = ast.parse(f"({text}\n)", mode="eval").body
        except (SyntaxError, ValueError):
            return None
        if not isinstance(node, ast.BinOp):
            return None
        return _sides(f"({text}\n)", node)

    def __str__(self) -> str:
        where = self.position
        column = f":{where.column}" if where.column is not None else ""
        return f"{self.file}:{where.line}{column}"

    def __repr__(self) -> str:
        return f"Origin({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and (self is other or self.position == other.position)

    def __hash__(self) -> int:
        return hash(self.position)

    def __copy__(self) -> Origin:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (Origin, (None, -1, None, self.position))


# --------------------------------------------------------------------------------------------------
# Capture

_USER, _LIBRARY, _GENERATED = 0, 1, 2
_verdicts: dict[str, int] = {}
_verdicts_for: dict[tuple[str, ...], dict[str, int]] = {PACKAGES: _verdicts}


def here(skip_packages: tuple[str, ...] = PACKAGES) -> Origin | None:
    """The nearest place on the call stack that a user wrote, or None where there is none.

    Frames of the named packages (of this installation), of the standard library, of typeguard and
    of test runners are passed over. Every other folder counts as user code, whatever its name.
    """
    verdicts = (
        _verdicts if skip_packages is PACKAGES else _verdicts_for.setdefault(skip_packages, {})
    )
    frame = sys._getframe(1)
    while True:
        code = frame.f_code
        verdict = verdicts.get(code.co_filename)
        if verdict is None:
            verdict = verdicts[code.co_filename] = _classify(code.co_filename, skip_packages)
        if verdict == _USER or (
            verdict == _GENERATED
            and str(frame.f_globals.get("__name__", "")).partition(".")[0] not in skip_packages
        ):
            return Origin(code, frame.f_lasti)
        if frame.f_back is None:
            return None
        frame = frame.f_back


def names_here(through: frozenset[str]) -> dict[str, object] | None:
    """The names in scope at the place that ``here`` finds: globals and then locals.

    None if the library frames in between are not all of the files ``through``: the user then did
    not write the failing expression, but called something that contains it.
    """
    frame = sys._getframe(1)
    while True:
        kind = _verdicts.get(frame.f_code.co_filename)
        if kind is None:
            kind = _classify(frame.f_code.co_filename, PACKAGES)
        if kind == _USER or (
            kind == _GENERATED
            and str(frame.f_globals.get("__name__", "")).partition(".")[0] not in PACKAGES
        ):
            return {**frame.f_globals, **frame.f_locals}
        name = os.path.basename(frame.f_code.co_filename)
        if frame.f_back is None or (kind == _LIBRARY and name not in through):
            return None
        frame = frame.f_back


def _classify(filename: str, skip_packages: tuple[str, ...]) -> int:
    """Whether a file is user code, library code, or code generated by a library (dataclasses)."""
    if filename == "<string>":
        return _GENERATED
    if filename.startswith("<frozen ") or filename.startswith("<attrs generated"):
        return _LIBRARY
    if filename.startswith("<"):
        return _USER
    path = os.path.abspath(filename)
    if any(path.startswith(os.path.join(_ROOT, package) + os.sep) for package in skip_packages):
        return _LIBRARY
    parts = path.split(os.sep)
    for folder in _INSTALLED:
        if folder in parts:
            inside = parts[parts.index(folder) + 1 :]
            return _LIBRARY if inside and inside[0] in _RUNNERS else _USER
    return _LIBRARY if path.startswith((_STDLIB, _SCRIPTS)) else _USER


# --------------------------------------------------------------------------------------------------
# Resolution


def shown_path(filename: str) -> str:
    """A path relative to the current folder where it lies inside it, else unchanged."""
    if filename.startswith("<"):
        return filename
    try:
        relative = os.path.relpath(filename)
    except (OSError, ValueError):
        return filename
    outside = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return filename if outside else relative


def _resolve(code: CodeType | None, lasti: int) -> Position:
    if code is None:
        return Position("<unknown>", 0, None, 0, None)
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    for index, entry in enumerate(code.co_positions()):
        if 2 * index == lasti:
            line, end_line, column, end_column = entry
            break
    filename = code.co_filename
    first = code.co_firstlineno if line is None else line
    last = first if end_line is None else end_line
    if column is not None and end_column is not None:
        column = _characters(filename, first, column) + 1
        end_column = _characters(filename, last, end_column) + 1
    return Position(filename, first, column, last, end_column)


def _source(filename: str, line: int) -> str | None:
    text = linecache.getline(filename, line)
    return text.rstrip("\r\n") if text else None


def _characters(filename: str, line: int, offset: int) -> int:
    """An offset in UTF-8 bytes, as the interpreter counts, as a number of characters."""
    text = _source(filename, line)
    if text is None or text.isascii():
        return offset
    return len(text.encode("utf-8")[:offset].decode("utf-8", errors="ignore"))


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _resolve_part(code: CodeType, part: str) -> Position:
    """The range of a definition, of its return annotation, or of one of its arguments."""
    filename = code.co_filename
    node = _definition(code)
    if node is None:
        return Position(filename, code.co_firstlineno, None, code.co_firstlineno, None)
    kind, _, name = part.partition(" ")
    if kind == "argument":
        spec = node.args
        for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
            if arg is not None and arg.arg == name:
                return _span(filename, arg)
    if isinstance(node, ast.Lambda):
        return _span(filename, node)
    if kind == "return" and node.returns is not None:
        return _span(filename, node.returns)
    start = _characters(filename, node.lineno, node.col_offset) + 1
    header = ("async def " if isinstance(node, ast.AsyncFunctionDef) else "def ") + node.name
    return Position(filename, node.lineno, start, node.lineno, start + len(header))


def _definition(code: CodeType) -> _Definition | None:
    """The syntax node that defines a function, found in its file by its name and first line."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            if code.co_name == "<lambda>" and node.lineno == code.co_firstlineno:
                return node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if node.name == code.co_name and first == code.co_firstlineno:
                return node
    return None


def _span(filename: str, node: ast.expr | ast.arg) -> Position:
    start = _characters(filename, node.lineno, node.col_offset) + 1
    end_line = node.end_lineno or node.lineno
    if node.end_col_offset is None:
        return Position(filename, node.lineno, None, end_line, None)
    end = _characters(filename, end_line, node.end_col_offset) + 1
    return Position(filename, node.lineno, start, end_line, end)


def _sides(text: str, node: ast.BinOp) -> tuple[str, str]:
    """The texts of the two sides of a binary expression, with the parentheses around each."""
    rows = text.encode("utf-8").split(b"\n")
    starts = [sum(len(row) + 1 for row in rows[:index]) for index in range(len(rows))]

    def between(start: tuple[int, int], stop: tuple[int, int]) -> str:
        low, high = starts[start[0] - 1] + start[1], starts[stop[0] - 1] + stop[1]
        return text.encode("utf-8")[low:high].decode("utf-8")

    def start(side: ast.expr) -> tuple[int, int]:
        return side.lineno, side.col_offset

    def stop(side: ast.expr) -> tuple[int, int]:
        return side.end_lineno or side.lineno, side.end_col_offset or 0

    opened = between(start(node), start(node.left)).count("(")
    closed = between(stop(node.right), stop(node)).count(")")
    left = "(" * opened + between(start(node.left), stop(node.left)) + ")" * opened
    right = "(" * closed + between(start(node.right), stop(node.right)) + ")" * closed
    return left, right
