"""Replay: a counterexample as a Python expression, evaluated again.

Definition.  ``replay(spec, name, law, sizes=…, inputs=…, weights=…)`` loads a spec file, computes
both sides of a law at the numbers given and says by how much they differ.  ``source`` writes that
call.

Law.  The expression that ``source`` writes evaluates to a ``Replayed`` that does not hold.

>>> from categorical import Dim, Real, architecture, laws, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> model = architecture(op.linear(n, c), laws=[laws.invariant(under=Symmetric(n))], name="mix")
>>> weights = {"linear.weight": [[1, 0]], "linear.bias": [0]}
>>> found = replay(model, "mix", "invariant[Symmetric(n)]", {"n": 2, "c": 1}, [[1, 0]], weights)
>>> found.holds, found.wire, found.left, found.right
(False, 'linear', [0.0], [1.0])

A law that the spec does not state is an error:

>>> replay(model, "mix", "causal[n]", {"n": 2, "c": 1}, [[1, 0]], weights)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM025]: `mix` states no law `causal[n]`
...
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.laws import Commutes, Complete, Count, Distinct, Enumerated, Law
from categorical.records import WEIGHT
from categorical.spaces import Array
from synthesis.locate import first_difference
from synthesis.numeric import Point, examine


@dataclass(frozen=True)
class Replayed:
    """Both sides of a law at one point, where they differ most."""

    law: str
    holds: bool
    left: Any = None
    right: Any = None
    error: float = 0.0
    element: str = ""
    wire: str = ""

    def __str__(self) -> str:
        if self.holds:
            return f"{self.law} holds here"
        at = f" for {self.element}" if self.element else ""
        return (
            f"{self.law} fails{at}: first difference on the wire `{self.wire}`\n"
            f"  left  {self.left}\n  right {self.right}\n  relative difference {self.error:.3g}"
        )


def load(path: str, name: str) -> Architecture:
    """The architecture of that name in a spec file."""
    from categorical.face.loader import load as load_spec

    found = {one.name: one.architecture for one in load_spec(path).declared}
    if name not in found:
        known = ", ".join(found) or "none"
        raise SpecError("CM025", f"`{path}` has no architecture `{name}`", facts=[("known", known)])
    return found[name]


def law_of(architecture: Architecture, name: str) -> Law:
    """The law of that name."""
    for one in architecture.laws:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in architecture.laws) or "none"
    raise SpecError(
        "CM025", f"`{architecture.name}` states no law `{name}`", facts=[("laws", known)]
    )


def replay(
    spec: str | Architecture,
    name: str,
    law: str,
    sizes: Mapping[str, int],
    inputs: Sequence[Any] = (),
    weights: Mapping[str, Any] | None = None,
    mode: str = "eval",
    seed: int = 0,
    plain: bool = True,
) -> Replayed:
    """Compute both sides of a law at these numbers.

    ``weights`` are all resources by path (statistics and noise too); ``seed`` and ``plain`` say
    what the law itself draws (the y of linearity, the later inputs of causality).
    """
    architecture = spec if isinstance(spec, Architecture) else load(spec, name)
    graph, claimed = architecture.graph, law_of(architecture, law)
    if isinstance(claimed, Count):
        return _count(claimed, graph, sizes)
    if isinstance(claimed, Complete):
        return _complete(claimed, graph)
    if isinstance(claimed, Enumerated):
        return _enumerated(claimed)
    if isinstance(claimed, Distinct):
        return Replayed(law, False, claimed.left, claimed.right, 1.0)
    if isinstance(claimed, Commutes):
        graph, claimed = claimed.way().graph(), claimed.equation()
    spaces = {path: r.space for path, r in graph.resources(sizes).items()}
    point = Point(
        dict(sizes),
        mode,
        [value(v, t) for v, t in zip(inputs, graph.dom, strict=True)],
        {path: value((weights or {})[path], space) for path, space in spaces.items()},
        seed,
        plain,
    )
    failure = examine(claimed, graph, point).failure
    if failure is None:
        return Replayed(law, True)
    return Replayed(
        law,
        False,
        _plain(failure.left),
        _plain(failure.right),
        failure.error,
        failure.element,
        first_difference(claimed, graph, failure),
    )


def _count(law: Count, graph: Graph, sizes: Mapping[str, int]) -> Replayed:
    """Count the trained weights one by one at these sizes."""
    assert law.count is not None
    resources = graph.resources(sizes).values()
    have = sum(r.space.size.evaluate(sizes) for r in resources if r.role == WEIGHT)
    claimed = law.count.evaluate(sizes)
    error = abs(have - claimed) / max(have, claimed)
    return Replayed(law.name, have == claimed, have, claimed, error)


def _complete(law: Complete, graph: Graph) -> Replayed:
    """Count the maps again; the right side is one that is missing."""
    from proofs.completeness import prove_complete

    assert law.group is not None
    found = prove_complete(graph, law.group)
    if found or "map" not in found.data:
        return Replayed(law.name, True)
    return Replayed(law.name, False, found.reason, found.data["map"], 1.0)


def _enumerated(law: Enumerated) -> Replayed:
    """Compare every listed element again."""
    found = law.first_difference()
    if found is None:
        return Replayed(law.name, True)
    return Replayed(law.name, False, found[1], found[2], 1.0, found[0])


_TYPES = {"real": np.float64, "complex": np.complex128, "bool": np.bool_, "fin": np.int64}


def value(given: Any, space: Array) -> Any:
    """A literal as the value of a wire."""
    return np.asarray(given, dtype=_TYPES[space.kind])


def _plain(array: Any) -> Any:
    return np.asarray(array).tolist()


def literal(array: Any) -> str:
    """An array as a Python literal, whole numbers without a point."""

    def text(one: Any) -> str:
        if isinstance(one, list):
            return "[" + ", ".join(map(text, one)) + "]"
        if isinstance(one, float) and one.is_integer() and abs(one) < 1e15:
            return str(int(one))
        return repr(one)

    return text(np.asarray(array).tolist())


def spec_path(architecture: Architecture) -> str:
    """The file that declares an architecture, relative to the working folder if it lies inside."""
    if architecture.origin is None:
        return "spec.py"
    path = architecture.origin.filename
    if not os.path.isabs(path):
        return path
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def replay_line(architecture: Architecture, law: Law, seed: int) -> str:
    """The command that finds a counterexample again."""
    path, name = shlex.quote(spec_path(architecture)), shlex.quote(law.name)
    return f"commute check {path} --arch {architecture.name} --law {name} --replay {seed}"


def source(architecture: Architecture, law: Law, point: Point) -> str:
    """A Python program that shows a counterexample again."""
    inputs = ", ".join(literal(v) for v in point.inputs)
    weights = ", ".join(f"{k!r}: {literal(v)}" for k, v in point.resources.items())
    lines = [
        "from synthesis.replay import replay",
        "",
        "found = replay(",
        f"    {spec_path(architecture)!r},",
        f"    {architecture.name!r},",
        f"    {law.name!r},",
        f"    sizes={dict(point.sizes)!r},",
        f"    inputs=[{inputs}],",
        f"    weights={{{weights}}},",
    ]
    if point.mode != "eval":
        lines.append(f"    mode={point.mode!r},")
    if not point.plain:
        lines += [f"    seed={point.seed},", "    plain=False,"]
    return "\n".join([*lines, ")", "assert not found.holds, found"]) + "\n"
