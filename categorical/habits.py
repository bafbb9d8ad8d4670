"""Habits from Python and from tensor libraries: a wire is neither a value nor a tensor.

Definition.  ``if x``, ``for row in x``, ``x[0]``, ``x.mean(0)``, ``x.T`` and ``x @ w`` are errors
that name the wire as it is written, and say what to write instead; where the axes are known they
carry the edit.

>>> from categorical import Dim, Real, arrow, op
>>> n, c = Dim.named("n c")
>>> @arrow
... def first(x: Real[n, c]) -> Real[c]:
...     return x[0]
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM034]: a wire is not indexed by position
...

What is meant by it has a name:

>>> @arrow
... def first(x: Real[n, c]) -> Real[c]:
...     return op.take(n, 0)(x)
"""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from categorical import mending
from categorical.arrows import Arrow
from categorical.errors import Edit, Help, SpecError
from categorical.index import Axis, IndexSet
from categorical.origin import Origin, here
from categorical.spaces import Array
from categorical.written import Written

if TYPE_CHECKING:
    from categorical.tracing import Wire

_RESHAPES = ("view", "reshape", "flatten", "unflatten", "rearrange", "contiguous")
_SIZES = ("shape", "size", "dim", "ndim", "numel")
_TURNS = ("T", "mT", "t", "transpose", "permute", "swapaxes", "movedim")
_PLACES = ("to", "cpu", "cuda", "device", "dtype", "float", "double", "half", "detach", "item")
_WORDS = {
    **dict.fromkeys(_RESHAPES, "op.merge(a, b) joins axes, op.split(d, h) takes one apart"),
    **dict.fromkeys(_SIZES, "its type is `.type`, and its sizes are dims: nothing has a shape yet"),
    **dict.fromkeys(_TURNS, "axes are put in order by name: op.transpose(b, a)"),
    **dict.fromkeys(_PLACES, "a wire has no device and no precision: the built module has both"),
    "matmul": "contract by name: op.einsum(…)(x, y) keeps the axes that it lists",
    "unsqueeze": "repeat along a named axis: op.expand(n)(x)",
    "masked_fill": "choose by a mask: op.where(mask, yes, no); softmax and mean take masks",
}


def _about(wire: Wire, text: str = "") -> list[tuple[str, str]]:
    """The fact what a wire is, under the name that stands in the source."""
    shown = " ".join((text or wire.name).split())
    return [(f"`{shown if len(shown) <= 48 else wire.name}` is", str(wire.type))]


def _declared(wire: Wire) -> list[tuple[Origin | None, str]]:
    place = mending.declaration(wire)
    return [] if place is None else [(place, f"`{wire.name}` is declared")]


def no_truth(wire: Wire) -> SpecError:
    """CM012: ``if``, ``while``, ``and``, ``or`` and ``not`` of a wire."""
    written, place = Written.here(), here()
    if written is not None and isinstance(written.node, ast.If | ast.IfExp | ast.While):
        written = written.on(written.node.test)
        place = written.origin(written.node)
    text = written.text(written.node) if written is not None else ""
    helps = [Help("choose between values with op.where(condition, yes, no), index by index")]
    if written is not None:
        helps = _chosen(written, text) or helps
    return SpecError(
        "CM012",
        "a wire has no truth value before the model runs",
        facts=_about(wire, text),
        help=helps,
        origin=place,
        related=_declared(wire),
    )


