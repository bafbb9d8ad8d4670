"""Change of group: every solved layer of an architecture solved again, all else kept.

Definition.  ``change_group(f, to=G)`` is a functor on whole architectures.  It sends ``hom`` and
``steerable_conv`` boxes to the boxes with all maps between the same types under G, and every other
box to itself; laws about the old group are stated for the new one.

Laws.  It preserves composition and types.  Fewer symmetries allow more maps: a subgroup keeps all
maps that there were.  It is refused where another box does not commute with the new group.

>>> from categorical import Dim, Real, op
>>> from categorical.groups import Symmetric, cyclic
>>> from categorical.groups.actions import Acting
>>> from synthesis.layers import natural
>>> n, c, k = Dim("n", size=4), Dim("c"), Dim("k")
>>> sets = natural(Real[n], Real[n], under=Symmetric(n)).layer(c, k) >> op.relu
>>> turns = Acting(cyclic(4), {n: cyclic(4).standard()})
>>> changed = change_group(sets, to=turns)
>>> print(changed)
hom  2 maps → 4
>>> changed.result
changed((hom >> relu)): Real[n, c] → Real[n, k]

A box that does not commute with a larger group is named:

>>> rolled = natural(Real[n], Real[n], under=turns).layer(c, k) >> op.roll(n, 1)
>>> change_group(rolled, to=Symmetric(n))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: `roll` does not commute with Symmetric(n)
...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from categorical import laws as stated
from categorical.architecture import Architecture, architecture
from categorical.arrows import Arrow, Transformed, Types
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox, Resource
from categorical.groups import Group
from categorical.groups.grids import slot
from categorical.index import Axis, Dim, axis
from categorical.laws import Complete, Count, Equivariant, Law
from categorical.normal import inline
from categorical.records import EVAL, Box, Op
from categorical.spaces import Real
from synthesis import structural
from synthesis.counting import count

SOLVED = ("hom", "steerable_conv")


@dataclass(frozen=True)
class Changed:
    """The new arrow or architecture, and for each solved layer how many maps it had and has."""

    result: Any
    layers: tuple[tuple[str, int, int], ...]

    def __str__(self) -> str:
        width = max((len(name) for name, _, _ in self.layers), default=0)
        return "\n".join(f"{name:<{width}}  {old} maps → {new}" for name, old, new in self.layers)


def change_group(of: Arrow | Architecture, to: Group) -> Changed:
    """The same architecture with every solved layer solved for ``to``.

    Weights of solved layers are new, with as many maps as ``to`` allows; other weights keep their
    names and spaces.  Errors: CM042 where ``to`` is no group on dims; CM044 where a layer has no
    maps under it, an axis of unknown size is not acted on, or another box does not commute with it.
    """
    if not isinstance(of, (Arrow, Architecture)):
        raise SpecError(
            "CM042",
            f"`change_group` takes an arrow or an architecture, not {of!r}",
            help=["change_group(architecture, to=Symmetric(n))"],
        )
    if not isinstance(to, Group):
        raise SpecError("CM042", f"{to!r} is no group on dims", help=["Symmetric(n), Acting(…)"])
    arrow = of.arrow if isinstance(of, Architecture) else of
    before = inline(arrow.graph())
    solver = _Solver(to)
    whole = solver.image(arrow.graph())
    _natural(whole, to)

    def make(types: Types) -> Graph:
        return solver.image(arrow.retype(types).graph())

    moved = Transformed(arrow, make, f"changed({arrow.label()})", arrow.dom, arrow.open)
    layers = tuple(
        (a.name, _maps(a), _maps(b))
        for a, b in zip(_solved(before), _solved(whole), strict=True)
        if _trained(a)
    )
    if not isinstance(of, Architecture):
        return Changed(moved, layers)
    claims = [_restated(law, to, whole) for law in of.laws]
    found = architecture(
        moved, laws=claims, sizes=of.sizes, name=of.name, atlas=of.atlas, batch=of.batch
    )
    return Changed(found, layers)


def _solved(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        if node.box.name in SOLVED:
            yield node
        for region in node.regions:
            yield from _solved(inline(region))


def _trained(node: Node) -> bool:
    box: Any = node.box
    return box.op.attrs.get("coefficients") is None


def _maps(node: Node) -> int:
    box: Any = node.box
    return int(box.op["basis"].count)


def _restated(law: Law, to: Group, graph: Graph) -> Law:
    """A law about the old group, for the new one; a count of weights, for the new number."""
    if isinstance(law, Equivariant):
        kind = "invariant" if law.trivially else "equivariant"
        return replace(law, name=f"{kind}[{to}]", group=to)
    if isinstance(law, Complete):
        return replace(law, name=f"complete[{to}]", group=to)
    if isinstance(law, Count):
        return stated.parameters(count(graph))
    return law


def _natural(graph: Graph, to: Group) -> None:
    """CM044 with the first box that does not commute with the new group."""
    law = Equivariant(f"equivariant[{to}]", modes=(EVAL,), group=to)
    proof = structural.prove(law, graph, (EVAL,), "")
    if proof.proved:
        return
    node = getattr(proof.obstruction, "node", None)
    title = f"`{node.name}` does not commute with {to}" if node else f"{to} does not act here"
    raise SpecError(
        "CM044",
        title,
        facts=[("reason", proof.reason)],
        help=["change this box first, or choose a group with which it commutes"],
        origin=node.origin if node is not None else None,
    )


class _Solver:
    """The functor; equal problems are solved once."""

    def __init__(self, to: Group) -> None:
        self.to = to
        self.known: dict[Op, Op] = {}

    def image(self, graph: Graph) -> Graph:
        """The image of a graph, named parts inlined."""
        whole = inline(graph)
        spaces = self._weights(whole)
        builder = Builder()
        at = {w: builder.input(whole.types[w], whole.names.get(w, "")) for w in whole.inputs}
        for w, resource in whole.sources.items():
            changed = spaces.get(w, resource)
            if changed is not None:
                at[w] = builder.add_source(changed)
        for node in whole.nodes:
            box, ins = self._box(node), node.ins
            if isinstance(box, Box) and isinstance(node.box, Box):
                ins = tuple(w for w in node.ins if spaces.get(w, True) is not None)
            types = [*box.cod, *(whole.types[w] for w in node.outs[len(node.box.cod) :])]
            for w, type_ in zip(node.outs, types, strict=True):
                at[w] = builder.wire(type_, whole.names.get(w, ""))
                builder.unique(whole.names.get(w, ""))
            outs = tuple(at[w] for w in node.outs)
            made = Node(box, tuple(at[w] for w in ins), outs, node.name, node.origin)
            builder.graph.nodes.append(made)
        builder.graph.updates.update({name: at[w] for name, w in whole.updates.items()})
        builder.graph.depth = whole.depth
        return builder.finish([at[w] for w in whole.outputs], graph.name, graph.doc)

    def _box(self, node: Node) -> Any:
        if isinstance(node.box, OperatorBox):
            regions = tuple(self.image(region) for region in node.box.regions)
            attrs = dict(node.box.attrs)
            return OperatorBox(node.box.operator, regions, node.box.dom, node.box.cod, attrs)
        return node.box if node.box.name not in SOLVED else self.op(node).box(node.box.dom)

    def _weights(self, graph: Graph) -> dict[int, Resource | None]:
        """The weights of solved layers after the change; None for one that is gone."""
        found: dict[int, Resource | None] = {}
        for node in graph.nodes:
            if node.box.name not in SOLVED:
                continue
            old: Any = node.box
            new = {r.suffix: r for r in self.op(node).box(old.dom).resources}
            for spec, wire in zip(old.resources, node.ins[len(old.dom) :], strict=True):
                after, was = new.get(spec.suffix), graph.sources[wire]
                changed = None
                if after is not None:
                    changed = Resource(was.name, after.space, was.role, after.init)
                if wire in found and found[wire] != changed:
                    raise SpecError(
                        "CM044",
                        f"`{was.name}` is shared by layers that differ under {self.to}",
                        origin=node.origin,
                    )
                found[wire] = changed
        return found

    def op(self, node: Node) -> Op:
        """The op of a solved layer under the new group."""
        box: Any = node.box
        if box.op not in self.known:
            try:
                self.known[box.op] = self._solve(box.op)
            except SpecError as problem:
                raise SpecError(
                    problem.code,
                    f"`{node.name}` has no form under {self.to}",
                    facts=[("reason", problem.title)],
                    origin=node.origin,
                ) from problem
        return self.known[box.op]

    def _solve(self, op: Op) -> Op:
        if op.attrs.get("coefficients") is not None:
            return op
        if op.generator.name == "steerable_conv":
            return self._convolution(op)
        from synthesis.layers import natural

        group = self._on(op)
        sources = tuple(Real[one] if one else Real.scalar for one in op["sources"])
        target = Real[op["target"]] if op["target"] else Real.scalar
        found = natural(sources if len(sources) != 1 else sources[0], target, under=group)
        bias = found.bias if op["bias"] is not None else None
        if not found.maps.count:
            raise SpecError("CM044", f"no map but zero joins its types under {self.to}")
        attrs = {**op.attrs, "basis": found.maps, "bias": bias, "under": self.to}
        return Op(op.generator, **attrs)

    def _on(self, op: Op) -> Group:
        """The new group, and the trivial one on dims that it leaves alone."""
        from categorical.groups import trivial_group
        from categorical.groups.actions import Acting
        from categorical.representations import Representation

        axes: tuple[Axis, ...] = (*op["target"], *(a for one in op["sources"] for a in one))
        group = self.to
        for a in axes:
            if a.index in group.dims or not isinstance(a.index, Dim):
                continue
            if a.index.fixed is None:
                raise SpecError(
                    "CM044", f"{self.to} does not act on `{a.index}`, whose size is not fixed"
                )
            one = trivial_group()
            group = group * Acting(one, {a.index: Representation.trivial(one, a.index.fixed)})
        used = {a.index for a in axes}
        parts = [p for p in group.factors() if used & set(p.dims)]
        found = parts[0] if parts else group
        for part in parts[1:]:
            found = found * part
        return found

    def _convolution(self, op: Op) -> Op:
        from synthesis.kernels import convolution

        over, windows = op["over"], op["windows"]
        grid = getattr(self.to, "grid", None)
        if grid is None or set(grid) != {slot(axis(a)) for a in over}:
            raise SpecError("CM044", f"{self.to} does not move the axes of its windows")
        (source,), (channel,) = op["sources"], op["channels"]
        made = convolution(
            under=self.to,
            source_fibre=source,
            target_fibre=op["target"],
            channels=None if channel is None else (channel, op["out"]),
            over=over,
            kernel=tuple(w.kernel for w in windows),
            padding=windows[0].padding,
            bias=op["bias"] is not None,
        ).op
        attrs = {**op.attrs, "basis": made["basis"], "bias": made["bias"], "under": self.to}
        return Op(op.generator, **attrs)
