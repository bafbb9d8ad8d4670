"""Contraction of several arrays, for any ring that can multiply and multiply matrices.

A contraction `ab,bc->ac` multiplies its operands entry by entry and sums every letter that the
output does not name. Laws: multilinear in its operands; independent of the order in which pairs are
contracted (over an exact ring). The planner reduces every contraction to batched matrix products,
so a ring has only to bring those.

>>> import numpy as np
>>> ring = Ring(multiply=np.multiply, matmul=np.matmul, total=lambda a, axes: np.sum(a, axis=axes))
>>> contract("ii->", (np.eye(3),), ring)
array(3.)
>>> contract("i->ij", (np.ones(2),), ring)
Traceback (most recent call last):
    ...
ValueError: einsum 'i->ij': output letter j is in no operand
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from categorical.semantics.algebra import Numbers


class Ring(NamedTuple):
    """What the planner needs of a ring."""

    multiply: Callable[[Numbers, Numbers], Numbers]
    matmul: Callable[[Numbers, Numbers], Numbers]
    total: Callable[[Numbers, tuple[int, ...]], Numbers]


Pairs = tuple[tuple[int, ...], ...]


@lru_cache(maxsize=4096)
def plan(spec: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], str, Pairs]:
    """The letters of the operands, those of the output, and the order of contraction."""
    compact = spec.replace(" ", "")
    if compact.count("->") != 1:
        raise ValueError(f"einsum {spec!r}: write the output after one '->'")
    left, output = compact.split("->")
    operands = tuple(left.split(","))
    if len(operands) != len(shapes):
        raise ValueError(f"einsum {spec!r}: {len(operands)} operands named, {len(shapes)} given")
    sizes: dict[str, int] = {}
    for letters, shape in zip(operands, shapes, strict=True):
        if letters and not letters.isalpha():
            raise ValueError(f"einsum {spec!r}: operand {letters!r} is not made of letters")
        if len(letters) != len(shape):
            raise ValueError(f"einsum {spec!r}: operand {letters!r} has {len(shape)} axes")
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ValueError(f"einsum {spec!r}: letter {letter} is {sizes[letter]} and {size}")
    for letter in output:
        if letter not in sizes:
            raise ValueError(f"einsum {spec!r}: output letter {letter} is in no operand")
        if output.count(letter) > 1:
            raise ValueError(f"einsum {spec!r}: output letter {letter} is repeated")
    if len(operands) <= 2:
        return operands, output, (tuple(range(len(operands))),)
    unique = tuple("".join(dict.fromkeys(letters)) for letters in operands)
    dummies = [np.broadcast_to(0.0, tuple(sizes[x] for x in letters)) for letters in unique]
    path, _ = np.einsum_path(f"{','.join(unique)}->{output}", *dummies, optimize="greedy")
    return operands, output, tuple(tuple(step) for step in path[1:])


def contract(spec: str, arrays: Sequence[Numbers], ring: Ring) -> Numbers:
    """Evaluate a contraction in a ring."""
    operands, output, steps = plan(spec, tuple(a.shape for a in arrays))
    live: list[tuple[str, Numbers]] = [
        _diagonal(letters, a) for letters, a in zip(operands, arrays, strict=True)
    ]
    for step in steps:
        chosen = [live[i] for i in step]
        live = [item for i, item in enumerate(live) if i not in step]
        elsewhere = set(output).union(*(letters for letters, _ in live))
        current = chosen[0]
        for k, other in enumerate(chosen[1:], start=2):
            keep = elsewhere.union(*(letters for letters, _ in chosen[k:]))
            current = _pair(current, other, keep, ring)
        live.append(_reduce(current, elsewhere, ring))
    letters, array = live[0]
    return np.transpose(np.asarray(array), [letters.index(x) for x in output])


def _diagonal(letters: str, array: Numbers) -> tuple[str, Numbers]:
    unique = "".join(dict.fromkeys(letters))
    if unique == letters:
        return letters, array
    return unique, np.einsum(f"{letters}->{unique}", array)


def _reduce(item: tuple[str, Numbers], keep: set[str], ring: Ring) -> tuple[str, Numbers]:
    letters, array = item
    axes = tuple(i for i, x in enumerate(letters) if x not in keep)
    if not axes:
        return item
    return "".join(x for x in letters if x in keep), ring.total(array, axes)


def _pair(
    one: tuple[str, Numbers], two: tuple[str, Numbers], keep: set[str], ring: Ring
) -> tuple[str, Numbers]:
    one = _reduce(one, keep.union(two[0]), ring)
    two = _reduce(two, keep.union(one[0]), ring)
    (left, a), (right, b) = one, two
    batch = [x for x in left if x in right and x in keep]
    inner = [x for x in left if x in right and x not in keep]
    rows = [x for x in left if x not in right]
    columns = [x for x in right if x not in left]
    a = np.transpose(a, [left.index(x) for x in batch + rows + inner])
    b = np.transpose(b, [right.index(x) for x in batch + inner + columns])
    nb, nr = len(batch), len(rows)
    shape = a.shape[:nb], a.shape[nb : nb + nr], a.shape[nb + nr :], b.shape[nb + len(inner) :]
    letters = "".join(batch + rows + columns)
    if not inner:
        wide = a.reshape(shape[0] + shape[1] + (1,) * len(columns))
        return letters, ring.multiply(wide, b.reshape(shape[0] + (1,) * nr + shape[3]))
    counts = [prod(part) for part in shape]
    if counts[1] == counts[3] == 1:
        flat = ring.multiply(a.reshape(counts[0], counts[2]), b.reshape(counts[0], counts[2]))
        return letters, ring.total(flat, (1,)).reshape(shape[0] + shape[1] + shape[3])
    product = ring.matmul(
        a.reshape(counts[0], counts[1], counts[2]), b.reshape(counts[0], counts[2], counts[3])
    )
    return letters, product.reshape(shape[0] + shape[1] + shape[3])
