"""Parallel scans, the text of matrices: several states at every entry, and states along an axis.

Definition.  ``block_scan`` runs k states under a k × k matrix at every entry, ``matrix_scan`` a
state under matrices along its last axis.  Their adjoints are runs of the turned matrices from the
other end: ``c ↦ Aᵀ (ḡ + c)``; the gradient of a matrix is an outer product.

>>> "class BlockScan" in BLOCK, "class MatrixScan" in MATRIX
(True, True)
"""

from __future__ import annotations

BLOCK = '''
def times(matrix: tuple, states: tuple, offset: tuple) -> tuple:
    """A s + b at every entry, for k states."""
    found = []
    for i, total in enumerate(offset):
        for factor, one in zip(matrix[i * len(states) :], states):
            total = torch.addcmul(total, factor, one)
        found.append(total)
    return tuple(found)


def square_of(parts: tuple) -> int:
    """k² where the parts are k² factors and k offsets."""
    count = 1
    while count * (count + 1) < len(parts):
        count += 1
    return count * count


def block_multiply(total: tuple, row: tuple) -> tuple:
    """First one affine map, then another one."""
    square = square_of(row)
    count = len(row) - square
    found = []
    for i in range(count):
        for j in range(count):
            one = row[i * count] * total[j]
            for m in range(1, count):
                one = torch.addcmul(one, row[i * count + m], total[m * count + j])
            found.append(one)
    return *found, *times(row[:square], total[square:], row[square:])


def block_move(states: tuple, row: tuple) -> tuple:
    """s ↦ A s + b."""
    square = square_of(row)
    return times(row[:square], states, row[square:])


def block_act(states: tuple, row: tuple) -> tuple:
    """One step; the new states are shown."""
    new = block_move(states, row)
    return new, new


def back_lift(*row: Tensor) -> tuple:
    """c ↦ A (grad + c), as a matrix and offsets."""
    square = square_of(row)
    zeros = tuple(torch.zeros_like(x) for x in row[square:])
    return *row[:square], *times(row[:square], row[square:], zeros)


def back_multiply(total: tuple, row: tuple) -> tuple:
    """An affine map, and then the step back."""
    return block_multiply(total, back_lift(*row))


def back_act(states: tuple, row: tuple) -> tuple:
    """A step back; the adjoints of the states are shown."""
    square = square_of(row)
    shown = tuple(g + c for g, c in zip(row[square:], states, strict=True))
    zeros = tuple(torch.zeros_like(x) for x in shown)
    return times(row[:square], shown, zeros), shown


def block_run(count: int, dim: int, reverse: bool, *parts: Tensor) -> tuple:
    """All states, and the last ones."""
    monoid = (pair, block_multiply, block_move, block_act)
    rows, last = prefixes(monoid, parts[:-count], parts[-count:], dim, reverse)
    return *rows, *last


class BlockScan(torch.autograd.Function):
    """k states under a k × k matrix at every entry."""

    @staticmethod
    def forward(count: int, dim: int, reverse: bool, *parts: Tensor):
        return block_run(count, dim, reverse, *parts)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.count, ctx.dim, ctx.reverse, *parts = inputs
        kept = (*parts[: ctx.count**2], *parts[-ctx.count :], *output[: ctx.count])
        ctx.save_for_backward(*kept)

    @staticmethod
    def backward(ctx, *grads):
        count, dim, reverse = ctx.count, ctx.dim, ctx.reverse
        matrix, saved = ctx.saved_tensors[: count**2], ctx.saved_tensors[count**2 :]
        pairs = zip(saved[count:], saved[:count], strict=True)
        old = [before(states, start, dim, reverse) for states, start in pairs]
        turned = (matrix[j * count + i] for i in range(count) for j in range(count))
        monoid = (back_lift, back_multiply, block_move, back_act)
        parts = (*turned, *grads[:count])
        g, begin = prefixes(monoid, parts, grads[count:], dim, not reverse)
        products = (g[i] * old[j] for i in range(count) for j in range(count))
        return None, None, None, *products, *g, *begin


def block_scan(count: int, dim: int, reverse: bool, *parts: Tensor) -> tuple[Tensor, ...]:
    """The states after each step along ``dim``, and the last: of k² factors, offsets, starts."""
    rows = torch.broadcast_tensors(*parts[:-count])
    if rows[0].shape[dim] == 0:
        return *rows[-count:], *parts[-count:]
    starts = (x.clone() for x in parts[-count:])  # a tensor that is given twice is not traced
    if chunk(rows[0].shape[dim], parts[-1].numel()) == rows[0].shape[dim]:
        return block_run(count, dim, reverse, *rows, *starts)
    return BlockScan.apply(count, dim, reverse, *rows, *starts)
'''

MATRIX = '''
def matrix_multiply(total: tuple, row: tuple) -> tuple:
    """First one affine map, then another one."""
    return row[0] @ total[0], *matrix_move(total[1:], row)


def matrix_move(states: tuple, row: tuple) -> tuple:
    """s ↦ A s + b along the last axis."""
    return ((row[0] @ states[0].unsqueeze(-1)).squeeze(-1) + row[1],)


def matrix_act(states: tuple, row: tuple) -> tuple:
    """One step; the new state is shown."""
    new = matrix_move(states, row)
    return new, new


def turn_lift(matrix: Tensor, grad: Tensor) -> tuple:
    """c ↦ A (grad + c), as a matrix and an offset."""
    return matrix, (matrix @ grad.unsqueeze(-1)).squeeze(-1)


def turn_multiply(total: tuple, row: tuple) -> tuple:
    """An affine map, and then the step back."""
    return row[0] @ total[0], (row[0] @ (row[1] + total[1]).unsqueeze(-1)).squeeze(-1)


def turn_act(states: tuple, row: tuple) -> tuple:
    """A step back; the adjoint of the state is shown."""
    shown = row[1] + states[0]
    return ((row[0] @ shown.unsqueeze(-1)).squeeze(-1),), (shown,)


def matrix_run(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> tuple:
    """All states, and the last one."""
    monoid = (pair, matrix_multiply, matrix_move, matrix_act)
    (rows,), (last,) = prefixes(monoid, (a, b), (start,), dim, reverse)
    return rows, last


class MatrixScan(torch.autograd.Function):
    """h' = A h + b."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool):
        return matrix_run(a, b, start, dim, reverse)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output[0])

    @staticmethod
    def backward(ctx, grad, last):
        a, start, states = ctx.saved_tensors
        monoid = (turn_lift, turn_multiply, matrix_move, turn_act)
        (g,), (begin,) = prefixes(monoid, (a.mT, grad), (last,), ctx.dim, not ctx.reverse)
        old = before(states, start, ctx.dim, ctx.reverse)
        return g.unsqueeze(-1) * old.unsqueeze(-2), g, begin, None, None


def matrix_scan(
    a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The states of h' = A h + b after each step along ``dim``, and the last one."""
    shape = torch.broadcast_shapes(a.shape[:-1], b.shape)
    a, b = a.expand(*shape, shape[-1]), b.expand(shape)
    if not shape[dim]:
        return b, start
    if chunk(shape[dim], start.numel()) == shape[dim]:
        return matrix_run(a, b, start, dim, reverse)
    return MatrixScan.apply(a, b, start, dim, reverse)
'''
