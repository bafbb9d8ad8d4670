"""What the records of generators share: checks of input types, and standard naturality.

>>> from categorical import Dim, Real
>>> n, m = Dim.named("n m")
>>> same("add", (Real[n], Real[n]))
Real[n]
>>> same("add", (Real[n], Real[m]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM010]: `add` needs two wires of one type
...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from categorical import declaring, messages
from categorical.arrows import OpArrow
from categorical.errors import Help, SpecError
from categorical.index import Axis, Dim, DisjointSum, IndexSet, Product, axis, index_set
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, NaturalityClass
from categorical.records import Box, Context, Generator, MissingAxis, Op
from categorical.sizes import Condition
from categorical.spaces import Array


def make(generator: Generator, name: str = "", **attrs: Any) -> OpArrow:
    """The open arrow of a generator; ``name`` names its weights."""
    if name:
        messages.check_name(name, f"the weights of `{generator.name}`")
    return OpArrow(Op(generator, **attrs), name)


def count(name: str, inputs: Sequence[Array], want: int) -> None:
    """CM007 unless there are ``want`` inputs."""
    if len(inputs) != want:
        raise messages.arity(name, want, len(inputs))


def numeric(name: str, *inputs: Array) -> None:
    """CM011 unless every input is a real or complex array."""
    for one in inputs:
        if one.kind not in ("real", "complex"):
            raise SpecError(
                "CM011",
                f"`{name}` needs numbers and got {one}",
                help=[
                    "look indices up with op.embedding; turn a mask into numbers with op.indicator"
                ],
            )


def boolean(name: str, one: Array) -> None:
    """CM011 unless the input is a mask."""
    if one.kind != "bool":
        raise SpecError(
            "CM011",
            f"`{name}` needs a Bool mask and got {one}",
            facts=[("needed", f"Bool over {', '.join(map(str, one.axes)) or 'no axis'}")],
            help=["declare the wire as Bool[…], or compare: x > 0"],
        )


def real(name: str, *inputs: Array) -> None:
    """CM011 unless every input is a real array."""
    for one in inputs:
        if one.kind != "real":
            raise SpecError(
                "CM011",
                f"`{name}` needs real numbers and got {one}",
                help=["declare the wire as Real[…]; op.indicator makes numbers of a mask"],
            )


def in_range(
    name: str, what: str, value: object, low: float, high: float, top: bool = True
) -> float:
    """The number, if low ≤ value ≤ high (value < high without ``top``); else CM041."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if low <= value <= high and (top or value != high):
            return value
    bracket = "]" if top else ")"
    helps = [Help(f"write a number in [{low}, {high}{bracket}")]
    if isinstance(value, (int, float)) and (low, high) == (0, 1) and 1 < value <= 100:
        edit = declaring.instead_of(value, repr(value / 100), "common.py", "noise.py")
        helps = [Help(f"{value} percent is {value / 100}", edit)]
    raise SpecError(
        "CM041",
        f"`{name}`: {what} is {value!r}",
        facts=[("range", f"[{low}, {high}{bracket}")],
        help=helps,
    )


def finite(name: str, value: float) -> float:
    """The number, if floats have it; else CM041."""
    if not -1e308 <= value <= 1e308:
        shown = value if isinstance(value, float) else "a number beyond all floats"
        raise SpecError(
            "CM041",
            f"`{name}` of {shown}, which is not a finite number",
            help=["what does not count is masked: op.where, or masked=True"],
        )
    return value


def aligned(ctx: Context, value: Any, small: Array, large: Array) -> Any:
    """A value over ``small`` with its axes in the order of ``large``, and unit axes between."""
    order = [small.position(a) for a in large.axes if a in small.axes]
    shape = [ctx.size(a) if a in small.axes else 1 for a in large.axes]

    def move(v: Any) -> Any:
        return v.transpose(order).reshape(shape)

    if isinstance(value, (np.ndarray, np.generic)):  # a comparison of two numbers is no array
        return move(np.asarray(value))
    return ctx.algebra.structural(value, move)


def has(name: str, one: Array, wanted: Axis, extends: bool = False) -> int:
    """The position of an axis, or CM005 (CM006 where an occurrence must be chosen)."""
    place = one.position(wanted)
    if place < 0:
        raise MissingAxis.of(name, wanted, one, extends)
    return place


def pick(name: str, one: Array, wanted: IndexSet | Axis, extends: bool = False) -> Axis:
    """The occurrence meant by an index set; CM006 where two qualify."""
    if isinstance(wanted, Axis):
        has(name, one, wanted, extends)
        return wanted
    found = [a for a in one.axes if a.index is wanted]
    if len(found) > 1:
        raise SpecError(
            "CM006",
            f"`{name}` over `{wanted}` is ambiguous",
            facts=[("array", str(one)), ("occurrences", ", ".join(map(str, found)))],
            help=[f"say which one: {found[-1]}"],
        )
    if not found:
        raise MissingAxis.of(name, axis(wanted), one, extends)
    return found[0]


