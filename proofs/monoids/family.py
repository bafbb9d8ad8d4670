"""Families of monoids that act on states: elements, product, action, and the proofs of their laws.

Definition.  A monoid M acts on states S (from the right, as time goes) by ``a: S × M → S`` with
``a(a(s, m), m') = a(s, m · m')`` and ``a(s, 1) = s``.  A cell whose step is ``s ↦ a(s, m(x))`` is
then run by products of elements, in any bracketing: a parallel scan.  The families here:

- *diagonal affine maps* (a, b): ``s ↦ a·s + b`` at every entry; of k states at once, a k × k matrix
  at every entry (a complex number is a pair of states);
- *affine maps* (A, b): ``s ↦ A s + b`` along one axis;
- *max-plus* and *min-plus* affine maps (a, b): ``s ↦ max(s + a, b)``;
- *Möbius maps* (a, b, c, d): ``s ↦ (a·s + b) / (c·s + d)``;
- *functions of a finite set*: ``s ↦ f(s)``, which compose.

Laws.  The product is associative and acts: proved here by normal form, for all sizes.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> proofs = laws_of(DIAGONAL, (Real[n],))
>>> [str(one) for one in proofs]
['associative: PROVED, all sizes', 'action: PROVED, all sizes', 'unit: PROVED, all sizes']

A product in the wrong order is no action:

>>> from dataclasses import replace
>>> wrong = replace(MATRIX, multiply=lambda sheet, a, b, t: MATRIX.multiply(sheet, b, a, t))
>>> [str(one) for one in laws_of(wrong, (Real[n],))][1]
'action: not proved (the two sides have different normal forms)'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from categorical import op
from categorical.graph import Graph
from categorical.index import Axis
from categorical.ops.contraction import EINSUM
from categorical.records import Op
from categorical.spaces import Array
from proofs.certificate import Obstruction, Proof
from proofs.equality import prove_equal
from proofs.monoids.exactly import Exactly, agree
from proofs.monoids.sheet import Sheet, Term, Wire

Types = tuple[Array, ...]
Terms = Sequence[Term]


@dataclass(frozen=True)
class Family:
    """One family: the types of an element's parts, the product, the action, and the unit."""

    name: str
    title: str
    parts: Callable[[Types], Types]
    act: Callable[[Sheet, Terms, Terms, Types], list[Term]]
    multiply: Callable[[Sheet, Terms, Terms, Types], list[Term]]
    unit: Callable[[Sheet, Types], list[Term]]

    def __str__(self) -> str:
        return self.title


# --- diagonal affine maps -------------------------------------------------------------------------


def _diagonal_act(sheet: Sheet, states: Terms, element: Terms, types: Types) -> list[Term]:
    k = len(types)
    found = []
    for i in range(k):
        total: Term = 0
        for j in range(k):
            total = sheet.plus(total, sheet.times(element[i * k + j], states[j]))
        found.append(sheet.plus(total, element[k * k + i]))
    return found


def _diagonal_multiply(sheet: Sheet, first: Terms, second: Terms, types: Types) -> list[Term]:
    k = len(types)
    found: list[Term] = []
    for i in range(k):
        for j in range(k):
            total: Term = 0
            for m in range(k):
                total = sheet.plus(total, sheet.times(second[i * k + m], first[m * k + j]))
            found.append(total)
    return [*found, *_diagonal_act(sheet, first[k * k :], second, types)]


DIAGONAL = Family(
    "diagonal",
    "diagonal affine maps",
    lambda types: (*(t for t in types for _ in types), *types),
    _diagonal_act,
    _diagonal_multiply,
    lambda sheet, types: [
        *(int(i == j) for i in range(len(types)) for j in range(len(types))),
        *(0 for _ in types),
    ],
)


# --- affine maps along one axis -------------------------------------------------------------------


def row_of(one: Axis) -> Axis:
    """The axis of the rows of a matrix on ``one``."""
    return Axis(one.index, (one.label + "_row").strip("_"))


