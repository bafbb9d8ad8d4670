"""One width is wrong in the middle of a chain of ten layers."""

from categorical import Dim, architecture, op

pixel, a, b, c, d, label = Dim.named("pixel a b c d label")

net = (
    op.linear(pixel, a)
    >> op.relu
    >> op.linear(a, b)
    >> op.relu
    >> op.linear(b, c)
    >> op.relu
    >> op.linear(d, d, name="wide")
    >> op.relu
    >> op.linear(d, label)
    >> op.softmax(label)
)
model = architecture(net, name="net", sizes=dict(pixel=64, a=32, b=32, c=32, d=32, label=10))
