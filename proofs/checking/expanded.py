"""Equality at fixed sizes, checked: every entry of both sides is expanded.

Definition.  Where every axis has a number of places and no weights are read, an entry of a wire is
a polynomial in the entries of the real inputs, with coefficients in Q(ζₙ); inputs of indices take
every value in turn.  Two programs are equal when all entries of their outputs are one polynomial.

Laws.  Numbers are coefficients of 1, ζ, …, ζ^(φ(n) − 1), which are independent over Q, so equal
polynomials have equal coefficients and no others are equal.  Floats are the dyadic rationals that
they are.  Only the operations of ``RULES`` are read, and all takes no more than ``WORK`` steps: an
entry that is visited, a term that is added, and what a product of two numbers is worth.

>>> numbers = Numbers(12)
>>> i, third = numbers.read([4, ["0", "1"]]), numbers.read("1/3")
>>> numbers.plus(numbers.times(i, i), numbers.read(1)), numbers.times(third, numbers.read(3))
(((0, 0, 0, 0), 1), ((1, 0, 0, 0), 1))
>>> numbers.read([8, ["0", "1"]])
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: ζ_8 is not among the powers of ζ_12
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from math import gcd, prod
from typing import Any

from proofs.checking.actions import size
from proofs.checking.bounds import number
from proofs.checking.exact import LARGEST_ORDER, Root, polynomial, read
from proofs.checking.natural import read_mode
from proofs.checking.programs import Node, Program, Refusal, freeze, need
from proofs.checking.tensors import is_tensors

MOST = 300_000  # entries of all wires
WORK = 4_000_000  # steps, of about a microsecond
LONGEST = 4096  # bits of a numerator or denominator
CASES = 4096  # of all inputs of indices
Element = tuple[tuple[int, ...], int]  # numerators of 1, ζ, …, and one positive denominator
Mono = tuple[int, ...]  # numbers of variables, in order
Poly = dict[Mono, Element]
Rows = dict[int, list[tuple[dict[Any, int], Poly]]]
Value = list[Any]  # the entries of a wire in row-major order: polynomials, or indices


class Numbers:
    """Arithmetic in Q(ζₙ) with whole numerators."""

    def __init__(self, n: int) -> None:
        self.n, modulus = n, polynomial(n)
        self.degree = len(modulus) - 1
        self.powers: list[tuple[int, ...]] = []  # of ζ, in terms of the first ones
        row = [1, *[0] * (self.degree - 1)]
        for _ in range(2 * max(n, self.degree)):
            self.powers.append(tuple(row))
            last = row[-1]
            row = [r - last * m for r, m in zip([0, *row[:-1]], modulus, strict=False)]
        self.work = 0

    def spend(self, steps: int) -> None:
        self.work += steps
        need(self.work <= WORK, f"it takes more than {WORK} steps")

    def read(self, one: Any) -> Element:
        """A number of a certificate."""
        return self.of(read(one))

    def of(self, value: Any) -> Element:
        """A rational number, or one of a field Q(ζₘ) with m | n."""
        terms = value.terms if isinstance(value, Root) else (Fraction(value),)
        order = value.of if isinstance(value, Root) else 1
        need(self.n % order == 0, f"ζ_{order} is not among the powers of ζ_{self.n}")
        total: Element = ((0,) * self.degree, 1)
        for power, c in enumerate(terms):
            row = self.powers[power * (self.n // order) % self.n]
            total = self.plus(total, (tuple(c.numerator * r for r in row), c.denominator))
        return total

    def plus(self, one: Element, other: Element) -> Element:
        (a, d), (b, e) = one, other
        if d == e:
            return tuple([x + y for x, y in zip(a, b, strict=True)]), d
        return self.lowest([x * e + y * d for x, y in zip(a, b, strict=True)], d * e)

    def times(self, one: Element, other: Element) -> Element:
        (a, d), (b, e) = one, other
        self.spend(8 + (len(a) - a.count(0)) * (len(b) - b.count(0)) // 8)
        whole = [0] * (2 * self.degree - 1)
        for i, x in enumerate(a):
            if x:
                for j, y in enumerate(b):
                    whole[i + j] += x * y
        found = whole[: self.degree]
        for power in range(self.degree, len(whole)):
            if whole[power]:
                row = self.powers[power]
                found = [f + whole[power] * r for f, r in zip(found, row, strict=True)]
        return self.lowest(found, d * e)

    def lowest(self, numerators: list[int], denominator: int) -> Element:
        longest = max(denominator.bit_length(), *map(int.bit_length, numerators))
        need(longest <= LONGEST, f"a number has more than {LONGEST} bits")
        common = gcd(denominator, *numerators)
        return tuple([x // common for x in numerators]), denominator // common


class Expansion:
    """Reads programs: the entries of every wire."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.maps: dict[int, Rows] = {}  # the matrices of fixed maps, read once
        self.fixed: dict[int, Value] = {}  # what reads nothing, made once

    # --- polynomials ------------------------------------------------------------------------------

    def constant(self, value: Element) -> Poly:
        return {(): value} if any(value[0]) else {}

    def plus(self, one: Poly, other: Poly) -> Poly:
        self.numbers.spend(len(one))
        found = dict(one)
        self.add(found, other)
        return found

    def times(self, one: Poly, other: Poly) -> Poly:
        found: Poly = {}
        for left, x in one.items():
            for right, y in other.items():
                self.numbers.spend(len(left) + len(right))
                mono = tuple(sorted((*left, *right)))
                self.add(found, {mono: self.numbers.times(x, y)})
        return found

    def add(self, found: Poly, other: Poly) -> None:
        """Add a polynomial to one that is no other's."""
        self.numbers.spend(len(other))
        for mono, value in other.items():
            total = self.numbers.plus(found[mono], value) if mono in found else value
            if any(total[0]):
                found[mono] = total
            else:
                found.pop(mono, None)

    # --- programs ---------------------------------------------------------------------------------

    def run(self, program: Program, inputs: list[Value]) -> list[Value]:
        at: dict[int, Value] = dict(zip(program.inputs, inputs, strict=True))
        for node in program.nodes:
            rule = RULES.get(node.op)
            need(rule is not None and not node.bodies, f"`{node.op}` is not expanded")
            need(len(node.outs) == 1, f"`{node.op}` is not expanded")
            assert rule is not None
            found = self.fixed.get(id(node))
            if found is None:
                self.numbers.spend(prod(places(node.cod[0][1])))
                found = rule(self, node, [at[w] for w in node.ins])
            if not node.ins:
                self.fixed[id(node)] = found
            at[node.outs[0]] = found
        return [at[w] for w in program.outputs]

    def entrywise(self, node: Node, ins: list[Value]) -> Value:
        need(all(one == node.cod[0] for one in node.dom), f"`{node.op}` of different types")
        if node.op == "add":
            return [self.plus(x, y) for x, y in zip(*ins, strict=True)]
        if node.op == "mul":
            return [self.times(x, y) for x, y in zip(*ins, strict=True)]
        if node.op == "square":
            return [self.times(x, x) for x in ins[0]]
        by = -1 if node.op == "sub" else number(node.attrs["by"])
        factor = self.constant(self.numbers.of(by))
        scaled = [self.times(factor, x) for x in ins[-1]]
        if node.op == "scale":
            return scaled
        return [self.plus(x, y) for x, y in zip(ins[0], scaled, strict=True)]

    def given(self, node: Node, ins: list[Value]) -> Value:
        """``eye``, ``full`` and ``table``."""
        kind, axes, _ = node.cod[0]
        need(kind in ("real", "fin"), f"`{node.op}` of truth values is not expanded")
        if node.op == "eye":
            row, column = (node.axis(node.attrs[k]) for k in ("row", "column"))
            one = self.constant(self.numbers.of(1))
            return [one if p[row] == p[column] else {} for p in positions(axes)]
        count = prod(places(axes))
        values = node.attrs["values"] if node.op == "table" else [node.attrs["value"]] * count
        need(len(values) == count, f"`{node.op}` has other numbers")
        if kind == "fin":
            most = size(node.cod[0][2], {})
            good = all(type(v) is int and 0 <= v < most for v in values)
            need(good, f"`{node.op}` has no such indices")
            return list(values)
        return [self.constant(self.numbers.of(number(v))) for v in values]

    def moved(self, node: Node, ins: list[Value]) -> Value:
        """``expand``, ``transpose`` and ``relabel``: every entry is one of the input."""
        axes = node.dom[0][1]
        names = {a: a for a in axes}
        if node.op == "relabel":
            names[node.axis(node.attrs["old"])] = node.axis(node.attrs["new"])
        flat = Flat(axes)
        return [ins[0][flat({a: p[names[a]] for a in axes})] for p in positions(node.cod[0][1])]

    def contracted(self, node: Node, ins: list[Value]) -> Value:
        """``einsum`` and ``sum``: products of entries, summed over the axes that are not kept."""
        need(not node.attrs.get("masked"), "a masked sum is not expanded")
        kept = node.cod[0][1]
        gone = tuple(dict.fromkeys(a for one in node.dom for a in one[1] if a not in kept))
        flats = [Flat(one[1]) for one in node.dom]
        inside = prod(places(gone))
        found = []
        for place in positions(kept):
            total: Poly = {}
            self.numbers.spend(inside * len(ins))
            for more in positions(gone):
                at = {**place, **more}
                self.add(total, self.product([v[f(at)] for v, f in zip(ins, flats)]))
            found.append(total)
        return found

    def product(self, factors: list[Poly]) -> Poly:
        if not all(factors):
            return {}
        found = factors[0]
        for one in factors[1:]:
            found = self.times(found, one)
        return found

    def one_hot(self, node: Node, ins: list[Value]) -> Value:
        (axis,), flat = node.attr_axes("axis"), Flat(node.dom[0][1])
        one = self.constant(self.numbers.of(1))
        return [one if ins[0][flat(p)] == p[axis] else {} for p in positions(node.cod[0][1])]

    def gather(self, node: Node, ins: list[Value]) -> Value:
        (along,) = node.attr_axes("axis")
        source, index = (Flat(one[1]) for one in node.dom)
        (limit,) = places((along,))
        found = []
        for p in positions(node.cod[0][1]):
            chosen = ins[1][index(p)]
            need(0 <= chosen < limit, "an index lies outside its set")
            found.append(ins[0][source({**p, along: chosen})])
        return found

    def hom(self, node: Node, ins: list[Value]) -> Value:
        """A fixed linear map: Σ c[m] T[m, t, s] x[s], on every index of the other axes."""
        attrs = node.attrs
        fixed = attrs.get("coefficients") is not None and attrs.get("bias") is None
        plain = attrs.get("out") is None and attrs["channels"] == [None]
        need(fixed and plain and len(node.dom) == 1, "only a fixed map of one input is expanded")
        need(is_tensors(attrs["basis"]), "diagrams are not expanded")
        data = attrs["basis"]["basis"]
        target = tuple(freeze(a["axis"]) for a in attrs["target"])
        source = tuple(node.axis(a, 0) for a in attrs["sources"][0])
        shape = [prod(places(target)), prod(places(source))]
        need(list(data["shape"]) == shape, "a fixed map has another shape")
        if id(node) not in self.maps:
            self.maps[id(node)] = self.rows(attrs, data, source)
        into, flat = Flat(target), Flat(node.dom[0][1])
        found = []
        for p in positions(node.cod[0][1]):
            total: Poly = {}
            for spot, entry in self.maps[id(node)].get(into(p), ()):
                self.numbers.spend(1)
                x = ins[0][flat({**p, **spot})]
                if x:
                    self.add(total, self.times(entry, x))
            found.append(total)
        return found

    def rows(self, attrs: Any, data: Any, source: Any) -> Rows:
        """The matrix of a fixed map: of each row the entries that are not 0, with their places."""
        factors = [self.coefficient(c) for c in attrs["coefficients"]]
        table: dict[int, Poly] = {}
        known: dict[str, Element] = {}
        for which, place, value in zip(data["which"], data["places"], data["values"], strict=True):
            if (text := repr(value)) not in known:
                self.numbers.spend(len(text) + 8 * self.numbers.n)
                known[text] = self.numbers.read(value)
            entry = self.numbers.times(factors[which], known[text])
            table[place] = self.plus(table.get(place, {}), self.constant(entry))
        spots = list(positions(source))
        found: Rows = {}
        for place, poly in table.items():
            if poly:
                row, column = divmod(place, len(spots))
                found.setdefault(row, []).append((spots[column], poly))
        return found

    def coefficient(self, one: Any) -> Element:
        if isinstance(one, dict) and "cyclotomic" in one:
            return self.numbers.read(one["cyclotomic"])
        return self.numbers.of(number(one))


