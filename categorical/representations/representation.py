"""Representations: a space at every object, a matrix for every generating arrow.

Definition.  A representation of a presentation C is a functor C → Vect: a dimension for each
object, a matrix for each arrow, and a matrix for each infinitesimal generator of a Lie group (which
then acts on tensor products by the Leibniz rule).  How it was made (``kind`` and ``parts``) is
remembered, because the solver chooses its route by it.

Laws.  The relations hold (``check``); of a finite group whose relations are not known to be all,
the whole group law holds (compared on every element, or by Schreier–Sims for signed permutations).
``+`` is the direct sum, ``*`` the tensor product (the index of the right factor runs fastest),
``dual`` the inverse transpose, ``x ** k`` a tensor power.

>>> from categorical.groups import FiniteGroup
>>> turn = FiniteGroup("Z3", {"r": (1, 2, 0)}, relations=(("r", "r", "r"),))
>>> points = Representation.of_permutations(turn, turn.permutations)
>>> (points ** 2 + points).dimension, (points * points).map("r").trace()
(12, 0)

Matrices that break a relation are refused, with the relation and the entry:

>>> Representation(turn, {"r": Matrix.of([[2]])})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: these matrices are no representation of Z3
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from categorical.categories.presented import Path, Presentation, text
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number
from categorical.groups.finite import FiniteGroup

Maker = Callable[[str], Matrix]


class Representation:
    """See the module.  ``dims`` maps objects to dimensions; ``kind`` is ``atom``, ``trivial``,
    ``standard`` (the defining one), ``permutation``, ``sum``, ``tensor``, ``dual`` or a name that
    a construction gives itself.  ``again`` makes the same construction of other parts, where it is
    a functor of them."""

    factor: int = 0
    """Of an ``inflated`` representation: the number of the factor of the product that acts."""
    degree: int = 1
    """Of a symmetric or exterior power: which."""

    def __init__(
        self,
        of: Presentation,
        maps: Mapping[str, Matrix] | Maker,
        derivatives: Mapping[str, Matrix] | Maker | None = None,
        *,
        dims: Mapping[str, int] | None = None,
        kind: str = "atom",
        name: str = "",
        parts: tuple[Representation, ...] = (),
        checked: bool = True,
        again: Callable[..., Representation] | None = None,
    ) -> None:
        self.of, self.kind, self.parts, self.again = of, kind, parts, again
        given = derivatives or {}
        for what, value, good in (
            ("the first argument", of, isinstance(of, Presentation)),
            ("the matrices", maps, isinstance(maps, Mapping) or callable(maps)),
            ("the derivatives", given, isinstance(given, Mapping) or callable(given)),
        ):
            if not good:
                raise SpecError(
                    "CM042",
                    f"{what} of a representation is a {type(value).__name__}",
                    help=["write Representation(group, {generator: Matrix.of([[…], …])})"],
                )
        self._maps: dict[str, Matrix] = {}
        self._derivatives: dict[str, Matrix] = {}
        self._map_maker = maps if callable(maps) else maps.__getitem__
        self._derivative_maker = given if callable(given) else given.__getitem__
        if not callable(maps):
            self._named("arrow", maps, of.arrows)
        if not callable(given):
            self._named("infinitesimal generator", given, of.algebra)
        self.dims = self._inferred() if dims is None else dict(dims)
        self.name = name or kind
        bare = [c for c in of.objects if c not in self.dims]
        if bare:
            raise SpecError(
                "CM042", f"a representation of `{of.name}` has a dimension at {', '.join(bare)}"
            )
        if checked:
            self.check()

    def _named(self, what: str, given: Mapping[str, Matrix], wanted: Iterable[str]) -> None:
        for g, matrix in given.items():
            if not isinstance(matrix, Matrix):
                raise SpecError(
                    "CM042",
                    f"the {what} `{g}` is given by a {type(matrix).__name__}, not by a Matrix",
                    help=["write Matrix.of([[…], …]) from categorical.exact"],
                )
        missing = [g for g in wanted if g not in given]
        if missing or len(given) != len(tuple(wanted)):
            raise self._refused(
                f"one matrix for each {what}",
                f"needs {', '.join(wanted) or 'none'}, and has {', '.join(given) or 'none'}",
            )

    def _inferred(self) -> dict[str, int]:
        """The dimensions of the objects from the shapes of the matrices."""
        found: dict[str, int] = {}
        for arrow, (source, target) in self.of.arrows.items():
            rows, columns = self.map(arrow).shape
            found.setdefault(source, columns)
            found.setdefault(target, rows)
        if self.of.algebra:
            found.setdefault(self.of.objects[0], self.derivative(self.of.algebra[0]).shape[0])
        bare = [c for c in self.of.objects if c not in found]
        if bare:
            raise SpecError(
                "CM042",
                f"no arrow of `{self.of.name}` tells the dimension at {', '.join(bare)}",
                help=["write dims={object: dimension}"],
            )
        return {c: found[c] for c in self.of.objects}

    @classmethod
    def of_permutations(
        cls, of: Presentation, images: Mapping[str, Any], name: str = "points"
    ) -> Representation:
        """The linear span of a set that the generators permute."""
        maps = {g: Matrix.permutation(image) for g, image in images.items()}
        dims = None if maps else {of.objects[0]: 1}
        return cls(of, maps, kind="permutation", name=name, dims=dims)

    @classmethod
    def trivial(cls, of: Presentation, dimension: int = 1) -> Representation:
        """Every arrow acts as the identity."""
        return cls(
            of,
            lambda arrow: Matrix.identity(dimension),
            lambda direction: Matrix.zero(dimension, dimension),
            dims=dict.fromkeys(of.objects, dimension),
            kind="trivial",
            name=str(dimension),
            checked=False,
        )

    @property
    def dimension(self) -> int:
        """The dimension over all objects."""
        return sum(self.dims.values())

    def map(self, arrow: str) -> Matrix:
        """The matrix of a generating arrow (of its inverse: ``"g^-1"``)."""
        found = self._maps.get(arrow)
        if found is None:
            self.of.ends(arrow)
            if arrow.endswith("^-1") and arrow not in self.of.arrows:
                found = self.map(arrow[:-3]).inverse()
            else:
                found = self._map_maker(arrow)
            self._maps[arrow] = found
        return found

    def derivative(self, direction: str) -> Matrix:
        """The matrix of an infinitesimal generator."""
        found = self._derivatives.get(direction)
        if found is None:
            if direction not in self.of.algebra:
                raise SpecError(
                    "CM042",
                    f"`{self.of.name}` has no infinitesimal generator `{direction}`",
                    facts=[("generators", ", ".join(self.of.algebra) or "none")],
                )
            found = self._derivatives[direction] = self._derivative_maker(direction)
        return found

    def word(self, path: Path, start: str) -> Matrix:
        """The matrix of a path: its first step acts first."""
        found = Matrix.identity(self.dims[start])
        for step in path:
            found = self.map(step) @ found
        return found

    def check(self) -> None:
        """CM043 unless the matrices have the right shapes and satisfy the relations."""
        for arrow, (source, target) in self.of.arrows.items():
            wanted = (self.dims[target], self.dims[source])
            if self.map(arrow).shape != wanted:
                raise self._refused(
                    f"`{arrow}`", f"is {self.map(arrow).shape}, and must be {wanted}"
                )
            if self.of.invertible:
                try:
                    self.map(arrow).inverse()
                except SpecError:
                    raise self._refused(f"`{arrow}`", "has no inverse") from None
        for left, right in self.of.relations:
            start = self.of.source_of(left or right, self.of.objects[0])
            defect = self.word(left, start) - self.word(right, start)
            if len(defect.values):
                at = (int(defect.rows[0]), int(defect.cols[0]))
                raise self._refused(
                    f"{text(left)} = {text(right)}",
                    f"is violated: the sides differ by {defect.values[0]} at the entry {at}",
                )
        if isinstance(self.of, FiniteGroup) and not getattr(self.of, "presented", False):
            from categorical.representations.elements import broken

            why = broken(self.of, {g: self.map(g) for g in self.of.arrows})
            if why is not None:
                raise self._refused("the group", why)
        self.of_algebra()

    def of_algebra(self) -> None:
        """CM043 unless the infinitesimal generators respect brackets, and the components of the
        group move them as its adjoint action says; see ``LieGroup``."""
        brackets = getattr(self.of, "brackets", dict)
        for (a, b), combination in brackets().items():
            x, y = self.derivative(a), self.derivative(b)
            if len((x @ y - y @ x - self._combined(combination)).values):
                raise self._refused(f"[{a}, {b}]", "is not the bracket of the group's algebra")
        adjoint = getattr(self.of, "adjoint", dict)
        for (g, a), combination in adjoint().items():
            moved, still = self.map(g) @ self.derivative(a), self._combined(combination)
            if len((moved - still @ self.map(g)).values):
                raise self._refused(f"{g} {a} {g}^-1", "is not what the group's algebra says")

    def _combined(self, combination: Mapping[str, Number]) -> Matrix:
        size = self.dimension
        terms = (self.derivative(c) * factor for c, factor in combination.items())
        return reduce(Matrix.__add__, terms, Matrix.zero(size, size))

    def _refused(self, what: str, why: str) -> SpecError:
        return SpecError(
            "CM043", f"these matrices are no representation of {self.of}", facts=[(what, why)]
        )

    # --- the algebra of representations ----------------------------------------------------------

    def __add__(self, other: Representation) -> Representation:
        self._same(other, "+")
        parts = (*_parts(self, "sum"), *_parts(other, "sum"))

        def summed(read: Callable[[Representation, str], Matrix]) -> Maker:
            return lambda g: reduce(Matrix.plus, (read(p, g) for p in parts))

        return self._made("sum", parts, summed, sum)

    def __mul__(self, other: Representation) -> Representation:
        self._same(other, "⊗")
        parts = (*_parts(self, "tensor"), *_parts(other, "tensor"))

        def maps(g: str) -> Matrix:
            return reduce(Matrix.kron, (p.map(g) for p in parts))

        def leibniz(a: str) -> Matrix:
            size = reduce(lambda x, y: x * y, (p.dimension for p in parts))
            total = Matrix.zero(size, size)
            for i in range(len(parts)):
                factors = [
                    p.derivative(a) if i == j else Matrix.identity(p.dimension)
                    for j, p in enumerate(parts)
                ]
                total = total + reduce(Matrix.kron, factors)
            return total

        return Representation(
            self.of,
            maps,
            leibniz,
            dims={c: reduce(lambda x, y: x * y, (p.dims[c] for p in parts)) for c in self.dims},
            kind="tensor",
            name=" ⊗ ".join(_bracketed(p, "sum") for p in parts),
            parts=parts,
            checked=False,
            again=lambda *others: reduce(Representation.__mul__, others),
        )

    def __pow__(self, power: int) -> Representation:
        if not isinstance(power, int) or power < 0:
            raise SpecError(
                "CM042", f"a tensor power is 0, 1, 2, …, not {power}", help=["write v.dual ** k"]
            )
        if power == 0:
            return Representation.trivial(self.of)
        return reduce(lambda x, y: x * y, [self] * power)

    @property
    def dual(self) -> Representation:
        """The inverse transpose, of invertible maps; derivatives are −Aᵀ.

        CM043 where a map has no inverse: then only ``transpose`` is a functor."""
        if self.kind == "dual":
            return self.parts[0]
        if not self.of.invertible:
            self._need_inverses()
        return Representation(
            self.of,
            lambda g: self.map(g).inverse().T,
            lambda a: -self.derivative(a).T,
            dims=self.dims,
            kind="dual",
            name=f"{_bracketed(self, 'sum', 'tensor')}*",
            parts=(self,),
            checked=False,
            again=lambda other: other.dual,
        )

    @property
    def transpose(self) -> Representation:
        """The dual spaces with the transposed maps: a functor of the opposite category."""
        if self.kind == "transpose":
            return self.parts[0]
        return Representation(
            self.of.opposite,
            lambda g: self.map(g).T,
            lambda a: self.derivative(a).T,
            dims=self.dims,
            kind="transpose",
            name=f"{_bracketed(self, 'sum', 'tensor')}ᵀ",
            parts=(self,),
            checked=False,
            again=lambda other: other.transpose,
        )

    def _need_inverses(self) -> None:
        for arrow, (source, target) in self.of.arrows.items():
            rows, columns = self.map(arrow).shape
            try:
                self.map(arrow).inverse()
            except SpecError:
                raise SpecError(
                    "CM043",
                    f"`{self}` has no dual: its map `{arrow}` has no inverse",
                    facts=[(f"{arrow}: {source} → {target}", f"{rows}×{columns}")],
                    help=[f"{self}.transpose is a functor of the opposite category"],
                ) from None

    def _made(
        self, kind: str, parts: tuple[Representation, ...], how: Any, size: Any
    ) -> Representation:
        return Representation(
            self.of,
            how(lambda p, g: p.map(g)),
            how(lambda p, a: p.derivative(a)),
            dims={c: size(p.dims[c] for p in parts) for c in self.dims},
            kind=kind,
            name=" ⊕ ".join(p.name for p in parts),
            parts=parts,
            checked=False,
            again=lambda *others: reduce(Representation.__add__, others),
        )

    def _same(self, other: Representation, sign: str) -> None:
        if not isinstance(other, Representation):
            raise SpecError(
                "CM042",
                f"{self} {sign} a {type(other).__name__}",
                help=["k copies are Representation.trivial(group, k) * v"],
            )
        if self.of is not other.of:
            raise SpecError(
                "CM043",
                f"{self} {sign} {other} of different groups",
                facts=[("left", self.of), ("right", other.of)],
                help=["take the product of the groups, and let each act on its own factor"],
            )

    # --- what kind of action ---------------------------------------------------------------------

    @property
    def is_permutation(self) -> bool:
        """Every generating arrow permutes the basis (and nothing is infinitesimal)."""
        return not self.of.algebra and all(self.map(g).is_permutation for g in self.of.arrows)

    @property
    def is_signed(self) -> bool:
        """Every generating arrow permutes the basis up to signs."""
        return not self.of.algebra and all(
            self.map(g).signed_image is not None for g in self.of.arrows
        )

    @property
    def is_orthogonal(self) -> bool:
        """Every generating arrow is orthogonal, every infinitesimal one antisymmetric."""
        return all(self.map(g).is_orthogonal for g in self.of.arrows) and all(
            not len((self.derivative(a) + self.derivative(a).T).values) for a in self.of.algebra
        )

    def __repr__(self) -> str:
        return self.name


def _parts(one: Representation, kind: str) -> tuple[Representation, ...]:
    return one.parts if one.kind == kind else (one,)


def _bracketed(one: Representation, *kinds: str) -> str:
    return f"({one.name})" if one.kind in kinds else one.name
