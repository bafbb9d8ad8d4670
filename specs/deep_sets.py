"""Deep Sets: a function of a set, whatever the order in which its items are listed.

Every item is encoded by itself, the codes are averaged, and the average is read out.  A layer that
gives one answer for each item may look at the others through their mean only.

Zaheer et al., "Deep Sets", 2017.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

item, feature, hidden, label = Dim.named("item feature hidden label")


@arrow
def deep_sets(items: Real[item, feature]) -> Real[label]:
    """Scores of a set of items."""
    codes = op.relu(op.linear(feature, hidden, name="encode")(items))
    summary = op.mean(item)(codes)
    return op.linear(hidden, label, name="read_out")(summary)


# The same arrow as a chain: `>>` is "and then".
deep_sets_as_a_chain = (
    op.linear(feature, hidden, name="encode")
    >> op.relu
    >> op.mean(item)
    >> op.linear(hidden, label, name="read_out")
).at(Real[item, feature])

model = architecture(
    deep_sets,
    laws=[
        laws.invariant(under=Symmetric(item)),
        laws.equal(deep_sets_as_a_chain, name="equal[the chain]"),
        laws.parameters(hidden * feature + hidden + label * hidden + label),
    ],
    sizes=dict(feature=16, hidden=64, label=4),
)


@arrow
def set_layer(items: Real[item, feature]) -> Real[item, hidden]:
    """One answer for each item: its own features, and the mean of all of them."""
    own = op.linear(feature, hidden, name="own")(items)
    shared = op.linear(feature, hidden, bias=False, name="shared")(op.mean(item)(items))
    return op.relu(own + op.expand(item)(shared))


layer = architecture(
    set_layer,
    laws=[
        laws.equivariant(under=Symmetric(item)),
        laws.bounded(low=0),
    ],
    sizes=dict(feature=16, hidden=64),
)


# In a set of equal items each item is the mean, and all get one answer.
@arrow
def answer_of_one(value: Real[feature]) -> Real[item, hidden]:
    """The answer of one item that is its own mean, for every item."""
    own = op.linear(feature, hidden, name="own")(value)
    shared = op.linear(feature, hidden, bias=False, name="shared")(value)
    return op.expand(item)(op.relu(own + shared))


repeated = architecture(
    op.expand(item).at(Real[feature]) >> set_layer,
    name="equal_items",
    laws=[
        laws.equal(
            answer_of_one,
            renaming={"own": "set_layer.own", "shared": "set_layer.shared"},
            name="equal[one item]",
        ),
    ],
    sizes=dict(feature=16, hidden=64),
)


@arrow
def scores_of_doubled_set(items: Real[item, feature]) -> Real[label]:
    """The scores of a set in which every item is listed twice: the mean does not notice."""
    everything = op.concat(item, item)(items, items)
    codes = op.relu(op.linear(feature, hidden, name="encode")(everything))
    return op.linear(hidden, label, name="read_out")(op.mean(item + item)(codes))


doubled = architecture(
    scores_of_doubled_set,
    laws=[
        laws.equal(deep_sets, name="equal[deep_sets]"),
        laws.invariant(under=Symmetric(item)),
    ],
    sizes=dict(feature=16, hidden=64, label=4),
)
