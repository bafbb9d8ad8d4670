"""Runs and folds of forests in the provers: each claim holds in floats, and has a twin refused."""

from __future__ import annotations

import copy
import itertools
import json

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, identity, op, stack
from categorical.groups import cyclic, dihedral
from categorical.groups.actions import Acting
from categorical.index import axis
from categorical.records import Context
from categorical.recursion import fold, mealy, moore, rose_fold, scan, tree_fold, unfold
from categorical.recursion.tree_laws import again
from categorical.semantics.floats import FloatAlgebra
from proofs.causality import prove_causal
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check, digest
from proofs.counts import prove_count
from proofs.equality import prove_equal
from proofs.equivariance import prove_equivariant
from proofs.intervals import bounds, prove_bounded
from proofs.linearity import prove_degree, prove_linear
from proofs.naturality import prove_natural, prove_parity
from synthesis.runner import draw_inputs
from tests.proofs.graphs import evaluate

t, a, s, b, n, node, child, k = Dim.named("t a s b n node child k")
read = op.linear(a, s, name="read")
cell = (op.linear(s, s, name="back") @ read) >> op.add >> op.tanh
straight = (op.linear(s, s, bias=False) @ op.linear(a, s, bias=False)) >> op.add
add = op.add.at(Real[s], Real[s])
SIZES = {"t": 4, "a": 3, "s": 2, "b": 3, "n": 3}


def accepted(found):
    """The claim, once the checker has accepted it; the reason of an obstruction."""
    if not found:
        return None
    report = check(bundle("", [claim("law", found)]))
    assert report.ok, report.errors
    return report.claims[0].removeprefix("law: ")


def evaluated(graph, values, sizes):
    rng = np.random.default_rng(1)
    weights = {
        path: rng.normal(size=[x.size.evaluate(sizes) for x in r.space.axes])
        for path, r in graph.resources(sizes).items()
    }
    return evaluate(graph, values, weights, sizes)


# --- causality ------------------------------------------------------------------------------------


@arrow
def counted(x: Real[s], y: Real[a]) -> Real[s]:
    return op.scale_root(t)(op.tanh(x)) + read(y)


@arrow
def looks_around(x: Real[s], y: Real[s], w: Real[t, s]) -> (Real[s], Real[s]):
    new = x + y * op.mean(t)(w)
    return new, new


@arrow
def writes_along(m: Real[t, s], y: Real[s]) -> (Real[s], Real[t, s]):
    return op.mean(t)(m), op.tanh(m) + op.expand(t)(y)


CAUSAL = {
    "scan": (scan(cell, over=t, start=0), True),
    "moore": (moore(op.linear(s, k), cell, over=t), False),  # the last state reads everything
    "outputs of a scan, mapped": (scan(cell, over=t, start=0) >> op.relu, True),
    "a scan of a scan": (scan(add, over=t, start=0).at(Real[t, s]) >> scan(add, over=t, start=0),
                         True),
    "reversed": (scan(cell, over=t, start=0, reverse=True), False),
    "the fold": (fold(cell, over=t, start=0), False),
    "another axis": (scan(fold(add, over=n), over=t, start=0), True),
    "a cell that knows the length": (scan(counted, over=t, start=0), False),
    "a cell that reads all": (mealy(looks_around, over=t, shared=1), False),
    "a state with the axis": (mealy(writes_along, over=t), False),
    "lengths": (scan(cell, over=t, start=0, lengths=True), False),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSAL)
def test_causality(name):
    one, holds = CAUSAL[name]
    said = accepted(prove_causal(one.graph(), t))
    assert (said == "causal along t in eval mode, all sizes") == holds


