"""The PyTorch backend: one file a graph, validated before it is written.

>>> from categorical import Dim, Real, op
>>> b, c, h = Dim.named("batch c h")
>>> net = (op.linear(c, h) >> op.relu).at(Real[b, c])
>>> made = build(net, {"c": 4, "h": 3}, "layer", validate=False)
>>> "class Layer(nn.Module):" in made.source
True
"""

from backends.pytorch.bake import bake
from backends.pytorch.build import Build, build
from backends.pytorch.recursion.checkpoints import from_torch

__all__ = ["Build", "bake", "build", "from_torch"]
