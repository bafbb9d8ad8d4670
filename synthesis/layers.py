"""Layers that are solved for: all linear natural maps between two types.

Definition.  ``natural(X, Y, under=G)`` finds every linear map X → Y that commutes with the action
of G: for types over dims on which G acts, a ``Solution``, whose ``layer`` is an arrow with one
trained coefficient for each map and each pair of channels; for representations, the ``Hom`` of
``synthesis.solver``.  Several inputs, ``natural((X1, X2), Y, under=G)``, give all multilinear maps,
and no input the invariant elements of Y.

Laws.  The maps are linearly independent, and there are no others.  A product of groups that act on
different dims has the products of maps: Hom(A ⊗ B, A′ ⊗ B′) = Hom(A, A′) ⊗ Hom(B, B′).

>>> from categorical import Dim, Real
>>> from categorical.groups import Symmetric
>>> n, c, k = Dim.named("n c k")
>>> pairs = natural(Real[n, n.at("to")], Real[n, n.at("to")], under=Symmetric(n))
>>> pairs
15 maps Real[n, n.at("to")] → Real[n, n.at("to")] under Symmetric(n), all sizes
>>> [pairs.dimension_at(n=size) for size in (2, 3, 4, 100)]
[8, 14, 15, 15]
>>> pairs.layer(c, k)
hom: Real[n, n.at("to"), c] → Real[n, n.at("to"), k]

An axis on which the group does not act is no part of the problem:

>>> natural(Real[n, c], Real[n], under=Symmetric(n))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: Symmetric(n) does not act on the axis `c` of Real[n, c]
...
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from categorical.arrows import Arrow
from categorical.categories import Presentation
from categorical.diagrams import Diagrams, Port
from categorical.diagrams import family as families
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.groups import Group
from categorical.index import Axis, Dim, IndexSet
from categorical.representations import Representation
from categorical.spaces import Array, Real, Space, space

if TYPE_CHECKING:
    from synthesis.solver.hom import Hom

Maps = Basis | Diagrams


def natural(
    source: Any, target: Any, under: Group | None = None, sizes: Mapping[str, int] | None = None
) -> Any:
    """All natural maps ``source → target``: see the module.

    ``source`` and ``target`` are representations of one presentation (the result is a ``Hom``), or
    types over dims on which ``under`` acts (the result is a ``Solution``).  ``source`` may be a
    tuple.  ``sizes`` fixes dims whose size their declaration leaves open, to count the maps of
    groups that have none of a form that is valid at all sizes (a layer needs declared sizes).

    Errors: CM044 where the problem is too large, its numbers lie outside the known fields, or an
    axis is not acted on; CM043 where a declaration does not hold.
    """
    several = source if isinstance(source, tuple) else (source,)
    given = [isinstance(one, Representation) for one in (*several, target)]
    if any(given) and (under is not None or not all(given)):
        raise SpecError(
            "CM042",
            "`natural` joins representations, or types under a group that acts on their dims",
            facts=[("source", source), ("target", target), ("under", under)],
            help=["natural(X, Y) of representations; natural(Real[n], Real[n], under=G) of types"],
        )
    if isinstance(target, Representation):
        return _between(several, target)
    if not isinstance(under, Group):
        raise SpecError(
            "CM042",
            "`natural` of types needs a group that acts on their dims",
            facts=[("under", repr(under))],
            help=[_on_dims(under)],
        )
    known = _sizes(sizes)
    return Solution(tuple(_array(one) for one in several), _array(target), under, known)


def _on_dims(under: Any) -> str:
    """How a group is made to act on dims."""
    if isinstance(under, Presentation):
        return f'say on which: Acting(group, {{Dim("g", size=…): group.standard()}}) of {under}'
    return "for example natural(Real[n], Real[n], under=Symmetric(n))"


def _sizes(given: Any) -> dict[str, int]:
    """Sizes by the names of dims; CM042 for anything else."""
    known = {} if given is None else given
    good = isinstance(known, Mapping) and all(
        isinstance(name, str)
        and isinstance(n, (int, np.integer))
        and not isinstance(n, bool)
        and n >= 1
        for name, n in known.items()
    )
    if not good:
        raise SpecError(
            "CM042",
            f"sizes are whole numbers from 1 on, by the names of dims, not {given!r}",
            help=['write sizes={"n": 4}'],
        )
    return {name: int(n) for name, n in known.items()}


def _between(sources: tuple[Representation, ...], target: Representation) -> Any:
    from synthesis.solver import bilinear, invariants, solve

    if len(sources) == 0:
        return invariants(target)
    if len(sources) == 2:
        return bilinear(*sources, target)
    return solve(reduce(lambda x, y: x * y, sources), target)


def _array(value: object) -> Array:
    one = space(value) if isinstance(value, Space) or callable(value) else value
    if not isinstance(one, Array) or one.kind != "real":
        raise SpecError(
            "CM042",
            f"`natural` joins real arrays, not {value!r}",
            help=["solve for each pair of arrays, and add the layers"],
        )
    return one


@dataclass(frozen=True)
class Solution:
    """All natural maps between two types; solved for when first asked."""

    sources: tuple[Array, ...]
    target: Array
    under: Group
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        acted = {d.name for d in self.under.dims}
        for one in (*self.sources, self.target):
            for a in one.axes:
                if not isinstance(a.index, Dim) or a.index.name not in acted:
                    raise SpecError(
                        "CM044",
                        f"{self.under} does not act on the axis `{a}` of {one}",
                        help=[
                            "channels are given to the layer: natural(…).layer(c, k)",
                            *self._without(a),
                        ],
                    )
        if not self.closed:
            for a in (a for one in (*self.sources, self.target) for a in one.axes):
                self.size(a, {})

    def _without(self, unmoved: Axis) -> list[str]:
        """The same problem with an axis as a channel, as a line of code."""
        arrays = (*self.sources, self.target)
        if len(self.sources) != 1 or any(unmoved not in one.axes for one in arrays):
            return []
        bare = [Real[tuple(a for a in one.axes if a != unmoved)] for one in arrays]
        return [
            f"here:  natural({bare[0]}, {bare[1]}, under=…).layer({unmoved}, {unmoved})",
        ]

    # --- the maps --------------------------------------------------------------------------------

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The problem of each factor of the group, on its own dims."""
        found: list[Factor] = []
        claimed: dict[str, Group] = {}
        for group in self.under.factors():
            for d in group.dims:
                if d.name in claimed:
                    raise SpecError(
                        "CM044",
                        f"two factors of {self.under} act on `{d}`",
                        facts=[("the factors", f"{claimed[d.name]} and {group}")],
                        help=[
                            "where their matrices commute, (G * H).at(sizes) is one group",
                            "else declare the group that they generate, with one action",
                        ],
                    )
                claimed[d.name] = group
            names = {d.name for d in group.dims}
            places = tuple(
                tuple(i for i, a in enumerate(one.axes) if _name(a) in names)
                for one in (self.target, *self.sources)
            )
            if any(places):
                found.append(Factor(group, self, places))
        return tuple(found)

    @cached_property
    def closed(self) -> bool:
        """Whether the maps have a form that is valid at all sizes: every factor has diagrams."""
        return all(one.group.diagrams for one in self.factors)

    @cached_property
    def maps(self) -> Maps:
        """The basis: diagrams where the maps have a form valid at all sizes, else tensors."""
        if self.closed:
            numbers = {
                d.name: (f, one) for f, one in enumerate(self.factors) for d in one.group.dims
            }

            def port(a: Axis) -> Port:
                number, factor = numbers[_name(a)]
                return Port(number, factor.dual(a))

            return Diagrams(
                [one.family for one in self.factors],
                [port(a) for a in self.target.axes],
                [port(a) for one in self.sources for a in one.axes],
            )
        return self.at()

    def at(self, **sizes: int) -> Basis:
        """The maps as explicit tensors ``(target, source, …)`` at these sizes."""
        sizes = _sizes(sizes)
        if self.closed:
            return self.maps.at(
                self._of_factors(sizes), split=[len(one.axes) for one in self.sources]
            )
        arrays = (self.target, *self.sources)
        shape = tuple(tuple(self.size(a, sizes) for a in one.axes) for one in arrays)
        which, count = np.zeros(1, dtype=np.int64), 1
        offset, values = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        strides = _strides(shape)
        for factor in self.factors:
            basis = factor.basis({**self.sizes, **sizes})
            inner = [(i, p) for i, ps in enumerate(factor.places) for p in ps]
            local = np.unravel_index(basis.places, [shape[i][p] for i, p in inner] or [1])
            moved = np.zeros(len(basis.places), dtype=np.int64)
            for (i, p), index in zip(inner, local):
                moved += index * strides[i][p]
            which = (which[:, None] * basis.count + basis.which[None, :]).ravel()
            offset = (offset[:, None] + moved[None, :]).ravel()
            values = (values[:, None] * basis.values[None, :]).ravel()
            count *= basis.count
        return Basis(tuple(math.prod(one) for one in shape), count, which, offset, values)

    def _of_factors(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """The sizes of the dims of all factors that have diagrams, by their names."""
        return {one.family.name: self.size(one.axis, sizes) for one in self.factors}

    def size(self, one: Axis, sizes: Mapping[str, int]) -> int:
        known = {**self.sizes, **sizes}
        if one.size.is_constant:
            return int(one.size)
        if _name(one) not in known and self.closed:
            raise SpecError(
                "CM044",
                f"the size of `{one.index}` is not known",
                help=[f"write it: {one.index}=4, as in .dimension_at({one.index}=4)"],
            )
        if _name(one) not in known:
            raise SpecError(
                "CM044",
                f"{self.under} has no maps of a form that is valid at all sizes of `{one.index}`",
                help=[
                    f'fix the size where it is declared:  Dim("{one.index}", size=8)',
                    f'or, to count maps only:  natural(…, sizes={{"{one.index}": 8}})',
                ],
            )
        return known[_name(one)]

    # --- how many --------------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """The number of maps (at large sizes, where the maps are valid at all sizes)."""
        return self.maps.count

    def dimension_at(self, **sizes: int) -> int:
        """The number of independent maps at these sizes."""
        sizes = _sizes(sizes)
        if isinstance(self.maps, Diagrams):
            return self.maps.dimension_at(self._of_factors(sizes))
        return self.at(**sizes).count

    @cached_property
    def bias(self) -> Maps | None:
        """The invariant elements of the target, None where there is only 0."""
        if not self.sources:
            return None
        found = Solution((), self.target, self.under, self.sizes).maps
        return found if found.count else None

    # --- layers ----------------------------------------------------------------------------------

    def layer(
        self,
        *channels: IndexSet | Axis | int | None,
        bias: bool = True,
        mix: str = "full",
        name: str = "",
        **options: Any,
    ) -> Arrow:
        """The layer with one trained coefficient a map and pair of channels.

        ``layer(c, k)`` is ``Real[X…, c] → Real[Y…, k]`` (with two inputs ``layer(c, d, k)``); where
        an input has no channels, or none are wanted, write None: ``layer(None, k)`` is
        ``Real[X…] → Real[Y…, k]``.  ``layer()`` has no channels; ``mix="each"`` keeps channels
        apart: ``layer(c, mix="each")``.  ``bias`` adds the invariant elements of the target; other
        options are those of ``op.hom``.

        Errors: CM044 where no map but zero joins the types, and where a dim has a size in this
        problem only; CM042 for another number of channels.
        """
        from categorical import op

        if not self.maps.count and not (bias and self.bias):
            raise SpecError(
                "CM044",
                f"no map but zero joins {_types(self.sources)} and {self.target}",
                facts=[("group", repr(self.under))],
                help=["choose another type, for example a tensor of another order"],
            )
        wanted = 0 if not channels else 1 if mix == "each" else len(self.sources) + 1
        if len(channels) != wanted:
            inputs, given = len(self.sources), len(channels)
            inner = "cde"[:inputs] if inputs < 4 else ""
            raise SpecError(
                "CM042",
                f"a layer with {inputs} input{'s' * (inputs != 1)} got {given} "
                f"channel{'s' * (given != 1)}",
                facts=[("channels", ", ".join(map(str, channels)))],
                help=[
                    f"layer({', '.join([*inner, 'k'])}) mixes the channels of inputs into k",
                    f"an input without channels is None: layer({'None, ' * inputs}k)",
                    'layer(c, mix="each") keeps channels apart, layer() has none',
                ],
            )
        self._fixed()
        each = [*channels] * len(self.sources) if mix == "each" else list(channels[:-1])
        return op.hom(
            self.maps,
            tuple(one.axes for one in self.sources),
            self.target.axes,
            channels=tuple(each) or None,
            out=channels[-1] if channels else None,
            mix=mix if channels else None,
            bias=self.bias if bias else None,
            under=self.under,
            name=name,
            **options,
        )

    def _fixed(self) -> None:
        """CM044 where the maps have one size, and a dim of theirs is declared without it."""
        if isinstance(self.maps, Diagrams):
            return
        for one in (a for array in (*self.sources, self.target) for a in array.axes):
            if not one.size.is_constant:
                size = self.sizes[_name(one)]
                raise SpecError(
                    "CM044",
                    f"the maps are solved for {size} indices of `{one.index}`, which has any size",
                    help=[
                        f'declare it with that size:  Dim("{one.index}", size={size})',
                        "`sizes=` of `natural` is enough to count maps, not for a layer",
                    ],
                )

    def nearest(self, matrix: Any, **sizes: int) -> tuple[Any, Any]:
        """The coefficients and the matrix of the natural map nearest to a given one.

        ``matrix`` is ``(target, source)``, flattened in the order of the axes; exact numbers are
        projected exactly, floats in float64 (see ``Hom.nearest``).
        """
        from synthesis.solver.hom import nearest

        return nearest(self.at(**sizes), matrix)

    def __repr__(self) -> str:
        scope = "all sizes" if isinstance(self.maps, Diagrams) else "at fixed sizes"
        many = "1 map" if self.maps.count == 1 else f"{self.maps.count} maps"
        return f"{many} {_types(self.sources)} → {self.target} under {self.under}, {scope}"


@dataclass(frozen=True)
class Factor:
    """The part of a problem that one factor of the group sees: which axes of which array."""

    group: Group
    whole: Solution
    places: tuple[tuple[int, ...], ...]

    @property
    def axis(self) -> Axis:
        """One of the axes."""
        return next(a for axes in self.axes for a in axes)

    def dual(self, one: Axis) -> bool:
        """Whether an axis carries the dual space."""
        return one.index is getattr(self.group, "dual", None)

    @cached_property
    def family(self) -> families.Factor:
        """The diagrams of the factor, where its maps have a form that is valid at all sizes."""
        kind = self.group.diagrams
        assert kind is not None
        fixed = self.whole.size(self.axis, {}) if "epsilon" in kind else None
        signs: tuple[int, ...] = getattr(self.group, "signs", ())
        return families.Factor(kind, self.group.dims[0].name, fixed, signs)

    @property
    def axes(self) -> tuple[tuple[Axis, ...], ...]:
        """The acted axes of the target, then of each source."""
        arrays = (self.whole.target, *self.whole.sources)
        return tuple(tuple(one.axes[p] for p in places) for one, places in zip(arrays, self.places))

    def hom(self, sizes: Mapping[str, int]) -> Hom:
        """The ``Hom`` of the factor at these sizes, between tensor products."""
        from synthesis.solver import solve

        acting = self.group.at({d.name: self.whole.size(Axis(d), sizes) for d in self.group.dims})

        def tensor(axes: Sequence[Axis]) -> Representation:
            parts = [acting.representation(a.index) for a in axes]
            if not parts:
                return Representation.trivial(acting.group)
            return reduce(lambda x, y: x * y, parts)

        target, *sources = self.axes
        return solve(tensor([a for one in sources for a in one]), tensor(target))

    def basis(self, sizes: Mapping[str, int]) -> Basis:
        """The maps of the factor as tensors, independent at these sizes."""
        if self.group.diagrams:
            ports = [[Port(0, self.dual(a)) for a in axes] for axes in self.axes]
            maps = Diagrams([self.family], ports[0], [p for one in ports[1:] for p in one])
            return maps.at(self.whole.size(self.axis, sizes))
        return self.hom(sizes).basis


def _name(one: Axis) -> str:
    return one.index.name if isinstance(one.index, Dim) else ""


def _strides(shape: Sequence[Sequence[int]]) -> list[list[int]]:
    """The stride of every axis of every array in the flat index of (target, source, …)."""
    flat = [n for one in shape for n in one]
    steps = [math.prod(flat[i + 1 :]) for i in range(len(flat))]
    found, start = [], 0
    for one in shape:
        found.append(steps[start : start + len(one)])
        start += len(one)
    return found


def _types(arrays: Sequence[Array]) -> str:
    return " × ".join(map(str, arrays)) or "One"
