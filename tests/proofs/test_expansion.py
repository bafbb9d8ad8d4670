"""Expansion at fixed sizes: the reference semantics, true and false equations, forgeries."""

from __future__ import annotations

import copy
import hashlib
import json
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from categorical import Dim, Fin, Real, arrow, identity, op
from categorical.exact import Basis, Matrix, cos, root, sin, sqrt
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from proofs import checker
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check
from proofs.checking.exact import Root
from proofs.checking.exact import read as exactly
from proofs.checking.expanded import RULES, Expansion, Numbers, order, starts
from proofs.checking.programs import read_program
from proofs.checking.table import check_types
from proofs.expansion import prove_expanded
from proofs.program import program

two, three, four = (Dim(name, size=k) for name, k in (("two", 2), ("three", 3), ("four", 4)))
other = three.at("other")


def fixed(rows, source, target, coefficients=(1,)):
    """A fixed map."""
    return op.hom(
        Basis.of_matrices([Matrix.of(rows)]), ((source,),), (target,), coefficients=coefficients
    )


MIXED = [[cos(5), Fraction(1, 3), 0], [2, 0, sqrt(2)]]


@arrow
def contracted(x: Real[two, three], y: Real[three, four]) -> Real[four, two]:
    return op.einsum(four, two)(x, y) - op.scale(0.75)(
        op.transpose(four, two)(op.expand(four)(op.sum(three)(x)))
    )


@arrow
def looked_up(x: Real[three, four], i: Fin(three)[two], j: Fin(four)[()]) -> Real[two]:
    return op.gather(four)(op.gather(three)(x, i), j) * op.gather(three)(op.sum(four)(x), i)


@arrow
def counted(i: Fin(three)[two], x: Real[two, three]) -> Real[two, three]:
    return op.one_hot(three)(i) + op.square(x) - op.full(Real[two, three], 2)()


@arrow
def mapped(x: Real[four, three]) -> Real[four, two]:
    return (
        fixed(MIXED, three, two, (sqrt(3),))(x)
        * op.table(Real[four, two], [[1, 2], [3, 4.5], [5, 6], [7, 8]])()
    )


@arrow
def relabelled(x: Real[three], y: Real[three]) -> Real[three, other]:
    return op.einsum(three, other)(x, op.relabel(three, other)(y)) + op.eye(three, other)()


GRAPHS = [one.graph() for one in (contracted, looked_up, counted, mapped, relabelled)]


def number(numbers: Numbers, element) -> float:
    """The real part of an element of Q(ζₙ)."""
    numerators, denominator = element
    zeta = np.exp(2j * np.pi / numbers.n)
    return float(sum(c * zeta**k for k, c in enumerate(numerators)).real / denominator)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda g: g.name)
def test_polynomials_are_those_of_the_reference_semantics(graph) -> None:
    """At random points, for every choice of indices."""
    read = read_program(program(graph), check_types)
    numbers = Numbers(order([read]))
    rng = np.random.default_rng(0)
    cases = 0
    for start in starts([read.types[w] for w in read.inputs], numbers):
        (found,) = Expansion(numbers).run(read, start)
        arrays, point = [], {}
        for value, type_ in zip(start, graph.dom, strict=True):
            shape = tuple(int(a.size) for a in type_.axes)
            if type_.kind == "fin":
                arrays.append(np.array(value, dtype=np.int64).reshape(shape))
                continue
            arrays.append(rng.normal(size=shape))
            for entry, x in zip(value, arrays[-1].ravel(), strict=True):
                ((mono, _),) = entry.items()
                point[mono[0]] = float(x)
        ctx = Context(FloatAlgebra(), {}, "eval")
        (wanted,) = run(graph, ctx, arrays, {}).outputs
        evaluated = [
            sum(number(numbers, c) * np.prod([point[v] for v in mono]) for mono, c in poly.items())
            for poly in found
        ]
        assert np.allclose(evaluated, np.asarray(wanted).ravel())
        cases += 1
    assert cases == np.prod(
        [int(t.values.size) ** int(np.prod([int(a.size) for a in t.axes], dtype=int))
         for t in graph.dom if t.kind == "fin"], dtype=int
    )  # fmt: skip


def test_every_rule_is_compared() -> None:
    met = {node.box.name for graph in GRAPHS for node in graph.nodes}
    assert met >= set(RULES)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 12, 15])
