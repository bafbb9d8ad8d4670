"""Mending: what to write instead, for the commonest mistakes.

Definition.  A *mend* is a help with an edit of the user's own expression: the axis that is there in
place of the one that is not, an explicit ``expand`` for a silent broadcast, a transpose for swapped
axes.  Expressions are named in the facts as they are written in the source.

Law.  A type that a mend changes is tried before it is offered: the operation takes it.

>>> from categorical import Dim, Real
>>> n, c = Dim.named("n c")
>>> adapt(Real[c], Real[n, c], lambda thing: str(thing))
('op.expand(n)({})', 'repeat it along n')
>>> adapt(Real[c], Real[c, n], lambda thing: str(thing))
('op.transpose(c, n)(op.expand(n)({}))', 'repeat it along n')
>>> adapt(Real[n, 1], Real[n], lambda thing: str(thing))
('op.squeeze()({})', 'drop the axis of one element')

No mend is offered where nothing explains the difference:

>>> adapt(Real[n, 2], Real[c, 3], lambda thing: str(thing)) is None
True
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from categorical.errors import Edit, Help, SpecError
from categorical.index import Axis, DisjointSum, IndexSet, Product
from categorical.messages import computed
from categorical.origin import Origin
from categorical.records import MissingAxis, Op
from categorical.sizes import Size
from categorical.spaces import Array, Bool, Fin
from categorical.written import Written, operand

if TYPE_CHECKING:
    from categorical.arrows import Arrow
    from categorical.tracing import Wire

Spell = Callable[[Any], str | None]
_REDUCTIONS = ("sum", "mean", "max", "min", "logsumexp", "argmax")


def located(problem: SpecError, arrow: Arrow, wires: Sequence[Wire]) -> SpecError:
    """An error of an arrow applied to wires: the user's words for its sides, and what to write."""
    if isinstance(problem, MissingAxis) and not problem.help:
        axes = [str(a) for w in wires for a in w.type.axes]
        problem.help = [Help(f"name an axis that is there: {', '.join(axes) or 'it has none'}")]
    written = Written.here()
    if written is None:
        return problem
    nodes = arguments(written, len(wires))
    if nodes:
        problem.facts = [
            (_said(label, [brief(written.text(n)) for n in nodes]), text)
            for label, text in problem.facts
        ]
    problem.related += [
        (place, f"`{wire.name}` is declared")
        for wire, place in ((w, declaration(w)) for w in dict.fromkeys(wires))
        if place is not None
    ]
    op = getattr(arrow, "op", None)
    found = []
    if isinstance(op, Op):
        found = of_types(problem, op, tuple(w.type for w in wires), nodes, written, wires)
    elif problem.code in ("CM001", "CM003"):
        found = converted([w.type for w in wires], arrow.dom, nodes, written)
    if problem.code == "CM007":
        got = " × ".join(str(w.type) for w in wires)
        problem.facts.append(("the wires", got))
    if found:
        problem.help = found
    return problem


def arguments(written: Written, count: int) -> list[ast.expr]:
    """The expressions of the arguments, if they are ``count`` single ones."""
    if isinstance(written.node, ast.UnaryOp):
        return [written.node.operand] if count == 1 else []
    if isinstance(written.node, ast.Compare):
        return [written.node.left, *written.node.comparators][:count]
    if isinstance(written.node, ast.BinOp):
        return list(written.operands or ())
    call = written.call
    if call is None or any(isinstance(a, ast.Starred) for a in call.args):
        return []
    return list(call.args) if len(call.args) == count else []


def declaration(wire: Wire) -> Origin | None:
    """Where a wire is declared, if it is an argument of the function."""
    if wire.number not in wire.tracer.builder.graph.inputs or wire.tracer.function is None:
        return None
    return Origin.of_argument(wire.tracer.function, wire.name)


def one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.split())


def brief(text: str) -> str:
    """The beginning of a text, to name it by."""
    text = one_line(text)
    return text if len(text) <= 48 else text[:45] + "…"