@pytest.mark.parametrize("name", [k for k, (_, holds) in CAUSAL.items() if holds])
def test_what_is_causal_is_so_in_floats(name):
    graph = CAUSAL[name][0].graph()
    rng = np.random.default_rng(0)
    axes = graph.dom[0].axes
    x = rng.normal(size=[SIZES[i.index.name] for i in axes])
    place = [i.index.name for i in axes].index("t")
    (whole,) = evaluated(graph, [x], SIZES)
    (prefix,) = evaluated(graph, [x.take(range(2), axis=place)], {**SIZES, "t": 2})
    out = [i.index.name for i in graph.cod[0].axes].index("t")
    assert np.allclose(whole.take(range(2), axis=out), prefix)


# --- bounds ---------------------------------------------------------------------------------------


@arrow
def gated(x: Real[s], y: Real[s]) -> Real[s]:
    g = op.sigmoid(y)
    return g * x + (op.full_like(1)(g) - g) * op.tanh(y)


def test_bounds_are_those_that_no_step_leaves():
    assert bounds(fold(gated, over=t, start=0).graph()) == [(-1.0, 1.0, True, True)]
    assert bounds(fold(gated, over=t, start=3).graph()) == [(-1.0, 3.0, True, False)]
    assert bounds(fold(add, over=t, start=0).graph()) == [(-np.inf, np.inf, False, False)]
    shown = scan(gated, over=t, start=0).graph()
    assert accepted(prove_bounded(shown, -1, 1, strict=True))
    high = arrow(up)
    assert bounds(scan(high, over=t, start=1).graph())[0][:2] == (1.0, 2.0)
    ragged = scan(high, over=t, start=1, lengths=True).graph()
    assert bounds(ragged)[0][:2] == (0.0, 2.0)  # entries past a length are 0
    assert not prove_bounded(ragged, 1, 2)
    assert bounds(fold(high, over=t, start=1, lengths=True).graph())[0][:2] == (1.0, 2.0)


def up(x: Real[s], y: Real[s]) -> Real[s]:
    return op.full_like(1)(x) + op.sigmoid(y)


# --- degrees and signs ----------------------------------------------------------------------------


def test_linearity_and_degrees():
    run = fold(straight, over=t)
    assert accepted(prove_linear(run.graph())) and not prove_linear(run.graph(), [0])
    assert accepted(prove_linear(fold(straight, over=t, start=0).graph()))
    assert not prove_linear(fold(cell, over=t, start=0).graph())
    assert not prove_linear(fold(straight, over=t, start=1).graph())
    product = fold(op.mul.at(Real[s], Real[s]), over=t).graph()
    assert accepted(prove_linear(product, [0])) and not prove_linear(product, [1])
    assert not prove_degree(product, 5)  # one more for each entry
    lengths = fold(straight, over=t, lengths=True).graph()
    assert accepted(prove_linear(lengths, [0, 1]))
    rows = unfold(arrow(doubled), over=t).graph()
    assert accepted(prove_linear(rows))


def doubled(x: Real[s]) -> (Real[s], Real[s]):
    return op.scale(2)(x), op.neg(x)


def test_signs():
    odd = arrow(odd_step)
    assert accepted(prove_parity(fold(odd, over=t, start=0).graph(), s))
    assert not prove_parity(fold(odd, over=t, start=1).graph(), s)
    assert accepted(prove_parity(scan(odd, over=t, start=0, lengths=True).graph(), s))
    assert not prove_parity(fold(arrow(even_step), over=t, start=0).graph(), s)


def odd_step(x: Real[s], y: Real[s]) -> Real[s]:
    return op.tanh(x + y)


def even_step(x: Real[s], y: Real[s]) -> Real[s]:
    return op.tanh(x + op.square(y))


# --- naturality -----------------------------------------------------------------------------------


@arrow
def pooled(x: Real[n], y: Real[n]) -> Real[n]:
    return op.tanh(x + y) + op.expand(n)(op.mean(n)(y))


@arrow
def named(x: Fin(n), y: Fin(n)) -> (Fin(n), Fin(n)):
    return x, y


