"""Arrows: the terms of the language.

Definition.  An arrow goes from a list of wires to a list of wires.  ``f >> g`` composes, ``f @ g``
is the product, ``copy``, ``discard``, ``swap`` and ``identity`` are the structural wires.  An
arrow made of polymorphic operations only is *open*: its type is the least one, and it takes any
larger one where it is used.

Laws.  Composition is associative with units, the product is functorial; both are strict (graphs
of equal composites are equal).  Composing never shares weights: the parameters of ``f >> f`` are
those of ``f``, twice.

>>> from categorical import Dim, Real, op
>>> n, c, h, k = Dim.named("n c h k")
>>> net = op.linear(c, h) >> op.relu >> op.mean(n) >> op.linear(h, k)
>>> net
(linear >> relu >> mean >> linear): Real[n, c] → Real[k]

Widths that do not meet have no composite:

>>> f, g = op.linear(c, h), op.linear(k, c)
>>> f >> g
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: `f` does not compose with `g`
...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar, cast

from categorical import messages
from categorical.calls import call
from categorical.errors import SpecError
from categorical.graph import Builder, Graph
from categorical.index import Axis
from categorical.origin import Origin
from categorical.records import Op
from categorical.spaces import Space, space

Types = tuple[Space, ...]
T = TypeVar("T")


class Arrow:
    """A typed arrow; ``dom`` and ``cod`` are tuples of wires."""

    __slots__ = ("__weakref__", "_graph", "cod", "dom", "open")
    dom: Types
    cod: Types
    open: bool
    arity_varies: ClassVar[bool] = False

    def __init__(self, dom: Types, cod: Types, open: bool = False) -> None:
        self.dom, self.cod, self.open = dom, cod, open
        self._graph: Graph | None = None

    # --- composing -------------------------------------------------------------------------

    def __rshift__(self, other: Arrow) -> Arrow:
        if isinstance(other, Arrow) and self.cod == other.dom and (other.dom or not other.open):
            return Seq(self, other, self.dom, other.cod, self.open)
        from categorical.composing import compose

        return compose(self, other)

    def __matmul__(self, other: Arrow) -> Arrow:
        if not isinstance(other, Arrow):
            raise messages.not_an_arrow(other)
        return Par(self, other)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Apply to wires inside an ``@arrow`` function."""
        from categorical.tracing import apply

        if named:
            raise messages.named_arguments(self, named)
        return apply(self, args)

    def at(self, *types: object) -> Arrow:
        """The arrow at a larger type (an open arrow), or itself at its own type."""
        wires = tuple(w for t in types for w in space(t).wires)
        return self.retype(wires)

    def retype(self, types: Types) -> Arrow:
        """As ``at``, for a tuple of wires."""
        if types == self.dom:
            return self
        if not self.open:
            raise messages.does_not_fit(self, types)
        return self._at(types, codomain_at(self, types))

    def _at(self, dom: Types, cod: Types) -> Arrow:
        raise NotImplementedError  # each open class says how it is copied

    # --- parts that differ from leaf to leaf -----------------------------------------------------

    def codomain(self, types: Types) -> Types:
        """The types that a leaf gives at input types."""
        return self.retype(types).cod if types != self.dom else self.cod

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        """Add a leaf to a graph."""
        raise NotImplementedError(type(self).__name__)

    # --- views ---------------------------------------------------------------------------------

    def graph(self) -> Graph:
        """The arrow as a graph."""
        if self._graph is None:
            self._graph = flatten(self)
        return self._graph

    def named(self, name: str) -> Arrow:
        """The arrow as a named sub-architecture: a box of its own in the drawing and the code."""
        return Named(name, self)

    def over(self, *axes: Axis | Any) -> Arrow:
        """The arrow applied at every index of further axes (in front): the batch lift."""
        from categorical.functors import over

        return over(self, *axes)

    @property
    def parameters(self) -> dict[str, Space]:
        """The names and spaces of all weights."""
        return {k: r.space for k, r in self.graph().resources().items() if r.role == "weight"}

    def label(self) -> str:
        """What messages call the arrow."""
        return type(self).__name__.lower()

    def type_text(self) -> str:
        def side(wires: Types) -> str:
            return " × ".join(map(str, wires)) or "One"

        return f"{side(self.dom)} → {side(self.cod)}"

    def __repr__(self) -> str:
        return f"{self.label()}: {self.type_text()}"

    def _repr_svg_(self) -> str:
        from categorical.face.notebook import picture

        return picture(self)

    def __class_getitem__(cls, item: object) -> object:
        from categorical.typecheck import annotation

        return annotation(item)