def _chosen(written: Written, condition: str) -> list[Help]:
    """``op.where`` in place of a conditional expression, or of an ``if`` with two returns."""
    module = written.op
    for node in ast.walk(written.tree):
        if module is None:
            break
        if isinstance(node, ast.IfExp) and node.test is written.node:
            parts = (condition, written.text(node.body), written.text(node.orelse))
            text = f"{module}.where({', '.join(parts)})"
            return [Help(f"choose index by index: {text}", written.edit(node, text))]
        for _, body in ast.iter_fields(node):
            if not isinstance(body, list):
                continue
            for place, one in enumerate(body):
                if not isinstance(one, ast.If) or one.test is not written.node:
                    continue
                other = one.orelse or body[place + 1 : place + 2]
                ends = [b for b in (one.body[-1:] + other[:1]) if isinstance(b, ast.Return)]
                if len(one.body) == len(other) == 1 and len(ends) == 2:
                    yes, no = (written.text(b.value) if b.value else "" for b in ends)
                    text = f"return {module}.where({condition}, {yes}, {no})"
                    edit = written.edit(one, text)
                    last = written.edit(other[0], "")
                    whole = Edit(
                        edit.file,
                        edit.line,
                        edit.col,
                        last.end_col,
                        text,
                        other[0].end_lineno if other[0].end_lineno != one.lineno else None,
                    )
                    return [Help(f"choose index by index: {text}", whole)]
    return []


def no_number(wire: Wire) -> SpecError:
    """CM012: ``int(x)``, ``float(x)``, ``round(x)``, ``x // 2``, ``x % 2``."""
    return SpecError(
        "CM012",
        "a wire is no number before the model runs",
        facts=_about(wire),
        help=["compute on the wire with operations (op.floor does not exist: it has no gradient)"],
        related=_declared(wire),
    )


def no_call(wire: Wire) -> SpecError:
    """CM013: ``x(y)``."""
    return SpecError(
        "CM013",
        f"the wire `{wire.name}` is called as if it were an arrow",
        facts=_about(wire),
        help=["apply an arrow to the wire: f(x), or x >> f"],
        related=_declared(wire),
    )


def no_loop(wire: Wire) -> SpecError:
    """CM034: ``for`` over a wire."""
    place = here()
    written = Written.here()
    if written is not None and isinstance(written.node, ast.For):
        place = written.origin(written.node.iter)
    first = next((str(a) for a in wire.type.axes), "")
    helps = [
        "an operation acts on all indices at once; to combine them along an axis, reduce it"
        + (f": op.sum({first}), op.mean({first}), op.max({first})" if first else ""),
        "repeat a body a fixed number of times with iterate(body, times)",
    ]
    facts = _about(wire, (place.text or "") if place is not None else "")
    return SpecError(
        "CM034",
        "a wire cannot be iterated over",
        facts=facts,
        help=helps,
        origin=place,
        related=_declared(wire),
    )


def no_length(wire: Wire) -> SpecError:
    """CM034: ``len`` of a wire."""
    written = Written.here()
    axes = [str(a) for a in wire.type.axes]
    helps = [Help("divide by a size where it is made: op.mean(axis) is the sum over its size")]
    parent = written.parent(written.node) if written is not None else None
    if written is not None and isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Div):
        above = parent.left
        factory = above.func if isinstance(above, ast.Call) else None
        if isinstance(factory, ast.Call) and isinstance(factory.func, ast.Attribute):
            if factory.func.attr == "sum" and parent.right is written.node:
                sum_, text = written.text(factory.func), written.text(above)
                mean = sum_[: -len("sum")] + "mean" + text[len(sum_) :]
                helps = [
                    Help(f"the sum over its size is the mean: {mean}", written.edit(parent, mean))
                ]
    return SpecError(
        "CM034",
        "a wire has no length: its sizes are symbols until the model is built",
        facts=[*_about(wire), ("its axes", ", ".join(axes) or "none")],
        help=helps,
        related=_declared(wire),
    )


