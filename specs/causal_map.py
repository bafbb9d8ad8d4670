"""Causal maps as natural transformations over a poset.

The prefixes of a sequence of eight steps are a chain 0 < 1 < … < 7, and their values a functor: a
longer prefix is restricted to a shorter one.  A map of sequences that can be computed prefix by
prefix, so that restricting before and after is the same, is a natural transformation of that
functor to itself.  Solving for all linear ones gives the lower triangular matrices: 36 of 64.
"""

from categorical import Dim, Real, architecture, categories, laws, op
from categorical.exact import Matrix
from categorical.representations import Representation
from synthesis import natural

STEPS = 8
step = Dim("step", size=STEPS)
feature, hidden = Dim.named("feature hidden")

line = categories.chain(STEPS)
longer = {
    f"{k}<{k + 1}": Matrix.of([[int(a == b) for b in range(k + 1)] for a in range(k + 2)])
    for k in range(STEPS - 1)
}
prefixes = Representation(line, longer).transpose
causal = natural(prefixes, prefixes)

layer = architecture(
    op.hom(causal.at(f"{STEPS - 1}"), ((step,),), (step,), channels=(feature,), out=hidden).at(
        Real[step, feature]
    ),
    name="causal_layer",
    laws=[
        laws.causal(step),
        laws.parameters(36 * feature * hidden),
    ],
    sizes=dict(feature=8, hidden=8),
)
