"""Modular addition: networks that are composed instead of trained, and trained ones taken apart.

Run ``python -m examples.modular_addition [folder]``.  The module of ``specs/modular_addition.py``
is generated once; for each modulus the composed weights are written as safetensors, loaded, and
asked for all pairs in float32, without any training.  One more module is generated with its
weights inside.  Then the same network is trained from random weights, and the hidden units of what
it has learnt are compared with the products that the composed ones are made of.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import one_hot

from categorical.hidden_units import (
    Weights,
    factor,
    families,
    mixed,
    order_four,
    order_six,
    solves,
    state,
    tables,
)
from examples.common import SPECS, bars, commute, generated

MODULI = (5, 6, 7, 8, 9, 10, 11, 12, 13, 23)
TRAINED = ((7, 32), (11, 64))
SEEDS, STEPS, RATE, DECAY, SPREAD = 2, 3000, 2e-2, 1e-2, 0.3
NEAR = 1e-3


@dataclass(frozen=True)
class Score:
    """How a module answers all pairs: correct answers, the loss, and the least margin."""

    pairs: int
    correct: int
    loss: float
    margin: float


@dataclass(frozen=True)
class Learnt:
    """One family of a trained network; ``distance`` to the nearest product, if it has 4 or 6
    units, ``open``: the monomials that do not vanish."""

    modulus: int
    seed: int
    frequency: int
    units: int
    purity: float
    distance: float | None
    open: tuple[str, ...]


def every_pair(d: int) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs, and their sums."""
    a, b = (x.reshape(-1) for x in torch.meshgrid(torch.arange(d), torch.arange(d), indexing="ij"))
    return a, b, (a + b) % d


def square_loss(outputs: Tensor, sums: Tensor) -> Tensor:
    """The sum over all pairs of the squared distance of o/2d to the truth, up to a constant."""
    d = outputs.shape[1]
    error = outputs / (2 * d) - one_hot(sums, d)
    return ((error - error.mean(1, keepdim=True)) ** 2).sum()


def score(model: nn.Module, d: int) -> Score:
    """Ask for all pairs."""
    a, b, sums = every_pair(d)
    with torch.no_grad():
        outputs = model(a, b)
    right = one_hot(sums, d).bool()
    margin = outputs[right] - outputs.masked_fill(right, -torch.inf).amax(1)
    correct = int((outputs.argmax(1) == sums).sum())
    return Score(d * d, correct, square_loss(outputs, sums).item(), margin.min().item())


# --- composed -------------------------------------------------------------------------------------


def recipes(d: int) -> dict[str, tuple[Weights, str]]:
    """Weights of order 6, 4, and of both, with what they are composed from."""
    whole, half = (d - 1) // 2, d % 2 == 0
    six = f"{whole} × FLIP ⊗ TURN" + " ⊕ FLIP" * half
    four = f"{whole} × CROSS ⊗ SKEW" + " ⊕ 1" * half + " ⊕ constant"
    both = f"{whole - 1} × FLIP ⊗ TURN ⊕ CROSS ⊗ SKEW" + " ⊕ 1" * half
    return {
        "6": (order_six(d), six),
        "4": (order_four(d), four),
        "4, 6": (mixed(d, range(1, whole), lent=True), both),
    }


def composed(module: ModuleType, folder: Path) -> dict[tuple[int, str], Score]:
    """A module for each modulus and order, its weights composed, saved and loaded."""
    table = Table("d", "order", "units", "composed from", "exactly", "correct", "loss", "margin")
    found = {}
    for d in MODULI:
        for order, (weights, recipe) in recipes(d).items():
            tensors = {name: np.float32(value) for name, value in state(weights).items()}
            path = folder / f"composed_{d}_{order.replace(', ', '_')}.safetensors"
            save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path)
            model = module.ModularAddition(module.Config(number=d, unit=weights.width))
            model.load_state_dict(load_file(path))
            one = found[d, order] = score(model, d)
            table.add_row(
                *map(str, (d, order, weights.width, recipe)),
                solves(weights).verdict.name,
                f"{one.correct}/{one.pairs}",
                f"{one.loss:.1e}",
                f"{one.margin:.4f}",
            )
    Console(width=100).print(table)
    return found


