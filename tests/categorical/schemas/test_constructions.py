"""Arrows that satisfy equations by construction: proved or exact; their twins are refuted."""

from __future__ import annotations

import pytest

from categorical import Arrow, Dim, Real, identity, laws, op
from categorical.errors import SpecError
from categorical.laws import Law
from categorical.schemas import Schema
from categorical.schemas.constructions import (
    InversePair,
    both,
    conjugate,
    coupling,
    crossed,
    halves,
    idempotent,
    involution,
    masked_coupling,
    orthogonal,
    retract,
    signs,
    solvable,
)
from tests.categorical.algebras.verdicts import every, verdicts

a, b, h, w, n = Dim.named("a b h w n")
A, B = Real[a], Real[b]


def net(source: Dim, target: Dim) -> Arrow:
    return op.linear(source, h) >> op.tanh >> op.linear(h, target)


def two_layers() -> InversePair:
    first = coupling(A, B, net(a, b), name="first")
    return first >> coupling(B, A, net(b, a), name="second", second=True)


def test_additive_couplings_are_proved_inverse() -> None:
    pair = two_layers()
    assert every(pair.laws()) == every(pair.inverse.laws()) == {"PROVED"}
    names = {path.split(".")[0] for path in (pair.forward >> pair.backward).parameters}
    assert names == {"first", "second"}
    assert every((pair >> crossed(A, B)).laws()) == every(both(pair, pair).laws()) == {"PROVED"}


def test_affine_couplings_are_exactly_inverse() -> None:
    pair = coupling(A, B, net(a, b), net(a, b) >> op.tanh)
    assert every(pair.laws()) == {"EXACT"}
    assert pair.forward.dom == pair.forward.cod == (A, B)


def board(size: int) -> list[list[bool]]:
    return [[(i + j) % 2 == 0 for j in range(size)] for i in range(size)]


def test_masked_couplings_of_images_are_proved_inverse() -> None:
    height, width = Dim("height", size=4), Dim("width", size=4)
    image = Real[a, height, width]

    def convolutions() -> Arrow:
        inner = op.conv(a, h, over=(height, width), kernel=3) >> op.tanh
        return inner >> op.conv(h, a, over=(height, width), kernel=3)

    def layer(name: str, turned: bool, scale: Arrow | None = None) -> InversePair:
        over, net = (height, width), convolutions()
        return masked_coupling(image, board(4), over, net, scale, name=name, turned=turned)

    one, two = layer("one", False), layer("two", True)
    assert every((one >> two).laws()) == {"PROVED"}
    wrong = InversePair((one >> two).forward, one.backward >> two.backward)
    assert every(wrong.laws()) == {"REFUTED"}
    assert every(layer("scaled", False, convolutions()).laws()) == {"EXACT"}


def test_a_coupling_that_shares_no_weights_is_no_inverse() -> None:
    """The twins: a second set of weights; the shift added twice; the layers in one order."""
    one, other = coupling(A, B, net(a, b)), coupling(A, B, net(a, b), name="other")
    first = coupling(A, B, net(a, b), name="first")
    second = coupling(B, A, net(b, a), name="second", second=True)
    broken = [
        InversePair(one.forward, other.backward),
        InversePair(one.forward, one.forward),
        InversePair(first.forward >> second.forward, first.backward >> second.backward),
    ]
    for pair in broken:
        assert every(pair.laws()) == {"REFUTED"}


def test_halves_are_parts_of_one_array() -> None:
    whole = halves(Real[a + b, w], a, b)
    assert every(whole.laws()) == {"PROVED"}
    inner = coupling(Real[a, w], Real[b, w], op.linear(a, b) >> op.relu)
    assert every((whole >> inner >> whole.inverse).laws()) == {"PROVED"}
    same, whole = Real[h, w], halves(Real[h + h, w], h, h)
    turned = InversePair(whole.forward, crossed(same, same).forward >> whole.backward)
    assert every(whole.laws()) == {"PROVED"} and every(turned.laws()) == {"REFUTED"}


