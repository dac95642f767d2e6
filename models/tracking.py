"""Actual against fitted: customers followed week by week, by what they had bought before, and one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import nan

import ibis
import numpy as np
import pandas as pd
from scipy.signal import fftconvolve
from scipy.stats import chi2

from models.backtest import AHEAD, Origin, forecast
from models.btyd.families import BG_NBD, FAMILIES, Family, PurchaseFitter
from models.btyd.inputs import Floats, pairs
from models.customer_base import NoCustomers, fit_groups, grouped, no_customers
from models.customer_intervals import count_interval
from models.definitions import Definitions
from models.estimate import Estimate, share
from models.followed import Followed, followed
from models.purchases import observed, purchases
from shop import Shop
from words import plural

MOST = 7
"""Customers with so many repeat purchases or more are one group, as in Fader, Hardie and Lee (2005), figure 4."""


@dataclass(frozen=True)
class Tracking:
    """Repeat purchases of customers won by `origin`, actual against fitted.

    `weeks`: `week` (its first day), `actual`, `expected`, `actual_total`, `expected_total` (cumulative),
    `held_out`. `groups`: `frequency` (0 .. MOST, the last one "or more"), `customers`, `expected`, and of the
    actual purchases in the holdout `actual`, `low`, `high`; all means a customer. `holdout` is the forecast of
    the whole holdout, None where it holds too little; `each` says how near the single customers' forecasts came.
    """

    origin: dt.date
    end: dt.date
    weeks: pd.DataFrame
    groups: pd.DataFrame
    holdout: Origin | None
    each: Singles


@dataclass(frozen=True)
class Singles:
    """Single customers in the holdout. `miss`: mean absolute error in purchases of the model, and of the guesses
    "average" (everybody at the average rate) and "own" (at their own past rate). `covered`: the share of customers
    whose purchases lay in their interval, nominal `covered.level` or more. `weekly`: the mean absolute error of a held
    week's purchases over its mean, NaN where no whole week was held back. `log_likelihood`: of what each customer did
    in the holdout, the mean over customers."""

    miss: dict[str, float]
    covered: Estimate
    weekly: float
    log_likelihood: float


def split(shop: Shop, definitions: Definitions, holdout_days: int | None = None) -> Followed:
    """The customers won by `holdout_days` before the end (by default a quarter of the span), and what they did since.

    Raises ValueError with a sentence where the span is too short, NoCustomers where nobody had bought by then.
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
    (past,) = followed(shop, definitions, [(last - dt.timedelta(days=days), last)])
    if not past.base.customers:
        raise NoCustomers(no_customers())
    return past


def tracking(
    shop: Shop,
    definitions: Definitions,
    *,
    holdout_days: int | None = None,
    model: str = BG_NBD.name,
    penalizer: float = 0.0,
) -> Tracking:
    """Fit up to `holdout_days` before the end (by default a quarter of the span) and follow those customers to the end.

    Raises ValueError with a sentence where the past holds too little for a fit.
    """
    family = FAMILIES[model]
    past = split(shop, definitions, holdout_days)
    fit = fit_groups(grouped(past.base), family, penalizer=penalizer)
    first, last = observed(shop, definitions)
    weeks = _weeks(shop, definitions, fit, first, past)
    expected, alive = ahead(family, fit, past)
    holdout = forecast(past, definitions.level, family, penalizer=penalizer)
    return Tracking(
        past.origin,
        last,
        weeks,
        _by_frequency(past, expected, definitions.level),
        holdout[0] if holdout else None,
        _singles(family, fit, past, expected, alive, weeks, definitions.level),
    )


def ahead(family: Family, model: PurchaseFitter, past: Followed) -> tuple[Floats, Floats]:
    """(expected purchases in the days held back, P(alive) at the origin), a customer each."""
    base, p = past.base, model.params_.to_numpy(float)
    kinds, ages, row = pairs(base.x, base.T)
    alive = family.probability_alive(p, base.x, base.t, base.T)
    return alive * family.purchases_if_alive(p, kinds, ages, float(past.days))[row, 0], alive


def count_log_likelihood(family: Family, model: PurchaseFitter, past: Followed, alive: Floats) -> Floats:
    """log P(Y = what the customer did in the days held back), a customer each: P(Y >= n) = P(alive) S(n), so that
    P(0) = 1 - P(alive) S(1) and P(n) = P(alive) (S(n) - S(n+1))."""
    base, p = past.base, model.params_.to_numpy(float)
    # Many customers share (x, T) and what they did: each such case is worked out once.
    kinds, ages, row = pairs(base.x, base.T)
    case, which = np.unique(row * (int(past.later.max(initial=0)) + 1) + past.later, return_inverse=True)
    pair, n = np.divmod(case, int(past.later.max(initial=0)) + 1)
    days = float(past.days)
    reached = family.survival_of_count(p, n, days, kinds[pair], ages[pair])[which]
    beyond = family.survival_of_count(p, n + 1, days, kinds[pair], ages[pair])[which]
    found = np.where(past.later > 0, alive * (reached - beyond), 1 - alive * beyond)
    return np.log(np.maximum(found, 1e-300))


def _singles(
    family: Family,
    model: PurchaseFitter,
    past: Followed,
    expected: Floats,
    alive: Floats,
    weeks: pd.DataFrame,
    level: float,
) -> Singles:
    base, later = past.base, past.later
    days, n = float(past.days), base.customers
    exposure = float(base.T.sum())
    own = np.divide(base.x * days, base.T, out=np.zeros(n), where=base.T > 0)
    guesses = {
        "model": expected,
        "average": np.full(n, base.x.sum() / exposure * days if exposure else 0.0),
        "own": own,
    }
    low, high = count_interval(family, model.params_.to_numpy(float), days, base.x, base.T, alive, level)
    inside = share(float(((low <= later) & (later <= high)).sum()), n, level=level)
    held = weeks[weeks.held_out]
    mean = float(held.actual.mean()) if len(held) else 0.0
    return Singles(
        {name: float(np.abs(guess - later).mean()) for name, guess in guesses.items()},
        inside,
        float((held.expected - held.actual).abs().mean()) / mean if mean else nan,
        float(count_log_likelihood(family, model, past, alive).mean()),
    )


def _weeks(
    shop: Shop, definitions: Definitions, model: PurchaseFitter, first: dt.date, past: Followed
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


def _by_frequency(past: Followed, expected: Floats, level: float) -> pd.DataFrame:
    kind, later = np.minimum(past.base.x, MOST), past.later.astype(float)
    sums = [np.bincount(kind, w).astype(float) for w in (np.ones(len(kind)), expected, later, later**2)]
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
