"""e3nn (https://e3nn.org): its linear map and its fully connected tensor product of O(3)."""

from serve import Error, Step, apart, keep_memory, serve  # isort: skip

import itertools
from importlib.metadata import version

import torch
from e3nn import o3, set_optimization_defaults


def _settings(mode: str) -> str:
    """``default`` scripts the generated code; ``plain`` and ``compiled`` leave that to torch."""
    set_optimization_defaults(jit_script_fx=mode == "default")
    return "compiled" if mode == "compiled" else "eager"


def linear(channels: int, batch: int, mode: str) -> Step:
    """``channels`` copies of 0e + 1o + 2e to as many."""
    how = _settings(mode)
    torch.manual_seed(0)
    space = o3.Irreps(f"{channels}x0e + {channels}x1o + {channels}x2e")
    module = o3.Linear(space, space)
    return Step(module, (torch.randn(batch, space.dim),), how, parameters=module.weight_numel)


def tensor_product(channels: int, batch: int, mode: str) -> Step:
    """Channels of 0e + 1o + 2e, times the spherical harmonics of degree 0 to 2."""
    how = _settings(mode)
    torch.manual_seed(0)
    space = o3.Irreps(f"{channels}x0e + {channels}x1o + {channels}x2e")
    sphere = o3.Irreps("0e + 1o + 2e")
    module = o3.FullyConnectedTensorProduct(space, sphere, space)
    inputs = (torch.randn(batch, space.dim), torch.randn(batch, sphere.dim))
    return Step(module, inputs, how, parameters=module.weight_numel)


def _error(step: Step, *spaces: o3.Irreps) -> Error:
    """A rotation, with the matrices made where the default element type is float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    turn = o3.rand_matrix()
    inner = [space.D_from_matrix(turn) for space in spaces]
    torch.set_default_dtype(before)

    def find(kind: torch.dtype) -> float:
        layer, inputs = step.module.to(kind), [x.to(kind) for x in step.inputs]
        moved = [x @ d.to(kind).T for x, d in zip(inputs, inner)]
        return apart(layer(*moved), layer(*inputs) @ inner[0].to(kind).T)

    return Error(find)


def linear_error() -> Error:
    return _error(linear(8, 4, "default"), o3.Irreps("8x0e + 8x1o + 8x2e"))


def tensor_product_error() -> Error:
    spaces = (o3.Irreps("8x0e + 8x1o + 8x2e"), o3.Irreps("0e + 1o + 2e"))
    return _error(tensor_product(8, 4, "default"), *spaces)


class Paths:
    """The tensors of all paths of 0e + 1o + 2e, twice, to the same, in float64."""

    def __call__(self) -> None:
        return None

    def record(self, path: str) -> None:
        starts, found = (0, 1, 4, 9), []
        for a, b, c in itertools.product(range(3), repeat=3):
            if abs(a - b) <= c <= a + b and (a + b + c) % 2 == 0:
                whole = torch.zeros(9, 9, 9, dtype=torch.float64)
                here = tuple(slice(starts[i], starts[i + 1]) for i in (c, a, b))
                block = o3.wigner_3j(a, b, c, dtype=torch.float64)
                whole[here] = block.permute(2, 0, 1)
                found.append(whole)
        torch.save(torch.stack(found), path)


if __name__ == "__main__":
    keep_memory()
    cases = {
        "paths": Paths,
        "linear": linear,
        "linear_error": linear_error,
        "tensor_product": tensor_product,
        "tensor_product_error": tensor_product_error,
    }
    serve(cases, {"e3nn": version("e3nn")})
