"""The specs of published learners: every law gets its verdict, modules build, games train."""

from __future__ import annotations

import pytest

from backends.pytorch import build
from backends.pytorch.training.write import train
from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures, load

#: The spec, the rows of the atlas that it expresses, and a game that is built.
ROWS = {
    "module_distillation": ("m2mkd deep-model-assembling", "second_module"),
    "ensemble_distillation": ("meal-v2", "training"),
    "stack_gan": ("stackganpp", "training"),
    "multi_level_transformer": ("multi-level-transformer", "through_twins"),
    "orthonormal_filters": ("orthonormal-init", "training"),
    "graph_explainer": ("gnnexplainer", "training"),
    "multi_annotator": ("madl", "training"),
    "multi_task_graph": ("ssl-gcn", "training"),
    "orthogonal_group": ("peg-orthogonal", "training"),
    "frequency_distillation": ("ff-g2m", "training"),
    "emergent_experts": ("emergent-moe", "training"),
    "graph_adaptation": ("pygda", "training"),
    "boosted_classes": ("foster", "compressing"),
}
EVERY = [(name, which) for name in ROWS for which in architectures(name)]
STATED = [one for one in EVERY if architectures(one[0])[one[1]].laws]
BUILT = [one for one in EVERY if architectures(one[0])[one[1]].batch == "stack"]

#: Laws that need a property of a function (log, 1/√x, or that a divergence is not negative).
TESTED = {
    ("module_distillation", "bounded[0, None]"),
    ("module_distillation", "modules of the tokens' width fit, others are refused"),
    ("stack_gan", "bounded[0, None]"),
    ("orthonormal_filters", "the length is given"),
    ("orthonormal_filters", "twice is once"),
    ("graph_explainer", "the entropy"),
    ("multi_annotator", "the surprise at the marginal"),
    ("multi_annotator", "bounded[0, None]"),
    ("orthogonal_group", "bounded[0, None]"),
}


def ids(pairs: list[tuple[str, str]]) -> list[str]:
    return ["::".join(one) for one in pairs]


@pytest.mark.parametrize(("name", "which"), STATED, ids=ids(STATED))
def test_every_law_gets_its_verdict(name: str, which: str) -> None:
    model = architectures(name)[which]
    findings = check(model)
    assert len(findings) == len(model.laws) > 0
    for found in findings:
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        elif (name, found.law) in TESTED:
            assert found.verdict is Verdict.TESTED, found
        else:
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT), found


@pytest.mark.parametrize("name", list(ROWS))
def test_each_spec_names_its_rows_and_has_a_law_that_fails(name: str) -> None:
    models = architectures(name).values()
    rows, _ = ROWS[name]
    assert {*rows.split()} == {one.atlas for one in models}
    assert any(law.expected for one in models for law in one.laws)


@pytest.mark.parametrize(("name", "which"), BUILT, ids=ids(BUILT))
def test_every_network_builds(name: str, which: str) -> None:
    model = architectures(name)[which]
    made = build(model.batched(), model.sizes, model.name)
    assert made.validation["outputs_and_states"] > 0


@pytest.mark.parametrize("name", list(ROWS))
def test_a_game_of_each_trains_as_declared(name: str) -> None:
    made = train(getattr(load(name), ROWS[name][1]), module="model")
    assert made.certificate["validation"]["largest_difference"] < 1e-9
