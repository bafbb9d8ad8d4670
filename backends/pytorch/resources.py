"""Resources in generated code: how weights, states and noise are declared, started and drawn.

Definition.  A weight is an ``nn.Parameter`` whose state-dict key is its path in the spec; a frozen
weight is one without gradient; statistics and stale copies are buffers; noise is drawn.

>>> from categorical import Dim, Real
>>> from categorical.records import Init
>>> c = Dim("c")
>>> start("self.scale", Init("uniform", (c.size,)), lambda size: f"self.config.{size}")
['bound = 1 / math.sqrt(self.config.c)', 'nn.init.uniform_(self.scale, -bound, bound)']
>>> start("self.scale", Init("sorcery"), str)
Traceback (most recent call last):
...
ValueError: no initialisation is called 'sorcery'
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from backends.pytorch.safety import literal
from categorical.graph import Resource
from categorical.records import FROZEN, STALE, STATISTIC, Init
from categorical.sizes import Size

DRAWS = {
    "bernoulli": '''
def draw_bernoulli(shape: tuple[int, ...], p: float, like: Tensor) -> Tensor:
    """Noise: independent entries, 1 with probability p and 0 otherwise."""
    return torch.bernoulli(torch.full(shape, p, dtype=like.dtype, device=like.device))
''',
    "normal": '''
def draw_normal(shape: tuple[int, ...], std: float, like: Tensor) -> Tensor:
    """Noise: independent Gaussian entries."""
    return std * torch.randn(shape, dtype=like.dtype, device=like.device)
''',
    "uniform": '''
def draw_uniform(shape: tuple[int, ...], bound: float, like: Tensor) -> Tensor:
    """Noise: independent entries, uniform between -bound and bound."""
    return bound * (2 * torch.rand(shape, dtype=like.dtype, device=like.device) - 1)
''',
    "gumbel": '''
def draw_gumbel(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Noise: independent standard Gumbel entries."""
    return -torch.empty(shape, dtype=like.dtype, device=like.device).exponential_().log()
''',
}


def is_buffer(resource: Resource) -> bool:
    """Whether a resource is kept as a buffer: no gradient ever reaches it."""
    return resource.role in (STATISTIC, STALE) or resource.space.kind in ("bool", "fin")


def tensor(resource: Resource, shape: str) -> str:
    """An empty tensor for a resource of a shape."""
    dtypes = {
        "bool": ", dtype=torch.bool",
        "fin": ", dtype=torch.int64",
        "complex": ", dtype=torch.get_default_dtype().to_complex()",
    }
    return f"torch.empty({shape}{dtypes.get(resource.space.kind, '')})"


def declaration(resource: Resource, shape: str) -> str:
    """The expression that makes the parameter (for a buffer, its tensor)."""
    made = tensor(resource, shape)
    if is_buffer(resource):
        return made
    return f"nn.Parameter({made}{', requires_grad=False' if resource.role == FROZEN else ''})"


def start(target: str, init: Init, size: Callable[[Size], str], stacked: bool = False) -> list[str]:
    """The statements that give a tensor its initial value; ``stacked`` ones have an axis more."""

    def number(value: object) -> str:
        return size(value) if isinstance(value, Size) else literal(value)

    args = [number(a) for a in init.args]
    if init.kind == "zeros":
        return [f"nn.init.zeros_({target})"]
    if init.kind == "ones":
        return [f"nn.init.ones_({target})"]
    if init.kind == "constant":
        return [f"nn.init.constant_({target}, {args[0]})"]
    if init.kind == "normal":
        return [f"nn.init.normal_({target}, std={args[0] if args else '1.0'})"]
    if init.kind == "uniform":
        bound = f"bound = 1 / math.sqrt({args[0]})"
        return [bound, f"nn.init.uniform_({target}, -bound, bound)"]
    if init.kind == "xavier":
        bound = f"bound = math.sqrt(6 / ({args[0]} + {args[1]}))"
        return [bound, f"nn.init.uniform_({target}, -bound, bound)"]
    if init.kind == "variance":
        squares = [float(s) for s in init.args[1:] if not isinstance(s, Size)]
        return _of_variance(target, args[0], squares, ":, " if stacked else "")
    if init.kind == "eye":
        return [f"nn.init.eye_({target})"]
    raise ValueError(f"no initialisation is called {init.kind!r}")


def _of_variance(target: str, fan: str, squares: list[float], before: str) -> list[str]:
    """Uniform entries of variance 1 / (fan · s), for each run of one s along the first axis."""
    lines, start = [], 0
    for square, run in groupby(squares):
        stop = start + len(list(run))
        count = literal(int(square) if square == int(square) else square)
        factors = " * ".join(f for f in (count, fan) if f != "1") or "1"
        own = target if stop - start == len(squares) else f"{target}[{before}{start}:{stop}]"
        inside = f"3 / ({factors})" if "*" in factors else f"3 / {factors}"
        lines += [f"bound = math.sqrt({inside})", f"nn.init.uniform_({own}, -bound, bound)"]
        start = stop
    return lines
