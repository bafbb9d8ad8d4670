"""Functors on architectures: ``stack``, ``over`` and ``union``, the batch functors.

Definition.  A functor is given on generators and operators and on nothing else; ``Functor`` carries
it to whole graphs.  ``stack`` is the power functor: every data wire gets a leading axis, weights do
not (batching is n-fold weight tying).  ``union`` is the disjoint sum: dims that vary are
concatenated over the samples, other wires get one row for each sample.

Laws.  F(g ∘ f) = F(g) ∘ F(f); running the stacked arrow is mapping the arrow over samples, and on
samples of equal sizes ``union`` and ``stack`` agree up to merging the axes.

>>> from categorical import Dim, Real, op
>>> n, c, h, b = Dim.named("n c h b")
>>> stack(op.linear(c, h) >> op.mean(n), b)
stack((linear >> mean)): Real[b, n, c] → Real[b, h]

A wire that already has the axis cannot be lifted over it:

>>> stack(op.relu.at(Real[b]), b)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM009]: two axes of one array range over `b`
...
"""

from __future__ import annotations

from categorical.arrows import Arrow, Transformed, Types
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.records import EVAL, NOISE, TRAIN, Box, Op
from categorical.spaces import Array, Fin, Space


class Functor:
    """A strict functor on graphs, from its action on types and boxes.

    Subclasses say ``on_type`` and ``on_box``; operators map to themselves with mapped bodies.
    """

    name = "functor"

    def on_type(self, type_: Array) -> Array:
        """The image of a wire that depends on the inputs."""
        raise NotImplementedError

    def on_box(
        self, builder: Builder, node: Node, box: Box, ins: tuple[int, ...], moved: list[bool]
    ) -> tuple[int, ...]:
        """Add the image of a box; ``moved[i]`` says whether data input i is an image wire."""
        raise NotImplementedError

    def extra_inputs(self, graph: Graph) -> list[tuple[str, Array]]:
        """Further inputs that the image may have (segment ids); unread ones are dropped."""
        return []

    def __init__(self) -> None:
        self._done: dict[tuple[int, tuple[bool, ...]], tuple[Graph, Graph]] = {}
        self.extra: dict[str, int] = {}

    def __call__(self, graph: Graph, lifted: tuple[bool, ...] | None = None) -> Graph:
        """The image of a graph; an input that is not ``lifted`` (a weight of a named part, computed
        outside of it) stays as it is."""
        flags = lifted or (True,) * len(graph.inputs)
        found = self._done.get((id(graph), flags))
        if found is not None:
            return found[1]
        builder = Builder()
        at: dict[int, int] = {}
        moved: dict[int, bool] = {}
        for w, moves in zip(graph.inputs, flags, strict=True):
            type_ = graph.types[w]
            at[w] = builder.input(self.on_type(type_) if moves else type_, graph.names.get(w, ""))
            moved[w] = moves
        outer = self.extra
        self.extra = {name: builder.input(type_, name) for name, type_ in self.extra_inputs(graph)}
        for w, resource in graph.sources.items():
            if resource.role != NOISE:
                at[w] = builder.add_source(resource)
            moved[w] = False
        for node in graph.nodes:
            self._node(builder, graph, node, at, moved)
        outputs = [
            at[w] if moved[w] else self.constant(builder, at[w], graph.types[w])
            for w in graph.outputs
        ]
        builder.graph.updates.update({n: at[w] for n, w in graph.updates.items()})
        image = builder.finish(outputs, graph.name, graph.doc)
        read = {w for node in image.nodes for w in node.ins}.union(outputs)
        image.inputs = [w for w in image.inputs if w in read or w not in self.extra.values()]
        self.extra = outer
        self._done[id(graph), flags] = (graph, image)
        return image

    def constant(self, builder: Builder, wire: int, type_: Array) -> int:
        """The image of a wire that depends on no input."""
        raise NotImplementedError

    def unmoved(self, node: Node) -> None:
        """Called for a node that depends on no input, which is kept as it is."""

    def _node(
        self, builder: Builder, graph: Graph, node: Node, at: dict[int, int], moved: dict[int, bool]
    ) -> None:
        flags = [moved[w] for w in node.data]
        if not any(flags) and not _noisy(node, graph):
            self.unmoved(node)
            for w in node.outs:
                at[w] = builder.wire(graph.types[w], graph.names.get(w, ""))
                moved[w] = False
            ins = tuple(at[w] for w in node.ins)
            builder.graph.nodes.append(
                Node(node.box, ins, tuple(at[w] for w in node.outs), node.name, node.origin)
            )
            return
        if isinstance(node.box, OperatorBox) and node.box.operator.whole:
            ins = tuple(
                at[w] if moved[w] else self.constant(builder, at[w], graph.types[w])
                for w in node.ins
            )
            dom, cod = (tuple(map(self.on_type, one)) for one in (node.box.dom, node.box.cod))
            box = OperatorBox(node.box.operator, node.regions, dom, cod, dict(node.box.attrs))
            outs = builder.operate(box, ins, node.name, node.origin)
        elif isinstance(node.box, OperatorBox):
            outs = self._operator(builder, graph, node, node.box, at, flags)
        else:
            outs = self.on_box(
                builder, node, node.box, tuple(at.get(w, -1) for w in node.ins), flags
            )
        for w, image in zip(node.outs, outs, strict=True):
            at[w], moved[w] = image, True
            if w in graph.names:
                builder.graph.names[image] = graph.names[w]

    def _operator(
        self,
        builder: Builder,
        graph: Graph,
        node: Node,
        old: OperatorBox,
        at: dict[int, int],
        flags: list[bool],
    ) -> tuple[int, ...]:
        """Add the image of an operator with the image of its body."""
        lifts, body = _lifts(node, old, flags), old.regions[0]
        region = self(body, tuple(lifts[: len(body.inputs)]))
        ins = tuple(
            at[w] if moves or not lift else self.constant(builder, at[w], graph.types[w])
            for w, moves, lift in zip(node.ins, flags, lifts, strict=True)
        )
        more = [region.names[w] for w in region.inputs[len(body.inputs) :]]
        if more and old.name != "call":
            raise SpecError(
                "CM021",
                f"a body of `{old.name}` cannot pool over an axis that varies",
                help=["write it as an expression: reverse(f)"]
                if old.name == "pullback"
                else ["pool after the iteration"],
                origin=node.origin,
            )
        ins += tuple(self.extra[name] for name in more)
        dom, cod = region.dom, region.cod
        if old.name != "call":  # the wires of an operator need not be those of its body: sequences
            dom = tuple(self.on_type(t) if x else t for t, x in zip(old.dom, lifts, strict=True))
            cod = tuple(map(self.on_type, old.cod))
        box = OperatorBox(old.operator, (region,), dom, cod, dict(old.attrs))
        return builder.operate(box, ins, node.name, node.origin)


