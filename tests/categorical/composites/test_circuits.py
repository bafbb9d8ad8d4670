"""Gates and adders on every input, against Python; each with a broken twin."""

from __future__ import annotations

from itertools import product

import pytest

from categorical import Dim, Real, arrow, op
from categorical.composites import circuits
from categorical.composites.circuits import (
    BIT,
    adder,
    conjunction,
    disjunction,
    exclusive_or,
    full_adder,
    gates,
    half_adder,
    lookup,
    majority,
    monomials,
    multiplexer,
    negation,
    parity,
)
from categorical.derivatives import explicit
from categorical.semantics.booleans import differing, table

TRUTH = {
    "exclusive_or": lambda x, y: (x ^ y,),
    "conjunction": lambda x, y: (x & y,),
    "negation": lambda x: (1 - x,),
    "disjunction": lambda x, y: (x | y,),
    "multiplexer": lambda c, x, y: (x if c else y,),
    "majority": lambda x, y, z: (int(x + y + z >= 2),),
    "half_adder": lambda x, y: ((x + y) % 2, (x + y) // 2),
    "full_adder": lambda x, y, z: ((x + y + z) % 2, (x + y + z) // 2),
}


def rows(function, count):
    return ["".join(map(str, function(*row))) for row in product((0, 1), repeat=count)]


@pytest.mark.parametrize("name", TRUTH)
def test_truth_tables(name: str) -> None:
    gate = getattr(circuits, name)
    assert table(gate) == rows(TRUTH[name], len(gate.dom))


def test_the_tables_are_different() -> None:
    assert len({tuple(table(getattr(circuits, name))) for name in TRUTH}) == len(TRUTH)


def added(x: int, y: int, carry: int, width: int) -> str:
    total = x + y + carry
    return "".join(str(total >> i & 1) for i in range(width + 1))


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_adder_adds(width: int) -> None:
    """All 2^(2w + 1) inputs."""
    n = Dim("n")
    found = table(adder(n), {"n": width})
    wanted = []
    for row in product((0, 1), repeat=2 * width + 1):
        x, y = (sum(b << i for i, b in enumerate(row[k : k + width])) for k in (0, width))
        wanted.append(added(x, y, row[-1], width))
    assert found == wanted


def test_an_adder_without_its_carry_is_noticed() -> None:
    n = Dim("n")

    @arrow
    def broken(x: Real[n], y: Real[n], carry: BIT) -> Real[n] * BIT:
        return x + y, carry

    assert differing(adder(n), broken, {"n": 1}) is not None


@arrow
def de_morgan(x: BIT, y: BIT) -> BIT:
    return negation(conjunction(negation(x), negation(y)))


@arrow
def chosen(c: BIT, x: BIT, y: BIT) -> BIT:
    return disjunction(conjunction(c, x), conjunction(negation(c), y))


@arrow
def two_halves(x: BIT, y: BIT, z: BIT) -> BIT * BIT:
    first, one = half_adder(x, y)
    total, other = half_adder(first, z)
    return total, disjunction(one, other)


@pytest.mark.parametrize(
    ("left", "right", "twin"),
    [
        (de_morgan, disjunction, exclusive_or),
        (chosen, multiplexer, majority),
        (two_halves, full_adder, None),
    ],
    ids=["De Morgan", "multiplexer", "full adder"],
)
def test_circuits_that_are_one_function(left, right, twin) -> None:
    assert differing(left, right) is None
    if twin is not None:
        assert differing(left, twin) is not None


def test_parity_is_a_chain_of_exclusive_ors() -> None:
    pin = Dim("pin", size=5)

    @arrow
    def chain(x: Real[pin]) -> BIT:
        found = op.take(pin, 0)(x)
        for i in range(1, 5):
            found = exclusive_or(found, op.take(pin, i)(x))
        return found

    assert differing(chain, parity(pin)) is None
    assert table(parity(pin)) == [str(sum(r) % 2) for r in product((0, 1), repeat=5)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_lookup_reads_a_row_and_monomials_a_polynomial(count: int) -> None:
    """On every input and every parameter."""
    names = list(product((0, 1), repeat=count))

    def looked(*row):
        return (row[count:][names.index(row[:count])],)

    def powers(*row):
        x, p = row[:count], row[count:]
        below = [k for k, s in enumerate(names) if all(a >= b for a, b in zip(x, s))]
        return (sum(p[k] for k in below) % 2,)

    bits = count + 2**count
    assert table(explicit(lookup(count))) == rows(looked, bits)
    assert table(explicit(monomials(count))) == rows(powers, bits)
    assert rows(looked, bits) != rows(powers, bits)


def test_gates_choose_their_inputs() -> None:
    def two(*row):
        x, counts, first, second = row[:2], row[2:4], row[4:6], row[6:8]
        units = [all(xi or not reads[j] for xi, reads in zip(x, (first, second))) for j in range(2)]
        return (sum(c and u for c, u in zip(counts, units)) % 2,)

    assert table(explicit(gates(2, 2))) == rows(two, 8)


def test_several_bits_of_an_answer() -> None:
    out = Dim("out", size=2)
    assert lookup(3, out).cod == (Real[out],)
    assert len(explicit(lookup(3, out)).dom) == 4
