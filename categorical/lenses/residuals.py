"""What is kept and what is computed again: residuals as a choice with one meaning.

Definition.  ``stored(f)`` is the optic of a lens whose residual is what its way back needs: the
values that depend on the input alone and that a box on the way back reads.  ``optic(f)`` keeps the
input and computes them again.  ``checkpointed([f, g, …], every)`` cuts a chain into segments and
keeps the input of each.  ``cost`` counts both: the numbers kept, as a polynomial of the sizes, and
the boxes that are computed a second time.

Laws.  Whatever is kept, the optic is the same modulo sliding, and the proof is a normal form: so
checkpoint or store is a choice of the lowering, not of the mathematics.  ``stored`` computes no box
twice; ``optic`` keeps nothing but the input.

>>> from categorical import Dim, Real, identity, op
>>> from categorical.lenses.optics import slides
>>> n = Dim("n")
>>> square = Lens(op.square.at(Real[n]), op.mul.at(Real[n], Real[n]) >> op.scale(2.0), "square")
>>> exp = Lens(op.exp.at(Real[n]), (op.exp.at(Real[n]) @ identity(Real[n])) >> op.mul, "exp")
>>> chain = exp >> square >> exp
>>> for choice in (stored(chain), checkpointed([exp, square, exp], 1), optic(chain)):
...     print(cost(choice))
keeps 2*n, computes 0 boxes again
keeps 3*n, computes 2 boxes again
keeps n, computes 3 boxes again
>>> slides(stored(chain), optic(chain))
True

A chain has parts, and segments have a length:

>>> checkpointed([exp], 0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: a chain is cut into segments of 0 lenses
...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Graph, Node
from categorical.laws.law import Law
from categorical.lenses.gluing import Use, Wires, as_arrow, glued_graph
from categorical.lenses.lens import Lens
from categorical.lenses.optics import Optic, optic, sliding_law
from categorical.normal import hash_cons, inline
from categorical.records import Box
from categorical.sizes import Size
from categorical.spaces import product_space

Residual = Callable[[Lens], Optic]


@checked
def stored(of: Lens, entrywise: bool = False, name: str = "") -> Optic:
    """The optic that keeps what the way back reads, and computes nothing again.

    With ``entrywise`` it does not keep what is made entry by entry of what is kept anyway: of tanh
    and its derivative ``1 − tanh²`` it keeps the first, and computes the second again.
    """
    a, b = len(of.source), len(of.target)

    def both(use: Use, w: Wires) -> Wires:
        return use(of.get, w[:a]) + use(of.put, w)

    names = [*of.names, *(f"back{i + 1}" for i in range(len(of.target_back)))]
    graph = hash_cons(inline(glued_graph(of.source + of.target_back, both, names)))
    there, behind = graph.inputs[:a], graph.inputs[a:]
    after = _reached(graph, behind)
    before = _reached(graph, there) - after
    late = [node for node in graph.nodes if any(w in after for w in node.outs)]
    read = [w for node in late for w in node.ins] + graph.outputs[b:]
    cut = list(dict.fromkeys(w for w in read if w in before))
    again: list[Node] = []
    if entrywise:
        cut, again = _lighter(graph, cut)
    data = {w for node in graph.nodes for w in node.outs} & (before | after)
    fixed = [node for node in graph.nodes if not data & set(node.outs)]
    early = [node for node in graph.nodes if any(w in before for w in node.outs)]
    forward = _part(graph, there, cut + graph.outputs[:b], fixed + early)
    backward = _part(graph, cut + behind, graph.outputs[b:], fixed + again + late)
    residual = product_space(*(graph.types[w] for w in cut))
    title = name or of.label()
    return Optic(residual, as_arrow("there", forward), as_arrow("back", backward), title)


def _reached(graph: Graph, starts: Sequence[int]) -> set[int]:
    """The wires that depend on some of these."""
    found = set(starts)
    for node in graph.nodes:
        if any(w in found for w in node.ins):
            found.update(node.outs)
    return found


def _lighter(graph: Graph, cut: list[int]) -> tuple[list[int], list[Node]]:
    """What must be kept for the cut, and the entrywise boxes that make the rest of it again.

    Two ways are tried: to keep wires of the cut, and to keep what they are made of entry by entry;
    the one with fewer numbers (all dims being equal), or else with fewer boxes, is taken.
    """
    made = graph.producer()
    fixed = (set(made) | set(graph.sources)) - _reached(graph, graph.inputs)

    def again(wire: int, kept: set[int]) -> dict[int, Node] | None:
        """The entrywise boxes that make a wire of kept ones, if they do."""
        found: dict[int, Node] = {}
        pending = [wire]
        while pending:
            one = pending.pop()
            if one in kept or one in fixed:
                continue
            node = made.get(one)
            if node is None or not _entrywise(node):
                return None
            found[id(node)] = node
            pending += node.ins
        return found

    def least(start: list[int]) -> tuple[list[int], dict[int, Node]]:
        kept = start
        for wire in start:
            if again(wire, {w for w in kept if w != wire}) is not None:
                kept = [w for w in kept if w != wire]
        boxes: dict[int, Node] = {}
        for wire in cut:
            boxes |= again(wire, set(kept)) or {}
        return kept, boxes

    def weight(found: tuple[list[int], dict[int, Node]]) -> tuple[int, int]:
        kept, boxes = found
        sizes = dict.fromkeys(graph.dims, 60)
        return sum(graph.types[w].size.evaluate(sizes) for w in kept), len(boxes)

    roots = list(dict.fromkeys(w for wire in cut for w in _made_of(made, fixed, wire)))
    ways = [least(cut[::-1]), least([*cut, *(w for w in roots if w not in cut)])]
    kept, boxes = min(ways, key=weight)
    return sorted(kept), list(boxes.values())


def _made_of(made: dict[int, Node], fixed: set[int], wire: int) -> list[int]:
    """What a wire is made of, entry by entry."""
    found, pending = [], [wire]
    while pending:
        one = pending.pop()
        node = made.get(one)
        if one in fixed:
            continue
        if node is None or not _entrywise(node):
            found.append(one)
        else:
            pending += node.ins
    return found


def _entrywise(node: Node) -> bool:
    """Whether a box acts entry by entry: natural for every index map, on axes that it keeps."""
    box = node.box
    if not isinstance(box, Box) or box.resources:
        return False
    axes = box.cod[0].axes
    named = all(one.index.atoms for one in axes)
    alike = all(one.axes == axes for one in (*box.dom, *box.cod))
    dims = {dim for one in axes for dim in one.index.atoms}
    return named and alike and all("function" in box.natural(dim) for dim in dims)


def _part(graph: Graph, inputs: list[int], outputs: list[int], nodes: Sequence[Node]) -> Graph:
    """The subgraph of some boxes (in the order of the whole), without what no output needs."""
    chosen = {id(node) for node in nodes}
    made = set(inputs) | {w for node in nodes for w in node.outs}
    return hash_cons(
        replace(
            graph,
            inputs=list(inputs),
            outputs=list(outputs),
            sources={w: r for w, r in graph.sources.items() if w not in made},
            nodes=[node for node in graph.nodes if id(node) in chosen],
            updates={},
            name="",
        )
    )


@checked
def checkpointed(chain: Sequence[Lens], every: int, inside: Residual = optic) -> Optic:
    """The composite of a chain in segments, ``inside`` of each (default: its input is kept)."""
    if every < 1 or not chain:
        raise SpecError(
            "CM052",
            f"a chain is cut into segments of {every} lenses",
            facts=[("the chain has", f"{len(chain)} lenses")],
            help=["every=1 keeps the input of each lens, every=len(chain) that of the first only"],
        )
    segments = [chain[i : i + every] for i in range(0, len(chain), every)]
    parts = [inside(reduce(lambda f, g: f >> g, segment)) for segment in segments]
    return reduce(lambda f, g: f >> g, parts)


# --- counting --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """``numbers`` are kept between the two ways, and ``boxes`` computed a second time."""

    numbers: Size
    boxes: int

    def at(self, **sizes: int) -> int:
        """How many numbers are kept at these sizes."""
        return self.numbers.evaluate(sizes)

    def __str__(self) -> str:
        return f"keeps {self.numbers}, computes {self.boxes} boxes again"


@checked
def cost(of: Optic, given: Sequence[int] = ()) -> Cost:
    """What an optic keeps and computes again; the inputs number ``given`` are kept anyway.

    Equal wires of the residual are kept once.  A box is computed again if it depends on the
    residual and on nothing that comes back; so are all boxes in the body of a pullback, which runs
    its body before it goes back.
    """
    m = of.kept
    forward = hash_cons(inline(of.forward.graph()))
    free = {forward.inputs[i] for i in given}
    total = Size.of(0)
    for wire in dict.fromkeys(forward.outputs[:m]):
        if wire not in free and wire not in forward.sources:
            total = total + forward.types[wire].size
    backward = hash_cons(inline(of.backward.graph()))
    kept, back = (_reached(backward, ws) for ws in (backward.inputs[:m], backward.inputs[m:]))
    again = [n for n in backward.nodes if any(w in kept - back for w in n.outs)]
    bodies = [n for n in backward.nodes if n.box.name == "pullback"]
    inner = sum(1 for n in bodies for region in n.regions for _ in region.walk())
    return Cost(total, len(again) + inner)


def residual_laws(chain: Sequence[Lens], every: Sequence[int] = (1,)) -> list[Law]:
    """Storing, checkpointing and computing again have one meaning."""
    whole = reduce(lambda f, g: f >> g, chain)
    found = [sliding_law(stored(whole), optic(whole), "store = compute again")]
    for count in every:
        cut = checkpointed(chain, count)
        found.append(sliding_law(cut, optic(whole), f"checkpoint every {count} = compute again"))
    return found


__all__ = [
    "Cost",
    "Residual",
    "checkpointed",
    "cost",
    "residual_laws",
    "stored",
]
