"""Generated modules in ordinary use: copies, precisions, devices, batches, names that collide."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from backends.pytorch import build
from categorical import Arrow, Dim, Real, architecture, arrow, op
from categorical.face.loader import load

ROOT = Path(__file__).parents[3]
SPECS = [
    "transformer_block",
    "residual_block",
    "graph_convolution",
    "lstm_step",
    "mixture_of_experts",
]
c, h = Dim.named("c h")


def declared(spec: str):
    return [d.architecture for d in load(str(ROOT / "specs" / f"{spec}.py")).declared]


def module_of(model):
    made = build(model, validate=False)
    scope = {"__name__": "generated_for_test"}
    exec(compile(made.source, "generated.py", "exec", dont_inherit=True), scope)
    torch.manual_seed(0)
    return scope[made.class_name]().eval(), scope["examples"]()


def outputs(module, inputs):
    found = module(*inputs)
    return found if isinstance(found, tuple) else (found,)


EVERY = [one for spec in SPECS for one in declared(spec)]


@pytest.mark.parametrize("model", EVERY, ids=[m.name for m in EVERY])
def test_copies_precisions_devices(model):
    module, inputs = module_of(model)
    wanted = outputs(module, inputs)
    again = type(module)().eval()
    again.load_state_dict(module.state_dict())
    for other in (copy.deepcopy(module), again):
        found = outputs(other, inputs)
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        cast = [x.to(dtype) if x.is_floating_point() else x for x in inputs]
        found = outputs(copy.deepcopy(module).to(dtype), cast)
        assert all(y.dtype == dtype for y in found if y.is_floating_point())
    found = outputs(copy.deepcopy(module).to("meta"), [x.to("meta") for x in inputs])
    assert [y.shape for y in found] == [y.shape for y in wanted]
    if model.batch == "stack":
        for count in (0, 1, 7):
            few = [x[:1].expand(count, *x.shape[1:]) for x in inputs]
            assert all(len(y) == count for y in outputs(module, few))


def test_a_module_of_a_file_is_pickled(tmp_path, monkeypatch):
    build(declared("transformer_block")[0], validate=False).write(tmp_path / "generated_block.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    import generated_block  # type: ignore[import-not-found]

    module = generated_block.TransformerBlock().eval()
    inputs = generated_block.examples()
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(*inputs), module(*inputs))
    assert set(again.state_dict()) == set(module.state_dict())
    sys.modules.pop("generated_block")


NAMES = ["self", "config", "torch", "nn", "x", "forward", "training", "Config", "Tensor", "F"]


@pytest.mark.parametrize("name", NAMES)
def test_dims_and_wires_with_the_names_of_the_file(name):
    dim = Dim(name)
    scope = {"op": op, "dim": dim, "h": h}
    exec(f"def net({name}):\n    return op.relu(op.linear(dim, h, name='first')({name}))", scope)
    scope["net"].__annotations__ = {name: Real[dim]}
    made = build(architecture(arrow(scope["net"]), sizes={name: 3, "h": 2}))
    assert made.module()(torch.zeros(5, 3)).shape == (5, 2)


def nested(levels: int) -> Arrow:
    part: Arrow = op.linear(c, c) >> op.tanh
    for level in range(levels):
        part = (part >> op.linear(c, c)).named(f"level_{level}")
    return part


def test_deep_wide_and_empty():
    deep = build(architecture(nested(60), sizes={"c": 2})).module()
    assert len(list(deep.parameters())) == 122
    names = [f"x{i}" for i in range(200)]
    scope: dict[str, object] = {}
    exec(f"def wide({', '.join(names)}):\n    return {' + '.join(names)}", scope)
    scope["wide"].__annotations__ = {name: Real[c] for name in names}
    wide = build(architecture(arrow(scope["wide"]))).module()
    assert wide(*(torch.ones(1, 2) for _ in names))[0, 0] == 200

    @arrow
    def point() -> Real[c]:
        return op.tanh(op.parameter(Real[c], name="at")())

    assert build(architecture(point, sizes={"c": 3}, batch="none")).module()().shape == (3,)


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["graph_convolution", "lstm_step", "residual_block"])
def test_the_selftest_of_a_shipped_spec_runs_alone(spec, tmp_path):
    """Isolated from the user's environment: nothing but torch is imported."""
    for model in declared(spec)[:1]:
        path = tmp_path / f"{model.name}.py"
        path.write_text(build(model, validate=False).source)
        told = subprocess.run(
            [sys.executable, "-I", str(path), "--selftest"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert "gradients ok" in told.stdout
