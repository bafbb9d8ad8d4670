"""Adapters: the same steps under another library, where it is installed."""

from __future__ import annotations

import ast
import importlib
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from backends.pytorch.training.adapters import LIBRARIES, adapter
from backends.pytorch.training.write import train
from categorical.errors import SpecError
from categorical.learning.regime import Regime
from tests.backends.pytorch.training.games import classification, contest, dream

GAMES = {
    "learner": classification,
    "game": contest,
    "regime": lambda: classification(regime=Regime(2, "bfloat16", 0.1)),
    "scaled": lambda: contest(regime=Regime(precision="float16")),
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch):
    """The files of a game, and how to import them."""

    def write(name: str, library: str):
        made = train(GAMES[name](), module="net")
        texts = {"net": made.model.source, "net_train": made.source}
        texts[f"net_{library}"] = adapter(made, library)
        for one, text in texts.items():
            (tmp_path / f"{one}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        found = [importlib.import_module(one) for one in texts]
        return made, *found

    yield write
    for one in ("net", "net_train", *(f"net_{x}" for x in LIBRARIES)):
        sys.modules.pop(one, None)


def data(name: str) -> TensorDataset:
    torch.manual_seed(0)
    x = torch.randn(16, 3)
    return TensorDataset(x) if name in ("game", "scaled") else TensorDataset(
        x, torch.randint(2, (16,))
    )  # fmt: skip


def apart(one, other) -> float:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("name", GAMES)
def test_lightning_makes_the_same_steps(name: str, written) -> None:
    lightning = pytest.importorskip("lightning", reason="the adapters extra is not installed")
    made, net, training, module = written(name, "lightning")
    first = getattr(net, made.model.class_name)()
    second = deepcopy(first)
    torch.manual_seed(1)
    training.fit(first, DataLoader(data(name), 4), 2)
    torch.manual_seed(1)
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    (make,) = [v for k, v in vars(module).items() if k.endswith("Lightning") and k != "Lightning"]
    trainer.fit(make(second), DataLoader(data(name), 4))
    assert apart(first, second) == 0


@pytest.mark.parametrize("name", GAMES)
def test_accelerate_makes_the_same_steps(name: str, written) -> None:
    accelerate = pytest.importorskip("accelerate", reason="the adapters extra is not installed")
    made, net, training, module = written(name, "accelerate")
    first = getattr(net, made.model.class_name)()
    second = deepcopy(first)
    torch.manual_seed(1)
    training.fit(first, DataLoader(data(name), 4), 2)
    torch.manual_seed(1)
    module.fit(accelerate.Accelerator(cpu=True), second, DataLoader(data(name), 4), 2)
    assert apart(first, second) == 0


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("make", [classification, contest, dream])
def test_an_adapter_is_a_few_lines(make, library: str) -> None:
    made = train(make(), validate=False, module="net")
    text = adapter(made, library)
    (code,) = [x for x in ast.parse(text).body if isinstance(x, (ast.ClassDef, ast.FunctionDef))]
    assert code.end_lineno is not None and code.end_lineno - code.lineno <= 25
    assert "net_train import Training" in text
    assert ("one process" in text) == (make is not classification)


def test_another_library() -> None:
    with pytest.raises(SpecError, match="no adapter for `keras`"):
        adapter(train(classification(), validate=False), "keras")
