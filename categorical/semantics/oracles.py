"""Random functions on a prime field that stand for `exp`, `gelu`, `tanh` and their kin.

A keyed oracle sends a residue to a hash of (key, name, parameters, residue): one fixed random
function per key. A law that holds for a random function holds for every function in its place, so
an oracle may be given exactly the identities that the true function has, and no other. Built in:

- odd: `tanh`, `sin`, `erf`, `softsign`, `hard_tanh`, `sign`; even: `abs`, `cos`;
- `sigmoid(-x) = 1 - sigmoid(x)`, `exp = sigmoid / (1 - sigmoid)`, so `exp(x) exp(-x) = 1` and
  `exp(0) = 1`; `tanh(x) = 2 sigmoid(2x) - 1`; `silu = x sigmoid(x)`; `gelu_tanh` and `mish` by
  their definitions; `softplus(x) - softplus(-x) = x`; `logsigmoid(x) = -softplus(-x)`;
- `abs(x) = x sign(x)`; `relu(x) = (x + abs(x)) / 2`, so `leaky_relu`; `gelu(x) - gelu(-x) = x`;
- `sin² + cos² = 1`; `rsqrt = 1 / sqrt`; `log1p(x) = log(1 + x)`; `log(1) = 0`; `sqrt(0) = 0`;
- whatever is 0 at 0 stays 0 at 0, so masks pass through.

Not modelled, hence falsely refuted here and left to floats: `exp(x + y) = exp(x) exp(y)`, the
addition theorems of `sin` and `cos`, `log` of a product, `log(exp(x)) = x`, `sqrt(x)² = x`,
`sign² = 1`, and that `relu`, `abs` and `sqrt` are homogeneous. (`relu`, `abs`, `sign` do obey
their laws under a total order: see `fields`; `exp`, `sin` and `cos` in `towers`.)

>>> import numpy as np
>>> oracles = Oracles(10007, seed=1)
>>> x = np.array([0, 5, 10002])
>>> y = oracles.odd("tanh", x)
>>> int(y[0]), int((y[1] + y[2]) % 10007)
(0, 0)
>>> bool(oracles.plain("exp", x)[1] == Oracles(10007, seed=2).plain("exp", x)[1])
False
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from categorical.semantics.algebra import Index

Hashes = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)

#: Ranks run from -TOP to TOP.
TOP = 1 << 61


def mix(x: Hashes) -> Hashes:
    """The finaliser of splitmix64: a bijection of 64-bit words that scatters every bit."""
    x = x + _STEP
    x = (x ^ (x >> np.uint64(30))) * _MIX1
    x = (x ^ (x >> np.uint64(27))) * _MIX2
    return x ^ (x >> np.uint64(31))


class Oracles:
    """The keyed random functions of one field, the same at every call."""

    def __init__(self, p: int, seed: int) -> None:
        self.p = p
        self.half = (p - 1) // 2
        self.small = min(1024, p // 8)
        self.secret = f"{seed}:{p}"
        self._keys: dict[tuple[str, tuple[tuple[str, float], ...]], np.uint64] = {}

    def key(self, name: str, params: Mapping[str, float] | None = None) -> np.uint64:
        """A 64-bit key for a name and its parameters."""
        label = (name, tuple(sorted((params or {}).items())))
        if label not in self._keys:
            text = f"{self.secret}:{label!r}".encode()
            digest = hashlib.blake2b(text, digest_size=8).digest()
            self._keys[label] = np.uint64(int.from_bytes(digest, "little"))
        return self._keys[label]

    def hashes(self, name: str, x: Index, params: Mapping[str, float] | None = None) -> Hashes:
        """64 pseudo-random bits for every residue."""
        key = np.atleast_1d(self.key(name, params))
        shape = x.shape
        words = mix(mix(x.astype(np.uint64).reshape(-1) ^ key) + key)
        return words.reshape(shape)

    def residues(self, words: Hashes) -> Index:
        return (words % np.uint64(self.p)).astype(np.int64)

    def plain(self, name: str, x: Index, params: Mapping[str, float] | None = None) -> Index:
        """A random function."""
        return self.residues(self.hashes(name, x, params))

    def zero_at_zero(self, name: str, x: Index, params: Mapping[str, float] | None = None) -> Index:
        """A random function with f(0) = 0."""
        return np.where(x == 0, 0, self.plain(name, x, params))

    def canonical(self, x: Index) -> Index:
        """One representative of x and −x."""
        return np.where(x > self.half, self.p - x, x)

    def even(self, name: str, x: Index) -> Index:
        """A random function with f(−x) = f(x)."""
        return self.plain(name, self.canonical(x))

    def odd(self, name: str, x: Index) -> Index:
        """A random function with f(−x) = −f(x)."""
        y = self.zero_at_zero(name, self.canonical(x))
        return np.where((x > self.half) & (y > 0), self.p - y, y)

    def rank(self, x: Index) -> Index:
        """A random total order of the residues, as an odd injection into the integers.

        Small integers keep their own order, k standing at k / (k + 1) of the way up, so that bounds
        such as -1, 0, 1, 6 are what they seem; the others fall between them at random, and two of
        them share a rank with probability 2⁻⁶¹.
        """
        near = self.canonical(x)
        words = self.hashes("order", near)
        small = near <= self.small
        whole = np.where(small, near, 0)
        place = whole * (TOP // (whole + 1)) + whole * (TOP % (whole + 1)) // (whole + 1)
        size = np.where(small, place, (words >> np.uint64(3)).astype(np.int64) + 1)
        odd = (words & np.uint64(1)).astype(np.bool_) & ~small
        return np.where(odd ^ (x > self.half), -size, size)