# --- trained --------------------------------------------------------------------------------------


def train(model: nn.Module, d: int) -> float:
    """Adam on all pairs at once; weight decay, and none at the end, so that the loss may vanish."""
    a, b, sums = every_pair(d)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    loss = torch.zeros(())
    for step in range(STEPS):
        left = 1 - step / STEPS
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, left / 0.3)
        loss = square_loss(model(a, b), sums)
        decay = DECAY * min(1.0, max(0.0, (left - 0.1) / 0.2))
        size = sum((w**2).sum() for w in model.parameters())
        optimiser.zero_grad()
        (loss + decay * size).backward()
        optimiser.step()
    return loss.item()


def tables_of(model: nn.Module) -> dict[str, np.ndarray]:
    """The tables a, b and c of a module."""
    names = {"a": "first.weight", "b": "second.weight", "c": "out.weight"}
    return {p: model.state_dict()[name].double().numpy() for p, name in names.items()}


def trained(module: ModuleType) -> list[Learnt]:
    """Train a few networks and take them apart."""
    table = Table("d", "seed", "loss", "k", "units", "at ±k", "distance", "does not vanish")
    found = []
    with bars() as progress:
        task = progress.add_task("train", total=len(TRAINED) * SEEDS, note="")
        for d, width in TRAINED:
            for seed in range(SEEDS):
                torch.manual_seed(seed)
                model = module.ModularAddition(module.Config(number=d, unit=width))
                for weight in model.parameters():
                    nn.init.normal_(weight, std=SPREAD)
                loss = train(model, d)
                for one in families(tables_of(model)):
                    product = factor(one)
                    distance = None if product is None else product.distance
                    learnt = Learnt(
                        d, seed, one.frequency, one.width, one.purity, distance, one.open()
                    )
                    found.append(learnt)
                    shape = "" if product is None else " ⊗ ".join(map(str, product.shape))
                    table.add_row(
                        *map(str, (d, seed)),
                        f"{loss:.1e}",
                        str(learnt.frequency),
                        f"{learnt.units}" + f" = {shape}" * bool(shape),
                        f"{learnt.purity:.4f}",
                        "" if distance is None else f"{distance:.1e}",
                        ", ".join(learnt.open) or "nothing",
                    )
                progress.advance(task)
    Console(width=100).print(table)
    return found


def main(folder: Path) -> tuple[dict[tuple[int, str], Score], Score, list[Learnt]]:
    """Composed networks, the one with its weights inside, and trained ones."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path, inside = SPECS / "modular_addition.py", folder / "model.py", folder / "twelve.py"
    commute("check", spec)
    commute("build", spec, "--arch", "modular_addition", "-o", path)
    commute("build", spec, "--arch", "adder_of_twelve", "-o", inside)
    torch.set_num_threads(1)  # the networks are small: a second thread would only wait
    module = generated(path)
    print("\nComposed, not trained (o/2d − e up to a constant; the margin of a solution is 2d):")
    scores = composed(module, folder)
    fixed = score(generated(inside).AdderOfTwelve(), 12)
    print(f"The module with its weights inside, d = 12: {fixed.correct}/{fixed.pairs} correct.")
    print("\nTrained from random weights, and taken apart:")
    learnt = trained(module)
    for d in sorted({one.modulus for one in learnt}):
        whole = (d - 1) // 2
        first = families(tables(mixed(d, range(1, whole), lent=True)))[0]
        print(
            f"d = {d}, composed with order 4 at one frequency and 6 at the others, "
            f"which carry its correction: {first.purity:.4f} of their units is at ±k."
        )
    products = [one for one in learnt if one.distance is not None]
    near = [one for one in products if one.distance is not None and one.distance <= NEAR]
    print(
        f"{len(learnt)} families, {len(products)} of them of 4 or 6 units; {len(near)} are products"
        f" of a family of 2 and one of 2 or 3 up to a relative distance of {NEAR}."
    )
    return scores, fixed, learnt


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/modular_addition"))
