"""Parallel scans, the text: the functions of a generated file that run a monoid along an axis.

Definition.  ``prefixes`` cuts the steps into chunks, multiplies the elements of each chunk (all
chunks at once), runs the products through the states at the borders, and then runs every chunk from
its border: three times the work of a loop in about 2·√T + T/√T calls.  Where a step is wide enough
to fill the machine, or the steps are few, it is the loop.  Nothing is divided, and no power is
inverted: a product of factors below 1 may underflow to 0, which is its value.

The gradient is derived by hand.  With ``s' = a(s, m)`` the adjoints are a run from the other end,
``g = ḡ + (∂a/∂s)ᵀ g'``, whose factors are known from the states; the gradients of the elements are
products of these with the states before each step.

>>> sorted(TEXTS)[:3]
['adjoint', 'block_scan', 'decayed_sum']
>>> "linear_scan(" in TEXTS["linear_scan"]
True
"""

from __future__ import annotations

from backends.pytorch.recursion.parallel_matrices import BLOCK, MATRIX

PREFIXES = '''
def chunk(steps: int, width: int) -> int:
    """How many steps a chunk has; all of them where the loop is faster, as measured."""
    if steps < 24 or (not torch.compiler.is_compiling() and width >= 4096):
        return steps
    length = 8
    while 2 * length * length < steps:
        length *= 2
    return length


def ordered(items, reverse: bool) -> list:
    """The items in the order of the run."""
    found = list(items)
    return found[::-1] if reverse else found


def prefixes(
    monoid: tuple, parts: tuple[Tensor, ...], states: tuple[Tensor, ...], dim: int, reverse: bool
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """What each step along ``dim`` shows, and the last states.

    A monoid is functions: ``lift`` makes an element of what a step reads, ``multiply`` an element
    of one and a later step, ``move`` is the action on states, ``act`` is one step of it, and
    ``write``, where there is one, is a step whose result is written where it belongs.
    """
    lift, multiply, move, act, *write = monoid
    steps = parts[0].shape[dim]
    length = chunk(steps, states[0].numel())
    count = steps // length
    out = []
    if count < 2:
        for row in ordered(zip(*(p.unbind(dim) for p in parts), strict=True), reverse):
            states, shown = act(states, row)
            out.append(shown)
        return tuple(torch.stack(x, dim) for x in zip(*ordered(out, reverse), strict=True)), states
    whole = count * length
    first = steps - whole if reverse else 0
    chunks = (p.narrow(dim, first, whole).unflatten(dim, (count, length)) for p in parts)
    rows = ordered(zip(*(p.unbind(dim + 1) for p in chunks), strict=True), reverse)
    total = lift(*rows[0])
    for row in rows[1:]:
        total = multiply(total, row)
    borders = []
    for row in ordered(zip(*(p.unbind(dim) for p in total), strict=True), reverse):
        borders.append(states)
        states = move(states, row)
    inner = tuple(torch.stack(x, dim) for x in zip(*ordered(borders, reverse), strict=True))
    if write and not torch.compiler.is_compiling() and not torch.is_grad_enabled():
        whole_rows = parts[-1].new_empty(parts[-1].narrow(dim, first, whole).shape)
        targets = whole_rows.unflatten(dim, (count, length)).unbind(dim + 1)
        (step,) = write
        for row, target in zip(rows, ordered(targets, reverse), strict=True):
            inner = step(inner, row, target)
        found = (whole_rows,)
    else:
        for row in rows:
            inner, shown = act(inner, row)
            out.append(shown)
        pairs = zip(*ordered(out, reverse), strict=True)
        found = tuple(torch.stack(x, dim + 1).flatten(dim, dim + 1) for x in pairs)
    if whole == steps:
        return found, states
    parts = tuple(p.narrow(dim, 0 if reverse else whole, steps - whole) for p in parts)
    rest, states = prefixes(monoid, parts, states, dim, reverse)
    pairs = zip(rest, found) if reverse else zip(found, rest)
    return tuple(torch.cat(pair, dim) for pair in pairs), states


def pair(*parts: Tensor) -> tuple:
    """What a step reads is an element."""
    return parts


def before(states: Tensor, start: Tensor, dim: int, reverse: bool) -> Tensor:
    """The states before each step, of those after it."""
    steps, start = states.shape[dim], start.unsqueeze(dim)
    if reverse:
        return torch.cat([states, start], dim).narrow(dim, 1, steps)
    return torch.cat([start, states], dim).narrow(dim, 0, steps)
'''

