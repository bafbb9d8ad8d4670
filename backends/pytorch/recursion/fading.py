"""Cells to which a child that is not there is nothing: they may be given fewer children.

Definition.  A cell *fades* when it returns the same states after a child of state 0 is left out.
What it computes for each child (natural for every map of the index set of children) is only added
up, and each term is 0 where the states of the child are: a level then needs no more places than
the largest number of children on it, and a leaf needs none.

Law.  ``fades`` is sound: a cell for which it is true returns the same states and has the same
gradients, with or without the places that are left out.  (Sums of fewer zeros.)

>>> from categorical import Dim, Real, op
>>> child, s = Dim.named("child s")
>>> fades((op.linear(s, s, bias=False) >> op.tanh >> op.sum(child)).at(Real[child, s]).graph(), 1)
True

A mean counts the children, and a bias is there without a child:

>>> fades((op.tanh >> op.mean(child)).at(Real[child, s]).graph(), 1)
False
>>> fades((op.linear(s, s) >> op.sum(child)).at(Real[child, s]).graph(), 1)
False
"""

from __future__ import annotations

from categorical.graph import Graph, Node
from categorical.index import Dim
from categorical.records import EVAL, Box
from categorical.sizes import Size
from categorical.spaces import Array

#: Functions of one wire that are 0 at 0.
QUIET = frozenset(
    [
        *("relu", "gelu", "gelu_tanh", "silu", "tanh", "sqrt", "elu", "leaky_relu", "hard_tanh"),
        *("softsign", "abs", "sin", "square", "erf", "mish", "relu6", "sign", "log1p"),
    ]
)


#: Boxes that may name the axis of the children: they put it in, move it, or add along it.
NAMING = frozenset(["expand", "transpose", "sum", "einsum"])


def fades(cell: Graph, states: int, start: int = 0) -> bool:
    """Whether places of children may be left out of a cell; ``states`` inputs from ``start`` on
    are the states of the children, whose first axis is that of the children."""
    child = cell.types[cell.inputs[start]].axes[0].index
    if not isinstance(child, Dim) or child.size.is_constant:
        return False
    given = cell.inputs[start : start + states]
    others = [cell.types[w] for w in cell.inputs if w not in given]  # the mask is not followed
    weights = [one.space for one in cell.resources().values()]
    if any(child in one.atoms for one in (*cell.cod, *others, *weights)):
        return False
    quiet = set(given)
    for node in cell.nodes:
        box = node.box
        if not isinstance(box, Box) or not _apart(cell, node, box, child, quiet):
            return False
        if _silent(node, box, quiet):
            quiet.update(w for w in node.outs if child in cell.types[w].atoms)
    return True


def _apart(cell: Graph, node: Node, box: Box, child: Dim, quiet: set[int]) -> bool:
    """Whether a box sees the children one by one, or adds up what is 0 where there is none."""
    if box.name not in NAMING and any(_speaks(v, child) for v in box.op.attrs.values()):
        return False
    if not any(child in cell.types[w].atoms for w in (*node.ins, *node.outs)):
        return True
    adds = box.name == "sum" and not box.op["masked"] and node.ins[0] in quiet
    return adds or "function" in box.natural(child, EVAL)


def _speaks(value: object, child: Dim) -> bool:
    """Whether an attribute mentions the children, or how many they are."""
    if isinstance(value, tuple | list):
        return any(_speaks(one, child) for one in value)
    size = value if isinstance(value, Size) else getattr(value, "size", None)
    if isinstance(value, Array):
        return child in value.atoms
    return isinstance(size, Size) and child.name in size.symbols


def _silent(node: Node, box: Box, quiet: set[int]) -> bool:
    """Whether a box gives 0 at a child whose states are 0."""
    zeros = [w in quiet for w in node.ins]
    if box.name in QUIET:
        return zeros[0]
    linear = box.generator.linear(box)
    if linear == "joint":
        return bool(node.data) and all(zeros[: len(node.data)])
    return isinstance(linear, tuple) and any(zeros[i] for i in linear)
