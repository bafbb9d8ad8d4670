"""Random well-typed arrows.

A term grows step by step: an operation is proposed at random for wires that exist, and kept if it
has a type.  So every term is well typed, and every operation of the language is reached.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from categorical import Arrow, Dim, Fin, Real, SpecError, arrow, iterate, op, tie
from categorical.index import Axis, Product
from categorical.spaces import Array, Bool
from tests.fuzz import cells

DIMS = Dim.named("a b c d")
FEATURES = Dim.named("p q r")
SIZES = dict(a=3, b=4, c=2, d=5, p=3, q=4, r=2)
SMOOTH = [
    "gelu",
    "gelu_tanh",
    "silu",
    "sigmoid",
    "tanh",
    "softplus",
    "sin",
    "cos",
    "square",
    "erf",
    "mish",
    "logsigmoid",
    "softsign",
]
KINKED = ["relu", "abs", "elu", "hard_tanh", "relu6"]
LARGEST = 400  # elements of one wire at these sizes
Step = Callable[[random.Random, list[Any]], Any]


def numbers(type_: Array) -> int:
    total = 1
    for one in type_.axes:
        total *= one.size.evaluate(SIZES)
    return total


def reals(rng: random.Random, pool: list[Any]) -> Any:
    found = [w for w in pool if w.type.kind == "real"]
    return found[-1] if rng.random() < 0.6 else rng.choice(found)


def some_axis(rng: random.Random, wire: Any) -> Axis:
    return rng.choice(wire.type.axes)


# --- steps ----------------------------------------------------------------------------------------


def pointwise(rng: random.Random, pool: list[Any]) -> Any:
    return getattr(op, rng.choice(SMOOTH + KINKED))(reals(rng, pool))


def scaled(rng: random.Random, pool: list[Any]) -> Any:
    return op.scale(rng.choice([-1, 2, 0.5, -0.25]))(reals(rng, pool))


def affine(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    source = some_axis(rng, wire)
    return op.linear(source, rng.choice(FEATURES), bias=rng.random() < 0.5)(wire)


def reduced(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    make = rng.choice([op.sum, op.mean, op.max, op.logsumexp, op.min])
    masks = [w for w in pool if w.type.kind == "bool"]
    one = some_axis(rng, wire)
    fitting = [m for m in masks if set(m.type.axes) <= set(wire.type.axes)]
    if fitting and rng.random() < 0.5:
        return make(one, masked=True)(wire, rng.choice(fitting))
    return make(one)(wire)


def softmax(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    fitting = [m for m in pool if m.type.kind == "bool" and set(m.type.axes) <= set(wire.type.axes)]
    one = some_axis(rng, wire)
    if fitting and rng.random() < 0.5:
        return op.softmax(one, masked=True)(wire, rng.choice(fitting))
    return op.softmax(one)(wire)


def normed(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    make = rng.choice([op.layer_norm, op.rms_norm])
    return make(some_axis(rng, wire))(wire)


def binary(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    alike = [w for w in pool if w.type is wire.type]
    make = rng.choice([op.add, op.sub, op.mul, op.maximum, op.minimum])
    return make(wire, rng.choice(alike))


def chosen(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    alike = [w for w in pool if w.type is wire.type]
    return op.where(op.less(wire, rng.choice(alike)), op.tanh(wire), wire)


def contracted(rng: random.Random, pool: list[Any]) -> Any:
    left, right = reals(rng, pool), reals(rng, pool)
    axes = list(dict.fromkeys(left.type.axes + right.type.axes))
    keep = [one for one in axes if rng.random() < 0.6]
    rng.shuffle(keep)
    return op.einsum(*keep)(left, right)


def expanded(rng: random.Random, pool: list[Any]) -> Any:
    return op.expand(rng.choice(DIMS + FEATURES))(reals(rng, pool))


def moved(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    axes = list(wire.type.axes)
    rng.shuffle(axes)
    return op.transpose(*axes)(wire)


def merged(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    axes = rng.sample(wire.type.axes, 2)
    return op.merge(*axes)(wire)


def taken_apart(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    products = [a for a in wire.type.axes if isinstance(a.index, Product)]
    if products:
        one = rng.choice(products)
        return op.split(one, *one.index.factors)(wire)
    return op.split(DIMS[1], 2)(wire)  # b has four elements


def joined(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    one = some_axis(rng, wire)
    both = op.concat(one, one)(wire, op.sin(wire))
    if rng.random() < 0.5:
        return both
    return op.unconcat(one, one)(both)[rng.randrange(2)]


def rearranged(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    one = some_axis(rng, wire)
    pick = rng.randrange(4)
    if pick == 0:
        return op.flip(one)(wire)
    if pick == 1:
        return op.roll(one, rng.choice([1, -1, 2]))(wire)
    if pick == 2:
        return op.take(one, 0)(wire)
    return op.slice(one, 0, 2)(wire)


def convolved(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    channel, over = rng.sample(wire.type.axes, 2)
    padding = rng.choice(["zero", "circular"])
    stride = rng.choice([1, 1, 2])
    return op.conv(
        channel, rng.choice(FEATURES), over=over, kernel=3, stride=stride, padding=padding
    )(wire)


def pooled(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    make = rng.choice([op.max_pool, op.avg_pool])
    return make(some_axis(rng, wire), kernel=2)(wire)


def along_graph(rng: random.Random, pool: list[Any]) -> Any:
    index = rng.choice([w for w in pool if w.type.kind == "fin"])
    fitting = [
        w
        for w in pool
        if w.type.kind == "real" and any(a.index is index.type.values for a in w.type.axes)
    ]
    there = op.gather(index.type.values)(rng.choice(fitting), index)
    if rng.random() < 0.5:
        return there
    return op.scatter(index.type.values, monoid=rng.choice(["sum", "mean"]))(there, index)


def embedded(rng: random.Random, pool: list[Any]) -> Any:
    index = rng.choice([w for w in pool if w.type.kind == "fin"])
    return op.embedding(index.type.values, rng.choice(FEATURES))(index)


def nested(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    one = some_axis(rng, wire)
    body = op.linear(one, one) >> rng.choice([op.tanh, op.gelu, op.sin])
    kind = rng.randrange(4)
    if kind == 0:
        return body.named("inner")(wire)
    if kind == 1:
        return iterate(body, 2, weights=rng.choice(["tied", "untied", "stacked"]))(wire)
    if kind == 2:
        shared = tie(body.named("shared"))
        return shared(shared(wire))
    return iterate(body.named("inner"), 2, weights=rng.choice(["tied", "untied"]))(wire)


def learned_point(rng: random.Random, pool: list[Any]) -> Any:
    wire = reals(rng, pool)
    return op.parameter(wire.type, name=f"point{rng.randrange(1000)}")() + wire


def repeated(rng: random.Random, pool: list[Any]) -> Any:
    return cells.run(rng, pool, [pointwise, scaled, affine, normed, binary, chosen, softmax])


STEPS: tuple[Step, ...] = (
    repeated,
    pointwise,
    pointwise,
    scaled,
    affine,
    affine,
    reduced,
    softmax,
    normed,
    binary,
    binary,
    chosen,
    contracted,
    expanded,
    moved,
    merged,
    taken_apart,
    joined,
    rearranged,
    convolved,
    pooled,
    along_graph,
    embedded,
    nested,
    learned_point,
)


def random_arrow(seed: int, length: int | None = None) -> Arrow:
    """A random arrow with one to three inputs and one or two outputs."""
    rng = random.Random(seed)
    count = length or rng.randint(2, 10)
    axes = rng.sample(DIMS, rng.randint(2, 3))
    annotations: dict[str, Any] = {"x": Real[tuple(axes)]}
    if rng.random() < 0.4:
        annotations["y"] = Real[tuple(rng.sample(DIMS, rng.randint(1, 2)))]
    if rng.random() < 0.3:
        annotations["mask"] = Bool[tuple(axes[: rng.randint(1, 2)])]
    if rng.random() < 0.3:
        annotations["index"] = Fin(axes[0])[rng.choice(FEATURES)]
    if rng.random() < 0.3:
        annotations["length"] = cells.lengths_of(axes[0])

    def grow(pool: list[Any]) -> tuple[Any, ...]:
        tries = 0
        while count > len(pool) - len(annotations) and tries < 40 * count:
            tries += 1
            try:
                made = rng.choice(STEPS)(rng, pool)
            except (SpecError, ValueError, IndexError):
                continue
            if numbers(made.type) <= LARGEST and len(made.type.axes) <= 4:
                pool.append(made)
        outputs = [w for w in pool[len(annotations) :] if w.type.kind == "real"] or [
            op.tanh(pool[0])
        ]
        return (
            (outputs[-1], outputs[-2])
            if len(outputs) > 1 and rng.random() < 0.3
            else (outputs[-1],)
        )

    names = list(annotations)
    scope: dict[str, Any] = {"grow": grow}
    exec(f"def term({', '.join(names)}):\n    return grow([{', '.join(names)}])", scope)
    scope["term"].__annotations__ = annotations
    return arrow(scope["term"])
