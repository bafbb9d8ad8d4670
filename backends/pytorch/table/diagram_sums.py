"""Layers of diagrams that do not factor: one contraction for each diagram, then spread.

This serves several inputs (bilinear layers of sets, at every size), metrics, symplectic forms, ε,
and a choice of diagrams.  Every contraction mixes the channels and keeps only the indices that its
diagram carries; what a diagram repeats or puts on a diagonal is done once, for the sum.

>>> from categorical.diagrams import pair_diagrams
>>> print(summed(pair_diagrams(2, 1, "brauer+epsilon", size=3), None, "full", (2,)).source)
def equivariant_v_v_to_v_summed_brauer_epsilon(x: Tensor, weight: Tensor) -> Tensor:
    \"\"\"The 1 equivariant map from (…, v, v, c) to (…, v, k): weight (1, k, c).\"\"\"
    epsilon = x.new_zeros(27)
    places = [5, 7, 11, 15, 19, 21]
    epsilon[places] = x.new_tensor([1, -1, -1, 1, 1, -1])
    w = weight.unbind()  # 1 × (k, c)
    return torch.einsum("...jic,kji,oc->...ko", x, epsilon.view(3, 3, 3), w[0])

Without a diagram there is nothing to write:

>>> summed(pair_diagrams(2, 1), None, "full", (2,)) is None
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backends.pytorch.layout import statement
from backends.pytorch.table.spreading import Blocks, Function, Kept, Parts, Spreading
from categorical.diagrams import Diagram, Diagrams

LETTERS = "ijklmnpqrstuvwxyz"
CHANNELS = "cdef"


def summed(
    diagrams: Diagrams, bias: Diagrams | None, mix: str, split: Sequence[int]
) -> Function | None:
    """The function ``(x, x2, …, weight, bias, sizes…) → y``; ``split`` says how many sources each
    input has.  ``None`` where there are no diagrams, or more letters than there are."""
    bias = bias if bias is not None and bias.count else None
    if not diagrams.count or len(diagrams.ports) > len(LETTERS) or len(split) > len(CHANNELS):
        return None
    if not split:
        return None
    names = ("x", *(f"x{i}" for i in range(2, len(split) + 1)))
    return _Sums(diagrams, bias, mix, inputs=names, split=tuple(split)).function()


@dataclass
class _Sums(Spreading):
    constants: dict[str, list[str]] = field(default_factory=dict)

    def function(self) -> Function:
        parts: Parts = {}
        for number, one in enumerate(self.diagrams.diagrams):
            blocks, kept, text = self._contraction(number, one)
            parts.setdefault(blocks, {}).setdefault(kept, []).append((text, kept))
        biases = () if self.bias is None else self.bias.diagrams
        for number, one in enumerate(biases):
            blocks, kept, text = self._fixed(number, one)
            parts.setdefault(blocks, {}).setdefault(kept, []).append((text, kept))
        c = "c" if self.mix == "each" else ", ".join(["k", *CHANNELS[: len(self.inputs)]])
        made = [line for lines in self.constants.values() for line in lines]
        made.append(f"    w = weight.unbind()  # {self.diagrams.count} × ({c})")
        self.lines = [*(line for line in made if not line.startswith("    #")), *self.lines]
        return self.framed(parts, "summed")

    def _contraction(self, number: int, one: Diagram) -> tuple[Blocks, Kept, str]:
        """(pattern of the targets, the indices that it has, the contraction) of one diagram."""
        port, constants, blocks, letter = self._letters(one)
        terms, start = [], 0
        every = CHANNELS[: len(self.inputs)] if self.mix == "full" else "c" * len(self.inputs)
        for many, channel in zip(self.split, every):
            own = (port[one.targets + start + p] for p in range(many))
            terms.append("..." + "".join(own) + channel)
            start += many
        weight = f"w[{number}]{self._factor_of(one)}"
        operands = [*self.inputs, *(text for _, text in constants), weight]
        terms += [term for term, _ in constants]
        terms.append("o" + every if self.mix == "full" else "c")
        present = set("".join(terms))
        kept = tuple(i for i, x in enumerate(letter) if x in present)
        result = "..." + "".join(letter[i] for i in kept) + ("o" if self.mix == "full" else "c")
        return blocks, kept, f'torch.einsum("{",".join(terms)}->{result}", {", ".join(operands)})'

    def _fixed(self, number: int, one: Diagram) -> tuple[Blocks, Kept, str]:
        """The same for a bias: nothing is contracted but constants."""
        _, constants, blocks, letter = self._letters(one)
        text = f"bias[{number}]"
        if not constants:
            return blocks, (), text
        present = "".join(term for term, _ in constants)
        kept = tuple(i for i, x in enumerate(letter) if x in present)
        terms = ",".join([*(term for term, _ in constants), "o"])
        result = "".join(letter[i] for i in kept) + "o"
        operands = ", ".join([*(value for _, value in constants), text])
        return blocks, kept, f'torch.einsum("{terms}->{result}", {operands})'

    def _letters(
        self, one: Diagram
    ) -> tuple[dict[int, str], list[tuple[str, str]], Blocks, list[str]]:
        """Letters of the ports, constant factors, the pattern of the targets and its letters."""
        free = iter(LETTERS)
        port: dict[int, str] = {}
        constants: list[tuple[str, str]] = []
        # sources first, so that they have the first letters
        order = sorted(one.blocks, key=lambda b: [p for p in b if p >= one.targets] or [99, *b])
        for block in order:
            factor = self.diagrams.factors[self.diagrams.ports[block[0]].factor]
            formed = factor.signs or factor.plain == "symplectic"
            if not formed or self.diagrams.lower(block[0]) != self.diagrams.lower(block[1]):
                port |= dict.fromkeys(block, next(free))
                continue
            f = self.diagrams.ports[block[0]].factor
            diagonal = bool(factor.signs) and block[-1] >= one.targets
            if diagonal:
                port |= dict.fromkeys(block, next(free))
                constants.append((port[block[0]], self._form(f)))
            else:
                port |= {p: next(free) for p in block}
                text = f"torch.diag({self._form(f)})" if factor.signs else self._form(f)
                constants.append((port[block[0]] + port[block[1]], text))
        for block in one.epsilons:
            port |= {p: next(free) for p in sorted(block, reverse=True)}
            term = "".join(port[p] for p in block)
            port |= dict(zip(block, term))
            constants.append((term, self._epsilon(block)))
        same: dict[str, list[int]] = {}
        for p in range(one.targets):
            same.setdefault(port[p], []).append(p)
        return port, constants, tuple(map(tuple, same.values())), list(same)

    def _factor_of(self, one: Diagram) -> str:
        """The division by what is averaged."""
        if self.diagrams.scale == "sum":
            return ""
        averaged = [self.diagrams.ports[b[0]].factor for b in one.summed]
        sizes = [self._size(f) for f in averaged if self.diagrams.factors[f].plain == "partition"]
        if not sizes:
            return ""
        return f" / {sizes[0]}" if len(sizes) == 1 else f" / ({' * '.join(sizes)})"

    # --- constants -------------------------------------------------------------------------------

    def _form(self, f: int) -> str:
        """The signs of a metric, or a symplectic form: a name, made once."""
        factor = self.diagrams.factors[f]
        many = len(self.diagrams.factors) > 1
        name = ("signs" if factor.signs else "form") + (f"_{f}" if many else "")
        if factor.signs:
            self.constants[name] = [f"    {name} = x.new_tensor({list(factor.signs)})"]
        elif name not in self.constants:
            half = f"torch.eye({self._size(f)} // 2, dtype=x.dtype, device=x.device)"
            self.constants[name] = [
                f"    half = {half}",
                f"    {name} = torch.kron(x.new_tensor([[0, 1], [-1, 0]]), half)",
            ]
        return name

    def _epsilon(self, block: Kept) -> str:
        """A Levi-Civita tensor, its lower ports lowered by the metric."""
        tensor = self.diagrams.symbol_of(block)
        places = np.flatnonzero(tensor)
        values = tensor.ravel()[places].tolist()
        text = f"{places.tolist()} {values}"
        known = [name for name, lines in self.constants.items() if lines[0].endswith(text)]
        many = sum(name.startswith("epsilon") for name in self.constants)
        name = known[0] if known else "epsilon" + (f"_{many + 1}" if many else "")
        if not known:
            self.constants[name] = [
                f"    # {text}",
                *statement(name, f"x.new_zeros({tensor.size})", "", 4),
                *statement("places", str(places.tolist()), "", 4),
                *statement(f"{name}[places]", f"x.new_tensor({values})", "", 4),
            ]
        return f"{name}.view({', '.join(map(str, tensor.shape))})"
