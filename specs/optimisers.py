"""Optimisers: one step of each as an arrow, what makes two of them one, and what they do not see.

An optimiser is a lens on a state and the weights.  `get` says where the gradient is taken, `put`
makes the next state and the next weights from it.  The forms that libraries and papers give differ
by a change of the state: each such change is an arrow, and the two forms are one after it.
Training other weights q with p = r(q) is the same training for some r only, and which ones depends
on the optimiser.

Cruttwell, Gavranović, Ghani, Wilson and Zanasi, "Categorical Foundations of Gradient-Based
Learning", 2022 (the sign that it prints for momentum is refuted in paper/errata.py); Sutskever et
al., "On the importance of initialization and momentum", 2013; Kingma and Ba, "Adam", 2015;
Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
"""

from categorical import Dim, Real, architecture, arrow, copy, discard, identity, laws, op
from categorical.derivatives import gradient
from categorical.learning.optimisers import (
    ascent,
    descent,
    descent_ascent,
    heavy_ball,
    nesterov,
    sgd,
)
from categorical.learning.optimisers_adaptive import adagrad, adam, adamw, rmsprop
from categorical.learning.optimisers_spectral import muon
from categorical.learning.preserving import (
    Reparametrisation,
    agrees,
    coisometry,
    isometry,
    matrix,
    preserved,
)

n, m, k, x, y = Dim("n"), Dim("m"), Dim("k"), Dim("x", size=2), Dim("y", size=3)
W, ONE = Real[n], Real.scalar
RATE, MU = 0.1, 0.9
keep = identity(W)


def stated(name, one, *claims):
    """An arrow with its laws, at a size."""
    dims = one.graph().dims
    return architecture(
        one.named(name), laws=claims, sizes={d: 8 for d in dims if d not in "xy"}, name=name
    )


def weights_of(put):
    """The next weights, without the next state."""
    *state, weight = put.cod
    return put >> (discard(tuple(state)) @ identity(weight))


# --- descent ----------------------------------------------------------------------------------


@arrow
def by_hand(weight: W, gradient: W) -> W:
    """p − ηg."""
    return weight - RATE * gradient


down = stated(
    "descent",
    descent(RATE).put(W),
    laws.equal(by_hand, name="p − ηg"),
    laws.equal((keep @ op.neg.at(W)) >> ascent(RATE).put(W), name="ascent along −g"),
    laws.equal(
        (keep @ op.scale(RATE).at(W)) >> descent(1).put(W), name="the rate as a lens of its own"
    ),
    laws.linear(),
    laws.equal(ascent(RATE).put(W), name="ascent").fails("it climbs"),
)

# --- momentum ---------------------------------------------------------------------------------


def through(ours, torchs):
    """torch's step and then the map of states is the map and then our step."""
    change = ours.from_torch(W)
    return laws.commutes(
        (change @ keep) >> ours.put(W), torchs.put(W) >> change, name="torch's, through the map"
    )


ball, looking = heavy_ball(RATE, MU), nesterov(RATE, MU)
torch_ball, torch_looking = sgd(RATE, MU), sgd(RATE, MU, nesterov=True)

momentum = stated(
    "heavy_ball",
    ball.put(W),
    through(ball, torch_ball),
    laws.equal(torch_ball.put(W), name="with torch's state").fails("the rate is in the velocity"),
    laws.commutes(
        weights_of(heavy_ball(RATE, 0.0).put(W)), discard(W) @ descent(RATE).put(W), name="μ = 0"
    ),
    laws.commutes(weights_of(ball.put(W)), discard(W) @ descent(RATE).put(W), name="μ = 0.9").fails(
        "it remembers"
    ),
)
ahead = stated(
    "nesterov",
    looking.put(W),
    through(looking, torch_looking),
    laws.commutes(
        looking.from_torch(W) >> looking.get(W),
        torch_looking.get(W),
        name="torch's weights are where the gradient is taken",
    ),
    laws.commutes(
        looking.from_torch(W) >> looking.to_torch(W), identity(W, W), name="there and back"
    ),
    laws.equal(ball.put(W), name="put is that of the heavy ball"),
    laws.commutes(looking.get(W), ball.get(W), name="get is that of the heavy ball").fails(
        "it looks ahead"
    ),
)
damped = stated(
    "dampened",
    sgd(RATE, MU, dampening=0.5).put(W),
    laws.commutes(
        (op.zeros(W) @ op.zeros(ONE) @ identity(W, W))
        >> weights_of(sgd(RATE, MU, dampening=0.5).put(W)),
        descent(RATE).put(W),
        name="the first step is not dampened",
    ),
    laws.commutes(
        (identity(W) @ op.ones(ONE) @ identity(W, W))
        >> weights_of(sgd(RATE, MU, dampening=0.5).put(W)),
        weights_of((identity(W, W) @ op.scale(0.5).at(W)) >> torch_ball.put(W)),
        name="later ones see half of the gradient",
    ),
)

