"""Distillation: a student learns from what a teacher makes, whole or block by block.

Definition.  A teacher t is a network whose weights stand still; what it makes is the label of the
student's loss.  ``distil`` compares the ends: a mean of the cross-entropy with the data's labels
and of the divergence from the teacher at a temperature.  ``match`` compares the middles: after a
block of the student, and a linear adapter, what the teacher has after its block.  ``replace``
trains the student inside the teacher: its first blocks, then the teacher's others (Xu et al.,
"BERT-of-Theseus", 2020).  A network is given by ``blocks``, a path of named arrows.

Laws.  A step returns the teacher's weights as they were.  With all blocks replaced the hybrid is
the student, with none it is the teacher.

>>> from categorical import Dim, op
>>> from categorical.learning.optimisers import sgd
>>> pixel, wide, narrow, k = Dim.named("pixel wide narrow k")
>>> teacher = blocks("teacher", body=op.linear(pixel, wide) >> op.relu, head=op.linear(wide, k))
>>> student = blocks("student", body=op.linear(pixel, narrow) >> op.relu, head=op.linear(narrow, k))
>>> distil(student, teacher, sgd(0.1))
game `distillation`: student moves 4 weights
>>> match(student, teacher, {"body": "body"}, sgd(0.1))
game `matching`: student moves 4 weights
>>> list(hybrid(student, teacher, 1).parameters)[:3]
['student.body.linear.weight', 'student.body.linear.bias', 'adapt.linear.weight']

A block of one has to be comparable with one of the other:

>>> match(student, teacher, {"body": "neck"}, sgd(0.1))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM059]: `teacher` has no block `neck`
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from categorical import messages, op
from categorical.architecture import BATCH, Architecture
from categorical.arrows import Arrow, Types
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.declaring import likely
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.index import axis
from categorical.learning.games import Game, Player, game
from categorical.learning.losses import cross_entropy, divergence, mean_squared_error
from categorical.learning.optimisers import Optimiser
from categorical.origin import here
from categorical.spaces import Array


@dataclass(frozen=True, eq=False)
class Blocks:
    """A network as a path of named arrows."""

    name: str
    parts: Mapping[str, Arrow]

    def part(self, start: int = 0, stop: int | None = None) -> Arrow:
        """Some blocks in a row, under the network's name."""
        return self.seen(list(self.parts)[start:stop][-1:], start, stop)

    def seen(self, at: Sequence[str], start: int = 0, stop: int | None = None) -> Arrow:
        """What the network has after each of these blocks."""
        chosen = list(self.parts.items())[start:stop]

        def run(*wires: Any) -> Any:
            found, now = {}, wires
            for key, one in chosen:
                out = one.named(key)(*now)
                found[key] = out
                now = out if isinstance(out, tuple) else (out,)
            outs = [found[key] for key in at]
            return outs[0] if len(outs) == 1 else tuple(outs)

        run.__name__ = self.name
        if start:
            return wired((self.after(list(self.parts)[start - 1]),), ("features",), run, False)
        first = chosen[0][1].graph()
        return wired(first.dom, [first.wire_name(w) for w in first.inputs], run, False)

    @property
    def network(self) -> Arrow:
        """All blocks in a row."""
        return self.part()

    def after(self, key: str) -> Array:
        """The type after a block; CM059 where there is none of that name."""
        if key not in self.parts:
            meant = likely(key, self.parts)
            raise SpecError(
                "CM059",
                f"`{self.name}` has no block `{key}`",
                facts=[("blocks", ", ".join(self.parts))],
                help=[f'"{meant}" was probably meant'] if meant else ["name one of these"],
            )
        cod = self.seen([key]).graph().cod
        if len(cod) != 1 or cod[0].kind != "real":
            raise SpecError(
                "CM059",
                f"`{key}` of `{self.name}` does not make one real array",
                facts=[("it makes", messages.side(cod))],
                help=["a block passes one real array on"],
            )
        return cod[0]


@checked
def blocks(name: str, **parts: Arrow) -> Blocks:
    """A network as a path of blocks, first to last; each passes one array on."""
    messages.check_name(name, "a network")
    if not parts:
        raise SpecError("CM059", f"`{name}` has no blocks", help=["blocks(name, first=…, next=…)"])
    made = Blocks(name, parts)
    for key in parts:
        made.after(key)
    return made


# --- what fits --------------------------------------------------------------------------------


