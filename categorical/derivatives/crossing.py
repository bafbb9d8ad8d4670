"""Where nothing comes back: arrows that depend on their numbers through indices and masks alone.

Definition.  A number that is made an index (``argmax``) or a mask (a comparison) has no cotangent
behind that box.  ``crossed(graph, starts)`` is a box through which everything that depends on the
wires ``starts`` goes, or None where some numbers of them reach a numeric output as numbers.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> choice = (op.argmax(n) >> op.one_hot(n)).graph()
>>> crossed(choice, choice.inputs).box.name
'argmax'
>>> crossed(op.softmax(n).graph(), op.softmax(n).graph().inputs) is None
True

So a loss of it has no gradient, which is said where it is asked for:

>>> from categorical.derivatives.reverse import reverse
>>> reverse(op.argmax(n))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM055]: nothing comes back through `argmax`
...
"""

from __future__ import annotations

from collections.abc import Iterable

from categorical.errors import SpecError
from categorical.graph import Graph, Node
from categorical.normal import inline
from categorical.spaces import Array


def _number(one: Array) -> bool:
    return one.kind in ("real", "complex")


def crossed(graph: Graph, starts: Iterable[int]) -> Node | None:
    """The first box that makes no numbers of numbers, where none of them comes out as a number."""
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if needed.intersection(node.outs):
            needed.update(node.ins)
    moves = {w for w in starts if _number(graph.types[w])}
    found = None
    for node in graph.nodes:
        if needed.isdisjoint(node.outs) or moves.isdisjoint(node.ins):
            continue
        made = {w for w in node.outs if _number(graph.types[w])}
        moves |= made
        if not made and found is None:
            found = node
    return None if moves.intersection(graph.outputs) else found


def reaching(graph: Graph, output: int) -> set[int]:
    """The wires of numbers that an output depends on as numbers: those that have a cotangent.

    >>> from categorical import Dim, Real, arrow, op
    >>> n = Dim("n")
    >>> @arrow
    ... def chosen(x: Real[n], y: Real[n]) -> Real[n]:
    ...     return op.where(op.less(x, y), op.sin(y), y)
    >>> graph = chosen.graph()
    >>> [graph.wire_name(w) for w in graph.inputs if w in reaching(graph, graph.outputs[0])]
    ['y']
    """
    found = {output} if _number(graph.types[output]) else set()
    for node in reversed(graph.nodes):
        if not found.isdisjoint(node.outs):
            found.update(w for w in node.ins if _number(graph.types[w]))
    return found


def refuse_crossed(graph: Graph) -> None:
    """CM055 where no number of the inputs comes out as a number, but one is made an index or a
    mask that counts."""
    graph = inline(graph)
    node = crossed(graph, graph.inputs)
    if node is not None:
        raise nothing_back(node)


def nothing_back(node: Node) -> SpecError:
    """CM055."""
    name = node.name or node.box.name
    made = node.box.cod[0]
    what = "a mask, which has" if made.kind == "bool" else "indices, which have"
    return SpecError(
        "CM055",
        f"nothing comes back through `{name}`",
        facts=[("box", repr(node.box)), ("reason", f"it makes {what} no cotangent")],
        help=["choose by weights instead:  op.softmax, op.sigmoid", "or keep a path of numbers"],
        origin=node.origin,
    )