ADJOINT = '''
def slope_lift(slope: Tensor, grad: Tensor) -> tuple:
    """c ↦ slope · (grad + c), as a factor and an offset."""
    return slope, slope * grad


def slope_multiply(total: tuple, row: tuple) -> tuple:
    """An affine map, and then the step."""
    return row[0] * total[0], row[0] * (row[1] + total[1])


def slope_move(states: tuple, total: tuple) -> tuple:
    """factor · c + offset."""
    return (torch.addcmul(total[1], total[0], states[0]),)


def slope_act(states: tuple, row: tuple) -> tuple:
    """A step back; the adjoint of the state is shown."""
    shown = row[1] + states[0]
    return (row[0] * shown,), (shown,)


def slope_write(states: tuple, row: tuple, target: Tensor) -> tuple:
    """A step back, its adjoint written in place."""
    torch.add(row[1], states[0], out=target)
    return (row[0] * target,)


def adjoint(slopes: Tensor, grad: Tensor, last: Tensor, dim: int, reverse: bool) -> tuple:
    """The adjoints of the states after each step, and that of the start: g = ḡ + slope' · g'."""
    monoid = (slope_lift, slope_multiply, slope_move, slope_act, slope_write)
    (shown,), (begin,) = prefixes(monoid, (slopes, grad), (last,), dim, not reverse)
    return shown, begin
'''

LINEAR = '''
def linear_multiply(total: tuple, row: tuple) -> tuple:
    """First one affine map, then another one."""
    return row[0] * total[0], torch.addcmul(row[1], row[0], total[1])


def linear_move(states: tuple, row: tuple) -> tuple:
    """s ↦ a·s + b."""
    return (torch.addcmul(row[1], row[0], states[0]),)


def linear_act(states: tuple, row: tuple) -> tuple:
    """One step; the new state is shown."""
    new = linear_move(states, row)
    return new, new


def linear_write(states: tuple, row: tuple, target: Tensor) -> tuple:
    """One step, its state written in place."""
    return (torch.addcmul(row[1], row[0], states[0], out=target),)


def linear_run(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> tuple:
    """All states, and the last one."""
    monoid = (pair, linear_multiply, linear_move, linear_act, linear_write)
    (rows,), (last,) = prefixes(monoid, (a, b), (start,), dim, reverse)
    return rows, last


class LinearScan(torch.autograd.Function):
    """h' = a·h + b."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool):
        return linear_run(a, b, start, dim, reverse)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output[0])

    @staticmethod
    def backward(ctx, grad, last):
        a, start, states = ctx.saved_tensors
        g, begin = adjoint(a, grad, last, ctx.dim, ctx.reverse)
        return g * before(states, start, ctx.dim, ctx.reverse), g, begin, None, None


def linear_scan(
    a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The states of h' = a·h + b after each step along ``dim``, and the last one."""
    a, b = torch.broadcast_tensors(a, b)
    if not a.shape[dim]:
        return b, start
    if chunk(a.shape[dim], start.numel()) == a.shape[dim]:
        return linear_run(a, b, start, dim, reverse)
    return LinearScan.apply(a, b, start, dim, reverse)
'''


def _tropical(name: str, function: str, sign: str) -> str:
    return f'''
def {name}_multiply(total: tuple, row: tuple) -> tuple:
    """First one map, then another one."""
    return total[0] + row[0], *{name}_move(total[1:], row)


def {name}_move(states: tuple, row: tuple) -> tuple:
    """s ↦ {function}(s + a, b)."""
    return (torch.{function}(states[0] + row[0], row[1]),)


def {name}_act(states: tuple, row: tuple) -> tuple:
    """One step; the new state is shown."""
    new = {name}_move(states, row)
    return new, new


def {name}_run(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> tuple:
    """All states, and the last one."""
    monoid = (pair, {name}_multiply, {name}_move, {name}_act)
    (rows,), (last,) = prefixes(monoid, (a, b), (start,), dim, reverse)
    return rows, last


class {name.title()}Scan(torch.autograd.Function):
    """h' = {function}(h + a, b); a tie counts half for either side."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool):
        return {name}_run(a, b, start, dim, reverse)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, b, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, b, start, output[0])

    @staticmethod
    def backward(ctx, grad, last):
        a, b, start, states = ctx.saved_tensors
        moved = before(states, start, ctx.dim, ctx.reverse) + a
        chosen = ((moved {sign} b).to(grad.dtype) + (moved {sign}= b).to(grad.dtype)) / 2
        g, begin = adjoint(chosen, grad, last, ctx.dim, ctx.reverse)
        kept = chosen * g
        return kept, g - kept, begin, None, None


def {name}_scan(
    a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The states of h' = {function}(h + a, b) after each step along ``dim``, and the last one."""
    a, b = torch.broadcast_tensors(a, b)
    if not a.shape[dim]:
        return b, start
    if chunk(a.shape[dim], start.numel()) == a.shape[dim]:
        return {name}_run(a, b, start, dim, reverse)
    return {name.title()}Scan.apply(a, b, start, dim, reverse)
'''


