"""Rows of axes, sums, windows and indices: every build is compared with the reference meaning."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.table import ROWS
from categorical import Dim, Fin, Real, op
from categorical.errors import SpecError
from tests.categorical.ops import test_axes, test_convolution, test_indexing, test_pooling
from tests.categorical.ops.support import typed

LEADING = (Dim("batch"), Dim("other"))
CASES = {
    f"{module.__name__.rpartition('_')[2]} {name}": (module.SIZES, arrow, types)
    for module in (test_axes, test_convolution, test_pooling, test_indexing)
    for name, (arrow, types, *_) in module.CASES.items()
}
n, v, e, c, k, h, w = Dim.named("n v e c k h w")
SIZES = {"n": 4, "v": 3, "e": 5, "c": 2, "k": 4, "h": 7, "w": 6}


@pytest.mark.parametrize("lifted", [0, 1, 2])
@pytest.mark.parametrize("name", CASES)
def test_validates(name: str, lifted: int) -> None:
    """``build`` refuses a module whose values or gradients differ from the meaning."""
    sizes, arrow, types = CASES[name]
    graph = typed(arrow, types)
    if lifted:
        graph = arrow.at(*types).over(*LEADING[:lifted]).graph()
    made = build(graph, sizes, "sample")
    assert made.validation["outputs_and_states"] > 0


def text(arrow: object, *types: object) -> str:
    """The body of ``forward``."""
    source = build(typed(arrow, types), SIZES, "sample").source
    return source[source.index("def forward") :].split("\n\n")[0]


def test_idioms() -> None:
    """What a person would write."""
    b = Dim("batch")
    assert "self.conv(x)" in text(op.conv(c, k, over=(h, w), kernel=3), Real[b, c, h, w])
    assert "torch.cat((x1, x2), dim=-1)" in text(op.concat(n, n), Real[b, n], Real[b, n])
    assert "x.chunk(2, dim=-1)" in text(op.unconcat(n, n), Real[b, n + n])
    assert "x.flatten(-3, -1)" in text(op.merge(c, h, w), Real[b, c, h, w])
    assert "F.max_pool2d(x, 2)" in text(op.max_pool(h, w, kernel=2), Real[b, c, h, w])
    assert "x1.index_select(-2, x2)" in text(op.gather(v), Real[v, c], Fin(v)[e])
    padded = text(op.conv(c, k, over=h, kernel=3, padding="causal"), Real[b, c, h])
    assert "padded = F.pad(x, (2, 0))" in padded and "self.conv(padded)" in padded
    flat = text(op.conv(over=c, kernel=3), Real[b, c])
    for part in ("F.conv1d(", "x.unsqueeze(-2)", "self.conv.weight[None, None]", "padding=1"):
        assert part in flat


def test_torch_modules_hold_the_weights() -> None:
    """The module starts as torch's own does, and has its keys."""
    arrow = op.conv(c, k, over=(h, w), kernel=(3, 5), stride=2, groups=2, padding="circular")
    module = build(typed(arrow, [Real[c, h, w]]), SIZES, "sample").module()
    assert isinstance(module.conv, torch.nn.Conv2d)
    assert module.conv.weight.shape == (4, 1, 3, 5) and module.conv.padding_mode == "circular"
    table = build(typed(op.embedding(v, c), [Fin(v)[n]]), SIZES, "sample").module()
    assert isinstance(table.embedding, torch.nn.Embedding)
    assert list(table.state_dict()) == ["embedding.weight"]


@pytest.mark.parametrize(
    ("generator", "wrong", "name"),
    [
        ("flip", lambda emit, box, ins: ins[0], "axes flip"),
        ("merge", lambda emit, box, ins: f"{ins[0]}.flatten(-2, -1)", "axes merge backwards"),
        ("roll", lambda emit, box, ins: f"{ins[0]}.roll(-1, -1)", "axes roll"),
        (
            "avg_pool",
            lambda emit, box, ins: f"F.avg_pool1d({ins[0]}.mT, 3, padding=1).mT * 0.9",
            None,
        ),
    ],
)
def test_a_wrong_row_is_refused(
    monkeypatch, generator: str, wrong: object, name: str | None
) -> None:
    sizes, arrow, types = CASES[name or "pooling mean"]
    monkeypatch.setitem(ROWS, generator, wrong)
    with pytest.raises(SpecError, match="CM040"):
        build(typed(arrow, types), sizes, "sample")
