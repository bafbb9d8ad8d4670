"""Equations of runs that were once proved and are false: none may be, and their true twins are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.graph import Builder, OperatorBox
from categorical.index import axis
from categorical.records import Context
from categorical.recursion import fold, mealy
from categorical.recursion.machine import SCAN
from categorical.semantics.floats import FloatAlgebra
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.counts import parameter_count, prove_count
from proofs.equality import prove_equal
from proofs.induction import prove_by_induction
from proofs.monoids.exactly import agree
from tests.proofs.graphs import close, evaluate, inputs, resources

t, s, u, b = Dim.named("t s u b")
one, turned, two = Dim("one", size=1), s.at("turned"), b.at("two")
PLACES = ({"t": 1, "s": 2, "u": 2, "b": 2}, {"t": 3, "s": 3, "u": 2, "b": 3})


def graph_of(side):
    return side.graph() if hasattr(side, "graph") else side


def accepted(proof):
    return bool(proof) and check(bundle("", [claim("law", proof)])).ok


def alike(left, right):
    """Whether two sides agree in floats."""
    for sizes in PLACES:
        rng = np.random.default_rng(0)
        given = inputs(left, rng, sizes)
        weights = resources(left, rng, sizes)
        found = [evaluate(side, given, weights, sizes) for side in (left, right)]
        if not all(close(x, y) for x, y in zip(*found, strict=True)):
            return False
    return True


def judged(left, right, via=None):
    """Whether an equation is proved, and whether it holds in floats."""
    left, right = graph_of(left), graph_of(right)
    proof = prove_equal(left, right)
    if not proof and via is not None:
        proof = prove_by_induction(left, right, vias=((graph_of(via), {}),))
    return accepted(proof), alike(left, right)


# --- the first state ------------------------------------------------------------------------------


@arrow(inline=True)
def shows(x: Real[s], y: Real[s]) -> Real[s] * Real[s]:
    return x, op.tanh(x + y)


@pytest.mark.parametrize("over", [t * u, t * one], ids=str)
def test_the_first_part_of_a_place_is_not_the_first_place(over):
    """Along a product, a place has several parts: that the last one is the first says little."""
    machine, inner = mealy(shows, over=over, states=1), over.factors[1]

    @arrow
    def first(x: Real[s], y: Real[over, s]) -> Real[t, s]:
        shown, _ = machine(x, y)
        return op.take(inner, 0)(op.split(over, t, inner)(shown))

    @arrow
    def start(x: Real[s], y: Real[over, s]) -> Real[t, s]:
        return op.expand(t)(x + op.scale(0)(op.mean(over)(y)))

    assert judged(first, start) == (False, False)


def test_the_first_state_is_the_start():
    machine = mealy(shows, over=t, states=1)

    @arrow
    def first(x: Real[s], y: Real[t, s]) -> Real[s]:
        shown, _ = machine(x, y)
        return op.take(t, 0)(shown)

    @arrow
    def start(x: Real[s], y: Real[t, s]) -> Real[s]:
        return x + op.scale(0)(op.mean(t)(y))

    assert judged(first, start) == (True, True)


# --- padding --------------------------------------------------------------------------------------


@arrow(inline=True)
def straight(x: Real[b, two], y: Real[b, two]) -> Real[b, two]:
    return op.tanh(x + y)


def exchanged(x):
    """An array with the names of its two axes exchanged."""
    spare = b.at("spare")
    return op.relabel(spare, two)(op.relabel(two, b)(op.relabel(b, spare)(x)))


@arrow(inline=True)
def crossed(x: Real[b, two], y: Real[b, two]) -> Real[b, two]:
    return op.tanh(x + op.transpose(b, two)(exchanged(y)))


@arrow
def masked(y: Real[t, b, two], length: Fin(t + 1)[b]) -> Real[t, b, two]:
    places, _ = op.unconcat(t, 1)(op.positions(t + 1)())
    rows = op.transpose(t, b)(op.expand(b)(places))
    within: Bool[t, b] = op.less(rows, op.transpose(t, b)(op.expand(t)(length)))
    return op.where(within, y, op.full_like(0.0)(y))


def ragged(cell, blank):
    """A run with a length for each row of a matrix, what is past it blanked or not."""
    builder = Builder()
    given = [builder.input(one) for one in (Real[b, two], Real[t, b, two], Fin(t + 1)[b])]
    state, rows, length = given
    if blank:
        (rows,) = builder.splice(masked.graph(), [rows, length])
    attrs = {
        "over": axis(t), "times": t, "states": 1, "shared": 0,
        "reverse": False, "weights": "tied", "ragged": True,
    }  # fmt: skip
    dom = tuple(builder.graph.types[w] for w in given)
    box = OperatorBox(SCAN, (cell.graph(),), dom, dom[:1], attrs)
    return builder.finish(list(builder.operate(box, (state, rows, length), "cell")))


def test_padding_of_another_row_is_read():
    """A cell that exchanges two axes over one dim reads, in one row, the entries of another."""
    assert judged(ragged(crossed, True), ragged(crossed, False)) == (False, False)


# --- what is known of a run, at the axes of another -----------------------------------------------

A, B = Real[s, turned], Real[turned, s]


def renamed(x):
    """The same values, with the names of two axes exchanged."""
    spare = s.at("spare")
    return op.relabel(spare, turned)(op.relabel(turned, s)(op.relabel(s, spare)(x)))


def transposed(x):
    return op.transpose(s, turned)(renamed(x))


@arrow(inline=True)
def grows(x: A, y: A) -> A:
    return op.scale(0.5)(x) * x + y


@arrow(inline=True)
def grows_too(x: B, y: B) -> B:
    return op.scale(0.5)(x) * x + y


@arrow(inline=True)
def shrinks(x: A, y: A) -> A:
    return op.neg(op.scale(0.5)(x) * x) + y


@arrow(inline=True)
def adds(x: A, y: A) -> A:
    return x + y


@arrow(inline=True)
def adds_too(x: B, y: B) -> B:
    return x + y


@arrow(inline=True)
def in_turn(x: A, z: A, y: A) -> A * A:
    return z + y, x + y


@arrow
def copies(x: A) -> A * A:
    return x, x


@pytest.mark.parametrize("true", [True, False])
def test_a_lemma_about_a_run_is_not_read_at_the_axes_of_another(true):
    run, same, other = (fold(c, over=t, start=0) for c in (grows, grows_too, shrinks))

    @arrow
    def left(x: Real[t, s, turned]) -> A * A:
        return run(x), op.transpose(s, turned)(same(renamed(x)))

    @arrow
    def right(x: Real[t, s, turned]) -> A * A:
        found = op.neg(other(op.neg(x)))
        return found, transposed(found) if true else found

    assert judged(left, right, op.neg.at(A)) == (true, true)


@pytest.mark.parametrize("true", [True, False])
def test_a_sum_is_not_read_at_the_axes_of_another(true):
    run, same = fold(adds, over=t, start=0), fold(adds_too, over=t, start=0)
    pair = fold(in_turn, over=t, start=op.zeros(A) @ op.zeros(A))

    @arrow
    def left(x: Real[t, s, turned]) -> A * A * A:
        return run(x), op.transpose(s, turned)(same(renamed(x))), op.sum(t)(x)

    @arrow
    def right(x: Real[t, s, turned]) -> A * A * A:
        total, (found, _) = op.sum(t)(x), pair(x)
        return total, transposed(total), found if true else transposed(found)

    assert judged(left, right, copies) == (true, true)


# --- errors of exact agreement --------------------------------------------------------------------


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("times, least, most", [(0, 45, 60), (8, 25, 45), (20, 5, 22)])
def test_the_error_counts_the_degree_of_powers(times, least, most, inside):
    """A power has its degree, on its own or in what an oracle is asked at."""

    def power(x):
        for _ in range(times):
            x = op.square(x)
        return op.tanh(x) if inside else x

    @arrow
    def left(x: Real[s], y: Real[s]) -> Real[s]:
        return (power(x) + y) / y

    @arrow
    def right(x: Real[s], y: Real[s]) -> Real[s]:
        return power(x) / y + y / y

    assert least <= agree(left.graph(), right.graph()).bits <= most


def test_a_degree_above_the_primes_is_refused():
    @arrow
    def left(x: Real[s], y: Real[s]) -> Real[s]:
        for _ in range(32):
            x = op.square(x)
        return (x + y) / y

    assert "too high" in agree(left.graph(), left.graph()).reason


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("same", [True, False])
def test_two_cells_of_one_name_have_the_weights_of_both(same):
    """Weights are counted by their paths, not once for each name of a run."""
    back = op.linear(s, s, name="back") @ op.scale(1).at(Real[s])
    both = op.linear(s, s, name="back") @ op.linear(s, s, bias=False, name="read")
    builder = Builder()
    given = [builder.input(one) for one in (Real[s], Real[t, s])]
    attrs = {
        "over": axis(t), "times": t, "states": 1, "shared": 0,
        "reverse": False, "weights": "tied", "ragged": False,
    }  # fmt: skip
    outs: list[int] = []
    for cell in (back, back if same else both):
        region = (cell >> op.add >> op.tanh).graph()
        box = OperatorBox(SCAN, (region,), (Real[s], Real[t, s]), (Real[s],), attrs)
        outs += builder.operate(box, tuple(given), "cell")
    graph = builder.finish(outs)
    sizes = {"s": 3, "t": 2}
    context = Context(FloatAlgebra(), sizes)
    arrays = graph.resources(sizes).values()
    found = parameter_count(graph)
    assert found.evaluate(sizes) == sum(int(np.prod(context.shape(r.space))) for r in arrays)
    assert accepted(prove_count(graph, found))
    once = s.size * s.size + s.size
    assert accepted(prove_count(graph, once)) == same
    certified = prove_count(graph, found)
    forged = replace(certified, data={**certified.data, "count": str(once)})
    assert check(bundle("", [claim("law", forged)])).ok == same


# --- pieces of a union ----------------------------------------------------------------------------


@pytest.mark.parametrize("whole, pieces", [(t + 3 + u, (t, 1, 2, u)), (3 + u, (1, 2, u))], ids=str)
def test_points_cut_in_two_are_not_the_next_term(whole, pieces):
    """Of t + 3 + u, cut into t, 1, 2 and u, the third piece is no part of u."""

    def piece(number, cut, space=Real[whole, s]):
        @arrow
        def side(x: space) -> Real[s]:
            found = op.unconcat(*cut)(x)[number]
            return op.take(found.type.axes[0], 0)(found)

        return side

    few = tuple(p for p in pieces if p not in (1, 2))
    few = (*few[:-1], 3, few[-1])
    assert judged(piece(-2, pieces), piece(-1, few)) == (False, False)
    assert judged(piece(-1, pieces), piece(-1, few)) == (True, True)


def test_pieces_of_joined_sequences():
    @arrow
    def third(x: Real[t, s], y: Real[3, s], z: Real[u, s]) -> Real[u, s]:
        *_, last = op.unconcat(t, 1, 2, u)(op.concat(t, 3, u)(x, y, z))
        return last + op.scale(0)(op.expand(u)(op.mean(t)(x) + op.mean(3)(y)))

    @arrow
    def given(x: Real[t, s], y: Real[3, s], z: Real[u, s]) -> Real[u, s]:
        return z + op.scale(0)(op.expand(u)(op.mean(t)(x) + op.mean(3)(y)))

    assert judged(third, given) == (True, True)
