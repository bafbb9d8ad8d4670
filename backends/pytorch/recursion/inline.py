"""A body in line: the statements of a region, written into the method around it.

Definition.  ``Inline`` writes the nodes of a region whose weights are inputs: its names, sizes and
helpers are those of the writer around it, and its statements are kept apart until they are indented
under the head of a loop.

>>> from backends.pytorch.emit import File
>>> from backends.pytorch.naming import Names
>>> from backends.pytorch.plan import Plan
>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> around = Writer(File(frozenset(), Plan(), Names(), {}), op.relu.at(Real[n]).graph(), "", False)
>>> inside = Inline(around, (op.tanh >> op.square).at(Real[n]).graph())
>>> inside.values[inside.graph.inputs[0]] = "h"
>>> inside.statements()
[('tanh', 'torch.tanh(h)', '[n]'), ('square', 'torch.square(tanh)', '[n]')]

A name of the method around is not given again:

>>> around.names.local("tanh")
'tanh_2'

A region with weights of its own is no body in line:

>>> Inline(around, op.linear(n, n).at(Real[n]).graph())
Traceback (most recent call last):
...
ValueError: a region with weights has a class of its own
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from backends.pytorch.emit import OPERATORS, Writer
from backends.pytorch.recursion.products import Product
from backends.pytorch.table.base import atom
from backends.pytorch.views import chunked, shadows, stacked, taken_apart
from categorical.graph import Graph, Node, OperatorBox

Line = tuple[str, str, str]


class Inline(Writer):
    """Writes the statements of a region with the names of the writer around it."""

    def __init__(self, around: Writer, graph: Graph) -> None:
        if graph.resources():
            raise ValueError("a region with weights has a class of its own")
        super().__init__(around.file, graph, around.wish, False)
        self.around = around
        self.names, self.attributes = around.names, around.attributes
        self.parameters, self.buffers = around.parameters, around.buffers
        self.init, self.reset, self.owners = around.init, around.reset, around.owners
        self.products: dict[int, Product] = {}
        self.producers = graph.producer()
        self.skipped: set[int] = set()

    def _symbol(self, symbol: str) -> str:
        return self.around._symbol(symbol)

    def _node(self, node: Node) -> None:
        product = self.products.get(node.outs[0]) if node.outs else None
        if node.outs and node.outs[0] in self.skipped:
            return
        if product is None:
            super()._node(node)
            return
        if node is product.linear:
            self.lines.append(("", f"{product.reads}.append({self._wire(product.read)})", ""))
        if node is product.sum:
            read, out = self._wire(product.read), node.outs[0]
            if product.batched or len(self.graph.types[out].axes) == 2:
                function = "torch.baddbmm" if product.batched else "torch.addmm"
                text = f"{function}({product.entries}, {read}, {product.step})"
            else:
                text = f"{product.entries} + {atom(read)} @ {product.step}"
            self._bind(out, text)

    def statements(self) -> list[Line]:
        """The statements of all nodes, in order."""
        for node in self.graph.nodes:
            if isinstance(node.box, OperatorBox):
                OPERATORS[node.box.name].declare(self, node)
        self.elided = shadows(self.graph, self.consumers)
        self.apart = taken_apart(self.graph, self.consumers)
        self.chunks = chunked(self.graph, self.consumers, self.apart)
        self.joined, self.singles = stacked(self.graph, self.consumers)
        for node in self.graph.nodes:
            self._node(node)
        return self.lines


def indented(lines: list[Line], by: str = "    ") -> list[Line]:
    """Statements one level deeper."""
    return [(by + target, text, note) for target, text, note in lines]


def mentions(text: str, name: str) -> bool:
    """Whether a variable stands in an expression (an attribute of that name does not count).

    >>> mentions("torch.tanh(h)", "tanh"), mentions("x.sum(dim=-1)", "dim"), mentions("h[:2]", "h")
    (False, False, True)
    """
    return _variable(name).search(text) is not None


def renamed(lines: list[Line], names: Mapping[str, str]) -> list[Line]:
    """The statements with some variables called otherwise."""

    def change(text: str) -> str:
        for old, new in names.items():
            text = _variable(old).sub(new, text)
        return text

    return [(change(target), change(text), note) for target, text, note in lines]


def _variable(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)(?!=[^=])")
