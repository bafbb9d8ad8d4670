"""Residual connections: what an arrow computes is added to its input.

Definition.  ``residual(f)(x, …) = x + f(x, …)``: one use of ``x`` goes through ``f``, a copy around
it.

Laws.  ``residual(0)`` is the identity; it is natural for whatever f is natural for.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> residual(op.linear(c, c) >> op.relu)
residual((linear >> relu)): Real[c] → Real[c]
>>> residual(op.linear(c, c)).at(Real[n, c])
residual(linear): Real[n, c] → Real[n, c]

The width must come back:

>>> residual(op.linear(c, h) >> op.relu)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM010]: a residual connection around ...
...
"""

from __future__ import annotations

from categorical import declaring, messages, op
from categorical.arrows import Arrow, Seq, Types, Wiring, brief
from categorical.errors import Help, SpecError


class Residual(Seq):
    """``copy >> (identity @ f) >> add``, shown by its name."""

    __slots__ = ("body",)

    def __init__(self, body: Arrow, made: Seq) -> None:
        self.body = body
        super().__init__(made.first, made.second, made.dom, made.cod, made.open)

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Residual(self.body, Seq(self.first, self.second, dom, cod, True))

    def label(self) -> str:
        return f"residual({brief(self.body)})"


def residual(body: Arrow) -> Arrow:
    """``x + body(x, …)``; further inputs of ``body`` (a mask, say) are passed on to it.

    Raises ``SpecError`` (CM010) unless the type of the result is that of the first input.
    """
    if not isinstance(body, Arrow):
        raise messages.not_an_arrow(body)
    if len(body.cod) != 1 or body.cod[0] is not body.dom[0]:
        facts = [("from", messages.side(body.dom[:1])), ("to", messages.side(body.cod))]
        helps: list[Help] = []
        if len(body.cod) == 1:
            text, _ = messages.difference(body.cod[0], body.dom[0])
            facts += [("difference", text)] if text else []
            helps = declaring.closing(body)
        raise SpecError(
            "CM010",
            f"a residual connection around `{body.label()}` changes its type",
            facts=facts,
            help=helps or ["`x + f(x)` needs `f` to return the type of x"],
        )
    around = Wiring(body.dom[:1], (0,), "identity", body.open)
    doubled = Wiring(body.dom, (0, *range(len(body.dom))), "copy", body.open)
    made = doubled >> (around @ body) >> op.add
    assert isinstance(made, Seq)
    return Residual(body, made)
