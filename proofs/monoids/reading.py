"""Reading: the monoids through which a cell acts on its states, found on its graph.

Definition.  The states of a cell are taken in *stages*: a state whose next value depends on itself
and on states of earlier stages only (a cascade).  A stage acts through a family when its step is
``s ↦ a(s, m(x))``, where x is everything but its own states: elements, shared inputs, weights, and
the values of earlier states before and after the step, which are known once these are run.  The
coefficients m(x) are read off the graph (``walk``) as a graph of their own.

Laws.  A reading is a claim; ``Stage.proof`` is the equation ``cell = a ∘ (id × m)``, and
``Stage.laws`` are associativity, action and unit.

Online softmax is three stages: a running maximum, and two affine maps with factors ``exp(m − m')``.

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.recursion import fold
>>> t, n = Dim.named("t n")
>>> @arrow
... def normaliser(m: Real[n], l: Real[n], x: Real[n]) -> Real[n] * Real[n]:
...     new = op.maximum(m, x)
...     return new, l * op.exp(m - new) + op.exp(x - new)
>>> found = read(fold(normaliser, over=t).graph().nodes[0].box)
>>> [(stage.states, str(stage.family)) for stage in found.stages]
[((0,), 'max-plus affine maps'), ((1,), 'diagonal affine maps')]
>>> str(found.stages[1].proof)
'cell = action: PROVED, all sizes'

A recurrent network is refused: its step is no affine map of the state.

>>> cell = (op.linear(n, n) @ op.linear(n, n)) >> op.add >> op.tanh
>>> read(fold(cell, over=t).graph().nodes[0].box)
Traceback (most recent call last):
...
proofs.monoids.walk.Refused: `tanh` is applied to what depends on the state
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from categorical import op
from categorical.errors import SpecError
from categorical.functors import Stack, apply_image
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.normal import inline, prune
from categorical.records import Box
from categorical.spaces import Array
from proofs.monoids.family import (
    DIAGONAL,
    FINITE,
    MATRIX,
    MAXPLUS,
    MINPLUS,
    MOBIUS,
    Family,
    Found,
    decided,
    laws_of,
    origin_of,
    row_of,
)
from proofs.monoids.sheet import Number, Sheet, Term, Wire
from proofs.monoids.walk import (
    AffineWalk,
    AlongWalk,
    LeastWalk,
    QuotientWalk,
    Refused,
    TropicalWalk,
    Walk,
    same_types,
)

GRADES = ("", "EXACT", "PROVED")
MOST_TOGETHER = 4  # states of one stage


@dataclass(frozen=True)
class Stage:
    """States that one family acts on.

    ``types`` are their types as the family has them (the axis that is mixed last).  ``element`` are
    its parts: numbers, or places among the outputs of ``coefficients``, whose inputs are the wires
    ``inputs`` of the cell.
    """

    states: tuple[int, ...]
    family: Family
    types: tuple[Array, ...]
    coefficients: Graph
    inputs: tuple[int, ...]
    element: tuple[Number | Place, ...]
    proof: Found

    @property
    def laws(self) -> list[Found]:
        """Associativity, action and unit, proved at these types."""
        return laws_at(self.family, self.types)

    @property
    def grade(self) -> str:
        """The weakest of its equations: PROVED, EXACT, or nothing."""
        return min((one.grade for one in (self.proof, *self.laws)), key=GRADES.index)

    @property
    def proved(self) -> bool:
        """Whether each equation has a proof."""
        return self.grade == "PROVED"


@dataclass(frozen=True)
class Place:
    """The number of an output of the coefficients."""

    at: int


@dataclass(frozen=True)
class Reading:
    """The cell, with named parts in place, and its stages in order."""

    region: Graph
    stages: tuple[Stage, ...]


@lru_cache(maxsize=256)
def laws_at(family: Family, types: tuple[Array, ...]) -> list[Found]:
    """The laws of a family, proved once for each type of states."""
    return laws_of(family, types)


def read(box: OperatorBox) -> Reading:
    """The stages of a run; ``Refused`` where a state is in none of the families."""
    if box.attrs["weights"] != "tied":
        raise Refused("each step has weights of its own")
    region, count = inline(box.regions[0]), box.attrs["states"]
    olds, news = region.inputs[:count], region.outputs[len(region.outputs) - count :]
    stages = []
    known: dict[int, str] = {}
    for group in order(region, olds, news):
        stages.append(_stage(region, olds, news, group, dict(known)))
        for i in group:
            known.setdefault(olds[i], f"before_{i}")
            known.setdefault(news[i], f"after_{i}")
    return Reading(region, tuple(stages))


def order(region: Graph, olds: Sequence[int], news: Sequence[int]) -> list[tuple[int, ...]]:
    """The states in groups: those that depend on one another, after all that they depend on."""
    count = len(olds)
    reach: dict[int, int] = {w: 1 << i for i, w in enumerate(olds)}
    for node in region.nodes:
        bits = 0
        for w in node.ins:
            bits |= reach.get(w, 0)
        reach.update(dict.fromkeys(node.outs, bits))
    needs = [reach.get(w, 0) | (1 << i) for i, w in enumerate(news)]
    for k in range(count):
        needs = [bits | (needs[k] if bits >> k & 1 else 0) for bits in needs]
    groups, left = [], list(range(count))
    while left:
        ready = [
            i for i in left if not any(needs[i] >> j & 1 and not needs[j] >> i & 1 for j in left)
        ]
        group = tuple(j for j in ready if needs[ready[0]] >> j & 1)
        groups.append(group)
        left = [i for i in left if i not in group]
    return groups


def _stage(
    region: Graph,
    olds: Sequence[int],
    news: Sequence[int],
    group: tuple[int, ...],
    known: dict[int, str],
) -> Stage:
    """The first family that a group acts through."""
    states, results = [olds[i] for i in group], [news[i] for i in group]
    reasons: list[Refused] = []
    for attempt in _attempts(region, states, results, known):
        try:
            family, types, graph, inputs, element = attempt()
        except Refused as problem:
            reasons.append(problem)
            continue
        proof = _step(region, states, results, known, family, types, graph, inputs, element)
        return Stage(group, family, types, graph, inputs, element, proof)
    places = {id(node): i for i, node in enumerate(region.nodes)}
    raise max(reasons, key=lambda one: places.get(id(one.node), -1))  # that which read the most


Attempt = tuple[Family, tuple[Array, ...], Graph, tuple[int, ...], tuple[Number | Place, ...]]


def _attempts(
    region: Graph, states: list[int], results: list[int], known: dict[int, str]
) -> Iterator[Callable[[], Attempt]]:
    types = tuple(region.types[w] for w in states)
    if len(states) == 1 and types[0].kind == "fin":
        yield lambda: _finite(region, states[0], results[0], known)
        return
    if not same_types(types) or len(states) > MOST_TOGETHER:
        yield lambda: _refuse("states that depend on one another have different types")
        return
    yield lambda: _affine(region, states, results, known)
    if len(states) > 1:
        return
    if types[0].kind == "real":
        yield lambda: _tropical(region, states[0], results[0], known, TropicalWalk, MAXPLUS)
        yield lambda: _tropical(region, states[0], results[0], known, LeastWalk, MINPLUS)
    for axis in reversed(types[0].axes):
        yield lambda axis=axis: _along(region, states[0], results[0], known, axis)  # type: ignore[misc]
    yield lambda: _quotient(region, states[0], results[0], known)


def _refuse(reason: str) -> Attempt:
    raise Refused(reason)


def _finished(
    walk: Walk[object], terms: Sequence[Term]
) -> tuple[Graph, tuple[Number | Place, ...]]:
    """The graph of the coefficients, and where each part of the element is."""
    outputs: list[int] = []
    element: list[Number | Place] = []
    for term in terms:
        if isinstance(term, Wire):
            if term.at not in outputs:
                outputs.append(term.at)
            element.append(Place(outputs.index(term.at)))
        else:
            element.append(term)
    return prune(walk.sheet.builder.finish(outputs)), tuple(element)


def _inputs(region: Graph, states: Sequence[int], known: dict[int, str]) -> tuple[int, ...]:
    """The wires of the cell that the coefficients read, as a walk orders them."""
    return (*known, *(w for w in region.inputs if w not in known and w not in states))


def _affine(region: Graph, states: list[int], results: list[int], known: dict[int, str]) -> Attempt:
    walk = AffineWalk(region, states, known)
    walk.run(*results)
    forms = [walk.form(w) for w in results]
    terms = [t for f in forms for t in f.factors] + [f.offset for f in forms]
    graph, element = _finished(walk, terms)  # type: ignore[arg-type]
    types = tuple(region.types[w] for w in states)
    return DIAGONAL, types, graph, _inputs(region, states, known), element


def _tropical(
    region: Graph, state: int, result: int, known: dict[int, str],
    kind: type[TropicalWalk], family: Family,
) -> Attempt:  # fmt: skip
    walk = kind(region, (state,), known)
    walk.run(result)
    form = walk.forms.get(result)
    if form is None or form.floor is None:
        raise Refused("there is no maximum")
    graph, element = _finished(walk, (form.shift, form.floor))  # type: ignore[arg-type]
    return family, (region.types[state],), graph, _inputs(region, (state,), known), element


def _quotient(region: Graph, state: int, result: int, known: dict[int, str]) -> Attempt:
    walk = QuotientWalk(region, (state,), known)
    walk.run(result)
    form = walk.form(result)
    terms = (form.above[1], form.above[0], form.below[1], form.below[0])
    graph, element = _finished(walk, terms)  # type: ignore[arg-type]
    return MOBIUS, (region.types[state],), graph, _inputs(region, (state,), known), element


def last(type_: Array, axis: Axis) -> Array:
    """The type with one axis moved to the end."""
    return type_.with_axes((*(a for a in type_.axes if a != axis), axis))


def _along(region: Graph, state: int, result: int, known: dict[int, str], axis: Axis) -> Attempt:
    walk = AlongWalk(region, state, known, axis)
    walk.run(result)
    if result not in walk.forms:
        raise Refused("the step forgets the state")
    form, type_ = walk.forms[result], region.types[state]
    *others, direction = walk.sheet.builder.graph.inputs
    offset = [] if not isinstance(form.offset, Wire) else [form.offset.at]
    whole = walk.sheet.builder.finish([form.part.at, *offset])
    column = Axis(axis.index, (axis.label + "_column").strip("_"))
    inner = prune(replace(whole, outputs=[form.part.at]))
    try:
        lifted = Stack((column,))(inner, tuple(w == direction for w in inner.inputs))
    except SpecError as problem:
        raise Refused(f"the step has no image along `{axis}`: {problem.title}") from None
    sheet = Sheet()
    given = [sheet.builder.input(whole.types[w], whole.wire_name(w)) for w in others]
    unit = sheet.apply(op.eye(column, axis))
    rest = [a for a in type_.axes if a != axis]
    unit = sheet.apply(op.expand(*rest), unit) if rest else unit
    unit = _ordered(sheet, unit, (column, *type_.axes))
    made = sheet.builder.splice(lifted, [*given, unit.at])
    matrix = sheet.apply(op.relabel(axis, row_of(axis)), Wire(made[0]))
    matrix = sheet.apply(op.relabel(column, axis), matrix)
    matrix = _ordered(sheet, matrix, (*rest, row_of(axis), axis))
    outputs: list[int] = [matrix.at]
    element: list[Number | Place] = [Place(0), 0]
    if offset:
        known_sources = {r.name: w for w, r in sheet.builder.graph.sources.items()}
        rest_of = prune(replace(whole, outputs=offset))
        (at,) = sheet.builder.splice(rest_of, [*given, unit.at], sources=known_sources)
        outputs.append(_ordered(sheet, Wire(at), last(type_, axis).axes).at)
        element[1] = Place(1)
    elif form.offset != 0:
        element[1] = form.offset  # type: ignore[assignment]
    graph = prune(sheet.builder.finish(outputs))
    types = (last(type_, axis),)
    return MATRIX, types, graph, _inputs(region, (state,), known), tuple(element)


def _ordered(sheet: Sheet, wire: Wire, axes: Sequence[Axis]) -> Wire:
    """The wire with its axes in this order."""
    if sheet.type(wire).axes == tuple(axes):
        return wire
    return sheet.apply(op.transpose(*axes), wire)


class AtAllStates(Stack):
    """The power functor; a table that every state looks up is not repeated."""

    def on_box(
        self, builder: Builder, node: Node, box: Box, ins: tuple[int, ...], moved: list[bool]
    ) -> tuple[int, ...]:
        if box.name != "gather" or moved[0]:
            return super().on_box(builder, node, box, ins, moved)
        found = apply_image(builder, node, box, box.op, ins, ())
        image = self.on_type(box.cod[0])
        if builder.graph.types[found[0]] is image:
            return found
        return builder.apply(op.transpose(*image.axes).op, found, "transpose")


def _finite(region: Graph, state: int, result: int, known: dict[int, str]) -> Attempt:
    """Every state at once: the transition function of the element that is read."""
    type_ = region.types[state]
    origin = origin_of(type_)
    cut = cut_at(region, known, (state,), (result,))
    try:
        lifted = AtAllStates((origin,))(cut, (True, *(False for _ in cut.inputs[1:])))
    except SpecError as problem:
        raise Refused(f"the step has no image at all states: {problem.title}") from None
    sheet = Sheet()
    given = [sheet.builder.input(cut.types[w], cut.wire_name(w)) for w in cut.inputs[1:]]
    every = sheet.apply(op.positions(origin))
    every = sheet.apply(op.expand(*type_.axes), every) if type_.axes else every
    every = _ordered(sheet, every, (origin, *type_.axes))
    (made,) = sheet.builder.splice(lifted, [every.at, *given])
    function = _ordered(sheet, Wire(made), (*type_.axes, origin))
    graph = prune(sheet.builder.finish([function.at]))
    return FINITE, (type_,), graph, _inputs(region, (state,), known), (Place(0),)


def cut_at(
    region: Graph, known: dict[int, str], states: Sequence[int], results: Sequence[int]
) -> Graph:
    """The step of some states: they come first, then the wires that ``_inputs`` names."""
    builder = Builder()
    at: dict[int, int] = {}
    for w in (*states, *_inputs(region, states, known)):
        at[w] = builder.input(region.types[w], known.get(w) or region.wire_name(w))
    for w, resource in region.sources.items():
        at[w] = builder.add_source(resource)
    for node in region.nodes:
        if all(w in at for w in node.outs):
            continue
        outs = []
        for w in node.outs:
            wire = builder.wire(region.types[w], region.names.get(w, ""))
            outs.append(wire)
            at.setdefault(w, wire)
        ins = tuple(at[w] for w in node.ins)
        builder.graph.nodes.append(Node(node.box, ins, tuple(outs), node.name, node.origin))
    return prune(builder.finish([at[w] for w in results]))


def _step(
    region: Graph, states: list[int], results: list[int], known: dict[int, str], family: Family,
    types: tuple[Array, ...], graph: Graph, inputs: tuple[int, ...],
    element: tuple[Number | Place, ...],
) -> Found:  # fmt: skip
    """The equation: the step of the cell is the action of the element that was read."""
    left = cut_at(region, known, states, results)
    sheet = Sheet()
    begin = [Wire(sheet.builder.input(region.types[w], f"s{i}")) for i, w in enumerate(states)]
    given = [sheet.builder.input(region.types[w], f"x{i}") for i, w in enumerate(inputs)]
    parts = sheet.builder.splice(graph, given)
    terms = [Wire(parts[p.at]) if isinstance(p, Place) else p for p in element]
    arranged = [_ordered(sheet, s, t.axes) for s, t in zip(begin, types, strict=True)]
    found = family.act(sheet, arranged, terms, types)
    wires = [sheet.wire(x, t) for x, t in zip(found, types, strict=True)]
    outs = [_ordered(sheet, x, region.types[w].axes).at for x, w in zip(wires, states, strict=True)]
    right = sheet.builder.finish(outs)
    return Found("cell = action", "s ↦ a(s, m(x))", decided(family, left, right), (left, right))
