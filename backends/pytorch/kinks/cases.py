"""Cases: the points at which gradients are a convention.

Definition.  A ``Case`` is an expression at a point: an arrow of the language (measured as the
emitter writes it) or a torch expression (``spelled``), the values of its inputs, and the cotangent
of its output (ones, where none is given).  The first word of a name is the generator.

Law.  Every generator has a case, or is a polynomial or smooth wherever it is finite, or returns no
numbers (``tests/backends/pytorch/kinks``).

>>> CASES["abs"].inputs, CASES["clamp(min=0)"].spelled
(([0.0],), 'torch.clamp(x, min=0)')

A case is one of the two:

>>> Case("nothing", ([0.0],))
Traceback (most recent call last):
...
ValueError: the case `nothing` is either an arrow or a torch expression
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.arrows import Arrow

n, m, e, v = Dim.named("n m e v")


@dataclass(frozen=True)
class Case:
    """An expression at a point, and the cotangent of its output (``None``: ones)."""

    name: str
    inputs: tuple[list[Any], ...]
    arrow: Arrow | None = None
    spelled: str = ""
    cotangent: list[float] | None = None

    def __post_init__(self) -> None:
        if (self.arrow is None) == (not self.spelled):
            raise ValueError(f"the case `{self.name}` is either an arrow or a torch expression")


CASES: dict[str, Case] = {}


def case(name: str, shape: Arrow | str, *inputs: list[Any], of: list[float] | None = None) -> None:
    """Register a case."""
    if name in CASES:
        raise ValueError(f"two cases are called `{name}`")
    spelled = shape if isinstance(shape, str) else ""
    CASES[name] = Case(name, inputs, None if isinstance(shape, str) else shape, spelled, of)


# --- our generators -------------------------------------------------------------------------------

#: Pointwise functions at points other than 0, with 0 where it belongs to them.
POINTS: dict[str, list[float]] = {
    "hard_tanh": [-1.0, 1.0],
    "log1p": [-1.0],
    "relu6": [0.0, 6.0],
    "softplus": [0.0, 20.0, 20.5],
}
POINTWISE = (
    *("abs", "cos", "elu", "erf", "exp", "gelu", "gelu_tanh", "hard_tanh", "log", "log1p"),
    *("logsigmoid", "mish", "reciprocal", "relu", "relu6", "rsqrt", "sigmoid", "sign", "silu"),
    *("sin", "softplus", "softsign", "sqrt", "square", "tanh"),
)


@arrow
def relu_difference(x: Real[n]) -> Real[n]:
    return op.relu(x) - op.relu(op.neg(x))


@arrow
def against_zero(x: Real[n]) -> Real[n]:
    return op.maximum(x, op.full_like(0)(x))


@arrow
def against_itself(x: Real[n]) -> Real[n]:
    return op.maximum(x, op.neg(x))


@arrow
def guarded_root(x: Real[n]) -> Real[n]:
    zero = op.full_like(0)(x)
    return op.where(op.less(zero, x), op.sqrt(x), zero)


@arrow
def by_cases(x: Real[n]) -> Real[n]:
    return op.where(op.less(x, op.full_like(0)(x)), op.neg(x), x)


@arrow
def norm(x: Real[n]) -> Real[()]:
    return op.sqrt(op.sum(n)(op.square(x)))


@arrow
def signed(x: Real[n]) -> Real[n]:
    return x * op.sign(x)


def _generators() -> None:
    for name in POINTWISE:
        case(name, getattr(op, name).at(Real[n]), POINTS.get(name, [0.0]))
    case("leaky_relu", op.leaky_relu(0.125).at(Real[n]), [0.0])
    case("maximum", op.maximum.at(Real[n], Real[n]), [1.0], [1.0])
    case("minimum", op.minimum.at(Real[n], Real[n]), [1.0], [1.0])
    case("div by 0", op.div.at(Real[n], Real[n]), [1.0], [0.0])
    case("max", op.max(n).at(Real[n]), [2.0, 2.0, 1.0])
    case("max of all equal", op.max(n).at(Real[n]), [0.0, 0.0, 0.0, 0.0])
    case("max along two axes", op.max(n, m).at(Real[n, m]), [[2.0, 2.0], [1.0, 2.0]])
    masked = op.max(n, masked=True).at(Real[n], Bool[n])
    case("max masked", masked, [2.0, 2.0, 2.0, 3.0], [True, True, False, False])
    case("max of nothing", masked, [2.0, 2.0], [False, False])
    case("min", op.min(n).at(Real[n]), [1.0, 1.0, 2.0])
    masked = op.min(n, masked=True).at(Real[n], Bool[n])
    case("min masked", masked, [2.0, 2.0, 2.0, 1.0], [True, True, False, False])
    case("min of nothing", masked, [2.0, 2.0], [False, False])
    case("logsumexp", op.logsumexp(n).at(Real[n]), [1.0, 1.0])
    masked = op.logsumexp(n, masked=True).at(Real[n], Bool[n])
    case("logsumexp of nothing", masked, [1.0, 1.0], [False, False])
    case("softmax", op.softmax(n).at(Real[n]), [1.0, 1.0], of=[1.0, 0.0])
    masked = op.softmax(n, masked=True).at(Real[n], Bool[n])
    case("softmax of nothing", masked, [1.0, 1.0], [False, False], of=[1.0, 0.0])
    case("max_pool", op.max_pool(n, kernel=2).at(Real[n]), [1.0, 1.0, 0.0, 2.0])
    overlapping = op.max_pool(n, kernel=2, stride=1).at(Real[n])
    case("max_pool overlapping", overlapping, [1.0, 1.0, 1.0])
    scattered = op.scatter(v, "max").at(Real[e], Fin(v)[e])
    case("scatter_max", scattered, [1.0, 1.0, 0.0, 2.0], [0, 0, 0, 1])
    several = op.scatter(v, "max", over=e).at(Real[n, e], Fin(v)[n, e])
    case("scatter_max batch", several, [[1.0, 1.0], [1.0, 1.0]], [[0, 0], [0, 1]])
    case("normalise", op.normalise(n, eps=0.25).at(Real[n]), [0.0, 0.0], of=[1.0, 0.0])
    ones = op.normalise(n, p=1, eps=0.25).at(Real[n])
    case("normalise p=1", ones, [0.0, 1.0], of=[1.0, 0.0])
    plain = op.layer_norm(n, affine=False, eps=0.25).at(Real[n])
    case("layer_norm of a constant", plain, [1.0, 1.0], of=[1.0, 0.0])
    plain = op.rms_norm(n, affine=False, eps=0.25).at(Real[n])
    case("rms_norm of 0", plain, [0.0, 0.0], of=[1.0, 0.0])
    case("where", op.where.at(Bool[n], Real[n], Real[n]), [True, False], [0.0, 0.0], [0.0, 0.0])


def _composites() -> None:
    case("relu(x) - relu(-x)", relu_difference, [0.0])
    case("maximum(x, 0)", against_zero, [0.0])
    case("maximum(x, -x)", against_itself, [0.0])
    case("where(x > 0, sqrt(x), 0)", guarded_root, [0.0])
    case("where(x < 0, -x, x)", by_cases, [0.0])
    case("sqrt(sum(square(x)))", norm, [0.0, 0.0])
    case("x * sign(x)", signed, [0.0])


# --- other spellings of torch ---------------------------------------------------------------------

SPELLINGS = (
    ("clamp(min=0)", "torch.clamp(x, min=0)", [0.0]),
    ("clamp(-1, 1)", "torch.clamp(x, -1, 1)", [-1.0, 1.0]),
    ("clamp(0, 6)", "torch.clamp(x, 0, 6)", [0.0, 6.0]),
    ("threshold", "F.threshold(x, 0.0, 0.0)", [0.0]),
    ("prelu", "F.prelu(x, x.new_tensor([0.25]))", [0.0]),
    ("celu", "F.celu(x, 2.0)", [0.0]),
    ("selu", "F.selu(x)", [0.0]),
    ("hardsigmoid", "F.hardsigmoid(x)", [-3.0, 3.0]),
    ("hardswish", "F.hardswish(x)", [-3.0, 3.0]),
    ("hardshrink", "F.hardshrink(x)", [-0.5, 0.5]),
    ("softshrink", "F.softshrink(x)", [-0.5, 0.5]),
    ("max()", "x.max()", [2.0, 2.0, 1.0]),
    ("min()", "x.min()", [1.0, 1.0, 2.0]),
    ("max(dim).values", "x.max(dim=-1).values", [2.0, 2.0, 1.0]),
    ("min(dim).values", "x.min(dim=-1).values", [1.0, 1.0, 2.0]),
    ("median()", "x.median()", [1.0, 1.0, 1.0]),
    ("sort().values[-1]", "x.sort(dim=-1).values[-1]", [2.0, 2.0, 1.0]),
    ("topk(1)", "x.topk(1).values.sum()", [2.0, 2.0, 1.0]),
    ("cummax", "x.cummax(dim=-1).values", [1.0, 1.0, 1.0]),
    ("fmax", "torch.fmax(x, y)", [1.0], [1.0]),
    ("max_pool1d", "F.max_pool1d(x[None], 2).sum()", [1.0, 1.0]),
    ("adaptive_max_pool1d", "F.adaptive_max_pool1d(x[None], 1).sum()", [1.0, 1.0]),
    ("index_reduce amax", 'x.new_zeros(1).index_reduce(0, x.new_zeros(2).long(), x, "amax")',
     [1.0, 1.0]),
    ("vector_norm", "torch.linalg.vector_norm(x)", [0.0, 0.0]),
    ("norm p=1", "x.norm(p=1)", [0.0, 1.0]),
    ("norm p=inf", "x.norm(p=float('inf'))", [1.0, 1.0]),
    ("F.normalize", "F.normalize(x, dim=-1)[0]", [0.0, 0.0]),
    ("hypot", "torch.hypot(x, y)", [0.0], [0.0]),
    ("pow 0.5", "x.pow(0.5)", [0.0]),
    ("pow 0", "x.pow(0)", [0.0]),
    ("std of a constant", "x.std()", [1.0, 1.0]),
    ("prod", "x.prod()", [0.0, 2.0, 0.0]),
    ("l1_loss", "F.l1_loss(x, y)", [1.0], [1.0]),
    ("smooth_l1_loss", "F.smooth_l1_loss(x, y)", [2.0], [1.0]),
    ("margin_ranking_loss", "F.margin_ranking_loss(x, y, torch.ones_like(x), margin=1.0)", [1.0],
     [0.0]),
    ("hinge_embedding_loss", "F.hinge_embedding_loss(x, -torch.ones_like(x))", [1.0]),
    ("cosine_similarity", "F.cosine_similarity(x, y, dim=-1)", [0.0, 0.0], [1.0, 0.0]),
    ("pairwise_distance", "F.pairwise_distance(x, y, eps=0.0)", [1.0, 1.0], [1.0, 1.0]),
)  # fmt: skip


def _spellings() -> None:
    for name, text, *inputs in SPELLINGS:
        case(name, text, *inputs)


_generators()
_composites()
_spellings()
