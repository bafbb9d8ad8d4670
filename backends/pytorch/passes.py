"""Passes: rewrites of the graph before it is written, each with its licence.

Definition.  ``prepare`` gives the normal form (equal boxes shared, dead ones removed; never those
that draw noise or keep state) and a plan of fused kernels.  Each pass that fired is a line of the
derivation that the build records.

Laws.  Pooling: the mean along one axis of an affine map along another one is the affine map of the
mean (for a sum, of a linear map), so the smaller array is mapped.

Attention: ``einsum(q, k) · s → softmax over one key axis → einsum with v`` is
``F.scaled_dot_product_attention(q, k, v, scale=s)``, with the mask of the softmax as ``attn_mask``,
where each wire between is read once, both contractions run over one axis, and the other axes are
shared or belong to one operand.  Division by √|E| is the kernel's own default.  Gradients agree
everywhere.

>>> from categorical import Dim, Real, arrow, op
>>> n, d = Dim.named("n d")
>>> m = n.at("key")
>>> @arrow
... def mix(q: Real[n, d], k: Real[m, d], v: Real[m, d]) -> Real[n, d]:
...     return op.einsum(n, d)(op.softmax(m)(op.einsum(n, m)(q, k)), v)
>>> graph, plan = prepare(mix.graph())
>>> plan.derivation
['attention: 1 × F.scaled_dot_product_attention (gradient everywhere)']

Scores that something else reads stay as they are:

>>> @arrow
... def both(q: Real[n, d], k: Real[m, d], v: Real[m, d]) -> Real[n, m] * Real[n, d]:
...     weights = op.softmax(m)(op.einsum(n, m)(q, k))
...     return weights, op.einsum(n, d)(weights, v)
>>> prepare(both.graph())[1].derivation
[]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from backends.pytorch.cells import lstm_cells
from backends.pytorch.plan import Plan
from backends.pytorch.recursion.hoist import hoisted
from backends.pytorch.recursion.isolate import isolate
from backends.pytorch.recursion.ladder import runs, taken
from backends.pytorch.recursion.levels import forests_of, levelled, narrowed, notes
from backends.pytorch.recursion.packed import together
from backends.pytorch.recursion.parallel import parallel
from backends.pytorch.widths import free_widths
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.normal import hash_cons
from categorical.ops.reduction import over_axes
from categorical.records import Box, Op


@dataclass(frozen=True)
class Attention:
    """A recognised attention: wires, the axis orders that the kernel wants, and its options."""

    q: int
    k: int
    v: int
    mask: int | None
    scale: float | None
    causal: bool
    query: tuple[Axis, ...]
    key: tuple[Axis, ...]
    value: tuple[Axis, ...]
    result: tuple[Axis, ...]
    out: tuple[Axis, ...]


def prepare(graph: Graph, sizes: Mapping[str, int] | None = None) -> tuple[Graph, Plan]:
    """The normal form of a graph, and the plan of its fused kernels (and widths, at ``sizes``)."""
    plan, known = Plan(), sizes or {}
    normal = _rewritten(graph, plan, known)
    kernels = {"attention": 0, "recurrence": 0}
    pending, seen = [normal], set()
    while pending:
        one = pending.pop()
        if id(one) not in seen:
            seen.add(id(one))
            _planned(one, plan, known, kernels)
            pending.extend(region for node in one.nodes for region in node.regions)
    names = {"attention": "F.scaled_dot_product_attention", "recurrence": "torch.lstm_cell"}
    plan.derivation += [
        f"{kind}: {count} × {names[kind]} (gradient everywhere)"
        for kind, count in kernels.items()
        if count
    ]
    return normal, plan


def _rewritten(graph: Graph, plan: Plan, known: Mapping[str, int]) -> Graph:
    """The rewrites of the whole graph, in their order; each that fired is a line of the plan."""
    normal = hash_cons(graph)
    before, after = _count(graph), _count(normal)
    if after < before:
        plan.derivation.append(
            f"copy and discard naturality: {before} boxes became {after} (gradient everywhere)"
        )
    normal, scans = parallel(normal, known)
    plan.derivation += scans
    normal, loops = hoisted(isolate(normal), known, lambda one, node: taken(one, node, known))
    if loops:
        plan.derivation.append(
            f"hoisting: {loops} × what no state reads is done for all steps (gradient everywhere)"
        )
    normal, packs = together(normal)
    plan.derivation += [f"banana split: {n} runs in one loop (gradient everywhere)" for n in packs]
    normal, moved = pooled_first(normal)
    if moved:
        plan.derivation.append(
            f"pooling before {moved} × an affine map of another axis (gradient everywhere)"
        )
    plan.forest, plan.narrow = forests_of(normal), narrowed(normal)
    plan.derivation += notes(normal, plan.narrow)
    return levelled(normal)


def _planned(one: Graph, plan: Plan, known: Mapping[str, int], kernels: dict[str, int]) -> None:
    """The kernels, runs and widths of one graph (its regions have plans of their own)."""
    found, skipped = attention(one)
    if found:
        plan.fused[id(one)], plan.skipped[id(one)] = found, skipped
        kernels["attention"] += len(found)
    cells, needless = lstm_cells(one)
    if cells:
        plan.cells[id(one)] = cells
        plan.skipped.setdefault(id(one), set()).update(needless)
        kernels["recurrence"] += len(cells)
    lowered = plan.runs[id(one)] = runs(one, known)
    for run in {id(r): r for r in lowered.values()}.values():
        plan.skipped.setdefault(id(one), set()).update(getattr(run, "needless", ()))
    plan.derivation += dict.fromkeys(r.note for r in lowered.values() if r.note)
    widths = free_widths(one, known)
    if widths:
        plan.widths[id(one)] = widths
        names = ", ".join(sorted({f"`{a}`" for a in widths.values()}))
        plan.derivation.append(
            f"widths: {names} padded to a multiple of 8 by weights 0 (gradient everywhere)"
        )


def _count(graph: Graph) -> int:
    return sum(1 for _ in graph.walk())


def pooled_first(graph: Graph) -> tuple[Graph, int]:
    """Means and sums moved in front of affine maps of other axes, regions included."""
    regions: dict[int, Graph] = {}
    count = 0
    nodes: list[Node] = []
    for node in graph.nodes:
        if isinstance(node.box, OperatorBox):
            for region in node.regions:
                if id(region) not in regions:
                    regions[id(region)], inner = pooled_first(region)
                    count += inner
            box = replace(node.box, regions=tuple(regions[id(r)] for r in node.regions))
            node = Node(box, node.ins, node.outs, node.name, node.origin)
        nodes.append(node)
    consumers = {w: len(found) for w, found in graph.consumers().items()}
    producer = {w: i for i, n in enumerate(nodes) for w in n.outs}
    kept = {*graph.outputs, *graph.updates.values()}
    types, names = list(graph.types), dict(graph.names)
    for start in range(len(nodes)):
        place = start
        while (at := _map_before(nodes, place, producer, consumers, kept)) is not None:
            node, before = nodes[place], nodes[at]
            pool, map_ = node.box, before.box
            assert isinstance(pool, Box) and isinstance(map_, Box)
            axes = over_axes(pool.name, pool.op, pool.dom[0])  # in the map's input as well
            first = Op(pool.generator, **{**pool.op.attrs, "over": axes}).box(map_.dom)
            second = map_.op.box(first.cod)
            types.append(first.cod[0])
            wire, out, inside = len(types) - 1, node.outs[0], before.outs[0]
            names[wire] = names.get(out, pool.name) if out not in kept else pool.name
            names[out] = names.get(inside, map_.name)
            nodes[at] = Node(first, (before.ins[0],), (wire,), node.name, node.origin)
            weights = before.ins[len(map_.dom) :]
            nodes[place] = Node(second, (wire, *weights), node.outs, before.name, before.origin)
            producer[wire], consumers[wire] = at, 1
            place, count = at, count + 1
    return replace(graph, types=types, names=names, nodes=nodes), count


def _map_before(
    nodes: list[Node],
    place: int,
    producer: dict[int, int],
    consumers: dict[int, int],
    kept: set[int],
) -> int | None:
    """Where the affine map stands that a pooling may change places with."""
    pool = nodes[place].box
    if isinstance(pool, OperatorBox) or pool.name not in ("mean", "sum") or pool.op["masked"]:
        return None
    wire = nodes[place].ins[0]
    at = producer.get(wire)
    if at is None or wire in kept or consumers[wire] != 1:
        return None
    map_ = nodes[at].box
    if isinstance(map_, OperatorBox) or map_.name != "linear":
        return None
    axes = over_axes(pool.name, pool.op, pool.dom[0])
    if (pool.name == "sum" and map_.op["bias"]) or map_.op["target"] in axes:
        return None
    return None if map_.op["source"] in axes else at


def attention(graph: Graph, single: bool = False) -> tuple[dict[int, Attention], set[int]]:
    """Every attention in one graph, by output wire, and the wires that become needless; ``single``
    takes those of one query (a step), too."""
    producer = graph.producer()
    reads: dict[int, int] = {}
    for node in graph.nodes:
        for w in node.ins:
            reads[w] = reads.get(w, 0) + 1
    for w in (*graph.outputs, *graph.updates.values()):
        reads[w] = reads.get(w, 0) + 2
    found: dict[int, Attention] = {}
    skipped: set[int] = set()
    for node in graph.nodes:
        match = _match(graph, node, producer, reads, single)
        if match is not None:
            found[node.outs[0]] = match[0]
            skipped |= match[1]
    return found, skipped


def _single(
    wire: int, name: str, producer: dict[int, Node], reads: dict[int, int]
) -> tuple[Node, Box] | None:
    """The box of a kind that makes a wire which is read once."""
    node = producer.get(wire)
    if (
        node is None
        or isinstance(node.box, OperatorBox)
        or node.box.name != name
        or reads[wire] != 1
    ):
        return None
    return node, node.box


def _match(
    graph: Graph, node: Node, producer: dict[int, Node], reads: dict[int, int], single: bool
) -> tuple[Attention, set[int]] | None:
    box = node.box
    if isinstance(box, OperatorBox) or box.name != "einsum" or len(box.dom) != 2:
        return None
    for weights, v in (node.ins, node.ins[::-1]):
        soft = _single(weights, "softmax", producer, reads)
        if soft is None:
            continue
        axes = over_axes("softmax", soft[1].op, soft[1].dom[0])
        mask = soft[0].ins[1] if soft[1].op["masked"] else None
        needless = {weights}
        scale: float | None = 1.0
        root = None
        wire = soft[0].ins[0]
        scaled = _single(wire, "scale", producer, reads)
        rooted = _single(wire, "scale_root", producer, reads)
        if scaled is not None and not isinstance(scaled[1].op["by"], complex):
            scale = float(scaled[1].op["by"])
            needless.add(wire)
            wire = scaled[0].ins[0]
        elif rooted is not None:
            scale, root = None, rooted[1].op["of"]
            needless.add(wire)
            wire = rooted[0].ins[0]
        rooted = None  # divided by the root of a size: torch's own scale, where it is that of q
        root = _single(wire, "scale_root", producer, reads)
        if root is not None and scale == 1.0:
            rooted = root[1].op["of"]
            needless.add(wire)
            wire = root[0].ins[0]
        scores = _single(wire, "einsum", producer, reads)
        if scores is None or len(scores[1].dom) != 2 or len(axes) != 1:
            continue
        needless.add(wire)
        for q, k in (scores[0].ins, scores[0].ins[::-1]):
            orders = _orders(graph, q, k, v, wire, node.outs[0], axes[0], single)
            if orders is not None and rooted in (None, orders[0][-1].index):
                causal, rest = _causal(graph, mask, producer, orders)
                if causal and mask is not None and reads[mask] == 1:
                    needless.add(mask)
                return (
                    Attention(q, k, v, rest, None if rooted else scale, causal, *orders),
                    needless,
                )
    return None


def _causal(
    graph: Graph, mask: int | None, producer: dict[int, Node], orders: tuple[tuple[Axis, ...], ...]
) -> tuple[bool, int | None]:
    """Whether the mask is the causal one of the query and key axes."""
    made = producer.get(mask) if mask is not None else None
    if made is None or isinstance(made.box, OperatorBox) or made.box.name != "causal_mask":
        return False, mask
    if made.box.op["strict"] or len(orders[0]) < len(orders[1]):
        return False, mask
    query, key = orders[0][-2], orders[1][-2]
    if (
        graph.types[mask if mask is not None else 0].axes != (query, key)
        or query.size is not key.size
    ):
        return False, mask
    return True, None


def _orders(
    graph: Graph, q: int, k: int, v: int, scores: int, out: int, key: Axis, single: bool
) -> tuple[tuple[Axis, ...], ...] | None:
    """The axis orders (batch…, L, E), (batch…, S, E), (batch…, S, Ev) and (batch…, L, Ev); of one
    query without L."""
    types = graph.types
    if any(types[w].kind != "real" for w in (q, k, v)):
        return None
    aq, ak, av = (types[w].axes for w in (q, k, v))
    s, o = types[scores].axes, types[out].axes
    inner = [a for a in aq if a not in s]
    batch = tuple(a for a in aq if a in ak and a in s)
    length = [a for a in aq if a not in ak]
    if len(inner) != 1 or len(length) not in ((0, 1) if single else (1,)) or inner[0] not in ak:
        return None
    if key in aq or set(ak) != {*batch, key, inner[0]} or set(aq) != {*batch, *length, inner[0]}:
        return None
    feature = [a for a in av if a not in s]
    if len(feature) != 1 or set(av) != {*batch, key, feature[0]} or key in o:
        return None
    if set(s) != {*batch, *length, key} or set(o) != {*batch, *length, feature[0]}:
        return None
    return (
        (*batch, *length, inner[0]),
        (*batch, key, inner[0]),
        (*batch, key, feature[0]),
        (*batch, *length, feature[0]),
        o,
    )
