"""Buyers of one occasion: first orders whose time, product or discount code marks customers that rarely return.

Only customers won at least a window of days before the end count, so that all were watched equally long, and each sign is held against all
customers without it. Where many signs are looked at some look bad by chance: the test is corrected for their number (Holm), the
intervals too (Bonferroni), and only signs that survive both, and whose buyers return clearly less often, are named. Peak weeks are found in the number of first orders alone, before
anybody looks who came back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import inf, sqrt
from operator import itemgetter
from typing import Literal

import ibis
import numpy as np
import pandas as pd
from scipy.stats import hypergeom, poisson

from models.cohort_split import firsts
from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.order_ladder import FEWEST, Mark, agreed_window, climbs, nothing_to_show, usable_window
from models.purchases import observed_until
from models.survival import holm
from shop import Shop
from words import text

Kind = Literal["peak", "month", "weekday", "first_product", "discount_code"]
PEAK = 1.5
"""A peak week brings at least so many times the new customers of the weeks around it."""
AROUND = 4
"""So many weeks before and after a week are its surroundings."""
MATTERS = 0.8
"""Only who returns at most four fifths as often as others is named: in a large shop any small difference is beyond chance."""
CHANCE = 0.01
"""How rarely a shop without peaks may show one: the bound on all its weeks together."""


@dataclass(frozen=True)
class Sign:
    """Customers whose first order carries `value`: of `rate.n` such customers that many came back within the window, of all `others`
    that many. `ratio` is the one share over the other; `p` the corrected chance of a share as low if the sign meant nothing.
    `value` is a number of a month (1..12) or weekday (0 is Monday), a code or product, or for a peak the number of its month; `weeks`
    are the Mondays of a peak's weeks."""

    kind: Kind
    value: str
    customers: int
    rate: Estimate
    others: Estimate
    ratio: Estimate
    p: float
    named: bool
    weeks: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class EventBuyers:
    """`signs` are all that were looked at, the lowest ratio first; `named` those beyond chance. Without `signs` `why` is a sentence."""

    window: int
    customers: int
    signs: tuple[Sign, ...]
    peaks: int
    why: str = ""

    @property
    def named(self) -> tuple[Sign, ...]:
        return tuple(s for s in self.signs if s.named)


def event_buyers(shop: Shop, definitions: Definitions) -> EventBuyers:
    """Look at every sign with at least FEWEST customers on both sides. Raises NoOrders for an empty shop."""
    end, agreed = observed_until(shop, definitions), agreed_window(definitions)
    days = _days(shop, definitions)
    watched = (pd.Timestamp(end) - days.day).dt.days.to_numpy()
    window = usable_window(watched, days.customers.to_numpy(), agreed)
    if window is None:
        return EventBuyers(agreed, 0, (), 0, nothing_to_show(int(days.customers.sum()), end))
    rows = _counted(shop, definitions, window, end)
    by_day = rows[rows.kind == "day"].assign(day=lambda t: pd.to_datetime(t.value))
    old, back = int(by_day.old.sum()), int(by_day.back.sum())
    found = [_Raw("month", str(m), t) for m, t in by_day.groupby(by_day.day.dt.month)]
    found += [_Raw("weekday", str(w), t) for w, t in by_day.groupby(by_day.day.dt.day_of_week)]
    peaks = peak_weeks(days)
    monday = by_day.day - pd.to_timedelta(by_day.day.dt.day_of_week, unit="D")
    for month, weeks in _seasons(peaks).items():
        found.append(_Raw("peak", str(month), by_day[monday.isin(weeks)], tuple(w.date() for w in weeks)))
    for kind in ("first_product", "discount_code"):
        found += [_Raw(kind, str(v), t) for v, t in rows[rows.kind == kind].groupby("value")]
    found = [f for f in found if min(f.old, old - f.old) >= FEWEST]
    if not found or not back:
        why = text("Too few customers share a time, product or code of their first order to compare them.")
        if found:
            why = text("Nobody has ordered again within the window, so no first order is worse than another.")
        return EventBuyers(window, old, (), len(peaks), why)
    signs = _judged(found, old, back, definitions.level)
    return EventBuyers(
        window, old, tuple(sorted(signs, key=lambda s: (s.ratio.value, s.kind, s.value))), len(peaks)
    )


class _Raw:
    """A sign's counts: customers watched long enough, and who of them came back."""

    def __init__(self, kind: Kind, value: str, rows: pd.DataFrame, weeks: tuple[dt.date, ...] = ()) -> None:
        self.kind, self.value, self.weeks = kind, value, weeks
        self.old, self.back = int(rows.old.sum()), int(rows.back.sum())


def _days(shop: Shop, definitions: Definitions) -> pd.DataFrame:
    """`day` and the `customers` won on it."""
    won = firsts(shop, definitions)
    days = won.group_by(day=won.first_day).agg(customers=won.count()).order_by("day").execute()
    days["day"] = pd.to_datetime(days["day"])
    return days


