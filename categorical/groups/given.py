"""Finite groups from matrices, and from generators and relations alone.

Definition.  ``from_matrices`` takes exact invertible matrices and lets them permute the orbits of
the basis vectors, which is faithful; the matrices are the standard representation.
``from_presentation`` enumerates the cosets of the trivial subgroup (J. A. Todd and H. S. M.
Coxeter, *A practical method for enumerating cosets of a finite abstract group*, 1936): the group
acts on itself, and the relations are all there are.

Laws.  Order and relations are those of the permutations that result.  Infinite groups are refused:
a matrix of a finite group has a trace that is an algebraic integer; what is not told by that runs
into a limit.

>>> turn, mirror = Matrix.of([[0, -1], [1, 0]]), Matrix.of([[1, 0], [0, -1]])
>>> square = from_matrices("D4", {"r": turn, "s": mirror})
>>> square.order, square.degree, square.standard().dimension
(8, 4, 2)
>>> from_presentation("Q8", "ij", ["i i i i", "i i j^-1 j^-1", "i j i j^-1"]).order
8

A shear generates infinitely many matrices:

>>> from_matrices("?", {"t": Matrix.of([[1, 1], [0, 1]])})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: the group `?` is infinite or too large
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.categories.presented import Path, text
from categorical.categories.quivers import Written, path
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Cyclotomic, Number
from categorical.groups.finite import FiniteGroup

VECTORS = 20_000
"""The most vectors in the orbits of the basis."""
COSETS = 50_000
"""The most elements of a group that is enumerated from its relations."""


def from_matrices(
    name: str,
    matrices: Mapping[str, Matrix],
    relations: Iterable[Written] = (),
    order: int | None = None,
) -> FiniteGroup:
    """The finite group that these matrices generate; see the module.

    CM042 for matrices without inverse or of several sizes, CM044 for an infinite group."""
    plain = [g for g, m in matrices.items() if not isinstance(m, Matrix)]
    if plain:
        raise SpecError(
            "CM042",
            f"`{plain[0]}` of `{name}` is no exact matrix",
            help=["write Matrix.of([[0, 1], [1, 0]])"],
        )
    shapes = {m.shape for m in matrices.values()}
    if len(shapes) != 1 or len(set(next(iter(shapes)))) != 1:
        raise SpecError(
            "CM042",
            f"`{name}` needs square matrices of one size",
            facts=[("shapes", ", ".join(map(str, sorted(shapes))) or "none")],
        )
    for g, matrix in matrices.items():
        matrix.inverse()
        for h, other in matrices.items():
            _integral(name, f"{g} {h}", (matrix @ other).trace())
        _integral(name, g, matrix.trace())
    images = _orbits(name, matrices)
    return FiniteGroup(
        name,
        images,
        tuple(path(word) for word in relations),
        order=order,
        standard=matrices,
        figure=matrices,
    )


def _integral(name: str, word: str, trace: Number) -> None:
    """Eigenvalues in a finite group are roots of unity; their sums are algebraic integers, with
    whole coefficients of the powers of ζ."""
    parts = trace.coefficients if isinstance(trace, Cyclotomic) else (Fraction(trace),)
    if any(c.denominator != 1 for c in parts):
        raise _endless(name, f"the trace of {word} is {trace}, and no sum of roots of unity")


def _endless(name: str, why: str) -> SpecError:
    return SpecError(
        "CM044",
        f"the group `{name}` is infinite or too large",
        facts=[("reason", why)],
        help=["a Lie group is given by its algebra: LieGroup(name, {…})"],
    )


def _orbits(name: str, matrices: Mapping[str, Matrix]) -> dict[str, list[int]]:
    """How the generators permute the orbits of the basis vectors."""
    size = next(iter(matrices.values())).shape[0]
    columns = {g: _columns(m) for g, m in matrices.items()}
    numbers: dict[Any, int] = {}
    vectors: list[dict[int, Number]] = []
    for i in range(size):
        vector: dict[int, Number] = {i: 1}
        if numbers.setdefault(_key(vector), len(vectors)) == len(vectors):
            vectors.append(vector)
    images: dict[str, list[int]] = {g: [] for g in matrices}
    for vector in vectors:
        for g, own in columns.items():
            moved = _applied(own, vector)
            number = numbers.setdefault(_key(moved), len(vectors))
            if number == len(vectors):
                vectors.append(moved)
                if number >= VECTORS:
                    raise _endless(name, f"it moves a basis vector to more than {VECTORS} others")
            images[g].append(number)
    return images


def _columns(matrix: Matrix) -> dict[int, list[tuple[int, Number]]]:
    found: dict[int, list[tuple[int, Number]]] = {}
    for i, j, v in zip(matrix.rows.tolist(), matrix.cols.tolist(), matrix.values.tolist()):
        found.setdefault(j, []).append((i, v))
    return found


def _applied(
    columns: Mapping[int, list[tuple[int, Number]]], vector: Mapping[int, Number]
) -> dict[int, Number]:
    found: dict[int, Number] = {}
    for j, x in vector.items():
        for i, v in columns[j]:
            found[i] = found.get(i, 0) + v * x
    return {i: x for i, x in found.items() if x != 0}


def _key(vector: Mapping[int, Number]) -> tuple[tuple[int, Number], ...]:
    return tuple(sorted(vector.items(), key=lambda one: one[0]))


# --- generators and relations --------------------------------------------------------------------


def from_presentation(
    name: str, generators: Iterable[str], relations: Iterable[Written]
) -> FiniteGroup:
    """The group of these generators and relations, acting on itself; see the module.

    A relation is a word that is 1: ``"r r r"`` or a tuple of steps, ``"r^-1"`` backwards.  CM044
    where more than ``COSETS`` elements would be needed: the group is infinite or too large."""
    names = tuple(generators)
    words = [path(word) for word in relations]
    for word in words:
        for step in word:
            if step.removesuffix("^-1") not in names:
                raise SpecError(
                    "CM042",
                    f"the relation {text(word)} of `{name}` has an unknown generator `{step}`",
                    facts=[("generators", ", ".join(names))],
                )
    table = _Cosets(name, names, words).enumerated()
    images = {g: table[:, 2 * i] for i, g in enumerate(names)}
    found = FiniteGroup(name, images, words, presented=True)
    if not _regular(images, len(table)):
        raise SpecError("CM043", f"the enumeration of `{name}` is no action of it on itself")
    vars(found)["order"] = len(table)  # a regular action has as many elements as points
    return found


def _regular(images: Mapping[str, NDArray[np.int64]], count: int) -> bool:
    """Whether the permutations move any point to any other in exactly one way: each is reached
    from 0, and the maps that multiply from the other side commute with all generators."""
    order, parents = [0], {0: (0, "")}
    for at in order:
        for g, image in images.items():
            to = int(image[at])
            if to not in parents:
                parents[to] = (at, g)
                order.append(to)
    if len(order) != count:
        return False
    for x in images.values():
        other = np.zeros(count, dtype=np.int64)
        other[0] = x[0]
        for at in order[1:]:
            parent, g = parents[at]
            other[at] = images[g][other[parent]]
        if not all(np.array_equal(image[other], other[image]) for image in images.values()):
            return False
    return True


class _Cosets:
    """Todd–Coxeter enumeration of the cosets of 1, all relations traced at every coset (HLT)."""

    def __init__(self, name: str, generators: Sequence[str], words: Sequence[Path]) -> None:
        self.name = name
        letters = {g: 2 * i for i, g in enumerate(generators)}
        letters |= {f"{g}^-1": 2 * i + 1 for i, g in enumerate(generators)}
        self.words = [[letters[step] for step in word] for word in words if word]
        self.width = 2 * len(generators)
        self.table: list[list[int]] = [[-1] * self.width]
        self.alias = [0]
        self.live = 1

    def enumerated(self) -> NDArray[np.int64]:
        """The table of live cosets, renumbered: row c, column 2i: where generator i sends c."""
        at = 0
        while at < len(self.table):
            for word in self.words:
                if self.alias[at] != at:
                    break
                self._trace(at, word)
            if self.alias[at] == at:
                for x in range(self.width):
                    if self.table[at][x] < 0:
                        self._define(at, x)
            at += 1
        live = [c for c in range(len(self.table)) if self.alias[c] == c]
        number = {c: i for i, c in enumerate(live)}
        rows = [[number[self._find(to)] for to in self.table[c]] for c in live]
        return np.array(rows, dtype=np.int64).reshape(len(live), self.width)

    def _find(self, c: int) -> int:
        while self.alias[c] != c:
            self.alias[c] = self.alias[self.alias[c]]
            c = self.alias[c]
        return c

    def _define(self, c: int, x: int) -> int:
        new = len(self.table)
        self.live += 1
        if self.live > COSETS or new > 8 * COSETS:
            raise _endless(self.name, f"its relations leave more than {COSETS} elements apart")
        self.table.append([-1] * self.width)
        self.alias.append(new)
        self.table[c][x], self.table[new][x ^ 1] = new, c
        return new

    def _trace(self, start: int, word: Sequence[int]) -> None:
        """Follow a relation from both ends; fill the gap, deduce, or find a coincidence."""
        i, j = 0, len(word) - 1
        front = back = start
        while True:
            while i <= j and self.table[front][word[i]] >= 0:
                front = self._find(self.table[front][word[i]])
                i += 1
            if i > j:
                if front != back:
                    self._merge(front, back)
                return
            while j >= i and self.table[back][word[j] ^ 1] >= 0:
                back = self._find(self.table[back][word[j] ^ 1])
                j -= 1
            if j < i:
                self._merge(front, back)
                return
            if i == j:
                self.table[front][word[i]] = back
                self.table[back][word[i] ^ 1] = front
                return
            self._define(front, word[i])

    def _merge(self, one: int, other: int) -> None:
        """Two cosets are one, and so are their images."""
        waiting = [(one, other)]
        while waiting:
            a, b = (self._find(c) for c in waiting.pop())
            if a == b:
                continue
            a, b = min(a, b), max(a, b)
            self.alias[b] = a
            self.live -= 1
            for x in range(self.width):
                to = self.table[b][x]
                if to < 0:
                    continue
                self.table[b][x] = -1
                if self.table[to][x ^ 1] == b:
                    self.table[to][x ^ 1] = -1
                to, mine = self._find(to), self._find(a)
                if self.table[mine][x] >= 0:
                    waiting.append((self.table[mine][x], to))
                elif self.table[to][x ^ 1] >= 0:
                    waiting.append((self.table[to][x ^ 1], mine))
                else:
                    self.table[mine][x], self.table[to][x ^ 1] = to, mine