@checked
def adapter(name: str, got: Array, want: Array, given: Arrow | None = None) -> Arrow | None:
    """An arrow between two types of features: that given, or a linear map of the axis that differs.

    None where the types are one; CM059 where more than one axis differs.
    """
    facts = [("student", str(got)), ("teacher", str(want))]
    if given is not None:
        graph = given.graph()
        if graph.dom != (got,) or graph.cod != (want,):
            raise SpecError(
                "CM059",
                f"the adapter of `{name}` does not lead from the student to the teacher",
                facts=[*facts, ("adapter", given.type_text())],
                help=[f"an arrow {got} → {want}"],
            )
        return given
    if got is want:
        return None
    apart = [(a, b) for a, b in zip(got.axes, want.axes) if a is not b]
    if len(got.axes) != len(want.axes) or len(apart) != 1:
        raise SpecError(
            "CM059",
            f"the features at `{name}` differ in more than one axis",
            facts=[*facts, ("difference", messages.difference(got, want)[0])],
            help=[f"give an adapter, an arrow {got} → {want}", "or pair other blocks"],
        )
    return op.linear(*apart[0]).at(got)


def _same_data(student: Arrow, teacher: Arrow, ends: bool) -> None:
    mine, other = student.graph(), teacher.graph()
    pairs = [("read", mine.dom, other.dom)] + ([("make", mine.cod, other.cod)] if ends else [])
    for what, got, want in pairs:
        if got != want:
            raise SpecError(
                "CM059",
                f"the student does not {what} what the teacher does",
                facts=[("student", messages.side(got)), ("teacher", messages.side(want))],
                help=["both are networks of the same data" + (" and classes" if ends else "")],
            )


# --- the games --------------------------------------------------------------------------------


@checked
def distil(
    student: Blocks,
    teacher: Blocks,
    optimiser: Optimiser,
    *,
    temperature: float = 4.0,
    share: float = 0.9,
    sizes: Mapping[str, int] | None = None,
    name: str = "distillation",
) -> Game:
    """Learn the teacher's distribution of classes: ``share`` of it, and the rest from labels."""
    if not 0 < share <= 1:
        raise SpecError(
            "CM041", f"a share of {share}", help=["above 0 and at most 1: 1 is without labels"]
        )
    _same_data(student.network, teacher.network, True)
    scores = _scores(student.network)
    soft, hard = divergence(scores, temperature=temperature), cross_entropy(scores)
    mine, other = _over_batch(student.network), _over_batch(teacher.network)

    def total(*wires: Any) -> Any:
        data = wires if share == 1 else wires[:-1]
        made, taught = mine(*data), other(*data)
        loss = _mean(soft)(made, taught)
        if share == 1:
            return loss
        return op.scale(share)(loss) + op.scale(1 - share)(_mean(hard)(made, wires[-1]))

    label = hard.dom[1:] if share < 1 else ()
    arrow = _arrow(total, name, student.network, label)
    parts = {"student": student.network, "teacher": teacher.network}
    return _game(arrow, student, teacher, optimiser, parts, sizes)


@checked
def match(
    student: Blocks,
    teacher: Blocks,
    pairs: Mapping[str, str],
    optimiser: Optimiser,
    *,
    adapters: Mapping[str, Arrow] | None = None,
    sizes: Mapping[str, int] | None = None,
    name: str = "matching",
) -> Game:
    """Learn what the teacher has after its blocks: the mean squares at each pair of blocks, added.

    A student's block is compared through an adapter that learns with it; blocks after the last
    that is compared are left out.  ``adapters`` gives other adapters, by the student's block.
    """
    if not pairs:
        raise SpecError("CM059", "no pair of blocks to compare", help=['{"student": "teacher"}'])
    for key in adapters or {}:
        if key not in pairs:
            raise SpecError("CM059", f"the adapter of `{key}` is for no pair", help=[*pairs])
    _same_data(student.network, teacher.network, False)
    wants = [teacher.after(key) for key in pairs.values()]
    mends = [
        adapter(key, student.after(key), want, (adapters or {}).get(key))
        for key, want in zip(pairs, wants)
    ]
    seen = [_upto(student, list(pairs)), _upto(teacher, list(pairs.values()))]
    mine, other = (_over_batch(one) for one in seen)

    def total(*wires: Any) -> Any:
        ours, theirs = (_tuple(one(*wires)) for one in (mine, other))
        found = []
        for key, feature, target, mend in zip(pairs, ours, theirs, mends):
            moved = feature if mend is None else stack(mend, BATCH).named(f"adapt_{key}")(feature)
            found.append(_mean(mean_squared_error(teacher.after(pairs[key])))(moved, target))
        return sum(found[1:], found[0])

    arrow = _arrow(total, name, student.network, ())
    return _game(arrow, student, teacher, optimiser, dict(zip(("student", "teacher"), seen)), sizes)


