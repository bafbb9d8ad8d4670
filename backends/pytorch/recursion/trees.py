"""Tree folds in generated code: a module that computes a forest level by level.

Definition.  A fold is a class with a submodule ``leaf`` and a submodule ``node``, the bodies at all
nodes of a level.  Its ``forward`` reads a schedule (``levels``): the states of all leaves at once,
then for each level the states of the children, gathered from the level below, and one call of the
cell.  Where all folds of a file read one forest, the root makes the schedule, or takes one as
``plan``.

Law.  The state of a node is written once; nothing is changed in place.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> from categorical.recursion import rose_fold
>>> node, child, a = Dim.named("node child a")
>>> cell = op.sum(child).at(Real[child, a]) >> op.linear(a, a) >> op.tanh
>>> made = build(rose_fold(cell, over=node, arity=child), {"a": 3}, "net")
>>> made.contract.split(":")[0], list(made.parameters.values())
('data-scheduled', ['cell.node.linear.weight', 'cell.node.linear.bias'])

Arrays that are no forest are refused when the module is called:

>>> import torch
>>> made.module()(torch.tensor([[1], [0]]), torch.tensor([[True], [True]]))
Traceback (most recent call last):
...
ValueError: node 0 is its own descendant: 0 → 1 → 0
"""

from __future__ import annotations

from backends.pytorch.emit import Writer, class_of
from backends.pytorch.layout import statement
from backends.pytorch.recursion.levels import SCHEDULE
from backends.pytorch.scope import File, shape_note
from categorical.errors import SpecError
from categorical.graph import Builder, Node, OperatorBox
from categorical.spaces import Array


class FoldWriter(Writer):
    """Writes the class of one fold; its graph is the fold alone."""

    def __init__(self, file: File, node: Node, wish: str) -> None:
        builder = Builder()
        box = node.box
        assert isinstance(box, OperatorBox)
        self.reads = [one for one in (box.attrs["leaf"], box.attrs["node"]) if one is not None]
        self.count = len(box.dom) - 2 - int(box.attrs.get("rows", False))  # of the labels
        names = [f"label{i + 1}" for i in range(self.count)]
        for region, reads in zip(box.regions[::-1], self.reads[::-1], strict=True):
            for place, wire in zip(reads, region.inputs, strict=False):
                names[place] = region.names.get(wire, names[place])
        names += ["children", "present", "root"]
        ins = [builder.input(t, n) for t, n in zip(box.dom, names, strict=False)]
        outs = builder.operate(box, tuple(ins), node.name)
        doc = "A fold over trees: the states of all leaves, then each level from the one below."
        super().__init__(file, builder.finish(outs, doc=doc), wish, root=False)
        self.box = box
        self.node = self.graph.nodes[0]
        self.names.taken.update(("rows_of", "handed_on", "plan", "schedule", "at", "below"))

    def write(self) -> None:
        """The levels: leaves first, then each level from the states of the one below."""
        for wire in self.graph.inputs:
            self.values[wire] = self.names.local(self.graph.wire_name(wire))
        values = [self.values[w] for w in self.graph.inputs]
        labels, (children, present) = values[: self.count], values[self.count : self.count + 2]
        self._bodies()
        self.planned = self.file.plan.forest is not None
        if not self.planned:
            helper = self.helper("schedule", text_of(self.file))
            self.lines.append(("plan", f"{helper}({children}, {present})", ""))
        self.batch = len(self.box.dom[self.count].axes) - 2
        if self.batch:
            for label in labels:
                self.lines.append((label, f"{label}.flatten(0, {self.batch})", ""))
            self.lines.append((present, f"{present}.flatten(0, {self.batch})", ""))
        self._levels(labels, present)
        self.prologue = [text for _, text in self.heads]

    def _bodies(self) -> None:
        """Each body is a submodule, at all nodes of a level."""
        for name, region in zip(("leaf", "node")[-len(self.box.regions) :], self.box.regions):
            text = class_of(self.file, region, region.name or f"{self.node.name}_{name}")
            self.children[name] = (name, text, False)
            self.init += statement(f"self.{name}", f"{text.name}(config)")

    def _levels(self, labels: list[str], present: str) -> None:
        """The states of all leaves, and each level from the one below."""
        add, local, region = self.lines.append, self.names.local, self.box.regions[-1]
        reads = self.box.attrs["node"]
        wires = region.inputs[len(reads) :][: len(region.cod)]
        states = [local(region.names.get(w, "state")) for w in wires]
        leaves, rows, done = (
            [local(f"{one}_{what}") for one in states] for what in ("leaves", "parts", "levels")
        )
        new = [local(f"new_{one}") for one in states]
        notes = ", ".join(shape_note(t) for t in region.cod)
        add((", ".join(leaves), self._leaves(labels), notes))
        own = {x: local(f"own_{x}") for x in dict.fromkeys(labels[i] for i in reads)}
        if self.box.attrs["mask"]:
            own[present] = local(f"own_{present}")
        for x, name in own.items():
            add((name, f"{x}.index_select(0, plan.inner).split(plan.counts)", ""))
        split = [local(f"{one}_split") for one in leaves]
        read = self.box.attrs.get("read", tuple(range(len(states))))
        for i, name in enumerate(split):
            add((name, f"{leaves[i]}.split(plan.leaf_counts)", ""))
            add((rows[i], f"[{name}[0]]", ""))
            if i in read:
                add((done[i], "[]", ""))
        add(("for at, below in enumerate(plan.below)", "", ""))
        narrow = self.file.plan.narrow
        arity = "plan.widths[at]" if narrow else self.size(self.box.attrs["arity"])
        for one, part, type_ in zip(states, rows, region.dom[len(reads) :], strict=False):
            text = f"rows_of({part}, below, plan.spare[at]).unflatten(0, (-1, {arity}))"
            add((f"    {one}", text, shape_note(type_)))
        ins = [f"{own[labels[i]]}[at]" for i in reads] + states
        ins += [f"{own[present]}[at]"] if self.box.attrs["mask"] else []
        add(("    " + ", ".join(new), self._call("node", ins, "plan.counts[at]"), notes))
        for i, part in enumerate(rows):
            if i in read:
                add(("    ", f"{done[i]}.append({new[i]})", ""))
            text = f"handed_on({part}, {new[i]}, {split[i]}[at + 1], plan.carry[at])"
            add((f"    {part}", text, ""))
        self._results(states, done, leaves, read)

    def _results(
        self, states: list[str], done: list[str], leaves: list[str], read: tuple[int, ...]
    ) -> None:
        """The states that are read further on, in the order of the nodes or at given rows."""
        place = "plan.place"
        if self.box.attrs.get("rows"):
            place = f"plan.place.index_select(0, {self.values[self.graph.inputs[-1]]})"
        for wire, i, type_ in zip(self.graph.outputs, read, self.box.cod, strict=True):
            text = f"torch.cat([*{done[i]}, {leaves[i]}]).index_select(0, {place})"
            if self.batch:
                children = self.values[self.graph.inputs[self.count]]
                text += f".unflatten(0, {children}.shape[:-1])"
            self.values[wire] = states[i]
            self.lines.append((states[i], text, shape_note(type_)))

    def _call(self, which: str, ins: list[str], count: str) -> str:
        """A body at some nodes; ``count`` is how many."""
        _, text, _ = self.children[which]
        level = str(self.box.regions[-1].cod[0].axes[0])
        late = [count if s == level else self._symbol(s) for s in text.late]
        return f"self.{which}({', '.join([*ins, *late])})"

    def _leaves(self, labels: list[str]) -> str:
        """The states of all leaves; where they have no arrow of their own, their children are 0."""
        own, region = self.reads[0], self.box.regions[0]
        ins = [f"{labels[i]}.index_select(0, plan.leaves)" for i in own]
        which = "leaf"
        if self.box.attrs["leaf"] is None:
            which = "node"
            ins += [self._nothing(one) for one in region.dom[len(own) :]]
        return self._call(which, ins, "len(plan.leaves)")

    def _nothing(self, one: Array) -> str:
        """The states of the children of leaves, or which are there: none."""
        sizes = [self.size(a) for a in one.axes[2:]]
        places = "0" if self.file.plan.narrow else self.size(self.box.attrs["arity"])
        shape = ", ".join(["len(plan.leaves)", places, *sizes])
        if one.kind in ("bool", "fin"):
            place = self.count + int(one.kind == "bool")
            return f"{self.values[self.graph.inputs[place]]}.new_zeros({shape})"
        kind = "" if one.kind == "real" else ", dtype=torch.get_default_dtype().to_complex()"
        return f"{self.buffer('nothing', f'torch.zeros((){kind})')}.expand({shape})"


