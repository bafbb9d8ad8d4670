"""Symmetric and exterior powers, and the determinant.

Definition.  Symᵏ V has the monomials of degree k in the basis of V as its basis (in the
lexicographic order of their sorted indices), Λᵏ V the strictly increasing products eᵢ ∧ eⱼ ∧ ….
Both are functors of V, so a representation of any finitely presented category has them;
infinitesimal generators act by the Leibniz rule.

Laws.  Symᵏ(AB) = Symᵏ(A) Symᵏ(B), likewise Λᵏ; Λⁿ of an n-dimensional V is the determinant;
dim Symᵏ = C(n + k − 1, k), dim Λᵏ = C(n, k).

>>> from categorical.groups import FiniteGroup
>>> swap = FiniteGroup("Z2", {"s": (1, 0)}, relations=(("s", "s"),))
>>> v = Representation.of_permutations(swap, swap.permutations)
>>> symmetric_power(v, 3).dimension, exterior_power(v, 2).map("s")
(4, Matrix.of([[-1]]))

A negative power is refused:

>>> symmetric_power(v, -1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: a power of a representation is 0, 1, 2, …, not -1
...
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, combinations_with_replacement

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.representations.representation import Representation

Monomial = tuple[int, ...]


@cache
def monomials(n: int, k: int, *, repeated: bool) -> tuple[Monomial, ...]:
    """The sorted indices of the basis of Symᵏ (``repeated``) or Λᵏ of an n-dimensional space."""
    choose = combinations_with_replacement if repeated else combinations
    return tuple(choose(range(n), k))


@cache
def _product(n: int, k: int, *, repeated: bool) -> Matrix:
    """Pᵏ⁻¹ ⊗ V → Pᵏ: multiply a monomial by one more vector on the right."""
    number = {m: i for i, m in enumerate(monomials(n, k, repeated=repeated))}
    rows: list[int] = []
    cols: list[int] = []
    values: list[int] = []
    for i, m in enumerate(monomials(n, k - 1, repeated=repeated)):
        for j in range(n):
            if not repeated and j in m:
                continue
            rows.append(number[tuple(sorted((*m, j)))])
            cols.append(i * n + j)
            values.append(1 if repeated else (-1) ** sum(x > j for x in m))
    return Matrix(
        (len(number), len(monomials(n, k - 1, repeated=repeated)) * n), rows, cols, values
    )


@cache
def _split(n: int, k: int, *, repeated: bool) -> Matrix:
    """Pᵏ → Pᵏ⁻¹ ⊗ V: take the last factor out; a section of the product."""
    number = {m: i for i, m in enumerate(monomials(n, k - 1, repeated=repeated))}
    basis = monomials(n, k, repeated=repeated)
    rows = [number[m[:-1]] * n + m[-1] for m in basis]
    return Matrix((len(number) * n, len(basis)), rows, range(len(basis)), [1] * len(basis))


def _power(map_: Matrix, k: int, *, repeated: bool) -> Matrix:
    """The k-th power of a linear map V → W."""
    m, n = map_.shape
    found = Matrix.identity(1)
    for degree in range(1, k + 1):
        wide = found.kron(map_) @ _split(n, degree, repeated=repeated)
        found = _product(m, degree, repeated=repeated) @ wide
    return found


def _leibniz(derivative: Matrix, k: int, *, repeated: bool) -> Matrix:
    """The derivation of the k-th power that extends a linear map V → V."""
    n = derivative.shape[0]
    found = Matrix.zero(1, 1)
    for degree in range(1, k + 1):
        size = found.shape[0]
        both = found.kron(Matrix.identity(n)) + Matrix.identity(size).kron(derivative)
        found = _product(n, degree, repeated=repeated) @ both @ _split(n, degree, repeated=repeated)
    return found


@checked
def symmetric_power(of: Representation, k: int) -> Representation:
    """Symᵏ of a representation: homogeneous polynomials of degree k in its basis vectors."""
    return _made(of, k, "symmetric_power", f"Sym^{k}", repeated=True)


@checked
def exterior_power(of: Representation, k: int) -> Representation:
    """Λᵏ of a representation: antisymmetric tensors of rank k."""
    return _made(of, k, "exterior_power", f"Λ^{k}", repeated=False)


@checked
def determinant(of: Representation) -> Representation:
    """The one-dimensional det V = Λⁿ V; CM043 where V has several dimensions."""
    if len(set(of.dims.values())) != 1:
        raise SpecError(
            "CM043",
            f"`{of}` has no determinant: its dimensions differ",
            facts=[(c, n) for c, n in of.dims.items()],
        )
    found = exterior_power(of, next(iter(of.dims.values())))
    if found is of:
        return of
    found.name = f"det {of.name}"
    return found


def _made(of: Representation, k: int, kind: str, name: str, *, repeated: bool) -> Representation:
    if k < 0:
        raise SpecError("CM042", f"a power of a representation is 0, 1, 2, …, not {k}")
    if k == 0:
        return Representation.trivial(of.of)
    if k == 1:
        return of
    plain = of.kind in ("sum", "tensor")
    found = Representation(
        of.of,
        lambda g: _power(of.map(g), k, repeated=repeated),
        lambda a: _leibniz(of.derivative(a), k, repeated=repeated),
        dims={c: len(monomials(n, k, repeated=repeated)) for c, n in of.dims.items()},
        kind=kind,
        name=f"{name}({of.name})" if plain else f"{name} {of.name}",
        parts=(of,),
        checked=False,
        again=lambda other: _made(other, k, kind, name, repeated=repeated),
    )
    found.degree = k
    return found
