"""Maps of a dimension, acting on arrays: the definition behind the naturality classes.

A map from an index set of size d' to one of size d is a matrix of d' rows and d columns; it acts on
every axis over the set, on a product of sets factor by factor, on a sum term by term.  A function f
(its matrix has one 1 in each row) pulls axes back along f, and pushes indices (``Fin`` values)
forward along f.
"""

from __future__ import annotations

import numpy as np

from categorical.index import Dim, DisjointSum, IndexSet, Points, Product
from categorical.naturality import KINDS
from categorical.spaces import Array

INDEX_KINDS = ("function", "bijection", "shift", "prefix")
MATRIX_KINDS = tuple(kind for kind in KINDS if kind not in INDEX_KINDS)


class Undefined(Exception):
    """The map does not act on that type."""


def random_map(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """The matrix of a random map of the kind, from some size to ``size``."""
    eye = np.eye(size)
    if kind == "bijection":
        return eye[rng.permutation(size)]
    if kind == "shift":
        return np.roll(eye, rng.integers(1, max(size, 2)), axis=1)
    if kind == "prefix":
        return eye[: rng.integers(1, max(size, 2))]
    if kind == "function":
        return eye[rng.integers(0, size, size=rng.integers(1, size + 3))]
    if kind == "negation":
        return -eye
    if kind == "signed":
        signs = rng.choice([-1.0, 1.0], size=(size, 1))
        signs[rng.integers(size)] = -1.0
        return eye[rng.permutation(size)] * signs
    if kind == "orthogonal":
        return np.linalg.qr(rng.standard_normal((size, size)))[0]
    return rng.standard_normal((int(rng.integers(1, size + 3)), size))


def on_set(matrix: np.ndarray, dim: Dim, index: IndexSet, size_of) -> np.ndarray:
    """The map that a map of ``dim`` gives on an index set."""
    if index is dim:
        return matrix
    if dim not in index.atoms:
        return np.eye(size_of(index))
    if isinstance(index, Product):
        result = np.ones((1, 1))
        for part in index.factors:
            result = np.kron(result, on_set(matrix, dim, part, size_of))
        return result
    if isinstance(index, DisjointSum):
        blocks = [on_set(matrix, dim, part, size_of) for part in index.terms]
        result = np.zeros(np.sum([b.shape for b in blocks], axis=0))
        row = column = 0
        for block in blocks:
            height, width = block.shape
            result[row : row + height, column : column + width] = block
            row, column = row + height, column + width
        return result
    assert not isinstance(index, Points)
    raise Undefined(f"maps of {dim} do not act on {index}")


def pull(value, one: Array, matrix, dim: Dim, size_of, algebra):
    """Act on the axes of a value, from size d to d'."""
    functional = bool(np.all(matrix.sum(axis=1) == 1) and np.all((matrix == 0) | (matrix == 1)))
    for place, axis in enumerate(one.axes):
        if dim not in axis.index.atoms:
            continue
        whole = on_set(matrix, dim, axis.index, size_of)
        if functional:
            where = whole.argmax(axis=1)
            if isinstance(value, np.ndarray):
                value = np.take(value, where, axis=place)
            else:
                value = algebra.gather(value, where, place)
            continue
        if one.kind not in ("real", "complex"):
            raise Undefined(f"a matrix does not act on {one}")
        letters = "abcdefghij"[: len(one.axes)]
        moved = letters.replace(letters[place], "Z")
        spec = f"Z{letters[place]},{letters}->{moved}"
        value = algebra.einsum(spec, algebra.constant(whole), value)
    return value


def push(value, one: Array, matrix, dim: Dim, size_of):
    """Act on the indices in a value, from size d' to d."""
    if one.values is None or dim not in one.values.atoms:
        return value
    whole = on_set(matrix, dim, one.values, size_of)
    if not (np.all(whole.sum(axis=1) == 1) and np.all((whole == 0) | (whole == 1))):
        raise Undefined(f"a matrix does not act on {one}")
    return whole.argmax(axis=1)[value]


def square(instance, dim: Dim, kind: str, mode: str, algebra, rng: np.random.Generator):
    """Both ways around the square of a random map of ``dim``: a list of pairs that should agree.

    Data are drawn with axes of size d and indices below d'.  One way pulls the axes back first and
    runs at d'; the other pushes the indices forward first and runs at d.
    """
    from tests.categorical.ops.instances import draw

    box, sizes = instance.box, instance.sizes
    if dim.fixed is not None and kind in ("function", "prefix", "linear"):
        raise Undefined("the size is fixed")
    large = dim.size.evaluate(sizes)
    matrix = random_map(kind, large, rng)
    small = matrix.shape[0]
    low = {**sizes, dim.name: small}

    if not all(one.holds(low) for one in box.conditions):
        raise Undefined("the box is not defined at that size")

    def axes_size(index: IndexSet) -> int:
        return index.size.evaluate(sizes)

    def values_size(index: IndexSet) -> int:
        return index.size.evaluate(low)

    for one in (*box.dom, *box.cod):  # raises Undefined
        for index in (*(a.index for a in one.axes), *([one.values] if one.values else [])):
            on_set(matrix, dim, index, axes_size)
    values = []
    for one, role in [(t, "data") for t in box.dom] + [(r.space, r.role) for r in box.resources]:
        if one.kind == "fin":
            shape = tuple(axes_size(a.index) for a in one.axes)
            values.append(rng.integers(0, values_size(one.values), size=shape))
        else:
            values.append(draw(instance, algebra, rng, axes_size, one, role))
    spaces = [*box.dom, *(r.space for r in box.resources)]
    acted = [True] * len(box.dom) + [r.role == "noise" for r in box.resources]
    first = [
        pull(x, t, matrix, dim, axes_size, algebra) if a else x
        for x, t, a in zip(values, spaces, acted)
    ]
    second = [
        push(x, t, matrix, dim, axes_size) if a else x for x, t, a in zip(values, spaces, acted)
    ]
    meaning = box.generator.meaning
    left = meaning(type(instance.context(algebra))(algebra, low, mode), box, tuple(first))
    right = meaning(instance.context(algebra, mode), box, tuple(second))
    states = [r.space for suffix in box.updates for r in box.resources if r.suffix == suffix]
    return [
        (push(a, t, matrix, dim, axes_size), pull(b, t, matrix, dim, axes_size, algebra))
        for a, b, t in zip(left, right, [*box.cod, *states], strict=True)
    ]


def agree(pairs, algebra) -> bool:
    """Whether all pairs are equal (up to rounding, among floats)."""
    for a, b in pairs:
        kinds = {np.asarray(x).dtype.kind for x in (a, b)}
        if kinds <= {"b", "i"} and getattr(algebra, "p", None) is None:
            if not np.array_equal(a, b):
                return False
        elif not algebra.equal_arrays(a, b):
            return False
    return True
