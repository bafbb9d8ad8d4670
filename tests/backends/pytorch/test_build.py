"""Builds: sizes, names, sharing, writing, and what a generated module refuses."""

from __future__ import annotations

import ast
import json

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.validate import validate
from categorical import Bool, Dim, Fin, Init, Real, SpecError, architecture, arrow, op, tie
from categorical.functors import stack
from categorical.operators import iterate
from categorical.para import low_rank, masked, reparametrise

batch, n, m, c, h, k = Dim.named("batch n m c h k")


@arrow
def block(x: Real[batch, c]) -> Real[batch, c]:
    """A block."""
    return x + op.linear(h, c)(op.gelu(op.linear(c, h)(x)))


@arrow
def other(x: Real[batch, c]) -> Real[batch, c]:
    return op.tanh(op.linear(c, c)(x))


def keys(made) -> set[str]:
    module = made.module()
    assert set(module.state_dict()) == set(made.parameters.values())
    return set(made.parameters)


def test_an_architecture_is_batched_as_it_says() -> None:
    one = architecture((op.linear(c, h) >> op.mean(n)).named("pool"), sizes={"c": 4, "h": 3})
    made = build(one)
    assert made.class_name == "Pool" and made.sizes == {"c": 4, "h": 3}
    assert made.module()(torch.zeros(2, 5, 4)).shape == (2, 3)


def test_state_dict_keys_are_the_paths() -> None:
    made = build(block >> block >> iterate(other, 2), {"c": 4, "h": 3}, "net")
    assert keys(made) == set(made.graph.resources()) and "steps.1.linear.bias" in keys(made)


def test_equal_parts_share_a_class() -> None:
    made = build(block >> block >> other >> iterate(block, 2), {"c": 4, "h": 3}, "net")
    classes = [x.name for x in ast.parse(made.source).body if isinstance(x, ast.ClassDef)]
    assert classes == ["Config", "Block", "Other", "Net"]


def test_tied_parts_are_one_module() -> None:
    shared = tie(block)
    made = build((shared >> shared), {"c": 4, "h": 3}, "net")
    assert len(list(made.module().parameters())) == 4
    assert made.source.count("Block(config)") == 1


def test_one_map_with_two_types_is_one_set_of_weights() -> None:
    shared = tie(op.linear(c, c))

    @arrow
    def two(x: Real[batch, c], y: Real[batch, n, c]) -> Real[batch, c]:
        return shared(x) + op.mean(n)(op.tanh(shared(y)))

    made = build(two, {"c": 3}, "net")
    assert keys(made) == {"linear.weight", "linear.bias"}


def test_sizes_are_fixed_only_where_weights_need_them() -> None:
    made = build((op.linear(c, h) >> op.mean(n)).at(Real[batch, n, c]), {"c": 4, "h": 3}, "net")
    assert made.sizes == {"c": 4, "h": 3}
    module = made.module()
    for shape in ((1, 1), (7, 2)):
        assert module(torch.zeros(*shape, 4)).shape == (shape[0], 3)
    assert made.module(c=6)(torch.zeros(2, 2, 6)).shape == (2, 3)
    with pytest.raises(SpecError, match="CM025"):
        build(block, {"c": 4}, "net")


def test_the_config_checks_its_conditions() -> None:
    net = (op.linear(c, c) >> op.split(c, h, c // h)).at(Real[batch, c])
    made = build(net, {"c": 6, "h": 2}, "net")
    with pytest.raises(ValueError, match=r"h \| c"):
        made.module(c=5)
    with pytest.raises(ValueError, match="positive"):
        made.module(c=0)


def test_a_size_that_no_input_tells_is_an_argument() -> None:
    @arrow
    def counted(x: Real[n], group: Fin(m)[n]) -> Real[m]:
        return op.scatter(m)(x, group)

    made = build(counted, {}, "counted")
    x, group = torch.ones(5), torch.tensor([0, 0, 2, 2, 2])
    assert made.module()(x, group, 4).tolist() == [2, 0, 3, 0]
    fixed = build(counted, {"m": 4}, "counted")
    assert fixed.module()(x, group).tolist() == [2, 0, 3, 0]


@arrow
def two_inputs(x: Real[n, c], y: Real[n], keep: Bool[n]) -> Real[c]:
    return op.sum(n, masked=True)(op.linear(c, c)(x), keep) * op.expand(c)(op.sum(n)(y))


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        (((5, 3), (5,), (5,)), "`x` must be Real"),
        (((4, 5, 3), (5,), (5,)), "`x` must be Real"),
        (((5, 4), (1,), (5,)), "`y` must be Real"),
        (((5, 4), (5,), (1,)), "`keep` must be Bool"),
    ],
)
def test_inputs_of_another_shape_are_refused_by_name(shapes, told: str) -> None:
    module = build(two_inputs, {"c": 4}, "net").module()
    x, y = (torch.zeros(s) for s in shapes[:2])
    with pytest.raises(ValueError, match=told):
        module(x, y, torch.ones(shapes[2], dtype=torch.bool))


