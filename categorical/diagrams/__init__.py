"""Diagrams: equivariant maps of tensors in closed form, at every size."""

from categorical.diagrams.diagram import Diagram, Port
from categorical.diagrams.family import Factor
from categorical.diagrams.meaning import image, layer
from categorical.diagrams.sets import Diagrams, pair_diagrams, partition_diagrams

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