Rule = Callable[[Expansion, Node, list[Value]], Value]
RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "sub", "mul", "square", "scale"), Expansion.entrywise),
    **dict.fromkeys(("eye", "full", "table"), Expansion.given),
    **dict.fromkeys(("expand", "transpose", "relabel"), Expansion.moved),
    **dict.fromkeys(("einsum", "sum"), Expansion.contracted),
    "one_hot": Expansion.one_hot,
    "gather": Expansion.gather,
    "hom": Expansion.hom,
}


# --- places ---------------------------------------------------------------------------------------


def places(axes: Any) -> list[int]:
    """The number of places of each axis."""
    return [size(a[0], {}) for a in axes]


def positions(axes: Any) -> Iterator[dict[Any, int]]:
    """All entries of an array, in row-major order: the place on each axis."""
    for one in product(*map(range, places(axes))):
        yield dict(zip(axes, one, strict=True))


class Flat:
    """The number of an entry in row-major order."""

    def __init__(self, axes: Any) -> None:
        self.strides: list[tuple[Any, int]] = []
        step = 1
        for axis, count in zip(reversed(axes), reversed(places(axes)), strict=True):
            self.strides.append((axis, step))
            step *= count

    def __call__(self, place: dict[Any, int]) -> int:
        return sum(place[axis] * step for axis, step in self.strides)


