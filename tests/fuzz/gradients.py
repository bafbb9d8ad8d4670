"""The reverse derivative of random architectures against autograd of their emitted modules.

``python -m tests.fuzz.gradients --count 500``: for each random arrow f, R[f] is made as an
expression, with the weights as inputs, and evaluated in float64; the module of f is built, and
``torch.autograd.grad`` gives the cotangents of its inputs and weights for one random cotangent of
each output; at a random point, and at a point of whole numbers, where activations have kinks and
entries tie.  And f is cut in two at a random place, f = g ; h: R[g ; h] and R[g] ; R[h], the
composite of lenses, are compared in a prime field, with functions as random oracles.  Prints each
disagreement with its seed; exits 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import random
import time
import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from backends.pytorch.build import build
from backends.pytorch.loader import load_source, unload
from backends.pytorch.points import assignments_of, finite_point, module_at, run_module
from categorical.arrows import Arrow
from categorical.derivatives import reverse
from categorical.derivatives.explicit import opened, weights_as_inputs
from categorical.derivatives.pullback import numeric
from categorical.derivatives.reverse import reversed_graph
from categorical.errors import CommuteNotice
from categorical.graph import Graph
from categorical.lenses import Lens
from categorical.lenses.gluing import as_arrow
from categorical.normal import prune
from categorical.records import EVAL, WEIGHT, Context
from categorical.semantics import FieldAlgebra, FloatAlgebra, OutsideFragment, Resample
from categorical.semantics.interpreter import run
from tests.fuzz.terms import SIZES, random_arrow

CLOSE = 1e-8
LEAST = 1e-6  # gradients that vanish are rounding (of a softmax that is summed, say)
PRIMES = 3  # primes at which a composite is tried


def term(seed: int) -> Graph:
    """A random architecture, without what no output reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CommuteNotice)
        return prune(random_arrow(seed).graph())


def sizes_of(graph: Graph) -> dict[str, int]:
    """The usual sizes, or others where the architecture has conditions that these do not meet."""
    usual = {name: SIZES[name] for name in graph.dims if name in SIZES}
    if all(one.holds(usual) for one in graph.conditions()):
        return usual
    return next(assignments_of(graph))


# --- autograd -------------------------------------------------------------------------------------


def autograd(graph: Graph, point: Any, cotangents: list[np.ndarray], paths: list[str]) -> list[Any]:
    """The cotangents of the number inputs and of the weights, by the emitted module."""
    import torch

    made = build(graph, point.sizes, "term", validate=False)
    space = load_source(made.source, made.module_name)
    try:
        module = module_at(made, space, point)
        inputs = [torch.as_tensor(x).requires_grad_(x.dtype.kind == "f") for x in point.inputs]
        outputs = [y for y in run_module(made, space, module, point, inputs)
                   if y.is_floating_point()]  # fmt: skip
        parameters, keys = (
            dict(module.named_parameters(remove_duplicate=False)),
            made.keys(point.sizes),
        )
        leaves = [x for x in inputs if x.requires_grad] + [parameters[keys[p]] for p in paths]
        given = [torch.as_tensor(g) for g in cotangents]
        total = sum((g * y).sum() for g, y in zip(given, outputs, strict=True))
        if not leaves or not total.requires_grad:
            return [np.zeros(tuple(x.shape)) for x in leaves]
        found = torch.autograd.grad(total, leaves, materialize_grads=True)
        return [g.numpy() for g in found]
    finally:
        unload(space)


def whole_numbers(point: Any, rng: np.random.Generator) -> None:
    """All numbers of a point −1, 0 or 1: activations are at their kinks, and entries tie."""

    def drawn(v: np.ndarray) -> np.ndarray:
        return rng.integers(-1, 2, v.shape).astype(v.dtype) if v.dtype.kind == "f" else v

    point.inputs = [drawn(x) for x in point.inputs]
    point.resources = {path: drawn(v) for path, v in point.resources.items()}


def gap(graph: Graph, seed: int, kinks: bool = False) -> float | None:
    """How far R[f] is from autograd at a random point, relative to the largest entry; at a point
    of whole numbers with ``kinks``.  None where the gradient is not finite."""
    rng = np.random.default_rng(seed)
    point = finite_point(graph, sizes_of(graph), EVAL, rng)
    if kinks:
        whole_numbers(point, rng)
    whole = opened(graph, point.sizes)
    paths = [r.name for r in whole.sources.values() if r.role == WEIGHT]
    back = reversed_graph(weights_as_inputs(whole), point.sizes)
    context = Context(FloatAlgebra(), point.sizes, EVAL)
    cotangents = [
        np.asarray(rng.standard_normal(context.shape(t))) for t in graph.cod if numeric(t)
    ]
    given = [*point.inputs, *(point.resources[p] for p in paths), *cotangents]
    rest = {p: v for p, v in point.resources.items() if p not in paths}
    with np.errstate(all="ignore"):
        ours = run(back, context, given, rest).outputs
    theirs = autograd(graph, point, cotangents, paths)
    if not all(np.isfinite(g).all() for g in theirs):
        return None
    if [np.shape(a) for a in ours] != [g.shape for g in theirs]:
        return float("inf")
    scale = max([LEAST, *(float(np.abs(g).max()) for g in theirs if g.size)])
    return max([0.0, *(float(np.abs(a - b).max()) / scale for a, b in zip(ours, theirs) if b.size)])


