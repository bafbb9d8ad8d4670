"""Reports of symmetries, and changes of group on whole architectures."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op, tie
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import Cyclic, Sign, Symmetric, cyclic, dihedral, symmetric
from categorical.groups.actions import Acting
from categorical.groups.families import Dihedral, Lorentz, Orthogonal
from categorical.operators import iterate
from categorical.representations import Representation
from synthesis.changing import change_group
from synthesis.kernels import convolution
from synthesis.ladder import check
from synthesis.layers import natural
from synthesis.symmetry import symmetry_of

n, c, k = Dim.named("n c k")
v = Dim("v", size=3)
ROW, COLUMN = n.at("row"), n.at("column")
g = Dim("g", size=4)


@arrow
def vectors(x: Real[n, c], y: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by an invariant, then spoilt by a function of the coordinates."""
    gate = op.einsum(n)(x, x)
    scaled = op.einsum(n, v)(op.sigmoid(gate), y)
    return op.tanh(scaled)


@arrow
def kept(x: Real[n, c], y: Real[n, v]) -> Real[n, v]:
    """The same without the spoiling."""
    gate = op.einsum(n)(x, x)
    return op.einsum(n, v)(op.sigmoid(gate), y)


def verdicts(report):
    return {str(row.group): row.verdict for row in report.rows}


def test_the_lattice_of_a_network():
    found = verdicts(symmetry_of(kept))
    assert {k for k, one in found.items() if one == "REFUTED"} == {
        *("Scaling(c)", "Scaling(n)", "Orthogonal(n)", "Rotation(n)")
    }
    assert not [k for k, one in found.items() if one == "UNKNOWN"]


def test_the_first_operation_that_breaks_a_symmetry():
    found = symmetry_of(vectors)
    for name in ("Orthogonal(v)", "Rotation(v)", "Scaling(v)"):
        row = found[name]
        assert (row.verdict, row.node, row.wire) == ("REFUTED", "tanh", "tanh")
        assert row.origin.text == "op.tanh(scaled)" and row.element
    assert found["Sign(v)"].verdict == "PROVED" and Symmetric(v) in found.proved
    assert "broken by `tanh`" in str(found)


@pytest.mark.parametrize(
    ("arrow", "group", "node"),
    [
        (op.relu >> op.roll(n, 1), Symmetric(n), "roll"),
        (op.linear(n, c) >> op.relu, Symmetric(n), "linear"),
        (op.relu >> op.flip(n), Cyclic(n), "flip"),
        (op.relu >> op.roll(n, 1), Dihedral(n), "roll"),
        (op.square >> op.softmax(n), Sign(n), "square"),
    ],
)
def test_broken_twins(arrow, group, node):
    row = symmetry_of(arrow.at(Real[n]), [group])[group]
    assert (row.verdict, row.node) == ("REFUTED", node)


def test_indices_and_truth_values_have_no_linear_groups():
    found = verdicts(symmetry_of(op.relabel(c, c.at("b")).at(Fin(n)[c])))
    assert "Rotation(n)" not in found and found["Symmetric(n)"] == "PROVED"
    assert "Sign(n)" not in verdicts(symmetry_of(op.logical_not.at(Bool[n])))


def test_space_time():
    s = Dim("s", size=4)
    layer = natural(Real[s], Real[s], under=Lorentz(s)).layer(c, k)
    found = symmetry_of(layer)
    assert found["Lorentz(s)"].verdict == "PROVED"
    form = natural((Real[s], Real[s]), Real.scalar, under=Lorentz(s)).layer()
    found = symmetry_of(form)
    assert found["Lorentz(s)"].verdict == "PROVED" and found["Orthogonal(s)"].verdict == "REFUTED"


def test_grids():
    image = (op.max_pool(ROW, COLUMN, kernel=3, stride=1, padding=1) >> op.relu).at(
        Real[c, ROW, COLUMN]
    )
    found = {r.verdict for r in symmetry_of(image).rows if isinstance(r.group, Acting)}
    assert found == {"PROVED"}
    free = op.conv(c, k, over=(ROW, COLUMN), kernel=3).at(Real[c, ROW, COLUMN])
    rows = [r for r in symmetry_of(free).rows if isinstance(r.group, Acting)]
    assert {(r.verdict, r.node) for r in rows} == {("REFUTED", "conv")} and len(rows) == 3


def test_candidates():
    with pytest.raises(SpecError, match="CM042"):
        symmetry_of(op.relu.at(Real[n]), candidates=["S_n"])
    turns = Acting(cyclic(4), {g: cyclic(4).standard()})
    whole = Acting(symmetric(4), {g: symmetric(4).standard()})
    layer = natural(Real[g], Real[g], under=turns).layer(c, k)
    found = symmetry_of(layer, [turns, whole])
    assert [row.verdict for row in found.rows] == ["PROVED", "REFUTED"]
    assert found.rows[1].node == "hom"


# --- changes of group -----------------------------------------------------------------------------

C2 = cyclic(2)
HALF = Representation(C2, {a: Matrix.identity(2) * -1 for a in C2.arrows})
TURN = Acting(cyclic(4), {g: cyclic(4).standard()})
D4 = Acting(dihedral(4), {g: dihedral(4).standard()})