def no_index(wire: Wire, key: object) -> SpecError:
    """CM034: ``wire[…]``."""
    written = Written.here()
    helps = [Help("take a part by the name of its axis: op.take, op.slice, op.unconcat, op.gather")]
    keys = key if isinstance(key, tuple) else (key,)
    chosen = [(i, k) for i, k in enumerate(keys) if k != slice(None)]
    if written is not None and isinstance(written.node, ast.Subscript) and len(chosen) == 1:
        place, number = chosen[0]
        if type(number) is int and number >= 0 and place < len(wire.type.axes):
            spelled = written.spell(wire.type.axes[place])
            text = f"{written.op}.take({spelled}, {number})({written.text(written.node.value)})"
            if spelled is not None and written.op is not None:
                words = f"take index {number} along {wire.type.axes[place]}: {text}"
                helps = [Help(words, written.edit(written.node, text))]
    return SpecError(
        "CM034",
        "a wire is not indexed by position",
        facts=_about(wire),
        help=helps,
        related=_declared(wire),
    )


class NoAttribute(SpecError, AttributeError):
    """A wire is no tensor: it has no methods (and ``hasattr`` may ask)."""


def no_attribute(wire: Wire, name: str) -> NoAttribute:
    """CM034: ``x.mean(…)``, ``x.shape``."""
    from categorical import op

    known = {"view": "split", "reshape": "merge", "permute": "transpose", "t": "transpose"}
    found = known.get(name, name)
    helps = [Help("operations are functions of the module op, and name their axes")]
    if hasattr(op, found):
        text = f"op.{found}(…)({_called(wire)})"
        helps = [Help(f"operations are in `op` and name their axes: {text}")]
    if name in _WORDS:
        helps = [Help(_WORDS[name])]
    written = Written.here()
    if written is not None and isinstance(written.node, ast.Attribute):
        helps = _operation(wire, name, written, written.node) or helps
    return NoAttribute(
        "CM034",
        f"a wire has no `{name}`: it is no tensor",
        facts=_about(wire),
        help=helps,
        related=_declared(wire),
    )


def _operation(wire: Wire, name: str, written: Written, node: ast.Attribute) -> list[Help]:
    """The operation in place of the method, with the same axes."""
    from categorical import op

    x, module = written.text(node.value), written.op or "op"
    parent = written.parent(node)
    call = parent if isinstance(parent, ast.Call) and parent.func is node else None
    axes = wire.type.axes
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
        return _turned_product(wire, written, node, parent)
    if name in ("T", "mT", "t") and len(axes) == 2:
        spelled = [written.spell(a) for a in reversed(axes)]
        if None not in spelled:
            text = f"{module}.transpose({', '.join(map(str, spelled))})({x})"
            return [Help(f"name the order: {text}", written.edit(call or node, text))]
    if call is None or name not in op.__all__ or call.keywords:
        return []
    function = getattr(op, name)
    if not call.args and not callable(getattr(function, "__code__", None)):
        if hasattr(function, "op"):
            text = f"{module}.{name}({x})"
            return [Help(f"write {text}", written.edit(call, text))]
    arguments = [_axis(wire, written, one) for one in call.args]
    known = bool(call.args) and None not in arguments
    if known and name in ("mean", "sum", "softmax", "max", "min", "logsumexp"):
        text = f"{module}.{name}({', '.join(map(str, arguments))})({x})"
        return [Help(f"write {text}", written.edit(call, text))]
    return []


def _turned_product(
    wire: Wire, written: Written, node: ast.Attribute, product: ast.BinOp
) -> list[Help]:
    """``q @ k.T``: the contraction that it means, where both are wires with names."""
    other = product.left if product.right is node else product.right
    theirs = written.names.get(other.id) if isinstance(other, ast.Name) else None
    if not isinstance(getattr(theirs, "type", None), Array):
        return []
    kept = _kept(theirs.type.axes, wire.type.axes)  # type: ignore[attr-defined]
    spelled = [written.spell(a) for a in kept]
    if not kept or None in spelled:
        return []
    sides = (written.text(other), written.text(node.value))
    text = f"{written.op or 'op'}.einsum({', '.join(map(str, spelled))})({', '.join(sides)})"
    edit, also = written.edit(product, text), written.importing("op")
    return [Help(f"name the axes that are kept: {text}", edit, () if written.op else also)]


