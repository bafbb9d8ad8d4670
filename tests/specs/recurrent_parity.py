"""The recurrent atlas against independent PyTorch: ``python -m tests.specs.recurrent_parity``.

Definition.  Each row is a declared network, the module that it must equal, and the largest relative
difference of outputs and gradients, in float64, with random weights and random initial states.
torch trains two biases where one is declared: the declared one is their sum, and each must get its
gradient.  torch refuses empty sequences: such a sample is left out there, and must come back with
rows of 0 and the state it started with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from categorical import Architecture, Dim, architecture
from categorical.composites import (
    bidirectional,
    elman_cell,
    gru_cell,
    lstm_cell,
    recurrent,
    stacked,
)
from tests.specs import machine_parity as machines
from tests.specs import test_parity_scans as scans
from tests.specs import test_parity_trees as trees
from tests.specs.parity import TOLERANCE, Pick, architectures, compare

BATCH, STEPS, FEATURE, HIDDEN = 5, 6, 3, 4
LENGTHS = (6, 0, 1, 4, 6)


@dataclass(frozen=True)
class Kind:
    """A cell, torch's modules for it, its gates, and how many states it has."""

    name: str
    cell: Callable
    network: type[nn.RNNBase]
    step: type[nn.RNNCellBase]
    gates: int
    states: int


KINDS = (
    Kind("elman", elman_cell, nn.RNN, nn.RNNCell, 1, 1),
    Kind("gru", gru_cell, nn.GRU, nn.GRUCell, 3, 1),
    Kind("lstm", lstm_cell, nn.LSTM, nn.LSTMCell, 4, 2),
)


def of_cell(kind: Kind, ours: str, end: str) -> dict[str, Pick]:
    """The weights of one cell; ``end`` is what torch puts behind its names (``_l0_reverse``)."""
    prefix = f"{ours}." if ours else ""
    found: dict[str, Pick] = {
        f"{prefix}from_input.weight": f"weight_ih{end}",
        f"{prefix}from_state.weight": f"weight_hh{end}",
        f"{prefix}from_input.bias": [f"bias_ih{end}", f"bias_hh{end}"],
    }
    if kind.name == "gru":  # the bias inside the reset gate is one of its own
        found[f"{prefix}from_input.bias"] = [f"bias_ih{end}", (f"bias_hh{end}", machines.outside)]
        found[f"{prefix}new_bias"] = (f"bias_hh{end}", lambda b: b.chunk(3)[2])
    return found


def network(kind: Kind, layers: int, two_ways: bool, ragged: bool) -> Architecture:
    """The declared network; its states are inputs."""
    feature, hidden, step = Dim.named("feature hidden step")
    parts = []
    for i in range(layers):
        read = feature if not i else hidden + hidden if two_ways else hidden
        cell = kind.cell(read, hidden)
        if two_ways:
            other = kind.cell(read, hidden)
            parts.append(bidirectional(cell, other, over=step, lengths=ragged))
        else:
            parts.append(recurrent(cell, over=step, lengths=ragged, name=f"layer_{i}"))
    return architecture(stacked(*parts).named("network"), name="network")


def names_of(kind: Kind, layers: int, two_ways: bool) -> dict[str, Pick]:
    """Which weight of torch's module each weight of the declared one is."""
    found: dict[str, Pick] = {}
    for i in range(layers):
        if two_ways:
            layer = "bidirectional" + (f"_{i + 1}" if i else "")
            found |= of_cell(kind, f"{layer}.forwards", f"_l{i}")
            found |= of_cell(kind, f"{layer}.backwards", f"_l{i}_reverse")
        else:
            found |= of_cell(kind, f"layer_{i}", f"_l{i}")
    return found


