"""The rows of the solver table: problems, what they should take, and the peer's form of each.

A problem is made (groups declared and checked, representations named) before the clock starts; what
is timed is the whole solution and its second count.  Nothing that was found before is used again:
tables of diagrams, ranks and solutions are emptied each time.  Each problem says its dimension,
which the result must have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Solve = Callable[[], int]


@dataclass(frozen=True)
class Problem:
    """``make`` returns the work, which answers with the dimension that it found.

    ``seconds`` is the target for our CPU time, ``times`` that for the ratio to the peer;
    ``megabytes`` limits the memory of a process that solves only this.
    """

    name: str
    unknowns: int
    dimension: int
    make: Callable[[], Solve]
    seconds: float | None = None
    peer: str = ""
    case: str = ""
    sizes: dict[str, Any] = field(default_factory=dict)
    times: float | None = None
    megabytes: float | None = None
    note: str = ""


def forget() -> Callable[[], None]:
    """Empties every cache of functions of the solver and of diagrams."""
    folders = ("synthesis", "categorical.diagrams")
    modules = [m for name, m in list(sys.modules.items()) if name.startswith(folders)]
    kept = {id(f): f for m in modules for f in vars(m).values() if hasattr(f, "cache_clear")}

    def clear() -> None:
        for one in kept.values():
            one.cache_clear()

    return clear


def tensors(group: Callable[[], Any], source: int, target: int, **options: Any) -> Any:
    """All maps of tensor powers of the standard representation."""

    def make() -> Solve:
        from synthesis.solver import solve

        space = group().standard()

        def work() -> int:
            found = solve(space**source, space**target, **options)
            assert found.confirmed
            return int(found.dimension)

        return work

    return make


def named(name: str, *arguments: int) -> Callable[[], Any]:
    """A group by its name."""

    def make() -> Any:
        from categorical import groups

        return getattr(groups, name)(*arguments)

    return make


def all_sizes(n: int) -> Callable[[], Solve]:
    """Matrices to matrices under renaming, by diagrams: no tensor of n⁴ entries is made."""

    def make() -> Solve:
        from categorical import Dim, Real
        from categorical.groups import Symmetric
        from synthesis.layers import natural

        index = Dim("n")
        pair = Real[index, index.at("to")]

        def work() -> int:
            return int(natural(pair, pair, under=Symmetric(index)).dimension_at(n=n))

        return work

    return make


def product() -> Solve:
    """S₈ × S₈ on pairs of matrices: the maps of a product are the products of maps."""
    from categorical import Dim, Real
    from categorical.groups import Symmetric
    from synthesis.layers import natural

    n, m = Dim.named("n m")
    both = Real[n, n.at("to"), m, m.at("to")]

    def work() -> int:
        group = Symmetric(n) * Symmetric(m)
        return int(natural(both, both, under=group).dimension_at(n=8, m=8))

    return work


def regular_square(order: int) -> Callable[[], Solve]:
    """The tensor square of the regular representation of a dihedral group to itself."""

    def make() -> Solve:
        from categorical import groups
        from categorical.representations import regular
        from synthesis.solver import solve

        one = regular(groups.dihedral(order))

        def work() -> int:
            found = solve(one * one, one * one)
            assert found.confirmed
            return int(found.dimension)

        return work

    return make


def cube_kernels() -> Solve:
    """3 × 3 × 3 kernels of regular fields of the 24 rotations of the cube."""
    from categorical import groups
    from categorical.representations import regular
    from synthesis.solver.kernels import kernels

    group = groups.cube()
    one, grid = regular(group), group.standard()
    return lambda: kernels(one, one, 3, grid=grid).count


def generic(source: int, target: int) -> Callable[[], Solve]:
    """Any Lie algebra of integer matrices: the derivatives of a given basis, no family known."""

    def make() -> Solve:
        from categorical import groups
        from synthesis.solver import solve

        space = groups.special_orthogonal(3).standard()

        def work() -> int:
            found = solve(space**source, space**target, route="infinitesimal")
            assert found.confirmed
            return int(found.dimension)

        return work

    return make


def emlp(group: str, source: int | None, target: int | None) -> dict[str, Any]:
    """The same problem for emlp."""
    sizes = {"group": group, "source": source, "target": target}
    return {"peer": "emlp", "case": "basis", "sizes": sizes}


def symmetric(n: int, source: int, target: int, dimension: int, **more: Any) -> Problem:
    name = f"S{n} T{source}→T{target}"
    make = tensors(named("symmetric", n), source, target)
    return Problem(name, n ** (source + target), dimension, make, **more)


MILLI = 1e-3
PROBLEMS = (
    symmetric(4, 2, 2, 15, **emlp("S 4", 2, 2)),
    symmetric(6, 2, 2, 15, **emlp("S 6", 2, 2)),
    symmetric(8, 2, 2, 15, seconds=1 * MILLI, times=10_000, **emlp("S 8", 2, 2)),
    symmetric(10, 2, 2, 15, **emlp("S 10", 2, 2)),
    symmetric(12, 2, 2, 15, seconds=2 * MILLI, **emlp("S 12", 2, 2)),
    symmetric(32, 2, 2, 15, seconds=0.2),
    Problem("S100 T2→T2, by diagrams", 100**4, 15, all_sizes(100), seconds=1 * MILLI),
    symmetric(4, 3, 2, 51, **emlp("S 4", 3, 2)),
    symmetric(6, 3, 3, 203, seconds=5 * MILLI, **emlp("S 6", 3, 3)),
    symmetric(56, 2, 2, 15, seconds=10, megabytes=2048, note="10⁷ pairs"),
    Problem("S8 × S8 T2⊗T2→T2⊗T2", 8**8, 225, product, note="product rule, no orbits"),
    Problem("Z32 T1→T1", 32**2, 32, tensors(named("cyclic", 32), 1, 1), **emlp("Z 32", 1, 1)),
    Problem("Z1024 T1→T1", 1024**2, 1024, tensors(named("cyclic", 1024), 1, 1), 50 * MILLI),
    Problem("octahedral T4→T4, signed", 3**8, 274, tensors(named("octahedral"), 4, 4), 5 * MILLI),
    Problem("Rubik's cube 48→48", 48**2, 9, tensors(named("rubik"), 1, 1), 1.0,
        **emlp("RubiksCube", None, None), note="the peer's group is not the cube's"),
    Problem("O(3) T2→T2", 3**4, 3, tensors(named("orthogonal", 3), 2, 2), **emlp("O 3", 2, 2)),
    Problem("O(3) T3→T3", 3**6, 15, tensors(named("orthogonal", 3), 3, 3), **emlp("O 3", 3, 3)),
    Problem("O(3) T4→T4", 3**8, 91, tensors(named("orthogonal", 3), 4, 4), 20 * MILLI,
        **emlp("O 3", 4, 4)),
    Problem("O(3) T5→T5", 3**10, 603, tensors(named("orthogonal", 3), 5, 5), 2.0),
    Problem("O(5) T2→T2", 5**4, 3, tensors(named("orthogonal", 5), 2, 2), **emlp("O 5", 2, 2)),
    Problem("Lorentz T2→T2", 4**4, 3, tensors(named("lorentz"), 2, 2),
        **emlp("Lorentz", 2, 2)),
    Problem("Lorentz T3→T3", 4**6, 15, tensors(named("lorentz"), 3, 3), 10 * MILLI,
        **emlp("Lorentz", 3, 3)),
    Problem("so(3) T3→T3, any algebra", 3**6, 15, generic(3, 3), 5.0, **emlp("SO 3", 3, 3),
        note="exact elimination; 1 s is the target with python-flint"),
    Problem("D8 regular⊗regular", 256**2, 4096, regular_square(8), 10 * MILLI,
        "symm", "intertwiners", {"order": 8}),
    Problem("cube rotations, 3³ kernels", 24 * 24 * 27, 648, cube_kernels, 50 * MILLI,
        "escnn", "kernels", note="the peer's default basis is smaller"),
)  # fmt: skip