_SIDES = {"left": 0, "right": 1, "input": 0, "mask": 1}


def _said(label: str, texts: Sequence[str]) -> str:
    """A label such as "left" as the expression that it stands for."""
    if label in ("it got", "array", "wire") and len(texts) == 1:
        return f"`{texts[0]}` is"
    if label.startswith("factor ") and label[7:].isdigit() and int(label[7:]) < len(texts):
        return f"`{texts[int(label[7:])]}` is"
    place = _SIDES.get(label, len(texts))
    return f"`{texts[place]}` is" if place < len(texts) else label


# --- by the types that met ----------------------------------------------------------------------


def of_types(
    problem: SpecError,
    op: Op,
    types: tuple[Array, ...],
    nodes: Sequence[ast.expr],
    written: Written,
    wires: Sequence[Wire] = (),
) -> list[Help]:
    """The mends for an operation that does not take the types of its inputs.

    In a chain ``f >> g`` there are neither arguments (``nodes``) nor wires.
    """
    if written.op is None:
        return []
    if problem.code in ("CM016", "CM017"):
        return activation(problem.code, op.name, types, nodes, written)
    if problem.code == "CM006":
        return occurrences(types, written)
    if problem.code == "CM007":
        return joined(op, types, nodes, written)
    if problem.code in ("CM011", "CM039") or (problem.code == "CM005" and op.attrs.get("masked")):
        found = redeclared(op, wires, written)
        if found:
            return found
    if isinstance(problem, MissingAxis):
        wanted = problem.axis
        return reduced_before(op, wanted, wires, nodes, written) or other_axis(
            op, wanted, types[0], written
        )
    if op.name == "einsum":
        return relabelled(op, types, nodes, written)
    if len(nodes) == 2 and len(types) == 2 and problem.code in ("CM003", "CM004", "CM010"):
        return one_type(types, nodes, written)
    return []


def adapt(got: Array, want: Array, spell: Spell) -> tuple[str, str] | None:
    """An expression (with ``{}`` for the wire) of the wanted type, and what it does in words."""
    if got.kind != want.kind or got.values is not want.values:
        return None

    def call(name: str, axes: Sequence[Axis], inner: str) -> str | None:
        spelled = [spell(a) for a in axes]
        if any(one is None for one in spelled):
            return None
        return f"op.{name}({', '.join(map(str, spelled))})({inner})"

    have, need = list(got.axes), list(want.axes)
    if set(have) == set(need):
        text = call("transpose", need, "{}")
        return None if text is None else (text, "put its axes in that order")
    one = Size.of(1)
    if [a for a in have if a.size is not one] == need and len(have) == len(need) + 1:
        return "op.squeeze()({})", "drop the axis of one element"
    if set(have) < set(need):
        extra = [a for a in need if a not in have]
        text = call("expand", extra, "{}")
        if text is not None and [*extra, *have] != need:
            text = call("transpose", need, text)
        along = ", ".join(map(str, extra))
        return None if text is None else (text, f"repeat it along {along}")
    if len(have) == len(need):
        pairs = [(a, b) for a, b in zip(have, need, strict=True) if a is not b]
        if len(pairs) == 1 and pairs[0][0].index is pairs[0][1].index:
            text = call("relabel", pairs[0], "{}")
            return None if text is None else (text, f"call its axis {pairs[0][1]}")
        if len(pairs) == 1 and computed(*pairs[0]):
            called = spell(pairs[0][1])
            place = have.index(pairs[0][0])
            if called is not None:
                text = f"op.slice({{0}}.type.axes[{place}], into={called})({{0}})"
                return text, f"call its axis {pairs[0][1]}"
        if len(pairs) == 1 and pairs[0][0].size is not pairs[0][1].size:
            spelled = [spell(a) for a in pairs[0]]
            if None not in spelled and got.kind == "real":
                text = f"op.linear({spelled[0]}, {spelled[1]})({{}})"
                return text, f"project it to `{pairs[0][1]}`"
    return None


