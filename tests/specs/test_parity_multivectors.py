"""Parity of multivector layers by types and by grades with loops over pairs of blades."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import torch
from torch import Tensor, nn

from tests.specs.parity import TOLERANCE, architectures, compare

SIZES = {"narrow": 2, "wide": 3}
BLADES = [one for k in range(6) for one in combinations(range(5), k)]


def times(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Two blades of Cl(5) multiplied letter by letter: equal neighbours cancel, others swap."""
    word, sign = [*left, *right], 1
    while any(a >= b for a, b in pairwise(word)):
        i = next(i for i, (a, b) in enumerate(pairwise(word)) if a >= b)
        if word[i] == word[i + 1]:
            del word[i : i + 2]
        else:
            word[i], word[i + 1], sign = word[i + 1], word[i], -sign
    return sign, tuple(word)


class Layer(nn.Module):
    """y = a b with b = W′a / (σ(s)(|W′a| − 1) + 1) and a = W x, each part with its own weights."""

    def __init__(self, period: int) -> None:
        super().__init__()
        self.parts = [len(one) % period for one in BLADES]
        self.table = []
        for i, left in enumerate(BLADES):
            for j, right in enumerate(BLADES):
                sign, product = times(left, right)
                k = BLADES.index(product)
                self.table.append((i, j, k, sign, tuple(self.parts[one] for one in (i, j, k))))
        self.paths = sorted({path for *_, path in self.table})
        parts = len(set(self.parts))
        self.first = nn.Parameter(torch.empty(parts, 3, 2))
        self.right = nn.Parameter(torch.empty(parts, 3, 3))
        self.product = nn.Parameter(torch.empty(len(self.paths), 3))
        self.share = nn.Parameter(torch.empty(4, 3))

    def forward(self, x: Tensor) -> Tensor:
        a = torch.stack([x[:, i] @ self.first[p].mT for i, p in enumerate(self.parts)], 1)
        b = torch.stack([a[:, i] @ self.right[p].mT for i, p in enumerate(self.parts)], 1)
        divisors = []
        for m in range(4):
            square = sum(b[:, i] ** 2 for i, one in enumerate(BLADES) if len(one) % 4 == m)
            length = (square**2 + 1e-12) ** 0.25
            divisors.append(torch.sigmoid(self.share[m]) * (length - 1) + 1 + 1e-6)
        b = torch.stack([b[:, i] / divisors[len(one) % 4] for i, one in enumerate(BLADES)], 1)
        rows: list[Tensor] = [torch.zeros_like(a[:, 0]) for _ in BLADES]
        for i, j, k, sign, path in self.table:
            weight = self.product[self.paths.index(path)]
            rows[k] = rows[k] + sign * weight * a[:, i] * b[:, j]
        return torch.stack(rows, 1)


@pytest.mark.parametrize(("name", "period", "paths"), [("model", 4, 32), ("by_grades", 6, 56)])
def test_the_layers_are_those_of_the_papers(name: str, period: int, paths: int) -> None:
    torch.manual_seed(0)
    theirs = Layer(period)
    assert len(theirs.paths) == paths
    arch = architectures("glgenn")[name]
    weights = {
        path: path.split(".")[-2 if path.endswith("weight") else -1]
        for path in arch.arrow.parameters
    }
    x = torch.randn(2, 32, 2, dtype=torch.float64)
    assert compare(arch, theirs, weights, (x,), sizes=SIZES) < TOLERANCE
