"""Sharing: one arrow in several places of a diagram is one set of weights.

Definition.  ``shared(f)`` is f with every part that has weights tied: all uses of the result
in one arrow read one set of weights, under the names of the parts.

Law.  ``shared(f)`` is f; ``shared(f) >> shared(f)`` (of one object) has the weights of f once.

>>> from categorical import Dim, op
>>> d = Dim("d")
>>> step = shared(op.linear(d, d) >> op.tanh)
>>> list((step >> step).parameters)
['linear.weight', 'linear.bias']
>>> list((op.linear(d, d) >> op.linear(d, d)).parameters)[2:]
['linear_2.weight', 'linear_2.bias']

Noise is drawn anew at every use, and cannot be shared:

>>> from categorical import Real
>>> shared(op.dropout(0.5).at(Real[d]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM014]: ...
...
"""

from __future__ import annotations

from categorical.arrows import Arrow, Par, Seq
from categorical.para import Tied, tie


def shared(arrow: Arrow) -> Arrow:
    """The arrow with its weighted parts tied; iterative, each part once."""
    done: dict[int, Arrow] = {}
    pending = [arrow]
    while pending:
        one = pending[-1]
        parts = _parts(one)
        missing = [p for p in parts if id(p) not in done]
        if missing:
            pending.extend(missing)
            continue
        pending.pop()
        if id(one) not in done:
            done[id(one)] = _rebuilt(one, [done[id(p)] for p in parts])
    return done[id(arrow)]


def _parts(arrow: Arrow) -> tuple[Arrow, ...]:
    if isinstance(arrow, Seq):
        return arrow.first, arrow.second
    return (arrow.left, arrow.right) if isinstance(arrow, Par) else ()


def _rebuilt(arrow: Arrow, parts: list[Arrow]) -> Arrow:
    if isinstance(arrow, Seq):
        if parts[0] is arrow.first and parts[1] is arrow.second:
            return arrow
        return Seq(parts[0], parts[1], arrow.dom, arrow.cod, arrow.open)
    if isinstance(arrow, Par):
        if parts[0] is arrow.left and parts[1] is arrow.right:
            return arrow
        return Par(parts[0], parts[1], arrow.dom, arrow.cod)
    if isinstance(arrow, Tied) or not arrow.graph().resources({}):
        return arrow
    return tie(arrow)
