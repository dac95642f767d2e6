"""Who climbs: the customers of each cohort, season, channel, country, first product and first-order discount compared.

Every comparison is a log-rank test; how many were made is corrected for (Holm). A difference says that groups differ, not why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isnan

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models import cohort_clock
from models.cohort_split import MOST_VALUES, available, column
from models.definitions import Definitions
from models.estimate import Estimate
from models.order_ladder import FEWEST, FOLLOWED, Mark, climbs
from models.purchases import counted, observed_until
from models.survival import Curve, LogRank, holm, kaplan_meier, log_rank
from shop import Shop
from words import text

COHORT, SEASON = "cohort", "season"
CODES, OTHERS, UNSTATED = 16, 14, 15
"""Values are numbered below OTHERS; CODES is one more than the greatest number."""


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
    last = observed_until(shop, definitions)
    known = {name: _values(shop, definitions, name) for name in available(shop, definitions)}
    marks = {name: _coded(name, values) for name, values in known.items()}
    day = {COHORT: lambda orders: orders.ordered_on}
    taken = climbs(shop, definitions, last, **marks, **day)
    taken = taken.filter(taken.step == step)
    month = taken[COHORT].year().cast("int64") * 12 + taken[COHORT].month() - 1
    coded = {name: (taken[name] % CODES).cast("int64") for name in known}
    coded |= {COHORT: month, SEASON: (taken[COHORT].month() % 12 // 3).cast("int64")}
    parts = [
        taken.group_by(code=code, duration=taken.duration, event=taken.event)
        .agg(customers=taken.count())
        .mutate(name=ibis.literal(name))
        for name, code in coded.items()
    ]
    rows = ibis.union(*parts).order_by(["name", "code", "duration", "event"]).execute()
    splits = []
    for name, part in rows.groupby("name"):
        label = _labels(str(name), known)
        if name == COHORT:
            width = _months_a_cohort(part.code)
            part = part.assign(code=part.code // width * width)
            label = _cohort_names(width)
        splits.append(_split(str(name), part, label, definitions.level))
    corrected = holm([s.test.p for s in splits])
    splits = [replace(s, p=float(p)) for s, p in zip(splits, corrected, strict=True)]
    return Compared(step, tuple(sorted(splits, key=lambda s: (isnan(s.p), s.p, s.name))), definitions.level)


def _values(shop: Shop, definitions: Definitions, name: str) -> list[str]:
    """The values of `name` that keep their own line, as `cohort_split.pooled` chooses them: those of most orders."""
    if name == "first_discount":
        return [text("at full price"), text("with a discount")]
    orders = counted(shop, definitions).filter(lambda t: t.customer.notnull() & t[name].notnull())
    values = orders.group_by(name).agg(number=orders.count()).order_by([ibis.desc("number"), name])
    common = values.limit(MOST_VALUES).execute()[name].tolist()
    return sorted(common[:MOST_VALUES])


def _coded(name: str, values: list[str]) -> Mark:
    """An order's moment and, below it, the code of its value: the least of a customer's is that of the first order. Of orders at the same
    moment the first known value counts. Numbers, because a million texts cost seconds to compare."""

    def mark(orders: ir.Table) -> ir.Value:
        value = column(orders, name)
        if name == "first_discount":
            code = value.cast("int64")
        else:
            code = value.cases(*((v, k) for k, v in enumerate(values)), else_=OTHERS)
            code = ibis.ifelse(value.isnull(), UNSTATED, code).cast("int64")
        return orders.ordered_at.epoch_seconds().cast("int64") * CODES + code

    return mark


def _months_a_cohort(months: pd.Series) -> int:
    """1, 3 or 12 months: the finest of which there are few enough to read."""
    return next((width for width in (1, 3) if (months // width).nunique() <= MOST_VALUES + 1), 12)


def _labels(name: str, known: dict[str, list[str]]) -> Callable[[int], str]:
    if name == SEASON:
        return season_name
    names = dict(enumerate(known.get(name, []))) | {OTHERS: text("all others"), UNSTATED: text("not stated")}
    return lambda code: names[code]


def _cohort_names(width: int) -> Callable[[int], str]:
    """Names of cohorts of so many months; a month is counted from the year 0, and January is its 0."""

    def name(month: int) -> str:
        if width == 12:
            return str(month // 12)
        return cohort_clock.cohort_label(
            dt.date(month // 12, month % 12 + 1, 1), "month" if width == 1 else "quarter"
        )

    return name


def season_name(quarter: int) -> str:
    """Three months that lie in one season everywhere, whichever it is there."""
    names = (text("Dec–Feb"), text("Mar–May"), text("Jun–Aug"), text("Sep–Nov"))
    return names[quarter]


def _split(name: str, rows: pd.DataFrame, label: Callable[[int], str], level: float) -> Split:
    groups, counts, small = [], [], 0
    for value, part in rows.groupby("code", sort=True):
        customers = int(part.customers.sum())
        if customers < FEWEST:
            small += 1
            continue
        columns = tuple(part[c].to_numpy(np.float64) for c in ("duration", "event", "customers"))
        counts.append(columns)
        groups.append(Group(label(int(value)), customers, kaplan_meier(*columns, level=level)))
    return Split(name, tuple(groups), small, log_rank(counts))
