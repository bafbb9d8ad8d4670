"""Cells in the ways in which a person writes them, for the tests of kernels."""

from __future__ import annotations

from categorical import Dim, Real, arrow, op

t, a, s, o = Dim.named("t a s o")
SIZES = {"a": 3, "s": 4}


def lstm(
    order: str = "ifgo",
    packed: str = "split",
    biases: int = 2,
    memory_first: bool = False,
    squash=op.tanh,
    show=op.tanh,
    peephole: bool = False,
    without: str = "",
    sums: str = "plain",
):
    """An LSTM cell; the options say how it is written, or how it differs."""
    n = len(order)

    def gates(h, x):
        if packed == "apart":
            found = {}
            for g in order:
                own = biases > 0 and g not in without
                read = op.linear(a, s, bias=own, name=f"read_{g}")(x)
                found[g] = read + op.linear(s, s, bias=biases > 1, name=f"again_{g}")(h)
            return found
        if packed == "joined":
            both = op.linear(a + s, n * s, bias=biases > 0, name="both")(op.concat(a, s)(x, h))
        else:
            read = op.linear(a, n * s, bias=biases > 0, name="read")(x)
            both = read + op.linear(s, n * s, bias=biases > 1, name="again")(h)
        if packed == "slice":
            parts = [
                op.slice(n * s, j * s if j else 0, (j + 1) * s if j + 1 < n else None, into=s)(both)
                for j in range(n)
            ]
        else:
            apart = op.split(n * s, n, s)(both)
            parts = [op.take(n, j - n if packed == "back" else j)(apart) for j in range(n)]
        return dict(zip(order, parts))

    def step(h, c, x):
        z = gates(h, x)
        if peephole:
            z["f"] = z["f"] + c
        i, f, out = (op.sigmoid(z[g]) for g in "ifo")
        new = squash(z["g"]) * i
        if sums == "swapped":
            c = new + c * f
        elif sums == "leaky":
            c = c - (1 - f) * c + new
        else:
            c = f * c + new
        return show(c) * out, c

    if memory_first:

        def swapped(c: Real[s], h: Real[s], x: Real[a]) -> Real[s] * Real[s]:
            h, c = step(h, c, x)
            return c, h

        return arrow(swapped)

    def cell(h: Real[s], c: Real[s], x: Real[a]) -> Real[s] * Real[s]:
        return step(h, c, x)

    return arrow(cell)


def gru(
    order: str = "rzn",
    packed: str = "split",
    biases: int = 2,
    inner: bool = True,
    sums: str = "convex",
    original: bool = False,
    turned: bool = False,
):
    """A GRU cell; ``inner``: the candidate's bias inside the reset gate."""

    def step(h: Real[s], x: Real[a]) -> Real[s]:
        read, again = {}, {}
        if packed == "apart":
            for g in order:
                own = inner if g == "n" else biases > 1
                read[g] = op.linear(a, s, bias=biases > 0, name=f"read_{g}")(x)
                if not (original and g == "n"):
                    again[g] = op.linear(s, s, bias=own, name=f"again_{g}")(h)
        else:
            one = op.linear(a, 3 * s, bias=biases > 0, name="read")(x)
            two = op.linear(s, 3 * s, bias=biases > 1, name="again")(h)
            for of, found in ((one, read), (two, again)):
                apart = op.split(3 * s, 3, s)(of)
                found.update({g: op.take(3, j)(apart) for j, g in enumerate(order)})
            if biases == 1 and inner:
                again["n"] = again["n"] + op.parameter(Real[s], name="new_bias")()
        r, z = op.sigmoid(read["r"] + again["r"]), op.sigmoid(read["z"] + again["z"])
        if original:
            n = op.tanh(read["n"] + op.linear(s, s, name="again_n")(r * h))
        else:
            n = op.tanh(read["n"] + r * again["n"])
        if turned:
            return z * n + (1 - z) * h
        if sums == "difference":
            return n + z * (h - n)
        return (1 - z) * n + z * h

    return arrow(step)


def by_hand(order: str = "ifgo", turn: bool = False):
    """An LSTM cell with its weights as wires, as the equations of a textbook; ``turn`` reads the
    state weight by its columns."""
    rows, out, n = 4 * s, s.at("out"), 4

    def cell(h: Real[s], c: Real[s], x: Real[a]) -> Real[s] * Real[s]:
        weight = op.parameter(Real[rows, a], name="weight")()
        back = op.parameter(Real[rows, s], name="back")()
        bias = op.parameter(Real[rows], name="bias")()
        z = {}
        for j, g in enumerate(order):
            read = op.einsum(s)(op.take(n, j)(op.split(rows, n, s)(weight)), x)
            own = op.take(n, j - n)(op.split(rows, n, out)(back))
            if turn:
                state = op.relabel(s, out)(h)
                again = op.einsum(s)(own, state)
            else:
                again = op.relabel(out, s)(op.einsum(out)(own, h))
            z[g] = read + op.take(n, j)(op.split(rows, n, s)(bias)) + again
        c = op.sigmoid(z["f"]) * c + op.sigmoid(z["i"]) * op.tanh(z["g"])
        return op.sigmoid(z["o"]) * op.tanh(c), c

    return arrow(cell)


def elman(squash=op.tanh, biases: int = 2, packed: str = "apart"):
    """A simple recurrent cell."""

    def step(h: Real[s], x: Real[a]) -> Real[s]:
        if packed == "joined":
            both = op.linear(s + a, s, bias=biases > 0, name="both")(op.concat(s, a)(h, x))
            return squash(both)
        read = op.linear(a, s, bias=biases > 0, name="read")(x)
        return squash(op.linear(s, s, bias=biases > 1, name="again")(h) + read)

    return arrow(step)
