"""The rules of recursion over lists, each for all lengths, and what breaks them.

Algebras of `1 + X × A` on a carrier S are a start and a cell `S × A → S`; the fold is the one
arrow from lists that starts at the start and reads one more entry by the cell.  From that come
fusion, the product of two folds, folds of what was mapped, and appending through a monoid; a
coalgebra gives the machines.  Every rule is an equation of arrows, proved by the steps of the runs
or by induction along them, and stands next to a twin that is refuted.

Meijer, Fokkinga and Paterson, "Functional programming with bananas, lenses, envelopes and barbed
wire", 1991; Gavranović et al., "Categorical Deep Learning", 2024, examples 2.9-2.15 and appendix J.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.recursion import fold, foldr, hylo, mealy, moore, scan, unfold

step, early, late, feature, hidden, value, show = Dim.named(
    "step early late feature hidden value show"
)
KIND = "categorical-deep-learning"
SIZES = dict(step=6, early=3, late=4, feature=5, hidden=4, value=3, show=2)


def stated(name, one, *claims):
    """An arrow with its laws."""
    sizes = {dim: size for dim, size in SIZES.items() if dim in one.graph().dims}
    return architecture(one, laws=claims, sizes=sizes, name=name, atlas=KIND)


state = identity(Real[hidden])
entries = Real[step, hidden]
add, multiply = (one.at(Real[hidden], Real[hidden]) for one in (op.add, op.mul))
smooth = (op.scale(0.5).at(Real[hidden]) @ state) >> op.add
cell = (op.linear(hidden, hidden, name="back") @ op.linear(feature, hidden)) >> op.add >> op.tanh


# --- fusion: h ∘ fold(a) = fold(b) where h(start) = start' and h(a(s, x)) = b(h(s), x) ------------

mixed = op.linear(hidden, hidden, bias=False, name="mix")
shifted = op.linear(hidden, hidden, name="mix")


def smoothed(after, before=None):
    """A smoothed sum that is mapped in the end, or whose entries are mapped."""
    total = fold(smooth, over=step, start=0)
    return total >> after if before is None else before.at(entries) >> total


fusion = stated(
    "fusion",
    smoothed(mixed),
    laws.equal(smoothed(None, mixed), name="fusion", by=laws.induction(mixed)),
)
fusion_through_a_curve = stated(
    "fusion_through_a_curve",
    smoothed(op.relu),
    laws.equal(smoothed(None, op.relu), name="fusion").fails("relu is not additive"),
)
fusion_through_a_shift = stated(
    "fusion_through_a_shift",
    smoothed(shifted),
    laws.equal(smoothed(None, shifted), name="fusion", by=laws.induction(shifted)).fails(
        "the map moves the start"
    ),
)


# --- a fold is the only arrow with its two equations ----------------------------------------------

uniqueness = stated(
    "uniqueness",
    op.sum(step).at(entries),
    laws.equal(fold(add, over=step, start=0), name="the fold that adds"),
    laws.equal(foldr(add, over=step, start=0), name="from the other end"),
    laws.equal(fold(add, over=step, start=1), name="from another start").fails(),
    laws.equal(fold(smooth, over=step, start=0), name="another cell").fails(),
)


@arrow
def one_more(s: Real[hidden], x: Real[step, feature], last: Real[1, feature]) -> Real[hidden]:
    """``f(xs ++ [x])``."""
    return fold(cell, over=step + 1)(s, op.concat(step, 1)(x, last))


@arrow
def cell_last(s: Real[hidden], x: Real[step, feature], last: Real[1, feature]) -> Real[hidden]:
    """``cell(f(xs), x)``."""
    return fold(cell, over=1, name="cell_2")(fold(cell, over=step)(s, x), last)


@arrow
def cell_first(s: Real[hidden], x: Real[step, feature], last: Real[1, feature]) -> Real[hidden]:
    """``f(cell(s, x), xs)``."""
    return fold(cell, over=step, name="cell_2")(fold(cell, over=1)(s, last), x)


snoc = stated(
    "snoc",
    one_more,
    laws.equal(cell_last, renaming={"cell_2": "cell"}, name="f(xs ++ [x]) = cell(f(xs), x)"),
    laws.equal(cell_first, renaming={"cell_2": "cell"}, name="the cell before").fails(),
)


# --- banana split: two folds of one list are one fold ---------------------------------------------


@arrow
def two_folds(
    s: Real[hidden], p: Real[hidden], x: Real[step, hidden]
) -> Real[hidden] * Real[hidden]:
    """A smoothed sum and a product."""
    return fold(smooth, over=step)(s, x), fold(multiply, over=step)(p, x)


@arrow
def both(s: Real[hidden], p: Real[hidden], x: Real[hidden]) -> Real[hidden] * Real[hidden]:
    """One step of both."""
    return smooth(s, x), multiply(p, x)


@arrow
def crossed(s: Real[hidden], p: Real[hidden], x: Real[hidden]) -> Real[hidden] * Real[hidden]:
    """One step of both, each reading the other's state."""
    return smooth(p, x), multiply(s, x)