# --- the claim ------------------------------------------------------------------------------------


def order(programs: list[Program]) -> int:
    """The least common multiple of the orders of all numbers that fixed maps have."""
    found = 1
    for program in programs:
        for _, node in program.walk():
            if node.op != "hom":
                continue
            given = node.attrs.get("coefficients") or []
            values = [c["cyclotomic"] for c in given if isinstance(c, dict) and "cyclotomic" in c]
            if is_tensors(node.attrs["basis"]):
                values += node.attrs["basis"]["basis"]["values"]
            for one in values:
                if isinstance(one, (list, tuple)):
                    need(type(one[0]) is int and one[0] > 0, "no exact number")
                    found = found * one[0] // gcd(found, one[0])
    need(found <= LARGEST_ORDER, f"the numbers lie in a field of the order {found}")
    return found


def readable(program: Program) -> str:
    """Why a program is not expanded, or nothing."""
    if program.sources or program.updates:
        return "weights and state are not expanded"
    for node in program.nodes:
        if node.op not in RULES:
            return f"`{node.op}` is not expanded"
    try:
        entries = sum(prod(places(one[1])) for one in program.types)
    except Refusal as problem:
        return str(problem)
    return "" if entries <= MOST else f"more than {MOST} entries"


def starts(types: list[Any], numbers: Numbers) -> Iterator[list[Value]]:
    """Variables for real inputs, and every choice of indices."""
    count, variables = 0, {}
    choices: list[range] = []
    for i, (kind, axes, values) in enumerate(types):
        need(kind in ("real", "fin"), f"inputs of the kind {kind} are not expanded")
        many = prod(places(axes))
        if kind == "fin":
            choices += [range(size(values, {}))] * many
            continue
        one = numbers.of(1)
        variables[i] = [{(count + j,): one} for j in range(many)]
        count += many
    need(prod(map(len, choices)) <= CASES, f"more than {CASES} choices of indices")
    for chosen in product(*choices):
        rest = iter(chosen)
        yield [
            variables[i] if i in variables else [next(rest) for _ in range(prod(places(one[1])))]
            for i, one in enumerate(types)
        ]


