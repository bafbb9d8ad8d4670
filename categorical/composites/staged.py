"""Folds over a list of values of different types: one encoder for each, values that may be missing.

Definition.  An encoder is an arrow ``S × M → S`` for a type M of its own.  ``optional(f)`` is
``S × M × Bool → S``: f where the value is there, else the state as it is (a value of M + 1).
``stages(f, g, …)`` is ``S × M × N × … → S × S × …``, the states after each stage: the composite of
the encoders, with what every prefix of the list gives.

Laws.  With its value missing a stage is the identity, so a list without it has the same states.
The state after a stage does not depend on the values of later ones.

>>> from categorical import Dim, Real, op
>>> s, a, b = Dim.named("s a b")
>>> read = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> hear = (op.linear(s, s) @ op.linear(b, s)) >> op.add >> op.tanh
>>> optional(read).type_text()
'Real[s] × Real[a] × Bool[()] → Real[s]'
>>> stages(optional(read), hear).type_text()
'Real[s] × Real[a] × Bool[()] × Real[b] → Real[s] × Real[s]'

All encoders have one state:

>>> stages(read, op.linear(a, a))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: encoder 2 does not return to the state of the first
...
"""

from __future__ import annotations

from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.messages import arrays
from categorical.spaces import Bool


@checked
def optional(encoder: Arrow) -> Arrow:
    """``S × M × Bool → S``: the encoder where its value is there, the state where it is missing."""
    _check((encoder,))
    axes = arrays(encoder, encoder.cod)[0].axes

    def optional(*wires: Any) -> Any:
        *given, there = wires
        present = op.expand(*axes)(there) if axes else there
        return op.where(present, encoder(*given), given[0])

    names = ["state", *(f"value_{i}" for i in range(1, len(encoder.dom))), "present"]
    return wired((*encoder.dom, Bool[()]), names, optional)


@checked
def stages(*encoders: Arrow) -> Arrow:
    """``S × M × N × … → S × S × …``: the states after each encoder."""
    _check(encoders)

    def stages(*wires: Any) -> Any:
        state, left, found = wires[0], list(wires[1:]), []
        for one in encoders:
            state = one(state, *(left.pop(0) for _ in one.dom[1:]))
            found.append(state)
        return tuple(found) if len(found) > 1 else state

    values = tuple(type_ for one in encoders for type_ in one.dom[1:])
    names = ["state", *(f"value_{i + 1}" for i in range(len(values)))]
    return wired((encoders[0].dom[0], *values), names, stages)


def _check(encoders: tuple[Arrow, ...]) -> None:
    if not encoders:
        raise SpecError("CM045", "a fold over no encoders", help=["stages(first, second, …)"])
    state = encoders[0].dom[:1]
    for place, one in enumerate(encoders):
        if not state or one.dom[:1] != state or one.cod != state:
            raise SpecError(
                "CM045",
                f"encoder {place + 1} does not return to the state of the first",
                facts=[("encoder", one.type_text()), ("first", encoders[0].type_text())],
                help=["an encoder takes the state first and returns it:  S × M → S"],
            )
