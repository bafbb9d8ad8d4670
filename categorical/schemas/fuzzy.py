"""Models of a sketch in fuzzy sets: relations with degrees, composed by ⋁ ⊗.

Definition (after Leandro, "Categorical semiotics", and Higgs).  For truth values Ω (see ``truth``),
an *Ω-set* is a finite set with degrees [a = b] that are symmetric and transitive:
[a = b] ⊗ [b = c] ≤ [a = c]; [a = a] is the degree to which a *exists*, not always 1.  A
*multi-morphism* A ⇀ B is a matrix f(a, b) ≤ [a = a] ∧ [b = b] that respects equality:
[a′ = a] ⊗ f(a, b) ⊗ [b = b′] ≤ f(a′, b′).  Composition is (f ; g)(a, c) = ⋁_b f(a, b) ⊗ g(b, c);
the path that stays is [· = ·].  A *model* gives an Ω-set for each object of a schema and a
multi-morphism for each edge.

An equation p = q holds to the degree ⋀ over all (a, b) of (p(a, b) ⇔ q(a, b)).  A limit cone holds
to the degree to which κ(x, y) = ⨂ leg_i(x, y_i) is inverse to its converse κ°, between the apex and
the Ω-set of tuples y, where y exists to the degree ⨂ [y_i = y_i] ⊗ ⨂ diagram(y_i, y_j): the meet
of κ ; κ° ⇔ [· = ·] and κ° ; κ ⇔ [· = ·].  A colimit cone holds to the degree to which its legs,
side by side, are inverse in this sense between the disjoint union and the apex; elements of the
union are equal to the least degrees that are transitive and at least those of the diagram.  A model
is λ-consistent where all degrees are ≥ λ.

Laws.  Composition is associative; [· = ·] is its unit with an idempotent t-norm (Gödel, Boolean),
and with any where all elements exist.  A model of functions has degree 1 exactly where the instance
of these functions satisfies the equation, or is a limit, or a colimit.  With a t-norm that is not
idempotent a limit of elements that exist in part may have no apex of degree 1.

>>> from categorical.schemas.schema import Schema
>>> from categorical.schemas.truth import GODEL, LUKASIEWICZ
>>> chain = Schema("chain", "A B C", {"f": ("A", "B"), "g": ("B", "C"), "h": ("A", "C")},
...                {"composite": "f g = h"})
>>> edges = {"f": [[0.9, 0.3]], "g": [[0.8], [0.4]], "h": [[0.7]]}
>>> for truth in (GODEL, LUKASIEWICZ):
...     model = FuzzyModel(chain, {"A": ["a"], "B": ["b", "c"], "C": ["d"]}, edges, truth)
...     print(truth, model.path("f g").round(4).tolist(), round(model.degree("composite"), 4))
Gödel [[0.8]] 0.7
Łukasiewicz [[0.7]] 1.0

A matrix has a row for each element of its source:

>>> FuzzyModel(chain, {"A": ["a"], "B": ["b"], "C": ["d"]}, edges, GODEL)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: the multi-morphism `f` has the shape (1, 2), not (1, 1)
...
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as tuples
from typing import Any

import numpy as np

from categorical.categories.quivers import Written
from categorical.errors import SpecError
from categorical.schemas.instances import Instance
from categorical.schemas.schema import Cone, Path, Schema
from categorical.schemas.truth import GODEL, Truth

Matrix = Any  # of truth values: floats, or fractions in an array of objects
ROUNDING = 1e-12  # sums of floats are not associative, and an inequality may fail by as much


def composed(left: Matrix, right: Matrix, truth: Truth) -> Matrix:
    """⋁ over the middle of left ⊗ right; over an empty middle it is 0."""
    left, right = np.asarray(left), np.asarray(right)
    if not left.shape[1]:
        return np.zeros((left.shape[0], right.shape[1]))
    return truth.tensor(left[:, :, None], right[None, :, :]).max(axis=1)


@dataclass(frozen=True, eq=False)
class FuzzySet:
    """A finite set with degrees of equality; ordinary equality if none are given."""

    elements: tuple[Hashable, ...]
    same: Matrix

    @classmethod
    def of(cls, name: str, given: FuzzySet | Sequence[Hashable], truth: Truth) -> FuzzySet:
        """An Ω-set from one, or from a list of elements that all exist and are distinct."""
        found = given if isinstance(given, FuzzySet) else cls(tuple(given), np.eye(len(given)))
        same, count = truth.checked(found.same), len(found.elements)
        if same.shape != (count, count):
            raise _misfit(f"the similarity of `{name}`", same.shape, (count, count))
        for what, below in (
            ("symmetric", [(same, same.T)]),
            ("transitive", [(composed(same, same, truth), same)]),
        ):
            _at_most(f"the similarity of `{name}` is not {what}", below, found, found)
        return cls(found.elements, same)

    @property
    def exists(self) -> Matrix:
        """[a = a]."""
        return np.diagonal(self.same)


class FuzzyModel:
    """See the module."""

    def __init__(
        self,
        schema: Schema,
        sets: Mapping[str, FuzzySet | Sequence[Hashable]],
        edges: Mapping[str, Any],
        truth: Truth = GODEL,
    ) -> None:
        self.schema, self.truth = schema, truth
        for kind, given, known in (("set", sets, schema.objects), ("edge", edges, schema.edges)):
            for one in (*known, *given):
                if one not in given or one not in known:
                    what = "misses" if one not in given else "has one too many:"
                    raise SpecError(
                        "CM054",
                        f"a fuzzy model of `{schema.name}` {what} the {kind} `{one}`",
                        facts=[(f"{kind}s of the schema", ", ".join(known))],
                        help=[f"an image for each {kind}, and no other"],
                    )
        self.sets = {k: FuzzySet.of(k, sets[k], truth) for k in schema.objects}
        self.edges = {k: self._edge(k, edges[k]) for k in schema.edges}

    @classmethod
    def of(cls, instance: Instance, truth: Truth = GODEL) -> FuzzyModel:
        """The model of the graphs of functions, all degrees 0 or 1."""
        edges = {
            edge: [
                [float(table[x] == y) for y in instance.sets[instance.schema.edges[edge][1]]]
                for x in instance.sets[instance.schema.edges[edge][0]]
            ]
            for edge, table in instance.functions.items()
        }
        return cls(instance.schema, instance.sets, edges, truth)

    def _edge(self, edge: str, given: Any) -> Matrix:
        found, truth = self.truth.checked(given), self.truth
        source, target = (self.sets[end] for end in self.schema.edges[edge])
        wanted = (len(source.elements), len(target.elements))
        if found.shape != wanted:
            raise _misfit(f"the multi-morphism `{edge}`", found.shape, wanted)
        moved = composed(composed(source.same, found, truth), target.same, truth)
        exists = np.minimum(source.exists[:, None], target.exists[None, :])
        below = [(moved, found), (found, exists)]
        _at_most(f"the multi-morphism `{edge}` does not respect equality", below, source, target)
        return found

    def path(self, written: Written | Path, at: str = "") -> Matrix:
        """The multi-morphism of a path."""
        path = written if isinstance(written, Path) else self.schema.path(written, at)
        found = self.sets[path.source].same
        for i, step in enumerate(path.steps):
            found = composed(found, self.edges[step], self.truth) if i else self.edges[step]
        return found

    # --- degrees ---------------------------------------------------------------------------------

    def degree(self, equation: str) -> float:
        """The degree to which an equation holds; 1 on an empty set."""
        one = self.schema.equations[equation]
        return self._equal(self.path(one.left), self.path(one.right))

    def degrees(self) -> dict[str, float]:
        """The degree of each equation and each cone."""
        found = {name: self.degree(name) for name in self.schema.equations}
        for cone in self.schema.cones:
            found[f"{cone.kind} {cone.apex}"] = self.cone_degree(cone)
        return found

    def consistent(self, level: float) -> bool:
        """Whether the model is λ-consistent: every degree is at least ``level``."""
        return all(one >= level for one in self.degrees().values())

    def cone_degree(self, cone: Cone) -> float:
        """The degree to which the apex of a cone is the limit (the colimit)."""
        if cone.kind == "limit":
            canonical, universal = self._to_limit(cone)
        else:
            canonical, universal = self._to_colimit(cone)
        round_apex = composed(canonical, canonical.T, self.truth)
        round_other = composed(canonical.T, canonical, self.truth)
        apex = self.sets[cone.apex].same
        return min(self._equal(round_apex, apex), self._equal(round_other, universal))

    def _to_limit(self, cone: Cone) -> tuple[Matrix, Matrix]:
        """The multi-morphism from the apex to the tuples, and the equality of tuples."""
        rows = list(tuples(*(range(len(self.sets[part].elements)) for part in cone.legs.values())))
        canonical = np.ones((len(self.sets[cone.apex].elements), len(rows)))
        for k, leg in enumerate(cone.legs):
            canonical = self.truth.tensor(canonical, self.edges[leg][:, [row[k] for row in rows]])
        return canonical, self._limit(cone, rows)

    def _to_colimit(self, cone: Cone) -> tuple[Matrix, Matrix]:
        """The multi-morphism from the apex to the disjoint union, and the equality there."""
        sizes = [len(self.sets[part].elements) for part in cone.legs.values()]
        starts = dict(zip(cone.legs, np.cumsum([0, *sizes]), strict=False))
        same = np.zeros((sum(sizes), sum(sizes)))
        canonical = np.zeros((len(self.sets[cone.apex].elements), sum(sizes)))
        for (leg, part), size in zip(cone.legs.items(), sizes, strict=True):
            at = slice(starts[leg], starts[leg] + size)
            same[at, at] = self.sets[part].same
            canonical[:, at] = self.edges[leg].T
        for first, edge, last in cone.over:
            found = self.edges[edge]
            rows = slice(starts[first], starts[first] + found.shape[0])
            columns = slice(starts[last], starts[last] + found.shape[1])
            same[rows, columns] = np.maximum(same[rows, columns], found)
            same[columns, rows] = np.maximum(same[columns, rows], found.T)
        for _ in range(len(same)):
            before, same = same, np.maximum(same, composed(same, same, self.truth))
            if np.array_equal(before, same):
                break
        return canonical, same

    def _limit(self, cone: Cone, rows: list[tuple[int, ...]]) -> Matrix:
        """The degrees of equality of the tuples of a limit."""
        truth, place = self.truth, {leg: k for k, leg in enumerate(cone.legs)}
        found = np.ones((len(rows), len(rows)))
        for k, part in enumerate(cone.legs.values()):
            at = [row[k] for row in rows]
            found = truth.tensor(found, self.sets[part].same[np.ix_(at, at)])
        inside = np.ones(len(rows))
        for first, edge, last in cone.over:
            pairs = [self.edges[edge][row[place[first]], row[place[last]]] for row in rows]
            inside = truth.tensor(inside, np.array(pairs))
        return truth.tensor(found, np.minimum(inside[:, None], inside[None, :]))

    def _equal(self, left: Matrix, right: Matrix) -> float:
        same = self.truth.same(left, right)
        return float(np.min(same)) if np.size(same) else 1.0

    def __repr__(self) -> str:
        return f"fuzzy model of `{self.schema.name}` ({self.truth})"


def _misfit(what: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> SpecError:
    return SpecError(
        "CM054",
        f"{what} has the shape {found}, not {wanted}",
        facts=[("rows", "elements of the source"), ("columns", "elements of the target")],
        help=["a degree for each pair of elements"],
    )


def _at_most(
    title: str, pairs: list[tuple[Matrix, Matrix]], source: FuzzySet, target: FuzzySet
) -> None:
    """CM054 with the first pair of elements where a degree is above its bound."""
    for low, high in pairs:
        above = np.argwhere(np.asarray(low - high, dtype=float) > ROUNDING)
        if len(above):
            i, j = above[0]
            raise SpecError(
                "CM054",
                title,
                facts=[
                    ("at", f"{source.elements[i]!r}, {target.elements[j]!r}"),
                    ("the degree", str(low[i, j])),
                    ("at most", str(high[i, j])),
                ],
                help=["raise the smaller degree, or lower the other"],
            )


__all__ = ["FuzzyModel", "FuzzySet", "composed"]
