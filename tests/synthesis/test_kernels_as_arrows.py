"""Steerable convolutions as arrows: what they are solved for, their laws, and bad arguments."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, architecture, laws, op
from categorical import arrow as declared
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import Acting, Symmetric, cyclic, dihedral, symmetric
from categorical.representations import Representation, regular
from proofs.equivariance import prove_equivariant
from synthesis import check
from synthesis.changing import change_group
from synthesis.kernels import convolution, sampled_convolution
from synthesis.solver.kernels import kernels
from synthesis.solver.sampled import sampled

c, k, n = Dim.named("c k n")
g, m, v = Dim("g", size=4), Dim("m", size=8), Dim("v", size=2, action="rotation")
row, column = n.at("row"), n.at("column")
C4 = Acting(cyclic(4), {g: regular(cyclic(4)), v: cyclic(4).space()}, grid=(row, column))
D4 = Acting(dihedral(4), {m: regular(dihedral(4))}, grid=(row, column))
EIGHTHS = sampled(regular(cyclic(8)), regular(cyclic(8)))


def verdict(arrow, law):
    (found,) = check(architecture(arrow, name="net", laws=[law], sizes=dict(c=2, k=2)))
    return found.verdict.name


@pytest.mark.parametrize("fibres", [((), g), (g, g), (g, v), (v, v), ((g, v), g), (g, ())])
def test_every_pair_of_fibres_is_proved_and_complete(fibres):
    source, target = fibres
    made = convolution(source_fibre=source, target_fibre=target, channels=(c, k), under=C4)
    axes = source if isinstance(source, tuple) else (source,)
    arrow = made.at(Real[(c, *axes, row, column)])
    assert verdict(arrow, laws.equivariant(under=C4)) == "PROVED"
    assert verdict(arrow, laws.complete(under=C4)) == "PROVED"


def test_a_plain_convolution_of_fibres_is_refuted():
    arrow = op.conv(c, k, over=(row, column), kernel=3).at(Real[c, g, row, column])
    assert verdict(arrow, laws.equivariant(under=C4)) == "REFUTED"


def test_a_relu_of_vectors_does_not_type_check():
    made = convolution(target_fibre=v, channels=(c, k), under=C4)
    with pytest.raises(SpecError) as caught:
        (made >> op.relu).at(Real[c, row, column])
    assert caught.value.code == "CM017"


def test_a_stride_is_proved_at_the_sizes_that_fit_and_refuted_for_all():
    made = convolution(
        source_fibre=g, target_fibre=g, channels=(c, k), under=C4, stride=2, padding="valid"
    )
    arrow = made.at(Real[c, g, row, column])
    assert prove_equivariant(arrow.graph(), C4, sizes={"n": 7})
    assert "do not fit" in prove_equivariant(arrow.graph(), C4, sizes={"n": 8}).reason
    assert verdict(arrow, laws.equivariant(under=C4)) == "REFUTED"


def test_half_turns_allow_twice_the_kernels_of_quarter_turns():
    """The functor that changes the group, on two layers of which one slides along positions."""
    more = {"source_fibre": g, "target_fibre": g, "under": C4, "padding": "valid"}
    first = convolution(channels=(c, k), kernel=2, **more)

    @declared
    def net(x: Real[c, g, row, column]) -> Real[k, g]:
        y = op.relu(first(x))
        z = convolution(channels=(k, k), over=y.type.axes[2:], **more)(y)
        return op.mean(*z.type.axes[2:])(z)

    turn = regular(cyclic(4)).map("r")
    on = Representation(cyclic(2), {"r": turn @ turn}, name="halves")
    plane = Representation(cyclic(2), {"r": Matrix.of([[-1, 0], [0, -1]])}, name="half turn")
    halves = Acting(cyclic(2), {g: on}, grid=(row, column), motion=plane)
    changed = change_group(net, to=halves)
    lines = [" ".join(line.split()) for line in str(changed).splitlines()]
    assert lines == ["steerable_conv 16 maps → 32", "steerable_conv_2 36 maps → 72"]
    assert verdict(changed.result, laws.complete(under=halves)) == "PROVED"
    assert verdict(changed.result, laws.equivariant(under=halves)) == "PROVED"
    assert verdict(net, laws.complete(under=halves)) == "REFUTED"


BAD = {
    "convolution(under=3, channels=(c, k))": "CM042",
    "convolution(under=C4, channels=(c,))": "CM042",
    "convolution(under=C4, channels=3)": "CM042",
    "convolution(under=C4, source_fibre=n, channels=(c, k))": "CM042",
    "convolution(under=C4, source_fibre='g', channels=(c, k))": "CM033",
    "convolution(under=C4, channels=(c, k), kernel=0)": "CM042",
    "convolution(under=C4, channels=(c, k), kernel=4)": "CM025",
    "convolution(under=C4, channels=(c, k), kernel='3')": "CM042",
    "convolution(under=C4, channels=(c, k), over=(row,))": "CM002",
    "convolution(under=C4, channels=(c, k), over=row)": "CM042",
    "convolution(under=C4, channels=(c, k), over=(column, row))": "CM042",
    "convolution(under=C4, channels=(c, k), over=(row, n.at('depth')))": "CM042",
    "convolution(under=C4, channels=(c, k), stride=0)": "CM025",
    "convolution(under=C4, channels=(c, k), padding='same')": "CM025",
    "convolution(under=C4, channels=(c, k), bias=3)": "CM042",
    "convolution(under=Symmetric(n), channels=(c, k))": "CM042",
    "convolution(under=C4, channels=(c, k), target_fibre=g).at(Real[c, row])": "CM005",
    "convolution(under=C4, channels=(c, k), target_fibre=g).at(Real[c, row, column, g])": "CM009",
    "sampled_convolution(3, over=(row, column))": "CM042",
    "sampled_convolution(EIGHTHS, over=(row, column), target_fibre=g)": "CM002",
    "kernels(3, 4)": "CM042",
    "kernels(regular(cyclic(4)), regular(cyclic(4)), grid=3)": "CM042",
    "kernels(regular(cyclic(5)), regular(cyclic(5)))": "CM044",
    "kernels(regular(symmetric(4)), regular(symmetric(4)))": "CM044",
    "kernels(regular(cyclic(4)), regular(cyclic(4)), 10**4)": "CM044",
    "sampled(3, 4)": "CM042",
    "sampled(regular(cyclic(8)), regular(cyclic(4)))": "CM043",
    "sampled(regular(cyclic(8)), regular(cyclic(8)), sigma=0)": "CM041",
    "sampled(regular(cyclic(8)), regular(cyclic(8)), sigma='a')": "CM042",
    "sampled(regular(cyclic(8)), regular(cyclic(8)), degrees=-1)": "CM041",
    "EIGHTHS.error('q')": "CM042",
}
NAMES = {name: value for name, value in globals().items() if not name.startswith("_")}


@pytest.mark.parametrize("text", BAD)
def test_bad_arguments_are_one_error_each(text):
    assert symmetric and sampled_convolution and kernels and Symmetric and D4
    with pytest.raises(SpecError) as caught:
        eval(text, dict(NAMES))
    assert caught.value.code == BAD[text]
