"""Functors into Para: types edge by edge, one set of weights an edge, laws of the equations."""

from __future__ import annotations

import pytest

from categorical import Arrow, Dim, Real, architecture, case, identity, laws, op, tie
from categorical.errors import SpecError
from categorical.schemas import Schema, SchemaFunctor, coproduct, functor, product
from tests.categorical.algebras.verdicts import every, verdicts

a, b, c, h = Dim.named("a b c h")
CYCLE = Schema(
    "cycle",
    "A B",
    {"f": ("A", "B"), "g": ("B", "A")},
    {"round A": "f g = 1", "round B": "g f = 1"},
)
SPACES = {"A": Real[a], "B": Real[b]}


def net(source: Dim, target: Dim) -> Arrow:
    return op.linear(source, h) >> op.tanh >> op.linear(h, target)


def cycle(**more: Arrow) -> SchemaFunctor:
    return functor(CYCLE, SPACES, {"f": net(a, b), "g": net(b, a), **more})


def test_an_edge_has_one_set_of_weights() -> None:
    nets = cycle()
    once, often = nets("f g"), nets("f g f g f g")
    assert list(once.parameters) == list(often.parameters)
    assert {name.split(".")[0] for name in once.parameters} == {"f", "g"}


def test_it_is_a_functor_on_paths() -> None:
    nets = cycle()
    split = laws.commutes(nets("f g f"), nets("f g") >> nets("f"), name="composites")
    units = laws.commutes(nets("1", at="A") >> nets("f"), nets("1", at="A") >> nets("f"), name="1")
    twin = laws.commutes(nets("f g f"), nets("f") >> nets("g") >> nets("f") >> op.neg, name="twin")
    assert verdicts([split, units, twin]) == {
        "composites": "PROVED",
        "1": "PROVED",
        "twin": "REFUTED",
    }


def test_equations_are_laws_that_free_weights_refute() -> None:
    assert verdicts(cycle().laws()) == {"round A": "REFUTED", "round B": "REFUTED"}


def test_equations_that_hold_are_proved() -> None:
    spaces = {"A": Real[a], "B": Real[a]}
    nets = functor(CYCLE, spaces, {"f": op.scale(2.0).at(Real[a]), "g": op.scale(0.5).at(Real[a])})
    assert every(nets.laws()) == {"PROVED"}
    twin = functor(CYCLE, spaces, {"f": op.scale(2.0).at(Real[a]), "g": op.scale(2.0).at(Real[a])})
    assert every(twin.laws()) == {"REFUTED"}


def test_edges_share_tied_parts() -> None:
    spaces = {"A": Real[a], "B": Real[a]}
    part = tie(op.linear(a, a).named("part"))
    shared = functor(CYCLE, spaces, {"f": part >> op.neg, "g": op.neg.at(Real[a]) >> part})
    assert list(shared("f g").parameters) == ["part.linear.weight", "part.linear.bias"]
    alone = functor(CYCLE, spaces, {"f": part, "g": op.neg.at(Real[a])})
    assert list(alone("f g f").parameters) == ["f.linear.weight", "f.linear.bias"]
    with pytest.raises(SpecError, match="has weights of its own"):
        functor(CYCLE, spaces, {"f": part >> op.linear(a, a), "g": part})
    other = tie(op.linear(a, a).named("part"))
    with pytest.raises(SpecError, match="two parts with weights are called `part`"):
        functor(CYCLE, spaces, {"f": part >> other, "g": part >> other >> part >> op.neg})


def test_branches_of_one_edge_share_tied_parts() -> None:
    schema = Schema("sums", "A B S C", {"u": ("S", "C")}, cones=[coproduct("S", i="A", j="B")])
    spaces = {"A": Real[a], "B": Real[a], "C": Real[c]}
    part = tie(net(a, c).named("part"))
    shared = functor(schema, spaces, {"u": [part, op.neg.at(Real[a]) >> part]})
    apart = functor(schema, spaces, {"u": [net(a, c), op.neg.at(Real[a]) >> net(a, c)]})
    names = [sorted(p.split(".")[0] for p in nets("j u").parameters) for nets in (shared, apart)]
    assert names == [["part"] * 4, ["u1"] * 4]