def one_type(types: Sequence[Array], nodes: Sequence[ast.expr], written: Written) -> list[Help]:
    """Bring one of two wires to the type of the other: the computed one to the given one."""
    order = [(1, 0), (0, 1)]
    if isinstance(nodes[1], ast.Name) and not isinstance(nodes[0], ast.Name):
        order.reverse()
    tries = [(i, adapt(types[i], types[j], written.spell)) for i, j in order]
    tries.sort(key=lambda one: one[1] is None or "squeeze" not in one[1][0])
    for this, found in tries:
        if found is not None and ("{0}" not in found[0] or isinstance(nodes[this], ast.Name)):
            text = filled(found[0], written.text(nodes[this]), written)
            return [Help(f"{found[1]}: {one_line(text)}", written.edit(nodes[this], text))]
    return []


def filled(pattern: str, inner: str, written: Written) -> str:
    module = written.op or "op"
    return pattern.replace("op.", f"{module}.").format(inner)


def converted(
    types: Sequence[Array], wanted: Sequence[Any], nodes: Sequence[ast.expr], written: Written
) -> list[Help]:
    """Bring the first argument that differs to the type that an arrow expects."""
    if len(nodes) != len(types) or len(types) != len(wanted) or written.op is None:
        return []
    if sum(g is not w for g, w in zip(types, wanted, strict=True)) != 1:
        return []
    for node, got, want in zip(nodes, types, wanted, strict=True):
        found = None if got is want else adapt(got, want, written.spell)
        if found is not None and ("{0}" not in found[0] or isinstance(node, ast.Name)):
            text = filled(found[0], written.text(node), written)
            return [Help(f"{found[1]}: {one_line(text)}", written.edit(node, text))]
    return []


# --- axes ---------------------------------------------------------------------------------------


def other_axis(op: Op, wanted: Axis, got: Array, written: Written) -> list[Help]:
    """Name an axis that the wire has, where one that it has not is written."""
    factory = written.factory
    node = None if factory is None else written.saying(wanted, factory)
    if node is None or factory is None or not isinstance(got, Array):
        return []
    close = [
        [a for a in got.axes if a.index is wanted.index],
        [a for a in got.axes if a.size is wanted.size],
        [
            a
            for a in got.axes
            if isinstance(a.index, Product | DisjointSum) and _part_of(wanted.index, a.index)
        ],
        list(got.axes[-1:]) if op.name == "linear" else [],
    ]
    for one in next((group for group in close if group), []):
        spelled = written.spell(one)
        if spelled is not None and _takes(op, wanted, one, got):
            text = written.replaced(factory, node, spelled)
            words = f"use the axis that is there, {brief(str(one))}: {text}"
            helps = [Help(words, written.edit(node, spelled))]
            if isinstance(one.index, Product) and isinstance(wanted.index, Product):
                if set(one.index.factors) == set(wanted.index.factors):
                    order = ", ".join(map(str, wanted.index.factors))
                    helps.append(Help(f"or merge in the other order where it is made: ({order})"))
            return helps
    return []


def _part_of(part: IndexSet, whole: IndexSet) -> bool:
    atoms = part.parts or (part,)
    return all(any(one is p for p in whole.parts) for one in atoms)


