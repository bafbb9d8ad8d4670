"""Runs: what has one normal form, or is proved by induction, is equal in floats."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from categorical import Dim, Fin, Real, arrow, identity, op
from categorical.graph import Builder
from categorical.recursion import fold, foldr, mealy, moore, scan
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.checking.equal import Reader
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.checking.terms import Table
from proofs.equality import prove_equal
from proofs.induction import prove_by_induction
from proofs.program import program
from tests.proofs.graphs import close, evaluate
from tests.proofs.random_runs import mutants, random_runs

t, s, u = Dim.named("t s u")
one, two, both, row, col = t, Dim("two", size=2), t + 1, t, t.at("key")
LENGTHS = ({"t": 1, "s": 2}, {"t": 2, "s": 3}, {"t": 4, "s": 2})
state = identity(Real[s])


@arrow(inline=True)
def grow(x: Real[s], y: Real[s]) -> Real[s]:
    return x + y


@arrow(inline=True)
def grow_more(x: Real[s], y: Real[s]) -> Real[s]:
    return x + op.tanh(y) + op.scale(0)(x)


@arrow(inline=True)
def smooth(x: Real[s], y: Real[s]) -> Real[s]:
    return op.scale(0.5)(x) + y


@arrow(inline=True)
def smooth_too(x: Real[s], y: Real[s]) -> Real[s]:
    return op.scale(0.5)(x + y + y)


@arrow(inline=True)
def bend(x: Real[s], y: Real[s]) -> Real[s]:
    return op.tanh(x + y)


@arrow(inline=True)
def bend_too(x: Real[s], y: Real[s]) -> Real[s]:
    return op.neg(op.tanh(op.neg(y) - x))


@arrow(inline=True)
def times(x: Real[s], y: Real[s]) -> Real[s]:
    return x * y


@arrow(inline=True)
def logistic(x: Real[s], y: Real[s]) -> Real[s]:
    return x + y * (op.neg(x) + y)


@arrow(inline=True)
def restart(x: Real[s], y: Real[s]) -> Real[s]:
    return op.tanh(y) + op.scale(0)(x)


@arrow(inline=True)
def keep(x: Real[s], y: Real[s]) -> Real[s]:
    return x + op.scale(0)(y)


@arrow(inline=True)
def spread(x: Real[s], y: Real[s]) -> Real[s]:
    return op.expand(s)(op.sum(s)(x)) + y


CELLS = [
    grow,
    grow_more,
    smooth,
    smooth_too,
    bend,
    bend_too,
    times,
    logistic,
    restart,
    keep,
    spread,
]
X = Real[t, s]


def cumulative(row, column):
    @arrow(inline=True)
    def masked(x: Real[t, s]) -> Real[t, s]:
        seen = op.transpose(t, col)(op.indicator(op.causal_mask(row, column)()))
        return op.einsum(t, s)(seen, op.relabel(t, col)(x))

    return masked


def twice(run):
    """Two states, of which the second reads the first."""

    @arrow(inline=True)
    def pair(x: Real[s], z: Real[s], y: Real[s]) -> (Real[s], Real[s], Real[s]):
        return z, x + y, op.tanh(z) * x

    zeros = op.zeros(Real[s]) @ op.zeros(Real[s])
    machine = mealy(pair, over=t, start=zeros, states=2, reverse=run)

    @arrow(inline=True)
    def rows(x: Real[t, s]) -> Real[t, s]:
        first, _, _ = machine(x)
        return first

    return rows


MAPS = [
    op.relabel(t, col).at(X) >> op.relabel(col, t),
    op.tanh.at(X),
    op.neg.at(X),
    op.scale(2).at(X),
    op.flip(t).at(X),
    op.roll(t, 1).at(X),
    (op.mean(t) >> op.expand(t)).at(X),
    (op.take(t, 0) >> op.expand(t)).at(X),
    cumulative(row, col),
    cumulative(col, row),
    twice(False),
    twice(True),
    *(scan(c, over=t, start=0) for c in CELLS),
    *(scan(c, over=t, start=0, reverse=True) for c in CELLS[:8]),
]
ENDS = [
    op.sum(t).at(X),
    op.take(t, 0).at(X),
    op.take(t, -1).at(X),
    *(fold(c, over=t, start=0) for c in CELLS),
    *(foldr(c, over=t, start=0) for c in CELLS[:8]),
    fold(times, over=t, start=1),
    foldr(times, over=t, start=1),
]


def forms(arrows):
    """The normal form of each arrow over one table, as text."""
    table, found = Table(), []
    for one_arrow in arrows:
        read = read_program(program(one_arrow.graph()), check_types)
        reader = Reader(table, "eval")
        found.append(
            repr(
                [
                    sorted(v.items(), key=repr) if isinstance(v, dict) else v
                    for v in reader.run(read, reader.start(read))
                ]
            )
        )
    return found


def numbers(one_arrow, seed):
    """The outputs at several lengths."""
    graph, found = one_arrow.graph(), []
    for sizes in LENGTHS:
        rng = np.random.default_rng(seed)
        values = [
            rng.normal(size=[sizes[x.index.name] if x.index in (t, s) else 1 for x in type_.axes])
            for type_ in graph.dom
        ]
        found.append(evaluate(graph, values, {}, sizes))
    return found


def alike(left, right):
    return all(close(a, b) for x, y in zip(left, right) for a, b in zip(x, y))


def sound(arrows, least):
    """Arrows of one form have one value; ``least`` of them share a form with another."""
    groups: dict[str, list[int]] = {}
    for place, form in enumerate(forms(arrows)):
        groups.setdefault(form, []).append(place)
    for group in groups.values():
        first = numbers(arrows[group[0]], 0)
        for other in group[1:]:
            assert alike(first, numbers(arrows[other], 0)), (arrows[group[0]], arrows[other])
    assert len(arrows) - len(groups) >= least
    return groups


def test_maps_and_folds():
    sound(MAPS, 5)
    sound(ENDS, 5)
    pairs = [first >> last for first, last in itertools.product(MAPS, ENDS)]
    random.Random(0).shuffle(pairs)
    sound(pairs[:300], 40)


def test_maps_after_maps():
    pairs = [first >> second for first, second in itertools.product(MAPS, MAPS)]
    random.Random(1).shuffle(pairs)
    sound(pairs[:200], 20)


def test_different_numbers_have_different_forms_and_few_equalities_are_missed():
    groups = sound(ENDS, 5)
    values = [numbers(ENDS[g[0]], 0) for g in groups.values()]
    equal = sum(alike(a, b) for a, b in itertools.combinations(values, 2))
    assert equal <= 8, equal


# --- runs of known length, along unions, with several states -------------------------------------


def shaped(over):
    """Folds and scans along some axis, at the type ``Real[over, s]``."""
    found = []
    for cell in CELLS:
        for reverse in (False, True):
            found.append((foldr if reverse else fold)(cell, over=over, start=0))
            found.append(scan(cell, over=over, start=0, reverse=reverse) >> op.sum(over))
            found.append(scan(cell, over=over, start=0, reverse=reverse) >> op.take(over, 0))
            found.append(scan(cell, over=over, start=0, reverse=reverse) >> op.take(over, -1))
            found.append(moore(state, cell, over=over, start=0, reverse=reverse) >> _sum(over))
    return found


def _sum(over):
    return op.sum(over).at(Real[over, s]) @ op.sum(s).at(Real[s]) >> _first()


def _first():
    from categorical import discard

    return identity(Real[s]) @ discard(Real[()])


@pytest.mark.parametrize("over", [two, t + 1, 1 + t, t + 2, t], ids=str)
def test_runs_along_an_axis_of_several_forms(over):
    arrows = shaped(over)
    groups: dict[str, list[int]] = {}
    for place, form in enumerate(forms(arrows)):
        groups.setdefault(form, []).append(place)

    def value(one_arrow):
        found = []
        for length in (1, 3):
            sizes = {"t": length, "s": 2}
            count = over.size.evaluate(sizes) if hasattr(over, "size") else over
            x = np.random.default_rng(0).normal(size=(count, 2))
            found.append(evaluate(one_arrow.graph(), [x], {}, sizes))
        return found

    for group in groups.values():
        first = value(arrows[group[0]])
        assert all(alike(first, value(arrows[other])) for other in group[1:])
    assert len(arrows) - len(groups) > 10


# --- lengths --------------------------------------------------------------------------------------


def test_lengths():
    folds = [fold(c, over=t, lengths=True) for c in CELLS]
    folds += [foldr(c, over=t, lengths=True) for c in CELLS]
    found = forms(folds)
    rng = np.random.default_rng(3)
    values = []
    for one_arrow in folds:
        rows = []
        for length in range(5):
            rng = np.random.default_rng(3)
            x, y = rng.normal(size=2), rng.normal(size=(4, 2))
            rows.append(evaluate(one_arrow.graph(), [x, y, np.array(length)], {}, {"t": 4, "s": 2}))
        values.append(rows)
    for i, j in itertools.combinations(range(len(folds)), 2):
        if found[i] == found[j]:
            assert alike(values[i], values[j])
    assert len(set(found)) < len(found)
    assert folds[0].dom[-1] == Fin(t + 1)[()]


# --- induction ------------------------------------------------------------------------------------

HOMS = [op.neg, op.scale(2), op.tanh, op.relu, op.square, op.abs, op.scale(-0.5)]


def test_random_inductions_are_equal_in_floats():
    """``h ∘ fold(a)`` against ``fold(b) ∘ g``: what goes through is equal, at every length."""
    proved, shown = 0, 0
    cells = CELLS[:8]
    cases = [(h, cell, cell, h) for h, cell in itertools.product(HOMS, cells)]
    rng = random.Random(0)
    cases += [tuple(map(rng.choice, (HOMS, cells, cells, HOMS))) for _ in range(150)]
    for h, cell, other, g in cases:
        left = fold(cell, over=t, start=0) >> h
        right = g.at(X) >> fold(other, over=t, start=0)
        proof = prove_by_induction(left.graph(), right.graph())
        same = alike(numbers(left, 1), numbers(right, 1))
        shown += same
        if proof:
            proved += 1
            assert same, (h, cell, other, g)
            assert check(bundle("", [claim("induction", proof)])).ok
    assert 5 < proved <= shown < 40, (proved, shown)


def test_random_inductions_on_two_lists():
    """``fold(xs ++ ys)`` against the folds combined."""
    joins = [op.add, op.mul, op.sub, op.maximum]
    xs, ys = Real[t, s], Real[u, s]
    proved = []
    for cell, join, start in itertools.product(CELLS, joins, (0, 1)):
        left = op.concat(t, u).at(xs, ys) >> fold(cell, over=t + u, start=start)
        right = fold(cell, over=t, start=start) @ fold(cell, over=u, start=start) >> join
        proof = prove_by_induction(left.graph(), right.graph())
        simple = prove_equal(left.graph(), right.graph())
        if not proof and not simple:
            continue
        proved.append((cell.label(), join, start))
        for sizes in ({"t": 1, "u": 2, "s": 2}, {"t": 3, "u": 1, "s": 2}):
            rng = np.random.default_rng(5)
            values = [rng.normal(size=(sizes["t"], 2)), rng.normal(size=(sizes["u"], 2))]
            a, b = (evaluate(one.graph(), values, {}, sizes) for one in (left, right))
            assert alike([a], [b]), (cell, join, start)
    assert ("times", op.mul, 1) in proved and ("grow", op.add, 0) in proved


def test_a_cell_of_another_carrier_is_refused():
    graph = fold(grow, over=t).graph()
    data = program(graph)
    data["nodes"][0]["attrs"]["states"] = 2
    with pytest.raises(Refusal):
        read_program(data, check_types)


# --- random cells, nested -------------------------------------------------------------------------

PLACES = ({"t": 1, "s": 2, "u": 2}, {"t": 3, "s": 2, "u": 2}, {"t": 2, "s": 3, "u": 4})


def outputs(graph):
    found = []
    for sizes in PLACES:
        rng = np.random.default_rng(0)
        values = [rng.normal(size=[sizes[x.index.name] for x in one.axes]) for one in graph.dom]
        found.append(evaluate(graph, values, {}, sizes))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_changed_run_is_equal_only_if_it_is_in_floats(seed):
    """Random runs in one another, with shared inputs and states along the axis itself."""
    graph = random_runs(seed)
    proof = prove_equal(graph, graph)
    assert proof and check(bundle("", [claim("equal", proof)])).ok
    before = outputs(graph)
    if not all(np.isfinite(x).all() for row in before for x in row):
        return
    for other in itertools.islice(mutants(graph, random.Random(seed)), 10):
        same = alike(before, outputs(other))
        assert same or not prove_equal(graph, other)


def beside(*graphs):
    """Graphs on the same inputs, as one."""
    builder = Builder()
    ins = [builder.input(one) for one in graphs[0].dom]
    return builder.finish([w for graph in graphs for w in builder.splice(graph, ins)])


@pytest.mark.parametrize("seed", range(100, 108))
def test_runs_beside_one_another_are_kept_apart(seed):
    """What is known of one run is not taken for another, that stands in the same graph."""
    graph = random_runs(seed)
    before = outputs(graph)
    if not all(np.isfinite(x).all() for row in before for x in row):
        return
    others = list(itertools.islice(mutants(graph, random.Random(seed)), 30))
    random.Random(seed).shuffle(others)
    for other in others[:5]:
        same = alike(before, outputs(other))
        assert same or not prove_equal(beside(graph, other), beside(graph, graph))
        assert same or not prove_equal(beside(other, graph), beside(graph, other))
