"""What the user wrote: an expression of a source file, its parts, and edits of them.

Definition.  A *written* expression is the syntax node at an origin, with the names that were in
scope when it ran.  Its parts have texts and origins of their own; ``spell`` writes an axis or a
type in the user's own names, and ``edit`` replaces a part.

Laws.  ``value(spell(x))`` is x.  Nothing is evaluated but names, sums, products, quotients and
labels of dimensions, so that reading a source never runs it.

>>> import os, tempfile
>>> from categorical.errors import apply_edit
>>> path = os.path.join(tempfile.mkdtemp(), "demo.py")
>>> source = "net = mean(width)(rows)\\n"
>>> _ = open(path, "w").write(source)
>>> from categorical.index import Dim
>>> found = Written.at(Origin.at(path, 1, 7, 1, 24), {"width": Dim("w"), "rows": 1})
>>> found.text(found.call.func), found.spell(Dim("w") * 2), found.value(found.factory.args[0])
('mean(width)', 'width * 2', w)
>>> apply_edit(source, found.edit(found.node, "rows"))
'net = rows\\n'

An axis that has no name in scope is not spelled:

>>> found.spell(Dim("h")) is None
True
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from categorical.errors import Edit
from categorical.index import Axis, DisjointSum, IndexSet, Points, Product, Quotient
from categorical.index import Dim as _Dim
from categorical.origin import Origin, here, names_here
from categorical.spaces import Array, Bool, Fin, Kind, Real, Space

Node = ast.expr | ast.stmt | ast.arg | ast.keyword
_PLUMBING = frozenset(
    f"{name}.py"
    for name in (
        "arrows",
        "checked",
        "composing",
        "habits",
        "mending",
        "messages",
        "tracing",
        "typecheck",
        "wiring",
        "written",
    )
)


@dataclass(frozen=True)
class Written:
    """See the module."""

    filename: str
    tree: ast.Module
    node: Node
    names: Mapping[str, object]

    @classmethod
    def here(cls, *through: str) -> Written | None:
        """The user's expression that is being evaluated, where there is a source.

        Files of the library that may stand in between are named; None where the user's expression
        is another one, which only contains the present call somewhere inside.
        """
        names = names_here(_PLUMBING | frozenset(through))
        return None if names is None else cls.at(here(), names)

    @classmethod
    def at(cls, origin: Origin | None, names: Mapping[str, object] | None = None) -> Written | None:
        """The syntax node whose range is that of an origin."""
        if origin is None or origin.column is None or origin.end_column is None:
            return None
        filename = origin.filename
        try:
            tree = ast.parse("".join(linecache.getlines(filename)))
        except (SyntaxError, ValueError, RecursionError):
            return None
        wanted = (origin.line, origin.column, origin.end_line, origin.end_column)
        found: Node | None = None
        for node in ast.walk(tree):
            if isinstance(node, ast.expr | ast.stmt | ast.arg) and node.lineno == origin.line:
                if _range(filename, node) == wanted and not isinstance(found, ast.expr):
                    found = node
        return None if found is None else cls(filename, tree, found, names or {})

    def on(self, node: Node) -> Written:
        """The same file and names, at another node."""
        return Written(self.filename, self.tree, node, self.names)

    # --- parts ---------------------------------------------------------------------------------

    def text(self, node: Node) -> str:
        """The source text of a part."""
        return self.origin(node).text or ""

    def origin(self, node: Node) -> Origin:
        """Where a part stands."""
        return Origin.at(self.filename, *_range(self.filename, node))

    def edit(self, node: Node, replacement: str) -> Edit:
        """The edit that writes something else over a part."""
        line, column, end_line, end_column = _range(self.filename, node)
        last = None if end_line == line else end_line
        return Edit(self.filename, line, column, end_column, replacement, last)

    def replaced(self, node: Node, part: Node, replacement: str) -> str:
        """The text of a node with another text in place of one part, on one line."""
        inside = self.text(part)
        whole, place = self.origin(node), self.origin(part)
        if whole.line != place.line or whole.column is None or place.column is None:
            return replacement
        start = place.column - whole.column
        text = self.text(node)
        text = text[:start] + replacement + text[start + len(inside) :]
        return " ".join(text.split())

    def before(self, node: ast.stmt, text: str) -> Edit:
        """The edit that puts lines before a statement (before its decorators)."""
        decorators = getattr(node, "decorator_list", [])
        line = min([node.lineno, *(one.lineno for one in decorators)])
        return Edit(self.filename, line, 1, 1, text)

    @property
    def call(self) -> ast.Call | None:
        """The node, if it is a call such as ``op.mean(n)(x)``."""
        return self.node if isinstance(self.node, ast.Call) else None

    @property
    def factory(self) -> ast.Call | None:
        """The call that made the arrow: ``op.mean(n)`` in ``op.mean(n)(x)``, or the node itself."""
        call = self.call
        return call.func if call is not None and isinstance(call.func, ast.Call) else call

    @property
    def operands(self) -> tuple[ast.expr, ast.expr] | None:
        """Both sides of a binary expression, or both arguments of a call with two of them."""
        if isinstance(self.node, ast.BinOp):
            return self.node.left, self.node.right
        call = self.call
        if call is not None and len(call.args) == 2 and not call.keywords:
            if not any(isinstance(one, ast.Starred) for one in call.args):
                return call.args[0], call.args[1]
        return None

    def parent(self, node: Node) -> ast.AST | None:
        """The syntax node around another one."""
        for one in ast.walk(self.tree):
            if any(child is node for child in ast.iter_child_nodes(one)):
                return one
        return None

    # --- names ---------------------------------------------------------------------------------

    @property
    def op(self) -> str | None:
        """What the file calls the module of operations."""
        import categorical.op as module

        return self.name_of(module, "op")

    def name_of(self, value: object, likely: str = "") -> str | None:
        """A name in scope that stands for a value."""
        if likely and self.names.get(likely) is value:
            return likely
        for name, one in self.names.items():
            if one is value and name.isidentifier() and not name.startswith("__"):
                return name
        return None

    def spell(self, thing: IndexSet | Axis | Space) -> str | None:
        """An axis, an index set or an array type in the names in scope, or None."""
        if isinstance(thing, Axis):
            index = self._index(thing.index) or self._through_wire(thing)
            if index is None or not thing.label or ".type.axes[" in index:
                return index
            simple = index.isidentifier()
            return f'{index if simple else f"({index})"}.at("{thing.label}")'
        if isinstance(thing, IndexSet):
            return self._index(thing)
        return self._array(thing) if isinstance(thing, Array) else None

    def _index(self, one: IndexSet) -> str | None:
        named = self.name_of(one, one.name if isinstance(one, _Dim) else "")
        if named is not None:
            return named
        if isinstance(one, Points):
            return str(one.count)
        if isinstance(one, Product | DisjointSum | Quotient):
            parts = [self._index(part) for part in one.parts]
            if any(part is None for part in parts):
                return None
            sign = {Product: " * ", DisjointSum: " + ", Quotient: " // "}[type(one)]
            simple = all(isinstance(part, _Dim | Points) for part in one.parts)
            if not simple and not isinstance(one, DisjointSum):
                parts = [p if str(p).isalnum() else f"({p})" for p in parts]
            return sign.join(map(str, parts))
        return None

    def _through_wire(self, one: Axis) -> str | None:
        """An axis without a name, read off the type of a wire in scope."""
        for name, wire in self.names.items():
            axes = getattr(getattr(wire, "type", None), "axes", ())
            if isinstance(axes, tuple) and one in axes:
                return f"{name}.type.axes[{axes.index(one)}]"
        return None

    def _array(self, one: Array) -> str | None:
        kind: str | None
        if one.kind == "fin":
            assert one.values is not None
            values = self._index(one.values)
            kind = None if values is None else f"{self.name_of(Fin, 'Fin') or 'Fin'}({values})"
        else:
            known: dict[str, Kind] = {"real": Real, "bool": Bool}
            kind = self.name_of(known.get(one.kind), one.kind.capitalize()) or one.kind.capitalize()
        axes = [self.spell(a) for a in one.axes]
        if kind is None or any(a is None for a in axes):
            return None
        return f"{kind}[{', '.join(map(str, axes)) or '()'}]"

    def value(self, node: ast.AST) -> IndexSet | Axis | int | None:
        """The axis, index set or number that an expression means, where that is plain to see."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node.value
        if isinstance(node, ast.Name):
            found = self.names.get(node.id)
            return found if isinstance(found, IndexSet | Axis) or type(found) is int else None
        if isinstance(node, ast.BinOp):
            left, right = self.value(node.left), self.value(node.right)
            if isinstance(left, IndexSet | int) and isinstance(right, IndexSet | int):
                if isinstance(node.op, ast.Mult):
                    return left * right
                if isinstance(node.op, ast.Add):
                    return left + right
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = self.value(node.func.value)
            label = node.args[0] if len(node.args) == 1 else None
            if node.func.attr == "at" and isinstance(base, IndexSet):
                if isinstance(label, ast.Constant) and isinstance(label.value, str):
                    return base.at(label.value)
        return None

    def saying(self, wanted: IndexSet | Axis, inside: Node) -> ast.expr | None:
        """The part of a node that means an axis."""
        for node in ast.walk(inside):
            if isinstance(node, ast.expr):
                found = self.value(node)
                if isinstance(found, int) and found > 0:
                    found = Axis(found).index
                if found is wanted or (
                    isinstance(wanted, Axis) and not wanted.label and found is wanted.index
                ):
                    return node
        return None

    # --- imports -------------------------------------------------------------------------------

    def importing(self, *names: str) -> tuple[Edit, ...]:
        """The edit that imports names of the package ``categorical`` that are not in scope."""
        import categorical

        missing = [n for n in names if self.names.get(n) is not getattr(categorical, n, None)]
        if not missing:
            return ()
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "categorical":
                said = [f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names]
                return (self.edit(node, _import(sorted({*said, *missing}, key=_order))),)
        for node in self.tree.body:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                return (self.before(node, _import(sorted(missing, key=_order)) + "\n"),)
        return ()


def _order(name: str) -> tuple[int, str]:
    """As ruff sorts names: constants, classes, functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def _import(names: Iterable[str]) -> str:
    line = f"from categorical import {', '.join(names)}"
    if len(line) <= 100:
        return line
    return "from categorical import (\n" + "".join(f"    {n},\n" for n in names) + ")"


def _range(filename: str, node: Node) -> tuple[int, int, int, int]:
    """Lines and columns of a node from 1, in characters, the end exclusive."""
    end_line = node.end_lineno or node.lineno
    first, last = linecache.getline(filename, node.lineno), linecache.getline(filename, end_line)
    return (
        node.lineno,
        _characters(first, node.col_offset) + 1,
        end_line,
        _characters(last, node.end_col_offset or 0) + 1,
    )


def _characters(line: str, offset: int) -> int:
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))


def operand(text: str) -> str:
    """A text that can stand on either side of ``>>``: with parentheses where it needs them."""
    node = ast.parse(text, mode="eval").body
    tight = isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
    chain = isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift)
    return text if tight or chain else f"({text})"
