"""An LSTM over the days of each stock, and a graph network over the stocks.

The prices of every stock are folded by one LSTM, the same for all; the stocks are joined by a graph
(correlated returns, shared sectors), and each adds what its neighbours know.  The forecast reads
both.  Renumbering the stocks, with their edges, renumbers the forecasts; a forecast never depends
on a later day, and goes on from the states that the day before left.

Sonani, Badii and Moin, "Stock Price Prediction Using a Hybrid LSTM-GNN Model: Integrating
Time-Series and Graph-Based Analysis", 2025.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.composites import lstm_cell, recurrent
from categorical.groups import Symmetric

day, early, late, stock, edge = Dim.named("day early late stock edge")
feature, hidden = Dim.named("feature hidden")
SIZES = dict(day=12, stock=10, edge=24, feature=5, hidden=16)
END, KNOWN = Fin(stock)[edge], Real[stock, hidden]
ONE = 1
both = hidden + hidden


def over_days(days):
    """The LSTM of every stock: `states × prices → what is shown on each day × states`."""
    return recurrent(lstm_cell(feature, hidden), over=days, name="days").over(stock)


def forecast(known, source, target):
    """From what is known of each stock on each day: its own, and a sum over its neighbours."""
    arrived = op.scatter(stock)(op.gather(stock)(known, source), target)
    near = op.relu(op.linear(hidden, hidden, name="near")(arrived))
    return op.squeeze(ONE)(
        op.linear(both, ONE, name="price")(op.concat(hidden, hidden)(known, near))
    )


@arrow
def lstm_gnn(
    state: KNOWN, memory: KNOWN, prices: Real[stock, day, feature], source: END, target: END
) -> Real[stock, day] * KNOWN * KNOWN:
    """The forecast of every day for the next, and the states after the last day."""
    known, state, memory = over_days(day)(state, memory, prices)
    return forecast(known, source, target), state, memory


weights = 4 * (hidden * feature) + 4 * (hidden * hidden) + 4 * hidden

model = architecture(
    lstm_gnn,
    laws=[
        laws.equivariant(under=Symmetric(stock)),
        laws.invariant(under=Symmetric(edge)),
        laws.parameters(weights + hidden * hidden + hidden + both + 1),
    ],
    sizes=SIZES,
    atlas="lstm-gnn",
)


@arrow
def forecasts(
    state: KNOWN, memory: KNOWN, prices: Real[stock, day, feature], source: END, target: END
) -> Real[stock, day]:
    """The forecasts only."""
    return lstm_gnn(state, memory, prices, source, target)[0]


@arrow
def forecasts_in_reverse(
    state: KNOWN, memory: KNOWN, prices: Real[stock, day, feature], source: END, target: END
) -> Real[stock, day]:
    """The days read from the last one on."""
    return op.flip(day)(lstm_gnn(state, memory, op.flip(day)(prices), source, target)[0])


online = architecture(forecasts, laws=[laws.causal(day)], sizes=SIZES, atlas="lstm-gnn")
hindsight = architecture(
    forecasts_in_reverse, laws=[laws.causal(day).fails()], sizes=SIZES, atlas="lstm-gnn"
)


# The fold over time goes on from where it was left.
@arrow
def day_after_day(
    state: KNOWN, memory: KNOWN, prices: Real[stock, early + late, feature]
) -> Real[stock, early + late, hidden] * KNOWN * KNOWN:
    """The early days, then the late ones from the states that are left."""
    first, rest = op.unconcat(early, late)(prices)
    before, state, memory = over_days(early)(state, memory, first)
    after, state, memory = over_days(late)(state, memory, rest)
    return op.concat(early, late)(before, after), state, memory


split = architecture(
    over_days(early + late),
    name="split",
    laws=[laws.equal(day_after_day, renaming={"days_2": "days"}, name="equal[day after day]")],
    sizes=dict(early=7, late=5, stock=10, feature=5, hidden=16),
    atlas="lstm-gnn",
)


# One stock with a place of its own breaks the symmetry.
@arrow
def with_places(
    state: KNOWN, memory: KNOWN, prices: Real[stock, day, feature], source: END, target: END
) -> Real[stock, day]:
    """Every stock has a trained offset, by its number."""
    offset = op.parameter(Real[stock], name="offset")()
    found = forecasts(state, memory, prices, source, target)
    return found + op.transpose(stock, day)(op.expand(day)(offset))


numbered = architecture(
    with_places,
    laws=[laws.equivariant(under=Symmetric(stock)).fails()],
    sizes=SIZES,
    atlas="lstm-gnn",
)
