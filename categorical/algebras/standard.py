"""The standard theories: monoids, semilattices, groups, semirings, rings, modules, and models.

Definition.  Each is a value of ``Theory``; ``semilattice`` has no unit (the maximum of real numbers
has none), ``module`` has two sorts, the scalars ``r`` and the vectors ``v``.

>>> commutative_monoid
theory of commutative monoids: mul, one; 4 equations
>>> print(module.equations["sums act"])
act(add(r, s), v) = plus(act(r, v), act(s, v))
>>> from categorical import Dim
>>> [law.name for law in commutative_monoid.laws(*additive(Dim("n")))]
['associative', 'left unit', 'right unit', 'commutative']

The mean is commutative and no monoid: its model lacks the unit.

>>> from categorical import Real, op
>>> commutative_monoid.laws({"mul": op.add >> op.scale(0.5)}, Real[Dim("n")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM049]: a model of `commutative monoids` has no arrow for `one`
...
"""

from __future__ import annotations

from categorical import op
from categorical.algebras.theories import Theory
from categorical.arrows import Arrow, identity, swap
from categorical.index import Axis, IndexSet, axis
from categorical.spaces import Real, Space, product_space

semigroup = Theory(
    "semigroups", {"mul": 2}, {"associative": "mul(mul(x, y), z) = mul(x, mul(y, z))"}
)
commutative_semigroup = semigroup.extended(
    "commutative semigroups", equations={"commutative": "mul(x, y) = mul(y, x)"}
)
semilattice = commutative_semigroup.extended(
    "semilattices", equations={"idempotent": "mul(x, x) = x"}
)
monoid = semigroup.extended(
    "monoids", {"one": 0}, {"left unit": "mul(one, x) = x", "right unit": "mul(x, one) = x"}
)
commutative_monoid = monoid.extended(
    "commutative monoids", equations={"commutative": "mul(x, y) = mul(y, x)"}
)
bounded_semilattice = commutative_monoid.extended(
    "semilattices with a least element", equations={"idempotent": "mul(x, x) = x"}
)
group = monoid.extended(
    "groups",
    {"inv": 1},
    {"left inverse": "mul(inv(x), x) = one", "right inverse": "mul(x, inv(x)) = one"},
)
abelian_group = group.extended("abelian groups", equations={"commutative": "mul(x, y) = mul(y, x)"})
_additive = {"mul": "add", "one": "zero", "inv": "neg"}
_distributive = {
    "left distributive": "mul(x, add(y, z)) = add(mul(x, y), mul(x, z))",
    "right distributive": "mul(add(x, y), z) = add(mul(x, z), mul(y, z))",
}
semiring = (commutative_monoid.renamed("sums", _additive, "additively ") | monoid).extended(
    "semirings",
    equations={
        **_distributive,
        "zero annihilates": "mul(zero, x) = zero",
        "annihilated by zero": "mul(x, zero) = zero",
    },
)
commutative_semiring = semiring.extended(
    "commutative semirings", equations={"commutative": "mul(x, y) = mul(y, x)"}
)
#: Sums, products and distributivity without units: what max with plus, or max with times, can be.
bisemigroup = (
    commutative_semigroup.renamed("sums", _additive, "additively ") | semigroup
).extended("semirings without units", equations=_distributive)
ring = (abelian_group.renamed("sums", _additive, "additively ") | monoid).extended(
    "rings", equations=_distributive
)
module = Theory(
    "modules",
    {
        "add": "r, r -> r",
        "mul": "r, r -> r",
        "one": "-> r",
        "plus": "v, v -> v",
        "act": "r, v -> v",
    },
    {
        "vectors associative": "plus(plus(u, v), w) = plus(u, plus(v, w))",
        "vectors commutative": "plus(u, v) = plus(v, u)",
        "unit acts trivially": "act(one, v) = v",
        "products act": "act(mul(r, s), v) = act(r, act(s, v))",
        "sums act": "act(add(r, s), v) = plus(act(r, v), act(s, v))",
        "acts linearly": "act(r, plus(v, w)) = plus(act(r, v), act(r, w))",
    },
)

