"""The error table: how far generated layers are from equivariance, in float32 and float64.

A layer is made and started in float32; the float64 column is the same layer after ``.double()``, so
a basis that was stored in float32 would show.  The error of f is max |f(g x) − g f(x)| over the
largest entry of f(x), for some elements g of the group, in the arithmetic of the layer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from categorical.architecture import Architecture
from tests.benchmarks import layer_rows as layers
from tests.benchmarks.layer_rows import module_of
from tests.benchmarks.peer import Peer, Remote, Unavailable

HEAD = ["layer", "group", "float32", "float64, after .double()", "wanted", "verdict"]
HEAD += ["peer", "its float32", "its float64"]
WANTED = 1e-13
Move = Callable[[Tensor], Tensor]
Moves = tuple[tuple[Move, ...], tuple[Move, ...]]  # of the inputs and of the outputs


@dataclass(frozen=True)
class Row:
    """A layer, its inputs, and elements of its group acting on inputs and outputs."""

    name: str
    group: str
    layer: Callable[[], Architecture]
    shapes: tuple[tuple[int, ...], ...]
    moves: Callable[[torch.dtype], Iterator[Moves]]
    peer: str = ""
    case: str = ""


def error(module: nn.Module, row: Row, dtype: torch.dtype) -> float:
    """The largest relative error over the elements."""
    generator = torch.Generator().manual_seed(1)
    inputs = [
        torch.randn(*s, dtype=torch.float64, generator=generator).to(dtype) for s in row.shapes
    ]
    worst = 0.0
    with torch.no_grad():
        plain = _many(module(*inputs))
        for before, after in row.moves(dtype):
            moved = _many(module(*(g(x) for g, x in zip(before, inputs, strict=True))))
            for found, g, y in zip(moved, after, plain, strict=True):
                worst = max(worst, float((found - g(y)).abs().max() / y.abs().max()))
    return worst


def started(module: nn.Module) -> nn.Module:
    """The module with no weight at 0: a bias that starts there would hide its own error."""
    with torch.no_grad():
        for one in module.parameters():
            one.add_(torch.randn_like(one), alpha=0.1)
    return module


def _many(found: Any) -> tuple[Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)


# --- elements of groups --------------------------------------------------------------------------


def renamings(*axes: int, n: int) -> Callable[[torch.dtype], Iterator[Moves]]:
    """Some permutations of the same indices along axes."""

    def moves(dtype: torch.dtype) -> Iterator[Moves]:
        for seed in range(3):
            order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))

            def move(x: Tensor, order: Tensor = order) -> Tensor:
                for a in axes:
                    x = x.index_select(a, order)
                return x

            yield (move,), (move,)

    return moves


def turns(axis: int) -> Callable[[torch.dtype], Iterator[Moves]]:
    """Cyclic shifts along an axis."""

    def moves(dtype: torch.dtype) -> Iterator[Moves]:
        for by in (1, 5):

            def move(x: Tensor, by: int = by) -> Tensor:
                return x.roll(by, axis)

            yield (move,), (move,)

    return moves


def motions(dtype: torch.dtype) -> Iterator[Moves]:
    """Rotations, a reflection and shifts of space."""
    for q in rotations(dtype):
        for sign in (1.0, -1.0):

            def place(x: Tensor, q: Tensor = sign * q) -> Tensor:
                return x @ q.T + 1.5

            yield (_same, place), (_same, place)


def _same(x: Tensor) -> Tensor:
    return x


def rotations(dtype: torch.dtype) -> list[Tensor]:
    """Exponentials of antisymmetric matrices, made in float64."""
    return [torch.matrix_exp(sum(a * g for a, g in zip(v, _algebra(), strict=True))).to(dtype)
            for v in _angles()]  # fmt: skip


def _angles() -> list[tuple[float, float, float]]:
    return [(0.3, -1.1, 0.7), (2.0, 0.4, -0.9)]


def _algebra() -> list[Tensor]:
    found = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        a = torch.zeros(3, 3, dtype=torch.float64)
        a[i, j], a[j, i] = 1.0, -1.0
        found.append(a)
    return found


def spherical_moves(inputs: int) -> Callable[[torch.dtype], Iterator[Moves]]:
    """Rotations of 0e + 1o + 2e (axis 1), and the inversion."""

    def moves(dtype: torch.dtype) -> Iterator[Moves]:
        space = layers.spherical()
        algebra = [torch.tensor(np.array(space.derivative(a).floats())) for a in space.of.algebra]
        elements = [torch.matrix_exp(sum(x * g for x, g in zip(v, algebra))) for v in _angles()]
        elements += [torch.tensor(np.array(space.map(g).floats())) for g in space.of.arrows]
        for element in elements:

            def move(x: Tensor, g: Tensor = element) -> Tensor:
                return torch.tensordot(x, g.to(x.dtype), dims=([1], [1])).movedim(-1, 1)

            yield (move,) * inputs, (move,)

    return moves


def quarter_turn(dtype: torch.dtype) -> Iterator[Moves]:
    """The quarter turn: the image turns, and the fibre (axis 2) is shifted."""
    plane = layers.square(False)
    from categorical.representations import regular

    image = torch.tensor(np.array(regular(plane.of).map("r").floats()))
    flat = torch.tensor(np.array(plane.map("r").floats()))
    by = 1 if flat[1, 0] > 0 else -1  # rows grow downwards: the first axis is rows

    def move(x: Tensor) -> Tensor:
        turned = torch.rot90(x, by, (-2, -1))
        return torch.tensordot(turned, image.to(dtype), dims=([2], [1])).movedim(-1, 2)

    yield (move,), (move,)


ROWS = (
    Row("15 operations", "S_9", layers.matrices(3, 4), ((2, 9, 9, 3),), renamings(1, 2, n=9)),
    Row("Deep Sets", "S_9", layers.sets(3, 4), ((2, 9, 3),), renamings(1, n=9)),
    Row("E(n) block", "E(3)", layers.message_block(16), ((2, 9, 16), (2, 9, 3)), motions,
        "egnn", "error"),
    Row("O(3) linear", "O(3)", layers.steerable_linear(8), ((4, 9, 8),), spherical_moves(1),
        "e3nn", "linear_error"),
    Row("O(3) tensor product", "O(3)", layers.tensor_product(8), ((4, 9, 8), (4, 9)),
        spherical_moves(2), "e3nn", "tensor_product_error"),
    Row("C64 regular linear", "C64", layers.cyclic(64, 4), ((4, 64, 4),), turns(1),
        "symm", "error"),
    Row("C4 conv 3×3", "C4", layers.convolution(False, 4, 3), ((2, 4, 4, 9, 9),), quarter_turn,
        "escnn", "error"),
)  # fmt: skip


def line(row: Row, peers: Mapping[str, Peer]) -> list[str]:
    """One row."""
    start = [row.name, row.group]
    torch.manual_seed(0)
    try:
        module = started(module_of(row.layer()))
        single, double = error(module, row, torch.float32), 0.0
        double = error(module.double(), row, torch.float64)
    except (ImportError, AttributeError) as reason:
        return [*start, str(reason)[:60]]
    verdict = "met" if double <= WANTED else "MISSED"
    cells = [*start, f"{single:.1e}", f"{double:.1e}", f"≤ {WANTED:.0e}", verdict]
    if not row.peer:
        return [*cells, "–", "–", "–"]
    try:
        facts = Remote(peers[row.peer], row.case, 200.0, 1).facts
    except Unavailable as reason:
        return [*cells, f"{row.peer}: {reason}", "–", "–"]
    return [*cells, row.peer, f"{facts['float32']:.1e}", f"{facts['float64']:.1e}"]


# --- the same function as a peer -----------------------------------------------------------------

CLOSE = 1e-5
EDGE, PUSH, NODE = "edge_mlp", "coors_mlp", "node_mlp"
COPIED = {
    "messages.receiver.weight": (f"{EDGE}.0.weight", slice(0, 64)),
    "messages.sender.weight": (f"{EDGE}.0.weight", slice(64, 128)),
    "messages.distance.weight": (f"{EDGE}.0.weight", slice(128, 129)),
    "messages.receiver.bias": (f"{EDGE}.0.bias", ...),
    "messages.message.weight": (f"{EDGE}.3.weight", ...),
    "messages.message.bias": (f"{EDGE}.3.bias", ...),
    "pushes.push.weight": (f"{PUSH}.0.weight", ...),
    "pushes.push.bias": (f"{PUSH}.0.bias", ...),
    "pushes.strength.weight": (f"{PUSH}.3.weight", ...),
    "pushes.strength.bias": (f"{PUSH}.3.bias", ...),
    "update.own.weight": (f"{NODE}.0.weight", slice(0, 64)),
    "update.own.bias": (f"{NODE}.0.bias", ...),
    "update.heard.weight": (f"{NODE}.0.weight", slice(64, 80)),
    "update.update.weight": (f"{NODE}.3.weight", ...),
    "update.update.bias": (f"{NODE}.3.bias", ...),
}


def copied(peers: Mapping[str, Peer]) -> list[str]:
    """The message block with the weights of egnn-pytorch: the largest difference of the values."""
    from backends.pytorch import build

    found = layers.message_block(64)()
    made = build(found.batched(), found.sizes, found.name, validate=False)
    start = ["E(n) block, weights of egnn-pytorch", "difference"]
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "values.pt"
            case = {"batch": 2, "vertices": 9, "feature": 64, "mode": "eager"}
            Remote(peers["egnn"], "message_block", 200.0, 1, **case).record(path)
            theirs = torch.load(path)
    except Unavailable as reason:
        return [*start, "", "", f"≤ {CLOSE:.0e}", "", f"egnn: {reason}"]
    module = made.module()
    own, keys = dict(module.named_parameters()), made.keys(dict(found.sizes))
    with torch.no_grad():
        for weight, (name, part) in COPIED.items():
            whole = theirs["weights"][name]
            own[keys[weight]].copy_(whole if part is ... else whole[:, part])
        gaps = [float((a - b).abs().max()) for a, b in zip(module(*theirs["in"]), theirs["out"])]
    verdict = "met" if max(gaps) <= CLOSE else "MISSED"
    return [*start, f"{max(gaps):.1e}", "–", f"≤ {CLOSE:.0e}", verdict, "egnn", "–", "–"]


def spans(peers: Mapping[str, Peer]) -> list[str]:
    """How far the paths of e3nn are from the span of our bilinear maps, in float64."""
    from synthesis.solver import bilinear

    start = ["O(3) tensor product, paths of e3nn", "residual", "–"]
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "paths.pt"
            Remote(peers["e3nn"], "paths", 200.0, 1).record(path)
            theirs = torch.load(path).flatten(1)
    except Unavailable as reason:
        return [*start, "", f"≤ {WANTED:.0e}", "", f"e3nn: {reason}"]
    space = layers.spherical()
    found = bilinear(space, space, space).basis
    mine = torch.zeros(found.count, found.size, dtype=torch.float64)
    mine[found.which, found.places] = torch.tensor(found.floats())
    mine = mine.view(-1, *found.shape)
    for axis in (
        1,
        2,
        3,
    ):  # vectors are (x, y, z) here, and (y, z, x) in the order of its harmonics
        mine = mine.index_select(axis, torch.tensor([0, 2, 3, 1, 4, 5, 6, 7, 8]))
    onto = torch.linalg.qr(mine.flatten(1).T).Q
    gap = float((theirs - theirs @ onto @ onto.T).abs().max() / theirs.abs().max())
    same = len(theirs) == found.count and gap <= WANTED
    text = f"{gap:.1e} ({found.count} maps, {len(theirs)} paths)"
    verdict = "met" if same else "MISSED"
    return [*start, text, f"≤ {WANTED:.0e}", verdict, "e3nn", "–", "–"]


def rows(peers: Mapping[str, Peer], only: str) -> list[list[str]]:
    """All rows whose name has ``only`` in it; each is printed when it is known."""
    found = []
    for row in ROWS:
        if only.lower() in row.name.lower():
            cells = line(row, peers)
            found.append(cells + [""] * (len(HEAD) - len(cells)))
            print("  ".join(cells), flush=True)
    for name, compare in (("e(n) block", copied), ("o(3) tensor product", spans)):
        if only.lower() in name:
            cells = compare(peers)
            found.append(cells + [""] * (len(HEAD) - len(cells)))
            print("  ".join(cells), flush=True)
    return found