banana_split = stated(
    "banana_split",
    two_folds,
    laws.equal(fold(both, over=step), name="banana split"),
    laws.equal(fold(crossed, over=step), name="crossed states").fails(),
)


# --- folds of mapped entries ----------------------------------------------------------------------

embed = op.linear(value, feature, name="embed") >> op.relu


@arrow
def mapped(s: Real[hidden], x: Real[step, value]) -> Real[hidden]:
    """The fold of a list that was mapped."""
    return fold(cell, over=step)(s, embed(x))


map_and_fold = stated(
    "map_and_fold",
    mapped,
    laws.equal(
        fold((state @ embed) >> cell, over=step),
        renaming={"cell.embed": "embed"},
        name="the map inside the cell",
    ),
    laws.equal(
        foldr((state @ embed) >> cell, over=step),
        renaming={"cell.embed": "embed"},
        name="from the right",
    ).fails("a fold reads its list from the left"),
)


# --- fold ∘ append through a monoid: cells s ↦ s · g(x) -------------------------------------------

gate = op.linear(feature, hidden) >> op.sigmoid
gated = (state @ gate) >> op.mul
decayed = (op.scale(0.5).at(Real[hidden]) @ gate) >> op.add


def appended(one, start):
    """The fold of two lists in a row."""
    joined = op.concat(early, late).at(Real[early, feature], Real[late, feature])
    return joined >> fold(one, over=early + late, start=start)


def combined(one, start, times):
    """The folds of two lists, combined."""
    parts = fold(one, over=early, start=start) @ fold(one, over=late, start=start)
    return parts >> times


append = stated(
    "append",
    appended(gated, 1),
    laws.equal(
        combined(gated, 1, op.mul),
        renaming={"cell_2": "cell"},
        name="a product of products",
        by=laws.induction(),
    ),
    laws.equal(
        combined(gated, 1, op.add), renaming={"cell_2": "cell"}, name="a sum of products"
    ).fails(),
)
append_without_a_monoid = stated(
    "append_without_a_monoid",
    appended(decayed, 0),
    laws.equal(
        combined(decayed, 0, op.add), renaming={"cell_2": "cell"}, name="a sum of smoothed sums"
    ).fails("what is smoothed depends on how much comes after it"),
)


# --- split and resume: the state is all that is kept (the free monad on 1 + X × A) ----------------


def split(first, second, name):
    """Two runs in a row."""

    @arrow
    def resumed(s: Real[hidden], x: Real[early, feature], y: Real[late, feature]) -> Real[hidden]:
        return second(first(s, x), y)

    @arrow
    def backwards(s: Real[hidden], x: Real[early, feature], y: Real[late, feature]) -> Real[hidden]:
        return first(second(s, y), x)

    return resumed if name == "first" else backwards


