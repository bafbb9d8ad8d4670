"""The last step of a layer of diagrams as source text: results are added up, and spread.

Definition.  A result belongs to a *pattern* of the targets (which of them are equal) and has some
of the pattern's indices.  Results with fewer indices are added to results with more, and a pattern
that is coarser is added to a diagonal of a finer one, in place, so that only the last sums are as
large as the output.

>>> pattern(((0, 2), (1,))), repeated("y_j", (1,), (0, 1)), moved("y", [1, 0, 2])
('iji', 'y_j.unsqueeze(-3)', 'y.transpose(-3, -2)')

There are letters for sixteen indices:

>>> pattern(tuple((p,) for p in range(17)))
Traceback (most recent call last):
...
IndexError: string index out of range
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from backends.pytorch.layout import statement
from categorical.diagrams import Diagrams, Port
from categorical.diagrams.factoring import Half

LETTERS = "ijklmnopqrstuvwz"
Kept = tuple[int, ...]
Blocks = tuple[Kept, ...]
Parts = dict[Blocks, dict[Kept, list[tuple[str, Kept]]]]


class Function(NamedTuple):
    """A function of the generated file: its name, its source, and the factors whose sizes it takes
    after the weight and the bias."""

    name: str
    source: str
    sizes: tuple[int, ...]


@dataclass
class Spreading:
    """Writes a function ``(x, weight, bias, sizes…)`` that ends in adding up its parts."""

    diagrams: Diagrams
    bias: Diagrams | None
    mix: str
    lines: list[str] = field(default_factory=list)
    inputs: tuple[str, ...] = ("x",)
    split: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.split = self.split or (len(self.diagrams.sources),)

    # --- the frame -------------------------------------------------------------------------------

    def framed(self, parts: Parts, kind: str = "") -> Function:
        """The whole function, once its lines made the parts."""
        self._write("return", self._spread(parts))
        name, needed = self._name(kind), self._sizes()
        arguments = [*(f"{x}: Tensor" for x in self.inputs), "weight: Tensor"]
        arguments += ["bias: Tensor"] if self.bias is not None else []
        arguments += [f"{self._factor(f)}: int" for f in needed]
        head = f"def {name}({', '.join(arguments)}) -> Tensor:"
        if len(head) > 100:
            head = f"def {name}(\n    {', '.join(arguments)}\n) -> Tensor:"
        return Function(name, "\n".join([head, *self._doc(), *self.lines]), needed)

    def _name(self, kind: str) -> str:
        *sources, target = (
            "_".join(self._factor(p.factor) for p in ports) or "scalar"
            for ports in (*self._groups, self.diagrams.targets)
        )
        kinds = {f.family.replace("+", "_") for f in self.diagrams.factors} - {"partition"}
        more = [kind] * bool(kind) + sorted(kinds) + ["sums"] * (self.diagrams.scale == "sum")
        if self.diagrams.only is not None:
            text = repr(self.diagrams.only).encode()
            more += [f"some_{hashlib.sha256(text).hexdigest()[:8]}"]
        more += ["each"] * (self.mix == "each") + ["biased"] * (self.bias is not None)
        return "_".join(["equivariant", "_and_".join(sources), "to", target, *more])

    @property
    def _groups(self) -> list[tuple[Port, ...]]:
        """The sources of each input."""
        rest = iter(self.diagrams.sources)
        return [tuple(islice(rest, many)) for many in self.split]

    def _doc(self) -> list[str]:
        k = "c" if self.mix == "each" else "k"
        many = self.diagrams.count
        *sources, target = (
            ", ".join(["…", *(self._factor(p.factor) for p in ports)])
            for ports in (*self._groups, self.diagrams.targets)
        )
        c = ["c", "d", "e", "f"][: len(sources)] if self.mix == "full" else ["c"] * len(sources)
        source = " × ".join(f"({s}, {x})" for s, x in zip(sources, c))
        shape = f"({many}, c)" if self.mix == "each" else f"({many}, k, {', '.join(c)})"
        maps = "map" if many == 1 else "maps"
        text = f"The {many} equivariant {maps} from {source} to ({target}, {k}): weight {shape}"
        if self.bias is not None:
            text += f", bias ({self.bias.count}, {k})"
        if len(text) + 11 <= 100:
            return [f'    """{text}."""']
        first, rest = text.split(": ", 1)
        return [f'    """{first}.', "", f"    {rest[0].upper()}{rest[1:]}.", '    """']

    def _factor(self, f: int) -> str:
        name = self.diagrams.factors[f].name
        names = [g.name for g in self.diagrams.factors]
        plain = name.isascii() and name.isidentifier() and names.count(name) == 1
        return name if plain and name not in ("x", "y", "c", "k", "weight", "bias") else f"size_{f}"

    def _sizes(self) -> tuple[int, ...]:
        """Factors of targets that no source has: their sizes are arguments, where they are used."""
        have = {p.factor for p in self.diagrams.sources}
        return tuple(sorted({p.factor for p in self.diagrams.targets} - have))

    def _size(self, f: int) -> str:
        """A size, read off the first input that has it."""
        start = 0
        for x, many in zip(self.inputs, self.split):
            for place in range(many):
                if self.diagrams.sources[start + place].factor == f:
                    return f"{x}.shape[{place - many - 1}]"
            start += many
        return self._factor(f)

    @property
    def _lead(self) -> str:
        return f"*x.shape[:{-self.split[0] - 1}]"

    def _write(self, target: str, expression: str, note: str = "") -> None:
        self.lines += statement(target, expression, note, 4)

    def _shape(
        self, ports: Sequence[Port], blocks: Sequence[Kept], kept: Kept, channels: str
    ) -> str:
        """A shape comment."""
        sizes = [self._factor(ports[blocks[b][0]].factor) for b in kept]
        return f"({', '.join(['…', *sizes, channels])})"

    def _result(self, out: Half) -> str:
        have, kept = pattern(out.blocks), letters(out.kept)
        if len(have) == len(out.blocks):
            return f"y_{kept or 'all'}" if have else "y"
        same = out.kept == tuple(range(len(out.blocks)))
        return f"y_{have}" if same else f"y_{have}_{kept or 'all'}"

    # --- spreading -------------------------------------------------------------------------------

    def _spread(self, parts: Parts) -> str:
        """Add up the results, the smaller into the larger; the expression of the whole."""
        finest = tuple((p,) for p in range(len(self.diagrams.targets)))
        inner: dict[Blocks, list[tuple[Blocks, str]]] = {}
        order = sorted({*parts, finest}, key=lambda blocks: (len(blocks), blocks))
        for blocks in order:
            text = self._repeated(blocks, parts.get(blocks, {}))
            onto = inner.get(blocks, [])
            if onto and text is None:
                text = self._zeros(blocks)
            assert text is not None
            if blocks == finest and not onto:
                return text
            name = self._named(blocks, text, bool(onto))
            for coarse, value in onto:
                self._onto(blocks, name, coarse, value)
            if blocks == finest:
                return name
            finer = self._finer(blocks, order, parts, finest)
            inner.setdefault(finer, []).append((blocks, name))
        raise AssertionError("the finest pattern is last")

    def _named(self, blocks: Blocks, text: str, writable: bool) -> str:
        """A name for an array; one that may be written into where that is needed."""
        have = pattern(blocks)
        name = "y" if len(have) == len(blocks) else f"y_{have}"
        if writable and " + " not in text and "new_zeros" not in text:
            text = f"{text}.clone()"
        if text != name:
            self._write(name, text)
        return name

    def _finer(
        self,
        blocks: Blocks,
        order: list[Blocks],
        parts: Parts,
        finest: Blocks,
    ) -> Blocks:
        """The coarsest pattern that refines this one: its array is the smallest with this on a
        diagonal."""
        for other in order:
            refines = all(any(set(b) <= set(block) for block in blocks) for b in other)
            if len(other) > len(blocks) and refines and (other in parts or other == finest):
                return other
        raise AssertionError("the finest pattern refines all")

    def _onto(self, fine: Blocks, name: str, coarse: Blocks, value: str) -> None:
        """Add an array to a diagonal of another, in place."""
        axes = list(range(len(fine)))  # the blocks that the axes of the view stand for, then c
        view, rank = name, len(fine) + 1
        tail: list[int] = []
        here: list[int | None] = [*axes, None]
        for block in coarse:
            split = [i for i, b in enumerate(fine) if set(b) <= set(block)]
            while len(split) > 1:
                first, second = split[0], split[1]
                a, b = here.index(first) - rank, here.index(second) - rank
                view += f".diagonal(0, {a}, {b})"
                here = [x for x in here if x not in (first, second)] + [first]
                rank -= 1
                split = [first, *split[2:]]
            tail.append(split[0])
        # the view has its axes in the order of ``here``; the value in the order of ``tail``, then c
        have = [*tail, None]
        text = moved(value, [have.index(x) for x in here])
        self._write("", f"{view}.add_({text})")

    def _repeated(self, blocks: Blocks, placed: dict[Kept, list[tuple[str, Kept]]]) -> str | None:
        """The sum of the results for one pattern, each repeated along the indices it lacks."""
        if not placed:
            return None
        every = tuple(range(len(blocks)))
        order = sorted(placed, key=lambda kept: (len(kept), kept))
        terms: dict[Kept, list[str]] = {
            kept: [permuted(name, own, kept) for name, own in placed[kept]] for kept in order
        }
        for kept in order:
            larger = [o for o in order if set(o) > set(kept)]
            if not larger:
                continue
            onto = min(larger, key=lambda o: (len(o), o))
            text = " + ".join(terms.pop(kept))
            text = self._one(text, blocks, kept)
            terms[onto].append(repeated(text, kept, onto))
        covered = {b for kept in terms for b in kept}
        for kept in terms:
            if len(kept) < len(covered):
                terms[kept] = [self._one(" + ".join(terms[kept]), blocks, kept)]
        found = " + ".join(
            repeated(text, kept, tuple(sorted(covered)))
            for kept in sorted(terms, key=lambda kept: (-len(kept), kept))
            for text in terms[kept]
        )
        if covered == set(every):
            return found
        found = self._one(found, blocks, tuple(sorted(covered)))
        sizes = [self._size(self.diagrams.targets[blocks[b][0]].factor) for b in every]
        text = repeated(found, tuple(sorted(covered)), every)
        return f"{text}.expand({', '.join([self._lead, *sizes, self._channels()])})"

    def _one(self, text: str, blocks: Blocks, kept: Kept) -> str:
        """A name for a sum."""
        if " + " not in text:
            return text
        name = self._result(Half(blocks, kept))
        shape = self._shape(self.diagrams.targets, blocks, kept, "c" if self.mix == "each" else "k")
        self._write(name, text, shape)
        return name

    def _zeros(self, blocks: Blocks) -> str:
        sizes = [self._size(self.diagrams.targets[b[0]].factor) for b in blocks]
        return f"x.new_zeros({', '.join([self._lead, *sizes, self._channels()])})"

    def _channels(self) -> str:
        return "x.shape[-1]" if self.mix == "each" else "weight.shape[1]"


def pattern(blocks: Sequence[Kept]) -> str:
    """The letters of the ports: one letter for each block, so ``iij`` for ((0, 1), (2,))."""
    letter = {p: LETTERS[b] for b, block in enumerate(blocks) for p in block}
    return "".join(letter[p] for p in sorted(letter))


def letters(blocks: Sequence[int]) -> str:
    return "".join(LETTERS[b] for b in blocks)


def permuted(name: str, have: Kept, want: Kept) -> str:
    """An array with its indices in another order; channels stay last."""
    return moved(name, [*(have.index(b) for b in want), len(have)])


def moved(name: str, order: list[int]) -> str:
    """An array with its last axes in another order."""
    changed = [i for i, place in enumerate(order) if i != place]
    if not changed:
        return name
    if len(changed) == 2:
        a, b = (i - len(order) for i in changed)
        return f"{name}.mT" if (a, b) == (-2, -1) else f"{name}.transpose({a}, {b})"
    source = ", ".join(str(order[i] - len(order)) for i in changed)
    target = ", ".join(str(i - len(order)) for i in changed)
    return f"{name}.movedim(({source}), ({target}))"


def repeated(text: str, have: Kept, want: Kept) -> str:
    """Unit axes where an index is missing, so that the array broadcasts."""
    missing = [i for i, b in enumerate(want) if b not in have]
    for i in reversed(missing):
        text += f".unsqueeze({i - len(want) - 1})"
    return text
