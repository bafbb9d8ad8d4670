"""``@arrow``: writing an arrow as a function of wires.

Definition.  The function is called once, with symbolic wires; every arrow that it applies becomes
a node of one graph.  A wire has a type and no value.

Law.  The traced arrow is the composite that its body spells out: calling one arrow twice makes two
sets of weights, as composition does (``tie`` shares one set).

>>> from categorical import Dim, Real, arrow, op
>>> n, c, k = Dim.named("n c k")
>>> @arrow
... def scores(x: Real[n, c]) -> Real[k]:
...     '''Scores of a set.'''
...     return op.linear(c, k)(op.mean(n)(op.relu(x)))
>>> scores
scores: Real[n, c] → Real[k]

A wire has no truth value:

>>> @arrow
... def branch(x: Real[n]) -> Real[n]:
...     return x if x else x
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM012]: a wire has no truth value before the model runs
...
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, overload

from categorical import habits, mending, messages, wiring
from categorical.arrows import Arrow, Traced, execute
from categorical.errors import Notice, SpecError
from categorical.graph import Builder, Graph
from categorical.origin import Origin, here
from categorical.spaces import Array, Space, space

_active = threading.local()


class Wire:
    """A typed wire inside an ``@arrow`` function."""

    __slots__ = ("number", "tracer", "type")
    __array_ufunc__ = None

    def __init__(self, tracer: Tracer, number: int, type_: Array) -> None:
        self.tracer, self.number, self.type = tracer, number, type_

    def __rshift__(self, other: Arrow) -> Any:
        return other(self)

    def __bool__(self) -> bool:
        raise habits.no_truth(self)

    def __iter__(self) -> Iterator[Any]:
        raise habits.no_loop(self)

    def __len__(self) -> int:
        raise habits.no_length(self)

    def __getitem__(self, key: object) -> Any:
        raise habits.no_index(self, key)

    @property
    def name(self) -> str:
        return self.tracer.builder.graph.wire_name(self.number)

    def __add__(self, other: Any) -> Wire:
        return _binary("add", self, other)

    def __radd__(self, other: Any) -> Wire:
        return _binary("add", other, self)

    def __sub__(self, other: Any) -> Wire:
        return _binary("sub", self, other)

    def __rsub__(self, other: Any) -> Wire:
        return _binary("sub", other, self)

    def __mul__(self, other: Any) -> Wire:
        return _binary("mul", self, other)

    def __rmul__(self, other: Any) -> Wire:
        return _binary("mul", other, self)

    def __truediv__(self, other: Any) -> Wire:
        return _binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Wire:
        return _operation("reciprocal")(self) * other  # type: ignore[no-any-return]

    def __int__(self) -> int:
        raise habits.no_number(self)

    def __float__(self) -> float:
        raise habits.no_number(self)

    def __round__(self, digits: int = 0) -> Any:
        raise habits.no_number(self)

    def __floordiv__(self, other: Any) -> Any:
        raise habits.no_number(self)

    def __mod__(self, other: Any) -> Any:
        raise habits.no_number(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise habits.no_call(self)

    def __abs__(self) -> Wire:
        return _operation("abs")(self)  # type: ignore[no-any-return]

    def __pow__(self, power: Any) -> Wire:
        if type(power) is int and power == 2:
            return _operation("square")(self)  # type: ignore[no-any-return]
        raise habits.no_power(self, power)

    def __matmul__(self, other: Any) -> Wire:
        raise habits.no_matmul(self, other)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in self.__slots__:
            raise AttributeError(name)
        raise habits.no_attribute(self, name)

    def __neg__(self) -> Wire:
        return _operation("neg")(self)  # type: ignore[no-any-return]

    def __lt__(self, other: Any) -> Wire:
        return _binary("less", self, other)

    def __gt__(self, other: Any) -> Wire:
        return _binary("less", other, self)

    def __le__(self, other: Any) -> Wire:
        return _binary("less_equal", self, other)

    def __ge__(self, other: Any) -> Wire:
        return _binary("less_equal", other, self)

    def __and__(self, other: Any) -> Wire:
        return _binary("logical_and", self, other)

    def __or__(self, other: Any) -> Wire:
        return _binary("logical_or", self, other)

    def __invert__(self) -> Wire:
        return _operation("logical_not")(self)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<wire {self.name}: {self.type}>"


def _operation(name: str) -> Arrow:
    from categorical import op

    found: Arrow = getattr(op, name)
    return found


def _binary(name: str, left: Any, right: Any) -> Wire:
    """An operator between two wires, or a wire and a number."""
    from categorical import op

    if isinstance(left, Wire) and isinstance(right, Wire):
        result: Wire = _operation(name)(left, right)
        return result
    wire, number = (left, right) if isinstance(left, Wire) else (right, left)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise habits.no_operand(name, wire, number)
    constant = op.full_like(number)(wire)
    pair = (wire, constant) if isinstance(left, Wire) else (constant, wire)
    if name == "mul":
        scaled: Wire = op.scale(number)(wire)
        return scaled
    if name == "div" and wire is left:
        if number == 0:
            raise SpecError(
                "CM025",
                "a wire is divided by zero",
                help=["divide by another number, or by a wire that is not zero"],
            )
        shrunk: Wire = op.scale(1 / number)(wire)
        return shrunk
    result = _operation(name)(*pair)
    return result


class Tracer:
    """The state of one trace."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.function: Callable[..., Any] | None = None
        self.builder = Builder()
        self.called: dict[int, tuple[Arrow, Origin | None]] = {}


