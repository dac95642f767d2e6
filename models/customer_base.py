"""The customers of a shop at one moment, the models fitted to them, and what they are expected to do next.

Time is in days, a year has 365, a month is a twelfth of it. Money that comes later counts for less: purchases
in month k are worth (1 + discount_rate)^-((k - 1/2)/12) of their amount.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa

from models.btyd import BetaGeoFitter, GammaGammaFitter
from models.btyd import beta_geometric as bg
from models.btyd.gamma_gamma import expected_spend
from models.btyd.inputs import Floats, Ints, levels, pairs
from models.definitions import Definitions
from models.purchases import histories, observed_until
from shop import Shop
from words import text

YEAR = 365.0
MONTH = YEAR / 12


class NoCustomers(ValueError):
    """No customer is left to look at; the message says so to a person."""


@dataclass(frozen=True)
class Base:
    """Every customer's history in days at `end`; all arrays have one length. `m` is the mean repeat purchase."""

    end: dt.date
    x: Ints
    t: Floats
    T: Floats
    m: Floats
    names: pa.ChunkedArray | None = None

    @property
    def customers(self) -> int:
        return len(self.x)


def load(shop: Shop, definitions: Definitions, *, until: dt.date | None = None, named: bool = False) -> Base:
    """Read the histories: four numbers a customer, not their orders. `named` reads the customers' keys too.

    Raises NoCustomers where no customer has bought by `until`.
    """
    last = observed_until(shop, definitions)
    end = min(until, last) if until else last
    columns = ["frequency", "recency", "T", "monetary_value", *(["customer"] if named else [])]
    each = histories(shop, definitions, until=end).select(columns)
    # Sorted, so that sums do not depend on the engine and the same question always gets the same answer.
    rows = each.order_by(["frequency", "recency", "T", "monetary_value", *columns[4:]]).to_pyarrow()
    if not rows.num_rows:
        raise NoCustomers(
            text("No customer has bought anything yet in the period and under the definitions chosen.")
        )
    x, t, T, m = (rows[name].to_numpy() for name in columns[:4])
    return Base(
        end,
        x.astype(np.int64),
        t.astype(float),
        T.astype(float),
        np.maximum(m.astype(float), 0.0),
        rows["customer"] if named else None,
    )


@dataclass(frozen=True)
class Spend:
    """What a repeat purchase brings. `model` is None where Gamma-Gamma cannot be fitted (`notes` says why).

    `mean` is the mean of all repeat purchases, `error` its standard error with customers as the sampled units.
    """

    model: GammaGammaFitter | None
    mean: float
    error: float
    notes: tuple[str, ...]

    @property
    def parameters(self) -> Floats:
        return np.zeros(0) if self.model is None else self.model.params_.to_numpy(float)

    @property
    def covariance_log(self) -> Floats:
        return np.zeros((0, 0)) if self.model is None else self.model.covariance_log_

    def expected(self, x: Ints, m: Floats, parameters: Floats | None = None) -> Floats:
        """Expected spend a purchase of customers with history (x, m); without Gamma-Gamma, their own mean."""
        if self.model is None:
            return np.where(x > 0, m, self.mean)
        found = expected_spend(self.parameters if parameters is None else parameters, x, m)
        return np.where(np.isfinite(found), found, self.mean)


@dataclass(frozen=True)
class Fit:
    """BG/NBD for purchases and Gamma-Gamma for spend, fitted to one base."""

    base: Base
    purchases: BetaGeoFitter
    spend: Spend

    @property
    def parameters(self) -> Floats:
        return self.purchases.params_.to_numpy(float)


def fit_base(base: Base, fallback_spend: float = 0.0) -> Fit:
    """Fit both models. `fallback_spend` is what a repeat purchase is taken to bring where there was none yet."""
    purchases = BetaGeoFitter().fit(base.x, base.t, base.T)
    again = base.x > 0
    x, m = base.x[again], base.m[again]
    bought = float(x.sum())
    if not bought:
        why = text("Nobody has bought twice yet: a repeat purchase is taken to bring what a first one does.")
        return Fit(base, purchases, Spend(None, fallback_spend, 0.0, (why,)))
    mean = float(x @ m) / bought
    error = sqrt(float(((x * (m - mean)) ** 2).sum())) / bought
    paid = m > 0
    try:
        model = GammaGammaFitter().fit(x[paid], m[paid])
    except ValueError as reason:
        why = text("{reason} Each customer's own mean is used for spend.", reason=str(reason))
        return Fit(base, purchases, Spend(None, mean, error, (why,)))
    return Fit(base, purchases, Spend(model, mean, error, tuple(model.notes_)))


