"""Equivariant polynomials: multilinear diagrams of one array taken several times.

Definition.  A homogeneous polynomial of degree d in an array x with k indices is a multilinear map
of (x, …, x).  So the equivariant ones are spanned by the diagrams with d · k sources, up to
exchanging the d copies.  For a matrix and permutations a copy is an edge and a block a node: these
are the directed multigraphs with marked nodes of Puny et al. 2023 (arXiv:2302.11556).

Laws.  Those of permutations with at most n blocks are a basis at size n, for every n.  Renaming the
indices of x renames those of the result, for every diagram.

>>> [polynomials(2, 0, degree).count for degree in (0, 1, 2, 3)]    # matrices to scalars
[1, 2, 11, 52]
>>> squares = polynomials(2, 2, 2)
>>> squares.count, contraction(squares.diagrams[0], 2), contraction(squares.diagrams[9], 2)
(117, 'ij,kl->ij', 'ij,jk->ik')

A degree below zero is none:

>>> polynomials(2, 2, -1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: a polynomial of degree -1
...
"""

from __future__ import annotations

from itertools import permutations

from categorical.diagrams.diagram import Diagram
from categorical.diagrams.sets import Diagrams, Sizes, partition_diagrams
from categorical.errors import SpecError

LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


def polynomials(sources: int, targets: int, degree: int, **more: str) -> Diagrams:
    """The S_n-equivariant homogeneous polynomials from arrays with k indices to arrays with l.

    The diagrams act on ``degree`` inputs of k indices each, which are to be one array."""
    if degree < 0:
        raise SpecError("CM042", f"a polynomial of degree {degree}")
    return up_to_exchange(partition_diagrams(sources * degree, targets, **more), degree)


def up_to_exchange(diagrams: Diagrams, degree: int) -> Diagrams:
    """One diagram of each class under exchanging equal groups of sources: the first."""
    l, many = len(diagrams.targets), len(diagrams.sources)
    k = many // max(degree, 1)
    groups = [diagrams.sources[i * k : i * k + k] for i in range(degree)]
    if k * degree != many or len(set(groups)) > 1:
        raise SpecError("CM042", f"{diagrams} has no {degree} equal inputs")
    number = {one: i for i, one in enumerate(diagrams.diagrams)}
    chosen: list[int] = []
    seen: set[int] = set()
    for i, one in enumerate(diagrams.diagrams):
        if i in seen:
            continue
        chosen.append(i)
        for order in permutations(range(degree)):
            name = [*range(l), *(l + order[p // k] * k + p % k for p in range(many))]
            moved = Diagram.of(l, many, [[name[p] for p in b] for b in one.blocks])
            seen.add(number[moved])
    return diagrams.choose(chosen)


def independent(polynomial: Diagrams, sizes: Sizes) -> tuple[int, ...]:
    """The numbers of those that are a basis at a size, of permutations: with at most n blocks.

    These are a class of diagrams that exchanging keeps, and independent as tensors; so the sums
    over exchanges are independent too."""
    if any(f.family != "partition" for f in polynomial.factors):
        raise SpecError(
            "CM044",
            "which polynomials are independent is known for permutations",
            facts=[("diagrams", polynomial)],
        )
    known = polynomial.sizes(sizes)
    good = []
    for i, one in enumerate(polynomial.diagrams):
        blocks = [polynomial.ports[b[0]].factor for b in one.blocks]
        if all(blocks.count(f) <= n for f, n in enumerate(known)):
            good.append(i)
    return tuple(good)


def contraction(one: Diagram, degree: int) -> str:
    """The einsum of a diagram on ``degree`` equal inputs; a letter that stands in the result alone
    is an index along which it is constant, and a repeated one a diagonal."""
    blocks = sorted(one.blocks, key=lambda b: [p for p in b if p >= one.targets] or [len(b) + 99])
    letter = {p: LETTERS[i] for i, block in enumerate(blocks) for p in block}
    k = one.sources // max(degree, 1)
    text = "".join(letter[one.targets + p] for p in range(one.sources))
    inputs = ",".join(text[i * k : i * k + k] for i in range(degree))
    return f"{inputs}->{''.join(letter[p] for p in range(one.targets))}"
