"""The repeat rate of a fixed window: of the customers won long enough ago, who bought again within it.

The share that "ever" came back grows with the age of the shop alone; that of a fixed window does not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.purchases import counted, observed_until
from shop import Shop
from words import count, day, text


def second_days(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> ir.Table:
    """One row a customer: `customer`, `first_day` and `second_day` (null for one-time buyers)."""
    orders = counted(shop, definitions, until=until)
    orders = orders.filter(orders.customer.notnull()).select("customer", day=orders.ordered_on)
    firsts = orders.group_by("customer").agg(first_day=orders.day.min())
    later = orders.join(firsts, "customer").filter(lambda t: t.day > t.first_day)
    seconds = later.group_by("customer").agg(second_day=later.day.min())
    return firsts.left_join(seconds, "customer").select("customer", "first_day", "second_day")


def window_columns(firsts: ir.Table, end: dt.date, months: int) -> dict[str, ir.Value]:
    """Sums for an aggregate of `second_days`: `customers`, `old` (won at least `months` calendar months
    before `end`) and `back` (of these, bought again no later than that many months after the first day)."""
    limit = firsts.first_day + ibis.interval(months=months)
    old = limit <= ibis.literal(end)
    return {
        "customers": firsts.count(),
        "old": old.cast("int64").sum().coalesce(0),
        "back": (old & (firsts.second_day <= limit).coalesce(False)).cast("int64").sum().coalesce(0),
    }


@dataclass(frozen=True)
class Repeat:
    """`rate` is of the customers who are old enough, out of `customers` in all."""

    months: int
    rate: Estimate
    customers: int


def within(shop: Shop, definitions: Definitions, *, months: int) -> Repeat:
    """The share of customers won at least `months` ago that bought again within `months`.

    The window is inclusive: the same day of the month, `months` later, still counts. Wilson's interval.
    """
    end = observed_until(shop, definitions)
    firsts = second_days(shop, definitions)
    row = firsts.agg(first=firsts.first_day.min(), **window_columns(firsts, end, months)).execute().iloc[0]
    return from_counts(row.customers, row.old, row.back, row["first"], months=months, level=definitions.level)


def from_counts(
    customers: int, old: int, back: int, first: dt.date | None, *, months: int, level: float
) -> Repeat:
    """The rate from its counts; `first` is the day the first customer was won."""
    why = too_young(first, months) if customers else no_customers()
    rate = share(int(back), int(old), level=level) if old else missing(why, level=level)
    return Repeat(months, rate, int(customers))


def no_customers() -> str:
    return text("No order here names its customer, so nothing can be said about customers.")


def too_young(first: dt.date | None, months: int) -> str:
    """Why a window of `months` cannot be known yet, and from which day it will be."""
    won = pd.Timestamp(first)
    known = (won + pd.DateOffset(months=months)).date()
    return text(
        "Not known before {known}: the first customer was won on {won}, and this looks"
        " {months} months ahead.",
        known=day(known),
        won=day(won.date()),
        months=count(months),
    )