def test_numbers_are_a_field(n: int) -> None:
    """Against the slower arithmetic of the checker, with fractions as coefficients."""
    numbers, rng = Numbers(n), np.random.default_rng(n)

    def drawn():
        terms = [Fraction(int(rng.integers(-5, 6)), int(rng.integers(1, 4))) for _ in range(n)]
        return Root(n, terms)

    def same(element, wanted) -> bool:
        numerators, denominator = element
        return Root(n, [Fraction(c, denominator) for c in numerators]) == wanted

    for _ in range(10):
        x, y = drawn(), drawn()
        a, b = numbers.of(x), numbers.of(y)
        assert same(numbers.plus(a, b), x + y) and same(numbers.times(a, b), x * y)
        assert not same(numbers.plus(a, b), x + y + 1)
    assert same(numbers.of(exactly("2/3")), Fraction(2, 3))


def turned(n: int, axis: Dim = two):
    return fixed([[cos(n), -1 * sin(n)], [sin(n), cos(n)]], axis, axis).at(Real[axis])


def times(one, count: int):
    found = one
    for _ in range(count - 1):
        found = found >> one
    return found


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        (times(turned(5), 5), identity(Real[two]), True),
        (times(turned(10), 5), identity(Real[two]), False),
        (times(turned(10), 5), op.scale(-1).at(Real[two]), True),
        (turned(8) >> turned(12), turned(12) >> turned(8), True),
        (turned(8) >> op.square, op.square.at(Real[two]) >> turned(8), False),
        (op.neg.at(Real[two]) >> op.square, op.square.at(Real[two]), True),
        (op.sum(two).at(Real[two]), op.sum(two).at(Real[two]) >> op.scale(1.0), True),
        (op.sum(two).at(Real[two]), op.sum(two).at(Real[two]) >> op.scale(1.0 + 2**-40), False),
    ],
)
def test_equations(left, right, holds: bool) -> None:
    found = prove_expanded(left.graph(), right.graph())
    assert bool(found) == holds
    if not holds:
        assert found.reason == "the two sides have an entry with other coefficients"
        return
    report = check(bundle("", [claim("law", found)]))
    assert report.ok and found.sentence in report.claims[0]


def test_all_choices_of_indices_are_compared() -> None:
    """Two tables that differ in the last entry only."""

    def table(last):
        @arrow
        def read(i: Fin(three)[()], j: Fin(four)[()]) -> Real.scalar:
            numbers = [[4 * a + b for b in range(4)] for a in range(3)]
            numbers[2][3] = last
            rows = op.gather(three)(op.table(Real[three, four], numbers)(), i)
            return op.gather(four)(rows, j)

        return read.graph()

    assert prove_expanded(table(11), table(11))
    assert not prove_expanded(table(11), table(12))


@pytest.mark.parametrize(
    ("arrow_", "why"),
    [
        (op.relu.at(Real[two]), "`relu` is not expanded"),
        (op.square.at(Real[Dim("n")]), "the size of n is not fixed"),
        (op.linear(two, three), "weights and state are not expanded"),
        (op.max(two).at(Real[two]), "`max` is not expanded"),
        (op.eye(Dim("wide", size=600), Dim("wide", size=600).at("key")), "entries"),
    ],
)
def test_what_is_not_expanded_says_so(arrow_, why: str) -> None:
    graph = arrow_.graph()
    assert why in prove_expanded(graph, graph).reason


wide = Dim("wide", size=40)
product_ = op.einsum(wide).at(Real[wide], Real[wide, wide.at("key")])
powers = op.square.at(Real[two])
constants = op.full(Real[two], 3)
for _ in range(60):
    powers, constants = powers >> op.square, constants >> op.square


@pytest.mark.parametrize(
    ("side", "why"),
    [
        (product_ >> op.square >> op.square, "steps"),
        (powers, "steps"),  # one monomial, of degree 2⁶¹
        (constants, "bits"),  # one number, 3^(2⁶⁰)
    ],
)
def test_too_much_work_is_refused(side, why: str) -> None:
    graph = side.graph()
    assert why in prove_expanded(graph, graph).reason


def test_long_sums_are_made_in_place() -> None:
    long = Dim("long", size=20_000)
    side = op.sum(long).at(Real[long])
    assert prove_expanded(side.graph(), (side >> op.scale(1)).graph())


