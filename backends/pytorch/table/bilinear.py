"""Bilinear solved layers of which one input has no channels: its table first, then the channels.

A tensor product with spherical harmonics, or with the one shape of a sample: the input y without
channels makes, with the basis, one small matrix M[r] = Σⱼ B[m, t, ·, j] yⱼ for each row r = (t, m)
in which the map m reaches the entry t of the target; the rows times the input with channels are
mixed by the weights.  Entries that the same maps reach are mixed by one product of matrices, so no
map is applied where it is 0, and no product of entries is made for every channel.

Forward and backward on one CPU thread, milliseconds, 0 + 1 + 2 of O(3) twice to the same (11 maps,
35 rows), 256 samples, eager::

    channels                                    16       32
    this form                                  1.8      2.4
    all maps of all products, then mixed       3.5      5.0
    all products, one matrix                   6.2     18.9
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from backends.pytorch.table.steerable import whole_numbers
from categorical.exact import Basis


@dataclass(frozen=True)
class Group:
    """Entries of the target that the same maps reach."""

    entries: tuple[int, ...]
    maps: tuple[int, ...]

    @property
    def rows(self) -> int:
        return len(self.entries) * len(self.maps)


def groups(basis: Basis) -> list[Group]:
    """The entries of the target by the set of maps that reach them, in the order of the entries.

    >>> groups(Basis((3, 2, 1), 2, [0, 1, 1], [0, 2, 4], [1, 1, 1]))
    [Group(entries=(0,), maps=(0,)), Group(entries=(1, 2), maps=(1,))]
    """
    first, inner = basis.shape[0], prod(basis.shape[1:])
    reached: list[set[int]] = [set() for _ in range(first)]
    for m, place in zip(basis.which.tolist(), basis.places.tolist()):
        reached[place // inner].add(m)
    found: dict[tuple[int, ...], list[int]] = {}
    for entry, maps in enumerate(reached):
        found.setdefault(tuple(sorted(maps)), []).append(entry)
    return [Group(tuple(entries), maps) for maps, entries in found.items()]


def rows(basis: Basis, parts: Sequence[Group], plain: int) -> np.ndarray:
    """The table ((row, entry of the input with channels), entry of the one without)."""
    dense = np.zeros((basis.count, *basis.shape))
    places = np.unravel_index(basis.places, basis.shape)
    dense[(basis.which, *places)] = basis.floats()
    if plain == 0:
        dense = dense.swapaxes(2, 3)
    order = [(m, t) for g in parts for t in g.entries for m in g.maps]
    chosen = dense[[m for m, _ in order], [t for _, t in order]]
    return np.asarray(chosen.reshape(-1, dense.shape[-1]))


def by_rows(layer: Any) -> str | None:
    """The expression of a layer, or ``None`` where another form serves.

    ``layer`` is the box being written (``hom._Layer``): two inputs with one weight, of which one
    has channels, and all that they carry in both.
    """
    channels, box, basis = layer.op["channels"], layer.box, layer.basis
    if len(layer.data) != 2 or layer.weight is None or layer.each or layer.out is None:
        return None
    bare = [place for place, channel in enumerate(channels) if channel is None]
    if len(bare) != 1 or any(a not in one.axes for one in box.dom for a in layer.rest):
        return None
    (plain,) = bare
    parts = groups(basis)
    if not all(g.maps for g in parts):
        return None
    emit, wide = layer.emit, 1 - plain
    source, count = basis.shape[1 + wide], sum(g.rows for g in parts)
    if 2 * count > basis.count * basis.shape[0]:  # most maps reach most entries
        return None
    table = emit.line(layer._table(rows(basis, parts, plain), "table"), name="table")
    x, y = layer._input(wide, last=False)[0], layer._input(plain, last=False)[0]
    matrices = emit.line(
        f"F.linear({y}, {table}).unflatten(-1, ({count}, {source}))", name="matrices"
    )
    paths = emit.line(f"{matrices} @ {x}", name="paths")
    order = [m for g in parts for m in g.maps]
    weight = layer.weight
    if order != list(range(basis.count)):
        own = f"mixed_{basis.digest[:8]}"
        maker = emit.helper(own, whole_numbers(own, "The maps of each part of the target.", order))
        weight = f"{weight}.index_select(0, {emit.buffer('mixed', f'{maker}()')})"
    texts, weights = [paths], [weight]
    if len(parts) > 1:
        ends = ", ".join(str(g.rows) for g in parts)
        pieces = emit.line(f"{paths}.split(({ends}), -2)", name="pieces")
        texts = [f"{pieces}[{i}]" for i in range(len(parts))]
        ends = ", ".join(str(len(g.maps)) for g in parts)
        weights_ = emit.line(f"{weight}.split(({ends}))", name="weights")
        weights = [f"{weights_}[{i}]" for i in range(len(parts))]
    mixed = []
    for group, text, one in zip(parts, texts, weights):
        if len(group.maps) == 1:
            piece = f"F.linear({text}, {one}[0])"
        else:
            shape = f"({len(group.entries)}, {len(group.maps)})"
            several = f"{text}.unflatten(-2, {shape}).flatten(-2)"
            piece = f"F.linear({several}, {one}.transpose(0, 1).flatten(1))"
        mixed.append(emit.line(piece, name="piece") if len(parts) > 1 else piece)
    joined = mixed[0] if len(mixed) == 1 else f"torch.cat(({', '.join(mixed)}), -2)"
    entries = [t for g in parts for t in g.entries]
    if entries == list(range(basis.shape[0])):
        return joined
    own = f"entries_{basis.digest[:8]}"
    back = np.argsort(entries).tolist()
    maker = emit.helper(own, whole_numbers(own, "Where each entry of the target is made.", back))
    return f"{joined}.index_select(-2, {emit.buffer('entries', f'{maker}()')})"
