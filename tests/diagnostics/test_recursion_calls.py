"""Wrong calls of runs, trees, steps and algebras: one SpecError with a help each, never another
exception, and never a wrong arrow in silence."""

from typing import Any

import numpy as np
import pytest

import categorical
from categorical import Dim, Real, algebras, arrow, composites, op, recursion
from categorical.errors import SpecError
from categorical.recursion import fold, forests, rose_fold
from categorical.recursion.tree_laws import again

t, a, s, o, k, n = Dim.named("t a s o k n")
node, child = Dim("node", varies=True), Dim("child")
side = Dim("side", size=2)


# --- cells ----------------------------------------------------------------------------------------


def step(x: Any, h: Any) -> Any:
    """The next state."""
    return op.tanh(op.linear(a, s)(x) + op.linear(s, s, name="back")(h))


@arrow
def cell(h: Real[s], x: Real[a]) -> Real[s]:
    return step(x, h)


@arrow
def wrong(h: Real[s], x: Real[a]) -> Real[a]:
    return op.linear(s, a)(step(x, h))


@arrow
def last(x: Real[a], h: Real[s]) -> Real[s]:
    return step(x, h)


@arrow
def torchish(x: Real[a], h: Real[s], c: Real[s]) -> Real[s] * Real[s]:
    y = step(x, h)
    return y, y * c


@arrow
def out_state(h: Real[s], x: Real[a]) -> Real[o] * Real[s]:
    y = step(x, h)
    return op.linear(s, o)(y), y


@arrow
def state_out(h: Real[s], x: Real[a]) -> Real[s] * Real[o]:
    y = step(x, h)
    return y, op.linear(s, o)(y)


@arrow
def gen(h: Real[s]) -> Real[o] * Real[s]:
    return op.linear(s, o)(h), op.tanh(op.linear(s, s)(h))


@arrow
def drop(h: Real[s], x: Real[a]) -> Real[s]:
    return op.dropout(0.1)(step(x, h))


@arrow
def bn(h: Real[n, s], x: Real[n, a]) -> Real[n, s]:
    return op.batch_norm(s, over=(n,))(step(x, h))


@arrow
def tcell(x: Real[a], below: Real[child, s]) -> Real[s]:
    return step(x, op.sum(child)(below))


@arrow
def tswap(below: Real[child, s], x: Real[a]) -> Real[s]:
    return step(x, op.sum(child)(below))


@arrow
def tonly(below: Real[child, s]) -> Real[s]:
    return op.tanh(op.linear(s, s)(op.sum(child)(below)))


@arrow
def tbin(x: Real[a], left: Real[s], right: Real[s]) -> Real[s]:
    return step(x, left + right)


@arrow
def both(h: Real[s], c: Real[k]) -> Real[s] * Real[s] * Real[k]:
    return op.relu(h), op.tanh(h), op.tanh(c)


SCOPE: dict[str, Any] = {
    **{name: getattr(categorical, name) for name in categorical.__all__},
    **{name: getattr(composites, name) for name in composites.__all__},
    **{name: getattr(recursion, name) for name in recursion.__all__},
    **{name: getattr(algebras, name) for name in algebras.__all__},
    **{name: value for name, value in globals().items() if not name.startswith("_")},
    "again": again,
    "leaf": op.linear(a, s),
    "lstm": composites.lstm_cell(a, s),
    "gru": composites.gru_cell(a, s),
    "net": fold(cell, over=t, start=0),
    "tree": rose_fold(tcell, over=node, arity=child),
    "add": op.add.at(Real[s], Real[s]),
    "nan": float("nan"),
}


# --- calls ----------------------------------------------------------------------------------------

