"""The matrix generators × axioms of a reverse derivative, with the verdict on each.

``python -m tests.categorical.derivatives.axiom_matrix`` prints a row for every generator and every
operator; with ``--all`` a row for every instance of ``tests.categorical.ops.instances``, with names
only those rows.

P proved for all sizes by the checker, E exact at random points of prime fields, T tested in floats,
R refuted, U undecided, 0 both sides are 0 whatever the inputs, = one box on both sides; – where an
axiom has nothing to say (the reason is below the table).  ``record``: R made of records is R on a
tape (=: there is no record, R is the tape).  ``dual``: it is the transpose of what dual numbers
carry forward (numbers in floats, so T at best).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from categorical import Dim, Real, case, identity, inject, iterate, op
from categorical.arrows import Arrow
from categorical.derivatives.axioms import STATED, Equation, Sides
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.records import TRAIN, Context, Generator
from categorical.recursion.folds import scan
from categorical.recursion.trees import rose_fold
from categorical.semantics import Dual, DualAlgebra, FloatAlgebra, interpreter
from categorical.spaces import Array
from synthesis import ladder
from tests.categorical.ops.instances import INSTANCES, SIZES

STATES: Mapping[str, Callable[[Sides], Equation]] = {**STATED, "record": Sides.record}
COLUMNS = (*STATES, "dual")
LETTERS = {"PROVED": "P", "EXACT": "E", "TESTED": "T", "REFUTED": "R", "UNKNOWN": "U"}
#: Seconds for one cell: an undecided cell is no reason to wait.
BUDGET = 20.0


@dataclass(frozen=True)
class Case:
    """An arrow to state the axioms of; ``positive`` where its real inputs must be."""

    name: str
    arrow: Arrow
    positive: bool = False
    sizes: Mapping[str, int] = field(default_factory=lambda: SIZES)


@dataclass(frozen=True)
class Row:
    """The verdict of each column, or the reason why there is none."""

    name: str
    cells: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        cells = self.cells or ("–",) * len(COLUMNS)
        return f"{self.name:22}" + "".join(f"{one:^7}" for one in cells)


# --- rows -----------------------------------------------------------------------------------------


def operators() -> Iterator[Case]:
    """An arrow for each operator, and for what is decided before anything runs."""
    t, c, h, node, child = Dim.named("t c h node child")
    pair = Dim("pair", size=2)
    step = op.linear(c, c, bias=False) >> op.square
    cell = ((op.linear(h, h) @ op.linear(c, h)) >> op.add >> op.square).at(Real[h], Real[c])
    both = case(op.linear(c, h), op.linear(c, h) >> op.square)
    at_node = (identity(Real[h]) @ op.sum(child).at(Real[child, h])) >> op.add >> op.square
    sizes = {"t": 3, "c": 2, "h": 2, "node": 4, "child": 2}
    for name, arrow in {
        "call": (op.linear(c, h) >> op.square).named("layer"),
        "case": inject(both.dom[0], 1) >> both,
        "iterate.untied": iterate(step, 2),
        "iterate.tied": iterate(step, pair, weights="tied"),
        "iterate.stacked": iterate(step, pair, weights="stacked"),
        "scan": scan(cell, over=t),
        "scan.reverse": scan(cell, over=t, reverse=True),
        "scan.lengths": scan(cell, over=t, lengths=True),
        "tree_fold": rose_fold(at_node, over=node, arity=child),
    }.items():
        yield Case(name, arrow, sizes=sizes)


def cases(every: bool = False) -> Iterator[Case]:
    """One instance of each generator (or ``every`` one), and the operators."""
    seen: set[str] = set()
    for name, one in INSTANCES.items():
        if every or one.generator.name not in seen:
            seen.add(one.generator.name)
            yield Case(name, one.arrow.at(*one.types), one.positive, one.sizes)
    missing = set(Generator.table) - seen - {"opaque"}
    assert not missing, f"no instance of {sorted(missing)}"
    scalar = Real.scalar
    yield Case("opaque", op.opaque("torch.special.entr", scalar, scalar, meaning=abs))
    yield from operators()


# --- cells ----------------------------------------------------------------------------------------


def verdict(equation: Equation) -> str:
    """A letter for the verdict of the ladder."""
    found = ladder.check(equation.stated(), budget_seconds=BUDGET)[0]
    return LETTERS.get(found.verdict.name, "0")


def drawn(types: Sequence[Array], case: Case, rng: np.random.Generator) -> list[Any]:
    """A random value for each type."""
    found = []
    for one in types:
        shape = tuple(a.size.evaluate(case.sizes) for a in one.axes)
        if one.kind == "fin":
            assert one.values is not None
            found.append(rng.integers(0, one.values.size.evaluate(case.sizes), size=shape))
        elif one.kind == "bool":
            found.append(rng.integers(0, 2, size=shape).astype(bool))
        else:
            value = rng.standard_normal(shape)
            found.append(value * value + 0.1 if case.positive else value)
    return found


def pairing(sides: Sides, case: Case, seed: int = 0) -> tuple[float, float]:
    """⟨R[f](a, b), v⟩ and ⟨b, D[f](a) v⟩, the second by dual numbers."""
    rng = np.random.default_rng(seed)
    a, noise = drawn(sides.a, case, rng), sides.f.resources()
    values = dict(zip(noise, drawn([r.space for r in noise.values()], case, rng), strict=True))
    moved = [i for i, t in enumerate(sides.a) if t.kind == "real"]
    v = [rng.standard_normal(a[i].shape) for i in moved]
    b = drawn(sides.b, case, rng)

    def run(graph: Graph, algebra: Any, inputs: Sequence[Any], known: dict[str, Any]) -> list[Any]:
        own = {name: known[name] for name in graph.resources()}
        return interpreter.run(graph, Context(algebra, case.sizes, TRAIN), inputs, own).outputs

    back = run(sides.r, FloatAlgebra(), [*a, *b], values)
    ahead = list(a)
    for i, way in zip(moved, v, strict=True):
        ahead[i] = Dual(a[i], way)
    still = {k: Dual(x, np.zeros_like(x)) for k, x in values.items()}
    outs = run(sides.f, DualAlgebra(), ahead, still)
    tangents = [y.tangent for y in outs if isinstance(y, Dual)]
    return (
        float(sum(np.sum(g * w) for g, w in zip(back, v, strict=True))),
        float(sum(np.sum(g * w) for g, w in zip(b, tangents, strict=True))),
    )


def transposed(sides: Sides, case: Case) -> str:
    """T where both pairings agree at three points."""
    for seed in range(3):
        left, right = pairing(sides, case, seed)
        if not np.isclose(left, right, rtol=1e-9, atol=1e-9):
            return "R"
    return "T"


def silent(sides: Sides) -> str:
    """Why the axioms say nothing of an arrow, if they do not."""
    if not sides.moved:
        return "no number goes in"
    return "" if sides.b else "no number comes out"


def row(case: Case) -> Row:
    """The verdicts on one arrow."""
    try:
        sides = Sides(case.arrow, case.sizes)
    except SpecError as problem:
        return Row(case.name, reason=f"{problem.code}, {problem.title}")
    if silent(sides):
        return Row(case.name, reason=silent(sides))
    cells = {name: verdict(state(sides)) for name, state in STATES.items()}
    if cells["record"] == "P" and any(node.box.name == "pullback" for node in sides.r.nodes):
        cells["record"] = "="
    return Row(case.name, (*cells.values(), transposed(sides, case)))


def matrix(chosen: Sequence[Case]) -> Iterator[str]:
    """The lines of the table, then the reasons and the counts."""
    yield f"{'':22}" + "".join(f"{one:^7}" for one in COLUMNS)
    rows = []
    for one in chosen:
        rows.append(row(one))
        yield str(rows[-1])
    reasons: dict[str, list[str]] = {}
    for one in rows:
        if one.reason:
            reasons.setdefault(one.reason, []).append(one.name)
    yield ""
    yield from (f"– {reason}: {', '.join(names)}" for reason, names in reasons.items())
    count = Counter(cell for one in rows for cell in one.cells)
    yield ", ".join(f"{letter}: {number}" for letter, number in sorted(count.items()))


def main(arguments: Sequence[str]) -> None:
    names = [one for one in arguments if one != "--all"]
    chosen = list(cases("--all" in arguments or bool(names)))
    for line in matrix([one for one in chosen if not names or one.name in names]):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
