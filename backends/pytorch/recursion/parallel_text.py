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

PREFIXES = '''
def chunk(steps: int, width: int) -> int:
    """How many steps a chunk has; all of them where the loop is faster."""
    if steps < 16 or (width >= 4096 and not torch.compiler.is_compiling()):
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
) -> tuple[Tensor, ...]:
    """The states after each step along ``dim``; (m · m') is first m and then m'."""
    act, multiply = monoid
    steps = parts[0].shape[dim]
    length = chunk(steps, states[0].numel())
    count = steps // length
    out = []
    if count < 2:
        for row in ordered(zip(*(p.unbind(dim) for p in parts), strict=True), reverse):
            states = act(states, row)
            out.append(states)
        return tuple(torch.stack(x, dim) for x in zip(*ordered(out, reverse), strict=True))
    whole = count * length
    first = steps - whole if reverse else 0
    chunks = (p.narrow(dim, first, whole).unflatten(dim, (count, length)) for p in parts)
    rows = ordered(zip(*(p.unbind(dim + 1) for p in chunks), strict=True), reverse)
    total = rows[0]
    for row in rows[1:]:
        total = multiply(total, row)
    borders = []
    for row in ordered(zip(*(p.unbind(dim) for p in total), strict=True), reverse):
        borders.append(states)
        states = act(states, row)
    inner = tuple(torch.stack(x, dim) for x in zip(*ordered(borders, reverse), strict=True))
    for row in rows:
        inner = act(inner, row)
        out.append(inner)
    pairs = zip(*ordered(out, reverse), strict=True)
    found = tuple(torch.stack(x, dim + 1).flatten(dim, dim + 1) for x in pairs)
    if whole == steps:
        return found
    parts = tuple(p.narrow(dim, 0 if reverse else whole, steps - whole) for p in parts)
    rest = prefixes(monoid, parts, states, dim, reverse)
    pairs = zip(rest, found) if reverse else zip(found, rest)
    return tuple(torch.cat(pair, dim) for pair in pairs)


def before(states: Tensor, start: Tensor, dim: int, reverse: bool) -> Tensor:
    """The states before each step, of those after it."""
    steps, start = states.shape[dim], start.unsqueeze(dim)
    if reverse:
        return torch.cat([states, start], dim).narrow(dim, 1, steps)
    return torch.cat([start, states], dim).narrow(dim, 0, steps)


def backwards(monoid: tuple, slopes: tuple, grads: tuple, dim: int, reverse: bool) -> tuple:
    """The adjoints of the states: g = ḡ + slopeᵀ · g', run from the other end."""
    steps = grads[0].shape[dim]
    ends = tuple(g.narrow(dim, 0 if reverse else steps - 1, 1) for g in grads)
    if steps == 1:
        return ends
    rows = (x.narrow(dim, 0 if reverse else 1, steps - 1) for x in slopes)
    more = (g.narrow(dim, 1 if reverse else 0, steps - 1) for g in grads)
    states = tuple(x.squeeze(dim) for x in ends)
    found = prefixes(monoid, (*rows, *more), states, dim, not reverse)
    pairs = zip(ends, found) if reverse else zip(found, ends)
    return tuple(torch.cat(pair, dim) for pair in pairs)
'''

ADJOINT = '''
def linear_act(states: tuple, element: tuple) -> tuple:
    """s ↦ a·s + b."""
    return (torch.addcmul(element[1], element[0], states[0]),)


def linear_multiply(first: tuple, second: tuple) -> tuple:
    """First one affine map, then another one."""
    return second[0] * first[0], torch.addcmul(second[1], second[0], first[1])


def adjoint(slopes: Tensor, grad: Tensor, dim: int, reverse: bool) -> Tensor:
    """The adjoints of one state."""
    return backwards((linear_act, linear_multiply), (slopes,), (grad,), dim, reverse)[0]
'''

LINEAR = '''
class LinearScan(torch.autograd.Function):
    """h' = a·h + b."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> Tensor:
        return prefixes((linear_act, linear_multiply), (a, b), (start,), dim, reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, start, states = ctx.saved_tensors
        g = adjoint(a, grad, ctx.dim, ctx.reverse)
        first = -1 if ctx.reverse else 0
        begin = g.select(ctx.dim, first) * a.select(ctx.dim, first)
        return g * before(states, start, ctx.dim, ctx.reverse), g, begin, None, None


def linear_scan(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """The states of h' = a·h + b after each step along ``dim``."""
    a, b = torch.broadcast_tensors(a, b)
    return LinearScan.apply(a, b, start, dim, reverse) if a.shape[dim] else b
'''

