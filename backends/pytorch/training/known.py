"""Known losses: means of boxes that are one function of ``torch.nn.functional``.

Definition.  A *known loss* is a shape of graph: a mean over all axes of what a function of torch
computes entry by entry.  ``known(graph)`` finds them by shape, not by name, and says which wires
become needless.

Law.  Each row is the function that it names, in real arithmetic; a training file that uses one is
compared with the boxes like any other.

>>> from categorical import Dim, Real
>>> from categorical.learning.losses import absolute_error, mean_squared_error
>>> from categorical.normal import inline
>>> n = Dim("n")
>>> [one.function for one in known(inline(mean_squared_error(Real[n]).graph())).values()]
['mse_loss']

The mean of something else is none:

>>> from categorical import op
>>> known((op.square >> op.mean(n)).at(Real[n]).graph())
{}
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from backends.pytorch import safety
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.ops.common import pick
from categorical.ops.reduction import over_axes
from categorical.records import Box


@dataclass(frozen=True)
class Known:
    """A loss that torch has: the wires that it reads, and those that nobody else needs.

    ``classes`` is the axis of the classes; ``constant`` is the label where it is one number.
    """

    function: str
    prediction: int
    label: int
    needless: frozenset[int]
    classes: Axis | None = None
    constant: float | None = None


class _Seeker:
    """Looks from a wire back to the boxes that made it."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.producer = graph, graph.producer()
        self.reads: dict[int, int] = {}
        for node in graph.nodes:
            for w in node.ins:
                self.reads[w] = self.reads.get(w, 0) + 1
        for w in graph.outputs:
            self.reads[w] = self.reads.get(w, 0) + 2

    def made(self, wire: int, *names: str) -> tuple[Node, Box] | None:
        """The node that makes a wire, if it is a box of one of these names that is read once."""
        node = self.producer.get(wire)
        if node is None or isinstance(node.box, OperatorBox) or node.box.name not in names:
            return None
        return (node, node.box) if self.reads.get(wire) == 1 else None

    def negated(self, wire: int) -> int | None:
        """The wire of which this one is the negative."""
        found = self.made(wire, "scale")
        return found[0].ins[0] if found and found[1].op["by"] == -1 else None


def known(graph: Graph) -> dict[int, Known]:
    """Every known loss of a graph (not of its regions), by its output wire."""
    seeker, taken = _Seeker(graph), set[int]()
    found: dict[int, Known] = {}
    for node in reversed(graph.nodes):
        if node.outs and node.outs[0] in taken:
            continue
        one = _mean(seeker, node)
        if one is not None:
            found[node.outs[0]] = one
            taken |= one.needless
    return found


def _mean(seeker: _Seeker, node: Node) -> Known | None:
    """A mean over everything, in one step or in several."""
    inner: list[int] = []
    at: tuple[Node, Box] | None
    at = (node, node.box) if isinstance(node.box, Box) and node.box.name == "mean" else None
    if at is None or seeker.graph.types[node.outs[0]].axes:
        return None
    while at is not None:
        if at[1].op["masked"]:
            return None
        inner.append(at[0].ins[0])
        at = seeker.made(inner[-1], "mean")
    for row in (_cross_entropy, _squares, _absolute, _binary):
        found = row(seeker, inner[-1])
        if found is not None:
            return replace(found, needless=found.needless | set(inner))
    return None


def _cross_entropy(seeker: _Seeker, wire: int) -> Known | None:
    """log Σ exp z − z_y, along the axis of the classes."""
    minus = seeker.made(wire, "sub")
    if minus is None:
        return None
    whole = seeker.made(minus[0].ins[0], "logsumexp")
    chosen = seeker.made(minus[0].ins[1], "gather")
    if whole is None or chosen is None or whole[0].ins[0] != chosen[0].ins[0]:
        return None
    prediction, label = chosen[0].ins
    one, other = seeker.graph.types[prediction], seeker.graph.types[label]
    axes = over_axes("logsumexp", whole[1].op, one) if len(whole[0].ins) == 1 else ()
    along = pick("gather", one, chosen[1].op["axis"])
    if axes != (along,) or other.axes != tuple(a for a in one.axes if a is not along):
        return None
    return Known("cross_entropy", prediction, label, frozenset(minus[0].ins), along)


def _two(seeker: _Seeker, name: str, function: str, wire: int) -> Known | None:
    """A function of the difference of two arrays of one type."""
    outer = seeker.made(wire, name)
    inner = seeker.made(outer[0].ins[0], "sub") if outer is not None else None
    if outer is None or inner is None or inner[1].dom[0] != inner[1].dom[1]:
        return None
    return Known(function, *inner[0].ins, frozenset(outer[0].ins))


def _squares(seeker: _Seeker, wire: int) -> Known | None:
    return _two(seeker, "square", "mse_loss", wire)


def _absolute(seeker: _Seeker, wire: int) -> Known | None:
    return _two(seeker, "abs", "l1_loss", wire)


def _binary(seeker: _Seeker, wire: int) -> Known | None:
    """−log σ(−(−z)) − yz: the surprise of a logit z at a truth y."""
    minus = seeker.made(wire, "sub")
    if minus is None:
        return None
    soft, score = seeker.negated(minus[0].ins[0]), seeker.made(minus[0].ins[1], "mul")
    inside = seeker.made(soft, "logsigmoid") if soft is not None else None
    logit = seeker.negated(inside[0].ins[0]) if inside is not None else None
    if soft is None or inside is None or logit is None or score is None:
        return None
    if logit not in score[0].ins or score[1].dom[0] != score[1].dom[1]:
        return None
    label = score[0].ins[0] if score[0].ins[1] == logit else score[0].ins[1]
    needless = {*minus[0].ins, soft, inside[0].ins[0]}
    full = seeker.made(label, "full_like")
    value = None
    if full is not None:
        value, needless = float(full[1].op["value"]), needless | {label}
    function = "binary_cross_entropy_with_logits"
    return Known(function, logit, label, frozenset(needless), constant=value)


def text(one: Known, graph: Graph, prediction: str, label: str) -> str:
    """The call of torch's function; ``prediction`` and ``label`` are names."""
    if one.constant is not None:
        special = {0.0: f"torch.zeros_like({prediction})", 1.0: f"torch.ones_like({prediction})"}
        value = safety.literal(one.constant)
        label = special.get(one.constant, f"torch.full_like({prediction}, {value})")
    axes = graph.types[one.prediction].axes
    if one.classes is not None and len(axes) > 1 and axes.index(one.classes) != 1:
        if axes[-1] is one.classes:
            prediction, label = f"{prediction}.flatten(0, -2)", f"{label}.flatten()"
        else:
            prediction = f"{prediction}.movedim({axes.index(one.classes)}, 1)"
    return f"F.{one.function}({prediction}, {label})"
