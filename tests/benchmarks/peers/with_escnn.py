"""escnn (https://github.com/QUVA-Lab/escnn): steerable convolutions of regular fields."""

from serve import Error, Step, apart, keep_memory, serve  # isort: skip

from importlib.metadata import version
from typing import Any

import torch
from escnn import gspaces, nn


class Convolution(torch.nn.Module):
    """The layer between plain tensors."""

    def __init__(self, layer: Any, field: Any) -> None:
        super().__init__()
        self.layer, self.field = layer, field

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(nn.GeometricTensor(x, self.field)).tensor


SPACES = {"C4": lambda: gspaces.rot2dOnR2(4), "D4": lambda: gspaces.flipRot2dOnR2(4)}


def conv(group: str, channels: int, kernel: int, side: int, batch: int, mode: str) -> Step:
    """Regular to regular fields on images, padded with zeros; its default basis."""
    torch.manual_seed(0)
    space = SPACES[group]()
    field = nn.FieldType(space, channels * [space.regular_repr])
    layer = nn.R2Conv(field, field, kernel_size=kernel, padding=kernel // 2, bias=False)
    maps = layer.weights.numel() // channels**2
    x = torch.randn(batch, field.size, side, side)
    return Step(Convolution(layer, field), (x,), mode, maps=maps)


class Kernels:
    """The default basis of 3 × 3 × 3 kernels of regular fields of the rotations of the cube."""

    def __init__(self) -> None:
        self.facts: dict[str, int] = {}

    def __call__(self) -> None:
        space = gspaces.octaOnR3()
        field = nn.FieldType(space, [space.regular_repr])
        self.facts["dimension"] = int(nn.R3Conv(field, field, 3, bias=False).weights.numel())


def error() -> Error:
    """The quarter turn of an image, as the library acts on its fields."""
    step = conv("C4", 4, 3, 9, 2, "eager")
    field = step.module.field
    turn = field.gspace.fibergroup.generators[0]

    def find(kind: torch.dtype) -> float:
        layer, x = step.module.to(kind), nn.GeometricTensor(step.inputs[0].to(kind), field)
        there = nn.GeometricTensor(layer(x.tensor), field).transform(turn).tensor
        return apart(layer(x.transform(turn).tensor), there)

    return Error(find)


if __name__ == "__main__":
    keep_memory()
    serve({"conv": conv, "kernels": Kernels, "error": error}, {"escnn": version("escnn")})
