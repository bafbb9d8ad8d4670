"""What a generated training keeps for its gradients, and what the optics say that it must keep:
``python -m tests.benchmarks.checkpoints``.

A chain of layers ``linear >> tanh`` (or ``--activation gelu``) is trained as declared, with
``Regime(checkpoint=…)`` at every k-th layer, of the whole and not at all.  *Kept*: the numbers that
torch saves in the forward pass (saved-tensor hooks; each storage once, parameters apart), for each
sample, beside the count of the residual of the optic.  *Peak*: the numbers that are alive at once
in forward and backward pass (storages of all tensors that operations make), beside what is kept and
the largest segment.  While a segment is run back, the variables of its forward pass hold all its
values, as its optic does.  ``--layers``, ``--width`` and ``--batch`` change the sizes; rounding to
whole numbers hides what does not grow with the batch: the gradients of the weights.
"""

from __future__ import annotations

import argparse
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from backends.pytorch.loader import load_source, unload
from backends.pytorch.training.write import train
from categorical import Dim, Real, op
from categorical.lenses.checkpoints import choices
from categorical.lenses.para import lens_of
from categorical.operators import iterate
from tests.benchmarks.timing import table

#: The optic that keeps what torch does: the slopes of these are read off what they make, which the
#: next layer keeps anyway, or off what they get, which is one more number.
STORES = {one: "store, less entrywise" for one in ("tanh", "relu", "sigmoid")}
STORES |= {one: "store" for one in ("gelu", "silu", "sin")}
HEAD = ["computed again", "kept: optic", "torch", "peak: optic", "torch"]


@dataclass(frozen=True)
class Row:
    """One choice: numbers for each sample, by the optic and in torch."""

    name: str
    kept: int
    saved: float
    peak: int
    alive: float

    @property
    def cells(self) -> list[str]:
        return [
            self.name,
            str(self.kept),
            f"{self.saved:.0f}",
            str(self.peak),
            f"{self.alive:.0f}",
        ]


def saved(run: Callable[[], Tensor], parameters: Sequence[Tensor]) -> int:
    """The numbers that torch saves while something runs, each storage once."""
    own = {one.untyped_storage().data_ptr() for one in parameters}
    found: dict[int, int] = {}

    def pack(x: Tensor) -> Tensor:
        storage = x.untyped_storage()
        if storage.data_ptr() not in own and storage.nbytes():
            found[storage.data_ptr()] = storage.nbytes() // x.element_size()
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        result = run()  # held until all is counted: its places are not given away
    total = sum(found.values())
    del result
    return total


class Alive(TorchDispatchMode):
    """How many bytes are alive that operations have made, and the most at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.known: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(one, Tensor) and not function.is_view:
                self._see(one.untyped_storage())
        return made

    def _see(self, storage: Any) -> None:
        if storage in self.known:
            return
        size = self.known[storage] = storage.nbytes()
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._lose, size)

    def _lose(self, size: int) -> None:
        self.now -= size


def rows(layers: int, width: int, batch: int, activation: str = "tanh") -> list[Row]:
    """All choices for a chain."""
    d = Dim("d")
    layer = op.linear(d, d) >> getattr(op, activation)
    every = [k for k in range(1, layers) if layers % k == 0]
    by_optic = {
        one.name: (one.cost.at(d=width), one.peak(d=width))
        for one in choices([lens_of(layer) for _ in range(layers)], every)
    }
    found = []
    for k in [0, *every, layers]:
        size = k or 1
        block = reduce(lambda f, g: f >> g, [layer] * size).named("block")
        model = iterate(block, layers // size, name="blocks").named("net").at(Real[d])
        name = "input of every layer" if k == 1 else f"input of every {k} layers"
        name = {0: STORES[activation], layers: "input of the network"}.get(k, name)
        again = ("net.blocks",) if k else ()
        title = {0: "nothing", 1: "every layer", layers: "the network"}.get(k, f"every {k} layers")
        found.append(Row(title, *_paired(by_optic[name], measured(model, again, width, batch))))
    return found


def _paired(optic: tuple[int, int], torch_: tuple[float, float]) -> tuple[int, float, int, float]:
    return optic[0], torch_[0], optic[1], torch_[1]


def measured(model: Any, again: Sequence[str], width: int, batch: int) -> tuple[float, float]:
    """The numbers saved by the forward pass of a training, and those alive at most, a sample."""
    from categorical.learning.games import learner
    from categorical.learning.losses import mean_squared_error
    from categorical.learning.optimisers import sgd
    from categorical.learning.regime import Regime

    loss, regime = mean_squared_error(model.cod[0]), Regime(checkpoint=tuple(again))
    game = learner(model, loss, sgd(0.1), sizes={"d": width}, regime=regime)
    made = train(game)
    module = load_source(made.model.source, made.model.module_name)
    space = load_source(made.source, f"{made.module}_train")
    try:
        net: nn.Module = getattr(module, made.model.class_name)()
        space.Training(net)  # this is what lets parts be computed again
        x = torch.randn(batch, width)
        kept = saved(lambda: net(x), list(net.parameters()))
        with Alive() as alive:
            net(torch.randn(batch, width)).sum().backward()
        return kept / batch, alive.most / 4 / batch
    finally:
        unload(space)
        unload(module)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--activation", choices=STORES, default="tanh")
    options = parser.parse_args()
    found = rows(options.layers, options.width, options.batch, options.activation)
    print(table([one.cells for one in found], HEAD))
    print(f"numbers a sample: {options.layers} layers, d={options.width}, {options.batch} samples")


if __name__ == "__main__":
    main()
