"""The dimension table: the solver's dimension and an independent count, for many groups.

``python -m synthesis.solver.dimensions`` prints one line for each problem; it exits with 1 where a
count disagrees.

>>> [(row.dimension, row.count) for row in rows("S2 V⊗V")]
[(4, 4), (8, 8), (16, 16)]

A name that no group has gives no rows:

>>> rows("M24")
[]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from categorical import groups as G
from categorical import representations as R
from categorical.categories.presented import Presentation
from categorical.representations.representation import Representation
from synthesis.solver.hom import Hom, solve

Problem = tuple[str, str, str, Callable[[], tuple[Representation, Representation]]]


class Row(NamedTuple):
    """One line: the names, the route and dimension, the method and the count."""

    group: str
    source: str
    target: str
    route: str
    dimension: int
    method: str
    count: int

    @property
    def agrees(self) -> bool:
        return self.dimension == self.count


def _tensor(k: int) -> str:
    return "⊗".join(["V"] * k) if k else "1"


def powers(group: Callable[[], Presentation], name: str, *pairs: tuple[int, int]) -> list[Problem]:
    """Problems Vᵏ → Vˡ for the standard representation."""

    def problem(k: int, l: int) -> Problem:
        def make() -> tuple[Representation, Representation]:
            v = group().standard()  # type: ignore[attr-defined]
            return v**k, v**l

        return name, _tensor(k), _tensor(l), make

    return [problem(k, l) for k, l in pairs]


def _symmetric() -> Iterator[Problem]:
    for n in range(2, 7):
        some = ((0, 2), (1, 1), (2, 1), (2, 2), (3, 2)) + (((3, 3),) if n in (3, 6) else ())
        yield from powers(lambda n=n: G.symmetric(n), f"S{n}", *some)  # type: ignore[misc]
    yield from powers(lambda: G.symmetric(12), "S12", (2, 2))
    yield from powers(lambda: G.trivial_group(), "trivial", (1, 1))


def _finite() -> Iterator[Problem]:
    yield from powers(lambda: G.cyclic(8), "Z8", (1, 1), (2, 1), (2, 2))
    yield from powers(lambda: G.cyclic(7), "Z7", (1, 2))
    yield from powers(lambda: G.dihedral(4), "D4", (1, 1), (2, 1), (2, 2))
    yield from powers(lambda: G.dihedral(5), "D5", (1, 1), (2, 2))
    yield from powers(lambda: G.klein(), "Klein", (1, 1), (2, 2))
    yield from powers(lambda: G.alternating(4), "A4", (1, 1), (2, 2))
    yield from powers(lambda: G.alternating(5), "A5", (2, 1), (2, 2))
    yield from powers(lambda: G.cube(), "cube rotations", (1, 1), (2, 1), (2, 2), (3, 3))
    yield from powers(lambda: G.octahedral(), "octahedral", (1, 1), (2, 1), (2, 2), (4, 4))
    yield from powers(lambda: G.hyperoctahedral(4), "hyperoctahedral(4)", (2, 2))
    yield from powers(lambda: G.quaternion(), "quaternion", (1, 1), (2, 2))
    yield from powers(lambda: G.wreath(G.symmetric(2), G.symmetric(3)), "S2≀S3", (1, 1), (2, 2))
    yield from powers(lambda: G.wreath(G.cyclic(3), G.cyclic(2)), "Z3≀Z2", (1, 1), (2, 1))
    yield from powers(lambda: G.rubik(), "Rubik", (1, 1), (0, 1))

    def regular(
        group: Callable[[], G.FiniteGroup], k: int
    ) -> Callable[[], tuple[Representation, Representation]]:
        def make() -> tuple[Representation, Representation]:
            one = R.regular(group())
            return one**k, one**k

        return make

    yield "D8", "R[G]⊗R[G]", "R[G]⊗R[G]", regular(lambda: G.dihedral(8), 2)
    yield "cube rotations", "R[G]", "R[G]", regular(G.cube, 1)

    def turns() -> tuple[Representation, Representation]:
        group = G.cyclic(8)
        one = R.irrep(group, 1)
        return one * one, R.irrep(group, 2) + R.Representation.trivial(group)

    yield "Z8", "ω1⊗ω1", "ω2⊕1", turns

    def pentagon() -> tuple[Representation, Representation]:
        group = G.dihedral(5)
        one = R.irrep(group, 1)
        return one * one, one * one

    yield "D5", "ω1⊗ω1", "ω1⊗ω1", pentagon

    def alternating_signs() -> tuple[Representation, Representation]:
        group = G.symmetric(4)
        return group.standard() ** 2, R.sign(group) * group.standard()

    yield "S4", "V⊗V", "sign⊗V", alternating_signs

    def exterior() -> tuple[Representation, Representation]:
        v = G.octahedral().standard()
        return R.exterior_power(v, 2), R.symmetric_power(v, 2) + v

    yield "octahedral", "Λ²V", "Sym²V⊕V", exterior


def _lie() -> Iterator[Problem]:
    for n in (2, 3, 4):
        yield from powers(lambda n=n: G.orthogonal(n), f"O({n})", (1, 1), (2, 2))  # type: ignore[misc]
        yield from powers(  # type: ignore[misc]
            lambda n=n: G.special_orthogonal(n), f"SO({n})", (1, 1), (2, 1), (2, 2)
        )
    yield from powers(lambda: G.special_orthogonal(3), "SO(3)", (3, 2), (3, 3))
    yield from powers(lambda: G.orthogonal(3), "O(3)", (3, 3))
    yield from powers(lambda: G.lorentz(), "O(1,3)", (1, 1), (2, 2))
    yield from powers(lambda: G.proper_lorentz(), "SO⁺(1,3)", (1, 1), (2, 2))
    yield from powers(lambda: G.symplectic(2), "Sp(2)", (1, 1), (2, 2))
    yield from powers(lambda: G.symplectic(4), "Sp(4)", (1, 1), (2, 2))
    yield from powers(lambda: G.unitary(1), "U(1)", (1, 1), (2, 2))
    yield from powers(lambda: G.unitary(2), "U(2)", (1, 1), (2, 2))
    yield from powers(lambda: G.special_unitary(2), "SU(2)", (1, 1), (2, 2))
    yield from powers(lambda: G.general_linear(3), "GL(3)", (1, 1), (2, 2))
    yield from powers(lambda: G.special_linear(2), "SL(2)", (1, 1), (2, 2))
    yield from powers(lambda: G.special_linear(3), "SL(3)", (2, 1), (2, 2))
    yield from powers(lambda: G.scaling(2), "scaling", (1, 1), (1, 2))
    yield from powers(lambda: G.special_euclidean(2), "SE(2)", (1, 1), (2, 2))
    yield from powers(lambda: G.euclidean(3), "E(3)", (1, 1))

    def mixed() -> tuple[Representation, Representation]:
        v = G.general_linear(3).standard()
        return v * v.dual, v * v.dual

    yield "GL(3)", "V⊗V*", "V⊗V*", mixed

    def clifford(
        group: Callable[[int], Presentation],
    ) -> Callable[[], tuple[Representation, Representation]]:
        def make() -> tuple[Representation, Representation]:
            one = R.clifford(3).action(group(3).standard())  # type: ignore[attr-defined]
            return one, one

        return make

    yield "O(3)", "Cl(3)", "Cl(3)", clifford(G.orthogonal)
    yield "SO(3)", "Cl(3)", "Cl(3)", clifford(G.special_orthogonal)


def _products() -> Iterator[Problem]:
    def groups() -> tuple[Representation, Representation]:
        both = G.direct(G.symmetric(3), G.cyclic(4))
        v, w = (both.inflate(i, one.standard()) for i, one in enumerate(both.factors))
        return v * w, v * w * v

    yield "S3×Z4", "V⊗W", "V⊗W⊗V", groups

    def lie() -> tuple[Representation, Representation]:
        both = G.direct(G.symmetric(4), G.orthogonal(3))
        v, w = (both.inflate(i, one.standard()) for i, one in enumerate(both.factors))
        return v * w, v * v * w

    yield "S4×O(3)", "V⊗W", "V⊗V⊗W", lie

    def large() -> tuple[Representation, Representation]:
        both = G.direct(G.symmetric(8), G.symmetric(7))
        v, w = (both.inflate(i, one.standard()) for i, one in enumerate(both.factors))
        return v * v * w * w, v * v * w * w

    yield "S8×S7", "V²⊗W²", "V²⊗W²", large


def _categories() -> Iterator[Problem]:
    from categorical.categories.posets import chain, poset
    from categorical.categories.quivers import quiver
    from categorical.exact.matrices import Matrix

    def causal() -> tuple[Representation, Representation]:
        order = chain(4)
        ones = Representation.trivial(order)
        return ones, ones

    yield "chain of 4", "constant", "constant", causal

    def prefixes() -> tuple[Representation, Representation]:
        order = chain(4)
        sizes = {c: i + 1 for i, c in enumerate(order.objects)}
        maps = {
            u: Matrix((sizes[d], sizes[c]), range(sizes[c]), range(sizes[c]), [1] * sizes[c])
            for u, (c, d) in order.arrows.items()
        }
        seen = Representation(order, maps)  # the first 1, 2, 3, 4 positions of a sequence
        return seen, seen

    yield "chain of 4", "prefixes", "prefixes", prefixes

    def arrows() -> tuple[Representation, Representation]:
        of = quiver("Kronecker", {"f": ("a", "b"), "g": ("a", "b")})
        x = Representation(of, {"f": Matrix.of([[1], [0]]), "g": Matrix.of([[0], [1]])})
        y = Representation(
            of, {"f": Matrix.of([[1, 0], [0, 1], [0, 0]]), "g": Matrix.of([[0, 0], [1, 0], [0, 1]])}
        )
        return x, y

    yield "Kronecker quiver", "(1, 2)", "(2, 3)", arrows

    def diamond() -> tuple[Representation, Representation]:
        of = poset("diamond", (("0", "a"), ("0", "b"), ("a", "1"), ("b", "1")))
        first = Representation.trivial(of)
        return first, Representation.trivial(of, 2)

    yield "diamond", "constant", "constant²", diamond


def problems() -> list[Problem]:
    """All rows, unsolved."""
    return [*_symmetric(), *_finite(), *_lie(), *_products(), *_categories()]


def rows(start: str = "") -> list[Row]:
    """Solve and count the problems whose ``group source`` begins like this."""
    found = []
    for group, source, target, make in problems():
        if f"{group} {source}".startswith(start):
            x, y = make()
            several: list[Hom] = [solve(x, y, confirm=False)]
            if several[0].route == "diagrams":  # closed forms and elimination, both
                several.append(solve(x, y, route="infinitesimal", confirm=False))
            for hom in several:
                method, count = hom.count.method, hom.count.dimension
                found.append(Row(group, source, target, hom.route, hom.dimension, method, count))
    return found


def table(found: list[Row]) -> list[str]:
    """The rows as aligned lines, the heading first."""
    heading = ("group", "in", "out", "route", "dimension", "counted by", "count", "")
    lines = [heading]
    for row in found:
        verdict = "agrees" if row.agrees else "DISAGREES"
        lines.append((*row[:4], str(row.dimension), row.method, str(row.count), verdict))
    widths = (20, 10, 10, 13, 9, 26, 7, 0)
    right = (4, 6)
    return [
        " ".join(
            (x.rjust(w) if i in right else x.ljust(w)) for i, (x, w) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]


def main() -> int:
    found = rows()
    print("\n".join(table(found)))
    wrong = [row for row in found if not row.agrees]
    print(f"{len(found)} problems, {len(wrong)} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
