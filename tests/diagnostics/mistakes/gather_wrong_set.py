"""Edges point to atoms; the features looked up are those of residues."""

from categorical import Dim, Fin, Real, architecture, arrow, op

atom, residue, bond, feature = Dim.named("atom residue bond feature")


@arrow
def ends(features: Real[residue, feature], source: Fin(atom)[bond]) -> Real[bond, feature]:
    """The features at the source of every bond."""
    return op.gather(residue)(features, source)


model = architecture(ends, sizes=dict(feature=8))
