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
    monoid: tuple, parts: tuple[Tensor, ...], states: tuple[Tensor, ...], reverse: bool
) -> tuple[Tensor, ...]:
    """The states after each step along the leading axis; (m · m') is first m and then m'."""
    act, multiply = monoid
    steps = parts[0].shape[0]
    length = chunk(steps, states[0].numel())
    count = steps // length
    out = []
    if count < 2:
        for row in ordered(zip(*(p.unbind(0) for p in parts), strict=True), reverse):
            states = act(states, row)
            out.append(states)
        return tuple(torch.stack(x) for x in zip(*ordered(out, reverse), strict=True))
    whole = count * length
    first = steps - whole if reverse else 0
    chunks = (p.narrow(0, first, whole).unflatten(0, (count, length)) for p in parts)
    rows = ordered(zip(*(p.unbind(1) for p in chunks), strict=True), reverse)
    total = rows[0]
    for row in rows[1:]:
        total = multiply(total, row)
    borders = []
    for row in ordered(zip(*(p.unbind(0) for p in total), strict=True), reverse):
        borders.append(states)
        states = act(states, row)
    inner = tuple(torch.stack(x) for x in zip(*ordered(borders, reverse), strict=True))
    for row in rows:
        inner = act(inner, row)
        out.append(inner)
    out = ordered(out, reverse)
    found = tuple(torch.stack(x, 1).flatten(0, 1) for x in zip(*out, strict=True))
    if whole == steps:
        return found
    if reverse:
        rest = prefixes(monoid, tuple(p[:first] for p in parts), states, reverse)
        return tuple(torch.cat(pair) for pair in zip(rest, found, strict=True))
    rest = prefixes(monoid, tuple(p[whole:] for p in parts), states, reverse)
    return tuple(torch.cat(pair) for pair in zip(found, rest, strict=True))


def shifted(states: Tensor, start: Tensor, reverse: bool) -> Tensor:
    """The states before each step."""
    if reverse:
        return torch.cat([states[1:], start.unsqueeze(0)])
    return torch.cat([start.unsqueeze(0), states[:-1]])
'''

ADJOINT = '''
def linear_act(states: tuple, element: tuple) -> tuple:
    """s ↦ a·s + b."""
    return (torch.addcmul(element[1], element[0], states[0]),)


def linear_multiply(first: tuple, second: tuple) -> tuple:
    """First one affine map, then another one."""
    return second[0] * first[0], torch.addcmul(second[1], second[0], first[1])


def adjoint(slopes: Tensor, grad: Tensor, reverse: bool) -> Tensor:
    """g = ḡ + slope' · g', from the other end."""
    if reverse:
        parts, last = (slopes[:-1], grad[1:]), grad[:1]
    else:
        parts, last = (slopes[1:], grad[:-1]), grad[-1:]
    if grad.shape[0] == 1:
        return last
    (found,) = prefixes((linear_act, linear_multiply), parts, (last[0],), not reverse)
    return torch.cat([last, found] if reverse else [found, last])
'''

LINEAR = '''
class LinearScan(torch.autograd.Function):
    """h' = a·h + b along the leading axis."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, reverse: bool) -> Tensor:
        return prefixes((linear_act, linear_multiply), (a, b), (start,), reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, start, states = ctx.saved_tensors
        g = adjoint(a, grad, ctx.reverse)
        first = -1 if ctx.reverse else 0
        return g * shifted(states, start, ctx.reverse), g, g[first] * a[first], None


def linear_scan(a: Tensor, b: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """The states of h' = a·h + b, the steps in front."""
    a, b = torch.broadcast_tensors(a, b)
    return LinearScan.apply(a, b, start, reverse) if a.shape[0] else b
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
    square, count = len(first), 1
    while count * (count + 1) != square:
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
    def forward(count: int, reverse: bool, *parts: Tensor):
        return prefixes((block_act, block_multiply), parts[:-count], parts[-count:], reverse)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.count, ctx.reverse, *parts = inputs
        ctx.save_for_backward(*parts[: ctx.count**2], *parts[-ctx.count :], *output)

    @staticmethod
    def backward(ctx, *grads):
        count, reverse = ctx.count, ctx.reverse
        square = count * count
        matrix, saved = ctx.saved_tensors[:square], ctx.saved_tensors[square:]
        before = [shifted(s, start, reverse) for start, s in zip(saved[:count], saved[count:])]
        turned = [matrix[j * count + i] for i in range(count) for j in range(count)]
        last = 0 if reverse else -1
        adjoints = tuple(g[last] for g in grads)
        g = tuple(x.unsqueeze(0) for x in adjoints)
        if grads[0].shape[0] > 1:
            slopes = (m[:-1] if reverse else m[1:] for m in turned)
            parts = (*slopes, *(x[1:] if reverse else x[:-1] for x in grads))
            found = prefixes((block_act, block_multiply), parts, adjoints, not reverse)
            g = tuple(torch.cat([y, x] if reverse else [x, y]) for x, y in zip(found, g))
        first = -1 if reverse else 0
        start = [
            sum(matrix[i * count + j][first] * g[i][first] for i in range(count))
            for j in range(count)
        ]
        products = (g[i] * before[j] for i in range(count) for j in range(count))
        return None, None, *products, *g, *start


