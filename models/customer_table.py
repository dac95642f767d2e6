"""Every customer ranked by what they are expected to bring over the horizon, and what a search finds among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import norm

from models.btyd import beta_geometric as bg
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Fit, fit_base, grouped, load, total_ahead
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import first_purchase, weights
from shop import Shop

MOST_COUNTED = 400
"""An interval of a count is looked for up to here; beyond, a normal approximation is as good."""


@dataclass(frozen=True)
class Ranked:
    """All customers, best first. `order` sorts the arrays of `fit.base`; `alive`, `purchases` (expected over `days`) and
    `value` (discounted, in money) are in that base's own order. `total` is what they will bring together, undiscounted."""

    fit: Fit
    days: float
    alive: Floats
    purchases: Floats
    value: Floats
    order: Ints
    total: Estimate
    level: float

    def rows(self, at: Ints) -> pd.DataFrame:
        """The customers at these positions of the base, with an interval of what each will buy.

        Columns: customer, frequency, recency, T, monetary_value, alive, purchases, low, high, value. `low` and `high` bound
        the number of purchases of the horizon: exact quantiles of the count given the parameters.
        """
        base = self.fit.base
        low, high = count_interval(self.fit, self.days, at, self.alive[at], self.level)
        names = base.names.take(pa.array(at)).to_pylist() if base.names is not None else [""] * len(at)
        return pd.DataFrame(
            {
                "customer": names,
                "frequency": base.x[at],
                "recency": base.t[at],
                "T": base.T[at],
                "monetary_value": np.where(base.x[at] > 0, base.m[at], np.nan),
                "alive": self.alive[at],
                "purchases": self.purchases[at],
                "low": low,
                "high": high,
                "value": self.value[at],
            }
        )

    def find(self, search: str = "", top: int = 200) -> tuple[int, pd.DataFrame]:
        """(how many match, the best `top` of them). `search` is looked for anywhere in the customer's key."""
        if not search.strip():
            return len(self.order), self.rows(self.order[:top])
        names = self.fit.base.names
        hits = pc.match_substring(names, search.strip(), ignore_case=True).to_numpy()
        found = self.order[hits[self.order]]
        return len(found), self.rows(found[:top])

    def chunks(self, size: int = 50_000) -> Iterator[pd.DataFrame]:
        """All customers, best first, some at a time: for a download."""
        for start in range(0, len(self.order), size):
            yield self.rows(self.order[start : start + size])


def ranked(shop: Shop, definitions: Definitions) -> Ranked:
    """Raises ValueError with a sentence where the orders allow no fit."""
    first = first_purchase(shop, definitions)
    base = load(shop, definitions, named=True)
    fit = fit_base(base, first.value if first.known else 0.0)
    days, worth = weights(definitions)
    kinds, ages, row = pairs(base.x, base.T)
    if_alive = bg.purchases_if_alive(fit.parameters, kinds, ages, days)
    alive = bg.probability_alive(fit.parameters, base.x, base.t, base.T)
    purchases = alive * if_alive[row, -1]
    value = alive * (if_alive @ worth)[row] * fit.spend.expected(base.x, base.m)
    total = total_ahead(fit, grouped(base), float(days[-1]))
    z, sd = float(norm.ppf((1 + definitions.level) / 2)), sqrt(total.variance)
    together = Estimate(
        total.value,
        total.value * float(np.exp(-z * sd)),
        total.value * float(np.exp(z * sd)),
        base.customers,
        definitions.level,
        "money",
        "BG/NBD, Gamma-Gamma: parameters and chance",
    )
    # A stable sort of a sorted base: equal customers keep the order of their keys.
    order = np.argsort(-value, kind="stable")
    return Ranked(fit, float(days[-1]), alive, purchases, value, order, together, definitions.level)


def count_interval(fit: Fit, days: float, at: Ints, alive: Floats, level: float) -> tuple[Ints, Ints]:
    """Central interval of each customer's number of purchases: quantiles of P(Y >= n) = P(alive) P(Y >= n | alive)."""
    x, T = fit.base.x[at].astype(float), fit.base.T[at]
    tail = (1 - level) / 2
    low, high = np.zeros(len(at), dtype=np.int64), np.full(len(at), -1, dtype=np.int64)
    open_rows = np.arange(len(at))
    for n in range(1, MOST_COUNTED + 1):
        reached = alive[open_rows] * bg.survival_of_count(fit.parameters, n, days, x[open_rows], T[open_rows])
        low[open_rows[reached >= 1 - tail]] = n
        done = reached <= tail
        high[open_rows[done]] = n - 1
        open_rows = open_rows[~done]
        if not len(open_rows):
            break
    high[high < 0] = MOST_COUNTED
    return low, high
