"""The customers of a shop at one moment, the models fitted to them, and what they are expected to do next.

Time is in days, a year has 365, a month is a twelfth of it. Money that comes later counts for less: purchases
in month k are worth (1 + discount_rate)^-((k - 1/2)/12) of their amount.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from models.btyd import BetaGeoFitter, GammaGammaFitter
from models.btyd import beta_geometric as bg
from models.btyd.base import Fitter
from models.btyd.gamma_gamma import expected_spend
from models.btyd.inputs import Floats, Ints, dot, levels, pairs
from models.definitions import Definitions
from models.purchases import histories, observed_until
from shop import Shop
from words import text

YEAR = 365.0
MONTH = YEAR / 12
Fitted = TypeVar("Fitted", bound=Fitter)


class NoCustomers(ValueError):
    """No customer is left to look at; the message says so to a person."""


def no_customers() -> str:
    return text("No customer has bought anything yet in the period and under the definitions chosen.")


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
        raise NoCustomers(no_customers())
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
    It counts purchases, not customers: who buys often spends more a purchase in many shops (8% in CDNOW), and
    what all will bring depends on those. `paid` is the share of repeat purchases by customers who ever paid.
    """

    model: GammaGammaFitter | None
    mean: float
    error: float
    notes: tuple[str, ...]
    paid: float = 1.0

    @property
    def parameters(self) -> Floats:
        return np.zeros(0) if self.model is None else self.model.params_.to_numpy(float)

    @property
    def covariance_log(self) -> Floats:
        return np.zeros((0, 0)) if self.model is None else self.model.covariance_log_

    def expected(self, x: Ints, m: Floats, parameters: Floats | None = None) -> Floats:
        """Expected spend a purchase of customers with history (x, m), linear in m; without Gamma-Gamma, their
        own mean, and the mean of all where they have none or Gamma-Gamma's is infinite."""
        if self.model is None:
            return np.where(x > 0, m, self.mean)
        found = expected_spend(self.parameters if parameters is None else parameters, x, m)
        return np.where(np.isfinite(found), found * np.where(x > 0, 1.0, self.paid), self.mean)

    def relative_variances(self, x: Ints) -> tuple[Floats, Floats]:
        """(of single purchases around a customer's mean, of that mean around what is expected), both over the
        square of the latter: FH (note 025), where a mean is inverse gamma with shape k = p x + q given x."""
        if self.model is None:
            return np.zeros(len(x)), np.zeros(len(x))
        p, q, _ = self.parameters
        # Infinite for k <= 2: no longer the measure of an interval, and held where it is merely large.
        between = 1 / np.maximum(p * x + q - 2, 0.5)
        return (1 + between) / p, between


@dataclass(frozen=True)
class Fit:
    """BG/NBD for purchases and Gamma-Gamma for spend, fitted to one base; it keeps no customer's data."""

    purchases: BetaGeoFitter
    spend: Spend
    customers: int

    @property
    def parameters(self) -> Floats:
        return self.purchases.params_.to_numpy(float)


def fit_base(base: Base, fallback_spend: float = 0.0) -> Fit:
    """Fit both models. `fallback_spend` is what a repeat purchase is taken to bring where there was none yet."""
    purchases = _lean(BetaGeoFitter().fit(base.x, base.t, base.T))
    return Fit(purchases, fit_spend(base, fallback_spend), base.customers)


def fit_spend(base: Base, fallback_spend: float = 0.0) -> Spend:
    """Gamma-Gamma, or why it cannot be fitted."""
    again = base.x > 0
    x, m = base.x[again], base.m[again]
    bought = float(x.sum())
    if not bought:
        why = text("Nobody has bought twice yet: a repeat purchase is taken to bring what a first one does.")
        return Spend(None, fallback_spend, 0.0, (why,))
    mean = dot(x.astype(float), m) / bought
    error = sqrt(float(((x * (m - mean)) ** 2).sum())) / bought
    paid = m > 0
    if not paid.any():
        return Spend(None, mean, error, (text("Every repeat purchase was free: nothing more is expected."),))
    try:
        model = _lean(GammaGammaFitter().fit(x[paid], m[paid]))
    except ValueError as reason:
        why = text("{reason} Each customer's own mean is used for spend.", reason=str(reason))
        return Spend(None, mean, error, (why,))
    return Spend(model, mean, error, tuple(model.notes_), float(x[paid].sum()) / bought)