def test_a_mask_of_numbers_is_refused() -> None:
    module = build(two_inputs, {"c": 4}, "net").module()
    with pytest.raises(ValueError, match="`keep` must be Bool"):
        module(torch.zeros(5, 4), torch.zeros(5), torch.ones(5))


def test_reparametrised_weights() -> None:
    net = block >> other
    for made, trained in (
        (build(low_rank(net, "block.linear.weight", 2), {"c": 4, "h": 3}, "lora"), 53),
        (build(masked(net, "other.linear.weight"), {"c": 4, "h": 3}, "pruned"), 51),
    ):
        module = made.module()
        count = sum(p.numel() for p in module.parameters() if p.requires_grad)
        frozen = [k for k, r in made.graph.resources().items() if r.role == "frozen"]
        assert frozen and all(not module.get_parameter(k).requires_grad for k in frozen)
        assert set(made.parameters) == set(module.state_dict())
        assert count == trained
    unit = reparametrise(
        op.linear(c, h, bias=False).at(Real[batch, c]), "linear.weight", op.tanh.at(Real[h, c])
    )
    assert "torch.tanh(self.linear" in build(unit, {"c": 4, "h": 3}, "unit").source


def test_reserved_names_are_kept_out_of_torchs_way() -> None:
    @arrow
    def odd(x: Real[batch, c]) -> Real[batch, c]:
        x = op.linear(c, c, name="bfloat16")(op.linear(c, c, name="xpu")(x))
        return op.tanh(x) + op.expand(batch)(op.parameter(Real[c], name="add_module")())

    made = build(odd, {"c": 3}, "odd")
    assert made.parameters["xpu.weight"] == "xpu_.weight"
    assert made.parameters["add_module"] == "add_module_"
    assert keys(made) == {
        "bfloat16.weight", "bfloat16.bias", "xpu.weight", "xpu.bias", "add_module"
    }  # fmt: skip


def test_initial_values() -> None:
    kinds = {
        "zeros": Init("zeros"), "ones": Init("ones"), "eye": Init("eye"),
        "constant": Init("constant", (0.25,)), "normal": Init("normal", (0.1,)),
        "uniform": Init("uniform", (c.size,)), "xavier": Init("xavier", (c.size, h.size)),
    }  # fmt: skip

    @arrow
    def weights(x: Real[c]) -> Real[h]:
        total = op.zeros(Real[h, c])()
        for name, init in kinds.items():
            total = total + op.parameter(Real[h, c], name=name, init=init)()
        return op.einsum(h)(total, x)

    torch.manual_seed(0)
    state = build(weights, {"c": 100, "h": 60}, "weights").module().state_dict()
    assert torch.equal(state["zeros"], torch.zeros(60, 100))
    assert torch.equal(state["ones"], torch.ones(60, 100))
    assert torch.equal(state["eye"], torch.eye(60, 100))
    assert torch.equal(state["constant"], torch.full((60, 100), 0.25))
    assert abs(float(state["normal"].std()) - 0.1) < 0.01
    for name, bound in (("uniform", 0.1), ("xavier", (6 / 160) ** 0.5)):
        largest = float(state[name].abs().max())
        assert 0.98 * bound < largest <= bound


def test_default_starts_are_those_of_torch() -> None:
    made = build(op.linear(c, h).at(Real[batch, c]), {"c": 50, "h": 40}, "net")
    torch.manual_seed(3)
    ours = made.module()
    torch.manual_seed(3)
    theirs = torch.nn.Linear(50, 40)
    assert torch.equal(ours.linear.weight, theirs.weight)