def months_ahead(months: float) -> Floats:
    """The ends of the months from now to the horizon, in days; the last one may be cut short."""
    whole = np.arange(1, int(np.ceil(months)) + 1) * MONTH
    return np.minimum(whole, months * MONTH)


def discounts(days: Floats, rate: float) -> Floats:
    """What one unit of money is worth now if it comes in each of the periods that end on `days`."""
    middle = (np.concatenate([[0.0], days[:-1]]) + days) / 2
    return (1 + rate) ** (-middle / YEAR)


def per_end(worth: Floats) -> Floats:
    """Weights of cumulative expectations E_k that give sum d_k (E_k - E_(k-1)): d_k - d_(k+1), the last d_k."""
    return worth - np.append(worth[1:], 0.0)


@dataclass(frozen=True)
class Groups:
    """Customers who share (x, t, T), counted: `n` of them, with `m` the sum of their mean spends."""

    x: Ints
    t: Floats
    T: Floats
    n: Floats
    m: Floats


def grouped(base: Base) -> Groups:
    """Count identical histories: totals need no more, spend being linear in m."""
    times, codes = levels(np.concatenate([base.t, base.T]))
    size = len(times)
    t, T = codes[: base.customers], codes[base.customers :]
    key, which = np.unique((base.x * size + t) * size + T, return_inverse=True)
    rest, T = np.divmod(key, size)
    x, t = np.divmod(rest, size)
    n = np.bincount(which).astype(float)
    return Groups(x, times[t], times[T], n, np.bincount(which, weights=base.m).astype(float))


@dataclass(frozen=True)
class Total:
    """An expected total with the standard deviations of its log by source: parameters and chance."""

    value: float
    parameters: float
    chance: float

    @property
    def variance(self) -> float:
        return self.parameters**2 + self.chance**2


def slope(function: Callable[[Floats], float | Floats], theta: Floats, step: float = 1e-4) -> Floats:
    """Gradient by central differences: one row a parameter."""
    found = []
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        found.append((np.asarray(function(up)) - np.asarray(function(down))) / (2 * step))
    return np.array(found)


def total_ahead(fit: Fit, groups: Groups, days: float, *, money: bool = True) -> Total:
    """Expected purchases (or their value, undiscounted) of all customers in the next `days`, with its doubt.

    Parameters: delta method on Laplace's covariance. Chance: what customers do given the parameters,
    sum of (P E2 + E - E^2) spend^2, where E2 = E[Y(Y-1) | alive].
    """
    kinds, ages, row = pairs(groups.x, groups.T)
    k = groups.x

    def counts(theta: Floats) -> Floats:
        p = np.exp(theta)
        alive = bg.probability_alive(p, k, groups.t, groups.T)
        return alive * bg.purchases_if_alive(p, kinds, ages, days)[row, 0]

    def amounts(theta: Floats) -> Floats:
        if not money:
            return groups.n
        chosen = np.exp(theta) if len(theta) else None
        mean = groups.m / groups.n
        return groups.n * fit.spend.expected(k, mean, chosen)

    theta = np.log(fit.parameters)
    spend_theta = np.log(fit.spend.parameters) if money else np.zeros(0)
    expected, worth = counts(theta), amounts(spend_theta)
    value = float(expected @ worth)
    if value <= 0:
        return Total(0.0, 0.0, 0.0)
    J = slope(lambda at: float(counts(at) @ worth), theta)
    variance = float(J @ fit.purchases.covariance_log_ @ J)
    if len(spend_theta):
        K = slope(lambda at: float(expected @ amounts(at)), spend_theta)
        variance += float(K @ fit.spend.covariance_log @ K)
    p = fit.parameters
    alive = bg.probability_alive(p, k, groups.t, groups.T)
    second = alive * bg.purchases_if_alive(p, kinds, ages, days, second=True)[row, 0]
    chance = float((second + expected - expected**2) @ (worth**2 / groups.n))
    return Total(value, sqrt(max(variance, 0.0)) / value, sqrt(max(chance, 0.0)) / value)
