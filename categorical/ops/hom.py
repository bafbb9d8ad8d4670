"""Solved layers: all linear combinations of given equivariant maps (``hom``).

Definition.  A basis (``Basis``, or ``Diagrams`` that are maps at every size) lists multilinear maps
D_m from the *acted* axes of the inputs to those of the target.  With channels (copies of a space)
and a weight ``w[m, out, in…]``: ``y[…, t, out] = Σ_m w[m, out, in…] D_m(x₁[…, in₁], …)[t]``, plus a
bias ``Σ_m b[m, out] V_m``, where the V_m are invariant vectors of the target.  ``mix="each"`` keeps
channels apart (``w[m, c]``); without channels the weight is ``w[m]``; with ``coefficients`` nothing
is trained: the map is fixed (a geometric product, an invariant form).

Laws.  Linear in each input and in the weight.  Equivariant under every group under which the maps
are, whatever it was solved for; on axes that no map acts on natural for every matrix.

>>> from categorical import Dim, Real, op
>>> from categorical.diagrams import partition_diagrams
>>> n, c, k = Dim.named("n c k")
>>> deep_sets = op.hom(partition_diagrams(1, 1), ((n,),), (n,), channels=(c,), out=k)
>>> deep_sets, {r.suffix: r.space for r in deep_sets.op.box((Real[n, c],)).resources}
(hom: Real[n, c] → Real[n, k], {'weight': Real[(2).at("map"), k, c]})

Explicit tensors have one size, and so must the axes on which they act:

>>> from categorical.exact import Basis, Matrix
>>> op.hom(Basis.of_matrices([Matrix.identity(3)]), ((n,),), (n,), channels=(c,), out=k)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM002]: `hom` acts on the axis `n`, whose size is not fixed
...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial, prod
from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.diagrams import Diagrams
from categorical.diagrams.meaning import layer
from categorical.errors import SpecError
from categorical.exact import Basis, Cyclotomic
from categorical.index import Axis, Dim, IndexSet, axis, points
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, ORTHOGONAL, NaturalityClass
from categorical.ops import common
from categorical.ops.steerable import combined
from categorical.records import (
    WEIGHT,
    ZEROS,
    Box,
    Context,
    Generator,
    Init,
    Op,
    ResourceSpec,
    Signature,
)
from categorical.spaces import Array, Real

NAME = "hom"
Maps = Basis | Diagrams
Some = IndexSet | Axis | int


# --- types ----------------------------------------------------------------------------------------


def carried(op: Op, inputs: Sequence[Array]) -> tuple[Axis, ...]:
    """The axes on which no map acts, in the order in which they are first met."""
    found: dict[Axis, None] = {}
    for one, source, channel in zip(inputs, op["sources"], op["channels"]):
        found.update((a, None) for a in one.axes if a not in source and a != channel)
    return tuple(found)


def _typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count(NAME, inputs, len(op["sources"]))
    for one, source, channel in zip(inputs, op["sources"], op["channels"]):
        common.real(NAME, one)
        for a in source:
            common.has(NAME, one, a, extends=True)
        if channel is not None and channel not in one.axes and str(channel.size) == "1":
            raise SpecError(
                "CM005",
                f"`{NAME}` needs the axis {channel}, and has an input without channels",
                facts=[(f"`{NAME}`", f"has the channel {channel}"), ("it got", str(one))],
                help=["an input without channels is None:  natural(…).layer(None, k)"],
            )
        if channel is not None:
            common.has(NAME, one, channel, extends=True)
    rest, target, out = carried(op, inputs), op["target"], op["out"]
    for a in (a for source in op["sources"] for a in source if a in rest):
        raise SpecError(
            "CM009",
            f"`{NAME}` acts on the axis `{a}` of one input, and another one carries it along",
            help=[f'call one of them another occurrence: {a.index}.at("other")'],
        )
    for a in (*target, *([] if out is None else [out])):
        if a in rest:
            raise SpecError(
                "CM009",
                f"`{NAME}` makes the axis `{a}`, which an input carries along",
                help=[f'make another occurrence of it: {a.index}.at("out")'],
            )
    resources = []
    if op["coefficients"] is None and op["basis"].count:
        resources.append(_resource("weight", op, op["basis"]))
    if op["bias"] is not None:
        resources.append(_resource("bias", op, op["bias"]))
    if not inputs:
        return Signature((Real[tuple(_made(op))],), tuple(resources))
    others = [a for a in rest if a not in inputs[0].axes]
    return Signature((Real[(*others, *_in_place(op, inputs[0]))],), tuple(resources))


def _made(op: Op) -> list[Axis]:
    return [*op["target"], *([] if op["out"] is None else [op["out"]])]


def _in_place(op: Op, one: Array) -> list[Axis]:
    """The axes of the first input: the target stands where the first source stood (or in front of
    the channels), the new channels where the old ones were; what has no place comes last."""
    source, channel = op["sources"][0], op["channels"][0]
    made = _made(op)
    first = next((a for a in one.axes if a in source), channel)
    found: list[Axis] = []
    for a in one.axes:
        if a == first:
            found += op["target"]
        if a == channel and op["out"] is not None:
            found.append(op["out"])
        if a not in source and a != channel:
            found.append(a)
    return found + [a for a in made if a not in found]


def _resource(suffix: str, op: Op, maps: Maps) -> ResourceSpec:
    """One number for each map and, with channels, for each pair (or each) of them."""
    out, channels = op["out"], [c for c in op["channels"] if c is not None]
    axes = [Axis(points(maps.count), "map")]
    if out is not None:
        axes.append(out)
    if suffix == "weight" and op["mix"] == "full":
        for place, inner in enumerate(channels):
            label = inner
            while label in axes:
                label = Axis(label.index, f"{label.label}_from{place + 1}".strip("_"))
            axes.append(label)
    start = ZEROS if suffix == "bias" else op["init"] or _start(maps, op)
    return ResourceSpec(suffix, Real[tuple(axes)], WEIGHT, start)


def _start(maps: Maps, op: Op) -> Init:
    """Independent inputs of variance 1 give outputs of variance 1, in each block of the target.

    The variance of the weights of a block is one over Σ ‖B‖² per entry and fan-in, where B are its
    maps; for diagrams without a size it is what this is at large ones.
    """
    inner = [c for c in op["channels"] if c is not None] if op["mix"] == "full" else []
    fan = prod((c.size for c in inner), start=points(1).size)
    squares = _squares(maps) if isinstance(maps, Basis) else (_square(maps, op),)
    return Init("variance", (fan, *(squares if len(set(squares)) > 1 else squares[:1])))


def _squares(basis: Basis) -> tuple[float, ...]:
    """For each map: the sum of the squares in its block of the target, divided by its length.

    Blocks are the smallest sets of entries of the target outside of which no map reaches.
    """
    rows = basis.places // max(basis.size // max(basis.shape[0], 1), 1)
    block, before = np.arange(basis.shape[0]), np.arange(0)
    while not np.array_equal(block, before):  # the least entry that a map joins to each
        before = block.copy()
        least = np.full(basis.count, basis.shape[0])
        np.minimum.at(least, basis.which, block[rows])
        np.minimum.at(block, rows, least[basis.which])
        block = block[block]
    squares, lengths = np.zeros(basis.shape[0]), np.bincount(block, minlength=basis.shape[0])
    np.add.at(squares, block[rows], basis.floats() ** 2)
    own = np.zeros(basis.count, dtype=np.int64)
    own[basis.which] = block[rows]
    return tuple((squares[own] / lengths[own]).tolist())


def _square(diagrams: Diagrams, op: Op) -> float:
    """Σ ‖D‖² for an entry of the target: at the sizes of the axes, or at large sizes."""
    ends = [*op["target"], *(a for source in op["sources"] for a in source)]
    fixed = {p.factor: int(a.size) for p, a in zip(diagrams.ports, ends) if a.size.is_constant}
    if len(fixed) < len({p.factor for p in diagrams.ports}):
        straight = [d for d in diagrams.diagrams if not d.summed]
        full = [d for d in straight if len(d.kept) + len(d.spread) == d.targets]
        return float(len(full) or max(diagrams.count, 1))
    sizes = [fixed.get(f, 1) for f in range(len(diagrams.factors))]
    total = 0.0
    for one in diagrams.diagrams:
        entries = prod(sizes[diagrams.ports[b[0]].factor] for b in one.blocks)
        entries *= prod(factorial(len(b)) for b in one.epsilons)
        total += entries * float(diagrams.factor_of(one, tuple(sizes))) ** 2
    return total / prod(sizes[p.factor] for p in diagrams.targets)


# --- meaning --------------------------------------------------------------------------------------


def _meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    op, data = box.op, list(values[: len(box.dom)])
    resources = dict(zip((r.suffix for r in box.resources), values[len(box.dom) :]))
    rest, out = carried(op, box.dom), op["out"]
    have = (*rest, *op["target"], *([] if out is None else [out]))
    names = [tuple(one.axes) for one in box.dom]
    if op["basis"].count:
        y = _apply(ctx, op, op["basis"], resources.get("weight"), data, names, have)
    else:
        y = ctx.algebra.zeros(tuple(ctx.size(a) for a in have))
    if "bias" in resources:
        new = have[len(rest) :]
        b = _apply(ctx, op, op["bias"], resources["bias"], [], [], new, bias=True)
        y = ctx.algebra.add(y, b)
    order = [have.index(a) for a in box.cod[0].axes]
    return (ctx.algebra.structural(y, lambda a: a.transpose(order)),)


def _apply(
    ctx: Context,
    op: Op,
    maps: Maps,
    weight: Any,
    data: list[Any],
    names: list[tuple[Axis, ...]],
    have: tuple[Axis, ...],
    bias: bool = False,
) -> Any:
    """Σ w[m] D_m(data) with its axes in the order ``have``."""
    algebra, out, target = ctx.algebra, op["out"], op["target"]
    sources = () if bias else op["sources"]
    inner = [] if bias or op["mix"] != "full" else list(op["channels"])
    if weight is None:
        weight = algebra.constant(np.array(op["coefficients"], dtype=object))
    labels: list[Any] = [*([] if out is None else [("out",)])]
    labels += [("in", i) for i, c in enumerate(inner) if c is not None]

    def named(i: int, a: Axis) -> Any:
        if a == op["channels"][i]:
            return ("in", i) if inner else ("out",)
        return a

    if isinstance(maps, Diagrams):
        number, ports = 0, []
        for i, (axes, source) in enumerate(zip(names, sources)):
            at = {a: number + j for j, a in enumerate(source)}
            number += len(source)
            ports.append(tuple(at[a] if a in at else named(i, a) for a in axes))
        goal = {a: j for j, a in enumerate(target)}
        wanted = tuple(("out",) if a == out else goal.get(a, a) for a in have)
        ends = [*target, *(a for source in sources for a in source)]
        sizes = [1] * len(maps.factors)
        for port, a in zip(maps.ports, ends):
            sizes[port.factor] = ctx.size(a)
        return layer(maps, algebra, weight, labels, data, ports, wanted, sizes)
    whole = combined(ctx, maps, weight)
    extents = [[ctx.size(a) for a in axes] for axes in (target, *sources)]
    shape = [*(n for axes in extents for n in axes), *algebra.shape(weight)[1:]]
    whole = algebra.structural(whole, lambda a: a.reshape(shape))
    letters: dict[Any, str] = {}

    def letter(key: Any) -> str:
        return letters.setdefault(key, LETTERS[len(letters)])

    term = "".join(letter(("to", a)) for a in target)
    term += "".join(letter(("from", i, a)) for i, s in enumerate(sources) for a in s)
    term += "".join(map(letter, labels))
    terms = [term]
    for i, axes in enumerate(names):
        keys = [("from", i, a) if a in sources[i] else named(i, a) for a in axes]
        terms.append("".join(map(letter, keys)))
    goal_ = "".join(letter(("out",) if a == out else ("to", a) if a in target else a) for a in have)
    return algebra.einsum(f"{','.join(terms)}->{goal_}", whole, *data)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# --- the record -----------------------------------------------------------------------------------


def _natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    op = box.op
    acted = {a for axes in (op["target"], *op["sources"]) for a in axes}
    found = LINEAR
    if any(dim in a.index.atoms for a in carried(op, box.dom)):
        if op["bias"] is not None or _shared(box, dim):
            found = FUNCTION
    for a in acted:
        if dim in a.index.atoms:
            found = found & _of_maps(op, dim) if a.index is dim else NONE
    return found


def _shared(box: Box, dim: Dim) -> bool:
    """Whether several inputs carry one axis over the dim."""
    rest = carried(box.op, box.dom)
    return any(dim in a.index.atoms and sum(a in x.axes for x in box.dom) > 1 for a in rest)


def _of_maps(op: Op, dim: Dim) -> NaturalityClass:
    """What all maps of diagrams commute with; explicit tensors are checked one by one."""
    found = BIJECTION | ORTHOGONAL
    axes = [*op["target"], *(a for source in op["sources"] for a in source)]
    for maps, ends in ((op["basis"], axes), (op["bias"], op["target"])):
        if maps is None:
            continue
        if not isinstance(maps, Diagrams):
            return NONE
        for port, a in zip(maps.ports, ends):
            if a.index is dim:
                kind = maps.factors[port.factor].family
                found = found & {"partition": BIJECTION, "brauer": ORTHOGONAL}.get(kind, NONE)
    return found


def _linear(box: Box) -> tuple[int, ...]:
    if box.op["bias"] is not None:
        return ()
    return tuple(range(len(box.dom) + len(box.resources)))  # every input apart


HOM = Generator(
    NAME,
    "a linear combination of given equivariant maps",
    _typing,
    _meaning,
    _natural,
    linear=_linear,
    loose=lambda op: frozenset(range(len(op["sources"]))),
    least=lambda op: tuple(
        Real[(*s, *([] if c is None else [c]))] for s, c in zip(op["sources"], op["channels"])
    ),
)


def hom(
    basis: Maps,
    sources: Sequence[Sequence[Some]],
    target: Sequence[Some],
    *,
    channels: Sequence[Some | None] | None = None,
    out: Some | None = None,
    mix: str | None = "full",
    coefficients: Sequence[Any] | None = None,
    bias: Maps | None = None,
    under: object = None,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """All combinations of given maps: ``Real[…, sources…, c] → Real[…, target…, out]``.

    ``sources`` and ``target`` are the axes on which the maps act, in the order of the index of a
    tensor; ``Basis`` tensors have the shape (target, source, …), each index flattened.  The weight
    is ``Real[maps, out, c…]``; with ``mix="each"`` (``out`` is then the one channel) it is
    ``Real[maps, c]``; without channels ``Real[maps]``; with ``coefficients`` there is none.
    ``under`` is the group that the maps were solved for, on which the meaning does not depend.
    """
    ends = tuple(tuple(axis(a) for a in one) for one in sources)
    goal = tuple(axis(a) for a in target)
    inner = tuple(None if c is None else axis(c) for c in (channels or [None] * len(ends)))
    for maps in (basis, *([] if bias is None else [bias])):
        if not isinstance(maps, (Basis, Diagrams)):
            raise SpecError("CM042", f"`{NAME}` takes a basis or diagrams, not {maps!r}")
    each = {c for c in inner if c is not None} if mix == "each" else set()
    last = axis(out) if out is not None else next(iter(each)) if len(each) == 1 else None
    plain = last is None and not any(inner)
    problem = (
        "one channel (or None) for each input"
        if len(inner) != len(ends)
        else 'mix="full" or mix="each"'
        if mix not in ("full", "each") and not (plain and mix is None)
        else 'with mix="each" the channels are one axis, in every input and in the output'
        if each - {last}
        else "fixed coefficients mix no channels: leave channels and out away"
        if coefficients is not None and not plain
        else None
    )
    if problem:
        raise SpecError(
            "CM042",
            f"`{NAME}` with {len(ends)} inputs, channels {inner}, out={out} and mix={mix!r}",
            help=[problem],
        )
    _fits(basis, ends, goal)
    if bias is not None:
        _fits(bias, (), goal)
    if coefficients is not None and (
        not isinstance(coefficients, Sequence) or len(coefficients) != basis.count
    ):
        raise SpecError(
            "CM042",
            f"coefficients {coefficients!r} for {basis.count} maps",
            help=["give one exact number for each map"],
        )
    inexact = [c for c in coefficients or () if not isinstance(c, (int, Fraction, Cyclotomic))]
    if inexact:
        raise SpecError(
            "CM042",
            f"{inexact[0]!r} is no exact coefficient",
            help=["write Fraction(1, 2), or categorical.exact.sqrt(2)"],
        )
    _real(coefficients or ())
    if not basis.count and (bias is None or not bias.count):
        raise SpecError(
            "CM044",
            f"`{NAME}` has no maps: only zero is equivariant",
            help=["choose spaces between which there are maps"],
        )
    return common.make(
        HOM,
        name,
        basis=basis,
        sources=ends,
        target=goal,
        channels=inner,
        out=last,
        mix=None if plain else mix,
        coefficients=None if coefficients is None else tuple(coefficients),
        bias=bias if bias is not None and bias.count else None,
        under=under,
        init=init,
    )


def _real(numbers: Sequence[Any]) -> None:
    """CM042 unless exact numbers are real, as wires and weights are."""
    found = {(n.order, n.coefficients): n for n in numbers if isinstance(n, Cyclotomic)}
    for one in found.values():
        if not one.is_real:
            raise SpecError(
                "CM042",
                f"`{NAME}` maps real numbers to real numbers: {complex(one):.4g} is not real",
                help=["keep the real and the imaginary part as two entries of an axis"],
            )


def _fits(maps: Maps, sources: tuple[tuple[Axis, ...], ...], target: tuple[Axis, ...]) -> None:
    """CM002 unless the maps act on axes of these sizes."""
    every = (target, *sources)
    if isinstance(maps, Diagrams):
        got = (len(maps.targets), len(maps.sources))
        wanted = (len(target), sum(map(len, sources)))
        if got != wanted:
            raise SpecError(
                "CM002",
                f"`{NAME}`: diagrams with {got[1]} sources and {got[0]} targets act on "
                f"{wanted[1]} and {wanted[0]} axes",
            )
        spaces: dict[Any, IndexSet] = {}
        for place, a in enumerate(a for axes in every for a in axes):
            if spaces.setdefault(maps.kind(place), a.index) is not a.index:
                raise SpecError(
                    "CM003",
                    f"`{NAME}`: one group acts on `{spaces[maps.kind(place)]}` and on `{a.index}`",
                    help=["the axes of one factor of the diagrams have one index set"],
                )
        return
    for a in (a for axes in every for a in axes):
        if not a.size.is_constant:
            raise SpecError(
                "CM002",
                f"`{NAME}` acts on the axis `{a}`, whose size is not fixed",
                help=[f'fix it where it is declared: Dim("{a.index}", size=3)'],
            )
    _real(maps.values.tolist())
    sizes = tuple(prod(int(a.size) for a in axes) for axes in every)
    if maps.shape not in ((sizes,) if sources else (sizes, (*sizes, 1))):
        raise SpecError(
            "CM002",
            f"`{NAME}` has maps of the shape {maps.shape} for axes of the sizes {sizes}",
            help=["the target comes first, then each input; the axes of one are flattened"],
        )
