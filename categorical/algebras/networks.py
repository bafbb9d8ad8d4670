"""The network of an algebra: the arrow out of the initial algebra, read off the functor.

Definition.  ``network(a, over)`` takes the one square ``f ∘ in = a ∘ F(f)`` at its word: F says
what f is.  An algebra of ``Z + A × X`` is folded over lists of A that end in Z (``One`` for Z: the
start), one of ``A + X²``, ``1 + A × X²`` or a power ``X ** child`` over forests; a coalgebra of
``O × X`` is unfolded, one of ``I → O × X`` is run along inputs (a full recurrent network), and so
is a Moore machine.  Factors stand in any order.  ``over`` is the axis of the steps, or the nodes.

Laws.  f is the only arrow with its square (``specs/paper``: eq. 1–6 and 13–21).  The parameters of
f are those of a: the unrolled network is tied along Δ.

>>> from categorical import Dim, Real, case, op
>>> from categorical.algebras.algebra import Algebra
>>> from categorical.algebras.polynomial import X
>>> t, a, s, node = Dim.named("t a s node")
>>> cell = (op.linear(a, s) @ op.linear(s, s)) >> op.add >> op.tanh
>>> lists = Algebra(1 + Real[a] * X, Real[s], case(op.zeros(Real[s]), cell))
>>> network(lists, over=t).type_text()
'Real[t, a] → Real[s]'
>>> pair = (op.linear(s, s) @ op.linear(s, s)) >> op.add >> op.tanh
>>> trees = Algebra(Real[a] + X**2, Real[s], case(op.linear(a, s), pair))
>>> network(trees, over=node).type_text()
'Real[node, a] × Fin(node)[node, 2] × Bool[node, 2] → Real[node, s]'

A functor with more recursion than lists and trees have is told so:

>>> network(Algebra(X + X, Real[s], [op.tanh.at(Real[s]), op.sin.at(Real[s])]), over=t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: no network is known for the functor X + X
...
"""

from __future__ import annotations

from categorical.algebras.algebra import Algebra
from categorical.algebras.coalgebra import Coalgebra, Moore
from categorical.algebras.polynomial import Constant, Polynomial, Term
from categorical.arrows import Arrow, Types, Wiring, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet
from categorical.recursion.folds import fold, mealy, moore, unfold
from categorical.recursion.trees import binary, leaf_labelled, node_labelled, tree_fold


@checked
def network(
    of: Algebra | Coalgebra | Moore,
    over: IndexSet | Axis | int,
    *,
    lengths: bool = False,
    name: str = "cell",
) -> Arrow:
    """The fold, the unfolding or the machine of an algebra or coalgebra; see the module.

    ``lengths`` adds an input ``Fin(over + 1)`` to lists and machines.  CM048 where the functor is
    neither that of lists, of trees, of streams nor of machines.
    """
    if isinstance(of, Moore):
        return moore(of.out, of.next, over, lengths=lengths, name=name)
    if isinstance(of, Coalgebra):
        return _machine(of, over, lengths, name)
    if not isinstance(of.of, Polynomial) or len(of.of.terms) != 2:
        raise _unknown(of)
    base, step = sorted(of.of.terms, key=_slots)
    leaf, cell = (of.structure.arrows[of.of.terms.index(one)] for one in (base, step))
    if _slots(base) or not _slots(step):
        raise _unknown(of)
    powers = [one for one in step if not isinstance(one, Constant)]
    if [one.axes for one in powers] == [()]:
        return _list(of, leaf, _states_first(step, of.carrier.wires, cell), over, lengths, name)
    if lengths:
        raise SpecError("CM048", "trees have no lengths", help=["leave out lengths=True"])
    if [one.axes for one in powers] == [(), ()]:
        return _tree(leaf, binary(_states_last(step, of.carrier.wires, cell)), over, 2, name)
    if len(powers) == 1 and len(powers[0].axes) == 1:
        cell = _states_last(step, of.carrier.wires, cell)
        return _tree(leaf, cell, over, powers[0].axes[0], name)
    raise _unknown(of)