class OpArrow(Arrow):
    """One operation, polymorphic over further axes."""

    __slots__ = ("name", "op")

    def __init__(
        self, op: Op, name: str = "", dom: Types | None = None, cod: Types | None = None
    ) -> None:
        self.op, self.name = op, name
        if dom is None or cod is None:
            least = op.generator.least(op)
            dom = least if least is not None else ()
            cod = op.box(least).cod if least is not None else ()
        super().__init__(dom, cod, True)

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return OpArrow(self.op, self.name, dom, cod)

    def codomain(self, types: Types) -> Types:
        return self.op.box(messages.arrays(self, types)).cod

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        return builder.apply(self.op, ins, self.name, origin)

    def label(self) -> str:
        return self.name or self.op.name


_nesting = 0


def brief(part: Arrow) -> str:
    """The label of a part of an arrow; ``…`` eight levels down."""
    global _nesting
    if _nesting >= 8:
        return "…"
    _nesting += 1
    try:
        return part.label()
    finally:
        _nesting -= 1


class Seq(Arrow):
    """A composite; its parts keep their least types, the boundary is what counts."""

    __slots__ = ("first", "second")

    def __init__(self, first: Arrow, second: Arrow, dom: Types, cod: Types, open: bool) -> None:
        self.first, self.second = first, second
        self.dom, self.cod, self.open, self._graph = dom, cod, open, None

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Seq(self.first, self.second, dom, cod, True)

    def label(self) -> str:
        names: list[str] = []
        pending: list[Arrow] = [self]
        while pending and len(names) < 8:
            one = pending.pop()
            if type(one) is Seq:
                pending += (one.second, one.first)
            else:
                names.append(brief(one))
        return "(" + " >> ".join(names) + (" >> …" if pending else "") + ")"


class Par(Arrow):
    """A product of arrows."""

    __slots__ = ("left", "right")

    def __init__(
        self, left: Arrow, right: Arrow, dom: Types | None = None, cod: Types | None = None
    ) -> None:
        self.left, self.right = left, right
        super().__init__(
            left.dom + right.dom if dom is None else dom,
            left.cod + right.cod if cod is None else cod,
            left.open or right.open,
        )

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Par(self.left, self.right, dom, cod)

    def label(self) -> str:
        return (
            "(… @ …)"
            if isinstance(self.left, Par)
            else f"({brief(self.left)} @ {brief(self.right)})"
        )


class Wiring(Arrow):
    """Identity, copy, discard and swap: output ``i`` is input ``mapping[i]``."""

    __slots__ = ("mapping", "title")

    def __init__(
        self, dom: Types, mapping: tuple[int, ...], title: str, open: bool = False
    ) -> None:
        self.mapping, self.title = mapping, title
        super().__init__(dom, tuple(dom[i] for i in mapping), open)

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Wiring(dom, self.mapping, self.title, True)

    def label(self) -> str:
        return self.title


class Traced(Arrow):
    """An arrow written as a function: it has a graph of its own and is a named box when used."""

    __slots__ = ("body", "inline", "origin")

    def __init__(self, body: Graph, inline: bool, origin: Origin | None) -> None:
        self.body, self.inline, self.origin = body, inline, origin
        super().__init__(body.dom, body.cod)
        self._graph = body

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        if self.inline:
            name = builder.unique(self.body.name)
            return builder.splice(self.body, ins, f"{name}.")
        return call(builder, self.body, ins, builder.unique(self.body.name), origin)

    def label(self) -> str:
        return self.body.name


class Named(Arrow):
    """A named sub-architecture."""

    __slots__ = ("body", "name")

    def __init__(self, name: str, body: Arrow) -> None:
        messages.check_name(name, "a sub-architecture")
        self.name, self.body = name, body
        super().__init__(body.dom, body.cod, body.open)

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Named(self.name, self.body.retype(dom))

    def codomain(self, types: Types) -> Types:
        return self.body.retype(types).cod

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        types = tuple(builder.graph.types[w] for w in ins)
        return call(builder, self.region(types), ins, builder.unique(self.name), origin)

    def region(self, types: Types) -> Graph:
        """The body as a graph of that name."""
        graph = self.body.retype(types).graph()
        return graph if graph.name == self.name else replace(graph, name=self.name)

    def graph(self) -> Graph:
        return self.region(self.dom)

    def label(self) -> str:
        return self.name


