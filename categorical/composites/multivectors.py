"""Nonlinearities and norms of multivectors: the parts of a Clifford algebra are scaled apart.

Definition.  A wire ``Real[…, blade, c]`` carries multivectors of ``algebra``, one a channel.  Its
parts are those of one grade (``split="grades"``) or of one quaternion type (``"types"``: grades
equal modulo 4).  With q_m(x) = ⟨x̃ x⟩₀ of the part m and |x|_m = (q_m(x)² + ε)^¼:

- ``part_squares``: the numbers q_m(x), one a part and channel;
- ``part_scale``: every part times a number;
- ``part_gate``: part m times σ(a q_m(x) + b), where the coefficient of the unit enters as x₀ and
  not as its square (Ruhe et al. 2023, arXiv 2305.11141);
- ``part_norm``: part m over σ(a)(|x|_m − 1) + 1 (the same; by types in Filimoshina and Shirokov
  2025, arXiv 2506.09625).

Laws.  All commute with every isometry of the quadratic form, degenerate or not, because q_m does
not change and parts are mapped to themselves.

>>> from categorical import Dim
>>> from categorical.representations import clifford
>>> blade, c, n = Dim("blade", size=8), Dim("c"), Dim("n")
>>> part_norm(clifford(3), blade, c, n)
part_norm: Real[n, blade, c] → Real[n, blade, c]

The axis has one index a blade:

>>> part_gate(clifford(2), blade, c)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM002]: Cl(2, 0, 0) has 4 blades, and `blade` the size 8
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical import op
from categorical.arrows import Arrow, OpArrow
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.index import Axis, IndexSet, axis, points
from categorical.records import ONES, ZEROS
from categorical.representations.clifford import CliffordAlgebra, Split
from categorical.spaces import Array, Real

#: Added to fourth powers of norms, and to denominators.
EPS = 1e-6


def part_axis(algebra: CliffordAlgebra, split: Split = "grades") -> Axis:
    """The axis of the nonempty parts, in increasing order."""
    return Axis(points(len(_parts(algebra, split)[0])), "part")


def _parts(algebra: CliffordAlgebra, split: Split) -> tuple[Any, Any]:
    """The nonempty parts, and the number of the part of each blade."""
    projections = algebra.projections(split)
    of = projections.which[np.argsort(projections.places)]
    return np.unique(of), of


def _blades(algebra: CliffordAlgebra, blade: IndexSet | Axis) -> Axis:
    one = axis(blade)
    if not one.size.is_constant or int(one.size) != algebra.dimension:
        has = f"the size {one.size}" if one.size.is_constant else "no fixed size"
        raise SpecError(
            "CM002",
            f"{algebra} has {algebra.dimension} blades, and `{one}` {has}",
            help=[f'declare it with its size: Dim("{one}", size={algebra.dimension})'],
        )
    return one


@checked
def part_squares(
    algebra: CliffordAlgebra, blade: IndexSet | Axis, split: Split = "grades"
) -> OpArrow:
    """``Real[…, blade] × Real[…, blade] → Real[…, part]``: the form ⟨x̃ y⟩₀ of each part.

    The numbers are 0 on parts where the form vanishes (those of null vectors)."""
    one, part, inner = _blades(algebra, blade), part_axis(algebra, split), algebra.inner
    size, of = algebra.dimension, _parts(algebra, split)[1]
    places = (of[inner.rows] * size + inner.rows) * size + inner.cols
    basis = Basis((int(part.size), size, size), 1, [0] * len(places), places, inner.values)
    return op.hom(basis, ((one,), (one,)), (part,), coefficients=(1,), name="squares")


@checked
def part_scale(
    algebra: CliffordAlgebra, blade: IndexSet | Axis, split: Split = "grades"
) -> OpArrow:
    """``Real[…, part] × Real[…, blade] → Real[…, blade]``: every part times its number."""
    one, part = _blades(algebra, blade), part_axis(algebra, split)
    size, of = algebra.dimension, _parts(algebra, split)[1]
    at = np.arange(size)
    places = (at * int(part.size) + of) * size + at
    basis = Basis((size, int(part.size), size), 1, [0] * size, places, [1] * size)
    return op.hom(basis, ((part,), (one,)), (one,), coefficients=(1,), name="scale_parts")


def _unit(algebra: CliffordAlgebra, blade: Axis, part: Axis) -> OpArrow:
    """``Real[…, blade] → Real[…, part]``: the coefficient of the unit, at the part of the unit."""
    basis = Basis((int(part.size), algebra.dimension), 1, [0], [0], [1])
    return op.hom(basis, ((blade,),), (part,), coefficients=(1,), name="unit")


def _wire(blade: Axis, channel: Axis, rest: tuple[Axis, ...]) -> Array:
    return Real[(*rest, blade, channel)]


@checked
def part_gate(
    algebra: CliffordAlgebra,
    blade: IndexSet | Axis,
    channel: IndexSet | Axis,
    *rest: IndexSet | Axis,
    split: Split = "grades",
) -> Arrow:
    """``Real[rest…, blade, c]`` to itself: part m times σ(a q_m(x) + b); see the module."""
    one, c, others = _blades(algebra, blade), axis(channel), tuple(map(axis, rest))
    part = part_axis(algebra, split)
    numbers = Real[part, c]

    def gated(x: Any) -> Any:
        squares = part_squares(algebra, one, split)(x, _without_unit(algebra, one)(x))
        squares = squares + _unit(algebra, one, part)(x)
        factor = op.parameter(numbers, name="factor", init=ONES)()
        threshold = op.parameter(numbers, name="threshold", init=ZEROS)()
        found = op.contract()(squares, factor) + _on(others, threshold)
        y = part_scale(algebra, one, split)(op.sigmoid(found), x)
        return op.transpose(*others, one, c)(y)

    return typed(_wire(one, c, others), name="part_gate")(gated)


@checked
def part_norm(
    algebra: CliffordAlgebra,
    blade: IndexSet | Axis,
    channel: IndexSet | Axis,
    *rest: IndexSet | Axis,
    split: Split = "grades",
) -> Arrow:
    """``Real[rest…, blade, c]`` to itself: part m over σ(a)(|x|_m − 1) + 1; see the module."""
    one, c, others = _blades(algebra, blade), axis(channel), tuple(map(axis, rest))
    part = part_axis(algebra, split)

    def normalised(x: Any) -> Any:
        squares = part_squares(algebra, one, split)(x, x)
        fourth = op.contract()(squares, squares)
        lengths = op.sqrt(op.sqrt(fourth + op.full_like(EPS**2)(fourth)))
        share = op.sigmoid(op.parameter(Real[part, c], name="share", init=ZEROS)())
        size = op.contract()(lengths - op.full_like(1.0)(lengths), share)
        factor = op.reciprocal(size + op.full_like(1.0 + EPS)(size))
        y = part_scale(algebra, one, split)(factor, x)
        return op.transpose(*others, one, c)(y)

    return typed(_wire(one, c, others), name="part_norm")(normalised)


def _without_unit(algebra: CliffordAlgebra, blade: Axis) -> OpArrow:
    """``Real[…, blade] → Real[…, blade]``: x − x₀."""
    at = np.arange(1, algebra.dimension)
    places = at * (algebra.dimension + 1)
    basis = Basis((algebra.dimension,) * 2, 1, [0] * len(at), places, [1] * len(at))
    return op.hom(basis, ((blade,),), (blade,), coefficients=(1,), name="without_unit")


def _on(rest: tuple[Axis, ...], numbers: Any) -> Any:
    return op.expand(*rest)(numbers) if rest else numbers