def _takes(op: Op, old: Axis, new: Axis, got: Array) -> bool:
    """Whether the operation takes an array once one axis is written for another."""

    def swapped(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(swapped(v) for v in value)
        if value is old:
            return new
        return (new.index if not new.label else new) if value is old.index else value

    attrs = {k: v if k == "target" else swapped(v) for k, v in op.attrs.items()}
    try:
        Op(op.generator, **attrs).box((got,))
    except SpecError:
        return False
    return True


def reduced_before(
    op: Op, wanted: Axis, wires: Sequence[Wire], nodes: Sequence[ast.expr], written: Written
) -> list[Help]:
    """A reduction along an axis that an earlier step has reduced: leave it out."""
    if op.name not in _REDUCTIONS or len(wires) != 1 or len(nodes) != 1:
        return []
    graph = wires[0].tracer.builder.graph
    wire, makers = wires[0].number, graph.producer()
    while wire in makers:
        node = makers[wire]
        before = [w for w in node.ins if wanted in graph.types[w].axes]
        if before:
            text = written.text(nodes[0])
            place = f" (line {node.origin.line})" if node.origin is not None else ""
            words = f"`{node.box.name}`{place} has reduced {wanted} already: write {one_line(text)}"
            return [Help(words, written.edit(written.node, text))]
        wire = node.ins[0] if node.ins else -1
    return []


def occurrences(types: Sequence[Array], written: Written) -> list[Help]:
    """Each occurrence of an axis that was ambiguous, by its label."""
    factory = written.factory
    if factory is None:
        return []
    for argument in factory.args:
        meant = written.value(argument)
        found = [a for a in types[0].axes if a.index is meant]
        if len(found) > 1:
            base = written.text(argument)
            texts = [f'{base}.at("{a.label}")' for a in reversed(found)]
            return [
                Help(
                    f"along {a}: {brief(written.text(factory.func))}({text})",
                    written.edit(argument, text),
                )
                for a, text in zip(reversed(found), texts, strict=True)
            ]
    return []


def relabelled(
    op: Op, types: Sequence[Array], nodes: Sequence[ast.expr], written: Written
) -> list[Help]:
    """An einsum keeps an occurrence that no factor has: call the axis of the last factor so."""
    missing = [a for a in op["keep"] if all(a not in t.axes for t in types)]
    if len(missing) != 1 or not nodes:
        return []
    wanted = missing[0]
    for type_, node in reversed(list(zip(types, nodes, strict=True))):
        old = [a for a in type_.axes if a.index is wanted.index]
        spelled = [written.spell(a) for a in (*old[:1], wanted)]
        if len(old) == 1 and None not in spelled:
            text = f"{written.op}.relabel({spelled[0]}, {spelled[1]})({written.text(node)})"
            return [Help(f"say which factor has it: {one_line(text)}", written.edit(node, text))]
    return []


# --- wires --------------------------------------------------------------------------------------


def redeclared(op: Op, wires: Sequence[Wire], written: Written) -> list[Help]:
    """Another type for an argument of the function, with which the operation has a type."""
    types = [w.type for w in wires]
    named: list[Axis] = []
    for value in op.attrs.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, IndexSet | Axis):
                named.append(one if isinstance(one, Axis) else Axis(one))
    for place, wire in enumerate(wires):
        where = declaration(wire)
        if where is None or wire.tracer.function is None:
            continue
        kinds = [Bool, *(Fin(a.index) for a in named)]
        for kind in kinds:
            for axes in (wire.type.axes, tuple(named)):
                try:
                    other = kind[axes]
                    op.box((*types[:place], other, *types[place + 1 :]))
                except SpecError:
                    continue
                text = written.spell(other)
                if text is None or other is wire.type:
                    continue
                return [
                    Help(
                        f"declare it as what it is:  {wire.name}: {text}",
                        Edit.replacing(where, f"{wire.name}: {text}"),
                        written.importing(*_kinds(kind.kind)),
                    )
                ]
    return []


def _kinds(kind: str) -> tuple[str, ...]:
    return {"bool": ("Bool",), "fin": ("Fin",), "real": ("Real",)}.get(kind, ())


