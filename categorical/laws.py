"""Laws as data: what an architecture must satisfy.

Definition.  A law claims an equation between arrows with one boundary, a bound, or a count; it is
quantified over inputs, parameters, group elements and sizes.  Provers, the exact checker and the
tester all read the one object: ``requires`` is the structural condition that implies it, ``sides``
gives both sides of the equation at concrete inputs, ``sabotage`` breaks the architecture on purpose.

>>> from categorical import Dim, Real, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = invariant(under=Symmetric(n))
>>> law.name, [(r.rule, r.dims, r.kind) for r in law.requires]
('invariant[Symmetric(n)]', [('natural', ('n',), 'bijection')])
>>> law.boundary((op.relu >> op.mean(n)).at(Real[n, c]).graph())

A law that cannot be stated on the boundary is an error, not a failed test:

>>> law.boundary(op.relu.at(Real[c]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `invariant[Symmetric(n)]` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from categorical import messages
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.groups import Element, Group, act
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.origin import Origin, here
from categorical.records import EVAL, TRAIN, Context
from categorical.sizes import Size

Values = list[Any]
Run = Callable[[Values], Values]
L = TypeVar("L", bound="Law")


@dataclass(frozen=True)
class Requirement:
    """A structural condition: a prover's ``rule`` with its arguments."""

    rule: str
    dims: tuple[str, ...] = ()
    kind: str = ""
    inputs: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    strict: bool = False
    value: float | None = None
    axis: Axis | None = None


@dataclass(frozen=True)
class Instance:
    """Both sides of an equation at one input; ``element`` prints the group element used.

    ``relate(values, type)`` gives the two sides on any inner wire, from its values in the runs made
    so far, or None where the law says nothing of that wire: so the first difference is found.
    ``generic`` sides need only agree at generic points (a degree that is reached).
    """

    left: Values
    right: Values
    element: str
    types: tuple[Any, ...]
    relate: Callable[[Values, Any], tuple[Any, Any] | None] | None = None
    generic: bool = False


@dataclass(frozen=True, eq=False)
class Law:
    """A claim about one architecture; see the module.

    ``expected`` is true for a refutation that the spec declares on purpose (``.fails()``).
    ``modes`` are the modes in which it is claimed.
    """

    name: str
    modes: tuple[str, ...] = (EVAL, TRAIN)
    expected: bool = False
    origin: Origin | None = None

    def fails(self: L, why: str = "") -> L:
        """The law is expected to be refuted; a pass is then the failure."""
        return replace(self, expected=True)

    def in_mode(self: L, mode: str) -> L:
        """The law claimed in train or in eval mode only."""
        return replace(self, modes=(mode,))

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """Structural conditions that imply the law for all sizes (empty: none is known)."""
        return ()

    @property
    def statement(self) -> str:
        """The law as an equation."""
        return self.name

    def boundary(self, graph: Graph) -> None:
        """CM021 where the law cannot be stated on the boundary of a graph."""

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        """Both sides at these inputs, one instance for each generator; ``run`` has fixed weights."""
        raise NotImplementedError

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """A broken copy of the architecture: a check that passes it too cannot fail."""
        return position_dependent(ctx, run, graph, None)

    def _unstatable(self, reason: str, *help: str) -> SpecError:
        if self.origin is None:
            return SpecError("CM021", f"`{self.name}` cannot be stated here", facts=[("reason", reason)])
        return SpecError(
            "CM021",
            f"`{self.name}` cannot be stated here",
            facts=[("reason", reason)],
            help=list(help),
            origin=self.origin,
        )

    def __repr__(self) -> str:
        return self.name


def position_dependent(ctx: Context, run: Run, graph: Graph, dims: Sequence[str] | None) -> Run:
    """The architecture after weighting its real inputs by position along the dims (all, if None)."""

    def broken(inputs: Values) -> Values:
        changed = []
        for value, type_ in zip(inputs, graph.dom, strict=True):
            for place, one in enumerate(type_.axes):
                if dims is None or any(d.name in dims for d in one.index.atoms):
                    value = _weighted(ctx, value, type_, place)
            if type_.values is not None and any(d.name in (dims or ()) for d in type_.values.atoms):
                value = value // 2
            changed.append(value)
        return run(changed)

    return broken


