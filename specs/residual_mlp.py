"""Residual MLP: blocks that add a correction to what they get.

A block normalises, applies a small MLP, and adds the result to its input.  The input can always
pass unchanged: a block whose last map is zero is the identity, which is why deep stacks train.

He et al., "Identity Mappings in Deep Residual Networks", 2016.
"""

from categorical import Dim, Real, architecture, identity, iterate, laws, op, reparametrise
from categorical.composites import mlp, residual

feature, width, hidden, label = Dim.named("feature width hidden label")
DEPTH = 3

branch = op.layer_norm(width) >> mlp(width, hidden, width, activation=op.gelu)
block = residual(branch).named("block")

residual_mlp = (
    op.linear(feature, width, name="embed")
    >> iterate(block, DEPTH, name="blocks")
    >> op.layer_norm(width)
    >> op.linear(width, label, name="read_out")
)

block_weights = 2 * width + hidden * width + hidden + width * hidden + width

model = architecture(
    residual_mlp.named("residual_mlp"),
    laws=[
        laws.parameters(
            width * feature + width + DEPTH * block_weights + 2 * width + label * width + label
        ),
        laws.equal(
            op.linear(feature, width, name="embed")
            >> block
            >> block
            >> block
            >> op.layer_norm(width)
            >> op.linear(width, label, name="read_out"),
            renaming={"block": "blocks.0", "block_2": "blocks.1", "block_3": "blocks.2"},
            name="equal[the blocks one after the other]",
        ),
    ],
    sizes=dict(feature=16, width=32, hidden=64, label=4),
)


# The last map of a block set to zero: nothing is added.
silent = reparametrise(
    reparametrise(residual(branch), "linear_2.weight", op.zeros(Real[width, hidden])),
    "linear_2.bias",
    op.zeros(Real[width]),
)

silent_block = architecture(
    silent.named("silent_block"),
    laws=[laws.equal(identity(Real[width]), name="equal[identity]")],
    sizes=dict(width=32, hidden=64),
)
