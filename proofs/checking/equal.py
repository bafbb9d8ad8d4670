"""Equality of arrows, checked: both sides are read into one normal form of index polynomials.

Inputs are matched by position and resources by path (after the claimed renaming).  Iterations of a
known length are unrolled.  What is not polynomial becomes an atom that records the operation, its
numbers and the normal form of what it reads, with the axes that it acts on as numbered slots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from proofs.checking.atoms import (
    ONE,
    Value,
    indices,
    numbers,
    pairs,
    places_of,
    raise_unknown,
    stripped,
)
from proofs.checking.bounds import number
from proofs.checking.folds import Folds
from proofs.checking.natural import read_mode
from proofs.checking.programs import Node, Program, freeze, need
from proofs.checking.runs import UNROLLED, Rows, updates
from proofs.checking.table import UNARY, shape
from proofs.checking.terms import Poly, Table, constant, plus, scaled
from proofs.checking.tropical import Largest


class Reader(Folds, Largest):
    """Reads programs into the normal forms of one table."""

    # --- wires ----------------------------------------------------------------------------------

    def start(self, program: Program) -> list[Value]:
        types = [program.types[w] for w in program.inputs]
        return [self.given(("input", i), t, self.places(t[1])) for i, t in enumerate(types)]

    def source(self, path: str, type_: Any, rows: Rows) -> Value:
        """A resource; ``rows`` are those of the axes that enclosing iterations stack in front."""
        path = self.renaming.get(path, path)
        stacked = (type_[0], (*(axis for axis, _ in rows), *type_[1]), type_[2])
        single = [self.table.count(self.table.id(axis[0])) == 1 for axis, _ in rows]
        first = [("c", 0 if one else at) for one, (_, at) in zip(single, rows, strict=True)]
        return self.given(("source", path), stacked, (*first, *self.places(type_[1])))

    def run(
        self, program: Program, inputs: Sequence[Value], prefix: str = "", rows: Rows = ()
    ) -> list[Value]:
        at: dict[int, Value] = dict(zip(program.inputs, inputs, strict=True))
        for wire, (name, _) in program.sources.items():
            at[wire] = self.source(prefix + name, program.types[wire], rows)
        for node in program.nodes:
            ins = [at[w] for w in node.ins]
            if node.op == "iterate":
                outs = self.iterate(node, ins, prefix, rows)
            elif node.op == "scan":
                outs = self.machine(node, ins, prefix, rows)
            elif node.op == "tree_fold":
                outs = self.forest(node, ins, prefix, rows)
            else:
                outs = [self.bounded(v) for v in self.node(node, ins)]
            at.update(zip(node.outs, outs, strict=True))
        for name, wire in program.updates.items():
            path = self.renaming.get(prefix + name, prefix + name)
            need(path not in self.updates, f"two states are called `{path}`")
            self.updates[path] = at[wire]
        self.wires = at  # in the end, those of the whole program
        return [at[w] for w in program.outputs]

    def iterate(self, node: Node, ins: list[Value], prefix: str, rows: Rows) -> list[Value]:
        times, kind = freeze(node.attrs["times"]["index"]), node.attrs["weights"]
        need(node.name, "an iteration has no name")
        count, body = self.table.count(self.table.id(times)), node.bodies[0]
        own = f"{prefix}{node.name}."
        if count is not None and count <= UNROLLED:
            self.table.used.add("an iteration is unrolled")
            state = list(ins)
            for i in range(count):
                path = f"{own}{i}." if kind == "untied" else own
                more: Rows = (((times, ""), i),) if kind == "stacked" else ()
                state = self.run(body, state, path, (*rows, *more))
            return state
        if kind == "tied":
            return self.repeated(node, ins, own, rows, times)
        self.table.used.add("a step of unknown number is compared as a whole")
        need(not any(p.startswith(own) for p in self.renaming), f"`{own}*` cannot be renamed")
        need(not updates(body), "the state of steps of unknown number is not compared")
        fresh = [
            self.given(("state", own, i), t, self.places(t[1])) for i, t in enumerate(node.dom)
        ]
        step = self.run(body, fresh, f"{own}*.", rows)
        items = []
        for value, type_ in zip([*step, *ins], (*node.dom, *node.dom), strict=True):
            items.append(self.slots(value, self.numbered(type_[1])))
        key, order = self.table.abstract(items)
        base = ("iterate", self.table.id(times), kind, own, key)
        return [self.made((*base, i), t, order, t[1]) for i, t in enumerate(node.cod)]

    # --- operations -----------------------------------------------------------------------------

    def node(self, node: Node, ins: list[Value]) -> list[Value]:
        op = node.op
        special = getattr(self, f"on_{op}", None)
        how = shape(node, self.mode)
        if op in UNARY and op != "square":
            if op == "reciprocal":
                return [self.apply(op, (), numbers(ins[0]))]
            return [self.apply(op, stripped(node.attrs), numbers(ins[0]))]
        if special is not None:
            return list(special(node, ins))
        if how.rule in ("renaming", "expansion") and op != "relabel":
            return [ins[0]]
        if op in ("sum", "mean", "max", "min", "logsumexp", "softmax"):
            return [self.reduction(node, ins)]
        if op in ("layer_norm", "rms_norm", "normalise"):
            over = node.attr_axes("over")
            return [self.opaque(node, ins, [over], over)]
        if op == "flip":
            return [self.mirror(ins[0], node.attr_axes("axis")[0])]
        if op in ("slice", "roll"):
            axis = node.attr_axes("axis")
            return [self.opaque(node, ins, [axis], [self.beside(node, a) for a in axis])]
        if op in ("max_pool", "avg_pool"):
            over = node.attr_axes("over")
            return [self.opaque(node, ins, [over], [self.beside(node, a) for a in over])]
        if op in ("less", "less_equal", "equal"):
            return [self.compared(node, ins)]
        if op in ("scatter_max",):
            return [self.scattered(node, ins)]
        raise_unknown(op)
        return []

    def on_add(self, node: Node, ins: list[Value]) -> list[Value]:
        return [plus(numbers(ins[0]), numbers(ins[1]))]

    def on_sub(self, node: Node, ins: list[Value]) -> list[Value]:
        return [plus(numbers(ins[0]), scaled(numbers(ins[1]), Fraction(-1)))]

    def on_mul(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.table.times(numbers(ins[0]), numbers(ins[1]))]

    def on_square(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.table.times(numbers(ins[0]), numbers(ins[0]))]

    def on_div(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.table.times(numbers(ins[0]), self.apply("reciprocal", (), numbers(ins[1])))]

    def on_scale(self, node: Node, ins: list[Value]) -> list[Value]:
        return [scaled(numbers(ins[0]), number(node.attrs["by"]))]

    def on_scale_root(self, node: Node, ins: list[Value]) -> list[Value]:
        of = freeze(node.attrs["of"]["index"])
        if self.table.count(self.table.id(of)) == 1:
            return [ins[0]]
        root = self.table.single(self.table.atom(("rsqrt size", self.table.id(of))), ())
        return [self.table.times(numbers(ins[0]), root)]

    def on_logical_and(self, node: Node, ins: list[Value]) -> list[Value]:
        return self.on_mul(node, ins)

    def on_logical_or(self, node: Node, ins: list[Value]) -> list[Value]:
        both = self.table.times(numbers(ins[0]), numbers(ins[1]))
        return [plus(plus(numbers(ins[0]), numbers(ins[1])), scaled(both, Fraction(-1)))]

    def on_logical_not(self, node: Node, ins: list[Value]) -> list[Value]:
        return [plus(ONE, scaled(numbers(ins[0]), Fraction(-1)))]

    def on_indicator(self, node: Node, ins: list[Value]) -> list[Value]:
        return [ins[0]]

    def on_where(self, node: Node, ins: list[Value]) -> list[Value]:
        mask, yes, no = ins
        if not isinstance(yes, dict) or not isinstance(no, dict):
            return [self.opaque(node, ins, [[], [], []], [])]
        change = plus(yes, scaled(no, Fraction(-1)))
        return [plus(no, self.table.times(numbers(mask), change))]

    def on_full(self, node: Node, ins: list[Value]) -> list[Value]:
        value, type_ = node.attrs["value"], node.cod[0]
        if type_[0] == "fin":
            whole = self.table.parts(type_[2])
            need(len(whole) == 1, "an index into a product is not read")
            return [(("c", 0 if self.table.count(whole[0]) == 1 else value),)]
        if isinstance(value, dict) and "complex" in value:
            return [self.table.single(self.table.atom(("number", stripped(value))), ())]
        return [constant(number(value))]

    on_full_like = on_full

    def on_eye(self, node: Node, ins: list[Value]) -> list[Value]:
        row, column = (self.table.places(node.axis(node.attrs[k])) for k in ("row", "column"))
        return [self.equals(row, column)]

    def on_causal_mask(self, node: Node, ins: list[Value]) -> list[Value]:
        axes = [node.axis(node.attrs[k]) for k in ("row", "column")]
        key = (
            node.op,
            stripped({k: v for k, v in node.attrs.items() if k not in ("row", "column")}),
        )
        return [self.ordered(key, node.cod[0], axes)]

    def on_band_mask(self, node: Node, ins: list[Value]) -> list[Value]:
        if node.attrs["before"] == node.attrs["after"] == 0:
            return self.on_eye(node, ins)
        return self.on_causal_mask(node, ins)

    def on_positions(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.table.places(node.axis(node.attrs["over"]))]

    def on_table(self, node: Node, ins: list[Value]) -> list[Value]:
        key = ("table", node.cod[0][0], stripped(node.attrs["values"]))
        return [self.made(key, node.cod[0], (), node.cod[0][1])]

    def on_parameter(self, node: Node, ins: list[Value]) -> list[Value]:
        return [ins[0]]

    def on_relabel(self, node: Node, ins: list[Value]) -> list[Value]:
        old, new = (self.table.places(node.axis(node.attrs[k])) for k in ("old", "new"))
        return [self.slots(ins[0], dict(zip(old, new, strict=True)))]

    def on_diagonal(self, node: Node, ins: list[Value]) -> list[Value]:
        first, *rest = (self.table.places(a) for a in node.attr_axes("axes"))
        at = {t: f for other in rest for t, f in zip(other, first, strict=True)}
        return [self.slots(ins[0], at)]

    def on_merge(self, node: Node, ins: list[Value]) -> list[Value]:
        gone = node.attr_axes("axes")
        new = (
            [self.beside(node, gone[0])]
            if len(gone) == 1
            else [a for a in node.cod[0][1] if a not in node.dom[0][1]]
        )
        return [self.regrouped(ins[0], gone, new)]

    def on_split(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.regrouped(ins[0], node.attr_axes("of"), node.attr_axes("into"))]

    def on_take(self, node: Node, ins: list[Value]) -> list[Value]:
        axis, at = node.attr_axes("axis")[0], node.attrs["at"]
        places = self.table.places(axis)
        if len(places) > 1:
            return [self.opaque(node, ins, [[axis]], [])]
        if axis[0][0] == "sum":
            return [self.slots(ins[0], {places[0]: self.position(axis[0], at)})]
        size = self.table.count(self.table.parts(axis[0])[0])
        at = at + size if at < 0 and size is not None else at
        return [self.slots(ins[0], {places[0]: ("c", at)} if places[0][0] == "f" else {})]

    def on_einsum(self, node: Node, ins: list[Value]) -> list[Value]:
        product = ONE
        for one in ins:
            product = self.table.times(product, numbers(one))
        kept = set(node.cod[0][1])
        gone = dict.fromkeys(a for one in node.dom for a in one[1] if a not in kept)
        return [self.table.sum(product, self.places(list(gone)))]

    def on_linear(self, node: Node, ins: list[Value]) -> list[Value]:
        source, target = node.axis(node.attrs["source"]), node.axis(node.attrs["target"])
        return [self.contracted(node, ins, source, target)]

    def on_conv(self, node: Node, ins: list[Value]) -> list[Value]:
        over, windows = node.attr_axes("over"), [w["record"] for w in node.attrs["windows"]]
        trivial = all(
            w["kernel"] == 1 and w["stride"] == 1 and w["pads"] == [0, 0] for w in windows
        )
        channels = "source" in node.attrs
        single = freeze(node.attrs["groups"]["index"]) == ("points", 1)
        if trivial and channels and single:
            self.table.used.add("a window of one position is a linear map")
            source, target = node.attr_axes("source")[0], node.attr_axes("target")[0]
            return [self.contracted(node, ins, source, target)]
        acted = [*over, *(node.attr_axes("source") if channels else [])]
        new = [self.beside(node, a) for a in acted]
        return [self.opaque(node, ins, [acted], new)]

    def reduction(self, node: Node, ins: list[Value]) -> Value:
        op, over, table = node.op, node.attr_axes("over"), self.table
        mask = numbers(ins[1]) if node.attrs.get("masked") else ONE
        if mask == ONE and op in ("sum", "mean"):
            found = table.sum(numbers(ins[0]), self.places(over))
            for a in over if op == "mean" else []:
                for i in table.parts(a[0]):
                    found = table.times(found, table.inverse(i))
            return found
        single = mask != ONE and table.sum(mask, self.places(over)) == ONE
        if single and op == "softmax":
            table.used.add("a mask with one place chooses it")
            return mask
        if op == "sum" or single:
            return table.sum(table.times(mask, numbers(ins[0])), self.places(over))
        new = over if op == "softmax" else []
        if mask == ONE:
            bare = Node(op, {"over": node.attrs["over"]}, 1, node.ins[:1], node.outs, node.dom[:1],
                        node.cod, [], "")  # fmt: skip
            places = self.places(new)
            if op == "softmax" and all(t[0] == "c" for t in places):
                return ONE  # over one point
            whole = self.opaque(bare, ins[:1], [over], new)
            if op == "softmax" and all(t[0] == "f" for t in places):
                (((_, ((atom, _),)), _),) = numbers(whole).items()
                table.unit[atom] = len(places)
            return whole
        return self.opaque(node, ins, [over, over], new)

    def compared(self, node: Node, ins: list[Value]) -> Value:
        if ins[0] == ins[1] and node.op in ("maximum", "minimum"):
            return ins[0]
        known = ordered(ins)
        if known is not None and node.op in ("less", "less_equal", "equal"):
            self.table.used.add("known places are compared")
            below, same = known
            holds = {"less": below, "equal": same}.get(node.op, below or same)
            return ONE if holds else {}
        found = [self.opaque(node, ins, [[], []], [])]
        if node.op not in ("less", "less_equal"):  # symmetric: the smaller name of the two orders
            found.append(self.opaque(node, ins[::-1], [[], []], []))
        return min(found, key=repr)

    def compare(self, node: Node, ins: list[Value]) -> Poly:
        return numbers(self.compared(node, ins))

    def on_gather(self, node: Node, ins: list[Value]) -> list[Value]:
        places = self.table.places(node.attr_axes("axis")[0])
        return [self.slots(ins[0], pairs(places, indices(ins[1])))]

    def on_embedding(self, node: Node, ins: list[Value]) -> list[Value]:
        rows, columns = node.dom[1][1]
        width = node.attr_axes("width")[0]
        at = pairs(self.table.places(columns), self.table.places(width))
        at.update(pairs(self.table.places(rows), indices(ins[0])))
        return [self.slots(ins[1], at)]

    def on_one_hot(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.equals(self.table.places(node.attr_axes("axis")[0]), indices(ins[0]))]

    def scattered(self, node: Node, ins: list[Value]) -> Value:
        over = [node.axis(a, 1) for a in node.attrs["over"]]
        return self.opaque(node, ins, [over, over], node.attr_axes("into"))

    def on_scatter(self, node: Node, ins: list[Value]) -> list[Value]:
        if node.attrs["monoid"] != "sum":
            return [self.scattered(node, ins)]
        over, into = [node.axis(a, 1) for a in node.attrs["over"]], node.attr_axes("into")[0]
        return [self.pushed(numbers(ins[0]), indices(ins[1]), over, into)]

    def on_degree(self, node: Node, ins: list[Value]) -> list[Value]:
        over = [node.axis(a) for a in node.attrs["over"]]
        return [self.pushed(ONE, indices(ins[0]), over, node.attr_axes("into")[0])]

    def on_argmax(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.opaque(node, ins, [[node.axis(node.attrs["over"])]], [])]

    def on_concat(self, node: Node, ins: list[Value]) -> list[Value]:
        pieces = [node.axis(a, i) for i, a in enumerate(node.attrs["axes"])]
        whole = self.beside(node, pieces[0])
        return [self.concatenated(list(zip(pieces, ins, strict=True)), whole, node.cod[0])]

    def on_unconcat(self, node: Node, ins: list[Value]) -> list[Value]:
        whole, table = node.attr_axes("of")[0], self.table
        (place,) = table.places(whole) if whole[0][0] != "product" else (("c", 0),)
        pieces = [self.beside(node, whole, i) for i in range(len(node.cod))]
        at, found = places_of([p[0] for p in pieces], whole[0]), []
        for i, piece in enumerate(pieces):
            if place[0] == "f" and whole[0][0] == "sum" and piece[0][0] != "sum" and i in at:
                term = ("s", table.places(piece), at[i], table.id(whole[0]))
                found.append(self.slots(ins[0], {place: term}))
            else:
                found.append(self.opaque(node, ins, [[whole]], [piece], i))
        return found

    def on_batch_norm(self, node: Node, ins: list[Value]) -> list[Value]:
        feature, over, table = node.attr_axes("feature")[0], node.attr_axes("over"), self.table
        if self.mode == "train":
            acted = [*over, feature]
            state = [self.opaque(node, ins, [acted], [feature], i) for i in (1, 2)]
            return [self.opaque(node, ins, [acted], acted), *state]
        x, weight, bias, mean, variance = map(numbers, ins)
        eps = constant(number(node.attrs["eps"]))
        scale = table.times(weight, self.apply("rsqrt", (), plus(variance, eps)))
        centred = plus(x, scaled(mean, Fraction(-1)))
        return [plus(table.times(centred, scale), bias), ins[3], ins[4]]

    def on_dropout(self, node: Node, ins: list[Value]) -> list[Value]:
        if self.mode == "eval":
            return [ins[0]]
        kept = 1 - number(node.attrs["p"])
        return [scaled(self.table.times(numbers(ins[0]), numbers(ins[1])), 1 / kept)]

    def on_gumbel_noise(self, node: Node, ins: list[Value]) -> list[Value]:
        std = number(node.attrs["std"]) if "std" in node.attrs else Fraction(1)
        if self.mode == "eval":
            return [ins[0]]
        return [plus(numbers(ins[0]), scaled(numbers(ins[1]), std))]

    on_gaussian_noise = on_gumbel_noise


def ordered(ins: Sequence[Value]) -> tuple[bool, bool] | None:
    """Whether the first of two values is below the second, and whether they are equal, if known."""
    left, right = ins
    if left == right:
        return False, True
    single = isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right) == 1
    if not single:
        return None
    (a,), (b,) = left, right
    fixed = a[0] == b[0] == "c" and min(a[1], b[1]) >= 0
    return (a[1] < b[1], a[1] == b[1]) if fixed else None


def boundary(program: Program) -> Any:
    ins = [program.types[w] for w in program.inputs]
    return ins, [program.types[w] for w in program.outputs]


def normal_forms(
    first: Program,
    second: Program,
    mode: str,
    renaming: Mapping[str, str],
    unfolded: int | None = None,
) -> tuple[list[Value], list[Value], Reader, Reader]:
    """Both sides over one table; the resources of the second are renamed.

    ``unfolded`` is the side whose folds of forests are written out once.
    """
    table = Table()
    left, right = Reader(table, mode), Reader(table, mode, renaming)
    left.unfolds, right.unfolds = unfolded == 0, unfolded == 1
    mine = left.run(first, left.start(first))
    return mine, right.run(second, right.start(second)), left, right


def summary(values: Sequence[Value], reader: Reader) -> list[Any]:
    """What justifies an equation: the rules used, and a digest of the normal forms."""
    shown = repr([sorted(v.items(), key=repr) if isinstance(v, dict) else v for v in values])
    return [sorted(reader.table.used), hashlib.sha256(shown.encode()).hexdigest()]


def check_equal(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that two programs have one normal form."""
    need(len(programs) == 2, "an equation has two sides")
    first, second = programs
    mode, renaming = read_mode(claim), claim["renaming"]
    good = isinstance(renaming, dict) and all(isinstance(v, str) for v in renaming.values())
    need(good, "a renaming maps names to names")
    side = claim.get("unfolded")
    need(side is None or (type(side) is int and side in (0, 1)), "no such side to unfold")
    scope = "all sizes" if side is None else "all sizes, on forests"
    need(claim["scope"] == scope, f"the scope of the claim is {scope}")
    need(boundary(first) == boundary(second), "the two sides have different types")
    mine, yours, left, right = normal_forms(first, second, mode, renaming, side)
    need(left.updates == right.updates, "the two sides keep different state")
    need(mine == yours, "the two sides have different normal forms")
    steps.extend(summary(mine, left))
    return f"both sides have one normal form in {mode} mode, {scope}{tied(second, renaming)}"


def tied(program: Program, renaming: dict[str, str]) -> str:
    """Which resources of the other side are read as one."""
    found: dict[str, list[str]] = {}
    for name, _ in program.sources.values():
        found.setdefault(renaming.get(name, name), []).append(name)
    groups = sorted(" = ".join(sorted(names)) for names in found.values() if len(names) > 1)
    return f", with {', '.join(groups)} on the other side" if groups else ""
