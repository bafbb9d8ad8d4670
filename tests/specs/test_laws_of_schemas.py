"""The specs of schemas: the verdicts of their equations, and modules that build and keep them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from backends.pytorch import build
from backends.pytorch.training.write import train
from categorical.schemas import graded
from categorical.schemas.truth import crisp
from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures, load

NAMES = ("cycle_gan", "star_gan", "product_task", "graded_sketch")
EVERY = [(name, which) for name in NAMES for which in architectures(name)]
IDS = ["::".join(one) for one in EVERY]

#: Equations that hold by construction, and must be proved.
COUPLED = {"cycle_gan": "reversible", "star_gan": "through", "product_task": "exact"}
#: Equations of free weights, which must be refuted.
LEARNED = {"cycle_gan": "translators", "star_gan": "translators", "product_task": "learned"}


@pytest.mark.parametrize(("name", "which"), EVERY, ids=IDS)
def test_every_law_gets_its_verdict(name: str, which: str) -> None:
    model = architectures(name)[which]
    findings = check(model)
    assert len(findings) == len(model.laws) > 0
    for found in findings:
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        elif name == "graded_sketch" or found.law == "the others follow":
            assert found.verdict in (Verdict.PROVED, Verdict.TESTED), found
        else:
            assert found.verdict is Verdict.PROVED, found
        assert not found.warnings or name == "graded_sketch", found


@pytest.mark.parametrize("name", list(COUPLED))
def test_the_equations_of_each_schema_are_among_the_laws(name: str) -> None:
    spec, models = load(name), architectures(name)
    for functor, which, expected in (
        (getattr(spec, COUPLED[name]), "coupled", False),
        (getattr(spec, LEARNED[name]), "model", True),
    ):
        stated = {law.name: law.expected for law in models[which].laws}
        assert functor.schema.equations
        assert all(stated[equation] is expected for equation in functor.schema.equations)


@pytest.mark.parametrize(("name", "which"), EVERY, ids=IDS)
def test_every_module_builds(name: str, which: str) -> None:
    model = architectures(name)[which]
    made = build(model.batched(), model.sizes, model.name)
    assert made.validation["outputs_and_states"] > 0


@pytest.mark.parametrize("name", list(LEARNED))
def test_every_game_has_a_training_file(name: str) -> None:
    made = train(load(name).training, module=name)
    assert made.validation and "class Training" in made.source


def modules(functor: Any, names: list[str], sizes: dict[str, int]) -> dict[str, Any]:
    """Edges as functions of batches, by generated modules with the weights that they share."""
    from categorical import architecture

    torch.manual_seed(0)
    shared: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name in names:
        model = architecture(functor(name), sizes=sizes, name=f"edge_{name}")
        module = build(model.batched(), model.sizes, model.name).module().double()
        for key, value in module.state_dict().items():
            value.copy_(shared.setdefault(key, value.clone()))

        def function(*batch: Any, module: Any = module) -> Any:
            with torch.no_grad():
                outs = module(*(torch.from_numpy(one) for one in batch))
            return tuple(o.numpy() for o in outs) if isinstance(outs, tuple) else outs.numpy()

        found[name] = function
    return found


def test_degrees_of_generated_modules() -> None:
    """The round trips of couplings have degree 1 up to rounding; of free weights, much less."""
    spec = load("cycle_gan")
    sizes = {"shade": 1, "feature": 4}
    rng = np.random.default_rng(0)
    data = {k: rng.normal(size=(6, 1, 8, 8)) for k in "AB"}
    exact = graded(spec.schema, modules(spec.reversible, ["f", "g"], sizes), data)
    assert exact.consistent(1 - 1e-9) and not graded(
        spec.schema, {"f": lambda x: x, "g": lambda x: x + 1e-6}, data, similarity=crisp
    ).consistent(1.0)
    more = {**sizes, "height": 8, "width": 8}
    free = graded(spec.schema, modules(spec.translators, ["f", "g"], more), data)
    assert all(row.infimum < 0.9 for row in free.rows) and len(free.rows) == 2


def test_the_degrees_of_the_graded_sketch() -> None:
    spec = load("graded_sketch")
    found = {
        str(truth): round(spec.model_of(truth).degree("what is read is the label"), 4)
        for truth in spec.TRUTHS
    }
    assert found == {"Gödel": 0.4, "product": 0.5, "Łukasiewicz": 0.9}