def _list(
    of: Algebra,
    leaf: Arrow,
    cell: Arrow,
    over: IndexSet | Axis | int,
    lengths: bool,
    name: str,
) -> Arrow:
    """``A[t] → S``, or ``Z × A[t] → S`` for lists that end in Z."""
    if not leaf.dom:
        return fold(cell, over, leaf, lengths=lengths, name=name)
    run = fold(cell, over, lengths=lengths, name=name)
    return (leaf @ identity(*run.dom[len(of.carrier.wires) :])) >> run


def _tree(
    leaf: Arrow, cell: Arrow, over: IndexSet | Axis | int, arity: IndexSet | Axis | int, name: str
) -> Arrow:
    """The fold over forests, by where the labels are."""
    if isinstance(over, int):
        raise SpecError("CM048", "the nodes of a forest are a dim", help=['node = Dim("node")'])
    labels = len(cell.dom) - len(leaf.cod)
    if not labels:
        return leaf_labelled(leaf, cell, over, arity, name=name)
    if not leaf.dom:
        return node_labelled(leaf, cell, over, arity, name=name)
    return tree_fold(leaf, cell, over, arity, name=name)


def _machine(of: Coalgebra, over: IndexSet | Axis | int, lengths: bool, name: str) -> Arrow:
    """``S → O[t] × S``, or ``S × I[t] → O[t] × S``."""
    terms, carrier = of.functor.terms, of.carrier.wires
    if not isinstance(of.of, Polynomial) or len(terms) != 1 or _slots(terms[0]) != 1:
        raise _unknown(of)
    if any(not isinstance(one, Constant) and one.axes for one in terms[0]):
        raise _unknown(of)
    (cell,) = of.structure.arrows
    constants, slots = _places(terms[0], carrier)
    cell = _wired(cell, (*constants, *slots))
    if of.functor.given:
        return mealy(cell, over, states=len(carrier), lengths=lengths, name=name)
    if lengths:
        raise SpecError("CM048", "a stream has no lengths", help=["leave out lengths=True"])
    return unfold(cell, over, states=len(carrier), name=name)


# --- wires ----------------------------------------------------------------------------------------


def _slots(term: Term) -> int:
    """How often X occurs in a term."""
    return sum(not isinstance(one, Constant) for one in term)


def _places(term: Term, carrier: Types) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Which wires of a term are constants, and which are those of X."""
    constants: list[int] = []
    slots: list[int] = []
    for one in term:
        at = len(constants) + len(slots)
        if isinstance(one, Constant):
            constants.append(at)
        else:
            slots += range(at, at + len(carrier))
    return tuple(constants), tuple(slots)


def _wired(arrow: Arrow, order: tuple[int, ...]) -> Arrow:
    """The outputs of an arrow in another order."""
    alike = order == tuple(range(len(order)))
    return arrow if alike else arrow >> Wiring(arrow.cod, order, "wires")


def _read(arrow: Arrow, order: tuple[int, ...]) -> Arrow:
    """The inputs of an arrow in another order: input i is ``arrow``'s input ``order[i]``."""
    if order == tuple(range(len(order))):
        return arrow
    dom = tuple(arrow.dom[i] for i in order)
    return Wiring(dom, tuple(order.index(i) for i in range(len(order))), "wires") >> arrow


def _states_first(term: Term, carrier: Types, cell: Arrow) -> Arrow:
    constants, slots = _places(term, carrier)
    return _read(cell, (*slots, *constants))


def _states_last(term: Term, carrier: Types, cell: Arrow) -> Arrow:
    constants, slots = _places(term, carrier)
    return _read(cell, (*constants, *slots))


def _unknown(of: Algebra | Coalgebra) -> SpecError:
    kinds = "Z + A × X, A + X², 1 + A × X², A + X ** child; O × X and I → O × X of coalgebras"
    return SpecError(
        "CM048",
        f"no network is known for the functor {of.of}",
        facts=[("known", kinds)],
        help=["unroll it to a depth: categorical.algebras.free"],
    )
