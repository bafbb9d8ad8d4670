"""Write text with the cache that causality gives, and compare it with the whole forward pass.

Run ``python -m examples.streaming_text [folder]``.  The transformer of ``specs/character_model.py``
is trained for a short while on the source text of Python's standard library.  Then it continues a
held-out text twice, with the same noise for the choice of characters: entry by entry (``step``,
which keeps keys and values; the prompt is read at once by ``resume``), and with a forward pass over
the whole context for each character.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated
from examples.text import text

CONTEXT, PROMPT = 256, 64
STEPS, BATCH = 150, 8
HEAT = 0.6


def trained(module: ModuleType, content: Tensor) -> nn.Module:
    """A transformer with a longer context than that of the spec, trained for a short while."""
    torch.manual_seed(0)
    model: nn.Module = module.CharacterModel(module.Config(token=CONTEXT))
    starts = torch.randint(len(content) - CONTEXT - 1, (STEPS, BATCH))

    def loss(step: int) -> Tensor:
        rows = starts[step][:, None] + torch.arange(CONTEXT)
        return cross_entropy(model(content[rows]).flatten(0, 1), content[rows + 1].flatten())

    with bars() as progress:
        fit(model, loss, STEPS, 5e-3, "transformer", progress)
    return model.eval()


def chosen(scores: Tensor, place: int) -> Tensor:
    """A character drawn by its scores; the noise at a place is always the same."""
    noise = torch.rand(scores.shape, generator=torch.Generator().manual_seed(place))
    return (scores / HEAT - (-noise.log()).log()).argmax()


@torch.no_grad()
def by_steps(model: nn.Module, prompt: Tensor) -> tuple[Tensor, Tensor, float]:
    """The text, the scores at every place, and the seconds it took: the prompt at once, then entry
    by entry."""
    start, written = time.perf_counter(), list(prompt)
    first, state = model.resume(prompt[None], model.initial_state(1))  # type: ignore[operator]
    scores = list(first[0])
    for place in range(len(prompt), CONTEXT):
        written.append(chosen(scores[-1], place))
        row, state = model.step(written[-1][None], state)  # type: ignore[operator]
        scores.append(row[0])
    return torch.stack(written), torch.stack(scores), time.perf_counter() - start


@torch.no_grad()
def by_forward(model: nn.Module, prompt: Tensor) -> tuple[Tensor, Tensor, float]:
    """The same with one forward pass over the whole context for each new character."""
    start, written = time.perf_counter(), torch.zeros(1, CONTEXT, dtype=torch.int64)
    written[0, : len(prompt)] = prompt
    for place in range(len(prompt), CONTEXT):
        written[0, place] = chosen(model(written)[0, place - 1], place)
    return written[0], model(written)[0], time.perf_counter() - start


def decoded(content: Tensor) -> str:
    """The text of some numbers; see ``examples.text.encode``."""
    return "".join({95: "\n", 96: "\t", 99: "?"}.get(int(i), chr(int(i) + 32)) for i in content)


def main(folder: Path) -> tuple[float, float]:
    """The largest difference between the scores, and how many times faster the steps are."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.py"
    commute("build", SPECS / "character_model.py", "-o", path)
    train, test = text()
    model = trained(generated(path), train)
    prompt = test[1000 : 1000 + PROMPT]
    by_steps(model, prompt)  # warm
    written, scores, fast = by_steps(model, prompt)
    again, wanted, slow = by_forward(model, prompt)
    gap = (scores - wanted).abs().max().item()
    print(f"\n{decoded(prompt)}|{decoded(written[PROMPT:])}")
    print(f"\nthe same text both ways: {bool(torch.equal(written, again))}")
    print(f"largest difference of scores at {CONTEXT} places: {gap:.1e}")
    print(f"entry by entry: {(CONTEXT - PROMPT) / fast:,.0f} characters a second")
    print(f"by forward passes: {(CONTEXT - PROMPT) / slow:,.0f} characters a second")
    return gap, slow / fast


if __name__ == "__main__":
    difference, gain = main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/streaming_text"))
    sys.exit(0 if difference < 1e-4 and gain > 1 else 1)
