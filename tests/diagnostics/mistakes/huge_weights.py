"""A dense layer between two axes of ten million entries: 10^14 weights."""

from categorical import Dim, architecture, op

user, product = Dim.named("user product")

net = op.linear(user, product)
model = architecture(net, name="net", sizes=dict(user=10**7, product=10**7))