def current(arrow: Arrow) -> Tracer:
    """The innermost trace, for arrows without inputs (constants and parameters)."""
    stack = getattr(_active, "stack", [])
    if not stack:
        raise wiring.outside(arrow)
    found: Tracer = stack[-1]
    return found


def apply(arrow: Arrow, args: tuple[Any, ...]) -> Any:
    """Apply an arrow to wires: one wire, or a tuple of them, comes back."""
    flat: list[Wire] = []
    for one in args:
        for wire in one if isinstance(one, tuple) else (one,):
            if not isinstance(wire, Wire):
                raise wiring.not_a_wire(arrow, wire, args)
            flat.append(wire)
    tracer = flat[0].tracer if flat else current(arrow)
    stack = getattr(_active, "stack", [])
    for wire in flat:
        if wire.tracer is not tracer or tracer not in stack or tracer is not stack[-1]:
            raise wiring.foreign(arrow, wire, stack[-1].name if stack else "no arrow")
    types = tuple(w.type for w in flat)
    if not arrow.open and types != arrow.dom:
        raise mending.located(messages.does_not_fit(arrow, types), arrow, flat)
    if arrow.open and arrow.dom and len(types) != len(arrow.dom):
        problem = messages.arity(arrow.label(), len(arrow.dom), len(types))
        raise mending.located(problem, arrow, flat)
    origin = here()
    _notice_second_call(tracer, arrow, origin)
    builder = tracer.builder
    numbers = tuple(w.number for w in flat)
    try:
        outs = execute(arrow, numbers, lambda leaf, wires: leaf.emit(builder, wires, origin))
    except SpecError as problem:
        raise mending.located(problem, arrow, flat) from None
    wires = tuple(Wire(tracer, w, builder.graph.types[w]) for w in outs)
    return wires[0] if len(wires) == 1 else wires


def _notice_second_call(tracer: Tracer, arrow: Arrow, origin: Origin | None) -> None:
    from categorical.para import Tied

    if isinstance(arrow, Tied):
        return
    first = tracer.called.setdefault(id(arrow), (arrow, origin))
    if first[1] is origin:
        return
    types = arrow.dom
    if all(isinstance(t, Array) for t in types) and types and arrow.parameters:
        Notice(
            "CM018",
            f"`{arrow.label()}` is called twice: that makes two sets of weights",
            help=[wiring.shared(arrow)],
            related=[(first[1], "first call here")],
        ).emit()


@overload
def arrow(function: Callable[..., Any], /) -> Arrow: ...
@overload
def arrow(*, inline: bool = ...) -> Callable[[Callable[..., Any]], Arrow]: ...
def arrow(function: Callable[..., Any] | None = None, /, *, inline: bool = False) -> Any:
    """Make an arrow of a function of wires.

    The annotations are spaces: ``def f(x: Real[n, c], mask: Bool[n]) -> Real[c]``.  The arrow has
    the name of the function and is a box of its own where it is used, unless ``inline``.

    Raises ``SpecError`` where the body has no type, or another one than the annotation (CM022).
    """
    if function is None:
        return lambda f: _trace(f, inline)
    if not inspect.isfunction(function):
        raise wiring.no_function(function)
    return _trace(function, inline)