def _lifts(node: Node, box: OperatorBox, moved: list[bool]) -> list[bool]:
    """The inputs of an operator that become image wires; the others are as they are, in its body
    too: weights that are handed to it, and what the steps of a run share."""
    if box.name == "call":
        return moved
    found = [True] * len(moved)
    if box.name == "scan":  # a state is an image after the first step at the latest
        end = len(moved) - int(box.attrs["ragged"])
        found[box.attrs["states"] : end] = moved[box.attrs["states"] : end]
    elif box.name == "pullback":  # a cotangent is that of one index, and no sum over all
        for i in range(len(box.regions[0].inputs)):
            found[i] = moved[i] or i in box.attrs["wrt"]
    elif box.name == "explicit":
        start = len(box.regions[0].inputs)
        found[start:] = moved[start:]
        if any(found[start:]):
            raise SpecError(
                "CM021",
                f"`{node.name or box.name}` cannot be batched: its weights would change",
                facts=[("weights", ", ".join(box.attrs["weights"]))],
                help=["give the spec an explicit sample axis"],
                origin=node.origin,
            )
    return found


def _noisy(node: Node, graph: Graph) -> bool:
    return any(graph.sources[w].role == NOISE for w in node.ins if w in graph.sources)


class Stack(Functor):
    """The power functor: leading axes on every data wire."""

    name = "stack"

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        super().__init__()
        self.axes = axes

    def on_type(self, type_: Array) -> Array:
        return type_.with_axes((*self.axes, *type_.axes))

    def constant(self, builder: Builder, wire: int, type_: Array) -> int:
        from categorical.ops.axes import EXPAND

        return builder.apply(Op(EXPAND, axes=self.axes), (wire,), "expand")[0]

    def on_box(
        self, builder: Builder, node: Node, box: Box, ins: tuple[int, ...], moved: list[bool]
    ) -> tuple[int, ...]:
        count = len(box.dom)
        loose = box.generator.loose(box.op)
        data = tuple(
            w if moved[i] or i in loose else self.constant(builder, w, box.dom[i])
            for i, w in enumerate(ins[:count])
        )
        outs = list(apply_image(builder, node, box, box.op, data, ins[count:]))
        for i, type_ in enumerate(box.cod):  # an op may put its new axes in front: `expand`
            image = self.on_type(type_)
            found = builder.graph.types[outs[i]]
            if found is not image and set(found.axes) == set(image.axes):
                from categorical.ops.axes import transpose

                outs[i] = builder.apply(transpose(*image.axes).op, (outs[i],), "transpose")[0]
        return tuple(outs)


