"""Derivatives as modules: R[f] is an arrow, so it is built and validated like any other.

``build`` compares the module with the reference meaning; here the module is compared with autograd
of torch through the module of f, which knows nothing of records.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.pytorch import build
from categorical import Dim, Real, architecture, op
from categorical.arrows import Arrow
from categorical.derivatives import explicit, records, reverse
from tests.categorical.derivatives.axiom_matrix import Case, drawn
from tests.categorical.derivatives.test_records import STATED
from tests.categorical.derivatives.test_runs import RUNS, SIZES

n, c, h = Dim.named("n c h")
NAMES = (
    "gelu",
    "maximum",
    "linear",
    "mean.masked",
    "max.masked",
    "layer_norm",
    "concat",
    "unconcat",
    "slice",
    "take",
    "diagonal",
    "gather.aligned",
    "scatter.mean",
    "embedding",
)
CASES = {
    **{name: STATED[name] for name in NAMES},
    **{
        name: Case(name, RUNS[name], sizes=SIZES)
        for name in ("scan", "scan.lengths", "shared", "indices", "iterate.stacked", "lifted")
    },
}


def module(arrow: Arrow, case: Case):
    graph = arrow.graph()
    sizes = {name: size for name, size in case.sizes.items() if name in graph.dims}
    made = build(architecture(arrow, name="part", batch="none", sizes=sizes))
    return made.module().double().eval()


def gradients(case: Case) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """By the module of R[f], and by autograd."""
    f = explicit(case.arrow, case.sizes)
    back = reverse(f)
    given = drawn(back.graph().dom, case, np.random.default_rng(0))
    ins = [torch.as_tensor(x) for x in given[: len(f.dom)]]
    cots = [torch.as_tensor(x) for x in given[len(f.dom) :]]
    found = module(back, case)(*ins, *cots)
    found = found if isinstance(found, tuple) else (found,)
    moved = [x.requires_grad_() for x in ins if x.is_floating_point()]
    outs = module(f, case)(*ins)
    outs = [y for y in (outs if isinstance(outs, tuple) else (outs,)) if y.is_floating_point()]
    expected = torch.autograd.grad(outs, moved, cots)
    return [x.numpy() for x in found], [x.numpy() for x in expected]


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_module_of_a_derivative(name: str) -> None:
    for mine, theirs in zip(*gradients(CASES[name]), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_a_wrong_record_differs_from_autograd(monkeypatch) -> None:
    monkeypatch.setitem(records.RECORDS, "mul", lambda calc, node, box, g: [g, g])
    mine, theirs = gradients(Case("mul", op.mul.at(Real[n], Real[n]), sizes={"n": 3}))
    assert not np.allclose(mine[0], theirs[0])
