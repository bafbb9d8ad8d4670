"""What a diagram does to tensors, in every algebra: contract, then spread; never a dense matrix.

Definition.  ``image`` applies one diagram to the product of several arrays.  The axes of each are
named: an int is the number of a source of the diagram, anything else a label of an axis that is
carried along; a label that the result does not name is summed, as in an einsum.  In the names of
the result an int is the number of a target.  ``layer`` is Σ_d θ[d] · D_d(x), where the weight has
its labels too, so that channels are mixed by naming them.

Laws.  Linear in every array.  The result is the tensor ``Diagrams.at`` contracted with the arrays
(tests/categorical/diagrams).  Work and memory are those of the arrays, not of the tensor.

>>> import numpy as np
>>> from categorical.diagrams import partition_diagrams
>>> from categorical.semantics.floats import FloatAlgebra
>>> deep_sets = partition_diagrams(1, 1)                     # a mean that is spread, the identity
>>> deep_sets.diagrams
(Diagram(1, 1, [[0, 1]]), Diagram(1, 1, [[0], [1]]))
>>> x = np.array([1.0, 2.0, 6.0])
>>> image(deep_sets, FloatAlgebra(), 1, [x], [(0,)], (0,), 3)
array([3., 3., 3.])

Every source is an axis of one array:

>>> image(deep_sets, FloatAlgebra(), 1, [x], [("b",)], (0,), 3)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: a diagram with 1 source got axes for []
...
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from categorical.diagrams.sets import Diagrams, Sizes
from categorical.errors import SpecError
from categorical.semantics.algebra import Algebra

Names = Sequence[Hashable]


def image(
    diagrams: Diagrams,
    algebra: Algebra[Any],
    number: int,
    values: Sequence[Any],
    names: Sequence[Names],
    out: Names,
    sizes: Sizes,
) -> Any:
    """One diagram applied to arrays; see the module."""
    one, known = diagrams.diagrams[number], diagrams.sizes(sizes)
    given = sorted(a for axes in names for a in axes if isinstance(a, int))
    if given != list(range(one.sources)):
        some = f"{one.sources} source" + "s" * (one.sources != 1)
        raise SpecError("CM042", f"a diagram with {some} got axes for {given}")
    free = iter(ascii_letters)
    letter: dict[Hashable, str] = {}
    port: dict[int, str] = {}
    extent: dict[str, int] = {}
    factors: list[Any] = list(values)
    terms: list[str] = []
    constants: list[tuple[Any, str]] = []
    for block in one.blocks:
        n = known[diagrams.ports[block[0]].factor]
        form = diagrams.form_of(block, n)
        if form is not None and np.array_equal(form, np.diag(np.diag(form))):
            shared = next(free)
            port |= dict.fromkeys(block, shared)
            constants.append((np.diag(form), shared))
        elif form is not None:
            port |= {p: next(free) for p in block}
            constants.append((form, port[block[0]] + port[block[1]]))
        else:
            port |= dict.fromkeys(block, next(free))
        extent |= dict.fromkeys((port[p] for p in block), n)
    for block in one.epsilons:
        port |= {p: next(free) for p in block}
        extent |= dict.fromkeys((port[p] for p in block), len(block))
        constants.append((diagrams.symbol_of(block), "".join(port[p] for p in block)))
    for value, axes in zip(values, names):
        term = ""
        for a, size in zip(axes, algebra.shape(value), strict=True):
            if isinstance(a, int):
                term += port[one.targets + a]
            else:
                letter[a] = letter.get(a) or next(free)
                extent[letter[a]] = size
                term += letter[a]
        terms.append(term)
    for array, term in constants:
        factors.append(algebra.constant(array))
        terms.append(term)
    wanted = "".join(port[a] if isinstance(a, int) else letter[a] for a in out)
    present = {x for term in terms for x in term}
    unique = "".join(x for x in dict.fromkeys(wanted) if x in present)
    if not factors:
        factors, terms = [algebra.ones(())], [""]
    core = algebra.einsum(f"{','.join(terms)}->{unique}", *factors)
    factor = diagrams.factor_of(one, known)
    if factor != 1:
        core = algebra.mul(core, algebra.constant(factor))
    if wanted == unique:
        return core
    return algebra.structural(core, lambda a: _spread(a, unique, wanted, extent))


def _spread(core: Any, have: str, want: str, extent: dict[str, int]) -> Any:
    """Write an array on the diagonals that a repeated letter means, along the missing letters."""
    found = np.zeros([extent[x] for x in want], dtype=core.dtype)
    every = "".join(dict.fromkeys(want))
    diagonal = np.einsum(f"{want}->{every}", found)  # a view, and writable
    missing = [x for x in every if x not in have]
    order = [have.index(x) for x in every if x in have]
    moved = np.transpose(core, order)
    for place, x in enumerate(every):
        if x in missing:
            moved = np.expand_dims(moved, place)
    diagonal[...] = moved
    return found


def layer(
    diagrams: Diagrams,
    algebra: Algebra[Any],
    weight: Any,
    weight_names: Names,
    values: Sequence[Any],
    names: Sequence[Names],
    out: Names,
    sizes: Sizes,
) -> Any:
    """Σ_d θ[d] · D_d(x): the first axis of the weight numbers the diagrams, the others are named.

    A layer from k = 2 to l = 1 indices with channels is
    ``layer(d, algebra, w, ("out", "in"), [x], [("batch", 0, 1, "in")], ("batch", 0, "out"), n)``.
    """
    total: Any = None
    for number in range(diagrams.count):
        own = algebra.structural(weight, lambda a, i=number: a[i])  # type: ignore[misc]
        term = image(diagrams, algebra, number, [own, *values], [weight_names, *names], out, sizes)
        total = term if total is None else algebra.add(total, term)
    if total is None:
        raise SpecError("CM044", f"{diagrams} is empty: only zero is equivariant")
    return total
