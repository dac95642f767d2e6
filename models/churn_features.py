"""Features of every customer known at a snapshot day, looking only backwards, and the label that came after.

Who counts is fixed at the day: everyone who has bought by then. No feature changes when everything after the day is
deleted (tests/models/test_churn_features.py): all of them are computed from the shop as it was `known` then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.churn_known import known
from models.churn_purchases import customer_rows
from models.churn_side_rows import answer_rows, category_rows
from models.churn_words import GROUPS, PHRASES, SEASONS, TITLES
from models.customer_base import NoCustomers, no_customers
from models.definitions import Definitions
from models.learning.frames import Features, Sample
from models.purchases import money, purchases
from shop import Shop
from words import text

CATEGORIES = (
    "last_season",
    "season_now",
    "first_channel",
    "last_channel",
    "last_country",
    "first_product",
    "first_category",
)
NUMBERS = tuple(name for name in GROUPS if name not in CATEGORIES)
_SPARSE = ("discount", "refunded", "items", "promised_at", "channel", "country", "first_product")


@dataclass(frozen=True)
class Snapshot:
    """All customers at `day`, in the order of their keys: `names`, their features, and `left`: whether they bought
    nothing within the horizon after it; None where that is not observed to its end."""

    day: dt.date
    names: pa.Array
    features: Features
    left: np.ndarray | None

    def __len__(self) -> int:
        return len(self.features)

    def sample(self, everyone: pa.Array, rows: np.ndarray | None = None) -> Sample:
        """These rows (all by default) to learn from or to score; `everyone` numbers the customers."""
        at = np.arange(len(self)) if rows is None else rows
        number = pc.index_in(self.names.take(pa.array(at)), everyone).to_numpy(zero_copy_only=False)
        days = np.full(len(at), np.datetime64(self.day, "D"))
        left = None if self.left is None else self.left[at]
        return Sample(self.features.take(at), left, number.astype(np.int64), days)


def snapshots(
    shop: Shop,
    definitions: Definitions,
    days: Sequence[dt.date],
    horizon: int,
    last: dt.date,
    *,
    most: int | None = None,
    tell: Callable[[float], None] | None = None,
) -> list[Snapshot]:
    """One Snapshot for each of `days`, all with the same columns and levels. `last` is the last observed day: days whose
    `horizon` ends after it get no label. Of labelled days at most so many customers are drawn, if `most` says so.
    `tell` is told the share of days that are read. Raises NoCustomers where nobody had bought by a day."""
    empty = _empty(shop)
    read = []
    for k, day in enumerate(days):
        rows = _read(shop, definitions, day, horizon, last, empty)
        if most is not None and "left" in rows.column_names and rows.num_rows > most:
            drawn = np.random.default_rng(day.toordinal()).choice(rows.num_rows, most, replace=False)
            rows = rows.take(pa.array(np.sort(drawn)))
        read.append(rows)
        if tell is not None:
            tell((k + 1) / len(days))
    levels = {
        name: _levels([rows for rows in read if name in rows.column_names], name) for name in CATEGORIES
    }
    return [_snapshot(day, rows, levels) for day, rows in zip(days, read, strict=True)]


def feature_rows(shop: Shop, definitions: Definitions, day: dt.date, empty: frozenset[str]) -> ir.Table:
    """The query of one day: `customer` and the features that come from tables and columns which hold something."""
    past = known(shop, day)
    each = customer_rows(past, definitions, day, empty)
    for more in (category_rows(past, definitions, day), answer_rows(past, definitions, day)):
        if more is not None:
            names = [name for name in more.columns if name != "customer"]
            each = each.left_join(more, "customer").select(each, *(more[name] for name in names))
    return each


def _read(
    shop: Shop, definitions: Definitions, day: dt.date, horizon: int, last: dt.date, empty: frozenset[str]
) -> pa.Table:
    each = feature_rows(shop, definitions, day, empty)
    end = day + dt.timedelta(days=horizon)
    if end <= last:
        bought = _later(shop, definitions, day, end)
        each = each.left_join(bought, each.customer == bought.buyer)
        each = each.mutate(left=each.buyer.isnull()).drop("buyer")
    rows = each.order_by("customer").to_pyarrow()
    if not rows.num_rows:
        raise NoCustomers(no_customers())
    return rows


def _later(shop: Shop, definitions: Definitions, day: dt.date, end: dt.date) -> ir.Table:
    """`buyer`: the customers, under the keys they had at `day`, with a purchase after it and by `end`."""
    after = purchases(shop, definitions, until=end)
    after = after.filter(after.day > day).select("customer").distinct()
    if definitions.identity != "merged":
        return after.select(buyer=after.customer)
    # Later orders may merge customers who were two people by then: each of them has bought again.
    then = money(known(shop, day), definitions, until=day).select("order_id", buyer="customer")
    now = money(shop, definitions, until=end).select("order_id", "customer")
    keys = then.join(now, "order_id").select("buyer", "customer").distinct()
    return keys.join(after, "customer").select("buyer").filter(lambda t: t.buyer.notnull()).distinct()


def _empty(shop: Shop) -> frozenset[str]:
    """Columns that hold nothing, now or ever: what they would say is missing at every day."""
    held = (
        shop.orders.agg(**{name: shop.orders[name].count() for name in _SPARSE}).to_pyarrow().to_pylist()[0]
    )
    return frozenset(name for name in _SPARSE if not held[name])


def _levels(read: list[pa.Table], name: str) -> list[str]:
    found: set[str] = set()
    for rows in read:
        found |= set(pc.unique(rows[name]).drop_null().to_pylist())
    return sorted(found)


def season(day: dt.date) -> int:
    """0 winter (December to February), 1 spring, 2 summer, 3 autumn: of the northern calendar; a name, not a weather."""
    return day.month % 12 // 3


def _snapshot(day: dt.date, rows: pa.Table, levels: dict[str, list[str]]) -> Snapshot:
    n = rows.num_rows
    columns: dict[str, np.ndarray] = {}
    seasons = [text(name) for name in SEASONS]
    levels = levels | {"season_now": seasons, "last_season": seasons}
    for name in GROUPS:
        if name == "season_now":
            columns[name] = np.full(n, season(day), np.int64)
        elif name == "last_season":
            columns[name] = rows[name].to_numpy().astype(np.int64)
        elif name in CATEGORIES:
            columns[name] = _codes(rows, name, levels[name])
        elif name in rows.column_names:
            values = rows[name].to_numpy().astype(float)
            # Kept as 32 bits for a million customers: what is learned from and what is kept must be the same.
            columns[name] = values.astype(np.float32).astype(np.float64)
        else:
            columns[name] = np.full(n, np.nan)
    kinds = {name: "category" if name in CATEGORIES else "number" for name in GROUPS}
    features = Features(columns, kinds, GROUPS, TITLES, levels, PHRASES)  # type: ignore[arg-type]
    left = rows["left"].to_numpy() if "left" in rows.column_names else None
    names = rows["customer"].combine_chunks()
    return Snapshot(day, names, features, left)


def _codes(rows: pa.Table, name: str, levels: list[str]) -> np.ndarray:
    if name not in rows.column_names or not levels:
        return np.full(rows.num_rows, -1, np.int64)
    code = pc.index_in(rows[name], pa.array(levels, rows[name].type))
    return pc.fill_null(code, -1).to_numpy().astype(np.int64)