def apply_image(
    builder: Builder,
    node: Node,
    box: Box,
    op: Op,
    data: tuple[int, ...],
    resources: tuple[int, ...],
) -> tuple[int, ...]:
    """Apply an op at its image types, with the given resource wires; noise is drawn anew."""
    image = op.box(tuple(builder.graph.types[w] for w in data))
    weights = []
    for spec, wire in zip(image.resources, resources, strict=True):
        if spec.role == NOISE:
            from categorical.graph import Resource

            name = f"{node.name}.{spec.suffix}" if spec.suffix else node.name
            weights.append(builder.add_source(Resource(name, spec.space, spec.role, spec.init)))
            continue
        if builder.graph.types[wire] is not spec.space:
            raise SpecError(
                "CM021",
                f"`{node.name}` cannot be batched: its {spec.suffix} would change",
                facts=[("from", str(builder.graph.types[wire])), ("to", str(spec.space))],
                help=["give the spec an explicit sample axis"],
                origin=node.origin,
            )
        weights.append(wire)
    builder.apply_box(image, data, node.name, node.origin, tuple(weights))
    made = builder.graph.nodes[-1]
    made.name = node.name
    return made.outs


def over(arrow: Arrow, *axes: IndexSet | Axis | int) -> Arrow:
    """The arrow at every index of further axes, which stand in front: ``f.over(n)``."""
    wanted = tuple(axis(a) for a in axes)
    functor = Stack(wanted)

    def make(types: Types) -> Graph:
        inner = []
        for one in types:
            if not isinstance(one, Array) or one.axes[: len(wanted)] != wanted:
                names = ", ".join(map(str, wanted))
                raise SpecError("CM005", f"`{arrow.label()}` over {names} got {one}")
            inner.append(one.with_axes(one.axes[len(wanted) :]))
        return functor(arrow.retype(tuple(inner)).graph())

    dom: tuple[Space, ...] = tuple(functor.on_type(t) for t in arrow.dom if isinstance(t, Array))
    return Transformed(arrow, make, f"stack({arrow.label()})", dom, arrow.open)


@checked
def stack(arrow: Arrow, *axes: IndexSet | Axis) -> Arrow:
    """The batch functor of equal sizes; the same as ``over``."""
    return over(arrow, *axes)


