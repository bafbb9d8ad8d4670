"""LoRA: a frozen affine map with a small trained correction.

The correction is a product of two thin matrices, `up` and `down`.  It may be computed beside the
frozen map, which is cheap to train, or be merged into its weight, which is free to run: the two are
one function.  It starts at zero, so at first nothing has changed.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
"""

from categorical import Dim, Real, architecture, arrow, laws, low_rank, op, reparametrise

feature, label, rank = Dim.named("feature label rank")
SIZES = dict(feature=64, label=32, rank=4)
SCALE = 2.0

base = op.linear(feature, label)

# Merged: the weight is computed from the frozen one and the correction.
merged = low_rank(base, "linear.weight", rank, scale=SCALE)


@arrow
def unmerged(x: Real[feature]) -> Real[label]:
    """The correction beside the frozen map."""
    frozen = op.linear(feature, label)(x)
    narrow = op.linear(feature, rank, bias=False, name="down")(x)
    return frozen + op.scale(SCALE)(op.linear(rank, label, bias=False, name="up")(narrow))


model = architecture(
    merged.named("lora_linear"),
    laws=[
        laws.equal(
            unmerged,
            renaming={"up.weight": "linear.up", "down.weight": "linear.down"},
            name="equal[unmerged]",
        ),
        laws.parameters(label * rank + rank * feature + label),
    ],
    sizes=SIZES,
)

# A correction of zero changes nothing.
zero = architecture(
    reparametrise(merged, "linear.up", by=op.zeros(Real[label, rank])).named("zero_lora"),
    laws=[laws.equal(base, name="equal[base]")],
    sizes=SIZES,
)
