"""Patterns: the cells that torch has kernels for, found by what they compute.

Definition.  With logits ``L = W x + V h`` and biases, σ the logistic function and all products by
entry, torch runs

    rnn_tanh, rnn_relu   h' = tanh(L), relu(L)
    lstm                 c' = σ(L_f) c + σ(L_i) tanh(L_g)        h' = σ(L_o) tanh(c')
    gru                  h' = n + z (h − n),  z = σ(L_z),  n = tanh(W_n x + b + σ(L_r) (V_n h + d))

A cell is one of these where its new states are, as polynomials of gates (``gates``): any way of
writing the sums and products, any order of gates in packed rows, gates with weights of their own,
weights that are wires, one bias, two, or none, state and memory in either order, inputs that are
joined or mapped apart.

Law.  The rows of the weights are given to the kernel in its own order.  A GRU may be written with
the update gate turned round, ``h' = h + z (n − h)``: ``1 − σ(L) = σ(−L)``, so the rows of that gate
are negated.  Nothing else is computed of weights, but the sum of biases beyond the second.

>>> from categorical import Dim, Real, arrow, op
>>> s, a = Dim.named("s a")
>>> @arrow
... def elman(h: Real[s], x: Real[a]) -> Real[s]:
...     return op.tanh(op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h))
>>> found = cell(elman.graph(), 1)
>>> found.kind, found.inputs == tuple(elman.graph().inputs[1:]), found.biases
('rnn_tanh', True, 2)

A cell that no kernel knows:

>>> @arrow
... def other(h: Real[s], x: Real[a]) -> Real[s]:
...     return op.sin(op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h))
>>> cell(other.graph(), 1) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from backends.pytorch.recursion.gates import ZERO, Atom, Bias, Gates, Map, Poly, Squash, Wire
from categorical.graph import Graph
from categorical.sizes import Size

#: The gates of a kernel in the order of its rows.
ROWS = {"rnn_tanh": "h", "rnn_relu": "h", "lstm": "ifgo", "gru": "rzn"}


@dataclass(frozen=True)
class Block:
    """Rows and columns of a weight (of a vector: its entries), perhaps with the sign changed."""

    wire: int
    start: Size
    size: Size
    column: Size = ZERO
    columns: Size | None = None
    negative: bool = False


@dataclass(frozen=True)
class Gate:
    """One gate: a map of each input, the map of the state, the biases on either side."""

    inputs: tuple[Block, ...]
    state: Block
    biases: tuple[tuple[Block, ...], tuple[Block, ...]]


@dataclass(frozen=True)
class Cell:
    """A recognised cell: the wires of its inputs (joined, where there are several), the places of
    its state and memory (None where the kernel has none) among its states, and its gates in the
    order of the kernel."""

    kind: str
    inputs: tuple[int, ...]
    state: int
    memory: int | None
    gates: tuple[Gate, ...]
    size: Size

    @property
    def biases(self) -> int:
        """How many of the kernel's two biases the spec has."""
        return sum(any(g.biases[side] for g in self.gates) for side in (0, 1))


def cell(graph: Graph, states: int) -> Cell | None:
    """The kernel's cell that a body computes, if there is one; the body has no named parts."""
    if states not in (1, 2) or len({graph.types[w] for w in graph.inputs[:states]}) != 1:
        return None
    type_ = graph.types[graph.inputs[0]]
    names = {node.box.name for node in graph.nodes}
    if type_.kind != "real" or not type_.axes or not names & {"linear", "einsum"}:
        return None
    search = _Search(graph, graph.inputs[:states], type_.axes[-1].size)
    new = [search.gates.value(w) for w in graph.outputs[len(graph.outputs) - states :]]
    if states == 2:
        found = search.lstm(new, 0, 1) or search.lstm(new, 1, 0)
    else:
        found = search.elman(new[0]) or search.gru(new[0])
    return found if found is not None and search.fits(found) else None