Given = tuple[dict[str, Arrow], Space]


def additive(*axes: IndexSet | Axis) -> Given:
    """(R, +, 0) at every index of some axes, as the operations and carrier of a monoid."""
    carrier = Real[axes]
    return {"mul": op.add.at(carrier, carrier), "one": op.zeros(carrier)}, carrier


def multiplicative(*axes: IndexSet | Axis) -> Given:
    """(R, ×, 1) at every index."""
    carrier = Real[axes]
    return {"mul": op.mul.at(carrier, carrier), "one": op.ones(carrier)}, carrier


def largest(*axes: IndexSet | Axis) -> Given:
    """(R, max) at every index: a semilattice; no real number is a unit."""
    carrier = Real[axes]
    return {"mul": op.maximum.at(carrier, carrier)}, carrier


def matrices(n: IndexSet | Axis) -> Given:
    """Square matrices under their product, the identity matrix as unit."""
    row = axis(n)
    column = row.index.at("column")
    carrier = Real[row, column]
    return {"mul": _product(row, column), "one": op.eye(row, column)}, carrier


def _product(row: Axis, column: Axis) -> Arrow:
    """The product of matrices ``Real[n, n.column]``: the middle axis has a label of its own."""
    middle = row.index.at("middle")
    carrier = Real[row, column]
    left = op.relabel(column, middle).at(carrier)
    right = op.relabel(row, middle).at(carrier)
    return (left @ right) >> op.einsum(row, column)


def _applied(row: Axis, column: Axis) -> Arrow:
    """A matrix times a vector."""
    carrier = Real[row, column]
    return (identity(carrier) @ op.relabel(row, column).at(Real[row])) >> op.einsum(row)


def affine(n: IndexSet | Axis) -> Given:
    """Affine maps (A, b), ``s ↦ A s + b``, the first factor applied last: (A A′, A b′ + b)."""
    row = axis(n)
    column = row.index.at("column")
    square, vector = Real[row, column], Real[row]
    carrier = product_space(square, vector)
    return {
        "mul": _affine_product(row, column),
        "one": op.eye(row, column) @ op.zeros(vector),
    }, carrier


def _affine_product(row: Axis, column: Axis) -> Arrow:
    from categorical.arrows import Wiring

    square, vector = Real[row, column], Real[row]
    # A, b, A', b'  →  A, A', A, b', b
    spread = Wiring((square, vector, square, vector), (0, 2, 0, 3, 1), "wires")
    shift = (_applied(row, column) @ identity(vector)) >> op.add
    return spread >> (_product(row, column) @ shift)


def diagonal_affine(*axes: IndexSet | Axis) -> Given:
    """Affine maps with a diagonal matrix, ``s ↦ a·s + b`` at every index: (a a′, a b′ + b)."""
    from categorical.arrows import Wiring

    one = Real[axes]
    spread = Wiring((one, one, one, one), (0, 2, 0, 3, 1), "wires")
    shift = (op.mul.at(one, one) @ identity(one)) >> op.add
    return {
        "mul": spread >> (op.mul.at(one, one) @ shift),
        "one": op.ones(one) @ op.zeros(one),
    }, product_space(one, one)


def scaling(*axes: IndexSet | Axis) -> dict[str, Arrow]:
    """Vectors over the real numbers: the operations of a module (r = Real, v = Real[axes])."""
    number, vector = Real.scalar, Real[axes]
    act = (op.expand(*axes).at(number) @ identity(vector)) >> op.mul
    return {
        "add": op.add.at(number, number),
        "mul": op.mul.at(number, number),
        "one": op.ones(number),
        "plus": op.add.at(vector, vector),
        "act": act,
    }


def opposite(given: Given) -> Given:
    """The same carrier with the factors in the other order."""
    operations, carrier = given
    turned = swap(carrier, carrier) >> operations["mul"]
    return {**operations, "mul": turned}, carrier
