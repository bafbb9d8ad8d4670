"""Index polynomials: the normal form of what is linear, multiplied, summed, moved or looked up.

An entry of a wire is a sum of monomials; a monomial is a number times factors under sums over
bound indices; a factor is an atom (an input, a weight, a function of polynomials) at index terms.
Products distribute over sums, Kronecker deltas are summed out, masks are idempotent, bound indices
are renamed canonically.  Equal normal forms mean equal arrows in real arithmetic, not conversely.

>>> table = Table()
>>> x, y = (table.single(table.atom(name), ()) for name in "xy")
>>> square, mixed = table.times(plus(x, y), plus(x, y)), scaled(table.times(y, x), Fraction(2))
>>> square == plus(table.times(x, x), plus(mixed, table.times(y, y)))
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from proofs.checking.indices import (
    Term,
    joined,
    joined_count,
    leaves,
    mirrored,
    orders,
    put,
    swapped,
)
from proofs.checking.mirrors import pulled, turned

Factor = tuple[int, tuple[Term, ...]]
Mono = tuple[tuple[int, ...], tuple[Factor, ...]]
Poly = dict[Mono, Fraction]
FIRST: Term = ("c", 0)
LARGEST = 96  # monomials; a larger polynomial becomes an atom


def plus(left: Poly, right: Poly) -> Poly:
    """The sum."""
    found = dict(left)
    merge(found, right)
    return found


def merge(found: Poly, more: Poly) -> None:
    """Add to a sum in place."""
    for mono, value in more.items():
        total = found.get(mono, Fraction(0)) + value
        if total:
            found[mono] = total
        else:
            found.pop(mono, None)


def scaled(one: Poly, by: Fraction) -> Poly:
    """A multiple."""
    return {mono: value * by for mono, value in one.items()} if by else {}


def constant(value: Fraction) -> Poly:
    """A number."""
    return {((), ()): value} if value else {}


class Table:
    """The atoms and index sets of one comparison, numbered as they come."""

    def __init__(self) -> None:
        self.atoms: dict[Any, int] = {}
        self.ids: dict[Any, int] = {}
        self.sets: list[Any] = []
        self.axes: dict[Any, int] = {}
        self.axis_parts: list[tuple[int, ...]] = []
        self.boolean: set[int] = set()
        self.sizes: dict[int, tuple[int, int]] = {}
        self.unit: dict[int, int] = {}  # atoms that sum to 1 over so many last arguments
        self.cases: dict[int, tuple[tuple[Term, ...], list[tuple[Poly, tuple[Term, ...]]]]] = {}
        self.rows: dict[int, tuple[tuple[Term, ...], list[Poly]]] = {}  # entries, one by one
        self.functions: dict[int, tuple[Any, Poly, tuple[Term, ...]]] = {}
        self.largest: dict[int, list[Poly]] = {}  # maxima, as what they are taken of
        self.reapply: Callable[[Any, Poly], Poly] | None = None
        self.masks: set[int] = set()  # column ≤ row
        self.mirrors = False  # whether places are counted from the end
        self.temporary = 0
        self.delta = self.atom("delta")
        self.boolean.add(self.delta)
        self.used: set[str] = set()

    def atom(self, key: Any) -> int:
        return self.atoms.setdefault(key, len(self.atoms))

    def id(self, index: Any) -> int:
        """The number of an index set."""
        if index not in self.ids:
            self.ids[index] = len(self.sets)
            self.sets.append(index)
        return self.ids[index]

    def count(self, number: int) -> int | None:
        """The size of an index set, where it is a known number."""
        index = self.sets[number]
        size = index[1] if index[0] == "points" else index[2] if index[0] == "dim" else None
        return size if isinstance(size, int) else None

    def parts(self, index: Any) -> tuple[int, ...]:
        """The factors of a product of index sets."""
        return tuple(self.id(i) for i in (index[1:] if index[0] == "product" else (index,)))

    def places(self, axis: Any) -> tuple[Term, ...]:
        """The free index of an axis, one term for each factor, fixed over one point."""
        if axis not in self.axes:
            self.axes[axis] = len(self.axis_parts)
            self.axis_parts.append(self.parts(axis[0]))
        number = self.axes[axis]
        return tuple(
            ("c", 0) if self.count(i) == 1 else ("f", number, k)
            for k, i in enumerate(self.axis_parts[number])
        )

    def set_of(self, term: Term) -> int:
        """The index set of a free index or a slot."""
        return self.axis_parts[term[1]][term[2]] if term[0] == "f" else int(term[-1])

    def single(self, atom: int, args: tuple[Term, ...]) -> Poly:
        return {((), ((atom, args),)): Fraction(1)}

    # --- arithmetic -----------------------------------------------------------------------------

    def times(self, left: Poly, right: Poly) -> Poly:
        """The product; too large a product is one of atoms."""
        if len(left) * len(right) > LARGEST:
            left, right = self.frozen(left), self.frozen(right)
        found: Poly = {}
        for (bounds, factors), value in left.items():
            shift = len(bounds)
            for (more, others), other in right.items():
                at = {("b", k): ("b", k + shift) for k in range(len(more))}
                moved = tuple((a, tuple(put(t, at) for t in args)) for a, args in others)
                every = dict(enumerate((*bounds, *more)))
                self.collect(found, every, (*factors, *moved), value * other)
        return found

    def collect(
        self, found: Poly, bounds: dict[int, int], factors: tuple[Factor, ...], value: Fraction
    ) -> None:
        """Add a monomial in normal form."""
        for k, number in bounds.items():
            terms = self.summands(number)
            for place, term in enumerate(terms):
                self.used.add("a sum over a disjoint union is a sum of sums")
                places, fresh = [], {j: i for j, i in bounds.items() if j != k}
                for i in self.parts(term):
                    new = max([*bounds, *fresh]) + 1
                    fresh.update({} if self.count(i) == 1 else {new: i})
                    places.append(("c", 0) if self.count(i) == 1 else ("b", new))
                at: dict[Term, Term] = {("b", k): ("s", tuple(places), place, number)}
                moved = tuple((a, tuple(put(t, at) for t in ts)) for a, ts in factors)
                self.collect(found, fresh, moved, value)
            if terms:
                return
            if self.listed(k, number, factors):
                self.used.add("a sum of known entries is taken apart")
                rest = {j: i for j, i in bounds.items() if j != k}
                for entry in range(self.count(number) or 0):
                    at = {("b", k): ("c", entry)}
                    moved = tuple((a, tuple(put(t, at) for t in ts)) for a, ts in factors)
                    self.collect(found, rest, moved, value)
                return
        for n, (atom, args) in enumerate(factors):
            if self.decided(atom, args):
                self.used.add("a joined wire is one of its parts")
                self.expand(found, bounds, factors[:n] + factors[n + 1 :], (atom, args), value)
                return
        tidy = self.tidy(dict(bounds), list(factors), value)
        if tidy is not None:
            merge(found, dict([tidy]))

    def summands(self, number: int) -> tuple[Any, ...]:
        """The terms of a disjoint union."""
        index = self.sets[number]
        return tuple(index[1:]) if index[0] == "sum" else ()

    def decided(self, atom: int, args: tuple[Term, ...]) -> bool:
        """Whether a joined wire, or a function, is read at a known term of a union."""
        if atom in self.cases:
            return bool(args[-1][0] == "s")
        if atom in self.rows:
            return bool(args[-1][0] == "c" and 0 <= args[-1][1] < len(self.rows[atom][1]))
        return atom in self.functions and any(t[0] in "sc" for t in args)

    def listed(self, variable: int, number: int, factors: tuple[Factor, ...]) -> bool:
        """Whether a sum runs over a sequence whose entries are known one by one."""
        size = self.count(number)
        return any(
            a in self.rows and args[-1] == ("b", variable) and len(self.rows[a][1]) == size
            for a, args in factors
        )

    def expand(
        self,
        found: Poly,
        bounds: dict[int, int],
        rest: tuple[Factor, ...],
        factor: Factor,
        value: Fraction,
    ) -> None:
        """Add a monomial with a factor replaced by what it is there; bound indices are free for a
        while, under names of their own."""
        at: dict[Term, Term] = {}
        for k, number in bounds.items():
            self.temporary += 1
            (at["b", k],) = self.places((self.sets[number], f"\0{self.temporary}"))
        (atom, args) = factor[0], tuple(put(t, at) for t in factor[1])
        if atom in self.cases:
            order, items = self.cases[atom]
            body, slots = items[args[-1][2]]
            given = dict(zip(order, args[:-1], strict=True))
            given.update(zip(slots, args[-1][1], strict=True))
            inner = self.place(body, given)
        elif atom in self.rows:
            order, entries = self.rows[atom]
            given = dict(zip(order, args[:-1], strict=True))
            inner = self.place(entries[args[-1][1]], given)
        else:
            how, body, order = self.functions[atom]
            assert self.reapply is not None
            inner = self.reapply(how, self.place(body, dict(zip(order, args, strict=True))))
        outer: Poly = {}
        moved = tuple((a, tuple(put(t, at) for t in ts)) for a, ts in rest)
        self.collect(outer, {}, moved, value)
        merge(found, self.sum(self.times(outer, inner), at.values()))

    def place(self, one: Poly, at: Mapping[Term, Term]) -> Poly:
        """Substitute free indices."""
        if not at:
            return one
        found: Poly = {}
        for (bounds, factors), value in one.items():
            moved = tuple((a, tuple(put(t, at) for t in args)) for a, args in factors)
            self.collect(found, dict(enumerate(bounds)), moved, value)
        return found

    def swap(self, one: Poly, old: Term, new: Term) -> Poly:
        """Substitute an index term, wherever it is read at."""
        found: Poly = {}
        for (bounds, factors), value in one.items():
            moved = tuple((a, tuple(swapped(t, old, new) for t in args)) for a, args in factors)
            self.collect(found, dict(enumerate(bounds)), moved, value)
        return found

    def sum(self, one: Poly, over: Iterable[Term]) -> Poly:
        """Sum over free indices."""
        variables = [t for t in over if t[0] == "f"]
        found: Poly = {}
        for (bounds, factors), value in one.items():
            at = {v: ("b", len(bounds) + k) for k, v in enumerate(variables)}
            moved = tuple((a, tuple(put(t, at) for t in args)) for a, args in factors)
            more = tuple(self.set_of(v) for v in variables)
            self.collect(found, dict(enumerate((*bounds, *more))), moved, value)
        return found

    def frozen(self, one: Poly) -> Poly:
        """The polynomial as one atom."""
        if len(one) <= 1:
            return one
        self.used.add("a large sum is one atom")
        key, order = self.abstract([one])
        return self.single(self.atom(("poly", key)), order)

    # --- normal form of one monomial ------------------------------------------------------------

    def tidy(
        self, bounds: dict[int, int], factors: list[Factor], value: Fraction
    ) -> tuple[Mono, Fraction] | None:
        """Deltas, masks, regrouped sums, sizes; then canonical names. None: it is zero."""
        changed = True
        while changed:
            changed = False
            for n, (atom, args) in enumerate(factors):
                if atom in self.masks and (args[0] == args[1] or FIRST in args):
                    rest = factors[:n] + factors[n + 1 :]
                    whole = args[0] == args[1] or args[1] == FIRST  # nothing is before the first
                    factors, changed = [*rest, *([] if whole else [(self.delta, args)])], True
                    break
                if atom != self.delta:
                    continue
                left, right = args
                rest = factors[:n] + factors[n + 1 :]
                if left == right:
                    factors, changed = rest, True
                    break
                if "r" in (left[0], right[0]) and (left[0] in "rc" and right[0] in "rc"):
                    count = left[2] if left[0] == "r" else right[2]
                    ends = (mirrored(left, count), mirrored(right, count))
                    factors, changed = [*rest, (atom, ends)], True
                    break
                if left[0] == right[0] == "c" and left[1] >= 0 and right[1] >= 0:
                    return None
                if left[0] == right[0] == "s":
                    if left[2] != right[2]:
                        return None
                    new = zip(left[1], right[1], strict=True)
                    factors, changed = [*rest, *((atom, pair) for pair in new)], True
                    break
                for one, other in ((left, right), (right, left)):
                    if one[0] == "r":
                        one, other = one[1], mirrored(other, one[2])
                    if one[0] == "b" and one not in leaves(other):
                        at = {one: other}
                        factors = [(a, tuple(put(t, at) for t in ts)) for a, ts in rest]
                        del bounds[one[1]]
                        changed = True
                        self.used.add("a delta is summed out")
                        break
                if changed:
                    break
        if self.mirrors:
            factors = turned(self, bounds, factors)
        factors = self.normalised(bounds, self.regroup(bounds, factors))
        held = {t for _, args in factors for a in args for t in leaves(a)}
        for k in [k for k in bounds if ("b", k) not in held]:
            known = self.count(bounds[k])
            if known is not None:
                value *= known
            else:
                factors.append((self.atom(("size", bounds[k])), ()))
            del bounds[k]
        factors = self.cancelled(factors)
        seen: list[Factor] = []
        for factor in factors:
            atom, args = factor
            if atom == self.delta:
                factor = (atom, tuple(sorted(args, key=repr)))
            if atom not in self.boolean or factor not in seen:
                seen.append(factor)
        return self.named(bounds, seen), value

    def normalised(self, bounds: dict[int, int], factors: list[Factor]) -> list[Factor]:
        """A sum over everything that a softmax normalises is 1."""
        for n, (atom, args) in enumerate(factors):
            if atom not in self.unit:
                continue
            own = args[len(args) - self.unit[atom] :]
            rest = [t for a in args[: len(args) - len(own)] for t in leaves(a)]
            rest += [
                t for m, (_, ts) in enumerate(factors) if m != n for a in ts for t in leaves(a)
            ]
            free = all(t[0] == "b" and t not in rest for t in own) and len(set(own)) == len(own)
            if own and free:
                for t in own:
                    del bounds[t[1]]
                self.used.add("a softmax sums to one")
                return self.normalised(bounds, factors[:n] + factors[n + 1 :])
        return factors

    def cancelled(self, factors: list[Factor]) -> list[Factor]:
        """A size and its inverse cancel."""
        found = list(factors)
        for size, inverse in self.sizes.values():
            while (size, ()) in found and (inverse, ()) in found:
                found.remove((size, ()))
                found.remove((inverse, ()))
        return found

    def inverse(self, number: int) -> Poly:
        """One over the size of an index set."""
        known = self.count(number)
        if known is not None:
            return constant(Fraction(1, known))
        terms = self.summands(number)
        if terms and len(set(terms)) == 1:  # 1/(n + n) is a half of 1/n
            found = constant(Fraction(1, len(terms)))
            for i in self.parts(terms[0]):
                found = self.times(found, self.inverse(i))
            return found
        pair = (self.atom(("size", number)), self.atom(("inverse size", number)))
        self.sizes[number] = pair
        return self.single(pair[1], ())

    def regroup(self, bounds: dict[int, int], factors: list[Factor]) -> list[Factor]:
        """A sum over all parts of an index is a sum over the index."""
        joins = {t for _, args in factors for a in args for t in joined(a)}
        for one in sorted(joins, key=repr):
            parts = one[1]
            if any(p[0] != "b" or p[1] not in bounds for p in parts) or len(set(parts)) < len(
                parts
            ):
                continue
            if tuple(bounds[p[1]] for p in parts) != one[2]:
                continue
            inside = sum(joined_count(a, one) for _, args in factors for a in args)
            everywhere = [t for _, args in factors for a in args for t in leaves(a)]
            if all(everywhere.count(p) == inside for p in parts):
                fresh = max(bounds) + 1
                bounds[fresh] = one[3]
                for p in parts:
                    del bounds[p[1]]
                factors = [
                    (a, tuple(swapped(t, one, ("b", fresh)) for t in args)) for a, args in factors
                ]
                self.used.add("a sum over parts is a sum over the whole")
        return factors

    def named(self, bounds: dict[int, int], factors: list[Factor]) -> Mono:
        """Bound indices in canonical order, factors sorted."""
        if not bounds:
            return ((), tuple(sorted(factors, key=repr)))
        colour: dict[Term, Any] = {("b", k): ("b", index) for k, index in bounds.items()}
        for _ in range(min(len(bounds), 4)):
            marks = {v: self.seen(v, factors, colour) for v in colour}
            ranks = {m: r for r, m in enumerate(sorted(set(marks.values())))}
            fresh = {v: ("b", ranks[marks[v]], bounds[v[1]]) for v in colour}
            if len(ranks) == len(set(colour.values())):
                colour = fresh
                break
            colour = fresh
        ordered = sorted(colour, key=lambda v: repr(colour[v]))
        groups: list[list[Term]] = []
        for v in ordered:
            if groups and colour[groups[-1][0]] == colour[v]:
                groups[-1].append(v)
            else:
                groups.append([v])
        best: Mono | None = None
        for order in orders(groups):
            at = {v: ("b", i) for i, v in enumerate(order)}
            made = sorted(((a, tuple(put(t, at) for t in ts)) for a, ts in factors), key=repr)
            mono = (tuple(bounds[v[1]] for v in order), tuple(made))
            if best is None or repr(mono) < repr(best):
                best = mono
        assert best is not None
        return best

    def seen(self, variable: Term, factors: list[Factor], colour: dict[Term, Any]) -> str:
        """How a bound index occurs, up to the names of bound indices."""
        at = {**colour, variable: ("*",)}
        rows = []
        for atom, args in factors:
            if any(variable in leaves(a) for a in args):
                rows.append(repr((atom, tuple(put(t, at) for t in args))))
        return repr((colour[variable], sorted(rows)))

    # --- atoms made of polynomials --------------------------------------------------------------

    def abstract(self, items: list[Any]) -> tuple[Any, tuple[Term, ...]]:
        """Polynomials (or index terms) as a function of their free indices, and these in order."""
        free: dict[Term, None] = {}
        for item in items:
            for term in terms_of(item):
                free.update((t, None) for t in leaves(term) if t[0] == "f")
        ends = pulled(self, [t for item in items for t in terms_of(item)], free)
        if ends:
            items = [self.moved(item, ends) for item in items]
        unnamed = {t: ("i", self.set_of(t)) for t in free}

        def mark(variable: Term) -> str:
            at = {**unnamed, variable: ("*",)}
            return repr([self.shown(item, at) for item in items])

        order = sorted(free, key=lambda t: (self.set_of(t), mark(t) if len(free) > 1 else "", t))
        at = {t: ("t", k, self.set_of(t)) for k, t in enumerate(order)}
        made = []
        for item in items:
            if isinstance(item, dict):
                placed = self.place(item, at)
                made.append(tuple(sorted(placed.items(), key=repr)))
            else:
                made.append(tuple(put(t, at) for t in item))
        sets = tuple(self.set_of(t) for t in order)
        return (tuple(made), sets), tuple(ends.get(t, t) for t in order)

    def moved(self, item: Any, at: Mapping[Term, Term]) -> Any:
        """A polynomial, or index terms, at other indices."""
        return self.place(item, at) if isinstance(item, dict) else tuple(put(t, at) for t in item)

    def shown(self, item: Any, at: Mapping[Term, Term]) -> str:
        if not isinstance(item, dict):
            return repr([put(t, at) for t in item])
        rows = []
        for (bounds, factors), value in item.items():
            inner = sorted(repr((a, tuple(put(t, at) for t in ts))) for a, ts in factors)
            rows.append(repr((value, sorted(bounds), inner)))
        return repr(sorted(rows))


def terms_of(item: Any) -> Iterator[Term]:
    """The index terms of a polynomial, or of a tuple of them."""
    if isinstance(item, dict):
        for _, factors in item:
            for _, args in factors:
                yield from args
    else:
        yield from item
