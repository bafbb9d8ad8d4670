"""Shapes of boxes that modules of their own read: solved layers, runs, folds of forests.

>>> sorted(SHAPES)
['hom', 'scan', 'steerable_conv', 'tree_fold']
"""

from __future__ import annotations

from collections.abc import Callable

from proofs.checking import forests, hom, machines, steerable
from proofs.checking.programs import Node
from proofs.checking.table import Shape


def _hom(node: Node, mode: str) -> Shape:
    return hom.maps(node)


def _convolution(node: Node, mode: str) -> Shape:
    return steerable.convolution(node)


SHAPES: dict[str, Callable[[Node, str], Shape]] = {
    "hom": _hom,
    "steerable_conv": _convolution,
    "scan": machines.running,
    "tree_fold": forests.folding,
}
