"""The orbit route: maps between (signed) permutation actions are constant on orbits of pairs.

Definition.  Where every arrow permutes the bases of X and Y up to signs, W Xᵤ = Yᵤ W says
W[u·y, u·x] = ± W[y, x].  So a basis of the maps has one element for each orbit on pairs (y, x),
±1 on the orbit, of those orbits on which no pair is carried to minus itself.

Laws.  Signs are followed in the two-fold cover: the points (pair, ±); an orbit of pairs survives if
and only if it lifts to two orbits.  Time is linear in |X|·|Y|·(number of arrows).

>>> from categorical.groups import cyclic
>>> turn = cyclic(3).standard()
>>> basis_of_orbits(turn, turn).count
3

An action that mixes basis vectors is none of this kind:

>>> from categorical.groups import special_orthogonal
>>> vector = special_orthogonal(3).standard()
>>> basis_of_orbits(vector, vector) is None
True

Source: the orbit counting of Burnside; Maron et al. 2019 (arXiv:1812.09902) use it for Sₙ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.exact.basis import Basis
from categorical.representations.representation import Representation

Index = NDArray[Any]
Signed = tuple[Index, Index | None]
"""(image of each basis vector, its sign; None where all signs are +)."""


LARGE = 1 << 17
"""From this many pairs on, permutation actions are solved through stabilisers."""


def signed_action(of: Representation, arrow: str) -> Signed | None:
    """How an arrow permutes the basis, by index arithmetic on the parts; None where it mixes."""
    if of.kind in ("tensor", "sum") and of.parts:
        parts = [signed_action(p, arrow) for p in of.parts]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return _tensor(known) if of.kind == "tensor" else _sum(known)
    if of.kind == "dual":
        return signed_action(of.parts[0], arrow)
    if of.kind == "trivial":
        return np.arange(next(iter(of.dims.values()))), None
    cache: dict[str, Signed | None] = of.__dict__.setdefault("_signed_actions", {})
    if arrow not in cache:
        found = of.map(arrow).signed_image
        if found is not None and (found[1] > 0).all():
            found = (found[0], None)  # type: ignore[assignment]
        cache[arrow] = found
    return cache[arrow]


def _tensor(parts: list[Signed]) -> Signed:
    image, sign = parts[0]
    for other, theirs in parts[1:]:
        n = len(other)
        image = (image[:, None] * n + other[None, :]).ravel()
        if sign is not None or theirs is not None:
            a = np.ones(len(image) // max(n, 1), np.int64) if sign is None else sign
            b = np.ones(n, np.int64) if theirs is None else theirs
            sign = (a[:, None] * b[None, :]).ravel()
    return image, sign


def _sum(parts: list[Signed]) -> Signed:
    offsets = np.cumsum([0, *(len(p[0]) for p in parts)])
    image = np.concatenate([p[0] + o for p, o in zip(parts, offsets)])
    if all(s is None for _, s in parts):
        return image, None
    return image, np.concatenate([np.ones(len(p), np.int64) if s is None else s for p, s in parts])


def is_signed(of: Representation) -> bool:
    """Every arrow permutes the basis up to signs, and nothing is infinitesimal."""
    return not of.of.algebra and all(signed_action(of, g) is not None for g in of.of.arrows)


def bytes_needed(x: Representation, y: Representation) -> int:
    """The memory of this route, at most: labels, images and the graph, twice over for signs."""
    pairs = sum(x.dims[c] * y.dims[c] for c in x.dims)
    arrows = max(len(x.of.arrows), 1)
    if _plain_group(x, y):
        return pairs * 44
    signed = any(
        action is None or action[1] is not None
        for one in (x, y)
        for action in (signed_action(one, g) for g in one.of.arrows)
    )
    return pairs * (2 if signed else 1) * (44 + 28 * arrows)


def basis_of_orbits(x: Representation, y: Representation) -> Basis | None:
    """A basis of Hom(X, Y), laid out block by block over the objects; None: not this kind."""
    if not (is_signed(x) and is_signed(y)):
        return None
    if _plain_group(x, y):
        return _by_stabilisers(x, y)
    of, start, total = x.of, {}, 0
    for c in of.objects:
        start[c] = total
        total += x.dims[c] * y.dims[c]
    moves: list[tuple[str, str, Index, Index | None]] = []
    for g, (c, d) in of.arrows.items():
        ours, theirs = signed_action(y, g), signed_action(x, g)
        assert ours is not None and theirs is not None
        image, sign = _tensor([ours, theirs])
        moves.append((c, d, image, sign))
    if all(sign is None for *_, sign in moves):
        labels = _components(total, [(start[c], start[d] + i) for c, d, i, _ in moves])
        count, signs = (int(labels.max()) + 1 if total else 0), None
    else:
        labels, count, signs = _cover(total, start, moves)
    if len(of.objects) == 1:
        c = of.objects[0]
        labels = labels.reshape(y.dims[c], x.dims[c])
        return Basis.of_labels(labels, count, signs)
    return _laid_out(x, y, labels, count, signs)


def _plain_group(x: Representation, y: Representation) -> bool:
    """One object, permutations without signs, and pairs enough that numpy's overhead is small."""
    if len(x.of.objects) != 1 or x.dimension * y.dimension < LARGE or not x.of.arrows:
        return False
    actions = [signed_action(one, g) for one in (x, y) for g in x.of.arrows]
    return all(a is not None and a[1] is None for a in actions)


