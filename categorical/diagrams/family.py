"""Families of diagrams: what a block of ports means for one group, at every size.

Definition.  A ``Factor`` is one group acting on one dimension, by the family of its diagrams:

=================== ==================== ==========================================================
``partition``       S_n                  equal indices on every block
``brauer``          O(n)                 δ on every pair
``metric``          O(p, q)              the metric η on a pair of upper or lower ports, else δ
``symplectic``      Sp(n)                the form Ω, likewise
``walled``          GL(n)                δ between upper and lower ports
``…+epsilon``       SO, SO(p, q), SL     also the Levi-Civita symbol on n ports
=================== ==================== ==========================================================

An upper port is a target in V or a source in V*.  Lower ports of an ε are lowered.  Ω is
``[[0, 1], [−1, 0]]`` in blocks of n/2.

Laws.  Every diagram is an invariant; all of one family span the invariants (the first fundamental
theorems).  How many are independent is known by tableaux; which are, by values at random vectors
in a prime field, where independence is certain.

>>> Factor("brauer").dimension((False,) * 6, 2), len(Factor("brauer").diagrams((False,) * 6))
(10, 15)
>>> Factor("metric", "v", 4, signs=(1, -1, -1, -1))
metric(v=4)

A family with ε needs its size, because the ports that meet are as many:

>>> Factor("brauer+epsilon")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: diagrams with ε have one size
...
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.diagrams import pairing, partition
from categorical.diagrams.ranks import ANOTHER, PRIME, pivots
from categorical.errors import SpecError

FAMILIES = (
    *("partition", "brauer", "metric", "symplectic", "walled"),
    *("brauer+epsilon", "metric+epsilon", "walled+epsilon"),
)
Blocks = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Factor:
    """See the module.  ``signs`` are the diagonal of the metric."""

    family: str
    name: str = "n"
    size: int | None = None
    signs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise SpecError(
                "CM042",
                f"no diagrams are called {self.family!r}",
                facts=[("families", ", ".join(FAMILIES))],
            )
        if self.plain == "metric":
            if not self.signs or any(s not in (1, -1) for s in self.signs):
                raise SpecError(
                    "CM042",
                    f"a metric is a tuple of signs, not {self.signs!r}",
                    help=["for the Lorentz group: signs=(1, -1, -1, -1)"],
                )
            object.__setattr__(self, "size", len(self.signs))
        if self.epsilon and self.size is None:
            raise SpecError(
                "CM044",
                "diagrams with ε have one size",
                help=[f'give it: Factor("{self.family}", size=3)'],
            )
        if self.plain == "symplectic" and self.size is not None and self.size % 2:
            raise SpecError("CM044", f"a symplectic space of odd dimension {self.size}")

    @property
    def plain(self) -> str:
        """The family without ε."""
        return self.family.removesuffix("+epsilon")

    @property
    def epsilon(self) -> bool:
        """Whether n ports may meet in a Levi-Civita symbol."""
        return self.family.endswith("+epsilon")

    def diagrams(self, lower: tuple[bool, ...]) -> tuple[tuple[Blocks, Blocks], ...]:
        """(blocks, blocks of ε) on ports that are upper or lower (which only ``walled`` minds)."""
        return _diagrams(self, lower)

    def dimension(self, lower: tuple[bool, ...], n: int) -> int:
        """The dimension of the invariants at size n, by counting tableaux."""
        m, down = len(lower), sum(lower)
        if self.plain == "partition":
            return partition.dimension(m, n)
        if self.plain == "symplectic":
            return pairing.symplectic(m, n)
        if self.family == "walled":
            return pairing.general(down, n) if m == 2 * down else 0
        if self.plain == "walled":
            return pairing.special_linear(m - down, down, n)
        return pairing.orthogonal(m, n) + (pairing.odd(m, n) if self.epsilon else 0)

    def independent(self, lower: tuple[bool, ...], n: int) -> tuple[int, ...]:
        """The numbers of diagrams that are independent at size n, and span: the first such."""
        if self.plain == "partition":
            return partition.independent(len(lower), n)
        return _independent(self, lower, n)

    def form(self, n: int) -> NDArray[np.int64] | None:
        """The matrix on a pair of upper or of lower ports, where it is not the identity."""
        if self.plain == "symplectic":
            half = np.eye(n // 2, dtype=np.int64)
            return np.kron(np.array([[0, 1], [-1, 0]]), half)
        return np.diag(self.signs) if self.plain == "metric" else None

    def __repr__(self) -> str:
        size = "" if self.size is None else f"={self.size}"
        return f"{self.family}({self.name}{size})"


@lru_cache(maxsize=256)
def _diagrams(factor: Factor, lower: tuple[bool, ...]) -> tuple[tuple[Blocks, Blocks], ...]:
    ports = tuple(range(len(lower)))
    if factor.plain == "partition":
        return tuple((blocks, ()) for blocks in partition.partitions(len(lower)))
    if factor.plain == "walled":
        up = tuple(p for p in ports if not lower[p])
        down = tuple(p for p in ports if lower[p])
        if factor.epsilon:
            assert factor.size is not None
            return pairing.walled_with_epsilon(up, down, factor.size)
        return tuple((pairs, ()) for pairs in pairing.walled(up, down))
    if factor.epsilon:
        assert factor.size is not None
        return pairing.with_epsilon(ports, factor.size)
    return tuple((pairs, ()) for pairs in pairing.pairings(ports))


@lru_cache(maxsize=256)
def _independent(factor: Factor, lower: tuple[bool, ...], n: int) -> tuple[int, ...]:
    every, wanted = factor.diagrams(lower), factor.dimension(lower, n)
    if wanted == len(every):
        return tuple(range(len(every)))
    if wanted * len(every) > 30_000_000:
        raise SpecError(
            "CM044",
            f"{len(every)} diagrams, {wanted} of them independent, are too many to tell apart",
            help=["use tensors of lower rank"],
        )
    for prime in (PRIME, ANOTHER):
        found = pivots(_values(factor, len(lower), every, n, wanted + 8, prime), prime)
        if len(found) == wanted:
            return tuple(int(i) for i in found)
    raise SpecError(
        "CM044",
        f"{factor} on {len(lower)} ports: {len(found)} diagrams are independent, not {wanted}",
    )


def _values(
    factor: Factor, ports: int, every: Any, n: int, samples: int, p: int
) -> NDArray[np.int64]:
    """Every diagram at random vectors, one for each port: samples × diagrams, modulo p."""
    rng = np.random.default_rng(0)
    vectors = rng.integers(0, p, size=(ports, samples, n))
    form = factor.form(n)
    turned = vectors if form is None else vectors @ form.T % p
    # the pairing of targets does for all pairs: a form on each source is a change of its vector
    joined: dict[tuple[int, int], NDArray[np.int64]] = {
        (i, j): _dot(vectors[i], turned[j], p) for i in range(ports) for j in range(i + 1, ports)
    }
    symbols: dict[tuple[int, ...], NDArray[np.int64]] = {}
    found = np.ones((samples, len(every)), dtype=np.int64)
    for column, (pairs, epsilons) in enumerate(every):
        value = found[:, column]
        for pair in pairs:
            value = value * joined[pair] % p
        for block in epsilons:
            if block not in symbols:
                symbols[block] = _determinant(vectors[list(block)].transpose(1, 0, 2), p)
            value = value * symbols[block] % p
        found[:, column] = value
    return found


def _dot(a: NDArray[np.int64], b: NDArray[np.int64], p: int) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.mod((a * b % p).sum(axis=1), p)
    return found


def _determinant(a: NDArray[np.int64], p: int) -> NDArray[np.int64]:
    """Determinants of matrices (samples, n, n), by the first row."""
    n = a.shape[-1]
    if n == 1:
        return a[:, 0, 0] % p
    total = np.zeros(len(a), dtype=np.int64)
    for j in range(n):
        minor = np.delete(a[:, 1:], j, axis=2)
        total = (total + (-1) ** j * a[:, 0, j] * _determinant(minor, p)) % p
    return total


@cache
def levi_civita(n: int) -> NDArray[np.int64]:
    """The sign of each permutation as a tensor of rank n, and zero elsewhere."""
    found = np.zeros((n,) * n, dtype=np.int64)
    for one in permutations(range(n)):
        found[one] = parity(one)
    return found


def parity(order: tuple[int, ...]) -> int:
    """The sign of a permutation of distinct numbers."""
    later = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
    return -1 if later % 2 else 1
