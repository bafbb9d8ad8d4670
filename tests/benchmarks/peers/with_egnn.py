"""egnn-pytorch (https://github.com/lucidrains/egnn-pytorch): its layer, as documented."""

from serve import Error, Step, apart, keep_memory, serve  # isort: skip

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


def error() -> Error:
    """A rotation and a shift of space."""
    torch.manual_seed(0)
    module = EGNN(dim=16)
    for one in module.modules():
        if isinstance(one, torch.nn.Linear):
            one.reset_parameters()
    h, x = torch.randn(2, 9, 16), torch.randn(2, 9, 3)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q

    def find(kind: torch.dtype) -> float:
        layer, q = module.to(kind), turn.to(kind)
        features, places = layer(h.to(kind), x.to(kind))
        same, moved = layer(h.to(kind), x.to(kind) @ q.T + 1.5)
        return max(apart(same, features), apart(moved, places @ q.T + 1.5))

    return Error(find)


if __name__ == "__main__":
    keep_memory()
    cases = {"message_block": message_block, "error": error}
    serve(cases, {"egnn-pytorch": version("egnn-pytorch")})
