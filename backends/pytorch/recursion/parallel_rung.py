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

from backends.pytorch.recursion.lengths import checked
from backends.pytorch.recursion.parallel import Form
from backends.pytorch.recursion.parallel_text import NEEDS, TEXTS
from backends.pytorch.scope import shape_note
from backends.pytorch.table.base import atom
from categorical.graph import Graph, Node
from categorical.recursion.machine import along, parts
from categorical.spaces import Array
from proofs.monoids.family import FAMILIES
from proofs.monoids.reading import Place
from proofs.monoids.sheet import Number

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer

FUNCTIONS = {
    "matrix": "matrix_scan",
    "maxplus": "most_scan",
    "minplus": "least_scan",
    "mobius": "mobius_scan",
    "finite": "finite_scan",
}


def scanned(graph: Graph, node: Node, sizes: Mapping[str, int]) -> Scanned | None:
    """The lowering of the run of an action; None for any other run."""
    form = node.box.attrs.get("monoid") if node.box.name == "scan" else None
    return None if form is None else Scanned(form)


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
        self.alive = self.lengths() if self.box.attrs["ragged"] else None
        if self.form.family == "masked":
            return self.masked()
        rows = self.box.cod[: len(self.box.cod) - len(self.types)]
        along_steps = [*rows, *self.box.dom[sequences]]
        self.place = along_steps[0].position(self.over) if along_steps else 0
        self.used = {
            i for i, w in enumerate(node.outs) if w in writer.consumers or w in writer.graph.outputs
        }
        self.starts = [writer._wire(w) for w in node.ins[which]]
        if not self.closed():
            self.general()

    # --- parts ------------------------------------------------------------------------------------

    def lengths(self) -> tuple[str, Array]:
        """A mask of the steps before the length, and its type."""
        w, type_ = self.writer, self.box.dom[-1]
        steps, one = w.size(self.box.attrs["times"]), checked(w, self.node)
        mask = Array("bool", (*type_.axes, self.over))
        end = f"{atom(one)}.unsqueeze(-1)" if type_.axes else one
        text = f"torch.arange({steps}, device={atom(one)}.device) < {end}"
        known = next((t for t, x, _ in w.lines if x == text), None)
        return known or w.line(text, mask, "alive"), mask

    def masked(self) -> None:
        """Outputs, and 0 past a length."""
        assert self.alive is not None
        mask, type_ = self.alive
        for wire, out in zip(self.node.ins, self.node.outs, strict=False):
            x, array = self.writer._wire(wire), self.writer.graph.types[out]
            zero = "False" if array.kind == "bool" else "0"
            test = self.writer.aligned(mask, type_, array)
            self.writer._bind(out, f"torch.where({test}, {x}, {zero})")

    def part(self, which: int) -> str:
        """A part of the element at all steps, or broadcast along them; past a length, the unit."""
        text = self.every(which)
        if self.alive is None:
            return text
        mask, type_ = self.alive
        want = FAMILIES[self.form.family].parts(self.types)[which]
        test = self.writer.aligned(mask, type_, along(want, self.over, self.place))
        return f"torch.where({test}, {text}, {self.unit(which)})"

    def unit(self, which: int) -> str:
        """A part of the unit."""
        family, count, like = self.form.family, len(self.types), atom(self.starts[0])
        size = self.writer.size(self.types[0].axes[-1]) if self.types[0].axes else "1"
        options = f"dtype={like}.dtype, device={like}.device"
        if family == "diagonal":
            return str(int(which < count * count and which % (count + 1) == 0))
        if family == "mobius":
            return str(int(which in (0, 3)))
        if family == "matrix":
            return "0" if which else f"torch.eye({size}, {options})"
        if family == "finite":
            states = self.writer.size(self.types[0].values or 1)
            return f"torch.arange({states}, {options})"
        low = "-math.inf" if family == "maxplus" else "math.inf"
        return (self.writer.uses("math") and low) if which else "0"

    def every(self, which: int) -> str:
        """A part at all steps, whatever the lengths."""
        one = self.form.parts[which]
        if not isinstance(one, Place):
            return f"{atom(self.starts[0])}.new_full((), {self.writer.literal(one)})"
        text = self.writer._wire(self.node.ins[self.first + one.at])
        return text if one.at in self.moving else f"{atom(text)}.unsqueeze({self.place})"

    # --- closed forms -----------------------------------------------------------------------------

    def closed(self) -> bool:
        """A sum, a weighted sum or a maximum; False where there is no closed form."""
        if len(self.types) != 1 or not list(self.moving) or self.alive is not None:
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
        start, x = atom(self.starts[0]), atom(self.part(1))
        if only:
            self.bind(0, f"{start} + {x}.sum({self.place})")
            return True
        total = self.turned(f"{atom(self.turned(x))}.cumsum({self.place})")
        self.rows_of(self.row(f"{total} + {start}.unsqueeze({self.place})"))
        return True

    def decayed(self, first: Number | Place) -> bool:
        """One factor for all steps: a sum with its powers as weights."""
        w = self.writer
        name = "weighted_sum" if isinstance(first, Place) else "decayed_sum"
        w.helper(name, TEXTS[name])
        if isinstance(first, Place):
            factor = self.still(first)
        else:
            factor = w.literal(first if isinstance(first, complex) else float(first))
        more = ", True" if self.box.attrs["reverse"] else ""
        self.bind(0, f"{name}({factor}, {self.part(1)}, {self.starts[0]}, {self.place}{more})")
        return True

    def still(self, one: Place) -> str:
        """A part that no step changes, before it was repeated along the batch."""
        w, wire = self.writer, self.node.ins[self.first + one.at]
        made = w.graph.producer().get(wire)
        if made is not None and made.box.name == "expand":
            inner = made.ins[0]
            if len(w.graph.types[inner].axes) >= len(self.types[0].axes) - self.place:
                return w._wire(inner)
        return w._wire(wire)

    def extreme(self, only: bool) -> bool:
        """Shift 0: a maximum, or a running one (least: minimum)."""
        w = self.writer
        kind, place = "max" if self.form.family == "maxplus" else "min", self.place
        start = f"{atom(self.starts[0])}.unsqueeze({place})"
        if only:
            self.bind(0, f"torch.cat([{start}, {self.part(1)}], {place}).a{kind}({place})")
            return True
        text = f"torch.cat([{start}, {self.turned(self.part(1))}], {place})"
        whole, steps = w.line(text, None, "whole"), w.size(self.box.attrs["times"])
        text = f"{whole}.cum{kind}({place}).values.narrow({place}, 1, {steps})"
        self.rows_of(self.row(self.turned(text)))
        return True

    def turned(self, text: str) -> str:
        """In the order of the run."""
        return f"{atom(text)}.flip({self.place})" if self.box.attrs["reverse"] else text

    def row(self, text: str) -> str:
        """A statement for the states after all steps."""
        return self.writer.line(text, self.row_type(0), self.wanted()[0])

    def row_type(self, which: int) -> Array:
        return along(self.types[which], self.over, self.place)

    def bind(self, which: int, text: str) -> None:
        if which in self.used:
            self.writer._bind(self.node.outs[which], text)

    # --- the scan ---------------------------------------------------------------------------------

    def general(self) -> None:
        w, form, count = self.writer, self.form, len(self.types)
        reverse = bool(self.box.attrs["reverse"])
        elements = [self.part(i) for i in range(len(form.parts))]
        if not list(self.moving):
            elements[-1] = f"{elements[-1]}.expand({w.shape(self.row_type(0))})"
        if form.family == "diagonal":
            function = "linear_scan" if count == 1 else "block_scan"
        else:
            function = FUNCTIONS[form.family]
        for name in (*NEEDS[function], function):
            w.helper(name, TEXTS[name])
        options = [str(self.place), *(["True"] if reverse else [])]
        if function == "block_scan":
            given = [str(count), str(self.place), str(reverse), *elements, *self.starts]
        else:
            given = [*elements, self.starts[0], *options]
        rows = [w.names.local(name) for name in self.wanted()]
        lasts = [w._name(o) for o in self.node.outs[-count:]]
        types = [*(self.row_type(k) for k in range(count)), *self.types]
        note = ", ".join(map(shape_note, types))
        w.lines.append((", ".join([*rows, *lasts]), f"{function}({', '.join(given)})", note))
        self.shown(rows)
        w.values.update(zip(self.node.outs[-count:], lasts, strict=True))

    def shown(self, names: list[str]) -> None:
        """Bind the outputs along the steps to the states after each."""
        form = self.form
        for at, k in enumerate(form.after):
            self.writer.values[self.node.outs[at]] = names[k]
        for at, k in enumerate(form.before, len(form.after)):
            if at in self.used:
                self.writer.helper("prefixes", TEXTS["prefixes"])
                more = str(bool(self.box.attrs["reverse"]))
                self.bind(at, f"before({names[k]}, {self.starts[k]}, {self.place}, {more})")

    def rows_of(self, name: str) -> None:
        """The same for one state in closed form; its last value is an entry."""
        self.shown([name])
        last = "0" if self.box.attrs["reverse"] else "-1"
        one = f"{name}.select({self.place}, {last})"
        steps = self.writer.size(self.box.attrs["times"])
        self.bind(len(self.node.outs) - 1, f"{one} if {steps} else {self.starts[0]}")

    def wanted(self) -> list[str]:
        """A name for the states of each number after all steps."""
        known, outs = self.writer.graph.names, self.node.outs
        rows = len(self.form.after) + len(self.form.before)
        ends = [known.get(outs[rows + k], "state") for k in range(len(self.types))]
        return [f"{one.removesuffix('_last')}_rows" for one in ends]
