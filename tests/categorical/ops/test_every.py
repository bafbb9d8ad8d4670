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
    assert {i.generator.name for i in ALL} == set(Generator.table)


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
    its law, which numbers do not show.  Windows claim nothing of the scalar −1 along their axes.
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
    return set(KINDS) - ({"negation"} if box.name == "conv" else set())


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