def whole(run):
    """A run along both lists."""

    @arrow
    def at_once(s: Real[hidden], x: Real[early, feature], y: Real[late, feature]) -> Real[hidden]:
        return run(cell, over=early + late)(s, op.concat(early, late)(x, y))

    return at_once


left = fold(cell, over=early), fold(cell, over=late, name="cell_2")
right = foldr(cell, over=early), foldr(cell, over=late, name="cell_2")
SAME = {"cell_2": "cell"}
split_and_resume = stated(
    "split_and_resume",
    whole(fold),
    laws.equal(split(*left, "first"), renaming=SAME, name="split and resume"),
    laws.equal(split(*left, "last"), renaming=SAME, name="the later part first").fails(),
)
split_from_the_right = stated(
    "split_from_the_right",
    whole(foldr),
    laws.equal(split(*right, "last"), renaming=SAME, name="split and resume"),
    laws.equal(split(*right, "first"), renaming=SAME, name="the earlier part first").fails(),
    laws.equal(whole(fold), name="the fold from the left").fails(),
)


# --- the empty list, lists of several lengths, and lists from their end ---------------------------

LENGTH = Fin(step + 1)[()]


@arrow
def of_no_entries(s: Real[hidden], x: Real[step, feature]) -> Real[hidden]:
    """The fold of the first 0 entries."""
    return fold(cell, over=step, lengths=True)(s, x, op.full(LENGTH, 0)())


@arrow
def of_one_entry(s: Real[hidden], x: Real[step, feature]) -> Real[hidden]:
    """The fold of the first entry."""
    return fold(cell, over=step, lengths=True)(s, x, op.full(LENGTH, 1)())


empty = stated(
    "empty",
    of_no_entries,
    laws.equal(state @ discard(Real[step, feature]), name="f([]) is the start"),
    laws.equal(of_one_entry, name="f([x]) is the start").fails(),
)


def filled(entries_kept):
    """The fold of the first entries, those past the length (or before it) set to 0."""

    @arrow
    def with_zeros(s: Real[hidden], x: Real[step, feature], length: LENGTH) -> Real[hidden]:
        places, _ = op.unconcat(step, 1)(op.positions(step + 1)())
        counted = op.less(places, op.expand(step)(length))
        zeros = op.full_like(0)(x)
        kept = op.where(counted, x, zeros) if entries_kept else op.where(counted, zeros, x)
        return fold(cell, over=step, lengths=True)(s, kept, length)

    return with_zeros


padded = stated(
    "padded",
    fold(cell, over=step, lengths=True),
    laws.equal(filled(True), name="padding is not read"),
    laws.equal(filled(False), name="nothing is read").fails(),
)


@arrow
def reversed_first(s: Real[hidden], x: Real[step, feature]) -> Real[hidden]:
    """The fold of the reversed list."""
    return fold(cell, over=step)(s, op.flip(step)(x))


from_the_right = stated(
    "from_the_right",
    foldr(cell, over=step),
    laws.equal(reversed_first, name="the fold of the reversed list"),
    laws.equal(fold(cell, over=step), name="the fold of the list").fails(),
)


# --- machines -------------------------------------------------------------------------------------

glance = op.linear(hidden, show, name="glance") >> op.relu


@arrow
def look_then_step(s: Real[hidden], x: Real[feature]) -> Real[show] * Real[hidden]:
    """The output of a Moore machine: of the state before the input."""
    return glance(s), cell(s, x)


@arrow
def step_then_look(s: Real[hidden], x: Real[feature]) -> Real[show] * Real[hidden]:
    """The output of the state after the input."""
    new = cell(s, x)
    return glance(new), new


machines = stated(
    "machines",
    moore(glance, cell, over=step),
    laws.equal(mealy(look_then_step, over=step), name="a Moore machine is a Mealy machine"),
    laws.equal(mealy(step_then_look, over=step), name="one step late").fails(),
)


