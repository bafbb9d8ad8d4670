"""Subrepresentations and quotients of representations, given by invariant subspaces.

Definition.  A subspace of V is given by independent columns B (for several objects one matrix
each). It is invariant when g B = B X for every arrow; X is the subrepresentation.  The quotient V /
U has the coordinates in which U is left out: the places that the columns' pivots do not use.

Laws.  dim V = dim U + dim V/U; characters add; the projection V → V/U is natural and has the kernel
U.

>>> from categorical.groups import symmetric
>>> points = symmetric(4).standard()
>>> ones = Matrix.of([[1], [1], [1], [1]])
>>> quotient_by(points, ones).dimension, subrepresentation(points, ones).map("swap").is_identity
(3, True)

A subspace that an arrow leaves is refused, with the arrow:

>>> subrepresentation(points, Matrix.of([[1], [0], [0], [0]]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: this is no invariant subspace of `V`
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number, inverse
from categorical.representations.representation import Representation

Columns = Matrix | Mapping[str, Matrix]
On = Callable[[str, str, str, Matrix], Matrix]


@checked
def subrepresentation(of: Representation, columns: Columns, name: str = "") -> Representation:
    """The action on an invariant subspace, in the basis of these columns (n×k for each object).

    CM043 where the columns are dependent or an arrow leaves their span."""
    bases = _bases(of, columns)
    reads = {c: _reading(of, c, basis) for c, basis in bases.items()}

    def on(arrow: str, source: str, target: str, map_: Matrix) -> Matrix:
        moved = map_ @ bases[source]
        found = reads[target] @ moved
        if bases[target] @ found != moved:
            raise _leaves(of, arrow)
        return found

    return _made(of, on, {c: b.shape[1] for c, b in bases.items()}, "sub", name or f"U ⊂ {of.name}")


@checked
def quotient_by(of: Representation, columns: Columns, name: str = "") -> Representation:
    """V / U for an invariant subspace U spanned by these columns.

    CM043 where the columns are dependent or an arrow leaves their span."""
    bases = _bases(of, columns)
    reads = {c: _reading(of, c, basis) for c, basis in bases.items()}
    projections = {c: projection(of.dims[c], basis, reads[c]) for c, basis in bases.items()}
    sections = {c: _section(reads[c]) for c in bases}

    def on(arrow: str, source: str, target: str, map_: Matrix) -> Matrix:
        if len((projections[target] @ map_ @ bases[source]).values):
            raise _leaves(of, arrow)
        return projections[target] @ map_ @ sections[source]

    dims = {c: of.dims[c] - b.shape[1] for c, b in bases.items()}
    return _made(of, on, dims, "quotient", name or f"{of.name}/U")


def projection(n: int, basis: Matrix, read: Matrix) -> Matrix:
    """V → V/U: the rows of 1 − B·read at the places that ``read`` does not use."""
    rest = _rest(read)
    chosen = Matrix((len(rest), n), range(len(rest)), rest, [1] * len(rest))
    return chosen - chosen @ basis @ read


def _section(read: Matrix) -> Matrix:
    rest = _rest(read)
    return Matrix((read.shape[1], len(rest)), rest, range(len(rest)), [1] * len(rest))


def _rest(read: Matrix) -> list[int]:
    used = set(read.cols.tolist())
    return [i for i in range(read.shape[1]) if i not in used]


def _bases(of: Representation, columns: Columns) -> dict[str, Matrix]:
    given = columns if isinstance(columns, Mapping) else dict.fromkeys(of.dims, columns)
    for c, n in of.dims.items():
        if c not in given or given[c].shape[0] != n:
            raise SpecError(
                "CM043",
                f"a subspace of `{of}` at `{c}` is a matrix of {n} rows",
                facts=[("given", given[c].shape if c in given else "nothing")],
            )
    return dict(given)


def _reading(of: Representation, at: str, basis: Matrix) -> Matrix:
    """k×n with read·B = 1, nonzero in k columns only; CM043 for dependent columns."""
    n, k = basis.shape
    rows: list[list[Number]] = basis.T.dense().tolist()
    pivots: list[int] = []
    done = 0
    for place in range(n):
        pivot = next((r for r in range(done, k) if rows[r][place] != 0), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        scale = inverse(rows[done][place])
        rows[done] = [x * scale for x in rows[done]]
        for r in range(done + 1, k):
            if rows[r][place] != 0:
                factor = rows[r][place]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[done])]
        pivots.append(place)
        done += 1
    if done < k:
        raise SpecError(
            "CM043",
            f"the {k} columns of a subspace of `{of}` at `{at}` are dependent",
            facts=[("their rank", done)],
        )
    choose = Matrix((k, n), range(k), pivots, [1] * k)
    return (choose @ basis).inverse() @ choose if k else Matrix.zero(0, n)


def _leaves(of: Representation, arrow: str) -> SpecError:
    return SpecError(
        "CM043",
        f"this is no invariant subspace of `{of}`",
        facts=[(f"`{arrow}`", "sends a column out of the span")],
    )


def _made(of: Representation, on: On, dims: dict[str, int], kind: str, name: str) -> Representation:
    only = next(iter(dims))
    return Representation(
        of.of,
        {f: on(f, a, b, of.map(f)) for f, (a, b) in of.of.arrows.items()},
        {x: on(x, only, only, of.derivative(x)) for x in of.of.algebra},
        dims=dims,
        kind=kind,
        name=name,
        parts=(of,),
        checked=False,
    )
