"""Lie groups: infinitesimal generators, and a representative of every component.

Definition.  A matrix Lie group is a presentation with one object.  Its ``algebra`` names exact
matrices that are a basis of the Lie algebra; its arrows name matrices that reach the components
(none for a connected group).  ``generating`` names generators of the algebra under brackets: a map
that commutes with these commutes with all.

Laws.  All are checked exactly when the group is made: the matrices are independent, brackets and
conjugates by components stay in their span, the relations of the components hold, and the form is
invariant.

>>> J = Matrix.of([[0, -1], [1, 0]])
>>> plane = LieGroup("O(2)", {"J": J}, {"P": Matrix.of([[-1, 0], [0, 1]])}, (("P", "P"),))
>>> plane.compact, plane.connected, plane.adjoint()
(True, False, {('P', 'J'): {'J': -1}})

Matrices that are not closed under brackets are refused, with the bracket that leaves their span:

>>> LieGroup("?", {"E": Matrix.of([[0, 1], [0, 0]]), "F": Matrix.of([[0, 0], [1, 0]])})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: the generators of `?` are no basis of a Lie algebra
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property, reduce
from itertools import combinations
from typing import TYPE_CHECKING

from categorical.categories.presented import Path, Presentation, text
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number, inverse

if TYPE_CHECKING:
    from categorical.representations.representation import Representation

Combination = dict[str, Number]
Vector = dict[int, Number]


class Span:
    """The span of named sparse vectors, with exact coordinates."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[Vector, Combination]] = {}

    def add(self, name: str, vector: Vector) -> bool:
        """Add a vector; False where it is in the span already."""
        rest, used = self._reduced(vector)
        if not rest:
            return False
        pivot = min(rest)
        scale = inverse(rest[pivot])
        combination: Combination = {c: -f * scale for c, f in used.items()}
        combination[name] = combination.get(name, 0) + scale
        self._rows[pivot] = ({k: v * scale for k, v in rest.items()}, combination)
        return True

    def coordinates(self, vector: Vector) -> Combination | None:
        """The vector as a combination of those that were added, or None outside the span."""
        rest, used = self._reduced(vector)
        return None if rest else {c: _plain(f) for c, f in used.items() if f != 0}

    def _reduced(self, vector: Vector) -> tuple[Vector, Combination]:
        rest: Vector = dict(vector)
        used: Combination = {}
        for pivot in sorted(rest):
            self._eliminate(rest, used, pivot)
        while hits := [k for k in rest if k in self._rows]:
            for pivot in hits:
                self._eliminate(rest, used, pivot)
        return rest, used

    def _eliminate(self, rest: Vector, used: Combination, pivot: int) -> None:
        if pivot not in self._rows or pivot not in rest:
            return
        factor = rest[pivot]
        row, combination = self._rows[pivot]
        _subtract(rest, row, factor)
        for c, f in combination.items():
            used[c] = used.get(c, 0) + f * factor


def _subtract(rest: Vector, row: Vector, factor: Number) -> None:
    for k, v in row.items():
        total = rest.get(k, 0) - v * factor
        if total == 0:
            rest.pop(k, None)
        else:
            rest[k] = total


def _plain(x: Number) -> Number:
    """A whole number as an int."""
    return x.numerator if isinstance(x, Fraction) and x.denominator == 1 else x


def bracket(x: Matrix, y: Matrix) -> Matrix:
    """The commutator x y − y x."""
    return x @ y - y @ x


def _vector(of: Matrix) -> Vector:
    places = (of.rows * of.shape[1] + of.cols).tolist()
    return dict(zip(places, of.values.tolist()))