@arrow
def last_of_scan(s: Real[hidden], x: Real[step + 1, feature]) -> Real[hidden]:
    """The last of the states after each step."""
    return op.take(step + 1, -1)(scan(cell, over=step + 1)(s, x))


@arrow
def first_of_scan(s: Real[hidden], x: Real[step + 1, feature]) -> Real[hidden]:
    """The first of them."""
    return op.take(step + 1, 0)(scan(cell, over=step + 1)(s, x))


scan_ends_in_the_fold = stated(
    "scan_ends_in_the_fold",
    fold(cell, over=step + 1),
    laws.equal(last_of_scan, name="the last entry of the scan"),
    laws.equal(first_of_scan, name="the first entry of the scan").fails(),
)


# --- unfold, then fold ----------------------------------------------------------------------------


@arrow
def grow(seed: Real[value]) -> Real[feature] * Real[value]:
    """A coalgebra of O × X."""
    return op.linear(value, feature, name="out")(seed), op.tanh(
        op.linear(value, value, name="next")(seed)
    )


@arrow
def in_two(seed: Real[value], s: Real[hidden]) -> Real[value] * Real[hidden]:
    """The stream, and then its fold."""
    stream, left_over = unfold(grow, over=step)(seed)
    return left_over, fold(cell, over=step)(s, stream)


@arrow
def in_two_backwards(seed: Real[value], s: Real[hidden]) -> Real[value] * Real[hidden]:
    """The stream, and then its fold from the right."""
    stream, left_over = unfold(grow, over=step)(seed)
    return left_over, foldr(cell, over=step)(s, stream)


WEIGHTS = {"cell.out": "cell.grow.out", "cell.next": "cell.grow.next", **SAME}
deforested = stated(
    "deforested",
    hylo(grow, cell, over=step),
    laws.equal(in_two, renaming=WEIGHTS, name="unfold, then fold"),
    laws.equal(in_two_backwards, renaming=WEIGHTS, name="unfold, then foldr").fails(),
)


# --- one set of weights: the 2-cell Δ: P → Pⁿ -----------------------------------------------------

unrolled = fold(cell, over=3, weights="untied")
COPIES = {f"cell.{i}": "cell" for i in range(3)}
tied = stated(
    "tied",
    fold(cell, over=3),
    laws.equal(unrolled, renaming=COPIES, name="the unrolled network along Δ"),
    laws.parameters(hidden * hidden + feature * hidden + 2 * hidden),
)
untied = stated(
    "untied",
    unrolled,
    laws.parameters(3 * (hidden * hidden + feature * hidden + 2 * hidden)),
    laws.equal(
        unrolled, renaming={"cell.0": "cell.2", "cell.2": "cell.0"}, name="Δ of other copies"
    ).fails("the weights of the steps are apart"),
)


# --- a run that adds is a product with the causal mask --------------------------------------------

key = step.at("key")


@arrow
def remember(
    memory: Real[hidden, value], q: Real[hidden], k: Real[hidden], v: Real[value]
) -> Real[value] * Real[hidden, value]:
    """One step of linear attention."""
    memory = memory + op.einsum(hidden, value)(k, v)
    return op.einsum(value)(q, memory), memory


def attention(row, column):
    """Linear attention, all steps at once, with a mask."""

    @arrow
    def masked(
        q: Real[step, hidden], k: Real[step, hidden], v: Real[step, value]
    ) -> Real[step, value]:
        scores = op.einsum(step, key)(q, op.relabel(step, key)(k))
        seen = op.transpose(step, key)(op.indicator(op.causal_mask(row, column)()))
        return op.einsum(step, value)(scores * seen, op.relabel(step, key)(v))

    return masked


linear_attention = stated(
    "linear_attention",
    mealy(remember, over=step, start=0)
    >> (identity(Real[step, value]) @ discard(Real[hidden, value])),
    laws.causal(step),
    laws.equal(attention(step, key), name="attention with a causal mask"),
    laws.equal(attention(key, step), name="attention to what comes after").fails(),
)
