"""Operations on axes against numpy, their types, and the maps they are natural for."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, op
from categorical.errors import SpecError
from categorical.index import derived
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, PREFIX
from tests.categorical.ops.support import (
    agrees_in_a_field,
    claimed,
    derivative_agrees,
    drawn,
    evaluate,
    lifts,
    typed,
)

n, m, c, d, h, k, v = Dim.named("n m c d h k v")
SIZES = {"n": 4, "m": 3, "c": 2, "d": 6, "h": 2, "k": 5, "v": 3}
KEY = n.at("key")

CASES = {
    "expand": (op.expand(n), [Real[c]], lambda x: np.broadcast_to(x, (4, 2))),
    "expand indices": (op.expand(n), [Fin(v)[c]], lambda x: np.broadcast_to(x, (4, 2))),
    "relabel": (op.relabel(n, KEY), [Real[n, c]], lambda x: x),
    "transpose": (op.transpose(c, n), [Real[n, m, c]], lambda x: x.transpose(1, 2, 0)),
    "transpose one": (op.transpose(n), [Real[n, m, c]], lambda x: x.transpose(1, 2, 0)),
    "transpose indices": (op.transpose(c, n), [Fin(v)[n, c]], lambda x: x.T),
    "merge": (op.merge(n, c), [Real[m, n, c]], lambda x: x.reshape(3, 8)),
    "merge backwards": (
        op.merge(c, n),
        [Real[m, n, c]],
        lambda x: x.swapaxes(1, 2).reshape(3, 8),
    ),
    "merge apart": (op.merge(m, c), [Real[m, n, c]], lambda x: x.transpose(0, 2, 1).reshape(6, 4)),
    "merge squares": (
        op.merge(n, KEY),
        [Real[n, m, KEY]],
        lambda x: x.transpose(0, 2, 1).reshape(16, 3),
    ),
    "split": (op.split(d, h), [Real[n, d]], lambda x: x.reshape(4, 2, 3)),
    "split all": (op.split(d, h, d // h), [Real[d, n]], lambda x: x.reshape(2, 3, 4)),
    "split product": (op.split(n * m * c, n, m * c), [Real[n * m * c]], lambda x: x.reshape(4, 6)),
    "split number": (op.split(12, 3), [Real[12]], lambda x: x.reshape(3, 4)),
    "squeeze": (op.squeeze(), [Real[n, 1]], lambda x: x[:, 0]),
    "unsqueeze": (op.unsqueeze(), [Real[n]], lambda x: x[None]),
    "diagonal": (op.diagonal(n, KEY), [Real[m, n, KEY]], lambda x: np.einsum("mii->mi", x)),
    "diagonal first": (op.diagonal(KEY, n), [Real[n, m, KEY]], lambda x: np.einsum("imi->mi", x)),
    "concat": (op.concat(n, m), [Real[c, n], Real[c, m]], lambda x, y: np.concatenate([x, y], 1)),
    "concat self": (op.concat(n, n), [Real[n, c]] * 2, lambda x, y: np.concatenate([x, y])),
    "concat three": (
        op.concat(n, n, 2),
        [Real[n], Real[n], Real[2]],
        lambda *xs: np.concatenate(xs),
    ),
    "concat indices": (op.concat(n, m), [Fin(v)[n], Fin(v)[m]], lambda *xs: np.concatenate(xs)),
    "unconcat": (op.unconcat(n, m), [Real[c, n + m]], lambda x: (x[:, :4], x[:, 4:])),
    "unconcat self": (op.unconcat(n, n), [Real[n + n, c]], lambda x: (x[:4], x[4:])),
    "slice": (op.slice(n, 1, 3), [Real[m, n]], lambda x: x[:, 1:3]),
    "slice end": (op.slice(n, -3), [Real[n, m]], lambda x: x[-3:]),
    "slice named": (op.slice(k, 0, n, into=n), [Real[m, k]], lambda x: x[:, :4]),
    "slice whole": (op.slice(n), [Real[m, n]], lambda x: x),
    "take first": (op.take(n, 0), [Real[m, n, c]], lambda x: x[:, 0]),
    "take last": (op.take(n, -1), [Real[n, c]], lambda x: x[-1]),
    "flip": (op.flip(n), [Real[m, n]], lambda x: x[:, ::-1]),
    "flip product": (op.flip(n * c), [Real[m, n * c]], lambda x: x[:, ::-1]),
    "roll": (op.roll(n, 1), [Real[m, n]], lambda x: np.concatenate([x[:, -1:], x[:, :-1]], 1)),
    "roll back": (op.roll(n, -5), [Real[n, m]], lambda x: np.concatenate([x[1:], x[:1]])),
}


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_numpy(name: str) -> None:
    arrow, types, expected = CASES[name]
    graph = typed(arrow, types)
    inputs, _ = drawn(graph, SIZES)
    want = expected(*inputs)
    for got, one in zip(
        evaluate(graph, SIZES, inputs), want if isinstance(want, tuple) else (want,)
    ):
        np.testing.assert_array_equal(got, one)


@pytest.mark.parametrize("name", CASES)
def test_other_algebras(name: str) -> None:
    arrow, types, _ = CASES[name]
    agrees_in_a_field(arrow, types, SIZES)
    derivative_agrees(arrow, types, SIZES)


@pytest.mark.parametrize("name", CASES)
def test_further_axes_in_front(name: str) -> None:
    arrow, types, _ = CASES[name]
    lifts(arrow, types, SIZES)


def test_what_is_claimed() -> None:
    """The classes themselves; that they are true is tested with those of all generators."""
    for name, dim, kinds in (
        ("merge", n, LINEAR),
        ("merge", c, LINEAR),
        ("merge squares", n, LINEAR),
        ("split", n, LINEAR),
        ("split", d, NONE),
        ("split", h, NONE),
        ("split product", m, LINEAR),
        ("diagonal", n, FUNCTION),
        ("diagonal", m, LINEAR),
        ("concat", m, LINEAR),
        ("concat self", n, FUNCTION),
        ("flip", n, {"negation"}),
        ("roll", n, {"negation", "shift"}),
        ("take first", n, PREFIX),
        ("take first", c, LINEAR),
        ("take last", n, NONE),
        ("slice", n, NONE),
        ("slice whole", n, LINEAR),
        ("transpose indices", v, BIJECTION),
    ):
        assert claimed(*CASES[name][:2], dim) == kinds, (name, dim)


def test_types() -> None:
    assert op.merge(n, c).at(Real[n, c]).cod == (Real[n * c],)
    assert op.merge(c, n).at(Real[n, c]).cod == (Real[c * n],)
    assert op.merge(n, c).at(Real[n, c]).cod != op.merge(c, n).at(Real[n, c]).cod
    assert (op.split(d, h) >> op.merge(h, d // h)).at(Real[d]).cod == (Real[d],)
    assert op.concat(n, n).at(Real[n], Real[n]).cod == (Real[n + n],) != (Real[2 * n],)
    assert op.slice(n, 0, -1).at(Real[n]).cod == (Real[derived(n, n.size - 1)],)
    assert op.flip(n).at(Real[KEY]).cod == (Real[KEY],)


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("CM003", lambda: op.split(n * m, m, n)),
        ("CM008", lambda: op.split(d, h, h)),
        ("CM008", lambda: op.split(10, 3)),
        ("CM008", lambda: op.split(Dim("d", size=100), Dim("h", size=8))),
        ("CM007", lambda: op.split(d)),
        ("CM006", lambda: op.transpose(n).at(Real[n.at("a"), n.at("b")])),
        ("CM009", lambda: op.transpose(n, n).at(Real[n])),
        ("CM005", lambda: op.transpose(n).at(Real[m])),
        ("CM005", lambda: op.split(d, h).at(Real[n])),
        ("CM025", lambda: op.squeeze(n).at(Real[n])),
        ("CM025", lambda: op.unsqueeze(n)),
        ("CM003", lambda: op.diagonal(n, m).at(Real[n, m])),
        ("CM010", lambda: op.concat(n, m).at(Real[n, c], Real[m])),
        ("CM010", lambda: op.concat(n, m).at(Real[n, c], Real[c, m])),
        ("CM011", lambda: op.concat(n, m).at(Real[n], Fin(v)[m])),
        ("CM007", lambda: op.concat(n, m).at(Real[n])),
        ("CM003", lambda: op.unconcat(n, m).at(Real[m + n])),
        ("CM008", lambda: op.unconcat(n, m, of=c.at("x"))),
        ("CM003", lambda: op.unconcat(n, m, of=(m + n).at("x"))),
        ("CM008", lambda: op.slice(3, 0, 4).at(Real[3])),
        ("CM008", lambda: op.slice(n, 2, 2).at(Real[n])),
        ("CM008", lambda: op.slice(n, 0, 3, into=m).at(Real[n])),
        ("CM008", lambda: op.take(3, 3).at(Real[3])),
        ("CM036", lambda: op.relabel(n, KEY).at(Real[n, KEY])),
    ],
)
def test_mistakes(code: str, make: object) -> None:
    with pytest.raises(SpecError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.code == code


def test_conditions_reach_the_graph() -> None:
    graph = op.take(n, 2).at(Real[n]).graph()
    (condition,) = graph.conditions()
    assert condition.holds({"n": 3}) and not condition.holds({"n": 2})
    with pytest.raises(ValueError, match="fails at n=2"):
        evaluate(graph, {"n": 2}, [np.zeros(2)])
    assert not op.split(d, h).at(Real[d]).graph().conditions() - {*(d // h).size.conditions}
    assert (d // h).size.conditions
