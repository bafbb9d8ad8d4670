"""A set transformer whose linear maps are all that a set allows.

Queries, keys and values are made by every linear map of sets: of the item itself, and of the mean
of all items.  The pooled answer is the attention of learned seeds on the items.

Lee et al., "Set transformer", 2019.
"""

from categorical import Dim, Init, Real, architecture, arrow, laws, op
from categorical.composites.attention import dot_product_attention
from categorical.groups import Symmetric
from synthesis import natural

item, seed = Dim("item"), Dim("seed")
feature, width, heads, label = Dim.named("feature width heads label")
key = item.at("key")
order = Symmetric(item)
every = natural(Real[item], Real[item], under=order)


def by_heads(x):
    """The channels of every head apart."""
    return op.split(width, heads, width // heads)(x)


@arrow
def set_attention(items: Real[item, feature]) -> Real[item, width]:
    """Every item looks at all items."""
    asks, offers, values = (
        by_heads(every.layer(feature, width, name=name)(items))
        for name in ("query", "key", "value")
    )
    core = dot_product_attention(item, key, heads, width // heads)
    mixed = core(asks, op.relabel(item, key)(offers), op.relabel(item, key)(values))
    return op.merge(heads, width // heads)(mixed)


@arrow
def set_transformer(items: Real[item, feature]) -> Real[label]:
    """Scores of a set: attention among its items, then of seeds on the items."""
    seen = op.relu(set_attention(items))
    seeds = op.parameter(Real[seed, width], name="seeds", init=Init("normal", (1.0,)))()
    offers = by_heads(op.linear(width, width, name="pool_key")(seen))
    values = by_heads(op.linear(width, width, name="pool_value")(seen))
    pool = dot_product_attention(seed, item, heads, width // heads)
    pooled = op.merge(heads, width // heads)(pool(by_heads(seeds), offers, values))
    return op.linear(width, label, name="scores")(op.mean(seed)(pooled))


attention = architecture(
    set_attention,
    laws=[laws.equivariant(under=order), laws.complete(under=order)],
    sizes=dict(feature=8, width=16, heads=4),
)
scores = architecture(
    set_transformer,
    laws=[laws.invariant(under=order)],
    sizes=dict(feature=8, width=16, heads=4, label=3, seed=2),
)
