"""The width after flattening, worked out by hand and wrong: there are 16 maps, not 8."""

from categorical import Dim, Real, architecture, op

label = Dim("label")

net = (
    op.conv(1, 16, over=(28, 30), kernel=3)
    >> op.relu
    >> op.merge(16, 28, 30)
    >> op.linear(8 * 28 * 30, label)
)

model = architecture(net, sizes=dict(label=10))
