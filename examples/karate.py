"""Train a graph convolution network on Zachary's karate club.

Run ``python -m examples.karate [folder]``.  Two members of each side are labelled, the leaders
among them; the accuracy is over the other thirty, the mean of five seeds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import networkx
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated

LABELLED = [0, 33, 1, 32]


def club() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One-hot features (34, 34), the ends of the 156 directed edges, the side of each member."""
    graph = networkx.karate_club_graph()
    ends = torch.tensor([pair for a, b in graph.edges for pair in ((a, b), (b, a))])
    sides = [int(graph.nodes[v]["club"] != "Mr. Hi") for v in graph.nodes]
    return torch.eye(34), ends[:, 0].contiguous(), ends[:, 1].contiguous(), torch.tensor(sides)


def main(folder: Path) -> float:
    """The mean accuracy over the members without a label."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path = SPECS / "graph_convolution.py", folder / "model.py"
    commute("check", spec)
    commute("build", spec, "--arch", "two_layers", "-o", path)
    torch.set_num_threads(1)  # the graph is small: a second thread would only wait
    x, source, target, side = club()
    labelled = torch.tensor(LABELLED)
    others = torch.ones(34, dtype=torch.bool)
    others[labelled] = False
    module, scores = generated(path), []
    print()
    with bars() as progress:
        for seed in range(5):
            torch.manual_seed(seed)
            model = module.TwoLayers()

            def loss(step: int, m: torch.nn.Module = model) -> Tensor:
                return cross_entropy(m(x, source, target)[labelled], side[labelled])

            fit(model, loss, 150, 2e-2, f"seed {seed}", progress, decay=5e-3)
            with torch.no_grad():
                right = model(x, source, target).argmax(1) == side
            scores.append(right[others].float().mean().item())
    mean = sum(scores) / len(scores)
    print("accuracy by seed: " + ", ".join(f"{s:.3f}" for s in scores))
    print(f"mean accuracy: {mean:.3f}")
    return mean


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/karate")) >= 0.9 else 1)
