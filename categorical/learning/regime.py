"""Regimes: how a training step is computed, beside what it computes.

Definition.  A *regime* says over how many micro-batches a gradient is accumulated, in which
precision the forward pass runs, at which norm gradients are clipped, and which parts of the model
keep only their inputs and are computed again on the way back.  The step of the theory is that of
``PLAIN``; accumulating a mean over micro-batches of one size is the same step in real arithmetic,
precision changes rounding only, clipping changes the step.  To compute a part again is to choose
another residual of one lens (``categorical.lenses.checkpoints``): the step is the same map.

>>> Regime(accumulate=4, precision="bfloat16", checkpoint=["encoder"])
Regime(accumulate=4, precision='bfloat16', clip=None, checkpoint=('encoder',))

>>> Regime(accumulate=0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: a gradient over 0 micro-batches
...
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from categorical import declaring
from categorical.errors import SpecError
from categorical.graph import Graph, Node, OperatorBox
from categorical.origin import Origin

PRECISIONS = (None, "bfloat16", "float16")


@dataclass(frozen=True)
class Regime:
    """See the module.  ``checkpoint`` has names of sub-architectures, as weights are named:
    ``"model.encoder"``; the name of an iteration stands for all its steps."""

    accumulate: int = 1
    precision: str | None = None
    clip: float | None = None
    checkpoint: Sequence[str] = ()

    def __post_init__(self) -> None:
        if type(self.accumulate) is not int or self.accumulate < 1:
            raise SpecError(
                "CM041",
                f"a gradient over {self.accumulate} micro-batches",
                help=["accumulate is a whole number, at least 1"],
            )
        if self.precision not in PRECISIONS:
            raise SpecError(
                "CM024",
                f"`{self.precision}` is no precision",
                help=['"bfloat16", "float16", or None for that of the weights'],
            )
        self._check_checkpoint()
        if self.clip is None:
            return
        if type(self.clip) not in (int, float) or not 0 < self.clip < inf:
            raise SpecError(
                "CM041",
                f"gradients of norm at most {self.clip!r}",
                help=["a number above 0, or None: gradients as they are"],
            )

    def _check_checkpoint(self) -> None:
        given = self.checkpoint
        named = isinstance(given, (tuple, list)) and all(isinstance(x, str) for x in given)
        if not named:
            raise SpecError(
                "CM042",
                "`checkpoint` is no sequence of names",
                facts=[("it got", repr(given))],
                help=[f"put it into a tuple:  checkpoint=({given!r},)"]
                if isinstance(given, str)
                else ['names of sub-architectures:  checkpoint=("model.encoder",)'],
            )
        object.__setattr__(self, "checkpoint", tuple(dict.fromkeys(given)))


PLAIN = Regime()


def parts(graph: Graph, sizes: Mapping[str, int], front: str = "") -> Iterator[tuple[str, Node]]:
    """The named sub-architectures of a graph, by the prefix that their weights have.

    >>> from categorical import Dim, op
    >>> c = Dim("c")
    >>> inner = op.linear(c, c).named("inner")
    >>> [name for name, _ in parts((inner >> op.tanh).named("outer").graph(), {})]
    ['inner']
    """
    for node in graph.nodes:
        if not isinstance(node.box, OperatorBox):
            continue
        yield f"{front}{node.name}", node
        for part in node.box.operator.prefixes(node.box, sizes):
            inside = f"{front}{node.name}.{part}"
            if part:
                yield inside.rstrip("."), node
            for region in node.regions:
                yield from parts(region, sizes, inside)


def check_parts(
    regime: Regime,
    graph: Graph,
    sizes: Mapping[str, int],
    weights: Collection[str],
    origin: Origin | None,
) -> None:
    """CM020 for a name in ``checkpoint`` that no part has, CM041 for that of one layer."""
    if not regime.checkpoint:
        return
    known = list(dict.fromkeys(name for name, _ in parts(graph, sizes)))
    for one in regime.checkpoint:
        if one in known:
            continue
        if any(path == one or path.startswith(f"{one}.") for path in weights):
            around = [name for name in known if one.startswith(f"{name}.")]
            raise SpecError(
                "CM041",
                f"`{one}` is a layer or a weight, and no sub-architecture",
                facts=[("computed again", "is what several layers keep between them")],
                help=[f'checkpoint=("{around[-1]}",), which it is in' for _ in around[-1:]]
                or ['name what should be computed again:  (…).named("part")'],
                origin=origin,
            )
        inside = [name for name in known if name.endswith(f".{one}")]
        meant = inside[0] if inside else declaring.likely(one, known)
        raise SpecError(
            "CM020",
            f"there is no sub-architecture `{one}` to compute again",
            facts=[("there are", ", ".join(known[:8]) + (", …" if len(known) > 8 else ""))]
            if known
            else [("there are", "none")],
            help=[f'"{meant}" was probably meant' if meant else "name one of these"],
            origin=origin,
        )