class Union(Functor):
    """The disjoint sum of samples whose ``varying`` dims differ in size.

    A wire with a varying axis keeps its type (the axis now runs over all samples); any other wire
    gets the axis ``sample``.  Each varying dim d comes with an input ``d_sample: Fin(sample)[d]``.
    """

    name = "union"

    def __init__(self, varying: tuple[Dim, ...], sample: Dim) -> None:
        super().__init__()
        self.varying, self.sample = varying, Axis(sample)

    def varies(self, type_: Array) -> list[Axis]:
        return [a for a in type_.axes if a.index in self.varying]

    def on_type(self, type_: Array) -> Array:
        found = self.varies(type_)
        if len(found) > 1:
            raise SpecError(
                "CM021",
                f"a wire of type {type_} has no disjoint union: two of its axes vary",
                help=["use an edge list, or the stack functor with a mask"],
            )
        return type_ if found else type_.with_axes((self.sample, *type_.axes))

    def extra_inputs(self, graph: Graph) -> list[tuple[str, Array]]:
        return [(f"{d}_sample", Fin(self.sample.index)[d]) for d in self.varying]

    def constant(self, builder: Builder, wire: int, type_: Array) -> int:
        from categorical.ops.axes import EXPAND

        if self.varies(type_):  # ``unmoved`` has seen to it that it is alike at every index
            return wire
        return builder.apply(Op(EXPAND, axes=(self.sample,)), (wire,), "expand")[0]

    def on_box(
        self, builder: Builder, node: Node, box: Box, ins: tuple[int, ...], moved: list[bool]
    ) -> tuple[int, ...]:
        count = len(box.dom)
        data = [
            w if moved[i] else self.constant(builder, w, box.dom[i])
            for i, w in enumerate(ins[:count])
        ]
        before = {a for one in box.dom for a in self.varies(one)}
        after = {a for one in box.cod for a in self.varies(one)}
        if box.name in ("sum", "mean", "max") and not box.op["masked"] and before and not after:
            return self._pool(builder, box, data[0])
        if box.name == "expand" and any(a in box.op["axes"] for a in after):
            return self._spread(builder, box, data[0])
        maps = box.name in ("gather", "scatter", "scatter_max", "degree")
        if not maps and (before != after or self._mixes(box)):
            raise _no_union(node, box)
        try:
            outs = list(apply_image(builder, node, box, box.op, tuple(data), ins[count:]))
        except SpecError as problem:
            raise _no_union(node, box, ("its image", problem.title)) from None
        for i, type_ in enumerate(box.cod):
            image, found = self.on_type(type_), builder.graph.types[outs[i]]
            if set(found.axes) != set(image.axes):
                raise _no_union(node, box, ("its image", f"{found} instead of {image}"))
            if found is not image:
                from categorical.ops.axes import transpose

                outs[i] = builder.apply(transpose(*image.axes).op, (outs[i],), "transpose")[0]
        return tuple(outs)

    def unmoved(self, node: Node) -> None:
        for dim in self.varying:
            boxes = (
                [node.box]
                if isinstance(node.box, Box)
                else [
                    n.box
                    for region in node.regions
                    for _, n in region.walk()
                    if isinstance(n.box, Box)
                ]
            )
            for box in boxes:
                if any(self.varies(one) for one in (*box.dom, *box.cod)):
                    if "function" not in box.natural(dim):
                        raise SpecError(
                            "CM021",
                            f"`{box.name}` is a constant that differs along `{dim}`, which varies",
                            facts=[("box", repr(box))],
                            origin=node.origin,
                        )

    def _mixes(self, box: Box) -> bool:
        """Whether a box looks at several indices of a varying axis at once, in some mode.

        One that does not is natural for every map of the indices, hence for the inclusion of each
        sample.  (Of maps on indices, ``Fin`` wires, a class speaks of permutations only.)
        """
        for dim in self.varying:
            values = any(t.values is not None and dim in t.values.atoms for t in box.dom)
            mode = TRAIN if box.generator.stateful else EVAL
            if not values and "function" not in box.natural(dim, mode):
                return True
        return False

    def _pool(self, builder: Builder, box: Box, wire: int) -> tuple[int, ...]:
        """Pooling over a varying axis is a scatter along its sample ids."""
        from categorical import op
        from categorical.index import axis as to_axis

        (varying,) = self.varies(box.dom[0])
        others = [to_axis(a) for a in box.op["over"] if to_axis(a).index is not varying.index]
        pooled = op.scatter(self.sample.index, monoid=box.name, over=varying).op
        ids = self.extra[f"{varying.index}_sample"]
        outs = builder.apply(pooled, (wire, ids), box.name)
        if others:
            outs = builder.apply(
                Op(box.generator, over=tuple(others), masked=False), outs, box.name
            )
        front = box.cod[0].with_axes((self.sample, *box.cod[0].axes))
        if builder.graph.types[outs[0]] is not front:
            outs = builder.apply(op.transpose(*front.axes).op, outs, "transpose")
        return outs

    def _spread(self, builder: Builder, box: Box, wire: int) -> tuple[int, ...]:
        """Expanding along a varying axis reads the row of each index's own sample."""
        from categorical import op

        rest = [a for a in box.op["axes"] if a.index not in self.varying]
        (varying,) = [a for a in box.op["axes"] if a.index in self.varying]
        ids = self.extra[f"{varying.index}_sample"]
        outs = builder.apply(op.gather(self.sample.index).op, (wire, ids), "gather")
        if rest:
            outs = builder.apply(Op(box.generator, axes=tuple(rest)), outs, "expand")
        if builder.graph.types[outs[0]] is not box.cod[0]:
            outs = builder.apply(op.transpose(*box.cod[0].axes).op, outs, "transpose")
        return outs


def _no_union(node: Node, box: Box, *facts: tuple[str, str]) -> SpecError:
    return SpecError(
        "CM021",
        f"`{box.name}` has no meaning on a disjoint union of samples",
        facts=[("box", repr(box)), *facts],
        help=["use scatter along the samples, or the stack functor with a mask"],
        origin=node.origin,
    )


@checked
def union(arrow: Arrow, *varying: Dim, sample: Dim) -> Arrow:
    """The batch functor of ragged samples; see ``Union``."""
    dims = varying or tuple(
        sorted({d for t in arrow.graph().types for d in t.atoms if d.varies}, key=str)
    )
    if not dims:
        raise SpecError(
            "CM021",
            f"`{arrow.label()}` has no dim that varies",
            help=['declare it: Dim("v", varies=True), or name it: union(f, v, sample=b)'],
        )
    functor = Union(dims, sample)
    image = functor(arrow.graph())

    def make(types: Types) -> Graph:
        return image

    return Transformed(arrow, make, f"union({arrow.label()})", image.dom, False)