def calling(kind: Kind, theirs: nn.RNNBase, ragged: bool) -> Callable[..., tuple[Tensor, ...]]:
    """torch's module, called as the declared one: states by layer and direction, x, lengths."""

    def call(*given: Tensor) -> tuple[Tensor, ...]:
        states, x = given[: -2 if ragged else -1], given[-2 if ragged else -1]
        starts = [torch.stack(states[i :: kind.states]) for i in range(kind.states)]
        if not ragged:
            rows, ends = theirs(x, _states(kind, starts))
        else:
            rows, ends = _packed(kind, theirs, x, starts, given[-1])
        ends = ends if isinstance(ends, (tuple, list)) else (ends,)
        return (rows, *(end[i] for i in range(len(starts[0])) for end in ends))

    return call


def _states(kind: Kind, starts: list[Tensor]) -> Tensor | tuple[Tensor, ...]:
    return starts[0] if kind.states == 1 else tuple(starts)


def _packed(kind: Kind, theirs: nn.RNNBase, x: Tensor, starts: list[Tensor], lengths: Tensor):
    some = lengths > 0
    packed = pack_padded_sequence(x[some], lengths[some], batch_first=True, enforce_sorted=False)
    rows, ends = theirs(packed, _states(kind, [one[:, some] for one in starts]))
    rows, _ = pad_packed_sequence(rows, batch_first=True, total_length=x.shape[1])
    every = x.new_zeros(len(x), *rows.shape[1:]).index_put((some,), rows)
    ends = ends if isinstance(ends, tuple) else (ends,)
    kept = [one.clone() for one in starts]
    for one, end in zip(kept, ends):
        one[:, some] = end
    return every, kept


def difference(kind: Kind, layers: int = 1, two_ways: bool = False, ragged: bool = False) -> float:
    """The largest relative difference between a declared network and torch's."""
    theirs = kind.network(FEATURE, HIDDEN, layers, batch_first=True, bidirectional=two_ways)
    count = kind.states * layers * (2 if two_ways else 1)
    inputs = [random(BATCH, HIDDEN) for _ in range(count)] + [random(BATCH, STEPS, FEATURE)]
    if ragged:
        inputs.append(torch.tensor(LENGTHS))
    sizes = {"feature": FEATURE, "hidden": HIDDEN, "step": STEPS}
    ours = network(kind, layers, two_ways, ragged)
    names = names_of(kind, layers, two_ways)
    return compare(ours, theirs, names, inputs, calling(kind, theirs, ragged), sizes=sizes)


def of_step(kind: Kind) -> float:
    """One cell against torch's cell."""
    feature, hidden = Dim.named("feature hidden")
    theirs = kind.step(FEATURE, HIDDEN)

    def call(*given: Tensor) -> tuple[Tensor, ...]:
        found = theirs(given[-1], _states(kind, list(given[:-1])))
        return found if isinstance(found, tuple) else (found,)

    inputs = [random(BATCH, HIDDEN) for _ in range(kind.states)] + [random(BATCH, FEATURE)]
    ours = architecture(kind.cell(feature, hidden), name="cell")
    sizes = {"feature": FEATURE, "hidden": HIDDEN}
    return compare(ours, theirs, of_cell(kind, "", ""), inputs, call, sizes=sizes)


def of_spec(kind: Kind, spec: str, which: str, layers: int, two_ways: bool) -> float:
    """An architecture of the atlas, from the state 0, against torch's module."""
    ours = architectures(spec)[which]
    sizes = {"feature": FEATURE, "hidden": HIDDEN, "step": STEPS}
    theirs = kind.network(FEATURE, HIDDEN, layers, batch_first=True, bidirectional=two_ways)
    plain, ragged = calling(kind, theirs, two_ways), two_ways

    def call(*given: Tensor) -> tuple[Tensor, ...]:
        count = kind.states * layers * (2 if two_ways else 1)
        return plain(*[given[0].new_zeros(BATCH, HIDDEN)] * count, *given)

    names = names_of(kind, layers, two_ways) if two_ways else of_cell(kind, "cell", "_l0")
    inputs = [random(BATCH, STEPS, FEATURE)] + [torch.tensor(LENGTHS)] * ragged
    return compare(ours, theirs, names, inputs, call, sizes=sizes)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