RUNS = """
fold(cell); fold(over=t); fold(); fold(cell, t, cell); fold(lstm_cell, over=t)
fold(lambda h, x: h, over=t); fold(last, over=t); fold(torchish, over=t); scan(last, over=t)
fold(wrong, over=t); fold(cell, over="t"); fold(cell, over=None); fold(cell, over=True)
fold(cell, over=0); fold(cell, over=-3); fold(cell, over=2.5); fold(cell, over=[t])
fold(cell, over=(t,)); fold(cell, over=Real[t]); fold(cell, over=a)
fold(cell, over=t, start=[0, 0]); fold(cell, over=t, start=True); fold(cell, over=t, start="0")
fold(cell, over=t, start=nan); fold(cell, over=t, start=float("inf"))
fold(cell, over=t, start=1+2j); fold(cell, over=t, start=10**400)
fold(cell, over=t, start=Real[s]); fold(cell, over=t, start=op.zeros)
fold(cell, over=t, start=op.zeros(Real[a])); fold(cell, over=t, start=op.linear(a, s))
fold(lstm, over=t, start=op.zeros(Real[s])); fold(cell, over=t, shared=2)
fold(cell, over=t, shared=-1); fold(cell, over=t, shared="x"); fold(cell, over=t, shared=True)
fold(cell, over=t, shared=0.5); fold(cell, over=t, lengths=3)
fold(cell, over=t, lengths="lengths"); fold(cell, over=t, lengths=Fin(t + 1)[()])
fold(cell, over=t, lengths=[3, 4]); fold(cell, over=t, weights="shared")
fold(cell, over=t, weights=None); fold(cell, over=t, name="x y"); fold(cell, over=t, name=3)
fold(cell, over=t, name="forward"); fold(cell, over=t, states=1); fold(cell, over=t, hidden=3)
fold(cell, over=t, reverse=True); fold(cell, t, 0, 1); fold(drop, over=t); fold(bn, over=t)
fold(op.zeros(Real[s]), over=t); fold(discard(Real[s]), over=t); fold(identity(), over=t)
fold(out_state, over=t); fold(gen, over=t); fold(case(op.zeros(Real[s]), cell), over=t)
fold([cell, cell], over=t); fold({"cell": cell}, over=t); fold("lstm", over=t); fold(None, over=t)
fold(op.linear, over=t); foldr(last, over=t); foldr(cell); foldr(cell, over=t, reverse=True)
scan(out_state, over=t); scan(wrong, over=t, start=0); scan(cell); scan(cell, over="t", start=0)
scan(cell, over=t, reverse="yes"); scan(cell, over=t, reverse=1); scan(cell, t, True)
mealy(lstm, over=t); mealy(state_out, over=t); mealy(out_state, over=t, states=2)
mealy(out_state, over=t, states=0); mealy(out_state, over=t, states=-1)
mealy(out_state, over=t, states="1"); mealy(out_state, over=t, states=True)
mealy(out_state, over=t, states=1.0); mealy(out_state, over=t, states=7)
mealy(out_state, over=t, start=op.zeros(Real[o])); mealy(op.linear(a, o), cell, over=t)
moore(cell, op.linear(s, o), over=t); moore(op.linear(s, o), op.linear(a, s), over=t)
moore(op.linear(a, o), cell, over=t); moore(op.linear(s, o), wrong, over=t)
moore(op.linear(s, o), last, over=t); moore(op.linear(s, o), cell); moore(op.linear(s, o), over=t)
moore(op.linear, cell, over=t); moore(op.linear(s, o), lstm, over=t); moore(op.relu, cell, over=t)
moore(op.linear(s, o), cell, over=t, states=1); moore_cell(op.linear(s, o))
moore_cell(cell, op.linear(s, o)); moore_cell(op.linear(s, o), op.relu)
mealy_cell(op.linear(s, o), cell); mealy_cell(cell, op.linear(s, o)); mealy_cell(cell, wrong)
unfold_cell(op.linear(s, o), op.linear(s, a)); unfold_cell(op.linear(s, o), cell); unfold(gen)
unfold(gen, over="t"); unfold(gen, over=t, states=2); unfold(out_state, over=t)
unfold(cell, over=t); unfold(op.linear(s, o), over=t); unfold(gen, over=t, lengths=True)
unfold(op.linear(s, o), op.linear(s, s), over=t); hylo(gen, cell, over=t)
hylo(gen, ((op.linear(s, s) @ op.linear(o, s)) >> op.add).named("alg")); hylo(cell, gen, over=t)
hylo(gen, over=t); hylo(gen, op.linear(o, s), over=t); recurrent(lstm); recurrent(last, over=t)
recurrent(lstm_cell, over=t); recurrent(lstm, over=t, shared=1); recurrent(lstm, over=t, states=2)
recurrent(out_state, over=t); bidirectional(gru, over=t)
bidirectional(gru, lstm, over=t, start=op.zeros(Real[s]))
bidirectional(gru, gru_cell(o, s), over=t)
bidirectional(op.linear(a, s), op.linear(a, s), over=t); bidirectional(last, last, over=t)
bidirectional(out_state, out_state, over=t); bidirectional(op.relu, op.relu, over=t); stacked()
stacked(gru, gru); stacked([recurrent(gru, over=t)])
stacked(recurrent(gru, over=t), recurrent(gru, over=t))
stacked(recurrent(gru, over=t), op.linear(s, s)); stacked(recurrent(gru, over=t), op.relu)
stacked(fold(gru, over=t), fold(gru, over=t))
stacked(recurrent(gru, over=t, start=0), recurrent(gru_cell(s, s), over=t, start=0))
stacked(scan(gru, over=t), scan(gru_cell(s, s), over=t)); stacked(identity())
stacked(op.zeros(Real[s])); lstm_cell(3); lstm_cell("a", "s"); lstm_cell(a, 0)
lstm_cell(input_size=3, hidden_size=4); gru_cell(a, s, bias="no")
elman_cell(a, s, activation="relu")
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Fin(t)[()])
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Real[()])
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a])
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Fin(t + 1)[n])
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Fin(t + 1)[t])
fold(cell, over=t, lengths=True).at(Real[n, s], Real[t, n, a], Fin(t + 1)[o])
fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Bool[t])
fold(cell, over=t).at(Real[s], Real[a]); fold(cell, over=t).at(Real[s], Real[t, o])
fold(cell, over=t).at(Real[o], Real[t, a]); fold(cell, over=t).at(Real[n, s], Real[t, a])
fold(cell, over=t).at(Real[s], Real[t, n, a]); fold(cell, over=t).at(Real[t, a], Real[s])
fold(cell, over=t).at(Real[t, a]); fold(cell, over=t).at(Real[s], Fin(a)[t])
fold(cell, over=t) >> op.linear(a, o); net >> op.linear(s, o) >> op.mean(t)
op.embedding(a, s) >> net; scan(cell, over=t, start=0) >> net
tie(fold(cell, over=t, weights="untied")); iterate(net, 3); iterate(fold(cell, over=t), 2); 2 ** X
"""
TREES = """
rose_fold(tcell, over=node); rose_fold(tcell, over="node", arity=child)
rose_fold(tcell, over=node, arity=side); rose_fold(tcell, over=node, arity=2)
rose_fold(tcell, over=child, arity=node); rose_fold(tcell, over=node, arity=node)
rose_fold(tswap, over=node, arity=child); rose_fold(tbin, over=node, arity=child)
rose_fold(cell, over=node, arity=child); rose_fold(op.relu, over=node, arity=child)
rose_fold(op.linear, over=node, arity=child); rose_fold(lambda x, c: x, over=node, arity=child)
rose_fold(lstm_cell, over=node, arity=child); rose_fold(tcell, over=node, arity=child, name="a b")
rose_fold(leaf, tcell, over=node, arity=child); rose_fold(drop, over=node, arity=child)
tree_fold(leaf, tcell, over=node); tree_fold(tcell, over=node, arity=child)
tree_fold(tcell, leaf, over=node, arity=child)
tree_fold(op.linear(a, o), tcell, over=node, arity=child)
tree_fold(op.linear(o, s), tcell, over=node, arity=child)
tree_fold(leaf, tonly, over=node, arity=child); tree_fold(leaf, tbin, over=node, arity=2)
tree_fold(leaf, binary(tbin), over=node, arity=3)
tree_fold(leaf, binary(tbin), over=node, arity=child)
tree_fold(op.zeros(Real[s]), tcell, over=node, arity=child)
leaf_labelled(leaf, tcell, over=node, arity=child)
leaf_labelled(tonly, leaf, over=node, arity=child)
node_labelled(leaf, tcell, over=node, arity=child)
node_labelled(op.zeros(Real[a]), tcell, over=node, arity=child)
node_labelled(0, tcell, over=node, arity=child)
node_labelled(op.zeros(Real[s]), tcell, over=node, arity=side)
node_labelled(tcell, over=node, arity=child); binary(cell); binary(tcell); binary(op.relu)
binary(op.zeros(Real[s])); binary(discard(Real[s])); binary(op.linear); binary(lstm)
rooted(tree, "node"); rooted(tree, over=child); rooted(tree, over=t); rooted(tree)
rooted(cell, over=node); rooted(fold(cell, over=t), over=t); rooted(op.relu, over=node)
rooted(op.linear, over=node)
rooted(tree, node).at(Real[node, a], Fin(node)[node, child], Bool[node, child], Fin(child)[()])
rooted(tree, node).at(Real[node, a], Fin(node)[node, child], Bool[node, child])
rooted(tree, node).at(Real[node, a], Fin(node)[node, child], Bool[node, child], Real[()])
tree.at(Real[node, a], Fin(node)[node, child])
tree.at(Real[node, a], Real[node, child], Bool[node, child])
tree.at(Real[node, a], Fin(node)[node, child], Real[node, child])
tree.at(Real[node, a], Bool[node, child], Fin(node)[node, child])
tree.at(Real[node, a], Fin(node)[child, node], Bool[child, node])
tree.at(Real[a, node], Fin(node)[node, child], Bool[node, child])
tree.at(Real[a], Fin(node)[node, child], Bool[node, child])
tree.at(Real[node, o], Fin(node)[node, child], Bool[node, child])
tree.at(Real[node, a], Fin(node + 1)[node, child], Bool[node, child]); again(net); again(op.relu)
again("tree"); forests.forest([1], children=lambda x: None, label=lambda x: x)
forests.forest([("a", ("b",))], children=lambda x: x[1:], label=lambda x: x[0], arity=0)
forests.forest([("a", ("b",))], children=lambda x: x[1:], label=lambda x: x[0], arity="2")
forests.forest(3, children=lambda x: x[1:], label=lambda x: x[0])
forests.forest([("a",)], label=lambda x: x[0])
forests.forest([("a",)], children=[1], label=lambda x: x[0])
forests.forest([("a",)], children=lambda x: x[1], label=lambda x: x[0])
forests.forest([("a", "bcd")], children=lambda x: x[1], label=lambda x: x[0])
forests.forest([{"l": 1, "kids": []}], children=lambda x: x["kid"], label=lambda x: x["l"])
forests.forest([["a", 3]], children=lambda x: x[1:], label=lambda x: x[0], shared=True)
forests.forest([([],)], children=lambda x: x[1:], label=lambda x: x[0], shared=True)
forests.forest([None], children=lambda x: x[1:], label=lambda x: x[0]); forests.joined([3])
forests.joined(forests.forest([("a",)], children=lambda x: x[1:], label=lambda x: x[0]))
"""
STEPS = """
step_form(net); step_form(net, "t"); step_form(net, over=a); step_form(net, over=3)
step_form(net, over=None); step_form(foldr(cell, over=t, start=0), over=t)
step_form(cell, over=t); step_form("net", over=t); step_form(op.flip(t).at(Real[t, a]), over=t)
step_form(op.softmax(t).at(Real[t, a]), over=t); step_form(op.roll(t, 1).at(Real[t, a]), over=t)
step_form(op.linear(t, s).at(Real[t]), over=t)
step_form(fold(cell, over=t, start=0, lengths=True), over=t)
step_form(scan(cell, over=t, start=0, lengths=True), over=t)
step_form(scan(cell, over=t, start=0, reverse=True), over=t)
step_form(bidirectional(gru, gru, over=t, start=0), over=t)
step_form(fold(cell, over=t, start=0, weights="untied"), over=t)
step_form(scan(cell, over=t, start=0, weights="untied"), over=t)
step_form(op.conv(a, s, over=(t,), kernel=3), over=t)
step_form(op.batch_norm(a, over=(t,)).at(Real[t, a]), over=t)
step_form(attention(t, a, 2), over=t); step_form(tree, over=node)
step_form(net, over=t).sequence(name="x y"); step_form(net, over=t).sequence(3)
laws.stepwise(net); laws.stepwise("x"); laws.stepwise(step_form)
laws.stepwise(step_form(net, over=t), 3)
architecture(scan(cell, over=t, start=0), stream="t", name="x")
architecture(scan(cell, over=t, start=0), stream=a, name="x")
architecture(scan(cell, over=t, start=0), stream=True, name="x")
architecture(scan(cell, over=t, start=0), stream=3, name="x")
architecture(scan(cell, over=t, start=0), stream=[t], name="x")
architecture(scan(cell, over=t, start=0, reverse=True), stream=t, name="x")
architecture(foldr(cell, over=t, start=0), stream=t, name="x")
architecture(op.flip(t).at(Real[t, a]), stream=t, name="x")
architecture(bidirectional(gru, gru, over=t, start=0), stream=t, name="x")
architecture(fold(cell, over=t, start=0, lengths=True), stream=t, name="x")
architecture(tree, stream=node, name="x"); architecture(tree, stream=child, name="x")
architecture(fold(cell, over=t, start=0, lengths=True), batch="union", name="x")
architecture(fold(cell, over=t), name="x", sizes=dict(t=0))
architecture(fold(cell, over=t), name="x", sizes=dict(t="10")); laws.induction(3)
laws.induction(lambda h: h); laws.induction(op.relu, renaming=3); laws.equal(net, by=op.relu)
laws.equal(net, by="induction"); laws.equal(net, by=laws.induction)
"""
ALGEBRAS = """
Algebra(1 + Real[a] * X, Real[s], cell)
Algebra(1 + Real[a] * X, Real[s], case(op.zeros(Real[s]), cell))
Algebra(1 + X * Real[a], Real[s], (op.zeros(Real[s]), last))
Algebra(1 + X * Real[a], Real[s], [op.zeros(Real[s])]); Algebra(1 + X * Real[a], Real[s], [])
Algebra(1 + X * Real[a], Real[s], [cell, op.zeros(Real[s])])
Algebra(1 + X * Real[a], Real[s], op.relu); Algebra(1 + X * Real[a], Real[s], lambda x: x)
Algebra(1 + X * Real[a], Real[s], None); Algebra(1 + X * Real[a], Real[s], 3)
Algebra(1 + X * Real[a], s, cell); Algebra(1 + X * Real[a], "s", cell)
Algebra(1 + X * Real[a], None, cell); Algebra("1 + A X", Real[s], cell)
Algebra(Real[a], Real[s], cell); Algebra(X, Real[s], cell); Algebra(1, Real[s], cell)
Algebra(reads(Real[a], X), Real[s], cell); Algebra(cell); 1 + s * X; X + (-1); X + "a"; X + None
X * None; X ** -1; X ** 2.5; X ** "t"; X ** True; X ** cell; (1 + X) ** s; X(3); X(None); X("s")
(1 + X).map(3); (1 + X).map(lambda x: x); X - X; X / 2; const(3); const("a"); action(3)
action(None); action(cell); reads(3, X); reads(Real[a], 3); reads(Real[a], cell); reads(Real[a])
reads(reads(Real[a], X), X); Coalgebra(Real[o] * X, Real[s], out_state)
Coalgebra(X * Real[o], Real[s], gen); Coalgebra(reads(Real[a], Real[o] * X), Real[s], state_out)
Coalgebra(reads(Real[a], Real[o] * X), Real[s], cell); Coalgebra(3, Real[s], cell)
Moore(cell, op.linear(s, o)); Moore(op.linear(a, o), cell); Moore(3, 4); Moore(op.linear, cell)
Homomorphism(op.relu, 3, 4); homomorphism(op.relu, 3, 4)
homomorphism(op.relu, Algebra(X, Real[s], op.relu), Algebra(X, Real[o], op.relu))
cohomomorphism(op.relu, 3, 4); moore_homomorphism(op.relu, 3, 4)
Theory("m", {"mul": 2}, {"a": "mul(x, y)"}); Theory("m", {"mul": 2}, {"a": "mul(x, y) = mul(y)"})
Theory("m", {"mul": 2}, {"a": "mul(x, y) == mul(y, x)"})
Theory("m", {"mul": 2}, {"a": "x * y = y * x"}); Theory("m", {"mul": 2}, {"a": ""})
Theory("m", {"mul": 2}, {"a": "mul(x, y = mul(y, x)"}); Theory("m", {"mul": 2}, {"a": "x.y = x"})
Theory("m", {"mul": 2}, {"a": "mul(x, 3) = x"}); Theory("m", {"mul": 2}, {"a": 3})
Theory("m", {"mul": 2}, ["a"]); Theory("m", {"mul": -1}); Theory("m", {"mul": 2.5})
Theory("m", {"mul": True}); Theory("m", {"mul": "r -> "}); Theory("m", {"mul": "2"})
Theory("m", {"m l": 2}); Theory("m", ["mul"]); Theory(3, {}); Theory("m")
Theory("m", {"act": "r, x -> x"}, {"a": "act(x, x) = x"})
Theory("m", {"mul": 2}).laws({"mul": op.maximum}); Theory("m", {"mul": 2}).laws({}, Real[s])
Theory("m", {"mul": 2}).laws({"mul": op.relu}, Real[s])
Theory("m", {"mul": 2}).laws({"mul": max}, Real[s])
Theory("m", {"mul": 2}).laws({"mul": lambda x, y: x}, Real[s])
Theory("m", {"mul": 2}).laws({"mul": op.add, "one": op.zeros(Real[s])}, Real[s])
Theory("m", {"mul": 2}).laws(op.add, Real[s]); Theory("m", {"mul": 2}).laws({"mul": op.add}, s)
Theory("m", {"mul": 2}).laws({"mul": op.add}, "s")
Theory("m", {"mul": 2}).model({"mul": op.linear(a, s)}, Real[s])
Theory("m", {"mul": 2}).extended("n", equations={"idem": "mul(x) = x"})
Theory("m", {"mul": 2}).extended(3); Theory("m", {"mul": 2}) | 3; unary_theory(3)
Monad("m", X, None, None); Monad("m", X, None, None).laws(); Monad("m", 3, 4, 5).laws()
Monad("m", X); Monad("m", X, lambda x: 3, lambda x: 3).laws(); Pointed("p", X, 3).unit(Real[s])
Comonad("c", X, 3, 4).laws(); MonadMorphism("m", 3, 4, 5).laws()
Lax(3, Real[s], Real[a], op.relu); lax_homomorphism(op.relu, Real[s], 3, 4, op.relu)
comonoid_laws(Real[s], op.relu); comonoid_laws(3, op.relu); strength(3, Real[s], Real[a])
strength(X, 3, 4); strength_laws(3); family(3); family([op.relu, 3]); cases(3); beside(3)
beside()
"""


