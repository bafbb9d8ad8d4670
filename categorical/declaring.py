"""The wordings of mistakes in declarations: sizes, laws, names of weights, what is passed to what.

Definition.  Every function returns a ``SpecError`` or a list of ``Help``; where the fix is one
change of the user's file, the help carries it as an edit.

>>> nearest({"heads": 12, "width": 100}, lambda s: s["width"] % s["heads"] == 0)
[('heads', 10), ('width', 96)]
>>> likely("hiden", ["hidden", "label"])
'hidden'

A name that resembles nothing is not guessed:

>>> likely("x", ["hidden", "label"]) is None
True
"""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from categorical import mending
from categorical.errors import Help, SpecError
from categorical.index import Axis, Dim, IndexSet
from categorical.origin import Origin
from categorical.spaces import Array, Space
from categorical.written import Written, operand

if TYPE_CHECKING:
    from categorical.arrows import Arrow
    from categorical.sizes import Condition

_THROUGH = ("architecture.py", "declaring.py", "para.py", "operators.py", "residual.py")


def likely(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def instead_of(value: object, replacement: str, *through: str) -> Any:
    """The edit that writes something else over a literal in the user's expression, or None."""
    written = Written.here(*_THROUGH, *through)
    for node in ast.walk(written.node) if written is not None else ():
        if isinstance(node, ast.Constant) and node.value == value and written is not None:
            if type(node.value) is type(value):
                return written.edit(node, replacement)
    return None


# --- sizes -----------------------------------------------------------------------------------


def _size(key: str) -> tuple[Written, ast.keyword | ast.Constant, ast.expr] | None:
    """Where a size is written: ``key=value`` in a call, or ``"key": value`` in a dict."""
    written = Written.here(*_THROUGH)
    if written is None:
        return None
    for node in ast.walk(written.tree):
        if isinstance(node, ast.keyword) and node.arg == key:
            return written, node, node.value
        if isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return written, name, value
    return None


def unknown_size(title: str, key: str, known: Sequence[str]) -> SpecError:
    """CM025: a size for a dim that does not occur."""
    helps = [Help("leave it out, or use the dimension in the architecture")]
    meant, found = likely(key, known), _size(key)
    if meant is not None:
        helps = [Help(f"`{meant}` was probably meant")]
        if found is not None:
            written, node, value = found
            text = f'"{meant}"' if isinstance(node, ast.Constant) else meant
            if isinstance(node, ast.keyword):
                text = f"{meant}={written.text(value)}"
            helps = [Help(f"`{meant}` was probably meant: {text}", written.edit(node, text))]
    return SpecError(
        "CM025",
        f"`{title}` has no dimension `{key}`",
        facts=[("dimensions", ", ".join(known) or "none")],
        help=helps,
        origin=_place(found),
    )


def _place(found: tuple[Written, Any, ast.expr] | None) -> Any:
    """The place of a size; the whole declaration where it is not found."""
    from categorical.origin import here

    return here() if found is None else found[0].origin(found[1])


def bad_size(key: str, value: object) -> SpecError:
    """CM025: a size that is no positive whole number."""
    found = _size(key)
    helps = [Help("write a positive whole number, or leave the size out: it is then open")]
    if isinstance(value, str | float) and found is not None:
        try:
            number = int(float(value))
        except ValueError:
            number = 0
        if number > 0 and number == float(value):
            helps = [
                Help(
                    f"write the number itself: {key}={number}", found[0].edit(found[2], str(number))
                )
            ]
    return SpecError(
        "CM025",
        f"`{key}` cannot have the size {value!r}",
        facts=[("needed", "a positive whole number"), ("got", f"{value!r} ({_kind(value)})")],
        help=helps,
        origin=_place(found),
    )


def _kind(value: object) -> str:
    return type(value).__name__


def nearest(
    sizes: Mapping[str, int], holds: Callable[[Mapping[str, int]], bool]
) -> list[tuple[str, int]]:
    """For each size, the nearest other value with which a condition holds; nearest first."""
    found = []
    for key, value in sizes.items():
        for step in range(1, 2 * value + 64):
            near = next(
                (v for v in (value - step, value + step) if v > 0 and holds({**sizes, key: v})),
                None,
            )
            if near is not None:
                found.append((step, key, near))
                break
    return [(key, near) for _, key, near in sorted(found)]


def violated(
    title: str, condition: Condition, sizes: Mapping[str, int], every: Sequence[Condition]
) -> SpecError:
    """CM008: the sizes contradict a condition."""
    mine = {s: sizes[s] for s in sorted(condition.symbols)}

    def holds(other: Mapping[str, int]) -> bool:
        given = {**sizes, **other}
        return all(c.holds(given) for c in every if c.symbols <= set(given))

    helps = []
    for key, value in nearest(mine, holds):
        found = _size(key)
        edit = None if found is None else found[0].edit(found[2], str(value))
        helps.append(Help(f"the nearest that fits: {key} = {value}", edit))
    facts = [("sizes", ", ".join(f"{s} = {v}" for s, v in mine.items()))]
    if condition.kind == "divides":
        part, whole = condition.left.evaluate(sizes), condition.right.evaluate(sizes)
        facts.append(("that is", f"{part} does not divide {whole}"))
    return SpecError(
        "CM008",
        f"the sizes of `{title}` violate {condition}",
        facts=facts,
        help=helps or ["choose sizes that satisfy it"],
    )


def too_large(
    title: str, path: str, space: Array, numbers: int, sizes: Mapping[str, int]
) -> SpecError:
    """CM026."""
    used = [s for s in sizes if s in space.size.symbols]
    return SpecError(
        "CM026",
        f"`{path}` of `{title}` is too large",
        facts=[
            ("type", str(space)),
            ("sizes", ", ".join(f"{s} = {sizes[s]:,}" for s in used)),
            ("numbers", f"{numbers:,} ({numbers * 4 / 10**9:,.0f} GB as float32)"),
        ],
        help=["choose smaller sizes, or go through a narrow axis: two thin layers, an embedding"],
        notes=["nothing was allocated"],
    )


def no_union(problem: SpecError) -> SpecError:
    """An architecture that cannot be batched by disjoint union."""
    edit = instead_of("union", '"none"')
    text = 'or take a whole union as one sample, and mix what is in it: batch="none"'
    if edit is not None:
        problem.help.append(Help(text, edit))
    return problem


# --- weights ---------------------------------------------------------------------------------


def unknown_weight(name: str, known: Sequence[str]) -> SpecError:
    """CM020."""
    meant = likely(name, known)
    helps = [Help("name one of these; `arrow.parameters` lists them")]
    if meant is not None:
        helps = [Help(f'"{meant}" was probably meant', instead_of(name, f'"{meant}"'))]
    return SpecError(
        "CM020",
        f"there is no parameter `{name}`",
        facts=[("parameters", ", ".join(known) or "none")],
        help=helps,
    )


def untied() -> list[Help]:
    """``f`` in place of ``tie(f)``."""
    written = Written.here(*_THROUGH)
    call = written.call if written is not None else None
    if written is None or call is None or not call.args or len(call.args) > 1:
        return []
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return []
    text = written.text(call.args[0])
    return [Help(f"or leave out the tie: {mending.one_line(text)}", written.edit(call, text))]


def transposed(target: str, old: Array, source: str, new: Array) -> list[Help]:
    """A weight computed as the transpose of another one, in place of a tie of the two."""
    written = Written.here(*_THROUGH)
    call = written.call if written is not None else None
    if written is None or call is None or not call.args or written.op is None:
        return []
    if set(old.axes) != set(new.axes):
        return []
    order, type_ = [written.spell(a) for a in old.axes], written.spell(new)
    if None in order or type_ is None:
        return []
    by = f"{written.op}.transpose({', '.join(map(str, order))}).at({type_})"
    text = (
        f'reparametrise({written.text(call.args[0])}, "{target}", by={by}, '
        f'read={{"x": "{source}"}})'
    )
    edit = written.edit(call, text)
    return [
        Help(
            f"one is the transpose of the other: {text}",
            edit,
            written.importing("Real", "reparametrise"),
        )
    ]


def closing(body: Arrow, *through: str) -> list[Help]:
    """Bring the result of a body back to its first input, where one step does it."""
    written = Written.here(*_THROUGH, *through)
    call = written.call if written is not None else None
    got, want = body.cod, body.dom[:1]
    if len(got) != 1 or not isinstance(got[0], Array) or not isinstance(want[0], Array):
        return []
    spell = str if written is None else written.spell
    found = mending.adapt(got[0], want[0], spell)
    if found is None or found[0].count("(") > 2:
        return []
    step = found[0].removesuffix("({})")
    if written is None or call is None or not call.args or written.op is None:
        return [Help(f"end with {step}")]
    step = step.replace("op.", f"{written.op}.")
    text = f"{operand(written.text(call.args[0]))} >> {step}"
    return [Help(f"end with {step}", written.edit(call.args[0], text))]


_RECURRENT = "from categorical.composites import {0}, and its cell is {0}(feature, hidden)"
_LAYERS = {
    **{f"LSTM{end}": _RECURRENT.format("lstm_cell") for end in ("", "Cell")},
    **{f"GRU{end}": _RECURRENT.format("gru_cell") for end in ("", "Cell")},
    **{f"RNN{end}": _RECURRENT.format("elman_cell") for end in ("", "Cell")},
    "Linear": "op.linear(feature, hidden)",
    "Embedding": "op.embedding(symbol, feature)",
}


# --- what is no arrow -------------------------------------------------------------------------


def arrow_instead(value: object, *through: str) -> list[Help]:
    """What to write for a function or a list where an arrow is expected."""
    written = Written.here(*_THROUGH, *through)
    if inspect.isfunction(value):
        name = value.__name__
        if (value.__module__ or "").partition(".")[0] == "categorical":
            return [Help(f"call it: `{name}(…)` makes the arrow")]
        if name == "<lambda>":
            names = ", ".join(f"{one}: Real[…]" for one in inspect.signature(value).parameters)
            return [Help(f"write it as a function with types: @arrow, def cell({names}) -> …")]
        place = Origin.of(value)
        text = f"make it an arrow: put @arrow above `def {name}`"
        if written is not None and place is not None and place.filename == written.filename:
            for node in ast.walk(written.tree):
                if isinstance(node, ast.FunctionDef) and node.lineno == place.line:
                    return [
                        Help(text, written.before(node, "@arrow\n"), written.importing("arrow"))
                    ]
        return [Help(text)]
    if isinstance(value, list | tuple):
        text = "compose the arrows of a list with sequence([f, g])"
        nodes = (
            []
            if written is None or written.call is None
            else [*written.call.args, *(k.value for k in written.call.keywords)]
        )
        for node in nodes:
            same = (
                isinstance(node, ast.Name)
                and written is not None
                and written.names.get(node.id) is value
            )
            if written is not None and (same or isinstance(node, ast.List)):
                inside = f"sequence({written.text(node)})"
                return [
                    Help(
                        f"compose the arrows of a list: {inside}",
                        written.edit(node, inside),
                        written.importing("sequence"),
                    )
                ]
        return [Help(text)]
    if type(value).__name__ == "Architecture":  # which imports this module
        return [Help("an architecture is an arrow with laws and sizes; give the arrow:  .arrow")]
    kind = value if isinstance(value, type) else type(value)
    layer = _LAYERS.get(kind.__name__) if kind.__module__.partition(".")[0] == "torch" else None
    if layer is not None:
        return [Help(f"a spec is made of arrows, not of torch's modules: {layer}")]
    return [Help("compose arrows with >> and @; call an arrow on wires inside @arrow")]


# --- laws ------------------------------------------------------------------------------------


def other_law(origin: Origin | None, name: str, words: str) -> Help:
    """Another law in place of the one at an origin, with the same arguments."""
    written = Written.at(origin)
    call = written.call if written is not None else None
    if written is None or call is None or not isinstance(call.func, ast.Attribute):
        return Help(words)
    text = f"{written.text(call.func.value)}.{name}"
    return Help(words, written.edit(call.func, text))


def other_argument(origin: Origin | None, value: str, known: Sequence[str]) -> Help:
    """The name that was probably meant, in the law at an origin."""
    meant, written = likely(value, known), Written.at(origin)
    if meant is None:
        return Help(f"name one of {', '.join(known)}")
    for node in ast.walk(written.node) if written is not None else ():
        if isinstance(node, ast.Constant) and node.value == value and written is not None:
            return Help(f'"{meant}" was probably meant', written.edit(node, f'"{meant}"'))
    return Help(f'"{meant}" was probably meant')


# --- axes ------------------------------------------------------------------------------------


def dim_of(text: str) -> list[Help]:
    """Declare a dim for a string in a type, and use it everywhere the string stands for an axis."""
    name = "".join(c if c.isalnum() else "_" for c in text).strip("_")
    if not name.isascii() or not name.isidentifier():
        name = "n"
    line = f'{name} = Dim("{name}")'
    words = f"declare it first:  {line}"
    written = Written.here("index.py", "spaces.py", "declaring.py")
    if written is not None and written.call is not None:
        there = [k for k, v in written.names.items() if isinstance(v, Dim) and v.name == text]
        for node in ast.walk(written.call) if there else ():
            if isinstance(node, ast.Constant) and node.value == text:
                return [Help(f"it is declared:  {there[0]}", written.edit(node, there[0]))]
    if written is None or not isinstance(written.node, ast.Subscript):
        return [Help(words)]
    uses = [
        node
        for one in ast.walk(written.tree)
        if isinstance(one, ast.Subscript)
        for node in ast.walk(one.slice)
        if isinstance(node, ast.Constant) and node.value == text
    ]
    first = next(
        (s for s in written.tree.body if uses and any(n is uses[0] for n in ast.walk(s))), None
    )
    if first is None:
        return [Help(words)]
    also = tuple(written.edit(node, name) for node in dict.fromkeys(uses))
    return [Help(words, written.before(first, line + "\n\n\n"), (*also, *written.importing("Dim")))]


def label_of(repeated: Axis) -> list[Help]:
    """A label for the second of two axes over one index set."""
    new = f'{repeated.index}.at("key")'
    written = Written.here("index.py", "spaces.py", "declaring.py")
    if written is not None and isinstance(written.node, ast.Subscript):
        inside = written.node.slice
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        for node in reversed(parts):
            meant = written.value(node)
            if meant is repeated or (isinstance(meant, IndexSet) and Axis(meant) is repeated):
                base = written.text(node)
                new = f'{base if base.isidentifier() else f"({base})"}.at("key")'
                return [Help(f"label one of them:  {new}", written.edit(node, new))]
    return [Help(f"label one of them:  {new}")]


def shown(types: Sequence[Space]) -> str:
    """Types of wires, one after another."""
    return " × ".join(map(str, types)) or "One"
