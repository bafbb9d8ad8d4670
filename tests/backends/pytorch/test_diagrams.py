"""The written functions of layers of diagrams compute the reference meaning, and its gradients."""

from __future__ import annotations

import ast
import itertools

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from backends.pytorch.safety import check_source
from backends.pytorch.table.diagram_sums import summed
from backends.pytorch.table.diagrams import dense_wins, fused
from backends.pytorch.table.spreading import Function
from categorical.diagrams import (
    Diagrams,
    Factor,
    Port,
    layer,
    pair_diagrams,
    partition_diagrams,
)
from categorical.semantics import FloatAlgebra

SETS, MORE = Factor("partition", "n"), Factor("partition", "m")
SPACE, WALL = Factor("brauer", "v"), Factor("walled", "w")
V, DUAL = Port(0), Port(0, True)
MINKOWSKI = (1, -1, -1, -1)


def compiled(made: Function):
    """The function of a source text, which is first checked as a generated file is."""
    check_source(f"import torch\nfrom torch import Tensor\nimport torch.nn.functional as F\n\n"
                 f"{made.source}\n")  # fmt: skip
    space = {"torch": torch, "F": F, "Tensor": Tensor}
    exec(compile(ast.parse(made.source), "generated", "exec"), space)
    return space[made.name]


def agrees(
    made: Function | None,
    diagrams: Diagrams,
    bias: Diagrams | None,
    mix: str,
    sizes: tuple[int, ...],
    split: tuple[int, ...],
) -> None:
    """Values against the interpreter, gradients against finite linear algebra: the layer is
    multilinear, so its gradient along each array is the layer at that array replaced."""
    assert made is not None
    rng = np.random.default_rng(0)
    out, channels = 3, (3,) * len(split) if mix == "each" else (2, 5, 4)[: len(split)]
    arrays, names, start = [], [], 0
    for many, c, name in zip(split, channels, "cde"):
        ports = diagrams.sources[start : start + many]
        arrays.append(rng.normal(size=(2, *(sizes[p.factor] for p in ports), c)))
        names.append(("b", *range(start, start + many), name if mix == "full" else "c"))
        start += many
    full = (out,) if mix == "each" else (out, *channels)
    weight = rng.normal(size=(diagrams.count, *full))
    labels = ("c",) if mix == "each" else ("o", *"cde"[: len(split)])
    last = "c" if mix == "each" else "o"
    fixed = None if bias is None or not bias.count else rng.normal(size=(bias.count, out))
    target = (*range(len(diagrams.targets)), last)

    def meaning(values: list[np.ndarray], w: np.ndarray) -> np.ndarray:
        return layer(diagrams, FloatAlgebra(), w, labels, values, names, ("b", *target), sizes)

    want = meaning(arrays, weight)
    if fixed is not None:
        want = want + layer(bias, FloatAlgebra(), fixed, ("o",), [], [], (*target[:-1], "o"), sizes)
    given = [torch.tensor(a, requires_grad=True) for a in (*arrays, weight)]
    more = [] if fixed is None else [torch.tensor(fixed)]
    got = compiled(made)(*given, *more, *(sizes[f] for f in made.sizes))
    assert got.shape == want.shape
    assert np.allclose(got.detach().numpy(), want)
    pull = rng.normal(size=want.shape)
    got.backward(torch.tensor(pull))
    values = [*arrays, weight]
    for place, variable in enumerate(given):
        step = rng.normal(size=values[place].shape)
        moved = [step if i == place else v for i, v in enumerate(values)]
        slope = np.sum(pull * meaning(moved[:-1], moved[-1]))
        assert np.isclose(np.sum(variable.grad.numpy() * step), slope)


PLAIN = [partition_diagrams(k, l) for k, l in itertools.product(range(4), repeat=2) if k + l < 6]
FACTORED = [
    *((d, (3,)) for d in PLAIN),
    (partition_diagrams(3, 3), (2,)),
    (partition_diagrams(2, 2), (1,)),
    (partition_diagrams(2, 2, scale="sum"), (3,)),
    (partition_diagrams(2, 1, scale="sum"), (3,)),
    (pair_diagrams(2, 2), (3,)),
    (pair_diagrams(0, 4), (2,)),
    (pair_diagrams(4, 2), (2,)),
    (Diagrams((SETS, MORE), (0, 1), (0, 1)), (2, 3)),
    (Diagrams((SETS, MORE), (1, 0, 0), (0, 1)), (2, 3)),
    (Diagrams((SETS, MORE), (1,), (0,)), (2, 3)),
    (Diagrams((SETS, MORE), (1, 1, 0), (0, 0)), (2, 3)),
    (Diagrams((SETS, SPACE), (1, 0), (0, 1, 1, 1)), (2, 3)),
    (Diagrams((SETS, SPACE), (1, 1, 0), (0, 1, 1, 0)), (2, 3)),
    (Diagrams((WALL,), (V, DUAL, V), (V, DUAL, V)), (3,)),
    (Diagrams((WALL,), (V, DUAL), (DUAL, V, V, DUAL)), (2,)),
]


@pytest.mark.parametrize("mix", ["full", "each"])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(("diagrams", "sizes"), FACTORED, ids=str)
def test_the_fused_function_is_the_layer(diagrams, sizes, biased, mix):
    bias = None
    if biased:
        bias = Diagrams(diagrams.factors, diagrams.targets, (), diagrams.scale)
    agrees(fused(diagrams, bias, mix), diagrams, bias, mix, sizes, (len(diagrams.sources),))


