"""Equality: laws of the language as equations, broken twins, the checker, floats."""

from __future__ import annotations

import json

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, identity, op, tie
from categorical.operators import iterate
from proofs import checker
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check
from proofs.equality import prove_equal
from proofs.program import program
from tests.proofs.graphs import close, evaluate, inputs, resources

n, m, c, d, h, e = Dim.named("n m c d h e")
key = n.at("key")


def traced(function, **types):
    """A function as an arrow, with its types given here."""
    function.__annotations__, function.__name__ = dict(types), "side"
    return arrow(function)


def pair(left, right, **types):
    """Two functions of the same inputs."""
    return traced(left, **types).graph(), traced(right, **types).graph()


def chain(*arrows):
    """The composite at the type of the first."""
    found = arrows[0]
    for one in arrows[1:]:
        found = found >> one
    return found.graph()


def first(one, other):
    """The first of two wires."""
    return one


def by_parts(x, y, w, v):
    """Two contractions, added."""
    return op.einsum(n, e)(x, w) + op.einsum(n, e)(y, v)


X, Y = Real[n, c], Real[n, c]
f = op.linear(c, d, bias=False, name="f")
EQUAL = {
    "sums commute": pair(lambda x, y: x + y, lambda x, y: y + x, x=X, y=Y),
    "sums associate": pair(lambda x, y: (x + y) + x, lambda x, y: x + (y + x), x=X, y=Y),
    "products distribute": pair(
        lambda x, y: op.mul(x, x + y), lambda x, y: op.square(x) + op.mul(y, x), x=X, y=Y
    ),
    "scales merge": (chain(op.scale(2).at(X), op.neg), chain(op.scale(-2).at(X))),
    "difference": pair(lambda x, y: x - y, lambda x, y: x + op.neg(y), x=X, y=Y),
    "transposes": (chain(op.transpose(c, n).at(X), op.transpose(n, c)), identity(X).graph()),
    "expand twice": (
        chain(op.expand(n).at(Real[c]), op.expand(m)),
        chain(op.expand(m, n).at(Real[c])),
    ),
    "relabels": (
        chain(op.relabel(n, key).at(X), op.relabel(key, n)),
        identity(X).graph(),
    ),
    "relabel and function": (
        chain(op.relu.at(X), op.relabel(n, key)),
        chain(op.relabel(n, key).at(X), op.relu),
    ),
    "split and merge": (
        chain(op.split(c, h).at(X), op.merge(h, c // h)),
        identity(X).graph(),
    ),
    "merge and split": (
        chain(op.merge(n, c).at(X), op.split(n * c, n, c)),
        identity(X).graph(),
    ),
    "linear over mean": (chain(f.at(X), op.mean(n)), chain(op.mean(n).at(X), f)),
    "linear over sum of wires": pair(
        lambda x, y: f(x) + op.linear(c, d, bias=False, name="g")(y),
        lambda x, y: op.linear(c, d, bias=False, name="g")(y) + f(x),
        x=X,
        y=Y,
    ),
    "mean of a constant": (chain(op.expand(n).at(Real[c]), op.mean(n)), identity(Real[c]).graph()),
    "sums in any order": (chain(op.sum(n).at(X), op.sum(c)), chain(op.sum(n, c).at(X))),
    "associativity of contraction": pair(
        lambda a, b, x: op.einsum(m)(op.einsum(m, n)(a, b), x),
        lambda a, b, x: op.einsum(m)(a, op.einsum(c)(b, x)),
        a=Real[m, c],
        b=Real[c, n],
        x=Real[n],
    ),
    "gather of a composite": pair(
        lambda x, i, j: op.gather(m)(op.gather(n)(x, i), j),
        lambda x, i, j: op.gather(n)(x, op.gather(m)(i, j)),
        x=X,
        i=Fin(n)[m],
        j=Fin(m)[e],
    ),
    "scatter is adjoint to gather": pair(
        lambda x, y, i: op.sum(e)(op.mul(op.gather(n)(x, i), y)),
        lambda x, y, i: op.sum(n)(op.mul(x, op.scatter(n)(y, i))),
        x=Real[n],
        y=Real[e],
        i=Fin(n)[e],
    ),
    "one hot": pair(
        lambda x, i: op.einsum(m, c)(op.one_hot(n)(i), x),
        lambda x, i: op.gather(n)(x, i),
        x=X,
        i=Fin(n)[m],
    ),
    "degree": pair(
        lambda i: op.degree(n, e)(i),
        lambda i: op.sum(e)(op.one_hot(n)(i)),
        i=Fin(n)[e],
    ),
    "the identity matrix": pair(
        lambda x: op.einsum(n, c)(op.eye(n, key)(), op.relabel(n, key)(x)), lambda x: x, x=X
    ),
    "the diagonal": pair(
        lambda x: op.sum(n)(op.diagonal(n, key)(x)),
        lambda x: op.einsum()(x, op.eye(n, key)()),
        x=Real[n, key],
    ),
    "masks": pair(
        lambda a, b, x, y: op.where(op.logical_not(op.logical_and(a, b)), x, y),
        lambda a, b, x, y: op.where(op.logical_or(op.logical_not(b), op.logical_not(a)), x, y),
        a=Bool[n],
        b=Bool[n],
        x=Real[n],
        y=Real[n],
    ),
    "masked sum": pair(
        lambda x, k: op.sum(n, masked=True)(x, k),
        lambda x, k: op.sum(n)(op.mul(x, op.indicator(k))),
        x=Real[n],
        k=Bool[n],
    ),
    "a mask with one place": pair(
        lambda x: op.softmax(key, masked=True)(x, op.band_mask(n, key, 0, 0)()),
        lambda x: op.eye(n, key)(),
        x=Real[n, key],
    ),
    "the largest of one": pair(
        lambda x: op.max(key, masked=True)(x, op.band_mask(n, key, 0, 0)()),
        lambda x: op.diagonal(n, key)(x),
        x=Real[n, key],
    ),
    "full mask": pair(
        lambda x: op.softmax(n, masked=True)(x, op.full(Bool[n], True)()),
        lambda x: op.softmax(n)(x),
        x=Real[n],
    ),
    "odd": (chain(op.neg.at(X), op.tanh), chain(op.tanh.at(X), op.neg)),
    "sigmoid": pair(lambda x: op.sigmoid(-x), lambda x: 1 - op.sigmoid(x), x=X),
    "softmax sums to one": pair(
        lambda x: op.sum(n)(op.softmax(n)(x)),
        lambda x: op.full_like(1)(op.sum(n)(x)),
        x=X,
    ),
    "sharing": pair(lambda x: op.mul(op.exp(x), op.exp(x)), lambda x: op.square(op.exp(x)), x=X),
    "unrolled": (
        iterate(op.linear(c, c, name="f") >> op.tanh, 2, weights="tied", name="f_loop").graph(),
        None,
    ),
    "off the diagonal": pair(
        lambda x: op.mul(x, op.take(n, 0)(op.take(key, 1)(op.eye(n, key)()))),
        lambda x: op.full_like(0)(x),
        x=Real.scalar,
    ),
    "one-point axes": (
        chain(op.unsqueeze(1).at(X), op.squeeze(1), op.softmax(c)),
        chain(op.softmax(c).at(X)),
    ),
    "parts of a joined wire": pair(
        lambda x, y: first(*op.unconcat(c, d)(op.relu(op.concat(c, d)(x, y)))),
        lambda x, y: op.relu(x),
        x=Real[n, c],
        y=Real[n, d],
    ),
    "the parts of a wire make it up": pair(
        lambda x: op.concat(c, d)(*op.unconcat(c, d)(x)), lambda x: x, x=Real[n, c + d]
    ),
    "the parts of two products": pair(
        lambda x, w: op.concat(c, d)(
            *(op.mul(a, a + b) for a, b in zip(op.unconcat(c, d)(x), op.unconcat(c, d)(w)))
        ),
        lambda x, w: x * w + op.square(x),
        x=Real[n, c + d],
        w=Real[n, c + d],
    ),
    "a set listed twice, and its two parts": pair(
        lambda x: op.concat(n, n)(*op.unconcat(n, n)(x)), lambda x: x, x=Real[c, n + n]
    ),
    "three parts, and one step": pair(
        lambda x: op.concat(n, 1, c)(*op.unconcat(n, 1, c)(x)), lambda x: x, x=Real[n + 1 + c]
    ),
    "a contraction of joined wires": pair(
        lambda x, y, w: op.einsum(n, e)(op.concat(c, d)(x, y), w),
        lambda x, y, w: by_parts(x, y, *op.unconcat(c, d)(w)),
        x=Real[n, c],
        y=Real[n, d],
        w=Real[e, c + d],
    ),
    "a set listed twice": pair(
        lambda x: op.mean(n + n)(op.tanh(op.concat(n, n)(x, op.neg(x)))),
        lambda x: op.full_like(0)(op.mean(n)(x)),
        x=X,
    ),
    "a sum over parts": pair(
        lambda x, w: op.einsum(n, d)(x, w),
        lambda x, w: op.einsum(n, d)(op.split(c, h)(x), op.split(c, h)(w)),
        x=X,
        w=Real[c, d],
    ),
}


def two_steps():
    step = tie(op.linear(c, c, name="f"))
    return (step >> op.tanh >> step >> op.tanh).graph()


RENAMED = {"unrolled": {"f.weight": "f_loop.f.weight", "f.bias": "f_loop.f.bias"}}


def sides(name):
    left, right = EQUAL[name]
    return left, two_steps() if right is None else right


@pytest.mark.parametrize("name", EQUAL)
def test_equations(name):
    left, right = sides(name)
    proof = prove_equal(left, right, RENAMED.get(name))
    assert proof, proof.reason
    report = check(bundle("", [claim("equal", proof)]))
    assert report.ok, report.errors


@pytest.mark.parametrize("name", EQUAL)
def test_equations_hold_in_floats(name):
    left, right = sides(name)
    sizes = {"n": 3, "m": 2, "c": 4, "d": 2, "h": 2, "e": 5}
    rng = np.random.default_rng(0)
    values, weights = inputs(left, rng, sizes), resources(left, rng, sizes)
    names = RENAMED.get(name, {})
    other = {k: weights[names.get(k, k)] for k in right.resources(sizes)}
    pairs = zip(evaluate(left, values, weights, sizes), evaluate(right, values, other, sizes))
    assert all(close(a, b) for a, b in pairs)


UNEQUAL = {
    "another sign": pair(lambda x, y: x - y, lambda x, y: y - x, x=X, y=Y),
    "another number": (chain(op.scale(2).at(X)), chain(op.scale(2.0000001).at(X))),
    "two sets of weights": (chain(f.at(X)), chain(op.linear(c, d, bias=False, name="g").at(X))),
    "relu over mean": (chain(op.relu.at(X), op.mean(n)), chain(op.mean(n).at(X), op.relu)),
    "sum for mean": (chain(op.sum(n).at(X)), chain(op.mean(n).at(X))),
    "a bias under a sum": (
        chain(op.linear(c, d, name="b").at(X), op.sum(n)),
        chain(op.sum(n).at(X), op.linear(c, d, name="b")),
    ),
    "transposed": pair(
        lambda x: x,
        lambda x: op.transpose(n, key)(
            op.relabel(n.at("a"), key)(op.relabel(key, n)(op.relabel(n, n.at("a"))(x)))
        ),
        x=Real[n, key],
    ),
    "softmax along another axis": (chain(op.softmax(n).at(X)), chain(op.softmax(c).at(X))),
    "masked and not": pair(
        lambda x, k: op.softmax(n, masked=True)(x, k),
        lambda x, k: op.softmax(n)(x),
        x=Real[n],
        k=Bool[n],
    ),
    "complement": pair(
        lambda k, x, y: op.where(k, x, y),
        lambda k, x, y: op.where(op.logical_not(k), x, y),
        k=Bool[n],
        x=Real[n],
        y=Real[n],
    ),
    "strict mask": pair(
        lambda x: op.softmax(key, masked=True)(x, op.causal_mask(n, key)()),
        lambda x: op.softmax(key, masked=True)(x, op.causal_mask(n, key, strict=True)()),
        x=Real[n, key],
    ),
    "a mask with two places": pair(
        lambda x: op.max(key, masked=True)(x, op.band_mask(n, key, 1, 0)()),
        lambda x: op.diagonal(n, key)(x),
        x=Real[n, key],
    ),
    "mask the other way": pair(
        lambda x: op.softmax(key, masked=True)(x, op.causal_mask(n, key)()),
        lambda x: op.softmax(key, masked=True)(x, op.causal_mask(key, n)()),
        x=Real[n, key],
    ),
    "even": (chain(op.neg.at(X), op.relu), chain(op.relu.at(X), op.neg)),
    "another position": (chain(op.take(n, 0).at(X)), chain(op.take(n, 1).at(X))),
    "the last place may be the first": pair(
        lambda x: op.mul(x, op.take(n, 0)(op.take(key, -1)(op.eye(n, key)()))),
        lambda x: op.full_like(0)(x),
        x=Real.scalar,
    ),
    "the other part": pair(
        lambda x, y: first(*op.unconcat(c, c)(op.concat(c, c)(x, y))), lambda x, y: y, x=X, y=Y
    ),
    "the parts in another order": pair(
        lambda x: op.concat(n, n)(*reversed(op.unconcat(n, n)(x))), lambda x: x, x=Real[c, n + n]
    ),
    "one part twice": pair(
        lambda x: op.concat(n, n)(*[op.unconcat(n, n)(x)[0]] * 2), lambda x: x, x=Real[c, n + n]
    ),
    "parts of two wires": pair(
        lambda x, y: op.concat(n, c)(op.unconcat(n, c)(x)[0], op.unconcat(n, c)(y)[1]),
        lambda x, y: x,
        x=Real[n + c],
        y=Real[n + c],
    ),
    "parts that are treated differently": pair(
        lambda x: op.concat(n, c)(op.unconcat(n, c)(x)[0], op.relu(op.unconcat(n, c)(x)[1])),
        lambda x: x,
        x=Real[n + c],
    ),
    "parts that are turned round": pair(
        lambda x: op.concat(n, n)(*(op.flip(n)(part) for part in op.unconcat(n, n)(x))),
        lambda x: x,
        x=Real[n + n],
    ),
    "parts of another sequence": pair(
        lambda x: op.concat(n, c)(*op.unconcat(n, c)(op.flip(n + c)(x))),
        lambda x: x,
        x=Real[n + c],
    ),
    "a set and something else": pair(
        lambda x, y: op.mean(n + n)(op.concat(n, n)(x, y)), lambda x, y: op.mean(n)(x), x=X, y=Y
    ),
    "more steps": (
        iterate(op.tanh.at(X), 2).graph(),
        iterate(op.tanh.at(X), 3).graph(),
    ),
    "tied for untied": (
        iterate(op.linear(c, c, name="f"), 2, weights="tied").graph(),
        iterate(op.linear(c, c, name="f"), 2, weights="untied").graph(),
    ),
    "merged in another order": (
        chain(op.merge(n, c).at(X), op.softmax(n * c), op.split(n * c, n, c)),
        chain(op.softmax(c).at(X)),
    ),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_broken_twins(name):
    left, right = UNEQUAL[name]
    found = prove_equal(left, right)
    assert not found and found.reason


def test_other_types_are_no_equation():
    found = prove_equal(op.relu.at(X).graph(), op.relu.at(Real[n]).graph())
    assert "types" in found.reason


def test_a_step_of_unknown_number():
    body = op.linear(c, c, name="f") >> op.tanh
    one = iterate(body, h, name="s").graph()
    other = iterate(op.linear(c, c, name="f") >> op.scale(1) >> op.tanh, h, name="s").graph()
    assert prove_equal(one, other)
    assert not prove_equal(one, iterate(body, h, name="t").graph())
    assert not prove_equal(one, iterate(body, d, name="s").graph())
    assert not prove_equal(one, iterate(body >> op.neg, h, name="s").graph())
    assert not prove_equal(one, other, {"s.0.f.weight": "s.1.f.weight"})


def nested(outer, inner, rows):
    """Two steps of two steps, and the same step by step with the given weights."""
    step = op.linear(c, c, bias=False, name="f") >> op.tanh
    loops = iterate(iterate(step, 2, weights=inner, name="i"), 2, weights=outer, name="o").graph()

    @arrow
    def by_hand(x: Real[c]) -> Real[c]:
        space = loops.resources()["o.i.f.weight"].space
        weights = op.parameter(space, name="weight")()
        for row in rows:
            weight = weights
            for place in row:
                weight = op.take(weight.type.axes[0], place)(weight)
            x = op.tanh(op.relabel(c.at("out"), c)(op.einsum(c.at("out"))(weight, x)))
        return x

    return loops, by_hand.graph()


@pytest.mark.parametrize(
    ("outer", "inner", "rows"),
    [
        ("stacked", "stacked", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("stacked", "tied", [(0,), (0,), (1,), (1,)]),
        ("tied", "stacked", [(0,), (1,), (0,), (1,)]),
        ("tied", "tied", [(), (), (), ()]),
    ],
)
def test_nested_iterations_read_their_own_rows(outer, inner, rows):
    loops, by_hand = nested(outer, inner, rows)
    proof = prove_equal(loops, by_hand, {"weight": "o.i.f.weight"})
    assert proof, proof.reason
    assert check(bundle("", [claim("equal", proof)])).ok
    rng = np.random.default_rng(0)
    weights, x = resources(loops, rng, {"c": 3}), inputs(loops, rng, {"c": 3})
    mine = evaluate(loops, x, weights, {"c": 3})
    yours = evaluate(by_hand, x, {"weight": weights["o.i.f.weight"]}, {"c": 3})
    assert close(mine[0], yours[0])
    if len(set(rows)) > 1:
        wrong = nested(outer, inner, rows[::-1])[1]
        assert not prove_equal(loops, wrong, {"weight": "o.i.f.weight"})


def test_state_is_compared_in_train_mode():
    def norm(name):
        return op.batch_norm(c, over=(n,), name=name).at(X).graph()

    assert prove_equal(norm("a"), norm("a"), mode="train")
    assert not prove_equal(norm("a"), norm("b"), mode="train")
    names = {f"b.{k}": f"a.{k}" for k in ("weight", "bias", "running_mean", "running_var")}
    assert prove_equal(norm("a"), norm("b"), names, mode="train")
    twice = (op.batch_norm(c, over=(n,), name="a") >> op.scale(2)).at(X).graph()
    assert not prove_equal(norm("a"), twice, mode="train")


def test_forged_equations_are_refused():
    left, right = UNEQUAL["relu over mean"]
    honest = json.loads(bundle("", [claim("equal", prove_equal(left, left))]))
    for change in (
        {"programs": [honest["programs"][0], program(right)]},
        {"programs": [program(right), honest["programs"][0]]},
    ):
        lie = {k: v for k, v in {**honest, **change}.items() if k != "digest"}
        lie["claims"] = [{**honest["claims"][0], "programs": [0, 1]}]
        assert not check(canonical({**lie, "digest": checker.digest(lie)}) + "\n").ok
    same = {k: v for k, v in honest.items() if k != "digest"}
    for change in ({"steps": []}, {"renaming": []}, {"programs": [0]}, {"mode": "both"}):
        lie = {**same, "claims": [{**honest["claims"][0], **change}]}
        assert not check(canonical({**lie, "digest": checker.digest(lie)}) + "\n").ok
