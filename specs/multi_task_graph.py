"""A graph network with self-supervised tasks beside its own: the lens of a sum is a sum of lenses.

One encoder, a graph convolution, is shared by heads: the classes of some vertices are known; every
vertex has a cluster of features and a part of the graph, which cost nothing to find; and features
that are hidden are to be completed.  What is paid is a weighted sum.  So what comes back to the
encoder is the weighted sum of what the tasks send back, and the head of a task does not notice the
others.

You, Chen, Wang and Shen, "When Does Self-Supervision Help Graph Convolutional Networks?", 2020.
"""

from functools import reduce
from operator import matmul

from categorical import Bool, Dim, Fin, Real, architecture, arrow, discard, identity, laws, op, tie
from categorical.composites.typed import wired
from categorical.derivatives import explicit, reverse
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

vertex, edge = Dim("vertex", varies=True), Dim("edge", varies=True)
feature, hidden, label, cluster, part = Dim.named("feature hidden label cluster part")
BODY = dict(feature=16, hidden=16)
SIZES = dict(BODY, label=4, cluster=5, part=3)
Features, Ends, Seen = Real[vertex, feature], Fin(vertex)[edge], Bool[vertex]
Hidden = Real[vertex, hidden]
CLUSTERS, PARTS, COMPLETION = 0.4, 0.3, 0.6  # the weights of the further tasks


def propagate(x, source, target):
    """D^-1/2 (A + I) D^-1/2 x."""
    kept = [a for a in x.type.axes if a.index is not vertex]
    weight = op.rsqrt(op.degree(vertex, edge)(target) + 1)
    scaled = op.einsum(vertex, *kept)(weight, x)
    arrived = op.scatter(vertex)(op.gather(vertex)(scaled, source), target)
    return op.einsum(vertex, *kept)(weight, arrived + scaled)


@arrow
def encoder(x: Features, source: Ends, target: Ends) -> Hidden:
    """What is known of a vertex from its surroundings."""
    return op.relu(propagate(op.linear(feature, hidden, name="first")(x), source, target))


def head(out, name):
    """One more convolution, into scores or features."""

    @arrow
    def answer(seen: Hidden, source: Ends, target: Ends) -> Real[vertex, out]:
        return propagate(op.linear(hidden, out, name="last")(seen), source, target)

    return answer.named(name)


HEADS = {
    "classes": head(label, "classes"),
    "clusters": head(cluster, "clusters"),
    "parts": head(part, "parts"),
    "completion": head(feature, "completion"),
}
OUTS = dict(
    classes=("label", 4), clusters=("cluster", 5), parts=("part", 3), completion=("feature", 16)
)
encode = tie(encoder)
heads = {name: tie(one) for name, one in HEADS.items()}


def symmetric(arrow, sizes):
    """An architecture that does not see how vertices and edges are listed."""
    stated = [laws.equivariant(under=Symmetric(vertex)), laws.invariant(under=Symmetric(edge))]
    return architecture(arrow, laws=stated, sizes=sizes, batch="union", atlas="ssl-gcn")


body = symmetric(encoder, BODY)
classes, clusters, parts, completion = (
    symmetric(one, dict([("hidden", 16), OUTS[name]])) for name, one in HEADS.items()
)
MODELS = dict(encoder=body, classes=classes, clusters=clusters, parts=parts, completion=completion)

# --- tasks ----------------------------------------------------------------------------------------


def surprise(scores, answers):
    """The surprise at an answer at every vertex."""
    axis = scores.type.axes[-1]
    return op.logsumexp(axis)(scores) - op.gather(axis)(scores, answers)


def supervised(x, source, target, answer, known):
    """The mean surprise at classes where they are known."""
    scores = heads["classes"](encode(x, source, target), source, target)
    return op.mean(vertex, masked=True)(surprise(scores, answer), known)


def clustered(x, source, target, near):
    """The mean surprise at clusters of features."""
    scores = heads["clusters"](encode(x, source, target), source, target)
    return op.mean(vertex)(surprise(scores, near))


def parted(x, source, target, side):
    """The mean surprise at parts of the graph."""
    scores = heads["parts"](encode(x, source, target), source, target)
    return op.mean(vertex)(surprise(scores, side))


def completed(x, source, target, hide):
    """The mean square of the error at vertices whose features are hidden."""
    shown = op.einsum(vertex, feature)(op.indicator(op.logical_not(hide)), x)
    made = heads["completion"](encode(shown, source, target), source, target)
    wrong = op.mean(feature)(op.square(made - x))
    return op.mean(vertex, masked=True)(wrong, hide)


