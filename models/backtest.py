"""How wrong the same forecast was before: fitted on the past, held against what followed.

Rolling origins: at several past days the model is fitted to what was known then and asked for the purchases of
the window after it. What it misses by, beyond what chance and the parameters explain, is the model's own error;
on real shops it is the largest of the three, so every forecast is widened by it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import inf, log, sqrt

import ibis
import numpy as np
import pandas as pd
from scipy.signal import fftconvolve
from scipy.stats import chi2, norm

from models.btyd import BetaGeoFitter
from models.btyd import beta_geometric as bg
from models.btyd.inputs import Floats, dot, pairs
from models.customer_base import Groups, NoCustomers, fit_purchases, no_customers, total_ahead
from models.definitions import Definitions
from models.estimate import Estimate
from models.purchases import histories, observed, purchases
from shop import Shop
from words import plural, text

ORIGINS = (0.5, 0.625, 0.75)
"""Where in the observed span the forecasts start; each looks a quarter of the span ahead."""
AHEAD = 0.25
FEWEST = 30
"""An origin says nothing with fewer repeat purchases in the past, or with fewer both expected and made after."""
SHORTEST = 28
MOST = 7
"""Customers with so many repeat purchases or more are one group, as in Fader, Hardie and Lee (2005), figure 4."""


@dataclass(frozen=True)
class Origin:
    """One past forecast of repeat purchases in `days` after `origin`, by customers known then. `forecast` is an
    Estimate from parameters and chance alone, `variance` that of its log; `average` and `own` are the naive
    guesses: everybody at the average rate, and everybody at their own past rate."""

    origin: dt.date
    days: int
    customers: int
    actual: int
    forecast: Estimate
    average: float
    own: float
    variance: float

    @property
    def error(self) -> float:
        """Forecast / actual - 1; infinite where nobody bought."""
        return self.missed(self.forecast.value)

    def missed(self, guess: float) -> float:
        """The same of another guess, such as `average` or `own`."""
        return guess / self.actual - 1 if self.actual else inf

    @property
    def best_naive(self) -> float:
        """The naive guess that came nearer."""
        return min(self.average, self.own, key=lambda guess: abs(guess - self.actual))


@dataclass(frozen=True)
class Backtest:
    """`model_error` is tau, the standard deviation of the log error that parameters and chance leave over; None
    while the shop is too young to measure it, and then `why` says so."""

    origins: tuple[Origin, ...]
    model_error: float | None
    why: str


def rolling(shop: Shop, definitions: Definitions) -> Backtest:
    """Forecasts from ORIGINS of the observed span, each against the quarter of the span that followed."""
    first, last = observed(shop, definitions)
    span = (last - first).days
    days = int(span * AHEAD)
    found: list[Origin] = []
    for share in ORIGINS if days >= SHORTEST else ():
        origin = first + dt.timedelta(days=round(span * share))
        try:
            past = followed(shop, definitions, origin, origin + dt.timedelta(days=days))
            found += _forecast(past, fit_purchases(past.groups), definitions.level)
        except ValueError:
            # Too little had happened by then for any model: this origin says nothing, and the others speak.
            continue
    if len(found) < 2:
        return Backtest(tuple(found), None, _too_young())
    return Backtest(tuple(found), model_error(tuple(found)), "")


def model_error(origins: tuple[Origin, ...]) -> float:
    """tau^2 = mean(squared log error - variance explained by parameters and chance), at least 0."""
    # Half a purchase stands for none, whose logarithm is not finite.
    excess = [log(o.forecast.value / max(o.actual, 0.5)) ** 2 - o.variance for o in origins]
    return sqrt(max(float(np.mean(excess)), 0.0))


def _too_young() -> str:
    return text(
        "Too few past purchases to measure how wrong such forecasts were here, so the interval holds only the parameters "
        "and chance: the true doubt is larger."
    )


@dataclass(frozen=True)
class Followed:
    """Customers won by `origin`, counted by their history until then, and the purchases that each such group made
    in the days after it up to `end`: their sum `later` and the sum of squares over customers."""

    origin: dt.date
    end: dt.date
    groups: Groups
    later: Floats
    squares: Floats

    @property
    def days(self) -> int:
        return (self.end - self.origin).days


def followed(shop: Shop, definitions: Definitions, origin: dt.date, end: dt.date) -> Followed:
    """See Followed. Raises NoCustomers where nobody had bought by `origin`."""
    before = histories(shop, definitions, until=origin).select("customer", "frequency", "recency", "T")
    after = purchases(shop, definitions, until=end)
    after = after.filter(after.day > ibis.literal(origin))
    each = before.left_join(after.group_by("customer").agg(later=after.count()), "customer")
    later = each.later.coalesce(0)
    found = each.group_by(["frequency", "recency", "T"]).agg(
        n=each.count(), later_sum=later.sum(), squares=(later * later).sum()
    )
    rows = found.order_by(["frequency", "recency", "T"]).to_pyarrow()
    if not rows.num_rows:
        raise NoCustomers(no_customers())
    x, t, T, n, total, squares = (rows[name].to_numpy().astype(float) for name in rows.column_names)
    nothing = np.zeros(len(x))
    return Followed(origin, end, Groups(x.astype(np.int64), t, T, n, nothing, nothing), total, squares)


def _forecast(past: Followed, model: BetaGeoFitter, level: float) -> list[Origin]:
    """The forecast of `past` by a model fitted to it, or nothing where both sides hold too little."""
    groups, actual = past.groups, int(past.later.sum())
    total = total_ahead(model, groups, float(past.days))
    if dot(groups.n, groups.x.astype(float)) < FEWEST or max(actual, total.value) < FEWEST:
        return []
    half = float(norm.ppf((1 + level) / 2)) * sqrt(total.variance)
    low, high = total.value * float(np.exp(-half)), total.value * float(np.exp(half))
    method = "BG/NBD, parameters and chance"
    forecast = Estimate(total.value, low, high, groups.customers, level, "purchases", method)
    guesses = naive(groups, past.days)
    return [Origin(past.origin, past.days, groups.customers, actual, forecast, *guesses, total.variance)]


def naive(groups: Groups, days: float) -> tuple[float, float]:
    """(everybody at the average rate, everybody at their own past rate): expected repeat purchases in `days`."""
    exposure = dot(groups.n, groups.T)
    average = dot(groups.n, groups.x.astype(float)) / exposure * groups.customers * days if exposure else 0.0
    lived = groups.T > 0
    return average, float((groups.n[lived] * groups.x[lived] / groups.T[lived]).sum()) * days


@dataclass(frozen=True)
class Tracking:
    """Repeat purchases of customers won by `origin`, actual against fitted.

    `weeks`: `week` (its first day), `actual`, `expected`, `actual_total`, `expected_total` (cumulative),
    `held_out`. `groups`: `frequency` (0 .. MOST, the last one "or more"), `customers`, `expected`, and of the
    actual purchases in the holdout `actual`, `low`, `high`; all means a customer. `holdout` is the forecast of
    the whole holdout, None where it holds too little.
    """

    origin: dt.date
    end: dt.date
    weeks: pd.DataFrame
    groups: pd.DataFrame
    holdout: Origin | None


def tracking(shop: Shop, definitions: Definitions, *, holdout_days: int | None = None) -> Tracking:
    """Fit up to `holdout_days` before the end (by default a quarter of the span) and follow those customers to the end.

    Raises ValueError with a sentence where the past holds too little for a fit.
    """
    first, last = observed(shop, definitions)
    span = (last - first).days
    days = holdout_days if holdout_days is not None else int(span * AHEAD)
    if not 7 <= days <= span - 14:
        raise ValueError(
            plural(
                "Orders span {n} day: too short to keep some back and test a forecast on them.",
                "Orders span {n} days: too short to keep some back and test a forecast on them.",
                span,
            )
        )
    past = followed(shop, definitions, last - dt.timedelta(days=days), last)
    model = fit_purchases(past.groups)
    weeks = _weeks(shop, definitions, model, first, past)
    holdout = _forecast(past, model, definitions.level)
    by_group = _by_frequency(past, model, definitions.level)
    return Tracking(past.origin, last, weeks, by_group, holdout[0] if holdout else None)


def _weeks(
    shop: Shop, definitions: Definitions, model: BetaGeoFitter, first: dt.date, past: Followed
) -> pd.DataFrame:
    days = purchases(shop, definitions, until=past.end)
    firsts = days.group_by("customer").agg(first_day=days.day.min())
    firsts = firsts.filter(firsts.first_day <= ibis.literal(past.origin))
    joined = days.join(firsts, "customer")
    won = (joined.day == joined.first_day).cast("int64").sum()
    found = joined.group_by("day").agg(n=joined.count(), won=won).execute()
    span = (past.end - first).days + 1
    at = (pd.to_datetime(found["day"]) - pd.Timestamp(first)).dt.days.to_numpy()
    firsts_on, repeats_on = np.zeros(span), np.zeros(span)
    firsts_on[at] = found["won"].to_numpy(float)
    repeats_on[at] = (found["n"] - found["won"]).to_numpy(float)
    # Customers won on a day have made E[X(t)] repeat purchases t days later: a convolution over those days.
    curve = np.asarray(model.expected_number_of_purchases_up_to_time(np.arange(span, dtype=float)))
    # A last week that is cut short would look like a fall: it is left out.
    ends = np.arange(6, span, 7)
    frame = pd.DataFrame(
        {
            "week": pd.Timestamp(first) + pd.to_timedelta(ends - 6, unit="D"),
            "actual_total": np.cumsum(repeats_on)[ends],
            "expected_total": fftconvolve(firsts_on, curve)[ends],
        }
    )
    frame["actual"] = np.diff(frame["actual_total"], prepend=0.0)
    frame["expected"] = np.diff(frame["expected_total"], prepend=0.0)
    frame["held_out"] = frame["week"] > pd.Timestamp(past.origin)
    return frame


def _by_frequency(past: Followed, model: BetaGeoFitter, level: float) -> pd.DataFrame:
    groups, p = past.groups, model.params_.to_numpy(float)
    kinds, ages, row = pairs(groups.x, groups.T)
    alive = bg.probability_alive(p, groups.x, groups.t, groups.T)
    expected = alive * bg.purchases_if_alive(p, kinds, ages, float(past.days))[row, 0]
    kind = np.minimum(groups.x, MOST)
    sums = [
        np.bincount(kind, w).astype(float) for w in (groups.n, groups.n * expected, past.later, past.squares)
    ]
    some = np.flatnonzero(sums[0])
    n, fitted, later, squares = (s[some] for s in sums)
    low, high = mean_count_interval(n, later, squares, level)
    return pd.DataFrame(
        {
            "frequency": some,
            "customers": n.astype(np.int64),
            "expected": fitted / n,
            "actual": later / n,
            "low": low,
            "high": high,
        }
    )


def mean_count_interval(n: Floats, total: Floats, squares: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of a mean count a customer: the exact Poisson interval of Garwood (1936), Biometrika 28, 437-442,
    on a total divided by its dispersion (variance over mean, at least 1). It has a width for one customer, and for
    groups that bought nothing."""
    variance = np.maximum(squares - total**2 / n, 0) / np.maximum(n - 1, 1)
    dispersion = np.maximum(variance * n / np.maximum(total, 1e-300), 1.0)
    events, tail = total / dispersion, (1 - level) / 2
    low = np.where(events > 0, chi2.ppf(tail, 2 * np.maximum(events, 1e-300)) / 2, 0.0)
    high = chi2.ppf(1 - tail, 2 * events + 2) / 2
    return low * dispersion / n, high * dispersion / n
