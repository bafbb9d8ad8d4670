"""gelu on the coordinates of vectors in space."""

from categorical import Dim, Real, architecture, arrow, op

atom = Dim("atom")
xyz = Dim("xyz", size=3, action="rotation")


@arrow
def forces(velocity: Real[atom, xyz]) -> Real[atom, xyz]:
    """A force for every atom."""
    return op.gelu(velocity)


model = architecture(forces)
