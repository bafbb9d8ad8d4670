"""Networks as data: functions of the weights of a network that do not see how neurons are listed.

The input are the weights of a network with two hidden layers: ``first`` from its inputs, ``middle``
between the hidden layers, ``last`` to its outputs.  Renumbering the neurons of a hidden layer moves
rows of one matrix and columns of the next, and leaves the function of the network as it is.  Every
linear map from weights to weights that commutes with that is solved for, pair by pair of matrices.

Navon et al., "Equivariant architectures for learning in deep weight spaces", 2023; Zhou et al.,
"Permutation equivariant neural functionals", 2023.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from synthesis import natural

entry, answer, copies, hidden, label = Dim.named("entry answer copies hidden label")
one, two = Dim.named("one two")
neurons = Symmetric(one) * Symmetric(two)

SPACES = {"first": Real[one], "middle": Real[one, two], "last": Real[two]}
CHANNELS = {"first": entry, "middle": copies, "last": answer}


def mixed(weights, channels, target, into):
    """All natural maps from every matrix of weights to one of them, added."""
    parts = [
        natural(SPACES[name], SPACES[target], under=neurons).layer(
            channels[name], into, bias=name == target, name=f"{target}_from_{name}"
        )(weights[name])
        for name in SPACES
    ]
    return parts[0] + parts[1] + parts[2]


@arrow
def reader(
    first: Real[one, entry], middle: Real[one, two, copies], last: Real[two, answer]
) -> Real[label]:
    """A label for a network, from its weights."""
    weights = {"first": first, "middle": middle, "last": last}
    seen = {name: op.relu(mixed(weights, CHANNELS, name, hidden)) for name in SPACES}
    pooled = [
        natural(SPACES[name], Real.scalar, under=neurons).layer(
            hidden, hidden, bias=name == "first", name=f"pool_{name}"
        )(seen[name])
        for name in SPACES
    ]
    return op.linear(hidden, label, name="scores")(op.relu(pooled[0] + pooled[1] + pooled[2]))


network_reader = architecture(
    reader,
    name="network_reader",
    laws=[laws.invariant(under=neurons), laws.complete(under=neurons)],
    sizes=dict(entry=8, answer=4, copies=1, hidden=16, label=3),
    atlas="nn-graphs",
)


@arrow
def editor(
    first: Real[one, entry], middle: Real[one, two, copies], last: Real[two, answer]
) -> Real[one, two, hidden]:
    """New weights between the hidden layers."""
    weights = {"first": first, "middle": middle, "last": last}
    return mixed(weights, CHANNELS, "middle", hidden)


weight_editor = architecture(
    editor,
    name="weight_editor",
    laws=[laws.equivariant(under=neurons), laws.complete(under=neurons)],
    sizes=dict(entry=8, answer=4, copies=1, hidden=1),
    atlas="nn-graphs",
)