def _by_stabilisers(x: Representation, y: Representation) -> Basis:
    from synthesis.solver.stabilisers import pair_orbits

    images = []
    for one in (y, x):
        actions = [signed_action(one, g) for g in x.of.arrows]
        images.append([a[0] for a in actions if a is not None])
    return Basis.of_labels(*pair_orbits(*images))


def _cover(
    total: int, start: dict[str, int], moves: list[tuple[str, str, Index, Index | None]]
) -> tuple[Index, int, Index]:
    edges = []
    for c, d, image, sign in moves:
        for sheet in (0, 1):
            target = start[d] + image + sheet * total
            if sign is not None:
                other = start[d] + image + (1 - sheet) * total
                target = np.where(sign > 0, target, other)
            edges.append((start[c] + sheet * total, target))
    cover = _components(2 * total, edges)
    plus, minus = cover[:total], cover[total:]
    kept = plus != minus
    first = np.minimum(plus, minus)
    names, labels = np.unique(first[kept], return_inverse=True)
    found = np.full(total, -1, dtype=np.int64)
    found[kept] = labels
    return found, len(names), np.where(plus < minus, 1, -1)


def _components(nodes: int, edges: list[tuple[int, Index]]) -> Index:
    """The component of each node, numbered by first nodes; an edge set is (first node, targets)."""
    if not edges or not nodes:
        return np.arange(nodes)
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    full = all(first == 0 and len(to) == nodes for first, to in edges)
    if full:
        targets = np.empty((nodes, len(edges)), dtype=np.int32)
        for k, (_, to) in enumerate(edges):
            targets[:, k] = to
        flat = targets.ravel()
        pointers = np.arange(0, len(flat) + 1, len(edges), dtype=np.int32)
    else:
        rows = np.concatenate([np.arange(first, first + len(to)) for first, to in edges])
        order = np.argsort(rows, kind="stable")
        flat = np.concatenate([to for _, to in edges])[order].astype(np.int32)
        pointers = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=nodes))))
    graph = csr_matrix((np.ones(len(flat)), flat, pointers), shape=(nodes, nodes))
    return connected_components(graph, directed=True, connection="weak")[1]


def _laid_out(
    x: Representation, y: Representation, labels: Index, count: int, signs: Index | None
) -> Basis:
    """Blocks over objects as places of one block-diagonal matrix."""
    places, width, row, col, at = [], x.dimension, 0, 0, 0
    for c in x.of.objects:
        m, n = y.dims[c], x.dims[c]
        places.append(((row + np.arange(m))[:, None] * width + col + np.arange(n)).ravel())
        row, col, at = row + m, col + n, at + m * n
    everywhere = np.concatenate(places) if places else np.zeros(0, np.int64)
    kept = labels >= 0
    values = np.ones(int(kept.sum()), np.int64) if signs is None else signs[kept]
    return Basis((y.dimension, width), count, labels[kept], everywhere[kept], values)


def refuse_unless_fits(need: int, limit: int, unknowns: int, what: str) -> None:
    """CM044 with the size that would fit, where ``need`` bytes are above the limit."""
    if need > limit:
        raise SpecError(
            "CM044",
            f"this problem is too large to solve by {what}",
            facts=[
                ("unknowns", f"{unknowns:,}"),
                ("memory", f"{need / 2**30:.1f} GiB of {limit / 2**30:.1f} GiB"),
                ("would fit", f"about {unknowns * limit // need:,} unknowns"),
            ],
            help=["use smaller tensors, or diagrams, or raise limit_bytes"],
        )