def _counted(shop: Shop, definitions: Definitions, window: int, end: dt.date) -> pd.DataFrame:
    """`kind`, `value`, `old` and `back`: one row for each day of first orders, first product and discount code. Of several orders on
    the first day the alphabetically first value counts, so that the order of rows decides nothing."""
    names = ("first_product", "discount_code")
    marks: dict[str, Mark] = {name: itemgetter(name) for name in names}
    won = climbs(shop, definitions, end, **marks)
    old = won.filter((won.step == 1) & (won.day <= ibis.literal(end - dt.timedelta(days=window))))
    old = old.mutate(back=((old.event == 1) & (old.duration <= window)).cast("int64"))
    parts = [old.group_by(value=old.day.cast("string")).agg(old=old.count(), back=old.back.sum())]
    for name in names:
        sums = old.group_by(value=old[name].cast("string")).agg(old=old.count(), back=old.back.sum())
        parts.append(sums.filter(sums.value.notnull() & (sums.old >= FEWEST)))
    named = [p.mutate(kind=ibis.literal(kind)) for kind, p in zip(("day", *names), parts, strict=True)]
    return ibis.union(*named).order_by(["kind", "value"]).execute()


def peak_weeks(days: pd.DataFrame) -> list[pd.Timestamp]:
    """The Mondays of weeks that brought far more new customers than those around them, beyond chance (Poisson, corrected
    for the number of weeks). The first and last AROUND weeks of a shop have too little around them to be judged."""
    monday = days.day - pd.to_timedelta(days.day.dt.day_of_week, unit="D")
    weekly = days.customers.groupby(monday).sum()
    if weekly.empty:
        return []
    weekly = weekly.reindex(pd.date_range(weekly.index[0], weekly.index[-1], freq="7D"), fill_value=0)
    n = weekly.to_numpy(float)
    peaks = []
    for k in range(AROUND, len(n) - AROUND):
        around = np.concatenate([n[k - AROUND : k], n[k + 1 : k + 1 + AROUND]])
        usual = float(np.median(around))
        if usual > 0 and n[k] >= PEAK * usual and poisson.sf(n[k] - 1, usual) < CHANCE / len(n):
            peaks.append(weekly.index[k])
    return peaks


def _seasons(peaks: list[pd.Timestamp]) -> dict[int, list[pd.Timestamp]]:
    """Peak weeks that follow each other, or come back in another year, are one occasion: by the month of their Thursday."""
    found: dict[int, list[pd.Timestamp]] = {}
    for monday in peaks:
        found.setdefault((monday + pd.Timedelta(days=3)).month, []).append(monday)
    return found


def _judged(found: list[_Raw], old: int, back: int, level: float) -> list[Sign]:
    """Each sign's shares, ratio and corrected chance."""
    n, k = np.array([f.old for f in found]), np.array([f.back for f in found])
    # Fisher's exact test, one-sided: as few or fewer of n back, of `back` among `old` in all.
    p = holm(hypergeom.cdf(k, old, back, n))
    wide = 1 - (1 - level) / len(found)
    signs = []
    for f, chance in zip(found, p, strict=True):
        rate = share(f.back, f.old, level=level)
        others = share(back - f.back, old - f.old, level=level)
        over = ratio(share(f.back, f.old, level=wide), share(back - f.back, old - f.old, level=wide))
        beyond = chance < (1 - level) / 2 and over.high < 1
        named = bool(beyond and over.value <= MATTERS)
        signs.append(Sign(f.kind, f.value, f.old, rate, others, over, float(chance), named, f.weeks))
    return signs


def ratio(a: Estimate, b: Estimate) -> Estimate:
    """a / b of two independent figures of at least 0, the interval from theirs: Donner and Zou (2012), Statistical Methods in
    Medical Research 21, 347-359 (MOVER-R). From Wilson's intervals it exists for no success at all, where Katz' logarithm does not."""
    if not (a.known and b.known) or b.value <= 0:
        why = a.why_missing or b.why_missing or text("The figure below the line is zero.")
        return missing(why, n=min(a.n, b.n), level=a.level, unit="ratio")
    product = a.value * b.value
    below, above = a.low * (2 * a.value - a.low), a.high * (2 * a.value - a.high)
    wide, narrow = b.high * (2 * b.value - b.high), b.low * (2 * b.value - b.low)
    # The published quotients, multiplied out so that neither divides by a difference that may be zero.
    bottom = product + sqrt(max(product**2 - below * wide, 0.0))
    low = below / bottom if bottom else 0.0
    high = (product + sqrt(max(product**2 - above * narrow, 0.0))) / narrow if narrow > 0 else inf
    return Estimate(a.value / b.value, low, high, min(a.n, b.n), a.level, "ratio", "MOVER-R")
