"""Canaries: a check that a broken architecture passes too says nothing.

Definition.  The *sabotage* of a law breaks the architecture on purpose (positions weighted, weights
changed, outputs doubled).  A canary is dead when the same check refutes the sabotaged copy; a check
whose canary survives is vacuous.

Law.  Sabotage is applied to one side and to the same point, so whatever kills it is the law.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = laws.equivariant(under=Symmetric(n))
>>> survivors(law, op.relu.at(Real[n, c]).graph(), {"n": 3, "c": 2}, "eval", seed=1)
()

A network whose output is constantly zero cannot fail:

>>> zero = op.scale(0).at(Real[n, c]).graph()
>>> survivors(law, zero, {"n": 3, "c": 2}, "eval", seed=1)
('inputs weighted by position along n',)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from categorical.graph import Graph
from categorical.laws import Bounded, Complete, Count, Equivariant, Law
from categorical.laws.symmetry import shifted
from categorical.semantics import OutsideFragment
from synthesis import exact
from synthesis.numeric import MAGNITUDES, Trial, attempt
from synthesis.runner import Runner, Sabotaged, corners


def sabotages(law: Law) -> list[tuple[str, Law]]:
    """Each sabotage with its description: one for each factor of a group."""
    if isinstance(law, Equivariant) and law.group is not None:
        found: list[tuple[str, Law]] = []
        for part in law.group.factors():
            names = ", ".join(d.name for d in part.dims)
            how = (
                f"inputs moved off the origin along {names}"
                if shifted(part)
                else f"inputs weighted by position along {names}"
            )
            found.append((how, replace(law, group=part)))
        return found
    if isinstance(law, (Complete, Count)):
        return []
    return [(_DESCRIPTION.get(type(law).__name__, "inputs weighted by position"), law)]


_DESCRIPTION = {
    "Restricted": "positions mixed",
    "Equal": "one side changed",
    "Linear": "inputs squared",
    "Degree": "outputs squared",
    "SumsTo": "outputs moved by 1",
    "Bounded": "outputs moved out of the bounds",
}


def survivors(
    law: Law,
    graph: Graph,
    sizes: Mapping[str, int],
    mode: str,
    seed: int,
    floats: bool = False,
) -> tuple[str, ...]:
    """The sabotages that pass; ``floats`` for a check that was made in floats."""
    return tuple(
        how
        for how, part in sabotages(law)
        if not _dies(part, graph, sizes, mode, seed, floats or isinstance(law, Bounded))
    )


def _dies(
    law: Law, graph: Graph, sizes: Mapping[str, int], mode: str, seed: int, floats: bool
) -> bool:
    def wrap(runner: Runner) -> Sabotaged:
        return Sabotaged(law, runner)

    tries = 8 if corners(graph) else 1  # a point with few masks and indices may miss it by luck
    if not floats:
        try:
            return any(
                exact.resampled(law, graph, sizes, mode, exact.field, seed + 31 * i, wrap)[1]
                is not None
                for i in range(tries)
            )
        except (OutsideFragment, NotImplementedError):
            pass
    return any(
        attempt(law, graph, Trial(sizes, mode, scale, seed + 31 * i), wrap).failure is not None
        for i, scale in enumerate(MAGNITUDES * tries)
    )
