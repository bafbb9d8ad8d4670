"""Train the causal transformer on the source text of Python's standard library.

Run ``python -m examples.text [folder]``.  Files are held out by the hash of their name.  The result
is compared, in nats a character, with a bigram model (add-half smoothing) on the held-out files.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated

CONTEXT, LETTERS = 64, 100
STEPS, BATCH = 700, 16


def text() -> tuple[Tensor, Tensor]:
    """Characters of the training files and of the held-out files, as numbers below 100."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    train, test = [], []
    for path in sorted(folder.glob("*.py")):
        content = path.read_text(encoding="utf-8", errors="replace")
        held_out = hashlib.sha256(path.name.encode()).digest()[0] % 8 == 0
        (test if held_out else train).append(content)
    return encode("".join(train)), encode("".join(test))


def encode(content: str) -> Tensor:
    """Printable ASCII, line break and tab keep a number of their own; the rest share the last."""
    table = {chr(code): code - 32 for code in range(32, 127)} | {"\n": 95, "\t": 96}
    return torch.tensor([table.get(one, LETTERS - 1) for one in content])


def bigram(train: Tensor, test: Tensor) -> float:
    """Nats a character of the best model that sees one character back."""
    counts = torch.full((LETTERS, LETTERS), 0.5)
    counts.index_put_((train[:-1], train[1:]), torch.ones(len(train) - 1), accumulate=True)
    chance = (counts / counts.sum(1, keepdim=True)).log()
    return -chance[test[:-1], test[1:]].mean().item()


def windows(content: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Texts of the context length from these places, and the characters that follow each."""
    rows = starts[:, None] + torch.arange(CONTEXT)
    return content[rows], content[rows + 1]


def main(folder: Path) -> float:
    """How many nats a character the transformer is better than the bigram model."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path = SPECS / "character_model.py", folder / "model.py"
    commute("check", spec)
    commute("build", spec, "-o", path)
    train, test = text()
    baseline = bigram(train, test)
    print(f"\n{len(train):,} characters to train on, {len(test):,} held out")

    torch.manual_seed(0)
    model = generated(path).CharacterModel()
    starts = torch.randint(len(train) - CONTEXT - 1, (STEPS, BATCH))

    def loss(step: int) -> Tensor:
        x, y = windows(train, starts[step])
        return cross_entropy(model(x).flatten(0, 1), y.flatten())

    with bars() as progress:
        fit(model, loss, STEPS, 5e-3, "transformer", progress)
    places = torch.arange(0, len(test) - CONTEXT - 1, CONTEXT)[:1024]
    with torch.no_grad():
        losses = []
        for part in places.split(64):
            x, y = windows(test, part)
            losses.append(cross_entropy(model(x).flatten(0, 1), y.flatten()).item() * len(part))
    score = sum(losses) / len(places)
    print(f"nats a character, held out: bigram {baseline:.3f}, transformer {score:.3f}")
    print(f"better by {baseline - score:.3f}")
    return baseline - score


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/text")) >= 0.3 else 1)
