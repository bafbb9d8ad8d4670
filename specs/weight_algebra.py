"""The algebra of hidden units as equations of arrows, for families of every size.

A family of hidden units is an axis: three of its Fourier coefficients, say those of a at k1, of b
at k2 and of c at k, are three vectors over one index set.  The sum ⊕ of two families is
concatenation, over the sum of the index sets; the product ⊗ takes the products of all pairs, over
the product of the index sets.  The potential Σ a·b·c is a sum over the family: it takes ⊕ to +, ⊗
to · and 1 to 1, for all families, whichever coefficients the three vectors are (equal ones
included).  A sum of two potentials, or a maximum, is no homomorphism.

These are equations of polynomials with whole coefficients, so they hold in every commutative ring:
for complex weights at any frequency as for real ones.

Tian, "Composing global solutions to reasoning tasks via algebraic objects in neural nets", 2024.
"""

from categorical import Dim, Real, architecture, arrow, laws, op

unit, other, third = Dim.named("unit other third")
Units, Others, Thirds = Real[unit], Real[other], Real[third]
ATLAS = "cogo"


def potential(over):
    """Σ a·b·c over a family."""
    return lambda a, b, c: op.sum(*over)(a * b * c)


def two_potentials(over):
    """Σ a·b·c + a·a·c: a sum of two potentials."""
    return lambda a, b, c: op.sum(*over)(a * b * c + a * a * c)


def largest(over):
    """The largest of the products a·b·c."""
    return lambda a, b, c: op.max(*over)(a * b * c)


# --- potentials and ⊕ -----------------------------------------------------------------------------


def of_a_sum(statistic):
    """f(z ⊕ z′)."""

    @arrow
    def added(a: Units, b: Units, c: Units, a2: Others, b2: Others, c2: Others) -> Real.scalar:
        join = op.concat(unit, other)
        return statistic([unit + other])(join(a, a2), join(b, b2), join(c, c2))

    return added


def sum_of_values(statistic):
    """f(z) + f(z′)."""

    @arrow
    def values(a: Units, b: Units, c: Units, a2: Others, b2: Others, c2: Others) -> Real.scalar:
        return statistic([unit])(a, b, c) + statistic([other])(a2, b2, c2)

    return values


def additive(statistic, name, holds=True):
    """Whether f(z ⊕ z′) = f(z) + f(z′)."""
    claim = laws.equal(sum_of_values(statistic), name="f(z ⊕ z′) = f(z) + f(z′)")
    claims = [claim if holds else claim.fails()]
    return architecture(of_a_sum(statistic), name=name, laws=claims, atlas=ATLAS)


potential_of_a_sum = additive(potential, "potential_of_a_sum")
two_potentials_of_a_sum = additive(two_potentials, "two_potentials_of_a_sum")
largest_of_a_sum = additive(largest, "largest_of_a_sum", holds=False)


# --- potentials and ⊗ -----------------------------------------------------------------------------


def of_a_product(statistic):
    """f(z ⊗ z′)."""

    @arrow
    def product(a: Units, b: Units, c: Units, a2: Others, b2: Others, c2: Others) -> Real.scalar:
        pairs = op.einsum(unit, other)
        return statistic([unit, other])(pairs(a, a2), pairs(b, b2), pairs(c, c2))

    return product


def product_of_values(statistic):
    """f(z) · f(z′)."""

    @arrow
    def values(a: Units, b: Units, c: Units, a2: Others, b2: Others, c2: Others) -> Real.scalar:
        return statistic([unit])(a, b, c) * statistic([other])(a2, b2, c2)

    return values


def multiplicative(statistic, name, holds=True):
    """Whether f(z ⊗ z′) = f(z) · f(z′)."""
    claim = laws.equal(product_of_values(statistic), name="f(z ⊗ z′) = f(z) · f(z′)")
    claims = [claim if holds else claim.fails()]
    return architecture(of_a_product(statistic), name=name, laws=claims, atlas=ATLAS)


