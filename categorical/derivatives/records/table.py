"""The table of records of R, and how one is registered.

Definition.  A record is ``(calc, node, box, g) → cotangents``; see ``records``.  A generator with
several outputs has a record in ``SEVERAL``, which takes one cotangent for each of them.

>>> @record("nothing")
... def nothing(calc, node, box, g):
...     return [None]
>>> RECORDS.pop("nothing") is nothing
True

A generator has one record:

>>> record("add")(nothing)
Traceback (most recent call last):
...
ValueError: two records of `add`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from categorical.derivatives.calculus import Wires
from categorical.graph import Node
from categorical.records import Box

Cotangents = list[int | None]
Record = Callable[[Wires, Node, Box, int], Cotangents | None]
Several = Callable[[Wires, Node, Box, Sequence[int]], Cotangents | None]
F = TypeVar("F", Record, Several)

#: The records by the name of the generator; a record may decline a box by returning None.
RECORDS: dict[str, Record] = {}
#: Those of generators with several outputs.
SEVERAL: dict[str, Several] = {}


def _registered(table: dict[str, F], names: Sequence[str]) -> Callable[[F], F]:
    def keep(found: F) -> F:
        for name in names:
            if name in table:
                raise ValueError(f"two records of `{name}`")
            table[name] = found
        return found

    return keep


def record(*names: str) -> Callable[[Record], Record]:
    """Register a record for generators with one output."""
    return _registered(RECORDS, names)


def several(*names: str) -> Callable[[Several], Several]:
    """Register a record for generators with several outputs."""
    return _registered(SEVERAL, names)
