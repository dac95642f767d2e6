"""What may be wrong with the orders themselves: doubles, empty days, odd amounts, orders without customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import exp

import ibis
import pandas as pd
from scipy.stats import norm

from models.definitions import Definitions
from models.estimate import Estimate, share
from models.purchases import counted, observed
from shop import Flag, Shop
from words import text

MOST_LISTED = 20
FENCE = 5.0
"""How many robust standard deviations from the middle, on the log scale, an amount is called unusual. Five
leave one in two million where amounts are lognormal, so that what is listed deserves a look."""

_IQR_OF_NORMAL = float(norm.ppf(0.75) - norm.ppf(0.25))


@dataclass(frozen=True)
class Health:
    """Recorded facts, and one share.

    `rows` are all accepted orders, `orders` those that count. `flags`: `flag` (as the ledger
    names it, such as "no_customer") and `orders`. `days`:
    every day of the span, `day`, `orders` and `value` of the orders that count. `quiet`: stretches of days
    without an order (`first`, `last`, `days`), longest first. `outliers`: the farthest amounts outside
    (`low`, `high`): `order_id`, `customer`, `day`, `value`, at most MOST_LISTED of `outlier_count`.
    `currencies`: `currency` and `orders`. `repeated`: groups of equal orders (same customer, day and amount,
    another order number): `groups` of them holding `repeated_orders` orders.
    """

    first: dt.date
    last: dt.date
    rows: int
    orders: int
    without_customer: Estimate
    flags: pd.DataFrame
    days: pd.DataFrame
    quiet: pd.DataFrame
    outliers: pd.DataFrame
    outlier_count: int
    low: float
    high: float
    currencies: pd.DataFrame
    groups: int
    repeated_orders: int

    @property
    def duplicates(self) -> int:
        """Records that were in the file twice; they are counted once."""
        found = self.flags.loc[self.flags.flag == "duplicate", "orders"]
        return int(found.sum())

    @property
    def quiet_days(self) -> int:
        return int((self.days.orders == 0).sum())


def health(shop: Shop, definitions: Definitions) -> Health:
    """Raises NoOrders for an empty shop."""
    first, last = observed(shop, definitions)
    orders = counted(shop, definitions)
    rows, flags = _flags(shop)
    facts = orders.agg(orders=orders.count(), guests=orders.customer.isnull().cast("int64").sum().coalesce(0))
    totals = facts.execute().iloc[0]
    days = _days(shop, definitions, first, last)
    low, high, outlier_count, outliers = _outliers(shop, definitions)
    groups, repeated = _repeated(shop, definitions)
    currencies = shop.orders.group_by("currency").agg(orders=shop.orders.count())
    return Health(
        first=first,
        last=last,
        rows=rows,
        orders=int(totals.orders),
        without_customer=share(
            int(totals.guests),
            int(totals.orders),
            level=definitions.level,
            why_missing=text("No order counts under these definitions."),
        ),
        flags=flags,
        days=days,
        quiet=_quiet(days),
        outliers=outliers,
        outlier_count=outlier_count,
        low=low,
        high=high,
        currencies=currencies.order_by(ibis.desc("orders"), "currency").execute(),
        groups=groups,
        repeated_orders=repeated,
    )


def _flags(shop: Shop) -> tuple[int, pd.DataFrame]:
    """How many orders were accepted, and how many by flag; an order with two flags is counted under both. A record
    that stood in a file twice is one order: what the second one is besides is not counted again."""
    flags = shop.orders.flags
    again = (flags & int(Flag.DUPLICATE)) != 0
    sums = {
        f.name: (((flags & int(f)) != 0) & (~again | (f == Flag.DUPLICATE))).cast("int64").sum().coalesce(0)
        for f in Flag
        if f.name
    }
    row = shop.orders.agg(rows=shop.orders.count(), **sums).execute().iloc[0]
    counts = [(f.name.lower(), int(row[f.name])) for f in Flag if f.name]
    return int(row["rows"]), pd.DataFrame(counts, columns=["flag", "orders"])


def _days(shop: Shop, definitions: Definitions, first: dt.date, last: dt.date) -> pd.DataFrame:
    orders = counted(shop, definitions)
    found = orders.group_by(orders.ordered_on.name("day")).agg(
        orders=orders.count(), value=orders.value.sum()
    )
    found = found.execute()
    found["day"] = pd.to_datetime(found["day"]).astype("datetime64[s]")
    every = pd.date_range(first, last, freq="D", unit="s", name="day")
    return found.set_index("day").reindex(every, fill_value=0).reset_index()


def _quiet(days: pd.DataFrame) -> pd.DataFrame:
    """Stretches without an order, longest first."""
    empty = days.orders == 0
    stretch = (empty != empty.shift()).cumsum()[empty]
    found = days[empty].groupby(stretch).day.agg(first="min", last="max", days="count")
    return found.sort_values(["days", "first"], ascending=[False, True]).reset_index(drop=True)


def _outliers(shop: Shop, definitions: Definitions) -> tuple[float, float, int, pd.DataFrame]:
    """Bounds from the quartiles of log amounts, and what lies beyond them; amounts of 0 have no logarithm and
    are counted as a flag instead."""
    orders = counted(shop, definitions)
    orders = orders.filter(orders.value > 0).mutate(size=lambda t: t.value.ln())
    quartiles = orders.agg(
        a=orders["size"].quantile(0.25), m=orders["size"].quantile(0.5), b=orders["size"].quantile(0.75)
    )
    row = quartiles.execute().iloc[0]
    spread = (row.b - row.a) / _IQR_OF_NORMAL
    columns = ["order_id", "customer", "day", "value"]
    if pd.isna(spread) or spread == 0:  # no order, or most of one amount: nothing tells odd from usual
        return float("nan"), float("nan"), 0, pd.DataFrame(columns=columns)
    low, high = row.m - FENCE * spread, row.m + FENCE * spread
    size = orders["size"]
    beyond = orders.filter((size < low) | (size > high)).mutate(
        distance=lambda t: (t["size"] - float(row.m)).abs(), day=lambda t: t.ordered_on
    )
    number = int(beyond.count().execute())
    listed = beyond.order_by(ibis.desc("distance"), "order_id").limit(MOST_LISTED).select(columns).execute()
    return exp(low), exp(high), number, listed


def _repeated(shop: Shop, definitions: Definitions) -> tuple[int, int]:
    orders = counted(shop, definitions)
    orders = orders.filter(orders.customer.notnull() & (orders.value > 0))
    equal = orders.group_by(["customer", "ordered_on", "value"]).agg(n=orders.count())
    equal = equal.filter(equal.n > 1)
    row = equal.agg(groups=equal.count(), orders=equal.n.sum().coalesce(0)).execute().iloc[0]
    return int(row.groups), int(row.orders)
