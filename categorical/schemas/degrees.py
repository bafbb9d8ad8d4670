"""Degrees: how far given functions satisfy the equations of a schema, on given data.

Definition.  ``graded(schema, functions, data)`` runs every equation p = q at the data of its source
through any functions of batches (of a trained module, of the reference interpreter) and gives, for
the sample x, the degree s(d(p(x), q(x))), for a distance d (mean absolute difference, root of the
mean square, or largest difference over the entries of a sample) and a similarity s.

- ``infimum`` is ⋀ over the data, the degree to which the diagram commutes *on these samples*;
- ``mean`` is their average, a statistic and no truth value of a formula;
- ``tensor`` is ⊗ over the data, the degree of "this sample and that one and …" (it tends to 0 with
  the number of samples, except for Gödel's t-norm, where it is the infimum).

A degree speaks of these samples, this distance and this scale, and of nothing else: a function may
be of degree 1 on data and 0 elsewhere.

Laws.  Equal sides have degree 1.  A functor is λ-consistent on data where every infimum is ≥ λ.

>>> import numpy as np
>>> from categorical.schemas.schema import Schema
>>> loop = Schema("involution", "X", {"s": ("X", "X")}, {"twice": "s s = 1"})
>>> points = {"X": np.array([[0.0, 1.0], [2.0, 3.0]])}
>>> before = graded(loop, {"s": lambda x: -0.5 * x}, points)
>>> after = graded(loop, {"s": lambda x: -x}, points)
>>> print(degrees(before=before, after=after))
equation   samples   distance before → after   infimum before → after   mean before → after
twice            2           1.1250 → 0.0000          0.1534 → 1.0000       0.4203 → 1.0000
>>> after.consistent(0.9), before.consistent(0.9)
(True, False)

A function is needed for every edge of an equation:

>>> graded(loop, {}, points)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: the equation `twice` needs the edge `s`
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical.errors import SpecError
from categorical.functors import stack
from categorical.index import Dim
from categorical.records import Context
from categorical.schemas.functors import SchemaFunctor
from categorical.schemas.schema import Path, Schema
from categorical.schemas.truth import PRODUCT, Similarity, Truth, exponential
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

Batches = tuple[Any, ...]
Function = Callable[..., Any]
Distance = Callable[[Any], Any]

#: Of the differences of a sample, entry by entry, in one row: the distance.
DISTANCES: dict[str, Distance] = {
    "l1": lambda rows: np.abs(rows).mean(axis=1),
    "l2": lambda rows: np.sqrt((np.abs(rows) ** 2).mean(axis=1)),
    "max": lambda rows: np.abs(rows).max(axis=1),
}


@dataclass(frozen=True)
class Grade:
    """One equation on data; see the module."""

    equation: str
    samples: int
    distance: float
    infimum: float
    mean: float
    tensor: float


@dataclass(frozen=True)
class Grades:
    """All equations on data, by name."""

    schema: Schema
    rows: tuple[Grade, ...]
    truth: Truth

    def __getitem__(self, equation: str) -> Grade:
        return {one.equation: one for one in self.rows}[equation]

    def consistent(self, level: float) -> bool:
        """Whether every equation holds, at every sample, to this degree at least."""
        return all(one.infimum >= level for one in self.rows)

    def __str__(self) -> str:
        return degrees(now=self)


def graded(
    schema: Schema,
    functions: Mapping[str, Function],
    data: Mapping[str, Any],
    *,
    distance: str | Distance = "l1",
    similarity: Similarity | None = None,
    truth: Truth = PRODUCT,
    equations: Sequence[str] = (),
) -> Grades:
    """The degrees of the equations (all whose source has data) of functions on data.

    ``functions`` take and give batches, one array (or a tuple of arrays) for an object; ``data``
    gives such a batch for objects.  The similarity is exp(−d) if none is given.
    """
    how = DISTANCES.get(distance) if isinstance(distance, str) else distance
    if how is None:
        raise SpecError(
            "CM042",
            f"{distance!r} is no distance",
            facts=[("distances", ", ".join(DISTANCES))],
            help=["name one of them, or give a function of the rows of differences"],
        )
    near = similarity or exponential()
    chosen = equations or [k for k, e in schema.equations.items() if e.source in data]
    if not chosen:
        raise SpecError(
            "CM054",
            f"there are no data for any equation of `{schema.name}`",
            facts=[("equations", ", ".join(schema.equations)), ("data of", ", ".join(data))],
            help=["give a batch for an object where an equation starts"],
        )
    rows = []
    for name in chosen:
        if name not in schema.equations or schema.equations[name].source not in data:
            raise SpecError(
                "CM054",
                f"there are no data for the equation `{name}` of `{schema.name}`",
                facts=[("equations", ", ".join(schema.equations)), ("data of", ", ".join(data))],
                help=["give a batch for the object where the equation starts"],
            )
        one = schema.equations[name]
        start = _batches(data[one.source])
        sides = [_follow(name, path, functions, start) for path in (one.left, one.right)]
        apart = np.asarray(how(_difference(name, *sides)), dtype=float)
        values = truth.checked(near(apart))
        whole: Any = 1.0
        for value in values:
            whole = truth.tensor(whole, value)
        rows.append(
            Grade(
                name,
                len(values),
                float(apart.mean()),
                float(values.min()),
                float(values.mean()),
                float(whole),
            )
        )
    return Grades(schema, tuple(rows), truth)


def degrees(*unnamed: Grades, **grades: Grades) -> str:
    """A table of the grades, side by side: ``degrees(before=…, after=…)``."""
    if unnamed or not grades:
        title = "grades without a name in a table" if unnamed else "a table of no grades"
        raise SpecError("CM042", title, help=["degrees(before=…, after=…)"])
    when = " → ".join(grades) if len(grades) > 1 else ""
    names = list(dict.fromkeys(row.equation for one in grades.values() for row in one.rows))
    table = [["equation", "samples", *(f"{k} {when}".strip() for k in SHOWN)]]
    for name in names:
        found = [next((r for r in g.rows if r.equation == name), None) for g in grades.values()]
        counts = dict.fromkeys(str(r.samples) for r in found if r is not None)
        cells = [
            " → ".join("-" if r is None else f"{getattr(r, key):.4f}" for r in found)
            for key in SHOWN
        ]
        table.append([name, " → ".join(counts), *cells])
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    return "\n".join(
        "   ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


SHOWN = ("distance", "infimum", "mean")


def interpreted(
    functor: SchemaFunctor, weights: Mapping[str, Any], sizes: Mapping[str, int]
) -> dict[str, Function]:
    """The edges of a functor as functions of batches, by the reference interpreter in floats.

    ``weights`` are by the names that the arrows of paths give them (``"f.linear.weight"``).
    """
    return {edge: _interpreted(functor, edge, weights, sizes) for edge in functor.schema.edges}


def _interpreted(
    functor: SchemaFunctor, edge: str, weights: Mapping[str, Any], sizes: Mapping[str, int]
) -> Function:
    sample = Dim("sample")
    single = functor(edge)
    graph = stack(single, sample).graph()
    known = Context(FloatAlgebra(), {**sizes, "sample": 1})
    if missing := set(graph.dims) - set(known.sizes):
        facts = [("sizes", ", ".join(sizes) or "none")]
        raise SpecError("CM025", f"the size of `{min(missing)}` is not given", facts=facts)
    for path, resource in graph.resources(known.sizes).items():
        wanted, found = known.shape(resource.space), np.shape(weights.get(path, ()))
        if path not in weights or tuple(found) != tuple(wanted):
            raise SpecError(
                "CM020",
                f"the edge `{edge}` needs `{path}`: {resource.space}, of the shape {wanted}",
                facts=[("weights given", ", ".join(weights) or "none")]
                if path not in weights
                else [("the shape given", str(found))],
                help=["all weights of the edge by name, as  state_dict()  has them"],
            )

    def function(*batch: Any) -> Any:
        count = len(batch[0])
        ctx = Context(FloatAlgebra(), {**sizes, "sample": count})
        given = {k: np.asarray(weights[k], dtype=float) for k in graph.resources(ctx.sizes)}
        values = [np.asarray(one, dtype=float) for one in batch]
        outs = run(graph, ctx, values, given).outputs
        return outs[0] if len(outs) == 1 else tuple(outs)

    return function


# --- batches --------------------------------------------------------------------------------------


def _batches(value: Any) -> Batches:
    return tuple(map(np.asarray, value)) if isinstance(value, tuple) else (np.asarray(value),)


def _follow(name: str, path: Path, functions: Mapping[str, Function], start: Batches) -> Batches:
    found = start
    for step in path.steps:
        if step not in functions:
            raise SpecError(
                "CM054",
                f"the equation `{name}` needs the edge `{step}`",
                facts=[("functions", ", ".join(functions) or "none"), ("the path", repr(path))],
                help=[f'add  "{step}": a function of batches'],
            )
        found = _batches(functions[step](*found))
    return found


def _difference(name: str, left: Batches, right: Batches) -> Any:
    """The differences of both sides, all wires of a sample in one row."""
    shapes = [[one.shape for one in side] for side in (left, right)]
    kinds = {one.dtype.kind for side in (left, right) for one in side}
    samples = [one.ndim > 0 and one.size > 0 for one in left]
    if shapes[0] != shapes[1] or not left or not all(samples) or not kinds <= {*"biufc"}:
        raise SpecError(
            "CM054",
            f"the two sides of `{name}` cannot be compared on these data",
            facts=[("left", str(shapes[0])), ("right", str(shapes[1]))],
            help=["both sides give arrays of numbers of one shape, with one sample at least"],
        )
    pairs = ((_wide(a) - _wide(b)).reshape(len(a), -1) for a, b in zip(left, right, strict=True))
    return np.concatenate(list(pairs), axis=1)


def _wide(one: Any) -> Any:
    """In double precision: bytes wrap around when they are subtracted."""
    return one.astype(np.promote_types(one.dtype, np.float64))


__all__ = ["DISTANCES", "Grade", "Grades", "degrees", "graded", "interpreted"]
