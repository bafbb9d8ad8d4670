"""Parallel scans, the rung: the run of a bare action is written as a scan of its monoid.

Definition.  ``parallel`` leaves runs whose cell is an action; this rung writes them.  A diagonal
affine map with factor 1 is a running sum, one with factor 0 its input; any other is a call of a
function of ``parallel_text``.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> from backends.pytorch.recursion.parallel import parallel
>>> t, s = Dim.named("t s")
>>> graph, _ = parallel(fold(op.add.at(Real[s], Real[s]), over=t).graph(), {})
>>> type(scanned(graph, graph.nodes[-1], {})).__name__
'Scanned'

A cell that is no action is left to the other rungs:

>>> plain = fold(op.add.at(Real[s], Real[s]) >> op.tanh, over=t).graph()
>>> scanned(plain, plain.nodes[-1], {}) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.pytorch.recursion.parallel import Form
from backends.pytorch.recursion.parallel_text import NEEDS, TEXTS
from backends.pytorch.scope import shape_note
from backends.pytorch.table.base import atom
from categorical.graph import Graph, Node
from categorical.recursion.machine import parts
from categorical.spaces import Array
from proofs.monoids.reading import Place
from proofs.monoids.sheet import Number

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer

FUNCTIONS = {
    "matrix": "matrix_scan",
    "maxplus": "most_scan",
    "minplus": "least_scan",
    "finite": "finite_scan",
}


def scanned(graph: Graph, node: Node, sizes: Mapping[str, int]) -> Scanned | None:
    """The lowering of the run of an action; None for any other run."""
    form = node.box.attrs.get("monoid") if node.box.name == "scan" else None
    return None if form is None or form.family == "mobius" else Scanned(form)


class Scanned:
    """Writes the run of an action."""

    note = ""

    def __init__(self, form: Form) -> None:
        self.form = form

    def declare(self, writer: Writer, node: Node) -> None:
        """Nothing: an action has no weights."""

    def write(self, writer: Writer, node: Node) -> None:
        self.writer, self.node, self.box = writer, node, node.box
        which, sequences, _ = parts(self.box)
        self.types = self.box.dom[which]
        self.moving = range(sequences.stop - sequences.start)
        self.first = sequences.start
        self.over = self.box.attrs["over"]
        rows = self.box.cod[: len(self.box.cod) - len(self.types)]
        moved = [self.box.dom[self.first + i] for i in self.moving]
        self.place = next(
            (t.position(self.over) - (len(t.axes) - extra) for t, extra in self.lengths(moved)),
            rows[0].position(self.over) - len(rows[0].axes)
            if rows
            else -1 - len(self.types[0].axes),
        )
        self.used = {
            i for i, w in enumerate(node.outs) if w in writer.consumers or w in writer.graph.outputs
        }
        self.starts = [writer._wire(w) for w in node.ins[which]]
        if not self.closed():
            self.general()

    def lengths(self, moved: list[Array]) -> list[tuple[Array, int]]:
        """The types of the sequences, and how many axes they have that a state lacks."""
        rank = len(self.types[0].axes) + 1
        return [(t, len(t.axes) - rank) for t in moved]

    # --- parts ------------------------------------------------------------------------------------

    def part(self, which: int) -> str:
        """A part of the element, with the steps in front (or broadcast along them)."""
        one = self.form.parts[which]
        if not isinstance(one, Place):
            return f"{self.like()}.new_tensor({self.writer.literal(one)})"
        text = self.writer._wire(self.node.ins[self.first + one.at])
        if one.at not in self.moving:
            return f"{atom(text)}.unsqueeze(0)"
        type_ = self.box.dom[self.first + one.at]
        place = type_.position(self.over)
        return text if place == 0 else f"{atom(text)}.movedim({place - len(type_.axes)}, 0)"

    def like(self) -> str:
        return atom(self.starts[0])

    # --- closed forms -----------------------------------------------------------------------------

    def closed(self) -> bool:
        """A sum, a weighted sum or a maximum; False where there is no closed form."""
        if len(self.types) != 1 or not list(self.moving):
            return False
        first, offset = self.form.parts[0], self.form.parts[-1]
        if not isinstance(offset, Place) or offset.at not in self.moving:
            return False
        if isinstance(first, Place) and first.at in self.moving:
            return False
        only = not self.form.after and not self.form.before
        if self.form.family == "diagonal" and first == 1:
            return self.summed(only)
        if self.form.family == "diagonal" and only:
            return self.decayed(first)
        if self.form.family in ("maxplus", "minplus") and first == 0:
            return self.extreme(only)
        return False

    def summed(self, only: bool) -> bool:
        """Factor 1: a sum, or a running one."""
        w, start = self.writer, atom(self.starts[0])
        x = atom(w._wire(self.node.ins[self.first]))
        if only:
            self.bind(0, f"{start} + {x}.sum({self.place})")
            return True
        x = self.part(1)
        rows = f"{atom(self.turned(f'{atom(self.turned(x))}.cumsum(0)'))} + {start}"
        self.rows_of(w.line(rows, self.front_type(), self.wanted()[0]))
        return True

    def decayed(self, first: Number | Place) -> bool:
        """One factor for all steps: a sum with its powers as weights."""
        w = self.writer
        more = ", True" if self.box.attrs["reverse"] else ""
        if isinstance(first, Place):
            w.helper("weighted_sum", TEXTS["weighted_sum"])
            call = f"weighted_sum({self.still(first)}, {self.part(1)}, {self.starts[0]}{more})"
        else:
            w.helper("decayed_sum", TEXTS["decayed_sum"])
            factor = w.literal(first if isinstance(first, complex) else float(first))
            call = f"decayed_sum({factor}, {self.part(1)}, {self.starts[0]}{more})"
        self.bind(0, call)
        return True

    def still(self, one: Place) -> str:
        """A part that no step changes, before it was repeated along the batch."""
        w, wire = self.writer, self.node.ins[self.first + one.at]
        made = w.graph.producer().get(wire)
        if made is not None and made.box.name == "expand":
            return w._wire(made.ins[0])
        return w._wire(wire)

    def extreme(self, only: bool) -> bool:
        """Shift 0: a maximum, or a running one (least: minimum)."""
        w, kind = self.writer, "max" if self.form.family == "maxplus" else "min"
        start = f"{atom(self.starts[0])}.unsqueeze(0)"
        if only:
            self.bind(0, f"torch.cat([{start}, {self.part(1)}]).a{kind}(0)")
            return True
        whole = f"torch.cat([{start}, {self.turned(self.part(1))}]).cum{kind}(0).values[1:]"
        self.rows_of(w.line(self.turned(whole), self.front_type(), self.wanted()[0]))
        return True

    def turned(self, text: str) -> str:
        """In the order of the run."""
        return f"{atom(text)}.flip(0)" if self.box.attrs["reverse"] else text

    def front_type(self) -> Array:
        return self.types[0].with_axes((self.over, *self.types[0].axes))

    def bind(self, which: int, text: str) -> None:
        if which in self.used:
            self.writer._bind(self.node.outs[which], text)

    # --- the scan ---------------------------------------------------------------------------------

    def general(self) -> None:
        w, form, count = self.writer, self.form, len(self.types)
        reverse = bool(self.box.attrs["reverse"])
        elements = [self.part(i) for i in range(len(form.parts))]
        if not list(self.moving):
            steps = w.size(self.box.attrs["times"])
            elements[-1] = f"{elements[-1]}.expand({steps}, *{self.like()}.shape)"
        if form.family == "diagonal":
            function = "linear_scan" if count == 1 else "block_scan"
        else:
            function = FUNCTIONS[form.family]
        for name in (*NEEDS[function], function):
            w.helper(name, TEXTS[name])
        if function == "block_scan":
            call = f"block_scan({', '.join([str(count), str(reverse), *elements, *self.starts])})"
        else:
            more = ["True"] if reverse else []
            call = f"{function}({', '.join([*elements, self.starts[0], *more])})"
        names = [w.names.local(name) for name in self.wanted()]
        note = ", ".join(shape_note(t.with_axes((self.over, *t.axes))) for t in self.types)
        w.lines.append((", ".join(names), call, note))
        self.rows_of(*names)

    def rows_of(self, *names: str) -> None:
        """Bind the outputs to the states after all steps, steps in front."""
        form, reverse = self.form, self.box.attrs["reverse"]
        steps = self.writer.size(self.box.attrs["times"])
        for at, k in enumerate(form.after):
            if at in self.used:
                self.bind(at, self.back(names[k]))
        for at, k in enumerate(form.before, len(form.after)):
            start = f"{atom(self.starts[k])}.unsqueeze(0)"
            text = f"torch.cat([{start}, {names[k]}])[:-1]"
            if reverse:
                text = f"torch.cat([{names[k]}, {start}])[1:]"
            if at in self.used:
                self.bind(at, self.back(text))
        for k in range(len(self.types)):
            at = len(form.after) + len(form.before) + k
            last = "0" if reverse else "-1"
            self.bind(at, f"{names[k]}[{last}] if {steps} else {self.starts[k]}")

    def wanted(self) -> list[str]:
        """A name for the states of each number after all steps."""
        known, outs = self.writer.graph.names, self.node.outs
        rows = len(self.form.after) + len(self.form.before)
        ends = [known.get(outs[rows + k], "state") for k in range(len(self.types))]
        return [f"{one.removesuffix('_last')}_rows" for one in ends]

    def back(self, text: str) -> str:
        """From the steps in front to where they are in the type."""
        rank = len(self.types[0].axes) + 1
        return text if rank + self.place == 0 else f"{atom(text)}.movedim(0, {self.place})"
