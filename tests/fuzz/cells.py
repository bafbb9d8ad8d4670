"""Random cells, run along an axis of a wire: folds, machines, unfoldings, with and without lengths.

The forms that a backend treats apart are proposed on purpose (affine in the state, gates, tropical,
several states, sums), and so are cells grown at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from categorical import Arrow, Dim, arrow, op
from categorical.index import Axis
from categorical.recursion import fold, foldr, mealy, moore, scan, unfold
from categorical.spaces import Array

Grow = Callable[[random.Random, list[Any]], Any]


def cell_of(types: dict[str, Array], body: Callable[..., Any]) -> Arrow:
    """An arrow with these inputs."""
    names = ", ".join(types)
    scope: dict[str, Any] = {"body": body}
    exec(f"def cell({names}):\n    return body({names})", scope)
    scope["cell"].__annotations__ = dict(types)
    return arrow(scope["cell"])


def fitted(rng: random.Random, wire: Any, type_: Array) -> Any:
    """A wire brought to a type: axes that are not there are added, others are summed away."""
    gone = [a for a in wire.type.axes if a not in type_.axes]
    new = [a for a in type_.axes if a not in wire.type.axes]
    while gone and new and rng.random() < 0.7:
        wire = op.linear(gone.pop(), new.pop())(wire)
    if gone:
        wire = op.mean(*gone)(wire)
    if new:
        wire = op.expand(*new)(wire)
    return wire if wire.type is type_ else op.transpose(*type_.axes)(wire)


def square(rng: random.Random, wire: Any) -> Any:
    """A linear map of one axis to itself, if there is one."""
    if not wire.type.axes:
        return op.scale(0.5)(wire)
    one = rng.choice(wire.type.axes)
    return op.linear(one, one)(wire)


def next_state(rng: random.Random, grow: list[Grow], state: Any, entry: Any) -> Any:
    """A new state of the type of the old one."""
    x = fitted(rng, entry, state.type)
    kind = rng.randrange(8)
    if kind == 0:
        return op.tanh(square(rng, state) + x)
    if kind == 1:  # affine, with coefficients that depend on the entry only
        return op.sigmoid(square(rng, x)) * state + op.sin(x)
    if kind == 2:
        return op.maximum(state + x, op.tanh(x))
    if kind == 3:  # a gate that looks at the state: no monoid
        keep = op.sigmoid(square(rng, state) + square(rng, x))
        return keep * state + op.tanh(x) - keep * op.tanh(x)
    if kind == 4:
        return op.scale(0.5)(state) + x
    if kind == 5:
        return op.add(state, x)
    pool = [state, entry]
    for _ in range(rng.randint(1, 4)):
        pool.append(rng.choice(grow)(rng, pool))
    return op.tanh(fitted(rng, pool[-1], state.type) + op.scale(0.5)(state))


def run(rng: random.Random, pool: list[Any], grow: list[Grow]) -> Any:
    """A run along an axis of a wire of the pool."""
    sequences = [w for w in pool if w.type.kind == "real" and len(w.type.axes) >= 2]
    wire = rng.choice(sequences)
    counted = {w.type.values for w in pool if w.type.kind == "fin" and not w.type.axes}
    measured = [a for a in wire.type.axes if a.index + 1 in counted]
    over: Axis = rng.choice(measured or wire.type.axes)
    entry = wire.type.with_axes(tuple(a for a in wire.type.axes if a != over))
    starts = [w for w in pool if w.type.kind == "real" and over not in w.type.axes]
    start = rng.choice(starts) if starts else op.mean(over)(wire)
    front = wire if wire.type.axes[0] == over else op.transpose(over, *entry.axes)(wire)
    state = start.type
    kind = rng.randrange(7)
    reverse, weights = rng.random() < 0.3, "untied" if rng.random() < 0.15 else "tied"
    lengths = [w for w in pool if w.type.kind == "fin" and not w.type.axes]
    lengths = [w for w in lengths if w.type.values is (over.index + 1)]
    more, extra = ({"lengths": True}, lengths[:1]) if lengths and rng.random() < 0.8 else ({}, [])
    step = cell_of({"state": state, "entry": entry}, lambda s, e: next_state(rng, grow, s, e))
    if kind == 0:
        return fold(step, over=over, weights=weights, **more)(start, front, *extra)
    if kind == 1:
        return foldr(step, over=over, weights=weights, **more)(start, front, *extra)
    if kind == 2:
        return scan(step, over=over, reverse=reverse, weights=weights, **more)(start, front, *extra)
    if kind == 3:
        out = cell_of({"state": state}, lambda s: op.sin(square(rng, s)))
        shown, last = moore(out, step, over=over, reverse=reverse, **more)(start, front, *extra)
        return shown if rng.random() < 0.6 else last

    def shows(s: Any, e: Any) -> Any:
        new = next_state(rng, grow, s, e)
        return op.gelu(fitted(rng, new, entry)) + e, new

    if kind == 4:
        cell = cell_of({"state": state, "entry": entry}, shows)
        run_ = mealy(cell, over=over, reverse=reverse, weights=weights, **more)
        return run_(start, front, *extra)[rng.randrange(2)]
    if kind == 5:
        step = cell_of({"state": state}, lambda s: (op.sin(s), op.tanh(square(rng, s))))
        return unfold(step, over=over)(start)[rng.randrange(2)]

    def two(s: Any, z: Any, e: Any) -> Any:
        return next_state(rng, grow, s, e), op.tanh(z) + fitted(rng, s, z.type)

    cell = cell_of({"state": state, "other": state, "entry": entry}, two)
    return fold(cell, over=over, **more)(start, op.sin(start), front, *extra)[rng.randrange(2)]


def lengths_of(dim: Dim) -> Array:
    """The type of the length of a run along a dim."""
    from categorical import Fin

    return Fin(dim + 1).scalar
