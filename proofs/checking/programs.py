"""Programs as the checker reads them: every wire made once, before it is read, and well typed.

>>> well_typed(("real", ((("dim", "n", None, None), ""),), None))
True
>>> well_typed(("real", ((("dim", "n", None, None), ""),) * 2, None))
False
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ROLES = ("weight", "frozen", "statistic", "stale", "noise")


class Refusal(Exception):
    """Why a certificate is not accepted."""


def need(condition: object, message: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refusal(message)


def freeze(one: Any) -> Any:
    return tuple(map(freeze, one)) if isinstance(one, list) else one


def mentions(index: Any, dim: Any) -> bool:
    return index == dim or any(mentions(i, dim) for i in index[1:] if isinstance(i, tuple))


def plain(index: Any, dim: Any) -> bool:
    """Whether maps of ``dim`` act on the index set: it is built by products and sums around it."""
    if index[0] in ("dim", "points") or not mentions(index, dim):
        return True
    return index[0] in ("product", "sum") and all(plain(i, dim) for i in index[1:])


def summed(index: Any, dim: Any) -> bool:
    """Whether the dim is in one term of a sum: then −1 acts on a part of the axis only."""
    if index[0] == "sum":
        return mentions(index, dim)
    return index[0] == "product" and any(summed(i, dim) for i in index[1:])


def well_formed(index: Any) -> bool:
    match index:
        case ("dim", str(), count, str() | None):
            return count is None or (type(count) is int and count >= 1)
        case ("points", count):
            return type(count) is int and count >= 1
        case ("product" | "sum", _, _, *_):
            return all(map(well_formed, index[1:]))
        case ("quotient", whole, part):
            return well_formed(whole) and well_formed(part)
        case ("derived", base, str()):
            return well_formed(base)
    return False


def well_named(label: Any) -> bool:
    """Labels that start with a zero byte are those of the checker."""
    return isinstance(label, str) and not label.startswith("\0")


def well_typed(one: Any) -> bool:
    match one:
        case ("real" | "complex" | "bool" | "fin" as kind, tuple(axes), values):
            good = all(
                isinstance(a, tuple) and len(a) == 2 and well_formed(a[0]) and well_named(a[1])
                for a in axes
            )
            fin = values is not None
            good = good and (not fin or well_formed(values))
            return good and len(set(axes)) == len(axes) and (kind == "fin") == fin
    return False


@dataclass
class Node:
    """One step of a program with the types of its wires."""

    op: str
    attrs: dict[str, Any]
    data: int
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    dom: tuple[Any, ...]
    cod: tuple[Any, ...]
    bodies: list[Program]
    name: str

    def attr_axes(self, key: str) -> list[Any]:
        """The axes that an attribute names, in input 0."""
        found = self.attrs.get(key)
        return [self.axis(one) for one in (found if isinstance(found, list) else [found])]

    def axis(self, one: Any, place: int = 0) -> Any:
        """The axis that is named; an index set means its only occurrence in an input."""
        need(isinstance(one, dict) and len(one) == 1, f"`{self.op}`: {one!r} is not an axis")
        if "axis" in one:
            found = freeze(one["axis"])
            need(len(found) == 2 and well_named(found[1]), f"`{self.op}`: {found!r} is no axis")
            return found
        index = freeze(one.get("index"))
        occurrences = [a for a in self.dom[place][1] if a[0] == index]
        need(len(occurrences) == 1, f"`{self.op}`: {index!r} does not name one axis")
        return occurrences[0]


@dataclass
class Program:
    """A program in which every wire is made once, before it is read."""

    types: list[Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    sources: dict[int, tuple[str, str]]
    nodes: list[Node]
    updates: dict[str, int]

    def walk(self) -> Iterator[tuple[Program, Node]]:
        for node in self.nodes:
            yield self, node
            for body in node.bodies:
                yield from body.walk()


def read_program(data: Any, check_types: Callable[[Node], None]) -> Program:
    """Read a program; ``check_types`` derives the types of each node again."""
    keys = {"types", "wires", "inputs", "outputs", "sources", "updates", "nodes"}
    need(isinstance(data, dict) and set(data) == keys, "a program has other keys than it must have")
    table = [freeze(t) for t in data["types"]]
    need(all(map(well_typed, table)), "a type is not well formed")

    def wires(numbers: Any) -> tuple[int, ...]:
        good = isinstance(numbers, list) and all(type(w) is int for w in numbers)
        need(good and all(0 <= w < len(types) for w in numbers), f"no such wires: {numbers!r}")
        return tuple(numbers)

    need(all(type(t) is int and 0 <= t < len(table) for t in data["wires"]), "a wire has no type")
    types = [table[t] for t in data["wires"]]
    made: set[int] = set()

    def make(new: tuple[int, ...]) -> None:
        need(len(set(new)) == len(new) and not made & set(new), f"made twice: {new}")
        made.update(new)

    inputs = wires(data["inputs"])
    sources = {}
    for wire, name, role in data["sources"]:
        need(isinstance(name, str) and role in ROLES, f"a source without name or role: {name!r}")
        sources[wires([wire])[0]] = (name, role)
    need(
        len({name for name, _ in sources.values()}) == len(data["sources"]), "a source named twice"
    )
    make(inputs)
    make(tuple(sources))
    nodes = []
    for one in data["nodes"]:
        good = isinstance(one, dict) and {"op", "attrs", "data", "ins", "outs"} <= set(one)
        need(good and isinstance(one["op"], str) and isinstance(one["attrs"], dict), "no such node")
        need(isinstance(one.get("name", ""), str), "a node has no name")
        ins, outs = wires(one["ins"]), wires(one["outs"])
        need(made >= set(ins), f"`{one['op']}` reads a wire before it is made: {ins}")
        make(outs)
        need(type(one["data"]) is int and 0 <= one["data"] <= len(ins), "a node has too few inputs")
        dom, cod = tuple(types[w] for w in ins), tuple(types[w] for w in outs)
        bodies = [read_program(b, check_types) for b in one.get("bodies", [])]
        node = Node(
            one["op"], one["attrs"], one["data"], ins, outs, dom, cod, bodies, one.get("name", "")
        )
        check_types(node)
        nodes.append(node)
    outputs = wires(data["outputs"])
    updates = {name: wires([wire])[0] for name, wire in data["updates"]}
    need(made >= set(outputs) | set(updates.values()), "an output is never made")
    return Program(types, inputs, outputs, sources, nodes, updates)
