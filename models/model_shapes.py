"""What fitted parameters say about customers: how buying and leaving vary between them, and what a history means for
the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betainc, gammainc, gammaincinv

from models.btyd.inputs import Floats, Ints
from models.customer_base import YEAR
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import weights
from models.model_bench import Bench
from models.totals import interval, slope

CELLS = 240
SHOWN = 0.99
"""A density without end is drawn up to where so many of the customers lie."""
ROWS = 52
"""At most so many recencies in a surface."""


@dataclass(frozen=True)
class Mixing:
    """How a rate or a chance varies over customers. `cells`: `low`, `high` (of a small cell), `share` (of customers in
    it), `below` (share up to `high`) and `density`, the share over the width: finite where the density itself is not, at
    the ends of a gamma with shape below 1 or a beta with a or b below 1. `mean` over all customers. `unit` is "year" (a
    rate a year) or "share"; `beyond` is the share of customers above the last cell."""

    cells: pd.DataFrame
    mean: Estimate
    unit: str
    beyond: float


def buying(found: Bench) -> Mixing:
    """Repeat purchases a year of customers while they are active: Gamma(r, rate alpha)."""
    return _gamma(found, 0, "purchases")


def leaving(found: Bench) -> Mixing:
    """The chance to stop for good after a purchase: Beta(a, b); Pareto/NBD has a rate of leaving a year instead,
    Gamma(s, rate beta)."""
    p = found.fit.parameters
    if found.fit.purchases.names[2:] == ("s", "beta"):
        return _gamma(found, 2, "ratio")
    edges = np.linspace(0, 1, CELLS + 1)
    mean = _mean(found, lambda theta: np.exp(theta[2]) / (np.exp(theta[2]) + np.exp(theta[3])), "share")
    return Mixing(_cells(edges, betainc(p[2], p[3], edges)), mean, "share", 0.0)


def _gamma(found: Bench, first: int, unit: str) -> Mixing:
    shape, rate = found.fit.parameters[first : first + 2]
    end = float(gammaincinv(shape, SHOWN)) / rate * YEAR
    edges = np.linspace(0, end, CELLS + 1)
    mean = _mean(found, lambda theta: np.exp(theta[first] - theta[first + 1]) * YEAR, unit)
    return Mixing(_cells(edges, gammainc(shape, edges / YEAR * rate)), mean, "year", 1 - SHOWN)


def _cells(edges: Floats, below: Floats) -> pd.DataFrame:
    share = np.diff(below)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "share": share,
            "below": below[1:],
            "density": share / np.diff(edges),
        }
    )


def _mean(found: Bench, function: Callable[[Floats], Any], unit: str) -> Estimate:
    """By the delta method on Laplace's covariance of the log-parameters."""
    theta = np.log(found.fit.parameters)
    J = slope(function, theta)
    value = float(function(theta))
    sd = float(np.sqrt(J @ found.fit.purchases.covariance_log_ @ J))
    low, high = interval(value, sd, found.level)
    return Estimate(
        value,
        float(low),
        float(high),
        found.fit.customers,
        found.level,
        unit,
        f"{found.fit.family.title}, Laplace",
    )


@dataclass(frozen=True)
class Surface:
    """Customers aged `age` days by `recency` (age in days at the last purchase; rows) and `frequency` (repeat purchases,
    1 and more; columns): `alive`, expected `purchases` in `days` and their `value` (discounted, at the mean spend). NaN
    where no history can be: more purchases than days. `once`: the same three for customers without a repeat purchase."""

    age: int
    days: float
    recency: Ints
    frequency: Ints
    alive: Floats
    purchases: Floats
    value: Floats
    once: tuple[float, float, float]


def surface(found: Bench, definitions: Definitions, *, age: int) -> Surface:
    """Functions of the fitted parameters alone; the horizon and the discount rate are the definitions'."""
    fit = found.fit
    days, worth = weights(definitions)
    recency = np.unique(np.linspace(0, age, min(age, ROWS) + 1).round()).astype(np.int64)
    frequency = np.arange(found.most + 1, dtype=np.int64)
    alive = fit.family.probability_alive(
        fit.parameters, frequency[None, :], recency[:, None].astype(float), np.array(float(age))
    )
    ahead = fit.family.purchases_if_alive(
        fit.parameters, frequency, np.full(len(frequency), float(age)), days
    )
    spend = fit.spend.expected(frequency, np.where(frequency > 0, fit.spend.mean, 0.0))
    purchases, value = alive * ahead[:, -1], alive * ((ahead @ worth) * spend)
    # One purchase a day at most; whoever has no repeat purchase has recency 0.
    cannot_be = recency[:, None] < frequency[None, 1:]
    alive_if, bought, worth_it = (
        np.where(cannot_be, np.nan, grid[:, 1:]) for grid in (alive, purchases, value)
    )
    once = (float(alive[0, 0]), float(purchases[0, 0]), float(value[0, 0]))
    return Surface(age, float(days[-1]), recency, frequency[1:], alive_if, bought, worth_it, once)