MOBIUS = '''
def mobius_multiply(total: tuple, row: tuple) -> tuple:
    """First one map, then another one; entries are kept near 1, as a multiple is the same map."""
    a, b, c, d = total
    e, f, g, h = row
    found = e * a + f * c, e * b + f * d, g * a + h * c, g * b + h * d
    size = torch.maximum(
        torch.maximum(found[0].abs(), found[1].abs()), torch.maximum(found[2].abs(), found[3].abs())
    )
    size = torch.where(size > 0, size, 1)
    return tuple(x / size for x in found)


def mobius_move(states: tuple, row: tuple) -> tuple:
    """s ↦ (a·s + b) / (c·s + d)."""
    return ((row[0] * states[0] + row[1]) / (row[2] * states[0] + row[3]),)


def mobius_act(states: tuple, row: tuple) -> tuple:
    """One step; the new state is shown."""
    new = mobius_move(states, row)
    return new, new


class MobiusScan(torch.autograd.Function):
    """h' = (a·h + b) / (c·h + d)."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, c: Tensor, d: Tensor, start: Tensor, dim: int, reverse: bool):
        monoid = (pair, mobius_multiply, mobius_move, mobius_act)
        (rows,), (last,) = prefixes(monoid, (a, b, c, d), (start,), dim, reverse)
        return rows, last

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, c, d, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, c, d, start, output[0])

    @staticmethod
    def backward(ctx, grad, last):
        a, c, d, start, states = ctx.saved_tensors
        old = before(states, start, ctx.dim, ctx.reverse)
        below = c * old + d
        g, begin = adjoint((a - c * states) / below, grad, last, ctx.dim, ctx.reverse)
        g = g / below
        return g * old, g, -g * states * old, -g * states, begin, None, None


def mobius_scan(
    a: Tensor, b: Tensor, c: Tensor, d: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The states of h' = (a·h + b) / (c·h + d) after each step along ``dim``, and the last one."""
    a, b, c, d = torch.broadcast_tensors(a, b, c, d)
    return MobiusScan.apply(a, b, c, d, start, dim, reverse) if a.shape[dim] else (b, start)
'''

FINITE = '''
def finite_multiply(total: tuple, row: tuple) -> tuple:
    """First one function, then another one."""
    return (row[0].gather(-1, total[0]),)


def finite_move(states: tuple, row: tuple) -> tuple:
    """s ↦ f(s): the entry of the function at the state."""
    return (row[0].gather(-1, states[0].unsqueeze(-1)).squeeze(-1),)


def finite_act(states: tuple, row: tuple) -> tuple:
    """One step; the new state is shown."""
    new = finite_move(states, row)
    return new, new


def finite_scan(
    functions: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The states of h' = f(h) after each step along ``dim``, and the last one."""
    if functions.shape[dim] == 0:
        return functions[..., 0], start
    monoid = (pair, finite_multiply, finite_move, finite_act)
    (rows,), (last,) = prefixes(monoid, (functions,), (start,), dim, reverse)
    return rows, last
'''

DECAYED = '''
def decayed_sum(factor: float, x: Tensor, start: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """Σ factorⁿ · x along ``dim``, the last entry with n = 0, and the start."""
    steps = x.shape[dim]
    age = torch.arange(steps, device=x.device, dtype=x.dtype)
    weights = factor ** (age if reverse else age.flip(0))
    return torch.tensordot(weights, x, ([0], [dim])) + factor**steps * start
'''

WEIGHTED = '''
def weighted_sum(
    factor: Tensor, x: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> Tensor:
    """Σ factorⁿ · x along ``dim``, the last entry with n = 0, and the start."""
    steps = x.shape[dim]
    age = torch.arange(steps, device=x.device).view(-1, *(1 for _ in x.shape[dim + 1 :]))
    weights = factor.unsqueeze(dim - start.dim() - 1) ** (age if reverse else age.flip(0))
    return (weights * x).sum(dim) + factor**steps * start
'''

#: The text of each function, with the names of those that it calls.
TEXTS = {
    "prefixes": PREFIXES,
    "adjoint": ADJOINT,
    "linear_scan": LINEAR,
    "block_scan": BLOCK,
    "matrix_scan": MATRIX,
    "most_scan": _tropical("most", "maximum", ">"),
    "least_scan": _tropical("least", "minimum", "<"),
    "mobius_scan": MOBIUS,
    "finite_scan": FINITE,
    "decayed_sum": DECAYED,
    "weighted_sum": WEIGHTED,
}
NEEDS = {
    "linear_scan": ("prefixes", "adjoint"),
    "block_scan": ("prefixes",),
    "matrix_scan": ("prefixes",),
    "most_scan": ("prefixes", "adjoint"),
    "least_scan": ("prefixes", "adjoint"),
    "mobius_scan": ("prefixes", "adjoint"),
    "finite_scan": ("prefixes",),
}
