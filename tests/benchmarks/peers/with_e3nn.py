"""e3nn (https://e3nn.org): its linear map and its fully connected tensor product of O(3)."""

from serve import Step, keep_memory, serve  # isort: skip

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


if __name__ == "__main__":
    keep_memory()
    cases = {"linear": linear, "tensor_product": tensor_product}
    serve(cases, {"e3nn": version("e3nn")})