GRAPH = dict(x=Features, source=Ends, target=Ends)
TASKS = {
    "classes": (supervised, 1.0, dict(answer=Fin(label)[vertex], known=Seen)),
    "clusters": (clustered, CLUSTERS, dict(near=Fin(cluster)[vertex])),
    "parts": (parted, PARTS, dict(side=Fin(part)[vertex])),
    "completion": (completed, COMPLETION, dict(hide=Seen)),
}
DATA = {**GRAPH, **{k: v for _, _, own in TASKS.values() for k, v in own.items()}}


def read(name, wires):
    """What a task reads of all data."""
    return [wires[key] for key in (*GRAPH, *TASKS[name][2])]


def total(*wires):
    """What is paid for all tasks: a weighted sum."""
    data = dict(zip(DATA, wires, strict=True))
    paid = [op.scale(share)(task(*read(name, data))) for name, (task, share, _) in TASKS.items()]
    return sum(paid[1:], paid[0])


def task_alone(name):
    """One task, without its weight in the sum."""
    task, _, own = TASKS[name]

    def only(*wires):
        return task(*wires)

    only.__name__ = f"only_{name}"
    types = {**GRAPH, **own}
    return wired(tuple(types.values()), list(types), only, inline=False)


everything = wired(tuple(DATA.values()), list(DATA), total, inline=False)
alone = {name: task_alone(name) for name in TASKS}

# --- the lens of a sum ----------------------------------------------------------------------------

BACK = reverse(explicit(everything))
INPUTS = dict(zip([BACK.graph().wire_name(w) for w in BACK.graph().inputs], BACK.dom, strict=True))
SHARED = ("encoder_first_weight", "encoder_first_bias")


def named_outputs(pulled, wires):
    """The cotangents of a lens by the names of its inputs."""
    keys = [pulled.graph().wire_name(w) for w in pulled.graph().inputs]
    types = dict(zip(keys, pulled.dom, strict=True))
    outs = pulled(*(wires[key] for key in keys))
    real = [key for key in keys[:-1] if types[key].kind == "real"]
    return dict(zip(real, outs, strict=True))


def back_at_once(*wires):
    """What the sum sends back to the encoder."""
    found = named_outputs(BACK, dict(zip(INPUTS, wires, strict=True)))
    return tuple(found[key] for key in SHARED)


def added(shares):
    """What the tasks send back to the encoder, each by its weight, added."""

    def back_by_tasks(*wires):
        given = dict(zip(INPUTS, wires, strict=True))
        total = {}
        for name, share in shares.items():
            found = named_outputs(reverse(explicit(alone[name])), given)
            for key in SHARED:
                one = op.scale(share)(found[key])
                total[key] = total[key] + one if key in total else one
        return tuple(total[key] for key in SHARED)

    return wired(tuple(INPUTS.values()), list(INPUTS), back_by_tasks, inline=False)


SHARES = {name: share for name, (_, share, _) in TASKS.items()}
shared = architecture(
    wired(tuple(INPUTS.values()), list(INPUTS), back_at_once, inline=False),
    laws=[
        laws.equal(added(SHARES), name="the sum of what the tasks send back"),
        laws.equal(added(dict.fromkeys(TASKS, 1.0)), name="all alike").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="shared",
    atlas="ssl-gcn",
)

# --- the games ------------------------------------------------------------------------------------


def played(arrow, names, by, name=""):
    """The game of one player with the encoder and these heads."""
    owns = ("encoder", *names)
    sizes = dict(BODY, **dict(OUTS[one] for one in names))
    models = {one: MODELS[one] for one in owns}
    return game(arrow, [Player("network", 0, by, owns=owns)], sizes=sizes, models=models, name=name)


training = played(everything, list(TASKS), adam(0.01), "multi_task")
single = played(alone["classes"], ["classes"], adam(0.01), "supervised")
DOWN = descent(0.1)
plain = played(everything, list(TASKS), DOWN)
plain_single = played(alone["classes"], ["classes"], DOWN)


def kept(played, wanted):
    """Drops the weights that are not wanted."""
    parts = [identity(k) if p.startswith(wanted) else discard(k) for p, k in played.weights.items()]
    return reduce(matmul, parts)


def restricted():
    """Of all weights and data, those of the supervised task."""
    own = {**plain_single.weights, **plain_single.data}
    every = {**plain.weights, **plain.data}
    return reduce(matmul, [identity(k) if n in own else discard(k) for n, k in every.items()])


def as_if_alone(prefix, name):
    """The law that some weights move as they do where there is one task."""
    return laws.commutes(
        step(plain) >> kept(plain, prefix),
        restricted() >> step(plain_single) >> kept(plain_single, prefix),
        name=name,
    )


stepped = architecture(
    step(plain),
    laws=[
        as_if_alone("classes", "the head of the classes does not notice the others"),
        as_if_alone("encoder", "nor does the encoder").fails("all tasks send something back"),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="ssl-gcn",
)
