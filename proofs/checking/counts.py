"""The number of trained weights, checked: a polynomial in the sizes, computed from the program.

>>> show(read("2*c*h + h*(d//h)"))
'2*c*h + d'
>>> read("__import__('os')")
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: __import__('os') is no size
"""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from typing import Any

from proofs.checking.forests import prefixes
from proofs.checking.programs import Program, freeze, need

Mono = tuple[tuple[str, int], ...]
Size = dict[Mono, Fraction]  # exponents may be negative: exact quotients
FLOOR = re.compile(r"⌊[^⌊⌋]*⌋")
ONE: Size = {(): Fraction(1)}


def plus(left: Size, right: Size, sign: int = 1) -> Size:
    """The sum (or difference)."""
    found = dict(left)
    for mono, value in right.items():
        found[mono] = found.get(mono, Fraction(0)) + sign * value
    return {m: v for m, v in found.items() if v}


def times(left: Size, right: Size) -> Size:
    """The product."""
    found: Size = {}
    for a, x in left.items():
        for b, y in right.items():
            powers = dict(a)
            for atom, power in b:
                powers[atom] = powers.get(atom, 0) + power
            mono = tuple(sorted((k, v) for k, v in powers.items() if v))
            found = plus(found, {mono: x * y})
    return found


def over(left: Size, right: Size) -> Size:
    """The exact quotient by one monomial."""
    need(len(right) == 1, "a quotient by a sum is not read")
    ((mono, value),) = right.items()
    return times(left, {tuple((k, -p) for k, p in mono): 1 / value})


def read(text: str) -> Size:
    """A size from its text; ``⌊…⌋`` is an atom of its own, inner ones first."""
    floors: dict[str, str] = {}
    plain, count = FLOOR.subn(lambda m: _named(m.group(), floors), text)
    while count:
        plain, count = FLOOR.subn(lambda m: _named(m.group(), floors), plain)
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError):
        need(False, f"{text} is no size")
    return _value(tree, floors, text)


def _named(floor: str, floors: dict[str, str]) -> str:
    name = f"floor{len(floors)}_"
    floors[name] = floor
    return name


def _full(name: str, floors: dict[str, str]) -> str:
    """The text of a floor with the floors inside it."""
    found = floors[name]
    for inner in re.findall(r"floor\d+_", found):
        found = found.replace(inner, _full(inner, floors))
    return found


def _value(tree: ast.expr, floors: dict[str, str], text: str) -> Size:
    match tree:
        case ast.Constant(value=int(number)) if type(number) is int:
            return {(): Fraction(number)} if number else {}
        case ast.Name(id=name):
            return {(((_full(name, floors) if name in floors else name), 1),): Fraction(1)}
        case ast.UnaryOp(op=ast.USub(), operand=one):
            return plus({}, _value(one, floors, text), -1)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, floors, text), _value(right, floors, text)
            match op:
                case ast.Add():
                    return plus(a, b)
                case ast.Sub():
                    return plus(a, b, -1)
                case ast.Mult():
                    return times(a, b)
                case ast.FloorDiv() | ast.Div():
                    return over(a, b)
                case ast.Pow() if isinstance(right, ast.Constant) and type(right.value) is int:
                    need(0 <= right.value <= 64, f"{text} is no size")
                    found = ONE
                    for _ in range(right.value):
                        found = times(found, a)
                    return found
    need(False, f"{text} is no size")
    return {}


def size_of(index: Any) -> Size:
    """The number of elements of an index set."""
    match index:
        case ("dim", name, None, _):
            return {((name, 1),): Fraction(1)}
        case ("dim", _, count, _) | ("points", count):
            return {(): Fraction(count)}
        case ("product", *factors):
            found = ONE
            for one in factors:
                found = times(found, size_of(one))
            return found
        case ("sum", *terms):
            total: Size = {}
            for one in terms:
                total = plus(total, size_of(one))
            return total
        case ("quotient", whole, part):
            return over(size_of(whole), size_of(part))
    return read(index[2])


def trained(program: Program) -> Size:
    """The weights of a program: those of an iteration once a step, or once if they are tied."""
    total: Size = {}
    for size in weights(program).values():
        total = plus(total, size)
    return total


def weights(program: Program) -> dict[str, Size]:
    """The trained weights by their paths; what has one path is one weight."""
    found: dict[str, Size] = {}
    for wire, (name, role) in program.sources.items():
        if role == "weight":
            found[name] = ONE
            for axis in program.types[wire][1]:
                found[name] = times(found[name], size_of(axis[0]))
    kept: dict[str, Any] = {}
    for node in program.nodes:
        if not node.bodies:
            continue
        tied = node.attrs["weights"] == "tied"
        steps = ONE if tied else size_of(freeze(node.attrs["times"]["index"]))
        how = (node.attrs["weights"], steps)
        need(kept.setdefault(node.name, how) == how, "one name for weights of different steps")
        places = prefixes(len(node.bodies)) if node.op == "tree_fold" else [""]
        for place, body in zip(places, node.bodies, strict=True):
            for path, size in weights(body).items():
                whole = f"{node.name}.{'' if tied else '*.'}{place}{path}"
                size = times(size, steps)
                need(found.setdefault(whole, size) == size, "one path for different weights")
    return found


def show(size: Size) -> str:
    """The text of a size."""
    terms = []
    for mono, value in sorted(size.items()):
        factors = [k if p == 1 else f"{k}**{p}" for k, p in mono]
        number = [] if value == 1 and factors else [str(value)]
        terms.append("*".join([*number, *factors]))
    return " + ".join(terms) or "0"


def check_count(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check the number of trained weights."""
    found = trained(programs[0])
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    need(isinstance(claim["count"], str), "the count is no text")
    need(read(claim["count"]) == found, f"there are {show(found)} trained weights")
    steps.append(show(found))
    return f"{claim['count']} trained weights, all sizes"
