"""Naturality, checked: every node commutes with the maps, and no source carries the dim."""

from __future__ import annotations

from typing import Any

from proofs.checking.programs import Node, Program, freeze, mentions, need, plain, well_formed
from proofs.checking.table import ALL, BIJECTION, FUNCTION, NONE, shape


def natural_at(node: Node, dim: Any) -> frozenset[str]:
    """The kinds of maps of ``dim`` that a node commutes with."""
    how, result = shape(node), ALL
    if node.op == "iterate" and mentions(freeze(node.attrs["times"]["index"]), dim):
        return NONE
    for axis in {a for one in (*node.dom, *node.cod) for a in one[1]}:
        if mentions(axis[0], dim):
            own = how.acts.get(axis, how.carried)
            if not plain(axis[0], dim):
                own = NONE
            elif axis in how.acts and axis[0] != dim and not how.acts[axis] >= ALL:
                own = own & FUNCTION
            result &= own
    return result


def acts_on(one: Any, dim: Any, maps: str) -> bool:
    """Whether maps of ``dim`` act on a wire of this type at all."""
    touched = any(mentions(a[0], dim) for a in one[1])
    if one[2] is not None and mentions(one[2], dim):
        return plain(one[2], dim) and maps in BIJECTION
    linear = maps in ALL - FUNCTION
    return not (touched and linear and one[0] not in ("real", "complex"))


def check_natural(program: Program, claim: Any, steps: list[Any]) -> str:
    maps = claim["maps"]
    need(maps in ALL, f"no such maps: {maps!r}")
    dims = [freeze(d) for d in claim["dims"]]
    need(dims and all(well_formed(d) and d[0] == "dim" for d in dims), "no dims are claimed")

    def inspect(one: Program) -> None:
        for dim in dims:
            for wire, (name, role) in one.sources.items():
                kind = one.types[wire]
                carried = any(mentions(i, dim) for i in (*(a[0] for a in kind[1]), kind[2] or ()))
                need(role == "noise" or not carried, f"`{name}` carries the axis {dim[1]}")
            for type_ in set(one.types):
                need(acts_on(type_, dim, maps), f"{maps} maps of {dim[1]} do not act on {type_[0]}")
        for node in one.nodes:
            steps.append(shape(node).rule)
            for dim in dims:
                need(maps in natural_at(node, dim), f"`{node.op}` is not natural along {dim[1]}")
            for body in node.bodies:
                inspect(body)

    inspect(program)
    return f"natural for every {maps} map of {', '.join(d[1] for d in dims)}, all sizes"
