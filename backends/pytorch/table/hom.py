"""Rows of solved layers: one matrix is made of the weights, and multiplies the input.

Where no two maps overlap, the matrix is one gather of the weights (and of their negatives, where
there are signs); otherwise it is one product with the basis, which the file holds exactly (see
``steerable``).  Diagrams are fused (``diagrams``), unless one small matrix is faster.

Forward and backward on one CPU thread, milliseconds, 64 samples of 8 channels on 64 positions that
a cyclic group turns, where all 64 maps are trained::

    nn.Linear of the same shape (64 times the weights)     1.24
    the matrix as one gather                               1.90
    by Fourier transforms                                  0.96

On 32 positions the gather takes 0.48 and the transforms 0.62 (nn.Linear 0.35), on 16 they take 0.22
and 0.44.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod

import numpy as np

from backends.pytorch.table import diagrams as fused
from backends.pytorch.table.base import Emit, atom, resource, row
from backends.pytorch.table.bilinear import by_rows
from backends.pytorch.table.steerable import combined, numbers_as_bits, whole_numbers
from categorical.diagrams import Diagrams
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.index import Axis
from categorical.ops.hom import Maps, carried
from categorical.records import Box

FOURIER = 48  # positions from which Fourier transforms are faster than a gather


@row("hom")
def _hom(emit: Emit, box: Box, ins: list[str]) -> str:
    op = box.op
    weight, bias = resource(box, ins, "weight"), resource(box, ins, "bias")
    sizes = _fixed(box)
    if isinstance(op["basis"], Diagrams) and not _dense(box, sizes):
        text = fused.layer(emit, box, ins)
        if text is not None:
            return text
    if sizes is None:
        raise SpecError(
            "CM040",
            "the PyTorch backend has no form for these diagrams at all sizes",
            facts=[("diagrams", repr(op["basis"]))],
            help=['fix the sizes of the dims where they are declared: Dim("n", size=3)'],
        )
    return _Layer(emit, box, ins[: len(box.dom)], weight, bias).expression()


def _acted(box: Box) -> tuple[tuple[Axis, ...], ...]:
    return (box.op["target"], *box.op["sources"])


def _fixed(box: Box) -> list[int] | None:
    """The sizes of the target and of each source, where all are fixed."""
    if any(not a.size.is_constant for axes in _acted(box) for a in axes):
        return None
    return [prod(int(a.size) for a in axes) for axes in _acted(box)]


def _dense(box: Box, sizes: list[int] | None) -> bool:
    """Whether diagrams at these sizes are faster as one matrix."""
    op = box.op
    if sizes is None or len(box.dom) != 1 or op["mix"] == "each" or op["coefficients"] is not None:
        return sizes is not None and op["coefficients"] is not None
    ends = [*op["sources"][0], *op["channels"], op["out"]]
    if any(a is not None and not a.size.is_constant for a in ends):
        return False
    channels = prod(int(a.size) for a in (*op["channels"], op["out"]) if a is not None)
    by_factor = {p.factor: int(a.size) for p, a in zip(op["basis"].ports, _flat(box))}
    every = [by_factor.get(f, 1) for f in range(len(op["basis"].factors))]
    return fused.dense_wins(op["basis"], every, channels)


def _flat(box: Box) -> list[Axis]:
    return [a for axes in _acted(box) for a in axes]


def _tensors(maps: Maps, axes: list[Axis], split: list[int]) -> Basis:
    """The maps as tensors of the shape (target, source, …)."""
    if isinstance(maps, Basis):
        return maps
    by_factor = {p.factor: int(a.size) for p, a in zip(maps.ports, axes)}
    sizes = [by_factor.get(f, 1) for f in range(len(maps.factors))]
    return maps.at(sizes, every=True, split=split)


class _Layer:
    """One box whose maps are tensors of one size."""

    def __init__(
        self, emit: Emit, box: Box, data: list[str], weight: str | None, bias: str | None
    ) -> None:
        self.emit, self.box, self.weight, self.bias = emit, box, weight, bias
        self.op = op = box.op
        self.data = data
        self.basis = _tensors(op["basis"], _flat(box), [len(s) for s in op["sources"]])
        self.rest = list(carried(op, box.dom))
        self.out: Axis | None = op["out"]
        self.each = op["mix"] == "each"
        self.channels = [] if self.out is None else [self.out]

    def expression(self) -> str:
        """The output, with its axes in the order of the type."""
        target, have = self.op["target"], [*self.rest, *self.op["target"], *self.channels]
        if not self.basis.count:
            text = ""
        elif not self.data:
            text = self._combination(self.basis, self.weight, "constant")
        elif len(self.data) == 1:
            text = self._linear()
        else:
            text = self._multilinear()
        if text and len(target) != 1:
            text = self._unfolded(text, target)
        text = self._biased(text)
        wanted = list(self.box.cod[0].axes)
        return text if have == wanted else self.emit.permuted(text, have, wanted)

    def _unfolded(self, text: str, axes: tuple[Axis, ...]) -> str:
        """One axis in front of the channels as several (or none)."""
        place = -1 - len(self.channels)
        if not axes:
            return f"{atom(text)}.squeeze({place})"
        return f"{atom(text)}.unflatten({place}, ({', '.join(self.emit.size(a) for a in axes)}))"

    def _biased(self, text: str) -> str:
        if self.bias is None:
            return text
        target, maps = self.op["target"], self.op["bias"]
        basis = _tensors(maps, list(target), [])
        ones = basis.count == 1 and self._plain(basis) and len(basis.places) == basis.size
        if text and ones and (target or self.rest):
            return f"{atom(text)} + {self.bias}"  # one vector of ones, and an axis to meet its own
        more = self._combination(maps, self.bias, "fixed")
        more = more if len(target) == 1 else self._unfolded(more, target)
        more = self.emit.line(more, name="bias")
        if text:
            return f"{atom(text)} + {atom(more)}"
        sizes = [self.emit.size(a) for a in (*self.rest, *target, *self.channels)]
        return f"{atom(more)}.expand({', '.join(sizes)})" if self.rest else more

    # --- matrices --------------------------------------------------------------------------------

    def _combination(self, maps: Maps, weight: str | None, name: str) -> str:
        """Σ w[m] B[m], the places of the tensors in front, then the channels of the weight."""
        if maps is self.op["bias"]:
            basis = _tensors(maps, list(self.op["target"]), [])
        else:
            basis = _tensors(maps, _flat(self.box), [len(s) for s in self.op["sources"]])
        if weight is None:
            return self._table(self._summed(basis), name)
        if self._plain(basis) and basis.count == len(basis.places) == basis.size:
            return weight  # one map for each entry, in their order: every linear map
        return combined(self.emit, basis, weight, name)

    @staticmethod
    def _plain(basis: Basis) -> bool:
        return all(v == 1 for v in basis.values.tolist())

    def _summed(self, basis: Basis) -> np.ndarray:
        """Σ coefficients · B, exact sums as floats."""
        found = np.zeros(basis.size, dtype=object)
        for m, place, value in zip(basis.which, basis.places.tolist(), basis.values.tolist()):
            found[place] = found[place] + self.op["coefficients"][m] * value
        return np.array([float(v) for v in found])

    def _table(self, dense: np.ndarray, name: str) -> str:
        """Fixed numbers: exact in the file, in the element type of the first input."""
        digest = sha256(dense.tobytes() + str(dense.shape).encode()).hexdigest()[:8]
        what = f"The bits of fixed numbers of the shape {dense.shape}, as float64."
        own = f"{name}_{digest}"
        maker = self.emit.helper(own, numbers_as_bits(own, what, dense))
        bits = self.emit.buffer(name, f"{maker}()")
        like = f".to({self.data[0]}.dtype)" if self.data else ".to(torch.get_default_dtype())"
        return f"{bits}.view(torch.float64){like}"

    # --- one input -------------------------------------------------------------------------------

    def _input(self, place: int, last: bool) -> tuple[str, list[Axis]]:
        """An input with its sources as one axis, after (or before) its channel; what it carries."""
        one, source = self.box.dom[place], self.op["sources"][place]
        channel = self.op["channels"][place]
        rest = [a for a in self.rest if a in one.axes]
        inner = [] if channel is None else [channel]
        order = [*rest, *inner, *source] if last else [*rest, *source, *inner]
        text = self.emit.permuted(self.data[place], one.axes, order)
        behind = 0 if last else len(inner)
        if len(source) > 1:
            text = f"{text}.flatten({-len(source) - behind}, {-1 - behind})"
        elif not source:
            text = f"{text}.unsqueeze({-1 - behind})"
        return text, rest

    def _linear(self) -> str:
        emit, (target, source) = self.emit, self.basis.shape
        channel = self.op["channels"][0]
        shifts = self._shifts()
        if shifts is not None:
            return self._fourier(shifts)
        entries = self._entries()
        if entries is not None:
            return self._by_entries(*entries)
        runs = self._runs()
        if runs is not None:
            return self._by_runs(runs)
        x, _ = self._input(0, last=False)
        if self.weight is None:
            return f"F.linear({x}, {self._fixed_matrix((target, source))})"
        maps = self._combination(self.basis, self.weight, "maps")
        maps = f"{atom(maps)}.unflatten(0, ({target}, {source}))"
        if self.each:
            maps = emit.line(maps, name="matrix")
            return f'torch.einsum("...sc,tsc->...tc", {x}, {maps})'
        if channel is None and self.out is None:
            return f"F.linear({x}, {emit.line(maps, name='matrix')})"
        if self.out is None:  # (target, source, in)
            return f"F.linear({x}.flatten(-2), {emit.line(f'{maps}.flatten(1)', name='matrix')})"
        maps = emit.line(maps, name="maps")  # (target, source, out, in)
        matrix = f"{maps}.transpose(1, 2)" + (".flatten(2)" if channel is not None else "")
        matrix = emit.line(f"{matrix}.flatten(0, 1)", name="matrix")
        x = f"{x}.flatten(-2)" if channel is not None else x
        return f"F.linear({x}, {matrix}).unflatten(-1, ({target}, {emit.size(self.out)}))"

    def _fixed_matrix(self, shape: tuple[int, ...]) -> str:
        dense = self._summed(self.basis).reshape(shape)
        return self.emit.line(self._table(dense, "table"), name="matrix")

    # --- entries of the target that are copies of entries of the source --------------------------

    def _entries(self) -> tuple[list[int], list[int]] | None:
        """(map, entry of the source) of each entry of the target, where every entry of the target
        is a copy of one entry, as for one copy each of irreducible representations."""
        target, source = self.basis.shape
        if self.weight is None or self.each or self.basis.count == 1 or self.out is None:
            return None
        if self.op["channels"][0] is None or any(v != 1 for v in self.basis.values.tolist()):
            return None
        rows, columns = np.divmod(self.basis.places, source)
        if source < 3 or sorted(rows.tolist()) != list(range(target)):
            return None
        order = np.argsort(rows)
        return self.basis.which[order].tolist(), columns[order].tolist()

    def _by_entries(self, maps: list[int], entries: list[int]) -> str:
        """One batch of small products of matrices: 1024 samples of 32 channels of the degrees
        0, 1, 2 take 1.2 ms forward and backward, one product a degree and a join 1.5."""
        emit, digest = self.emit, self.basis.digest[:8]
        x, _ = self._input(0, last=False)
        if entries != list(range(self.basis.shape[1])):
            what = "Which entry of the source each entry of the target is made from."
            maker = emit.helper(
                f"entries_{digest}", whole_numbers(f"entries_{digest}", what, entries)
            )
            x = f"{atom(x)}.index_select(-2, {emit.buffer('entries', f'{maker}()')})"
        what = "The map that makes each entry of the target."
        maker = emit.helper(f"maps_{digest}", whole_numbers(f"maps_{digest}", what, maps))
        chosen = f"{self.weight}.index_select(0, {emit.buffer('maps', f'{maker}()')})"
        return f'torch.einsum("...sc,skc->...sk", {x}, {chosen})'

    # --- pieces of the target that are copies of pieces of the source ----------------------------

    def _runs(self) -> list[tuple[int, int, int]] | None:
        """(start in the target, start in the source, length) of each map, where all maps carry a
        run of entries to another one, as between sums of irreducible representations."""
        target, source = self.basis.shape
        if self.weight is None or self.each or self.basis.count > 24 or self.out is None:
            return None
        if self.op["channels"][0] is None or any(v != 1 for v in self.basis.values.tolist()):
            return None
        found = []
        for m in range(self.basis.count):
            places = self.basis.places[self.basis.which == m]
            if np.any(np.diff(places) != source + 1):
                return None
            found.append((int(places[0]) // source, int(places[0]) % source, len(places)))
        pieces = sorted({(t, n) for t, _, n in found})
        ends = [0, *(t + n for t, n in pieces)]
        tiled = [t for t, _ in pieces] == ends[:-1] and ends[-1] == target
        few = 4 * sum(n for _, _, n in found) <= target * source
        return found if tiled and few else None

    def _by_runs(self, runs: list[tuple[int, int, int]]) -> str:
        """One small linear map for each piece, joined."""
        x, _ = self._input(0, last=False)
        x = x if x.isidentifier() else self.emit.line(x, name="x")
        pieces = []
        for start in sorted({t for t, _, _ in runs}):
            terms = [
                f"F.linear({x}[..., {s}:{s + n}, :], {self.weight}[{m}])"
                for m, (t, s, n) in enumerate(runs)
                if t == start
            ]
            many = len({t for t, _, _ in runs}) > 1
            text = " + ".join(terms)
            pieces.append(self.emit.line(text, name="piece") if many else text)
        return pieces[0] if len(pieces) == 1 else f"torch.cat(({', '.join(pieces)}), -2)"

    # --- cyclic groups ---------------------------------------------------------------------------

    def _shifts(self) -> np.ndarray | None:
        """Which map stands at each difference of target and source, where that is all that counts
        and the maps are many."""
        target, source = self.basis.shape
        labels = self.basis.labels()
        if self.weight is None or target != source or target < FOURIER or labels is None:
            return None
        if any(v != 1 for v in self.basis.values.tolist()) or self.basis.count != target:
            return None
        if not self.each and (self.out is None) != (self.op["channels"][0] is None):
            return None
        first = labels[0][:, 0]
        places = np.arange(target)
        turned = first[(places[:, None] - places) % target]
        return first if np.array_equal(turned, labels[0]) else None

    def _fourier(self, order: np.ndarray) -> str:
        emit, n = self.emit, len(order)
        x, _ = self._input(0, last=False)
        weight, plain = self.weight or "", self.out is None
        forward = np.array_equal(order, np.arange(n))
        backward = np.array_equal(order, -np.arange(n) % n)
        if not forward and not backward:
            own = f"order_{self.basis.digest[:8]}"
            maker = emit.helper(own, whole_numbers(own, "Which map turns by d.", order.tolist()))
            weight = f"{weight}.index_select(0, {emit.buffer('order', f'{maker}()')})"
        turns = f"torch.fft.rfft({weight}, dim=0)" + (".conj()" if backward else "")
        turns = emit.line(turns, name="weight_of_frequency")
        waves = emit.line(f"torch.fft.rfft({x}, dim={-1 if plain else -2})", name="frequencies")
        if plain or self.each:
            text = f"{waves} * {turns}"
        else:
            text = f'torch.einsum("...fc,fkc->...fk", {waves}, {turns})'
        text = emit.line(text, name="product")
        return f"torch.fft.irfft({text}, n={n}, dim={-1 if plain else -2})"

    # --- several inputs --------------------------------------------------------------------------

    def _multilinear(self) -> str:
        """Products of entries, times the weighted table of the maps."""
        emit, shape = self.emit, self.basis.shape
        if self.weight is not None and [c is None for c in self.op["channels"]].count(True) == 1:
            if len(self.data) == 2:
                return by_rows(self) or self._operated()
        letters = iter("abdefghijlnopqruvwxyz")
        names = {a: next(letters) for a in self.rest}
        sources = "".join(next(letters) for _ in self.data)
        channels = self.op["channels"]
        inner = "".join("" if c is None else "k" if self.each else next(letters) for c in channels)
        own, terms, texts = iter(inner), [], []
        for place, channel in enumerate(channels):
            text, rest = self._input(place, last=True)
            here = "" if channel is None else next(own)
            terms.append("".join(names[a] for a in rest) + here + sources[place])
            texts.append(text)
        inner = "".join(dict.fromkeys(inner))
        carries = "".join(names.values())
        behind = sources + inner if not self.each else inner + sources
        first, *more = shape
        text = f'torch.einsum("{",".join(terms)}->{carries}'
        tail = f", {', '.join(texts)})"
        if self.weight is None:
            products = f'{text}{sources}"{tail}.flatten({-len(sources)})'
            matrix = self._fixed_matrix((first, prod(more)))
            return f"F.linear({emit.line(products, name='products')}, {matrix})"
        if self._maps_first():
            products = f'{text}{inner}{sources}"{tail}.flatten({-len(sources)})'
            products = emit.line(products, name="products")
            dense = np.zeros((self.basis.count * first, prod(more)))
            rows, columns = np.divmod(self.basis.places, prod(more))
            dense[self.basis.which * first + rows, columns] = self.basis.floats()
            table = emit.line(self._table(dense, "table"), name="table")
            paths = f"F.linear({products}, {table}).unflatten(-1, ({self.basis.count}, {first}))"
            paths = emit.line(paths, name="paths")
            if self.each:
                return f'torch.einsum("...kmt,mk->...tk", {paths}, {self.weight})'
            out = "k" if self.out is not None else ""
            weights = f"m{out}{inner}"
            return f'torch.einsum("...{inner}mt,{weights}->...t{out}", {paths}, {self.weight})'
        maps = self._combination(self.basis, self.weight, "maps")
        maps = emit.line(f"{atom(maps)}.unflatten(0, ({', '.join(map(str, shape))}))", name="maps")
        if self.each:
            products = emit.line(f'{text}{behind}"{tail}', name="products")
            equation = f"...{behind},t{sources}{inner}->...t{inner}"
            return f'torch.einsum("{equation}", {products}, {maps})'
        products = f'{text}{behind}"{tail}.flatten({-len(behind)})'
        products = emit.line(products, name="products")
        if self.out is None:
            return f"F.linear({products}, {maps}.flatten(1))"
        place = 1 + len(sources)  # (target, sources, out, channels)
        matrix = emit.line(f"{maps}.movedim({place}, 1).flatten(2).flatten(0, 1)", name="matrix")
        size = emit.size(self.out)
        return f"F.linear({products}, {matrix}).unflatten(-1, ({first}, {size}))"

    def _operated(self) -> str:
        """An input without channels makes the matrices that act on the channels of the other one.

        On one CPU thread, 256 samples, 32 channels, harmonics to degree 2 (11 maps): 5 to 10 ms,
        where products of all entries, times the table, take 19.
        """
        emit, maps, target = self.emit, self.basis.count, self.basis.shape[0]
        acting = [c is None for c in self.op["channels"]].index(True)
        dense = np.zeros((maps, self.basis.size))
        dense[self.basis.which, self.basis.places] = self.basis.floats()
        dense = np.moveaxis(dense.reshape(maps, *self.basis.shape), 0, 1)  # (target, map, …)
        dense = np.moveaxis(dense, 2 + acting, -1)
        count, source = self.basis.shape[1 + acting], self.basis.shape[2 - acting]
        table = emit.line(self._table(dense.reshape(-1, count), "table"), name="table")
        y, rest_y = self._input(acting, last=True)
        x, rest_x = self._input(1 - acting, last=False)
        shape = f"({target * maps}, {source})"
        matrices = emit.line(f"F.linear({y}, {table}).unflatten(-1, {shape})", name="matrices")
        if rest_x == rest_y == self.rest:
            paths = f"({matrices} @ {x})"
        else:
            letters = dict(zip(self.rest, "abdefghijlnopqruvwxyz"))
            first, second = ("".join(letters[a] for a in rest) for rest in (rest_y, rest_x))
            every = "".join(letters.values())
            paths = f'torch.einsum("{first}ms,{second}sc->{every}mc", {matrices}, {x})'
        paths = emit.line(f"{paths}.unflatten(-2, ({target}, {maps}))", name="paths")
        if self.each:
            return f'torch.einsum("...tmc,mc->...tc", {paths}, {self.weight})'
        if self.out is None:
            return f'torch.einsum("...tmc,mc->...t", {paths}, {self.weight})'
        return f"F.linear({paths}.flatten(-2), {self.weight}.transpose(0, 1).flatten(1))"

    def _maps_first(self) -> bool:
        """Whether to apply every map to all products and then mix, at 32 output channels: fewer
        multiplications than with one matrix for all pairs of channels."""
        if not self.op["channels"] or not any(self.op["channels"]):
            return False
        products, maps = prod(self.basis.shape[1:]), self.basis.count
        return products * maps + 32 * maps < 32 * products