potential_of_a_product = multiplicative(potential, "potential_of_a_product")
two_potentials_of_a_product = multiplicative(
    two_potentials, "two_potentials_of_a_product", holds=False
)
largest_of_a_product = multiplicative(largest, "largest_of_a_product", holds=False)


# --- 1, and a unit more ---------------------------------------------------------------------------

ONE = op.full(Real[1], 1)


@arrow
def potential_of_one() -> Real.scalar:
    """The potential of one unit with all entries 1."""
    return potential([1])(ONE(), ONE(), ONE())


potential_of_the_unit = architecture(
    potential_of_one,
    name="potential_of_the_unit",
    laws=[
        laws.equal(op.full(Real.scalar, 1), name="f(1) = 1"),
        laws.equal(op.full(Real.scalar, 2), name="f(1) = 2").fails(),
    ],
    atlas=ATLAS,
)


# --- the semiring, entry by entry -----------------------------------------------------------------


@arrow
def distributed(x: Units, y: Others, z: Thirds) -> Real[unit + other, third]:
    """(x ⊕ y) ⊗ z."""
    return op.einsum(unit + other, third)(op.concat(unit, other)(x, y), z)


@arrow
def products_added(x: Units, y: Others, z: Thirds) -> Real[unit + other, third]:
    """x ⊗ z ⊕ y ⊗ z."""
    return op.concat(unit, other)(op.einsum(unit, third)(x, z), op.einsum(other, third)(y, z))


@arrow
def sums_added(x: Units, y: Others, z: Thirds) -> Real[unit + other, third]:
    """x ⊗ z ⊕ 2 y ⊗ z."""
    return op.concat(unit, other)(
        op.einsum(unit, third)(x, z), op.scale(2)(op.einsum(other, third)(y, z))
    )


distributive = architecture(
    distributed,
    name="distributive",
    laws=[
        laws.equal(products_added, name="(x ⊕ y) ⊗ z = x ⊗ z ⊕ y ⊗ z"),
        laws.equal(sums_added, name="(x ⊕ y) ⊗ z = x ⊗ z ⊕ 2 y ⊗ z").fails(),
    ],
    atlas=ATLAS,
)


@arrow
def bracketed(x: Units, y: Others, z: Thirds) -> Real[unit, other, third]:
    """(x ⊗ y) ⊗ z."""
    return op.einsum(unit, other, third)(op.einsum(unit, other)(x, y), z)


@arrow
def bracketed_later(x: Units, y: Others, z: Thirds) -> Real[unit, other, third]:
    """x ⊗ (y ⊗ z)."""
    return op.einsum(unit, other, third)(x, op.einsum(other, third)(y, z))


@arrow
def one_factor_twice(x: Units, y: Others, z: Thirds) -> Real[unit, other, third]:
    """(x ⊗ y) ⊗ z² ."""
    return op.einsum(unit, other, third)(op.einsum(unit, other)(x, y), op.square(z))


associative = architecture(
    bracketed,
    name="associative",
    laws=[
        laws.equal(bracketed_later, name="(x ⊗ y) ⊗ z = x ⊗ (y ⊗ z)"),
        laws.equal(one_factor_twice, name="(x ⊗ y) ⊗ z = (x ⊗ y) ⊗ (z · z)").fails(),
    ],
    atlas=ATLAS,
)


@arrow
def exchanged(x: Units, y: Others) -> Real[unit, other]:
    """y ⊗ x, its units renumbered along the exchange of the index sets."""
    return op.transpose(unit, other)(op.einsum(other, unit)(y, x))


commutative = architecture(
    op.einsum(unit, other).at(Units, Others),
    name="commutative",
    laws=[laws.equal(exchanged, name="x ⊗ y = y ⊗ x, renumbered")],
    atlas=ATLAS,
)
