"""Every customer ranked by what they are expected to bring over the horizon, and what a search finds among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import norm

from models.backtest import Backtest, rolling
from models.btyd import beta_geometric as bg
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Base, Fit, fit_base, grouped, load, total_ahead
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import first_purchase, interval, weights
from shop import Shop


@dataclass(frozen=True)
class Ranked:
    """All customers, best first. `order` sorts the arrays of `base`; `alive`, `purchases` (expected over `days`) and
    `value` (discounted, in money) are in that base's own order. `total` is what they will bring together, undiscounted:
    its interval holds the parameters, chance, and the model's own error on this shop's past where `backtest` knows it."""

    base: Base
    fit: Fit
    backtest: Backtest
    days: float
    alive: Floats
    purchases: Floats
    value: Floats
    order: Ints
    total: Estimate
    level: float

    @property
    def nbytes(self) -> int:
        """What keeping this costs: some hundred bytes a customer."""
        base = self.base
        arrays = (base.x, base.t, base.T, base.m, self.alive, self.purchases, self.value, self.order)
        return sum(a.nbytes for a in arrays) + (base.names.nbytes if base.names is not None else 0)

    def rows(self, at: Ints) -> pd.DataFrame:
        """The customers at these positions of the base, with an interval of what each will buy.

        Columns: customer, frequency, recency, T, monetary_value, alive, purchases, low, high, value. `low` and `high` bound
        the number of purchases of the horizon: exact quantiles of the count given the parameters.
        """
        base = self.base
        p = self.fit.parameters
        low, high = count_interval(p, self.days, base.x[at], base.T[at], self.alive[at], self.level)
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
        names = self.base.names
        hits = pc.match_substring(names, search.strip(), ignore_case=True).to_numpy()
        found = self.order[hits[self.order]]
        return len(found), self.rows(found[:top])

    def chunks(self, size: int = 50_000) -> Iterator[pd.DataFrame]:
        """All customers, best first, some at a time: for a download."""
        for start in range(0, len(self.order), size):
            yield self.rows(self.order[start : start + size])


def ranked(shop: Shop, definitions: Definitions) -> Ranked:
    """Raises ValueError with a sentence where the orders allow no fit."""
    base = load(shop, definitions, named=True)
    # A mean of few is good enough as a stand-in where nobody has bought twice.
    fallback = 0.0 if base.x.any() else first_purchase(shop, definitions, fewest=2).value
    fit = fit_base(base, fallback if isfinite(fallback) else 0.0)
    p = fit.parameters
    days, worth = weights(definitions)
    kinds, ages, row = pairs(base.x, base.T)
    if_alive = bg.purchases_if_alive(p, kinds, ages, days)
    alive = bg.probability_alive(p, base.x, base.t, base.T)
    purchases = alive * if_alive[row, -1]
    value = alive * (if_alive @ worth)[row] * fit.spend.expected(base.x, base.m)
    past = rolling(shop, definitions)
    total = total_ahead(fit.purchases, grouped(base), float(days[-1]), fit.spend)
    sd = total.value * sqrt(total.variance + (past.model_error or 0.0) ** 2)
    low, high = interval(total.value, sd, float(norm.ppf((1 + definitions.level) / 2)))
    method = "BG/NBD, Gamma-Gamma" + (", rolling origins" if past.model_error is not None else "")
    together = Estimate(
        total.value, float(low), float(high), base.customers, definitions.level, "money", method
    )
    # A stable sort of a sorted base: equal customers keep the order of their keys.
    order = np.argsort(-value, kind="stable")
    return Ranked(
        base, fit, past, float(days[-1]), alive, purchases, value, order, together, definitions.level
    )


def count_interval(
    parameters: Floats, days: float, x: Ints, T: Floats, alive: Floats, level: float
) -> tuple[Ints, Ints]:
    """Central interval of each customer's number of purchases in `days`: quantiles of P(Y >= n) =
    P(alive) P(Y >= n | alive). Discrete, so that it covers at least `level` of what chance does."""

    def quantile(share: float) -> Ints:
        """The smallest k with P(Y > k) <= 1 - share, for each customer: doubling steps up, then halving."""

        def beyond(k: Ints, rows: Ints) -> Any:
            more = bg.survival_of_count(parameters, k + 1, days, x[rows], T[rows])
            return alive[rows] * more > 1 - share

        low, high = np.full(len(x), -1, dtype=np.int64), np.zeros(len(x), dtype=np.int64)
        rows = np.arange(len(x))
        while len(rows := rows[beyond(high[rows], rows)]):
            low[rows], high[rows] = high[rows], 2 * high[rows] + 1
        rows = np.arange(len(x))
        while len(rows := rows[high[rows] - low[rows] > 1]):
            middle = (low[rows] + high[rows]) // 2
            over = beyond(middle, rows)
            low[rows[over]], high[rows[~over]] = middle[over], middle[~over]
        return high

    tail = (1 - level) / 2
    return quantile(tail), quantile(1 - tail)
