"""Opaque operations: any typed torch function as a generator.

Definition.  ``opaque`` names a torch function, gives its type and its meaning on numpy arrays.  The
function acts on trailing axes; leading axes are a batch.

Laws.  Nothing is known of it but its type: a law of an arrow that holds one is at most TESTED.  A
build compares the torch function with the meaning, and its gradient if a derivative is given.

>>> import numpy as np
>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> op.opaque("torch.special.expm1", Real[n], Real[n], meaning=np.expm1)
expm1: Real[n] → Real[n]

Another type than the declared one is refused:

>>> op.opaque("torch.special.expm1", Real[n], Real[n], meaning=np.expm1).at(Real[Dim("m")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: `expm1` does not take these wires
...
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from categorical import messages
from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.semantics.algebra import OutsideFragment
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.spaces import Array, Space, space

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?\Z", re.ASCII)


class Function:
    """A Python function as an attribute: it prints as its name, so that hashes do not vary."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and self.call is other.call

    def __hash__(self) -> int:
        return hash(self.call)

    def __repr__(self) -> str:
        return str(getattr(self.call, "__qualname__", getattr(self.call, "__name__", "function")))


def _typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    wanted: tuple[Array, ...] = op["inputs"]
    name = short(op["torch"])
    common.count(name, inputs, len(wanted))
    extra = len(inputs[0].axes) - len(wanted[0].axes) if inputs else 0
    lead = inputs[0].axes[:extra] if extra > 0 else ()
    if inputs != tuple(one.with_axes((*lead, *one.axes)) for one in wanted):
        facts = [
            ("it got", messages.side(inputs)),
            (f"`{name}`", f"expects  {messages.side(wanted)}"),
        ]
        raise SpecError("CM001", f"`{name}` does not take these wires", facts=facts)
    return Signature(tuple(one.with_axes((*lead, *one.axes)) for one in op["outputs"]))


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    name = short(box.op["torch"])
    if isinstance(ctx.algebra, FloatAlgebra):
        found = tuple(np.asarray(v) for v in _tuple(box.op["meaning"].call(*values)))
        for value, type_ in zip(found, box.cod, strict=True):
            if value.shape != ctx.shape(type_):
                raise SpecError(
                    "CM001",
                    f"the meaning of `{name}` does not have its declared type",
                    facts=[
                        ("declared", str(type_)),
                        ("shape", f"{value.shape}, not {ctx.shape(type_)}"),
                    ],
                )
        return found
    derivative = box.op["derivative"]
    if isinstance(ctx.algebra, DualAlgebra) and derivative is not None:
        plain = [v.value if isinstance(v, Dual) else v for v in values]
        along = [v.tangent if isinstance(v, Dual) else None for v in values]
        results = _tuple(box.op["meaning"].call(*plain))
        tangents = _tuple(derivative.call(tuple(plain), tuple(along)))
        return tuple(
            Dual(np.asarray(v), np.asarray(t)) for v, t in zip(results, tangents, strict=True)
        )
    raise OutsideFragment(f"`{name}` is opaque: it has a meaning in floating point only")


OPAQUE = Generator(
    "opaque",
    "a torch function of which nothing is known but its type",
    _typing,
    _meaning,
    common.nowhere,
    least=lambda op: op["inputs"],
    fragment="float",
)


def short(torch: str) -> str:
    """The last part of a dotted name."""
    return re.split(r"[.:]", torch)[-1]


def label(torch: str) -> str:
    """What wires and messages call the function; the names of modules stay free."""
    name = short(torch)
    try:
        return messages.check_name(name, "a function")
    except SpecError:
        return f"my_{name}"


def opaque(
    torch: str,
    inputs: Space,
    outputs: Space,
    *,
    meaning: Callable[..., Any],
    derivative: Callable[..., Any] | None = None,
) -> OpArrow:
    """A torch function with its type.

    ``torch`` is ``"torch.special.expm1"``, or ``"package.module:function"`` for one of your own
    (the generated file then imports it).  ``meaning`` takes and returns float64 numpy arrays of the
    declared types, with leading axes as a batch.  ``derivative(values, tangents)`` gives the
    tangents of the outputs; without it gradients are not compared when a module is built.
    """
    if not isinstance(torch, str) or not _NAME.match(torch) or not ("." in torch or ":" in torch):
        raise SpecError(
            "CM024",
            f"{torch!r} does not name a torch function",
            help=['write "torch.special.expm1" or "package.module:function"'],
        )
    if ":" not in torch and not torch.startswith("torch."):
        raise SpecError(
            "CM024",
            f"{torch!r} is not in torch",
            help=[f'write "{":".join(torch.rsplit(".", 1))}"'],
        )
    ins = tuple(w for w in space(inputs).wires if isinstance(w, Array))
    outs = tuple(w for w in space(outputs).wires if isinstance(w, Array))
    return common.make(
        OPAQUE,
        label(torch),
        torch=torch,
        inputs=ins,
        outputs=outs,
        meaning=Function(meaning),
        derivative=None if derivative is None else Function(derivative),
    )