def network(group):
    """Two solved layers with others between them, and a pool."""
    first = natural(Real[g], Real[g], under=group).layer(c, k)
    second = natural(Real[g], Real[g], under=group).layer(k, c)
    return first >> op.relu >> second >> op.softmax(g)


def test_fewer_symmetries_allow_more_maps():
    old = architecture(
        network(Symmetric(g)).named("sets"),
        laws=[
            laws.equivariant(under=Symmetric(g)),
            laws.complete(under=Symmetric(g)),
            laws.parameters(2 * c * k * 2 + c + k),
        ],
    )
    changed = change_group(old, to=TURN)
    assert [(a, b) for _, a, b in changed.layers] == [(2, 4), (2, 4)]
    new = changed.result
    assert [law.name for law in new.laws] == [
        f"equivariant[{TURN}]",
        f"complete[{TURN}]",
        "parameters[8*c*k + c + k]",
    ]
    assert [f.verdict.name for f in check(new)] == ["PROVED"] * 3
    assert change_group(new, to=Symmetric(g)).layers == tuple(
        (n, 4, 2) for n, _, _ in changed.layers
    )
    between = change_group(old, to=D4)
    assert [(a, b) for _, a, b in between.layers] == [(2, 3), (2, 3)]


def test_the_old_group_is_refuted_after_a_change():
    new = change_group(network(Symmetric(g)), to=TURN).result
    broken = architecture(new.named("turns"), laws=[laws.equivariant(under=Symmetric(g))])
    assert check(broken)[0].verdict.name == "REFUTED"


def test_growing_is_refused_where_another_box_is_not_natural():
    layer = natural(Real[g], Real[g], under=TURN).layer(c, k)
    rolled = layer >> op.roll(g, 1)
    assert change_group(rolled, to=TURN).layers == (("hom", 4, 4),)
    with pytest.raises(SpecError, match="`roll` does not commute"):
        change_group(rolled, to=D4)
    with pytest.raises(SpecError, match="`relu` does not commute"):
        w = Dim("w", size=3)
        change_group(
            natural(Real[w], Real[w], under=Symmetric(w)).layer(c, k) >> op.relu, to=Orthogonal(w)
        )
    with pytest.raises(SpecError, match="CM042"):
        change_group(rolled, to="D4")


def test_changes_inside_loops_and_shared_layers():
    tied = tie(natural(Real[g], Real[g], under=Symmetric(g)).layer(c, c))
    twice = tied >> op.relu >> tied
    changed = change_group(twice, to=TURN)
    assert [(a, b) for _, a, b in changed.layers] == [(2, 4), (2, 4)]
    names = [r.name for r in changed.result.graph().sources.values()]
    assert sorted(names) == sorted(r.name for r in twice.graph().sources.values())
    loop = iterate(tied >> op.tanh, 3)
    changed = change_group(loop, to=TURN)
    assert [(a, b) for _, a, b in changed.layers] == [(2, 4)]


def test_dims_that_the_new_group_leaves_alone():
    h = Dim("h", size=3)
    pair = Symmetric(g) * Symmetric(h)
    layer = natural(Real[g, h], Real[g, h], under=pair).layer(c, k)
    assert change_group(layer, to=Symmetric(g)).layers == (("hom", 4, 18),)
    open_ = natural(Real[g, n], Real[g, n], under=Symmetric(g) * Symmetric(n)).layer(c, k)
    with pytest.raises(SpecError, match="CM044"):
        change_group(open_, to=Symmetric(g))


def test_steerable_convolutions():
    plane = Acting(dihedral(4), {}, grid=(ROW, COLUMN))
    turns = Acting(cyclic(4), {}, grid=(ROW, COLUMN))
    layer = convolution(under=plane, channels=(c, k), over=(ROW, COLUMN)).at(Real[c, ROW, COLUMN])
    changed = change_group(layer >> op.relu, to=turns)
    assert [(a, b) for _, a, b in changed.layers] == [(3, 3)]
    flat = change_group(layer >> op.relu, to=Acting(C2, {}, grid=(ROW, COLUMN), motion=HALF))
    assert [(a, b) for _, a, b in flat.layers] == [(3, 5)]
    with pytest.raises(SpecError, match="does not move"):
        change_group(layer, to=Symmetric(c))


def test_groups_that_layers_were_solved_for_are_tried_first():
    """With their fibres: a smaller group of the same grid is not tried without them."""
    from categorical import Dim, Real, groups, op
    from categorical.groups import Acting
    from categorical.representations import regular
    from synthesis import convolution, symmetry_of

    side, c, k = Dim.named("side c k")
    turn, row, column = Dim("turn", size=4), side.at("row"), side.at("column")
    turns = Acting(groups.cyclic(4), {turn: regular(groups.cyclic(4))}, grid=(row, column))
    lifted = convolution(target_fibre=turn, channels=(c, k), under=turns)
    net = (lifted >> op.relu >> op.max(turn)).at(Real[c, row, column])
    found = symmetry_of(net)
    assert found.rows[0].group == turns and found.rows[0].verdict == "PROVED"
    tried = [str(row.group) for row in found.rows]
    assert "C4 on grid(row, column)" not in tried
    assert found["D4 on grid(row, column)"].verdict == "REFUTED"
