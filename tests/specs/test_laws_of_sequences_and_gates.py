"""The laws of the specs: each gets the verdict that it deserves, and its broken twin is refuted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from categorical import Arrow, Dim, Real, architecture, arrow, laws, op, swap
from categorical.composites import attention, mlp, residual
from categorical.errors import SpecError
from categorical.groups import Symmetric
from categorical.laws import Law
from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures, load

NAMES = (
    "deep_sets",
    "residual_mlp",
    "transformer_block",
    "self_attention",
    "iterated_block",
    "mixture_of_experts",
    "gated_multimodal_unit",
    "monet_block",
    "tied_autoencoder",
    "lora_linear",
    "lstm_step",
)
EVERY = [(name, which) for name in NAMES for which in architectures(name)]

#: What the structural prover must find, for all sizes.
PROVED = {
    ("deep_sets", "model", "invariant[Symmetric(item)]"),
    ("deep_sets", "layer", "equivariant[Symmetric(item)]"),
    ("deep_sets", "doubled", "invariant[Symmetric(item)]"),
    ("transformer_block", "model", "causal[token]"),
    ("transformer_block", "packed", "causal[token]"),
    ("transformer_block", "unmasked", "equivariant[Symmetric(token)]"),
    ("self_attention", "model", "equivariant[Symmetric(token)]"),
    ("self_attention", "unmasked", "equivariant[Symmetric(token)]"),
    ("mixture_of_experts", "renumbered", "invariant[Symmetric(expert)]"),
    ("mixture_of_experts", "one_hot", "invariant[Symmetric(expert)]"),
    ("lstm_step", "renumbered", "equivariant[Symmetric(hidden)]"),
}


@pytest.mark.parametrize(("name", "which"), EVERY, ids="::".join)
def test_every_law_gets_its_verdict(name: str, which: str) -> None:
    model = architectures(name)[which]
    findings = check(model)
    assert len(findings) == len(model.laws) > 0
    for found in findings:
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        elif (name, which, found.law) in PROVED:
            assert found.verdict is Verdict.PROVED and found.scope.startswith("all sizes"), found
        elif found.law.startswith("bounded"):
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED), found
        else:
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT), found


@pytest.mark.parametrize("name", NAMES)
def test_every_spec_has_a_docstring_and_two_laws(name: str) -> None:
    assert len(load(name).__doc__ or "") > 200
    stated = [law.name for model in architectures(name).values() for law in model.laws]
    assert len([law for law in stated if not law.startswith("parameters")]) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_every_law_is_about_a_model_that_builds(name: str) -> None:
    from backends.pytorch import build

    for which, model in architectures(name).items():
        made = build(model.batched(), model.sizes, model.name)
        assert made.validation["outputs_and_states"] > 0, which


@pytest.mark.parametrize("name", ["transformer_block", "self_attention"])
def test_heads_must_divide_the_width(name: str) -> None:
    model = architectures(name)["model"]
    with pytest.raises(SpecError, match=r"CM008(.|\n)*heads \| width"):
        architecture(model.arrow, sizes={"width": 64, "heads": 5}, name="model")


# --- broken twins ---------------------------------------------------------------------------

item, token, width, heads, hidden = Dim.named("item token width heads hidden")


def position_in_a_set() -> tuple[Arrow, Law]:
    @arrow
    def broken(items: Real[item, width]) -> Real[hidden]:
        weight = op.parameter(Real[item], name="weight")()
        return op.linear(width, hidden)(op.einsum(width)(items, weight))

    return broken, laws.invariant(under=Symmetric(item))


def block_without_mask() -> tuple[Arrow, Law]:
    block = residual(op.layer_norm(width) >> attention(token, width, heads))
    return block, laws.causal(over=token)


def block_with_mask() -> tuple[Arrow, Law]:
    block = residual(op.layer_norm(width) >> attention(token, width, heads, mask="causal"))
    return block, laws.equivariant(under=Symmetric(token))


def mask_that_reads_positions() -> tuple[Arrow, Law]:
    key = token.at("key")

    @arrow
    def masked(x: Real[token, width], looks: Real[token]) -> Real[token, width]:
        row = op.transpose(token, key)(op.expand(key)(looks))
        column = op.expand(token)(op.relabel(token, key)(looks))
        mask = op.logical_and(op.less(column, row), op.causal_mask(token, key)())
        return attention(token, width, heads, mask="given")(x, mask)

    return masked, laws.equivariant(under=Symmetric(token))


def silent_block_that_speaks() -> tuple[Arrow, Law]:
    from categorical import identity

    return residual(mlp(width, hidden, width)), laws.equal(identity(Real[width]))


def experts_with_a_favourite() -> tuple[Arrow, Law]:
    mixture = load("mixture_of_experts")
    expert, target = mixture.expert, mixture.target

    @arrow
    def broken(weights: Real[expert], answer: Real[expert, target]) -> Real[target]:
        return mixture.mix(weights, answer) + op.take(expert, 0)(answer)

    return broken, laws.invariant(under=Symmetric(expert))


def gate_without_softmax() -> tuple[Arrow, Law]:
    return op.linear(width, hidden) >> op.sigmoid, laws.sums_to(1, over=hidden)


def modalities_swapped_without_the_gate() -> tuple[Arrow, Law]:
    unit = load("gated_multimodal_unit")
    size = unit.hidden

    @arrow
    def broken(share: Real[size], first: Real[size], second: Real[size]) -> Real[size]:
        return unit.mix(share, second, first)

    return unit.mix, laws.equal(broken)


def product_with_an_activation() -> tuple[Arrow, Law]:
    monet = load("monet_block")
    return (monet.monet_block >> op.relu.at(Real[monet.width])), laws.degree(2)


def block_of_too_low_degree() -> tuple[Arrow, Law]:
    monet = load("monet_block")
    return monet.monet_block >> monet.monet_block, laws.degree(2)


def untied_autoencoder() -> tuple[Arrow, Law]:
    @arrow
    def broken(image: Real[width], other: Real[width]) -> Real[()]:
        code = op.linear(width, hidden, bias=False, name="encode")(image)
        return op.contract(width)(op.linear(hidden, width, bias=False, name="decode")(code), other)

    swapped = swap(Real[width], Real[width]) >> broken
    return broken, laws.equal(swapped, renaming={"broken": ""})


def lora_of_another_scale() -> tuple[Arrow, Law]:
    lora = load("lora_linear")
    from categorical import low_rank

    other = low_rank(lora.base, "linear.weight", lora.rank, scale=3.0)
    return lora.merged, laws.equal(other)


def cell_with_gates_mixed_up() -> tuple[Arrow, Law]:
    lstm = load("lstm_step")
    size = lstm.hidden

    @arrow
    def broken(memory: Real[size], candidate: Real[size]) -> Real[size]:
        one, zero = op.full_like(1)(memory), op.full_like(0)(memory)
        return lstm.remember(memory, one, zero, candidate)

    return broken, laws.equal(lstm.closed_cell)


TWINS: list[Callable[[], tuple[Arrow, Law]]] = [
    position_in_a_set,
    block_without_mask,
    block_with_mask,
    mask_that_reads_positions,
    silent_block_that_speaks,
    experts_with_a_favourite,
    gate_without_softmax,
    modalities_swapped_without_the_gate,
    product_with_an_activation,
    block_of_too_low_degree,
    untied_autoencoder,
    lora_of_another_scale,
    cell_with_gates_mixed_up,
]


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_a_broken_twin_is_refuted(twin: Callable[[], tuple[Arrow, Law]]) -> None:
    body, law = twin()
    (found,) = check(architecture(body, laws=[law], name="twin"))
    assert found.verdict is Verdict.REFUTED, found
    assert found.counterexample is not None and found.counterexample.sizes
