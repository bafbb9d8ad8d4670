"""The table of the PyTorch backend: one row a generator, from a box to an expression.

Definition.  A row is a function ``(emit, box, ins) → expression``.  ``ins`` are the Python
expressions of the data inputs, then of the resources, in the order of ``box.resources``.  A row
gives one expression for each data output (a string, or a tuple of strings), and for a stateful box
then one for each new state: ``None`` where the data expression has already written the state in
place (``F.batch_norm``), otherwise an expression, which the emitter copies into the buffer when the
module is in training.

Noise.  The expression of a noise wire *draws* it when it is evaluated (``draw_bernoulli(…)``); use
it at most once.  A row may ignore it and call ``F.dropout(x, p, self.training)``, whose mask is one
draw of ``bernoulli``; validation substitutes both.

Axes.  A wire is a tensor with exactly the axes of its type, in order.  Positions are negative, so
further leading axes change nothing.

A library row also names the module that holds the weights and is called (``nn.Linear``), for
weights that are a box's own, with their default initialisation.

>>> from categorical import Dim, Real
>>> n, c = Dim.named("n c")
>>> Emit.dim(Real[n, c], n)
-2

An axis that the array does not have has no position:

>>> Emit.dim(Real[c], n)
Traceback (most recent call last):
...
ValueError: Real[c] has no axis n
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from categorical.index import Axis, IndexSet, axis
from categorical.records import Box, ResourceSpec
from categorical.sizes import Size
from categorical.spaces import Array

Expressions = str | tuple[str | None, ...]
Row = Callable[["Emit", Box, list[str]], Expressions]
ROWS: dict[str, Row] = {}


class Library(NamedTuple):
    """A torch module that holds the weights of a box: its constructor, and how it is called.

    ``resources`` are the attribute names of the module, one for each resource of the box.
    """

    constructor: str
    call: Callable[[str, list[str]], str]
    resources: tuple[str, ...]


#: Generators that torch broadcasts: an ``expand`` of one operand needs no statement of its own.
BROADCASTING = {
    *("add", "sub", "mul", "div", "maximum", "minimum"),
    *("less", "less_equal", "equal"),
}

LibraryRow = Callable[["Emit", Box], Library | None]
LIBRARY: dict[str, LibraryRow] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """Register the row of one or several generators."""

    def register(function: Row) -> Row:
        for name in names:
            if name in ROWS:
                raise ValueError(f"two rows for the generator {name!r}")
            ROWS[name] = function
        return function

    return register


def library(*names: str) -> Callable[[LibraryRow], LibraryRow]:
    """Register the module that may hold the weights of a generator."""

    def register(function: LibraryRow) -> LibraryRow:
        LIBRARY.update(dict.fromkeys(names, function))
        return function

    return register


class Emit:
    """What a row may ask for while an expression is written; the emitter fills in the rest."""

    training = "self.training"

    # --- positions -------------------------------------------------------------------------------

    @staticmethod
    def dim(array: Array, wanted: Axis | IndexSet) -> int:
        """The negative position of an axis (of the only occurrence of an index set)."""
        place = array.position(axis(wanted))
        if place < 0 and isinstance(wanted, IndexSet):
            found = [i for i, a in enumerate(array.axes) if a.index is wanted]
            place = found[0] if len(found) == 1 else -1
        if place < 0:
            raise ValueError(f"{array} has no axis {wanted}")
        return place - len(array.axes)

    @classmethod
    def dims(cls, array: Array, wanted: Sequence[Axis | IndexSet]) -> str:
        """Positions as torch's ``dim=`` argument: ``-1`` for one axis, ``(-2, -1)`` for several."""
        places = [cls.dim(array, a) for a in wanted]
        return str(places[0]) if len(places) == 1 else f"({', '.join(map(str, places))})"

    # --- sizes -----------------------------------------------------------------------------------

    def size(self, of: Size | Axis | IndexSet | int) -> str:
        """A Python expression for a size: a config value, or a local read from an input's shape."""
        raise NotImplementedError

    def config_size(self, of: Size | Axis | IndexSet | int) -> str:
        """A size as it is written in a constructor: ``config.c``."""
        raise NotImplementedError

    def shape(self, array: Array) -> str:
        """The shape of an array as a tuple: ``(n, self.config.c)``."""
        sizes = [self.size(a) for a in array.axes]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"

    def factory(self, array: Array) -> str:
        """The keywords of a new tensor of this kind, ``dtype=…, device=…``, like those at hand."""
        raise NotImplementedError

    # --- text ------------------------------------------------------------------------------------

    def helper(self, name: str, source: str) -> str:
        """Add a function to the generated file (once); returns its name."""
        raise NotImplementedError

    def buffer(self, name: str, expression: str) -> str:
        """A constant of the module, made once: it moves with the module and is not saved."""
        raise NotImplementedError

    def line(self, expression: str, type: Array | None = None, name: str = "") -> str:
        """Write ``name = expression`` as a statement of its own; returns the name it got."""
        raise NotImplementedError

    def literal(self, value: Any) -> str:
        """A number, a string or a tuple of them as Python source."""
        from backends.pytorch.safety import literal

        return literal(value)

    def uses(self, module: str) -> str:
        """Say that an expression needs ``math`` (torch, nn and F are always there)."""
        raise NotImplementedError

    def variable(self, wanted: str) -> str:
        """A free local name (for loops and comprehensions)."""
        raise NotImplementedError

    # --- rearranging -----------------------------------------------------------------------------

    def permuted(self, expression: str, have: Sequence[Axis], want: Sequence[Axis]) -> str:
        """The expression with its axes in another order."""
        if list(have) == list(want):
            return atom(expression)
        order = [list(have).index(a) for a in want]
        moved = [i for i, place in enumerate(order) if i != place]
        if len(moved) == 2:
            rank = len(order)
            return f"{atom(expression)}.transpose({moved[0] - rank}, {moved[1] - rank})"
        return f"{atom(expression)}.permute({', '.join(map(str, order))})"

    def aligned(self, expression: str, have: Array, want: Array) -> str:
        """An array with some of the axes of ``want``, so that it broadcasts against ``want``.

        Axes are permuted, and unit axes are inserted where ``have`` lacks one that is not in front.
        """
        order = [a for a in want.axes if a in have.axes]
        if len(order) != len(have.axes):
            raise ValueError(f"{have} has an axis that {want} lacks")
        text = self.permuted(expression, have.axes, order)
        if not order:
            return text
        missing = [a not in have.axes for a in want.axes[want.position(order[0]) :]]
        if not any(missing):
            return text
        if missing.count(True) == 1:
            return f"{text}.unsqueeze({missing.index(True) - len(missing)})"
        return f"{text}[{', '.join('None' if gap else ':' for gap in missing)}]"


