"""Proof objects of a scan as text: what was read off a cell, the laws, and their normal forms.

Definition.  ``told`` lists, for each stage of a reading, the family, the element that a step makes,
and for each equation its two sides with the one normal form that both have (parts of elements are
named m0, m1, m2 for the first, second and third element), the rules that were used, and the digest
that the certificate carries.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import scan
>>> from proofs.monoids.reading import read
>>> t, n = Dim.named("t n")
>>> run = scan(op.mul.at(Real[n], Real[n]) >> op.scale(0.5), over=t).graph()
>>> text = told(read(run.nodes[0].box))
>>> print("\\n".join(line.rstrip() for line in text.splitlines()[:10]))
stage 1: x1 acts by diagonal affine maps
  element  m(x) = (scale, 0.0)   where scale = scale(x2): Real[n]
  cell = action: s ↦ a(s, m(x))                        PROVED, all sizes
    = 1/2·s0·x2
    digest cb3caac58b992a23
  associative: (m · m') · m'' = m · (m' · m'')         PROVED, all sizes
    = m0_0·m1_0·m2_0
    = m0_1·m1_0·m2_0 + m1_1·m2_0 + m2_1
    digest 49aa2e61dff1c430
  action: a(a(s, m), m') = a(s, m · m')                PROVED, all sizes

An equation without a proof is told with the reason:

>>> from dataclasses import replace
>>> from proofs.monoids.family import DIAGONAL, laws_of
>>> wrong = replace(DIAGONAL, multiply=lambda s, x, y, t: [x[0], y[1]])
>>> print(equation_text(laws_of(wrong, (Real[n],))[1]).splitlines()[0])
action: a(a(s, m), m') = a(s, m · m')                not proved
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from categorical.graph import Graph
from categorical.records import EVAL
from proofs.certificate import Proof
from proofs.checking.equal import normal_forms
from proofs.checking.programs import read_program
from proofs.checking.table import check_types
from proofs.monoids.exactly import Exactly
from proofs.monoids.family import Found
from proofs.monoids.reading import Place, Reading, Stage
from proofs.program import flat, program

WIDTH = 53


def told(reading: Reading) -> str:
    """The proofs of a scan."""
    lines: list[str] = []
    for number, stage in enumerate(reading.stages, 1):
        names = ", ".join(reading.region.wire_name(reading.region.inputs[i]) for i in stage.states)
        lines.append(f"stage {number}: {names} acts by {stage.family}")
        lines += [f"  {line}" for line in _element(stage, reading.region)]
        for one in (stage.proof, *stage.laws):
            given = _named(one, stage, reading.region) if one is stage.proof else None
            lines += [f"  {line}" for line in equation_text(one, given).splitlines()]
    return "\n".join(lines)


def _named(one: Found, stage: Stage, region: Graph) -> list[str]:
    """The names of the inputs of the equation between a cell and the action."""
    states = [f"s{i}" for i, _ in enumerate(stage.states)]
    return [*states, *(region.wire_name(w) for w in stage.inputs)]


def _element(stage: Stage, region: Graph) -> list[str]:
    graph = stage.coefficients
    show = graph.wire_name
    parts = [show(graph.outputs[p.at]) if isinstance(p, Place) else f"{p}" for p in stage.element]
    known = dict(zip(graph.inputs, map(region.wire_name, stage.inputs), strict=True))
    where = []
    for node in graph.nodes:
        args = ", ".join(known.get(w) or show(w) for w in node.ins)
        outs = ", ".join(map(show, node.outs))
        types = " × ".join(str(graph.types[w]) for w in node.outs)
        where.append(f"{outs} = {node.box.name}({args}): {types}")
    head = f"element  m(x) = ({', '.join(parts)})"
    if not where:
        return [head]
    return [
        f"{head}   where {where[0]}",
        *(f"{' ' * len(head)}         {one}" for one in where[1:]),
    ]


def equation_text(one: Found, names: Sequence[str] | None = None) -> str:
    """An equation, its verdict, and the normal form of both sides."""
    head = f"{one.law}: {one.equation}".ljust(WIDTH)
    if isinstance(one.verdict, Exactly):
        return f"{head}{one.verdict}"
    if not isinstance(one.verdict, Proof):
        return f"{head}not proved\n  {one.verdict.reason}"
    left, right = (flat(side) for side in one.sides)
    own = list(names or map(left.wire_name, left.inputs))
    programs = [read_program(program(side), check_types) for side in (left, right)]
    mine, _, reader, _ = normal_forms(programs[0], programs[1], EVAL, {})
    keys = {number: key for key, number in reader.table.atoms.items()}
    lines = [f"  = {_poly(value, keys, own)}" for value in mine]
    used, digest = one.verdict.steps
    rules = [f"  rules: {'; '.join(used)}"] if used else []
    return "\n".join(
        [f"{head}PROVED, {one.verdict.scope}", *lines, *rules, f"  digest {digest[:16]}"]
    )


def _poly(value: Any, keys: dict[int, Any], names: Sequence[str]) -> str:
    """A normal form: a sum of products, or an index."""
    if not isinstance(value, dict):
        return ", ".join(_index(one, keys, names) for one in value)
    terms = []
    for (bounds, factors), number in value.items():
        shown = sorted(_atom(atom, keys, names) for atom, _ in factors)
        sign = "" if number == 1 and shown else f"{number}·" if shown else f"{number}"
        total = "Σ " * len(bounds)
        terms.append(f"{total}{sign}{'·'.join(shown)}")
    return " + ".join(sorted(terms)) or "0"


def _index(term: Any, keys: dict[int, Any], names: Sequence[str]) -> str:
    """An index: an entry of a wire of indices at indices, or a number."""
    if term[0] == "v":
        inner = [_index(one, keys, names) for one in term[2] if one[0] == "v"]
        return _atom(term[1], keys, names) + (f"[{', '.join(inner)}]" if inner else "")
    return str(term[1])


def _atom(atom: int, keys: dict[int, Any], names: Sequence[str]) -> str:
    """An input by its name, a weight by its path; a function by its name."""
    key = keys[atom]
    if not isinstance(key, tuple):
        return str(key)
    if key[0] == "largest":
        return f"max({', '.join(_poly(dict(one), keys, names) for one in key[1][0])})"
    if key[0] == "input":
        return names[key[1]]
    if key[0] in ("source", "function"):
        return str(key[1]) if key[0] == "source" else f"{key[1]}(…)"
    return f"{key[0][0] if isinstance(key[0], tuple) else key[0]}(…)"
