"""How wrong the same forecast was before: fitted on the past, held against what followed.

Rolling origins: at several past days the models are fitted to what was known then and asked for the purchases of
the window after it. What they miss by, beyond what chance and the parameters explain, is the model's own error;
on real shops it is the largest of the three, so every forecast is widened by it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import log, sqrt

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from models.btyd import beta_geometric as bg
from models.btyd.inputs import pairs
from models.customer_base import Base, Fit, fit_base, grouped, load, total_ahead
from models.definitions import Definitions
from models.estimate import Estimate
from models.purchases import histories, observed, purchases
from shop import Shop
from words import plural, text

ORIGINS = (0.5, 0.625, 0.75)
"""Where in the observed span the forecasts start; each looks a quarter of the span ahead."""
AHEAD = 0.25
FEWEST = 30
"""Repeat purchases in the past and in the window, below which an origin says nothing."""
SHORTEST = 28
MOST = 7
"""Customers with so many repeat purchases or more are one group, as in Fader, Hardie and Lee (2005), figure 5."""


@dataclass(frozen=True)
class Origin:
    """One past forecast of repeat purchases in `days` after `origin`, by customers known then. `forecast` is an Estimate
    from parameters and chance alone; `average` and `own` are the naive guesses: everybody at the average rate, and
    everybody at their own past rate."""

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
        """Forecast / actual - 1."""
        return self.forecast.value / self.actual - 1


@dataclass(frozen=True)
class Backtest:
    """`model_error` is tau, the standard deviation of the log error that parameters and chance leave over; None while the
    shop is too young to measure it, and then `why` says so."""

    origins: tuple[Origin, ...]
    model_error: float | None
    why: str


def rolling(shop: Shop, definitions: Definitions) -> Backtest:
    """Forecasts from ORIGINS of the observed span, each against the quarter of the span that followed."""
    first, last = observed(shop, definitions)
    span = (last - first).days
    days = int(span * AHEAD)
    if days < SHORTEST:
        return Backtest((), None, _too_young())
    found = [
        _origin(shop, definitions, first + dt.timedelta(days=round(span * share)), days) for share in ORIGINS
    ]
    known = tuple(o for o in found if o is not None)
    if len(known) < 2:
        return Backtest(known, None, _too_young())
    return Backtest(known, model_error(known), "")


def model_error(origins: tuple[Origin, ...]) -> float:
    """tau^2 = mean(squared log error - variance explained by parameters and chance), at least 0."""
    excess = [log(o.forecast.value / o.actual) ** 2 - o.variance for o in origins]
    return sqrt(max(float(np.mean(excess)), 0.0))


def _too_young() -> str:
    return text(
        "Too few past purchases to measure how wrong such forecasts were here, so the interval holds only the parameters "
        "and chance: the true doubt is larger."
    )


def _origin(shop: Shop, definitions: Definitions, origin: dt.date, days: int) -> Origin | None:
    try:
        base = load(shop, definitions, until=origin)
        actual = repeats_after(shop, definitions, origin, origin + dt.timedelta(days=days))
        if base.x.sum() < FEWEST or actual < FEWEST:
            return None
        fit = fit_base(base)
    except ValueError:
        # Too little had happened by then for any model: this origin says nothing, and the others speak.
        return None
    total = total_ahead(fit, grouped(base), float(days), money=False)
    sd = sqrt(total.variance)
    z = float(norm.ppf((1 + definitions.level) / 2))
    forecast = Estimate(
        total.value,
        total.value * float(np.exp(-z * sd)),
        total.value * float(np.exp(z * sd)),
        base.customers,
        definitions.level,
        "purchases",
        "BG/NBD, parameters and chance",
    )
    return Origin(origin, days, base.customers, actual, forecast, *naive(base, days), total.variance)


def naive(base: Base, days: float) -> tuple[float, float]:
    """(everybody at the average rate, everybody at their own past rate): expected repeat purchases in `days`."""
    exposure = float(base.T.sum())
    average = float(base.x.sum()) / exposure * base.customers * days if exposure else 0.0
    lived = base.T > 0
    return average, float((base.x[lived] / base.T[lived]).sum()) * days


def repeats_after(shop: Shop, definitions: Definitions, origin: dt.date, end: dt.date) -> int:
    """Purchases in (origin, end] by customers won by `origin`."""
    days = purchases(shop, definitions, until=end)
    each = days.group_by("customer").agg(
        first_day=days.day.min(), later=(days.day > ibis.literal(origin)).cast("int64").sum()
    )
    known = each.filter(each.first_day <= ibis.literal(origin))
    return int(known.agg(n=known.later.sum().coalesce(0)).execute().iloc[0, 0])


@dataclass(frozen=True)
class Tracking:
    """Repeat purchases of customers won by `origin`, actual against fitted.

    `weeks`: `week` (its first day), `actual`, `expected`, `actual_total`, `expected_total` (cumulative), `held_out`.
    `groups`: `frequency` (0 .. MOST, the last one "or more"), `customers`, `expected`, and of the actual purchases in the
    holdout `actual`, `low`, `high`. `naive` compares total errors of the holdout.
    """

    origin: dt.date
    end: dt.date
    fit: Fit
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
    origin = last - dt.timedelta(days=days)
    base = load(shop, definitions, until=origin)
    fit = fit_base(base)
    return Tracking(
        origin,
        last,
        fit,
        _weeks(shop, definitions, fit, first, origin, last),
        _groups(shop, definitions, fit, origin, last),
        _origin(shop, definitions, origin, days),
    )


def _weeks(
    shop: Shop, definitions: Definitions, fit: Fit, first: dt.date, origin: dt.date, last: dt.date
) -> pd.DataFrame:
    days = purchases(shop, definitions, until=last)
    firsts = days.group_by("customer").agg(first_day=days.day.min())
    firsts = firsts.filter(firsts.first_day <= ibis.literal(origin))
    won = firsts.group_by("first_day").agg(n=firsts.count()).execute()
    later = days.join(firsts, "customer").filter(lambda t: t.day > t.first_day)
    bought = later.group_by("day").agg(n=later.count()).execute()
    span = (last - first).days + 1
    at = {name: np.zeros(span) for name in ("won", "bought")}
    for name, frame, column in (("won", won, "first_day"), ("bought", bought, "day")):
        place = (pd.to_datetime(frame[column]) - pd.Timestamp(first)).dt.days.to_numpy()
        at[name][place] = frame["n"].to_numpy(float)
    # Customers won on a day have made E[X(t)] repeat purchases t days later: a convolution over the days they were won.
    curve = np.asarray(fit.purchases.expected_number_of_purchases_up_to_time(np.arange(span, dtype=float)))
    expected = np.convolve(at["won"], curve)[:span]
    actual = np.cumsum(at["bought"])
    ends = np.unique(np.append(np.arange(6, span, 7), span - 1))
    frame = pd.DataFrame(
        {
            "week": [pd.Timestamp(first) + pd.Timedelta(days=int(max(e - 6, 0))) for e in ends],
            "actual_total": actual[ends],
            "expected_total": expected[ends],
        }
    )
    frame["actual"] = np.diff(frame.actual_total, prepend=0.0)
    frame["expected"] = np.diff(frame.expected_total, prepend=0.0)
    frame["held_out"] = frame.week > pd.Timestamp(origin)
    # A last week that is cut short would look like a fall.
    return frame if (span % 7) == 0 else frame.iloc[:-1]


def _groups(shop: Shop, definitions: Definitions, fit: Fit, origin: dt.date, last: dt.date) -> pd.DataFrame:
    days = purchases(shop, definitions, until=last)
    after = days.filter(days.day > ibis.literal(origin)).group_by("customer").agg(n=ibis._.count())
    before = histories(shop, definitions, until=origin).select("customer", "frequency")
    each = before.left_join(after, "customer")
    group = ibis.least(each.frequency, ibis.literal(MOST)).name("frequency")
    n = each.n.coalesce(0)
    found = each.group_by(group).agg(customers=each.count(), total=n.sum(), squares=(n * n).sum())
    found = found.order_by("frequency").execute()
    horizon = float((last - origin).days)
    base, p = fit.base, fit.parameters
    kinds, ages, row = pairs(base.x, base.T)
    expected = (
        bg.probability_alive(p, base.x, base.t, base.T)
        * bg.purchases_if_alive(p, kinds, ages, horizon)[row, 0]
    )
    sums = np.bincount(np.minimum(base.x, MOST), weights=expected, minlength=MOST + 1)
    found["expected"] = sums[found.frequency.to_numpy(int)] / found.customers
    found["actual"] = found.total / found.customers
    variance = (found.squares - found.customers * found.actual**2).clip(lower=0) / (found.customers - 1).clip(
        lower=1
    )
    half = float(norm.ppf((1 + definitions.level) / 2)) * np.sqrt(variance / found.customers)
    found["low"], found["high"] = (found.actual - half).clip(lower=0), found.actual + half
    return found[["frequency", "customers", "expected", "actual", "low", "high"]]
