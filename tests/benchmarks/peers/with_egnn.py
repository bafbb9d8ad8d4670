"""egnn-pytorch (https://github.com/lucidrains/egnn-pytorch): its layer, as documented."""

from serve import Step, keep_memory, serve  # isort: skip

from importlib.metadata import version

import torch
from egnn_pytorch import EGNN


def message_block(batch: int, vertices: int, feature: int, mode: str) -> Step:
    """One E(n) layer on all pairs; weights of the usual scale, so that values can be compared."""
    torch.manual_seed(0)
    module = EGNN(dim=feature)
    with torch.no_grad():
        for one in module.modules():
            if isinstance(one, torch.nn.Linear):
                one.reset_parameters()
    inputs = (torch.randn(batch, vertices, feature), torch.randn(batch, vertices, 3))
    weights = sum(p.numel() for p in module.parameters())
    return Step(module, inputs, mode, parameters=weights)


if __name__ == "__main__":
    keep_memory()
    serve({"message_block": message_block}, {"egnn-pytorch": version("egnn-pytorch")})
