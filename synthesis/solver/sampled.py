"""Sampled kernels: steerable kernels of rotations of the plane and of space, on a grid of pixels.

Definition.  A compact group G acts on Rᵈ by orthogonal matrices, on the fibres by ρ and σ.  With
harmonic polynomials h of degree m, a radial profile w, and an intertwiner B from ρ ⊗ Hₘ to σ, the
analytic kernel ``K(x) = w(|x|) Σₐ Bₐ hₐ(x)`` satisfies K(g·x) = σ(g) K(x) ρ(g)⁻¹ for every g and
every real x; all steerable kernels are limits of such sums (Weiler, Geiger, Welling, Boomsma and
Cohen, *3D steerable CNNs*, 2018).  Here they are read off at the points of a grid, in rings with
Gaussian profiles.

What sampling loses.  A convolution of pixels can only be equivariant exactly under the motions of
the grid.  The samples are steerable *exactly* under the elements of G whose matrices are signed
permutations (quarter turns, for rotations of the plane), because profiles are rational functions of
|x|².  For all other elements there is an error, which ``error`` measures; no law of it is proved.

>>> from categorical.categories.presented import Presentation
>>> from categorical.exact import Matrix
>>> from categorical.representations import Representation
>>> so2 = Presentation("SO(2)", ("*",), {}, (), invertible=True, algebra=("J",))
>>> plane = Representation(so2, {}, {"J": Matrix.of([[0, -1], [1, 0]])}, kind="standard")
>>> found = sampled(Representation.trivial(so2), plane, 3, space=plane)
>>> found
2 kernels 1 → standard of 3×3, sampled; exact under the grid symmetries in SO(2) only

A shear is no isometry, and has no rings to be steered along:

>>> shear = Presentation("shears", ("*",), {}, (), invertible=True, algebra=("N",))
>>> sheared = Representation(shear, {}, {"N": Matrix.of([[0, 1], [0, 0]])})
>>> sampled(sheared, sheared, 3, space=sheared)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `atom` does not keep the form (1, 1)
...
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.exact.numbers import Cyclotomic, Number
from categorical.representations import Representation, traceless
from categorical.representations.tensors import polynomials
from categorical.semantics.modular import draw_prime, root_of_unity
from synthesis.solver.kernels import Spanned, widths

GRAIN = 4096
"""Profiles are multiples of 1/GRAIN."""


@dataclass(frozen=True)
class Sampled(Spanned):
    """Samples of analytic kernels; ``basis`` has the shape (σ, ρ, k₁, …, k_d).

    ``terms`` are the (ring, degree) of every kernel; ``analytic`` is the number of kernels before
    those were left out whose samples depend on others.
    """

    source: Representation
    target: Representation
    space: Representation
    basis: Basis
    terms: tuple[tuple[int, int], ...]
    analytic: int

    @property
    def note(self) -> str:
        """What is exact and what is not, for documentation and headers of generated files."""
        group = self.source.of
        worst = max(self.error(g) for g in (*group.arrows, *group.algebra))
        return (
            f"{self.count} kernels sampled from analytic ones of {group}: equivariant exactly "
            f"under the grid symmetries in {group} only, else up to an error (a generator, or 45°, "
            f"of waves of 4 pixels: {worst:.2f})"
        )

    def error(self, by: str, angle: float = math.pi / 4, wavelength: float = 4.0) -> float:
        """The relative error of σ(g) K ∗ f = K ∗ (g·f) at one pixel, in the mean over kernels and
        over plane waves f of a wavelength (in pixels).

        ``by`` is a generator of a finite group, or an infinitesimal one, followed for ``angle``.
        """
        move, out, into = (_element(r, by, angle) for r in (self.space, self.target, self.source))
        rng, points = np.random.default_rng(0), _points(self.width) / 2.0
        kernels = np.zeros((self.count, self.basis.size))
        values = self.basis.values.tolist()
        floats = {id(v): float(v) for v in {id(v): v for v in values}.values()}
        kernels[self.basis.which, self.basis.places] = [floats[id(v)] for v in values]
        kernels = kernels.reshape(self.count, len(out), len(into), len(points))
        wrong = right = 0.0
        for _ in range(32):
            direction = rng.normal(size=len(move))
            direction *= 2 * math.pi / wavelength / np.linalg.norm(direction)
            phase, value = rng.uniform(0, 2 * math.pi), rng.normal(size=len(into))
            wave = np.cos(points @ direction + phase)
            moved = np.cos(points @ move @ direction + phase)  # f(g⁻¹x), as g is orthogonal
            before = np.einsum("mois,s,i->mo", kernels, wave, value)
            after = np.einsum("mois,s,i->mo", kernels, moved, into @ value)
            wrong += float(np.sum((after - before @ out.T) ** 2))
            right += float(np.sum(before**2))
        return math.sqrt(wrong / right) if right else 0.0

    def __repr__(self) -> str:
        width = "×".join(map(str, self.width))
        return (
            f"{self.count} kernels {self.source} → {self.target} of {width}, sampled; exact under "
            f"the grid symmetries in {self.source.of} only"
        )


@checked
def sampled(
    source: Representation,
    target: Representation,
    width: int | tuple[int, ...] = 3,
    *,
    space: Representation | None = None,
    degrees: int | None = None,
    sigma: float = 0.6,
) -> Sampled:
    """Analytic kernels, read off at the pixels of a window of odd width.

    The rings have the radii 0, 1, …; harmonics on the ring of radius r have degrees up to 2r (what
    its pixels can tell apart), and up to ``degrees``.  ``sigma`` is the width of a ring in pixels.
    ``space`` are the matrices of the group on space by default.
    """
    from synthesis.solver.hom import solve

    if not 0.1 <= sigma <= 10 or (degrees is not None and degrees < 0):
        raise SpecError(
            "CM041",
            f"rings of the width {sigma} with harmonics up to the degree {degrees}",
            help=["the width lies between 0.1 and 10 pixels, the degree is 0 or more"],
        )
    if space is None:
        space = source.of.space()  # type: ignore[attr-defined]
    sizes = widths(space, width)
    if any(k % 2 == 0 for k in sizes) or len(set(sizes)) > 1:
        raise SpecError(
            "CM042",
            f"rings in a window of {'×'.join(map(str, sizes))} pixels",
            help=["take one odd width for all axes"],
        )
    points = _points(sizes) // 2
    square = (points**2).sum(axis=1)
    size = target.dimension * source.dimension * len(points)
    radius, made = sizes[0] // 2, list[Entries]()
    terms: list[tuple[int, int]] = []
    product = _Products()
    for degree in range(min(2 * radius, degrees if degrees is not None else 2 * radius) + 1):
        waves = traceless(space, degree).dual
        if not waves.dimension:
            continue
        found = solve(source * waves, target).basis
        values = _harmonics(space.dimension, degree, points)
        for ring in range(math.ceil(degree / 2), radius + 1):
            table = values * _profile(ring, degree, square, sigma)
            for number in range(found.count):
                mine = found.which == number
                places, factors = found.places[mine], found.values[mine].tolist()
                made.append(_kernel(places, factors, table, target.dimension, product))
                terms.append((ring, degree))
    kept = _independent(made, size, product)
    shape = (target.dimension, source.dimension, *sizes)
    return Sampled(
        source,
        target,
        space,
        _basis([made[i] for i in kept], shape, product),
        tuple(terms[i] for i in kept),
        len(made),
    )


Entries = dict[int, tuple[tuple[int, int], ...]]
"""A kernel: at each place a sum of products, each of a factor (by number) and a whole number."""


class _Products:
    """Factors of intertwiners by number, and their products with multiples of 1/GRAIN², made once:
    a kernel has few different ones."""

    def __init__(self) -> None:
        self.numbers: dict[Number, int] = {}
        self.factors: list[Number] = []
        self.known: dict[tuple[tuple[int, int], ...], Number] = {}

    def number(self, factor: Number) -> int:
        found = self.numbers.setdefault(factor, len(self.factors))
        if found == len(self.factors):
            self.factors.append(factor)
        return found

    def value(self, terms: tuple[tuple[int, int], ...]) -> Number:
        if terms not in self.known:
            total: Number = 0
            for factor, whole in terms:
                total = total + self.factors[factor] * Fraction(whole, GRAIN * 64)
            self.known[terms] = total
        return self.known[terms]


def _kernel(
    places: Any, factors: list[Number], table: Any, rows: int, product: _Products
) -> Entries:
    """Σₐ Bₐ hₐ(x) at each pixel, with about the mean square 1 in a row of the target."""
    waves, points = table.shape
    found: dict[int, list[tuple[int, int]]] = {}
    for place, factor in zip(places.tolist(), factors, strict=True):
        pair, wave = divmod(place, waves)
        number = product.number(factor)
        for point in np.flatnonzero(table[wave]).tolist():
            term = (number, int(table[wave, point]))
            found.setdefault(pair * points + point, []).append(term)
    floats = [float(f) for f in product.factors]
    square = sum(sum(floats[f] * t for f, t in terms) ** 2 for terms in found.values())
    scale = round(64 * GRAIN / math.sqrt(square / rows)) or 1
    return {k: tuple((f, t * scale) for f, t in terms) for k, terms in found.items()}


def _points(sizes: tuple[int, ...]) -> Any:
    """Twice the coordinates of the pixels of a window about its centre, a row each."""
    places = np.stack(np.unravel_index(np.arange(math.prod(sizes)), sizes), axis=1)
    return 2 * places - (np.array(sizes) - 1)


def _harmonics(axes: int, degree: int, points: Any) -> Any:
    """Values of the harmonic polynomials of a degree: a row each, a column for each pixel."""
    basis = polynomials(axes, degree)
    return np.array(
        [sum(c * (points**powers).prod(axis=1) for powers, c in h.items()) for h in basis]
    )


def _profile(ring: int, degree: int, square: Any, sigma: float) -> Any:
    """The radial factor at each pixel, which depends on |x|² only, in multiples of 1/GRAIN."""
    radius = np.sqrt(square)
    bump = np.exp(-((radius - ring) ** 2) / (2 * sigma**2)) / np.maximum(radius, 1) ** degree
    return np.round(bump * GRAIN).astype(np.int64)


def _basis(kernels: list[Entries], shape: tuple[int, ...], product: _Products) -> Basis:
    which, places, values = [], [], []
    for number, one in enumerate(kernels):
        for place, terms in sorted(one.items()):
            value = product.value(terms)
            if value != 0:
                which.append(number)
                places.append(place)
                values.append(value)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return Basis(shape, len(kernels), which, places, array)


def _element(of: Representation, by: str, angle: float) -> Any:
    """The matrix of a generator, or of the motion along an infinitesimal one, in floats."""
    if by in of.of.algebra:
        from scipy.linalg import expm

        return expm(angle * of.derivative(by).floats())
    return of.map(by).floats()


def _independent(kernels: list[Entries], size: int, product: _Products) -> list[int]:
    """Numbers of kernels that are independent modulo a prime, and so independent: the first."""
    order = math.lcm(1, *(f.order for f in product.factors if isinstance(f, Cyclotomic)))
    p = draw_prime(np.random.default_rng(0), order)
    zeta = root_of_unity(order, p)
    factors = [_residue(f, p, zeta, order) for f in product.factors]
    kept: list[int] = []
    pivots: list[tuple[int, Any]] = []
    for number, one in enumerate(kernels):
        rest = np.zeros(size, dtype=np.int64)
        for place, terms in one.items():
            rest[place] = sum(factors[f] * t for f, t in terms) % p
        for place, known in pivots:
            rest = (rest - rest[place] * known) % p
        at = np.flatnonzero(rest)
        if len(at):
            pivots.append((int(at[0]), rest * pow(int(rest[at[0]]), -1, p) % p))
            kept.append(number)
    return kept


def _residue(v: Number, p: int, zeta: int, order: int) -> int:
    if isinstance(v, Cyclotomic):
        return v.residue(p, pow(zeta, order // v.order, p))
    return int(v.numerator) * pow(int(v.denominator), -1, p) % p