def expand(programs: list[Program]) -> tuple[str, list[Any], str]:
    """Where the sides differ (or nothing), what justifies the equation, and its scope."""
    need(len(programs) == 2, "an equation has two sides")
    first, second = programs
    types = [first.types[w] for w in first.inputs]
    ends = [[p.types[w] for w in (*p.inputs, *p.outputs)] for p in programs]
    need(ends[0] == ends[1] and len(first.inputs) == len(second.inputs), "the types differ")
    for program in programs:
        why = readable(program)
        need(not why, why)
    numbers = Numbers(order(programs))
    side = Expansion(numbers)
    digest, cases, terms = hashlib.sha256(), 0, 0
    for start in starts(types, numbers):
        numbers.spend(sum(map(len, start)))
        mine, yours = side.run(first, start), side.run(second, start)
        for one, other in zip(mine, yours, strict=True):
            for x, y in zip(one, other, strict=True):
                numbers.spend(2 + len(x) + len(y) if isinstance(x, dict) else 2)
                a, b = told(numbers, x), told(numbers, y)
                if a != b:
                    return "the two sides have an entry with other coefficients", [], ""
                digest.update(repr(a).encode())
                terms += len(a) if isinstance(a, list) else 1
        cases += 1
    known = {i for one in ends[0] for i in dims(one)}
    scope = "at " + ", ".join(f"{name}={count}" for name, count in sorted(known)) if known else ""
    steps = [numbers.n, cases, terms, digest.hexdigest()]
    return "", steps, scope or "at its fixed sizes"


def dims(one: Any) -> set[tuple[str, int]]:
    """The dims of a type, with their sizes."""
    found = set()
    waiting = [a[0] for a in one[1]] + ([] if one[2] is None else [one[2]])
    while waiting:
        index = waiting.pop()
        if index[0] == "dim":
            found.add((index[1], size(index, {})))
        elif index[0] in ("product", "sum"):
            waiting += index[1:]
    return found


def told(numbers: Numbers, one: Any) -> Any:
    """An entry in one way only: monomials in order, with coefficients in lowest terms."""
    if not isinstance(one, dict):
        return one
    return [(mono, numbers.lowest(list(v), d)) for mono, (v, d) in sorted(one.items())]


def check_expanded(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that all entries of two programs are the same polynomials."""
    mode = read_mode(claim)
    why, found, scope = expand(programs)
    need(not why, why)
    need(claim["scope"] == scope, f"the scope of the claim is {scope}")
    steps.extend(found)
    return f"both sides are the same polynomials, entry by entry, in {mode} mode, {scope}"
