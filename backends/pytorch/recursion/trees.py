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

from backends.pytorch import layout
from backends.pytorch.emit import Writer, class_of
from backends.pytorch.recursion.levels import LEVEL, SCHEDULE
from backends.pytorch.scope import File, shape_note
from categorical.graph import Builder, Node, OperatorBox
from categorical.spaces import Array


class FoldWriter(Writer):
    """Writes the class of one fold; its graph is the fold alone."""

    def __init__(self, file: File, node: Node, wish: str) -> None:
        builder = Builder()
        box = node.box
        assert isinstance(box, OperatorBox)
        names = [f"label{i + 1}" for i in range(len(box.dom) - 2)]
        for region, reads in zip(box.regions[::-1], self.reads(box)[::-1], strict=True):
            for place, wire in zip(reads, region.inputs, strict=False):
                names[place] = region.names.get(wire, names[place])
        names = [*names, "children", "present"]
        ins = [builder.input(t, n) for t, n in zip(box.dom, names, strict=True)]
        outs = builder.operate(box, tuple(ins), node.name)
        super().__init__(file, builder.finish(outs), wish, root=False)
        self.box = box
        self.node = self.graph.nodes[0]
        self.names.taken.update(("rows_of", "plan", "schedule"))

    @staticmethod
    def reads(box: OperatorBox) -> list[tuple[int, ...]]:
        """The labels that each body reads."""
        return [one for one in (box.attrs["leaf"], box.attrs["node"]) if one is not None]

    def write(self) -> None:
        """The levels: leaves first, then each level from the states of the one below."""
        for wire in self.graph.inputs:
            self.values[wire] = self.names.local(self.graph.wire_name(wire))
        *labels, children, present = (self.values[w] for w in self.graph.inputs)
        self._bodies()
        self.planned = self.file.plan.forest is not None
        if not self.planned:
            self.lines.append(
                ("plan", f"{self.helper('schedule', SCHEDULE)}({children}, {present})", "")
            )
        batch = len(self.box.dom[-1].axes) - 2
        if batch:
            for label in labels:
                self.lines.append((label, f"{label}.flatten(0, {batch})", ""))
        region = self.box.regions[-1]
        states = [
            self.names.local(region.names.get(w, "state"))
            for w in region.inputs[len(self.box.attrs["node"]) :][: len(region.cod)]
        ]
        wide = [self.names.local(f"leaf_{one}") for one in states]
        self._leaves(labels, states, wide)
        self._levels(labels, present, states, wide)
        for wire, one, type_ in zip(self.graph.outputs, states, self.box.cod, strict=True):
            self.values[wire] = one
            text = (
                f"torch.cat([*{one}_levels, {wide[states.index(one)]}]).index_select(0, plan.place)"
            )
            if batch:
                text += f".unflatten(0, {children}.shape[:{batch + 1}])"
            self.lines.append((one, text, shape_note(type_)))
        self.prologue = [text for _, text in self.heads]

    def _bodies(self) -> None:
        for name, region in zip(("leaf", "node")[-len(self.box.regions) :], self.box.regions):
            text = class_of(self.file, region, region.name or f"{self.node.name}_{name}")
            self.children[name] = (name, text, False)
            self.init += layout.statement(f"self.{name}", f"{text.name}(config)")

    def _call(self, which: str, ins: list[str], count: str) -> str:
        """A body at some nodes; ``count`` is how many."""
        _, text, _ = self.children[which]
        level = self._level()
        late = [count if s == level else self._symbol(s) for s in text.late]
        return f"self.{which}({', '.join([*ins, *late])})"

    def _level(self) -> str:
        return next(
            (str(t.axes[0]) for region in self.box.regions for t in region.cod if t.axes), LEVEL
        )

    def _leaves(self, labels: list[str], states: list[str], wide: list[str]) -> None:
        """The states of all leaves."""
        own = self.reads(self.box)[0]
        ins = [f"{labels[i]}.index_select(0, plan.leaves)" for i in own]
        region = self.box.regions[0]
        which = "leaf"
        if self.box.attrs["leaf"] is None:
            which = "node"
            rest = region.dom[len(own) :]
            ins += [self._nothing(one) for one in rest]
        call = self._call(which, ins, "len(plan.leaves)")
        self.lines.append((", ".join(wide), call, self._notes(region.cod)))

    def _nothing(self, one: Array) -> str:
        """The states of the children of leaves, and which are there: none."""
        shape = ", ".join(["len(plan.leaves)", *(self.size(a) for a in one.axes[1:])])
        if one.kind in ("bool", "fin"):
            like = self.values[self.graph.inputs[-1 if one.kind == "bool" else -2]]
            return f"{like}.new_zeros({shape})"
        kind = "" if one.kind == "real" else ", dtype=torch.get_default_dtype().to_complex()"
        return f"{self.buffer('nothing', f'torch.zeros((){kind})')}.expand({shape})"

    def _notes(self, types: tuple[Array, ...]) -> str:
        return ", ".join(shape_note(t) for t in types)

    def _levels(self, labels: list[str], present: str, states: list[str], wide: list[str]) -> None:
        """Each level from the one below."""
        add = self.lines.append
        local = self.names.local
        region = self.box.regions[-1]
        reads = self.box.attrs["node"]
        parts = [local(f"{one}_parts") for one in states]
        leaf_levels = [local(f"leaf_{one}_levels") for one in states]
        for one, whole, part, level in zip(states, wide, parts, leaf_levels, strict=True):
            add((level, f"{whole}.split(plan.leaf_counts)", ""))
            add((part, f"[{level}[0]]", ""))
            add((f"{one}_levels", "[]", ""))
        each, lists = [], []
        for place in reads:
            each.append(local(f"own_{labels[place]}"))
            lists.append(f"{labels[place]}.index_select(0, plan.inner).split(plan.counts)")
        if self.box.attrs["mask"]:
            each.append(local(f"own_{present}"))
            flat = f"{present}.flatten(0, -2)" if len(self.box.dom[-1].axes) > 2 else present
            lists.append(f"{flat}.index_select(0, plan.inner).split(plan.counts)")
        for name in ("below", "carry", "spare"):
            each.append(local(name))
            lists.append(f"plan.{name}")
        below, carry, spare = each[-3:]
        more = [local(f"more_{one}") for one in states]
        each += more
        lists += [f"{level}[1:]" for level in leaf_levels]
        add((f"for {', '.join(each)} in zip({', '.join(lists)}, strict=True)", "", ""))
        arity = self.size(self.box.attrs["arity"])
        ins = [f"{one}" for one in each[: len(reads)]]
        for one, part, type_ in zip(states, parts, region.dom[len(reads) :], strict=False):
            text = f"rows_of({part}, {below}, {spare}).unflatten(0, (-1, {arity}))"
            add((f"    {one}", text, shape_note(type_)))
            ins.append(one)
        if self.box.attrs["mask"]:
            ins.append(each[len(reads)])
        new = [local(f"new_{one}") for one in states]
        add(
            (
                "    " + ", ".join(new),
                self._call("node", ins, f"len({states[0]})"),
                self._notes(region.cod),
            )
        )
        for one, part, fresh, leaf in zip(states, parts, new, more, strict=True):
            add(("    ", f"{one}_levels.append({fresh})", ""))
            text = f"handed_on({part}, {fresh}, {leaf}, {carry})"
            add((f"    {part}", text, ""))


def declare(writer: Writer, node: Node) -> None:
    if node.name in writer.children:
        return
    box = node.box
    assert isinstance(box, OperatorBox)
    file = writer.file
    file.names.taken.add("Schedule")
    writer.helper("schedule", SCHEDULE)
    inner = FoldWriter(file, node, f"{node.name}_fold")
    inner.write()
    body = "\n".join(inner.body())
    text = file.by_text.get(body)
    if text is None:
        text = file.by_text[body] = inner.finished(file.names.class_name(f"{node.name}_fold"))
        file.classes.append(text)
        file.folds.append(text.name)
    attribute = writer.attributes.attribute(node.name)
    writer.owners[node.name] = f"self.{attribute}"
    writer.children[node.name] = (attribute, text, False)
    writer.init += layout.statement(f"self.{attribute}", f"{text.name}(config)")


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
