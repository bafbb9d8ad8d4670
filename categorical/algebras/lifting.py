"""Lifting along axes: the power of a wire, and of an arrow, by index sets.

Definition.  ``lift(A, axes)`` is A at every index of the axes, which stand in front; an axis that A
has already is told apart by the label ``of2``, ``of3``, ….  ``lifted(f, axes)`` applies f at every
index; ``constant(A, axes)`` repeats a wire.

Laws.  ``lifted`` is a functor, and ``constant`` is natural: f after repeating is repeating after f.

>>> from categorical import Dim, Real, op
>>> from categorical.index import axis
>>> n, m = Dim.named("n m")
>>> along = axis(n)
>>> lift(Real[m], (along,)), lift(lift(Real[n], (along,)), (along,))
(Real[n, m], Real[n.at("of3"), n.at("of2"), n])
>>> lifted(op.relu.at(Real[n]), (along,))
stack(relu): Real[n.at("of2"), n] → Real[n.at("of2"), n]

What is no array has no entries to repeat:

>>> from categorical import One
>>> lift(Real[n] + One, (axis(m),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the power of Real[n] + One by `m` is no array
...
"""

from __future__ import annotations

from categorical import op
from categorical.arrows import Arrow, identity
from categorical.errors import SpecError
from categorical.index import Axis
from categorical.spaces import Array, Space


def lift(one: Space, axes: tuple[Axis, ...]) -> Array:
    """The type of a wire at every index of some axes."""
    if not isinstance(one, Array):
        raise SpecError("CM048", f"the power of {one} by `{axes[0] if axes else ''}` is no array")
    for along in reversed(axes):
        one = one.with_axes((_free(along, one.axes), *one.axes))
    return one


def _free(along: Axis, taken: tuple[Axis, ...]) -> Axis:
    number = 2
    found = along
    while found in taken:
        found = along.index.at(f"of{number}")
        number += 1
    return found


def lifted(arrow: Arrow, axes: tuple[Axis, ...]) -> Arrow:
    """The arrow at every index of some axes."""
    if not axes:
        return arrow
    if not arrow.dom and not arrow.cod:
        return arrow
    dom, cod = ([lift(w, axes) for w in side] for side in (arrow.dom, arrow.cod))
    count = len(axes)
    heads = {w.axes[:count] for w in (*dom, *cod)}
    head = (
        next(iter(heads))
        if len(heads) == 1
        else tuple(a.index.at(f"lifted{i}") for i, a in enumerate(axes))
    )
    inner = arrow.over(*head)
    if heads == {head}:
        return inner
    before = _beside([_renamed(w, w.axes[:count], head) for w in dom])
    after = [_renamed(w.with_axes((*head, *w.axes[count:])), head, w.axes[:count]) for w in cod]
    return before >> inner >> _beside(after)


def _beside(parts: list[Arrow]) -> Arrow:
    made = parts[0] if parts else identity()
    for part in parts[1:]:
        made = made @ part
    return made


def _renamed(wire: Array, old: tuple[Axis, ...], new: tuple[Axis, ...]) -> Arrow:
    """Relabel axes one by one; those that stay are left alone."""
    made: Arrow = identity(wire)
    for before, after in zip(old, new, strict=True):
        if before is not after:
            made = made >> op.relabel(before, after)
    return made


def constant(wire: Space, axes: tuple[Axis, ...]) -> Arrow:
    """A wire repeated at every index of some axes."""
    if not axes:
        return identity(wire)
    full = lift(wire, axes)
    return identity(wire) >> op.expand(*full.axes[: len(axes)])
