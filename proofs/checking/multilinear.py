"""Solved boxes in the normal form of equality: sums over maps, sources and channels.

Definition.  A box ``hom`` is Σ w[m, out, in…] T[m, t, s…] x[s, in]…, a polynomial in its inputs,
its weight, and an atom T that stands for its tensors, whatever they are.  A steerable convolution
is an atom as a whole.

Law.  Equal boxes on equal wires have equal forms; sums and linear maps of a solved layer are taken
apart as those of any contraction.

>>> digest({"basis": {"count": 1}}) == digest({"basis": {"count": 1}})
True
>>> digest({"basis": {"count": 1}}) == digest({"basis": {"count": 2}})
False
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from proofs.checking.atoms import Atoms, Value, numbers, pairs
from proofs.checking.programs import Node, freeze
from proofs.checking.terms import plus


class Solved(Atoms):
    """The readers of ``hom`` and of ``steerable_conv``."""

    def on_hom(self, node: Node, ins: list[Value]) -> list[Value]:
        data, given = ins[: node.data], node.attrs["sources"]
        target = [freeze(a["axis"]) for a in node.attrs["target"]]
        out = node.attrs.get("out")
        made = [*target, *([] if out is None else [freeze(out["axis"])])]
        fixed = node.attrs.get("coefficients") is not None
        resources = len(ins) - node.data
        biased = node.attrs.get("bias") is not None
        total: Any = {}
        if fixed or resources > biased:  # else there is no map but zero
            weight = None if fixed else node.data
            total = self.combined(node, ins, "basis", made, data, given, weight)
        if biased:
            bias = self.combined(node, ins, "bias", made, [], given, len(ins) - 1)
            total = plus(total, bias)
        return [total]

    def combined(
        self,
        node: Node,
        ins: list[Value],
        key: str,
        made: list[Any],
        data: list[Value],
        given: Any,
        weight: int | None,
    ) -> Any:
        """Σ over maps, sources and channels, at the axes of the output."""
        table = self.table
        target = made[: len(node.attrs["target"])]
        new = {a: (a[0], f"\0made{i}") for i, a in enumerate(made)}
        gone: list[Any] = []
        ends: list[Any] = [new[a] for a in target]
        product: Any = None
        channels = node.attrs.get("channels") or [None] * len(data)
        inner: list[Any] = []
        for i, value in enumerate(data):
            own = [node.axis(a, i) for a in given[i]]
            spare = [(a[0], f"\0from{i}_{j}") for j, a in enumerate(own)]
            moves = list(zip(own, spare, strict=True))
            if channels[i] is not None:
                channel = node.axis(channels[i], i)
                full = node.attrs.get("mix") == "full"
                goal = (channel[0], f"\0in{i}") if full else new[made[-1]]
                inner += [goal] if full else []
                moves.append((channel, goal))
            at = {}
            for old, moved in moves:
                at.update(pairs(table.places(old), table.places(moved)))
            factor = numbers(self.slots(value, at))
            product = factor if product is None else table.times(product, factor)
            ends += spare
            gone += spare
        text = digest(node.attrs[key], node.attrs.get("coefficients") if weight is None else None)
        if weight is not None:
            axes = node.dom[weight][1]
            names = [(axes[0][0], "\0map"), *(new[a] for a in made[len(target) :]), *inner]
            at = {}
            for old, moved in zip(axes, names, strict=True):
                at.update(pairs(table.places(old), table.places(moved)))
            factor = numbers(self.slots(ins[weight], at))
            product = factor if product is None else table.times(product, factor)
            ends = [names[0], *ends]
            gone += [names[0], *inner]
        tensor = numbers(self.given(("maps", text), ("real", tuple(ends), None), self.places(ends)))
        product = tensor if product is None else table.times(product, tensor)
        found = table.sum(product, self.places(gone))
        at = {}
        for old, moved in new.items():
            at.update(pairs(table.places(moved), table.places(old)))
        return table.place(found, at)

    def on_steerable_conv(self, node: Node, ins: list[Value]) -> list[Value]:
        over = node.attr_axes("over")
        (given,), (channel,) = node.attrs["sources"], node.attrs["channels"]
        inner = [*([] if channel is None else [node.axis(channel)]), *map(node.axis, given)]
        outer = [*([] if channel is None else [freeze(node.attrs["out"]["axis"])])]
        outer += [freeze(a["axis"]) for a in node.attrs["target"]]
        rest = [a for a in node.dom[0][1] if a not in (*inner, *over)]
        positions = [a for a in node.cod[0][1] if a not in rest and a not in outer]
        return [self.opaque(node, ins, [[*over, *inner]], [*positions, *outer])]


def digest(*parts: Any) -> str:
    """A name for plain data, whatever its size."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
