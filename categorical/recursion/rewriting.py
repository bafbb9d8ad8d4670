"""What to write instead, for the commonest mistakes with cells and runs.

Definition.  Every function returns helps for a ``SpecError``; where the fix is one change of the
user's call, the help carries it as an edit.

Law.  An edit is given only where it makes the types fit: a cell whose states come last is composed
with a swap, one that shows something beside its states is run by ``mealy``.

>>> from categorical import Dim, Real, arrow, op
>>> a, s = Dim.named("a s")
>>> @arrow
... def cell(x: Real[a], h: Real[s]) -> Real[s]:
...     return op.tanh(op.linear(a, s)(x) + op.linear(s, s)(h))
>>> print(as_a_cell(cell, 1, "fold")[0].text)
the states come first: swap(Real[s], Real[a]) >> cell

Where nothing fits, only the rule is said:

>>> print(as_a_cell(op.linear(a, s) @ op.linear(a, s), 2, "fold")[0].text)
the states are the first inputs and the last outputs:  S × A → S
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from categorical import declaring
from categorical.arrows import Arrow, Types
from categorical.errors import Edit, Help
from categorical.messages import side
from categorical.spaces import Array
from categorical.written import Written, operand

_THROUGH = (
    *("folds.py", "machine.py", "mistakes.py", "rewriting.py", "recurrence.py", "trees.py"),
    "typed.py",
)
Ends = tuple[Types, Types]
_SHAPES = {
    "fold": "S × A → S",
    "foldr": "S × A → S",
    "scan": "S × A → S",
    "unfold": "S → O × S",
}


def _call() -> tuple[Written, ast.Call] | None:
    """The user's call of a run, where there is a source."""
    written = Written.here(*_THROUGH)
    call = written.call if written is not None else None
    return None if written is None or call is None else (written, call)


def _argument(written: Written, call: ast.Call, value: object, name: str) -> ast.expr | None:
    """The expression of an argument: by its keyword, by the name that it has, or the first one."""
    for one in call.keywords:
        if one.arg == name:
            return one.value
    for node in call.args:
        if isinstance(node, ast.Name) and written.names.get(node.id) is value:
            return node
    first = call.args[0] if call.args else None
    return None if isinstance(first, ast.Starred) else first


def _texts(written: Written, parts: Sequence[ast.expr | ast.keyword]) -> list[str]:
    return [written.text(one) for one in parts]


def _spelled(written: Written | None, types: Types) -> tuple[str, bool]:
    """Types as an argument of ``swap``, and whether all of them have names in the user's file."""
    texts, known = [], True
    for one in types:
        text = None
        if written is not None and isinstance(one, Array):
            text = written.spell(one)
        known = known and text is not None
        texts.append(text or str(one))
    return (texts[0] if len(texts) == 1 else f"({', '.join(texts)})"), known


def as_a_cell(cell: Arrow, states: int, title: str, ends: Ends | None = None) -> list[Help]:
    """A cell that the run takes, made of one that it does not.

    ``ends`` are its types in the run, where they are not its own.
    """
    (dom, cod), k = ends or (cell.dom, cell.cod), states
    first, last = dom[:k], dom[len(dom) - k :]
    front, back = cod[:k], cod[len(cod) - k :]
    ins = k < len(dom) and first != back and last in (front, back)
    outs = k < len(cod) and (last if ins else first) == front and (not ins or last != back)
    if ins or outs:
        return [_swapped(cell, (dom, cod), k, ins, outs)]
    found: list[Help] = []
    if title in ("fold", "foldr", "scan"):
        for count in range(len(cod) - 1, 0, -1):
            if dom[:count] == cod[len(cod) - count :]:
                words = "it shows an output beside its states, as the cell of a Mealy machine"
                options = ["reverse=True"] if title == "foldr" else []
                found += called("mealy", words, options)
                break
            if dom[:count] == cod[:count] and title != "unfold":
                shown = f"states first in what it returns:  {side(cod[count:] + cod[:count])}"
                found.append(Help(f"mealy runs a cell that returns its {shown}"))
                break
    if states == len(cod) == 1 and ends is None:
        found += declaring.closing(cell, *_THROUGH)
    shape = _SHAPES.get(title, "S × A → O × S")
    return found or [Help(f"the states are the first inputs and the last outputs:  {shape}")]


