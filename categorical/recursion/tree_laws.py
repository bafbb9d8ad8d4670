"""The equations of a tree fold, as an arrow: its algebra once more at every node.

Definition.  ``again(f)`` computes the states of all nodes with f, and from these the states of all
nodes once more: ``leaf(a)`` where a node has no children, and else ``cell(a, S[child])`` of what f
gave for its children; the weights are those of f.

Law.  ``again(f) = f``: these are the equations of the fold, and f is the only arrow that satisfies
them on every forest.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import rose_fold
>>> node, child, a = Dim.named("node child a")
>>> cell = op.sum(child).at(Real[child, a]) >> op.linear(a, a) >> op.tanh
>>> net = rose_fold(cell, over=node, arity=child)
>>> again(net).type_text() == net.type_text(), list(again(net).parameters)
(True, ['cell.node.linear.weight', 'cell.node.linear.bias'])

An arrow that is no fold over trees has no such equations:

>>> again(cell)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `(sum >> linear >> tanh)` is no fold over trees
...
"""

from __future__ import annotations

from categorical import op
from categorical.arrows import Arrow, OpArrow, Transformed, Types
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.functors import Stack
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.spaces import Array


@checked
def again(fold: Arrow) -> Arrow:
    """The states of a fold, computed once more from those of the children."""

    def make(types: Types) -> Graph:
        graph = fold.retype(types).graph()
        found = [n for n in graph.nodes if n.box.name == "tree_fold"]
        if len(graph.nodes) != 1 or len(found) != 1:
            raise SpecError(
                "CM021",
                f"`{fold.label()}` is no fold over trees",
                help=["give the fold itself:  again(rose_fold(cell, over=node, arity=child))"],
            )
        builder = Builder()
        ins = [builder.input(t, graph.wire_name(w)) for w, t in zip(graph.inputs, graph.dom)]
        states = builder.splice(graph, ins)
        return builder.finish(_once(builder, found[0], ins, states))

    return Transformed(fold, make, f"again({fold.label()})", fold.dom, fold.open)


def _once(builder: Builder, node: Node, ins: list[int], states: tuple[int, ...]) -> tuple[int, ...]:
    """The algebra at every node, on these states."""
    box = node.box
    assert isinstance(box, OperatorBox)
    nodes, arity = box.attrs["nodes"], box.attrs["arity"]
    *labels, children, present = ins
    everywhere = Stack((nodes,))

    def apply(arrow: OpArrow, *wires: int) -> int:
        return builder.apply(arrow.op, wires, arrow.op.name)[0]

    below = []
    for wire in states:
        read = apply(op.gather(nodes), wire, children)
        front: Array = builder.graph.types[wire]
        wanted = front.with_axes((nodes, arity, *front.axes[1:]))
        if builder.graph.types[read] is not wanted:
            read = apply(op.transpose(*wanted.axes), read)
        below.append(apply(op.where, present, read, apply(op.full_like(0), read)))
    mask = [present] if box.attrs["mask"] else []
    own = [labels[i] for i in box.attrs["node"]]
    cell = everywhere(box.regions[-1])
    inner = builder.splice(cell, [*own, *below, *mask], f"{node.name}.node.")
    if box.attrs["leaf"] is None:
        return inner
    leaf = everywhere(box.regions[0])
    outer = builder.splice(leaf, [labels[i] for i in box.attrs["leaf"]], f"{node.name}.leaf.")
    some = _any(builder, present, arity)
    return tuple(apply(op.where, some, a, b) for a, b in zip(inner, outer, strict=True))


def _any(builder: Builder, present: int, arity: object) -> int:
    """Whether a node has a child."""
    (numbers,) = builder.apply(op.indicator.op, (present,), "number")
    (count,) = builder.apply(op.sum(arity).op, (numbers,), "number")  # type: ignore[arg-type]
    (zero,) = builder.apply(op.full_like(0).op, (count,), "zero")
    (none,) = builder.apply(op.equal.op, (zero, count), "none")
    return builder.apply(op.logical_not.op, (none,), "some")[0]
