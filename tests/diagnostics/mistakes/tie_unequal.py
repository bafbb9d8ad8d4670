"""An autoencoder ties its decoder to its encoder: one weight is the transpose of the other."""

from categorical import Dim, architecture, op, tie

feature, code = Dim.named("feature code")

net = op.linear(feature, code, name="encode") >> op.relu >> op.linear(code, feature, name="decode")
shared = tie(net, {"decode.weight": "encode.weight"})
model = architecture(shared, name="autoencoder", sizes=dict(feature=8, code=3))