def _axis(wire: Wire, written: Written, node: ast.expr) -> str | None:
    """The axis that an argument of a method names, by object or by position."""
    try:
        place = ast.literal_eval(node)
    except ValueError:
        return written.text(node) if written.value(node) is not None else None
    axes = wire.type.axes
    if type(place) is int and -len(axes) <= place < len(axes):
        return written.spell(axes[place])
    return None


def no_matmul(wire: Wire, other: Any) -> SpecError:
    """CM034: ``x @ y``."""
    theirs, written = getattr(other, "type", None), Written.here()
    helps = [Help("name the axes that are kept: op.einsum(…)(x, y) sums over all others")]
    facts = _about(wire)
    if isinstance(theirs, Array):
        facts += _about(other)
        kept = _kept(wire.type.axes, theirs.axes)
        axes = ", ".join(map(str, kept))
        text = f"op.einsum({axes})({_called(wire)}, {_called(other)})"
        helps = [Help(f"name the axes that are kept: {text}")] if kept else helps
        if written is not None and isinstance(written.node, ast.BinOp) and written.op and kept:
            spelled = [written.spell(a) for a in kept]
            sides = (written.text(written.node.left), written.text(written.node.right))
            if None not in spelled:
                keep = ", ".join(map(str, spelled))
                text = f"{written.op}.einsum({keep})({', '.join(sides)})"
                words = f"name the axes that are kept: {text}"
                helps = [Help(words, written.edit(written.node, text))]
    return SpecError(
        "CM034",
        "`@` between wires does not say which axes are contracted",
        facts=facts,
        help=helps,
        related=_declared(wire),
    )


def _kept(left: tuple[Axis, ...], right: tuple[Axis, ...]) -> list[Axis]:
    """The axes of a matrix product: those that only one factor has, if they share one."""
    shared = [a for a in left if a in right]
    return [] if len(shared) != 1 else [a for a in (*left, *right) if a not in shared]


def no_power(wire: Wire, power: object) -> SpecError:
    """CM034: ``x ** 3``."""
    return SpecError(
        "CM034",
        f"a wire to the power {power!r} is not an operation",
        facts=_about(wire),
        help=["x ** 2 is op.square; others are products: x * x * x, or op.sqrt, op.exp, op.log"],
        related=_declared(wire),
    )


def _called(wire: Any) -> str:
    """The name of a wire where it has one."""
    return str(wire.name) if getattr(wire, "name", "").isidentifier() else "…"


def no_operand(name: str, wire: Wire, value: object) -> SpecError:
    """CM007: an operator between a wire and something that is neither wire nor number."""
    written = Written.here()
    text = ""
    if written is not None and written.operands is not None:
        text = next(
            (written.text(o) for o in written.operands if written.text(o) != repr(value)), ""
        )
    helps = ["the other side must be a wire or a number"]
    if isinstance(value, IndexSet):
        helps = [
            f"a dimension is not a number: `op.scale_root` scales by a power of |{value}|, "
            f"op.mean({value}) divides a sum by it"
        ]
    elif isinstance(value, Arrow):
        helps = [f"`{value.label()}` is an arrow: apply it to a wire first"]
    kind = type(value).__name__
    return SpecError(
        "CM007",
        f"`{name}` of a wire and {brief(value)}",
        facts=[*_about(wire, text), ("the other side", f"{brief(value)} ({kind})")],
        help=helps,
    )


def brief(value: object) -> str:
    if isinstance(value, list | tuple) and value:
        arrows = sum(isinstance(one, Arrow) for one in value)
        kind = "arrows" if arrows == len(value) else "things"
        return f"a {type(value).__name__} of {len(value)} {kind}"
    if inspect.isfunction(value):
        return f"the function `{value.__name__}`"
    text = repr(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"
