"""Every row of the table against the reference meaning: values, states and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.table import ROWS
from categorical.arrows import OpArrow
from categorical.index import Axis, Dim
from categorical.records import EVAL, TRAIN, Context, Generator
from categorical.semantics import Dual, DualAlgebra, FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.spaces import Bool, Real
from tests.categorical.ops.instances import INSTANCES, Instance, draw, op

FLOATS = FloatAlgebra()
LEAD = Axis(Dim("lead"))
every = pytest.mark.parametrize("instance", list(INSTANCES.values()), ids=str)


@pytest.fixture(autouse=True)
def _doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def seeded(*parts: object) -> np.random.Generator:
    return np.random.default_rng([ord(x) for x in repr(parts)])


def compare(instance: Instance, types, mode: str, source=None, given=None) -> None:
    """The generated module against the interpreter, on random inputs and weights."""
    sizes = {**instance.sizes, "lead": 2}
    arrow = OpArrow(instance.box.op).retype(tuple(types))
    graph = arrow.graph()
    built = build(arrow, sizes, "demo", validate=False)
    if source is not None:
        built.source = source(built.source)
    module = built.module()
    module.train(mode == TRAIN)
    rng = seeded(instance, mode, len(types))

    def size_of(index):
        return index.size.evaluate(sizes)

    inputs = given or [draw(instance, FLOATS, rng, size_of, one) for one in types]
    state = {}
    for path, found in graph.resources(sizes).items():
        state[path] = draw(instance, FLOATS, rng, size_of, found.space, found.role)
        if found.role == "noise":
            assert mode == EVAL
    weights = [path for path, r in graph.resources(sizes).items() if r.role == "weight"]
    keys = {path: built.parameters[path] for path in state if path in built.parameters}
    stored = {
        k: torch.tensor(state[p])
        for p, k in keys.items()
        if graph.resources(sizes)[p].role != "noise"
    }
    module.load_state_dict(stored)
    tensors = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    results = module(*tensors)
    results = results if isinstance(results, tuple) else (results,)
    want = run(graph, Context(FLOATS, sizes, mode), inputs, state)
    for expected, got in zip(want.outputs, results, strict=True):
        assert got.shape == expected.shape
        assert got.dtype == torch.tensor(expected).dtype
        np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-10, atol=1e-10)
    for path, expected in want.updates.items():
        np.testing.assert_allclose(module.state_dict()[keys[path]].numpy(), expected, rtol=1e-10)

    # the gradient along a random cotangent, against the derivative along a random tangent
    real = [r for r in results if r.dtype.is_floating_point and r.requires_grad]
    if not real:
        return
    cotangents = [torch.tensor(rng.standard_normal(tuple(r.shape))) for r in real]
    sources = [t for t in tensors if t.requires_grad]
    sources += [module.get_parameter(keys[p]) for p in weights]
    gradients = torch.autograd.grad(real, sources, cotangents, allow_unused=True)
    tangents = [rng.standard_normal(tuple(s.shape)) for s in sources]
    left = sum(
        float((g * torch.tensor(t)).sum()) for g, t in zip(gradients, tangents) if g is not None
    )
    algebra, along = DualAlgebra(), list(tangents)
    duals = [Dual(x, along.pop(0)) if x.dtype.kind == "f" else x for x in inputs]
    moving = dict(zip(weights, along, strict=True))
    duals_state = {
        p: Dual(x, moving.get(p, np.zeros_like(x))) if x.dtype.kind == "f" else x
        for p, x in state.items()
    }
    outs = run(graph, Context(algebra, sizes, mode), duals, duals_state).outputs
    moved = [o for o, r in zip(outs, results) if r.dtype.is_floating_point and r.requires_grad]
    right = sum(float((c.numpy() * o.tangent).sum()) for c, o in zip(cotangents, moved))
    assert np.isfinite(left) and left == pytest.approx(right, rel=1e-8, abs=1e-8)


def modes(instance: Instance) -> list[str]:
    roles = {r.role for r in instance.box.resources}
    return [EVAL] if "noise" in roles else [EVAL, TRAIN]


def test_every_generator_has_a_row() -> None:
    assert set(Generator.table) == set(ROWS)


@every
def test_values_and_gradients(instance: Instance) -> None:
    for mode in modes(instance):
        compare(instance, instance.types, mode)


@every
def test_a_leading_axis_changes_nothing(instance: Instance) -> None:
    if not instance.types or instance.generator.stateful:
        return
    wide = [one.with_axes((LEAD, *one.axes)) for one in instance.types]
    compare(instance, wide, EVAL)
    for slot in instance.generator.loose(instance.box.op) & set(range(len(wide))):
        if len(wide) > 1:
            compare(instance, [*wide[:slot], instance.types[slot], *wide[slot + 1 :]], EVAL)


def test_noise_is_drawn_in_training_only() -> None:
    torch.manual_seed(0)
    n = Dim("n")
    x = torch.full((40000,), 3.0)
    dropped = build(op.dropout(0.25).at(Real[n]), {}, "demo", validate=False).module()
    y = dropped(x)
    assert abs(float((y != 0).double().mean()) - 0.75) < 0.01
    assert torch.allclose(y[y != 0], torch.tensor(4.0))
    dropped.eval()
    assert torch.equal(dropped(x), x)
    for arrow, mean, deviation in (
        (op.gumbel_noise, np.euler_gamma, np.pi / 6**0.5),
        (op.gaussian_noise(0.5), 0.0, 0.5),
    ):
        noisy = build(arrow.at(Real[n]), {}, "demo", validate=False).module()
        drawn = noisy(x) - x
        assert abs(float(drawn.mean()) - mean) < 0.03
        assert abs(float(drawn.std()) - deviation) < 0.03
        noisy.eval()
        assert torch.equal(noisy(x), x)


def test_batch_norm_is_torchs_own() -> None:
    c, s, h = Dim.named("c s h")
    for axes, shape in (((s, c, h), (7, 3, 4)), ((s, h, c), (7, 4, 3))):
        arrow = op.batch_norm(c, over=(s, h), momentum=0.3).at(Real[axes])
        ours = build(arrow, {"c": 3}, "demo", validate=False).module()
        theirs = torch.nn.BatchNorm1d(3, momentum=0.3)
        for mode in (True, True, False):
            ours.train(mode)
            theirs.train(mode)
            x = torch.randn(shape) * 2 + 1
            y = theirs(x.movedim(axes.index(c), 1)).movedim(1, axes.index(c))
            torch.testing.assert_close(ours(x), y)
        for key, value in ours.state_dict().items():
            torch.testing.assert_close(value, theirs.state_dict()[key.rpartition(".")[2]])


@pytest.mark.parametrize("name", ["softmax", "max", "min", "logsumexp", "mean"])
def test_masking_everything_gives_zero_and_no_nan(name: str) -> None:
    n, c = Dim.named("n c")
    instance = INSTANCES[f"{name}.masked"]
    rng = seeded(name)
    mask = np.array([[False, False, True], [False] * 3, [True] * 3, [False] * 3])
    arrow = Instance(name, getattr(op, name)(c, masked=True), (Real[n, c], Bool[n, c]))
    x = rng.standard_normal((4, 3))
    for scale in (1.0, 1e4):
        compare(arrow, arrow.types, EVAL, given=[x * scale, mask])
    assert instance.generator is arrow.generator


def test_a_wrong_row_is_noticed() -> None:
    n, c = Dim.named("n c")
    layer = Instance("layer", op.layer_norm(c, affine=False), (Real[n, c],))

    def other_eps(source: str) -> str:
        assert "1e-05" in source
        return source.replace("1e-05", "0.001")

    with pytest.raises(AssertionError):
        compare(layer, layer.types, EVAL, source=other_eps)
    largest = Instance("max", op.max(c, masked=True), (Real[n, c], Bool[n, c]))
    empty = np.zeros((4, 3), dtype=bool)

    def forgets(source: str) -> str:
        assert ".masked_fill(mask.sum(dim=dim) == 0, 0.0)" in source
        return source.replace(".masked_fill(mask.sum(dim=dim) == 0, 0.0)", "")

    with pytest.raises(AssertionError):
        compare(largest, largest.types, EVAL, forgets, [np.arange(12.0).reshape(4, 3), empty])


def test_a_helper_that_nothing_calls_is_not_written() -> None:
    n = Dim("n")
    assert "draw_bernoulli" not in build(op.dropout(0.5).at(Real[n]), {}, "demo").source
    assert "def draw_gumbel" in build(op.gumbel_noise.at(Real[n]), {}, "demo").source