def test_naturality():
    assert accepted(prove_natural(fold(pooled, over=t).graph(), [n]))
    assert not prove_natural(fold(pooled, over=t).graph(), [t])
    assert not prove_natural(fold(pooled, over=t).graph(), [n], "linear")
    assert accepted(prove_natural(fold(add, over=t).graph(), [s], "linear"))
    many = stack(fold(cell, over=t, lengths=True), b).graph()
    assert accepted(prove_natural(many, [b])) and not prove_natural(many, [b], "linear")
    assert accepted(prove_natural(mealy(named, over=t).graph(), [n]))
    ragged = mealy(named, over=t, lengths=True).graph()
    assert not prove_natural(ragged, [n])  # past a length there is the index 0
    assert accepted(prove_natural(fold(arrow(second), over=t, lengths=True).graph(), [n]))


def second(x: Fin(n), y: Fin(n)) -> Fin(n):
    return y


def test_counts():
    whole = 2 * s.size + s.size * s.size + a.size * s.size
    assert accepted(prove_count(fold(cell, over=t).graph(), whole))
    assert not prove_count(fold(cell, over=t, weights="untied").graph(), whole)
    assert accepted(prove_count(fold(cell, over=t, weights="untied").graph(), t.size * whole))


# --- folds of forests -----------------------------------------------------------------------------


@arrow(inline=True)
def leaf(x: Real[a]) -> Real[s]:
    return op.linear(a, s, name="leaf")(x)


@arrow
def inner(x: Real[a], below: Real[child, s]) -> Real[s]:
    return op.tanh(
        op.linear(a, s, name="own")(x) + op.linear(s, s, name="down")(op.sum(child)(below))
    )


tree = tree_fold(leaf, inner, over=node, arity=child)


def test_folds_of_forests():
    graph = tree.graph()
    assert "on forests" in accepted(prove_natural(graph, [node]))
    assert accepted(prove_natural(graph, [child])) and not prove_natural(graph, [a])
    assert accepted(prove_count(graph, 2 * a.size * s.size + s.size * s.size + 3 * s.size))
    assert not prove_causal(graph, node) and not prove_linear(graph, [0])
    assert not prove_bounded(graph, -1, 1)
    assert accepted(prove_equal(graph, graph))

    @arrow(inline=True)
    def first_child(x: Real[a], below: Real[child, s]) -> Real[s]:
        return op.tanh(
            op.linear(a, s, name="own")(x) + op.linear(s, s, name="down")(op.take(child, 0)(below))
        )

    other = tree_fold(leaf, first_child, over=node, arity=child).graph()
    assert not prove_natural(other, [child])
    assert not prove_equal(graph, other)


def test_labels_may_be_mapped_before_or_inside():
    embed = op.linear(k, a, name="embed")

    @arrow
    def before(x: Real[node, k], c: Fin(node)[node, child], p: Bool[node, child]) -> Real[node, s]:
        return tree(embed(x), c, p)

    inside = tree_fold(
        embed >> leaf, (embed @ identity(Real[child, s])) >> inner, over=node, arity=child
    ).graph()
    parts = {
        **{f"cell.{part}.embed": "embed" for part in ("leaf", "node")},
        "cell.leaf.leaf.leaf": "cell.leaf.leaf",
        **{f"cell.node.inner.{part}": f"cell.node.{part}" for part in ("own", "down")},
    }
    tied = {f"{old}.{w}": f"{new}.{w}" for old, new in parts.items() for w in ("weight", "bias")}
    assert accepted(prove_equal(before.graph(), inside, tied))
    one = {name: new for name, new in tied.items() if "node.embed" not in name}
    assert not prove_equal(before.graph(), inside, one)  # two maps, that may differ


def test_the_batch_is_not_caught_in_the_cells():
    """A cell that repeats along an axis that the batch has, too."""

    def twice(total):
        @arrow
        def start(x: Real[()]) -> Real[()]:
            return total(x)

        @arrow
        def join(x: Real[()], below: Real[child]) -> Real[()]:
            return x + op.sum(child)(below)

        return stack(tree_fold(start, join, over=node, arity=child), b).graph()

    repeated = twice(op.expand(b) >> op.sum(b))
    mean = twice(op.expand(b) >> op.mean(b))
    plain = twice(identity(Real[()]))
    assert accepted(prove_equal(mean, plain))
    assert not prove_equal(repeated, plain)