# --- forgeries ------------------------------------------------------------------------------------


def honest() -> dict:
    proof = prove_expanded(times(turned(3), 3).graph(), identity(Real[two]).graph())
    assert proof
    return json.loads(bundle("", [claim("law", proof)]))


def resealed(data: dict) -> checker.Report:
    body = {k: v for k, v in data.items() if k != "digest"}
    return check(canonical({**body, "digest": checker.digest(body)}) + "\n")


def maps(data: dict) -> list[dict]:
    return [
        node["attrs"] for one in data["programs"] for node in one["nodes"] if node["op"] == "hom"
    ]


FORGERIES = {
    "another number": lambda d: maps(d)[0]["basis"]["basis"]["values"].__setitem__(0, "1/2"),
    "another coefficient": lambda d: maps(d)[0].__setitem__("coefficients", [2]),
    "a missing entry": lambda d: [
        maps(d)[0]["basis"]["basis"][k].pop() for k in ("which", "places", "values")
    ],
    "an entry elsewhere": lambda d: maps(d)[0]["basis"]["basis"]["places"].__setitem__(3, 2),
    "another field": lambda d: maps(d)[0]["basis"]["basis"]["values"].__setitem__(
        1, [9, ["0", "1", "0", "0", "0", "0"]]
    ),
    "a field of the order 0": lambda d: maps(d)[0]["basis"]["basis"]["values"].__setitem__(
        1, [0, ["1"]]
    ),
    "one turn less": lambda d: d["programs"][d["claims"][0]["programs"][0]]["nodes"].pop(),
    "all sizes": lambda d: d["claims"][0].__setitem__("scope", "all sizes"),
    "a larger size": lambda d: d["claims"][0].__setitem__("scope", "at two=3"),
    "one side only": lambda d: d["claims"][0]["programs"].pop(),
    "another mode": lambda d: d["claims"][0].__setitem__("mode", "any"),
    "other steps": lambda d: d["claims"][0]["steps"].__setitem__(1, 2),
    "no steps": lambda d: d["claims"][0].__setitem__("steps", []),
    "an operation that is not read": lambda d: d["programs"][0]["nodes"][0].__setitem__(
        "op", "relu"
    ),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_certificates_are_refused(change) -> None:
    data = honest()
    assert resealed(data).ok
    changed = copy.deepcopy(data)
    change(changed)
    report = resealed(changed)
    assert not report.ok and report.errors and not report.claims


def test_a_false_equation_with_honest_steps_is_refused() -> None:
    """The claim of a true equation over the programs of a false one."""
    data = honest()
    false = program(times(turned(6), 3).graph())
    data["programs"][data["claims"][0]["programs"][0]] = false
    assert not resealed(data).ok


def test_maps_of_real_numbers_are_real() -> None:
    """(ix)² = −x² for polynomials, and for no real numbers."""
    wave = ["real", [[["dim", "two", 2, None], ""]], None]
    (axis,) = wave[1]
    for i, holds in ((-1, True), ([4, ["0", "1"]], False)):
        identity_ = {"shape": [2, 2], "count": 1, "which": [0, 0], "places": [0, 3]}
        for entries, coefficients in (([i, i], [1]), ([1, 1], [i])):
            given = [{"cyclotomic": c} if isinstance(c, list) else c for c in coefficients]
            attrs = {
                "basis": {"basis": {**identity_, "values": entries}},
                "sources": [[{"axis": axis}]],
                "target": [{"axis": axis}],
                "channels": [None],
                "coefficients": given,
            }
            turned_ = ("hom", [0], [1], attrs), ("square", [1], [2], {})
            left = written([wave], [0, 0, 0], [0], [2], *turned_)
            by = {"by": 1 if holds else -1}
            right = written(
                [wave], [0] * 3, [0], [2], ("square", [0], [1], {}), ("scale", [1], [2], by)
            )
            steps = [1, 1, 2, digest(*([((k, k), ((1,), 1))] for k in range(2)))]
            report = claimed(left, right, "at two=2", steps)
            assert report.ok if holds else "not real" in report.errors[0]


def test_numbers_of_one_digest_are_one() -> None:
    """ζ₃ as it is, and as a power of ζ₆ and of ζ₁₂: one matrix, whatever field it is written in."""
    for n, k in product((3, 6, 12), (1, 2)):
        entry = root(3, k) + root(3, -k)
        written = root(n, n // 3 * k) + root(n, -(n // 3) * k)
        left = fixed([[entry, 0], [0, 1]], two, two).at(Real[two])
        right = fixed([[written, 0], [0, 1]], two, two).at(Real[two])
        assert prove_expanded(left.graph(), right.graph())


def written(types, wires, inputs, outputs, *nodes) -> dict:
    """A program of types, wires, and nodes (name, inputs, outputs, attributes)."""
    made = [
        {"op": name, "attrs": attrs, "data": len(ins), "ins": ins, "outs": outs}
        for name, ins, outs, attrs in nodes
    ]
    ends = {"inputs": inputs, "outputs": outputs, "sources": [], "updates": []}
    return {"types": types, "wires": wires, "nodes": made, **ends}


def claimed(left: dict, right: dict, scope: str, steps: list) -> checker.Report:
    one = {"claim": "expanded", "law": "law", "mode": "eval", "scope": scope, "steps": steps}
    one["programs"] = [0, 1]
    programs = [left, right]
    return resealed({"schema": checker.SCHEMA, "spec": "", "programs": programs, "claims": [one]})


def digest(*entries) -> str:
    return hashlib.sha256("".join(map(repr, entries)).encode()).hexdigest()


@pytest.mark.parametrize("count", [1, 0, -1, -2, True])
def test_sets_without_elements_prove_nothing(count) -> None:
    """x² = 7·x holds on no entries, and on no choice of an index."""
    dim = ["dim", "n", count, None]
    entries = ["real", [[dim, ""]], None]
    left = written([entries], [0, 0], [0], [1], ("square", [0], [1], {}))
    right = written([entries], [0, 0], [0], [1], ("scale", [0], [1], {"by": 7}))
    assert not claimed(left, right, f"at n={count}", [1, 1, 0, digest()]).ok
    types = [["fin", [], dim], ["real", [], None]]
    left = written(types, [0, 1, 1], [0, 1], [2], ("square", [1], [2], {}))
    right = written(types, [0, 1, 1], [0, 1], [2], ("scale", [1], [2], {"by": 7}))
    assert not claimed(left, right, f"at n={count}", [1, 0, 0, digest()]).ok


def test_indices_outside_their_set_are_refused() -> None:
    """One-hot vectors of two numbers that are not there would be equal."""
    dim = ["dim", "n", 2, None]
    types = [["fin", [], dim], ["real", [[dim, ""]], None]]

    def one_hot(chosen: int) -> dict:
        table = {"space": {"array": types[0]}, "values": [chosen]}
        made = ("one_hot", [0], [1], {"axis": {"axis": [dim, ""]}})
        return written(types, [0, 1], [], [1], ("table", [], [0], table), made)

    for first, second in ((2, 5), (-1, 7)):
        report = claimed(one_hot(first), one_hot(second), "at n=2", [1, 1, 0, digest([], [])])
        assert "no such indices" in report.errors[0]
    good = digest([((), ((1,), 1))], [])
    assert claimed(one_hot(0), one_hot(0), "at n=2", [1, 1, 1, good]).ok


@pytest.mark.parametrize("text", ["1e999999999", "1_0", " 1", "0x1"])
def test_numbers_are_quotients_without_powers_of_ten(text: str) -> None:
    """Ten to the power of a large number would take all time there is."""
    types = [["real", [], None]]
    scaled = {"by": {"fraction": text}}
    side = written(types, [0, 0], [0], [1], ("scale", [0], [1], scaled))
    assert not claimed(side, side, "at its fixed sizes", [1, 1, 1, digest()]).ok


def test_many_choices_of_large_entries_are_refused_in_time() -> None:
    bit, many, long = (["dim", name, k, None] for name, k in (("b", 2), ("k", 12), ("w", 20_000)))
    types = [["fin", [[many, ""]], bit], ["real", [[long, ""]], None]]
    moves = [("transpose", [i], [i + 1], {}) for i in range(1, 9)]
    side = written(types, [0] + [1] * 9, [0, 1], [9], *moves)
    assert "steps" in claimed(side, side, "at b=2, k=12, w=20000", [1, 4096, 1, digest()]).errors[0]