def apart(graph: Graph, seed: int, kinks: bool = False) -> bool:
    """Whether R[f] is not what autograd gives."""
    found = gap(graph, seed, kinks)
    return found is not None and not found <= CLOSE


# --- composites -----------------------------------------------------------------------------------


def cut(graph: Graph, place: int) -> tuple[Arrow, Arrow]:
    """A graph without weights as a composite: its first nodes, and the others."""
    before, after = graph.nodes[:place], graph.nodes[place:]
    made = [*graph.inputs, *(w for node in before for w in node.outs)]
    read = {w for node in after for w in node.ins} | set(graph.outputs)
    live = [w for w in made if w in read]
    first = replace(graph, nodes=before, outputs=live, sources={}, name="")
    second = replace(graph, nodes=after, inputs=live, sources={}, name="")
    return as_arrow("first", first), as_arrow("second", second)


def composite_differs(graph: Graph, seed: int) -> bool | None:
    """Whether R[g ; h] and R[g] ; R[h] differ at a random point of a prime field; None where the
    arrow has no meaning there."""
    sizes = sizes_of(graph)
    whole = weights_as_inputs(opened(graph, sizes))
    if whole.sources:
        return None
    first, second = cut(whole, random.Random(seed).randint(0, len(whole.nodes)))
    left = reverse(first >> second, sizes).graph()
    right = (Lens(first, reverse(first, sizes)) >> Lens(second, reverse(second, sizes))).put.graph()
    tried = False
    for prime in range(PRIMES):
        rng = np.random.default_rng([seed, prime])
        context = Context(FieldAlgebra(seed=seed * PRIMES + prime), sizes, EVAL)
        algebra = context.algebra
        inputs = [
            algebra.random(
                context.shape(t), rng, t.kind, context.size(t.values) if t.values else None
            )
            for t in left.dom
        ]
        try:
            sides = [run(side, context, inputs, {}).outputs for side in (left, right)]
        except (OutsideFragment, Resample):
            continue
        tried = True
        if not all(algebra.equal_arrays(a, b) for a, b in zip(*sides, strict=True)):
            return True
    return False if tried else None


class Attempt(NamedTuple):
    """What went wrong (or nothing), the operations that occurred, and what was compared."""

    problem: str
    operations: tuple[str, ...]
    compared: tuple[str, ...] = ()


def attempt(seed: int) -> Attempt:
    """One random architecture: at a random point, at kinks, and cut in two."""
    graph = term(seed)
    operations = tuple({node.box.name for _, node in graph.walk()})
    compared = []
    try:
        for kinks, where in ((False, "random points"), (True, "kinks")):
            found = gap(graph, seed, kinks)
            if found is not None and not found <= CLOSE:
                text = f"at {where} R[f] and autograd differ by {found:.1e}\n{graph}"
                return Attempt(text, operations)
            compared += [where] if found is not None else []
        differs = composite_differs(graph, seed)
        if differs:
            return Attempt(f"R[g ; h] is not R[g] ; R[h]\n{graph}", operations)
        compared += ["composites"] if differs is not None else []
    except Exception as error:
        return Attempt(f"{type(error).__name__}: {error}\n{graph}", operations)
    return Attempt("", operations, tuple(compared))


def main() -> int:
    import torch

    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    began, failures = time.time(), 0
    seen: collections.Counter[str] = collections.Counter()
    compared: collections.Counter[str] = collections.Counter()
    for seed in range(options.start, options.start + options.count):
        found = attempt(seed)
        seen.update(found.operations)
        compared.update(found.compared)
        if found.problem:
            failures += 1
            print(f"seed {seed}: {found.problem}\n", flush=True)
    rate = options.count / (time.time() - began)
    print(f"{options.count} architectures, {len(seen)} operations, {rate:.1f} a second")
    for what, number in compared.items():
        print(f"  {number} agree at {what}" if what != "composites" else
              f"  {number} composites agree in prime fields")  # fmt: skip
    print(f"{options.count - failures} agree, {failures} do not")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