def _weighted(ctx: Context, value: Any, type_: Any, place: int) -> Any:
    """A value that tells the indices of an axis apart: weighted by position, or another at 0."""
    shape = [-1 if i == place else 1 for i in range(len(type_.axes))]
    position = np.arange(ctx.size(type_.axes[place])).reshape(shape)
    if type_.kind == "bool":
        return np.logical_xor(value, position == 0)
    if type_.kind == "fin":
        return np.where(position == 0, (value + 1) % ctx.size(type_.values), value)
    return ctx.algebra.mul(value, ctx.algebra.constant(position + 1))


# --- symmetry ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Equivariant(Law):
    """f(g · x) = g · f(x) for every g (``invariant``: g acts trivially on the outputs)."""

    group: Group | None = None
    trivially: bool = False

    @property
    def requires(self) -> tuple[Requirement, ...]:
        assert self.group is not None
        return tuple(
            Requirement("natural", tuple(d.name for d in part.dims), part.kind)
            for part in self.group.factors()
        )

    @property
    def statement(self) -> str:
        return "f(g·x) = f(x)" if self.trivially else "f(g·x) = g·f(x)"

    def boundary(self, graph: Graph) -> None:
        assert self.group is not None
        for dim in self.group.dims:
            if not any(dim in one.atoms for one in graph.dom):
                raise self._unstatable(
                    f"no input has the dim `{dim}`: the boundary is "
                    f"{messages.side(graph.dom)} → {messages.side(graph.cod)}"
                )
            acted = [one for one in graph.cod if dim in one.atoms]
            if self.trivially and acted:
                raise self._unstatable(
                    f"the output {acted[0]} has the dim `{dim}`", "claim laws.equivariant instead"
                )
            if not self.trivially and not acted:
                raise self._unstatable(f"no output has the dim `{dim}`", "claim laws.invariant instead")

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        assert self.group is not None
        before = run(inputs)
        for element in self.group.generators(ctx):
            moved = [act(ctx, element, v, t) for v, t in zip(inputs, graph.dom, strict=True)]
            # noise is moved along: its distribution is the same
            left = run.moved(element)(moved) if hasattr(run, "moved") else run(moved)
            right = [act(ctx, element, v, t) for v, t in zip(before, graph.cod, strict=True)]

            def relate(values: Values, type_: Any, by: Element = element) -> tuple[Any, Any]:
                return values[-1], act(ctx, by, values[0], type_)

            yield Instance(left, right, repr(element), graph.cod, relate)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        assert self.group is not None
        if any(part.kind in ("negation", "orthogonal") for part in self.group.factors()):
            return _shifted(ctx, run, graph)
        return position_dependent(ctx, run, graph, [d.name for d in self.group.dims])


def _shifted(ctx: Context, run: Run, graph: Graph) -> Run:
    """The architecture after adding 1 to its real inputs: no linear action survives that."""

    def broken(inputs: Values) -> Values:
        return run(
            [
                ctx.algebra.add(v, ctx.algebra.ones(ctx.algebra.shape(v))) if t.kind == "real" else v
                for v, t in zip(inputs, graph.dom, strict=True)
            ]
        )

    return broken


def equivariant(under: Group) -> Equivariant:
    """``f(g·x) = g·f(x)`` for all g of a group that acts on dims of inputs and outputs."""
    return Equivariant(f"equivariant[{under}]", origin=here(), group=under)


def invariant(under: Group) -> Equivariant:
    """``f(g·x) = f(x)`` for all g of a group that acts on dims of the inputs."""
    return Equivariant(f"invariant[{under}]", origin=here(), group=under, trivially=True)


