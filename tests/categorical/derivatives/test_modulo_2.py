"""RD.1–RD.5 over Z₂ on every input, records that they refute, and R modulo 2."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, arrow, op
from categorical.composites.circuits import BIT, exclusive_or, full_adder, majority
from categorical.derivatives import explicit, reverse
from categorical.derivatives.calculus import Number
from categorical.derivatives.modulo_2 import equations, refuted
from categorical.derivatives.records import RECORDS
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.booleans import BooleanAlgebra, bits, differing, table
from categorical.semantics.interpreter import run
from tests.categorical.semantics.test_booleans import RING, wholes, words

n, m, v, k = Dim.named("n m v k")
SIZES = {"n": 2, "m": 2, "v": 2, "k": 2}
V, W = Real[n], Real[n, m]


@arrow
def with_neighbour(x: V) -> V:
    """A product whose derivative is not 0, as that of a square is."""
    return x * op.roll(n, 1)(x) + x


@arrow
def sum_of_products(x: V) -> BIT:
    return op.sum(n)(x * op.flip(n)(op.roll(n, 1)(x)))


@arrow
def cube(x: V) -> V:
    return x * x * x + 1


@arrow
def cube_of_bit(x: BIT) -> BIT:
    return x * x * x + x


LAYER = op.linear(n, m, bias=False).at(V)
KERNEL = op.conv(over=n, kernel=3, padding="circular").at(V)

#: f, g : A → B and h : B → C.
TRIPLES = {
    "add, mul": (op.add.at(V, V), op.mul.at(V, V), with_neighbour),
    "sub, add": (op.sub.at(V, V), op.add.at(V, V), cube),
    "scale, square": (op.scale(3).at(V), op.square.at(V), with_neighbour),
    "roll, flip": (op.roll(n, 1).at(V), op.flip(n).at(V), sum_of_products),
    "neighbour, cube": (with_neighbour, cube, with_neighbour),
    "linear": (LAYER, LAYER, op.sum(m).at(Real[m])),
    "einsum": (op.einsum(n).at(W, Real[m]), op.einsum(n).at(W, Real[m]), cube),
    "sum": (op.sum(m).at(W), op.take(m, 1).at(W), with_neighbour),
    "expand": (op.expand(m).at(V), op.expand(m).at(V), op.transpose(n, m).at(Real[m, n])),
    "concat": (op.concat(n, n).at(V, V), op.concat(n, n).at(V, V), op.sum(n + n).at(Real[n + n])),
    "take": (op.take(n, 0).at(V), op.take(n, 1).at(V), cube_of_bit),
    "diagonal": (
        op.diagonal(n, n.at("key")).at(Real[n, n.at("key")]),
        op.sum(n.at("key")).at(Real[n, n.at("key")]),
        with_neighbour,
    ),
    "conv": (KERNEL, KERNEL, with_neighbour),
    "constant": (op.full_like(1).at(V), op.scale(0).at(V), with_neighbour),
    "majority, carry": (majority, majority, op.square.at(BIT)),
}


@pytest.mark.parametrize("name", TRIPLES)
def test_the_axioms_hold_on_every_input(name: str) -> None:
    f, g, h = TRIPLES[name]
    for one in equations(f, g, h):
        assert refuted(one, SIZES) is None, one.name


def test_the_chain_rule_says_something() -> None:
    """The sides are not 0: the composite has a derivative that moves."""
    for name in ("add, mul", "neighbour, cube", "einsum", "conv", "sum"):
        chain = equations(*TRIPLES[name])[-1]
        assert len(set(table(chain.left, SIZES))) > 2


def forgets(calc, node, box, g):
    """What comes back is an input, whatever the cotangent is."""
    return [node.ins[0]] * len(node.ins)


def adds_one(calc, node, box, g):
    return [calc.add(g, Number(1.0))] * len(node.ins)


@pytest.mark.parametrize("wrong", [forgets, adds_one])
@pytest.mark.parametrize("operation", ["mul", "add", "square"])
def test_a_record_that_is_not_additive_is_refuted(operation, wrong, monkeypatch) -> None:
    """Broken twins: what comes back is not additive in the cotangent."""
    monkeypatch.setitem(RECORDS, operation, wrong)
    f = op.square.at(V) if operation == "square" else getattr(op, operation).at(V, V)
    found = {one.name for one in equations(f, f, op.scale(1).at(V)) if refuted(one, SIZES)}
    assert "RD.2" in found


def test_a_lens_that_is_no_derivative_is_refuted_by_the_chain_rule() -> None:
    """The derivative at the wrong place: R[h] at a, not at f(a)."""
    left = reverse(with_neighbour >> with_neighbour)
    back = reverse(with_neighbour)

    @arrow
    def wrong(x: V, g: V) -> V:
        return back(x, back(x, g))

    @arrow
    def right(x: V, g: V) -> V:
        return back(x, back(with_neighbour(x), g))

    assert differing(left, right, {"n": 3}) is None
    assert differing(left, wrong, {"n": 3}) is not None


# --- R is of polynomials, not of functions --------------------------------------------------------


@arrow
def squared(x: BIT) -> BIT:
    return x * x


@arrow
def same(x: BIT) -> BIT:
    return op.scale(1)(x)


def test_one_function_with_two_derivatives() -> None:
    assert differing(squared, same) is None
    assert table(reverse(squared)) == ["0", "0", "0", "0"]
    assert table(reverse(same)) == ["0", "1", "0", "1"]


def test_no_operation_on_functions_obeys_the_axioms() -> None:
    """If R were of functions then RD.5 with x² = x would make R[x²] both 0 and the identity."""
    cubed, doubled = squared >> squared, same >> squared
    assert differing(cubed, doubled) is None
    chain = equations(same, same, squared)[-1]
    assert refuted(chain) is None and table(chain.left) == ["0"] * 4


def test_gates_written_in_two_ways_may_learn_differently() -> None:
    @arrow
    def disjunction_of_squares(x: BIT, y: BIT) -> BIT:
        return x * x + y * y + x * y

    @arrow
    def disjunction(x: BIT, y: BIT) -> BIT:
        return x + y + x * y

    assert differing(disjunction_of_squares, disjunction) is None
    assert differing(reverse(disjunction_of_squares), reverse(disjunction)) is not None


def test_the_adder_sends_cotangents_back() -> None:
    """∂sum = 1 for each input, ∂carry = the exclusive or of the other two."""
    rows = table(reverse(full_adder))
    assert len(rows) == 2**5
    for number, row in enumerate(rows):
        x, y, z, s, c = (number >> i & 1 for i in (4, 3, 2, 1, 0))
        assert row == "".join(str((s + c * (a + b)) % 2) for a, b in ((y, z), (x, z), (x, y)))
    assert table(reverse(exclusive_or)) == ["00", "11"] * 4


# --- R modulo 2 is R of whole numbers, modulo 2 ---------------------------------------------------


@pytest.mark.parametrize("one", RING, ids=repr)
def test_reduction_modulo_2_commutes_with_the_reverse_derivative(one) -> None:
    whole = explicit(one.arrow.retype(one.types), one.sizes)
    graph = reverse(whole).graph()
    if not graph.outputs:
        return
    rng = np.random.default_rng(3)
    context = Context(FloatAlgebra(), one.sizes)
    inputs = [wholes(t, context, rng) for t in graph.dom]
    wanted = run(graph, context, inputs, {}).outputs
    given = [words(x) if x.dtype == np.float64 else x for x in inputs]
    found = run(graph, Context(BooleanAlgebra(), one.sizes), given, {}).outputs
    for want, got in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(bits(got), want % 2)


def test_axioms_of_arrows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SpecError) as caught:
        equations(op.add.at(V, V), op.mul.at(V, V), op.sum(m).at(W))
    assert caught.value.code == "CM001"
