"""The batch functors on every generator: stacked is mapped, and a union is its samples apart."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from categorical import Bool, Dim, Real, SpecError, op, stack, union
from categorical.arrows import OpArrow
from categorical.index import Axis
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from tests.categorical.ops.acting import agree
from tests.categorical.ops.instances import INSTANCES, Instance, draw

FLOATS = FloatAlgebra()
b = Dim("b")
every = pytest.mark.parametrize("instance", list(INSTANCES.values()), ids=str)


def seeded(*parts: object) -> np.random.Generator:
    return np.random.default_rng([ord(x) for x in repr(parts)])


def values(instance: Instance, rng, sizes, types, roles=None):
    def size_of(index):
        return index.size.evaluate(sizes)

    return [
        draw(instance, FLOATS, rng, size_of, one, role)
        for one, role in zip(types, roles or ["data"] * len(types), strict=True)
    ]


def weights(instance: Instance, graph, rng, sizes) -> dict[str, np.ndarray]:
    found = graph.resources(sizes)
    drawn = values(
        instance, rng, sizes, [r.space for r in found.values()], [r.role for r in found.values()]
    )
    return dict(zip(found, drawn, strict=True))


@every
def test_stacking_is_mapping(instance: Instance) -> None:
    arrow = OpArrow(instance.box.op).retype(instance.types)
    if instance.generator.stateful:
        with pytest.raises(SpecError, match="CM010"):
            stack(arrow, b)
        return
    sizes = {**instance.sizes, "b": 3}
    image, rng = stack(arrow, b).graph(), seeded(instance)
    assert image.cod == tuple(one.with_axes((Axis(b), *one.axes)) for one in arrow.cod)
    inputs = values(instance, rng, sizes, image.dom)
    given = weights(instance, image, rng, sizes)
    outs = run(image, Context(FLOATS, sizes), inputs, given).outputs
    for i in range(3):
        apart = dict(given)
        for path, resource in image.resources().items():
            if resource.role == "noise":
                apart[path] = given[path][i]
        parts = [x[i] for x in inputs]
        want = run(arrow.graph(), Context(FLOATS, sizes), parts, apart).outputs
        for out, expected in zip(outs, want, strict=True):
            assert agree([(out[i], expected)], FLOATS)


# --- union --------------------------------------------------------------------------------

COUNTS = ((2, 1, 3), (1, 3, 2))


def joined(one, arrays, counts: dict[Dim, tuple[int, ...]]):
    """The samples as one wire: concatenated along the axis that varies, indices shifted."""
    place = [i for i, a in enumerate(one.axes) if a.index in counts]
    if one.values in counts:
        starts = np.cumsum((0, *counts[one.values][:-1]))
        arrays = [x + start for x, start in zip(arrays, starts, strict=True)]
    return np.concatenate(arrays, axis=place[0]) if place else np.stack(arrays)


def united(instance: Instance, *dims: Dim) -> str:
    """Compare the union over dims with the samples; says what was found."""
    arrow = OpArrow(instance.box.op).retype(instance.types)
    try:
        image = union(arrow, *dims, sample=b).graph()
    except SpecError as refused:
        return refused.code
    counts = dict(zip(dims, COUNTS, strict=False))
    totals = {str(d): sum(found) for d, found in counts.items()}
    rng, total = seeded(instance, dims), {**instance.sizes, "b": 3, **totals}
    each = [{**instance.sizes, **{str(d): counts[d][i] for d in dims}} for i in range(3)]
    samples = [values(instance, rng, sizes, arrow.dom) for sizes in each]
    given = weights(instance, image, rng, total)
    wires = [joined(t, list(xs), counts) for t, xs in zip(arrow.dom, zip(*samples, strict=True))]
    for wire in image.inputs[len(wires) :]:
        (dim,) = (d for d in dims if image.names[wire] == f"{d}_sample")
        wires.append(np.repeat(np.arange(3), counts[dim]))
    outs = run(image, Context(FLOATS, total), wires, given).outputs
    wants = [
        run(arrow.graph(), Context(FLOATS, sizes), list(xs), given).outputs
        for sizes, xs in zip(each, samples, strict=True)
    ]
    for out, one, parts in zip(outs, arrow.cod, zip(*wants, strict=True), strict=True):
        if not agree([(out, joined(one, list(parts), counts))], FLOATS):
            return "another value"
    return "the samples apart"


def variable(instance: Instance) -> list[Dim]:
    """The dims that may vary: those that are an axis of an input as they are."""
    found = {a.index: None for t in instance.box.dom for a in t.axes}
    return [d for d in found if isinstance(d, Dim) and d.fixed is None]


@every
def test_a_union_is_its_samples_apart(instance: Instance) -> None:
    dims = variable(instance)
    for chosen in [(d,) for d in dims] + list(permutations(dims, 2)):
        assert united(instance, *chosen) in ("CM021", "the samples apart"), chosen


def test_what_looks_at_one_index_has_a_union() -> None:
    n, e, v = Dim.named("n e v")
    for name in ("relu", "add", "linear", "layer_norm", "dropout", "where", "sum", "mean", "max"):
        assert united(INSTANCES[name], n) == "the samples apart"
    for name in ("gather", "scatter.sum", "scatter.mean", "scatter.max", "degree"):
        assert united(INSTANCES[name], e, v) == "the samples apart"


def test_what_looks_at_several_indices_has_none() -> None:
    n, c = Dim.named("n c")
    for mixing in (
        op.layer_norm(n, affine=False),
        op.rms_norm(n, affine=False),
        op.normalise(n),
        op.batch_norm(c, over=(n,)),
        op.softmax(n),
        op.flip(n),
        op.roll(n, 1),
        op.conv(c, c, over=n, kernel=3),
    ):
        with pytest.raises(SpecError, match="CM021"):
            union(mixing.at(Real[n, c]), n, sample=b)
    with pytest.raises(SpecError, match="CM021"):
        union(op.max(n, masked=True).at(Real[n, c], Bool[n]), n, sample=b)
