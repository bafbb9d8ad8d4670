"""An architecture: an arrow with the laws it must satisfy and the sizes it is built at.

>>> from categorical import Dim, Real, architecture, laws, op
>>> from categorical.groups import Symmetric
>>> n, c, k = Dim.named("n c k")
>>> model = architecture(
...     (op.linear(c, k) >> op.relu >> op.mean(n)).named("pool"),
...     laws=[laws.invariant(under=Symmetric(n))],
...     sizes=dict(c=8, k=3),
... )
>>> model
architecture `pool`: Real[n, c] → Real[k], 1 law

A size of a dim that does not occur is a mistake:

>>> architecture(op.relu.at(Real[n]), sizes=dict(m=3), name="gate")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM025]: `gate` has no dimension `m`
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from categorical import declaring, messages
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.functors import stack, union
from categorical.graph import Graph
from categorical.index import Axis, Dim, IndexSet
from categorical.laws import Law
from categorical.origin import Origin, here
from categorical.recursion.streaming import StepForm, step_form
from categorical.sizes import least_counterexample

if TYPE_CHECKING:
    from categorical.face.html import Findings

BATCH = Dim("batch")
LARGEST = 10**12


@dataclass(frozen=True, eq=False)
class Architecture:
    """See the module.  ``atlas`` is the slug of a published architecture, or None.

    ``batch`` says how samples are batched in the module that is built: ``"stack"`` (a leading axis
    ``batch``), ``"union"`` (disjoint sum over the dims that vary) or ``"none"`` (the arrow has an
    explicit sample axis, or takes one sample).  ``stream`` is the dim along which the module also
    runs entry by entry, or None.
    """

    name: str
    arrow: Arrow
    laws: tuple[Law, ...]
    sizes: dict[str, int]
    atlas: str | None
    batch: str
    origin: Origin | None
    stream: Dim | None = None

    @property
    def graph(self) -> Graph:
        """The arrow for one sample."""
        return self.arrow.graph()

    def batched(self) -> Graph:
        """The graph that the module computes."""
        if self.batch == "stack":
            return stack(self.arrow, BATCH).graph()
        if self.batch == "union":
            return union(self.arrow, sample=BATCH).graph()
        return self.graph

    def steps(self) -> tuple[StepForm, list[Graph]] | None:
        """The step form along ``stream``; the start, the step and the step of a chunk, batched."""
        if self.stream is None:
            return None
        form = step_form(self.arrow, self.stream)
        parts = [form.start, form.step, form.resume]
        if self.batch == "stack":
            parts = [stack(one, BATCH) for one in parts]
        return form, [one.graph() for one in parts]

    @property
    def parameter_count(self) -> int | None:
        """The number of trained weights at the declared sizes, if they are all given."""
        total = 0
        for resource in self.graph.resources(self.sizes).values():
            if resource.role == "weight":
                if not resource.space.size.symbols <= set(self.sizes):
                    return None
                total += resource.space.size.evaluate(self.sizes)
        return total

    def check(self) -> Findings:
        """The verdicts on all laws; a notebook shows them as a table."""
        from categorical.face.html import check

        return check(self)

    def _repr_html_(self) -> str:
        from categorical.face.html import architecture_html

        return architecture_html(self)

    def __repr__(self) -> str:
        many = "1 law" if len(self.laws) == 1 else f"{len(self.laws)} laws"
        return f"architecture `{self.name}`: {self.arrow.type_text()}, {many}"


@checked
def architecture(
    arrow: Arrow,
    *,
    laws: Sequence[Law] = (),
    sizes: Mapping[str, Any] | None = None,
    name: str = "",
    atlas: str | None = None,
    batch: str = "stack",
    stream: IndexSet | Axis | None = None,
) -> Architecture:
    """Declare an architecture.

    ``stream`` names a dim: the module that is built gets the methods ``initial_state``, ``step``
    (one entry at a time) and ``resume`` (any number) beside ``forward``; CM051 where the arrow has
    no step.
    ``sizes`` gives the sizes of dims (a dim without a size is read from the data); every law must
    be statable on the boundary (CM021), sizes must satisfy the collected conditions (CM008).
    """
    graph = arrow.graph()
    title = name or graph.name or "model"
    messages.check_name(title, "an architecture")
    if not graph.name:
        arrow = arrow.named(title)
        graph = arrow.graph()
    if batch not in ("stack", "union", "none"):
        known = '"stack", "union" or "none"'
        raise SpecError("CM021", f"`{batch}` is no way to batch", help=[known])
    given = dict(sizes or {})
    _check_dims(title, graph, batch)
    check_sizes(title, graph, given)
    for law in laws:
        law.boundary(graph)
    steps = None
    if stream is not None:
        steps = step_form(arrow, stream).over
        if batch == "union":
            raise SpecError(
                "CM021",
                f"`{title}` cannot run step by step over a disjoint union of samples",
                help=['batch="stack": the samples of a batch move on together'],
            )
    found = Architecture(title, arrow, _named_apart(laws), given, atlas, batch, here(), steps)
    if batch == "union":
        try:
            found.batched()
        except SpecError as problem:
            raise declaring.no_union(problem) from None
    return found


def _named_apart(laws: Sequence[Law]) -> tuple[Law, ...]:
    """Laws under different groups with one short name get the full name, or else a number.

    The name of a law does not depend on laws that have other names.
    """
    by_full = _renamed(laws, lambda law, number: law.full_name)
    return _renamed(by_full, lambda law, number: f"{law.name} ({number})")


def _renamed(laws: Sequence[Law], new: Callable[[Law, int], str]) -> tuple[Law, ...]:
    """The laws that share a name and not their group, with new names."""
    groups: dict[str, list[Any]] = {}
    for law in laws:
        under = groups.setdefault(law.name, [])
        if law.group not in under:
            under.append(law.group)
    return tuple(
        replace(law, name=new(law, groups[law.name].index(law.group) + 1))
        if len(groups[law.name]) > 1
        else law
        for law in laws
    )


def _check_dims(title: str, graph: Graph, batch: str) -> None:
    """One dim for each name: sizes are given by name; `batch` is the axis that `stack` adds."""
    found: dict[str, Dim] = {}
    for part in (graph, *(region for _, node in graph.walk() for region in node.regions)):
        for dim in sorted({d for one in part.types for d in one.atoms}, key=repr):
            other = found.setdefault(dim.name, dim)
            if other is not dim:
                raise SpecError(
                    "CM024",
                    f"two dimensions of `{title}` are called `{dim.name}`",
                    facts=[
                        ("one", messages.declaration(other)),
                        ("other", messages.declaration(dim)),
                    ],
                    help=["declare it once and use that object, or name them apart"],
                )
    if batch == "stack" and BATCH.name in found:
        raise SpecError(
            "CM024",
            f"`{title}` has an axis `{BATCH.name}`, which a module adds in front of every input",
            help=[
                "leave it out: the arrow is for one sample",
                'or keep it, and say so: architecture(…, batch="none")',
            ],
        )


def check_sizes(title: str, graph: Graph, sizes: Mapping[str, Any]) -> None:
    """Whether the sizes are those of dims of the graph, and satisfy its conditions."""
    known = graph.dims
    for key, value in sizes.items():
        if key not in known:
            raise declaring.unknown_size(title, key, list(known))
        if type(value) is not int or value < 1:
            raise declaring.bad_size(key, value)
    conditions = sorted(graph.conditions(), key=str)
    for condition in conditions:
        if condition.symbols <= set(sizes):
            if not condition.holds(sizes):
                raise declaring.violated(title, condition, sizes, conditions)
        elif condition.symbols:
            bad = least_counterexample([condition], sorted(condition.symbols))
            assert bad is None or bad, "a condition is either satisfiable or has a counterexample"
    for path, resource in graph.resources({**{d: 1 for d in known}, **sizes}).items():
        if resource.space.size.symbols <= set(sizes):
            numbers = resource.space.size.evaluate(sizes)
            if numbers > LARGEST:
                raise declaring.too_large(title, path, resource.space, numbers, sizes)
