"""Composition where a type must be inferred.

Definition.  ``f >> g`` with an open arrow on either side: ``g`` is read at the codomain of ``f``;
an axis that ``g`` reduces and ``f`` lacks is added to the domain of an open ``f``, in front.

Law.  The domain that is found is the least one: every axis in it is used or carried.

>>> from categorical import Dim, op
>>> n, c, h = Dim.named("n c h")
>>> (op.linear(c, h) >> op.mean(n)).dom
(Real[n, c],)

A feature axis is never added after one was contracted:

>>> f, g = op.linear(c, h), op.linear(n, c)
>>> f >> g
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: `f` does not compose with `g`
...
"""

from __future__ import annotations

from categorical import messages
from categorical.arrows import Arrow, OpArrow, Seq, Types, codomain_at
from categorical.errors import SpecError
from categorical.index import Axis
from categorical.records import MissingAxis
from categorical.spaces import Array


def compose(first: Arrow, second: Arrow) -> Arrow:
    """Compose where a type must be inferred, or explain why there is none."""
    if not isinstance(second, Arrow):
        raise messages.not_an_arrow(second)
    if not second.open:
        if first.open and (wider := _widen_to(first, second.dom)) is not None:
            return Seq(wider, second, wider.dom, second.cod, True)
        raise messages.composition(first, second)
    for _ in range(64):
        try:
            if not second.dom and isinstance(second, OpArrow):
                cod: Types = second.op.box(messages.arrays(second, first.cod)).cod
            elif len(first.cod) != len(second.dom):
                raise messages.composition(first, second)
            else:
                cod = codomain_at(second, first.cod)
            return Seq(first, second, first.dom, cod, first.open)
        except MissingAxis as missing:
            if not (first.open and first.dom and (missing.extends or _bare(first))):
                raise messages.composition(first, second, missing) from None
            first = _add_axis(first, missing.axis)
        except SpecError as problem:
            raise messages.composition(first, second, problem) from None
    raise messages.composition(first, second)


def _bare(arrow: Arrow) -> bool:
    """Whether nothing so far fixes an axis, so that a feature axis may still be added."""
    return all(isinstance(one, Array) and not one.axes for one in (*arrow.dom, *arrow.cod))


def _add_axis(arrow: Arrow, axis: Axis) -> Arrow:
    return arrow.retype(
        tuple(
            one.with_axes((axis, *one.axes))
            if isinstance(one, Array) and axis not in one.axes
            else one
            for one in arrow.dom
        )
    )


def _widen_to(arrow: Arrow, wanted: Types) -> Arrow | None:
    """An open arrow at the larger type whose codomain is ``wanted``, if the missing axes do it."""
    if len(arrow.cod) != len(wanted) or len(arrow.dom) != 1:
        return None
    got, want = arrow.cod[0], wanted[0]
    if (
        not isinstance(got, Array)
        or not isinstance(want, Array)
        or not isinstance(arrow.dom[0], Array)
    ):
        return None
    extra = tuple(a for a in want.axes if a not in got.axes)
    try:
        wider = arrow.retype((arrow.dom[0].with_axes((*extra, *arrow.dom[0].axes)),))
    except SpecError:
        return None
    return wider if wider.cod == wanted else None
