"""Naturality, checked: every node commutes with the maps, and no source carries the dim."""

from __future__ import annotations

from typing import Any

from proofs.checking.programs import (
    Node,
    Program,
    freeze,
    mentions,
    need,
    plain,
    summed,
    well_formed,
)
from proofs.checking.table import ALL, BIJECTION, FUNCTION, NONE, NUMBERS, shape, words

# operations that take indices (``Fin`` values) of a permuted set for what they are: names
NAMING = words(
    "expand relabel transpose squeeze merge split diagonal concat unconcat slice take flip roll "
    "gather where equal one_hot argmax scatter scatter_max degree positions iterate scan "
    "tree_fold embedding"
)


def natural_at(
    node: Node, dim: Any, mode: str, apart: frozenset[Any] = frozenset()
) -> frozenset[str]:
    """The kinds of maps of ``dim`` that a node commutes with, axes ``apart`` not looked at."""
    how, result = shape(node, mode), ALL
    for index, own in how.sizes:
        if mentions(index, dim):
            result &= own
    for axis in {a for one in (*node.dom, *node.cod) for a in one[1]}:
        if not mentions(axis[0], dim) or axis in apart:
            continue
        own = how.acts.get(axis, how.carried)
        if not plain(axis[0], dim):
            own = NONE
        elif axis in how.acts and axis[0] != dim:
            own = _inside(own, axis[0], dim)
        result &= own
    if any(one[2] is not None and mentions(one[2], dim) for one in (*node.dom, *node.cod)):
        result &= BIJECTION if node.op in NAMING else NONE
    return result


def _inside(own: frozenset[str], index: Any, dim: Any) -> frozenset[str]:
    """What an operation that acts on a whole axis says about maps of a dim inside it.

    A shift of a factor is no shift of the product, and −1 on a term of a sum is not −1 on the sum.
    """
    if not own >= BIJECTION:
        own = own & {"negation"}
    return own if "signed" in own or not summed(index, dim) else own - {"negation"}


def acts_on(one: Any, dim: Any, maps: str) -> bool:
    """Whether maps of ``dim`` act on a wire of this type at all."""
    touched = any(mentions(a[0], dim) for a in one[1])
    if one[2] is not None and mentions(one[2], dim):
        return plain(one[2], dim) and maps in BIJECTION
    linear = maps in ALL - FUNCTION
    return not (touched and linear and one[0] not in NUMBERS)


def carries(one: Any, dim: Any) -> bool:
    """Whether a type mentions a dim."""
    indices = [a[0] for a in one[1]] + ([one[2]] if one[2] is not None else [])
    return any(mentions(index, dim) for index in indices)


def read_dims(claim: Any) -> list[Any]:
    """The dims of a claim."""
    dims = [freeze(d) for d in claim["dims"]]
    need(dims and all(well_formed(d) and d[0] == "dim" for d in dims), "no dims are claimed")
    return dims


def read_mode(claim: Any) -> str:
    """The mode of a claim."""
    need(claim["mode"] in ("train", "eval"), "no such mode")
    return str(claim["mode"])


def caveats(node: Node, dim: Any) -> list[str]:
    """Where maps of a dim are moved past a node only."""
    if node.op == "argmax" and mentions(node.cod[0][2], dim):
        return ["off ties"]
    nodes = node.attrs["nodes"]["axis"][0] if node.op == "tree_fold" else ("points", 1)
    return ["on forests"] if mentions(freeze(nodes), dim) else []


def check_natural(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check the claim and justify each node by its rule."""
    maps, mode, dims = claim["maps"], read_mode(claim), read_dims(claim)
    found: set[str] = set()
    need(maps in ALL, f"no such maps: {maps!r}")

    def inspect(one: Program) -> None:
        for dim in dims:
            for wire, (name, role) in one.sources.items():
                free = role == "noise" or not carries(one.types[wire], dim)
                need(free, f"`{name}` carries the axis {dim[1]}")
            for type_ in set(one.types):
                need(acts_on(type_, dim, maps), f"{maps} maps of {dim[1]} do not act on {type_[0]}")
        for node in one.nodes:
            steps.append(shape(node, mode).rule)
            for dim in dims:
                good = maps in natural_at(node, dim, mode)
                need(good, f"`{node.op}` is not natural along {dim[1]}")
                found.update(caveats(node, dim))
            for body in node.bodies:
                inspect(body)

    inspect(programs[0])
    scope = ", ".join(["all sizes", *sorted(found)])
    need(claim["scope"] == scope, f"the scope of the claim is {scope}")
    names = ", ".join(d[1] for d in dims)
    return f"natural for every {maps} map of {names} in {mode} mode, {scope}"