def atom(expression: str) -> str:
    """The expression in parentheses, unless it may be followed by ``.method()`` as it is."""
    depth = 0
    for place, character in enumerate(expression):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and (character in " +-*/@%&|^~<>=," or (character == "." and not place)):
            return f"({expression})"
    return f"({expression})" if expression[:1].isdigit() else expression


def binary(symbol: str, left: str, right: str) -> str:
    """An infix operation; operands are put in parentheses where they must be."""
    return f"{operand(left)} {symbol} {operand(right)}"


def operand(expression: str) -> str:
    """An operand of an infix operator: a leading minus of a number is fine."""
    try:
        float(expression)
    except ValueError:
        return atom(expression)
    return expression


def power(base: str, exponent: str) -> str:
    """A power, spaced as ``ruff format`` spaces it: operands that are names hug the stars."""
    simple = all(part.isidentifier() for part in base.split(".")) or base.isdigit()
    return f"{base}**{exponent}" if simple else f"{atom(base)} ** {exponent}"


def resource(box: Box, ins: Sequence[str], suffix: str) -> str | None:
    """The expression of the resource with a suffix, or ``None`` where the box has none such."""
    named: Mapping[str, str] = dict(zip([r.suffix for r in box.resources], ins[len(box.dom) :]))
    return named.get(suffix)


def spec(box: Box, suffix: str) -> ResourceSpec:
    """The declaration of the resource with a suffix."""
    return next(r for r in box.resources if r.suffix == suffix)