def test_a_named_tied_part_is_not_in_common_within_a_composite() -> None:
    part = tie(op.linear(a, a).named("part"))
    spaces = {"A": Real[a], "B": Real[a]}
    with pytest.raises(SpecError, match="has weights of its own"):
        functor(CYCLE, spaces, {"f": part >> part.named("boxed"), "g": part})


def test_a_tied_part_within_a_name_is_found() -> None:
    part = tie(op.linear(a, a).named("part"))
    spaces = {"A": Real[a], "B": Real[a]}
    nets = functor(CYCLE, spaces, {"f": (part >> op.neg).named("there"), "g": part})
    assert list(nets("f g").parameters) == ["part.linear.weight", "part.linear.bias"]


@pytest.mark.parametrize(
    ("objects", "edges", "said"),
    [
        (SPACES, {"f": net(a, b)}, "misses the edge `g`"),
        (SPACES, {"f": net(a, b), "g": net(b, a), "k": net(a, b)}, "an edge too many: `k`"),
        (SPACES, {"f": net(a, b), "g": net(b, c)}, "another type"),
        (SPACES, {"f": net(b, a), "g": net(b, a)}, "another type"),
        (SPACES, {"f": net(a, b), "g": 3}, "what is no arrow"),
        ({"A": Real[a]}, {"f": net(a, b), "g": net(b, a)}, "misses the object `B`"),
        ({**SPACES, "C": Real[c]}, {"f": net(a, b), "g": net(b, a)}, "an object too many: `C`"),
    ],
)
def test_functors_that_are_none(
    objects: dict[str, object], edges: dict[str, object], said: str
) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        functor(CYCLE, objects, edges)
    assert caught.value.code == "CM054"
    assert caught.value.help


def test_the_message_of_a_wrong_type_says_both() -> None:
    with pytest.raises(SpecError) as caught:
        functor(CYCLE, SPACES, {"f": net(b, a), "g": net(b, a)})
    facts = dict(caught.value.facts)
    assert facts["found"] == "Real[b] → Real[a]" and facts["wanted"] == "Real[a] → Real[b]"
    assert "the other way" in caught.value.help[0].text


def test_an_edge_may_be_an_architecture() -> None:
    f = architecture(net(a, b), name="there", sizes={"h": 7})
    nets = functor(CYCLE, SPACES, {"f": f, "g": net(b, a)})
    assert "f.linear.weight" in nets("f").parameters


def test_a_product_goes_to_the_product() -> None:
    schema = Schema(
        "pairs",
        "A B AB",
        {"t": ("AB", "AB")},
        {"first": "t p = p"},
        [product("AB", p="A", q="B")],
    )
    keep = identity(Real[a]) @ net(b, b)
    nets = functor(schema, SPACES, {"t": keep})
    assert nets("p").cod == (Real[a],) and nets("q").cod == (Real[b],)
    assert every(nets.laws()) == {"PROVED"}
    change = net(a, a) @ identity(Real[b])
    assert every(functor(schema, SPACES, {"t": change}).laws()) == {"REFUTED"}
    with pytest.raises(SpecError, match="another space than its cone"):
        functor(schema, {**SPACES, "AB": Real[c]}, {"t": keep})
    with pytest.raises(SpecError, match="goes to another arrow than its cone"):
        wrong = op.neg.at(Real[a]) @ identity(Real[b]) >> nets("p")
        functor(schema, SPACES, {"t": keep, "p": wrong})
    assert functor(schema, SPACES, {"t": keep, "p": nets("p")}).edges.keys() == nets.edges.keys()


def test_a_coproduct_goes_to_the_sum() -> None:
    schema = Schema(
        "sums",
        "A B S C",
        {"u": ("S", "C"), "k": ("A", "C")},
        {"first": "i u = k"},
        [coproduct("S", i="A", j="B")],
    )
    shared = tie(net(a, c).named("shared"))
    spaces = {**SPACES, "C": Real[c]}
    nets = functor(schema, spaces, {"u": case(shared, net(b, c)), "k": shared})
    assert every(nets.laws()) == {"PROVED"}
    assert nets("j u").dom == (Real[b],)
    apart = functor(schema, spaces, {"u": [net(a, c), net(b, c)], "k": net(a, c)})
    assert every(apart.laws()) == {"REFUTED"}
    assert apart("u").dom == (Real[a] + Real[b],)


def test_a_name_that_is_no_equation() -> None:
    with pytest.raises(SpecError, match="no equation `round C`"):
        cycle().law("round C")
