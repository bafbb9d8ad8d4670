"""Equivariance under given matrices, checked: every box commutes with every generator.

Definition.  A box without solved tensors must be natural, along each dim, for a class of maps to
which the generator's matrix there belongs.  A solved box (``hom``, ``steerable_conv``) is checked
on its tensors: each of them is invariant under the generator, whatever group it was solved for; on
the axes that it carries it obeys the rule of all boxes.

>>> Broken("why", None).node is None
True
"""

from __future__ import annotations

from typing import Any

from proofs.checking import grids
from proofs.checking.actions import Move, Sizes, read_action, read_sizes
from proofs.checking.boxes import SOLVED, allowed, families, is_diagrams, ports, spaces
from proofs.checking.natural import carries, caveats, natural_at, read_dims, read_mode
from proofs.checking.programs import Node, Program, Refusal, mentions, need, plain
from proofs.checking.table import NUMBERS, shape
from proofs.checking.tensors import is_tensors


class Broken(Refusal):
    """A refusal with the node, or the wire, that is to blame."""

    def __init__(self, why: str, node: Node | None, wire: int | None = None) -> None:
        super().__init__(why)
        self.node, self.wire = node, wire
        self.program: Program | None = None


class Inspector:
    """One run of the moves through a program; ``caveats`` say where it is not about all inputs."""

    def __init__(self, moves: list[Move], mode: str, sizes: Sizes, steps: list[Any]) -> None:
        self.moves, self.mode, self.sizes, self.steps = moves, mode, sizes, steps
        self.caveats: set[str] = set()
        self.dims = tuple(dict.fromkeys(d for m in moves for d in m.dims))
        self.grids = list(dict.fromkeys(m.grid for m in moves if m.grid is not None))
        self.moved = tuple(dict.fromkeys(a[0] for g in self.grids for a in g.axes))
        need(not set(self.dims) & set(self.moved), "a dim is moved and multiplied at once")

    def run(self, program: Program) -> None:
        """Refuse the first source, wire or node that does not commute with a move."""
        try:
            self.sources(program)
            for wire in (*program.inputs, *program.sources):
                self.wire(program.types[wire], wire)
            for node in program.nodes:
                self.steps.append(shape(node, self.mode).rule)
                self.node(node)
                for wire in node.outs:
                    self.wire(program.types[wire], wire)
                for body in node.bodies:
                    self.run(body)
        except Broken as broken:
            broken.program = broken.program or program
            raise

    def sources(self, program: Program) -> None:
        for wire, (name, role) in program.sources.items():
            for dim in (*self.dims, *self.moved):
                if role != "noise" and carries(program.types[wire], dim):
                    raise Broken(f"`{name}` carries the axis {dim[1]}", None, wire)

    def wire(self, one: Any, wire: int) -> None:
        """Refuse a wire on which the moves have no action."""
        for dim in self.dims:
            if not carries(one, dim):
                continue
            good = all(plain(a[0], dim) for a in one[1]) and (one[2] is None or plain(one[2], dim))
            if not good:
                why = f"the group does not act on an axis that was computed from {dim[1]}"
                raise Broken(why, None, wire)
            values = one[2] is not None and mentions(one[2], dim)
            for move in self.moves:
                if (one[0] not in NUMBERS or values) and "bijection" not in move.kinds(dim):
                    why = f"the matrices on {dim[1]} do not act on indices or truth values"
                    raise Broken(why, None, wire)
        for grid in self.grids:
            try:
                grids.square(one, grid, self.sizes)
            except Refusal as refusal:
                raise Broken(str(refusal), None, wire) from None

    def node(self, node: Node) -> None:
        try:
            self.inspect(node)
        except Broken:
            raise
        except Refusal as refusal:
            raise Broken(str(refusal), node) from None

    def inspect(self, node: Node) -> None:
        solved = node.op in SOLVED
        apart = ports(node).axes if solved else frozenset()
        how = shape(node, self.mode)
        for dim in self.dims:
            known = natural_at(node, dim, self.mode, apart)
            for move in self.moves:
                if not known & move.kinds(dim):
                    what = _named(move.kinds(dim))
                    raise Broken(f"`{node.op}` does not commute with {what} of {dim[1]}", node)
            self.caveats.update(caveats(node, dim))
        for grid in self.grids:
            need(not (solved and any(grids.slot(a) in grid.axes for a in apart)),
                 f"`{node.op}` acts on an axis of the grid")  # fmt: skip
            grids.inspect(node, how, grid, self.sizes)
        if solved:
            for move in self.moves:
                self.solved(node, move)

    def solved(self, node: Node, move: Move) -> None:
        """Whether the tensors of a box are invariant under a move."""
        for key in ("basis", "bias"):
            one = node.attrs.get(key)
            if is_diagrams(one):
                for family in families(node, key):
                    if not allowed(family, move, self.sizes):
                        raise Broken(f"{family.name} diagrams do not commute with the group", node)
        acted = ports(node).axes
        touched = any(mentions(a[0], d) for a in acted for d in move.dims)
        if is_diagrams(node.attrs["basis"]):
            need(not is_tensors(node.attrs.get("bias")), "diagrams with a bias of another form")
            return
        if not touched and (move.grid is None or node.op != "steerable_conv"):
            return
        for which, (operator, tensors) in enumerate(spaces(node, move, self.sizes)):
            for number, tensor in enumerate(tensors):
                if not operator.fixes(tensor):
                    what = "bias vector" if which else "map"
                    raise Broken(f"{what} {number} of `{node.op}` is not equivariant", node)


def _named(kinds: frozenset[str]) -> str:
    """The narrowest class of some, in words."""
    names = {
        "shift": "the shifts",
        "bijection": "the permutations",
        "negation": "the sign change",
        "signed": "the signed permutations",
        "orthogonal": "the orthogonal matrices",
    }
    return next((text for kind, text in names.items() if kind in kinds), "the matrices")


def scope(moves: list[Move], sizes: Sizes, caveats: set[str]) -> str:
    """What a proof is about: the fixed sizes, and all sizes of a grid whose axes are free."""
    acted = {d: m.dims[d].size for m in moves for d in m.dims}
    free = {a[0] for m in moves if m.grid for a in m.grid.axes if a[0][2] is None}
    open_ = sorted(d[1] for d in free if d not in sizes)
    known = {**acted, **{d: sizes[d] for d in free if d in sizes}}
    fixed = ", ".join(f"{d[1]}={n}" for d, n in sorted(known.items(), key=lambda one: one[0][1]))
    parts = [f"at {fixed}"] if fixed else []
    parts += [f"all sizes of {', '.join(open_)}"] if open_ else []
    text = "; ".join(parts) or "all sizes"
    return ", ".join([text, *sorted(caveats)])


def check_equivariant(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check the claim and justify each node by its rule."""
    mode, dims, sizes = read_mode(claim), read_dims(claim), read_sizes(claim)
    given = dict(sizes)
    moves = read_action(claim, sizes)
    inspector = Inspector(moves, mode, sizes, steps)
    inspector.run(programs[0])
    found = scope(moves, given, inspector.caveats)
    need(claim["scope"] == found, f"the scope of the claim is {found}")
    names, count = ", ".join(d[1] for d in dims), len(moves)
    generators = "1 generator" if count == 1 else f"{count} generators"
    return f"equivariant under {generators} on {names} in {mode} mode, {found}"