# --- causality and independence of samples -----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Restricted(Law):
    """Naturality for restriction: to a prefix (``causal``) or to any sample (``per_sample``)."""

    dim: Dim | None = None
    prefix: bool = True

    @property
    def requires(self) -> tuple[Requirement, ...]:
        assert self.dim is not None
        if self.prefix:
            return (Requirement("causal", (self.dim.name,)),)
        return (Requirement("natural", (self.dim.name,), "function"),)

    @property
    def statement(self) -> str:
        return "f(x)[≤t] = f(x[≤t])" if self.prefix else "f(x)[i] = f(x[i])"

    def boundary(self, graph: Graph) -> None:
        assert self.dim is not None
        for side_, types in (("input", graph.dom), ("output", graph.cod)):
            if not any(a.index is self.dim for one in types for a in one.axes):
                raise self._unstatable(f"no {side_} has an axis over `{self.dim}`")

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        """Change the inputs outside the part that is kept; the outputs inside must not change."""
        assert self.dim is not None
        n = ctx.size(self.dim)
        before = run(inputs)
        for t in range(n - 1 if self.prefix else n):
            keep = np.arange(n) <= t if self.prefix else np.arange(n) == t
            changed = [
                self._replace(ctx, v, type_, keep, rng)
                for v, type_ in zip(inputs, graph.dom, strict=True)
            ]
            after = run(changed)
            where = f"{self.dim} ≤ {t}" if self.prefix else f"{self.dim} = {t}"

            def relate(values: Values, type_: Any, inside: Any = keep) -> tuple[Any, Any]:
                left, right = (self._restrict(ctx, v, type_, inside) for v in (values[-1], values[0]))
                return left, right

            yield Instance(
                [self._restrict(ctx, v, o, keep) for v, o in zip(after, graph.cod, strict=True)],
                [self._restrict(ctx, v, o, keep) for v, o in zip(before, graph.cod, strict=True)],
                f"inputs changed outside {where}",
                graph.cod,
                relate,
            )

    def _places(self, type_: Any) -> list[int]:
        return [i for i, a in enumerate(type_.axes) if a.index is self.dim]

    def _replace(self, ctx: Context, value: Any, type_: Any, keep: Any, rng: Any) -> Any:
        places = self._places(type_)
        if not places:
            return value
        values = ctx.size(type_.values) if type_.values is not None else 0
        other = ctx.algebra.random(ctx.shape(type_), rng, type_.kind, values)
        inside = np.ones(ctx.shape(type_), dtype=bool)
        for place in places:
            inside &= keep.reshape([-1 if i == place else 1 for i in range(len(type_.axes))])
        if isinstance(value, np.ndarray) and type_.kind in ("bool", "fin"):
            return np.where(inside, value, other)
        return ctx.algebra.where(inside, value, other)

    def _restrict(self, ctx: Context, value: Any, type_: Any, keep: Any) -> Any:
        for place in self._places(type_):
            index = np.nonzero(keep)[0]
            if isinstance(value, np.ndarray):
                value = np.take(value, index, axis=place)
            else:
                value = ctx.algebra.structural(value, lambda a, p=place: np.take(a, index, axis=p))
        return value

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """Mix the positions: real entries get the sum along the dim added, others are reversed."""
        assert self.dim is not None

        def broken(inputs: Values) -> Values:
            changed = []
            for value, type_ in zip(inputs, graph.dom, strict=True):
                places = self._places(type_)
                if type_.kind == "real" and places:
                    total = ctx.algebra.sum(value, places)
                    shape = [1 if i in places else s for i, s in enumerate(ctx.shape(type_))]
                    spread = ctx.algebra.structural(
                        total, lambda a, s=shape, t=type_: np.broadcast_to(a.reshape(s), ctx.shape(t))
                    )
                    value = ctx.algebra.add(value, spread)
                for place in places if type_.kind in ("bool", "fin") else ():
                    value = np.flip(value, place)
                changed.append(value)
            return run(changed)

        return broken