def _swapped(cell: Arrow, ends: Ends, k: int, ins: bool, outs: bool, said: str = "") -> Help:
    """The cell with its states moved to the front of its inputs, or to the end of its outputs."""
    found = _call()
    written = found[0] if found is not None else None
    node = _argument(*found, cell, "cell") if found is not None else None
    text = cell.label() if written is None or node is None else operand(written.text(node))
    known, words = True, []
    (dom, cod), cut = ends, len(ends[0]) - k
    if ins:
        (one, a), (two, b) = (_spelled(written, t) for t in (dom[cut:], dom[:cut]))
        text, known = f"swap({one}, {two}) >> {text}", a and b
        words.append("first")
    if outs:
        (one, a), (two, b) = (_spelled(written, t) for t in (cod[:k], cod[k:]))
        text, known = f"{text} >> swap({one}, {two})", known and a and b
        words.append("last in what it returns")
    many = "the states come" if k > 1 or ins else "the state comes"
    title = f"{said or many + ' ' + ' and '.join(words)}: {' '.join(text.split())}"
    if written is None or node is None or not known:
        return Help(title)
    kinds = {t.kind.capitalize() for t in (*dom, *cod) if isinstance(t, Array)}
    return Help(title, written.edit(node, text), written.importing("swap", *sorted(kinds)))


def as_a_tree_cell(cell: Arrow, wanted: Types, states: Types) -> list[Help]:
    """A cell that a fold of trees takes, made of one that it does not."""
    dom, count = cell.dom, len(cell.cod)
    if 0 < count < len(dom) and dom[:count] == wanted[len(wanted) - count :] != dom[-count:]:
        ends, labels = (dom, cell.cod), len(dom) - count
        return [_swapped(cell, ends, labels, True, False, "the labels come first")]
    for k in range(1, len(dom)):
        if dom[len(dom) - k :] + dom[: len(dom) - k] == wanted:
            return [_swapped(cell, (dom, cell.cod), k, True, False, "the labels come first")]
    if dom[len(dom) - 2 * count :] == (*cell.cod, *cell.cod) and 2 * count <= len(dom):
        return [_wrapped(cell, "binary", "it names both children; with arity=2 they are one axis")]
    pairs = list(zip(dom, wanted, strict=False))
    other = [(a, b) for a, b in pairs if a != b]
    masked = bool(dom) and isinstance(dom[-1], Array) and dom[-1].kind == "bool"
    labels = max(0, len(dom) - count - masked)
    if len(dom) == len(wanted) and other and cell.cod == states:
        moved = {
            (a.axes[0], b.axes[0])
            for a, b in other
            if isinstance(a, Array) and isinstance(b, Array) and a.axes and b.axes
            if b.with_axes((a.axes[0], *b.axes[1:])) == a
        }
        if len(moved) == 1 and len(other) == count and dom[:labels] == wanted[:labels]:
            ((own, given),) = moved
            return [Help(f"it reads its children along {own}, not along {given}: arity={own}")]
    if cell.cod != states:
        return [
            Help(f"make one state of leaf and cell: {side(states)} here, {side(cell.cod)} there")
        ]
    if len(dom) < len(wanted) and dom == wanted[len(wanted) - len(dom) :]:
        return [Help("its nodes have no label: leaf_labelled(leaf, cell, …) reads those of leaves")]
    if len(dom) > len(wanted) and dom[len(dom) - len(wanted) :] == wanted:
        return [Help("its nodes have labels: tree_fold(leaf, cell, …), or node_labelled")]
    return [
        Help(
            "a cell takes the label, the states of the children S[child], and, if it wants to "
            "know, which are there, Bool[child]; it returns the state S"
        )
    ]