def text_of(file: File) -> str:
    """The text of the schedule, and of what reads it."""
    narrow = f"narrow: bool = {file.plan.narrow}"
    return SCHEDULE.replace("narrow: bool = False", narrow)


def declare(writer: Writer, node: Node) -> None:
    """Declare the module of a fold (once for every instance name)."""
    box, file = node.box, writer.file
    assert isinstance(box, OperatorBox)
    file.names.taken.add("Schedule")
    writer.helper("schedule", text_of(file))
    inner = FoldWriter(file, node, f"{node.name}_fold")
    inner.write()
    body = "\n".join(inner.body())
    text = file.by_text.get(body)
    if text is None:
        text = file.by_text[body] = inner.finished(file.names.class_name(f"{node.name}_fold"))
        file.classes.append(text)
        file.folds.append(text.name)
    known = writer.children.get(node.name)
    if known is None:
        attribute = writer.attributes.attribute(node.name)
        writer.owners[node.name] = f"self.{attribute}"
        writer.children[node.name] = (attribute, text, False)
        writer.init += statement(f"self.{attribute}", f"{text.name}(config)")
    elif known[1] is not text:
        raise SpecError(
            "CM040",
            f"`{node.name}` is shared between two types, and their code differs",
            facts=[("first", known[1].name), ("second", text.name)],
            origin=node.origin,
        )


def write(writer: Writer, node: Node) -> None:
    attribute, text, _ = writer.children[node.name]
    ins = [writer._wire(w) for w in node.data]
    names = []
    for wire in node.outs:
        wish = writer.graph.names.get(wire, node.name)
        names.append(writer.names.local(node.name if wish.startswith(f"{node.name}_out") else wish))
        writer.values[wire] = names[-1]
    note = ", ".join(shape_note(writer.graph.types[w]) for w in node.outs)
    call = writer.call(node, text, f"self.{attribute}", ins)
    writer.lines.append((", ".join(names), call, note))
