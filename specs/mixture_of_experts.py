"""Mixture of experts with a Gumbel-softmax gate, for tables of features.

Several MLPs (the experts) look at one row; a gate gives each of them a weight, and the answers are
mixed.  While training, Gumbel noise on the gate makes the choice explore; in eval mode it is off.

Chernov, "(GG) MoE vs. MLP on Tabular Data", 2025; Jacobs et al., "Adaptive Mixtures of Local
Experts", 1991.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import mixture_of_experts
from categorical.groups import Symmetric

feature, hidden, target, expert = Dim.named("feature hidden target expert")
SIZES = dict(feature=16, hidden=32, target=4, expert=8)


@arrow
def gate(row: Real[feature]) -> Real[expert]:
    """How much each expert counts: positive weights that sum to 1."""
    logits = op.linear(feature, expert, name="logits")(row)
    return op.softmax(expert)(op.gumbel_noise(logits))


@arrow(inline=True)
def answers(
    row: Real[feature],
    up: Real[expert, hidden, feature],
    up_bias: Real[expert, hidden],
    down: Real[expert, target, hidden],
    down_bias: Real[expert, target],
) -> Real[expert, target]:
    """What every expert answers; the weights are wires, so that laws can speak of them."""
    inner = op.relu(op.einsum(expert, hidden)(up, row) + up_bias)
    return op.einsum(expert, target)(down, inner) + down_bias


@arrow(inline=True)
def mix(weights: Real[expert], answer: Real[expert, target]) -> Real[target]:
    """The weighted mean of the answers."""
    return op.einsum(target)(weights, answer)


@arrow
def by_hand(row: Real[feature]) -> Real[target]:
    """The three parts put together, with weights of their own."""
    up = op.parameter(Real[expert, hidden, feature], name="up")()
    up_bias = op.parameter(Real[expert, hidden], name="up_bias")()
    down = op.parameter(Real[expert, target, hidden], name="down")()
    down_bias = op.parameter(Real[expert, target], name="down_bias")()
    return mix(gate(row), answers(row, up, up_bias, down, down_bias))


model = architecture(
    mixture_of_experts(feature, hidden, target, experts=expert, gumbel=True),
    laws=[
        laws.equal(by_hand, name="equal[gate, answers, mix]"),
        laws.parameters(
            expert * feature
            + expert
            + expert * hidden * feature
            + expert * hidden
            + expert * target * hidden
            + expert * target
        ),
    ],
    sizes=SIZES,
    atlas="gg-moe",
)

the_gate = architecture(
    gate,
    laws=[
        laws.sums_to(1, over=expert),
        laws.bounded(low=0, high=1),
    ],
    sizes=dict(feature=16, expert=8),
    atlas="gg-moe",
)


# Renumbering the experts, with their weights and their logits, changes nothing.
@arrow
def numbered_experts(
    row: Real[feature],
    logit_weight: Real[expert, feature],
    up: Real[expert, hidden, feature],
    up_bias: Real[expert, hidden],
    down: Real[expert, target, hidden],
    down_bias: Real[expert, target],
) -> Real[target]:
    """The mixture with all its weights as inputs."""
    logits = op.gumbel_noise(op.einsum(expert)(logit_weight, row))
    return mix(op.softmax(expert)(logits), answers(row, up, up_bias, down, down_bias))


renumbered = architecture(
    numbered_experts,
    laws=[laws.invariant(under=Symmetric(expert))],
    sizes=SIZES,
    atlas="gg-moe",
)


# One expert is an MLP: its gate is always 1.
@arrow
def one_mlp(row: Real[feature]) -> Real[target]:
    """An MLP that reads the weights of the only expert."""
    up, up_bias, down, down_bias = (
        op.squeeze(1)(op.parameter(space, name=name)())
        for space, name in (
            (Real[1, hidden, feature], "up"),
            (Real[1, hidden], "up_bias"),
            (Real[1, target, hidden], "down"),
            (Real[1, target], "down_bias"),
        )
    )
    inner = op.relu(op.einsum(hidden)(up, row) + up_bias)
    return op.einsum(target)(down, inner) + down_bias


single = architecture(
    mixture_of_experts(feature, hidden, target, experts=1, gumbel=True),
    laws=[laws.equal(one_mlp, name="equal[MLP]")],
    sizes=dict(feature=16, hidden=32, target=4),
    atlas="gg-moe",
    name="one_expert",
)


# A gate that points at one expert gives the answer of that expert.
@arrow
def chosen_by_gate(which: Fin(expert), answer: Real[expert, target]) -> Real[target]:
    """The mixture under a one-hot gate."""
    return mix(op.one_hot(expert)(which), answer)


@arrow
def chosen(which: Fin(expert), answer: Real[expert, target]) -> Real[target]:
    """The answer of one expert."""
    return op.gather(expert)(answer, which)


one_hot = architecture(
    chosen_by_gate,
    laws=[
        laws.equal(chosen, name="equal[that expert]"),
        laws.invariant(under=Symmetric(expert)),
        laws.linear("answer"),
    ],
    sizes=dict(target=4, expert=8),
    atlas="gg-moe",
)


# Experts that agree are one expert, whatever the gate says.
@arrow
def agreeing_experts(row: Real[feature], answer: Real[target]) -> Real[target]:
    """The mixture of one answer with itself."""
    return mix(gate(row), op.expand(expert)(answer))


agreement = architecture(
    agreeing_experts,
    laws=[
        laws.equal(discard(Real[feature]) @ identity(Real[target]), name="equal[the answer]"),
        laws.linear("answer"),
    ],
    sizes=dict(feature=16, target=4, expert=8),
    atlas="gg-moe",
)