# --- two players ------------------------------------------------------------------------------


@arrow
def both_by_hand(p: W, q: W, p_slope: W, q_slope: W) -> W * W:
    """p − ηg, q + ζh."""
    return p - RATE * p_slope, q + 0.3 * q_slope


players = stated(
    "descent_ascent",
    descent_ascent(RATE, 0.3).put(W, W),
    laws.equal(both_by_hand, name="p − ηg, q + ζh"),
    laws.equal(
        (descent(RATE).lens(W) @ ascent(0.3).lens(W)).put, name="the product of the two lenses"
    ),
    laws.commutes(
        descent_ascent(RATE, 0.3).put(W, W) >> (keep @ discard(W)),
        (keep @ discard(W) @ keep @ discard(W)) >> descent(RATE).put(W),
        name="its first part is descent",
    ),
    laws.equal(descent_ascent(0.3, RATE).put(W, W), name="the rates exchanged").fails(),
)

# --- adaptive steps ---------------------------------------------------------------------------

squares = stated(
    "adagrad",
    adagrad(RATE).put(W),
    laws.commutes(
        (op.zeros(W) @ identity(W, W)) >> weights_of(adagrad(RATE, eps=0.0).put(W)),
        (op.zeros(W) @ identity(W, W)) >> weights_of(rmsprop(RATE, alpha=0.0, eps=0.0).put(W)),
        name="the first step is that of RMSprop that remembers nothing",
    ),
)
corrected = stated(
    "adam",
    adam(RATE).put(W),
    laws.equal(adamw(RATE, weight_decay=0.0).put(W), name="AdamW without decay"),
    laws.equal(
        (identity(W, W, ONE, W) @ op.neg.at(W)) >> adam(RATE, maximise=True).put(W),
        name="climbing −g",
    ),
    laws.commutes(
        weights_of(adam(RATE, betas=(0.0, 0.99), eps=0.0).put(W)),
        weights_of(adam(RATE, betas=(0.0, 0.9), eps=0.0).put(W)),
        name="β₂ = 0.99 or 0.9",
    ).fails(),
    laws.equal(
        (identity(W, W) @ op.full_like(7).at(ONE) @ identity(W, W)) >> adam(RATE).put(W),
        name="the step count is not read",
    ).fails("averages that start at 0 are corrected by it"),
)


@arrow
def half_square(weight: W) -> ONE:
    """λ |p|² / 2, for λ = 0.5."""
    return 0.25 * op.sum(n)(op.square(weight))


gradient_of_penalty = gradient(half_square)


@arrow
def with_penalty(weight: W, slope: W) -> W:
    """Descent on the loss and λ |p|² / 2."""
    return descent(RATE).put(W)(weight, slope + gradient_of_penalty(weight))


decayed = stated(
    "adamw",
    adamw(RATE, weight_decay=0.5).put(W),
    laws.equal(adam(RATE, weight_decay=0.5).put(W), name="decay through the gradient").fails(
        "there it is divided too"
    ),
    laws.commutes(
        sgd(0.125, weight_decay=0.5).put(W),
        (op.scale(1 - 0.125 * 0.5).at(W) @ keep) >> descent(0.125).put(W),
        name="of descent the two decays are one",
    ),
    laws.commutes(
        sgd(RATE, weight_decay=0.5).put(W), with_penalty, name="decay is the slope of λ |p|² / 2"
    ),
)

# --- what an optimiser does not see -------------------------------------------------------------

signs = Reparametrisation("signs", op.neg.at(W), identity(W))
flip = Reparametrisation("permutation", op.flip(n).at(W), op.flip(n).at(W))
rotation = matrix("rotation", x, [[3, -4], [4, 3]], over=5)
rows = matrix("orthonormal rows", x, [[3, 4, 0], [0, 0, 5]], over=5, columns=y)
columns = matrix("orthonormal columns", y, [[3, 0], [4, 0], [0, 5]], over=5, columns=x)
forgetting = matrix("forgetting a weight", x, [[1, 0, 0], [0, 1, 0]], columns=y)
tying = Reparametrisation("tying", copy(W), copy(W))
stretch = Reparametrisation("stretching", op.scale(2).at(W), op.scale(4).at(W))


@arrow
def low_rank(up: Real[m, k], down: Real[k, n]) -> Real[m, n]:
    """The product of two thin matrices."""
    return op.einsum(m, n)(up, down)


