"""A stack that is differentiable, and a recurrent network that writes on it.

Every entry has a strength between 0 and 1.  Popping by u takes strength away from the top down;
pushing by d puts a vector of strength d on top; reading averages the entries of the uppermost
strength 1.  Here the stack has a fixed number of slots, the uppermost first: pushing moves all
down by one, and what falls off the end is lost.

Grefenstette et al., "Learning to Transduce with Unbounded Memory", 2015.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import gru_cell
from categorical.groups import Symmetric
from categorical.recursion import mealy

entry, answer, state, slot, width, step = Dim.named("entry answer state slot width step")
SIZES = dict(entry=6, answer=4, state=12, slot=8, width=5, step=10)
TOP, ACTIONS = 1, 2
above = slot.at("above")


# --- the stack ------------------------------------------------------------------------------


@arrow(inline=True)
def strength_above(strength: Real[slot]) -> Real[slot]:
    """For each slot, the strength of all slots above it."""
    upper = op.indicator(op.causal_mask(slot, above, strict=True)())
    return op.einsum(slot)(upper, op.relabel(slot, above)(strength))


@arrow(inline=True)
def pop(strength: Real[slot], by: Real[()]) -> Real[slot]:
    """The strengths after popping: a slot gives what those above it could not."""
    return op.relu(strength - op.relu(op.expand(slot)(by) - strength_above(strength)))


@arrow(inline=True)
def push(
    values: Real[slot, width], strength: Real[slot], value: Real[width], by: Real[()]
) -> Real[slot, width] * Real[slot]:
    """All slots one down, and a new one on top."""
    down = op.concat(TOP, slot) >> op.slice(TOP + slot, 0, slot, into=slot)
    return down(op.unsqueeze(TOP)(value), values), down(op.unsqueeze(TOP)(by), strength)


@arrow(inline=True)
def shares(strength: Real[slot]) -> Real[slot]:
    """How much of each slot is read: the uppermost strength 1."""
    return op.minimum(strength, op.relu(1 - strength_above(strength)))


@arrow(inline=True)
def look(values: Real[slot, width], strength: Real[slot]) -> Real[width]:
    """The vector that is read."""
    return op.einsum(width)(shares(strength), values)


@arrow(inline=True)
def use(
    values: Real[slot, width],
    strength: Real[slot],
    value: Real[width],
    pushed: Real[()],
    popped: Real[()],
) -> Real[width] * Real[slot, width] * Real[slot]:
    """Pop, push and read."""
    values, strength = push(values, pop(strength, popped), value, pushed)
    return look(values, strength), values, strength


stack = architecture(
    use,
    laws=[
        laws.equivariant(under=Symmetric(width)),
        laws.equivariant(under=Symmetric(slot)).fails(),
    ],
    sizes=dict(slot=8, width=5),
    atlas="categorical-deep-learning",
)


@arrow
def what_is_read(
    values: Real[slot, width],
    strength: Real[slot],
    value: Real[width],
    pushed: Real[()],
    popped: Real[()],
) -> Real[width]:
    """What one use returns."""
    return use(values, strength, value, pushed, popped)[0]


mixture = architecture(
    what_is_read, laws=[laws.linear("values", "value")], sizes=dict(slot=8, width=5)
)


@arrow
def total_share(logits: Real[slot]) -> Real[()]:
    """How much is read in all, of strengths between 0 and 1."""
    return op.sum(slot)(shares(op.sigmoid(logits)))


convex = architecture(total_share, laws=[laws.bounded(low=0, high=1)], sizes=dict(slot=8))


# Last in, first out: strengths are not negative.
@arrow
def pushed_then_read(
    values: Real[slot, width], strength: Real[slot], value: Real[width]
) -> Real[width]:
    """What is read after pushing with strength 1."""
    one = op.full(Real[()], 1)()
    return look(*push(values, op.square(strength), value, one))


last_in = architecture(
    pushed_then_read,
    laws=[
        laws.equal(
            discard(Real[slot, width] * Real[slot]) @ identity(Real[width]),
            name="equal[what was pushed]",
        )
    ],
    sizes=dict(slot=8, width=5),
)


# Popping what was pushed gives the stack back, where a slot was free: the last strength is 0.
@arrow(inline=True)
def with_room(strength: Real[slot]) -> Real[slot]:
    """Strengths that are not negative, all one up and the last one 0."""
    up = op.concat(slot, TOP) >> op.slice(slot + TOP, TOP, slot + TOP, into=slot)
    return up(op.square(strength), op.zeros(Real[TOP])())


def pushed_and_popped(by):
    """What is read after pushing with strength 1 and popping ``by``."""

    @arrow
    def pushed_and_popped(
        values: Real[slot, width], strength: Real[slot], value: Real[width]
    ) -> Real[width]:
        one = op.full(Real[()], 1)()
        values, strength = push(values, with_room(strength), value, one)
        return look(values, pop(strength, op.full(Real[()], by)()))

    return pushed_and_popped


@arrow
def read_at_once(values: Real[slot, width], strength: Real[slot]) -> Real[width]:
    """What is read of the same stack."""
    return look(values, with_room(strength))


before = read_at_once @ discard(Real[width])
first_out = architecture(
    pushed_and_popped(1),
    laws=[laws.equal(before, name="equal[the stack before]")],
    sizes=dict(slot=8, width=5),
)
half_popped = architecture(
    pushed_and_popped(0.5),
    name="half_popped",
    laws=[laws.equal(before, name="equal[the stack before]").fails()],
    sizes=dict(slot=8, width=5),
)


# --- the network ----------------------------------------------------------------------------


@arrow
def cell(
    before: Real[state],
    last: Real[width],
    values: Real[slot, width],
    strength: Real[slot],
    x: Real[entry],
) -> Real[answer] * Real[state] * Real[width] * Real[slot, width] * Real[slot]:
    """The controller reads the entry and the stack, then uses the stack."""
    seen = op.concat(entry, width)(x, last)
    new = gru_cell(entry + width, state)(before, seen)
    actions = op.sigmoid(op.linear(state, ACTIONS, name="actions")(new))
    pushed, popped = (op.take(ACTIONS, i)(actions) for i in range(ACTIONS))
    value = op.tanh(op.linear(state, width, name="value")(new))
    shown, values, strength = use(values, strength, value, pushed, popped)
    return op.linear(state, answer, name="answer")(new), new, shown, values, strength


model = architecture(
    mealy(cell, over=step, states=4, start=0).named("neural_stack"),
    laws=[
        laws.parameters(
            3 * (state * (entry + width))
            + 3 * (state * state)
            + 4 * state
            + (ACTIONS + width + answer) * (state + 1)
        )
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)


@arrow
def answers(x: Real[step, entry]) -> Real[step, answer]:
    """The answers only."""
    return mealy(cell, over=step, states=4, start=0)(x)[0]


online = architecture(answers, laws=[laws.causal(step)], sizes=SIZES)
