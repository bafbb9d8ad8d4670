"""How runs of monoids are written: closed forms where there are some, else one call of a scan."""

from __future__ import annotations

import pytest

from backends.pytorch.build import build
from categorical import Arrow, op
from categorical.functors import stack
from categorical.recursion import fold, foldr, scan
from tests.backends.pytorch.recursion import scan_cells as cells

t, n, batch = cells.t, cells.n, cells.batch
PLUS, MOST = (one.at(cells.Real[n], cells.Real[n]) for one in (op.add, op.maximum))


def text(run: Arrow) -> str:
    return build(stack(run, batch), cells.SIZES, "demo", validate=False).source


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        (fold(PLUS, over=t), "return x1 + x2.sum(1)"),
        (scan(PLUS, over=t), "x2.cumsum(1) + x1.unsqueeze(1)"),
        (scan(PLUS, over=t, reverse=True), "x2.flip(1).cumsum(1).flip(1) + x1.unsqueeze(1)"),
        (fold(cells.decayed, over=t), "return decayed_sum(0.9, x, s, 1)"),
        (foldr(cells.decayed, over=t), "return decayed_sum(0.9, x, s, 1, True)"),
        (fold(cells.learnt_decay, over=t), "weighted_sum(sigmoid, x, s, 1)"),
        (fold(MOST, over=t), "torch.cat([x1.unsqueeze(1), x2], 1).amax(1)"),
        (scan(MOST, over=t), "cummax(1)"),
        (scan(cells.decayed, over=t), "linear_scan(s.new_full((), 0.9), x, s, 1)"),
        (scan(cells.least, over=t), "least_scan("),
        (scan(cells.rotated, over=t), "block_scan("),
        (scan(cells.automaton, over=t), "finite_scan("),
        (scan(cells.moved, over=t), "mobius_scan("),
    ],
)
def test_what_is_written(run: Arrow, wanted: str) -> None:
    assert wanted in text(run)


def test_a_closed_form_brings_no_scan() -> None:
    assert "prefixes" not in text(fold(PLUS, over=t))
    assert "autograd.Function" not in text(fold(cells.decayed, over=t))


def test_a_sum_of_a_product_with_the_entry_is_no_closed_form() -> None:
    """A factor that moves has no powers."""
    assert "decayed_sum" not in text(fold(cells.plain, over=t))
    assert "weighted_sum" not in text(fold(cells.gated, over=t))
