"""Operators: arrows with bodies (``iterate``) and static case analysis (``case``).

Definition.  ``iterate(f, times)`` is f composed with itself.  Its weights are *untied* (one set a
step, as composition gives), *tied* (one set for all steps, the 2-cell along the diagonal) or
*stacked* (untied, kept as one array with the axis of steps in front).

Laws.  ``iterate(f, 1)`` is f; ``iterate(f, a) >> iterate(f, b)`` is ``iterate(f, a + b)`` when f is
tied; stacked and untied have one meaning.

>>> from categorical import Dim, Real, op
>>> d = Dim("d")
>>> step = op.linear(d, d) >> op.tanh
>>> {k: str(v) for k, v in iterate(step, 3, weights="stacked").parameters.items()}
{'steps.linear.weight': 'Real[3, d.at("out"), d]', 'steps.linear.bias': 'Real[3, d]'}

A step that does not return to its type cannot be repeated:

>>> iterate(op.linear(d, Dim("e")), 3)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM032]: `linear` cannot be iterated: it changes its type
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from categorical import declaring, messages
from categorical.arrows import Arrow, Transformed, Types, Wiring
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Operator, OperatorBox
from categorical.index import Axis, IndexSet, index_set
from categorical.origin import here
from categorical.records import Context
from categorical.spaces import SumSpace, product_space, sum_space

WEIGHTS = ("untied", "tied", "stacked")


def _prefixes(box: OperatorBox, sizes: Mapping[str, int]) -> list[str]:
    if box.attrs["weights"] == "untied":
        return [f"{i}." for i in range(box.attrs["times"].size.evaluate(sizes))]
    return [""]


def _iterate_meaning(
    ctx: Context,
    box: OperatorBox,
    run: Callable[..., list[Any]],
    values: Sequence[Any],
) -> list[Any]:
    state = list(values)
    for i in range(ctx.size(box.attrs["times"])):
        if box.attrs["weights"] == "stacked":
            state = run(0, state, i)
        else:
            state = run(i if box.attrs["weights"] == "untied" else 0, state)
    return state


ITERATE = Operator(
    "iterate", "an endo-arrow repeated a static number of times", _prefixes, _iterate_meaning
)


@checked
def iterate(
    body: Arrow, times: IndexSet | int, weights: str = "untied", name: str = "steps"
) -> Arrow:
    """Repeat an arrow from a space to itself; ``weights`` is untied, tied or stacked."""
    if weights not in WEIGHTS:
        raise SpecError(
            "CM024", f"`{weights}` is no way to keep weights", help=[" or ".join(WEIGHTS)]
        )
    messages.check_name(name, "an iteration")
    count = index_set(times)
    place = here()

    def make(types: Types) -> Graph:
        step = body.retype(types)
        if step.cod != step.dom:
            raise SpecError(
                "CM032",
                f"`{body.label()}` cannot be iterated: it changes its type",
                facts=[("from", messages.side(step.dom)), ("to", messages.side(step.cod))],
                help=declaring.closing(step) or ["end with an arrow back to the type it takes"],
                origin=place,
            )
        graph = step.graph()
        stateful = [p for p, r in graph.resources().items() if r.role in ("statistic", "noise")]
        if stateful and weights != "untied":
            raise SpecError(
                "CM015" if graph.updates else "CM014",
                f"`{stateful[0]}` cannot be {weights} across the steps",
                help=['use weights="untied"'],
            )
        attrs: dict[str, Any] = {"times": count, "weights": weights}
        if weights == "stacked":
            taken = {a for r in graph.resources().values() for a in r.space.axes}
            plain = Axis(count)
            attrs["stacked"] = plain if plain not in taken else Axis(count, "step")
        builder = Builder()
        ins = tuple(
            builder.input(t, f"x{i + 1}" if len(types) > 1 else "x")
            for i, t in enumerate(messages.arrays(body, types))
        )
        box = OperatorBox(ITERATE, (graph,), graph.dom, graph.cod, attrs)
        return builder.finish(builder.operate(box, ins, name, place))

    return Transformed(body, make, f"iterate({body.label()})", body.dom, body.open)


class Case(Arrow):
    """An arrow out of a sum of spaces: one arrow for each case, with one codomain."""

    __slots__ = ("branches",)

    def __init__(self, branches: tuple[Arrow, ...]) -> None:
        self.branches = branches
        for one in branches[1:]:
            if one.cod != branches[0].cod:
                facts = [(f"`{b.label()}`", f"gives {messages.side(b.cod)}") for b in branches]
                raise SpecError("CM037", "the cases do not end in one type", facts=facts)
        sum_ = sum_space(*(product_space(*b.dom) for b in branches))
        super().__init__((sum_,), branches[0].cod)

    def label(self) -> str:
        return "case(" + ", ".join(b.label() for b in self.branches) + ")"

    def emit(self, builder: Builder, ins: tuple[int, ...], origin: object) -> tuple[int, ...]:
        raise SpecError(
            "CM037",
            f"`{self.label()}` is not decided",
            help=["compose an injection before it, or build each case: branch(f, 0)"],
        )


@checked
def case(*branches: Arrow) -> Arrow:
    """The arrow out of a sum that is ``branches[i]`` on case i."""
    return Case(branches)


@checked
def inject(into: SumSpace, which: int) -> Arrow:
    """The injection of case ``which`` into a sum of spaces."""
    return Injection(into, which)


class Injection(Wiring):
    """A static choice of a case."""

    __slots__ = ("into", "which")

    def __init__(self, into: SumSpace, which: int) -> None:
        self.into, self.which = into, which
        super().__init__(into.cases[which].wires, (), "inject")
        self.cod = (into,)

    def __rshift__(self, other: Arrow) -> Arrow:
        return branch(other, self.which)


@checked
def branch(arrow: Arrow, which: int) -> Arrow:
    """An arrow out of a sum, at one of its cases (decided before anything runs)."""
    from categorical.arrows import Seq

    first, rest = arrow, []
    while isinstance(first, Seq):
        rest.append(first.second)
        first = first.first
    if not isinstance(first, Case):
        raise SpecError("CM037", f"`{arrow.label()}` is not an arrow out of a sum")
    if not 0 <= which < len(first.branches):
        raise SpecError(
            "CM037", f"there are {len(first.branches)} cases, none has the number {which}"
        )
    result: Arrow = first.branches[which]
    for one in reversed(rest):
        result = result >> one
    return result
