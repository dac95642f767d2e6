"""What the orders say of each customer at one day: one row a customer, in the engine."""

from __future__ import annotations

import datetime as dt
from functools import reduce

import ibis
import ibis.expr.types as ir

from models.definitions import Definitions
from models.purchases import added, day_of, money
from shop import Shop

RECENT, YEAR = 90, 365
PLACES = ("channel", "country", "first_product")


def purchase_rows(past: Shop, definitions: Definitions, day: dt.date, empty: frozenset[str]) -> ir.Table:
    """One row a customer and day with orders or credit notes, of a shop as it was `known` at `day`.

    `empty` names columns that hold nothing in the whole shop: they are not asked for. Of several orders of one day
    the alphabetically first channel, country and product count, so that the order of rows decides nothing.
    """
    rows = money(past, definitions, until=day)
    rows = rows.filter(rows.customer.notnull())
    bought = rows.orders == 1

    def total(name: str) -> ir.Value:
        return added(rows[name].cast("float64"), where=bought)

    told: dict[str, ir.Value] = {
        "orders": rows.orders.sum(),
        "value": added(rows.value),
        "credit": added(-rows.value, where=~bought),
        "gross": total("gross"),
    }
    told |= {name: total(name) for name in ("discount", "refunded", "items") if name not in empty}
    told |= {
        name: rows[name].min(where=bought) for name in PLACES if name in rows.columns and name not in empty
    }
    if "promised_at" not in empty:
        late = (rows.delivered_at > rows.promised_at).fill_null(False) | rows.overdue
        promised = rows.promised_at.notnull() & (rows.delivered_at.notnull() | rows.overdue)
        told |= {
            "deliveries": promised.sum(where=bought),
            "late": (late & promised).sum(where=bought),
        }
    return rows.group_by(["customer", day_of(rows)]).agg(**told)


def customer_rows(past: Shop, definitions: Definitions, day: dt.date, empty: frozenset[str]) -> ir.Table:
    """One row a customer who has bought by `day`; the columns are those of `churn_features.NUMBERS` and CATEGORIES
    that come from orders, as far as they are not `empty`."""
    rows = purchase_rows(past, definitions, day, empty)
    bought = rows.orders > 0
    # Credit notes of days without an order are rows too, in a partition of their own: no gap runs from or to them.
    before = rows.day.lag().over(group_by=[rows.customer, bought], order_by=rows.day)
    rows = rows.mutate(bought=bought, gap=rows.day.delta(before, unit="day").cast("float64"))
    bought, now = rows.bought, ibis.literal(day)

    def of_first(name: str) -> ir.Value:
        return rows[name].argmin(rows.day, where=bought)

    def of_last(name: str) -> ir.Value:
        return rows[name].argmax(rows.day, where=bought)

    told: dict[str, ir.Value] = {
        "purchases": bought.sum(),
        "first_day": rows.day.min(where=bought),
        "last_day": rows.day.max(where=bought),
        "recent_purchases": (rows.day > now - ibis.interval(days=RECENT)).sum(where=bought),
        "year_purchases": (rows.day > now - ibis.interval(days=YEAR)).sum(where=bought),
        "gaps": rows.gap.sum(where=bought),
        "gaps_squared": (rows.gap * rows.gap).sum(where=bought),
        "last_gap": of_last("gap"),
        "total_value": added(rows.value, where=bought),
        "last_value": of_last("value"),
        "gross": added(rows.gross),
        "credit": added(rows.credit),
    }
    for name in ("discount", "refunded", "items", "deliveries", "late"):
        if name in rows.columns:
            told[name] = added(rows[name].cast("float64"))
    if "late" in rows.columns:
        told["last_late"] = rows.late.argmax(rows.day, where=bought & (rows.deliveries > 0))
    for name in ("channel", "first_product"):
        if name in rows.columns:
            told[f"first_{name.removeprefix('first_')}"] = of_first(name)
    for name in ("channel", "country"):
        if name in rows.columns:
            told[f"last_{name}"] = of_last(name)
    each = rows.group_by("customer").agg(**told)
    return _ratios(each.filter(each.purchases > 0), day)


def _ratios(each: ir.Table, day: dt.date) -> ir.Table:
    n, now = each.purchases.cast("float64"), ibis.literal(day)
    recency = now.delta(each.last_day, unit="day").cast("float64")
    mean_gap = each.gaps / (n - 1).nullif(0)
    spread = each.gaps_squared / (n - 1).nullif(0) - mean_gap * mean_gap
    earlier = ibis.ifelse(n > 2, (each.gaps - each.last_gap) / (n - 2).nullif(0), ibis.null("float64"))
    earlier_value = (each.total_value - each.last_value) / (n - 1).nullif(0)
    told: dict[str, ir.Value] = {
        "recency_days": recency,
        "purchases": n,
        "recent_purchases": each.recent_purchases.cast("float64"),
        "year_purchases": each.year_purchases.cast("float64"),
        "age_days": now.delta(each.first_day, unit="day").cast("float64"),
        "mean_gap": mean_gap,
        "last_gap": each.last_gap,
        # Of one gap no spread is known; rounding must not push the root below zero.
        "gap_sd": ibis.ifelse(n > 2, ibis.greatest(spread, 0.0).sqrt(), ibis.null("float64")),
        "overdue_ratio": recency / mean_gap,
        "gap_trend": each.last_gap / earlier.nullif(0),
        "mean_value": each.total_value / n,
        "last_value": each.last_value,
        "total_value": each.total_value,
        "value_trend": ibis.ifelse(
            earlier_value > 0, each.last_value / earlier_value.nullif(0), ibis.null("float64")
        ),
        "last_season": ((each.last_day.month() % 12) / 3).floor().cast("int64"),
    }
    gross = each.gross.nullif(0)
    columns = set(each.columns)
    # Without a note of it there was no discount: so a column that begins later says the same of the days before.
    off = each.discount.fill_null(0.0) if "discount" in columns else ibis.literal(0.0)
    told["discount_share"] = off / gross
    back = [each[name].fill_null(0.0) for name in ("refunded", "credit") if name in columns]
    told["refund_share"] = reduce(lambda a, b: a + b, back) / gross
    if "items" in columns:
        told["mean_items"] = each["items"] / n
    if "late" in columns:
        told["late_share"] = each.late / each.deliveries.nullif(0)
        told["last_late"] = (each.last_late > 0).cast("float64")
    kept = [name for name in ("first_channel", "last_channel", "last_country") if name in columns]
    kept += ["first_product"] if "first_product" in columns else []
    return each.select("customer", *kept, **told)
