"""Machines, stacks and folds over modalities, written by hand in PyTorch, against the atlas.

Definition.  Every module here follows the equations of its paper step by step, with Python lists
for what the paper lets grow, and shares no code with the specs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tests.specs.parity import Pick, architectures, compare

BATCH, STEPS = 3, 5


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def linear(ours: str, theirs: str) -> dict[str, Pick]:
    return {f"{ours}.{kind}": f"{theirs}.{kind}" for kind in ("weight", "bias")}


def outside(bias: Tensor) -> Tensor:
    """The bias of the state of a GRU for the two gates, 0 for the candidate."""
    reset, update, new = bias.chunk(3)
    return torch.cat((reset, update, 0 * new))


def gru(ours: str, theirs: str) -> dict[str, Pick]:
    """The weights of a GRU cell: the declared bias is the sum of two, but for the candidate."""
    return {
        f"{ours}.from_input.weight": f"{theirs}.weight_ih",
        f"{ours}.from_state.weight": f"{theirs}.weight_hh",
        f"{ours}.from_input.bias": [f"{theirs}.bias_ih", (f"{theirs}.bias_hh", outside)],
        f"{ours}.new_bias": (f"{theirs}.bias_hh", lambda b: b.chunk(3)[2]),
    }


def above(strengths: list[Tensor], place: int) -> Tensor:
    """The strength of all entries that were pushed later."""
    return sum(strengths[place + 1 :], torch.zeros_like(strengths[place]))


class Stack(nn.Module):
    """Grefenstette et al. 2015, equations 1 to 3, with lists from the bottom to the top."""

    def __init__(self, entry: int, width: int, state: int, answer: int, slots: int) -> None:
        super().__init__()
        self.slots, self.width, self.state = slots, width, state
        self.cell = nn.GRUCell(entry + width, state)
        self.actions, self.value = nn.Linear(state, 2), nn.Linear(state, width)
        self.answer = nn.Linear(state, answer)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        batch = x.shape[0]
        hidden, last = x.new_zeros(batch, self.state), x.new_zeros(batch, self.width)
        values = [x.new_zeros(batch, self.width) for _ in range(self.slots)]
        strengths = [x.new_zeros(batch) for _ in range(self.slots)]
        answers = []
        for i in range(x.shape[1]):
            hidden = self.cell(torch.cat((x[:, i], last), -1), hidden)
            pushed, popped = torch.sigmoid(self.actions(hidden)).unbind(-1)
            strengths = [
                torch.relu(one - torch.relu(popped - above(strengths, j)))
                for j, one in enumerate(strengths)
            ]
            strengths = [*strengths, pushed][-self.slots :]
            values = [*values, torch.tanh(self.value(hidden))][-self.slots :]
            last = torch.zeros_like(last)
            for j, (one, value) in enumerate(zip(strengths, values)):
                share = torch.minimum(one, torch.relu(1 - above(strengths, j)))
                last = last + share[:, None] * value
            answers.append(self.answer(hidden))
        rows = torch.stack(answers, 1)
        return rows, hidden, last, torch.stack(values[::-1], 1), torch.stack(strengths[::-1], 1)


def stack() -> float:
    weights = gru("cell.gru_cell", "cell")
    for one in ("actions", "value", "answer"):
        weights |= linear(f"cell.{one}", one)
    sizes = {"entry": 4, "answer": 2, "state": 5, "slot": 3, "width": 2, "step": STEPS}
    ours = architectures("neural_stack")["model"]
    return compare(ours, Stack(4, 2, 5, 2, 3), weights, [random(BATCH, STEPS, 4)], sizes=sizes)


class Modalities(nn.Module):
    """Swamy et al. 2023: a state updated by each encoder whose modality is there."""

    def __init__(self, state: int, inner: int, pixel: int, letters: int, vital: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(state))
        self.see, self.words = nn.Linear(pixel, inner), nn.Embedding(letters, inner)
        reads = {"look": inner, "read": inner, "measure": vital}
        self.inner = nn.ModuleDict({k: nn.Linear(state + v, inner) for k, v in reads.items()})
        self.outer = nn.ModuleDict({k: nn.Linear(inner, state) for k in reads})
        self.decode = nn.Linear(state, 3)

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        image, has_image, text, has_text, vitals, has_vitals = given
        seen = {
            "look": (torch.relu(self.see(image)).mean(1), has_image),
            "read": (self.words(text).mean(1), has_text),
            "measure": (vitals, has_vitals),
        }
        state, answers = self.start.expand(len(image), -1), []
        for name, (value, there) in seen.items():
            both = torch.cat((state, value), -1)
            moved = self.outer[name](torch.relu(self.inner[name](both)))
            state = state + there[:, None].to(moved.dtype) * moved
            answers.append(torch.sigmoid(self.decode(state)))
        return tuple(answers)


def modalities() -> float:
    weights: dict[str, Pick] = {"start": "start", **linear("decode.linear", "decode")}
    weights |= linear("stages.optional.look.see", "see")
    weights["stages.optional_2.read.words.weight"] = "words.weight"
    for place, name in (("optional", "look"), ("optional_2", "read"), ("optional_3", "measure")):
        weights |= linear(f"stages.{place}.{name}.linear", f"inner.{name}")
        weights |= linear(f"stages.{place}.{name}.linear_2", f"outer.{name}")
    sizes = {"state": 4, "inner": 5, "region": 3, "pixel": 2, "letter": 6, "word": 4, "vital": 2}
    there = [torch.tensor(one) for one in ([1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0])]
    image, vitals, text = random(4, 3, 2), random(4, 2), torch.randint(6, (4, 4))
    given = [image, there[0].bool(), text, there[1].bool(), vitals, there[2].bool()]
    ours = architectures("modality_fold")["model"]
    return compare(ours, Modalities(4, 5, 2, 6, 2), weights, given, sizes=sizes)


class Translator(nn.Module):
    """Sutskever et al. 2014, with GRU cells: torch's layer reads, a cell writes."""

    def __init__(self, feature: int, hidden: int, out: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.encoder = nn.GRU(feature, hidden, batch_first=True)
        self.cell, self.shown = nn.GRUCell(out, hidden), nn.Linear(hidden, out)

    def forward(self, x: Tensor) -> Tensor:
        state, rows = self.encoder(x)[1][0], []
        for _ in range(self.steps):
            rows.append(self.shown(state))
            state = self.cell(rows[-1], state)
        return torch.stack(rows, 1)


def of_layer(pick: Pick) -> Pick:
    """The name in torch's first layer of what is so named in its cell."""
    if isinstance(pick, list):
        return [of_layer(one) for one in pick]
    return f"{pick}_l0" if isinstance(pick, str) else (f"{pick[0]}_l0", pick[1])


def translator() -> float:
    encoder = gru("encoder", "encoder")
    encoder = {path: of_layer(pick) for path, pick in encoder.items()}
    weights = {
        **encoder,
        **gru("decoder.gru_cell", "cell"),
        **linear("decoder.shown", "shown"),
    }
    sizes = {"source": STEPS, "target": 4, "feature": 3, "hidden": 4, "out": 2}
    ours = architectures("encoder_decoder")["model"]
    return compare(ours, Translator(3, 4, 2, 4), weights, [random(BATCH, STEPS, 3)], sizes=sizes)


class Moore(nn.Module):
    """Answers first, then reads."""

    def __init__(self, read: int, answer: int, state: int) -> None:
        super().__init__()
        self.out, self.cell = nn.Linear(state, answer), nn.GRUCell(read, state)

    def forward(self, state: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = []
        for one in x.unbind(1):
            rows.append(self.out(state))
            state = self.cell(one, state)
        return torch.stack(rows, 1), state


def moore() -> float:
    weights = {**gru("cell.gru_cell", "cell"), **linear("cell.out", "out")}
    sizes = {"read": 3, "answer": 2, "state": 4, "step": STEPS}
    ours = architectures("moore_machine")["model"]
    given = [random(BATCH, 4), random(BATCH, STEPS, 3)]
    return compare(ours, Moore(3, 2, 4), weights, given, sizes=sizes)


class Mealy(nn.Module):
    """Reads, then answers: one hidden layer of the state and the input side by side."""

    def __init__(self, read: int, answer: int, state: int, inner: int) -> None:
        super().__init__()
        self.both = nn.Linear(read + state, inner)
        self.next, self.answer = nn.Linear(inner, state), nn.Linear(inner, answer)

    def forward(self, state: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = []
        for one in x.unbind(1):
            hidden = torch.tanh(self.both(torch.cat((one, state), -1)))
            rows.append(self.answer(hidden))
            state = torch.tanh(self.next(hidden))
        return torch.stack(rows, 1), state


def mealy() -> float:
    weights: dict[str, Pick] = {
        "cell.from_input.weight": ("both.weight", lambda w: w[:, :3]),
        "cell.from_state.weight": ("both.weight", lambda w: w[:, 3:]),
        "cell.from_input.bias": "both.bias",
        **linear("cell.next", "next"),
        **linear("cell.answer", "answer"),
    }
    sizes = {"read": 3, "answer": 2, "state": 4, "inner": 5, "step": STEPS}
    ours = architectures("mealy_machine")["model"]
    given = [random(BATCH, 4), random(BATCH, STEPS, 3)]
    return compare(ours, Mealy(3, 2, 4, 5), weights, given, sizes=sizes)


class Stocks(nn.Module):
    """torch's LSTM on every stock as a sample, then sums over the edges of each sample and day."""

    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.days = nn.LSTM(feature, hidden, batch_first=True)
        self.near, self.price = nn.Linear(hidden, hidden), nn.Linear(2 * hidden, 1)

    def forward(self, state: Tensor, memory: Tensor, x: Tensor, source: Tensor, target: Tensor):
        batch, stocks = x.shape[:2]
        starts = (state.flatten(0, 1)[None], memory.flatten(0, 1)[None])
        rows, ends = self.days(x.flatten(0, 1), starts)
        known = rows.unflatten(0, (batch, stocks))
        samples = []
        for sample, a, b in zip(known, source, target):
            near = [torch.zeros_like(sample[0]) for _ in range(stocks)]
            for start, end in zip(a.tolist(), b.tolist()):
                near[end] = near[end] + sample[start]
            samples.append(torch.stack(near))
        near = torch.relu(self.near(torch.stack(samples)))
        price = self.price(torch.cat((known, near), -1)).squeeze(-1)
        return price, *(end[0].unflatten(0, (batch, stocks)) for end in ends)


def stocks() -> float:
    weights: dict[str, Pick] = {
        "days.from_input.weight": "days.weight_ih_l0",
        "days.from_state.weight": "days.weight_hh_l0",
        "days.from_input.bias": ["days.bias_ih_l0", "days.bias_hh_l0"],
        **linear("near", "near"),
        **linear("price", "price"),
    }
    sizes = {"day": STEPS, "stock": 4, "edge": 7, "feature": 3, "hidden": 5}
    given = [random(2, 4, 5), random(2, 4, 5), random(2, 4, STEPS, 3)]
    given += [torch.randint(4, (2, 7)) for _ in range(2)]
    ours = architectures("lstm_gnn")["model"]
    return compare(ours, Stocks(3, 5), weights, given, sizes=sizes)


#: What is declared, what it is compared with, and the measurement.
ROWS: tuple[tuple[str, str, Callable[[], float]], ...] = (
    ("specs/mealy_machine.py model", "its equations, step by step", mealy),
    ("specs/moore_machine.py model", "a loop over nn.GRUCell", moore),
    ("specs/encoder_decoder.py model", "nn.GRU, then a loop over nn.GRUCell", translator),
    ("specs/neural_stack.py model", "Grefenstette's equations, on lists", stack),
    ("specs/lstm_gnn.py model", "nn.LSTM, then sums over edges by hand", stocks),
    ("specs/modality_fold.py model", "MultiModN's stages by hand", modalities),
)