class Transformed(Arrow):
    """An arrow whose graph is computed from that of another one (tying, iterating, lifting)."""

    __slots__ = ("_regions", "body", "make", "title")

    def __init__(
        self,
        body: Arrow,
        make: Callable[[Types], Graph],
        title: str,
        dom: Types,
        open: bool,
        regions: dict[Types, Graph] | None = None,
    ) -> None:
        self.body, self.make, self.title = body, make, title
        self._regions = {} if regions is None else regions  # one graph for each domain, made once
        super().__init__(dom, self.region(dom).cod, open)

    def _at(self, dom: Types, cod: Types) -> Arrow:
        return Transformed(self.body, self.make, self.title, dom, self.open, self._regions)

    def region(self, types: Types) -> Graph:
        found = self._regions.get(types)
        if found is None:
            found = self._regions[types] = self.make(types)
        return found

    def graph(self) -> Graph:
        return self.region(self.dom)

    def codomain(self, types: Types) -> Types:
        return self.region(types).cod

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        types = tuple(builder.graph.types[w] for w in ins)
        graph = self.region(types)
        if graph.name:
            return call(builder, graph, ins, builder.unique(graph.name), origin)
        prefix = (
            ""
            if all(r.name not in builder.taken for r in graph.sources.values())
            else (builder.unique(self.title) + ".")
        )
        return builder.splice(graph, ins, prefix, fresh=True)

    def label(self) -> str:
        return self.title


class _Right:
    __slots__ = ("arrow", "ins")

    def __init__(self, arrow: Arrow, ins: tuple[Any, ...]) -> None:
        self.arrow, self.ins = arrow, ins


class _Join:
    __slots__ = ("outs",)

    def __init__(self, outs: tuple[Any, ...]) -> None:
        self.outs = outs


def execute(
    arrow: Arrow,
    ins: tuple[T, ...],
    leaf: Callable[[Arrow, tuple[T, ...]], tuple[T, ...]],
    types: bool = False,
) -> tuple[T, ...]:
    """Run a term on any kind of wires (numbers, types): the one traversal, without recursion.

    With ``types`` the wires are types, and a term at its own domain gives its codomain at once.
    """
    current: tuple[T, ...] = ins
    tasks: list[Arrow | _Right | _Join] = [arrow]
    while tasks:
        task = tasks.pop()
        if types and isinstance(task, (Seq, Par)) and task.dom and current == task.dom:
            current = cast("tuple[T, ...]", task.cod)
        elif isinstance(task, Seq):
            tasks += (task.second, task.first)
        elif isinstance(task, Par):
            count = len(task.left.dom)
            tasks += (_Right(task.right, current[count:]), task.left)
            current = current[:count]
        elif isinstance(task, _Right):
            tasks += (_Join(current), task.arrow)
            current = task.ins
        elif isinstance(task, _Join):
            current = task.outs + current
        elif isinstance(task, Wiring):
            current = tuple(current[i] for i in task.mapping)
        else:
            current = leaf(task, current)
    return current


def codomain_at(arrow: Arrow, types: Types) -> Types:
    """What an arrow gives at input types; a term at its own types is not entered again."""
    return execute(arrow, types, lambda leaf, wires: leaf.codomain(wires), True)


def flatten(arrow: Arrow) -> Graph:
    """The graph of an arrow, in one linear pass."""
    builder = Builder()
    names = ["x"] if len(arrow.dom) == 1 else [f"x{i + 1}" for i in range(len(arrow.dom))]
    ins = tuple(
        builder.input(one, builder.unique(name))
        for one, name in zip(messages.arrays(arrow, arrow.dom), names, strict=True)
    )
    outs = execute(arrow, ins, lambda leaf, wires: leaf.emit(builder, wires, None))
    return builder.finish(outs)


# --- structural arrows ---------------------------------------------------------------------------


def identity(*types: object) -> Arrow:
    """The identity on wires."""
    wires = tuple(w for t in types for w in space(t).wires)
    return Wiring(wires, tuple(range(len(wires))), "identity")


def copy(type_: object, times: int = 2) -> Arrow:
    """The diagonal: every wire of a space, ``times`` times."""
    wires = space(type_).wires
    if type(times) is not int or times < 0:
        raise SpecError(
            "CM042",
            f"a copy is made a whole number of times, not {times!r}",
            help=["copy(X) is two of them; copy(X, 3) three; copy(X, 0) none"],
        )
    return Wiring(wires, tuple(range(len(wires))) * times, "copy")


def discard(type_: object) -> Arrow:
    """The arrow to the unit."""
    return Wiring(space(type_).wires, (), "discard")


def swap(left: object, right: object) -> Arrow:
    """The symmetry."""
    a, b = space(left).wires, space(right).wires
    order = (*range(len(a), len(a) + len(b)), *range(len(a)))
    return Wiring(a + b, tuple(order), "swap")


def sequence(arrows: Sequence[Arrow]) -> Arrow:
    """The composite of a non-empty list."""
    given = list(arrows) if isinstance(arrows, (list, tuple)) else []
    if not given:
        raise messages.not_an_arrow(arrows)
    result = given[0] if isinstance(given[0], Arrow) else identity() >> given[0]
    for one in given[1:]:
        result = result >> one
    return result