#: Networks of the atlas: the spec, its architecture, the kind, layers, whether from both ends.
SPECS = (
    ("elman_network", "model", KINDS[0], 1, False),
    ("gated_recurrent_unit", "model", KINDS[1], 1, False),
    ("lstm", "model", KINDS[2], 1, False),
    ("bidirectional_network", "elman", KINDS[0], 2, True),
    ("bidirectional_network", "gru", KINDS[1], 2, True),
    ("bidirectional_network", "lstm", KINDS[2], 2, True),
)
FORMS = [(ways, ragged) for ways in (False, True) for ragged in (False, True)]


def rows() -> list[tuple[str, str, Callable[[], float]]]:
    """What is declared, what it is compared with, and the measurement."""
    found = []
    for spec, which, kind, layers, ways in SPECS:
        more = ", 2 layers, from both ends, packed" if ways else ""
        title = f"specs/{spec}.py {which}"
        found.append(
            (
                title,
                f"nn.{kind.network.__name__}{more}",
                lambda s=spec, w=which, k=kind, n=layers, b=ways: of_spec(k, s, w, n, b),
            )
        )
    for kind in KINDS:
        found.append((f"{kind.name}_cell", f"nn.{kind.step.__name__}", lambda k=kind: of_step(k)))
    for kind in KINDS:
        for ways, ragged in FORMS:
            title = f"{kind.name}: {'bidirectional' if ways else 'recurrent'}, 1 to 3 layers"
            other = f"nn.{kind.network.__name__}{', packed, empty ones too' if ragged else ''}"
            found.append(
                (
                    title,
                    other,
                    lambda k=kind, w=ways, r=ragged: max(difference(k, n, w, r) for n in (1, 2, 3)),
                )
            )
    return found + list(machines.ROWS) + by_tests()


def by_tests() -> list[tuple[str, str, Callable[[], float]]]:
    """The comparisons of tree networks and of scans, made by their tests."""
    recursion, loop = "the recursion, node by node", "a loop over the steps"
    tests = (
        ("tree_lstm.py, child-sum", recursion, trees.test_child_sum_tree_lstm_is_the_recursion, 9),
        ("tree_lstm.py, binary", recursion, trees.test_binary_tree_lstm_is_the_recursion, 9),
        ("recursive_network.py", recursion, trees.test_the_recursive_network_is_the_recursion),
        ("linear_recurrent_unit.py", loop, scans.test_linear_recurrent_unit, 40),
        ("selective_scan.py", loop, scans.test_selective_scan, 40),
        ("linear_attention.py", loop, scans.test_linear_attention, 40),
        ("automaton.py", loop, scans.test_automaton_learner, 8),
    )
    return [
        (f"specs/{title} model", other, partial(made_by, module_of(test), test, *more))
        for title, other, test, *more in tests
    ]


def module_of(test: Callable[..., None]) -> ModuleType:
    return trees if test.__module__ == trees.__name__ else scans


def made_by(module: ModuleType, test: Callable[..., None], *arguments: object) -> float:
    """The largest difference that a test of a module compares with the tolerance."""
    found: list[float] = []
    real = module.compare

    def compare(*given: object, **named: object) -> float:
        found.append(real(*given, **named))
        return found[-1]

    module.compare = compare
    try:
        test(*arguments)
    finally:
        module.compare = real
    return max(found)


def main() -> int:
    """Print the table; 1 if a row is above the tolerance."""
    from rich.console import Console
    from rich.table import Table

    torch.manual_seed(0)
    table = Table("declared", "compared with", "largest difference", box=None)
    worst = 0.0
    for title, other, measure in rows():
        found = measure()
        worst = max(worst, found)
        table.add_row(title, other, f"{found:.1e}")
    Console(width=110).print(table)
    print(f"values and gradients in float64; tolerance {TOLERANCE:.0e}; largest {worst:.1e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    raise SystemExit(main())
