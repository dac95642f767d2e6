"""The shop in one screen: its figures, and how each moved between equally old customers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models import cohort_cells, repeat
from models.definitions import Definitions, Period
from models.estimate import Estimate, mean, missing, share
from models.purchases import money, observed
from models.repeat import Repeat, second_days
from shop import Shop
from words import count, text

BACK_IN = 3
"""The month after that of the first purchase in which buying again is looked at."""

YOUNG = 3
"""The average order of equally old customers: orders in the month of the first purchase and the two after."""

FEW_A_MONTH = 50
"""Where a typical month wins fewer customers than this, trends go by quarter: months would be noise."""

SHORTER = (6, 3, 1)


@dataclass(frozen=True)
class Trend:
    """A figure by cohort, each point of equally old customers: `cohort`, `n`, `value`, `low`, `high`.

    Only cohorts that were observed through the whole window are in it. `unit` is that of Estimate.
    """

    points: pd.DataFrame
    unit: str
    period: Period


@dataclass(frozen=True)
class Overview:
    """`customers`, `orders`, `guest_orders` (without a customer), `revenue` and `by_month` are recorded facts, the rest estimates.

    `repeat` is of the window of the definitions; where the shop is too young for it, `shorter` holds the
    longest one that is known. `by_month`: `month`, `customers` (won in it), and the revenue of `new`
    customers (won in that month), of `returning` ones and of `guests`. `trends` has "repeat", "month3" and
    "average_order".
    """

    definitions: Definitions
    first: dt.date
    last: dt.date
    customers: int
    orders: int
    guest_orders: int
    revenue: float
    repeat: Repeat
    shorter: Repeat | None
    month3: Estimate
    average_order: Estimate
    by_month: pd.DataFrame
    trends: dict[str, Trend]


def overview(shop: Shop, definitions: Definitions) -> Overview:
    """Two passes over the orders. Raises NoOrders for an empty shop."""
    first, last = observed(shop, definitions)
    cube = _cube(shop, definitions)
    windows = (
        definitions.repeat_window_months,
        *(m for m in SHORTER if m < definitions.repeat_window_months),
    )
    won = _won(shop, definitions, windows, last)
    back = _back_in(cube)
    period: Period = "month" if not len(won) or won.customers.median() >= FEW_A_MONTH else "quarter"
    repeated = won.rename(columns={"customers": "n", f"back_{windows[0]}": "k"})[["cohort", "n", "k"]]
    repeats = [_repeat(won, months, definitions) for months in windows]
    return Overview(
        definitions=definitions,
        first=first,
        last=last,
        customers=repeats[0].customers,
        orders=int(cube.orders.sum()),
        guest_orders=int(cube.orders[cube.guest].sum()),
        revenue=float(cube.value.sum()),
        repeat=repeats[0],
        shorter=None if repeats[0].rate.known else next((r for r in repeats[1:] if r.rate.known), None),
        month3=_pooled(_complete(back, "month", BACK_IN, last), definitions),
        average_order=mean(
            int(cube.orders.sum()),
            cube.spent.sum(),
            cube.squares.sum(),
            level=definitions.level,
            why_missing=text(
                "Only {n} orders count: too few for a mean with an interval.", n=count(cube.orders.sum())
            ),
        ),
        by_month=_by_month(cube),
        trends={
            "repeat": _share_trend(_complete(repeated, period, windows[0], last), period, definitions),
            "month3": _share_trend(_complete(back, period, BACK_IN, last), period, definitions),
            "average_order": _order_trend(cube, last, period, definitions),
        },
    )


def _cube(shop: Shop, definitions: Definitions) -> pd.DataFrame:
    """One row a cohort (month of the first purchase) and month: `customers` who bought, `orders`, what was
    `spent` on them and its `squares`, and the `value` of the month after credit notes.

    `cohort` is NaT for guests (`guest`) and for customers of whom only credit notes are left.
    """
    rows = money(shop, definitions)
    spent = ibis.ifelse(rows.orders == 1, rows.value, 0.0)
    rows = rows.select("customer", "orders", "value", month=rows.ordered_on.truncate("M"), spent=spent)
    each = rows.group_by(["customer", "month"]).agg(
        orders=rows.orders.sum(),
        value=rows.value.sum(),
        spent=rows.spent.sum(),
        squares=(rows.spent * rows.spent).sum(),
    )
    firsts = each.filter(each.customer.notnull() & (each.orders > 0))
    firsts = firsts.group_by("customer").agg(cohort=firsts.month.min())
    joined = each.left_join(firsts, "customer")
    grouped = joined.group_by(["cohort", "month", joined.customer.isnull().name("guest")]).agg(
        customers=(joined.orders > 0).cast("int64").sum(),
        **{name: joined[name].sum() for name in ("orders", "value", "spent", "squares")},
    )
    cube = grouped.order_by(["cohort", "month", "guest"]).execute()
    for column in ("cohort", "month"):
        cube[column] = pd.to_datetime(cube[column]).astype("datetime64[s]")
    return cube


def _won(shop: Shop, definitions: Definitions, windows: tuple[int, ...], last: dt.date) -> pd.DataFrame:
    """By month of the first purchase: `cohort`, `first`, `customers`, and `old_`/`back_` of each window."""
    firsts = second_days(shop, definitions)
    sums: dict[str, ir.Value] = {"first": firsts.first_day.min()}
    for months in windows:
        columns = repeat.window_columns(firsts, last, months)
        sums["customers"] = columns["customers"]
        sums |= {f"{name}_{months}": columns[name] for name in ("old", "back")}
    by_month = firsts.group_by(firsts.first_day.truncate("M").name("cohort")).agg(**sums)
    won = by_month.order_by("cohort").execute()
    won["cohort"] = pd.to_datetime(won["cohort"]).astype("datetime64[s]")
    return won


def _repeat(won: pd.DataFrame, months: int, definitions: Definitions) -> Repeat:
    first = won["first"].min() if len(won) else None
    return repeat.from_counts(
        int(won.customers.sum()),
        int(won[f"old_{months}"].sum()),
        int(won[f"back_{months}"].sum()),
        first,
        months=months,
        level=definitions.level,
    )


def _over(months: pd.Series, ahead: int, last: dt.date) -> pd.Series:
    """Whether the month `ahead` of each is over by the day `last`."""
    ends = (months.dt.to_period("M") + ahead).dt.end_time.dt.normalize()
    return ends <= pd.Timestamp(last)


def _back_in(cube: pd.DataFrame) -> pd.DataFrame:
    """Every cohort: `cohort`, its `n` customers, `k` of whom bought in month BACK_IN."""
    known = cube[cube.cohort.notna()]
    age = _age(known)
    born = known[age == 0][["cohort", "customers"]].rename(columns={"customers": "n"})
    back = known[age == BACK_IN][["cohort", "customers"]].rename(columns={"customers": "k"})
    return born.merge(back, how="left", on="cohort").fillna({"k": 0})


def _age(cube: pd.DataFrame) -> pd.Series:
    cohort, now = cube.cohort.dt, cube.month.dt
    return (now.year - cohort.year) * 12 + now.month - cohort.month


def _pooled(cohorts: pd.DataFrame, definitions: Definitions) -> Estimate:
    if cohorts.empty:
        return missing(
            text("No month's customers have been observed through month {n} yet.", n=BACK_IN),
            level=definitions.level,
        )
    return share(int(cohorts.k.sum()), int(cohorts.n.sum()), level=definitions.level)


def _by_month(cube: pd.DataFrame) -> pd.DataFrame:
    who = np.where(cube.guest, "guests", np.where(cube.cohort == cube.month, "new", "returning"))
    revenue = cube.pivot_table(index="month", columns=who, values="value", aggfunc="sum", fill_value=0.0)
    revenue = revenue.reindex(columns=["new", "returning", "guests"], fill_value=0.0)
    won = cube[cube.cohort == cube.month].set_index("month").customers
    every = (
        pd.date_range(revenue.index.min(), revenue.index.max(), freq="MS", unit="s") if len(revenue) else []
    )
    table = revenue.reindex(every, fill_value=0.0).rename_axis("month")
    table.insert(0, "customers", won.reindex(table.index, fill_value=0))
    return table.reset_index()


def _complete(cohorts: pd.DataFrame, period: Period, ahead: int, last: dt.date) -> pd.DataFrame:
    """The cohorts, by month or added up by quarter, whose last month's `ahead`-th month after it is over."""
    if period == "month":
        return cohorts[_over(cohorts.cohort, ahead, last)].reset_index(drop=True)
    quarters = cohorts.cohort.dt.to_period("Q").dt.start_time.astype("datetime64[s]")
    sums = cohorts.drop(columns="cohort").groupby(quarters).sum().reset_index()
    return sums[_over(sums.cohort, 2 + ahead, last)].reset_index(drop=True)


def _share_trend(cohorts: pd.DataFrame, period: Period, definitions: Definitions) -> Trend:
    """From complete cohorts with `n` customers, `k` of them counted."""
    figures = cohort_cells.shares(cohorts.k, cohorts.n, definitions.level)
    return Trend(cohorts[["cohort", "n"]].join(figures), "share", period)


def _order_trend(cube: pd.DataFrame, last: dt.date, period: Period, definitions: Definitions) -> Trend:
    known = cube[cube.cohort.notna()]
    known = known[_age(known).between(0, YOUNG - 1)]
    sums = known.groupby("cohort", as_index=False)[["orders", "spent", "squares"]].sum()
    sums = _complete(sums.rename(columns={"orders": "n"}), period, YOUNG - 1, last)
    figures = cohort_cells.means(sums.n, sums.spent, sums.squares, definitions.level)
    points = sums[["cohort", "n"]].join(figures)
    return Trend(points[points.value.notna()].reset_index(drop=True), "money", period)