class LieGroup(Presentation):
    """See the module.  ``family`` and ``parameters`` name a classical group, such as O and (3,)."""

    def __init__(
        self,
        name: str,
        derivatives: Mapping[str, Matrix],
        components: Mapping[str, Matrix] | None = None,
        relations: Sequence[Path] = (),
        *,
        form: Matrix | None = None,
        family: str = "",
        parameters: tuple[int, ...] = (),
        generating: Sequence[str] | None = None,
    ) -> None:
        maps = dict(components or {})
        super().__init__(
            name,
            ("*",),
            dict.fromkeys(maps, ("*", "*")),
            tuple((tuple(word), ()) for word in relations),
            invertible=True,
            algebra=tuple(derivatives),
        )
        self.form, self.family, self.parameters = form, family, parameters
        self._maps, self._derivatives = maps, dict(derivatives)
        self.generating = self.algebra if generating is None else tuple(generating)
        sizes = {m.shape for m in (*maps.values(), *derivatives.values())}
        if len(sizes) != 1 or len({*next(iter(sizes))}) != 1:
            raise SpecError(
                "CM043",
                f"the matrices of `{name}` are not square of one size",
                facts=[("shapes", ", ".join(map(str, sorted(sizes))) or "none")],
            )
        self.size: int = next(iter(sizes))[0]
        self._span = self._basis()
        self._brackets = self._closed()
        self._adjoint = self._conjugated()
        self._keeps()
        self._generated()

    # --- what it is ------------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """The dimension of the group as a manifold."""
        return len(self.algebra)

    @property
    def connected(self) -> bool:
        """No arrow reaches another component."""
        return not self.arrows

    @cached_property
    def compact(self) -> bool:
        """All its matrices are orthogonal (then its closure is compact)."""
        turns = all(not len((a + a.T).values) for a in self._derivatives.values())
        return turns and all(m.is_orthogonal for m in self._maps.values())

    def brackets(self) -> dict[tuple[str, str], Combination]:
        """[a, b] for each pair of generators of the algebra, as a combination of them."""
        return self._brackets

    def adjoint(self) -> dict[tuple[str, str], Combination]:
        """g a g⁻¹ for each component and generator, as a combination of generators."""
        return self._adjoint

    def standard(self) -> Representation:
        """The defining representation; of kind ``standard``."""
        return self._standard

    def space(self) -> Representation:
        """The defining representation again, as that on space."""
        return self._standard

    @cached_property
    def _standard(self) -> Representation:
        from categorical.representations.representation import Representation

        return Representation(
            self,
            self._maps,
            self._derivatives,
            dims={"*": self.size},
            kind="standard",
            name="V",
            checked=False,  # the checks of the group are those of its own matrices
        )

    # --- the checks ------------------------------------------------------------------------------

    def _basis(self) -> Span:
        span = Span()
        for a, matrix in self._derivatives.items():
            if not span.add(a, _vector(matrix)):
                raise self._no_algebra(f"`{a}`", "is a combination of those before it")
        return span

    def _closed(self) -> dict[tuple[str, str], Combination]:
        found: dict[tuple[str, str], Combination] = {}
        for a, b in combinations(self.algebra, 2):
            commutator = bracket(self._derivatives[a], self._derivatives[b])
            terms = self._span.coordinates(_vector(commutator))
            if terms is None:
                raise self._no_algebra(f"[{a}, {b}]", f"{commutator} is not in their span")
            found[a, b] = terms
        return found

    def _conjugated(self) -> dict[tuple[str, str], Combination]:
        found: dict[tuple[str, str], Combination] = {}
        for g, matrix in self._maps.items():
            back = matrix.inverse()
            for a, derivative in self._derivatives.items():
                terms = self._span.coordinates(_vector(matrix @ derivative @ back))
                if terms is None:
                    raise self._no_algebra(f"{g} {a} {g}^-1", "is not in their span")
                found[g, a] = terms
        return found

    def _keeps(self) -> None:
        for left, _ in self.relations:
            steps = (
                self._maps[s.removesuffix("^-1")] ** (-1 if s.endswith("^-1") else 1) for s in left
            )
            product = reduce(lambda done, step: step @ done, steps, Matrix.identity(self.size))
            if not product.is_identity:
                raise SpecError(
                    "CM043",
                    f"`{self.name}` violates its relation {text(left)} = 1",
                    facts=[("the word", f"is {product}")],
                )
        if self.form is None:
            return
        for a, derivative in self._derivatives.items():
            if len((derivative.T @ self.form + self.form @ derivative).values):
                raise self._no_form(a)
        for g, matrix in self._maps.items():
            if matrix.T @ self.form @ matrix != self.form:
                raise self._no_form(g)

    def _generated(self) -> None:
        """The brackets of the generating set reach the whole algebra."""
        unknown = [a for a in self.generating if a not in self.algebra]
        if unknown:
            raise self._no_algebra(f"`{unknown[0]}`", "generates nothing: it is not in the algebra")
        places = {a: i for i, a in enumerate(self.algebra)}
        span = Span()
        reached: list[Combination] = []
        waiting: list[Combination] = [{a: 1} for a in self.generating]
        while waiting:
            one = waiting.pop()
            if not span.add(f"{len(reached)}", {places[a]: f for a, f in one.items()}):
                continue
            reached.append(one)
            waiting += [self._bracket({a: 1}, one) for a in self.generating]
        if len(reached) != len(self.algebra):
            raise self._no_algebra(
                "the generating set", f"reaches {len(reached)} of {len(self.algebra)} dimensions"
            )

    def _bracket(self, x: Combination, y: Combination) -> Combination:
        found: Combination = {}
        for a, f in x.items():
            for b, h in y.items():
                sign, terms = 1, self._brackets.get((a, b))
                if terms is None:
                    sign, terms = -1, self._brackets.get((b, a), {})
                for c, e in terms.items():
                    found[c] = found.get(c, 0) + f * h * e * sign
        return {c: f for c, f in found.items() if f != 0}

    def _no_algebra(self, what: str, why: str) -> SpecError:
        return SpecError(
            "CM043",
            f"the generators of `{self.name}` are no basis of a Lie algebra",
            facts=[(what, why)],
            help=["add the brackets that are missing, until the span is closed"],
        )

    def _no_form(self, generator: str) -> SpecError:
        return SpecError(
            "CM043",
            f"`{self.name}` does not keep its form",
            facts=[(f"`{generator}`", "moves it"), ("the form", self.form)],
        )
