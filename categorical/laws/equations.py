"""Equations between arrows: ``equal``, ``linear``, ``degree``.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> linear().boundary(op.relu.at(Real[n]).graph())

The two sides of an equation have one boundary:

>>> m = Dim("m")
>>> equal(op.relu.at(Real[m])).boundary(op.relu.at(Real[n]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `equal[relu]` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from categorical import declaring, messages
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox
from categorical.laws.inductions import Induction
from categorical.laws.law import (
    Instance,
    Law,
    Requirement,
    Run,
    Values,
)
from categorical.origin import here
from categorical.records import Context


@dataclass(frozen=True, eq=False)
class Equal(Law):
    """f(x) = h(x) for another arrow h on the same boundary; weights of one name are one weight."""

    other: Arrow | None = None
    renaming: Mapping[str, str] | None = None
    by: tuple[Induction, ...] = ()

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("induction" if self.by else "equal"),)

    @property
    def statement(self) -> str:
        assert self.other is not None
        return f"f = {self.other.label()}"

    def boundary(self, graph: Graph) -> None:
        assert self.other is not None
        other = self.other.graph()
        if other.dom != graph.dom or other.cod != graph.cod:
            end, got, want = ("input", other.dom, graph.dom)
            if got == want:
                end, got, want = ("output", other.cod, graph.cod)
            more, helps = messages._wires(got, want)
            more = [
                (label.replace("wire", end).replace("difference", f"the {end}"), text)
                for label, text in more
            ]
            raise self._unstatable(
                "the sides of the equation have different types",
                *(helps[:1] or ["an equation is between arrows from one space to one space"]),
                facts=[
                    ("this side", messages.boundary(graph)),
                    (f"`{self.other.label()}`", messages.boundary(other)),
                    *more[:1],
                ],
            )
        mine = graph.resources({d: 2 for d in graph.dims})
        for path, resource in other.resources({d: 2 for d in other.dims}).items():
            own = (self.renaming or {}).get(path, path)
            if own not in mine:
                raise self._unstatable(
                    f"the other side has the weight `{path}`, which this side lacks "
                    f"(it has {', '.join(mine) or 'none'})",
                    "name the weights alike, or pass renaming={other: this}",
                )
            if mine[own].space is not resource.space:
                raise self._unstatable(
                    f"`{path}` is {resource.space} on one side, {mine[own].space} here"
                )
        for one in self.by:
            self._runs(one.via, (graph, other))

    def _runs(self, via: Arrow | None, sides: Sequence[Graph]) -> None:
        """A map of states goes from the states of runs to those of one."""
        runs = {
            node.name: node.regions[-1].cod[-node.box.attrs.get("states", 0) :]
            for side in sides
            for _, node in side.walk()
            if isinstance(node.box, OperatorBox) and node.box.name in ("scan", "tree_fold")
        }
        if not runs:
            raise self._unstatable(
                "an induction goes along runs, and neither side has one",
                "leave `by` out",
                facts=[("sides", " and ".join(messages.boundary(one) for one in sides))],
            )
        if via is None or via.cod in runs.values():
            return
        if via.open and not any(one.atoms for one in messages.arrays(via, via.cod)):
            return  # it takes the types of the states
        facts = [(f"states of `{name}`", messages.side(types)) for name, types in runs.items()]
        raise self._unstatable(
            f"`{via.label()}` does not make the states of a run",
            "by=laws.induction(h), where h takes the states of some runs to those of one",
            facts=[("h", via.type_text()), *facts],
        )

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        assert self.other is not None
        other: Run = run.at(self.other.graph(), self.renaming or {})  # type: ignore[attr-defined]
        yield Instance(run(inputs), other(inputs), "", graph.cod)
        mine, theirs = getattr(run, "updates", {}), getattr(other, "updates", {})
        renamed = {(self.renaming or {}).get(path, path): v for path, v in theirs.items()}
        before = getattr(run, "resources", {})
        known = graph.resources(ctx.sizes)
        for path in sorted(set(mine) | set(renamed)):
            if path in known and (path in before or path in mine):
                left, right = (v.get(path, before.get(path)) for v in (mine, renamed))
                yield Instance([left], [right], f"the new `{path}`", (known[path].space,))

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """One side only reads its weights with 1 added."""
        broken: Run = run.perturbed()  # type: ignore[attr-defined]
        return broken


def equal(
    other: Arrow,
    renaming: Mapping[str, str] | None = None,
    name: str = "",
    by: Induction | Sequence[Induction] = (),
) -> Equal:
    """The architecture equals another arrow, for all inputs and all values of the shared weights.

    ``renaming`` maps weight names of ``other`` to those of the architecture; a name may be that of
    a part (``"block_2": "blocks.1"`` renames all weights of that block), or ``""`` for the whole.
    ``by`` says how a proof goes along the runs: ``laws.induction(h)``, or several in turn.
    """
    paths = _paths(other, renaming)
    title = name or f"equal[{other.label()}{_tied(other, paths or {})}]"
    lemmas = (by,) if isinstance(by, Induction) else tuple(by)
    named = tuple(
        Induction(one.via, _paths(one.via, one.renaming) if one.via is not None else None)
        for one in lemmas
    )
    return Equal(title, origin=here(), other=other, renaming=paths, by=named)


def _tied(arrow: Arrow, renaming: Mapping[str, str]) -> str:
    """Which weights of the other side a renaming makes one: the law says so in its name."""
    found: dict[str, list[str]] = {}
    graph = arrow.graph()
    for path in graph.resources({d: 2 for d in graph.dims}) if renaming else ():
        found.setdefault(renaming.get(path, path), []).append(path)
    groups = [" = ".join(names) for names in found.values() if len(names) > 1]
    return f" with {', '.join(groups)}" if groups else ""


def _paths(arrow: Arrow, renaming: Mapping[str, str] | None) -> dict[str, str] | None:
    """A renaming of weights and parts as one of weights; the longest part that fits counts."""
    if not renaming:
        return None
    graph = arrow.graph()
    full = {}
    for path in graph.resources({d: 2 for d in graph.dims}):
        parts = path.split(".")
        for count in range(len(parts), 0, -1):
            new = renaming.get(".".join(parts[:count]))
            if new is not None:
                full[path] = ".".join(filter(None, [new, *parts[count:]]))
                break
    return full


@dataclass(frozen=True, eq=False)
class Linear(Law):
    """f(a·x + y) = a·f(x) + f(y) in the named inputs together, the others fixed."""

    inputs: tuple[int | str, ...] = ()

    def numbers(self, graph: Graph) -> tuple[int, ...]:
        names = {graph.wire_name(w): i for i, w in enumerate(graph.inputs)}
        if not self.inputs:
            return tuple(range(len(graph.inputs)))
        return tuple(names[one] if isinstance(one, str) else one for one in self.inputs)

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("linear"),)

    @property
    def statement(self) -> str:
        return "f(a·x + y) = a·f(x) + f(y)"

    def boundary(self, graph: Graph) -> None:
        known = [graph.wire_name(w) for w in graph.inputs]
        for one in self.inputs:
            if isinstance(one, str) and one not in known:
                raise self._unstatable(
                    f"there is no input `{one}`",
                    declaring.other_argument(self.origin, one, known),
                    facts=[("inputs", ", ".join(known))],
                )
        for i in self.numbers(graph):
            if not 0 <= i < len(graph.dom):
                raise self._unstatable(
                    f"there is no input number {i}",
                    "inputs are counted from 0, or named: laws.linear('x')",
                    facts=[("inputs", ", ".join(known))],
                )
            if graph.dom[i].kind not in ("real", "complex"):
                raise self._unstatable(
                    f"the input `{known[i]}` is {graph.dom[i]}, which is no linear space",
                    "name the inputs that are: laws.linear(…)",
                )

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        algebra, chosen = ctx.algebra, self.numbers(graph)
        other = [
            algebra.random(ctx.shape(t), rng, t.kind, 0) if i in chosen else v
            for i, (v, t) in enumerate(zip(inputs, graph.dom, strict=True))
        ]
        scale = algebra.constant(3)
        both = [
            algebra.add(algebra.mul(v, scale), o) if i in chosen else v
            for i, (v, o) in enumerate(zip(inputs, other, strict=True))
        ]
        left = run(both)
        right = [
            algebra.add(algebra.mul(a, scale), b)
            for a, b in zip(run(inputs), run(other), strict=True)
        ]

        def relate(values: Values, type_: Any) -> tuple[Any, Any] | None:
            combined, one, two = values
            fixed = algebra.equal_arrays(combined, one) and algebra.equal_arrays(one, two)
            if fixed or type_.kind not in ("real", "complex"):
                return None
            return combined, algebra.add(algebra.mul(one, scale), two)

        yield Instance(left, right, "a = 3, y random", graph.cod, relate)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        def broken(inputs: Values) -> Values:
            chosen = self.numbers(graph)
            return run([ctx.algebra.mul(v, v) if i in chosen else v for i, v in enumerate(inputs)])

        return broken


def linear(*inputs: int | str) -> Linear:
    """The arrow is linear in these inputs (by name or number; default: all), the others fixed."""
    title = f"linear[{', '.join(map(str, inputs))}]" if inputs else "linear"
    return Linear(title, origin=here(), inputs=inputs)


@dataclass(frozen=True, eq=False)
class Degree(Law):
    """f(t·x) is a polynomial in t of degree exactly d: its differences of order d + 1 vanish."""

    degree: int = 1

    @property
    def statement(self) -> str:
        return f"f(t·x) is a polynomial of degree {self.degree} in t"

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The degree is at most d; that it is reached is shown by one point."""
        return (Requirement("degree", value=self.degree),)

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        from math import comb

        algebra, d = ctx.algebra, self.degree
        rows = [
            run(
                [
                    algebra.mul(v, algebra.constant(t)) if type_.kind in ("real", "complex") else v
                    for v, type_ in zip(inputs, graph.dom, strict=True)
                ]
            )
            for t in range(-1, d + 1)  # both signs: |t·x| is no polynomial in t
        ]
        for order in (d + 1, d):
            total = [algebra.zeros(algebra.shape(v)) for v in rows[0]]
            for k in range(order + 1):
                weight = algebra.constant((-1) ** (order - k) * comb(order, k))
                total = [
                    algebra.add(s, algebra.mul(v, weight))
                    for s, v in zip(total, rows[k], strict=True)
                ]
            zero = [algebra.zeros(algebra.shape(v)) for v in total]
            if order == d + 1:
                yield Instance(total, zero, f"difference of order {order}", graph.cod)
            else:
                # zero next to the largest row, because floats leave the noise of the cancellation
                last = rows[-1]
                found = [
                    algebra.zeros(())
                    if algebra.equal_arrays(algebra.add(v, top), top)
                    else algebra.ones(())
                    for v, top in zip(total, last, strict=True)
                ]
                one = [algebra.ones(()) for _ in total]
                at = f"difference of order {d}, which is not to vanish"
                yield Instance(found, one, at, graph.cod, generic=True)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        def broken(inputs: Values) -> Values:
            return [ctx.algebra.mul(v, v) for v in run(inputs)]

        return broken


def degree(d: int) -> Degree:
    """Every output is a polynomial of the inputs of degree exactly ``d``."""
    if isinstance(d, bool) or not isinstance(d, int) or d < 0:
        raise SpecError(
            "CM041",
            f"`degree` of {d}",
            facts=[("needed", "a whole number, 0 or more")],
            help=["the degree of a product is the sum of the degrees of its factors"],
        )
    return Degree(f"degree[{d}]", origin=here(), degree=d)
