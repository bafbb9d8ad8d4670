"""Folds, unfolds and machines: recursion schemes over lists and streams.

Definition.  Lists are *snoc* lists here, ``μX. 1 + X×A``: ``fold(cell)`` reads from the first entry
to the last, as a recurrent network does; ``foldr`` is the fold of cons lists.  An algebra of
``1 + X×A`` on the carrier S is a start ``One → S`` with a cell ``S × A → S``; without the start the
state is an input (lists that end in a state: the free monad).  ``mealy`` and ``moore`` run a
coalgebra of ``I → (O×X)`` and of ``O × (I → X)`` along given inputs, ``unfold`` one of ``O×X``
for a bounded time, and ``hylo`` is an unfolding that is folded at once, with no sequence between.

Laws (``f = fold(cell, start=s)``).  ``f([]) = s`` and ``f(xs ++ [x]) = cell(f(xs), x)``; f is the
only arrow with these two.  If ``h(s) = s'`` and ``h(cell(y, x)) = cell'(h(y), x)`` then
``h ∘ f = f'`` (fusion).  ``scan`` returns the states after each step; its last one is the fold.
A Moore machine is the Mealy machine ``⟨out ∘ state, next⟩``.

``mealy_cell``, ``moore_cell`` and ``unfold_cell`` make a cell of an output and a next state: with
the folding cell (a start and ``S × A → S``) and the one of trees, the five cells of Gavranović et
al. 2024, Figure 1.

>>> from categorical import Dim, Real, op
>>> t, a, s, o = Dim.named("t a s o")
>>> cell = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> fold(cell, over=t, start=0).type_text()
'Real[t, a] → Real[s]'
>>> scan(cell, over=t, start=0).type_text()
'Real[t, a] → Real[t, s]'
>>> moore(op.linear(s, o), cell, over=t).type_text()
'Real[s] × Real[t, a] → Real[t, o] × Real[s]'

The start must be a state:

>>> fold(cell, over=t, start=op.zeros(Real[a]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: the start of a fold is no state of its cell
...
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from categorical.arrows import Arrow, Transformed, Types, copy, identity, swap
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph
from categorical.index import Axis, IndexSet
from categorical.recursion import mistakes, rewriting
from categorical.recursion.machine import machine
from categorical.recursion.mistakes import Start


@checked
def fold(
    cell: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    shared: int = 0,
    lengths: bool = False,
    weights: str = "tied",
    name: str = "cell",
) -> Arrow:
    """``S × A[t] → S``, from the first entry to the last; with ``start``, ``A[t] → S``.

    ``cell``: ``S × A → S``, where A may be several wires; the last ``shared`` inputs are read whole
    at every step.  ``over`` is the axis of the steps.  ``start``: a number, a number or an arrow
    without inputs for each state, or one arrow for all; without it the states are inputs.
    ``lengths=True`` adds an input ``lengths``, Fin(t + 1), after which the state is kept.
    """
    options = dict(shared=shared, lengths=lengths, weights=weights, name=name)
    return _folded(cell, over, start, "fold", **options)


@checked
def foldr(
    cell: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    shared: int = 0,
    lengths: bool = False,
    weights: str = "tied",
    name: str = "cell",
) -> Arrow:
    """The fold of cons lists: as ``fold``, from the last entry to the first."""
    options = dict(shared=shared, lengths=lengths, weights=weights, name=name)
    return _folded(cell, over, start, "foldr", reverse=True, **options)


def _folded(
    cell: Arrow, over: IndexSet | Axis | int, start: Start, title: str, **options: Any
) -> Arrow:
    """A cell ``S × A → S`` run along an axis, its last states."""
    axis, states = mistakes.run_axis(over), len(cell.cod)
    mistakes.check_carrier(cell, states, title)
    run = machine(cell, axis, states, title=title, **options)
    return started(run, cell.dom[:states], start)


@checked
def scan(
    cell: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    reverse: bool = False,
    shared: int = 0,
    lengths: bool = False,
    weights: str = "tied",
    name: str = "cell",
) -> Arrow:
    """``S × A[t] → S[t]``: the states after each step (past a length they are 0)."""
    states = len(cell.cod)
    axis = mistakes.run_axis(over)
    mistakes.check_carrier(cell, states, "scan")
    run = machine(
        shown(cell),
        axis,
        states,
        shared=shared,
        reverse=reverse,
        lengths=lengths,
        weights=weights,
        name=name,
        title="scan",
    )
    types = cell.dom[:states]
    return _first(started(run, types, start), states)


@checked
def mealy(
    cell: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    states: int | None = None,
    reverse: bool = False,
    shared: int = 0,
    lengths: bool = False,
    weights: str = "tied",
    name: str = "cell",
) -> Arrow:
    """``S × I[t] → O[t] × S``: a coalgebra of ``I → (O×X)`` run along inputs.

    ``cell``: ``S × I → O × S``, with ``states`` wires in S (to be said where the types of the cell
    leave it open).
    """
    axis = mistakes.run_axis(over)
    states = mistakes.carrier_size(cell, states, shared)
    mistakes.check_carrier(cell, states, "mealy")
    run = machine(
        cell,
        axis,
        states,
        shared=shared,
        reverse=reverse,
        lengths=lengths,
        weights=weights,
        name=name,
        title="mealy",
    )
    return started(run, cell.dom[:states], start)


@checked
def moore(
    out: Arrow,
    next: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    reverse: bool = False,
    lengths: bool = False,
    name: str = "cell",
) -> Arrow:
    """``S × I[t] → O[t] × S``: the output is read off the state before the input is seen.

    ``out``: ``S → O``; ``next``: ``S × I → S``.
    """
    cell = moore_cell(out, next)
    states = len(next.cod)
    axis = mistakes.run_axis(over)
    run = machine(cell, axis, states, reverse=reverse, lengths=lengths, name=name, title="moore")
    return started(run, next.dom[:states], start)


@checked
def mealy_cell(out: Arrow, next: Arrow) -> Arrow:
    """The cell ``S × I → O × S`` of ``out: S × I → O`` and ``next: S × I → S``."""
    _parts("Mealy", out, next, len(next.dom), "out: S × I → O and next: S × I → S")
    return copy(next.dom) >> (out @ next)


@checked
def moore_cell(out: Arrow, next: Arrow) -> Arrow:
    """The Moore machine ``out: S → O``, ``next: S × I → S`` as a Mealy cell ``S × I → O × S``."""
    states = len(next.cod)
    _parts("Moore", out, next, states, "out: S → O and next: S × I → S")
    return (copy(out.dom) @ identity(*next.dom[states:])) >> (out @ next)


@checked
def unfold_cell(out: Arrow, next: Arrow) -> Arrow:
    """The cell ``S → O × S`` of ``out: S → O`` and ``next: S → S``."""
    _parts("stream", out, next, len(next.dom), "out: S → O and next: S → S")
    return copy(next.dom) >> (out @ next)


def _parts(kind: str, out: Arrow, next: Arrow, count: int, wanted: str) -> None:
    """The two parts of a cell read the same wires, and the second returns to the states."""
    states = len(next.cod)
    if out.dom != next.dom[:count] or next.cod != next.dom[:states] or not states:
        raise SpecError(
            "CM045",
            f"the two parts of a {kind} cell have different states",
            facts=[("out", out.type_text()), ("next", next.type_text())],
            help=rewriting.parts_in_order(out, next, kind, wanted),
        )


@checked
def unfold(
    cell: Arrow,
    over: IndexSet | Axis | int | None = None,
    start: Start = None,
    *,
    states: int | None = None,
    shared: int = 0,
    reverse: bool = False,
    weights: str = "tied",
    name: str = "cell",
) -> Arrow:
    """``S → O[t] × S``: the first t outputs of the stream of a coalgebra ``S → O × S``.

    ``cell``: all its inputs are ``states``, but for the last ``shared``.
    """
    axis = mistakes.run_axis(over)
    if states is None:
        states = len(cell.dom) - shared
        if states > len(cell.cod) or cell.dom[:states] != cell.cod[len(cell.cod) - states :]:
            states = 1
    mistakes.check_carrier(cell, states, "unfold")
    if len(cell.dom) != states + shared:
        raise SpecError(
            "CM045",
            f"`{cell.label()}` reads inputs: it is no coalgebra of O × X",
            facts=[("the cell", cell.type_text())],
            help=rewriting.called("mealy", "run it along its inputs"),
        )
    run = machine(
        cell,
        axis,
        states,
        shared=shared,
        reverse=reverse,
        weights=weights,
        name=name,
        title="unfold",
    )
    return started(run, cell.dom[:states], start)


@checked
def hylo(
    coalgebra: Arrow,
    algebra: Arrow,
    over: IndexSet | Axis | int | None = None,
    start: Start = None,
    *,
    name: str = "cell",
) -> Arrow:
    """``T × S → T × S``: ``unfold(coalgebra)`` folded by ``algebra``, no sequence in between.

    ``coalgebra``: ``T → O × T``; ``algebra``: ``S × O → S``.
    """
    axis = mistakes.run_axis(over)
    kept, states = len(coalgebra.dom), len(algebra.cod)
    made = coalgebra.cod[: len(coalgebra.cod) - kept]
    mistakes.check_carrier(coalgebra, kept, "unfold")
    mistakes.check_carrier(algebra, states, "fold")
    if len(coalgebra.cod) < kept or not algebra.dom or algebra.dom[states:] != made:
        raise SpecError(
            "CM045",
            "the algebra does not read what the coalgebra makes",
            facts=[("coalgebra", coalgebra.type_text()), ("algebra", algebra.type_text())],
            help=["coalgebra: T → O × T and algebra: S × O → S"],
        )
    middle = coalgebra.cod[len(made) :]
    carried = algebra.dom[:states]
    cell = (
        (coalgebra @ identity(*carried))
        >> swap(made, (*middle, *carried))
        >> (identity(*middle) @ algebra)
    )
    run = machine(cell, axis, kept + states, name=name, title="hylo")
    return started(run, (*coalgebra.dom, *algebra.dom[:states]), start)


# --- wires ----------------------------------------------------------------------------------------


def started(run: Arrow, types: Types, start: Start) -> Arrow:
    """The run from given states."""
    if start is None:
        return run
    begin = mistakes.start_of(start, types)
    rest = run.dom[len(types) :]

    def make(_: Types) -> Graph:
        builder = Builder()
        inner = run.graph()
        ins = [
            builder.input(inner.types[w], inner.wire_name(w)) for w in inner.inputs[len(types) :]
        ]
        states = builder.splice(begin.graph(), [])
        return builder.finish(builder.splice(inner, [*states, *ins]))

    return Transformed(run, make, run.label(), rest, False)


@checked
def shown(cell: Arrow, count: int | None = None) -> Arrow:
    """A cell ``S × A → S`` that shows its (first ``count``) new states: ``S × A → S × S``."""
    if count is not None and not 0 <= count <= len(cell.cod):
        raise SpecError(
            "CM045",
            f"`{cell.label()}` has no {count} states to show",
            facts=[("the cell", cell.type_text())],
            help=[f"a number from 0 to {len(cell.cod)}"],
        )

    def make(types: Types) -> Graph:
        inner = cell.retype(types).graph()
        return replace(inner, outputs=[*inner.outputs[:count], *inner.outputs])

    return Transformed(cell, make, cell.label(), cell.dom, cell.open)


def _first(run: Arrow, count: int) -> Arrow:
    """The run with its first outputs alone."""

    def make(types: Types) -> Graph:
        inner = run.retype(types).graph()
        return replace(inner, outputs=inner.outputs[:count])

    return Transformed(run, make, run.label(), run.dom, run.open)


__all__ = [
    "fold",
    "foldr",
    "hylo",
    "mealy",
    "mealy_cell",
    "moore",
    "moore_cell",
    "scan",
    "shown",
    "started",
    "unfold",
    "unfold_cell",
]
