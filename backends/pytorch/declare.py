"""Declarations: the ``__init__`` and ``reset_parameters`` of a generated module.

Definition.  Each resource is declared at its path: ``linear.weight`` is the attribute ``weight`` of
the submodule ``linear``, which is torch's own layer where the weights are a box's own and start in
the usual way, and otherwise an ``nn.Module`` that only holds them.

Law.  State-dict keys are the paths of the spec, but for names that torch reserves.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> b, c = Dim.named("batch c")
>>> build(op.linear(c, c).at(Real[b, c]), {"c": 4}, "net").parameters
{'linear.weight': 'linear.weight', 'linear.bias': 'linear.bias'}
>>> build(op.linear(c, c, name="xpu").at(Real[b, c]), {"c": 4}, "net").parameters
{'xpu.weight': 'xpu_.weight', 'xpu.bias': 'xpu_.bias'}
"""

from __future__ import annotations

from backends.pytorch import layout, resources, safety
from backends.pytorch.scope import Scope, shape_note
from backends.pytorch.table import LIBRARY
from categorical.graph import Resource
from categorical.index import Axis
from categorical.ops.contraction import linear
from categorical.records import NOISE, WEIGHT, Box
from categorical.sizes import Size
from categorical.spaces import Array


class Declarations(Scope):
    """The part of a writer that declares parameters and buffers."""

    def _declare(self) -> None:
        """Parameters and buffers, in the order of first use."""
        self._find_libraries()
        for wire, resource in self.graph.sources.items():
            if resource.role != NOISE:
                self._declare_one(wire, resource)

    def _find_libraries(self) -> None:
        """Boxes whose weights are their own and start in the usual way get torch's own module."""
        held: dict[str, list[str]] = {}
        for resource in self.graph.sources.values():
            owner, _, leaf = resource.name.rpartition(".")
            held.setdefault(owner, []).append(leaf)
        for node in self.graph.nodes:
            box = node.box
            if not isinstance(box, Box) or box.name not in LIBRARY or self.stack is not None:
                continue
            wires = node.ins[len(box.dom) :]
            if not all(w in self.graph.sources for w in wires):
                continue
            own = [self.graph.sources[w] for w in wires]
            owner = own[0].name.rpartition(".")[0] if own else ""
            readers = {id(n): n for w in wires for n in self.consumers[w]}.values()
            outputs = set(self.graph.outputs)
            if not owner or any(w in outputs for w in wires):
                continue
            if "." in owner and owner.partition(".")[0] in self.children:
                continue
            if any(n.box is not box or n.ins[len(box.dom) :] != wires for n in readers):
                continue
            if any((r.role, r.init) != (WEIGHT, s.init) for r, s in zip(own, box.resources)):
                continue
            made = LIBRARY[box.name](self, box)
            names = [r.name.rpartition(".")[2] for r in own]
            if (
                made is not None
                and list(made.resources) == names
                and sorted(held[owner]) == sorted(names)
            ):
                self.libraries[owner] = made
        self._find_holders(held)

    def _find_holders(self, held: dict[str, list[str]]) -> None:
        """Weights of a run that are read in parts start, and are kept, as those of a layer."""
        spaces = {r.name: r for r in self.graph.sources.values()}
        for owner, leaves in held.items():
            names = ("weight", "bias") if "bias" in leaves else ("weight",)
            if owner in self.libraries or "." not in owner or self.stack is not None:
                continue
            if owner.partition(".")[0] in self.children or sorted(leaves) != sorted(names):
                continue
            own = [spaces[f"{owner}.{leaf}"] for leaf in names]
            axes = own[0].space.axes
            if any(r.role != WEIGHT or r.space.kind != "real" for r in own) or len(axes) != 2:
                continue
            target = Axis(axes[0].index) if len(own) == 1 else own[1].space.axes[-1]
            box = linear(axes[1], target, bias=len(own) == 2).op.box((Array("real", axes[1:]),))
            if [(r.space, r.init) for r in box.resources] == [(r.space, r.init) for r in own]:
                made = LIBRARY["linear"](self, box)
                assert made is not None
                self.holders[owner] = made

    def _attribute(self, holder: str, leaf: str) -> str:
        return self.attributes.attribute(leaf) if holder == "self" else safety.attribute(leaf)

    def _owner(self, path: str) -> str:
        """The expression of the module that holds a resource; it is made where it is missing."""
        if path == "":
            return "self"
        if path in self.owners:
            return self.owners[path]
        first, _, rest = path.partition(".")
        if first in self.children and rest:
            inner = self.children[first][1].holder(rest)
            if inner is not None:
                self.owners[path] = f"{self.owners[first]}.{inner}"
                return self.owners[path]
        parent, _, leaf = path.rpartition(".")
        holder = self._owner(parent)
        name = self._attribute(holder, leaf)
        self.owners[path] = f"{holder}.{name}"
        self.init.append(f"{holder}.{name} = nn.Module()")
        return self.owners[path]

    def _declare_one(self, wire: int, resource: Resource) -> None:
        owner, _, leaf = resource.name.rpartition(".")
        made = self.libraries.get(owner) or self.holders.get(owner)
        if made is not None:
            if owner not in self.owners:
                parent, _, last = owner.rpartition(".")
                holder = self._owner(parent)
                name = self._attribute(holder, last)
                self.owners[owner] = f"{holder}.{name}"
                self.init.append(f"{holder}.{name} = {made.constructor}")
            self.values[wire] = f"{self.owners[owner]}.{leaf}"
        else:
            holder = self._owner(owner)
            name = self._attribute(holder, leaf)
            shape = ", ".join(self.config_size(a) for a in resource.space.axes)
            space = resource.space
            if self.stack is not None:
                shape = ", ".join([self.config_size(self.stack), *([shape] if shape else [])])
                space = space.with_axes((self.stack, *space.axes))
            note = shape_note(space)
            text = resources.declaration(resource, shape or "()")
            if resources.is_buffer(resource):
                self.init += layout.statement(
                    "", f"{holder}.register_buffer({safety.string(name)}, {text})", note
                )
            else:
                self.init += layout.statement(f"{holder}.{name}", text, note)
            target = f"{holder}.{name}"
            stacked = self.stack is not None
            for text in resources.start(target, resource.init, self._reset_size, stacked):
                if "math." in text:
                    self.uses("math")
                if not text.startswith("bound =") or text not in self.reset[-2:]:
                    self.reset.append(text)
            self.values[wire] = target
        self.parameters.add(self.values[wire])
        key = self.values[wire].removeprefix("self.")
        if key != resource.name:
            self.keys[resource.name] = key

    def _reset_size(self, size: Size) -> str:
        return self.config_size(size).replace("config.", "self.config.")
