"""Every customer ranked by what they are expected to bring over the horizon, and what a search finds among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models.backtest import Backtest, rolling
from models.btyd.families import BG_NBD, FAMILIES
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Base, Fit, fit_base, grouped, load
from models.customer_intervals import count_interval, expected_interval, value_interval
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import first_purchase, weights
from models.totals import totals_ahead
from shop import Shop

SHOWN = 200
"""Customers whose rows are worked out with the ranking, not when somebody looks."""


@dataclass(frozen=True)
class Ranked:
    """All customers, best first. `order` sorts the arrays of `base`; `alive`, `purchases` (expected over `days`) and
    `value` (discounted, in money) are in that base's own order. `total` is the sum of those values: its interval holds
    the parameters, chance, and the model's own error on this shop's past where `backtest` knows it."""

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
        """The customers at these positions of the base.

        Columns: customer, frequency, recency, T, monetary_value, alive, then figures of the horizon: purchases (expected)
        with expected_low and expected_high (how well the expectation is known: parameters and the model's own error), low
        and high (what the customer may do: exact quantiles of the count), value (expected, discounted), and value_low
        and value_high (what the customer may bring, discounted alike).
        """
        base, fit, level = self.base, self.fit, self.level
        x, t, T, m, alive = base.x[at], base.t[at], base.T[at], base.m[at], self.alive[at]
        low, high = count_interval(fit.family, fit.parameters, self.days, x, T, alive, level)
        expected, sure_low, sure_high = expected_interval(
            fit, self.days, x, t, T, level, self.backtest.model_error or 0.0
        )
        money = value_interval(fit.family, fit.parameters, fit.spend, self.days, x, T, m, alive, level)
        undiscounted = expected * fit.spend.expected(x, m)
        kept = np.divide(self.value[at], undiscounted, out=np.ones(len(at)), where=undiscounted > 0)
        names = base.names.take(pa.array(at)).to_pylist() if base.names is not None else [""] * len(at)
        return pd.DataFrame(
            {
                "customer": names,
                "frequency": x,
                "recency": t,
                "T": T,
                "monetary_value": np.where(x > 0, m, np.nan),
                "alive": alive,
                "purchases": self.purchases[at],
                "expected_low": sure_low,
                "expected_high": sure_high,
                "low": low,
                "high": high,
                "value": self.value[at],
                "value_low": money[0] * kept,
                "value_high": money[1] * kept,
            }
        )

    @cached_property
    def best(self) -> pd.DataFrame:
        """The first SHOWN rows, which every visit draws."""
        return self.rows(self.order[:SHOWN])

    def find(self, search: str = "", top: int = 200) -> tuple[int, pd.DataFrame]:
        """(how many match, the best `top` of them). `search` is looked for anywhere in the customer's key."""
        if not search.strip():
            best = self.best if top <= SHOWN else self.rows(self.order[:top])
            return len(self.order), best.head(top).copy()
        names = self.base.names
        hits = pc.match_substring(names, search.strip(), ignore_case=True).to_numpy()
        found = self.order[hits[self.order]]
        return len(found), self.rows(found[:top])

    def chunks(self, size: int = 50_000) -> Iterator[pd.DataFrame]:
        """All customers, best first, some at a time: for a download."""
        for start in range(0, len(self.order), size):
            yield self.rows(self.order[start : start + size])


def ranked(
    shop: Shop, definitions: Definitions, *, model: str = BG_NBD.name, penalizer: float = 0.0
) -> Ranked:
    """Raises ValueError with a sentence where the orders allow no fit."""
    family = FAMILIES[model]
    base = load(shop, definitions, named=True)
    # A mean of few is good enough as a stand-in where nobody has bought twice.
    fallback = 0.0 if base.x.any() else first_purchase(shop, definitions, fewest=2).value
    fit = fit_base(base, fallback if isfinite(fallback) else 0.0, family, penalizer=penalizer)
    p = fit.parameters
    days, worth = weights(definitions)
    kinds, ages, row = pairs(base.x, base.T)
    if_alive = family.purchases_if_alive(p, kinds, ages, days)
    alive = family.probability_alive(p, base.x, base.t, base.T)
    purchases = alive * if_alive[row, -1]
    value = alive * (if_alive @ worth)[row] * fit.spend.expected(base.x, base.m)
    past = rolling(shop, definitions, family=family, penalizer=penalizer)
    method = f"{family.title}, Gamma-Gamma" + (", rolling origins" if past.money_error is not None else "")
    (total,) = totals_ahead(family, fit.purchases, grouped(base), days, fit.spend, worth=worth).estimates(
        definitions.level, "money", method, past.money_error or 0.0
    )
    # A stable sort of a sorted base: equal customers keep the order of their keys.
    order = np.argsort(-value, kind="stable")
    found = Ranked(base, fit, past, float(days[-1]), alive, purchases, value, order, total, definitions.level)
    _ = found.best
    return found
