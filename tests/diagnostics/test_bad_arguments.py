"""What is passed to the language by mistake: one SpecError with a help each, never another
exception."""

from typing import Any

import pytest

import categorical
from categorical import Dim, Real, arrow, composites, groups, laws, op
from categorical.errors import SpecError

n, c, h, m = Dim.named("n c h m")
SCOPE: dict[str, Any] = {
    **{name: getattr(categorical, name) for name in categorical.__all__},
    **{name: getattr(composites, name) for name in ("attention", "mlp", "residual")},
    **{"op": op, "laws": laws, "n": n, "c": c, "h": h, "m": m, "nan": float("nan")},
    **{"Symmetric": groups.Symmetric, "Cyclic": groups.Cyclic, "square": op.relu.at(Real[h, c])},
}

OUTSIDE = """
op.linear("c", h); op.linear(c, 3.5); op.linear(c, None); op.linear(c, h, name=3); op.linear(c)
op.linear(c, h, bias="no"); op.linear(c, h, init="normal"); op.mean("n"); op.mean(0); op.mean(-1)
op.softmax(-1); op.sum(None); op.mean([n]); op.einsum("ij,jk->ik"); op.contract("n")
op.conv(1, c, over=(h,), kernel=0); op.conv(1, c, over=(h,), kernel="3"); op.conv(c, h, kernel=3)
op.conv(1, c, over=(h,), kernel=3, stride=0); op.conv(1, c, over=(h,), kernel=3, padding="same")
op.max_pool(h, kernel=0); op.max_pool(h); op.dropout("0.5"); op.dropout(None); op.dropout(nan)
op.expand("n"); op.expand(0); op.expand(c, c); op.split(d=3); op.split("d", h); op.split(n, 0)
op.transpose(0, 1); op.transpose("a", "b"); op.relabel(n, m); op.relabel(n, "key"); op.scale("x")
op.full(n, 3); op.zeros(n); op.parameter("Real[n]"); op.layer_norm("c"); op.layer_norm((c,))
op.layer_norm(c, eps=-1); op.batch_norm(c, over=n); op.batch_norm(c, over=()); op.gather("n")
op.embedding("v", c); op.embedding(0, 64); op.embedding(v=3, c=4); op.one_hot("n")
op.slice(n, "0", 3); op.take(n, "0"); op.take(n, 2.5); op.flip(n, n); op.causal_mask(n)
op.table("x", [1]); op.unsqueeze(n); op.diagonal("n", "m"); op.scale_root("n")
Dim(3); Dim(""); Dim(None); Dim("n", size="3"); Dim("n", size=2.5); Dim("n", size=0); Dim("class")
Dim("n", action="spin"); Dim.named(["a", "b"]); Dim.named(3); Dim.named("1a b"); n.at(3)
n.at("two words"); n + "x"; n + 2.5; n * None; n // 0; n // "x"; n - 1; n / 2
Real[n, 3.5]; Real["n"]; Real[n, n]; Real[0]; Real[-1]; Fin("v")[n]; Fin(0)[n]; Real[n] * 3
architecture(op.relu, laws=laws.causal(n)); architecture(op.relu, laws=[3]); architecture("x")
architecture(op.relu, sizes=[1]); architecture(op.relu, name=3); architecture(op.relu, name="x y")
architecture(op.relu.at(Real[n]), sizes=dict(n=True)); architecture(op.relu, batch="mean")
architecture(op.relu.at(Real[n]), sizes=dict(n=2.5)); architecture(op.linear); architecture(None)
tie("x"); tie(op.linear(c, c), {"a": "b"}); tie(op.linear)
tie(op.linear(c, c), {"linear.weight": 3})
iterate(op.relu, "3"); iterate(op.relu, 0); iterate(op.relu, 2.5); iterate(op.linear(c, h), 2)
iterate(op.relu, 3, weights="shared"); iterate(op.relu, 3, name="x y"); iterate(op.linear, 3)
low_rank(op.linear(c, h), "linear.bias", 2); low_rank(op.linear(c, h), "weight", 2)
reparametrise(op.linear(c, h), "linear.weight", by=square, names=["a", "b"])
reparametrise(op.linear(c, h), "linear.weight", by=square, read={"x": "nope"})
laws.equal(3); laws.causal("n"); laws.causal(3); laws.per_sample(None); laws.sums_to("x", over=n)
laws.parameters(2.5); laws.parameters("n"); laws.equivariant(under=n); laws.degree("x")
laws.invariant(Symmetric); laws.causal(n).in_mode("test"); Symmetric("n"); Symmetric(n * m)
Symmetric(n) * 3; arrow(3); arrow("x"); arrow(lambda x: x); sequence([]); sequence(3)
sequence([op.relu, 3]); op.relu >> 3; op.relu >> None; op.relu >> op.linear; op.relu @ 3
op.relu.at("x"); op.relu.at(n); op.relu.named("x y"); op.relu.over("n"); copy(3); copy(Real[n], "x")
swap(Real[n], 3); case(op.relu, 3); union(op.relu.at(Real[n])); stack(op.relu, "b"); stack(3, n)
residual(3); residual(op.linear(c, h)); attention("n", c, h); attention(n, c, 0); mlp("c", h, c)
attention(n, c, h, mask="future"); attention(n, 100, 8); mlp(c, h, c, activation="relu")
"""
INSIDE = """
x + None; x + c; x + op.relu; x + "a"; x + True; x / 0; x // 2; x % 2; x ** 0.5; x @ x; x and x
not x; x.shape; x.T; x.mean(); x.foo; int(x); float(x); round(x); sum(x); max(x); list(x); len(x)
x[0]; x[:, 0]; x[None]; x["n"]; x(3); op.relu(x=x); op.relu(x, inplace=True); op.relu()
op.relu(x, x); op.relu(None); op.relu([x]); op.add(x); op.add(x, None); op.concat(x, x)
op.where(x, x, x); op.where(True, x, x); x > "a"; ~x; x & x; op.softmax(-1)(x); op.mean(n, n)(x)
op.mean(h)(x); op.sum(x); op.merge(n, c, h)(x); op.gather(n)(x, x); op.embedding(c, h)(x)
op.layer_norm(h)(x); op.conv(c, h, over=(h,), kernel=3)(x); op.transpose(n, h)(x); op.expand(n)(x)
op.squeeze()(x); op.take(n, 0)(x)[0]; iterate(op.linear(c, h), 2)(x); op.linear(h, c)(x)
"""


def lines(text: str) -> list[str]:
    return [one.strip() for row in text.strip().splitlines() for one in row.split(";")]


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        eval(text, dict(SCOPE))
    return caught.value


@pytest.mark.parametrize("text", lines(OUTSIDE))
def test_outside_an_arrow(text: str) -> None:
    problem = refused(text)
    assert problem.code.startswith("CM") and problem.title in problem.render()


@pytest.mark.parametrize("text", lines(INSIDE))
def test_inside_an_arrow(text: str) -> None:
    def body(x: Any) -> Any:
        return eval(text, {**SCOPE, "x": x})

    body.__annotations__ = {"x": Real[n, c], "return": Real[n, c]}
    with pytest.raises(SpecError) as caught:
        arrow(body)
    assert caught.value.help, "every mistake inside an arrow has a help"


def test_nearly_all_have_a_help() -> None:
    bare = [text for text in lines(OUTSIDE) if not refused(text).help]
    assert len(bare) <= 0.1 * len(lines(OUTSIDE)), bare


def test_what_is_right_is_not_refused() -> None:
    for text in ("op.linear(64, h)", "op.dropout(0)", "n + 1", "Real[3]", "sequence([op.relu])"):
        eval(text, dict(SCOPE))
