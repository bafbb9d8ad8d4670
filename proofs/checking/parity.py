"""The sign change, checked relatively: whether each wire is even or odd in it.

Naturality for −1 asks every node to commute with the sign; here a node may turn odd wires into even
ones (a square, a norm) and back (a product with an odd wire).  The parity of a wire is 0 (even),
1 (odd), ``"zero"`` (both) or None (neither is known).
"""

from __future__ import annotations

from typing import Any

from proofs.checking.machines import machine, settled
from proofs.checking.natural import read_dims, read_mode
from proofs.checking.programs import Node, Program, mentions, need, plain, summed
from proofs.checking.table import NUMBERS, ODD_FUNCTIONS, shape, words

EVEN_FUNCTIONS = words("abs cos")
SIGNED = words("rms_norm normalise")  # f(−x) = −f(x), weights included
Parity = int | str | None


def occurrences(index: Any, dim: Any) -> int:
    """How often a dim is a factor of an index set."""
    return int(index == dim) + sum(occurrences(i, dim) for i in index[1:] if isinstance(i, tuple))


def acted(one: Any, dim: Any) -> Parity:
    """The parity of an entry of this type under −1 on every axis over the dim."""
    if not any(mentions(a[0], dim) for a in one[1]):
        return 0
    good = all(plain(a[0], dim) and not summed(a[0], dim) for a in one[1]) and one[0] in NUMBERS
    return sum(occurrences(a[0], dim) for a in one[1]) % 2 if good else None


def join(parities: list[Parity]) -> Parity:
    """The parity of a sum."""
    known = {p for p in parities if p != "zero"}
    return "zero" if not known else known.pop() if len(known) == 1 else None


def product(parities: list[Parity]) -> Parity:
    """The parity of a product."""
    if "zero" in parities:
        return "zero"
    numbers = [p for p in parities if isinstance(p, int)]
    return sum(numbers) % 2 if len(numbers) == len(parities) else None


class Reader:
    """One run of the parities through a program."""

    def __init__(self, dim: Any, mode: str, steps: list[Any] | None) -> None:
        self.dim, self.mode, self.steps = dim, mode, steps

    def run(self, program: Program, inputs: list[Parity], record: bool) -> list[Parity]:
        at: dict[int, Parity] = dict(zip(program.inputs, inputs, strict=True))
        for wire, (_, role) in program.sources.items():
            # −1 keeps the distribution of Gaussian noise; other noise and weights stay as they are
            readers = {node.op for node in program.nodes if wire in node.ins}
            moved = role == "noise" and readers <= {"gaussian_noise"}
            at[wire] = acted(program.types[wire], self.dim) if moved else 0
        for node in program.nodes:
            ins = [at[w] for w in node.ins]
            if node.bodies:
                outs = self.operator(node, ins, record)
            else:
                outs = [self.step(node, ins)] * len(node.outs)
            at.update(zip(node.outs, outs, strict=True))
            if record and self.steps is not None:
                self.steps.append(outs)
        return [at[w] for w in program.outputs]

    def operator(self, node: Node, ins: list[Parity], record: bool) -> list[Parity]:
        if node.op == "iterate":
            return self.iterate(node, ins, record)
        need(node.op == "scan", f"`{node.op}` has no parity")
        one = machine(node)
        last = [ins[-1]] if one.ragged else []
        if not all(p in (0, "zero") for p in last):
            return [None] * len(node.outs)
        state, rest = ins[: one.states], ins[one.states : len(ins) - one.ragged]

        def after(state: list[Parity]) -> list[Parity]:
            return self.run(node.bodies[0], [*state, *rest], False)[one.outputs :]

        state = settled(state, after, lambda a, b: join([a, b]), None)
        return [*self.run(node.bodies[0], [*state, *rest], record)[: one.outputs], *state]

    def iterate(self, node: Node, ins: list[Parity], record: bool) -> list[Parity]:
        state = ins
        for _ in range(3):
            after = self.run(node.bodies[0], state, False)
            joined = [join([a, b]) for a, b in zip(state, after, strict=True)]
            if joined == state:
                break
            state = joined
        else:
            state = [None] * len(state)
        if record:
            self.run(node.bodies[0], state, True)
        return state

    def step(self, node: Node, ins: list[Parity]) -> Parity:
        how, op = shape(node, self.mode), node.op
        if op in ("full", "full_like"):
            return 0 if how.terms else "zero"
        if op == "div":
            return product(ins)
        if how.terms is not None and op != "batch_norm":
            held = [ins[i] for i in how.frozen]
            if all(p in (0, "zero") for p in held):
                return join([product([ins[i] for i in term]) for term in how.terms])
            return None
        if op in ODD_FUNCTIONS or op in SIGNED or self.centred(node):
            return ins[0] if op != "reciprocal" or ins[0] != "zero" else None
        if op in EVEN_FUNCTIONS and ins[0] in (0, 1, "zero"):
            return 0
        return 0 if all(p in (0, "zero") for p in ins) else None

    def centred(self, node: Node) -> bool:
        return node.op == "layer_norm" and not node.attrs.get("affine")


def check_parity(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that outputs with the dim are odd in it (each occurrence counts), others even."""
    (dim,), mode, program = read_dims(claim), read_mode(claim), programs[0]
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    inputs = [acted(program.types[w], dim) for w in program.inputs]
    need(None not in inputs, f"−1 on {dim[1]} does not act on an input")
    found = Reader(dim, mode, steps).run(program, inputs, True)
    for wire, parity in zip(program.outputs, found, strict=True):
        wanted = acted(program.types[wire], dim)
        good = wanted is not None and parity in (wanted, "zero")
        need(good, f"an output is not known to be {'odd' if wanted else 'even'} in {dim[1]}")
    return f"natural for −1 on {dim[1]} in {mode} mode, all sizes"