def test_an_involution_is_its_own_inverse() -> None:
    pair = two_layers()
    for made in (involution(pair), involution(pair, signs((A, B), (1, -1)))):
        twice = [laws.commutes(made >> made, identity(A, B), name="twice")]
        assert every(twice) == {"PROVED"}
    twin = conjugate(pair, op.scale(2.0).at(A) @ identity(B))
    assert every([laws.commutes(twin >> twin, identity(A, B), name="twice")]) == {"REFUTED"}


def test_an_idempotent_applied_twice_is_applied_once() -> None:
    def stated(made: Arrow) -> list[Law]:
        return [laws.commutes(made >> made, made, name="idempotent")]

    assert every(stated(idempotent(two_layers()))) == {"PROVED"}
    assert every(stated(conjugate(two_layers(), signs((A, B), (1, -1))))) == {"REFUTED"}


def test_a_section_is_undone_by_its_retraction() -> None:
    section, retraction = retract(two_layers(), net(a, b))
    assert section.dom == retraction.cod == (A,) and section.cod == (A, B)
    undone = laws.commutes(section >> retraction, identity(A), name="retract")
    whole = laws.commutes(retraction >> section, identity(A, B), name="inverse")
    again = retraction >> section
    idempotent_ = laws.commutes(again >> again, again, name="idempotent")
    assert verdicts([undone, whole, idempotent_]) == {
        "retract": "PROVED",
        "inverse": "REFUTED",
        "idempotent": "PROVED",
    }
    with pytest.raises(SpecError, match="the rest of what"):
        retract(two_layers(), net(b, b))


def test_equations_that_are_solved() -> None:
    edges = {"f": ("X", "Y"), "g": ("Y", "X"), "s": ("X", "X"), "e": ("X", "X"), "r": ("X", "X")}
    inverse = Schema("inverse", "X Y", edges, {"fg": "f g = 1", "gf": "1 = g f"})
    other = Schema(
        "other",
        "X Y",
        edges,
        {"fg": "f g = 1", "ss": "s s = 1", "ee": "e = e e", "rrr": "r r r = 1", "se": "s e = e"},
    )
    pair = "an inverse pair: "
    assert solvable(inverse) == {"fg": f"{pair}f, g", "gf": f"{pair}g, f"}
    assert solvable(other) == {
        "fg": "a section and a retraction: f, g",
        "ss": "an involution: s",
        "ee": "an idempotent: e",
    }


@pytest.mark.parametrize("rest", [(), (w,)])
def test_reflections_keep_inner_products(rest: tuple[Dim, ...]) -> None:
    pair = orthogonal(n, *rest, count=2)
    wire = Real[(n, *rest)]
    inner = op.contract(n).at(wire, wire)
    kept = laws.commutes((pair.forward @ pair.forward) >> inner, inner, name="inner products")
    assert every([*pair.laws(), kept]) == {"EXACT"}


def test_one_reflection_is_no_inverse_of_two() -> None:
    pair = orthogonal(n, count=2)
    one = orthogonal(n, count=1)
    assert every(InversePair(pair.forward, one.backward).laws()) == {"REFUTED"}
    assert every(InversePair(pair.forward, pair.forward).laws()) == {"REFUTED"}


def test_what_is_no_construction_is_refused() -> None:
    with pytest.raises(SpecError, match="does not go from the part that is kept"):
        coupling(A, B, net(b, a))
    with pytest.raises(SpecError, match="no array of numbers"):
        coupling(A * B, B, net(a, b))
    with pytest.raises(SpecError, match="there and back"):
        InversePair(net(a, b), net(a, b))
    with pytest.raises(SpecError, match="does not act where"):
        conjugate(two_layers(), net(a, b))
    with pytest.raises(SpecError, match="0 reflections"):
        orthogonal(n, count=0)
