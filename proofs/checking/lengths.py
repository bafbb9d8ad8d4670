"""Entries past a length: a run with lengths does not read them.

Definition.  At step i, the states and outputs of a sample go on where ``i < length`` only.  Where
the cell works sample by sample, an entry may be read as if that held: a factor that says so is 1.

Law.  So what is read past the length (padding) is no part of the normal form.

>>> alone([], (), "eval")
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from proofs.checking.atoms import Value
from proofs.checking.machines import longer
from proofs.checking.natural import carries, natural_at
from proofs.checking.programs import Node, Program, mentions
from proofs.checking.terms import Poly, merge

if TYPE_CHECKING:
    from proofs.checking.runs import Course, Runs


def alone(programs: Sequence[Program], axes: Sequence[Any], mode: str) -> bool:
    """Whether some programs work at each index of these axes by itself.

    What commutes with every map of the indices commutes with the choice of one of them, on all axes
    over them at once: so no wire may have two.
    """
    for dim in (a[0] for a in axes):
        if dim[0] != "dim":
            return False
        for one in programs:
            if any(carries(one.types[w], dim) for w in one.sources):
                return False
            if any(sum(mentions(a[0], dim) for a in type_[1]) > 1 for type_ in one.types):
                return False
            if any("function" not in natural_at(node, dim, mode) for node in one.nodes):
                return False
    return True


def unpadded(reader: Runs, course: Course, entries: Sequence[Value], lengths: Value) -> list[Value]:
    """The entries of a step, at its axis, read as if the step were within the length."""
    inner = [course.cell, *(b for _, n in course.cell.walk() for b in n.bodies)]
    places, axes = reader.places([course.step]), course.node.dom[-1][1]
    whole = longer(course.one.over[0])
    known = len(places) == 1 and places[0][0] == "f" and len(lengths) == 1
    if not known or whole[0] != "sum" or len(whole) != 3 or not alone(inner, axes, reader.mode):
        return list(entries)
    here = (("s", places, 0, reader.table.id(whole)),)
    fins = (("fin", (), whole),) * 2
    less = Node("less", {}, 2, (0, 1), (2,), fins, (("bool", (), None),), [], "")
    counted = reader.compare(less, [here, lengths])
    (((_, (factor,)), _),) = counted.items()
    return [without(reader, v, factor) if isinstance(v, dict) else v for v in entries]


def without(reader: Runs, one: Poly, factor: Any) -> Poly:
    """A polynomial where a factor is 1."""
    found: Poly = {}
    for (bounds, factors), value in one.items():
        kept = tuple(f for f in factors if f != factor)
        more: Poly = {}
        reader.table.collect(more, dict(enumerate(bounds)), kept, value)
        merge(found, more)
    return found
