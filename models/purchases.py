"""From orders to purchases, and from purchases to each customer's history.

A purchase is all orders of one customer on one local day. Repeat rates, the order ladder, cohorts and the
BTYD models count purchases; the average order counts orders.

What the definitions decide, everywhere in the same way:

* An order counts unless its flags exclude it (cancelled, test, unpaid, zero value and gone by the
  definitions; duplicates always) or its day lies outside the observed span.
* A *credit note* (an order whose amount is below zero, such as an Online Retail invoice "C536379") is never
  an order or a purchase. With `refunds="ignore"` it is not seen at all; otherwise its money is taken off on
  its own day, in the revenue and in that day's purchase if there is one. Deleting later orders therefore
  never changes an earlier figure.
* An order's own `refunded` amount is taken off on the day it was ordered, down to zero at most: shipping and
  tax can be paid back too, but were never in the value. With `refunds="exclude"` an order refunded in full
  does not count at all.
* Orders without a customer are in the revenue and in the average order, and in no customer figure.
"""

from __future__ import annotations

import datetime as dt
from typing import cast

import ibis
import ibis.expr.types as ir
import pandas as pd

from models.customer_key import with_customer
from models.definitions import Definitions
from shop import Flag, Shop
from words import text


class NoOrders(ValueError):
    """Nothing is left to count; the message says so to a person."""


def _excluded(definitions: Definitions) -> int:
    """The flags whose orders do not count, apart from CANCELLED."""
    flags = Flag.DUPLICATE
    if not definitions.include_test:
        flags |= Flag.TEST
    if not definitions.include_unpaid:
        flags |= Flag.UNPAID
    if not definitions.include_zero_value:
        flags |= Flag.ZERO_VALUE
    if not definitions.include_gone:
        flags |= Flag.GONE
    return int(flags)


def _until(definitions: Definitions, until: dt.date | None) -> dt.date | None:
    ends = [day for day in (definitions.observed_until, until) if day is not None]
    return min(ends) if ends else None


def money(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> ir.Table:
    """Every row that moves money: the orders that count (`orders` = 1) and credit notes (`orders` = 0).

    All columns of `orders`, with `customer` by the identity rule (null for guests) and `value`, a float in
    the shop's currency, by the revenue basis and after refunds. `until` cuts the past for a backtest.
    """
    orders = shop.orders
    if definitions.observed_from is not None:
        orders = orders.filter(orders.ordered_on >= ibis.literal(definitions.observed_from))
    last = _until(definitions, until)
    if last is not None:
        orders = orders.filter(orders.ordered_on <= ibis.literal(last))
    orders = with_customer(orders, definitions.identity)

    basis = orders.gross if definitions.revenue == "gross" else orders.net
    credit = basis < 0
    # CANCELLED says "not an order" of an order, but of a credit note it says only what it is.
    kept = (orders.flags & _excluded(definitions)) == 0
    cancelled = (orders.flags & int(Flag.CANCELLED)) != 0
    kept &= credit | definitions.include_cancelled | ~cancelled
    if definitions.refunds == "ignore":
        kept &= ~credit
    if definitions.refunds == "exclude":
        in_full = (orders.refunded.coalesce(0) > 0) & (orders.refunded >= orders.net)
        kept &= credit | ~in_full

    value = basis.cast("float64")
    if definitions.refunds != "ignore":
        back = orders.refunded.cast("float64").coalesce(0.0)
        value = ibis.ifelse(credit, value, ibis.greatest(value - back, 0.0))
    if definitions.revenue == "margin":
        value = value * cast(float, definitions.margin)
    return orders.mutate(value=value, orders=ibis.ifelse(credit, 0, 1)).filter(kept)


def counted(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> ir.Table:
    """The orders that count, guests' included: one row an order, columns as in `money`."""
    return money(shop, definitions, until=until).filter(lambda t: t.orders == 1)


def observed(shop: Shop, definitions: Definitions) -> tuple[dt.date, dt.date]:
    """The first and last observed local day, inclusive: as defined, else the first and last ordered day.

    Any accepted order shows that the shop was open and the export covers its day, whether it counts or not.
    Raises NoOrders where the table is empty.
    """
    first, last = definitions.observed_from, definitions.observed_until
    if first is None or last is None:
        row = shop.orders.agg(first=shop.orders.ordered_on.min(), last=shop.orders.ordered_on.max()).execute()
        if pd.isna(row["last"].iloc[0]):
            raise NoOrders(text("This data set holds no orders yet. Upload an export that has some."))
        first = first or pd.Timestamp(row["first"].iloc[0]).date()
        last = last or pd.Timestamp(row["last"].iloc[0]).date()
    return first, last


def observed_until(shop: Shop, definitions: Definitions) -> dt.date:
    """The last observed local day. Raises NoOrders where the table is empty."""
    return definitions.observed_until or observed(shop, definitions)[1]


def purchases(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> ir.Table:
    """One row a customer and local day: `customer`, `day`, `orders` and `value`.

    `value` is the money of that day, same-day credit notes taken off; it can be zero, or negative where more
    was taken back than bought.
    """
    rows = money(shop, definitions, until=until)
    rows = rows.filter(rows.customer.notnull())
    days = rows.group_by(["customer", day_of(rows)]).agg(orders=rows.orders.sum(), value=added(rows.value))
    return days.filter(days.orders > 0)


def added(amounts: ir.Value, where: ir.Value | None = None) -> ir.Value:
    """The sum of money. Engines add in any order, so the last digits differ from one run to the next; rounded to a
    millionth, the same question always gets the same answer."""
    return cast(ir.FloatingColumn, amounts).sum(where=where).round(6)


def day_of(rows: ir.Table) -> ir.Value:
    """The local day, under the name it has in every table of purchases."""
    return rows.ordered_on.name("day")


def histories(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> ir.Table:
    """One row a customer: `customer`, `first_day`, `frequency`, `recency`, `T` and `monetary_value`.

    `frequency` counts repeat purchases (the first not counted), `recency` is the age in days at the last
    purchase, `T` the age in days at the end of observation, `monetary_value` the mean value of the repeat
    purchases, 0.0 where there are none. The vocabulary is Fader, Hardie and Lee's (2005), Marketing Science
    24, 275-284. `until` ends the observation on that day.
    """
    end = min(until, observed_until(shop, definitions)) if until else observed_until(shop, definitions)
    days = purchases(shop, definitions, until=end)
    each = days.group_by("customer").agg(
        first_day=days.day.min(),
        last_day=days.day.max(),
        frequency=days.count() - 1,
        total=added(days.value),
        first_value=days.value.argmin(days.day),
    )
    repeats = (each.total - each.first_value) / each.frequency.nullif(0)
    return each.select(
        "customer",
        "first_day",
        "frequency",
        recency=each.last_day.delta(each.first_day, unit="day"),
        T=ibis.literal(end).delta(each.first_day, unit="day"),
        monetary_value=repeats.coalesce(0.0),
    )


def history_counts(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> pd.DataFrame:
    """How many customers share the same (`frequency`, `recency`, `T`): what a BTYD likelihood needs.

    Columns as named, integers in days, and `customers`; ordered, so that sums do not depend on the engine.
    """
    each = histories(shop, definitions, until=until)
    grouped = each.group_by(["frequency", "recency", "T"]).agg(customers=each.count())
    return grouped.order_by(["frequency", "recency", "T"]).execute()
