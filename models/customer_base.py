"""The customers of a shop at one moment, the models fitted to them, and what they are expected to do next.

Time is in days, a year has 365, a month is a twelfth of it. Money that comes later counts for less: purchases
in month k are worth (1 + discount_rate)^-((k - 1/2)/12) of their amount.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
import pyarrow as pa

from models.btyd import GammaGammaFitter
from models.btyd.base import Fitter
from models.btyd.families import BG_NBD, Family, PurchaseFitter
from models.btyd.gamma_gamma import expected_spend
from models.btyd.inputs import Floats, Ints, dot, levels
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
    # In the order of the customers' keys, so that sums do not depend on the engine and the same question always gets
    # the same answer; snapshots lie in that order, which makes it cheap.
    each = histories(shop, definitions, until=end).order_by("customer")
    rows = each.select(columns).to_pyarrow()
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


def still_customer(silence: Floats, at_risk_days: int) -> np.ndarray:
    """Who has bought within the last `at_risk_days` days, the last one included: the days since the last purchase are fewer. The
    retention rate (`cohort_rate`) counts customers by the same rule."""
    return silence < at_risk_days


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
        square of the latter: FH (note 025), where a mean is inverse gamma with shape k = p x + q given x. Who has
        no repeat purchase pays with probability `paid`, and otherwise never: E[mean^2] is `paid` times a payer's."""
        if self.model is None:
            return np.zeros(len(x)), np.zeros(len(x))
        p, q, _ = self.parameters
        # Infinite for k <= 2: no longer the measure of an interval, and held where it is merely large.
        between = 1 / np.maximum(p * x + q - 2, 0.5)
        between = np.where(x > 0, between, (1 + between) / self.paid - 1)
        return (1 + between) / p, between


@dataclass(frozen=True)
class Fit:
    """A model of purchases, of `family`, and Gamma-Gamma for spend, fitted to one base; it keeps no customer's data."""

    family: Family
    purchases: PurchaseFitter
    spend: Spend
    customers: int

    @property
    def parameters(self) -> Floats:
        return self.purchases.params_.to_numpy(float)


def fit_base(
    base: Base, fallback_spend: float = 0.0, family: Family = BG_NBD, *, penalizer: float = 0.0
) -> Fit:
    """Fit both models. `fallback_spend` is what a repeat purchase is taken to bring where there was none yet."""
    purchases = lean(family.fit(base.x, base.t, base.T, penalizer=penalizer))
    return Fit(family, purchases, fit_spend(base.x, base.m, fallback=fallback_spend), base.customers)


def fit_spend(x: Ints, m: Floats, weights: Floats | None = None, *, fallback: float = 0.0) -> Spend:
    """Gamma-Gamma of customers with `x` repeat purchases of mean `m` (`weights`: how many share them), or why it
    cannot be fitted."""
    again = x > 0
    x, m = x[again], m[again]
    n = np.ones(len(x)) if weights is None else weights[again]
    bought = dot(n, x.astype(float))
    if not bought:
        why = text("Nobody has bought twice yet: a repeat purchase is taken to bring what a first one does.")
        return Spend(None, fallback, 0.0, (why,))
    mean = dot(n * x, m) / bought
    error = sqrt(dot(n, (x * (m - mean)) ** 2)) / bought
    paid = m > 0
    if not paid.any():
        return Spend(None, mean, error, (text("Every repeat purchase was free: nothing more is expected."),))
    try:
        model = lean(GammaGammaFitter().fit(x[paid], m[paid], weights=None if weights is None else n[paid]))
    except ValueError as reason:
        why = text("{reason} Each customer’s own mean is used for spend.", reason=str(reason))
        return Spend(None, mean, error, (why,))
    return Spend(model, mean, error, tuple(model.notes_), dot(n[paid], x[paid].astype(float)) / bought)


def lean(model: Fitted) -> Fitted:
    """The same fitter without the rows it was fitted to: answers are kept, and a million rows with each of
    them would fill the memory."""
    model.forget_rows()
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
    return grouped_by(base, np.zeros(base.customers, dtype=np.int64))[0]


def grouped_by(base: Base, code: Ints) -> tuple[Groups, Ints]:
    """The same within groups of customers (`code`, from 0): their counted histories, and the group of each such row."""
    times, codes = levels(np.concatenate([base.t, base.T]))
    size, kinds = len(times), int(base.x.max(initial=0)) + 1
    t, T = codes[: base.customers], codes[base.customers :]
    key, which = np.unique(((code * kinds + base.x) * size + t) * size + T, return_inverse=True)
    rest, T = np.divmod(key, size)
    rest, t = np.divmod(rest, size)
    member, x = np.divmod(rest, kinds)
    n = np.bincount(which).astype(float)
    m = np.bincount(which, weights=base.m).astype(float)
    spread = np.bincount(which, weights=(base.m - (m / n)[which]) ** 2).astype(float)
    return Groups(x, times[t], times[T], n, m, spread), member


def fit_groups(groups: Groups, family: Family = BG_NBD, *, penalizer: float = 0.0) -> PurchaseFitter:
    """The model of purchases on counted histories."""
    return lean(family.fit(groups.x, groups.t, groups.T, groups.n, penalizer=penalizer))
