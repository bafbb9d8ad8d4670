"""Rows of solved layers: one matrix is made of the weights, and multiplies the input.

Where no two maps overlap, the matrix is one gather of the weights (and of their negatives, where
there are signs); otherwise it is one product with the basis, which the file holds exactly (see
``steerable``).  Diagrams are fused (``diagrams``), unless one small matrix is faster.

Forward and backward on one CPU thread, milliseconds, 64 samples of 8 channels on 64 positions that
a cyclic group turns, where all 64 maps are trained::

    nn.Linear of the same shape (64 times the weights)     1.44
    the matrix as one gather                               1.59
    by Fourier transforms, from 32 positions               0.88
    the matrix as a product with the basis                 2.40
"""

from __future__ import annotations

from math import prod

import numpy as np

from backends.pytorch.table import diagrams as fused
from backends.pytorch.table.base import Emit, atom, resource, row
from backends.pytorch.table.steerable import combined, numbers_as_bits
from categorical.diagrams import Diagrams
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.index import Axis
from categorical.ops.hom import Maps, carried
from categorical.records import Box

FOURIER = 32  # positions from which Fourier transforms are faster than a gather


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
        target = self.op["target"]
        more = self._combination(self.op["bias"], self.bias, "fixed")
        more = more if len(target) == 1 else self._unfolded(more, target)
        if text:
            return f"{atom(text)} + {atom(more)}"
        sizes = [self.emit.size(a) for a in (*self.rest, *target, *self.channels)]
        return f"{atom(more)}.expand({', '.join(sizes)})" if self.rest else more

    # --- matrices --------------------------------------------------------------------------------

    def _combination(self, maps: Maps, weight: str | None, name: str) -> str:
        """Σ w[m] B[m], the places of the tensors in front, then the channels of the weight."""
        basis = _tensors(maps, _flat(self.box), [len(s) for s in self.op["sources"]])
        if isinstance(maps, Diagrams) and maps is self.op["bias"]:
            basis = _tensors(maps, list(self.op["target"]), [])
        if weight is None:
            return self._table(self._summed(basis)[:, None], "matrix") + ".squeeze(-1)"
        if self._plain(basis) and basis.size == 1:
            return weight
        return combined(self.emit, basis, weight, name)

    @staticmethod
    def _plain(basis: Basis) -> bool:
        return basis.count == len(basis.places) and all(v == 1 for v in basis.values.tolist())

    def _summed(self, basis: Basis) -> np.ndarray:
        """Σ coefficients · B, exact sums as floats."""
        found = np.zeros(basis.size, dtype=object)
        for m, place, value in zip(basis.which, basis.places.tolist(), basis.values.tolist()):
            found[place] = found[place] + self.op["coefficients"][m] * value
        return np.array([float(v) for v in found])

    def _table(self, dense: np.ndarray, name: str) -> str:
        """Fixed numbers: exact in the file, in the element type of the first input."""
        digest = self.basis.digest[:8]
        what = f"The bits of fixed numbers of the shape {dense.shape}, as float64."
        own = f"{name}_{digest}"
        maker = self.emit.helper(own, numbers_as_bits(own, what, dense))
        bits = self.emit.buffer(name, f"{maker}()")
        return f"{bits}.view(torch.float64).to({self.data[0]}.dtype)"

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
        if self._cyclic():
            return self._fourier()
        x, _ = self._input(0, last=False)
        matrix = self._combination(self.basis, self.weight, "maps")
        matrix = f"{atom(matrix)}.unflatten(0, ({target}, {source}))"
        if self.each and channel is not None:
            text = emit.line(matrix, name="matrix")
            return f'torch.einsum("...sc,tsc->...tc", {x}, {text})'
        if self.out is None and channel is None:
            matrix = emit.line(matrix, name="matrix")
            return f"F.linear({x}, {matrix})"
        inner = [] if channel is None else [channel]
        if self.out is not None:  # (target, source, out, in) -> (target · out, source · in)
            matrix = f"{matrix}.transpose(1, 2).flatten(0, 1)"
        if inner:
            matrix = f"{matrix}.flatten(1)"
            x = f"{x}.flatten(-2)"
        matrix = emit.line(matrix, name="matrix")
        text = f"F.linear({x}, {matrix})"
        if self.out is not None:
            text = f"{text}.unflatten(-1, ({target}, {emit.size(self.out)}))"
        return text

    # --- cyclic groups ---------------------------------------------------------------------------

    def _cyclic(self) -> bool:
        return False

    def _fourier(self) -> str:
        raise NotImplementedError

    # --- several inputs --------------------------------------------------------------------------

    def _multilinear(self) -> str:
        """All products of entries, times the table of the maps, times the weights."""
        letters = iter("abdefghijlnopqruvwxyz")
        names = {a: next(letters) for a in self.rest}
        sources = [next(letters) for _ in self.data]
        inner = [next(letters) for _ in self.data]
        terms, texts = [], []
        for place in range(len(self.data)):
            text, rest = self._input(place, last=True)
            has = self.op["channels"][place] is not None
            channel = "k" if self.each and has else inner[place] if has else ""
            terms.append("".join(names[a] for a in rest) + channel + sources[place])
            texts.append(text)
        carries = "".join(names.values())
        used = "".join(i for i, c in zip(inner, self.op["channels"]) if c is not None)
        used = ("k" if any(self.op["channels"]) else "") if self.each else used
        shape = ", ".join(map(str, self.basis.shape))
        out = "k" if self.out is not None else ""
        if self.weight is None:
            table = self._table(self._summed(self.basis)[:, None], "table")
            table = self.emit.line(f"{table}.view({shape})", name="table")
            equation = f"{','.join([*terms, 't' + ''.join(sources)])}->{carries}t"
            return f'torch.einsum("{equation}", {", ".join([*texts, table])})'
        matrix = self._combination(self.basis, self.weight, "maps")
        matrix = self.emit.line(f"{atom(matrix)}.unflatten(0, ({shape}))", name="tensor")
        own = f"t{''.join(sources)}{out}{'' if self.each else used}"
        equation = f"{','.join([*terms, own])}->{carries}t{out}"
        return f'torch.einsum("{equation}", {", ".join([*texts, matrix])})'