@checked
def hybrid(student: Blocks, teacher: Blocks, count: int, adapt: Arrow | None = None) -> Arrow:
    """The student's first ``count`` blocks, and then the teacher's others."""
    if len(student.parts) != len(teacher.parts):
        raise SpecError(
            "CM059",
            f"{len(student.parts)} blocks cannot replace {len(teacher.parts)} one by one",
            facts=[("student", ", ".join(student.parts)), ("teacher", ", ".join(teacher.parts))],
            help=["give both networks as many blocks"],
        )
    if not 0 <= count <= len(student.parts):
        raise SpecError("CM059", f"{count} of {len(student.parts)} blocks are to be replaced")
    _same_data(student.network, teacher.network, True)
    if count in (0, len(student.parts)):
        return (student if count else teacher).network
    first, rest = student.part(0, count), teacher.part(count)
    ends = [list(one.parts)[count - 1] for one in (student, teacher)]
    mend = adapter(ends[0], student.after(ends[0]), teacher.after(ends[1]), adapt)
    return first >> rest if mend is None else first >> mend.named("adapt") >> rest


@checked
def replace(
    student: Blocks,
    teacher: Blocks,
    count: int,
    optimiser: Optimiser,
    *,
    adapt: Arrow | None = None,
    sizes: Mapping[str, int] | None = None,
    name: str = "",
) -> Game:
    """Train the student's first ``count`` blocks in place of the teacher's, on labels."""
    arrow = hybrid(student, teacher, count, adapt)
    if count == 0:
        raise SpecError("CM059", "no block is replaced: nothing learns", help=["count at least 1"])
    loss = cross_entropy(_scores(arrow))
    run = stack(arrow, BATCH) if count < len(student.parts) else _over_batch(arrow)

    def total(*wires: Any) -> Any:
        return _mean(loss)(run(*wires[:-1]), wires[-1])

    made = _arrow(total, name or f"replacing_{count}", student.network, loss.dom[1:])
    parts = {"student": student.part(0, count)}
    if count < len(student.parts):
        parts["teacher"] = teacher.part(count)
    return _game(made, student, teacher, optimiser, parts, sizes)


# --- what they share --------------------------------------------------------------------------


def _scores(arrow: Arrow) -> Array:
    cod = arrow.graph().cod
    if len(cod) != 1 or len(cod[0].axes) != 1:
        raise SpecError(
            "CM059",
            f"`{arrow.label()}` does not end in scores of classes",
            facts=[("it makes", messages.side(cod))],
            help=["one array with one axis"],
        )
    return cod[0]


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _upto(network: Blocks, keys: Sequence[str]) -> Arrow:
    """The features after these blocks; blocks after the last are left out."""
    last = max(list(network.parts).index(key) for key in keys)
    return network.seen(keys, 0, last + 1)


def _over_batch(arrow: Arrow) -> Arrow:
    return stack(arrow, BATCH).named(arrow.label())


def _mean(loss: Arrow) -> Arrow:
    """The mean of a loss over a batch."""
    return stack(loss, BATCH) >> op.mean(BATCH)


def _arrow(total: Any, name: str, model: Arrow, label: Types) -> Arrow:
    """The arrow of a function of a batch of data and labels."""
    graph = model.graph()
    data = (*graph.dom, *messages.arrays(model, label))
    types = tuple(one.with_axes((axis(BATCH), *one.axes)) for one in data)
    total.__name__ = name
    names = [graph.wire_name(w) for w in graph.inputs] + ["label"] * len(label)
    return wired(types, names, total, False)


def _game(
    arrow: Arrow,
    student: Blocks,
    teacher: Blocks,
    optimiser: Optimiser,
    parts: Mapping[str, Arrow],
    sizes: Mapping[str, int] | None,
) -> Game:
    """The game of a student before a teacher that stands still."""
    given, names = dict(sizes or {}), {"student": student.name, "teacher": teacher.name}
    models = {}
    for key, one in parts.items():
        own = {dim: size for dim, size in given.items() if dim in one.graph().dims}
        models[names[key]] = Architecture(names[key], one, (), own, None, "stack", here())
    tops = dict.fromkeys(path.split(".")[0] for path in arrow.graph().resources(given))
    player = Player(student.name, 0, optimiser, tuple(top for top in tops if top != teacher.name))
    frozen = [teacher.name] if teacher.name in tops else []
    cut = {d for one in (student, teacher) for d in one.network.graph().dims}  # blocks not compared
    cut -= {d for one in (arrow, *parts.values()) for d in one.graph().dims}
    left = {dim: size for dim, size in given.items() if dim not in cut}
    return game(arrow, [player], frozen=frozen, sizes=left, models=models)