def test_both_files_are_written_or_none(tmp_path) -> None:
    made = build(block, {"c": 4, "h": 3}, "net", ["PROVED  causal"])
    paths = made.write(tmp_path / "net.py")
    told = json.loads(paths[1].read_text())
    assert paths[0].read_text() == made.source and "PROVED  causal" in made.source
    assert told["parameters"] == made.parameters and told["laws"] == ["PROVED  causal"]
    assert told["validation"]["outputs_and_states"] > 0
    with pytest.raises(SpecError, match="CM030"):
        made.write(tmp_path / "missing" / "net.py")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.certificate.json", "net.py"]


def test_the_report_of_a_validation() -> None:
    ring = (op.linear(c, h) >> op.sum(n)).at(Real[n, c])
    report = build(ring, {"c": 4, "h": 3}, "ring").validation
    assert report["exact_runs"] == 2 and report["tolerance"] == 1e-10
    report = build(op.tanh.at(Real[n]), {}, "net").validation
    assert report["exact_runs"] == 0 and report["gradients"] == 4
    made = build(op.log.at(Real[n]), {}, "net", validate=False)
    assert validate(made)["gradients"] > 0  # at positive points


def test_export_with_a_dynamic_batch() -> None:
    made = build(
        stack(op.linear(c, h) >> op.mean(n), batch).at(Real[batch, n, c]), {"c": 4, "h": 3}, "net"
    )
    module, size = made.module(), torch.export.Dim("batch", min=2)
    program = torch.export.export(
        module, (torch.randn(3, 5, 4),), dynamic_shapes=({0: size},), strict=True
    )
    x = torch.randn(6, 5, 4)
    torch.testing.assert_close(program.module()(x), module(x))


def test_inner_wires_can_be_tapped() -> None:
    made = build(two_layers, {"c": 4, "h": 3}, "net", taps=("hidden",))
    x = torch.randn(2, 4)
    y, hidden = made.module()(x)
    assert y.shape == (2, 4) and hidden.shape == (2, 3)
    assert "hidden" not in str(build(two_layers, {"c": 4, "h": 3}, "net").graph.outputs)
    with pytest.raises(SpecError, match="there is no wire `missing`"):
        build(two_layers, {"c": 4, "h": 3}, "net", taps=("missing",))


@arrow
def two_layers(x: Real[batch, c]) -> Real[batch, c]:
    hidden = op.tanh(op.linear(c, h)(x))
    return op.linear(h, c)(hidden)


@pytest.mark.slow
def test_the_exported_program_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(two_layers, {"c": 4, "h": 3}, "net", export=True).validation["export"] == "agrees"
    made = build(two_layers, {"c": 4, "h": 3}, "net", validate=False)
    sound = "hidden = torch.tanh(linear)"
    assert sound in made.source
    made.source = made.source.replace(
        sound, f"if linear.sum() > 0:\n            pass\n        {sound}"
    )
    assert validate(made)
    with pytest.raises(SpecError, match=r"torch\.export"):
        validate(made, export=True)


def test_one_part_with_two_types_is_one_module() -> None:
    shared = tie(op.linear(c, h) >> op.tanh)

    @arrow
    def two(x: Real[batch, c], y: Real[batch, n, c]) -> Real[batch, h]:
        return shared(x) + op.mean(n)(shared(y))

    made = build(two, {"c": 3, "h": 2}, "net")
    assert len(keys(made)) == 2 and made.source.count("(nn.Module)") == 2

    along = tie(op.linear(n, n) >> op.tanh)

    @arrow
    def unlike(x: Real[batch, n], y: Real[batch, n, c]) -> Real[batch, n]:
        return along(x) + op.mean(c)(along(y))

    with pytest.raises(SpecError, match="shared between two types"):
        build(unlike, {"n": 3}, "net")


def test_every_operator_has_a_row() -> None:
    from backends.pytorch.emit import OPERATORS
    from categorical.graph import Operator

    assert set(Operator.table) == set(OPERATORS)


def test_as_many_stacked_steps_as_features() -> None:
    made = build(iterate(op.linear(2, 2), 2, weights="stacked").at(Real[batch, 2]), {}, "net")
    assert made.module().state_dict()["steps.linear.weight"].shape == (2, 2, 2)


def test_values_of_two_shapes_are_no_rounding() -> None:
    from backends.pytorch.points import gap_of, rounded

    y, want = torch.zeros(2), torch.zeros(3).numpy()
    assert not rounded(None, None, y, want, gap_of(y.numpy(), want))  # type: ignore[arg-type]
