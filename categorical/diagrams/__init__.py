"""Diagrams: equivariant maps of tensors in closed form, at every size."""

from categorical.diagrams.diagram import Diagram
from categorical.diagrams.family import Factor
from categorical.diagrams.meaning import image, layer
from categorical.diagrams.sets import Diagrams, Port, pair_diagrams, partition_diagrams

__all__ = [
    "Diagram",
    "Diagrams",
    "Factor",
    "Port",
    "image",
    "layer",
    "pair_diagrams",
    "partition_diagrams",
]