def _matrix_parts(types: Types) -> Types:
    (one,) = types
    *rest, n = one.axes
    return (one.with_axes((*rest, row_of(n), n)), one)


def _product(sheet: Sheet, keep: Sequence[Axis], over: Axis, *factors: Wire) -> Wire:
    made = Op(EINSUM, keep=tuple(keep), over=(over,))
    return Wire(sheet.builder.apply(made, tuple(w.at for w in factors))[0])


def _matrix_act(sheet: Sheet, states: Terms, element: Terms, types: Types) -> list[Term]:
    (one,) = types
    *rest, n = one.axes
    matrix = sheet.wire(element[0], _matrix_parts(types)[0])
    moved = _product(sheet, (*rest, row_of(n)), n, matrix, sheet.wire(states[0], one))
    return [sheet.plus(sheet.apply(op.relabel(row_of(n), n), moved), element[1])]


def _matrix_multiply(sheet: Sheet, first: Terms, second: Terms, types: Types) -> list[Term]:
    (one,) = types
    *rest, n = one.axes
    middle = Axis(n.index, (n.label + "_middle").strip("_"))
    square = _matrix_parts(types)[0]
    left = sheet.apply(op.relabel(n, middle), sheet.wire(second[0], square))
    right = sheet.apply(op.relabel(row_of(n), middle), sheet.wire(first[0], square))
    matrix = _product(sheet, (*rest, row_of(n), n), middle, left, right)
    return [matrix, *_matrix_act(sheet, first[1:], second, types)]


def _matrix_unit(sheet: Sheet, types: Types) -> list[Term]:
    *rest, n = types[0].axes
    unit = sheet.apply(op.eye(row_of(n), n))
    return [sheet.apply(op.expand(*rest), unit) if rest else unit, 0]


MATRIX = Family("matrix", "affine maps", _matrix_parts, _matrix_act, _matrix_multiply, _matrix_unit)


# --- max-plus -------------------------------------------------------------------------------------


def _tropical(name: str, title: str, sign: int) -> Family:
    def act(sheet: Sheet, states: Terms, element: Terms, types: Types) -> list[Term]:
        return [sheet.larger(sheet.plus(states[0], element[0]), element[1], sign)]

    def multiply(sheet: Sheet, first: Terms, second: Terms, types: Types) -> list[Term]:
        return [sheet.plus(first[0], second[0]), *act(sheet, first[1:], second, types)]

    return Family(name, title, lambda types: types * 2, act, multiply, lambda sheet, types: [])


MAXPLUS = _tropical("maxplus", "max-plus affine maps", 1)
MINPLUS = _tropical("minplus", "min-plus affine maps", -1)


# --- Möbius maps ----------------------------------------------------------------------------------


def _mobius_act(sheet: Sheet, states: Terms, element: Terms, types: Types) -> list[Term]:
    a, b, c, d = element
    above = sheet.plus(sheet.times(a, states[0]), b)
    below = sheet.plus(sheet.times(c, states[0]), d)
    one = types[0]
    return [sheet.apply(op.div, sheet.wire(above, one), sheet.wire(below, one))]


def _mobius_multiply(sheet: Sheet, first: Terms, second: Terms, types: Types) -> list[Term]:
    a, b, c, d = first
    e, f, g, h = second

    def dot(x: Term, y: Term, z: Term, w: Term) -> Term:
        return sheet.plus(sheet.times(x, y), sheet.times(z, w))

    return [dot(e, a, f, c), dot(e, b, f, d), dot(g, a, h, c), dot(g, b, h, d)]


MOBIUS = Family(
    "mobius",
    "Möbius maps",
    lambda types: types * 4,
    _mobius_act,
    _mobius_multiply,
    lambda sheet, types: [1, 0, 0, 1],
)


# --- functions of a finite set --------------------------------------------------------------------


def origin_of(one: Array) -> Axis:
    """The axis of the states that a transition starts from."""
    assert one.values is not None
    return Axis(one.values, "origin")