def causal(over: Dim) -> Restricted:
    """The output at position t depends on the inputs up to t only."""
    return Restricted(f"causal[{over}]", origin=here(), dim=over)


def per_sample(over: Dim) -> Restricted:
    """The output of a sample depends on that sample only; say the mode with ``.in_mode``."""
    return Restricted(f"per_sample[{over}]", origin=here(), dim=over, prefix=False)


# --- equations -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Equal(Law):
    """f(x) = h(x) for another arrow h on the same boundary; weights of one name are one weight."""

    other: Arrow | None = None
    renaming: Mapping[str, str] | None = None

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("equal"),)

    @property
    def statement(self) -> str:
        assert self.other is not None
        return f"f = {self.other.label()}"

    def boundary(self, graph: Graph) -> None:
        assert self.other is not None
        other = self.other.graph()
        if other.dom != graph.dom or other.cod != graph.cod:
            raise self._unstatable(
                f"the sides have different types: {messages.side(graph.dom)} → {messages.side(graph.cod)}"
                f" and {messages.side(other.dom)} → {messages.side(other.cod)}"
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
                raise self._unstatable(f"`{path}` is {resource.space} on one side, {mine[own].space} here")

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        assert self.other is not None
        other: Run = run.at(self.other.graph(), self.renaming or {})  # type: ignore[attr-defined]
        yield Instance(run(inputs), other(inputs), "", graph.cod)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """One side only reads its weights with 1 added."""
        broken: Run = run.perturbed()  # type: ignore[attr-defined]
        return broken


def equal(other: Arrow, renaming: Mapping[str, str] | None = None, name: str = "") -> Equal:
    """The architecture equals another arrow, for all inputs and all values of the shared weights.

    ``renaming`` maps weight names of ``other`` to those of the architecture; a name may be that of
    a part (``"block_2": "blocks.1"`` renames all weights of that block), or ``""`` for the whole.
    """
    title = name or f"equal[{other.label()}]"
    return Equal(title, origin=here(), other=other, renaming=_paths(other, renaming))


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
                raise self._unstatable(f"there is no input `{one}` (inputs: {', '.join(known)})")
        for i in self.numbers(graph):
            if graph.dom[i].kind not in ("real", "complex"):
                raise self._unstatable(f"the input {graph.dom[i]} is no linear space")

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
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
            algebra.add(algebra.mul(a, scale), b) for a, b in zip(run(inputs), run(other), strict=True)
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
        return ()

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        from math import comb

        algebra, d = ctx.algebra, self.degree
        rows = [
            run(
                [
                    algebra.mul(v, algebra.constant(t)) if type_.kind in ("real", "complex") else v
                    for v, type_ in zip(inputs, graph.dom, strict=True)
                ]
            )
            for t in range(1, d + 3)
        ]
        for order in (d + 1, d):
            total = [algebra.zeros(algebra.shape(v)) for v in rows[0]]
            for k in range(order + 1):
                weight = algebra.constant((-1) ** (order - k) * comb(order, k))
                total = [
                    algebra.add(s, algebra.mul(v, weight)) for s, v in zip(total, rows[k], strict=True)
                ]
            zero = [algebra.zeros(algebra.shape(v)) for v in total]
            if order == d + 1:
                yield Instance(total, zero, f"difference of order {order}", graph.cod)
            else:
                # zero next to the largest row, because floats leave the noise of the cancellation
                last = rows[-1]
                reached = [
                    v
                    for v, top in zip(total, last, strict=True)
                    if not algebra.equal_arrays(algebra.add(v, top), top)
                ]
                one = [algebra.ones(()) for _ in total[:1]]
                none = [algebra.ones(()) if reached else algebra.zeros(()) for _ in total[:1]]
                at = f"difference of order {d}, which is not to vanish"
                yield Instance(none, one, at, graph.cod[:1], generic=True)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        def broken(inputs: Values) -> Values:
            return [ctx.algebra.mul(v, v) for v in run(inputs)]

        return broken


def degree(d: int) -> Degree:
    """Every output is a polynomial of the inputs of degree exactly ``d``."""
    return Degree(f"degree[{d}]", origin=here(), degree=d)


# --- bounds, sums, counts -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Bounded(Law):
    """Every output entry lies between two numbers (strictly, if ``strict``)."""

    low: float | None = None
    high: float | None = None
    strict: bool = False

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("bounded", low=self.low, high=self.high, strict=self.strict),)

    @property
    def statement(self) -> str:
        sign = "<" if self.strict else "≤"
        low = f"{self.low} {sign} " if self.low is not None else ""
        return f"{low}f(x){f' {sign} {self.high}' if self.high is not None else ''}"

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        """f(x) and f(x) cut off at the bounds; whether a bound is attained is not decided here."""
        algebra = ctx.algebra
        left = run(inputs)
        right = []
        for value in left:
            if self.low is not None:
                value = algebra.maximum(value, algebra.constant(self.low))
            if self.high is not None:
                value = algebra.minimum(value, algebra.constant(self.high))
            right.append(value)
        yield Instance(left, right, "", graph.cod)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """The outputs moved by more than the width of the bounds."""
        low, high = self.low or 0.0, self.high or 0.0
        away = abs(low) + abs(high) + 1
        step = ctx.algebra.constant(away if self.high is not None else -away)

        def broken(inputs: Values) -> Values:
            return [ctx.algebra.add(v, step) for v in run(inputs)]

        return broken


