"""Tensors of a solved box as data: their form, and their entries.

Definition.  A basis is ``{"basis": {shape, count, which, places, values}}``: entry i belongs to the
tensor ``which[i]``, lies at ``places[i]`` in row-major order, and is ``values[i]``, an exact
real number.  The entries are sorted by tensor and place, so that none is given twice.

>>> one = {"shape": [2, 2], "count": 1, "which": [0, 0], "places": [1, 2], "values": [1, "-1/2"]}
>>> count({"basis": one}, (2, 2)), read_tensors({"basis": one}).each
(1, ({1: 1, 2: Fraction(-1, 2)},))

A place outside the shape is refused:

>>> count({"basis": {**one, "places": [1, 4]}}, (2, 2))
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: a basis has places outside its shape
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from proofs.checking.exact import LARGEST_ORDER, Number, read, real
from proofs.checking.programs import need


@dataclass(frozen=True)
class Tensors:
    """Some tensors of one shape: for each the entries, by place in row-major order."""

    shape: tuple[int, ...]
    each: tuple[dict[int, Number], ...]


def is_tensors(one: Any) -> bool:
    """Whether maps are said by their tensors (and not as diagrams)."""
    return isinstance(one, dict) and "basis" in one


def count(one: Any, shape: tuple[int, ...]) -> int:
    """The number of tensors of an attribute that says them, all of one shape."""
    need(is_tensors(one) and isinstance(one["basis"], dict), "no basis is given")
    data = one["basis"]
    keys = ("which", "places", "values")
    need(tuple(data.get("shape", ())) == shape, f"a basis is not of the shape {shape}")
    need(type(data.get("count")) is int and data["count"] > 0, "a basis holds nothing")
    lists = [data.get(k) for k in keys]
    need(all(isinstance(v, list) and len(v) == len(lists[0]) for v in lists), "a basis is torn")
    whole = all(type(n) is int for k in ("which", "places") for n in data[k])
    need(whole and all(0 <= n < data["count"] for n in data["which"]), "a basis is torn")
    need(all(0 <= n < prod(shape) for n in data["places"]), "a basis has places outside its shape")
    pairs = list(zip(data["which"], data["places"], strict=True))
    need(all(a < b for a, b in pairwise(pairs)), "the entries of a basis are not in order")
    distinct = {repr(v): v for v in data["values"] if type(v) is list}
    need(all(map(is_real, distinct.values())), "an entry of a basis is not real")
    return int(data["count"])


def is_real(one: Any) -> bool:
    """Whether a number is real; of fields too large to be read, nothing is known or proved."""
    if type(one) is list and one and type(one[0]) is int and one[0] > LARGEST_ORDER:
        return True
    return real(read(one))


def read_tensors(data: Any) -> Tensors:
    """The tensors of an attribute, whose form was checked with the types."""
    one = data["basis"]
    found: list[dict[int, Number]] = [{} for _ in range(one["count"])]
    for which, place, value in zip(one["which"], one["places"], one["values"], strict=True):
        found[which][place] = read(value)
    return Tensors(tuple(one["shape"]), tuple(found))