def _lean(model: Fitted) -> Fitted:
    """The same fitter without the rows it was fitted to: answers are kept, and a million rows with each of
    them would fill the memory."""
    model.data = model.data.iloc[:0].copy()
    return model


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
    """Customers who share (x, t, T), counted: `n` of them, with `m` the sum of their mean spends and `spread` the
    sum of squares of those around their mean."""

    x: Ints
    t: Floats
    T: Floats
    n: Floats
    m: Floats
    spread: Floats

    @property
    def customers(self) -> int:
        return int(self.n.sum())


def grouped(base: Base) -> Groups:
    """Count identical histories: totals need no more, spend being linear in m."""
    times, codes = levels(np.concatenate([base.t, base.T]))
    size = len(times)
    t, T = codes[: base.customers], codes[base.customers :]
    key, which = np.unique((base.x * size + t) * size + T, return_inverse=True)
    rest, T = np.divmod(key, size)
    x, t = np.divmod(rest, size)
    n = np.bincount(which).astype(float)
    m = np.bincount(which, weights=base.m).astype(float)
    spread = np.bincount(which, weights=(base.m - (m / n)[which]) ** 2).astype(float)
    return Groups(x, times[t], times[T], n, m, spread)


@dataclass(frozen=True)
class Total:
    """An expected total with the standard deviations of its log by source: parameters and chance."""

    value: float
    parameters: float
    chance: float

    @property
    def variance(self) -> float:
        return self.parameters**2 + self.chance**2


def slope(function: Callable[[Floats], Any], theta: Floats, step: float = 1e-4) -> Floats:
    """Derivatives by central differences, of a number or of an array: (len(theta), *its shape)."""
    steps = step * np.eye(len(theta))
    return np.array([(function(theta + s) - function(theta - s)) / (2 * step) for s in steps])


def fit_purchases(groups: Groups) -> BetaGeoFitter:
    """BG/NBD on counted histories."""
    return _lean(BetaGeoFitter().fit(groups.x, groups.t, groups.T, weights=groups.n))


def total_ahead(purchases: BetaGeoFitter, groups: Groups, days: float, spend: Spend | None = None) -> Total:
    """Expected purchases of all customers in the next `days`, or with `spend` their value, undiscounted.

    Parameters: delta method on Laplace's covariances. Chance: what customers do given the parameters. With Y
    purchases of z each, Var(sum z) = s^2 [Var Y + E(Y^2) between + E(Y) within], s the expected spend and the
    relative variances as in `Spend`; Var Y from E[Y(Y-1)].
    """
    kinds, ages, row = pairs(groups.x, groups.T)

    def counts(theta: Floats) -> Floats:
        p = np.exp(theta)
        alive = bg.probability_alive(p, groups.x, groups.t, groups.T)
        return alive * bg.purchases_if_alive(p, kinds, ages, days)[row, 0]

    def amounts(theta: Floats) -> Floats:
        if spend is None:
            return groups.n
        return groups.n * spend.expected(groups.x, groups.m / groups.n, np.exp(theta) if len(theta) else None)

    p = purchases.params_.to_numpy(float)
    theta = np.log(p)
    spend_theta = np.zeros(0) if spend is None else np.log(spend.parameters)
    expected, worth = counts(theta), amounts(spend_theta)
    value = dot(expected, worth)
    if value <= 0:
        return Total(0.0, 0.0, 0.0)
    J = slope(lambda at: dot(counts(at), worth), theta)
    variance = float(J @ purchases.covariance_log_ @ J)
    if spend is not None and len(spend_theta):
        K = slope(lambda at: dot(expected, amounts(at)), spend_theta)
        variance += float(K @ spend.covariance_log @ K)
    alive = bg.probability_alive(p, groups.x, groups.t, groups.T)
    square = alive * bg.purchases_if_alive(p, kinds, ages, days, second=True)[row, 0] + expected
    each, squares = square - expected**2, groups.n
    if spend is not None:
        within, between = spend.relative_variances(groups.x)
        each = each + square * between + expected * within
        ones = np.ones(len(groups.x))
        gain = spend.expected(groups.x, ones) - spend.expected(groups.x, 0 * ones)
        squares = worth**2 / groups.n + gain**2 * groups.spread
    chance = dot(each, squares)
    return Total(value, sqrt(max(variance, 0.0)) / value, sqrt(max(chance, 0.0)) / value)