SUMMED = [
    (partition_diagrams(2, 2), (3,), (2,)),
    (partition_diagrams(3, 2), (3,), (2, 1)),
    (partition_diagrams(2, 0), (3,), (1, 1)),
    (partition_diagrams(1, 2), (3,), (0, 1)),
    (partition_diagrams(3, 1), (3,), (1, 1, 1)),
    (partition_diagrams(2, 2).choose((0, 1, 6, 12)), (3,), (2,)),
    (partition_diagrams(2, 2).choose((12,)), (3,), (2,)),
    (pair_diagrams(3, 1, "brauer+epsilon", size=3), (3,), (1, 2)),
    (pair_diagrams(2, 1, "brauer+epsilon", size=3), (3,), (1, 1)),
    (pair_diagrams(2, 2, "metric", signs=MINKOWSKI), (4,), (1, 1)),
    (pair_diagrams(2, 2, "metric+epsilon", signs=MINKOWSKI), (4,), (2,)),
    (pair_diagrams(1, 3, "metric+epsilon", signs=MINKOWSKI), (4,), (1,)),
    (pair_diagrams(2, 2, "symplectic"), (4,), (2,)),
    (Diagrams((Factor("symplectic"),), (V, DUAL), (DUAL, V)), (4,), (1, 1)),
    (Diagrams((Factor("metric", signs=MINKOWSKI),), (V, DUAL), (DUAL, DUAL)), (4,), (2,)),
    (Diagrams((Factor("metric+epsilon", signs=MINKOWSKI),), (V, DUAL), (DUAL, V)), (4,), (2,)),
    (pair_diagrams(4, 0, "symplectic"), (2,), (2, 2)),
    (Diagrams((SETS, SPACE), (0, 1), (0, 1, 0, 1, 1)), (2, 3), (2, 3)),
    (Diagrams((SETS, Factor("brauer+epsilon", "v", 3)), (0, 1), (0, 1, 0, 1)), (2, 3), (2, 2)),
    (Diagrams((Factor("walled+epsilon", "w", 2),), (V, DUAL), (DUAL, DUAL)), (2,), (1, 1)),
    (Diagrams((Factor("walled+epsilon", "w", 2),), (V, V), (V, V)), (2,), (2,)),
]


@pytest.mark.parametrize("mix", ["full", "each"])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(("diagrams", "sizes", "split"), SUMMED, ids=str)
def test_the_summed_function_is_the_layer(diagrams, sizes, split, biased, mix):
    bias = Diagrams(diagrams.factors, diagrams.targets, ()) if biased else None
    agrees(summed(diagrams, bias, mix, split), diagrams, bias, mix, sizes, split)


def test_a_wrong_number_of_a_map_is_seen():
    """The broken twin of the test above: two maps exchanged."""
    diagrams = partition_diagrams(2, 2)
    made = fused(diagrams, None, "full")
    broken = made._replace(source=made.source.replace("y_ji.transpose(-3, -2)", "y_ji"))
    assert broken.source != made.source
    with pytest.raises(AssertionError):
        agrees(broken, diagrams, None, "full", (3,), (2,))


def test_one_product_of_matrices_for_each_core():
    """Fifteen maps take three products, and nothing larger than the array is made."""
    source = fused(partition_diagrams(2, 2), None, "full").source
    assert source.count("F.linear") == 3
    assert "einsum" not in source
    assert fused(partition_diagrams(3, 3), None, "full").source.count("F.linear") == 4


def test_what_does_not_factor_is_left_to_others():
    assert fused(pair_diagrams(2, 2, "metric", signs=MINKOWSKI), None, "full") is None
    assert fused(pair_diagrams(1, 2, "brauer+epsilon", size=3), None, "full") is None
    assert fused(partition_diagrams(2, 2).choose((0, 1)), None, "full") is None
    assert fused(partition_diagrams(1, 1), partition_diagrams(1, 1), "full") is None


def test_different_layers_have_different_names():
    layers = [partition_diagrams(2, 2), partition_diagrams(2, 2, scale="sum"), pair_diagrams(2, 2),
              partition_diagrams(2, 2, "m"), partition_diagrams(1, 2)]  # fmt: skip
    every = [fused(d, b, mix) for d in layers for b in (None, Diagrams(d.factors, d.targets, ()))
             for mix in ("full", "each")]  # fmt: skip
    every += [summed(d, None, "full", split) for d in layers[:3] for split in ((2,), (1, 1))]
    every += [summed(layers[0].choose(c), None, "full", (2,)) for c in ((0,), (1,), (0, 1))]
    assert len({made.name for made in every}) == len({made.source for made in every}) == len(every)


def test_odd_names_of_dims_are_no_code():
    one = Factor("partition", "n); import os; (")
    made = fused(Diagrams((one, Factor("partition", "x")), (0, 1), (0, 1)), None, "full")
    assert "import" not in made.source
    compiled(made)


def test_the_dense_form_wins_at_tiny_sizes_only():
    layer_ = partition_diagrams(2, 2)
    assert dense_wins(layer_, (3,), 8 * 8)
    assert not dense_wins(layer_, (12,), 16 * 16)
    assert not dense_wins(partition_diagrams(1, 1), (100,), 16 * 16)
    lorentz = pair_diagrams(2, 2, "metric", signs=MINKOWSKI)
    assert dense_wins(lorentz, (4,), 16 * 16)
    assert not dense_wins(lorentz, (4,), 64 * 64)
