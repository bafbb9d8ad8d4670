"""The wordings of mistakes around an ``@arrow`` function: what it is applied to, what it returns.

Definition.  Every function returns a ``SpecError`` (or a ``Help``) that names the wire as it is
written in the source, with an edit where one step puts the mistake right.

>>> from categorical import Dim, Real, arrow, op
>>> n, c = Dim.named("n c")
>>> @arrow
... def pool(x: Real[n, c]) -> Real[c]:
...     x = op.mean(n)(x)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM022]: `pool` returns nothing
...

A result is returned:

>>> @arrow
... def pool(x: Real[n, c]) -> Real[c]:
...     return op.mean(n)(x)
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from categorical import mending, messages
from categorical.arrows import Arrow
from categorical.errors import Edit, Help, SpecError
from categorical.graph import Graph
from categorical.habits import brief
from categorical.index import Derived, Dim, IndexSet
from categorical.origin import Origin
from categorical.spaces import Array, Space
from categorical.written import Written, operand

if TYPE_CHECKING:
    from categorical.tracing import Wire

Function = Callable[..., Any]


def no_function(value: object) -> SpecError:
    """CM013: ``arrow`` of something that is no Python function."""
    return SpecError(
        "CM013",
        f"`arrow` makes an arrow of a function, not of {value!r}",
        help=["decorate a function of annotated arguments: @arrow def net(x: Real[n, c]): …"],
    )


def not_positional(function: Function, parameter: Any) -> SpecError:
    """CM023: ``*x``, ``**x`` or an argument by keyword."""
    written = str(parameter).partition(":")[0]
    return SpecError(
        "CM023",
        f"the argument `{written}` of `{function.__name__}` is not positional",
        facts=[("needed", "one argument for each wire, in the order of the domain")],
        help=[f"write it as a plain argument: {parameter.name}: Real[n, c]"],
        origin=Origin.of_argument(function, parameter.name),
    )


# --- an arrow is applied to wires ---------------------------------------------------------------


def outside(arrow: Arrow) -> SpecError:
    """CM013: an arrow is called without wires, outside ``@arrow``."""
    written = Written.here()
    call = written.call if written is not None else None
    if arrow.dom and written is not None and call is not None and not call.args:
        text = written.text(call.func)
        return SpecError(
            "CM013",
            f"`{arrow.label()}` is called, with nothing to apply it to",
            facts=[(f"`{text}`", f"is an arrow already: {arrow.type_text()}")],
            help=[Help(f"leave out the parentheses: {text}", written.edit(call, text))],
        )
    inside = "apply it inside the @arrow function that uses it"
    if not arrow.dom:
        inside = "it makes its wire where it is called: " + inside
    return SpecError(
        "CM013",
        f"`{arrow.label()}` is applied outside an @arrow function",
        facts=[(f"`{arrow.label()}`", arrow.type_text())],
        help=[inside, "outside, arrows are composed: f >> g"],
    )


def not_a_wire(arrow: Arrow, value: object, args: tuple[Any, ...]) -> SpecError:
    """CM013: an arrow is applied to something else than wires."""
    written = Written.here()
    call = written.call if written is not None else None
    label = arrow.label()
    facts = [(f"`{label}`", f"takes {messages.side(arrow.dom)}")] if arrow.dom else []
    helps = [Help("arrows are applied inside an @arrow function, to its arguments")]
    what = f"{brief(value)}, which is not a wire"
    node = None
    if written is not None and call is not None and len(call.args) == len(args):
        node = next((n for n, v in zip(call.args, args, strict=True) if v is value), None)
    if isinstance(value, Arrow):
        what = "an arrow, not to a wire"
        facts.append((f"`{value.label()}`", f"is an arrow: {value.type_text()}"))
        helps = [Help(f"compose them instead: {value.label()} >> {label}")]
        if written is not None and call is not None and node is not None and len(args) == 1:
            text = f"{operand(written.text(node))} >> {operand(written.text(call.func))}"
            helps = [Help(f"compose them instead: {text}", written.edit(call, text))]
    elif isinstance(value, IndexSet) and written is not None and call is not None:
        what = f"the dimension `{value}`, which is not a wire"
        text = written.text(call.func)
        helps = [
            Help(f"an arrow needs no argument to be an arrow: {text}", written.edit(call, text))
        ]
    elif type(value) in (int, float) and written is not None and node is not None:
        likeness = (
            next((n for n, v in zip(call.args, args, strict=True) if v is not value), None)
            if call is not None
            else None
        )
        if likeness is not None and written.op is not None:
            text = f"{written.op}.full_like({written.text(node)})({written.text(likeness)})"
            helps = [Help(f"make a wire of the number: {text}", written.edit(node, text))]
    return SpecError("CM013", f"`{label}` is applied to {what}", facts=facts, help=helps)


def foreign(arrow: Arrow, wire: Wire, inside: str) -> SpecError:
    """CM013: a wire of another arrow."""
    other = wire.tracer.function
    related = [(Origin.of(other), f"`{wire.tracer.name}` is defined")] if other else []
    return SpecError(
        "CM013",
        f"`{arrow.label()}` is applied to a wire of another arrow",
        facts=[
            (f"`{wire.name}` is", f"{wire.type}, a wire of `{wire.tracer.name}`"),
            ("it is used in", f"`{inside}`"),
        ],
        help=[f"return it from `{wire.tracer.name}` and make it an argument of `{inside}`"],
        related=related,
    )


def shared(arrow: Arrow) -> Help:
    """How to share the weights of an arrow that is called twice: ``tie`` where it is defined."""
    label = arrow.label()
    roles = {resource.role for resource in arrow.graph().resources().values()}
    if roles & {"statistic", "noise"}:
        return Help("it has state or noise, which two uses cannot share: make two arrows")
    plain = Help(f"share one set: make it with tie(…), as in  {label} = tie({label})")
    written = Written.here()
    if written is None or written.call is None or not isinstance(written.call.func, ast.Name):
        return plain
    name = written.call.func.id
    for node in ast.walk(written.tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == name:
                text = f"tie({written.text(node.value)})"
                words = f"to share one set, write  {name} = {text}"
                return Help(words, written.edit(node.value, text), written.importing("tie"))
    return plain


# --- the function itself ------------------------------------------------------------------------


def check_arrow_name(function: Function) -> str:
    """The name of a function as that of an arrow; CM024 with the edits that rename it."""
    try:
        return messages.check_name(function.__name__, "an arrow")
    except SpecError as problem:
        place = Origin.of(function)
        problem.origin = place or problem.origin
        if place is None or place.text is None:
            raise
        old, new = function.__name__, messages.free_name(function.__name__)
        written = Written.at(Origin.at(place.filename, 1, 1, 1, 1)) or _file(place)
        edit = Edit.replacing(place, (place.text or "").replace(old, new))
        if written is not None and edit is not None:
            also = tuple(
                written.edit(node, new)
                for node in ast.walk(written.tree)
                if isinstance(node, ast.Name) and node.id == old
            )
            problem.help = [Help(f"rename it, for example to `{new}`", edit, also)]
        raise problem from None


def _file(place: Origin) -> Written | None:
    lines = linecache.getlines(place.filename)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    return Written(place.filename, tree, tree.body[0], {}) if tree.body else None


def _definition(function: Function) -> tuple[Written, ast.FunctionDef] | None:
    """The file of a function and its definition there."""
    place = Origin.of(function)
    written = _file(place) if place is not None and place.text is not None else None
    if written is None or place is None:
        return None
    for node in ast.walk(written.tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            if node.lineno == place.line:
                return Written(written.filename, written.tree, node, function.__globals__), node
    return None


def recursion(name: str, origin: Origin | None) -> SpecError:
    """CM029."""
    return SpecError(
        "CM029",
        f"`{name}` is defined through itself",
        facts=[("reason", "an arrow is a finite diagram: its body cannot contain the whole")],
        help=[f"repeat a body a fixed number of times: iterate({name}, 3), outside of `{name}`"],
        origin=origin,
    )


def place_in(problem: BaseException, function: Function) -> Origin | None:
    """Where, in the body of a function, an exception was raised."""
    trace, found = problem.__traceback__, Origin.of(function)
    while trace is not None:
        if trace.tb_frame.f_code is function.__code__:
            found = Origin(trace.tb_frame.f_code, trace.tb_lasti)
        trace = trace.tb_next
    return found


def no_annotation(function: Function, name: str) -> SpecError:
    """CM023; the example speaks of dims that the user has."""
    dims = [v.name for v in function.__globals__.values() if isinstance(v, Dim)][:2]
    example = f"Real[{', '.join(dims) or 'n, c'}]"
    return SpecError(
        "CM023",
        f"the argument `{name}` of `{function.__name__}` has no type",
        facts=[("needed", "the space of the wire: nothing is guessed from the first call")],
        help=[f"annotate it, for example  {name}: {example}"],
        origin=Origin.of_argument(function, name),
    )


def no_meaning(function: Function, key: str, text: str, problem: Exception) -> SpecError:
    """CM033: a string annotation that does not evaluate."""
    place = Origin.of_return(function) if key == "return" else Origin.of_argument(function, key)
    helps = [Help("write the type as an expression of declared dims:  Real[n, c]")]
    name = getattr(problem, "name", None)
    found = _definition(function)
    if isinstance(problem, NameError) and name and found is not None:
        written, node = found
        line = f'{name} = Dim("{name}")'
        helps = [
            Help(
                f"declare it first:  {line}",
                written.before(node, line + "\n\n\n"),
                written.importing("Dim"),
            )
        ]
    of = "the result" if key == "return" else f"`{key}`"
    return SpecError(
        "CM033",
        f"the annotation of {of} does not evaluate: {problem}",
        facts=[("annotation", repr(text))],
        help=helps,
        origin=place,
    )


def no_result(function: Function, value: object) -> SpecError:
    """CM022: something else than wires is returned."""
    helps = [Help("return a wire, or a tuple of wires")]
    found, place = _definition(function), Origin.of(function)
    annotation = function.__annotations__.get("return")
    facts = [("declared", str(annotation))] if isinstance(annotation, Space) else []
    if value is None and found is not None:
        written, node = found
        last = node.body[-1]
        if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
            name = last.targets[0].id
            _, _, line, column = (*_start(written, last),)
            text = "\n" + " " * last.col_offset + f"return {name}"
            edit = Edit(written.filename, line, column, column, text)
            helps = [Help(f"end it with  return {name}", edit)]
            place = written.origin(last)
    if isinstance(value, Arrow):
        helps = [Help(f"apply it to a wire: {value.label()}(x)")]
    what = "nothing" if value is None else f"{brief(value)}, which is not a wire"
    return SpecError(
        "CM022", f"`{function.__name__}` returns {what}", origin=place, facts=facts, help=helps
    )


def _start(written: Written, node: ast.stmt) -> tuple[int, int, int, int]:
    edit = written.edit(node, "")
    return edit.line, edit.col, edit.end_line or edit.line, edit.end_col


def other_result(function: Function, graph: Graph, declared: Space) -> SpecError:
    """CM022: the type of the body is not the one after the arrow."""
    place = Origin.of_return(function)
    facts = [
        ("the body gives", messages.side(graph.cod)),
        ("declared", messages.side(declared.wires)),
    ]
    more, advice = messages._wires(graph.cod, declared.wires)
    found = _definition(function)
    helps: list[Help] = []
    if any(isinstance(a.index, Derived) for one in graph.cod for a in one.axes):
        helps += [Help(one) if isinstance(one, str) else one for one in advice]
    spelled = None
    if found is not None:
        written, node = found
        parts = [written.spell(t) for t in graph.cod]
        spelled = None if None in parts else " * ".join(map(str, parts))
        helps += _converted(written, node, graph.cod, declared.wires)
    text = spelled or messages.side(graph.cod).replace(" × ", " * ")
    edit = Edit.replacing(place, text) if spelled is not None else None
    if not helps or spelled is not None:
        helps.append(Help(f"if the body is right, declare  -> {text}", edit))
    return SpecError(
        "CM022",
        f"`{graph.name}` does not have the type that it declares",
        facts=facts + more,
        help=helps,
        origin=place,
    )


def _converted(
    written: Written, node: ast.FunctionDef, got: tuple[Any, ...], want: tuple[Any, ...]
) -> list[Help]:
    """Bring what is returned to the declared type, where one step does it."""
    last = node.body[-1]
    if len(got) != 1 or len(want) != 1 or not isinstance(last, ast.Return) or last.value is None:
        return []
    if not isinstance(got[0], Array) or not isinstance(want[0], Array) or written.op is None:
        return []
    if set(got[0].axes) != set(want[0].axes):
        return []
    adapted = mending.adapt(got[0], want[0], written.spell)
    if adapted is None:
        return []
    text = mending.filled(adapted[0], written.text(last.value), written)
    return [Help(f"{adapted[1]}: return {text}", written.edit(last.value, text))]
