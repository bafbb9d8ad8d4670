"""Train recurrent networks on utterances of nine speakers, of 7 to 29 steps (Japanese Vowels).

Run ``python -m examples.japanese_vowels [folder]``.  The split is the one that was published: 270
utterances to train on, 370 held out.  A GRU from both ends, with the lengths as an input, is
compared with logistic regression on the means over time; both see standardised coefficients.  A
network that answers while it listens is trained on whole utterances and then run step by step: the
same module, the same answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sktime.datasets import load_japanese_vowels
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated

SEEDS, EPOCHS, BATCH = 5, 30, 30


def utterances(split: str) -> tuple[list[Tensor], Tensor]:
    """Utterances (step, 12), each as long as it is, and their speakers from 0 to 8."""
    table, speakers = load_japanese_vowels(split=split, return_X_y=True)
    rows = [np.stack([np.asarray(one) for one in row], axis=1) for row in table.to_numpy()]
    return [torch.tensor(one, dtype=torch.float32) for one in rows], torch.tensor(
        [int(one) - 1 for one in speakers]
    )


def data() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Padded utterances, lengths and speakers: for training, and held out."""
    train, speakers = utterances("train")
    test, test_speakers = utterances("test")
    every = torch.cat(train)
    mean, spread = every.mean(0), every.std(0)
    made = []
    for part in (train, test):
        made.append(nn.utils.rnn.pad_sequence([(x - mean) / spread for x in part], True))
        made.append(torch.tensor([len(x) for x in part]))
    return made[0], made[1], speakers, made[2], made[3], test_speakers


def means(x: Tensor, lengths: Tensor) -> np.ndarray:
    """The mean over the steps of each utterance (what is padded is 0)."""
    return (x.sum(1) / lengths[:, None]).numpy()


def train(model: nn.Module, loss: Callable[[Tensor], Tensor], count: int, title: str, bar) -> None:
    """Epochs of shuffled batches; ``loss`` is that of the rows of one batch."""
    rows = [part for _ in range(EPOCHS) for part in torch.randperm(count).split(BATCH)]
    fit(model, lambda step: loss(rows[step]), len(rows), 1e-2, title, bar)


def of_speakers(model: nn.Module, x: Tensor, lengths: Tensor, y: Tensor):
    """The loss of the classifier on some rows."""
    return lambda rows: cross_entropy(model(x[rows], lengths[rows]), y[rows])


def of_steps(model: nn.Module, x: Tensor, lengths: Tensor, y: Tensor):
    """The loss of the stream on some rows, over all steps within their lengths."""
    heard = torch.arange(x.shape[1]) < lengths[:, None]
    each = y[:, None].expand(-1, x.shape[1])
    return lambda rows: cross_entropy(model(x[rows])[heard[rows]], each[rows][heard[rows]])


def main(folder: Path) -> tuple[float, float, float]:
    """Held-out accuracies: of the baseline, and the means of the two networks."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = SPECS / "vowel_classifier.py"
    commute("check", spec)
    for name in ("vowel_classifier", "vowel_stream"):
        commute("build", spec, "--arch", name, "-o", folder / f"{name}.py")
    torch.set_num_threads(1)  # the utterances are short: a second thread would only wait
    x, lengths, y, x_test, lengths_test, y_test = data()
    print(f"\n{len(x)} utterances to train on, {len(x_test)} held out, {SEEDS} seeds")

    linear = LogisticRegression(max_iter=2000).fit(means(x, lengths), y.numpy())
    baseline = float(linear.score(means(x_test, lengths_test), y_test.numpy()))
    whole, online = [], []
    with bars() as progress:
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            model = generated(folder / "vowel_classifier.py").VowelClassifier()
            loss = of_speakers(model, x, lengths, y)
            train(model, loss, len(x), f"both ends, seed {seed}", progress)
            stream = generated(folder / "vowel_stream.py").VowelStream()
            loss = of_steps(stream, x, lengths, y)
            train(stream, loss, len(x), f"listening, seed {seed}", progress)
            with torch.no_grad():
                found, scores = model(x_test, lengths_test), stream(x_test)
            last = scores[torch.arange(len(x_test)), lengths_test - 1]
            for kept, one in ((whole, found), (online, last)):
                kept.append((one.argmax(1) == y_test).float().mean().item())
    difference = step_by_step(stream, x_test, scores)

    mean, mean_online = sum(whole) / SEEDS, sum(online) / SEEDS
    right = (scores.argmax(2) == y_test[:, None]).float().mean(0)
    print("held-out accuracy by seed")
    print("  GRU from both ends:   " + ", ".join(f"{s:.4f}" for s in whole))
    print("  GRU while listening:  " + ", ".join(f"{s:.4f}" for s in online))
    print("mean held-out accuracy")
    print(f"  GRU from both ends            {mean:.4f}")
    print(f"  GRU while listening           {mean_online:.4f}   (after 1, 3, 7 steps:", end=" ")
    print(", ".join(f"{right[k - 1]:.3f}" for k in (1, 3, 7)) + ")")
    print(f"  logistic regression on means  {baseline:.4f}")
    print(f"step by step against whole utterances: relative difference {difference:.1e}")
    return baseline, mean, mean_online


def step_by_step(stream: nn.Module, x: Tensor, scores: Tensor) -> float:
    """How far the answers, one step at a time, are from those to whole utterances."""
    state, worst = stream.initial_state(len(x)), 0.0
    with torch.no_grad():
        for i in range(x.shape[1]):
            answer, state = stream.step(x[:, i], state)
            worst = max(worst, float((answer - scores[:, i]).abs().max()))
    worst /= float(scores.abs().max())
    assert worst < 1e-5, "step by step, the answers are others"
    return worst


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/japanese_vowels")
    sys.exit(0 if main(folder)[1] >= 0.95 else 1)