def block_scan(count: int, reverse: bool, *parts: Tensor) -> tuple[Tensor, ...]:
    """The states after each step: k² factors, k offsets, k starts; the steps in front."""
    rows = torch.broadcast_tensors(*parts[:-count])
    if rows[0].shape[0] == 0:
        return tuple(rows[-count:])
    return BlockScan.apply(count, reverse, *rows, *parts[-count:])
'''

MATRIX = '''
def matrix_act(states: tuple, element: tuple) -> tuple:
    """s ↦ A s + b along the last axis."""
    return ((element[0] @ states[0].unsqueeze(-1)).squeeze(-1) + element[1],)


def matrix_multiply(first: tuple, second: tuple) -> tuple:
    """First one affine map, then another one."""
    return second[0] @ first[0], *matrix_act(first[1:], second)


class MatrixScan(torch.autograd.Function):
    """h' = A h + b along the leading axis."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, reverse: bool) -> Tensor:
        return prefixes((matrix_act, matrix_multiply), (a, b), (start,), reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, _, start, ctx.reverse = inputs
        ctx.save_for_backward(a, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, start, states = ctx.saved_tensors
        turned = a.mT
        if ctx.reverse:
            parts, last, first = (turned[:-1], grad[1:]), grad[:1], -1
        else:
            parts, last, first = (turned[1:], grad[:-1]), grad[-1:], 0
        g = last
        if grad.shape[0] > 1:
            monoid = (matrix_act, matrix_multiply)
            (found,) = prefixes(monoid, parts, (last[0],), not ctx.reverse)
            g = torch.cat([last, found] if ctx.reverse else [found, last])
        before = shifted(states, start, ctx.reverse)
        begin = (turned[first] @ g[first].unsqueeze(-1)).squeeze(-1)
        return g.unsqueeze(-1) * before.unsqueeze(-2), g, begin, None


def matrix_scan(a: Tensor, b: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """The states of h' = A h + b, the steps in front."""
    steps = max(a.shape[0], b.shape[0] if b.dim() else 1)
    a, b = a.expand(steps, *a.shape[1:]), b.expand(steps, *start.shape)
    return MatrixScan.apply(a, b, start, reverse) if a.shape[0] else b
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
    """h' = {function}(h + a, b) along the leading axis; a tie counts half for either side."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, start: Tensor, reverse: bool) -> Tensor:
        return prefixes(({name}_act, {name}_multiply), (a, b), (start,), reverse)[0]

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        a, b, start, ctx.reverse = inputs
        ctx.save_for_backward(a, b, start, output)

    @staticmethod
    def backward(ctx, grad):
        a, b, start, states = ctx.saved_tensors
        moved = shifted(states, start, ctx.reverse) + a
        chosen = ((moved {sign} b).to(grad.dtype) + (moved {sign}= b).to(grad.dtype)) / 2
        g = adjoint(chosen, grad, ctx.reverse)
        kept = chosen * g
        return kept, g - kept, kept[-1 if ctx.reverse else 0], None


def {name}_scan(a: Tensor, b: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """The states of h' = {function}(h + a, b), the steps in front."""
    a, b = torch.broadcast_tensors(a, b)
    return {name.title()}Scan.apply(a, b, start, reverse) if a.shape[0] else b
'''


FINITE = '''
def finite_act(states: tuple, element: tuple) -> tuple:
    """s ↦ f(s): the entry of the function at the state."""
    return (element[0].gather(-1, states[0].unsqueeze(-1)).squeeze(-1),)


def finite_multiply(first: tuple, second: tuple) -> tuple:
    """First one function, then another one."""
    return (second[0].gather(-1, first[0]),)


def finite_scan(functions: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """The states of h' = f(h), the steps in front."""
    if functions.shape[0] == 0:
        return functions[..., 0]
    return prefixes((finite_act, finite_multiply), (functions,), (start,), reverse)[0]
'''

DECAYED = '''
def decayed_sum(factor: float, x: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """Σ factorⁿ · x over the steps in front, the last one with n = 0, and the start."""
    steps = x.shape[0]
    age = torch.arange(steps, device=x.device, dtype=x.dtype)
    weights = factor ** (age if reverse else age.flip(0))
    return torch.tensordot(weights, x, 1) + factor**steps * start
'''

WEIGHTED = '''
def weighted_sum(factor: Tensor, x: Tensor, start: Tensor, reverse: bool = False) -> Tensor:
    """Σ factorⁿ · x over the steps in front, the last one with n = 0, and the start."""
    steps = x.shape[0]
    age = torch.arange(steps, device=x.device).view(-1, *(1 for _ in x.shape[1:]))
    weights = factor ** (age if reverse else age.flip(0))
    return (weights * x).sum(0) + factor**steps * start
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
