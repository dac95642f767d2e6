"""When a cohort begins and how old a customer is: weeks, months or quarters, by the calendar or rolling.

*Calendar*: age 0 is the week (from Monday), month or quarter of the first purchase, age k the k-th after it.

*Rolling*: age 0 is the day of the first purchase alone; age k runs from the day after the (k-1)-th to the
k-th anniversary, both in each customer's own time: 7 k days, k calendar months (the 31st becomes the last day
of a shorter month) or 3 k months later. Rolling month 12 therefore ends where the repeat rate "within 12
months" ends.

Cohorts are named by the calendar period of the first purchase under both clocks.
"""

from __future__ import annotations

import datetime as dt

import ibis.expr.types as ir
import pandas as pd

from models.definitions import Clock, Period
from words import day, month, text

_UNIT = {"week": "W", "month": "M", "quarter": "Q"}
MONTHS = {"month": 1, "quarter": 3}


def start(days: ir.Value, period: Period) -> ir.Value:
    """The first day of the calendar period that holds each day."""
    return days.truncate(_UNIT[period])


def age(first: ir.Value, later: ir.Value, period: Period, clock: Clock) -> ir.Value:
    """The age, an integer, at which a customer first seen on `first` is on the day `later`."""
    if clock == "rolling":
        if period == "week":
            return ((later.delta(first, unit="day") + 6) // 7).cast("int64")
        months = _months(later) - _months(first) + (later.day() > first.day()).cast("int64")
        # The day of the month alone decides: an anniversary that a short month lacks falls on its last day,
        # and no day of that month is greater than the one it stands for.
        return ((months + MONTHS[period] - 1) // MONTHS[period]).cast("int64")
    if period == "week":
        return (start(later, "week").delta(start(first, "week"), unit="day") // 7).cast("int64")
    if period == "quarter":
        return ((_months(later) // 3) - (_months(first) // 3)).cast("int64")
    return _months(later) - _months(first)


def _months(days: ir.Value) -> ir.Value:
    """Months since the year 0, from 0 in January."""
    return (days.year().cast("int64") * 12) + days.month().cast("int64") - 1


def ends(cohorts: pd.Series, latest: pd.Series, ages: pd.Series, period: Period, clock: Clock) -> pd.Series:
    """The last day of each age: when every customer of the cohort has been observed through it.

    `cohorts` are first days of periods, `latest` the day each cohort's last customer was won. No age ends
    before the cohort's own period does: until then it may still win customers.
    """
    if clock == "rolling":
        closed = _shifted(cohorts, ages * 0 + 1, period) - pd.Timedelta(days=1)
        return _shifted(latest, ages, period).clip(lower=closed)
    return _shifted(cohorts, ages + 1, period) - pd.Timedelta(days=1)


def _shifted(days: pd.Series, steps: pd.Series, period: Period) -> pd.Series:
    days = pd.to_datetime(days)
    if period == "week":
        return days + pd.to_timedelta(7 * steps, unit="D")
    total = days.dt.year * 12 + days.dt.month - 1 + MONTHS[period] * steps
    firsts = pd.to_datetime({"year": total // 12, "month": total % 12 + 1, "day": 1})
    return firsts + pd.to_timedelta(days.dt.day.clip(upper=firsts.dt.days_in_month) - 1, unit="D")


def cohort_label(cohort: dt.date, period: Period) -> str:
    """Mar 1997, Q1 1997, or the Monday of a week: 6 Jan 1997."""
    if period == "week":
        return day(cohort)
    if period == "quarter":
        return text("Q{quarter} {year}", quarter=(cohort.month + 2) // 3, year=cohort.year)
    return month(cohort)


def age_label(age: int, period: Period) -> str:
    """month 3"""
    if period == "week":
        return text("week {n}", n=age)
    if period == "quarter":
        return text("quarter {n}", n=age)
    return text("month {n}", n=age)
