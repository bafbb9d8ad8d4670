"""Linearity and degree, checked: the degrees of every wire are computed again.

A fact is [low, high], the degrees of the monomials of a wire in the chosen inputs; ``high`` is
None for no polynomial, the fact is None for zero.
"""

from __future__ import annotations

from typing import Any

from proofs.checking.machines import machine, settled
from proofs.checking.natural import read_mode
from proofs.checking.programs import Node, Program, need
from proofs.checking.table import shape

Fact = tuple[int, int | None] | None


def plus(left: Fact, right: Fact) -> Fact:
    """The degrees of a sum."""
    if left is None or right is None:
        return right if left is None else left
    bounded = left[1] is not None and right[1] is not None
    return (min(left[0], right[0]), max(left[1] or 0, right[1] or 0) if bounded else None)


def times(left: Fact, right: Fact) -> Fact:
    """The degrees of a product."""
    if left is None or right is None:
        return None
    if left[1] is None or right[1] is None:
        return (0, None)
    return (left[0] + right[0], left[1] + right[1])


def step(node: Node, mode: str, ins: list[Fact]) -> list[Fact]:
    """The degrees of the outputs of a node."""
    fixed = [f in (None, (0, 0)) for f in ins]
    how, count = shape(node, mode), len(node.outs)
    read = {i for term in how.terms or () for i in term}
    if node.op in ("full", "full_like"):  # whatever the input is
        return [(0, 0) if how.terms else None]
    if how.terms is None or not all(fixed[i] for i in range(len(ins)) if i not in read):
        return [(0, 0) if all(fixed) else (0, None)] * count
    total: Fact = None
    for term in how.terms:
        product: Fact = (0, 0)
        for i in term:
            product = times(product, ins[i])
        total = plus(total, product)
    return [total] + [(0, None) if node.op == "batch_norm" else total] * (count - 1)


def run(program: Program, inputs: list[Fact], mode: str, steps: list[Any] | None) -> list[Fact]:
    """The degrees of the outputs; ``steps`` gets the facts of every node."""
    at: dict[int, Fact] = dict(zip(program.inputs, inputs, strict=True))
    at.update(dict.fromkeys(program.sources, (0, 0)))
    for node in program.nodes:
        ins = [at[w] for w in node.ins]
        outs = operator(node, ins, mode, steps) if node.bodies else step(node, mode, ins)
        at.update(zip(node.outs, outs, strict=True))
        if steps is not None:
            steps.append([None if f is None else list(f) for f in outs])
    return [at[w] for w in program.outputs]


def operator(node: Node, ins: list[Fact], mode: str, steps: list[Any] | None) -> list[Fact]:
    """The degrees of the outputs of an iteration, or of a run."""
    if node.op == "iterate":
        return settle(node, ins, mode, steps)
    need(node.op == "scan", f"`{node.op}` has no degree")
    one, body = machine(node), node.bodies[0]
    state, rest = ins[: one.states], ins[one.states : len(ins) - one.ragged]
    if one.ragged and ins[-1] not in (None, (0, 0)):
        return [(0, None)] * len(node.outs)

    def after(state: list[Fact]) -> list[Fact]:
        return run(body, [*state, *rest], mode, None)[one.outputs :]

    state = settled(state, after, plus, (0, None))
    return [*run(body, [*state, *rest], mode, steps)[: one.outputs], *state]


def settle(node: Node, ins: list[Fact], mode: str, steps: list[Any] | None) -> list[Fact]:
    """Degrees that one more step of the body does not change."""
    body, state = node.bodies[0], ins
    for attempt in range(4):
        after = run(body, state, mode, None)
        joined = [plus(a, b) for a, b in zip(state, after, strict=True)]
        if joined == state:
            break
        wide: list[Fact] = [(0, None) if a != b else a for a, b in zip(joined, state, strict=True)]
        state = joined if attempt < 2 else wide
    else:
        state = [(0, None)] * len(state)
    if steps is not None:
        run(body, state, mode, steps)
    return state


def check_degrees(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check a claim ``linear`` or ``degree``."""
    program, chosen, mode = programs[0], claim["inputs"], read_mode(claim)
    good = isinstance(chosen, list) and chosen and all(type(i) is int for i in chosen)
    need(good and 0 <= min(chosen) <= max(chosen) < len(program.inputs), "no such inputs")
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    types = [program.types[program.inputs[i]] for i in chosen]
    need(all(t[0] in ("real", "complex") for t in types), "an input is no linear space")
    inputs: list[Fact] = [(1, 1) if i in chosen else (0, 0) for i in range(len(program.inputs))]
    found = run(program, inputs, mode, steps)
    numbers = ", ".join(map(str, chosen))
    if claim["claim"] == "linear":
        need(all(f in (None, (1, 1)) for f in found), "an output is not linear")
        return f"linear in the inputs {numbers} in {mode} mode, all sizes"
    most = claim["most"]
    need(type(most) is int, "the degree is no number")
    highs = [f[1] for f in found if f is not None]
    need(all(h is not None and h <= most for h in highs), "an output has a higher degree")
    return f"of degree at most {most} in the inputs {numbers} in {mode} mode, all sizes"
