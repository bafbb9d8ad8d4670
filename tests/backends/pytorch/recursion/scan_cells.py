"""Cells that act through monoids, one of each family and some of several stages; and one that does
not."""

from __future__ import annotations

from categorical import Arrow, Dim, Fin, Real, arrow, op

t, n, m, k, v, batch = Dim.named("t n m k v batch")
SIZES = {"n": 3, "m": 2, "k": 5, "v": 4}
NUMBER = Real.scalar


@arrow
def gated(s: Real[n], a: Real[n], x: Real[n]) -> Real[n]:
    """A diagonal affine map, with a weight that reads the entry."""
    return op.sigmoid(a) * s + op.linear(n, n)(x)


@arrow
def decayed(s: Real[n], x: Real[n]) -> Real[n]:
    return 0.9 * s + x


@arrow
def learnt_decay(s: Real[n], x: Real[n]) -> Real[n]:
    return op.sigmoid(op.parameter(Real[n], name="rate")()) * s + x


@arrow
def multiplied(s: Real[n], x: Real[n]) -> Real[n]:
    return s * x


@arrow
def rotated(re: Real[n], im: Real[n], x: Real[n]) -> Real[n] * Real[n]:
    """A complex diagonal, as a pair of states."""
    c, s = (op.parameter(Real[n], name=name)() for name in ("c", "s"))
    return c * re - s * im + x, s * re + c * im


@arrow
def recurrent(s: Real[n], x: Real[n]) -> Real[n]:
    """An affine map with one matrix."""
    return op.linear(n, n)(s) + x


@arrow
def soft_automaton(p: Real[n], x: Real[v]) -> Real[n]:
    """A matrix for each entry."""
    to = n.at("to")
    rows = op.softmax(to)(op.einsum(n, to)(op.parameter(Real[v, n, to], name="w")(), x))
    return op.relabel(to, n)(op.einsum(to)(p, rows))


@arrow
def automaton(s: Fin(k), x: Real[v]) -> Fin(k):
    """A function of a finite set for each entry."""
    to = k.at("to")
    table = op.argmax(to)(op.einsum(k, to)(op.parameter(Real[v, k, to], name="w")(), x))
    return op.gather(k)(table, s)


@arrow
def welford(count: NUMBER, mean: Real[n], spread: Real[n], x: Real[n]) -> (
    NUMBER * Real[n] * Real[n]
):  # fmt: skip
    """Count, mean and sum of squares: three stages."""
    new = count + op.ones(NUMBER)()
    off = x - mean
    mean = mean + op.einsum(n)(off, op.reciprocal(new))
    return new, mean, spread + off * (x - mean)


@arrow
def softmax(most: Real[n], total: Real[n], mixed: Real[n, m], x: Real[n], y: Real[m]) -> (
    Real[n] * Real[n] * Real[n, m]
):  # fmt: skip
    """Online softmax: a running maximum, then two affine maps."""
    new = op.maximum(most, x)
    scale, weight = op.exp(most - new), op.exp(x - new)
    mixed = op.einsum(n, m)(mixed, scale) + op.einsum(n, m)(weight, y)
    return new, total * scale + weight, mixed


@arrow
def least(s: Real[n], x: Real[n], y: Real[n]) -> Real[n]:
    return op.minimum(s - x, y)


@arrow
def most(s: Real[n], x: Real[n], y: Real[n]) -> Real[n]:
    return op.maximum(s + x, y)


@arrow
def linear_attention(held: Real[n, m], key: Real[n], value: Real[m], query: Real[n]) -> (
    Real[m] * Real[n, m]
):  # fmt: skip
    held = held + op.einsum(n, m)(key, value)
    return op.einsum(m)(query, held), held


@arrow
def register(a: Real[n], b: Real[n], x: Real[n]) -> Real[n] * Real[n] * Real[n]:
    """A shift register of two places."""
    return a * x + b, x, a


@arrow
def gru(h: Real[n], x: Real[n]) -> Real[n]:
    """A gate that looks at the state: no family has it."""
    z = op.sigmoid(op.linear(n, n, name="from_x")(x) + op.linear(n, n, name="from_h")(h))
    return z * h + x


@arrow
def plain(s: Real[n], a: Real[n], x: Real[n]) -> Real[n]:
    """A diagonal affine map without weights."""
    return a * s + x


def linear_cell() -> Arrow:
    """The same as a machine that shows its new state."""

    @arrow
    def shown(s: Real[n], a: Real[n], x: Real[n]) -> Real[n] * Real[n]:
        new = a * s + x
        return new, new

    return shown


@arrow
def fraction(s: Real[n], a: Real[n], b: Real[n]) -> Real[n]:
    """A step of a continued fraction with positive parts."""
    return op.softplus(a) + op.softplus(b) / s


@arrow
def moved(s: Real[n], a: Real[n], b: Real[n], c: Real[n]) -> Real[n]:
    """A Möbius map without poles at positive states."""
    return (op.exp(a) * s + op.softplus(b)) / (op.softplus(c) * s + op.exp(b))
