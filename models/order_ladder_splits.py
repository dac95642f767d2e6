"""Who climbs: the customers of each cohort, season, channel, country, first product and first-order discount compared.

Every comparison is a log-rank test; how many were made is corrected for (Holm). A difference says that groups differ, not why.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from math import isnan

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models import cohort_clock
from models.cohort_split import MOST_VALUES, available, firsts, pooled
from models.definitions import Definitions
from models.estimate import Estimate
from models.order_ladder import FEWEST, FOLLOWED, climbs
from models.purchases import observed_until
from models.survival import Curve, LogRank, holm, kaplan_meier, log_rank
from shop import Shop
from words import text

COHORT, SEASON = "cohort", "season"


@dataclass(frozen=True)
class Group:
    label: str
    customers: int
    curve: Curve

    def by(self, days: float) -> Estimate:
        """The share that has climbed within so many days; missing where too few were watched so long."""
        return self.curve.happened(days, fewest=FOLLOWED)


@dataclass(frozen=True)
class Split:
    """`groups` of at least FEWEST customers, `small` groups left out. `test` is the log-rank comparison of `groups`, `p` its p-value after the
    correction for all splits compared; NaN where there were not two groups or nobody climbed."""

    name: str
    groups: tuple[Group, ...]
    small: int
    test: LogRank
    p: float = float("nan")

    def differs(self, level: float) -> bool:
        return not isnan(self.p) and self.p < 1 - level

    def extremes(self, days: float) -> tuple[tuple[Group, Estimate], tuple[Group, Estimate]] | None:
        """The groups with the highest and the lowest share within so many days, where at least two are known."""
        known = [(g, g.by(days)) for g in self.groups]
        known = sorted((pair for pair in known if pair[1].known), key=lambda pair: pair[1].value)
        return (known[-1], known[0]) if len(known) > 1 else None


@dataclass(frozen=True)
class Compared:
    """Every split of step `step`: those that can be compared first, by their corrected p-value."""

    step: int
    splits: tuple[Split, ...]
    level: float

    @property
    def nbytes(self) -> int:
        return sum(g.curve.nbytes for s in self.splits for g in s.groups)

    @property
    def comparisons(self) -> int:
        return sum(not isnan(s.p) for s in self.splits)


def compared(shop: Shop, definitions: Definitions, *, step: int = 1) -> Compared:
    """Who takes step `step`, by everything known of the first order. Raises NoOrders for an empty shop."""
    end = observed_until(shop, definitions)
    names = available(shop, definitions)
    won = firsts(shop, definitions, *names)
    taken = climbs(shop, definitions, end)
    taken = taken.filter(taken.step == step).drop("day", "step")
    first, last = _ends(won)
    if first is None or last is None:
        return Compared(step, (), definitions.level)
    period = _grain(first, last)
    each = won.join(taken, "customer")
    values = {name: pooled(shop, definitions, each, name) for name in names}
    values |= {COHORT: _cohort(each, period), SEASON: (each.first_day.month() % 12 // 3).cast("string")}
    parts = [
        each.group_by(value=value, duration=each.duration, event=each.event)
        .agg(customers=each.count())
        .mutate(name=ibis.literal(name))
        for name, value in values.items()
    ]
    rows = ibis.union(*parts).order_by(["name", "value", "duration", "event"]).execute()
    splits = [_split(str(name), part, period, definitions.level) for name, part in rows.groupby("name")]
    corrected = holm([s.test.p for s in splits])
    splits = [replace(s, p=float(p)) for s, p in zip(splits, corrected, strict=True)]
    return Compared(step, tuple(sorted(splits, key=lambda s: (isnan(s.p), s.p, s.name))), definitions.level)


def _ends(won: ir.Table) -> tuple[dt.date | None, dt.date | None]:
    row = won.agg(first=won.first_day.min(), last=won.first_day.max()).to_pyarrow().to_pylist()[0]
    return row["first"], row["last"]


def _grain(first: dt.date, last: dt.date) -> str:
    """Months, quarters or years: the finest of which there are few enough to read."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months < MOST_VALUES:
        return "month"
    quarters = (last.year - first.year) * 4 + (last.month - 1) // 3 - (first.month - 1) // 3
    return "quarter" if quarters <= MOST_VALUES else "year"


def _cohort(each: ir.Table, period: str) -> ir.Value:
    return (
        each.first_day.truncate({"month": "M", "quarter": "Q", "year": "Y"}[period])
        .cast("date")
        .cast("string")
    )


def _label(name: str, value: str, period: str) -> str:
    if name == SEASON:
        return season_name(int(value))
    if name == COHORT:
        start = pd.Timestamp(value).date()
        if period == "year":
            return str(start.year)
        return cohort_clock.cohort_label(start, "month" if period == "month" else "quarter")
    return value


def season_name(quarter: int) -> str:
    """Three months that lie in one season everywhere, whichever it is there."""
    names = (text("Dec–Feb"), text("Mar–May"), text("Jun–Aug"), text("Sep–Nov"))
    return names[quarter]


def _split(name: str, rows: pd.DataFrame, period: str, level: float) -> Split:
    groups, counts, small = [], [], 0
    for value, part in rows.groupby("value", sort=True):
        customers = int(part.customers.sum())
        if customers < FEWEST:
            small += 1
            continue
        columns = tuple(part[c].to_numpy(np.float64) for c in ("duration", "event", "customers"))
        counts.append(columns)
        groups.append(Group(_label(name, str(value), period), customers, kaplan_meier(*columns, level=level)))
    return Split(name, tuple(groups), small, log_rank(counts))