class _Search:
    def __init__(self, graph: Graph, states: Sequence[int], size: Size) -> None:
        self.graph, self.states, self.size = graph, states, size
        self.gates = Gates(graph, states)

    def fits(self, found: Cell) -> bool:
        """Inputs are vectors beside the state, and weights are weights of the cell."""
        batch = self.graph.types[self.states[0]].axes[:-1]
        types = [self.graph.types[w] for w in found.inputs]
        if any(t.kind != "real" or t.axes[:-1] != batch for t in types):
            return False
        blocks = [b for g in found.gates for b in (*g.inputs, g.state, *g.biases[0], *g.biases[1])]
        return all(b.wire in self.graph.sources for b in blocks)

    def lstm(self, new: Sequence[Poly], state: int, memory: int) -> Cell | None:
        show = self._gated(new[state], new[memory])
        terms = list(self.gates.terms(new[memory]))
        if show is None or len(terms) != 2 or any(c != 1 for _, c in terms):
            return None
        old = self.gates.wire(self.states[memory])
        for (kept, _), (entered, _) in permutations(terms):
            keep = next((p for a, b in _pairs(kept) if self._is(b, old) and (p := _of(a))), None)
            enter, inner = next(
                ((p, q) for a, b in _pairs(entered) if (p := _of(a)) and (q := _of(b, "tanh"))),
                (None, None),
            )
            if keep and enter and inner:
                return self._cell("lstm", state, memory, [enter, keep, inner, show])
        return None

    def _gated(self, new: Poly, memory: Poly) -> Poly | None:
        """The logits o where a value is ``σ(o) · tanh(memory)``."""
        terms = list(self.gates.terms(new))
        if len(terms) != 1 or terms[0][1] != 1:
            return None
        return next((_of(a) for a, b in _pairs(terms[0][0]) if _of(b, "tanh") == memory), None)

    def elman(self, new: Poly) -> Cell | None:
        terms = list(self.gates.terms(new))
        if len(terms) != 1 or len(terms[0][0]) != 1 or terms[0][1] != 1:
            return None
        for name in ("tanh", "relu"):
            inner = _of(terms[0][0][0], name)
            if inner:
                return self._cell(f"rnn_{name}", 0, None, [inner])
        return None

    def gru(self, new: Poly) -> Cell | None:
        """``n − z n + z h``, or turned round ``h − z h + z n``."""
        found = self._mixture(new)
        if found is None:
            return None
        inner, update, turned = found
        reset = None
        outside: list[Atom] = []
        inside: list[Atom] = []
        for atoms, c in self.gates.terms(_of(inner, "tanh")):
            gated = next(((r, b) for r, b in _pairs(atoms) if _of(r)), None)
            if c != 1 or (gated is None and len(atoms) != 1):
                return None
            if gated is None:
                outside.append(atoms[0])
            elif reset in (None, gated[0]):
                reset = gated[0]
                inside.append(gated[1])
            else:
                return None
        if reset is None:
            return None
        found_cell = self._cell("gru", 0, None, [_of(reset), _of(update), (outside, inside)])
        if found_cell is None or not turned:
            return found_cell
        reset_gate, update_gate, new_gate = found_cell.gates
        return replace(found_cell, gates=(reset_gate, _negated(update_gate), new_gate))

    def _mixture(self, new: Poly) -> tuple[Atom, Atom, bool] | None:
        """n and z of a convex mixture of n and h, and whether z is the part of n."""
        terms = list(self.gates.terms(new))
        alone = [atoms[0] for atoms, c in terms if len(atoms) == 1 and c == 1]
        pairs = {c: _pairs(atoms) for atoms, c in terms if len(atoms) == 2}
        if len(terms) != 3 or len(alone) != 1 or set(pairs) != {1, -1}:
            return None
        old = self.gates.wire(self.states[0])
        for z, less in pairs[-1]:  # alone − z · alone
            for other, more in pairs[1]:  # + z · the other one
                if not _of(z) or other != z or less != alone[0]:
                    continue
                if _of(less, "tanh") and self._is(more, old):
                    return less, z, False
                if _of(more, "tanh") and self._is(less, old):
                    return more, z, True
        return None

    # --- logits ----------------------------------------------------------------------------------

    def _cell(
        self,
        kind: str,
        state: int,
        memory: int | None,
        logits: Sequence[Poly | tuple[list[Atom], list[Atom]]],
    ) -> Cell | None:
        gates, inputs = [], None
        for one in logits:
            if isinstance(one, tuple):
                found = self._gate(state, *one, kept_apart=True)
            else:
                terms = list(self.gates.terms(one))
                if any(c != 1 or len(atoms) != 1 for atoms, c in terms):
                    return None
                found = self._gate(state, [atoms[0] for atoms, _ in terms], [])
            if found is None or (inputs is not None and found[0] != inputs):
                return None
            inputs = found[0]
            gates.append(found[1])
        if not inputs:
            return None
        return Cell(kind, inputs, state, memory, tuple(gates), self.size)

    def _gate(
        self, state: int, outside: Iterable[Atom], inside: Iterable[Atom], kept_apart: bool = False
    ) -> tuple[tuple[int, ...], Gate] | None:
        """The inputs and blocks of one gate; ``inside`` are the atoms that a reset gate scales."""
        old = self.gates.wire(self.states[state])
        maps: dict[int, Block] = {}
        hidden: list[Block] = []
        biases: tuple[list[Bias], list[Bias]] = ([], [])
        for side, atoms in enumerate((outside, inside)):
            for one in atoms:
                if not isinstance(one, Map | Bias) or one.size is not self.size:
                    return None
                if isinstance(one, Bias):
                    biases[side or int(not kept_apart and one.of == old)].append(one)
                    continue
                block = Block(one.weight, one.start, one.size, one.column, one.columns)
                if one.of == old:
                    if kept_apart and not side:
                        return None
                    hidden.append(block)
                    continue
                wire = self._input(one.of)
                if wire is None or wire in maps or side:
                    return None
                maps[wire] = block
        if len(hidden) != 1:
            return None
        first, second = (sorted(map(_vector, found), key=_order) for found in biases)
        if not kept_apart:
            if not first:
                first, second = second, []
            if len(first) > 1 and not second:
                first, second = first[:1], first[1:]
        inputs = tuple(sorted(maps))
        gate = Gate(tuple(maps[w] for w in inputs), hidden[0], (tuple(first), tuple(second)))
        return inputs, gate

    def _input(self, of: Poly) -> int | None:
        """The whole wire that a map reads, where no state reaches it."""
        terms = list(self.gates.terms(of))
        if len(terms) != 1 or len(terms[0][0]) != 1 or not isinstance(terms[0][0][0], Wire):
            return None
        wire = terms[0][0][0].wire
        whole = wire not in self.gates.moving and of == self.gates.wire(wire)
        return wire if whole else None

    def _is(self, atom: Atom, poly: Poly) -> bool:
        return (
            isinstance(atom, Wire)
            and self.gates.wire(atom.wire) == poly
            and (atom.start is ZERO and atom.size is self.size)
        )


def _pairs(atoms: Sequence[Atom]) -> list[tuple[Atom, Atom]]:
    """Two factors, in both orders."""
    return [(atoms[0], atoms[1]), (atoms[1], atoms[0])] if len(atoms) == 2 else []


def _of(atom: Atom, name: str = "sigmoid") -> Poly | None:
    """What a function of this name is taken of."""
    return atom.of if isinstance(atom, Squash) and atom.name == name else None


def _negated(gate: Gate) -> Gate:
    """The gate of the logits with the sign changed."""

    def turned(blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(replace(b, negative=True) for b in blocks)

    first, second = map(turned, gate.biases)
    return Gate(turned(gate.inputs), replace(gate.state, negative=True), (first, second))


def _vector(one: Bias) -> Block:
    return Block(one.wire, one.start, one.size)


def _order(one: Block) -> tuple[int, str]:
    return one.wire, str(one.start)
