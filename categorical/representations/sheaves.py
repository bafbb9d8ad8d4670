"""Functors out of complexes and groupoids: chains, cellular sheaves and their coboundaries.

Definition.  The chains of a simplicial complex are a functor of the face maps.  A *cellular sheaf*
is a representation of the poset of faces: a stalk for each cell, a restriction map for each face <
cell. Its coboundary δₖ sends a value on k-cells to the signed sum of its restrictions on (k +
1)-cells; the Laplacian is δᵀδ + δδᵀ (Hansen and Ghrist 2019, arXiv 1808.01513).

Laws.  δδ = 0; with the constant sheaf δ is the transposed boundary.

>>> from categorical.categories import simplicial_complex
>>> triangle = simplicial_complex("triangle", [(0, 1, 2)])
>>> sheaf = Representation.trivial(triangle.faces, 2)
>>> coboundary(triangle, sheaf, 0).shape, laplacian(triangle, sheaf, 0).trace()
((6, 6), 12)
>>> chains(triangle).dims
{'0': 3, '1': 3, '2': 1}

A functor of another category is no sheaf on the complex:

>>> coboundary(triangle, chains(triangle), 0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `chains of triangle` is no sheaf on triangle
...
"""

from __future__ import annotations

from itertools import combinations

from categorical.categories.complexes import CellComplex, SimplicialComplex
from categorical.categories.subgraphs import Subgraphs
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.finite import FiniteGroup
from categorical.representations.representation import Representation


@checked
def chains(of: SimplicialComplex) -> Representation:
    """The semisimplicial vector space of a complex: Cₙ with the face maps dᵢ."""
    return Representation(
        of.face_category,
        of.face_matrices,
        dims={str(n): len(cells) for n, cells in enumerate(of.cells)},
        kind="chains",
        name=f"chains of {of.name}",
    )


@checked
def oriented_chains(of: SimplicialComplex, group: FiniteGroup, k: int) -> Representation:
    """The oriented k-simplices under a group that permutes the vertices (0 … degree − 1): a simplex
    goes to its image, with the sign of the permutation that sorts it.  Boundaries are equivariant.

    CM043 where a simplex goes to no simplex of the complex."""
    mine = [x for x in of.simplices if len(x) == k + 1]
    number = {x: i for i, x in enumerate(mine)}
    maps: dict[str, Matrix] = {}
    for g, image in group.permutations.items():
        places, signs = [], []
        for x in mine:
            moved = [int(image[v]) if v < len(image) else v for v in x]
            if tuple(sorted(moved)) not in number:
                raise SpecError(
                    "CM043",
                    f"`{group}` does not act on {of.name}",
                    facts=[(f"`{g}` sends the simplex {x}", f"to {tuple(moved)}, which is none")],
                )
            inversions = sum(a > b for a, b in combinations(moved, 2))
            places.append(number[tuple(sorted(moved))])
            signs.append(1 - 2 * (inversions % 2))
        maps[g] = Matrix.signed(places, signs)
    return Representation(
        group, maps, dims={"*": len(mine)}, kind="chains", name=f"C{k}({of.name})"
    )


@checked
def vertices(of: Subgraphs) -> Representation:
    """Functions of the vertices of each graph, permuted by the isomorphisms."""
    return Representation(of, of.matrices, dims=of.sizes, kind="permutation", name="vertices")


@checked
def coboundary(complex_: CellComplex, sheaf: Representation, k: int) -> Matrix:
    """δₖ : Cᵏ → Cᵏ⁺¹ with values in a sheaf; cells in the order of ``complex_.cells``.

    CM043 unless the sheaf is a representation of ``complex_.faces``."""
    _on(complex_, sheaf)
    signs = complex_.boundary(k + 1).T
    low, high = complex_.cells[k], complex_.cells[k + 1]
    at, width = _offsets(low, sheaf)
    up, height = _offsets(high, sheaf)
    found = Matrix.zero(height, width)
    for face, cell, sign in zip(signs.cols.tolist(), signs.rows.tolist(), signs.values.tolist()):
        map_ = sheaf.map(f"{low[face]}<{high[cell]}")
        rows, cols = map_.rows + up[cell], map_.cols + at[face]
        found = found + Matrix((height, width), rows, cols, map_.values) * sign
    return found


@checked
def laplacian(complex_: CellComplex, sheaf: Representation, k: int) -> Matrix:
    """The Hodge Laplacian of a sheaf on Cᵏ: δₖᵀδₖ + δₖ₋₁δₖ₋₁ᵀ."""
    _on(complex_, sheaf)
    if not 0 <= k <= complex_.dimension:
        raise SpecError("CM042", f"`{complex_.name}` has cells of 0 … {complex_.dimension}")
    size = sum(sheaf.dims[c] for c in complex_.cells[k])
    found = Matrix.zero(size, size)
    if k < complex_.dimension:
        up = coboundary(complex_, sheaf, k)
        found = found + up.T @ up
    if k > 0:
        down = coboundary(complex_, sheaf, k - 1)
        found = found + down @ down.T
    return found


def _on(complex_: CellComplex, sheaf: Representation) -> None:
    if sheaf.of is not complex_.faces:
        raise SpecError(
            "CM043",
            f"`{sheaf}` is no sheaf on {complex_.name}",
            facts=[("it is a functor of", sheaf.of), ("a sheaf is one of", complex_.faces)],
        )


def _offsets(cells: tuple[str, ...], sheaf: Representation) -> tuple[list[int], int]:
    found, total = [], 0
    for cell in cells:
        found.append(total)
        total += sheaf.dims[cell]
    return found, total