def bounded(low: float | None = None, high: float | None = None, strict: bool = False) -> Bounded:
    """A bound on every output entry, by interval evaluation (or sampled, then TESTED)."""
    edges = "()" if strict else "[]"
    title = f"bounded{edges[0]}{low}, {high}{edges[1]}"
    return Bounded(title, origin=here(), low=low, high=high, strict=strict)


@dataclass(frozen=True, eq=False)
class SumsTo(Law):
    """The outputs sum to a number along an axis."""

    axis: Axis | None = None
    value: float = 1

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("sums_to", axis=self.axis, value=self.value),)

    @property
    def statement(self) -> str:
        return f"Σ_{self.axis} f(x) = {self.value}"

    def boundary(self, graph: Graph) -> None:
        for one in graph.cod:
            if self.axis not in one.axes:
                raise self._unstatable(f"the output {one} has no axis `{self.axis}`")

    def sides(self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any) -> Iterator[Instance]:
        assert self.axis is not None
        left, right = [], []
        for v, t in zip(run(inputs), graph.cod, strict=True):
            total = ctx.algebra.sum(v, (t.position(self.axis),))
            left.append(total)
            right.append(
                ctx.algebra.mul(
                    ctx.algebra.ones(ctx.algebra.shape(total)), ctx.algebra.constant(self.value)
                )
            )
        types = tuple(t.with_axes(tuple(a for a in t.axes if a is not self.axis)) for t in graph.cod)
        yield Instance(left, right, "", types)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        def broken(inputs: Values) -> Values:
            return [ctx.algebra.add(v, ctx.algebra.ones(ctx.algebra.shape(v))) for v in run(inputs)]

        return broken


def sums_to(value: float, over: IndexSet | Axis) -> SumsTo:
    """The outputs sum to ``value`` along an axis."""
    return SumsTo(f"sums_to[{value}, {over}]", origin=here(), axis=axis(over), value=value)


@dataclass(frozen=True, eq=False)
class Count(Law):
    """The number of trained weights, as a polynomial in the sizes."""

    count: Size | None = None

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("count"),)

    @property
    def statement(self) -> str:
        return f"|weights| = {self.count}"


def parameters(count: Size | IndexSet | int) -> Count:
    """The architecture has exactly this many trained weights (a size such as ``c*h + h``)."""
    size = count.size if isinstance(count, IndexSet) else Size.of(count)
    return Count(f"parameters[{size}]", origin=here(), count=size)


def describe(element: Element) -> str:
    """A group element as Python text."""
    return element.text