@arrow
def directions(v: Real[m, n], length: Real[m]) -> Real[m, n]:
    """Weight normalisation: a length times a direction for each row."""
    scale = length * op.rsqrt(op.sum(n)(op.square(v)))
    return op.transpose(m, n)(op.expand(n)(scale)) * v


def told(r, *more, descent_too=False, adam_too=False):
    """What descent with and without momentum, and Adam, make of a linear map."""
    plain = [coisometry(r), *(preserved(one, r) for one in (descent(RATE), torch_ball, looking))]
    adaptive = [preserved(adam(RATE), r), agrees(adam(RATE), r, steps=1)]
    if not descent_too:
        plain = [one.fails("r rᵀ is not the identity") for one in plain]
    if not adam_too:
        adaptive = [one.fails("r is no signed permutation") for one in adaptive]
    return stated(r.name.replace(" ", "_"), r.map, laws.linear(), *more, *plain, *adaptive)


@arrow
def stepped_below(map: Real[m, n], q: W, slope: Real[m]) -> Real[m]:
    """r(q − η rᵀ g), for any matrix r."""
    return op.einsum(m)(map, q - RATE * op.einsum(n)(map, slope))


@arrow
def stepped_above(map: Real[m, n], q: W, slope: Real[m]) -> Real[m]:
    """rq − η (r rᵀ) g: descent, preconditioned by r rᵀ."""
    other = m.at("other")
    gram = op.einsum(m, other)(map, op.relabel(m, other)(map))
    return op.einsum(m)(map, q) - RATE * op.einsum(m)(gram, op.relabel(m, other)(slope))


@arrow
def unconditioned(map: Real[m, n], q: W, slope: Real[m]) -> Real[m]:
    """rq − ηg."""
    return op.einsum(m)(map, q) - RATE * slope


any_matrix = stated(
    "any_matrix",
    stepped_below,
    laws.equal(stepped_above, name="descent preconditioned by r rᵀ"),
    laws.equal(unconditioned, name="descent").fails("r rᵀ is not the identity"),
)
under_signs = told(signs, descent_too=True, adam_too=True)
under_permutations = told(flip, descent_too=True, adam_too=True)
under_forgetting = told(forgetting, descent_too=True, adam_too=True)
under_rotations = told(rotation, isometry(rotation), descent_too=True)
under_rows = told(rows, isometry(rows).fails(), descent_too=True)
under_columns = told(columns, isometry(columns))
under_tying = told(tying, isometry(tying).fails())
under_stretching = told(stretch)


# --- matrices: three optimisers, three groups ---------------------------------------------------

M = Real[x, y]
turned = rotation.map.over(y)
squares_turned = rotation.squares.over(y)
of_columns = Reparametrisation(
    "rotated columns",
    op.transpose(y, x).at(M) >> turned >> op.transpose(x, y),
    op.transpose(y, x).at(M) >> squares_turned >> op.transpose(x, y),
)
one_sign = Reparametrisation(
    "one sign", (identity(M) @ op.table(M, [[1, 1, 1], [1, -1, 1]])) >> op.mul, identity(M)
)
spectral = muon(RATE, steps=1, eps=0.0)


def of_matrices(r, adam_too=False, muon_too=False):
    """Descent, Adam and Muon, with a map that keeps lengths."""
    entrywise, singular = preserved(adam(RATE), r), preserved(spectral, r)
    return stated(
        r.name.replace(" ", "_"),
        r.map,
        coisometry(r),
        preserved(descent(RATE), r),
        entrywise if adam_too else entrywise.fails("it steps each entry by itself"),
        singular if muon_too else singular.fails("other singular values"),
    )


under_columns_rotated = of_matrices(of_columns, muon_too=True)
under_one_sign = of_matrices(one_sign, adam_too=True)

thin = stated(
    "low_rank",
    low_rank,
    laws.linear("up"),
    laws.linear("down"),
    agrees(descent(RATE), Reparametrisation("low rank", low_rank), steps=1).fails(),
    agrees(adam(RATE), Reparametrisation("low rank", low_rank), steps=1).fails(),
)
normalised = stated(
    "weight_normalisation",
    directions,
    laws.linear("length"),
    laws.commutes(
        directions >> op.square >> op.sum(n),
        discard(Real[m, n]) @ op.square.at(Real[m]),
        name="rows have these lengths",
    ),
    agrees(descent(RATE), Reparametrisation("directions", directions), steps=1).fails(),
    agrees(adam(RATE), Reparametrisation("directions", directions), steps=1).fails(),
)
