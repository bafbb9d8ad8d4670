"""The operator ``pullback``: cotangents of the inputs of its body, from those of its outputs.

Definition.  For a body f : A → B the box ``pullback(f)`` is R[f] : A × B′ → A′, where A′ has one
wire for each numeric wire of A.  Its meaning in any algebra is that of f on a tape over it.  It is
what ``R`` gives for an operation without a shorter record, and how a gradient stands in a spec.

Laws.  Additive in the cotangent; equal to the expression ``reverse(f)``.

>>> from categorical import Dim, Real, arrow, op, tie
>>> c, h = Dim.named("c h")
>>> critic = tie((op.linear(c, h) >> op.tanh >> op.sum(h)).named("critic"))
>>> pullback(critic).type_text()
'Real[c] × Real[()] → Real[c]'

The weights are those of the body: a loss may use the critic and its gradient.

>>> @arrow
... def slope(x: Real[c]) -> Real:
...     return op.sum(c)(op.square(gradient(critic)(x))) + critic(x)
>>> sorted(slope.parameters)
['critic.linear.bias', 'critic.linear.weight']

A gradient is of one number:

>>> gradient(op.tanh.at(Real[c]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM056]: `tanh` has no gradient: it is no number
...
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from categorical.arrows import Arrow, Types
from categorical.checked import checked
from categorical.derivatives.crossing import refuse_crossed
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Narrowed, Operator, OperatorBox
from categorical.messages import arrays
from categorical.origin import Origin
from categorical.para import instance
from categorical.records import Context, Op
from categorical.semantics.tapes import Tape
from categorical.spaces import Array, Real


def numeric(one: Array) -> bool:
    """Whether a wire has a cotangent: indices and masks have none."""
    return one.kind in ("real", "complex")


def _meaning(ctx: Context, box: OperatorBox, run: Any, values: Sequence[Any]) -> list[Any]:
    body = box.regions[0]
    tape = Tape(ctx.algebra)
    ins = [
        tape.variable(v) if numeric(t) else v
        for v, t in zip(values[: len(body.inputs)], body.dom, strict=True)
    ]
    found = run(0, ins, within=tape)
    outs = [y for y, t in zip(found, body.cod, strict=True) if numeric(t)]
    return tape.pull(outs, values[len(body.inputs) :], [ins[i] for i in box.attrs["wrt"]])


def _narrowed(box: OperatorBox, used: Sequence[bool]) -> Narrowed:
    """Cotangents that nobody reads are not asked for."""
    ins, outs = tuple(range(len(box.dom))), tuple(i for i, one in enumerate(used) if one)
    if len(outs) == len(box.cod):
        return Narrowed(box, ins, outs)
    cod, wrt = (tuple(one[i] for i in outs) for one in (box.cod, box.attrs["wrt"]))
    return Narrowed(replace(box, cod=cod, attrs={**box.attrs, "wrt": wrt}), ins, outs)


PULLBACK = Operator(
    "pullback",
    "the cotangents of the inputs of an arrow, from those of its outputs",
    prefixes=lambda box, sizes: [""],
    meaning=_meaning,
    narrowed=_narrowed,
)


def real_only(types: Iterable[Array]) -> None:
    """CM055 where a wire is complex."""
    complex_ = [t for t in types if t.kind == "complex"]
    if complex_:
        raise SpecError(
            "CM055",
            "the reverse derivative of complex wires is not defined here",
            facts=[("a wire", str(complex_[0])), ("reason", "it depends on a choice: conjugates")],
            help=["keep the real and the imaginary part as two Real wires"],
        )


def pulled(body: Graph, wrt: Sequence[int] | None = None) -> OperatorBox:
    """The box of R[body]; ``wrt`` says which inputs get a cotangent (all that are numeric)."""
    places = tuple(i for i, t in enumerate(body.dom) if numeric(t)) if wrt is None else tuple(wrt)
    real_only((*body.dom, *body.cod))
    dom = (*body.dom, *(t for t in body.cod if numeric(t)))
    return OperatorBox(PULLBACK, (body,), dom, tuple(body.dom[i] for i in places), {"wrt": places})


class Pullback(Arrow):
    """R[f] as one box, with the weights of f."""

    __slots__ = ("body", "unit")

    def __init__(self, body: Arrow, unit: bool) -> None:
        self.body, self.unit = body, unit
        box = pulled(body.graph())
        super().__init__(tuple(body.graph().dom) if unit else box.dom, box.cod)

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        types: Types = tuple(self.body.dom)
        name, graph = instance(builder, self.body, types)
        if self.unit:
            from categorical.ops.constant import FULL

            one = Op(FULL, space=graph.cod[0], value=1.0)
            ins = (*ins, *builder.apply(one, (), "one"))
        return builder.operate(pulled(graph), ins, name, origin)

    def label(self) -> str:
        return f"{'gradient' if self.unit else 'pullback'}({self.body.label()})"


@checked
def pullback(arrow: Arrow) -> Arrow:
    """R[f] : A × B′ → A′ as one box; its weights are those of f (shared where f is tied)."""
    arrays(arrow, arrow.dom)
    refuse_crossed(arrow.graph())
    return Pullback(arrow, False)


@checked
def gradient(arrow: Arrow) -> Arrow:
    """A → A′ for f : A → Real: R[f] at the cotangent 1."""
    if arrow.cod != (Real.scalar,):
        raise SpecError(
            "CM056",
            f"`{arrow.label()}` has no gradient: it is no number",
            facts=[("it is", arrow.type_text()), ("a gradient is of", "A → Real")],
            help=["take a sum or mean first, or give a cotangent:  pullback(f)(x, g)"],
        )
    refuse_crossed(arrow.graph())
    return Pullback(arrow, True)
