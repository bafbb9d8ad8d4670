"""What holds for every generator: its naturality class, lifting, derivatives, exact values."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, SpecError
from categorical.index import Axis
from categorical.naturality import KINDS, LINEAR
from categorical.records import EVAL, TRAIN, Context, Generator
from categorical.semantics import Dual, DualAlgebra, FieldAlgebra, FloatAlgebra, Resample
from categorical.spaces import Array
from tests.categorical.ops.acting import INDEX_KINDS, Undefined, agree, square
from tests.categorical.ops.instances import INSTANCES, Instance, draw

FLOATS = FloatAlgebra(1e-8)
FIELD = FieldAlgebra(seed=5)
ALL = list(INSTANCES.values())
every = pytest.mark.parametrize("instance", ALL, ids=str)


def dims_of(instance: Instance) -> list[Dim]:
    box = instance.box
    found = {d: None for t in (*box.dom, *box.cod) for d in sorted(t.atoms, key=str)}
    return list(found)


def modes(instance: Instance) -> tuple[str, ...]:
    roles = {r.role for r in instance.box.resources}
    return (TRAIN, EVAL) if roles & {"noise", "statistic"} else (EVAL,)


def seeded(*parts: object) -> np.random.Generator:
    return np.random.default_rng([ord(x) for x in repr(parts)])


def test_every_generator_has_an_instance() -> None:
    known = set(Generator.table) - {"opaque"}  # of which nothing is claimed: test_opaque.py
    assert {i.generator.name for i in ALL} == known


@every
def test_claimed_maps_commute(instance: Instance) -> None:
    for dim in dims_of(instance):
        for mode in modes(instance):
            for kind in sorted(instance.box.natural(dim, mode)):
                for trial in range(4):
                    rng = seeded(instance, dim, mode, kind, trial)
                    try:
                        pairs = square(instance, dim, kind, mode, FLOATS, rng)
                    except Undefined:
                        continue
                    assert agree(pairs, FLOATS), (dim, mode, kind, pairs)


@every
def test_claimed_index_maps_commute_exactly(instance: Instance) -> None:
    for dim in dims_of(instance):
        for mode in modes(instance):
            for kind in sorted(instance.box.natural(dim, mode) & set(INDEX_KINDS)):
                for trial in range(2):
                    rng = seeded(instance, dim, mode, kind, trial)
                    try:
                        pairs = square(instance, dim, kind, mode, FIELD, rng)
                    except (Undefined, Resample):
                        continue
                    assert agree(pairs, FIELD), (dim, mode, kind, pairs)


def kinds_to_try(instance: Instance, dim: Dim, mode: str) -> set[str]:
    """The kinds of maps for which a class must be as large as the numbers allow.

    Where a weight has the dim, maps of it would have to move the weight: the class is empty, and
    only permutations are tried.  Of maps that repeat or drop indices a wire of indices into the
    dim is promised nothing, nor a box that is not defined at every size.  Maps of noise must keep
    its law, which numbers do not show.  Windows and solved
    layers claim nothing of the scalar −1 along their axes.
    """
    box = instance.box
    if any(r.role == "noise" for r in box.resources) and mode == TRAIN:
        return set()
    if any(dim in r.space.atoms for r in box.resources):
        return {"bijection", "shift"}
    if any(t.values is not None and dim in t.values.atoms for t in (*box.dom, *box.cod)):
        return {"bijection", "shift"}
    if any(str(dim) in one.symbols for one in box.conditions):
        return {"bijection", "shift"}
    return set(KINDS) - ({"negation"} if box.name in ("conv", "hom") else set())


def counterexample(instance: Instance, dim: Dim, mode: str, kind: str) -> bool | None:
    """Whether some map of the kind does not commute; ``None`` if none acts on the types."""
    defined = False
    for trial in range(16):
        rng = seeded(instance, dim, mode, kind, trial, "tight")
        try:
            if not agree(square(instance, dim, kind, mode, FLOATS, rng), FLOATS):
                return True
            defined = True
        except Undefined:
            continue
    return False if defined else None


@every
def test_classes_are_as_large_as_they_can_be(instance: Instance) -> None:
    for dim in dims_of(instance):
        for mode in modes(instance):
            kinds = kinds_to_try(instance, dim, mode) - instance.box.natural(dim, mode)
            for kind in sorted(kinds):
                found = counterexample(instance, dim, mode, kind)
                assert found is not False, (dim, mode, kind)


# --- linearity ----------------------------------------------------------------------------


def defect(instance: Instance, mode: str, places: set[int], trial: int = 0) -> bool:
    """Whether the box is not linear in these inputs together, the others held fixed."""
    box = instance.box
    spaces = [*box.dom, *(r.space for r in box.resources)]
    roles = ["data"] * len(box.dom) + [r.role for r in box.resources]
    rng = seeded(instance, mode, places, trial)
    first = drawn(instance, FLOATS, rng, spaces, roles)
    other = drawn(instance, FLOATS, rng, spaces, roles)
    second = [y if i in places else x for i, (x, y) in enumerate(zip(first, other, strict=True))]
    a, b = 0.75, 1.5  # positive, so that an input that must be positive stays so

    def run(values):
        found = box.generator.meaning(instance.context(FLOATS, mode), box, tuple(values))
        return found[: len(box.cod)]

    both = [a * x + b * y if i in places else x for i, (x, y) in enumerate(zip(first, second))]
    pairs = zip(run(both), run(first), run(second), strict=True)
    return not agree([(z, a * x + b * y) for z, x, y in pairs], FLOATS)


@every
def test_linear_means_linear(instance: Instance) -> None:
    box = instance.box
    claimed = box.generator.linear(box)
    for mode in modes(instance):
        if claimed == "joint":
            assert all(one.kind == "real" for one in (*box.dom, *box.cod))
            assert not defect(instance, mode, set(range(len(box.dom))))
        for place in claimed if isinstance(claimed, tuple) else ():
            assert not defect(instance, mode, {place})


def nonlinear(instance: Instance, places: set[int]) -> bool:
    return any(defect(instance, mode, places, k) for k in range(4) for mode in modes(instance))


@every
def test_what_is_linear_says_so(instance: Instance) -> None:
    box = instance.box
    claimed = box.generator.linear(box)
    if claimed == "joint" or any(one.kind != "real" for one in box.cod):
        return
    spaces = [*box.dom, *(r.space for r in box.resources)]
    for place, one in enumerate(spaces):
        if one.kind == "real" and place not in (claimed or ()):
            assert nonlinear(instance, {place}), place
    if box.dom and not claimed and all(one.kind == "real" for one in box.dom):
        assert nonlinear(instance, set(range(len(box.dom))))


# --- the data-parallel lift ---------------------------------------------------------------


LIFT = Axis(Dim("lift"))
TIMES = 3


def lifted(one: Array, place: int) -> Array:
    return one.with_axes((*one.axes[:place], LIFT, *one.axes[place:]))


def drawn(instance: Instance, algebra, rng, spaces, roles):
    sizes = {**instance.sizes, "lift": TIMES}

    def size_of(index):
        return index.size.evaluate(sizes)

    pairs = zip(spaces, roles, strict=True)
    return [draw(instance, algebra, rng, size_of, one, role) for one, role in pairs]


def at(value, one: Array, index: int):
    """A value at one index of the lifted axis, or as it is if it has none."""
    place = one.position(LIFT)
    return value if place < 0 else np.take(value, index, axis=place)


@every
@pytest.mark.parametrize("last", [False, True], ids=["in front", "last"])
def test_another_axis_is_carried_along(instance: Instance, last: bool) -> None:
    box = instance.box
    if not box.dom:
        return
    wide = tuple(lifted(one, len(one.axes) if last else 0) for one in box.dom)
    loose = box.generator.loose(box.op)
    patterns = [wide]
    for slot in loose & set(range(len(wide))):
        patterns.append(tuple(box.dom[i] if i == slot else one for i, one in enumerate(wide)))
    for mode in modes(instance):
        for dom in patterns:
            if all(one.position(LIFT) < 0 for one in dom):
                continue
            compare_with_mapping(instance, dom, mode)


def compare_with_mapping(instance: Instance, dom: tuple[Array, ...], mode: str) -> None:
    narrow = instance.box
    if narrow.generator.stateful:
        with pytest.raises(SpecError, match="CM010"):
            narrow.op.box(dom)
        return
    box = narrow.op.box(dom)
    for small, large in zip(narrow.cod, box.cod, strict=True):
        assert set(large.axes) == {*small.axes, LIFT}
        assert [a for a in large.axes if a is not LIFT] == list(small.axes)
    spaces = [*box.dom, *(r.space for r in box.resources)]
    roles = ["data"] * len(box.dom) + [r.role for r in box.resources]
    ctx = Context(FLOATS, {**instance.sizes, "lift": TIMES}, mode)
    values = drawn(instance, FLOATS, seeded(instance, mode), spaces, roles)
    outs = box.generator.meaning(ctx, box, tuple(values))
    for one, out in zip(box.cod, outs, strict=True):
        assert np.shape(out) == ctx.shape(one)
    for i in range(TIMES):
        part = tuple(at(x, one, i) for x, one in zip(values, spaces, strict=True))
        want = narrow.generator.meaning(ctx, narrow, part)
        for out, one, expected in zip(outs, box.cod, want, strict=True):
            assert agree([(at(out, one, i), expected)], FLOATS)


# --- derivatives --------------------------------------------------------------------------


@every
def test_the_dual_meaning_is_the_derivative(instance: Instance) -> None:
    box = instance.box
    if all(one.kind != "real" for one in box.cod):
        return
    spaces = [*box.dom, *(r.space for r in box.resources)]
    roles = ["data"] * len(box.dom) + [r.role for r in box.resources]
    step = 1e-6
    for mode in modes(instance):
        rng = seeded(instance, mode, "derivative")
        values = drawn(instance, FLOATS, rng, spaces, roles)
        along = [rng.standard_normal(np.shape(x)) for x in values]
        real = [one.kind == "real" for one in spaces]

        def run(algebra, given, mode=mode):
            return box.generator.meaning(instance.context(algebra, mode), box, tuple(given))

        duals = [Dual(x, t) if r else x for x, t, r in zip(values, along, real)]
        moved = [
            run(FLOATS, [x + sign * step * t if r else x for x, t, r in zip(values, along, real)])
            for sign in (1, -1)
        ]
        for dual, plain, up, down in zip(
            run(DualAlgebra(), duals), run(FLOATS, values), *moved, strict=True
        ):
            if isinstance(dual, Dual):
                np.testing.assert_allclose(dual.value, plain, rtol=1e-12, atol=1e-12)
                slope = (up - down) / (2 * step)
                np.testing.assert_allclose(dual.tangent, slope, rtol=1e-5, atol=1e-6)
            else:
                np.testing.assert_array_equal(dual, plain)


# --- exact values -------------------------------------------------------------------------


def rational(residue: int, p: int) -> float:
    """The fraction with small numerator and denominator that has this residue."""
    bound = int((p // 2) ** 0.5)
    a, b, x, y = p, residue % p, 0, 1
    while b > bound:
        a, b, x, y = b, a % b, y, x - a // b * y
    assert y and abs(y) <= bound
    return b / y


@every
def test_the_field_meaning_is_the_float_meaning_where_it_is_exact(instance: Instance) -> None:
    box = instance.box
    if box.generator.fragment != "exact":
        return
    field = FieldAlgebra(2**31 - 1)
    spaces = [*box.dom, *(r.space for r in box.resources)]
    for mode in modes(instance):
        rng = seeded(instance, mode, "exact")
        values = []
        for one in spaces:
            shape = instance.context(FLOATS).shape(one)
            if one.kind == "real":
                values.append(rng.integers(1, 4, size=shape))
            else:
                values.append(drawn(instance, FLOATS, rng, [one], ["data"])[0])
        results = []
        for algebra in (FLOATS, field):
            given = [
                algebra.constant(x) if one.kind == "real" else x
                for x, one in zip(values, spaces, strict=True)
            ]
            ctx = instance.context(algebra, mode)
            results.append(box.generator.meaning(ctx, box, tuple(given)))
        assert not field.used_ordered
        for one, floats, residues in zip(box.cod, *results, strict=True):
            if one.kind == "real":
                residues = np.vectorize(lambda r: rational(int(r), field.p), otypes=[float])(
                    residues
                )
                np.testing.assert_allclose(residues, floats, rtol=1e-12, atol=1e-12)
            else:
                np.testing.assert_array_equal(residues, floats)


# --- the tests see mistakes ---------------------------------------------------------------


def replaced(instance: Instance, **changes: object) -> Instance:
    """The instance with a changed record (which is not registered)."""
    from dataclasses import fields

    made = object.__new__(Generator)
    for one in fields(Generator):
        object.__setattr__(
            made, one.name, changes.get(one.name, getattr(instance.generator, one.name))
        )
    box = object.__new__(type(instance.box))
    op = object.__new__(type(instance.box.op))
    op.generator, op.attrs = made, instance.box.op.attrs
    box.op = op
    for name in ("dom", "cod", "resources", "updates", "conditions"):
        setattr(box, name, getattr(instance.box, name))

    class Changed(Instance):
        @property
        def box(self):
            return box

    return Changed(instance.name, instance.arrow, instance.types, instance.positive, instance.sizes)


def test_a_class_that_is_too_large_is_noticed() -> None:
    twin = replaced(INSTANCES["softmax"], natural=lambda box, dim, mode: LINEAR)
    with pytest.raises(AssertionError):
        test_claimed_maps_commute(twin)
    twin = replaced(INSTANCES["max"], natural=lambda box, dim, mode: frozenset(("prefix",)))
    with pytest.raises(AssertionError):
        test_claimed_index_maps_commute_exactly(twin)


def test_a_class_that_is_too_small_is_noticed() -> None:
    twin = replaced(INSTANCES["layer_norm.plain"], natural=lambda box, dim, mode: frozenset())
    with pytest.raises(AssertionError):
        test_classes_are_as_large_as_they_can_be(twin)


def test_a_derivative_that_is_wrong_is_noticed() -> None:
    def broken(ctx, box, values):
        (y,) = INSTANCES["rms_norm.plain"].generator.meaning(ctx, box, values)
        return (Dual(y.value, y.tangent * 1.01) if isinstance(y, Dual) else y,)

    with pytest.raises(AssertionError):
        test_the_dual_meaning_is_the_derivative(
            replaced(INSTANCES["rms_norm.plain"], meaning=broken)
        )


def test_a_field_meaning_that_is_wrong_is_noticed() -> None:
    def broken(ctx, box, values):
        (y,) = INSTANCES["mean"].generator.meaning(ctx, box, values)
        return (ctx.algebra.add(y, ctx.algebra.ones(y.shape)) if hasattr(ctx.algebra, "p") else y,)

    with pytest.raises(AssertionError):
        test_the_field_meaning_is_the_float_meaning_where_it_is_exact(
            replaced(INSTANCES["mean"], meaning=broken)
        )