def lines(text: str) -> list[str]:
    return [one.strip() for row in text.strip().splitlines() for one in row.split(";")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", [*lines(RUNS), *lines(TREES), *lines(STEPS), *lines(ALGEBRAS)])
def test_a_wrong_call_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        eval(text, dict(SCOPE))
    problem = caught.value
    printed = problem.render()
    assert problem.help and problem.title in printed
    for word in ("Traceback", "object at 0x", "<function", "NoneType object"):
        assert word not in printed


@pytest.mark.parametrize(
    ("children", "present", "said"),
    [
        ([[1], [2], [1]], [[True], [True], [True]], "node 1 is its own descendant"),
        ([[1.0], [0.0]], [[True], [False]], "`children` is of float64"),
        ([[1], [0]], [[1], [0]], "`present` is of int64"),
        ([[5], [0]], [[True], [False]], "node 0 has the child 5"),
        ([[0], [-1]], [[False], [True]], "node 1 has the child -1"),
        ([1, 0], [True, False], "shape"),
    ],
)
def test_arrays_that_are_no_forest(children: Any, present: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        forests.check(np.array(children), np.array(present))
    assert caught.value.code == "CM050" and caught.value.help


def test_nested_data_that_does_not_end() -> None:
    loop: list[Any] = ["a"]
    loop.append(loop)
    with pytest.raises(SpecError, match="its own descendant"):
        recursion.forest([loop], children=lambda x: x[1:], label=lambda x: x[0])
    table = {"a": ["b", "b"], "b": []}  # the same node twice is no loop
    found = recursion.forest(["a"], children=table.__getitem__, label=str)
    assert found.labels == ["a", "b", "b"]


def test_a_machine_has_as_many_states_as_its_cell_says() -> None:
    machine = recursion.mealy(out_state, over=t)
    assert machine.type_text() == "Real[s] × Real[t, a] → Real[t, o] × Real[s]"
    two = recursion.unfold(both, over=t)
    assert two.type_text() == "Real[s] × Real[k] → Real[t, s] × Real[s] × Real[k]"


def test_one_start_for_each_state() -> None:
    begin = op.parameter(Real[s], name="begin")
    net = fold(composites.lstm_cell(a, s), over=t, start=(begin, 0))
    assert net.type_text() == "Real[t, a] → Real[s] × Real[s]"
    assert "begin" in net.parameters


def test_what_is_right_is_not_refused() -> None:
    for text in (
        "fold(cell, over=t, start=0)",
        "fold(swap(Real[s], Real[a]) >> last, over=t)",
        "mealy(state_out >> swap(Real[s], Real[o]), over=t)",
        "mealy(lstm, over=t, states=2)",
        "rose_fold(swap(Real[a], Real[child, s]) >> tswap, over=node, arity=child)",
        "tree_fold(leaf, binary(tbin), over=node, arity=2)",
        "rooted(tree, node)",
        "again(tree)",
        "step_form(net, over=t)",
        "Moore(op.linear(s, o), cell)",
        "fold(cell, over=t, lengths=True).at(Real[s], Real[t, a], Fin(t + 1)[()])",
    ):
        eval(text, dict(SCOPE))