def _finite_act(sheet: Sheet, states: Terms, element: Terms, types: Types) -> list[Term]:
    (f,), (s,) = element, states
    assert isinstance(f, Wire) and isinstance(s, Wire)
    return [sheet.apply(op.gather(origin_of(types[0])), f, s)]


FINITE = Family(
    "finite",
    "functions of a finite set",
    lambda types: (types[0].with_axes((*types[0].axes, origin_of(types[0]))),),
    _finite_act,
    lambda sheet, first, second, types: _finite_act(sheet, first, second, types),
    lambda sheet, types: [],
)

FAMILIES = {f.name: f for f in (DIAGONAL, MATRIX, MAXPLUS, MINPLUS, MOBIUS, FINITE)}


# --- laws -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A law of a monoid, and what came of proving it."""

    law: str
    equation: str
    verdict: Proof | Exactly | Obstruction
    sides: tuple[Graph, Graph] = field(repr=False)

    @property
    def grade(self) -> str:
        """PROVED, EXACT, or nothing."""
        if isinstance(self.verdict, Proof):
            return "PROVED"
        return "EXACT" if self.verdict else ""

    def __bool__(self) -> bool:
        return bool(self.verdict)

    def __str__(self) -> str:
        if isinstance(self.verdict, Proof):
            return f"{self.law}: PROVED, {self.verdict.scope}"
        if isinstance(self.verdict, Exactly):
            return f"{self.law}: {self.verdict}"
        return f"{self.law}: not proved ({self.verdict.reason})"


Side = Callable[[Sheet, list[Term], Sequence[list[Term]]], list[Term]]


def equation(
    name: str, text: str, family: Family, types: Types, elements: int, state: bool, *sides: Side
) -> Found:
    """An equation between terms in one state and some elements."""
    graphs = []
    for side in sides:
        sheet = Sheet()
        states = [Wire(sheet.builder.input(t, f"s{i}")) for i, t in enumerate(types) if state]
        given = [
            [Wire(sheet.builder.input(t, f"m{e}_{i}")) for i, t in enumerate(family.parts(types))]
            for e in range(elements)
        ]
        found = side(sheet, list(states), [list(one) for one in given])
        wanted = family.parts(types) if not state else types
        outs = [sheet.wire(x, t).at for x, t in zip(found, wanted, strict=True)]
        graphs.append(sheet.builder.finish(outs))
    left, right = graphs
    return Found(name, text, decided(family, left, right), (left, right))


def decided(family: Family, left: Graph, right: Graph) -> Proof | Exactly | Obstruction:
    """One normal form; of quotients, which have none, agreement in prime fields."""
    found = prove_equal(left, right)
    return found if found or family.name != "mobius" else agree(left, right)


def laws_of(family: Family, types: Types) -> list[Found]:
    """The laws of a family at these states: associativity, action, unit."""

    def times(sheet: Sheet, a: Terms, b: Terms) -> list[Term]:
        return family.multiply(sheet, a, b, types)

    def act(sheet: Sheet, s: Terms, m: Terms) -> list[Term]:
        return family.act(sheet, s, m, types)

    found = [
        equation(
            "associative",
            "(m · m') · m'' = m · (m' · m'')",
            family,
            types,
            3,
            False,
            lambda sheet, s, m: times(sheet, times(sheet, m[0], m[1]), m[2]),
            lambda sheet, s, m: times(sheet, m[0], times(sheet, m[1], m[2])),
        ),
        equation(
            "action",
            "a(a(s, m), m') = a(s, m · m')",
            family,
            types,
            2,
            True,
            lambda sheet, s, m: act(sheet, act(sheet, s, m[0]), m[1]),
            lambda sheet, s, m: act(sheet, s, times(sheet, m[0], m[1])),
        ),
    ]
    if family.unit(Sheet(), types):
        found.append(
            equation(
                "unit",
                "a(s, 1) = s",
                family,
                types,
                0,
                True,
                lambda sheet, s, m: act(sheet, s, family.unit(sheet, types)),
                lambda sheet, s, m: list(s),
            )
        )
    return found
