"""Boolean circuits: arrows of ring operations, read in Z₂, with their reverse derivative.

In Z₂ a sum is an exclusive or and a product a conjunction, so every gate is a polynomial, and laws
are decided by trying every input.  Polynomials over Z₂ have a reverse derivative, and circuits with
parameters learn by it: the loss is the exclusive or with the label, the rate is the identity, and a
step adds the gradient, which is also to subtract it (Cruttwell et al. 2021; Wilson and Zanasi
2020).  The derivative is that of the polynomial: x² and x are one function with two derivatives.
"""

import numpy as np

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.circuits import (
    BIT,
    adder,
    full_adder,
    half_adder,
    lookup,
    monomials,
)
from categorical.derivatives import reverse
from categorical.derivatives.modulo_2 import equations
from categorical.learning.boolean import samples, step, trained
from categorical.learning.optimisers import ascent, descent
from categorical.semantics.booleans import LANES, table

digit, pin, answer = Dim("digit", size=3), Dim("pin", size=3), Dim("answer", size=2)
PINS = Real[pin]


def rows(left, right):
    """Two truth tables, row by row."""
    return lambda: (
        (f"row {i}", *pair) for i, pair in enumerate(zip(table(left), right(), strict=True))
    )


def alike(name, left, right, twin):
    """Two circuits are one function in Z₂; the twin is another one."""
    return laws.enumerated(
        name,
        rows(left, lambda: table(right)),
        scope="every input",
        twin=rows(left, lambda: table(twin)),
    )


# --- gates and adders -----------------------------------------------------------------------------


@arrow
def two_half_adders(x: BIT, y: BIT, z: BIT) -> BIT * BIT:
    """The sum of the first sum, and a carry of one of the two."""
    first, one = half_adder(x, y)
    total, other = half_adder(first, z)
    return total, one + other


@arrow
def without_carry(x: BIT, y: BIT, z: BIT) -> BIT * BIT:
    """The broken twin: the second carry is forgotten."""
    first, one = half_adder(x, y)
    return first + z, one


gate = architecture(
    full_adder,
    laws=[alike("equal[two half adders]", full_adder, two_half_adders, without_carry)],
    name="full_adder",
)


def sums(width, carried=True):
    """What the table of an adder says, from whole numbers; or of one that forgets the carry."""
    found = []
    for number in range(2 ** (2 * width + 1)):
        bits = [number >> i & 1 for i in range(2 * width, -1, -1)]
        x, y = (sum(b << i for i, b in enumerate(bits[k : k + width])) for k in (0, width))
        total = x + y + (bits[-1] if carried else 0)
        found.append("".join(str(total >> i & 1) for i in range(width + 1)))
    return found


carries = adder(digit)
ripple = architecture(
    carries,
    laws=[
        laws.enumerated(
            "it adds",
            rows(carries, lambda: sums(3)),
            scope="all numbers of 3 digits, with a carry",
            twin=rows(carries, lambda: sums(3, carried=False)),
        )
    ],
    name="ripple_adder",
)


# --- the derivative is of polynomials -------------------------------------------------------------


@arrow
def squared(x: BIT) -> BIT:
    """x², which is x at 0 and at 1."""
    return x * x


@arrow
def same(x: BIT) -> BIT:
    """x."""
    return op.scale(1)(x)


caveat = architecture(
    squared,
    laws=[
        alike("x² = x", squared, same, op.scale(0).at(BIT)),
        laws.enumerated(
            "R[x²] = 0 and R[x] = 1",
            lambda: (
                ("x²", table(reverse(squared)), ["0"] * 4),
                ("x", table(reverse(same)), ["0", "1"] * 2),
            ),
            scope="every input",
            twin=lambda: (("of functions", table(reverse(squared)), table(reverse(same))),),
        ),
        laws.equal(same, name="x² = x among real numbers").fails("a law of Z₂"),
    ],
    name="square_of_a_bit",
)


# --- the axioms of a reverse derivative -----------------------------------------------------------


@arrow
def neighbours(x: PINS) -> PINS:
    """A product that does not vanish under the derivative, as squares do here."""
    return x * op.roll(pin, 1)(x) + x


@arrow
def moved(x: PINS) -> PINS:
    return op.roll(pin, 1)(x) + 1


back = reverse(neighbours)


@arrow
def at_the_wrong_place(x: PINS, g: PINS) -> PINS:
    """A chain rule whose second derivative is taken at x."""
    return back(x, back(x, g))


def axioms():
    for one in equations(neighbours, moved, neighbours):
        yield one.name, table(one.left), table(one.right)


derivative = architecture(
    neighbours,
    laws=[
        laws.enumerated(
            "RD.1–RD.5",
            axioms,
            scope="every input, of three bits",
            twin=lambda: (
                ("RD.5", table(reverse(neighbours >> neighbours)), table(at_the_wrong_place)),
            ),
        )
    ],
    name="reverse_derivative_of_a_circuit",
)


# --- learning -------------------------------------------------------------------------------------


def sum_and_carry(x, y, z):
    return (x + y + z) % 2, (x + y + z) // 2


def unit_starts(shape):
    """64 starts: 0, and one for each parameter that is 1 alone."""
    count = int(np.prod(shape))
    return np.array([1 << place for place in range(count)], dtype=np.uint64).reshape(shape)


def learned():
    """From each of these starts one epoch ends at the adder, so from all: the step of a model that
    is linear in its parameters is affine in them."""
    data = samples(sum_and_carry, 3)
    _, right = trained(learner, data, [unit_starts((2, 2, 2, 2))], 1)
    for lane in range(LANES):
        yield f"start {lane}", int(right[1]) >> lane & 1, 1


def by_polynomials():
    """The same from coefficients of polynomials, whose gradients may cancel."""
    _, right = trained(monomials(3, answer), samples(sum_and_carry, 3), [unit_starts((2,) * 4)], 8)
    for lane in range(LANES):
        yield f"start {lane}", int(right[-1]) >> lane & 1, 1


learner = lookup(3, answer)
model = architecture(
    learner,
    laws=[
        alike(
            "ascent is descent",
            step(lookup(2), ascent(1.0)),
            step(lookup(2), descent(1.0)),
            step(lookup(2), ascent(2.0)),
        ),
        laws.enumerated(
            "a full adder is learned in one epoch",
            learned,
            scope="an affine basis of the starts",
            twin=by_polynomials,
        ),
        laws.parameters(2 * 2**3),
    ],
    name="lookup_that_learns_to_add",
)
