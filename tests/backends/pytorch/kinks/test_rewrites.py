"""Grades of rewrites, and the licences of the passes at kinks."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.kinks.licences import broken_at_kinks, licences
from backends.pytorch.kinks.rewrites import GRADES, REWRITES, Rewrite, grade
from backends.pytorch.validate import validate
from categorical import Arrow, Bool, Dim, Real, arrow, op
from categorical.recursion import fold, rose_fold, scan
from tests.backends.pytorch.recursion import scan_cells

batch, t, n, c, h, k = Dim.named("batch t n c h k")
node = Dim("node", varies=True)
child, a, s = Dim.named("child a s")
key = n.at("key")

# --- grades ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("relu -> maximum(x, 0)", "almost everywhere"),
        ("amax -> max(dim).values", "almost everywhere"),
        ("maximum is associative", "almost everywhere"),
        ("softmax -> shifted by its detached maximum", "everywhere"),
        ("x -> relu(x) - relu(-x)", "almost everywhere"),
        ("x -> detached x", "forward only"),
    ],
)
def test_grades(name: str, wanted: str) -> None:
    assert grade(REWRITES[name]) == wanted


def test_a_grade_is_that_of_the_installed_torch() -> None:
    """``clamp(min=0)`` at 0 has gradient 1 in torch 2.13 and 0 in 2.15."""
    x = torch.zeros(1, requires_grad=True)
    [slope] = torch.autograd.grad(x.clamp(min=0).sum(), x)
    wanted = "everywhere" if float(slope) == 0 else "almost everywhere"
    assert grade(REWRITES["relu -> clamp(min=0)"]) == wanted


def test_all_grades_occur() -> None:
    found = {grade(one) for one in REWRITES.values()}
    assert found == set(GRADES[1:])
    assert grade(Rewrite("torch.sin(x)", "torch.cos(x)", [([0.0],)])) == "none"
    assert grade(Rewrite("torch.relu(x)", "x.expand(2, 1)", [([0.0],)])) == "none"


def test_maximum_shares_by_the_shape_of_the_tree() -> None:
    """(¼, ¼, ½) against (½, ¼, ¼)."""
    shares = []
    for text in (REWRITES["maximum is associative"].before,
                 REWRITES["maximum is associative"].after):  # fmt: skip
        x, y, z = (torch.ones(1, requires_grad=True) for _ in range(3))
        value = eval(text, {"torch": torch, "x": x, "y": y, "z": z})
        shares.append([float(g) for g in torch.autograd.grad(value, (x, y, z))])
    assert shares == [[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]


# --- licences -------------------------------------------------------------------------------------


@arrow
def twice(x: Real[n]) -> Real[n]:
    return op.maximum(op.relu(x), op.relu(x)) + op.maximum(op.relu(x), x)


@arrow
def pooled(x: Real[n, c]) -> Real[h]:
    return op.relu(op.mean(n)(op.linear(c, h)(x)))


@arrow
def padded(x: Real[batch, n, key, c]) -> Real[batch, n, key, k]:
    return op.linear(h, k)(op.relu(op.linear(c, h)(x)))


@arrow
def attend(q: Real[n, c], keys: Real[key, c], v: Real[key, h], m: Bool[n, key]) -> Real[n, h]:
    scores = op.einsum(n, key)(op.relu(q), op.relu(keys))
    return op.relu(op.einsum(n, h)(op.softmax(key, masked=True)(scores, m), v))


@arrow
def reads_first(state: Real[s], x: Real[a]) -> Real[s]:
    """What no state reads stands before the loop, kinks and all."""
    read = op.maximum(op.relu(op.linear(a, s, name="read")(x)), op.linear(a, s, name="other")(x))
    return op.abs(op.linear(s, s, name="again")(state)) + op.relu6(read)


@arrow
def reluing(state: Real[s], x: Real[a]) -> Real[s]:
    read = op.linear(a, s, name="read")(x)
    return op.relu(read + op.linear(s, s, name="again")(state))


@arrow
def rooted_cell(x: Real[a], below: Real[child, s]) -> Real[s]:
    own = op.linear(a, s, name="into")(x)
    return op.maximum(op.relu(own), op.max(child)(op.linear(s, s, name="up")(below)))


@arrow
def two_runs(start: Real[s], xs: Real[t, a]) -> Real[s] * Real[s]:
    one, other = reads_first.named("one"), reads_first.named("other")
    return fold(one, over=t)(start, xs), fold(other, over=t)(start, xs)


def tree() -> Arrow:
    return rose_fold(rooted_cell, over=node, arity=child)


NETS: dict[str, Arrow] = {
    "copy and discard naturality": twice,
    "pooling before": pooled,
    "widths": padded,
    "attention": attend,
    "hoisting": fold(reads_first, over=t),
    "recurrence: `cell` by torch.rnn_relu": fold(reluing, over=t),
    "banana split": two_runs,
    "trees": tree(),
}
SIZES = {"c": 3, "h": 35, "k": 2, "a": 3, "s": 4}


@pytest.mark.parametrize("name", NETS)
def test_a_licence_everywhere_holds_at_the_kinks(name: str) -> None:
    net = NETS[name]
    known = {x: v for x, v in SIZES.items() if x in net.graph().dims}
    made = build(net, known, "net", validate=False)
    claims = licences(made)
    assert any(text.startswith(name.split(":")[0]) for text, _ in claims), claims
    assert all(claim == "everywhere" for _, claim in claims)
    assert broken_at_kinks(made) == []


CELLS = {name: one for name, one in vars(scan_cells).items() if isinstance(one, Arrow)}
ACTING = sorted(set(CELLS) - {"linear_attention"})


@pytest.mark.parametrize("name", ACTING)
def test_parallel_scans_keep_their_licence(name: str) -> None:
    made = build(scan(CELLS[name], over=scan_cells.t), scan_cells.SIZES, "net", validate=False)
    claims = licences(made)
    assert claims
    if all(claim == "everywhere" for _, claim in claims):
        assert broken_at_kinks(made) == []
    else:
        assert name in ("softmax", "least", "most")


def test_a_running_maximum_shares_ties_in_another_way() -> None:
    """Why the scan of max-plus maps claims no more than *almost everywhere*."""
    made = build(scan(scan_cells.softmax, over=scan_cells.t), scan_cells.SIZES, "net")
    assert [claim for _, claim in licences(made)] == ["almost everywhere"]
    assert broken_at_kinks(made)


@pytest.mark.parametrize(
    ("name", "written", "instead"),
    [
        ("pooling before", "torch.relu(", "torch.maximum(torch.zeros(()).double(), "),
        ("hoisting", "torch.maximum(", "torch.fmax("),
        ("copy and discard naturality", "torch.maximum(", "torch.fmax("),
        ("trees", ".amax(dim=-2)", ".max(dim=-2).values"),
    ],
)
def test_another_spelling_is_noticed_at_the_kinks(name: str, written: str, instead: str) -> None:
    """Broken twins: files that compute the same function, with other gradients where it has none;
    validation, which draws its points at random, lets them pass."""
    net = NETS[name]
    known = {x: v for x, v in SIZES.items() if x in net.graph().dims}
    made = build(net, known, "net", validate=False)
    assert written in made.source
    made.source = made.source.replace(written, instead)
    assert validate(made)
    assert broken_at_kinks(made)
