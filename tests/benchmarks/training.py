"""Generated training steps against loops by hand: ``python -m tests.benchmarks.training``.

One step (of a GAN: one round) forward, backward and update, float32, CPU time of one thread; ours,
the loop by hand and that loop again (A/A: noise) run in one interleaved loop.  The ratio is ours
over by hand, the median over rounds; at most 1.02 is wanted when both run eagerly.  ``--compiled``
adds our step under ``torch.compile``: how long the first call takes with empty caches, in how many
graphs, and its time over that of the eager loop by hand.  One graph it cannot be: ``torch.optim``
breaks the graph in ``zero_grad`` and ``step``.  ``--only NAME`` picks rows.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import Tensor

from tests.benchmarks import training_baselines as baselines
from tests.benchmarks.paired import Local, paired
from tests.benchmarks.timing import keep_memory, table

WANTED = 1.02
HEAD = ["step", "optimiser", "by hand ms", "ours ms", "ours / by hand", "quartiles", "A/A"]
HEAD += ["verdict"]
COMPILED = ["step", "graphs", "first call s", "ms", "compiled / by hand"]


@dataclass(frozen=True)
class Row:
    """One step: the declared game, the same by hand, and a batch."""

    name: str
    game: Callable[[], Any]
    by_hand: Callable[[], baselines.Step]
    batch: Callable[[], Sequence[Tensor]]


def _spec(name: str) -> Any:
    from categorical.face.loader import load

    return load(str(Path(__file__).resolve().parents[2] / "specs" / f"{name}.py"))


def _classes(spec: str, variable: str, by: Any) -> Any:
    """The learner of an architecture that scores classes."""
    from categorical.learning.games import learner
    from categorical.learning.losses import cross_entropy

    (found,) = [x.architecture for x in _spec(spec).declared if x.variable == variable]
    return learner(found, cross_entropy(found.graph.cod[0]), by)


def _digits() -> Any:
    from categorical.learning.optimisers_adaptive import adam

    return _classes("digits_cnn", "classifier", adam(1e-3))


def _perceptron() -> Any:
    from categorical import Dim, Real, op
    from categorical.learning.games import learner
    from categorical.learning.losses import mean_squared_error
    from categorical.learning.optimisers import sgd

    c, h, k = Dim.named("c h k")
    inner = op.relabel(h.at("out"), h)
    net = op.linear(c, h) >> op.relu >> op.linear(h, h.at("out")) >> inner >> op.relu
    net = (net >> op.linear(h, k)).named("perceptron")
    by = sgd(0.01, momentum=0.9)
    return learner(net, mean_squared_error(Real[k]), by, sizes=dict(c=64, h=256, k=10))


def _contest() -> Any:
    (found,) = [x.game for x in _spec("gan").games if x.variable == "training"]
    return found


def _characters() -> Any:
    from categorical.learning.optimisers_adaptive import adamw

    return _classes("character_model", "model", adamw(3e-4))


ROWS = (
    Row(
        "digits CNN, Adam",
        _digits,
        baselines.digits,
        lambda: (torch.randn(64, 1, 8, 8), torch.randint(10, (64,))),
    ),
    Row(
        "perceptron, SGD with momentum",
        _perceptron,
        baselines.perceptron,
        lambda: (torch.randn(64, 64), torch.randn(64, 10)),
    ),
    Row(
        "a round of the GAN, Adam",
        _contest,
        baselines.contest,
        lambda: (torch.rand(64, 8, 8),),
    ),
    Row(
        "character model, AdamW",
        _characters,
        baselines.characters,
        lambda: (torch.randint(100, (8, 64)), torch.randint(100, (8, 64))),
    ),
)


def generated(row: Row) -> Any:
    """``Training`` of the generated file, on a fresh model (compared elsewhere)."""
    from backends.pytorch.build import build
    from backends.pytorch.loader import load_source
    from backends.pytorch.training.write import model_of, train

    game = row.game()
    what, whole = model_of(game)
    name = (getattr(what, "name", "") or whole) if whole else game.name
    made = train(game, build(what, game.sizes, name, validate=False), validate=False)
    space = load_source(made.source, f"{made.module}_train")
    return space.Training(made.model.module().train())


def eager(row: Row, rounds: int) -> list[str]:
    """One line of the table."""
    torch.manual_seed(0)
    batch = row.batch()
    step, ours = row.by_hand(), generated(row)
    by_hand = Local(lambda: step(*batch))
    again = Local(lambda: step(*batch))
    mine = Local(lambda: ours.step(*batch))
    found = paired({"by hand": by_hand, "ours": mine, "again": again}, "by hand", rounds)
    ratio, noise = found.faster["ours"], found.faster["again"]
    slower = 1 / ratio.median
    verdict = "met" if slower <= WANTED else "MISSED"
    if verdict == "MISSED" and slower <= WANTED + max(noise.high - 1, 1 - noise.low):
        verdict = "within noise"
    kinds = {one.optimiser.torch[0] for one in row.game().players}
    return [
        row.name,
        " ".join(sorted(kinds)),
        f"{1000 * found.seconds['by hand'].median:.3f}",
        f"{1000 * found.seconds['ours'].median:.3f}",
        f"{slower:.3f}",
        f"{1 / ratio.high:.3f}–{1 / ratio.low:.3f}",
        f"{1 / noise.median:.3f} ({1 / noise.high:.3f}–{1 / noise.low:.3f})",
        verdict,
    ]


def compiled(row: Row, rounds: int) -> list[str]:
    """The whole step compiled, against the loop by hand."""
    import torch._dynamo.utils
    import torch._inductor.config

    torch.manual_seed(0)
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    batch = row.batch()
    step, ours = row.by_hand(), generated(row)
    with torch._inductor.config.patch(force_disable_caches=True):
        quick = torch.compile(ours.step)
        start = time.perf_counter()
        quick(*batch)
        first = time.perf_counter() - start
        graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
        by_hand = Local(lambda: step(*batch))
        mine = Local(lambda: quick(*batch), 5)
        found = paired({"by hand": by_hand, "ours": mine}, "by hand", rounds)
    return [
        row.name,
        str(graphs),
        f"{first:.1f}",
        f"{1000 * found.seconds['ours'].median:.3f}",
        f"{1 / found.faster['ours'].median:.3f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="the compiled step as well")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    keep_memory()
    torch.set_num_threads(1)
    rows = [one for one in ROWS if options.only.lower() in one.name.lower()]
    lines = []
    for one in rows:
        lines.append(eager(one, options.rounds))
        print("  ".join(lines[-1]), flush=True)
    print(f"\n{table(lines, HEAD)}")
    if options.compiled:
        print(f"\n{table([compiled(one, options.rounds) for one in rows], COMPILED)}")


if __name__ == "__main__":
    main()
