"""Which symmetries an architecture has, and the first operation that breaks each of the others.

Definition.  For every dim of the inputs, and every grid that windows slide over, the groups of a
lattice are tried: cyclic, dihedral, alternating and symmetric on indices; the sign, rotations,
orthogonal matrices and scalings on linear axes; the symmetries of a square on grids.  A group is
``PROVED`` by the structural provers, ``REFUTED`` by numbers at which the two sides differ, and
``UNKNOWN`` where neither is found.

Law.  A row that is proved has a certificate that the checker accepted; a row that is refuted names
the operation after which the two sides first differ.

>>> from categorical import Dim, Real, op
>>> n, c, k = Dim.named("n c k")
>>> found = symmetry_of((op.linear(c, k) >> op.roll(n, 1)).at(Real[n, c]))
>>> [(str(row.group), row.verdict, row.node) for row in found.rows][:2]
[('Symmetric(n)', 'REFUTED', 'roll'), ('Alternating(n)', 'REFUTED', 'roll')]
>>> found["Cyclic(n)"].verdict, found["Cyclic(n)"].scope
('PROVED', 'all sizes')

A group on a dim that is not there cannot be tried:

>>> symmetry_of(op.relu.at(Real[n]), candidates=["all"])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: 'all' is no group on dims
...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from categorical.architecture import Architecture
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.graph import Graph, Node, OperatorBox
from categorical.groups import Cyclic, Group, Rotation, Sign, Symmetric, cyclic, dihedral
from categorical.groups.actions import Acting
from categorical.groups.families import Alternating, Dihedral, Lorentz, Orthogonal, Scaling
from categorical.index import Axis, Dim
from categorical.laws import Equivariant
from categorical.origin import Origin
from categorical.records import EVAL
from categorical.representations import Representation
from proofs.program import flat
from synthesis import assignments, numeric, structural
from synthesis.assignments import TooLarge
from synthesis.locate import first_difference
from synthesis.numeric import Failure

#: Numeric trials of one group.
TRIALS = 12


@dataclass(frozen=True)
class Row:
    """The verdict on one group; ``node``, ``wire`` and ``origin`` say what breaks it."""

    group: Group
    verdict: str
    scope: str = ""
    node: str = ""
    wire: str = ""
    origin: Origin | None = None
    reason: str = ""
    element: str = ""
    sizes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Symmetries:
    """All rows; prints as a table."""

    rows: tuple[Row, ...]

    @property
    def proved(self) -> tuple[Group, ...]:
        """The groups that are proved."""
        return tuple(row.group for row in self.rows if row.verdict == "PROVED")

    def __getitem__(self, group: Group | str) -> Row:
        for row in self.rows:
            if str(row.group) == str(group):
                return row
        raise KeyError(str(group))

    def __str__(self) -> str:
        lines = []
        for row in self.rows:
            if row.verdict == "PROVED":
                tail = row.scope
            elif row.verdict == "REFUTED":
                at = "" if row.origin is None else f", line {row.origin.line}"
                tail = f"broken by `{row.node}`{at} ({row.element})"
            else:
                tail = row.reason
            lines.append((str(row.group), row.verdict, tail))
        width = max((len(name) for name, _, _ in lines), default=0)
        return "\n".join(f"{name:<{width}}  {verdict:<8} {tail}" for name, verdict, tail in lines)


def symmetry_of(
    of: Arrow | Architecture,
    candidates: Sequence[Group] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Symmetries:
    """The verdict on each group of a lattice on the dims of ``of``, in eval mode.

    ``candidates`` are other groups; ``sizes`` fixes dims in the numeric search, and in proofs under
    groups that have one size.  Errors: CM042 for a candidate that is no group on dims.
    """
    if not isinstance(of, (Arrow, Architecture)):
        raise SpecError(
            "CM042",
            f"`symmetry_of` takes an arrow or an architecture, not {of!r}",
            help=["an arrow without a type gets one:  op.relu.at(Real[n])"],
        )
    graph = flat(of.graph if isinstance(of, Architecture) else of.graph())
    for one in candidates or ():
        if not isinstance(one, Group):
            raise SpecError(
                "CM042",
                f"{one!r} is no group on dims",
                help=["for example Symmetric(n), or Acting(cyclic(4), {g: cyclic(4).standard()})"],
            )
    chosen = list(lattice(graph) if candidates is None else candidates)
    return Symmetries(tuple(_row(graph, group, dict(sizes or {})) for group in chosen))


def lattice(graph: Graph) -> Iterator[Group]:
    """The default candidates: the groups that layers were solved for, then larger groups before
    their subgroups."""
    known = list(_solved_for(graph))
    yield from known
    real: dict[Dim, bool] = {}
    for one in graph.dom:
        linear = one.kind in ("real", "complex")
        for a in one.axes:
            dims = sorted(a.index.atoms, key=lambda d: d.name)
            real.update((d, real.get(d, True) and linear) for d in dims)
        if one.values is not None:
            real.update((d, False) for d in one.values.atoms)
    for dim, linear in real.items():
        kinds: list[Any] = [Symmetric, Alternating, Dihedral, Cyclic]
        kinds += [Orthogonal, Rotation, Sign, Scaling] if linear else []
        kinds += [Lorentz] if linear and dim.fixed == 4 else []
        yield from (one for one in (kind(dim) for kind in kinds) if one not in known)
    for axes in _grids(graph):
        # smaller groups than one that also moves fibres would have to move them, too
        least = max((_order(one) for one in known if getattr(one, "grid", None) == axes), default=0)
        yield from (one for one in _of_grid(axes) if _order(one) > least)


def _solved_for(graph: Graph) -> Iterator[Group]:
    """The groups that solved layers were solved for, and that act on an input."""
    inputs = {d for one in graph.dom for d in one.atoms}
    found: list[Group] = []
    for _, node in graph.walk():
        under = None if isinstance(node.box, OperatorBox) else node.box.op.attrs.get("under")
        for one in under.factors() if isinstance(under, Group) else ():
            if one not in found and inputs & set(one.dims):
                found.append(one)
                yield one


def _of_grid(axes: tuple[Axis, Axis]) -> Iterator[Group]:
    """The symmetries of a square (of a rectangle: the half turn)."""
    if axes[0].index is axes[1].index:
        yield Acting(dihedral(4), {}, grid=axes)
        yield Acting(cyclic(4), {}, grid=axes)
    half = cyclic(2)
    turn = Representation(half, {g: Matrix.identity(2) * -1 for g in half.arrows})
    yield Acting(half, {}, grid=axes, motion=turn)


def _order(group: Any) -> int:
    return int(group.group.order)


def _grids(graph: Graph) -> list[tuple[Axis, Axis]]:
    """The pairs of axes of inputs along which windows slide."""
    found: dict[tuple[Axis, Axis], None] = {}
    inputs = {a for one in graph.dom for a in one.axes}
    for _, node in graph.walk():
        if isinstance(node.box, OperatorBox) or "windows" not in node.box.op.attrs:
            continue
        over = [a for a in node.box.dom[0].axes if a in inputs and _slides(node, a)]
        if len(over) == 2 and all(isinstance(a.index, Dim) for a in over):
            found[over[0], over[1]] = None
    return list(found)


def _slides(node: Node, one: Axis) -> bool:
    box: Any = node.box
    wanted = box.op.attrs["over"]
    return any(one == w or (one.label == "" and one.index is w) for w in wanted)


def _row(graph: Graph, group: Group, sizes: dict[str, int]) -> Row:
    law = Equivariant(f"equivariant[{group}]", modes=(EVAL,), group=group)
    try:
        proof = structural.prove(law, graph, (EVAL,), "")
    except SpecError as problem:
        return Row(group, "UNKNOWN", reason=problem.title)
    if proof.proved:
        return Row(group, "PROVED", proof.scope)
    try:
        failure = _counterexample(law, graph, group, sizes)
    except (SpecError, TooLarge) as problem:
        return Row(group, "UNKNOWN", reason=getattr(problem, "title", str(problem)))
    if failure is None:
        return Row(group, "UNKNOWN", reason=f"no counterexample, and no proof: {proof.reason}")
    wire = first_difference(law, graph, failure)
    node = _maker(graph, wire, proof.obstruction)
    return Row(
        group,
        "REFUTED",
        node=node.name if node is not None else "",
        wire=wire,
        origin=node.origin if node is not None else None,
        reason=proof.reason,
        element=failure.element,
        sizes=tuple(sorted(failure.point.sizes.items())),
    )


def _counterexample(
    law: Equivariant, graph: Graph, group: Group, sizes: dict[str, int]
) -> Failure | None:
    """Numbers at which the two sides differ, among a few trials."""
    focus = [d.name for d in group.dims]
    tried = [{**one, **sizes} for one in assignments.plan([graph], focus, 0)]
    for trial in islice(numeric.trials(tried, (EVAL,), 0, graph), TRIALS):
        found = numeric.attempt(law, graph, trial).failure
        if found is not None:
            return found
    return None


def _maker(graph: Graph, wire: str, obstruction: Any) -> Node | None:
    """The node that makes the wire on which the sides first differ; else the prover's."""
    for whole, node in _nodes(graph):
        if any(whole.wire_name(w) == wire for w in node.outs):
            return node
    return getattr(obstruction, "node", None)


def _nodes(graph: Graph) -> Iterator[tuple[Graph, Node]]:
    for node in graph.nodes:
        yield graph, node
        for region in node.regions:
            yield from _nodes(flat(region))
