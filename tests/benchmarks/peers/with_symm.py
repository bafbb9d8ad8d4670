"""symm-learning (https://github.com/Danfoa/symmetric_learning): linear maps of regular spaces."""

from serve import Error, Step, apart, keep_memory, serve  # isort: skip

from importlib.metadata import version
from typing import Any

import torch
from escnn.group import CyclicGroup, DihedralGroup, directsum
from symm_learning.nn import eLinear
from symm_learning.representation_theory import GroupHomomorphismBasis


def linear(order: int, channels: int, batch: int, mode: str) -> Step:
    """Channels of the regular representation of the cyclic group, trained."""
    torch.manual_seed(0)
    regular = CyclicGroup(order).regular_representation
    space = directsum([regular] * channels, name=f"{channels} regular")
    module = eLinear(space, space, bias=False)
    weights = sum(p.numel() for p in module.parameters())
    return Step(module, (torch.randn(batch, space.size),), mode, parameters=weights)


class Intertwiners:
    """All maps of the tensor square of the regular representation of a dihedral group."""

    def __init__(self, order: int) -> None:
        self.order, self.facts = order, {}

    def __call__(self) -> None:
        DihedralGroup._cached_group_instance = None
        group = DihedralGroup(self.order)
        square = group.regular_representation.tensor(group.regular_representation)
        found: Any = GroupHomomorphismBasis(square, square)
        self.facts["dimension"] = int(found.dim)


def error() -> Error:
    """The generator of the cyclic group of order 64."""
    step = linear(64, 4, 4, "eager")
    turn = torch.tensor(step.module.in_rep(step.module.in_rep.group.generators[0]))

    def find(kind: torch.dtype) -> float:
        layer, x, g = step.module.to(kind), step.inputs[0].to(kind), turn.to(kind)
        return apart(layer(x @ g.T), layer(x) @ g.T)

    return Error(find)


if __name__ == "__main__":
    keep_memory()
    cases = {"linear": linear, "error": error, "intertwiners": Intertwiners}
    serve(cases, {"symm-learning": version("symm-learning"), "escnn": version("escnn")})
