"""The rows of the layer table: our layers, their references, and what each should reach.

A reference is a peer's layer or PyTorch by hand; ``wanted`` is how many times faster than it ours
should be in a mode (eager or compiled, the same on both sides), ``predicted`` what the counts of
operations or earlier measurements say.  Inputs have each side's own layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from categorical.architecture import Architecture, architecture
from categorical.face.loader import load
from tests.benchmarks import textbook

SPECS = Path(__file__).resolve().parents[2] / "specs"
Inputs = tuple[torch.Tensor, ...]
Sizes = dict[str, Any]


SAME = {"eager": "eager", "compiled": "compiled"}


@dataclass(frozen=True)
class Reference:
    """What a layer is compared with: a case of a peer, or a module made here."""

    name: str
    peer: str = ""
    case: str = ""
    sizes: Sizes = field(default_factory=dict)
    modes: Mapping[str, str] = field(
        default_factory=lambda: {"eager": "eager", "compiled": "compiled"}
    )
    module: Callable[[], nn.Module] | None = None
    inputs: Callable[[], Inputs] | None = None
    wanted: Mapping[str, float] = field(default_factory=dict)
    predicted: Mapping[str, float] = field(default_factory=dict)
    counted: str = ""


@dataclass(frozen=True)
class Row:
    """``layer`` solves for our side, ``inputs`` are in its layout, ``maps`` counts the basis."""

    name: str
    text: str
    layer: Callable[[], Architecture]
    inputs: Callable[[], Inputs]
    references: tuple[Reference, ...]
    maps: int | None = None


def module_of(found: Architecture) -> nn.Module:
    """The generated module (validated elsewhere)."""
    from backends.pytorch import build

    made = build(found.batched(), found.sizes, found.name, validate=False)
    module: nn.Module = made.module()
    return module


def random(*shape: int) -> Callable[[], Inputs]:
    return lambda: (torch.randn(*shape),)


# --- our layers ----------------------------------------------------------------------------------


def matrices(source: int, target: int) -> Callable[[], Architecture]:
    """All maps of matrices that commute with renaming, solved once for all sizes."""

    def make() -> Architecture:
        from categorical import Dim, Real
        from categorical.groups import Symmetric
        from synthesis.layers import natural

        n, c, k = Dim.named("n c k")
        pair = Real[n, n.at("to")]
        layer = natural(pair, pair, under=Symmetric(n)).layer(c, k)
        return architecture(layer, name="matrix_layer", sizes={"c": source, "k": target})

    return make


def fixed_matrices(n: int, channels: int) -> Callable[[], Architecture]:
    """The same at one size, known when the layer is made: the cost model may make one matrix."""

    def make() -> Architecture:
        from categorical import Dim, Real
        from categorical.groups import Symmetric
        from synthesis.layers import natural

        index, (c, k) = Dim("n", size=n), (Dim("c", size=channels), Dim("k", size=channels))
        pair = Real[index, index.at("to")]
        layer = natural(pair, pair, under=Symmetric(index)).layer(c, k)
        return architecture(layer, name="fixed_layer", sizes={})

    return make


def sets(source: int, target: int) -> Callable[[], Architecture]:
    """All maps of sets."""

    def make() -> Architecture:
        from categorical import Dim, Real
        from categorical.groups import Symmetric
        from synthesis.layers import natural

        n, c, k = Dim.named("n c k")
        layer = natural(Real[n], Real[n], under=Symmetric(n)).layer(c, k)
        return architecture(layer, name="set_layer", sizes={"c": source, "k": target})

    return make


def message_block(feature: int) -> Callable[[], Architecture]:
    """The message block of the atlas."""

    def make() -> Architecture:
        declared = load(SPECS / "en_message_block.py").declared
        model = next(d.architecture for d in declared if d.name == "message_block")
        wide = {"inner": 4 * feature + 2, "message": 16, "gate": 64, "outer": 2 * feature}
        sizes = {"space": 3, "feature": feature, **wide}
        return architecture(model.arrow, name="message_block", sizes=sizes)

    return make


def spherical() -> Any:
    """0e + 1o + 2e of O(3) in orthonormal bases."""
    from categorical import groups
    from categorical.representations import spherical as harmonic

    vector = groups.orthogonal(3).standard()
    parts = [harmonic(vector, degree, basis="orthonormal") for degree in range(3)]
    return parts[0] + parts[1] + parts[2]


def steerable_linear(channels: int) -> Callable[[], Architecture]:
    """All linear maps of 0e + 1o + 2e to itself: one a degree."""

    def make() -> Architecture:
        from categorical import Dim, Real, op
        from synthesis.solver import solve

        space, (c, k) = Dim("space", size=9), Dim.named("c k")
        found = solve(spherical(), spherical())
        layer = op.hom(found.basis, ((space,),), (space,), channels=(c,), out=k)
        return architecture(
            layer.at(Real[space, c]), name="linear", sizes={"c": channels, "k": channels}
        )

    return make


def tensor_product(channels: int) -> Callable[[], Architecture]:
    """All bilinear maps of 0e + 1o + 2e, twice, to itself: one a path."""

    def make() -> Architecture:
        from categorical import Dim, Real, op
        from synthesis.solver import bilinear

        space, (c, k) = Dim("space", size=9), Dim.named("c k")
        sphere = space.at("sphere")
        one = spherical()
        found = bilinear(one, one, one)
        layer = op.hom(found.basis, ((space,), (sphere,)), (space,), channels=(c, None), out=k)
        return architecture(
            layer.at(Real[space, c], Real[sphere]),
            name="tensor_product",
            sizes={"c": channels, "k": channels},
        )

    return make


def cyclic(order: int, channels: int) -> Callable[[], Architecture]:
    """All maps of the regular representation of a cyclic group."""

    def make() -> Architecture:
        from categorical import Dim, Real, groups, op
        from categorical.representations import regular
        from synthesis.solver import solve

        turn, (c, k) = Dim("turn", size=order), Dim.named("c k")
        one = regular(groups.cyclic(order))
        layer = op.hom(solve(one, one).basis, ((turn,),), (turn,), channels=(c,), out=k)
        return architecture(
            layer.at(Real[turn, c]), name="cyclic_linear", sizes={"c": channels, "k": channels}
        )

    return make


def convolution(mirrored: bool, channels: int, kernel: int) -> Callable[[], Architecture]:
    """The complete steerable convolution of regular fields on images."""

    def make() -> Architecture:
        from categorical import Dim, Real, op
        from categorical.representations import regular
        from synthesis.solver.kernels import kernels

        plane = square(mirrored)
        one = regular(plane.of)
        found = kernels(one, one, kernel, grid=plane)
        fibre, (c, k, h, w) = Dim("fibre", size=one.dimension), Dim.named("c k h w")
        layer = op.steerable_conv(
            found.basis, (fibre,), (fibre,), channels=(c, k), over=(h, w), under=plane.of
        )
        return architecture(
            layer.at(Real[c, fibre, h, w]), name="conv", sizes={"c": channels, "k": channels}
        )

    return make


def square(mirrored: bool) -> Any:
    """The rotations of a square, with its mirrorings or without, on the plane."""
    from categorical.exact import Matrix
    from categorical.groups import FiniteGroup
    from categorical.representations import Representation

    maps = {"r": Matrix.of([[0, -1], [1, 0]])}
    corners, relations = {"r": (1, 2, 3, 0)}, [("r",) * 4]
    if mirrored:
        maps["s"] = Matrix.of([[0, 1], [1, 0]])
        corners["s"] = (0, 3, 2, 1)
        relations += [("s", "s"), ("s", "r", "s", "r")]
    group = FiniteGroup("D4" if mirrored else "C4", corners, relations=tuple(relations))
    return Representation(group, maps, name="plane")


# --- rows ----------------------------------------------------------------------------------------


def matrix_row(n: int, channels: int, batch: int, wanted: Mapping[str, float], **more: Any) -> Row:
    here = Reference(
        "stack of 15",
        module=lambda: textbook.MatrixLayer(channels, channels),
        inputs=random(batch, channels, n, n),
        wanted=wanted,
        **more,
    )
    return Row(
        f"15 operations n={n}",
        f"C{channels} B{batch}",
        matrices(channels, channels),
        random(batch, n, n, channels),
        (here,),
        15,
    )


def fixed_row(n: int, channels: int, batch: int) -> Row:
    """A layer of one size against the layer for all sizes."""
    shape = random(batch, n, n, channels)
    late = Reference(
        "ours for all sizes",
        module=lambda: module_of(matrices(channels, channels)()),
        inputs=shape,
        wanted={"eager": 1.0},
    )
    here = fixed_matrices(n, channels)
    return Row(f"15 operations n={n} fixed", f"C{channels} B{batch}", here, shape, (late,), 15)


def set_row(n: int, channels: int, batch: int, **wanted: float) -> Row:
    here = Reference(
        "concatenation",
        module=lambda: textbook.SetLayer(channels, channels),
        inputs=random(batch, n, channels),
        wanted=wanted,
    )
    return Row(
        f"Deep Sets n={n}",
        f"C{channels} B{batch}",
        sets(channels, channels),
        random(batch, n, channels),
        (here,),
        2,
    )


def block_row(batch: int, points: int, **more: Any) -> Row:
    sizes = {"batch": batch, "vertices": points, "feature": 64}
    peer = Reference("egnn-pytorch", "egnn", "message_block", sizes, **more)
    return Row(
        f"E(n) block n={points}",
        f"h64 B{batch}",
        message_block(64),
        lambda: (torch.randn(batch, points, 64), torch.randn(batch, points, 3)),
        (peer,),
    )


SCRIPTED = {"eager": "default", "compiled": "compiled"}


def e3nn_row(case: str, channels: int, batch: int, layer: Any, **more: Any) -> Row:
    sizes = {"channels": channels, "batch": batch}
    peer = Reference("e3nn", "e3nn", case, sizes, SCRIPTED, **more)
    two = case == "tensor_product"

    def inputs() -> Inputs:
        x = torch.randn(batch, 9, channels)
        return (x, torch.randn(batch, 9)) if two else (x,)

    name = "O(3) tensor product" if two else "O(3) linear"
    return Row(name, f"C{channels} B{batch}", layer(channels), inputs, (peer,), 11 if two else 3)


def cyclic_row(order: int, wanted: Mapping[str, float], **more: Any) -> Row:
    sizes = {"order": order, "channels": 8, "batch": 64}
    peer = Reference("symm-learning", "symm", "linear", sizes, wanted=wanted, **more)
    floor = Reference(
        "dense nn.Linear",
        module=lambda: textbook.dense_linear(8 * order),
        inputs=random(64, 8 * order),
    )
    name = f"C{order} regular"
    return Row(name, "C8 B64", cyclic(order, 8), random(64, order, 8), (peer, floor), order)


def conv_row(
    group: str, channels: int, kernel: int, side: int, batch: int, maps: int, **wanted: float
) -> Row:
    order = 4 if group == "C4" else 8
    sizes = {"group": group, "channels": channels, "kernel": kernel, "side": side, "batch": batch}
    shape = (batch, channels * order, side, side)
    floor = Reference(
        "dense conv2d",
        module=lambda: textbook.dense_convolution(channels * order, kernel),
        inputs=random(*shape),
        wanted={"eager": wanted["floor"]} if "floor" in wanted else {},
    )
    peer = Reference(
        "escnn",
        "escnn",
        "conv",
        sizes,
        {"eager": "eager"},
        wanted={"eager": wanted.get("peer", 1.0)},
        counted="maps",
    )
    return Row(
        f"{group} conv {kernel}×{kernel}",
        f"{channels} fields {side}² B{batch}",
        convolution(group == "D4", channels, kernel),
        random(batch, channels, order, side, side),
        (floor, peer),
        maps,
    )


FIFTEEN = {"eager": 4.5, "compiled": 5.0}
ROWS = (
    matrix_row(30, 16, 16, FIFTEEN, predicted={"eager": 4.5, "compiled": 5.6}),
    matrix_row(64, 32, 4, {}, predicted={"eager": 5.5, "compiled": 7.5}),
    matrix_row(12, 16, 32, {}, predicted={"eager": 3.6, "compiled": 3.4}),
    matrix_row(6, 8, 32, {"eager": 1.0}, predicted={"eager": 1.6, "compiled": 1.7}),
    matrix_row(3, 4, 32, {"eager": 1.0}),
    fixed_row(2, 4, 32),
    fixed_row(3, 4, 32),
    fixed_row(4, 8, 32),
    fixed_row(6, 8, 32),
    fixed_row(12, 16, 32),
    set_row(12, 4, 32),
    set_row(100, 16, 32, eager=0.95),
    set_row(1000, 64, 32, eager=0.95),
    block_row(8, 32, wanted={"eager": 2.2, "compiled": 2.7},
        predicted={"eager": 2.36, "compiled": 2.8}),
    block_row(2, 128, predicted={"eager": 1.1, "compiled": 2.9}),
    e3nn_row("linear", 32, 1024, steerable_linear, wanted={"eager": 1.3}, predicted={"eager": 2.4}),
    e3nn_row("linear", 8, 16, steerable_linear, predicted={"eager": 2.9}),
    e3nn_row("tensor_product", 16, 256, tensor_product,
        wanted={"eager": 1.3, "compiled": 0.95}, predicted={"eager": 3.2, "compiled": 1.5}),
    e3nn_row("tensor_product", 32, 256, tensor_product, predicted={"eager": 1.4, "compiled": 1.1}),
    cyclic_row(64, {"eager": 10}, predicted={"eager": 25}),
    cyclic_row(16, {}, predicted={"eager": 3.3}),
    conv_row("C4", 16, 3, 32, 8, 36, floor=1 / 1.05),
    conv_row("C4", 16, 5, 32, 8, 100, floor=1 / 1.05),
    conv_row("D4", 8, 3, 32, 8, 72, floor=1 / 1.35),
    conv_row("D4", 8, 5, 32, 8, 200, floor=1 / 1.35),
    conv_row("C4", 16, 3, 8, 1, 36, peer=1.15),
    conv_row("C4", 16, 5, 8, 1, 100, peer=1.15),
    conv_row("D4", 8, 3, 8, 1, 72, peer=1.15),
    conv_row("D4", 8, 5, 8, 1, 200, peer=1.15),
)  # fmt: skip
