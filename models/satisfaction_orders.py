"""Does satisfaction show in the orders: how soon promoters, passives and detractors order again, and what ten points of NPS go with.

The clock starts on the day after the answer; one answer a customer (the first); who has not ordered again by the last observed day is
censored there. Customers are compared with those who had as many purchases before: whoever has ordered often orders again sooner, and is happier
more often, whatever the answer. None of this says that satisfaction *causes* orders.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import ibis
import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import t as student_t

from models.btyd.inputs import Floats
from models.definitions import Definitions
from models.estimate import Estimate, difference, missing
from models.purchases import NoOrders, observed_until
from models.satisfaction import Scale
from models.satisfaction_people import VALUE_DAYS, first_answers, with_history
from models.survival import Curve, LogRank, kaplan_meier
from shop import Shop
from words import count, text

STRATA = (1, 2, 4)
"""Purchases up to the answer from which the next stratum begins: one, two or three, four or more."""
FOLLOWED = 10
FEWEST = 20
"""A side is drawn from so many customers on."""
TEN_POINTS = 0.1
WITHIN = 365


@dataclass(frozen=True)
class Side:
    """Customers on one side of the scale: `curve` of the days to the next purchase, and that of each stratum (None where it has nobody)."""

    side: int
    customers: int
    curve: Curve
    strata: tuple[Curve | None, ...]

    def within(self, days: float) -> Estimate:
        """The share that ordered again within so many days of the answer; missing where too few were watched so long."""
        return self.curve.happened(days, fewest=FOLLOWED)


@dataclass(frozen=True)
class AfterAnswer:
    """`sides`, the worst first, of at least FEWEST customers; `apart` is the share of the best that ordered again within `days` less
    that of the worst, customers of all strata together. `test` compares all sides within the strata. `worth` is what ten points of the
    score go with in money a customer over the 12 months after the answer, purchases before held equal, and `watched` how many
    customers that rests on. Where there is nothing to show `why` says so."""

    end: dt.date | None
    customers: int
    days: int
    sides: tuple[Side, ...]
    apart: Estimate
    test: LogRank
    worth: Estimate
    watched: int
    level: float
    why: str = ""

    @property
    def nbytes(self) -> int:
        curves = [c for s in self.sides for c in (s.curve, *s.strata) if c is not None]
        return sum(c.nbytes for c in curves)


def after_answer(
    shop: Shop, definitions: Definitions, *, scale: Scale, question: str | None = None
) -> AfterAnswer:
    """What customers did after their first answer on this scale."""
    level = definitions.level
    try:
        end = observed_until(shop, definitions)
    except NoOrders as none:
        return _nothing(None, 0, level, str(none))
    each = with_history(shop, definitions, first_answers(shop, definitions, scale, question=question), end)
    # Who answered after the last observed day was not watched at all.
    each = each.filter(each.answered <= ibis.literal(end))
    gap = each.next_day.coalesce(ibis.literal(end)).delta(each.answered, unit="day")
    keys = ["side", "stratum", "duration", "event"]
    rows = each.mutate(
        stratum=sum((each.earlier >= n).cast("int64") for n in STRATA) - 1,
        duration=gap.cast("int64"),
        event=each.next_day.notnull().cast("int64"),
    )
    counts = rows.group_by(keys).agg(customers=rows.count()).order_by(keys).execute()
    old = rows.filter(ibis.literal(end).delta(rows.answered, unit="day") >= VALUE_DAYS)
    money = old.group_by(["side", "stratum"]).agg(
        n=old.count(), total=old.after.sum().round(6), squares=(old.after**2).sum().round(4)
    )
    sums = money.order_by(["side", "stratum"]).execute()
    customers = int(counts.customers.sum())
    sides = [_side(int(side), part, level) for side, part in counts.groupby("side", sort=True)]
    sides = [s for s in sides if s.customers >= FEWEST]
    if len(sides) < 2:
        return _nothing(end, customers, level, _too_few(customers))
    kept = counts[counts.side.isin([s.side for s in sides])]
    days = next((d for d in (WITHIN, 180, 90, 30) if all(s.within(d).known for s in sides)), WITHIN)
    apart = difference(sides[-1].within(days), sides[0].within(days))
    test = stratified_log_rank([_groups(part) for _, part in kept.groupby("stratum", sort=True)])
    worth = slope(sums, level)
    return AfterAnswer(end, customers, days, tuple(sides), apart, test, worth, int(sums.n.sum()), level)


def _nothing(end: dt.date | None, customers: int, level: float, why: str) -> AfterAnswer:
    none = missing(why, level=level)
    return AfterAnswer(end, customers, WITHIN, (), none, LogRank(nan, 0, nan), none, 0, level, why)


def _too_few(customers: int) -> str:
    if not customers:
        return text("No answer can be matched to a customer with orders, so nobody can be followed.")
    return text(
        "Fewer than two groups have the {fewest} customers it takes to follow them after their answer.",
        fewest=count(FEWEST),
    )


def _columns(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    duration, event, customers = (rows[c].to_numpy(float) for c in ("duration", "event", "customers"))
    return duration, event, customers


def _groups(rows: pd.DataFrame) -> list[tuple[int, tuple[Floats, Floats, Floats]]]:
    return [(int(side), _columns(part)) for side, part in rows.groupby("side", sort=True)]


def _side(side: int, rows: pd.DataFrame, level: float) -> Side:
    parts = [rows[rows.stratum == k] for k in range(len(STRATA))]
    curves = tuple(kaplan_meier(*_columns(part), level=level) if len(part) else None for part in parts)
    return Side(side, int(rows.customers.sum()), kaplan_meier(*_columns(rows), level=level), curves)


def stratified_log_rank(
    strata: Sequence[Sequence[tuple[int, tuple[Floats, Floats, Floats]]]],
) -> LogRank:
    """Do groups share one curve within every stratum? Events less those expected, and their covariances, added over strata
    (Mantel 1966, Cancer Chemotherapy Reports 50, 163-170). Each stratum is a list of (group, (durations, events, weights))."""
    names = sorted({name for groups in strata for name, _ in groups})
    excess, covariance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for groups in strata:
        held = dict(groups)
        time = np.unique(np.concatenate([d for d, _, _ in held.values()]))
        died, at_risk = np.zeros((len(names), len(time))), np.zeros((len(names), len(time)))
        for row, name in enumerate(names):
            if name in held:
                duration, event, weight = held[name]
                place = np.searchsorted(time, duration)
                died[row] = np.bincount(place, weight * event, minlength=len(time))
                at_risk[row] = np.cumsum(np.bincount(place, weight, minlength=len(time))[::-1])[::-1]
        d, n = died.sum(axis=0), at_risk.sum(axis=0)
        used = (d > 0) & (n > 1)
        part = at_risk[:, used] / n[used]
        excess += (died[:, used] - part * d[used]).sum(axis=1)
        factor = d[used] * (n[used] - d[used]) / (n[used] - 1)
        covariance += np.diag((part * factor).sum(axis=1)) - (part * factor) @ part.T
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if not df:
        return LogRank(nan, 0, nan)
    statistic = float(excess @ np.linalg.pinv(covariance, hermitian=True) @ excess)
    return LogRank(statistic, df, float(chi2.sf(statistic, df)))


def slope(sums: pd.DataFrame, level: float) -> Estimate:
    """Money a customer that ten points of the score go with: a tenth of the slope of money on the side (-1, 0, 1), within strata.

    `sums`: `side`, `stratum`, `n`, `total`, `squares` of the money. Least squares with a level for each stratum; the interval is
    Student's t with the variance that does not assume equal scatter (White 1980, Econometrica 48, 817-838, with N / (N - k)).
    """
    why = text("Too few customers answered a year or longer ago to see what they brought since.")
    none = missing(why, n=int(sums.n.sum()) if len(sums) else 0, level=level, unit="money")
    if not len(sums):
        return none
    n, total, squares = (sums[c].to_numpy(float) for c in ("n", "total", "squares"))
    side, stratum = sums.side.to_numpy(float), sums.stratum.to_numpy(int)

    def mean(values: Floats) -> Floats:
        return (np.bincount(stratum, values) / np.maximum(np.bincount(stratum, n), 1))[stratum]

    x = side - mean(n * side)
    spread = float((n * x * x).sum())
    free = n.sum() - len(np.unique(stratum)) - 1
    if spread <= 1e-9 or free < FEWEST:
        return none
    b = float((x * total).sum()) / spread
    fitted = mean(total) + b * x
    scatter = np.maximum(squares - 2 * fitted * total + n * fitted**2, 0.0)
    error = sqrt(float((x * x * scatter).sum()) * n.sum() / free) / spread
    half = float(student_t.ppf((1 + level) / 2, free)) * error
    value, reach = TEN_POINTS * b, TEN_POINTS * half
    return Estimate(value, value - reach, value + reach, int(n.sum()), level, "money", "least squares")