CHANGES = [
    ("nodes", {"axis": [["dim", "child", None, None], ""]}),
    ("arity", {"axis": [["dim", "node", None, None], ""]}),
    ("leaf", [1]),
    ("leaf", None),
    ("node", []),
    ("mask", True),
    ("weights", "untied"),
]


@pytest.mark.parametrize(("key", "value"), CHANGES)
def test_a_changed_fold_is_refused(key, value):
    honest = json.loads(bundle("", [claim("law", prove_natural(tree.graph(), [node]))]))
    data = copy.deepcopy(honest)
    data["programs"][0]["nodes"][0]["attrs"][key] = value
    body = {k_: v for k_, v in data.items() if k_ != "digest"}
    assert not check(canonical({**body, "digest": digest(body)}) + "\n").ok


def test_an_operator_of_no_table_is_refused():
    honest = json.loads(bundle("", [claim("law", prove_natural(tree.graph(), [node]))]))
    for name in ("iterate", "scan", "another"):
        data = copy.deepcopy(honest)
        data["programs"][0]["nodes"][0]["op"] = name
        body = {k_: v for k_, v in data.items() if k_ != "digest"}
        assert not check(canonical({**body, "digest": digest(body)}) + "\n").ok


# --- the equations of a fold of forests -----------------------------------------------------------


@arrow(inline=True)
def other_leaf(x: Real[a]) -> Real[s]:
    return op.tanh(op.linear(a, s, name="leaf")(x))


@arrow(inline=True)
def largest(x: Real[a], below: Real[child, s]) -> Real[s]:
    down = op.linear(s, s, name="down")(op.max(child)(below))
    return op.tanh(op.linear(a, s, name="own")(x) + down)


def test_the_algebra_once_more_changes_nothing():
    for one in (
        tree,
        tree_fold(leaf, largest, over=node, arity=child),
        rose_fold(inner, over=node, arity=child),
    ):
        graph = one.graph()
        said = accepted(prove_equal(graph, again(one).graph()))
        assert said == "both sides have one normal form in eval mode, all sizes, on forests"
        assert accepted(prove_equal(again(one).graph(), graph))


def test_another_algebra_is_not_the_same():
    for leaves, cells in ((other_leaf, inner), (leaf, largest)):
        other = tree_fold(leaves, cells, over=node, arity=child)
        assert not prove_equal(tree.graph(), again(other).graph())
    twice = again(tree).graph()
    assert accepted(prove_equal(twice, twice))

    @arrow
    def started(x: Real[node, a], c: Fin(node)[node, child], p: Bool[node, child]) -> Real[node, s]:
        return again(tree)(x, c, op.logical_not(p))

    assert not prove_equal(tree.graph(), started.graph())


def test_the_scope_of_an_unfolding_cannot_be_left_out():
    honest = json.loads(bundle("", [claim("law", prove_equal(tree.graph(), again(tree).graph()))]))

    def sealed(**changes):
        data = copy.deepcopy(honest)
        data["claims"][0].update(changes)
        body = {k_: v for k_, v in data.items() if k_ != "digest"}
        return check(canonical({**body, "digest": digest(body)}) + "\n").ok

    assert sealed() and not sealed(scope="all sizes")
    assert not sealed(unfolded=1) and not sealed(unfolded=True) and not sealed(unfolded=None)


def test_a_run_of_no_steps_is_its_start():
    @arrow
    def none(x: Real[s], y: Real[t, a]) -> Real[s]:
        return fold(cell, over=t, lengths=True)(x, y, op.full(Fin(t + 1)[()], 0)())

    @arrow
    def one(x: Real[s], y: Real[t, a]) -> Real[s]:
        return fold(cell, over=t, lengths=True)(x, y, op.full(Fin(t + 1)[()], 1)())

    @arrow
    def start(x: Real[s], y: Real[t, a]) -> Real[s]:
        return x

    assert accepted(prove_equal(none.graph(), start.graph()))
    assert not prove_equal(one.graph(), start.graph())


