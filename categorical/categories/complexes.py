"""Simplicial and cellular complexes as categories: face maps, face posets, boundaries.

Definition.  ``face_maps(d)`` is the category of the face maps dᵢ : [n] → [n − 1] (named ``"d1:2"``)
up to dimension d, with degeneracies sᵢ : [n] → [n + 1] on request.  A *simplicial complex* lists
facets; its simplices are sorted tuples of vertices.  A *cell complex* lists cells with dimensions
and the signed incidences of their faces.  Both have a poset of faces, whose functors are cellular
sheaves, and boundary matrices.

Laws.  dᵢ dⱼ = dⱼ₋₁ dᵢ for i < j (and the other simplicial identities); ∂∂ = 0 (Goerss and Jardine
1999, I.1; Curry 2014, arXiv 1303.3255).

>>> face_maps(2).relations[0]
(('d1:2', 'd0:1'), ('d0:2', 'd0:1'))
>>> triangle = simplicial_complex("triangle", [(0, 1, 2)])
>>> triangle.boundary(1) @ triangle.boundary(2) == Matrix.zero(3, 1), triangle.faces.leq("0", "0,2")
(True, True)

Incidences with a wrong sign are refused:

>>> cells = {"p": 0, "q": 0, "e": 1, "f": 1, "D": 2}
>>> cell_complex("disk", cells, {("p", "e"): -1, ("q", "e"): 1, ("p", "f"): -1, ("q", "f"): 1,
...     ("e", "D"): 1, ("f", "D"): 1})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: the boundary of the boundary of `D` is not 0
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import combinations

from categorical.categories.posets import Poset, poset
from categorical.categories.presented import Path, Presentation
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix

Relation = tuple[Path, Path]


@checked
def face_maps(top: int, *, degeneracies: bool = False) -> Presentation:
    """The (semi)simplicial identities up to one dimension; objects are ``"0"`` … ``"top"``.

    A functor out of it is a (semi)simplicial vector space.  CM042 for a negative dimension."""
    if top < 0:
        raise SpecError("CM042", f"a simplex has the dimension 0, 1, 2, …, not {top}")

    def d(i: int, n: int) -> str:
        return f"d{i}:{n}"

    def s(i: int, n: int) -> str:
        return f"s{i}:{n}"

    arrows = {d(i, n): (str(n), str(n - 1)) for n in range(1, top + 1) for i in range(n + 1)}
    relations: list[Relation] = [
        ((d(j, n), d(i, n - 1)), (d(i, n), d(j - 1, n - 1)))
        for n in range(2, top + 1)
        for j in range(n + 1)
        for i in range(j)
    ]
    if degeneracies:
        arrows |= {s(i, n): (str(n), str(n + 1)) for n in range(top) for i in range(n + 1)}
        for n in range(top):
            for j in range(n + 1):
                relations += [((s(j, n), d(i, n + 1)), ()) for i in (j, j + 1)]
                if n + 2 <= top:
                    relations += [
                        ((s(j, n), s(i, n + 1)), (s(i, n), s(j + 1, n + 1))) for i in range(j + 1)
                    ]
                if n >= 1:
                    relations += [
                        ((s(j, n), d(i, n + 1)), (d(i, n), s(j - 1, n - 1))) for i in range(j)
                    ]
                    relations += [
                        ((s(j, n), d(i, n + 1)), (d(i - 1, n), s(j, n - 1)))
                        for i in range(j + 2, n + 2)
                    ]
    kind = "simplices" if degeneracies else "face maps"
    names = tuple(str(n) for n in range(top + 1))
    return Presentation(f"{kind} to {top}", names, arrows, tuple(relations))


class CellComplex:
    """Cells with dimensions and signed incidences; see the module."""

    def __init__(
        self,
        name: str,
        cells: Mapping[str, int],
        incidences: Mapping[tuple[str, str], int],
    ) -> None:
        if not cells:
            raise SpecError("CM042", f"`{name}` has no cells")
        self.name, self.incidences = name, dict(incidences)
        self.dimension = max(cells.values(), default=0)
        self.cells: tuple[tuple[str, ...], ...] = tuple(
            tuple(c for c, k in cells.items() if k == n) for n in range(self.dimension + 1)
        )
        """The cells of each dimension."""
        for (face, cell), sign in self.incidences.items():
            if cells.get(face, -2) + 1 != cells.get(cell, -2) or sign not in (1, -1):
                raise SpecError(
                    "CM043",
                    f"`{face}` is no face of `{cell}` with the sign {sign}",
                    facts=[
                        (face, f"has the dimension {cells.get(face)}"),
                        (cell, f"has the dimension {cells.get(cell)}"),
                    ],
                    help=["an incidence is (face, cell): 1 or −1, of neighbouring dimensions"],
                )
        for k in range(2, self.dimension + 1):
            twice = self.boundary(k - 1) @ self.boundary(k)
            if len(twice.values):
                raise SpecError(
                    "CM043",
                    f"the boundary of the boundary of `{self.cells[k][twice.cols[0]]}` is not 0",
                    facts=[(self.cells[k - 2][twice.rows[0]], f"occurs {twice.values[0]} times")],
                )

    def boundary(self, k: int) -> Matrix:
        """∂ₖ : Cₖ → Cₖ₋₁, entries 0 and ±1."""
        if not 1 <= k <= self.dimension:
            raise SpecError("CM042", f"`{self.name}` has the boundaries 1 … {self.dimension}")
        row = {c: i for i, c in enumerate(self.cells[k - 1])}
        column = {c: i for i, c in enumerate(self.cells[k])}
        mine = [(row[f], column[c], v) for (f, c), v in self.incidences.items() if c in column]
        rows, cols, values = zip(*mine) if mine else ((), (), ())
        return Matrix((len(row), len(column)), rows, cols, values)

    @cached_property
    def faces(self) -> Poset:
        """The poset of cells, face < cell: its functors are the cellular sheaves."""
        cells = [c for level in self.cells for c in level]
        return poset(f"faces of {self.name}", self.incidences, objects=cells)

    def __repr__(self) -> str:
        return f"{self.name}: {', '.join(str(len(level)) for level in self.cells)} cells"


class SimplicialComplex(CellComplex):
    """All nonempty subsets of the facets, each with its vertices in increasing order.

    ``facets`` are tuples of vertices, numbered from 0.  Errors: CM043 for a facet that is empty or
    repeats a vertex."""

    def __init__(self, name: str, facets: Iterable[Iterable[int]]) -> None:
        tops = [tuple(sorted(facet)) for facet in facets]
        for top in tops:
            if not top or len(set(top)) != len(top):
                raise SpecError(
                    "CM043", f"the facet {top} of `{name}` repeats a vertex or is empty"
                )
        every = {face for top in tops for k in range(len(top)) for face in combinations(top, k + 1)}
        self.simplices = sorted(every, key=lambda simplex: (len(simplex), simplex))
        cells = {_named(simplex): len(simplex) - 1 for simplex in self.simplices}
        incidences = {
            (_named((*x[:i], *x[i + 1 :])), _named(x)): (-1) ** i
            for x in self.simplices
            if len(x) > 1
            for i in range(len(x))
        }
        super().__init__(name, cells, incidences)

    def face(self, k: int, i: int) -> Matrix:
        """dᵢ : Cₖ → Cₖ₋₁, which leaves out the i-th vertex; ∂ = Σ (−1)ⁱ dᵢ."""
        if not (1 <= k <= self.dimension and 0 <= i <= k):
            raise SpecError(
                "CM042",
                f"`{self.name}` has no face map d{i} of dimension {k}",
                facts=[("dimensions", f"1 … {self.dimension}"), ("vertices", f"0 … {k}")],
            )
        row = {c: at for at, c in enumerate(self.cells[k - 1])}
        mine = [x for x in self.simplices if len(x) == k + 1]
        rows = [row[_named((*x[:i], *x[i + 1 :]))] for x in mine]
        return Matrix((len(row), len(mine)), rows, range(len(mine)), [1] * len(mine))

    @cached_property
    def face_category(self) -> Presentation:
        """The face maps up to this dimension; ``face_matrices`` is its functor of chains."""
        return face_maps(self.dimension)

    @property
    def face_matrices(self) -> dict[str, Matrix]:
        """The matrix of each face map on chains: a semisimplicial vector space."""
        return {
            f"d{i}:{k}": self.face(k, i) for k in range(1, self.dimension + 1) for i in range(k + 1)
        }


@checked
def simplicial_complex(name: str, facets: Iterable[Iterable[int]]) -> SimplicialComplex:
    """The complex of all faces of these sets of vertices."""
    return SimplicialComplex(name, facets)


@checked
def cell_complex(
    name: str, cells: Mapping[str, int], incidences: Mapping[tuple[str, str], int]
) -> CellComplex:
    """``cells[name]`` is a dimension, ``incidences[face, cell]`` a sign; CM043 unless ∂∂ = 0."""
    return CellComplex(name, cells, incidences)


def _named(simplex: tuple[int, ...]) -> str:
    return ",".join(map(str, simplex))