def joined(
    op: Op, types: Sequence[Array], nodes: Sequence[ast.expr], written: Written
) -> list[Help]:
    """Several wires for a layer that takes one: put them side by side first."""
    factory = written.factory
    if op.name != "linear" or len(types) < 2 or not nodes or factory is None or not factory.args:
        return []
    source = op["source"]
    if any(source not in t.axes for t in types) or len(set(types)) > 1:
        return []
    spelled = written.spell(source)
    if spelled is None or written.call is None:
        return []
    several = [spelled] * len(types)
    rest = ", ".join([" + ".join(several), *(written.text(a) for a in factory.args[1:])])
    rest += "".join(f", {k.arg}={written.text(k.value)}" for k in factory.keywords)
    both = f"{written.op}.concat({', '.join(several)})({', '.join(map(written.text, nodes))})"
    text = f"{written.text(factory.func)}({rest})({both})"
    return [Help(f"put them side by side first: {text}", written.edit(written.node, text))]


def activation(
    code: str, name: str, types: Sequence[Array], nodes: Sequence[ast.expr], written: Written
) -> list[Help]:
    """An odd function for signs; a gate by the squared norm for rotations."""
    if code == "CM016":
        place = written.node if not nodes else written.call and written.call.func
        for node in ast.walk(place) if place is not None else ():
            if isinstance(node, ast.Attribute) and node.attr == name:
                text = f"{written.text(node.value)}.tanh"
                words = f"use an odd function, such as {text} or {written.op}.softsign; or a gate"
                return [Help(words, written.edit(node, text))]
        return []
    if len(nodes) != 1 or len(types) != 1:
        return []
    rotated = [a for a in types[0].axes if any(d.action == "rotation" for d in a.index.atoms)]
    others = [a for a in types[0].axes if a not in rotated]
    every, rest = ([written.spell(a) for a in axes] for axes in (types[0].axes, others))
    if None in every:
        return []
    x, module = written.text(nodes[0]), written.op
    norm = f"{module}.einsum({', '.join(map(str, rest))})({x}, {x})"
    text = f"{module}.einsum({', '.join(map(str, every))})({x}, {module}.sigmoid({norm}))"
    return [
        Help(
            f"gate by the squared norm, which is invariant: {text}",
            written.edit(written.node, text),
        )
    ]


def chained(problem: SpecError, first: Arrow, second: Arrow, written: Written) -> list[Help]:
    """The mends for ``f >> g`` where ``g`` does not take what ``f`` produces."""
    if not isinstance(written.node, ast.BinOp) or not isinstance(written.node.op, ast.RShift):
        return []
    right = written.node.right
    types = tuple(t for t in first.cod if isinstance(t, Array))
    op = getattr(second, "op", None)
    if len(types) != len(first.cod):
        return []
    if isinstance(op, Op):
        return of_types(problem, op, types, (), written.on(right))
    if len(types) == len(second.dom) == 1 and isinstance(second.dom[0], Array):
        found = adapt(types[0], second.dom[0], written.spell)
        if found is not None and found[0].count("{}") == 1 and found[0].count("(") == 2:
            step = found[0].removesuffix("({})").replace("op.", f"{written.op or 'op'}.")
            text = f"{step} >> {operand(written.text(right))}"
            return [Help(f"{found[1]}: {text}", written.edit(right, text))]
    return []


def parts_in_order(index: IndexSet, parts: Sequence[Axis]) -> list[Help]:
    """A split into the factors of a product in another order than they have there."""
    factors = index.factors if isinstance(index, Product) else ()
    if sorted(map(str, factors)) != sorted(str(p.index) for p in parts):
        return [Help(f"the parts multiply to `{index}`, the first one slowest")]
    written = Written.here("axes.py")
    call = written.call if written is not None else None
    order = [next(p for p in parts if p.index is f) for f in factors]
    if written is None or call is None or None in (spelled := [written.spell(a) for a in order]):
        return [Help("split in the order of the product, then transpose")]
    function, whole = written.text(call.func), written.text(call.args[0])
    wanted = ", ".join(written.text(a) for a in call.args[1:])
    text = (
        f"({function}({whole}, {', '.join(map(str, spelled))})"
        f" >> {function.removesuffix('split')}transpose({wanted}))"
    )
    return [
        Help(
            f"split in the order of the product, then transpose: {text[1:-1]}",
            written.edit(call, text),
        )
    ]
