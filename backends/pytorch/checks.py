"""Checks: what the root module asks of its inputs before it computes anything.

Definition.  Each input must have its rank, the sizes that ``Config`` fixes, and one value for each
late size that several axes share; masks must be boolean and indices whole numbers.  The message
names the wire and its type as the spec has it.  Where a network reads sequences or trees, lists,
packed and nested tensors are refused in the same way.  Submodules check nothing.

Law.  Checks read shapes only, so they hold no data, and ``torch.export`` turns them into guards.

>>> import torch
>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> n, c, k = Dim.named("n c k")
>>> net = (op.linear(c, k) >> op.mean(n)).at(Real[n, c])
>>> module = build(net, {"c": 4, "k": 2}, "net").module()
>>> module(torch.zeros(5, 4)).shape
torch.Size([2])

Another width than the weights have is refused, in the words of the spec:

>>> module(torch.zeros(5, 3))
Traceback (most recent call last):
...
ValueError: `x` must be Real[n, c], got (5, 3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.pytorch import safety
from categorical.graph import OperatorBox
from categorical.sizes import Size

if TYPE_CHECKING:
    from backends.pytorch.scope import Scope


DESCRIBED = '''
def described(x: object) -> str:
    """What was given in place of an input: its shape and element type, or what it is."""
    if isinstance(x, nn.utils.rnn.PackedSequence):
        return "a packed sequence: pad_packed_sequence(x, batch_first=True) gives x and lengths"
    if not isinstance(x, Tensor):
        return f"{str(x)[:60]}, which is no tensor"
    if x.is_nested:
        return "a nested tensor: x.to_padded_tensor(0.0) and its lengths, x.offsets().diff()"
    return f"{tuple(x.shape)} of {x.dtype}"
'''

INSIDE = '''
def check_inside(index: Tensor, count: int, name: str) -> None:
    """Refuse numbers of nodes that are not there (not in compiled or exported programs)."""
    if torch.compiler.is_compiling():
        return
    wrong = (index < 0) | (index >= count)
    if wrong.any():
        at = wrong.nonzero()[0].tolist()
        found = f"{index[tuple(at)].item()} at {at[0] if len(at) == 1 else tuple(at)}"
        raise ValueError(f"`{name}` must be one of {count} nodes, got {found}")
'''


STATE = '''
def check_state(state: tuple[Tensor, ...], count: int) -> None:
    """Refuse what is no state: ``initial_state`` gives the first, every step the next."""
    given = len(state) if isinstance(state, (tuple, list)) else 0
    if given != count or not all(isinstance(x, Tensor) for x in state):
        found = f"a tensor {tuple(state.shape)}" if isinstance(state, Tensor) else str(state)[:60]
        found = f"{given} things" if isinstance(state, (tuple, list)) else found
        wanted = f"the tuple of {count} that `initial_state` or the step before gave"
        raise ValueError(f"`state` must be {wanted}, got {found}")
'''


def input_checks(writer: Scope) -> list[str]:
    """The statements that check the inputs of the root module and read the late sizes."""
    graph, lines = writer.graph, []
    strict = any(
        isinstance(node.box, OperatorBox) and node.box.name in ("scan", "tree_fold")
        for _, node in graph.walk()
    )
    if strict:
        writer.helper("described", DESCRIBED)
    first: list[list[str]] = [[] for _ in graph.inputs]
    then: dict[int, list[tuple[int, str]]] = {}
    for place, wire in enumerate(graph.inputs):
        type_, name = graph.types[wire], writer.values[wire]
        rank = len(type_.axes)
        if strict:
            first[place].append(f"not {_kind(writer, type_.kind)}({name})")
        first[place].append(f"{name}.dim() != {rank}")
        for position, axis in enumerate(type_.axes):
            here = f"{name}.shape[{position - rank}]"
            late = axis.size.symbols - writer.file.fixed
            if not late:
                first[place].append(f"{here} != {writer.size(axis)}")
                continue
            reads = [writer.reading(symbol) for symbol in sorted(late)]
            own = [r for r in reads if r and (r.place, r.position) == (place, position)]
            if own:
                if own[0].refusal:
                    first[place].append(own[0].refusal.replace("x.shape", f"{name}.shape"))
                for symbol in sorted(late):
                    if _shared(writer, symbol):
                        writer.size(Size.symbol(symbol))
            elif None not in reads or late <= set(writer.sizes):
                test = f"{here} != {writer.size(axis)}"
                at = max([place, *(r.place for r in reads if r)])
                then.setdefault(at, []).append((place, test))
        if type_.kind == "bool" and not strict:
            first[place].append(f"{name}.dtype != torch.bool")
    for place, wire in enumerate(graph.inputs):
        tests = [first[place]]
        read = [text for at, text in writer.heads if at == place]
        later = then.get(place, [])
        if not read:
            tests[0] += [test for of, test in later if of == place]
            later = [one for one in later if one[0] != place]
        lines += _guard(tests[0], writer.values[wire], _wanted(writer, place), strict) + read
        for of in sorted({of for of, _ in later}):
            chosen = [test for one, test in later if one == of]
            name = writer.values[graph.inputs[of]]
            lines += _guard(chosen, name, _wanted(writer, of), strict)
    return lines + _roots(writer)


def _kind(writer: Scope, kind: str) -> str:
    """The function that says whether something is a tensor of a kind of elements."""
    test, what = _KINDS[kind]
    name = f"is_{kind}"
    text = f'''
def {name}(x: object) -> bool:
    """Whether something is one dense tensor of {what}."""
    return isinstance(x, Tensor) and not x.is_nested and {test}
'''
    return writer.helper(name, text)


_KINDS = {
    "real": ("x.is_floating_point()", "real numbers"),
    "complex": ("x.is_complex()", "complex numbers"),
    "fin": ("x.dtype in (torch.int64, torch.int32)", "whole numbers"),
    "bool": ("x.dtype == torch.bool", "truth values"),
}


def _wanted(writer: Scope, place: int) -> str:
    wire = writer.graph.inputs[place]
    type_ = writer.graph.types[wire]
    return (
        f"`{safety.prose(writer.graph.wire_name(wire))}` must be {safety.prose(str(type_))}, got "
    )


def _shared(writer: Scope, symbol: str) -> bool:
    """Whether several axes of the inputs depend on a symbol."""
    count = sum(symbol in a.size.symbols for t in writer.graph.dom for a in t.axes)
    return count > 1


def _roots(writer: Scope) -> list[str]:
    """The checks that the states of trees are read at nodes that are there."""
    graph, lines = writer.graph, []
    folds = {w: n for n in graph.nodes if n.box.name == "tree_fold" for w in n.outs}
    for node in graph.nodes:
        fold = node if node.outs and node.outs[0] in folds else folds.get((*node.ins, -1)[0])
        if fold is None or not isinstance(fold.box, OperatorBox):
            continue
        rows = fold.box.attrs.get("rows") if fold is node else node.box.name == "gather"
        wire = node.data[-1]
        if rows and wire in graph.inputs:
            count = writer.size(fold.box.attrs["nodes"])
            index = writer.values[wire]
            name = safety.string(safety.prose(graph.wire_name(wire)))
            text = f"{writer.helper('check_inside', INSIDE)}({index}, {count}, {name})"
            lines += [f"        {text}"] if f"        {text}" not in lines else []
    return lines


def _guard(tests: list[str], name: str, wanted: str, strict: bool) -> list[str]:
    text = safety.string(wanted)
    body, quote = text[1:-1].replace("{", "{{").replace("}", "}}"), text[0]
    found = f"described({name})" if strict else f"tuple({name}.shape)"
    message = f"f{quote}{body}{{{found}}}{quote}"
    head = "        if " + " or ".join(tests) + ":"
    lines = [head]
    if len(head) > 100:
        rest = [f"            {'or ' if i else ''}{t}" for i, t in enumerate(tests)]
        lines = ["        if (", *rest, "        ):"]
    whole = f"            raise ValueError({message})"
    if len(whole) <= 100:
        return [*lines, whole]
    return [*lines, "            raise ValueError(", f"                {message}", "            )"]
