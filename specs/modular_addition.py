"""Modular addition by a network with one hidden layer of squares: learnt, or composed.

Two elements of Z_n are embedded and added, the hidden units square, and a linear map scores the n
possible sums.  `modular_addition` has weights to learn.  The other networks have exact weights, put
together from partial solutions by the sum ⊕ and the product ⊗ of families of hidden units
(`categorical.hidden_units`), and need no training.

With units of order six such a network is the cyclic convolution of two vectors, up to a constant:
on the basis vectors of a and b it is 2n at a + b, minus 2 everywhere, and shifting an input shifts
the output.  Units of order four do with fewer; they mend what is left of the squares by one unit
that is constant, so they do so on basis vectors only.

Tian, "Composing global solutions to reasoning tasks via algebraic objects in neural nets", 2024.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.exact import Basis, Matrix
from categorical.groups import Acting, cyclic
from categorical.hidden_units import (
    CROSS,
    FLIP,
    SKEW,
    TURN,
    answers,
    compose,
    every_pair,
    network,
    order_four,
    order_six,
)
from categorical.representations import regular

number, unit = Dim.named("number unit")
Number = Fin(number)[()]


# --- learnt ---------------------------------------------------------------------------------------


@arrow
def modular_addition(a: Number, b: Number) -> Real[number]:
    """A score for each number that a + b may be."""
    left = op.embedding(number, unit, name="first")(a)
    right = op.embedding(number, unit, name="second")(b)
    return op.linear(unit, number, bias=False, name="out")(op.square(left + right))


@arrow
def other_way_round(a: Number, b: Number) -> Real[number]:
    """The scores of b + a."""
    return modular_addition(b, a)


EXCHANGED = {
    "modular_addition.first": "second",
    "modular_addition.second": "first",
    "modular_addition.out": "out",
}
learnt = architecture(
    modular_addition,
    name="modular_addition",
    laws=[
        laws.equal(other_way_round, renaming=EXCHANGED, name="b + a, embeddings exchanged"),
        laws.equal(other_way_round, renaming={"modular_addition": ""}, name="b + a").fails(
            "the weights decide"
        ),
        laws.parameters(3 * number * unit),
    ],
    sizes=dict(number=7, unit=13),
)


# --- composed, on vectors -------------------------------------------------------------------------


def dims(weights):
    """Both inputs, the output, and the hidden units."""
    n = weights.modulus
    parts = [Dim(name, size=n) for name in ("first", "second", "total")]
    return *parts, Dim("unit", size=weights.width)


def convolution(first, second, total):
    """2n Σ x[a] y[b] over a + b = c, minus 2 Σ x[a] y[b] over all a and b."""
    table = op.table(Real[first, second, total], answers(int(first.size)))

    @arrow
    def convolved(x: Real[first], y: Real[second]) -> Real[total]:
        return op.einsum(total)(x, y, table())

    return convolved


def shifted(net, shifted_input, first, second, total):
    """g⁻¹ · f(g · x): one input is shifted by 1, and the output is shifted back."""
    n = int(total.size)

    def shift(one, by):
        turn = Basis.of_matrices([Matrix.permutation([(j + by) % n for j in range(n)])])
        return op.hom(turn, ((one,),), (one,), coefficients=(1,))

    moves = [shift(d, 1) if d is shifted_input else op.scale(1) for d in (first, second)]
    there = moves[0].at(Real[first]) @ moves[1].at(Real[second])
    return there >> net >> shift(total, -1)


def on_vectors(weights, name, solved=True):
    """A composed network, and what it is as a map of two vectors."""
    first, second, total, _ = axes = dims(weights)
    net, shift = network(weights, *axes), regular(cyclic(weights.modulus))
    claims = [
        laws.equal(convolution(first, second, total), name="a cyclic convolution"),
        laws.equal(network(weights.exchanged(), *axes), name="b + a"),
        laws.equal(shifted(net, first, first, second, total), name="(a + 1) + b, shifted back"),
        laws.equal(shifted(net, second, first, second, total), name="a + (b + 1), shifted back"),
        laws.equivariant(under=Acting(cyclic(weights.modulus), {first: shift, total: shift})),
        laws.equivariant(under=Acting(cyclic(weights.modulus), {second: shift, total: shift})),
    ]
    claims = claims if solved else [one.fails() for one in claims]
    claims.append(laws.degree(2))
    return architecture(net, name=name, laws=claims, atlas="cogo")


convolution_of_five = on_vectors(order_six(5), "convolution_of_five")
convolution_of_six = on_vectors(order_six(6), "convolution_of_six")
order_four_on_vectors = on_vectors(order_four(5), "order_four_on_vectors", solved=False)


# --- composed, on all pairs of numbers ------------------------------------------------------------


def on_pairs(weights, name, solved=True):
    """The outputs on all pairs at once, and what they must be."""
    first, second, total, _ = axes = dims(weights)
    truth = op.table(Real[first, second, total], answers(weights.modulus))
    claim = laws.equal(truth, name="2n at a + b, minus 2")
    claims = [claim if solved else claim.fails()]
    return architecture(every_pair(weights, *axes), name=name, laws=claims, atlas="cogo")


prime = on_pairs(order_four(7), "sums_modulo_seven")
composite = on_pairs(order_four(9), "sums_modulo_nine")
even = on_pairs(order_six(10), "sums_modulo_ten")
without_a_frequency = on_pairs(
    compose(7, {1: (FLIP, TURN), 2: (FLIP, TURN)}), "without_a_frequency", solved=False
)
without_the_constant = on_pairs(
    compose(7, {k: (CROSS, SKEW) for k in (1, 2, 3)}), "without_the_constant", solved=False
)


# --- the module: two numbers in, scores out -------------------------------------------------------


def adder(weights, name):
    """The composed network behind one-hot vectors."""
    first, second, total, _ = axes = dims(weights)
    net = network(weights, *axes)
    truth = op.table(Real[first, second, total], answers(weights.modulus))

    @arrow
    def added(a: Fin(first)[()], b: Fin(second)[()]) -> Real[total]:
        """2n at a + b, minus 2."""
        return net(op.one_hot(first)(a), op.one_hot(second)(b))

    @arrow
    def looked_up(a: Fin(first)[()], b: Fin(second)[()]) -> Real[total]:
        """The row of the table of all sums."""
        return op.gather(second)(op.gather(first)(truth(), a), b)

    claims = [laws.equal(looked_up, name="the table of all sums")]
    return architecture(added.named(name), name=name, laws=claims, atlas="cogo")


adder_of_twelve = adder(order_four(12), "adder_of_twelve")
