"""relu on features whose signs are arbitrary (eigenvectors)."""

from categorical import Dim, Real, architecture, op

eigenvector = Dim("eigenvector", action="sign")

net = op.linear(eigenvector, eigenvector, bias=False) >> op.relu
model = architecture(net, name="net", sizes=dict(eigenvector=8))