# --- solved layers and grids inside of cells ------------------------------------------------------


def test_groups_act_through_cells():
    four, row = Dim("four", size=4), Dim("row")
    turns = Acting(cyclic(4), {four: cyclic(4).standard()})

    @arrow
    def rolled(x: Real[four], y: Real[four]) -> Real[four]:
        return op.tanh(op.roll(four, 1)(x) + y)

    @arrow
    def weighted(x: Real[four], y: Real[four]) -> Real[four]:
        return op.tanh(x + op.linear(four, four)(y))

    assert accepted(prove_equivariant(fold(rolled, over=t).graph(), turns))
    assert not prove_equivariant(fold(weighted, over=t).graph(), turns)
    one, two = row.at("i"), row.at("j")
    square = Acting(dihedral(4), {}, grid=(axis(one), axis(two)))

    @arrow
    def along_rows(x: Real[two], y: Real[two]) -> Real[two]:
        return x + y

    @arrow
    def everywhere(x: Real[one, two], y: Real[one, two]) -> Real[one, two]:
        return op.tanh(x + y)

    assert accepted(prove_equivariant(scan(everywhere, over=t).graph(), square))
    assert not prove_equivariant(scan(along_rows, over=one).graph(), square)


# --- random folds of forests ----------------------------------------------------------------------


def test_folds_of_one_form_are_equal_in_floats():
    """All folds of some leaves and cells, with maps before and after, on random forests."""

    def cells():
        total = op.sum(child).at(Real[child, s])
        yield made_cell(lambda x, z: x + total(z))
        yield made_cell(lambda x, z: total(z) + x)
        yield made_cell(lambda x, z: op.tanh(x + total(z)))
        yield made_cell(lambda x, z: op.neg(op.tanh(op.neg(x) - total(z))))
        yield made_cell(lambda x, z: x + op.mean(child)(z))
        yield made_cell(lambda x, z: x + op.max(child)(z))
        yield made_cell(lambda x, z: x + op.take(child, 0)(z))
        yield made_cell(lambda x, z: op.tanh(total(z)) + op.scale(0)(x))

    leaves = [identity(Real[s]), op.tanh.at(Real[s]), op.scale(2).at(Real[s])]
    folds = [
        tree_fold(one, cell, over=node, arity=child)
        for one, cell in itertools.product(leaves, cells())
    ]
    rose = [rose_fold(cell, over=node, arity=child) for cell in cells()]
    again_ = [again(one) for one in folds[:8]]
    mapped = [one >> op.tanh for one in folds[:6]] + [one >> op.neg >> op.neg for one in folds[:6]]
    arrows = [*folds, *rose, *again_, *mapped]
    sizes = {"node": 5, "child": 2, "s": 2}
    ctx = Context(FloatAlgebra(), sizes)
    outs = []
    for one in arrows:
        rows = []
        for seed in range(4):
            values = draw_inputs(one.graph(), ctx, np.random.default_rng(seed))
            rows.append(evaluate(one.graph(), values, {}, sizes)[0])
        outs.append(rows)
    proved = 0
    for i, j in itertools.combinations(range(len(arrows)), 2):
        same = all(np.allclose(a_, b_) for a_, b_ in zip(outs[i], outs[j]))
        if same or (i + j) % 8 == 0:
            found = prove_equal(arrows[i].graph(), arrows[j].graph())
            assert same or not found, (arrows[i], arrows[j])
            proved += bool(found)
    assert proved > 20


def made_cell(function):
    function.__annotations__ = {"x": Real[s], "z": Real[child, s]}
    function.__name__ = "cell"
    return arrow(inline=True)(function)