BLOCK = '''
def block_act(states: tuple, element: tuple) -> tuple:
    """s ↦ A s + b at every entry, for k states."""
    count = len(states)
    found = []
    for i in range(count):
        total = element[count * count + i]
        for j in range(count):
            total = torch.addcmul(total, element[i * count + j], states[j])
        found.append(total)
    return tuple(found)


def block_multiply(first: tuple, second: tuple) -> tuple:
    """First one affine map, then another one."""
    count = 1
    while count * (count + 1) != len(first):
        count += 1
    found = []
    for i in range(count):
        for j in range(count):
            total = second[i * count] * first[j]
            for m in range(1, count):
                total = torch.addcmul(total, second[i * count + m], first[m * count + j])
            found.append(total)
    return *found, *block_act(first[count * count :], second)


class BlockScan(torch.autograd.Function):
    """k states under a k × k matrix at every entry."""

    @staticmethod
    def forward(count: int, dim: int, reverse: bool, *parts: Tensor):
        monoid = (block_act, block_multiply)
        return prefixes(monoid, parts[:-count], parts[-count:], dim, reverse)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.count, ctx.dim, ctx.reverse, *parts = inputs
        ctx.save_for_backward(*parts[: ctx.count**2], *parts[-ctx.count :], *output)

    @staticmethod
    def backward(ctx, *grads):
        count, dim, reverse = ctx.count, ctx.dim, ctx.reverse
        square, first = count * count, -1 if reverse else 0
        matrix, saved = ctx.saved_tensors[:square], ctx.saved_tensors[square:]
        pairs = zip(saved[count:], saved[:count], strict=True)
        old = [before(states, start, dim, reverse) for states, start in pairs]
        turned = tuple(matrix[j * count + i] for i in range(count) for j in range(count))
        g = backwards((block_act, block_multiply), turned, grads, dim, reverse)
        ends = [x.select(dim, first) for x in g]
        begin = []
        for j in range(count):
            terms = (matrix[i * count + j].select(dim, first) * ends[i] for i in range(count))
            begin.append(sum(terms))
        products = (g[i] * old[j] for i in range(count) for j in range(count))
        return None, None, None, *products, *g, *begin


def block_scan(count: int, dim: int, reverse: bool, *parts: Tensor) -> tuple[Tensor, ...]:
    """The states after each step along ``dim``, of k² factors, k offsets and k starts."""
    rows = torch.broadcast_tensors(*parts[:-count])
    if rows[0].shape[dim] == 0:
        return tuple(rows[-count:])
    return BlockScan.apply(count, dim, reverse, *rows, *parts[-count:])
'''

MATRIX = '''
def matrix_act(states: tuple, element: tuple) -> tuple:
    """s ↦ A s + b along the last axis."""
    return ((element[0] @ states[0].unsqueeze(-1)).squeeze(-1) + element[1],)


def matrix_multiply(first: tuple, second: tuple) -> tuple:
    """First one affine map, then another one."""
    return second[0] @ first[0], *matrix_act(first[1:], second)


class MatrixScan(torch.autograd.Function):
    """h' = A h + b."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> Tensor:
        return prefixes((matrix_act, matrix_multiply), (a, b), (start,), dim, reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, start, states = ctx.saved_tensors
        dim, reverse, monoid = ctx.dim, ctx.reverse, (matrix_act, matrix_multiply)
        (g,) = backwards(monoid, (a.mT,), (grad,), dim, reverse)
        first = -1 if reverse else 0
        begin = a.mT.select(dim, first) @ g.select(dim, first).unsqueeze(-1)
        old = before(states, start, dim, reverse)
        return g.unsqueeze(-1) * old.unsqueeze(-2), g, begin.squeeze(-1), None, None


def matrix_scan(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """The states of h' = A h + b after each step along ``dim``."""
    shape = torch.broadcast_shapes(a.shape[:-1], b.shape)
    a, b = a.expand(*shape, shape[-1]), b.expand(shape)
    return MatrixScan.apply(a, b, start, dim, reverse) if shape[dim] else b
'''


def _tropical(name: str, function: str, sign: str) -> str:
    return f'''
def {name}_act(states: tuple, element: tuple) -> tuple:
    """s ↦ {function}(s + a, b)."""
    return (torch.{function}(states[0] + element[0], element[1]),)


def {name}_multiply(first: tuple, second: tuple) -> tuple:
    """First one map, then another one."""
    return first[0] + second[0], *{name}_act(first[1:], second)


class {name.title()}Scan(torch.autograd.Function):
    """h' = {function}(h + a, b); a tie counts half for either side."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool) -> Tensor:
        return prefixes(({name}_act, {name}_multiply), (a, b), (start,), dim, reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, b, start, ctx.dim, ctx.reverse = inputs
        ctx.save_for_backward(a, b, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, b, start, states = ctx.saved_tensors
        moved = before(states, start, ctx.dim, ctx.reverse) + a
        chosen = ((moved {sign} b).to(grad.dtype) + (moved {sign}= b).to(grad.dtype)) / 2
        g = adjoint(chosen, grad, ctx.dim, ctx.reverse)
        kept = chosen * g
        return kept, g - kept, kept.select(ctx.dim, -1 if ctx.reverse else 0), None, None


def {name}_scan(a: Tensor, b: Tensor, start: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """The states of h' = {function}(h + a, b) after each step along ``dim``."""
    a, b = torch.broadcast_tensors(a, b)
    return {name.title()}Scan.apply(a, b, start, dim, reverse) if a.shape[dim] else b
'''


FINITE = '''
def finite_act(states: tuple, element: tuple) -> tuple:
    """s ↦ f(s): the entry of the function at the state."""
    return (element[0].gather(-1, states[0].unsqueeze(-1)).squeeze(-1),)


def finite_multiply(first: tuple, second: tuple) -> tuple:
    """First one function, then another one."""
    return (second[0].gather(-1, first[0]),)


def finite_scan(functions: Tensor, start: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """The states of h' = f(h) after each step along ``dim``."""
    if functions.shape[dim] == 0:
        return functions[..., 0]
    return prefixes((finite_act, finite_multiply), (functions,), (start,), dim, reverse)[0]
'''

DECAYED = '''
def decayed_sum(
    factor: float, x: Tensor, start: Tensor, dim: int, reverse: bool = False
) -> Tensor:
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
    "finite_scan": ("prefixes",),
}