def _wrapped(cell: Arrow, name: str, words: str) -> Help:
    """The cell inside a call of a function of ``categorical.recursion``."""
    found = _call()
    node = _argument(*found, cell, "cell") if found is not None else None
    if found is None or node is None:
        return Help(f"{words}: {name}({cell.label()})")
    text = f"{name}({found[0].text(node)})"
    return Help(f"{words}: {text}", found[0].edit(node, text), _importing(found[0], name))


def called(name: str, words: str, options: Sequence[str] = ()) -> list[Help]:
    """Another function of ``categorical.recursion`` in place of the one that was called."""
    found = _call()
    text = f"{words}:  {name}(cell, over=t{''.join(f', {one}' for one in options)})"
    if found is None:
        return [Help(text)]
    written, call = found
    arguments = _texts(written, (*call.args, *call.keywords))
    also: tuple[Edit, ...] = ()
    if isinstance(call.func, ast.Attribute):
        function = f"{written.text(call.func.value)}.{name}"
    elif isinstance(call.func, ast.Name):
        function, also = name, _importing(written, name)
    else:
        return [Help(text)]
    made = f"{function}({', '.join([*arguments, *options])})"
    return [Help(f"{words}: {' '.join(made.split())}", written.edit(call, made), also)]


def _importing(written: Written, name: str) -> tuple[Edit, ...]:
    """The edit that imports a name of ``categorical.recursion`` that is not in scope."""
    import categorical.recursion as module

    if written.names.get(name) is getattr(module, name):
        return ()
    line = f"from categorical.recursion import {name}\n"
    for node in written.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module.__name__:
            return (written.before(node, line),)
    return ()


def with_states(counts: Sequence[int]) -> list[Help]:
    """``states=k`` in the call, for every k that fits."""
    found, helps = _call(), []
    for count in counts:
        option = f"states={count}"
        if found is None:
            helps.append(Help(f"say how many:  {option}"))
            continue
        written, call = found
        parts = _texts(written, (*call.args, *call.keywords))
        made = f"{written.text(call.func)}({', '.join([*parts, option])})"
        helps.append(Help(f"say how many: {' '.join(made.split())}", written.edit(call, made)))
    return helps


def instead(value: object, replacement: str, words: str) -> list[Help]:
    """A literal of the call, written otherwise."""
    return [Help(words, declaring.instead_of(value, replacement, *_THROUGH))]


def starts(begin: Arrow, types: Types) -> list[Help]:
    """A start that fits: zeros of the states; or none, where what was given reads something."""
    found = _call()
    node = None
    if found is not None:
        node = _argument(*found, begin, "start")
        given = [one.value for one in found[1].keywords if one.arg == "start"]
        node = given[0] if given else None
    written = found[0] if found is not None else None
    texts = [_spelled(written, (one,)) for one in types]
    name = (written.op if written is not None else None) or "op"
    made = [f"{name}.zeros({text})" for text, _ in texts]
    text = made[0] if len(made) == 1 else f"({', '.join(made)})"
    edit = None
    if written is not None and node is not None and all(known for _, known in texts):
        edit = written.edit(node, text)
    helps = [Help(f"one start for each state: start={text}", edit)]
    if begin.dom:
        helps.append(Help("or leave `start` out: the states are then inputs of the run"))
    return helps


def parts_in_order(out: Arrow, next: Arrow, kind: str, wanted: str) -> list[Help]:
    """The two parts of a cell, where they were only given in the wrong order."""
    states = len(out.cod)
    fits = out.cod == out.dom[:states] and next.dom == (
        out.dom[:states] if kind == "Moore" else out.dom
    )
    found = _call()
    if not fits or found is None or len(found[1].args) < 2:
        return [Help(wanted)]
    written, call = found
    one, two = (written.text(node) for node in call.args[:2])
    rest = _texts(written, (*call.args[2:], *call.keywords))
    made = f"{written.text(call.func)}({', '.join([two, one, *rest])})"
    return [Help(f"{wanted}: {' '.join(made.split())}", written.edit(call, made))]