def _trace(function: Callable[..., Any], inline: bool) -> Arrow:
    name = wiring.check_arrow_name(function)
    tracer = Tracer(name)
    tracer.function = function
    stack = _active.__dict__.setdefault("stack", [])
    if any(t.name == name for t in stack) or len(stack) > 50:
        raise wiring.recursion(name, here())
    annotations = _annotations(function)
    arguments = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise wiring.not_positional(function, parameter)
        if parameter.name not in annotations:
            raise wiring.no_annotation(function, parameter.name)
        arguments.append(_argument(tracer, parameter.name, annotations[parameter.name]))
    stack.append(tracer)
    try:
        result, variables = _run(function, arguments)
    except NameError as problem:
        if problem.name != name:
            raise
        raise wiring.recursion(name, wiring.place_in(problem, function)) from None
    finally:
        stack.pop()
    graph = _finish(tracer, function, result, variables)
    _check_return(function, graph, annotations)
    _notice_unused(function, graph)
    return Traced(graph, inline, Origin.of(function))


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Annotations as objects, also under ``from __future__ import annotations``."""
    found = dict(function.__annotations__)
    for key, value in found.items():
        if isinstance(value, str):
            closure = inspect.getclosurevars(function)
            scope = {**closure.builtins, **function.__globals__, **closure.nonlocals}
            caller = sys._getframe(3)
            try:
                found[key] = eval(value, {**scope, **caller.f_locals})
            except Exception as problem:
                raise wiring.no_meaning(function, key, value, problem) from None
    return found


def _argument(tracer: Tracer, name: str, annotation: object) -> Any:
    wires = []
    parts = space(annotation).wires
    for place, part in enumerate(parts):
        if not isinstance(part, Array):
            raise SpecError(
                "CM037",
                f"the argument `{name}` has the sum type {part}",
                help=["write one arrow for each case and join them: case(f, g)"],
            )
        label = tracer.builder.unique(name if len(parts) == 1 else f"{name}_{place}")
        wires.append(Wire(tracer, tracer.builder.input(part, label), part))
    return wires[0] if len(parts) == 1 else tuple(wires)


def _run(function: Callable[..., Any], arguments: list[Any]) -> tuple[Any, dict[str, Any]]:
    """Call the function and keep its local variables: they name the wires.

    A profile hook sees the frame when it returns; it costs one check a call and works where there
    is no source text (notebooks, exec).
    """
    code: CodeType = function.__code__
    variables: dict[str, Any] = {}
    before = sys.getprofile()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "return" and frame.f_code is code:
            variables.update(frame.f_locals)
        if callable(before):
            before(frame, event, argument)  # type: ignore[arg-type]

    sys.setprofile(watch)
    try:
        result = function(*arguments)
    finally:
        sys.setprofile(before if callable(before) else None)
        if before is not None and not callable(before):  # cProfile: not a function, to be resumed
            before.enable()
    return result, variables


def _finish(
    tracer: Tracer, function: Callable[..., Any], result: Any, variables: dict[str, Any]
) -> Graph:
    graph = tracer.builder.graph
    outputs = []
    for one in result if isinstance(result, tuple) else (result,):
        if not isinstance(one, Wire):
            raise wiring.no_result(function, one)
        outputs.append(one.number)
    taken = {graph.wire_name(w) for w in graph.inputs}
    for variable, value in variables.items():
        named = isinstance(value, Wire) and value.tracer is tracer
        if named and value.number not in graph.inputs and variable not in taken:
            graph.names[value.number] = variable
            taken.add(variable)
    doc = inspect.getdoc(function) or ""
    return tracer.builder.finish(outputs, tracer.name, doc)


def _check_return(function: Callable[..., Any], graph: Graph, annotations: dict[str, Any]) -> None:
    if "return" not in annotations:
        return
    declared: Space = space(annotations["return"])
    if declared.wires == graph.cod:
        return
    raise wiring.other_result(function, graph, declared)


def _notice_unused(function: Callable[..., Any], graph: Graph) -> None:
    used = {w for node in graph.nodes for w in node.ins} | set(graph.outputs)
    for wire in graph.inputs:
        if wire not in used:
            Notice(
                "CM035",
                f"the argument `{graph.wire_name(wire)}` of `{graph.name}` is never used",
                facts=[(f"`{graph.wire_name(wire)}` is", str(graph.types[wire]))],
                help=["use it, or leave it out of the function and of its calls"],
                origin=Origin.of_argument(function, graph.wire_name(wire)),
            ).emit()
