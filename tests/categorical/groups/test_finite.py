"""Finite groups: orders, relations, conjugacy classes; from matrices, presentations; the cube."""

from fractions import Fraction
from itertools import permutations
from math import factorial, gcd

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix, cos, sin, sqrt
from categorical.groups import (
    FiniteGroup,
    alternating,
    cube,
    cyclic,
    dihedral,
    hyperoctahedral,
    klein,
    octahedral,
    quaternion,
    rubik,
    symmetric,
    trivial_group,
)
from categorical.groups.puzzles import ORDER
from categorical.representations.elements import Elements

FAMILIES = [
    *((symmetric(n), factorial(n)) for n in range(1, 8)),
    *((alternating(n), max(1, factorial(n) // 2)) for n in range(1, 8)),
    *((cyclic(n), n) for n in (1, 2, 3, 8, 12)),
    *((dihedral(n), 2 * n) for n in (3, 4, 5, 6, 9)),
    *((hyperoctahedral(d), 2**d * factorial(d)) for d in range(1, 5)),
    (klein(), 4),
    (quaternion(), 8),
    (cube(), 24),
    (octahedral(), 48),
    (trivial_group(), 1),
]


def listed(group):
    """All elements as tuples, by multiplying until nothing is new."""
    start = tuple(range(group.degree))
    found, waiting = {start}, [start]
    while waiting:
        at = waiting.pop()
        for image in group.permutations.values():
            product = tuple(int(image[p]) for p in at)
            if product not in found:
                found.add(product)
                waiting.append(product)
    return found


def slow_classes(group):
    """The sizes of the conjugacy classes, from the definition."""
    left, sizes = listed(group), []
    everything = [np.array(x) for x in left]
    while left:
        x = np.array(next(iter(left)))
        one = {tuple(g[x][np.argsort(g)].tolist()) for g in everything}
        sizes.append(len(one))
        left -= one
    return sorted(sizes)


@pytest.mark.parametrize(("group", "order"), FAMILIES, ids=str)
def test_orders(group, order):
    assert group.order == order
    if order <= 1000:
        assert len(listed(group)) == order == len(group.elements())


@pytest.mark.parametrize(("group", "order"), FAMILIES, ids=str)
def test_classes(group, order):
    classes = group.conjugacy_classes()
    assert sum(one.size for one in classes) == order
    if order <= 120:
        assert sorted(one.size for one in classes) == slow_classes(group)
        conjugate = {tuple(group.word(one.word).tolist()) for one in classes}
        assert len(conjugate) == len(classes)


def test_classes_of_symmetric_groups_in_closed_form():
    """A representative of every cycle type, with the number of its permutations counted."""

    def cycle_type(p):
        left, found = set(range(len(p))), []
        while left:
            at, length = left.pop(), 1
            while p[at] in left:
                at, length = p[at], length + 1
                left.remove(at)
            found.append(length)
        return tuple(sorted(found))

    for n in (1, 2, 3, 5, 6):
        counts = {}
        for p in permutations(range(n)):
            counts[cycle_type(p)] = counts.get(cycle_type(p), 0) + 1
        told = {
            cycle_type(symmetric(n).word(one.word).tolist()): one.size
            for one in symmetric(n).conjugacy_classes()
        }
        assert told == counts
    assert len(symmetric(12).conjugacy_classes()) == 77


@pytest.mark.parametrize(
    ("group", "order"), [one for one in FAMILIES if 1 < one[1] <= 1000], ids=str
)
def test_the_relations_present_the_group(group, order):
    assert group.presented
    words = [left for left, _ in group.relations]
    assert FiniteGroup.from_presentation("again", group.generators, words).order == order


@pytest.mark.parametrize(("group", "order"), FAMILIES, ids=str)
def test_standard_representations(group, order):
    standard = group.standard()
    standard.check()
    assert standard is group.standard() and standard.kind == "standard"
    assert group.points().is_permutation
    if 1 < order <= 1000:
        matrices = {g: standard.map(g) for g in group.generators}
        assert FiniteGroup.from_matrices("image", matrices).order == order


def test_figures_in_space():
    for n in (1, 2, 4, 5, 8):
        cyclic(n).space().check()
    for n in (3, 4, 8):
        dihedral(n).space().check()
    assert cyclic(4).space().is_signed and dihedral(4).space().is_signed
    assert not cyclic(8).space().is_signed
    assert cube().space() is cube().standard() and cube().space().is_signed
    with pytest.raises(SpecError, match="figure in space") as refused:
        symmetric(4).space()
    assert refused.value.code == "CM044"


def test_named_groups_are_one_object():
    assert symmetric(5) is symmetric(5) and rubik() is rubik()


def test_wrong_sizes_are_refused():
    for make in (symmetric, alternating, cyclic, dihedral, hyperoctahedral):
        for wrong in (0, -1, 2.0, "3", None):
            with pytest.raises(SpecError) as refused:
                make(wrong)
            assert refused.value.code == "CM042"


# --- what breaks a declaration -------------------------------------------------------------------


def test_a_wrong_order_is_refused():
    with pytest.raises(SpecError, match="has the order 60, not 120"):
        FiniteGroup("S5?", dict(alternating(5).permutations), order=120)


def test_wrong_classes_are_refused():
    from categorical.groups import ConjugacyClass

    lying = FiniteGroup("C2", {"r": (1, 0)}, classes=lambda: [ConjugacyClass(1, ())])
    with pytest.raises(SpecError, match="hold 1 elements, not 2"):
        lying.conjugacy_classes()


def test_a_wrong_standard_representation_is_refused():
    lying = FiniteGroup(
        "C3",
        {"r": (1, 2, 0)},
        (("r",) * 3,),
        standard={"r": Matrix.of([[-1]])},
    )
    with pytest.raises(SpecError, match="no representation"):
        lying.standard()


# --- the cube ------------------------------------------------------------------------------------


def test_the_order_of_the_cube():
    assert rubik().order == ORDER == 43_252_003_274_489_856_000
    assert factorial(8) * 3**7 * factorial(12) * 2**10 == ORDER


def test_orders_of_products_of_face_turns():
    def order(word):
        image = rubik().word(word)
        at, n = image, 1
        while (at != np.arange(48)).any():
            at, n = image[at], n + 1
        return n

    for f in "UDLRFB":
        assert order((f,)) == 4
    for f, g in ("UD", "LR", "FB"):
        assert order((f, g)) == 4
    for f, g in ("UR", "UF", "UL", "UB", "DR", "LF", "RB", "FD"):
        assert order((f, g)) == 105
    # the turns mirror each other in pairs, so an inverse changes the order
    assert order(("U", "R^-1")) == 63
    # the superflip, a word of 20 turns, has order 2
    flip = tuple(["U", "R", "R", "F", "B", "R", "B", "B", "R", "U", "U", "L", "B", "B", "R"])
    flip += ("U^-1", "D^-1", *["R", "R", "F"], "R^-1", *["L", "B", "B", "U", "U", "F", "F"])
    assert order(flip) == 2


def test_stickers_keep_to_corners_and_edges():
    """Two orbits of 24 stickers, and the three stickers of a corner stay together."""
    from categorical.groups.puzzles import stickers

    cubelets = [cubelet for cubelet, _ in stickers()]
    for image in rubik().permutations.values():
        moved = {}
        for i, j in enumerate(image.tolist()):
            moved.setdefault(cubelets[i], set()).add(cubelets[j])
        assert all(len(there) == 1 for there in moved.values())


def almost_the_cube():
    """Face turns that carry the faces along but do not turn the stickers inside the side faces.

    This is the group that a published solver ships: whole-cube rotations that move faces onto
    each other without turning them, conjugated with one true face turn."""
    net = np.arange(54).reshape(6, 9)  # the faces U, F, R, B, L, D with their centres

    def along(faces):
        moved = net.copy()
        moved[faces] = net[np.roll(faces, 1)]
        return moved.ravel()

    top = net.copy()
    top[0] = np.rot90(net[0].reshape(3, 3)).ravel()
    top[1:5, :3] = net[np.roll(np.arange(1, 5), 1), :3]
    up, front, left = top.ravel(), along([0, 2, 5, 4]), along([0, 1, 5, 3])
    back, right = np.argsort(front), np.argsort(left)
    turns = [
        up,
        right[up[left]],
        back[up[front]],
        left[up[right]],
        front[up[back]],
        right[right[up[left[left]]]],
    ]
    kept = [i for i in range(54) if i % 9 != 4]
    number = {i: k for k, i in enumerate(kept)}
    return {f: [number[int(turn[i])] for i in kept] for f, turn in zip("UFRBLD", turns)}


def test_the_wrong_cube_is_refused_by_its_order():
    turns = almost_the_cube()
    wrong = factorial(24) ** 2 // 2
    assert FiniteGroup("wrong", turns).order == wrong
    with pytest.raises(SpecError, match=f"has the order {wrong}, not {ORDER}") as refused:
        FiniteGroup("Rubik", turns, order=ORDER)
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="violates its relation"):
        FiniteGroup("Rubik", turns, relations=(("U", "F") * 105,))


# --- matrices and presentations ------------------------------------------------------------------


def test_groups_of_matrices():
    octagon = {
        "r": Matrix.of([[cos(8), -sin(8)], [sin(8), cos(8)]]),
        "s": Matrix.of([[1, 0], [0, -1]]),
    }
    group = FiniteGroup.from_matrices("D8", octagon, ["r r r r r r r r", "s r s r"], order=16)
    assert (group.order, group.degree, len(group.conjugacy_classes())) == (16, 8, 7)
    golden = (1 + sqrt(5)) * Fraction(1, 2)
    half = Fraction(1, 2)
    small = golden - 1
    five = Matrix.of([[1, -golden, small], [golden, small, -1], [small, 1, golden]]) * half
    axes = {"a": five, "b": Matrix.permutation([1, 2, 0])}
    assert FiniteGroup.from_matrices("icosahedral", axes).order == 60


def test_infinite_groups_of_matrices_are_refused():
    turn = Matrix.of([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]])
    for endless in (
        {"r": turn},
        {"t": Matrix.of([[1, 1], [0, 1]])},
        {"d": Matrix.of([[2]])},
        {"a": Matrix.of([[0, 1], [1, 0]]), "b": Matrix.of([[0, 2], [Fraction(1, 2), 0]])},
    ):
        with pytest.raises(SpecError, match="infinite or too large") as refused:
            FiniteGroup.from_matrices("?", endless)
        assert refused.value.code == "CM044"


def test_bad_matrices_are_refused():
    for wrong in ({}, {"a": Matrix.zero(2, 2)}, {"a": Matrix.zero(2, 3)}):
        with pytest.raises(SpecError) as refused:
            FiniteGroup.from_matrices("?", wrong)
        assert refused.value.code == "CM042"
    with pytest.raises(SpecError, match="violates its relation r = 1"):
        FiniteGroup.from_matrices("?", {"r": Matrix.of([[-1]])}, ["r"])
    with pytest.raises(SpecError, match="has the order 2, not 3"):
        FiniteGroup.from_matrices("?", {"r": Matrix.of([[-1]])}, order=3)


def test_groups_of_presentations():
    """Triangle groups (2, 3, n), a group of order 1 in disguise, and Sylow's 27 of exponent 3."""
    for n, order in ((3, 12), (4, 24), (5, 60)):
        words = ["a a", "b b b", "a b " * n]
        assert FiniteGroup.from_presentation("triangle", "ab", words).order == order
    trivial = ["a a a b^-1 b^-1", "b b b a^-1 a^-1", "a b a^-1 b^-1 a", "a b"]
    found = FiniteGroup.from_presentation("disguised", "ab", trivial)
    assert found.order == gcd(2, 3) and found.permutations["a"].tolist() == [0]
    commutator = "a b a^-1 b^-1"
    words = ["a a a", "b b b", "a b a b a b", "a b^-1 a b^-1 a b^-1"]
    assert FiniteGroup.from_presentation("Burnside", "ab", words).order == 27
    assert (
        FiniteGroup.from_presentation("torus", "ab", ["a " * 6, "b " * 7, commutator]).order == 42
    )


def test_infinite_presentations_are_refused():
    for words in ([], ["a a"], ["a a", "b b b", "a b " * 6], ["a b a^-1 b^-1"]):
        with pytest.raises(SpecError, match="infinite or too large"):
            FiniteGroup.from_presentation("?", "ab", words)
    with pytest.raises(SpecError, match="unknown generator `c`"):
        FiniteGroup.from_presentation("?", "ab", ["c c"])


def test_elements_listed_elsewhere_agree():
    for group in (cube(), quaternion()):
        assert {tuple(x) for x in Elements.of(group).permutations.tolist()} == listed(group)
        for word, x in zip(group.elements(), Elements.of(group).permutations):
            assert np.array_equal(group.word(word), x)