def same(name: str, inputs: Sequence[Array]) -> Array:
    """The common type of two inputs; nothing broadcasts silently (CM004, CM003, CM010)."""
    first, second = inputs
    if first is second:
        return first
    text, mend = messages.difference(second, first)
    facts = [("left", str(first)), ("right", str(second))]
    if text:
        facts.append(("difference", text))
    helps = [mend] if mend else []
    code = "CM010"
    below = set(first.axes) < set(second.axes) or set(second.axes) < set(first.axes)
    if first.kind != second.kind:
        code = "CM011"
    elif set(first.axes) == set(second.axes) or (
        first.size is second.size and len(first.axes) != len(second.axes) and not below
    ):
        code = "CM003"
    elif below:
        small, large = (first, second) if len(first.axes) < len(second.axes) else (second, first)
        extra = ", ".join(str(a) for a in large.axes if a not in small.axes)
        code, helps = "CM004", [f"expand the smaller one explicitly: op.expand({extra})"]
    helps = helps or ["bring one of them to the type of the other"]
    raise SpecError(code, f"`{name}` needs two wires of one type", facts=facts, help=helps)


def occurrence(value: object) -> IndexSet | Axis:
    """An axis, or an index set that stands for its only occurrence."""
    return value if isinstance(value, Axis) else index_set(value)


def require(name: str, *conditions: Condition) -> tuple[Condition, ...]:
    """The conditions that depend on sizes still unknown; CM008 for one that cannot hold."""
    for one in conditions:
        if not one.symbols and not one.holds({}):
            raise SpecError("CM008", f"`{name}` needs {one}, which does not hold")
    return tuple(one for one in conditions if one.symbols)


def check_conditions(ctx: Context, box: Box) -> None:
    """ValueError where a box is evaluated at sizes at which it is not defined."""
    for one in box.conditions:
        if not one.holds(ctx.sizes):
            sizes = ", ".join(f"{s}={ctx.sizes[s]}" for s in sorted(one.symbols))
            raise ValueError(f"`{box.name}` needs {one}, which fails at {sizes}")


def fresh(target: Axis, source: Axis) -> Axis:
    """The output axis of a weight; labelled where it is the input axis itself."""
    return Axis(target.index, (target.label + "_out").strip("_")) if target is source else target


def functorial(dim: Dim, *sets: IndexSet) -> bool:
    """Whether a map of ``dim`` acts on these index sets factor by factor and term by term: it
    does not act on quotients and derived sets."""
    pending = list(sets)
    while pending:
        one = pending.pop()
        if isinstance(one, Product):
            pending.extend(one.factors)
        elif isinstance(one, DisjointSum):
            pending.extend(one.terms)
        elif one is not dim and dim in one.atoms:
            return False
    return True


def whole(dim: Dim, one: IndexSet) -> bool:
    """Whether −1 on ``dim`` is 1 or −1 on all of an index set: not on one term of a sum."""
    if isinstance(one, DisjointSum):
        return dim not in one.atoms
    return not isinstance(one, Product) or all(whole(dim, part) for part in one.factors)


def on_values(box: Box, dim: Dim, found: NaturalityClass) -> NaturalityClass:
    """``found``, for an op that moves entries about: indices into ``dim`` can only be permuted."""
    if any(one.values is not None and dim in one.values.atoms for one in box.dom):
        return found & BIJECTION
    return found


def replace_axis(one: Array, old: Axis, *new: Axis) -> Array:
    """The array type with one axis replaced in place."""
    place = one.position(old)
    return one.with_axes((*one.axes[:place], *new, *one.axes[place + 1 :]))


def drop_axes(one: Array, axes: Sequence[Axis]) -> Array:
    return one.with_axes(tuple(a for a in one.axes if a not in axes))


def mentions(dim: Dim, *axes: Axis) -> bool:
    """Whether a dim is part of the index set of one of the axes."""
    return any(dim in a.index.atoms for a in axes)


def carried(
    box: Box, dim: Dim, acted: Sequence[Axis], acted_class: NaturalityClass
) -> NaturalityClass:
    """``acted_class`` if the op acts on an axis over ``dim``; otherwise a linear op carries it."""
    return acted_class if mentions(dim, *acted) else LINEAR


def carried_pointwise(
    box: Box, dim: Dim, acted: Sequence[Axis], acted_class: NaturalityClass
) -> NaturalityClass:
    """As ``carried`` for an op that is nonlinear in its data: other axes carry index maps only."""
    return acted_class if mentions(dim, *acted) else FUNCTION


def nowhere(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    """Natural for nothing on any axis that occurs in the box."""
    return NONE if any(dim in a.atoms for a in (*box.dom, *box.cod)) else LINEAR


def check_linear_actions(name: str, odd: bool, inputs: Sequence[Array]) -> None:
    """A nonlinear pointwise map on a linear axis: CM016 (sign) and CM017 (rotation)."""
    for one in inputs:
        for a in one.axes:
            for dim in a.index.atoms:
                if dim.action == "rotation":
                    raise SpecError(
                        "CM017",
                        f"`{name}` does not apply to the rotation axis `{dim}`",
                        facts=[
                            ("wire", str(one)),
                            ("reason", "a rotation mixes the entries along it"),
                        ],
                        help=[
                            "gate by an invariant: the norm along the axis, "
                            f"op.einsum contracting {dim}, then multiply"
                        ],
                    )
                if dim.action == "sign" and not odd:
                    raise SpecError(
                        "CM016",
                        f"`{name}` does not commute with the sign action on `{dim}`",
                        facts=[("wire", str(one)), ("reason", f"{name}(−x) ≠ −{name}(x)")],
                        help=["use an odd function: op.tanh, op.softsign, op.hard_tanh, or a gate"],
                    )
