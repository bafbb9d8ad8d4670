"""The shape of a solved layer: what it reads, and how many maps its weight must count.

Tensors act on axes of fixed size and are natural for nothing there until they are checked one by
one (``equivariant``).  All diagrams of partitions commute with permutations, all pairings with
orthogonal matrices, at every size.

>>> [diagrams("partition", (False,) * k, None) for k in (2, 3, 4)]
[2, 5, 15]
>>> diagrams("brauer", (False,) * 6, None), diagrams("walled", (True, False), None)
(15, 1)
"""

from __future__ import annotations

from math import comb, factorial, prod
from typing import Any

from proofs.checking import tensors
from proofs.checking.programs import Node, freeze, need
from proofs.checking.steerable import fixed
from proofs.checking.table import ALL, BIJECTION, FUNCTION, NONE, ORTHOGONAL, Shape, Terms

CLASSES = {"partition": BIJECTION, "brauer": ORTHOGONAL}


def diagrams(family: str, lower: tuple[bool, ...], size: Any) -> int:
    """The number of diagrams of a family on ports of which some are lower."""
    ports, down = len(lower), sum(lower)
    kind = family.removesuffix("+epsilon")
    if kind == "partition":
        row = [1]
        for _ in range(ports):
            after = [row[-1]]
            for one in row:
                after.append(after[-1] + one)
            row = after
        return row[0]
    if kind == "walled":
        excess = abs(ports - 2 * down)
        if not family.endswith("+epsilon"):
            return 0 if excess else factorial(down)
        return 0 if excess % size else _bunched(max(down, ports - down), excess // size, size)
    total = _pairings(ports)
    if family.endswith("+epsilon"):
        total += comb(ports, size) * _pairings(ports - size) if ports >= size else 0
    return total


def _pairings(ports: int) -> int:
    return 0 if ports % 2 else prod(range(ports - 1, 0, -2))


def _bunched(more: int, many: int, size: int) -> int:
    """Ways to choose unordered blocks of one size, times the pairings of the rest."""
    ways, left = 1, more
    for _ in range(many):
        ways, left = ways * comb(left, size), left - size
    return ways // factorial(many) * factorial(left)


def count(node: Node, one: Any, target: list[Any], sources: list[list[Any]]) -> int:
    """The number of maps of an attribute, whose form is checked."""
    need(isinstance(one, dict) and len(one) == 1, f"`{node.op}` has no maps")
    if "basis" in one:
        sizes = tuple(prod(map(fixed, axes)) for axes in (target, *sources))
        shape = tuple(one["basis"].get("shape", ()))
        need(shape in (sizes, (*sizes, 1)), f"`{node.op}` has maps of another shape")
        return tensors.count(one, shape)
    data = one["record"]
    need(set(data) == {"factors", "targets", "sources", "scale", "only"}, "no such diagrams")
    need(data["scale"] in ("sum", "mean"), "diagrams are scaled as sum or as mean")
    ends = [*target, *(a for axes in sources for a in axes)]
    ports = [*data["targets"], *data["sources"]]
    good = len(data["targets"]) == len(target) and len(ports) == len(ends)
    need(good, f"`{node.op}` has diagrams with other ports")
    total, met = 1, 0
    for number, factor in enumerate(data["factors"]):
        one = factor["record"]
        need(set(one) == {"family", "name", "size", "signs"}, "no such family")
        own = [i for i, (f, _) in enumerate(ports) if f == number]
        sets = {(ports[i][1] is True, ends[i][0]) for i in own}
        need(len(sets) == len(dict(sets)), "the ports of one factor have different index sets")
        met += len(own)
        for i in own if one["size"] is not None else ():
            need(fixed(ends[i]) == one["size"], f"`{node.op}` has diagrams of another size")
        need(one["size"] is not None or "+" not in one["family"], "diagrams with ε have one size")
        # a source in V is a lower port, as is a target in the dual space
        lower = tuple((i >= len(target)) != bool(ports[i][1]) for i in own)
        total *= diagrams(one["family"], lower, one["size"])
    need(met == len(ports), f"`{node.op}` has a port of no factor")
    only = data["only"]
    if only is None:
        return total
    need(all(type(i) is int and 0 <= i < total for i in only), "no such diagrams")
    need(list(only) == sorted(set(only)), "a diagram is chosen twice")
    return len(only)


def classes(one: Any, ends: list[Any], acts: dict[Any, frozenset[str]]) -> None:
    """Restrict what a box is natural for along the axes on which its maps act."""
    if "basis" in one:
        acts.update((a, NONE) for a in ends)
        return
    data = one["record"]
    for (number, _), a in zip([*data["targets"], *data["sources"]], ends, strict=True):
        family = data["factors"][number]["record"]["family"]
        acts[a] = acts.get(a, ALL) & CLASSES.get(family, NONE)


def maps(node: Node) -> Shape:
    """See the module."""
    attrs = node.attrs
    need(all(one[0] == "real" for one in node.dom), f"`{node.op}` needs real numbers")
    given, inner = attrs["sources"], attrs["channels"]
    need(len(given) == len(inner) == node.data, f"`{node.op}` has other inputs")
    sources = [[node.axis(a, i) for a in axes] for i, axes in enumerate(given)]
    channels = [None if c is None else node.axis(c, i) for i, c in enumerate(inner)]
    target = [freeze(a["axis"]) for a in attrs["target"]]
    out = None if attrs.get("out") is None else freeze(attrs["out"]["axis"])
    rest: dict[Any, int] = {}
    for i, own in enumerate(sources):
        taken = [*own, *([] if channels[i] is None else [channels[i]])]
        need(
            set(taken) <= set(node.dom[i][1]) and len(set(taken)) == len(taken),
            f"`{node.op}` lacks an axis",
        )
        for a in node.dom[i][1]:
            if a not in taken:
                rest[a] = rest.get(a, 0) + 1
    new = [*target, *([] if out is None else [out])]
    need(len({*rest, *new}) == len(rest) + len(new), f"`{node.op}` makes an axis twice")
    need(len(node.cod) == 1, f"`{node.op}` has one output")
    wanted = sorted(map(str, [*rest, *new]))
    need(sorted(map(str, node.cod[0][1])) == wanted, f"`{node.op}` moves an axis")
    cod = ("real", node.cod[0][1], None)
    acts: dict[Any, frozenset[str]] = {a: FUNCTION for a, n in rest.items() if n > 1}
    ends = [*target, *(a for own in sources for a in own)]
    many = count(node, attrs["basis"], target, sources)
    classes(attrs["basis"], ends, acts)
    for a in (out, *channels):
        if a is not None:
            acts[a] = NONE
    trained = attrs.get("coefficients") is None
    bias = attrs.get("bias")
    need(len(node.dom) == node.data + trained + (bias is not None), f"`{node.op}` has other inputs")
    mix = attrs.get("mix")
    plain = out is None and not any(channels)
    need(mix in (("full", "each") if trained and not plain else (None,)), "no such mix")
    full = [c for c in channels if c is not None] if mix == "full" else []
    if mix == "each" or not trained:
        need(all(c == out for c in channels), f"`{node.op}` keeps its channels apart")
    behind = [a[0] for a in ([] if out is None else [out])]
    if trained:
        weight(node, node.data, [("points", many), *behind, *(c[0] for c in full)])
    else:
        need(len(attrs["coefficients"]) == many, f"`{node.op}` has other coefficients")
        for one in attrs["coefficients"]:
            exact = one.get("cyclotomic", 0) if isinstance(one, dict) else 0
            need(tensors.is_real(exact), f"`{node.op}` has a coefficient that is not real")
    if bias is not None:
        vectors = count(node, bias, target, [])
        classes(bias, target, acts)
        weight(node, len(node.dom) - 1, [("points", vectors), *behind])
    product = tuple(range(node.data + trained))
    terms: Terms = (product, (len(node.dom) - 1,)) if bias is not None else (product,)
    return Shape("solved", [cod], acts, FUNCTION if bias is not None else ALL, terms)


def weight(node: Node, place: int, want: list[Any]) -> None:
    """One number for each map and each choice of channels."""
    kind, axes, values = node.dom[place]
    good = (kind, values) == ("real", None) and [a[0] for a in axes] == want
    need(good, f"`{node.op}` has another weight")
