"""Fused layers of diagrams: pool, mix channels at the smallest array, spread.

Every diagram of a family pools its sources to a *core* (diagonals, means over the other indices),
carries the core's indices through, and spreads them over the targets (``factoring``).  All diagrams
with one kind of core share one product of matrices, smaller results are added to larger ones before
they are repeated, and diagonals are added in place.  No weight of the size of an array squared is
ever made; the work is that of reading the array a few times.

Forward and backward on one CPU thread, 15 maps of matrices with 16 channels, as ratios to stacking
the fifteen arrays and mixing them in one contraction (the textbook's form)::

                        eager   compiled
    channels last          11         17
    channels first        7.5         10

>>> from categorical.diagrams import partition_diagrams
>>> print(fused(partition_diagrams(1, 1), None, "full").source)
def equivariant_n_to_n(x: Tensor, weight: Tensor) -> Tensor:
    \"\"\"The 2 equivariant maps from (…, n, c) to (…, n, k): weight (2, k, c).\"\"\"
    mean_i = x.mean(-2)  # (…, c)
    mix_n, mix_all = weight.unbind()  # (k, c) each
    y_i = F.linear(x, mix_n)  # (…, n, k)
    y_all = F.linear(mean_i, mix_all)  # (…, k)
    return y_i + y_all.unsqueeze(-2)

Diagrams with a form or with ε do not factor into means and copies:

>>> from categorical.diagrams import pair_diagrams
>>> fused(pair_diagrams(1, 1, "symplectic"), None, "full") is None
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from backends.pytorch.table.base import Emit, resource
from backends.pytorch.table.diagram_sums import summed
from backends.pytorch.table.spreading import (
    Blocks,
    Function,
    Kept,
    Parts,
    Spreading,
    letters,
    pattern,
    permuted,
)
from categorical.diagrams import Diagrams
from categorical.diagrams.factoring import Core, Half, cores, factors
from categorical.records import Box

FORMS = ("metric", "symplectic")


def fused(diagrams: Diagrams, bias: Diagrams | None, mix: str) -> Function | None:
    """The function ``(x, weight, bias, sizes…) → y`` of a layer, or ``None`` where it does not
    factor.

    ``x`` is (…, sources, c) and ``y`` is (…, targets, k); ``weight`` is (maps, k, c), or (maps, c)
    where ``mix`` is ``"each"`` and every channel has its own map; ``bias`` is (maps, k).
    """
    if not factors(diagrams) or any(f.plain in FORMS for f in diagrams.factors):
        return None
    if bias is not None and (bias.sources or not factors(bias) or bias.targets != diagrams.targets):
        return None
    return _Fused(diagrams, bias if bias is not None and bias.count else None, mix).function()


def layer(emit: Emit, box: Box, ins: Sequence[str]) -> str | None:
    """The expression of a box ``hom`` whose basis are diagrams, or ``None`` where other rows serve:
    one call of a function in the file, on arrays whose acted axes and channels stand last.

    The attributes are those of ``categorical.ops.hom``.
    """
    op = box.op
    diagrams, bias = op["basis"], op["bias"]
    weight, own = resource(box, ins, "weight"), resource(box, ins, "bias")
    if weight is None or any(one.kind != "real" for one in box.dom):
        return None
    channels, out = op["channels"], op["out"]
    bare = out is None and all(c is None for c in channels)
    mix = "each" if bare or op["mix"] == "each" or not box.dom else "full"
    groups = op["sources"]
    made = None
    if len(groups) <= 1:
        made = fused(diagrams, bias, mix)
    if made is None:
        made = summed(diagrams, bias, mix, [len(g) for g in groups])
    if made is None or (out is None and not bare):
        return None
    rest = [a for a in box.cod[0].axes if a not in op["target"] and a != out]
    arrays = []
    for x, one, group, channel in zip(ins, box.dom, groups, channels):
        lead = [a for a in rest if a in one.axes and a not in group and a != channel]
        have = [*lead, *group, *([] if channel is None else [channel])]
        text = emit.permuted(x, one.axes, have)
        gaps = [a in lead for a in rest[rest.index(lead[0]) :]] if lead else []
        if not all(gaps):  # the inputs line up at the axes that they share
            places = [":" if there else "None" for there in gaps]
            text = f"{text}[{', '.join(places)}]"
        arrays.append(f"{text}.unsqueeze(-1)" if channel is None else text)
    if not box.dom:  # a constant: maps of the number 1
        arrays = [f"torch.ones_like({weight}[0])" + (".unsqueeze(-1)" if bare else "")]
    full = [weight]
    if bare:
        full = [f"{weight}.unsqueeze(-1)"]
    elif mix == "full":
        for place, channel in enumerate(channels):
            if channel is None:
                full = [f"{full[0]}.unsqueeze({2 + place})"]
    if own is not None:
        full.append(f"{own}.unsqueeze(-1)" if bare else own)
    by_factor = {p.factor: a for p, a in zip(diagrams.targets, op["target"])}
    sizes = [emit.size(by_factor[f]) for f in made.sizes]
    text = f"{emit.helper(made.name, made.source)}({', '.join([*arrays, *full, *sizes])})"
    have = [*rest, *op["target"]]
    if bare:
        text = f"{text}.squeeze(-1)"
    else:
        have.append(out)
    return text if have == list(box.cod[0].axes) else emit.permuted(text, have, box.cod[0].axes)


def dense_wins(diagrams: Diagrams, sizes: Sequence[int], channels: int) -> bool:
    """Whether one product with the whole matrix is faster than pooling and spreading.

    ``channels`` is their number in times their number out.  Forward and backward on one CPU thread,
    milliseconds of (fused, dense) at a number of entries of the matrix::

        1 → 1    4,096  0.18  0.15     16,384  0.19  0.23     65,536  0.20  0.49
        1 → 2    3,456  0.32  0.16     32,768  0.36  0.32    110,592  0.45  0.95
        2 → 2    5,184  0.54  0.16     82,944  0.71  0.67    262,144  0.80  2.22
        3 → 3   11,664  1.91  0.36     65,536  3.73  2.88

    and of (a contraction for each diagram, dense) where diagrams do not factor, for Lorentz::

        2 → 2   65,536  0.99  0.64    1,048,576  2.05  12.95    3 diagrams
        3 → 3   65,536  6.15  0.61    1,048,576  9.75  14.34   15 diagrams
    """
    entries = prod(sizes[p.factor] for p in diagrams.ports) * channels
    if not factors(diagrams) or any(f.plain in FORMS for f in diagrams.factors):
        return entries <= diagrams.count << 15
    return entries <= 1 << {0: 13, 1: 13, 2: 13, 3: 15}.get(len(diagrams.ports), 16)


@dataclass
class _Fused(Spreading):
    made: dict[tuple[Blocks, Kept], str] = field(default_factory=dict)
    weights: dict[Core, str] = field(default_factory=dict)
    split_up: bool = False

    def function(self) -> Function:
        every = cores(self.diagrams)
        for core in every:
            for pool in core.pools:
                self._pool(pool)
        self._weights(every)
        parts: Parts = {}
        for core in every:
            for out, name in zip(core.outs, self._mixed(core, self.bias is not None)):
                placed = parts.setdefault(out.blocks, {})
                placed.setdefault(tuple(sorted(out.kept)), []).append((name, out.kept))
        if self.bias is not None and every[-1].indices:  # no map has a core without indices
            for i, out in enumerate(cores(self.bias)[0].outs):
                parts.setdefault(out.blocks, {}).setdefault((), []).append((f"bias[{i}]", ()))
        return self.framed(parts)

    # --- pooling ---------------------------------------------------------------------------------

    def _pool(self, pool: Half) -> str:
        """The array of a source half: its kept indices in the order of the core, then channels."""
        ascending = tuple(sorted(pool.kept))
        name = self._array(pool.blocks, ascending)
        return permuted(name, ascending, pool.kept)

    def _array(self, blocks: Blocks, kept: Kept) -> str:
        """Diagonals by the blocks, the blocks that are not kept averaged or summed."""
        known = self.made.get((blocks, kept))
        if known is not None:
            return known
        closed = tuple(b for b in range(len(blocks)) if b not in kept)
        if not closed:
            name, text = self._diagonal(blocks)
        else:
            means = tuple(b for b in closed if self._averaged(blocks[b]))
            first = means or closed
            wider = tuple(sorted((*kept, *(b for b in closed if b not in first))))
            if wider != kept:  # some are averaged, then others are summed
                start, have = self._array(blocks, wider), wider
                first = tuple(b for b in closed if b in wider)
            else:
                start, have = self._nearest(blocks, kept)
                gone = tuple(b for b in have if b not in kept)
                if len(have) == len(blocks) > 2 and len(gone) > 1:  # by way of a smaller array
                    have = tuple(b for b in have if b != gone[-1])
                    start = self._array(blocks, have)
                first = tuple(b for b in have if b not in kept)
            verb = "mean" if self._averaged(blocks[first[0]]) else "sum"
            places = ", ".join(str(have.index(b) - len(have) - 1) for b in first)
            text = f"{start}.{verb}({places if len(first) == 1 else f'({places})'})"
            name = f"{verb}_{letters(closed)}"
            if any(len(b) > 1 for b in blocks):
                name += f"_of_{pattern(blocks)}"
        if name != text:
            self._write(name, text, self._shape(self.diagrams.sources, blocks, kept, "c"))
        self.made[blocks, kept] = name
        return name

    def _nearest(self, blocks: Blocks, kept: Kept) -> tuple[str, Kept]:
        """The smallest array that is there (or the whole) from which indices are averaged."""
        known = [have for other, have in self.made if other == blocks and set(have) > set(kept)]
        whole = tuple(range(len(blocks)))
        have = min([*known, whole], key=len)
        return self._array(blocks, have), have

    def _averaged(self, block: Kept) -> bool:
        port = self.diagrams.sources[block[0]]
        partition = self.diagrams.factors[port.factor].plain == "partition"
        return partition and self.diagrams.scale == "mean"

    def _diagonal(self, blocks: Blocks) -> tuple[str, str]:
        have = pattern(blocks)
        if len(blocks) == len(have):
            return "x", "x"
        if len(have) == 2:
            return f"x_{have}", "x.diagonal(0, -3, -2).mT"
        want = letters(range(len(blocks)))
        return f"x_{have}", f'torch.einsum("...{have}c->...{want}c", x)'

    # --- mixing ----------------------------------------------------------------------------------

    def _weights(self, every: Sequence[Core]) -> None:
        """The weight of each core: parts of one tensor, whose gradients are then put together."""
        if self.mix == "each":
            self._write("w", "weight.unbind()", f"{self.diagrams.count} × (c)")
            return
        counts = [len(core.outs) * len(core.pools) for core in every]
        if len(every) == 1:
            self.weights[every[0]] = "weight" if counts[0] > 1 else "weight.squeeze(0)"
            return
        for core in every:
            name = "_".join(["mix", *(self._factor(p.factor) for p in core.indices)])
            name = name if core.indices else "mix_all"
            taken = list(self.weights.values())
            self.weights[core] = name if name not in taken else f"{name}_{len(taken)}"
        names = ", ".join(self.weights.values())
        if max(counts) == 1:
            self._write(names, "weight.unbind()", "(k, c) each")
        else:
            self.split_up = True
            self._write(
                names, f"weight.split(({', '.join(map(str, counts))}))", "(maps, k, c) each"
            )

    def _mixed(self, core: Core, biased: bool) -> list[str]:
        """The results of a core, one for each target half, channels mixed."""
        names = [self._result(out) for out in core.outs]
        pools = [self._pool(pool) for pool in core.pools]
        biased = biased and not core.indices
        first_out = core.outs[0]
        k = "c" if self.mix == "each" else "k"
        note = self._shape(self.diagrams.targets, first_out.blocks, first_out.kept, k)
        if self.mix == "each":
            for o, name in enumerate(names):
                first = core.first + o * len(pools)
                terms = [f"w[{first + p}] * {pool}" for p, pool in enumerate(pools)]
                self._write(name, " + ".join(terms + [f"bias[{o}]"] * biased), note)
            return names
        rows, columns = len(names), len(pools)
        weight = self.weights[core]
        if rows == columns == 1 and self.split_up:
            weight += ".squeeze(0)"
        if rows > 1 and columns > 1:
            weight += f".unflatten(0, ({rows}, {columns})).transpose(1, 2).flatten(2).flatten(0, 1)"
        elif rows > 1:
            weight += ".flatten(0, 1)"
        elif columns > 1:
            weight += ".transpose(0, 1).flatten(1)"
        pooled = pools[0] if columns == 1 else f"torch.cat(({', '.join(pools)}), -1)"
        if len(pooled) + len(weight) > 76:
            if columns > 1:
                self._write("pooled", pooled)
                pooled = "pooled"
            self._write("mixing", weight)
            weight = "mixing"
        more = (", bias.flatten()" if rows > 1 else ", bias.squeeze(0)") if biased else ""
        text = f"F.linear({pooled}, {weight}{more})"
        if rows > 1:
            text += f".chunk({rows}, -1)"
        note += " each" if rows > 1 else ""
        if rows > 1 and sum(len(name) + 2 for name in names) + len(text) > 92:
            self.lines += [f"    (  # {note}", *(f"        {name}," for name in names)]
            self.lines.append(f"    ) = {text}")
        else:
            self._write(", ".join(names), text, note)
        return names
