"""The retention rate of a period: (A - B) / C.

A shop without contracts has no list of customers on a day, so the definition supplies one: a *customer on a
day* is somebody who bought within the `at_risk_days` before it, that day's purchases included at the end of
the period and excluded at its start.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis

from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.purchases import counted, observed
from shop import Shop
from words import day, text


@dataclass(frozen=True)
class RetentionRate:
    """Plain counts and the rate.

    `at_end` (A) are the customers on the last day, `won` (B) those of them who were none at the start:
    `first_time` buyers and `won_back` ones, whose last purchase before the start was too long ago. `at_start`
    (C) are the customers on the day before the period. A - B are therefore the customers at the start who
    still are customers at the end, and the rate cannot exceed 1. `covered` is False where the orders begin
    less than `at_risk_days` before the start, so that C may be too low.
    """

    start: dt.date
    end: dt.date
    at_end: int
    won: int
    first_time: int
    won_back: int
    at_start: int
    rate: Estimate
    covered: bool


def rate(at_end: int, won: int, at_start: int, *, level: float = 0.9) -> Estimate:
    """(A - B) / C with Wilson's interval. Raises ValueError unless 0 <= A - B <= C."""
    return share(
        at_end - won,
        at_start,
        level=level,
        why_missing=text("There were no customers at the start of this period."),
    )


def retention_rate(shop: Shop, definitions: Definitions, start: dt.date, end: dt.date) -> RetentionRate:
    """The retention rate from `start` to `end`, both inclusive local days.

    Raises ValueError where `end` lies before `start`, and NoOrders for an empty shop.
    """
    if end < start:
        raise ValueError(
            text("The period ends on {end}, before it starts on {start}.", end=day(end), start=day(start))
        )
    first, last = observed(shop, definitions)
    reach = dt.timedelta(days=definitions.at_risk_days)
    orders = counted(shop, definitions)
    orders = orders.filter(orders.customer.notnull() & (orders.ordered_on <= ibis.literal(end)))
    on = orders.ordered_on
    before = on < ibis.literal(start)
    each = orders.group_by("customer").agg(
        known=before.any(),
        at_start=(before & (on >= ibis.literal(start - reach))).any(),
        at_end=(on > ibis.literal(end - reach)).any(),
    )
    number = {
        "at_end": each.at_end.sum(),
        "first_time": (each.at_end & ~each.known).sum(),
        "won_back": (each.at_end & each.known & ~each.at_start).sum(),
        "at_start": each.at_start.sum(),
    }
    row = (
        each.agg(**{name: value.cast("int64").coalesce(0) for name, value in number.items()})
        .execute()
        .iloc[0]
    )
    at_end, first_time, won_back, at_start = (int(row[name]) for name in number)
    found = rate(at_end, first_time + won_back, at_start, level=definitions.level)
    if end > last:
        found = missing(
            text(
                "The period ends on {end}, but orders are known only until {last}.",
                end=day(end),
                last=day(last),
            ),
            level=definitions.level,
        )
    return RetentionRate(
        start,
        end,
        at_end,
        first_time + won_back,
        first_time,
        won_back,
        at_start,
        found,
        first <= start - reach,
    )
